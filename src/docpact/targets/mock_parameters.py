"""The parameters of a request to a mock: undocumented values are refused, others select items."""

from __future__ import annotations

import re
from collections import UserDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import isfinite
from operator import itemgetter
from typing import Any, Final, TypeAlias

from docpact.bodies.engine import is_valid
from docpact.bodies.validate import violations
from docpact.cases.bounds import sizes
from docpact.cases.samples import full
from docpact.cases.sampling import sample_given
from docpact.cases.wire import read_content, write_text, write_value
from docpact.errors import UsageError
from docpact.model import Operation, Parameter, Query, Schema
from docpact.model.paging import MAX_DIGITS
from docpact.model.pointer import resolve
from docpact.model.roles import Bound, Order
from docpact.model.schema import list_types, places
from docpact.rules.field_choices import find_selections
from docpact.rules.included import (
    INCLUDE,
    INCLUDED,
    Name,
    documents_included,
    list_links,
    list_things,
)
from docpact.rules.pages import select_every
from docpact.rules.ranges import Key, is_outside, make_key, read_limit
from docpact.text import suggest


class Refused(Exception):
    """A request that gets an error response.

    Attributes:
        status: as frameworks choose it.
        detail: of the body, if none is documented.
        headers: of the response.
    """

    def __init__(self, status: int, detail: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.detail, self.headers = status, detail, headers or {}


class Given(UserDict[str, Any]):
    """Name → text of each required parameter and each one in the path of an operation.

    Those of the path may be set, unless they name items of a list.

    Attributes:
        listed: name → the list whose items it names.
    """

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.listed = dict[str, str]()
        super().__init__()
        self.data = dict[str, Any](sample_given(operation))

    def __setitem__(self, name: str, value: Any) -> None:
        """Set the text of a parameter, or of another value as a request sends it.

        Raises:
            UsageError: the path does not have such a parameter, or a list has its values.
        """
        if name in self.listed:
            raise UsageError(f"given[{name!r}]: it names items of {self.listed[name]}; set those")
        known = [each.name for each in self.operation.path_parameters]
        if name not in known:
            hint = suggest(name, known, f"it has: {', '.join(known) or 'none'}")
            problem = f"given[{name!r}]: no path parameter of {self.operation.id}"
            raise UsageError(f"{problem} has this name; {hint}")
        self.data[name] = write_value(value)


_INTEGER: Final = re.compile("-?[0-9]{1,4000}")


_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def check_values(parameter: Parameter, texts: Sequence[str]) -> None:
    """Raise unless texts can be read as documented: of an array all of them, else the last one."""
    if parameter.is_array and any(texts):
        least, most = sizes(parameter.schema)
        if not least <= len(texts) <= (most or len(texts)):
            raise refuse_parameter(parameter.name, f"{len(texts):,} values")
    for text in texts if parameter.is_array else texts[-1:]:
        _check_value(parameter, text)


def _check_value(parameter: Parameter, text: str) -> None:
    """Raise unless a text can be read as a documented value; an empty text counts as absent."""
    if parameter.content is not None:
        if not read_content(parameter, text):
            raise refuse_parameter(parameter.name, "not the documented JSON")
        return
    schema = parameter.item_schema
    kinds = {*list_types(schema, "string")}
    if not text and "string" not in kinds:
        return
    readings: list[Any] = [text] if "string" in kinds else []
    readings += [_number(text, kinds)] if kinds & {"integer", "number"} else []
    readings += (
        [{"true": True, "false": False}.get(text.lower(), text)] if "boolean" in kinds else []
    )
    broken = [list(violations(schema, value)) for value in readings]
    if broken and all(broken):
        raise refuse_parameter(parameter.name, broken[0][0].documented)


def _number(text: str, kinds: Collection[str]) -> float | str:
    """Read a number as JSON writes it, leading zeros included; return other texts as they are."""
    if len(text) <= MAX_DIGITS and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in kinds and _NUMBER.fullmatch(text) and isfinite(number := float(text)):
        return number
    return text


def read_length(text: str | None) -> int | None:
    """Return the length of a page that a parameter asks for; None for another text or none."""
    number = _number(text or "", ("number",))
    return None if isinstance(number, str) else int(number)


def refuse_parameter(name: str, problem: str, place: str = "query") -> Refused:
    """Return the error for a parameter that is not as documented, as frameworks write it."""
    return Refused(422, [{"loc": [place, name], "msg": problem, "type": "value_error"}])


Items: TypeAlias = Sequence[Mapping[str, Any]]
Values: TypeAlias = Sequence[tuple[str, Sequence[str]]]


def list_names(operation: Operation) -> list[str]:
    """Return the query parameters that select or sort items."""
    orders = (order for each in operation.roles.orders.values() for order in each)
    sorting = (name for order in orders for name, _ in order.query)
    return [*dict.fromkeys((*operation.roles.filters, *operation.roles.bounds, *sorting))]


def select_items(operation: Operation, items: Items, values: Values) -> list[Mapping[str, Any]]:
    """Return the items that match the filters of a query, within its ranges, in its order."""
    asked, found = {name: texts[-1] for name, texts in values}, [*items]
    for name, texts in values:
        if where := operation.roles.filters.get(name):
            chosen = select_every(operation, name, texts)
            found = [item for item in found if write_text(resolve(item, where)) in chosen]
        if bound := operation.roles.bounds.get(name):
            limits = [
                read_limit(operation, name, text)
                for text in (texts if bound.contains else texts[-1:])
            ]
            found = [item for item in found if _is_within(bound, limits, item)]
    order = next(_list_asked(operation, asked), None)
    return found if order is None else _sort(found, order)


def _is_within(bound: Bound, limits: Sequence[Key | None], item: Mapping[str, Any]) -> bool:
    """Return whether an item is within a bound, or its array has one of several values."""
    value = resolve(item, bound.field)
    is_known = isinstance(value, list | dict) or make_key(value) is not None
    sides = [is_outside(bound, limit, value) for limit in limits if limit is not None]
    return not sides or (is_known and not all(sides))


def choose_fields(operation: Operation, items: Items, query: Query) -> Items:
    """Return items with the fields that a query chooses, and those that a client may expect."""
    for selection in find_selections(operation):
        texts = [text for name, text in query if name == selection.parameter.name]
        items = [selection.choose(item, texts) for item in items]
    return items


def include_things(operation: Operation, body: Any, query: Query) -> Any:
    """Return a body with the related things that a query asks for (JSON:API 1.1, section 7.3)."""
    if not isinstance(body, dict) or not documents_included(operation):
        return body
    asked = {each for name, text in query if name == INCLUDE for each in text.split(",")}
    things = list_things(body.get("data"))
    names = {name for thing in things for one in asked for name in list_links(thing, one)}
    stated = [each for each, _ in places(operation.response_schema, f"{INCLUDED}/*")]
    found = [_make_thing(stated, name) for name in sorted(names)]
    changed = {**body, "included": [each for each in found if each is not None]}
    if not found and "included" not in operation.response_schema.get("required", ()):
        del changed["included"]
    return changed


def _make_thing(schemas: Iterable[Schema], name: Name) -> Any:
    """Return a thing with a type and an id, as one of several schemas describes it, or None."""
    named = dict(zip(("type", "id"), name, strict=True))
    things = ((schema, {**full(schema), **named}) for schema in schemas)
    return next((thing for schema, thing in things if is_valid(schema, thing)), None)


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
