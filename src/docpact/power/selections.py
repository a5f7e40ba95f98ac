"""Drifts of filters and pages: another choice of the items that a request, or a page, shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Final, NamedTuple, TypeAlias

from docpact.model import Operation, Schema
from docpact.rules.walks.continuation import NOWHERE, Onward
from docpact.rules.walks.joining import settle
from docpact.rules.walks.pages import Filters, Item, Page
from docpact.rules.walks.walk import Ending, Walk

SHORT: Final = 8
"""Number of values of a filter up to which they are compared with those of all items."""


@dataclass(frozen=True)
class Selection:
    """A request with filters, and the items that it shows.

    Attributes:
        whole: all items of the list, in order.
        shown: those that the request shows.
        filters: of the request.
        names: of the filters that a drift concerns.
    """

    whole: Sequence[Item]
    shown: Sequence[Item]
    filters: Filters
    names: frozenset[str]

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The values of the filters that a drift concerns."""
        return tuple(v for name, values in self.filters if name in self.names for v in values)

    @cached_property
    def candidates(self) -> list[Item]:
        """The items that match the other filters."""
        others = [(name, values) for name, values in self.filters if name not in self.names]
        return [
            item
            for item in self.whole
            if not others or all(item.texts[name] in values for name, values in others)
        ]

    @cached_property
    def others(self) -> list[Item]:
        """The candidates that the request does not show."""
        ids = {id(item) for item in self.shown} | {item.id for item in self.shown}
        return [item for item in self.candidates if item.id not in ids and id(item) not in ids]

    def select(self, is_alike: Callable[[str, str], bool]) -> list[Item]:
        """Return the candidates whose value is like one of those given, by a looser comparison."""
        given = {*self.values}
        texts = {item.texts[name] for item in self.whole for name in self.names} - given - {None}
        alike = {each for each in texts if each and any(is_alike(each, v) for v in given)}
        if not alike:
            return [*self.shown]
        alike |= given
        return [i for i in self.candidates if all(i.texts[name] in alike for name in self.names)]


Choose: TypeAlias = Callable[[Selection], Sequence[Item]]
"""Returns the items that the request shows after the drift."""


class Defect(NamedTuple):
    """One kind of drift of filters.

    Attributes:
        name: in words.
        rules: the rules that it aims at: each promise under them is one drift.
        choose: see `Choose`.
        is_about: which requests it concerns, besides those with the filter.
        applies: whether the drift can make a difference to a filter, given its schema and whether
            the items always have a value.
    """

    name: str
    rules: tuple[str, ...]
    choose: Choose
    is_about: Callable[[Selection], bool] = lambda _: True
    applies: Callable[[Schema, bool], bool] = lambda _, __: True


def _add_newest(given: Selection) -> list[Item]:
    return [*given.others[:1], *given.shown]


def _add_unset(given: Selection) -> list[Item]:
    unset = [i for i in given.others if all(i.texts[name] is None for name in given.names)]
    return [*given.shown, *unset]


def _take_many(count: int, given: Selection) -> list[Item]:
    """Ignore all values but the first ones."""
    kept = {*given.values[:count]}
    return [item for item in given.shown if kept & {*item.texts.values()}]


def _select_either(given: Selection) -> list[Item]:
    return [
        item
        for item in given.whole
        if any(item.texts[name] in values for name, values in given.filters)
    ]


def _ignore_one(given: Selection) -> list[Item]:
    (name, values), *_ = given.filters
    return [item for item in given.whole if item.texts[name] in values]


def _is_prefix(text: str, value: str) -> bool:
    return text.startswith(value[: max(1, len(value) - 2)]) or value.startswith(text)


def _is_mixed(given: Selection) -> bool:
    known = {text for item in given.whole for text in item.texts.values()}
    return bool(known & {*given.values}) and bool({*given.values} - known)


def _is_unknown(given: Selection) -> bool:
    """Return whether no item has any of the values."""
    return not any(i.texts[name] in given.values for i in given.whole for name in given.names)


def _is_short(given: Selection) -> bool:
    return len(given.values) <= SHORT


def _has_more(count: int, given: Selection) -> bool:
    return len(given.values) > count


def _is_optional(_: Schema, is_always: bool) -> bool:
    return not is_always


def _is_open(schema: Schema, _: bool) -> bool:
    return "enum" not in schema


_is_several = partial(_has_more, 1)

_SELECTS: Final = ("filter.selects", "filter.isolation")
_COMPLETE: Final = ("filter.complete",)
_UNKNOWN: Final = ("filter.unknown", "filter.isolation")
_SEVERAL: Final = ("filter.several",)
_COMBINED: Final = ("filter.combined",)

