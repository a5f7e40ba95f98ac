"""Traversal of JSON Schemas by one table of applicators, and translation of earlier drafts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

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

    The function takes a subschema and its path in the value.
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

    The function must not modify the schema that it takes, whose own subschemas are changed already.
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


Draft: TypeAlias = Literal["4", "6", "7", "2019-09", "2020-12"]
"""The drafts that docpact reads."""

_NAMES: Final = {
    "draft-03": "4", "draft-04": "4", "draft-06": "6", "draft-07": "7",
    "2019-09": "2019-09", "2020-12": "2020-12",
}  # fmt: skip

_LATER: Final[Mapping[str, frozenset[str]]] = {
    "4": frozenset({"const", "contains", "propertyNames", "if", "then", "else", "$id"}),
    "6": frozenset({"if", "then", "else"}),
}
"""Draft → keywords that only a later draft has."""

_SINCE_2019: Final = frozenset(
    {"dependentRequired", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems"}
    | {"minContains", "maxContains", "$anchor", "$recursiveRef", "$recursiveAnchor"}
    | {"prefixItems", "$dynamicRef", "$dynamicAnchor"}
)

_ANCHOR: Final = "recursive"
"""The name of the dynamic anchor that replaces `$recursiveAnchor`."""


def find_draft(schema: Any) -> Draft:
    """Return the draft that `$schema` names; 2020-12 if it names none."""
    stated = schema.get("$schema") if isinstance(schema, Mapping) else None
    for name, draft in _NAMES.items():
        if isinstance(stated, str) and name in stated:
            return draft  # type: ignore[return-value]
    return "2020-12"


def translate(schema: Any, draft: Draft) -> Any:
    """Return a schema of a draft as one of 2020-12.

    Keywords beside a `$ref` are left out, as drafts 4 to 7 ignore them, and so are keywords that
    the draft does not have. `dependencies` stays: `docpact.model.references` reads it.
    """
    return schema if draft == "2020-12" else _translate(schema, draft, None)


def _translate(schema: Any, draft: Draft, anchor: str | None) -> Any:
    """Return a part of a schema as one of 2020-12; `anchor` is the target of `$recursiveRef`."""
    if not isinstance(schema, Mapping):
        return schema
    if anchor is None or "$id" in schema:
        anchor = f"#{_ANCHOR}" if schema.get("$recursiveAnchor") is True else "#"
    is_old = draft in ("4", "6", "7")
    left_out = _LATER.get(draft, frozenset()) | (_SINCE_2019 if is_old else frozenset())
    stated = dict(schema)
    if is_old and isinstance(stated.get("$ref"), str):
        kept = ("$ref", "definitions", "$defs")
        stated = {keyword: stated[keyword] for keyword in kept if keyword in stated}
    found: dict[str, Any] = {"$dynamicRef": anchor} if "$recursiveRef" in stated else {}
    for keyword, value in stated.items():
        if keyword not in left_out and keyword not in ("$schema", "$recursiveRef"):
            found |= _translate_keyword(keyword, value, stated, draft, anchor)
    return found


def _translate_keyword(
    keyword: str, value: Any, beside: Mapping[str, Any], draft: Draft, anchor: str
) -> dict[str, Any]:
    def inner(each: Any, _: object = None) -> Any:
        return _translate(each, draft, anchor)

    if keyword in _RENAMED:
        return _RENAMED[keyword](value)
    if isinstance(value, bool) and keyword in ("exclusiveMinimum", "exclusiveMaximum", "required"):
        bound = beside.get(keyword.replace("exclusiveM", "m"))
        return {keyword: bound} if value and keyword != "required" and bound is not None else {}
    if keyword == ("id" if draft == "4" else "$id") and isinstance(value, str):
        base, _, fragment = value.partition("#")  # which earlier drafts do not distinguish
        return ({"$id": base} if base else {}) | ({"$anchor": fragment} if fragment else {})
    if keyword == "items" and isinstance(value, list):
        prefix = {"prefixItems": [*map(inner, value)]} if value else {}
        further = beside.get("additionalItems")
        return prefix if further is None else prefix | {"items": inner(further)}
    if keyword == "dependencies" and isinstance(value, Mapping):
        return {keyword: {n: _translate_dependency(each, inner) for n, each in value.items()}}
    return {keyword: map_keyword(keyword, value, inner)}


_RENAMED: Final[Mapping[str, Callable[[Any], dict[str, Any]]]] = {
    "additionalItems": lambda _: {},
    "$ref": lambda ref: {"$ref": _move_pointer(ref) if isinstance(ref, str) else ref},
    "$recursiveAnchor": lambda value: {"$dynamicAnchor": _ANCHOR} if value is True else {},
}
"""Keyword of an earlier draft → what states the same in 2020-12."""


def _translate_dependency(value: Any, translate_schema: Callable[[Any], Any]) -> Any:
    if isinstance(value, str):
        return [value]
    return value if isinstance(value, list) else translate_schema(value)


def _move_pointer(ref: str) -> str:
    """Return a reference with the places of elements as 2020-12 names them."""
    moved = re.sub(r"/items/(\d+)(?=/|$)", r"/prefixItems/\1", ref)
    return re.sub(r"/additionalItems(?=/|$)", "/items", moved)
