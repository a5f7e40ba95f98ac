"""The opposites of keywords: schemas that accept the values which break one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from docpact.cases.bounds import TYPES
from docpact.cases.expressions import negate_pattern
from docpact.model import Schema
from docpact.model.schema import (
    ANNOTATIONS,
    ARRAY_KEYWORDS,
    NOTHING,
    NUMBER_KEYWORDS,
    OBJECT_KEYWORDS,
    STRING_KEYWORDS,
    list_types,
)


def _other_types(value: Any) -> Iterator[Schema]:
    stated = {*list_types({"type": value})}
    near = {"integer", "number"} if {"integer", "number"} & stated else set()
    others = [name for name in TYPES if name not in stated | near]
    yield {"type": others} if others else NOTHING


def _missing(names: Sequence[str]) -> Iterator[Schema]:
    yield from ({"type": "object", "properties": {name: NOTHING}} for name in names)


def _break_fields(fields: Mapping[str, Schema]) -> Iterator[Schema]:
    for name, each in fields.items():
        yield {"type": "object", "required": [name], "properties": {name: {"not": each}}}


def _missing_dependent(stated: Mapping[str, Sequence[str]]) -> Iterator[Schema]:
    for name, names in stated.items():
        for each in names:
            yield {"type": "object", "required": [name], "properties": {each: NOTHING}}


def _break_dependent(stated: Mapping[str, Schema]) -> Iterator[Schema]:
    for name, each in stated.items():
        yield {"type": "object", "required": [name], "not": each}


def _unmatched(pattern: str) -> Iterator[Schema]:
    opposite = negate_pattern(pattern)
    if opposite is not None:
        yield {"type": "string", "pattern": opposite}


def _bound(kind: str, keyword: str, step: int) -> Any:
    def opposite(value: Any) -> Iterator[Schema]:
        yield {"type": kind, keyword: value + step} if value + step >= 0 or not step else NOTHING

    return opposite


OPPOSITES: Final[Mapping[str, Any]] = {
    "type": _other_types,
    "required": _missing,
    "properties": _break_fields,
    "dependentRequired": _missing_dependent,
    "dependentSchemas": _break_dependent,
    "minimum": _bound("number", "exclusiveMaximum", 0),
    "maximum": _bound("number", "exclusiveMinimum", 0),
    "exclusiveMinimum": _bound("number", "maximum", 0),
    "exclusiveMaximum": _bound("number", "minimum", 0),
    "pattern": _unmatched,
    "minLength": _bound("string", "maxLength", -1),
    "maxLength": _bound("string", "minLength", 1),
    "minItems": _bound("array", "maxItems", -1),
    "maxItems": _bound("array", "minItems", 1),
    "minProperties": _bound("object", "maxProperties", -1),
    "maxProperties": _bound("object", "minProperties", 1),
}
"""Keyword → schemas; a value breaks the keyword exactly if it satisfies one of them."""

NEGATED: Final = (
    ANNOTATIONS
    | OPPOSITES.keys()
    | {"$ref", "allOf", "not", "anyOf", "oneOf", "if", "then", "else"}
)
"""Keywords whose opposites are schemas."""

BESIDE: Final = frozenset(
    {"contains", "minContains", "maxContains", "prefixItems", "properties", "patternProperties"}
    | {"if", "then", "else"}
)
"""Keywords that change what others mean."""


def list_breaking_types(unknown: Mapping[str, Any]) -> list[str]:
    """Return the types of the values that can break some keywords."""
    if len(unknown) > 1:
        return [*TYPES]
    kinds = {
        **dict.fromkeys(STRING_KEYWORDS, "string"),
        **dict.fromkeys(NUMBER_KEYWORDS, "number"),
        **dict.fromkeys(ARRAY_KEYWORDS, "array"),
        **dict.fromkeys(OBJECT_KEYWORDS, "object"),
    }
    kind = kinds.get(next(iter(unknown)))
    return [*TYPES] if kind is None or "format" in unknown else [kind]
