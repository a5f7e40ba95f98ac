"""The bytes of a part: counted as stored, decompressed, and split into lines."""

from __future__ import annotations

import gzip
import io
import re
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Final

from docpact.bodies.codings import import_zstd
from docpact.errors import UsageError
from docpact.limits import MAX_RECORD
from docpact.traffic.sources import (
    STDIN,
    Part,
    Progress,
    display_name,
    is_http,
    is_remote,
    open_raw,
    usage_errors,
)

HEAD_BYTES: Final = 4096
"""Number of bytes from which a format is detected."""

_LOCAL_BUFFER: Final = 256 * 1024
_REMOTE_BUFFER: Final = 4 * 1024 * 1024  # a request to a store costs tens of milliseconds
_LAST_LINE: Final = 64 * 1024  # read beyond a part for the end of its last line


class _Stored(io.RawIOBase):
    """The stored bytes of a source, opened at the first read, which is short."""

    def __init__(self, part: Part, progress: Progress) -> None:
        super().__init__()
        self._part, self._progress = part, progress
        self._opened: IO[bytes] | None = None
        self._is_first_read = part.format is None
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        # A single response of HTTP cannot be read from any byte on.
        streamed = is_http(self._part.source) and self._part.format is None
        return self._part.source != STDIN and not streamed and self._file.seekable()

    def tell(self) -> int:
        return self._position  # without opening the source

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if not self.seekable():
            raise io.UnsupportedOperation("seek")
        with usage_errors(self._part.source):
            self._position = self._file.seek(offset, whence)
        self._progress.move_to(self._position - self._part.start)
        return self._position

    def readinto(self, into: Any) -> int:
        view = memoryview(into)[: self._limit()]
        count = 0
        with usage_errors(self._part.source):
            while count < min(HEAD_BYTES, len(view)) and (more := _read(self._file, view[count:])):
                count += more
        self._is_first_read = False
        self._position += count
        self._progress.move_to(self._position - self._part.start)
        return count

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
        super().close()

    @property
    def _file(self) -> IO[bytes]:
        if self._opened is None:
            in_ranges = self._part.format is not None
            self._opened = open_raw(self._part.source, in_ranges=in_ranges)
        return self._opened

    def _limit(self) -> int:
        """Return the maximum number of bytes to read at once."""
        if self._is_first_read:
            return HEAD_BYTES
        if self._part.end is None:
            return sys.maxsize
        rest = self._part.end - self._position
        return rest if rest > 0 else _LAST_LINE


class _Decompressed(io.RawIOBase):
    """The bytes of a compressed source as they were before compression."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        super().__init__()
        self._file, self._name = file, name

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        with usage_errors(self._name):
            return _read(self._file, memoryview(into))


@dataclass(frozen=True, slots=True)
class Compression:
    """A way to compress a source.

    Attributes:
        magic: the bytes with which such a source begins.
        open: returns the decompressed bytes of a stream, given its display name.
    """

    name: str
    magic: re.Pattern[bytes]
    open: Callable[[IO[bytes], str], Any]


def _open_zstd(stream: IO[bytes], name: str) -> Any:
    """Open all frames; unlike other readers, this one notices a missing end."""
    return import_zstd(f"reading {name}").ZstdFile(stream)


COMPRESSIONS: Final = (
    # RFC 1952, 2.3.1
    Compression("gzip", re.compile(rb"\x1f\x8b"), lambda s, _: gzip.GzipFile(fileobj=s)),
    # RFC 8878, 3.1.1 and 3.1.2: a frame, or one to skip
    Compression("zstd", re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"), _open_zstd),
)
"""Every way to compress a source, detected by its first bytes."""


def open_part(part: Part, progress: Progress) -> io.BufferedReader:
    """Return the stored bytes of a part, with a buffer that suits its store."""
    size = _REMOTE_BUFFER if is_remote(part.source) else _LOCAL_BUFFER
    return io.BufferedReader(_Stored(part, progress), size)


def find_compression(head: bytes) -> Compression | None:
    """Return the compression of a source that begins with some bytes, or None."""
    return next((each for each in COMPRESSIONS if each.magic.match(head)), None)


def decompress(
    stream: io.BufferedReader, name: str
) -> tuple[io.BufferedReader, Compression | None]:
    """Return the bytes of a source as they were before compression, and the compression if any."""
    compression = find_compression(stream.peek())
    if compression is None:
        return stream, None
    shown = display_name(name)
    file = _Decompressed(compression.open(stream, shown), name)
    plain: Any = io.BufferedReader(file, _LOCAL_BUFFER)
    if inner := find_compression(plain.peek()):
        raise UsageError(f"{shown}: {inner.name} inside {compression.name}; decompress it first")
    return plain, compression


def read_lines(
    stream: io.BufferedReader, part: Part, begin: int = 0
) -> Iterator[tuple[int, str, bytes]]:
    """Yield the lines that begin in a part and are not blank.

    Yields:
        the position of the line's first byte, the line's place for messages (its number, or its
        byte in a later part), and its bytes with their line ending; none if the line is longer than
        `MAX_RECORD`.
    """
    position = max(part.start, begin)
    name, end = display_name(part.source), sys.maxsize if part.end is None else part.end
    number = None if position else 0
    if position:
        _skip(stream, position - 1)
        position += _skip_line(stream) - 1
    while position < end and (line := stream.readline(MAX_RECORD + 1)):
        if number is None:
            where = f"{name}: byte {position:,}"
        else:
            number += 1
            where = f"{name}:{number}"
        if len(line) > MAX_RECORD:
            yield position, where, b""
            position += len(line) if line.endswith(b"\n") else len(line) + _skip_line(stream)
            continue
        if not line.isspace():
            yield position, where, line if position else line.removeprefix(BOM_UTF8)
        position += len(line)


def _skip_line(stream: io.BufferedReader) -> int:
    """Read to the end of a line, and return the number of bytes read."""
    length = 0
    while piece := stream.readline(_LOCAL_BUFFER):
        length += len(piece)
        if piece.endswith(b"\n"):
            break
    return length


def _skip(stream: io.BufferedReader, length: int) -> None:
    """Go to a byte of a stream from which nothing was read."""
    if stream.seekable():
        stream.seek(length)
        return
    while length and (skipped := stream.read(min(length, _LOCAL_BUFFER))):
        length -= len(skipped)


def _read(file: IO[bytes], into: memoryview) -> int:
    return file.readinto(into) or 0  # type: ignore[attr-defined]
