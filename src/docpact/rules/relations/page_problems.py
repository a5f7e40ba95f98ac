"""Problems of the pages of one walk: ends, items shown twice, long, short and empty pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from docpact.model import Operation, Query
from docpact.model.paging import read_number
from docpact.model.schema import place
from docpact.rules.relations.problems import (
    SUSPECT_PAGING,
    Problem,
    end_location,
    filter_location,
    page_location,
    rule_of_losses,
)
from docpact.rules.walks.collection import Collection
from docpact.rules.walks.continuation import is_paged
from docpact.rules.walks.pages import Page, show_id
from docpact.rules.walks.walk import Ending, Walk, describe_loop, may_be_empty, wholes_around
from docpact.text import pluralize


class PageComparison:
    """Compares the pages of each walk, and counts the walks that test each promise."""

    def __init__(self, operation: Operation, collection: Collection, walks: Sequence[Walk]) -> None:
        self.operation, self.collection = operation, collection
        self.judged: Counter[tuple[str, str]] = Counter()
        self._related = [walk for walk in walks if walk.filters is not None]
        self._items = operation.roles.items or ""
        self._is_paged = is_paged(operation)
        self._has_ids = operation.roles.id is not None

    def _count(self, rule: str, location: str) -> None:
        self.judged[rule, location] += 1

    def _find_page_problems(self, walk: Walk) -> Iterator[Problem]:
        """Yield the problems of the pages of a walk, with or without items."""
        ends = end_location(self.operation)
        endings = (Ending.END, Ending.ENDLESS)
        if walk.ending in endings or (walk.ending is Ending.CUT and self._has_ids):
            self._count("paging.ends", ends)
        if walk.ending is Ending.ENDLESS:
            observed = describe_loop(walk)
            ids, last = frozenset(walk.ids), walk.pages[-1]
            confirmed = not (ids and self.collection.has_moved_in(walk))
            yield Problem("paging.ends", ends, walk, last, observed, ids, confirmed)
        else:
            yield from self._find_duplicates(walk)
        yield from self._find_long_pages(walk)
        yield from self._find_empty_pages(walk)

    def _find_duplicates(self, walk: Walk) -> Iterator[Problem]:
        filters = walk.filters or ()
        wholes = () if self._has_ids else wholes_around(walk, self._related)
        if not walk.ids or not (self._has_ids or wholes):
            return
        self._count("paging.unique", self._items)
        known = [Counter(whole.ids) for whole in wholes]
        twice = [
            one
            for one, times in Counter(walk.ids).items()
            if times > 1 and all(times > each[one] for each in known)
        ]
        if not twice:
            return
        pages = [page for page in walk.pages if set(twice) & set(page.ids)]
        on_one = any(times > 1 for page in pages for times in Counter(page.ids).values())
        rule, location = "paging.unique", self._items
        if on_one and any(len(values) > 1 for _, values in filters):
            rule, location = rule_of_losses(filters), filter_location(filters)
        elif not self._is_paged:
            return
        example = show_id(twice[0])
        observed = f"{pluralize(len(twice), 'item')} twice in {walk.case.label}, e.g. {example}"
        confirmed = on_one or not self.collection.has_moved_in(walk)
        yield Problem(rule, location, walk, pages[-1], observed, frozenset(twice), confirmed)

    def _find_long_pages(self, walk: Walk) -> Iterator[Problem]:
        name = self.operation.roles.size_parameter
        if name is None:
            return
        maximum = self.operation.parameter(name).schema.get("maximum")
        longest = walk.size if walk.size is not None else maximum
        if longest is None or (maximum is not None and longest > maximum):
            return
        self._count("paging.size", f"query/{name}")
        page = next((page for page in walk.pages if len(page.items) > longest), None)
        if page is not None:
            observed = f"{pluralize(len(page.items), 'item')} to {page.exchange.case.title}"
            yield Problem("paging.size", f"query/{name}", walk, page, observed)

    def _find_suspicious(self, walk: Walk) -> Iterator[Problem]:
        """Yield a page that shows the items of the first one, if its parameter is a guess."""
        for page in walk.beyond[:1]:
            self._count(SUSPECT_PAGING, page_location(self.operation))
            again = {*page.ids} & {*walk.pages[0].ids}
            if again:
                observed = f"{page.exchange.case.title} shows {pluralize(len(again), 'item')} again"
                location = page_location(self.operation)
                yield Problem(SUSPECT_PAGING, location, walk, page, observed, frozenset(again))

    def _find_empty_pages(self, walk: Walk) -> Iterator[Problem]:
        if len(walk.pages) > 1:
            self._count("paging.empty_page", self._items)
        for number, page in enumerate(walk.pages, start=1):
            is_odd = not page.items and not may_be_empty(self.operation, page)
            if is_odd and any(later.items for later in walk.pages[number:]):
                observed = f"page {number} of {walk.case.label} is empty, and later ones are not"
                yield Problem("paging.empty_page", self._items, walk, page, observed)
                return


def find_short_pages(
    operation: Operation, walks: Sequence[Walk]
) -> Iterator[tuple[Walk, Page, Page, Query]]:
    """Yield the pages of lists with offset and size that lack one item although others follow.

    Servers may show shorter pages, or at most some number of items. Each page comes with its walk,
    the next page, and the query of a client that adds the size to the offset: it may miss items.
    """
    name = operation.roles.offset_parameter
    longest = max((len(page.items) for walk in walks for page in walk.pages), default=0)
    for walk in walks:
        for page, after in pairwise(walk.pages):
            is_short = len(page.items) + 1 == walk.size and len(page.items) < longest
            if name is None or not is_short or page.onward.given or not after.items:
                continue
            query = page.exchange.case.query
            offset = (read_number(dict(query).get(name)) or 0) + (walk.size or 0)
            rest = tuple(pair for pair in query if pair[0] != name)
            yield walk, page, after, (*rest, (name, str(offset)))


_MAY_BE_SHORT: Final = re.compile(
    r"\b(fewer|less|shorter|guarantee[ds]?|reduced?|lowered|capped|hint|approximate(ly)?|suggest\w*"
    r"|best[- ]effort|(server|service|api) (may|might|can))\b",
    re.IGNORECASE,
)
"""Descriptions of page sizes that let a server show fewer items."""

ENOUGH: Final = 2
"""Number of pages of the same length, or of sizes, that show that a server shows no longer ones."""


def find_full_pages(operation: Operation, walks: Sequence[Walk]) -> list[tuple[int, Page]]:
    """Return the pages before others, each with its requested size, where a maximum is documented.

    None are returned if the documentation lets a server show fewer items.
    """
    name = operation.roles.size_parameter
    if name is None or name in operation.roles.inferred or not is_paged(operation):
        return []
    asked = operation.parameter(name)
    most: float | None = asked.schema.get("maximum")
    listed = place(operation.response_schema, operation.roles.items or "")
    if most is None or "maxItems" in listed or _MAY_BE_SHORT.search(asked.description):
        return []
    return [
        (walk.size, page)
        for walk in walks
        if walk.size is not None and walk.size <= most
        for page, after in pairwise(walk.pages)
        if after.items
    ]


def find_capped_pages(full: Sequence[tuple[int, Page]], walks: Sequence[Walk]) -> list[Page]:
    """Return those of full pages that all are too short.

    They have the length of the longest page of any walk, or lack one item at each of several sizes,
    or are shorter than a first page that was requested with the same filters and a smaller size.
    """
    longest = max((len(page.items) for walk in walks for page in walk.pages), default=0)
    short = [page for size, page in full if size > longest]
    is_cap = len(short) >= ENOUGH and all(len(page.items) == longest for page in short)
    larger = [(size, page) for size, page in full if size > 1]
    lacks_one = all(len(page.items) == size - 1 for size, page in larger)
    if lacks_one and len({size for size, _ in larger}) >= ENOUGH:
        return [page for _, page in larger]
    return short if is_cap else [page for size, page in full if _is_dip(size, page, walks)]


def _is_dip(size: int, page: Page, walks: Sequence[Walk]) -> bool:
    """Return whether a page begins a walk and is shorter than one of a smaller size."""
    begun = [walk for walk in walks if walk.pages[0] is page]
    return any(
        walk.size < size and len(walk.pages[0].items) > len(page.items)
        for own in begun
        for walk in walks
        if walk.size is not None and walk.filters == own.filters
    )
