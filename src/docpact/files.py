"""Files that a user named: read whole, refused in one clear line."""

from __future__ import annotations

from pathlib import Path

from docpact.errors import UsageError


def read_text(file: Path) -> str:
    """Return the text of a file that a user named, without a byte order mark.

    Raises:
        UsageError: it cannot be read, or is no UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not UTF-8 text (byte {error.start:,})") from None
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from None
