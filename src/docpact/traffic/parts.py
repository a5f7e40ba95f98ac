"""A part of a source: the piece that one worker reads; and how far it has been read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

PART_BYTES: Final = 8 * 1024 * 1024
"""The size of a part in bytes; shorter sources are one part."""


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
