"""Places: subschemas side by side with the locations, and the values, that they describe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, TypeAlias

from docpact.bodies.patterns import matches
from docpact.bodies.unions import Union
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import (
    MAP,
    Schema,
    branches,
    descriptions,
    form_name,
    part,
    parts,
    resolve_path,
    statements,
    with_definitions,
)

Folded: TypeAlias = tuple[str, ...]
"""Reference tokens with `*` for every array index and every name of a map."""

known_pointer: Final = lru_cache(maxsize=8192)(pointer)
"""Write a pointer of names that a contract states; they are few and short."""


@dataclass(frozen=True, slots=True)
class Place:
    """A subschema, and a value that it describes.

    Attributes:
        schema: the subschema, with the `$defs` that it may refer to.
        schema_path: reference tokens of the subschema.
        path: reference tokens of the value.
        value: a decoded JSON value.
        where: the path with `*` for every array index and every name of a map.
        form: name of the member of a union that it is part of, or empty.
    """

    schema: Schema
    schema_path: Tokens
    path: Tokens
    value: Any
    where: Folded = ()
    form: str = ""

    @property
    def location(self) -> str:
        """The folded JSON Pointer of the value."""
        return known_pointer(self.where)


def list_field_steps(schema: Schema, name: str) -> list[Tokens]:
    """Return the path of each part of a schema that describes a field: by its name, or as a map."""
    patterns = schema.get("patternProperties", ())
    named: list[Tokens] = [("properties", name)] if name in schema.get("properties", ()) else []
    named += [("patternProperties", each) for each in patterns if matches(each, name)]
    return named or ([(MAP,)] if isinstance(schema.get(MAP), Mapping) else [])


def find_places(schema: Schema, value: Any) -> Iterator[Place]:
    """Yield the documented places of a value, parents before children.

    Of a union, only the intended member is followed, if it is clear.
    """
    yield from _find(Place(schema, (), (), value))


def list_places(schema: Schema) -> Iterator[Place]:
    """Yield the places that a schema documents, with None for their values.

    A definition is listed once, at the place that refers to it first.
    """
    yield from _list(Place(schema, (), (), None), set())


def _find(place: Place) -> Iterator[Place]:
    """Yield the places within one whose reference is not followed yet."""
    for schema, path in statements(place.schema, place.schema_path):
        described = replace(place, schema=schema, schema_path=path)
        yield described
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                number = Union(schema, keyword).nearest(place.value)
                if number is not None:
                    inner = _enter(described, (keyword, number), place.path, (), place.value)
                    yield from _find(inner)
        if isinstance(place.value, dict):
            yield from _find_fields(described, place.value)
        elif isinstance(place.value, list):
            first = len(schema.get("prefixItems", ()))
            for index, item in enumerate(place.value):
                names: Tokens = ("prefixItems", index) if index < first else ("items",)
                if names[0] in schema:
                    at = (*place.path, index)
                    yield from _find(_enter(described, names, at, ("*",), item))


def _find_fields(place: Place, fields: Mapping[str, Any]) -> Iterator[Place]:
    named = place.schema.get("properties", {})
    for name in named:
        if name in fields:
            path = (*place.path, name)
            yield from _find(_enter(place, ("properties", name), path, (name,), fields[name]))
    for name in (each for each in fields if each not in named):
        for names in list_field_steps(place.schema, name):
            yield from _find(_enter(place, names, (*place.path, name), ("*",), fields[name]))


def _list(place: Place, listed: set[Tokens]) -> Iterator[Place]:
    for schema, path in statements(place.schema, place.schema_path):
        if path[:1] == ("$defs",):
            if path in listed:
                continue
            listed.add(path)
        described = replace(place, schema=schema, schema_path=path)
        yield described
        within = [*((names, ()) for names in branches(schema)), *parts(schema)]
        for names, folded in within:
            inner = (*place.path, *folded)
            yield from _list(_enter(described, names, inner, folded, None), listed)


def _enter(place: Place, names: Tokens, path: Tokens, folded: Folded, value: Any) -> Place:
    """Return the place of a part of a schema, its reference not followed yet."""
    schema = place.schema
    where = (*place.schema_path, *names)
    form = place.form
    if names[0] in ("anyOf", "oneOf"):
        form = form_name(*part(schema, *names, path=place.schema_path))
    inner = with_definitions(schema, resolve_path(schema, names))
    return Place(inner, where, path, value, (*place.where, *folded), form)


def fold_path(schema: Schema, path: Tokens) -> str:
    """Return the folded pointer of an instance's path."""
    where: list[str] = []
    found = [each for each, _ in descriptions(schema)]
    for step in path:
        name, inner = _fold_step(found, step)
        where.append(name)
        found = [form for each in inner for form, _ in descriptions(each)]
    return pointer(where)


def _fold_step(found: Sequence[Schema], step: str | int) -> tuple[str, list[Schema]]:
    """Return a step folded, and the schemas of the value that it leads to."""
    token = "*" if isinstance(step, int) else step
    within = [
        (folded, with_definitions(each, resolve_path(each, names)))
        for each in found
        for names, (folded,) in parts(each)
    ]
    named = [inner for folded, inner in within if folded == token]
    if named or isinstance(step, int):
        return token, named
    maps = [inner for folded, inner in within if folded == "*"]
    return ("*" if maps else token), maps
