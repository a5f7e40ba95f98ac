"""The concurrency: how many questions go side by side, and one alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock
from typing import Final

CONNECTIONS: Final = 4
"""How many requests a check has under way at once at most unless it is told otherwise."""


@dataclass(slots=True)
class Concurrency:
    """Lets questions go side by side, or one alone; closed, one at a time for good.

    Attributes:
        count: how many go side by side at most.
        closed: whether the server has shown that it wants one at a time.
        failed: how many that went beside others got no answer.
    """

    count: int = 1
    closed: bool = False
    failed: int = 0
    _counting: Lock = field(default_factory=Lock, repr=False)
    _turn: Lock = field(default_factory=Lock, repr=False)
    _free: BoundedSemaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._free = BoundedSemaphore(self.count)

    @contextmanager
    def beside(self) -> Iterator[bool]:
        """Wait for a lane; yield whether the concurrency are still open then."""
        with self._turn:
            self._free.acquire()
        try:
            yield not self.closed
        finally:
            self._free.release()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until nothing else is under way, and keep everything else from beginning."""
        with self._turn:
            for _ in range(self.count):
                self._free.acquire()
            try:
                yield
            finally:
                self._free.release(self.count)

    def fail(self) -> None:
        """Count one that got no answer beside others; the second one shows that this is why."""
        with self._counting:
            self.failed += 1
            self.closed = self.closed or self.failed > 1
