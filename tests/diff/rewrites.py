"""Rewrites of schemas that allow the same values, and changes that do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from docpact.model.traversal import map_schema

Rewrite: TypeAlias = Callable[[Any], Any]


def in_definition(schema: Any) -> Any:
    """Refer to a schema instead of stating it; `gather` moves it to the document's definitions."""
    return {"$ref": "#/$defs/moved", "moved": schema}


def split_types(schema: Any) -> Any:
    """State each type of a list in a form of its own."""
    kinds = schema.get("type")
    if not isinstance(kinds, list):
        return schema
    return {"anyOf": [{**schema, "type": kind} for kind in reversed(kinds)]}


def without_type(schema: Any) -> Any:
    """Leave out the type of an enumeration, which its values show."""
    is_enumeration = "enum" in schema and "type" in schema
    return {k: v for k, v in schema.items() if k != "type"} if is_enumeration else schema


def with_constants(schema: Any) -> Any:
    """State each value of an enumeration in a form of its own."""
    if "enum" not in schema:
        return schema
    notes = {k: v for k, v in schema.items() if k in ("default", "deprecated")}
    return {"oneOf": [{"const": value} for value in schema["enum"]], **notes}


def halves(schema: Any) -> Any:
    """State half of the keywords in one part of an `allOf`, and half in another."""
    if "$ref" in schema or "anyOf" in schema:
        return {"allOf": [schema]}
    first = {k: v for n, (k, v) in enumerate(schema.items()) if n % 2 == 0}
    return {"allOf": [first, {k: v for k, v in schema.items() if k not in first}]}


def with_idle_keywords(schema: Any) -> Any:
    """Add keywords that restrict nothing, or nothing of these types."""
    idle = {"minLength": 0, "minItems": 0, "required": [], "uniqueItems": False, "maxItems": 9}
    kinds = {schema["type"]} if isinstance(schema.get("type"), str) else {"array"}
    idle = {k: v for k, v in idle.items() if k != "maxItems" or "array" not in kinds}
    notes = {
        "title": "T",
        "description": "D",
        "default": None,
        "examples": [1],
        "deprecated": False,
    }
    opened = {} if "additionalProperties" in schema else {"additionalProperties": True}
    return {**idle, **notes, **opened, **schema}


def reordered(schema: Any) -> Any:
    """Turn round the order of everything whose order means nothing."""
    turned = {"enum", "required", "type", "anyOf", "oneOf", "allOf"}
    return {
        k: v[::-1] if k in turned and isinstance(v, list) else v
        for k, v in reversed(schema.items())
    }


def whole_steps(schema: Any) -> Any:
    """Write integers as numbers that are multiples of 1."""
    is_integer = schema.get("type") == "integer"
    return {**schema, "type": "number", "multipleOf": 1} if is_integer else schema


def other_edges(schema: Any) -> Any:
    """Write the limits of integers with the numbers beyond them."""
    if schema.get("type") != "integer" or "minimum" not in schema:
        return schema
    kept = {k: v for k, v in schema.items() if k != "minimum"}
    return {**kept, "exclusiveMinimum": schema["minimum"] - 1}


def twice(schema: Any) -> Any:
    """State the same schema as two forms of a union."""
    return {"anyOf": [schema, schema]}


def with_narrower_form(schema: Any) -> Any:
    """Add a form that allows less than the one beside it."""
    if schema.get("type") != "string" or "enum" in schema or "format" in schema:
        return schema
    return {"anyOf": [schema, {**schema, "minLength": schema.get("minLength", 0) + 1}]}


REWRITES: tuple[Rewrite, ...] = (
    in_definition,
    split_types,
    without_type,
    with_constants,
    halves,
    with_idle_keywords,
    reordered,
    whole_steps,
    other_edges,
    twice,
    with_narrower_form,
)


def rewrite(schema: Any, choose: Callable[[Any], Rewrite]) -> Any:
    """Rewrite every subschema in a chosen way."""

    def change(each: Any) -> Any:
        return choose(each)(each) if isinstance(each, Mapping) else each

    return gather(map_schema(change, schema))


def gather(schema: Any) -> Any:
    """Move what `in_definition` marked to the definitions of the document."""
    definitions: dict[str, Any] = {}

    def move(each: Any) -> Any:
        if not isinstance(each, Mapping) or "moved" not in each:
            return each
        moved = map_schema(move, each["moved"])
        name = f"d{len(definitions)}"
        definitions[name] = moved
        return {"$ref": f"#/$defs/{name}"}

    return {"allOf": [map_schema(move, schema)], "$defs": definitions}
