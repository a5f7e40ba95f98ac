"""The collection as the responses show it: each item with its times, fields and order."""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, TypeAlias

from docpact.model import Operation
from docpact.model.pointer import resolve
from docpact.model.roles import EVERY
from docpact.rules.walks.order import compare_order, find_positions
from docpact.rules.walks.pages import (
    NULL,
    Filters,
    Item,
    Page,
    as_text,
    find_base,
    has_default,
    is_unordered,
    list_default,
)
from docpact.rules.walks.walk import Walk, is_left_out

Sighting: TypeAlias = tuple[Page, Item]
"""A page and an item on it."""

ALWAYS: Final = (0, sys.maxsize)
"""First and last time of a change that may have happened at any time."""


@dataclass(frozen=True, slots=True)
class ItemChange:
    """An item that differed when it was seen again.

    Attributes:
        page: the page that showed it again.
        before: as last seen; several versions if it is unknown which was the last.
        now: as seen again.
    """

    page: Page
    before: tuple[Item, ...]
    now: Item


@dataclass(frozen=True, slots=True)
class Collection:
    """The items that all walks show.

    Attributes:
        sightings: item id → where it was seen, in time.
        times: item id → the positions of these pages among all exchanges.
        values: filter → each value of its field that any item had, as a query text → the ids of
            the items that had it, in the order of `times`.
        always: the filters whose field is required, or in no item, or see `is_left_out`.
        usual: filter with a default → the values that items have if it is not stated; none if the
            documentation mentions a default without its value, and no item shows it.
        order: item id → its position in the whole list.
        again: number of sightings after the first one of each item; 0 without a documented id,
            because then a changed item may look like another one.
        changes: every item that differed from its last sighting, in time.
        moves: the first and last time at which items may have appeared, disappeared or changed, so
            that lists with the same filters show others, or the same at other positions.
        has_items: whether any walk shows an item.
        usually: ids of the items that a request shows whose parameters are all understood, and
            which has no bounds: a server may show only recent items unless it gets one. A filter
            is understood if items show its field. Without those that arrived after the first walks
            of the whole list: other responses may lag.
        is_recorded: whether other clients sent the requests, and may have changed items meanwhile.
    """

    sightings: Mapping[str, Sequence[Sighting]]
    times: Mapping[str, Sequence[int]]
    values: Mapping[str, Mapping[str, Sequence[str]]]
    always: frozenset[str]
    usual: Mapping[str, tuple[str, ...]]
    order: Mapping[str, int]
    again: int
    changes: tuple[ItemChange, ...]
    moves: tuple[tuple[int, int], ...]
    has_items: bool
    usually: frozenset[str]
    is_recorded: bool = False

    @property
    def moved(self) -> bool:
        """Whether items appeared, disappeared or changed during the run."""
        return bool(self.moves)

    def has_moved_in(self, walk: Walk) -> bool:
        """Return whether items may have appeared, disappeared or changed during a walk."""
        return any(begins <= walk.ends and walk.begins <= ends for begins, ends in self.moves)

    def around(self, one: str, walk: Walk) -> tuple[Item, Item] | None:
        """Return an item as last seen before a walk and first seen after it, if both exist.

        A recorded item that changed may have been another one during the walk.
        """
        seen, times = self.sightings[one], self.times[one]
        before, after = bisect_left(times, walk.begins), bisect_right(times, walk.ends)
        if before == 0 or after == len(seen):
            return None
        old, new = seen[before - 1][1], seen[after][1]
        return (old, new) if old == new or not self.is_recorded else None

    def expected(self, walk: Walk) -> Iterator[str]:
        """Yield the ids of the items that were there, and matched, before and after a walk."""
        filters, begins, ends = self.complete(walk.filters or ()), walk.begins, walk.ends
        for one in self._list_matching(filters):
            times = self.times[one]
            if times[0] < begins and ends < times[-1] and one in self.usually:
                around = self.around(one, walk) if filters or self.is_recorded else None
                is_certain = around is not None or not self.is_recorded
                if is_certain and all(
                    item.texts[name] in values for item in around or () for name, values in filters
                ):
                    yield one

    def _list_matching(self, filters: Filters) -> Iterable[str]:
        """Return the ids of all items that ever matched the first one of some filters."""
        if not filters:
            return self.times
        name, texts = filters[0]
        found = [self.values[name].get(text, ()) for text in texts]
        if len(found) == 1:
            return found[0]
        held = {one for ids in found for one in ids}
        return [one for one in self.times if one in held]

    def complete(self, filters: Filters) -> Filters:
        """Return filters with the defaults of those that they do not state."""
        stated = dict(filters)
        return (*filters, *((n, texts) for n, texts in self.usual.items() if n not in stated))

    def matches(self, item: Item, filters: Filters) -> bool:
        """Return whether an item matches every filter."""
        return not any(self.mismatches(item, filters))

    def mismatches(self, item: Item, filters: Filters) -> Iterator[str]:
        """Yield the filters that an item does not match.

        A required field that is missing or null breaks other rules, not these; one that no item has
        unasked says nothing. A server may read the value `null` as its absence.
        """
        for name, values in filters:
            text = item.texts[name]
            is_absent = text is None and (name in self.always or NULL in values)
            if text not in values and not is_absent:
                yield name


