"""Concurrency: how many questions are asked at once, and when one is asked alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock
from typing import Final

CONNECTIONS: Final = 4
"""Default maximum number of concurrent requests."""


@dataclass(slots=True)
class Concurrency:
    """Lets several questions be asked at once, or one alone; once closed, only one at a time.

    Attributes:
        count: maximum number of concurrent questions.
        closed: whether the server showed that it accepts only one at a time.
        failed: number of concurrent questions without a response.
        was_late: whether the last response to a question alone did not end in time.
    """

    count: int = 1
    closed: bool = False
    failed: int = 0
    was_late: bool = False
    _counting: Lock = field(default_factory=Lock, repr=False)
    _turn: Lock = field(default_factory=Lock, repr=False)
    _free: BoundedSemaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._free = BoundedSemaphore(self.count)

    @contextmanager
    def beside(self) -> Iterator[bool]:
        """Wait for a free place, and yield whether concurrent questions are still allowed."""
        with self._turn:
            self._free.acquire()
        try:
            yield not self.closed
        finally:
            self._free.release()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other question is under way, and let none start meanwhile."""
        with self._turn:
            for _ in range(self.count):
                self._free.acquire()
            try:
                yield
            finally:
                self._free.release(self.count)

    def fail(self) -> None:
        """Count a concurrent question without a response; the second one closes this."""
        with self._counting:
            self.failed += 1
            self.closed = self.closed or self.failed > 1
