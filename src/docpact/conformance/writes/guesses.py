"""Searches by fields of a body that have the names of fields of the items, or bound them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from docpact.bodies.engine import is_valid
from docpact.cases.parts import put
from docpact.cases.request_bodies import Sent
from docpact.model import Operation, Schema
from docpact.model.pointer import Tokens, change_at, pointer, resolve
from docpact.model.roles import Bound
from docpact.model.schema import whole_place
from docpact.rules.filters.bounds import make_side
from docpact.rules.walks.pages import as_text


class Guess(NamedTuple):
    """A search that its names suggest.

    Attributes:
        sent: its body.
        where: item pointer.
        value: of the field, or its limit.
        bound: of the field; None if items have the value.
    """

    sent: Sent
    where: str
    value: Any
    bound: Bound | None


def list_guesses(
    operation: Operation, schema: Schema, least: Any, place: Tokens, items: Sequence[Any]
) -> Iterator[Guess]:
    """Yield searches by values that some items have, and others have not.

    Args:
        operation: the search.
        schema: of its body.
        least: a body that selects nothing.
        place: of the object in the body that has the fields.
        items: as a search by nothing shows them.
    """
    from docpact.capture.roles.inference import roles  # most checks need no capture: 0.2 s

    part = whole_place(schema, pointer(place))
    found = roles(operation.path, part, operation.response_schema)
    named = {name: (each["value"], None) for name, each in _list_parts(found, "filters")}
    bounded = {name: _read_bound(each["value"]) for name, each in _list_parts(found, "bounds")}
    for name, (where, bound) in {**named, **bounded}.items():
        value = _choose_value([resolve(item, where) for item in items], bound)
        bodies = (change_at(least, (*place, name), put(each)) for each in (value, [value]))
        body = next((each for each in bodies if is_valid(schema, each)), None)
        if value is not None and body is not None:
            yield Guess(Sent(f"{name} {value}", body, name), where, value, bound)


def _list_parts(found: Mapping[str, Any], role: str) -> Iterator[tuple[str, Any]]:
    """Yield the parameters of a role, without those of bounds with another relation."""
    for name, each in found.get(role, {}).items():
        if role == "filters" or each["value"].keys() <= {"field", "lower", "contains"}:
            yield name, each


def _read_bound(value: Mapping[str, Any]) -> tuple[str, Bound]:
    where, contains = value["field"], value.get("contains", False)
    return where, Bound(where, value["lower"], contains=contains)


def _choose_value(values: Sequence[Any], bound: Bound | None) -> Any:
    """Return the value in the middle for a bound, else the most common one that not all have."""
    if bound is not None and not bound.contains:
        keys = [(key, each) for each in values if (key := make_side(each)) and key[0] != "text"]
        is_one_kind = len({key[0] for key, _ in keys}) == 1
        return sorted(keys, key=lambda each: each[0])[len(keys) // 2][1] if is_one_kind else None
    each_has = [each if isinstance(each, list) else [each] for each in values]
    known = {text: one for has in each_has for one in has if (text := as_text(one))}
    counts = Counter(text for has in each_has for text in {*filter(None, map(as_text, has))})
    return next((known[t] for t, n in counts.most_common() if n < len(values)), None)
