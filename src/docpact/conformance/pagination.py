"""Pagination: questions asked page after page, several at once if none waits for another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread
from typing import TypeAlias

from docpact.model import Case, Exchange, Operation
from docpact.rules.pages import Page
from docpact.rules.reading import BodyReader
from docpact.rules.walks import Ending, settle
from docpact.targets.request_budget import BudgetSpent

Attempts: TypeAlias = tuple[Exchange, ...]
"""All exchanges for one page; the last one has its response."""

Responses: TypeAlias = "SimpleQueue[tuple[Walker, Attempts | BaseException]]"


@dataclass(slots=True, eq=False)
class Walker:
    """Walks through the pages of one visit.

    Attributes:
        case: the page to request next.
        exchanges: those so far.
        stopped: why the walk could not go on; empty if it could.
        used: see `settle`.
    """

    case: Case
    exchanges: list[Exchange] = field(default_factory=list)
    stopped: str = ""
    used: frozenset[str] = frozenset()
    _shown: list[Page] = field(default_factory=list)

    @property
    def most_requests(self) -> int:
        """Number of pages that it may still request."""
        return self.case.pages - self.case.visit.page + 1

    def advance(self, operation: Operation, page: Page | None) -> bool:
        """Turn to the page after the one received, and say whether there is one to request."""
        if page is None or page.onward.query is None or self.most_requests < 2:
            return False
        self._shown.append(page)
        if settle(operation, self._shown, used=self.used)[1] is not Ending.CUT:
            return False
        paging = operation.roles.paging
        parameter = paging.parameter if paging is not None else None
        onward = page.onward
        self.case = self.case.next_page(
            page.onward.query, parameter, stated=onward.stated, path=onward.path
        )
        return True


def read_pages(
    operation: Operation, case: Case, send: Callable[[Case], Attempts], reader: BodyReader
) -> Iterator[Page]:
    """Yield the pages of a list, as far as they are documented and do not come from a cache."""
    walker, advances = Walker(case), True
    while advances:
        final = send(walker.case)[-1]
        page = reader.read_page(final)
        if page is None or (final.response is not None and final.response.is_cached):
            return
        yield page
        advances = walker.advance(operation, page)


def walk_all(
    walkers: Iterable[Walker],
    send: Callable[[Case], Attempts],
    receive: Callable[[Walker, Attempts], bool],
    fits: Callable[[list[Walker], Walker], bool] | None = None,
) -> list[Walker]:
    """Walk every question to its end, and return the walkers that could not, in order.

    Walkers start in order. Only `send` is called on other threads, and only if `fits` is given.

    Args:
        walkers: none of them started.
        send: sends a case.
        receive: stores the exchanges, and returns whether the walk continues. If it or `send`
            raises `BudgetSpent`, the walk stops, and no other one starts.
        fits: returns whether a walker may start at the same time as those under way; None to walk
            one at a time.
    """
    waiting, under_way, left = deque(walkers), list[Walker](), list[Walker]()
    responses: Responses = SimpleQueue()
    start = _send if fits is None else _send_on_a_thread
    while under_way or (waiting and not left):
        while waiting and not left and (not under_way or (fits and fits(under_way, waiting[0]))):
            under_way.append(waiting.popleft())
            start(under_way[-1], send, responses)
        walker, outcome = responses.get()
        try:
            if isinstance(outcome, BaseException):
                raise outcome
            if receive(walker, outcome):
                start(walker, send, responses)
                continue
        except BudgetSpent as spent:
            walker.stopped = str(spent)
            left.append(walker)
        under_way.remove(walker)
    return [*sorted(left, key=lambda walker: walker.case.visit.sequence), *waiting]


def _send_on_a_thread(
    walker: Walker, send: Callable[[Case], Attempts], responses: Responses
) -> None:
    """Send on a thread that nothing joins, so that Ctrl-C takes effect at once."""
    Thread(target=_send, args=(walker, send, responses), daemon=True).start()


def _send(walker: Walker, send: Callable[[Case], Attempts], responses: Responses) -> None:
    try:
        responses.put((walker, send(walker.case)))
    except BaseException as error:  # noqa: BLE001 — raised again by the thread that waits
        responses.put((walker, error))
