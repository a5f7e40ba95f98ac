"""The request budget: how many requests may be sent, and how fast."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from docpact.rules.reading import Amounts

BUDGET: Final = 300
"""Default maximum number of requests of a check, for each operation; most need fewer."""

MOCK_BUDGET: Final = 600
"""The same of the mock, which has no other users."""

RATE: Final = 200.0
"""Default maximum number of requests per second."""

MOCK_RATE: Final = 100_000.0
"""The same of the mock, which waits for nobody."""


class BudgetSpent(Exception):
    """No more requests may be sent; `str()` gives the reason."""


@dataclass(slots=True)
class RequestBudget:
    """Counts every request before it is sent, with retries, redirects and repeats.

    Several threads may use it at once; they are served in the order in which they come.

    Attributes:
        budget: maximum number of requests.
        rate: maximum number of requests per second; may be less than 1.
        seconds: wall time after which nothing more is sent.
        sleep: waits some seconds.
        clock: returns the time in seconds.
        whole: the budget that this one is a part of, which also limits rate and time.
        amounts: that the responses hold; beyond their limits nothing more is sent.
    """

    budget: int = BUDGET
    rate: float = RATE
    seconds: float = float("inf")
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    spent: int = 0
    whole: RequestBudget | None = None
    amounts: Amounts = field(default_factory=Amounts, repr=False)
    _began: float | None = None
    _times: deque[float] = field(default_factory=deque)
    _stopped: bool = False
    _turn: Lock = field(default_factory=Lock, repr=False)

    @property
    def left(self) -> int:
        """The number of requests that may still be sent."""
        if self.amounts.excess:
            return 0
        own = self.budget - self.spent
        return own if self.whole is None else min(own, self.whole.left)

    @property
    def is_stopped(self) -> bool:
        """Whether no more requests may be sent, because the run is over."""
        return self._stopped or (self.whole is not None and self.whole.is_stopped)

    def share(self, count: int) -> RequestBudget:
        """Return one of some equal parts of this budget."""
        return RequestBudget(max(1, self.budget // count), whole=self, amounts=self.amounts)

    def take(self) -> None:
        """Wait until the next request may be sent, and count it.

        Raises:
            BudgetSpent: the budget or the time is spent, the responses exceed a limit, or the run
                was stopped.
        """
        with self._turn:
            self.check()
            if excess := self.amounts.excess:
                raise BudgetSpent(excess)
            now = self.clock()
            self._began = now if self._began is None else self._began
            if self.spent >= self.budget:
                raise BudgetSpent(f"the budget of {self.budget:,} requests is spent")
            if now - self._began > self.seconds:
                raise BudgetSpent(f"out of time: {self.seconds:.0f} seconds have passed")
            if self.whole is not None:
                self.whole.take()
                self.spent += 1
                return
            together = max(1, int(self.rate))
            if len(self._times) >= together:
                wait = self._times.popleft() + together / self.rate - now
                if wait > 0:
                    self.sleep(wait)
            self._times.append(self.clock())
            self.spent += 1

    def stop(self) -> None:
        """Allow no more requests, because the run is over."""
        self._stopped = True

    def check(self) -> None:
        """Raise if the run was stopped.

        Raises:
            BudgetSpent: it was stopped; later responses do not belong to it.
        """
        if self.is_stopped:
            raise BudgetSpent("the run is over")
