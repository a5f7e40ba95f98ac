"""Sources of recorded traffic: files, standard input, object stores through fsspec; their parts.

Messages and reports show a source by its display name, without the credentials of its URL.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import IO, Any, Final

from docpact.errors import DocpactError, MissingExtra, UsageError
from docpact.secrets import redact_urls
from docpact.text import pluralize

STDIN: Final = "-"
"""The name of standard input."""

PART_BYTES: Final = 8 * 1024 * 1024
"""The size of a part in bytes; shorter sources are one part."""

_WILDCARD: Final = re.compile(r"[*?\[]")
_GONE: Final = (404, 410)

_STORES: Final = {
    **dict.fromkeys(("s3", "s3a"), "s3fs"),
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
    **dict.fromkeys(("abfs", "abfss", "az"), "adlfs"),
}
"""Scheme of a URL → the package with which fsspec reads it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a source.

    Attributes:
        source: a path, a URL, or `-` for standard input.
        number: position of the source among all sources, from 0.
        start: first byte in a file of lines, first row group in a Parquet file.
        end: where the part ends, exclusive; None for the end of the source.
        size: number of stored bytes of the source that the part covers; 0 if unknown.
        format: name of the source's format; None if it is still to be detected.
    """

    source: str
    number: int
    start: int = 0
    end: int | None = None
    size: int = 0
    format: str | None = None


class Progress:
    """Reports how many more bytes of a part were read; all reports add up to its size."""

    def __init__(self, size: int = 0, report: Callable[[int], None] | None = None) -> None:
        self._size, self._report = size, report
        self._position = 0

    def move_to(self, position: int) -> None:
        """Report the bytes up to a position in the part; a position passed before is ignored."""
        position = min(position, self._size)
        if position > self._position:
            if self._report is not None:
                self._report(position - self._position)
            self._position = position

    def finish(self) -> None:
        """Report the remaining bytes of the part."""
        self.move_to(self._size)


def find_sources(patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the names of all matching sources, in order and without duplicates.

    The patterns are files, globs (`**` too), URLs and globs of URLs, or `-` for standard input. In
    an HTTP URL, `?` begins the query. A URL without wildcards is not looked up here.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        names = list(_match(pattern))
        if not names:
            problem = "a folder; name files in it" if Path(pattern).is_dir() else "no such file"
            raise UsageError(f"{display_name(pattern)}: {problem}")
        found |= dict.fromkeys(names)
    return tuple(found)


def display_name(name: str) -> str:
    """Return the name of a source for people: a URL without its userinfo and its query."""
    return "standard input" if name == STDIN else redact_urls(name)


def describe_sources(names: Sequence[str]) -> str:
    """Return the display name of a single source, or the number of sources."""
    return display_name(names[0]) if len(names) == 1 else pluralize(len(names), "file")


def measure_source(name: str) -> int:
    """Return the size of a source in bytes, as stored; 0 if unknown."""
    if name == STDIN:
        return 0
    with usage_errors(name):
        if not is_remote(name):
            return Path(name).stat().st_size
        system, path = _file_system(name)
        info = system.info(path)
        if info["type"] == "directory":
            raise FileNotFoundError(path)
        return int(info["size"] or 0)


def has_ranges(name: str) -> bool:
    """Return whether a source can be read from any byte on; an HTTP server is asked for one."""
    if not is_remote(name):
        return name != STDIN and Path(name).is_file()
    if not is_http(name):
        return True
    with open_raw(name, in_ranges=True) as file, usage_errors(name):
        try:
            file.seek(1)
            return len(file.read(1)) == 1
        except ValueError:
            return False


def open_raw(name: str, *, in_ranges: bool) -> IO[bytes]:
    """Open a source for reading, without a buffer: from any byte on, or all in one response."""
    with usage_errors(name):
        if name == STDIN:
            return open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
        if not is_remote(name):
            return Path(name).open("rb", buffering=0)
        system, path = _file_system(name)
        streamed = {"block_size": 0} if is_http(name) and not in_ranges else {}
        file: IO[bytes] = system.open(path, "rb", cache_type="none", **streamed)
        return file


@contextmanager
def usage_errors(name: str) -> Iterator[None]:
    """Turn any exception raised while a source is read into a UsageError of one clear line.

    The libraries behind fsspec and the readers of formats raise many unrelated exceptions.
    """
    try:
        yield
    except DocpactError:
        raise
    except Exception as error:  # noqa: BLE001 (see above)
        raise UsageError(f"{display_name(name)}: {_explain(error)}") from None


def is_remote(name: str) -> bool:
    """Return whether a name is a URL."""
    return "://" in name


def is_http(name: str) -> bool:
    """Return whether a name is an HTTP URL."""
    return name.startswith(("http://", "https://"))


def _match(pattern: str) -> Iterator[str]:
    if pattern == STDIN:
        yield pattern
    elif is_remote(pattern):
        path = pattern.partition("?")[0] if is_http(pattern) else pattern
        yield from _match_urls(pattern) if _WILDCARD.search(path) else (pattern,)
    elif _is_file_or_pipe(pattern):
        yield pattern
    else:
        yield from filter(_is_file_or_pipe, sorted(glob(pattern, recursive=True)))  # noqa: PTH207 (may be absolute)


def _match_urls(pattern: str) -> Iterator[str]:
    with usage_errors(pattern):
        system, path = _file_system(pattern)
        names = sorted(
            name
            for name, info in system.glob(path, detail=True).items()
            if info["type"] != "directory"
        )
    # The pattern's scheme, userinfo and host, which some stores leave out of their paths.
    prefix = pattern.removesuffix(path)
    for name in names:
        yield prefix + name if prefix != pattern else system.unstrip_protocol(name)


def _is_file_or_pipe(name: str) -> bool:
    path = Path(name)
    return path.exists() and not path.is_dir()


def _file_system(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the URL's path there."""
    try:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        package = _STORES.get(url.partition("://")[0], "")
        raise MissingExtra(f"reading {display_name(url)}", "audit-remote", package) from None
    return url_to_fs(url)  # type: ignore[no-any-return]


def _explain(error: BaseException) -> str:
    """Return why a source cannot be read, in one line."""
    if isinstance(error, FileNotFoundError):
        # fsspec raises this for every status with which HTTP refuses.
        status = getattr(error.__cause__, "status", None)
        if isinstance(status, int) and status not in _GONE:
            return f"answered with {status}"
        return _explain(error.__cause__) if isinstance(error.__cause__, OSError) else "no such file"
    if isinstance(error, EOFError):
        return "incomplete: cut off, or still being written"
    message = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return redact_urls(" ".join(message.split())) or type(error).__name__
