"""The request_budget: how many requests may leave the machine, and how fast."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

BUDGET: Final = 150
"""How many requests a check sends at most unless it is told otherwise."""

RATE: Final = 200.0
"""How many requests a second a check sends at most unless it is told otherwise."""


class BudgetSpent(Exception):
    """Nothing more may be sent; `str()` of it says why."""


@dataclass(slots=True)
class RequestBudget:
    """Counts every request before it is sent: retries, redirects and repeats included.

    Several threads may ask at once: whoever comes later waits no less than whoever waits already.

    Attributes:
        budget: how many requests may be sent in all.
        rate: how many in any one second; below 1, one in as many seconds as that takes.
        seconds: of wall time after which nothing more is sent.
        sleep: waits a number of seconds.
        clock: tells the time in seconds.
    """

    budget: int = BUDGET
    rate: float = RATE
    seconds: float = float("inf")
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    spent: int = 0
    _began: float | None = None
    _times: deque[float] = field(default_factory=deque)
    _stopped: bool = False
    _turn: Lock = field(default_factory=Lock, repr=False)

    @property
    def left(self) -> int:
        """How many requests may still be sent."""
        return self.budget - self.spent

    def take(self) -> None:
        """Wait for the next request's turn, and count it.

        Raises:
            BudgetSpent: the budget or the time is used up, or the run was stopped.
        """
        with self._turn:
            self._take()

    def stop(self) -> None:
        """Let nothing more be sent, for the run is over."""
        self._stopped = True

    def check(self) -> None:
        """Raise if the run was stopped.

        Raises:
            BudgetSpent: it was; what comes back now is part of it no more.
        """
        if self._stopped:
            raise BudgetSpent("the run is over")

    def _take(self) -> None:
        self.check()
        now = self.clock()
        self._began = now if self._began is None else self._began
        if self.spent >= self.budget:
            raise BudgetSpent(f"the budget of {self.budget:,} requests is spent")
        if now - self._began > self.seconds:
            raise BudgetSpent(f"out of time: {self.seconds:.0f} seconds have passed")
        together = max(1, int(self.rate))
        if len(self._times) >= together:
            wait = self._times.popleft() + together / self.rate - now
            if wait > 0:
                self.sleep(wait)
        self._times.append(self.clock())
        self.spent += 1
