"""Cases of bounds, orders and choices of fields: values that distinguish items, sorted lists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta, timezone
from functools import partial
from itertools import islice
from typing import Final

from docpact.cases.texts import list_parts
from docpact.cases.wire import can_be_documented, query_case
from docpact.conformance.plan.followup_cases import make_filter_case
from docpact.conformance.plan.near_misses import SHORTEST
from docpact.conformance.plan.observations import Observations
from docpact.model import Case, Expectation, Expected, Operation, Parameter, Query
from docpact.model.pointer import resolve
from docpact.model.roles import BETWEEN, NOT, PREFIXED, START, UNITS, WORD, Bound, Order
from docpact.model.schema import list_types
from docpact.rules.comparison import read_time
from docpact.rules.filters.bounds import (
    NONSENSE,
    Key,
    is_outside,
    is_sorted,
    list_texts,
    make_key,
    make_side,
    read_field,
    read_limits,
)
from docpact.rules.filters.ranges import list_opposite, split_ties
from docpact.rules.paging.fields import list_total_flags
from docpact.rules.responses.field_choices import Selection, find_selections
from docpact.rules.walks.pages import Item, as_text

MOST_ORDERS: Final = 8
"""Number of orders of one parameter that are tested, the first of every field before others."""

MOST_NESTED: Final = 2
"""Number of orders by two fields of one parameter that are tested, those with most ties."""

MOST_FILTERS: Final = 3
"""Number of filters that are combined with an order or a bound, one at a time."""

_UTC: Final = re.compile(r"(19|20)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
_EASTERNMOST: Final = timezone(timedelta(hours=14))

MOST_WALKED: Final = 6
"""Number of bounds that are walked in pages."""


def bound_cases(seen: Observations) -> Iterator[Case]:
    """Yield the values of each bound that distinguish items; some are also walked in pages."""
    for number, (name, bound) in enumerate(seen.operation.roles.bounds.items()):
        if bound.contains or bound.relation == NOT:
            asked = [*_list_member_queries(seen, name, bound)]
        elif {*list_types(seen.operation.parameter(name).schema)} - {"null"} == {"boolean"}:
            texts = ("true", "false")
            asked = [(((name, text),), _count_inside(seen, name, bound, text)) for text in texts]
        elif bound.relation in (BETWEEN, PREFIXED):
            asked = [*_list_two_sided(seen, name, bound)]
        else:
            yield from _side_cases(seen, name, bound, is_walked=number < MOST_WALKED)
            continue
        for query, count in asked:
            yield make_filter_case(seen, query, count, answer=Expected.UNSPECIFIED)
        for query, count in [each for each in asked if each[1] > 1][:1]:
            if number < MOST_WALKED:
                yield from _list_pages(seen, query, count)


def _count_inside(seen: Observations, name: str, bound: Bound, text: str) -> int:
    """Return the number of items that a value of a bound selects, or may select."""
    limits = read_limits(bound, seen.operation.parameter(name), [text])
    return sum(not is_outside(limits, item.fields) for item in seen.items)


def _side_cases(seen: Observations, name: str, bound: Bound, *, is_walked: bool) -> Iterator[Case]:
    """Yield a bound at the value in the middle, and at the last value that has items beyond.

    A time in the middle is also sent in another time zone (RFC 3339, section 4.2).
    """
    known = _list_values(seen, name, bound)
    different = [*dict.fromkeys(known)]
    if len(different) < 2:
        return
    middle, last = known[len(known) // 2], different[-2] if bound.is_lower else different[1]
    moved = _move_zone(seen.operation.parameter(name), middle)
    for text in dict.fromkeys((middle, last)):
        count = len(known) - known.index(text) if bound.is_lower else known.index(text) + 1
        for written in dict.fromkeys((text, moved if text == middle else text)):
            yield make_filter_case(seen, ((name, written),), count, answer=Expected.UNSPECIFIED)
        if text != last and is_walked:
            yield from _list_pages(seen, ((name, text),), count)
    for other, value, count in _list_common(seen):
        query = ((name, middle), (other, value))
        yield make_filter_case(seen, query, count, answer=Expected.UNSPECIFIED)
    for other in list_opposite(seen.operation.roles, bound):
        query = ((name, different[-1]), (other, different[0]))
        expected = Expectation(Expected.UNSPECIFIED, other)
        yield query_case(query, expected, "ends before it begins")
        yield from _list_windows(seen, name, other)


def _list_windows(seen: Observations, lower: str, upper: str) -> Iterator[Case]:
    """Yield two bounds of one field together, with items on both sides of them."""
    bounds = seen.operation.roles.bounds
    low, high = (_list_values(seen, name, bounds[name]) for name in (lower, upper))
    first, last = len(low) // 3, 2 * len(high) // 3
    if len(low) == len(high) and len({*low[: first + 1]}) > 1 and len({*high[last:]}) > 1:
        query = ((lower, low[first]), (upper, high[last]))
        yield make_filter_case(seen, query, last - first + 1, answer=Expected.UNSPECIFIED)


def _move_zone(parameter: Parameter, text: str) -> str:
    """Return a documented time in UTC as the easternmost zone writes it; other texts unchanged."""
    moment = read_time(text) if _UTC.fullmatch(text) else None
    if moment is None or parameter.item_schema.get("format") != "date-time":
        return text
    return moment.astimezone(_EASTERNMOST).isoformat()


def _list_two_sided(seen: Observations, name: str, bound: Bound) -> Iterator[tuple[Query, int]]:
    """Yield queries with a range in the middle, or with a prefix for each side."""
    parameter = seen.operation.parameter(name)
    known = _list_values(seen, name, bound)
    if len({*known}) < 3:
        return
    low, high = known[len(known) // 3], known[2 * len(known) // 3]
    between = known.index(high) - known.index(low) + 1
    if bound.relation == PREFIXED:
        yield ((name, f"ge{high}"),), len(known) - known.index(high)
        yield ((name, f"le{low}"),), known.index(low) + 1
    elif parameter.is_array:
        yield ((name, low), (name, high)), between
    else:
        yield ((name, f"{low},{high}"),), between


def _list_member_queries(
    seen: Observations, name: str, bound: Bound
) -> Iterator[tuple[Query, int]]:
    """Yield the values that the fewest and the most items have in a field, but not all items.

    Texts and objects are also searched for a nonsense word, and texts for a part of one of them, in
    the other case too if that finds the same, and their beginnings for a word inside. An array does
    not have a part of its value.
    """
    values = [read_field(item.fields, bound) for item in seen.items]
    if bound.contains and any(isinstance(value, str | dict) for value in values):
        yield ((name, NONSENSE),), 0
    for where in bound.among or ((bound.field,) if bound.match else ()):
        texts = [t for i in seen.items if isinstance(t := resolve(i.fields, where), str)]
        for text, count in list_parts(bound.match or WORD, texts):
            if _is_sent(seen, name, text, count):
                turned = [text.swapcase()] if bound.caseless and text.isascii() else []
                for each in dict.fromkeys((text, *turned)):
                    yield ((name, each),), count
                break
        if bound.match == START:
            inner = (text for text, _ in list_parts(WORD, texts) if _is_inside(text, texts))
            yield from ((((name, t),), 0) for t in islice(inner, 1) if _is_sent(seen, name, t, 0))
    shown = [{*list_texts(value if bound.contains else [value])} for value in values]
    counts = Counter(sorted(text for texts in shown for text in texts))
    known = [t for t, count in counts.most_common() if _is_sent(seen, name, t, count)]
    for text in dict.fromkeys(known[:1] + known[-1:]):
        yield ((name, text),), counts[text] if bound.contains else len(values) - counts[text]
    are_arrays = bound.contains and all(isinstance(value, list) for value in values)
    part = next((text[:-1] for text in known if len(text) >= SHORTEST), "")
    if are_arrays and part not in counts and _is_sent(seen, name, part, 0):
        yield ((name, part),), 0


def _is_inside(part: str, texts: Sequence[str]) -> bool:
    return not any(text.lower().startswith(part.lower()) for text in texts)


def _is_sent(seen: Observations, name: str, text: str, count: int) -> bool:
    """Return whether a value, which some items have, may be sent and distinguishes items."""
    parameter = seen.operation.parameter(name)
    is_plain = text and "," not in text and seen.may_send(text)
    return bool(is_plain and count < len(seen.items) and can_be_documented(parameter, text))


def _list_values(seen: Observations, name: str, bound: Bound) -> list[str]:
    """Return the values of a field in order, as a query writes them, each item with its own."""
    found: list[tuple[Key, str]] = []
    for item in seen.items:
        key, text = make_side(read_field(item.fields, bound)), _write(seen, item, name, bound)
        if key is not None and key[0] != "text" and text is not None:
            found.append((key, text))
    return [text for _, text in sorted(found)] if len({key[0] for key, _ in found}) == 1 else []


def _write(seen: Observations, item: Item, name: str, bound: Bound) -> str | None:
    """Return the value of an item's field as a documented value of a parameter, or None."""
    value, parameter = read_field(item.fields, bound), seen.operation.parameter(name)
    key = make_key(value) if bound.unit and isinstance(value, str) else None
    is_time = key is not None and key[0] == "time"
    text = str(int(key[1][0] * UNITS[str(bound.unit)])) if key and is_time else as_text(value)
    if text is None or not seen.may_send(text):
        return None
    texts = (text[:10], text) if parameter.item_schema.get("format") == "date" else (text,)
    return next((each for each in texts if can_be_documented(parameter, each)), None)


