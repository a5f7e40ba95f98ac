"""Questions asked page after page, several at once if none waits for another; counts of items."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread
from typing import Final, TypeAlias

from docpact.cases.wire import can_be_documented, query_case
from docpact.model import Case, Exchange, Expectation, Expected, Operation, Query, Question
from docpact.model.pointer import resolve
from docpact.rules.path.listing import COUNTED
from docpact.rules.walks.bodies import BodyReader
from docpact.rules.walks.continuation import NOWHERE, is_paged
from docpact.rules.walks.joining import settle
from docpact.rules.walks.pages import Item, Page, as_text
from docpact.rules.walks.walk import Ending
from docpact.targets.connections import BudgetSpent

Attempts: TypeAlias = tuple[Exchange, ...]
"""All exchanges for one page; the last one has its response."""

Responses: TypeAlias = "SimpleQueue[tuple[Walker, Attempts | BaseException]]"


@dataclass(slots=True, eq=False)
class Walker:
    """Walks through the pages of one visit.

    Attributes:
        case: the page to request next.
        exchanges: those so far.
        stopped: why the walk could not continue; empty if it could.
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
        onward = page.onward if page is not None else NOWHERE
        if page is None or onward.query is None or self.most_requests < 2:
            return False
        self._shown.append(page)
        if settle(operation, self._shown, used=self.used)[1] is not Ending.CUT:
            return False
        self.case = self.case.next_page(
            onward.query,
            operation.roles.paging_parameter,
            stated=onward.stated,
            given=onward.given,
            path=onward.path,
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


FILTERS: Final = 10
"""Maximum number of filters with which items are counted."""

PAGES: Final = 6
"""Number of pages up to which the items of a list are counted."""

ROUND: Final = 10
"""A list without pages may be cut after a round number of items."""


def count_cases(operation: Operation, listing: Operation, items: Sequence[Item]) -> Iterator[Case]:
    """Yield questions that a count and its list both document: known values and listed ones."""
    if operation.roles.count is None:
        return
    bounds = {name: bound.field for name, bound in listing.roles.bounds.items()}
    places = {**bounds, **listing.roles.filters}
    schemas = {each.name: {**each.schema, "default": 0} for each in listing.query_parameters}
    fields = items[len(items) // 2].fields if items else {}
    known, others = list[tuple[str, str]](), list[tuple[str, str]]()
    for each in operation.query_parameters:
        if each.name in places and schemas[each.name] == {**each.schema, "default": 0}:
            text = as_text(resolve(fields, places[each.name], default=None))
            known += [(each.name, text)] if text and can_be_documented(each, text) else []
            values = map(as_text, each.item_schema.get("enum", ()))
            others += [(each.name, other) for other in values if other and other != text][-1:]
    queries = [(), *((pair,) for pair in (*known, *others)[:FILTERS]), tuple(known[:2])]
    for query in dict.fromkeys(queries):
        yield query_case(query, Expectation(Expected.UNSPECIFIED, None, COUNTED), "counted")


def count_items(
    operation: Operation, query: Query, send: Callable[[Case], Attempts], reader: BodyReader
) -> int | None:
    """Return the number of items that a list shows or, if it is long, states; None if unknown."""
    case = Case("the list", Question(query), pages=PAGES)
    pages = [*read_pages(operation, case, send, reader)]
    if not pages:
        return None
    shown, ending = settle(operation, pages, used=reader.used)
    ids = [item.id for page in shown for item in page.items]
    is_cut = len(ids) % ROUND == 0 and bool(ids)
    is_open = is_paged(operation) or is_cut or shown[-1].onward.last is False
    is_whole = ending is Ending.END or not is_open
    if is_whole and len({*ids}) == len(ids):
        return len(ids)
    return pages[0].total if operation.roles.counts == "matching" else None
