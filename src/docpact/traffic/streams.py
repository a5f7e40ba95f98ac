"""The bytes of a part: counted as they are stored, unpacked as they are read."""

from __future__ import annotations

import gzip
import io
import sys
from typing import IO, Any, Final, Self

from docpact.errors import MissingExtra
from docpact.traffic import stores
from docpact.traffic.kind import LOOK, Kind
from docpact.traffic.naming import STDIN, is_remote, shown
from docpact.traffic.part import Part
from docpact.traffic.progress import Progress

_LOCAL: Final = 256 * 1024
_REMOTE: Final = 4 * 1024 * 1024  # a request of a store costs tens of milliseconds, however short
_BEYOND: Final = 64 * 1024  # of a line that begins in a part, and ends in the next


class Stored(io.RawIOBase):
    """The bytes of a source as they are stored; a part's are asked for without the next one's.

    The first read is short, so that it costs little to look what the source holds.
    """

    def __init__(self, part: Part, progress: Progress, file: IO[bytes]) -> None:
        super().__init__()
        self._part, self._progress, self._file = part, progress, file
        self._looked = part.kind is not None
        self._at = 0

    @classmethod
    def of(cls, part: Part, progress: Progress) -> Self:
        """Open the source of a part.

        Raises:
            UsageError: it cannot be opened.
        """
        return cls(part, progress, stores.opened(part.source, in_ranges=part.kind is not None))

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say whether it can be read from anywhere; one answer of HTTP cannot."""
        streamed = stores.is_http(self._part.source) and self._part.kind is None
        return self._part.source != STDIN and not streamed and self._file.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte of the source, and return which it is."""
        if not self.seekable():
            raise io.UnsupportedOperation("seek")
        with stores.refusing(self._part.source):
            self._at = self._file.seek(offset, whence)
        self._progress.reached(self._at - self._part.start)
        return self._at

    def readinto(self, into: Any) -> int:
        """Read what the source gives, no more than the part asks for."""
        view = memoryview(into)[: self._room()]
        got = 0
        with stores.refusing(self._part.source):
            while got < min(LOOK, len(view)) and (more := _read(self._file, view[got:])):
                got += more
        self._looked = True
        self._at += got
        self._progress.reached(self._at - self._part.start)
        return got

    def close(self) -> None:
        """Close the source."""
        self._file.close()
        super().close()

    def _room(self) -> int:
        if not self._looked:
            return LOOK
        if self._part.end is None:
            return sys.maxsize
        return self._part.end - self._at if self._at < self._part.end else _BEYOND


class Unpacked(io.RawIOBase):
    """The bytes of a source as they were before it was compressed."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        super().__init__()
        self._file, self._name = file, name

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, into: Any) -> int:
        """Read what the source gives."""
        with stores.refusing(self._name):
            return _read(self._file, memoryview(into))


def buffered(raw: io.RawIOBase, name: str) -> io.BufferedReader:
    """Return bytes with a buffer that suits where they are kept."""
    return io.BufferedReader(raw, _REMOTE if is_remote(name) else _LOCAL)


def unpacked(stream: io.BufferedReader, kind: Kind, name: str) -> io.BufferedReader:
    """Return the bytes of a compressed source as they were before.

    Raises:
        MissingExtra: it is zstd, and the library for it is not installed.
    """
    file: Any = gzip.GzipFile(fileobj=stream) if kind == "gzip" else _zstd(stream, name)
    return io.BufferedReader(Unpacked(file, name), _LOCAL)


def pass_over(stream: io.BufferedReader, length: int) -> None:
    """Go to a byte of a stream that nothing was read of."""
    if stream.seekable():
        stream.seek(length)
        return
    while length and (passed := stream.read(min(length, _LOCAL))):
        length -= len(passed)


def _read(file: IO[bytes], into: memoryview) -> int:
    return file.readinto(into) or 0  # type: ignore[attr-defined]


def _zstd(stream: IO[bytes], name: str) -> Any:
    """Open several frames, one after another; unlike other readers it notices a missing end."""
    try:
        if sys.version_info >= (3, 14):
            from compression.zstd import ZstdFile
        else:
            from backports.zstd import ZstdFile
    except ModuleNotFoundError:
        raise MissingExtra(f"reading {shown(name)}", "audit") from None
    return ZstdFile(stream)
