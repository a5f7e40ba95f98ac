"""Cases of ranges and orders: bounds at values that were seen, and every documented order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from docpact.cases.labels import query_label
from docpact.cases.wire import can_be_documented
from docpact.conformance.followup_cases import make_filter_case
from docpact.conformance.observations import Observations
from docpact.model import Case, Expectation, Expected, Query, Question
from docpact.model.pointer import resolve
from docpact.model.roles import Bound, Order
from docpact.rules.pages import Item, as_text
from docpact.rules.ranges import Key, make_key

MOST_ORDERS: Final = 6
"""Number of orders of one parameter that are tested."""

MOST_FILTERS: Final = 3
"""Number of filters that are combined with an order or a bound, one at a time."""


def bound_cases(seen: Observations) -> Iterator[Case]:
    """Yield each bound at the value in the middle, and at the last value that has items beyond."""
    for name, bound in seen.operation.roles.bounds.items():
        known = _list_values(seen, name, bound)
        different = [*dict.fromkeys(known)]
        if len(different) > 1:
            last = different[-2] if bound.is_lower else different[1]
            for text in dict.fromkeys((known[len(known) // 2], last)):
                count = len(known) - known.index(text) if bound.is_lower else known.index(text) + 1
                yield make_filter_case(seen, ((name, text),), count, answer=Expected.UNSPECIFIED)
            for other, value, count in _list_common(seen):
                query = ((name, known[len(known) // 2]), (other, value))
                yield make_filter_case(seen, query, count, answer=Expected.UNSPECIFIED)


def _list_values(seen: Observations, name: str, bound: Bound) -> list[str]:
    """Return the values of a field in order, as a query writes them, each item with its own."""
    found: list[tuple[Key, str]] = []
    for item in seen.items:
        key, text = make_key(resolve(item.fields, bound.field)), _write(seen, item, name, bound)
        if key is not None and key[0] != "text" and text is not None:
            found.append((key, text))
    return [text for _, text in sorted(found)] if len({key[0] for key, _ in found}) == 1 else []


def _write(seen: Observations, item: Item, name: str, bound: Bound) -> str | None:
    """Return the value of an item's field as a documented value of a parameter, or None."""
    text, parameter = as_text(resolve(item.fields, bound.field)), seen.operation.parameter(name)
    if text is None or seen.redact(text) != text:
        return None
    texts = (text[:10], text) if parameter.item_schema.get("format") == "date" else (text,)
    return next((each for each in texts if can_be_documented(parameter, each)), None)


def order_cases(seen: Observations) -> Iterator[Case]:
    """Yield the list in every documented order, and in one of them in pages and with a filter."""
    if len(seen.items) < 2:
        return
    for orders in seen.operation.roles.orders.values():
        for order in orders[:MOST_ORDERS]:
            answer = Expected.UNSPECIFIED
            yield make_filter_case(seen, order.query, len(seen.items), answer=answer)
        tied = max(orders[:MOST_ORDERS], key=lambda order: -len(_list_different(seen, order)))
        yield from _list_pages(seen, tied.query, len(seen.items))
        for name, text, count in _list_common(seen):
            yield from _list_pages(seen, (*tied.query, (name, text)), count)


def _list_common(seen: Observations) -> Iterator[tuple[str, str, int]]:
    """Yield the value that most items have, but not all, of some filters, with their number."""
    for name in islice(seen.operation.roles.filters, MOST_FILTERS):
        counts = {t: count for t, count in seen.texts(name).items() if count < len(seen.items)}
        if counts:
            text = max(counts, key=lambda text: counts[text])
            yield name, text, counts[text]


def _list_different(seen: Observations, order: Order) -> set[str | None]:
    return {as_text(resolve(item.fields, order.field)) for item in seen.items}


def _list_pages(seen: Observations, query: Query, count: int) -> Iterator[Case]:
    """Yield a walk in about three pages; without a page size, in those of the server."""
    name, size = seen.operation.roles.size_parameter, max(1, -(-count // 3))
    full = query if name is None else (*query, (name, str(min(size, seen.largest or size))))
    expected = Expectation(Expected.UNSPECIFIED, query[0][0], "type")
    yield Case(query_label(full), Question(full), expected, pages=4)
