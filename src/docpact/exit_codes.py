"""The exit codes of every command and of the pytest suite, and the one line for each failure."""

from __future__ import annotations

import os
import platform
import re
import traceback
from collections.abc import Sequence
from enum import IntEnum
from errno import EACCES, EDQUOT, EIO, ENAMETOOLONG, ENOSPC, EPERM, EROFS
from tempfile import mkstemp
from typing import Final

from docpact.errors import DocpactError, Inconclusive, InternalError
from docpact.model import ApiRun, Run, Verdict
from docpact.secrets import Secrets, remove_userinfo
from docpact.text import printable, shorten


class ExitCode(IntEnum):
    """The exit codes of commands."""

    CONFORMS = 0
    DRIFT = 1
    USAGE = 2
    INCONCLUSIVE = 3
    INTERNAL = 4


_VERDICTS: Final = {
    Verdict.CONFORMS: ExitCode.CONFORMS,
    Verdict.DRIFT: ExitCode.DRIFT,
    Verdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
}
_PARAMETER: Final = re.compile("--(?:param|path|query)=?")
"""Options whose value is NAME=VALUE; the value may be confidential."""

_DISK: Final = (ENOSPC, EDQUOT, EIO)
"""Errors of a disk; without a file name, they concern standard output."""

_FILES: Final = (*_DISK, EACCES, EPERM, EROFS, ENAMETOOLONG)
"""Errors that the name of a file explains."""

_SHORTEST: Final = 8
"""The number of characters from which the value of an environment variable is kept out."""


def exit_code(run: Run | ApiRun, *, strict: bool) -> ExitCode:
    """Return the exit code for the verdict of a run."""
    return _VERDICTS[run.verdict(strict=strict)]


def describe_failure(
    error: BaseException, command: Sequence[str], version: str
) -> tuple[ExitCode, str]:
    """Return the exit code and the one printable line for an exception that ended a command.

    The details of an internal error are written to a file that only its owner can read.
    """
    if isinstance(error, KeyboardInterrupt):
        error = Inconclusive("interrupted before there was a verdict")
    if isinstance(error, Inconclusive):
        return ExitCode.INCONCLUSIVE, printable(remove_userinfo(f"inconclusive: {error}"))
    if isinstance(error, DocpactError):
        return ExitCode.USAGE, printable(remove_userinfo(str(error)))
    if isinstance(error, OSError) and error.errno in (_FILES if error.filename else _DISK):
        where = error.filename or "standard output"
        return ExitCode.USAGE, printable(f"{where}: {error.strerror}")
    if isinstance(error, FileNotFoundError) and error.filename is None:
        return ExitCode.USAGE, "the current folder no longer exists"
    return ExitCode.INTERNAL, _describe_internal(error, command, version)


def _describe_internal(error: BaseException, command: Sequence[str], version: str) -> str:
    name = type(error).__name__
    try:
        redact = _secrets().redact
        message = f"{name}: {error}".removesuffix(": ")
        if isinstance(error, InternalError):
            message = Exception.__str__(error)
        summary = shorten(redact(message), 200)
        file = _write_details(redact(_details(error, command, version)))
    except Exception as problem:  # noqa: BLE001 — memory or disk may be full
        return f"internal error: {name}; its details cannot be written: {type(problem).__name__}"
    return f"internal error: {summary}; please report it with the details in {printable(file)}"


def _secrets() -> Secrets:
    """Return the value of every environment variable that is long enough to be a secret."""
    secrets = Secrets()
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST:
            secrets.learn(value, f"${name}")
    return secrets


def _details(error: BaseException, command: Sequence[str], version: str) -> str:
    lines = [
        f"docpact {version}",
        f"Python {platform.python_version()} on {platform.platform()}",
        f"command: {' '.join(_mask(command))}",
        "",
        *traceback.format_exception(error),
    ]
    return "\n".join(lines)


def _mask(command: Sequence[str]) -> list[str]:
    """Return the words of a command without values of parameters and passwords in URLs."""
    masked = []
    for before, word in zip(("", *command), command, strict=False):
        if _PARAMETER.fullmatch(before) or _PARAMETER.match(word):
            word = re.sub(r"^((?:--\w+=)?[^=]*=).*", r"\1...", word)  # noqa: PLW2901
        word = re.sub(r"(://[^?\s]*\?)\S+", r"\1...", word)  # noqa: PLW2901
        masked.append(re.sub(r"//[^@\s]+@", "//...@", word))
    return masked


def _write_details(text: str) -> str:
    descriptor, file = mkstemp(prefix="docpact-error-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as opened:
        opened.write(text)
    return file