def order_cases(seen: Observations) -> Iterator[Case]:
    """Yield the list in every documented order, and in one of them in pages and with a filter.

    It is also walked with each flag that asks for the total, alone and with a filter.
    """
    if len(seen.items) < 2:
        return
    for flag in list_total_flags(seen.operation):
        yield from _list_pages(seen, ((flag, "true"),), len(seen.items))
        for name, text, count in _list_common(seen):
            yield from _list_pages(seen, ((flag, "true"), (name, text)), count)
    for orders in seen.operation.roles.orders.values():
        firsts = {order.field: order for order in reversed(orders)}.values()
        chosen = sorted(orders, key=lambda order: order not in firsts)[:MOST_ORDERS]
        tied = sorted((o for o in orders if o.within), key=partial(_count_ties, seen), reverse=True)
        nested = [order for order in tied[:MOST_NESTED] if _count_ties(seen, order)]
        for query in dict.fromkeys(order.query for order in (*chosen, *nested)):
            answer = Expected.UNSPECIFIED
            yield make_filter_case(seen, query, len(seen.items), answer=answer)
        paged = min(chosen, key=partial(_count_different, seen))
        yield from _list_pages(seen, paged.query, len(seen.items))
        for name, text, count in _list_common(seen):
            yield from _list_pages(seen, (*paged.query, (name, text)), count)


