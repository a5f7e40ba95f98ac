"""Where sources are kept: the local disk, standard input, and object stores through fsspec."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from docpact.errors import DocpactError, MissingExtra, UsageError
from docpact.traffic.naming import STDIN, is_remote, redacted, shown


def size(name: str) -> int:
    """Return how many bytes of a source are stored; 0 where nobody knows.

    Raises:
        UsageError: there is no such source, or its store refuses.
        MissingExtra: a URL cannot be followed without a library.
    """
    if name == STDIN:
        return 0
    with refusing(name):
        if not is_remote(name):
            return Path(name).stat().st_size
        system, path = _found(name)
        told = system.info(path)
        if told["type"] == "directory":
            raise FileNotFoundError(path)
        return int(told["size"] or 0)


def in_ranges(name: str) -> bool:
    """Say whether a source can be read from anywhere; a server of HTTP has to be asked for a byte.

    Raises:
        UsageError: it cannot be read.
        MissingExtra: a URL cannot be followed without a library.
    """
    if not is_remote(name):
        return name != STDIN and Path(name).is_file()
    if not is_http(name):
        return True
    with opened(name, in_ranges=True) as file, refusing(name):
        try:
            file.seek(1)
            return len(file.read(1)) == 1
        except ValueError:
            return False


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


def opened(name: str, *, in_ranges: bool) -> IO[bytes]:
    """Open a source for reading, without a buffer.

    Args:
        name: of the source.
        in_ranges: whether more is wanted than to read all of it; HTTP gives it in one answer else.

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
        streamed = {"block_size": 0} if is_http(name) and not in_ranges else {}
        file: IO[bytes] = system.open(path, "rb", cache_type="none", **streamed)
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


def reason(error: BaseException) -> str:
    """Return why something could not be read, as one line."""
    if isinstance(error, FileNotFoundError):
        # fsspec says so of all that HTTP refuses.
        status = getattr(error.__cause__, "status", None)
        if isinstance(status, int) and status not in (404, 410):
            return f"answered with {status}"
        return reason(error.__cause__) if isinstance(error.__cause__, OSError) else "no such file"
    if isinstance(error, EOFError):
        return "ends before its end; cut off, or still being written"
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return redacted(" ".join(said.split())) or type(error).__name__


def is_http(name: str) -> bool:
    """Say whether a name is a URL of HTTP."""
    return name.startswith(("http://", "https://"))


def _found(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise MissingExtra(f"reading {shown(url)}", "audit-remote") from None
    return url_to_fs(url)  # type: ignore[no-any-return]
