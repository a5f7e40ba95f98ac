"""The output of a command: lines on a screen that may break, and files written whole."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Final, TextIO

from docpact import __version__
from docpact.errors import UsageError
from docpact.files import find_real
from docpact.text import WIDTH, break_for, pluralize, printable, shorten

if TYPE_CHECKING:
    from docpact.model import Run


BAR_WIDTH: Final = 30
"""Characters of a progress bar."""

PATIENCE: Final = 2.0
"""Seconds before a line says that docpact is reading."""


class Screen:
    """Standard output for a run that must go on when it breaks, e.g. `docpact check | head`.

    Attributes:
        quiet: whether only results are written, neither titles nor progress.
        problem: why nothing more can be written; empty while it can.
        problems: reasons why files could not be written.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self.problem = ""
        self.problems: list[str] = []

    def note(self, text: str) -> None:
        """Write a title or progress, unless the screen is quiet."""
        if not self.quiet:
            self.write(text)

    def write(self, text: str) -> None:
        """Write a text at once, unless an earlier one could not be written."""
        if self.problem:
            return
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError as error:
            self.problem = f"standard output: {error.strerror or error}"
            discard(sys.stdout)


def title(operation: str, target: str) -> str:
    """Return the line that names the operation and the target of a run."""
    return f"docpact {__version__}  {operation} on {printable(target)}\n"


def phase_lines(write: Callable[[str], None]) -> Callable[[str, int, str], None]:
    """Return a function that shows progress: a line per phase, and a live count on a terminal."""
    live = sys.stdout.isatty()

    def show(phase: str, requests: int, summary: str) -> None:
        line = f"  {phase:<12} {pluralize(requests, 'request'):<14} {summary}".rstrip()
        if summary or live:
            write(("\r" if live else "") + line + ("\n" if summary else ""))

    return show


def run_lines(write: Callable[[str], None]) -> Callable[[Run, int], None]:
    """Return a function that shows progress: a line per operation, and a bar on a terminal."""
    is_live, done = sys.stdout.isatty(), count(1)

    def show(run: Run, left: int) -> None:
        requests, over = pluralize(run.request_count, "request"), next(done)
        result = f"{requests}  {run.verdict().value}"
        line = f"  {shorten(run.operation, WIDTH - len(result) - 4)}  {result}"
        bar = f"  {draw_bar(over, over + left)} operations" if is_live and left else ""
        write((f"\r{line:<{BAR_WIDTH + 30}}" if is_live else line) + f"\n{bar}")

    return show


def draw_bar(done: int, total: int) -> str:
    """Return a progress bar with its numbers, e.g. `[######------] 6 of 12`."""
    filled = BAR_WIDTH * done // total
    return f"[{'#' * filled}{'-' * (BAR_WIDTH - filled)}] {done} of {total}"


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Write a line to a terminal if the work on some documentation takes more than two seconds."""
    timer = Timer(PATIENCE, warn, [f"reading {printable(name)}; a long document takes a while"])
    if sys.stderr.isatty():
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def warn(line: str) -> None:
    """Write a line to standard error; if it is full or closed, only the exit code remains."""
    try:
        sys.stderr.write(break_for(sys.stderr, f"docpact: {line}") + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Discard the text that is still to be written to a standard stream, which is broken.

    Python ends with 120 if it cannot write the rest at its end.
    """
    try:
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, stream.fileno())
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
    if str(file) == "-":
        raise UsageError(f"{option} -: name a file")
    if file.is_dir():
        raise UsageError(f"{option} {file}: is a folder; name a file")
    target = _follow(file, option)
    if not target.parent.is_dir():
        folder = target.parent if file.is_symlink() else file.parent
        raise UsageError(f"{option} {file}: there is no folder {folder}")
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise UsageError(f"{option} {file}: cannot be written")


def write(file: Path, text: str) -> None:
    """Write a text file whole: a reader sees the old content or the new, never a part of it.

    An existing file keeps its permissions, a new one gets those of the umask, and the target of a
    symbolic link is written, not the link.

    Raises:
        UsageError: the file cannot be written.
    """
    with _usage_errors(file):
        target = _follow(file)
        if target.exists() and not (target.is_file() and os.access(target.parent, os.W_OK)):
            target.write_text(text, encoding="utf-8")
            return
    write_together({file: text})


def write_together(texts: Mapping[Path, str]) -> None:
    """Write text files, all of them or none; see `write`.

    Raises:
        UsageError: a file cannot be written; all of them are as before.
    """
    drafts: dict[Path, Path] = {}
    backups: dict[Path, Path] = {}
    try:
        for file, text in texts.items():
            with _usage_errors(file):
                target = _follow(file)
                drafts[target] = _temporary(target)
                _write_draft(drafts[target], target, text)
        for target in list(drafts)[:-1]:  # once the last one is replaced, all are
            if target.exists():
                backups[target] = _temporary(target)
                with _usage_errors(target):
                    import shutil

                    shutil.copy2(target, backups[target])
        _replace_all(drafts, backups)
    finally:
        for each in (*drafts.values(), *backups.values()):
            with suppress(OSError):
                each.unlink()


@contextmanager
def _usage_errors(file: Path) -> Iterator[None]:
    """Turn errors of the system into usage errors about a file."""
    try:
        yield
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from None


def _follow(file: Path, option: str = "") -> Path:
    """Return the file that a symbolic link leads to.

    Raises:
        UsageError: it leads to itself.
    """
    target = find_real(file)
    if target.is_symlink():
        raise UsageError(f"{option} {file}: a symbolic link to itself".lstrip())
    return target


def _temporary(file: Path) -> Path:
    """Return the path of a new file in the same folder."""
    return file.with_name(f".{file.name[:200]}.{os.urandom(4).hex()}")


def _write_draft(draft: Path, target: Path, text: str) -> None:
    """Write a text; half a surrogate pair, which only JSON can contain, is escaped as in JSON."""
    exists = target.exists()
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if exists else 0o666)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as opened:
        if exists:
            draft.chmod(stat.S_IMODE(target.stat().st_mode))
        opened.write(text)


def _replace_all(drafts: Mapping[Path, Path], backups: Mapping[Path, Path]) -> None:
    """Replace files by their drafts; after an error or Ctrl-C, restore those already replaced."""
    *_, last = drafts.values()
    try:
        for target, draft in drafts.items():
            with _usage_errors(target):
                draft.replace(target)
    except BaseException:
        if last.exists():
            for target, draft in drafts.items():
                if draft.exists():
                    break
                if target in backups:
                    backups[target].replace(target)
                else:
                    target.unlink()
        raise