def _list_common(seen: Observations) -> Iterator[tuple[str, str, int]]:
    """Yield the value that most items have, but not all, of some filters, with their number."""
    for name in islice(seen.operation.roles.filters, MOST_FILTERS):
        counts = {t: count for t, count in seen.texts(name).items() if count < len(seen.items)}
        if counts:
            text = max(counts, key=lambda text: counts[text])
            yield name, text, counts[text]


def _count_ties(seen: Observations, order: Order) -> int:
    """Return how many values an order by a further field distinguishes among equal items."""
    groups = split_ties(order, seen.items)
    return sum(len({as_text(resolve(i.fields, order.field)) for i in g}) - 1 for g in groups)


def _count_different(seen: Observations, order: Order) -> tuple[bool, bool, int]:
    """Return how little an order distinguishes items: it may only group them, or be the usual one.

    The number of its different values comes last.
    """
    values = [resolve(item.fields, order.field) for item in seen.items]
    keys = [key for key in map(make_key, values) if key is not None]
    is_usual = is_sorted(keys, descending=bool(order.descending))
    return order.grouped, is_usual, len({as_text(value) for value in values})


def _list_pages(seen: Observations, query: Query, count: int) -> Iterator[Case]:
    """Yield a walk in about three pages; without a page size, in those of the server."""
    name, size = seen.operation.roles.size_parameter, max(1, -(-count // 3))
    full = query if name is None else (*query, (name, str(min(size, seen.largest or size))))
    yield query_case(full, Expectation(Expected.UNSPECIFIED, query[0][0], "type"), pages=4)


def selection_cases(operation: Operation) -> Iterator[Case]:
    """Yield two choices of fields for each parameter, unless it adds those of an enumeration."""
    for selection in find_selections(operation):
        if not (selection.adds and selection.is_listed):
            for query in _list_choices(selection):
                expected = Expectation(Expected.UNSPECIFIED, selection.parameter.name, "type")
                yield query_case(query, expected)


def _list_choices(selection: Selection) -> Iterator[Query]:
    parameter, names = selection.parameter, selection.names[:2]
    several = selection.takes_several
    for chosen in (names[:1], names if several else names[1:]):
        texts = chosen if parameter.is_array else (",".join(chosen),)
        if chosen and all(can_be_documented(parameter, text) for text in texts):
            yield tuple((parameter.name, text) for text in texts)


def paged_selection_cases(seen: Observations) -> Iterator[Case]:
    """Yield the first choice of fields of each parameter, on pages of a third of the usual size."""
    name = seen.operation.roles.size_parameter
    usual = next((w for w in seen.walks if not w.case.query and len(w.pages[0].items) > 2), None)
    size = len(usual.pages[0].items) // 3 if usual else 0
    if name is None or not seen.may_ask(size) or not size:
        return
    for selection in find_selections(seen.operation):
        for query in [*_list_choices(selection)][:1]:
            expected = Expectation(Expected.UNSPECIFIED, selection.parameter.name, "type")
            yield replace(query_case((*query, (name, str(size))), expected), pages=2)
