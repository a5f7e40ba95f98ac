"""Ranges and orders: bounds select items on one side of a value, and orders sort all items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise, takewhile
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

from docpact.cases.requests import BEYOND_64_BITS
from docpact.model import Operation, Promise
from docpact.model.pointer import pointer, resolve
from docpact.model.roles import WORD, Bound, Order, Roles
from docpact.rules.evidence import Evidence
from docpact.rules.filters.bounds import (
    Key,
    Limit,
    is_outside,
    is_sorted,
    make_key,
    read_field,
    read_limits,
)
from docpact.rules.relations.problems import SUSPECT
from docpact.rules.rule import Broken, Judged, advise, group_breaches, rule
from docpact.rules.walks.pages import Item, Page, find_base, show_id
from docpact.rules.walks.walk import Ending, Walk
from docpact.text import excerpt, fold, pluralize

ENOUGH: Final = 3
"""Number of different texts in order that show which order of texts the server uses."""

Fault: TypeAlias = tuple[Page, str]
"""A page that breaks a promise about a range or an order, and what it shows in one short line."""


class Outcome(NamedTuple):
    """The result of judging one parameter.

    Attributes:
        observations: number of walks that could have broken the promise.
        faults: of these walks.
        is_confirmed: whether a walk shows that the parameter has the role.
    """

    observations: int
    faults: tuple[Fault, ...]
    is_confirmed: bool


NOTHING: Final = Outcome(0, (), is_confirmed=False)


def find_walks(operation: Operation, walks: Sequence[Walk], names: set[str]) -> Iterator[Walk]:
    """Yield the walks whose query has some parameters, and else filters and pages."""
    roles = operation.roles
    others = {roles.size_parameter, roles.paging_parameter, *roles.filters}
    for walk in walks:
        asked = {name for name, _ in walk.case.query if name not in others - names}
        if asked == names and walk.beside is not None:
            yield walk


def judge_bound(evidence: Evidence, name: str, bound: Bound) -> Outcome:
    """Compare the items for each value of a bound with those that were seen around it.

    A number that databases cannot hold does not count: a server may ignore it.
    """
    operation, collection = evidence.operation, evidence.relations.collection
    faults, observations, is_confirmed = list[Fault](), 0, False
    is_still, parameter = _is_still(evidence, bound.field), operation.parameter(name)
    asked = [*find_walks(operation, evidence.walks, {name})]
    texts = [[text for other, text in walk.case.query if other == name] for walk in asked]
    if bound.among and bound.match is None and _searches_inside(bound, asked, texts):
        bound = replace(bound, match=WORD)
    for walk, values in zip(asked, texts, strict=True):
        limits = read_limits(bound, parameter, values)
        if not limits or walk.ending is Ending.FAILED or BEYOND_64_BITS in values:
            continue
        found = _find_faults(evidence, walk, limits, bound, is_still=is_still)
        observations += 1
        faults += found
        last = (seen[-1][1] for seen in collection.sightings.values())
        others = (item for item in last if is_outside(limits, item.fields))
        is_whole = walk.reached_end and bool(walk.ids) and any(others)
        if is_whole and found and bound.inclusive is not None:
            loose = [(replace(each, inclusive=None), key) for each, key in limits]
            found = _find_faults(evidence, walk, loose, bound, is_still=is_still)
        is_confirmed = is_confirmed or (is_whole and not found)
    return Outcome(observations, tuple(faults), is_confirmed)


def judge_window(evidence: Evidence, lower: str, upper: str) -> Outcome:
    """Compare the items between two bounds of one field with those that were seen around it."""
    operation, bounds = evidence.operation, evidence.operation.roles.bounds
    faults, observations, names = list[Fault](), 0, (lower, upper)
    is_still = _is_still(evidence, bounds[lower].field)
    for walk in find_walks(operation, evidence.walks, {*names}):
        texts = [[text for other, text in walk.case.query if other == name] for name in names]
        limits = [
            limit
            for name, values in zip(names, texts, strict=True)
            for limit in read_limits(bounds[name], operation.parameter(name), values)
        ]
        if len(limits) != len(names) or limits[0][1] > limits[1][1]:
            continue
        faults += _find_faults(evidence, walk, limits, bounds[lower], is_still=is_still)
        observations += walk.ending is not Ending.FAILED
    return Outcome(observations, tuple(faults), is_confirmed=False)


def _searches_inside(bound: Bound, asked: Sequence[Walk], texts: Sequence[Sequence[str]]) -> bool:
    """Return whether a search finds texts with a word that is not their beginning."""
    return any(
        (value := resolve(item.fields, where)) and fold(word) in fold(str(value))[1:]
        for walk, words in zip(asked, texts, strict=True)
        for item in walk.pages[0].items
        for where in bound.among
        for word in words[:1]
    )


def _find_faults(
    evidence: Evidence, walk: Walk, limits: Sequence[Limit], bound: Bound, *, is_still: bool
) -> list[Fault]:
    """Return where a walk shows items that the bounds exclude, or lacks others."""

    def side(item: Item) -> bool | None:
        return is_outside(limits, item.fields)

    lost = _find_lost(evidence, walk, side, is_still=is_still)
    return [*_find_extras(walk, side, bound), *lost]


def _find_extras(walk: Walk, side: Callable[[Item], bool | None], bound: Bound) -> Iterator[Fault]:
    """Yield the first page that shows items which a bound excludes."""
    for page in walk.pages:
        extra = [item for item in page.items if side(item)]
        if extra:
            shown = excerpt(read_field(extra[0].fields, bound), 40)
            relation = "without" if bound.contains else "outside"
            observed = f"{len(extra):,} of {len(page.items):,} {relation} {walk.case.label}"
            example = f", e.g. {bound.field.lstrip('/')} {shown}" if bound.field else ""
            yield page, f"{observed}{example}"
            return


def _find_lost(
    evidence: Evidence, walk: Walk, side: Callable[[Item], bool | None], *, is_still: bool
) -> Iterator[Fault]:
    """Yield the items that a walk to the end must show, and does not; on one page if they move.

    Without ids, items must look as they do in other walks.
    """
    operation, collection = evidence.operation, evidence.relations.collection
    base, shown = find_base(operation), {*walk.ids}
    is_clear = operation.roles.id is not None or (
        bool(shown) and all(collection.around(one, walk) for one in shown)
    )
    if not walk.reached_end or not is_clear or walk.beside != base:
        return
    usual = collection.complete(base)
    known = [one for one in collection.sightings if one in collection.usually]
    around = ((one, collection.around(one, walk)) for one in known)
    expected = [
        one
        for one, both in around
        if both and all(side(i) is False and collection.matches(i, usual) for i in both)
    ]
    lost = [one for one in expected if one not in shown]
    if lost and (is_still or len(walk.pages) == 1):
        observed = f"{pluralize(len(lost), 'item')} missing from {walk.case.label}"
        yield walk.pages[-1], f"{observed}, e.g. {show_id(lost[0])}"


def judge_order(evidence: Evidence, orders: Sequence[Order]) -> tuple[Outcome, Outcome]:
    """Judge the orders of one parameter: the certain outcome, and that about texts.

    Servers sort texts in many ways. So texts in the wrong order are certain only if the server
    sorted texts of the same field as expected in another walk, or if it does not sort them at all.
    """
    looks = [(order, walk) for order in orders for walk in _find_sorted_walks(evidence, order)]
    pinned = _find_pinned(looks)
    faults: dict[bool, list[Fault]] = {True: [], False: []}
    for order, walk in looks:
        sure, is_still = (
            _is_sure(order, walk, looks),
            _is_still(evidence, order.field, *order.within),
        )
        faults[True] += _find_lost(evidence, walk, lambda _: False, is_still=is_still)
        faults[sure] += _find_unsorted(order, walk, across=is_still, pinned=pinned)
    certain = Outcome(len(looks), tuple(faults[True]), is_confirmed=True)
    return certain, Outcome(len(looks), tuple(faults[False]), is_confirmed=False)


def list_opposite(roles: Roles, lower: Bound) -> list[str]:
    """Return the parameters that bound the field of a lower bound from above."""
    upper = [
        name
        for name, each in roles.bounds.items()
        if each.field == lower.field and not each.is_lower and each.relation is None
    ]
    return upper if lower.is_lower and lower.relation is None else []


def _is_still(evidence: Evidence, *fields: str) -> bool:
    """Return whether no change of the collection moved an item in the order of some fields."""
    collection = evidence.relations.collection
    pairs = ((change.now, old) for change in collection.changes for old in change.before)
    values = ([resolve(item.fields, f) for item in pair] for pair in pairs for f in fields)
    return not collection.moved and all(now == old for now, old in values)


def _find_sorted_walks(evidence: Evidence, order: Order) -> Iterator[Walk]:
    if not order.query:
        plain = (walk for walk in evidence.walks if walk.filters is not None)
        yield from (walk for walk in plain if walk.ending is not Ending.FAILED)
        return
    names = {name for name, _ in order.query}
    for walk in find_walks(evidence.operation, evidence.walks, names):
        asked = [pair for pair in walk.case.query if pair[0] in names]
        is_asked = sorted(asked, key=itemgetter(0)) == sorted(order.query, key=itemgetter(0))
        if is_asked and walk.ending is not Ending.FAILED:
            yield walk


def _keys(order: Order, items: Sequence[Item]) -> list[Key]:
    """Return the keys of the items that have a value; where servers put the others is unknown."""
    keys = (make_key(resolve(item.fields, order.field)) for item in items)
    return [key for key in keys if key is not None]


def _find_pinned(looks: Sequence[tuple[Order, Walk]]) -> frozenset[str]:
    """Return the ids of pinned items: the few that come first in every order."""
    first: dict[bool | None, tuple[str, ...]] = {}
    for order, walk in looks:
        first.setdefault(order.descending, walk.pages[0].ids)
    if not {True, False} <= first.keys():
        return frozenset()
    both = zip(first[True], first[False], strict=False)
    same = [one for one, _ in takewhile(lambda pair: pair[0] == pair[1], both)]
    return frozenset(same if 2 * len(same) < len(first[True]) else ())


def _find_unsorted(
    order: Order, walk: Walk, *, across: bool = False, pinned: frozenset[str] = frozenset()
) -> Iterator[Fault]:
    """Yield the first page that is not in order, or does not continue the one before."""
    above: tuple[Item, ...] = ()
    whole = [item for item in walk.items if item.id not in pinned] if across else []
    if across and is_in_order(order, whole):
        return
    for page in walk.pages:
        items = (*above, *(item for item in page.items if item.id not in pinned))
        if not is_in_order(order, items):
            ways = {None: "", True: " downwards", False: " upwards"}
            way = " (equal values apart)" if order.grouped else ways[order.descending]
            shown = ", ".join(excerpt(value, 24) for value in _example(order, items))
            field = order.field.lstrip("/")
            equal = " and ".join(each.lstrip("/") for each in order.within)
            among = f" among items with the same {equal}" if equal else ""
            yield page, f"not by {field}{way}{among} for {walk.case.label}, e.g. {shown}"
            return
        above = items if across else ()


def is_in_order(order: Order, items: Sequence[Item]) -> bool:
    """Return whether an order sorts items, in one of both directions if none is documented.

    Values whose order is unknown are together with those that equal them.
    """
    groups = [_keys(order, group) for group in split_ties(order, items)]
    if order.grouped:
        return all(len([*groupby(keys)]) == len({*keys}) for keys in groups)
    ways = [False, True] if order.descending is None else [order.descending]
    return any(all(is_sorted(keys, descending=way) for keys in groups) for way in ways)


def split_ties(order: Order, items: Sequence[Item]) -> list[list[Item]]:
    """Return the items that an order sorts, in groups that are equal by the fields before its own.

    Times and fractions may differ in digits that a server does not show.
    """
    groups: dict[tuple[Any, ...], list[Item]] = {}
    for item in items:
        values = [resolve(item.fields, each) for each in order.within]
        kinds = {"text", "flag", "number"} if all(type(v) is not float for v in values) else set()
        if all((key := make_key(value)) and key[0] in kinds for value in values):
            groups.setdefault(tuple(values), []).append(item)
    return [*groups.values()]


def _example(order: Order, items: Sequence[Item]) -> tuple[Any, ...]:
    """Return the first two values that are not in order.

    Where equal values belong together, these are a value that comes again, and one in between.
    """
    groups, way = [], order.descending is not False
    for group in split_ties(order, items):
        values = [resolve(item.fields, order.field) for item in group]
        known = [(key, value) for value in values if (key := make_key(value)) is not None]
        groups.append(known)
        runs = [next(run)[1] for _, run in groupby(known, key=itemgetter(0))]
        again = (n for n, value in enumerate(runs) if value in runs[:n])
        if order.grouped and (last := next(again, 0)):
            return runs[last], runs[last - 1], runs[last]
        for (x, a), (y, b) in pairwise(known):
            if not is_sorted([x, y], descending=way):
                return a, b
    longest = max(groups, key=len)
    return longest[0][1], longest[-1][1]


def _is_sure(order: Order, walk: Walk, looks: Sequence[tuple[Order, Walk]]) -> bool:
    """Return whether items in another order are certainly wrong."""
    if not any(kind == "text" for kind, _ in _keys(order, walk.pages[0].items)):
        return True
    same = [(o, w) for o, w in looks if o.field == order.field and w is not walk]
    for other, beside in same:
        keys = _keys(other, beside.pages[0].items)
        turned = {other.descending, order.descending} == {True, False}
        if turned and beside.ids == walk.ids and len({*keys}) > 1:
            return True
        if len({*keys}) >= ENOUGH and not [*_find_unsorted(other, beside)]:
            return other.descending is not None
    return False


@rule("filter.range", "A client works on items that it did not ask for, or never sees some.")
def judge_ranges(evidence: Evidence) -> Iterator[Judged]:
    """A parameter that bounds a field, or names an element of an array, selects the right items."""
    roles = evidence.operation.roles
    inferred = roles.inferred
    outcomes = {name: judge_bound(evidence, name, bound) for name, bound in roles.bounds.items()}
    for name, bound in roles.bounds.items():
        outcome, stated = outcomes[name], f"only and all items with {bound}"
        is_sure = name not in inferred or outcome.is_confirmed
        for other in list_opposite(roles, bound):
            is_clear = other not in inferred or outcomes[other].is_confirmed
            if is_sure and is_clear and not (outcome.faults or outcomes[other].faults):
                more = judge_window(evidence, name, other)
                count = outcome.observations + more.observations
                outcome = Outcome(count, more.faults, outcome.is_confirmed)
        yield _conclude(evidence, "filter.range", name, stated, outcome if is_sure else NOTHING)
        if name in inferred:
            outcome, stated = NOTHING if is_sure else outcome, f"{stated}, as the name suggests"
            judged = _conclude(evidence, SUSPECT, name, stated, outcome)
            kind: dict[str, Any] = {"contains": True} if bound.contains else {}
            kind |= {"relation": bound.relation} if bound.relation else {}
            kind |= {"unit": bound.unit} if bound.unit else {}
            value = {"field": bound.field, "lower": bound.is_lower, **kind}
            yield advise(judged, pointer(("roles", "bounds", name)), value)


_TEXTS: Final = "texts in order, of which servers have several"


@rule("filter.order", "A client that reads the first items reads the wrong ones.")
def judge_orders(evidence: Evidence) -> Iterator[Judged]:
    """A documented order sorts the items, and hides none."""
    for name, orders in evidence.operation.roles.orders.items():
        fields = ", ".join(dict.fromkeys(order.field.lstrip("/") for order in orders))
        is_guess = name in evidence.operation.roles.inferred
        reason = "as the values suggest" if is_guess else "as the value says"
        stated = f"all items, sorted by {fields} {reason}"
        certain, of_texts = judge_order(evidence, orders)
        if is_guess:
            faults = (*certain.faults, *of_texts.faults)
            both = Outcome(certain.observations + of_texts.observations, faults, is_confirmed=False)
            yield _conclude(evidence, SUSPECT, name, stated, both)
            continue
        yield _conclude(evidence, "filter.order", name, stated, certain)
        yield _conclude(evidence, SUSPECT, name, _TEXTS, of_texts)
    if usual := evidence.operation.roles.order:
        where = f"{evidence.operation.roles.items}/*{usual.field}"
        stated = f"all lists sorted by {usual.field.lstrip('/')}, as the description says"
        promises = Promise("filter.order", where, stated), Promise(SUSPECT, where, _TEXTS)
        for promise, outcome in zip(promises, judge_order(evidence, [usual]), strict=True):
            broken = [Broken(page.exchange, where, text) for page, text in outcome.faults]
            yield promise, outcome.observations, group_breaches(broken, outcome.observations)


def _conclude(evidence: Evidence, rule: str, name: str, stated: str, outcome: Outcome) -> Judged:
    """Return the promise about one parameter with its breaches; it quotes the description."""
    source = evidence.operation.description_source(name)
    promise = Promise(rule, f"query/{name}", stated, source)
    broken = [Broken(page.exchange, promise.location, text) for page, text in outcome.faults]
    return promise, outcome.observations, group_breaches(broken, outcome.observations)


RULES: Final = (judge_ranges, judge_orders)
