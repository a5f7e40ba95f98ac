"""Selection on the mock: filters, ranges, orders and fields, as a contract documents them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from docpact.cases.wire import write_value
from docpact.model import Operation, Query
from docpact.model.pointer import resolve
from docpact.model.roles import Order
from docpact.rules.ranges import is_beyond, make_key, read_limit
from docpact.rules.selections import find_selections

Items: TypeAlias = Sequence[Mapping[str, Any]]
Values: TypeAlias = Sequence[tuple[str, Sequence[str]]]


def list_names(operation: Operation) -> list[str]:
    """Return the query parameters that select or sort items."""
    orders = (order for each in operation.roles.orders.values() for order in each)
    sorting = (name for order in orders for name, _ in order.query)
    return [*dict.fromkeys((*operation.roles.filters, *operation.roles.bounds, *sorting))]


def select_items(operation: Operation, items: Items, values: Values) -> list[Mapping[str, Any]]:
    """Return the items that match the filters of a query, within its ranges, in its order."""
    asked, filters = {name: texts[-1] for name, texts in values}, operation.roles.filters
    found = [
        item
        for item in items
        if all(
            write_text(resolve(item, filters[n])) in texts for n, texts in values if n in filters
        )
    ]
    for name, bound in operation.roles.bounds.items():
        limit = read_limit(operation, name, asked[name]) if name in asked else None
        if limit is not None:
            keys = [make_key(resolve(item, bound.field)) for item in found]
            found = [
                item
                for item, key in zip(found, keys, strict=True)
                if key is not None and not is_beyond(bound, limit, key)
            ]
    order = next(_list_asked(operation, asked), None)
    return found if order is None else _sort(found, order)


def choose_fields(operation: Operation, items: Items, query: Query) -> Items:
    """Return items with the fields that a query chooses, and those that a client may expect."""
    for selection in find_selections(operation):
        texts = [text for name, text in query if name == selection.parameter.name]
        items = [selection.choose(item, texts) for item in items]
    return items


def _list_asked(operation: Operation, asked: Mapping[str, str]) -> Iterator[Order]:
    """Yield the orders that a query asks for; of several directions, the first one."""
    for orders in operation.roles.orders.values():
        yield from (o for o in orders if {*o.query} <= {*asked.items()})
        yield from (o for o in orders if o.query[:1] and o.query[0] in asked.items())


def _sort(items: Items, order: Order) -> list[Mapping[str, Any]]:
    """Return items in an order, those without a value last."""
    keyed = [(make_key(resolve(item, order.field)), item) for item in items]
    known = [(key, item) for key, item in keyed if key is not None]
    known.sort(key=itemgetter(0), reverse=bool(order.descending))
    return [item for _, item in known] + [item for key, item in keyed if key is None]


def write_text(value: Any) -> str | None:
    """Return a field's value as a filter writes it, or None for a value without such a text."""
    return None if value is None or isinstance(value, list | dict) else write_value(value)
