"""The parts of a sample value, and changes to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from docpact.bodies.engine import is_valid
from docpact.bodies.patterns import matches
from docpact.bodies.places import Place, find_places
from docpact.bodies.wording import json_type
from docpact.cases.bounds import members
from docpact.cases.plain import plain, without_checks
from docpact.cases.samples import full, full_type, plain_form
from docpact.model import Schema
from docpact.model.pointer import Tokens
from docpact.model.schema import (
    MAP,
    child,
    follow,
    forms,
)
from docpact.model.traversal import subschemas

Change: TypeAlias = Callable[[Any], Any]
"""The current part → the part to put in its place."""


def places(schema: Schema) -> Iterator[Place]:
    """Yield every part of the full value with its schema; of several items, the first only.

    Parts of a value that `enum` or `const` fixes are left out: they cannot change alone.
    """
    fixed: list[Tokens] = []
    schema = plain(schema)
    for place in find_places(without_checks(schema), full(schema)):
        if any(isinstance(token, int) and token > 0 for token in place.path):
            continue
        if any(place.path[: len(path)] == path for path in fixed):
            continue
        if members(place.schema) is not None:
            fixed.append(place.path)
        yield replace(place, schema=_detach(place.schema))


def _detach(schema: Schema) -> Schema:
    """Return a schema without its `$defs` if it refers to none of them."""
    own = {keyword: each for keyword, each in schema.items() if keyword != "$defs"}
    inner = (each for _, each in subschemas(own))
    return schema if any(isinstance(each, Mapping) and "$ref" in each for each in inner) else own


def change_part(
    schema: Schema,
    value: Any,
    path: Tokens,
    change: Change,
    choose: Callable[[int], int] = lambda _: 0,
) -> tuple[Any, Tokens]:
    """Return a copy of a value in which one part is changed, and the path of that part.

    Args:
        schema: schema of the value.
        value: parts on the path may be absent, null, empty or another form of a union: they are
            filled in first.
        path: path of the part in the full value, as `places` yields it.
        change: makes the new part from the current one.
        choose: length of an array → index of the item to go on with.
    """
    schema, _ = follow(schema)
    if "anyOf" in schema:
        options = list(forms(schema))
        naming = [each for each in options if path and path[0] in each[0].get("properties", ())]
        form, _ = plain_form(naming or options)
        kept = value if is_valid(form, value) else full(form)
        return change_part(form, kept, path, change, choose)
    if json_type(value) != full_type(schema, value) or (path and value == []):
        value = full(schema)
    if not path:
        return change(value), ()
    token, *rest = path
    if isinstance(token, int):
        index = choose(len(value))
        first = len(schema.get("prefixItems", ()))
        inner = child(schema, *(("prefixItems", index) if index < first else ("items",)))
        item, where = change_part(inner, value[index], tuple(rest), change, choose)
        return [*value[:index], item, *value[index + 1 :]], (index, *where)
    inner = child(schema, *_find_field(schema, token))
    field, where = change_part(inner, value.get(token), tuple(rest), change, choose)
    return {**value, token: field}, (token, *where)


def _find_field(schema: Schema, name: str) -> Tokens:
    """Return the path of the schema of a field."""
    if name in schema.get("properties", {}):
        return "properties", name
    patterns = schema.get("patternProperties", ())
    return next((("patternProperties", p) for p in patterns if matches(p, name)), (MAP,))


def put(value: Any) -> Change:
    """Return the change that puts a value in place of the current one."""
    return lambda _: value


def remove(name: str) -> Change:
    """Return the change that removes one field from an object."""
    return of(dict, lambda fields: {key: each for key, each in fields.items() if key != name})


def of(kind: type, change: Change) -> Change:
    """Return a change that leaves values of other types as they are."""
    return lambda value: change(value) if isinstance(value, kind) else value