def collect(operation: Operation, walks: Sequence[Walk]) -> Collection:
    """Return the collection that walks show."""
    sightings = _list_sightings(walks)
    base = find_base(operation)
    plain = [walk for walk in walks if walk.filters == base]
    longest = max(plain, key=lambda walk: len(walk.ids), default=None)
    items = [item for walk in walks for item in walk.items]
    unknown = [item for item in items if item.id is None]
    versions = {one: _list_versions(seen) for one, seen in sightings.items()}
    values = {name: _find_holders(name, unknown, versions) for name in operation.roles.filters}
    order = {} if longest is None else find_positions(longest)
    changes = tuple(_find_changes(sightings.values()))
    is_unstable = is_unordered(operation) or _have_moved_others(changes, plain)
    moves = (ALWAYS,) if is_unstable else (*_find_moves(plain, sightings),)
    is_recorded = any(walk.pages[0].exchange.is_recorded for walk in walks)
    if is_recorded:
        moves += (*_find_unwatched(plain),)
    always = _list_always(operation, walks, base)
    usual = {
        name: _list_shown(plain, name) or list_default(operation, name)
        for name in values
        if has_default(operation, name) or list_hidden(operation, walks, name)
    }
    times = {one: [page.time for page, _ in seen] for one, seen in sightings.items()}
    again = sum(
        page.span.start >= seen[0][0].span.stop
        for seen in sightings.values()
        for page, _ in seen
        if operation.roles.id is not None
    )
    usually = frozenset(
        one for walk in _list_understood(operation, walks, values) for one in walk.ids
    )
    if moves and (whole := [walk for walk in plain if walk.reached_end][:2]):
        end = max(whole, key=lambda walk: len(walk.ids)).ends
        usually -= {one for one, seen in times.items() if seen[0] > end}
    return Collection(
        sightings,
        times,
        values,
        always,
        usual,
        order,
        again,
        changes,
        moves,
        bool(items),
        usually,
        is_recorded,
    )


def _list_always(operation: Operation, walks: Sequence[Walk], base: Filters) -> frozenset[str]:
    """Return the filters whose field is required, or in no item, or see `is_left_out`."""
    required = {f"/{name}" for name in operation.item_schema.get("required", ())}
    plain = [item.fields for walk in walks if walk.filters == base for item in walk.items]
    shown = plain or [item.fields for walk in walks for item in walk.items]
    return frozenset(
        name
        for name, where in operation.roles.filters.items()
        if where in required
        or (shown and all(resolve(each, where, ...) is ... for each in shown))
        or (name in operation.roles.inferred and is_left_out(walks, base, name, where))
    )


def _list_understood(
    operation: Operation, walks: Sequence[Walk], values: Mapping[str, Mapping[str, Sequence[str]]]
) -> Iterator[Walk]:
    """Yield the walks without bounds whose parameters are all understood."""
    bounds = operation.roles.bounds.keys()
    for walk in walks:
        is_known = walk.filters is not None and all(values[name] for name, _ in walk.filters)
        if is_known or (walk.beside is not None and bounds.isdisjoint(dict(walk.case.query))):
            yield walk


def _list_sightings(walks: Sequence[Walk]) -> dict[str, list[Sighting]]:
    """Return the sightings of each item by its id, in time."""
    sightings: dict[str, list[Sighting]] = {}
    for page in sorted((page for walk in walks for page in walk.pages), key=lambda p: p.time):
        for item in page.items:
            if item.id is not None:
                sightings.setdefault(item.id, []).append((page, item))
    return sightings


