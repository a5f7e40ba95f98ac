"""The items that a query to a mock selects, and their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from docpact.cases.wire import write_text
from docpact.model import Operation
from docpact.model.pointer import resolve
from docpact.model.roles import ABSENT, Bound, Order
from docpact.rules.filters.bounds import Limit, is_outside, make_key, read_field, read_limits
from docpact.rules.walks.pages import select_every

Items: TypeAlias = Sequence[Mapping[str, Any]]
Values: TypeAlias = Sequence[tuple[str, Sequence[str]]]


def list_names(operation: Operation) -> list[str]:
    """Return the query parameters that select or sort items."""
    orders = (order for each in operation.roles.orders.values() for order in each)
    sorting = (name for order in orders for name, _ in order.query)
    return [*dict.fromkeys((*operation.roles.filters, *operation.roles.bounds, *sorting))]


def select_items(operation: Operation, items: Items, values: Values) -> list[Mapping[str, Any]]:
    """Return the items that match the filters of a query, within its ranges, in its order."""
    found = [*items]
    for name, texts in values:
        if where := operation.roles.filters.get(name):
            chosen = select_every(operation, name, texts)
            found = [item for item in found if write_text(resolve(item, where)) in chosen]
        if bound := operation.roles.bounds.get(name):
            each = [[text] for text in texts] if bound.contains else [texts]
            limits = [
                *filter(
                    None, (read_limits(bound, operation.parameter(name), some) for some in each)
                )
            ]
            found = [item for item in found if _is_within(bound, limits, item)]
    usual = [operation.roles.order] if operation.roles.order else []
    for order in reversed(_list_asked(operation, values) or usual):
        found = _sort(found, order)
    return found


def _is_within(bound: Bound, limits: Sequence[Sequence[Limit]], item: Mapping[str, Any]) -> bool:
    """Return whether an item is within a bound, or its array has one of several values."""
    value = read_field(item, bound)
    is_known = isinstance(value, list | dict) or make_key(value, bound.unit) is not None
    is_known = is_known or bound.relation == ABSENT
    sides = [is_outside(each, item) for each in limits]
    return not sides or (is_known and not all(sides))


def _list_asked(operation: Operation, values: Values) -> list[Order]:
    """Return the orders that a query asks for; of several directions, the first one."""
    asked = {name: tuple(texts) for name, texts in values}
    for orders in operation.roles.orders.values():
        known = {o: {n: tuple(t for m, t in o.query if m == n) for n, _ in o.query} for o in orders}
        found = [o for o, query in known.items() if query.items() <= asked.items()]
        if found:
            return found
        found = [
            o
            for o in orders
            if o.query[:1] and asked.get(o.query[0][0], ())[-1:] == (o.query[0][1],)
        ]
        if found:
            return found[:1]
    return []


def _sort(items: Items, order: Order) -> list[Mapping[str, Any]]:
    """Return items in an order, those without a value last; and equal ones together."""
    keyed = [(make_key(resolve(item, order.field)), item) for item in items]
    known = [(key, item) for key, item in keyed if key is not None]
    known.sort(key=itemgetter(0), reverse=bool(order.descending))
    found = [item for _, item in known] + [item for key, item in keyed if key is None]
    return sorted(found, key=lambda item: [repr(resolve(item, each)) for each in order.within])
