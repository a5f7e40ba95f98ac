"""Drifts of filters: each is another choice of the items that a filtered request shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final, NamedTuple, TypeAlias

from docpact.model import Schema
from docpact.rules.pages import Filters, Item

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


class Kind(NamedTuple):
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
    Kind("the filter is ignored", _SELECTS, lambda g: g.candidates),
    Kind("the filter is inverted", _SELECTS, lambda g: g.others),
    Kind("one item too many", _SELECTS, _add_newest),
    Kind("items without a value are shown", _SELECTS, _add_unset, applies=_is_optional),
    Kind(
        "upper and lower case are equal",
        _SELECTS,
        lambda g: g.select(lambda a, b: a.lower() == b.lower()),
        _is_short,
        _is_open,
    ),
    Kind("a prefix is enough", _SELECTS, lambda g: g.select(_is_prefix), _is_short, _is_open),
    Kind("no item is found", _COMPLETE, lambda _: ()),
    Kind("the first item is lost", _COMPLETE, lambda g: g.shown[1:]),
    Kind("the last item is lost", _COMPLETE, lambda g: g.shown[:-1]),
    Kind("an unknown value shows all items", _UNKNOWN, lambda g: g.candidates, _is_unknown),
    Kind("an unknown value shows one item", _UNKNOWN, _add_newest, _is_unknown),
    *(
        Kind(f"only the first {what}", _SEVERAL, partial(_take_many, n), partial(_has_more, n))
        for n, what in ((1, "value counts"), (20, "20 values count"), (100, "100 values count"))
    ),
    Kind("several values find nothing", _SEVERAL, lambda _: (), _is_several),
    Kind("an item is shown twice", _SEVERAL, lambda g: [*g.shown[:1], *g.shown], _is_several),
    Kind(
        "an unknown value among others shows all items", _SEVERAL, lambda g: g.candidates, _is_mixed
    ),
    Kind("one of two filters is ignored", _COMBINED, _ignore_one),
    Kind("one filter is enough", _COMBINED, _select_either),
    Kind("two filters find nothing", _COMBINED, lambda _: ()),
)
"""Every kind of drift of filters."""
