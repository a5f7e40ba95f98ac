"""The output of a command: lines on a screen that may break, and files written whole."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

from docpact import __version__
from docpact.errors import UsageError
from docpact.text import counted, printable


class Screen:
    """Standard output for a run that must go on when it breaks, e.g. `docpact check | head`.

    Attributes:
        problem: why nothing more can be written; empty while it can.
    """

    def __init__(self) -> None:
        self.problem = ""

    def write(self, text: str) -> None:
        """Write a text at once, unless an earlier one could not be written."""
        if self.problem:
            return
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError as error:
            self.problem = f"standard output: {error.strerror or error}"
            discard_stdout()


def title(operation: str, target: str) -> str:
    """Return the line that names the operation and the target of a run."""
    return f"docpact {__version__}  {operation} on {printable(target)}\n"


def phase_lines(write: Callable[[str], None]) -> Callable[[str, int, str], None]:
    """Return a function that shows progress: a line per phase, and a live count on a terminal.

    Args:
        write: shows a text at once.
    """
    live = sys.stdout.isatty()

    def show(phase: str, requests: int, summary: str) -> None:
        line = f"  {phase:<12} {counted(requests, 'request'):<14} {summary}".rstrip()
        if summary or live:
            write(("\r" if live else "") + line + ("\n" if summary else ""))

    return show


def discard_stdout() -> None:
    """Discard whatever is still to be written to standard output, which is broken."""
    try:
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, sys.stdout.fileno())
        os.close(descriptor)
    except (OSError, ValueError):
        return


def check_writable(option: str, file: Path | None) -> None:
    """Check that a file can be written, before any work is done for it.

    Raises:
        UsageError: it cannot; the message names the option.
    """
    if file is None:
        return
    if file.is_dir():
        raise UsageError(f"{option} {file}: is a folder; name a file")
    if not file.parent.is_dir():
        raise UsageError(f"{option} {file}: there is no folder {file.parent}")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise UsageError(f"{option} {file}: cannot be written")


def write(file: Path, text: str) -> None:
    """Write a text file whole: a reader sees the old content or the new, never a part of it.

    An existing file keeps its permissions, a new one gets those of the umask, and the target of a
    symbolic link is written, not the link.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        _write(file.resolve(), text)
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise UsageError(f"{file}: {reason or error}") from None


def _write(file: Path, text: str) -> None:
    exists = file.exists()
    if exists and not (file.is_file() and os.access(file.parent, os.W_OK)):
        file.write_text(text, encoding="utf-8")
        return
    part = file.with_name(f".{file.name[:200]}.{token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if exists else 0o666)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            if exists:
                part.chmod(stat.S_IMODE(file.stat().st_mode))
            opened.write(text)
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