def list_hidden(operation: Operation, walks: Sequence[Walk], name: str) -> dict[str, Walk]:
    """Return each value that items have only where their filter is stated, with such a walk.

    The filter has documented values. Lists that do not state it show items with other ones, as if
    they were its default, or no items if there may be a default that none of them has.
    """
    schema, base = operation.parameter(name).item_schema, find_base(operation)
    if "enum" not in schema and schema.get("type") != "boolean":
        return {}
    plain = [walk for walk in walks if walk.filters == base and walk.reached_end]
    shown = {item.texts[name] for walk in plain for item in walk.items}
    is_empty = bool(plain) and not any(walk.ids for walk in plain)
    if not (is_empty or shown - {None}):
        return {}
    walks = sorted(walks, key=lambda walk: name in dict(walk.case.query))
    first: dict[str | None, Walk] = {}
    for walk in walks:
        for item in walk.items:
            first.setdefault(item.texts[name], walk)
    hidden = {
        value: walk
        for value, walk in first.items()
        if value is not None and value not in shown and name in dict(walk.case.query)
    }
    every = {as_text(value) for value in schema.get("enum", (True, False))}
    return {} if is_empty and every - EVERY <= hidden.keys() else hidden


def _list_shown(walks: Sequence[Walk], name: str) -> tuple[str, ...]:
    """Return the values of a filter's field that the items of walks have."""
    texts = (item.texts[name] for walk in walks for item in walk.items)
    return tuple(dict.fromkeys(text for text in texts if text is not None))


def _list_versions(seen: Sequence[Sighting]) -> list[Item]:
    """Return an item as first seen, and those looks at it that show other values of filters."""
    first = seen[0][1]
    others = (item for _, item in seen if item is not first and item.texts != first.texts)
    return [first, *others]


def _find_holders(
    name: str, unknown: Iterable[Item], versions: Mapping[str, Sequence[Item]]
) -> dict[str, list[str]]:
    """Return each value of a filter's field, with the ids of the items that had it."""
    texts = (item.texts[name] for item in unknown)
    found: dict[str, list[str]] = {text: [] for text in texts if text is not None}
    for one, some in versions.items():
        for text in dict.fromkeys([item.texts[name] for item in some]):
            if text is not None:
                found.setdefault(text, []).append(one)
    return found


def _find_moves(
    plain: Sequence[Walk], sightings: Mapping[str, Sequence[Sighting]]
) -> Iterator[tuple[int, int]]:
    """Yield when items may have appeared, moved or disappeared between walks of the whole list.

    An item seen before and after a walk that lacks it was lost by the server. An item seen only
    during the walk may have appeared or disappeared. Items that changed before may change in the
    last walk, too.
    """
    whole = [walk for walk in plain if walk.reached_end]
    if not whole:
        shown = [w.ids for w in plain if w.case.question == plain[0].case.question]
        longest = max(shown, key=len, default=())
        if any(ids != longest[: len(ids)] for ids in shown):
            yield ALWAYS
        return
    first, last = whole[0], whole[-1]
    if compare_order(first, last).moved is not None:
        yield first.begins, last.ends
    if {*first.ids} != {*last.ids}:
        yield last.begins, last.ends
    for one in {*first.ids} ^ {*last.ids}:
        seen = [page for page, _ in sightings[one]]
        if one in last.ids and seen[0].time >= first.begins:
            yield first.begins, seen[0].span.stop - 1
        elif one in first.ids and seen[-1].time <= last.ends:
            yield seen[-1].span.start, last.ends


def _find_unwatched(plain: Sequence[Walk]) -> Iterator[tuple[int, int]]:
    """Yield the times that are not between two walks of the whole list."""
    whole = [walk for walk in plain if walk.reached_end]
    if len(whole) < 2:
        yield ALWAYS
    else:
        yield 0, whole[0].begins - 1
        yield whole[-1].ends + 1, sys.maxsize


def _have_moved_others(changes: Sequence[ItemChange], plain: Sequence[Walk]) -> bool:
    """Return whether changes may have moved other items.

    They have not if all walks of the whole list show the same items in the same order, and no
    value has changed that a filter selects.
    """
    whole = [walk for walk in plain if walk.reached_end]
    if not changes or not whole:
        return bool(changes)
    last, shown = whole[-1], [[*dict.fromkeys(walk.ids)] for walk in plain]
    order = [*dict.fromkeys(last.ids)]
    return (
        any(item.texts != change.now.texts for change in changes for item in change.before)
        or any(change.page.time > last.ends for change in changes)
        or any(ids != order[: len(ids)] for ids in shown)
    )


def _find_changes(sightings: Iterable[Sequence[Sighting]]) -> Iterator[ItemChange]:
    """Yield every change between two sightings that did not overlap."""
    for seen in sightings:
        first = seen[0][1]
        if all(item is first or item == first for _, item in seen):
            continue
        before: list[Item] = []
        for _, group in groupby(seen, key=lambda sighting: sighting[0].span):
            now: list[Item] = []
            for page, item in group:
                if item not in now:
                    now.append(item)
                    different = tuple(old for old in before if old != item)
                    if different:
                        yield ItemChange(page, different, item)
            before = now
