"""The items of an operation: where they are, their schema, and samples.

An operation that is not a list has one item: its whole body.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from functools import lru_cache, partial
from typing import Any, Final

from docpact.bodies.engine import is_valid
from docpact.cases.parts import change_part, put
from docpact.cases.plain import describe_forms
from docpact.cases.plain import plain as plain_schema
from docpact.cases.sampling import sample_items
from docpact.model import Operation, Schema
from docpact.model.pointer import change_at, resolve, tokens
from docpact.model.schema import child

COMPLETE: Final = 12
"""Number of further samples from which the fields of a usual item are filled in."""

BEYOND_DOUBLE: Final = 2**53 + 1
"""The smallest positive integer that a double cannot hold (RFC 8259, section 6)."""


def find_largest(schema: Schema) -> int:
    """Return the largest integer that clients of a schema should be able to read."""
    most = 2**31 - 1 if schema.get("format") == "int32" else BEYOND_DOUBLE
    return int(min(schema.get("maximum", most), most))


def list_location(operation: Operation) -> str:
    """Return the location of the items of a list, or of the whole body."""
    return operation.roles.items or ""


def item_location(operation: Operation) -> str:
    """Return the folded location of one item, or of the whole body."""
    return f"{operation.roles.items}/*" if operation.roles.is_list else ""


def sample_usual(operation: Operation, count: int) -> tuple[Any, ...]:
    """Return sample items that every client can read; `FIDELITY` tests the others.

    They have all fields, with values other than null, as far as their schema allows it; no integers
    that a double cannot hold; and null in fields that may have any type.

    Raises:
        ContractError: no sample can be made of the schema.
    """
    schema, free = operation.thing_schema, _list_free_fields(operation)
    samples = sample_items(operation, count + COMPLETE)
    more = COMPLETE if len(describe_forms(schema)) == 1 else 0
    found = []
    for number, item in enumerate(samples[:count]):
        usual = _shorten_integers(item)
        filled = _clear(free, _fill(usual, samples[number + 1 : number + 1 + more]))
        choices = (filled, _clear(free, usual), item)
        found.append(next((e for e in choices if e == item or is_valid(schema, e)), item))
    return tuple(found)


def _fill(item: Any, others: Iterable[Any]) -> Any:
    """Return an item with the fields that it does not have, or null in them, of the next ones."""
    for other in others if isinstance(item, dict) else ():
        if isinstance(other, dict):
            item = {**other, **{name: value for name, value in item.items() if value is not None}}
    return item


def clear_free_fields(operation: Operation, body: Any, where: str) -> Any:
    """Return a body with null in fields that may have any type, except in that of a location."""
    tested = where.removeprefix(item_location(operation)).split("/")[1:2]
    clear = partial(_clear, _list_free_fields(operation) - {*tested})
    if not operation.roles.is_list:
        return clear(body)
    listed = list_location(operation)
    found = resolve(body, listed)
    changed = [*map(clear, found)] if isinstance(found, list) else found
    return change_at(body, tokens(listed), lambda _: changed) if changed else body


def _clear(names: Set[str], item: Any) -> Any:
    return {**item, **dict.fromkeys(names & item.keys())} if isinstance(item, dict) else item


@lru_cache(maxsize=64)
def _list_free_fields(operation: Operation) -> frozenset[str]:
    """Return the fields of an item that may have any type, except its id."""
    schema = plain_item_schema(operation)
    examples: tuple[Any, ...] = (None, "text", 7, True, [], {})
    parts = {name: child(schema, "properties", name) for name in schema.get("properties", {})}
    free = {n for n, part in parts.items() if all(is_valid(part, each) for each in examples)}
    return frozenset(free) - {*tokens(operation.roles.id or "/id")[:1]}


def _shorten_integers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shorten_integers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_shorten_integers(each) for each in value]
    is_long = isinstance(value, int) and abs(value) >= BEYOND_DOUBLE
    return value % 2**31 if is_long else value


@lru_cache(maxsize=64)
def plain_item_schema(operation: Operation) -> Schema:
    """Return the plain form of `item_schema`, in which the fields of every form can be read."""
    return plain_schema(operation.thing_schema)


def with_id(operation: Operation, item: Any, value: Any) -> Any:
    """Return an item with another id."""
    path = tokens(operation.roles.id or "/id")
    return change_part(plain_item_schema(operation), item, path, put(value))[0]


def items_of(operation: Operation, body: Any) -> tuple[Any, ...]:
    """Return the items of a decoded body."""
    return tuple(operation.find_items(body) or ()) if operation.roles.is_list else (body,)
