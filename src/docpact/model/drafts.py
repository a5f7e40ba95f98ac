"""Earlier drafts of JSON Schema, translated to 2020-12."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

from docpact.model.traversal import map_keyword

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
