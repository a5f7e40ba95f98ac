"""Items of a list operation, alone and in collections that belong together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from docpact.bodies.validate import violations
from docpact.cases.bounds import integers_within, lengths, members, types
from docpact.cases.vocabulary import check
from docpact.errors import ContractError
from docpact.model import Operation, Schema
from docpact.model.pointer import tokens
from docpact.model.schema import child, place
from docpact.strategies.values import JSON, SPREAD, values

PLAIN: Final = f"{digits}{ascii_lowercase}{ascii_uppercase}-_"
"""The characters of ids and filtered values: unreserved in a URL (RFC 3986, section 2.3)."""

DISTINCT: Final = 3
"""How many values a filtered field takes in one collection, so that a filter selects several."""

_CHOICES: Final = range(12)
"""Choices among a field's values: a multiple of every number of them, so that each is as likely."""


def items(operation: Operation) -> SearchStrategy[dict[str, JSON]]:
    """Generate one valid item of a list operation; shrinks as `payloads` do.

    Raises:
        ContractError: the response schema holds something that cannot be generated.
        InvalidArgument: the operation names no list of items.
    """
    return _items(operation)


def collections(
    operation: Operation, *, min_size: int = 0, max_size: int = 12
) -> SearchStrategy[list[dict[str, JSON]]]:
    """Generate lists of items that could be one account's: each id once, few filter values.

    Ids are short, not empty and need no escaping in a URL, unless the schema says what they are.
    A field that a query parameter filters by takes at most three values in one collection, besides
    being null or absent where the schema allows it. Shrinks towards few items that are alike.

    Args:
        operation: with the role `items`; ids are unique where it has the role `id`.
        min_size: the fewest items.
        max_size: the most items.

    Raises:
        ContractError: the response schema holds something that cannot be generated.
        InvalidArgument: the operation names no list of items, the sizes contradict each other, or
            there are fewer ids than items.
    """
    schema = item_schema(operation)
    if not 0 <= min_size <= max_size:
        msg = f"{min_size=}, {max_size=}, but 0 <= min_size <= max_size is needed"
        raise InvalidArgument(msg)
    identity = _identity(operation, schema, max_size)
    filtered = {
        path: field(operation, schema, path)
        for path in operation.roles.filters.values()
        if path != operation.roles.id
    }
    choices = {path: st.sampled_from(_CHOICES) for path in (*filtered, *identity)}
    return _collections(
        st.lists(values(schema, instead=choices), min_size=min_size, max_size=max_size),
        identity,
        st.fixed_dictionaries({path: _pool(part) for path, part in filtered.items()}),
    )


def item_schema(operation: Operation) -> Schema:
    """Return the schema of one item, once the response schema is known to be usable.

    Raises:
        ContractError: the response schema holds something that cannot be generated, or no array
            where the role `items` points.
        InvalidArgument: the operation names no list of items.
    """
    schema = check(operation, "response")
    if operation.roles.items is None:
        msg = f"operation={operation.id!r} is no list operation: it has no role `items`"
        raise InvalidArgument(msg)
    listed = field(operation, schema, operation.roles.items)
    found = child(listed, "items") if "items" in listed else None
    if found is None or "object" not in types(found):
        problem = f"expected an array of objects at {operation.roles.items} of the response"
        raise ContractError(f"{operation.id}/operation.json#/roles/items", problem)
    return {**found, "type": "object"}


def field(operation: Operation, schema: Schema, where: str) -> Schema:
    """Return the schema of the field that a role points at.

    Raises:
        ContractError: the schema documents no such field.
    """
    found = place(schema, where)
    if not found:
        problem = f"a role points at {where}, which the response does not document"
        raise ContractError(f"{operation.id}/operation.json#/roles", problem)
    return found


def names(schema: Schema, alphabet: str) -> SearchStrategy[JSON]:
    """Generate what may name a thing: short texts of some characters, never empty or null.

    Where the schema fixes more than the length, its own values are taken instead.
    """
    stated = [name for name in types(schema) if name != "null"]
    if "string" not in stated or "format" in schema or members(schema) is not None:
        return values({**schema, "type": stated, **_without_null(schema)})
    least, most = lengths(schema)
    fewest = max(1, least)
    highest = fewest + SPREAD if most is None else max(least, min(most, fewest + SPREAD))
    return st.text(alphabet, min_size=min(fewest, highest), max_size=highest)


@lru_cache(maxsize=64)
def _items(operation: Operation) -> SearchStrategy[dict[str, JSON]]:
    return values(item_schema(operation))


@st.composite
def _collections(
    draw: DrawFn,
    drawn: SearchStrategy[list[dict[str, JSON]]],
    identity: Mapping[str, SearchStrategy[JSON]],
    pools: SearchStrategy[Mapping[str, list[JSON]]],
) -> list[dict[str, JSON]]:
    found = draw(drawn)
    for path, ids in identity.items():
        unique = draw(st.lists(ids, min_size=len(found), max_size=len(found), unique=True))
        named = zip(found, unique, strict=True)
        found = [_put(item, tokens(path), [name]) for item, name in named]
    for path, pool in draw(pools).items():
        found = [_put(item, tokens(path), pool) for item in found]
    return found


def _identity(
    operation: Operation, schema: Schema, max_size: int
) -> dict[str, SearchStrategy[JSON]]:
    """Return the pointer of the id in an item → its strategy; empty where there is no such role."""
    where = operation.roles.id
    if where is None:
        return {}
    known = field(operation, schema, where)
    count = _distinct(known)
    if count is not None and count < max_size:
        msg = f"{max_size=}, but {where} of an item has only {count} values"
        raise InvalidArgument(msg)
    return {where: names(known, PLAIN)}


def _put(fields: JSON, path: tuple[str, ...], pool: list[JSON]) -> JSON:
    """Put a pool's value in place of the choice that was drawn there, if the field is present."""
    if not path:
        return pool[fields % len(pool)]
    if not isinstance(fields, dict) or path[0] not in fields:
        return fields
    return {**fields, path[0]: _put(fields[path[0]], path[1:], pool)}


def _pool(schema: Schema) -> SearchStrategy[list[JSON]]:
    """Generate the few values that a filtered field takes, null last where it is allowed."""
    null = [] if any(violations(schema, None)) else [None]
    few = st.lists(names(schema, PLAIN), min_size=1, max_size=DISTINCT)
    return few.map(lambda drawn: drawn + null)


def _without_null(schema: Schema) -> dict[str, list[JSON]]:
    if "enum" not in schema:
        return {}
    return {"enum": [value for value in schema["enum"] if value is not None]}


def _distinct(schema: Schema) -> int | None:
    """Return how many values there are, where an id's schema says so."""
    listed = members(schema)
    if listed is not None:
        return len([value for value in listed if value is not None])
    least, most = integers_within(schema)
    if types(schema)[-1] != "integer" or least is None or most is None:
        return None
    return most - least + 1
