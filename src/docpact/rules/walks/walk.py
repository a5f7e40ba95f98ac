"""Walks: the pages of one visit, and the reason why they end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from docpact.model import Case, Operation
from docpact.model.pointer import resolve
from docpact.rules.walks.pages import Filters, Item, Page

BARREN: Final = 3
"""Number of pages in a row without new items after which a walk counts as endless."""

DISTINCT: Final = 10
"""Number of different items without a documented id that do not occur on two pages by chance."""

THOUSAND: Final = 1000
"""Servers that limit the length of lists usually do so at a multiple of this number."""


class Ending(Enum):
    """The reason why a walk has no further page."""

    END = "the last page was seen"
    CUT = "no further page was requested"
    UNKNOWN = "there may be further pages that docpact cannot request"
    ENDLESS = "the tokens lead to no new items"
    FAILED = "a response is not as documented"


@dataclass(frozen=True, slots=True)
class Walk:
    """The pages of one visit.

    Attributes:
        case: of the first page.
        filters: of the query; None if the query has other parameters as well, so that the expected
            items are unknown.
        size: the requested page size, or None.
        pages: at least one.
        ids: of every item, in order.
        ending: the reason why there is no further page.
        beyond: further pages, if it is not understood how to request them.
        beside: the filters of a query that also has documented orders or bounds; otherwise None.
    """

    case: Case
    filters: Filters | None
    size: int | None
    pages: tuple[Page, ...]
    ids: tuple[str, ...]
    ending: Ending
    beyond: tuple[Page, ...] = ()
    beside: Filters | None = None

    def with_pages(self, pages: Sequence[Page], ending: Ending) -> Walk:
        """Return a walk with other pages."""
        ids = tuple(one for page in pages for one in page.ids)
        return replace(self, pages=tuple(pages), ids=ids, ending=ending)

    @property
    def items(self) -> Iterable[Item]:
        """The items of all pages in order."""
        return (item for page in self.pages for item in page.items)

    @property
    def count(self) -> int:
        """The number of its different items; of all, if none has an id."""
        return len({*self.ids}) or sum(len(page.items) for page in self.pages)

    @property
    def reached_end(self) -> bool:
        """Whether the last page was seen."""
        return self.ending is Ending.END

    @property
    def has_unique_ids(self) -> bool:
        """Whether each item has an id of its own."""
        return len({*self.ids}) == sum(1 for _ in self.items)

    @property
    def is_of_list(self) -> bool:
        """Whether it begins at the first page: its parameters only select and sort items."""
        return self.filters is not None or self.beside is not None

    @property
    def is_whole(self) -> bool:
        """Whether it begins at the first page and ends at the last one."""
        return self.is_of_list and self.reached_end

    @property
    def begins(self) -> int:
        """The first position that the first page may overlap."""
        return self.pages[0].span.start

    @property
    def ends(self) -> int:
        """The last position that the last page may overlap."""
        return self.pages[-1].span.stop - 1


def leads_nowhere(operation: Operation, pages: Sequence[Page]) -> bool:
    """Return whether a walk continues without new items."""
    if not pages or pages[-1].onward.query is None:
        return False
    addresses = [page.onward.address for page in pages]
    if addresses[-1] in addresses[:-1]:
        return True
    enough = DISTINCT if operation.roles.id is None else 0
    known: set[str] = set()
    idle = 0
    for page in pages:
        ids = set(page.ids)
        is_old = (
            ids <= known and len(page.ids) == len(page.items) and not may_be_empty(operation, page)
        )
        idle = idle + 1 if is_old and (not page.items or len(ids) >= enough) else 0
        known |= ids
    return idle >= BARREN


def may_be_empty(operation: Operation, page: Page) -> bool:
    """Return whether a page may be empty although others follow.

    Some servers filter each page after they have read it, and return the token of the next one.
    """
    names = {name for name, _ in page.exchange.case.query}
    is_filtered = names & {*operation.roles.filters, *operation.roles.bounds}
    return not page.items and page.onward.given and bool(is_filtered)


def describe_loop(walk: Walk) -> str:
    """Return how a walk continues without new items, in one short line."""
    addresses, label = [page.onward.address for page in walk.pages], walk.case.label
    again = addresses.index(addresses[-1])
    if again < len(addresses) - 1:
        return f"page {len(addresses)} of {label} leads to page {again + 2} again"
    return f"the last {BARREN} of {len(addresses)} pages of {label} lead on without a new item"


def reaches_total(pages: Sequence[Page]) -> bool:
    """Return whether a walk has shown as many items as its last page says that there are.

    An estimate may agree by chance, and some servers state the number of items on the page. So a
    page must be the first one that is shorter than the page before.
    """
    if len(pages) < 2 or pages[-1].onward.stated or pages[-1].total is None:
        return False
    shown = sum(len(page.items) for page in pages)
    return shown == pages[-1].total and len(pages[-1].items) < len(pages[-2].items)


def numbers_from_unknown(operation: Operation) -> bool:
    """Return whether pages have numbers, and the number of the first one is not documented."""
    return operation.roles.page_parameter is not None and operation.roles.first_page is None


def find_window(operation: Operation, plain: Iterable[Walk]) -> int | None:
    """Return the number of items after which a server ends every list, or None.

    It is a multiple of 1,000, or the documentation of the pages states it, and more than one page.
    """
    whole = [walk for walk in plain if walk.reached_end]
    lengths = {len({*walk.ids}) for walk in whole}
    if len(lengths) != 1 or all(len(walk.pages) == 1 for walk in whole):
        return None
    (length,), roles = lengths, operation.roles
    names = (roles.size_parameter, roles.paging_parameter)
    texts = [operation.parameter(name).description for name in names if name is not None]
    is_stated = any(f"{length:,}" in text or str(length) in text for text in texts)
    most = max((len(walk.pages[0].items) for walk in whole), default=0)
    return length if length > most and (length % THOUSAND == 0 or is_stated) else None


def wholes_around(walk: Walk, related: Iterable[Walk]) -> tuple[Walk, ...]:
    """Return the whole walks with the same filters before and after a walk, if both exist.

    Without documented ids, equal items may be different ones, and the whole walks show how many
    there are. They must begin with the items of the walk, and these must be many enough.
    """
    same = [w for w in related if w.filters == walk.filters and w.reached_end]
    before = [other for other in same if other.ends < walk.begins]
    after = [other for other in same if walk.ends < other.begins]
    wholes, shown = (*before[-1:], *after[:1]), set(walk.ids)
    alike = all({*[*dict.fromkeys(w.ids)][: len(shown)]} == shown for w in wholes)
    return wholes if len(wholes) > 1 and alike and len(shown) >= DISTINCT else ()


def is_left_out(walks: Sequence[Walk], base: Filters, name: str, where: str) -> bool:
    """Return whether items of the whole list have a field, and none where its filter is stated."""
    shown: dict[bool, set[bool]] = {True: set(), False: set()}
    for walk in walks:
        if walk.filters == base or name in dict(walk.filters or ()):
            has_field = {resolve(item.fields, where, ...) is not ... for item in walk.items}
            shown[walk.filters == base] |= has_field
    return shown == {True: {True}, False: {False}}
