"""Files that a command writes: refused early, written whole."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from docpact.errors import UsageError


def path(stated: str | None) -> Path | None:
    """Return the absolute path of a file that an option or the configuration names, if any."""
    return None if stated is None else Path(stated).absolute()


def writable(option: str, file: Path | None) -> None:
    """Raise UsageError unless a file can be written, before any work is done for it."""
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

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        if file.exists() and not file.is_file():
            file.write_text(text, encoding="utf-8")
            return
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=file.parent, prefix=f".{file.name}.", delete=False
        ) as part:
            part.write(text)
        Path(part.name).chmod(0o644)
        Path(part.name).replace(file)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from None
