"""Agreement: an item has the same values on every page, at every page size, under every filter.

An item that differs may have changed in between. It did not if its value depends on the kind of
request alone: requests of one kind always show the same value, others between them another one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from math import inf
from typing import Any, Final, NamedTuple

from docpact.model import Breach, Operation
from docpact.model.path import snake_case, split_url
from docpact.model.pointer import pointer, resolve, tokens
from docpact.model.schema import list_nested_fields
from docpact.rules.comparison import is_rounded, read_time
from docpact.rules.relations.problems import is_confirmed
from docpact.rules.rule import make_breach
from docpact.rules.stability.kinds import (
    BY_SIZE,
    FIRSTS,
    KINDS,
    Sighting,
    Trait,
    Value,
    list_unusual,
)
from docpact.rules.walks.collection import Collection
from docpact.rules.walks.pages import Item, show_id
from docpact.rules.walks.walk import Walk
from docpact.text import excerpt, pluralize

DEPTH: Final = 3
"""Fields of an item are compared up to this depth of objects."""

CERTAIN: Final = 3
"""Number of times that a value must have changed in step with the kind of request."""

REQUESTS: Final = 5
"""Number of different requests of one kind that must agree: servers that are not up to date may
each answer some of them."""

FEW: Final = 2
"""The same for a note."""

RARELY: Final = 2
"""Requests of other kinds must show another value so many times as often as the usual one."""

LEAST: Final = 2
"""Number of items that must differ: a single one may be old on one of several servers."""

SHARE: Final = 20
"""One item in so many must differ, of those that both kinds of requests show."""

ABOUT_REQUEST: Final = re.compile(
    r"(.*_)?(score|rank|ranking|position|place|index|idx|row|row_number|ordinal|offset|page|cursor"
    r"|relevance|distance|similarity|highlights?|snippets?|excerpts?|match(es|ed)?|token|signature"
    r"|e_?tag|links?|url|uri|href|self|next|prev|previous|first|last|expires(_at|_in)?|ttl|age|ago"
    r"|count)"
)
"""Names, in snake case, of fields that may be about the request or the response."""


def find_contradictions(
    operation: Operation, collection: Collection, walks: Iterable[Walk]
) -> Iterator[tuple[Breach, bool]]:
    """Yield a breach for each field whose value depends on the kind of request.

    With it comes whether nothing but a mistake of the server explains it.
    """
    fields = _list_fields(operation)
    looks = _look(operation, collection, list(walks)) if fields else {}
    differing = {
        one: seen for one, seen in looks.items() if any(s.item != seen[0].item for s in seen)
    }
    names = {name for seen in differing.values() for name in _list_differing(seen)}
    for field in fields:
        if tokens(field)[0] not in names:
            continue
        values = {
            one: [_read(look.item, field) for look in seen] for one, seen in differing.items()
        }
        if all(len({*each}) == 1 for each in values.values()):
            continue
        if _depends_on_place(looks, field):
            continue
        kinds = (
            *KINDS,
            *FIRSTS,
            BY_SIZE,
            *list_unusual(differing, values, operation.roles.orders.keys()),
        )
        found = (_explain(kind, field, looks, differing, values) for kind in kinds)
        yield from islice((each for each in found if each is not None), 1)


def _list_differing(seen: Sequence[Sighting]) -> Iterator[str]:
    """Yield the names of the fields that differ between looks at an item."""
    first = seen[0].item.fields
    others = {id(look.item): look.item.fields for look in seen}
    for fields in others.values():
        for name in {**first, **fields}:
            if first.get(name) is not (value := fields.get(name)) and first.get(name) != value:
                yield name


@lru_cache(maxsize=64)
def _list_fields(operation: Operation) -> tuple[str, ...]:
    """Return the documented fields of items with an id that may be compared."""
    schema = operation.item_schema
    where = operation.roles.id or ("/id" if "id" in schema.get("properties", {}) else None)
    paths = dict.fromkeys(path for path, _ in list_nested_fields(schema, DEPTH))
    named = (
        pointer(path)
        for path in paths
        if not any(ABOUT_REQUEST.fullmatch(snake_case(str(name))) for name in path)
    )
    return tuple(each for each in named if each != where) if where is not None else ()


def _look(
    operation: Operation, collection: Collection, walks: Sequence[Walk]
) -> dict[str, list[Sighting]]:
    """Return the looks at each item that no walk shows twice, in walks with known parameters."""
    known = {
        name
        for name in operation.roles.filters
        if name not in operation.roles.inferred or is_confirmed(operation, collection, walks, name)
    }
    looks: dict[str, list[Sighting]] = {}
    twice = set[str]()
    roles = operation.roles
    paging = {roles.size_parameter, roles.paging_parameter}
    for walk in walks:
        filters = walk.beside if walk.filters is None else walk.filters
        if filters is None or not {name for name, _ in filters} <= known:
            continue
        asked = dict(walk.case.query).keys()
        names = tuple(name for name in asked if name not in paging)
        shown = set[str]()
        for number, page in enumerate(walk.pages):
            is_paged = number > 0 or not asked.isdisjoint(paging)
            for place, item in enumerate(page.items):
                if item.id is not None:
                    if item.id in shown:
                        twice.add(item.id)
                    shown.add(item.id)
                    look = Sighting(item, page, walk, filters, names, number, place, is_paged)
                    looks.setdefault(item.id, []).append(look)
    return {one: seen for one, seen in looks.items() if one not in twice}


def _read(item: Item, field: str) -> Value:
    """Return a value that can be compared; None for objects, whose fields are compared instead."""
    value = resolve(item.fields, field)
    if isinstance(value, list):
        is_plain = not any(isinstance(each, dict | list) for each in value)
        return json.dumps(sorted(map(json.dumps, value))) if is_plain else None
    if isinstance(value, str):
        parts = split_url(value) if "://" in value else None
        if parts is not None:
            return f"{parts.netloc}{parts.path}"
        time = read_time(value)
        return value if time is None or time.tzinfo is None else time.timestamp()
    return value if isinstance(value, bool | int | float) else None


def _depends_on_place(looks: Mapping[str, Sequence[Sighting]], field: str) -> bool:
    """Return whether the places of items, on the page or in the list, explain all values.

    The first item of a page may also lack a value about the item before.
    """
    places: list[dict[Any, set[Value]]] = [{}, {}, {}]
    own: dict[Any, set[Value]] = {}
    for look in (each for seen in looks.values() for each in seen):
        before = sum(len(page.items) for page in look.walk.pages[: look.number])
        value, place = _read(look.item, field), look.place
        at = (place, len(look.page.items) - place, before + place)
        for known, each in zip(places, at, strict=True):
            known.setdefault(each, set()).add(value)
        own.setdefault(str(look.item.id) if place else "", set()).add(value)
    return any(
        len(known) > 1 and all(len(values) == 1 for values in known.values())
        for known in (*places, own)
    )


def _explain(
    kind: Trait,
    field: str,
    looks: Mapping[str, Sequence[Sighting]],
    differing: Mapping[str, Sequence[Sighting]],
    values: Mapping[str, Sequence[Value]],
) -> tuple[Breach, bool] | None:
    """Return the breach if the kind of request explains every value of a field."""
    rows: dict[Hashable, list[tuple[Sighting, Value]]] = {}
    for one, seen in differing.items():
        for look, value in zip(seen, values[one], strict=True):
            key = (one, (look.filters, look.parameters) if kind.keeps_filters else None)
            rows.setdefault(key, []).append((look, value))
    homes = kind.homes or {kind.label(look) for each in rows.values() for look, _ in each}
    for home in homes:
        found = [_compare(kind, home, each) for each in rows.values()]
        pairs = [each for each in found if each is not None and each.flips]
        is_clear = RARELY * sum(p.same for p in pairs) <= sum(p.others for p in pairs)
        if pairs and is_clear and None not in found:
            return _report(kind, field, home, looks, pairs)
    return None


class _Pair(NamedTuple):
    """An item at home and elsewhere.

    Attributes:
        flips: how often its value must have changed to explain all looks.
        same: number of looks elsewhere that show the value of home.
        others: number of those that show another one.
        here: a look of one kind, or None.
        there: a look of another kind with another value, or None.
        requests: different ones at home.
    """

    flips: int = 0
    same: int = 0
    others: int = 0
    here: Sighting | None = None
    there: Sighting | None = None
    requests: frozenset[Hashable] = frozenset()


def _compare(kind: Trait, home: Hashable, rows: Sequence[tuple[Sighting, Value]]) -> _Pair | None:
    """Compare the looks at an item; None if requests of the home kind disagree."""
    own = {value for look, value in rows if kind.label(look) == home}
    if len(own) != 1:
        return None if own else _Pair()
    (usual,) = own
    blocks: dict[int, set[bool]] = {}
    for look, value in rows:
        if kind.label(look) == home or not _agrees(value, usual):
            blocks.setdefault(look.page.span.start, set()).add(_agrees(value, usual))
    there = next((look for look, value in reversed(rows) if not _agrees(value, usual)), None)
    if there is None:
        return _Pair()
    here = next(look for look, _ in rows if kind.label(look) == home)
    others = sum(not _agrees(value, usual) for _, value in rows)
    same = sum(_agrees(value, usual) and kind.label(look) != home for look, value in rows)
    requests = frozenset(
        (look.walk.case.question, look.number) for look, _ in rows if kind.label(look) == home
    )
    flips = count_flips([blocks[at] for at in sorted(blocks)])
    return _Pair(flips, same, others, here, there, requests)


def _agrees(value: Value, usual: Value) -> bool:
    """Return whether two values are equal, or one is the other one rounded."""
    return value == usual or is_rounded(value, usual) or is_rounded(usual, value)


def count_flips(blocks: Iterable[set[bool]]) -> int:
    """Return the least number of changes that explain which of two values was seen when.

    Each block has the values seen at one time, which have no order.
    """
    cost = {False: 0.0, True: 0.0}
    for number, block in enumerate(blocks):
        if len(block) == 1:
            (value,) = block
            least = min(cost[value], cost[not value] + (1 if number else 0))
            cost = {value: least, not value: inf}
        else:
            cost = {end: min(cost[not end] + 1, cost[end] + (2 if number else 1)) for end in cost}
    return int(min(cost.values()))


def _report(
    kind: Trait,
    field: str,
    home: Hashable,
    looks: Mapping[str, Sequence[Sighting]],
    pairs: Sequence[_Pair],
) -> tuple[Breach, bool] | None:
    """Return the breach by some items, if enough different requests show it."""
    best = max(pairs, key=lambda pair: pair.flips)
    here, there = best.here, best.there
    requests = len(frozenset[Hashable]().union(*(pair.requests for pair in pairs)))
    if requests < FEW or here is None or there is None:
        return None
    about = {pair.here.item.id for pair in pairs if pair.here is not None}
    both = sum(len({kind.label(look) == home for look in seen}) > 1 for seen in looks.values())
    old, new = (excerpt(resolve(look.item.fields, field), 32) for look in (here, there))
    observed = (
        f"{pluralize(len(about), 'item')} of {both:,} with other values "
        f"{kind.describe(kind.label(there))} than {kind.describe(home)}, "
        f"e.g. {show_id(here.item.id)} with {new} and {old}"
    )
    is_enough = len(about) >= max(LEAST, both / SHARE) and requests >= REQUESTS
    is_serious = kind.is_serious and is_enough
    shown = [look.page.exchange for look in (there, here)]
    breach = make_breach(field, observed, shown, count=1, confirmed=best.flips >= CERTAIN)
    return breach, is_serious
