"""Drifts of pages: each is another way to cut the items of a walk into pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from docpact.model import Operation
from docpact.rules.continuation import NOWHERE, Onward
from docpact.rules.pages import Item, Page
from docpact.rules.walks import Ending, Walk, settle

ALONE: Final = ("paging.unique", "paging.ends", "paging.size", "paging.empty_page")
"""The rules whose problems the pages of one walk show."""

MORE: Final = 1
"""Number of pages after the last one that a walk requests if there seem to be any."""


def with_pages(walk: Walk, pages: Sequence[Page], ending: Ending) -> Walk:
    """Return a walk with other pages."""
    ids = tuple(one for page in pages for one in page.ids)
    return replace(walk, pages=tuple(pages), ids=ids, ending=ending)


def refill(walk: Walk, items: Sequence[Item], size: int) -> Walk:
    """Return a walk that shows other items, on pages of some size."""
    size = max(1, size)
    parts = [items[start : start + size] for start in range(0, len(items), size)] or [()]
    may_go_on = len(walk.pages) > 1 and walk.ending is Ending.END
    room = [*walk.pages, *walk.pages[-1:] * (MORE * may_go_on)]
    pages = [replace(page, items=tuple(part)) for page, part in zip(room, parts, strict=False)]
    if len(parts) > len(pages):
        return with_pages(walk, pages, Ending.CUT)
    if len(pages) < len(walk.pages):
        pages[-1] = replace(pages[-1], onward=NOWHERE)
        return with_pages(walk, pages, Ending.END)
    return with_pages(walk, pages, walk.ending)


Repage: TypeAlias = Callable[[Operation, Walk, Sequence[Item]], Walk | None]
"""Takes a recorded walk and all items of the list; returns the walk after the drift, or None."""


class Kind(NamedTuple):
    """One kind of drift of pages.

    Attributes:
        name: in words.
        rule: that it aims at.
        repage: see `Repage`.
        least: number of pages of a walk that the drift can change.
    """

    name: str
    rule: str
    repage: Repage
    least: int = 2


def _shift(count: int, _: Operation, walk: Walk, __: Sequence[Item]) -> Walk:
    """Begin the second page some items later."""
    items, size = [*walk.items], len(walk.pages[0].items)
    return refill(walk, [*items[:size], *items[size + count :]], size)


_lose, _repeat = partial(_shift, 1), partial(_shift, -1)


def _drop_last(_: Operation, walk: Walk, __: Sequence[Item]) -> Walk:
    pages = [*walk.pages[:-2], replace(walk.pages[-2], onward=NOWHERE)]
    return with_pages(walk, pages, Ending.END)


def _reverse(_: Operation, walk: Walk, __: Sequence[Item]) -> Walk:
    items, size = [*walk.items], len(walk.pages[0].items)
    return refill(walk, items[::-1], size if len(walk.pages) > 1 else len(items))


def _lengthen(operation: Operation, walk: Walk, whole: Sequence[Item]) -> Walk | None:
    maximum = operation.parameter(str(operation.roles.size_parameter)).schema.get("maximum")
    size = (walk.size or maximum or 0) + 1
    return refill(walk, whole, size) if 1 < size <= len(whole) else None


def _never_end(operation: Operation, walk: Walk, _: Sequence[Item]) -> Walk:
    return _announce(operation, walk, [*walk.pages, *walk.pages[-1:] * MORE])


def _begin_again(operation: Operation, walk: Walk, _: Sequence[Item]) -> Walk:
    return _announce(operation, walk, [*walk.pages, *walk.pages[:MORE]])


def _insert_empty(operation: Operation, walk: Walk, _: Sequence[Item]) -> Walk:
    first, *rest = walk.pages
    return _announce(operation, walk, [first, replace(first, items=()), *rest])


def _announce(operation: Operation, walk: Walk, pages: Sequence[Page]) -> Walk:
    """Return a walk of other pages, each with a new token, as far as its requests would go."""
    most = len(walk.pages) + (MORE if walk.ending is Ending.END else 0)
    announced = [
        replace(
            page, onward=Onward((("docpact", str(number)),), last=False, stated=True, given=True)
        )
        for number, page in enumerate(pages[:most])
    ]
    return with_pages(walk, *settle(operation, announced))


def forget(walk: Walk, whole: Sequence[Item], matching: Sequence[Item], begin: int) -> Walk:
    """Return a walk whose pages from one number on show what follows, whether it matches or not."""
    kept = [item for page in walk.pages[:begin] for item in page.items]
    places = {item.id: number for number, item in enumerate(whole)}
    last = places.get(kept[-1].id, len(whole)) if kept else -1
    rest = [item for item in matching if places.get(item.id, -1) > last]
    return refill(walk, [*kept, *rest], len(walk.pages[0].items))


WHOLE: Final = (
    Kind("an item is lost between pages", "paging.complete", _lose),
    Kind("the last page is lost", "paging.complete", _drop_last),
    Kind("an item is shown again on the next page", "paging.unique", _repeat),
    Kind("the last page comes again and again", "paging.ends", _never_end),
    Kind("the first page follows the last one", "paging.ends", _begin_again),
    Kind("the order is reversed", "paging.order", _reverse, 1),
    Kind("pages are longer than requested", "paging.size", _lengthen, 1),
    Kind("the second page is empty", "paging.empty_page", _insert_empty),
)
"""Every kind of drift of the pages of the whole list, tried at each page size."""

FILTERED: Final = (
    Kind("an item is lost between filtered pages", "paging.complete", _lose),
    Kind("an item is shown again on the next filtered page", "paging.unique", _repeat),
)
"""Every kind of drift of the pages of filtered lists, tried with each filter."""
