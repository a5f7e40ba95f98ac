"""The side: what one source says of an operation, flat: each parameter and field by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from docpact.model import Operation, Schema, Source
from docpact.model.pointer import pointer

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

EVERY: Final = frozenset({"string", "integer", "number", "boolean", "array", "object"})
"""The JSON types but null, and `integer` for the whole numbers among the numbers."""


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

    types: frozenset[str] = EVERY
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


def flat(schema: Schema, where: str, *, always: bool) -> Iterator[tuple[str, Part]]:
    """Yield every place of a schema with what is said of it, from the root.

    Args:
        schema: in the vocabulary that contracts use.
        where: folded pointer of its instance.
        always: whether that instance is always there.
    """
    stated = schema.get("type", sorted(EVERY | {"null"}))
    types = {stated} if isinstance(stated, str) else set(stated)
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    nothing = "null" in types and (values is None or None in values)
    yield (
        where,
        Part(
            types=frozenset(types - {"null"} | ({"integer"} if "number" in types else set())),
            always=always and not nothing,
            values=None if values is None else tuple(v for v in values if v is not None),
            bounds={keyword: schema[keyword] for keyword in BOUNDS if keyword in schema},
            format=schema.get("format"),
        ),
    )
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        below = f"{where}{pointer([name])}"
        yield from flat(part, below, always=name in required)
    if "items" in schema:
        yield from flat(schema["items"], f"{where}/*", always=True)
