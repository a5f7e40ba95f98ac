"""Where sources are kept: the local disk, standard input, and object stores through fsspec."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from docpact.audit.sources.naming import STDIN, is_remote, redacted, shown
from docpact.errors import DocpactError, MissingExtra, UsageError


@dataclass(frozen=True, slots=True)
class Stat:
    """What a store says of a source.

    Attributes:
        size: bytes as stored; 0 where it does not say.
        in_ranges: whether it gives a range of them.
    """

    size: int
    in_ranges: bool


def stat(name: str) -> Stat:
    """Ask for the size of a source.

    Raises:
        UsageError: there is none, or the store refuses.
        MissingExtra: a URL cannot be followed without a library.
    """
    if name == STDIN:
        return Stat(0, in_ranges=False)
    with refusing(name):
        if not is_remote(name):
            return Stat(Path(name).stat().st_size, in_ranges=Path(name).is_file())
        system, path = _found(name)
        told = system.info(path)
        if told["type"] == "directory":
            raise IsADirectoryError(21, "a directory; name the files in it")
        return Stat(told["size"] or 0, in_ranges=told.get("partial", True))


def globbed(pattern: str) -> Iterator[str]:
    """Yield the URLs that a glob matches, sorted.

    Raises:
        UsageError: the store refuses.
        MissingExtra: it cannot be asked without a library.
    """
    with refusing(pattern):
        system, path = _found(pattern)
        names = sorted(
            name
            for name, told in system.glob(path, detail=True).items()
            if told["type"] != "directory"
        )
    # The scheme, the userinfo and the host of the pattern, where the store's own paths lack them.
    before = pattern.removesuffix(path)
    for name in names:
        yield before + name if before != pattern else system.unstrip_protocol(name)


def opened(name: str) -> IO[bytes]:
    """Open a source for reading, without a buffer.

    Raises:
        UsageError: it cannot be opened.
        MissingExtra: a URL cannot be followed without a library.
    """
    with refusing(name):
        if name == STDIN:
            return open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
        if not is_remote(name):
            return Path(name).open("rb", buffering=0)
        system, path = _found(name)
        file: IO[bytes] = system.open(path, "rb", cache_type="none")
        return file


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Turn what reading a source raises into one clear line.

    The libraries behind fsspec and the readers of formats raise exceptions of their own, of no
    common kind.

    Raises:
        UsageError: anything was raised.
    """
    try:
        yield
    except DocpactError:
        raise
    except Exception as error:  # noqa: BLE001 (see above)
        raise UsageError(f"{shown(name)}: {reason(error)}") from None


def reason(error: Exception) -> str:
    """Return why something could not be read, as one line."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, EOFError):
        return "ends before its end; cut off, or still being written"
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return redacted(" ".join(said.split())) or type(error).__name__


def _found(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise MissingExtra(f"reading {shown(url)}", "audit-remote") from None
    return url_to_fs(url)  # type: ignore[no-any-return]