KINDS: Final = (
    Defect("the filter is ignored", _SELECTS, lambda g: g.candidates),
    Defect("the filter is inverted", _SELECTS, lambda g: g.others),
    Defect("one item too many", _SELECTS, _add_newest),
    Defect("items without a value are shown", _SELECTS, _add_unset, applies=_is_optional),
    Defect(
        "upper and lower case are equal",
        _SELECTS,
        lambda g: g.select(lambda a, b: a.lower() == b.lower()),
        _is_short,
        _is_open,
    ),
    Defect("a prefix is enough", _SELECTS, lambda g: g.select(_is_prefix), _is_short, _is_open),
    Defect("no item is found", _COMPLETE, lambda _: ()),
    Defect("the first item is lost", _COMPLETE, lambda g: g.shown[1:]),
    Defect("the last item is lost", _COMPLETE, lambda g: g.shown[:-1]),
    Defect("an unknown value shows all items", _UNKNOWN, lambda g: g.candidates, _is_unknown),
    Defect("an unknown value shows one item", _UNKNOWN, _add_newest, _is_unknown),
    *(
        Defect(f"only the first {what}", _SEVERAL, partial(_take_many, n), partial(_has_more, n))
        for n, what in ((1, "value counts"), (20, "20 values count"), (100, "100 values count"))
    ),
    Defect("several values find nothing", _SEVERAL, lambda _: (), _is_several),
    Defect("an item is shown twice", _SEVERAL, lambda g: [*g.shown[:1], *g.shown], _is_several),
    Defect(
        "an unknown value among others shows all items", _SEVERAL, lambda g: g.candidates, _is_mixed
    ),
    Defect("one of two filters is ignored", _COMBINED, _ignore_one),
    Defect("one filter is enough", _COMBINED, _select_either),
    Defect("two filters find nothing", _COMBINED, lambda _: ()),
)
"""Every kind of drift of filters."""


ALONE: Final = ("paging.unique", "paging.ends", "paging.size", "paging.empty_page")
"""The rules whose problems the pages of one walk show."""

MORE: Final = 1
"""Number of pages after the last one that a walk requests if there seem to be any."""


def refill(walk: Walk, items: Sequence[Item], size: int) -> Walk:
    """Return a walk that shows other items, on pages of some size."""
    size = max(1, size)
    parts = [items[start : start + size] for start in range(0, len(items), size)] or [()]
    may_go_on = len(walk.pages) > 1 and walk.reached_end
    room = [*walk.pages, *walk.pages[-1:] * (MORE * may_go_on)]
    pages = [replace(page, items=tuple(part)) for page, part in zip(room, parts, strict=False)]
    if len(parts) > len(pages):
        return walk.with_pages(pages, Ending.CUT)
    if len(pages) < len(walk.pages):
        pages[-1] = replace(pages[-1], onward=NOWHERE)
        return walk.with_pages(pages, Ending.END)
    return walk.with_pages(pages, walk.ending)


Repage: TypeAlias = Callable[[Operation, Walk, Sequence[Item]], Walk | None]
"""Takes a recorded walk and all items of the list; returns the walk after the drift, or None."""


class PageKind(NamedTuple):
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
    return walk.with_pages(pages, Ending.END)


def _reverse(_: Operation, walk: Walk, __: Sequence[Item]) -> Walk:
    items, size = [*walk.items], len(walk.pages[0].items)
    return refill(walk, items[::-1], size if len(walk.pages) > 1 else len(items))


def _lengthen(operation: Operation, walk: Walk, whole: Sequence[Item]) -> Walk | None:
    name = operation.roles.size_parameter
    maximum = None if name is None else operation.parameter(name).schema.get("maximum")
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
    most = len(walk.pages) + (MORE if walk.reached_end else 0)
    announced = [
        replace(
            page, onward=Onward((("docpact", str(number)),), last=False, stated=True, given=True)
        )
        for number, page in enumerate(pages[:most])
    ]
    return walk.with_pages(*settle(operation, announced))


def forget(walk: Walk, whole: Sequence[Item], matching: Sequence[Item], begin: int) -> Walk:
    """Return a walk whose pages, from one number on, show the next items without the filter."""
    kept = [item for page in walk.pages[:begin] for item in page.items]
    places = {item.id: number for number, item in enumerate(whole)}
    last = places.get(kept[-1].id, len(whole)) if kept else -1
    rest = [item for item in matching if places.get(item.id, -1) > last]
    return refill(walk, [*kept, *rest], len(walk.pages[0].items))


WHOLE: Final = (
    PageKind("an item is lost between pages", "paging.complete", _lose),
    PageKind("the last page is lost", "paging.complete", _drop_last),
    PageKind("an item is shown again on the next page", "paging.unique", _repeat),
    PageKind("the last page comes again and again", "paging.ends", _never_end),
    PageKind("the first page follows the last one", "paging.ends", _begin_again),
    PageKind("the order is reversed", "paging.order", _reverse, 1),
    PageKind("pages are longer than requested", "paging.size", _lengthen, 1),
    PageKind("the second page is empty", "paging.empty_page", _insert_empty),
)
"""Every kind of drift of the pages of the whole list, tried at each page size."""

FILTERED: Final = (
    PageKind("an item is lost between filtered pages", "paging.complete", _lose),
    PageKind("an item is shown again on the next filtered page", "paging.unique", _repeat),
)
"""Every kind of drift of the pages of filtered lists, tried with each filter."""
