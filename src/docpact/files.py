"""Reads files of the user; one that cannot be read is one clear line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docpact.errors import MissingExtra, UsageError


def read_text(file: Path) -> str:
    """Return the text of a file that a user named, without a byte order mark.

    Raises:
        UsageError: the file cannot be read, or is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not UTF-8 text (byte {error.start:,})") from None
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from None


def read_yaml(text: str, file: Path | str) -> Any:
    """Return the decoded document of a YAML text with plain values only.

    Raises:
        MissingExtra: the YAML library is not installed.
        UsageError: the text is not YAML, or has tags other than those of plain values.
    """
    try:
        import yaml
    except ModuleNotFoundError:
        raise MissingExtra(f"reading {file}", "yaml") from None
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UsageError(f"{file}: not YAML: {' '.join(str(error).split())}") from None
