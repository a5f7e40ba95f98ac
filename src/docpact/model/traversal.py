"""Traversal of JSON Schemas: every subschema, found through one table of applicators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, Final, Literal

from docpact.model.pointer import Tokens


@dataclass(frozen=True, slots=True)
class Applicator:
    """A keyword whose value holds subschemas.

    Attributes:
        holds: one schema, a list of them, or a mapping from names to them.
        applies_to: the part of an instance that the subschemas describe: the instance itself, a
            property, an array element, the name of a property, or nothing until a `$ref` asks.
    """

    holds: Literal["schema", "list", "mapping"]
    applies_to: Literal["itself", "property", "element", "name", "nothing"]


APPLICATORS: Final[Mapping[str, Applicator]] = {
    "$defs": Applicator("mapping", "nothing"),
    "definitions": Applicator("mapping", "nothing"),
    "allOf": Applicator("list", "itself"),
    "anyOf": Applicator("list", "itself"),
    "oneOf": Applicator("list", "itself"),
    "not": Applicator("schema", "itself"),
    "if": Applicator("schema", "itself"),
    "then": Applicator("schema", "itself"),
    "else": Applicator("schema", "itself"),
    "dependentSchemas": Applicator("mapping", "itself"),
    "properties": Applicator("mapping", "property"),
    "patternProperties": Applicator("mapping", "property"),
    "additionalProperties": Applicator("schema", "property"),
    "unevaluatedProperties": Applicator("schema", "property"),
    "propertyNames": Applicator("schema", "name"),
    "prefixItems": Applicator("list", "element"),
    "items": Applicator("schema", "element"),
    "contains": Applicator("schema", "element"),
    "unevaluatedItems": Applicator("schema", "element"),
}
"""Every keyword of JSON Schema 2020-12 that holds schemas (core and applicator vocabularies,
https://json-schema.org/draft/2020-12/json-schema-core, sections 8.2.4, 10 and 11)."""


def children(schema: Any) -> Iterator[tuple[Tokens, Any]]:
    """Yield the direct subschemas of a schema with their paths in it, in the schema's order.

    References are not followed. Values that are not schemas, such as a number below `items`, are
    skipped.
    """
    if not isinstance(schema, Mapping):
        return
    for keyword, value in schema.items():
        applicator = APPLICATORS.get(keyword)
        if applicator is None:
            continue
        if applicator.holds == "schema" and _is_schema(value):
            yield (keyword,), value
        elif applicator.holds == "list" and isinstance(value, list):
            yield from (((keyword, n), each) for n, each in enumerate(value) if _is_schema(each))
        elif applicator.holds == "mapping" and isinstance(value, Mapping):
            yield from (((keyword, n), each) for n, each in value.items() if _is_schema(each))


def map_keyword(keyword: str, value: Any, change: Callable[[Any, Tokens], Any]) -> Any:
    """Return the value of a keyword with each subschema changed; of one without any, the value.

    Args:
        keyword: of a schema.
        value: as the metaschema describes it.
        change: takes a subschema and its path in the value.
    """
    match APPLICATORS[keyword].holds if keyword in APPLICATORS else "", value:
        case "mapping", Mapping():
            return {name: change(each, (name,)) for name, each in value.items()}
        case "list", list():
            return [change(each, (number,)) for number, each in enumerate(value)]
        case "schema", _:
            return change(value, ())
    return value


def subschemas(schema: Any, path: Tokens = ()) -> Iterator[tuple[Tokens, Any]]:
    """Yield a schema, an object or a boolean, and every subschema with its path, parents first.

    References are not followed: a definition appears once, below `$defs`.
    """
    yield path, schema
    for names, inner in children(schema):
        yield from subschemas(inner, (*path, *names))


def map_schema(change: Callable[[Any], Any], schema: Any) -> Any:
    """Return a schema with every subschema changed, innermost first; the schema itself last.

    Args:
        change: takes a schema whose own subschemas are changed already; it must not modify it.
        schema: is left as it is.
    """
    if not isinstance(schema, Mapping):
        return change(schema)
    found: dict[Any, Any] = dict(schema)
    for (keyword, *step), inner in children(schema):
        changed = map_schema(change, inner)
        if not step:
            found[keyword] = changed
            continue
        if found[keyword] is schema[str(keyword)]:
            found[keyword] = copy(found[keyword])
        found[keyword][step[0]] = changed
    return change(found)


def _is_schema(value: Any) -> bool:
    return isinstance(value, Mapping | bool)
