"""The meter: how far an audit is, how fast it is, and how long it will take yet."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TextIO

OFTEN: Final = 0.5
"""Seconds between two lines on a terminal, each in the place of the one before."""

SELDOM: Final = 30.0
"""Seconds between two lines in a file."""

_MEGABYTE: Final = 1_000_000


@dataclass(slots=True)
class Meter:
    """Writes a line now and then.

    Attributes:
        size: bytes of all the traffic as it is stored; 0 where nobody knows.
        stream: where the lines go.
        clock: tells the time in seconds.
    """

    size: int
    stream: TextIO
    clock: Callable[[], float] = time.monotonic
    _bytes: int = 0
    _records: int = 0
    _began: float = field(init=False)
    _written: float = field(init=False)
    _width: int = 0

    def __post_init__(self) -> None:
        self._began = self._written = self.clock()

    def told(self, size: int, records: int) -> None:
        """Take note of progress.

        Args:
            size: how many more bytes were read, as they are stored.
            records: how many more records were judged.
        """
        self._bytes += size
        self._records += records
        now = self.clock()
        if now - self._written >= (OFTEN if self.stream.isatty() else SELDOM):
            self._written = now
            self._write(self.line(now))

    def end(self) -> None:
        """Clear the line that stands on a terminal."""
        if self._width:
            self._write("")
            self.stream.write("\r")

    def line(self, now: float) -> str:
        """Return the line of a moment: records, their rate, megabytes, and the time left."""
        seconds = max(now - self._began, 1e-9)
        read = f"{self._bytes / _MEGABYTE:,.0f}"
        if self.size:
            read += f" of {self.size / _MEGABYTE:,.0f}"
        told = f"{self._records:,} records, {self._records / seconds:,.0f}/s, {read} MB"
        if not self.size or not self._bytes:
            return told
        left = max(0.0, seconds * (self.size - self._bytes) / self._bytes)
        return f"{told}, {_time(left)} left"

    def _write(self, line: str) -> None:
        if self.stream.isatty():
            self.stream.write(f"\r{line:<{self._width}}")
            self._width = len(line)
        else:
            self.stream.write(line + "\n")
        self.stream.flush()


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
