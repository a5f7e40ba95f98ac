"""The side: what one source says of an operation, flat: each parameter and field by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import reduce
from typing import Any, Final

from docpact.model import Operation, Schema, Source
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import JSON_TYPES, MAP, followed, forms, part

BOUNDS: Final = {
    "minimum": -1,
    "exclusiveMinimum": -1,
    "minLength": -1,
    "minItems": -1,
    "maximum": 1,
    "exclusiveMaximum": 1,
    "maxLength": 1,
    "maxItems": 1,
}
"""Keyword of a bound → the direction in which it lets more in."""


class Voice(Enum):
    """How much a source says by what it does not say.

    WHOLE: what it does not state does not hold. TYPES: it has no words for bounds, and few for
    formats. SAMPLE: it shows what came, and says nothing of what did not.
    """

    WHOLE = "whole"
    TYPES = "types"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Part:
    """What is said of one parameter or field.

    Attributes:
        types: JSON types but null; a number may be an integer too.
        always: whether it is always there and never null: a required parameter, a field that a
            reader can rely on.
        values: what an enumeration lists, or a sample showed, in JSON order; None for any value.
        bounds: keyword → number.
        format: the name of a format, or None.
        source: where it is stated, or None.
    """

    types: frozenset[str] = JSON_TYPES
    always: bool = False
    values: tuple[Any, ...] | None = None
    bounds: Mapping[str, float] = field(default_factory=dict)
    format: str | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """What one source says of an operation.

    Attributes:
        name: as the user named it.
        voice: how much it says by silence.
        facts: `method`, `path`, `status`, `content_type` → what it says; empty if nothing.
        query: parameter name → what is said of it; None if it does not speak of the query.
        response: folded JSON Pointer into the body → what is said of that field; None likewise.
        scope: folded pointer of the part of the body that it speaks of; empty for all of it.
        whole_numbers: whether it can tell whole numbers from others.
    """

    name: str
    voice: Voice
    facts: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Part] | None = None
    response: Mapping[str, Part] | None = None
    scope: str = ""
    whole_numbers: bool = True


def of_operation(operation: Operation, name: str) -> Side:
    """Return what a contract says."""
    query = {
        name: replace(part, source=operation.place_source("query", f"/{name.replace('.', '/')}"))
        for name, part in parameters(operation.query_schema).items()
    }
    response = {
        where: replace(part, source=operation.field_source(where))
        for where, part in fields(operation.response_schema).items()
    }
    facts = {
        "method": operation.method,
        "path": operation.path,
        "status": str(operation.status),
        "content_type": operation.content_type,
    }
    return Side(name, Voice.WHOLE, facts, query, response)


def parameters(schema: Schema) -> dict[str, Part]:
    """Return what a query schema says of each parameter, and of the elements of an array."""
    return {
        where.removeprefix("/").replace("/", "."): part
        for where, part in flat(schema, "", always=True)
        if where
    }


def fields(schema: Schema, scope: str = "") -> dict[str, Part]:
    """Return what a schema says of a body, or of the part of one at a folded JSON Pointer."""
    return dict(flat(schema, scope, always=True))


def flat(
    schema: Schema, where: str, *, always: bool, within: tuple[Tokens, ...] = ()
) -> Iterator[tuple[str, Part]]:
    """Yield every place of a schema with what is said of it, from the root, each place once.

    What a definition says of itself is left out: it was said of the place above.

    Args:
        schema: in the vocabulary that contracts use.
        where: folded pointer of its instance.
        always: whether that instance is always there.
        within: the definitions that the schema is part of.
    """
    found = [form for form in forms(*followed(schema)) if form[1] not in within or not form[1]]
    if not found:
        return
    yield where, reduce(_either, (_said(form, always=always) for form, _ in found))
    places: dict[str, list[Part]] = {}
    for form, path in found:
        inside = (*within, path) if path[:1] == ("$defs",) else within
        for names, step in _below(form):
            sure = names[-1] in form.get("required", ()) or names == ("items",)
            below, at = _unfollowed(form, names)
            if at in inside:
                continue
            deeper = (*inside, at) if at else inside
            for place, part_said in flat(below, f"{where}/{step}", always=sure, within=deeper):
                places.setdefault(place, []).append(part_said)
    for place, said in places.items():
        joined = reduce(_either, said)
        yield place, joined if len(said) == len(found) else replace(joined, always=False)


def _below(schema: Schema) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the way to each part of a schema that is no union, and the folded token it adds."""
    for name in schema.get("properties", {}):
        yield ("properties", name), pointer([name]).removeprefix("/")
    if "items" in schema:
        yield ("items",), "*"
    if isinstance(schema.get(MAP), Mapping):
        yield (MAP,), "*"


def _unfollowed(schema: Schema, names: tuple[str, ...]) -> tuple[Schema, Tokens]:
    """Return a part of a schema, and the definition that it refers to, if it does."""
    found, path = part(schema, *names)
    return found, path if path[:1] == ("$defs",) else ()


def _said(schema: Schema, *, always: bool) -> Part:
    names = schema.get("type", sorted(JSON_TYPES | {"null"}))
    types = {names} if isinstance(names, str) else set(names)
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    nothing = "null" in types and (values is None or None in values)
    return Part(
        types=frozenset(types - {"null"} | ({"integer"} if "number" in types else set())),
        always=always and not nothing,
        values=None if values is None else tuple(v for v in values if v is not None),
        bounds={keyword: schema[keyword] for keyword in BOUNDS if keyword in schema},
        format=schema.get("format"),
    )


def _either(one: Part, other: Part) -> Part:
    """Return what is said of a place that two forms of a union speak of: what either allows."""
    listed = one.values is not None and other.values is not None
    bounds = {
        keyword: one.bounds[keyword]
        if (one.bounds[keyword] - other.bounds[keyword]) * BOUNDS[keyword] >= 0
        else other.bounds[keyword]
        for keyword in one.bounds.keys() & other.bounds.keys()
    }
    if not one.types or not other.types:
        bounds = {**one.bounds, **other.bounds}
    return Part(
        types=one.types | other.types,
        always=one.always and other.always,
        values=(
            *(one.values or ()),
            *(v for v in other.values or () if v not in (one.values or ())),
        )
        if listed or not (one.types and other.types)
        else None,
        bounds=bounds,
        format=one.format if one.format == other.format else None,
        source=one.source,
    )
