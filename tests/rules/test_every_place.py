"""A violation of every keyword is found at every kind of place, with its pointer and its source."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import pytest
from json_schema.test_any_vocabulary import captured
from sizes import sample

from docpact.bodies.validate import validate
from docpact.model import Case, Exchange, Request, Response
from docpact.rules import gather, judge

TEXT: Final = {"type": "string"}
PAIR: Final = {"type": "object", "properties": {"q": TEXT, "r": TEXT}}
LIST: Final = {"type": "array"}
A: Final = {"const": "a"}

BROKEN: Final[list[tuple[dict[str, Any], Any, Any, str]]] = [
    (TEXT, "a", 1, ""),
    ({"enum": ["a", "b"]}, "a", "c", ""),
    ({"const": "a"}, "a", "b", ""),
    ({**TEXT, "minLength": 2}, "ab", "a", ""),
    ({**TEXT, "maxLength": 1}, "a", "ab", ""),
    ({**TEXT, "pattern": "^a$"}, "a", "b", ""),
    ({**TEXT, "format": "date"}, "2000-01-01", "x", ""),
    ({"type": "number", "minimum": 1}, 1, 0, ""),
    ({"type": "number", "maximum": 1}, 1, 2, ""),
    ({"type": "number", "exclusiveMinimum": 1}, 2, 1, ""),
    ({"type": "number", "exclusiveMaximum": 1}, 0, 1, ""),
    ({"type": "number", "multipleOf": 2}, 2, 3, ""),
    ({**LIST, "minItems": 1}, ["a"], [], ""),
    ({**LIST, "maxItems": 1}, ["a"], ["a", "b"], ""),
    ({**LIST, "uniqueItems": True}, ["a"], ["a", "a"], ""),
    ({**LIST, "contains": A}, ["a"], ["b"], ""),
    ({**LIST, "contains": A, "minContains": 2}, ["a", "a"], ["a"], ""),
    ({**LIST, "contains": A, "maxContains": 1}, ["a"], ["a", "a"], ""),
    ({**LIST, "prefixItems": [TEXT], "unevaluatedItems": False}, ["a"], ["a", "b"], "/1"),
    ({**PAIR, "required": ["q"]}, {"q": "a"}, {}, "/q"),
    ({**PAIR, "minProperties": 1}, {"q": "a"}, {}, ""),
    ({**PAIR, "maxProperties": 1}, {"q": "a"}, {"q": "a", "r": "a"}, ""),
    ({**PAIR, "additionalProperties": False}, {"q": "a"}, {"z": 1}, "/z"),
    ({**PAIR, "unevaluatedProperties": False}, {"q": "a"}, {"z": 1}, "/z"),
    ({"additionalProperties": TEXT, "propertyNames": {"maxLength": 1}}, {"q": ""}, {"zz": ""},
     "/zz"),
    ({**PAIR, "dependentRequired": {"q": ["r"]}}, {"q": "a", "r": "a"}, {"q": "a"}, ""),
    ({"not": {"const": 1}}, "a", 1, ""),
    ({"anyOf": [TEXT, LIST]}, "a", 1, ""),
    ({"oneOf": [{"minimum": 2}, {"multipleOf": 2}]}, 3, 4, ""),
]  # fmt: skip
"""A schema that ends with a keyword, a valid value, one that breaks only this keyword, and the JSON
Pointer of the violation in it."""

KIND: Final = {"properties": {"k": {"const": "x"}}, "required": ["k"]}
Wrap = tuple[Callable[[Any], Any], Callable[[Any], Any], str]


def fields(schema: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"f": schema, **more}}


def defined(schema: Any, **within: Any) -> dict[str, Any]:
    return {**within, "$defs": {"A": schema}}


REF: Final = {"$ref": "#/$defs/A"}

PLACES: Final[dict[str, Wrap]] = {
    "the body": (lambda s: s, lambda v: v, ""),
    "$ref": (lambda s: defined(s, **REF), lambda v: v, ""),
    "properties": (fields, lambda v: {"f": v}, "/f"),
    "properties, $ref": (lambda s: defined(s, **fields(REF)), lambda v: {"f": v}, "/f"),
    "items": (lambda s: {"type": "array", "items": s}, lambda v: [v], "/0"),
    "oneOf": (
        lambda s: {"oneOf": [fields(s, k={"const": "x"}) | {"required": ["k", "f"]},
                             {"type": "object", **KIND, "properties": {"k": {"const": "y"}}}]},
        lambda v: {"k": "x", "f": v},
        "/f",
    ),
    "anyOf": (lambda s: {"anyOf": [fields(s), TEXT]}, lambda v: {"f": v}, "/f"),
    "oneOf, $ref": (
        lambda s: defined(fields(s), oneOf=[REF, TEXT]), lambda v: {"f": v}, "/f"
    ),
    "allOf": (
        lambda s: {"allOf": [fields(s), {"properties": {"g": TEXT}}]}, lambda v: {"f": v}, "/f"
    ),
    "additionalProperties": (
        lambda s: {"type": "object", "additionalProperties": s}, lambda v: {"any": v}, "/any"
    ),
    "patternProperties": (
        lambda s: {"type": "object", "patternProperties": {"^x": s}}, lambda v: {"x1": v}, "/x1"
    ),
    "prefixItems": (lambda s: {"prefixItems": [TEXT, s]}, lambda v: ["a", v], "/1"),
    "unevaluatedItems": (
        lambda s: {"prefixItems": [TEXT], "unevaluatedItems": s}, lambda v: ["a", v], "/1"
    ),
    "unevaluatedProperties": (
        lambda s: {"properties": {"g": TEXT}, "unevaluatedProperties": s},
        lambda v: {"g": "a", "h": v},
        "/h",
    ),
    "dependentSchemas": (
        lambda s: {"properties": {"g": TEXT}, "dependentSchemas": {"g": fields(s)}},
        lambda v: {"g": "a", "f": v},
        "/f",
    ),
    "then": (
        lambda s: {"properties": {"k": TEXT}, "if": KIND, "then": fields(s)},
        lambda v: {"k": "x", "f": v},
        "/f",
    ),
    "else": (
        lambda s: defined(fields(s), properties={"k": TEXT}, **{"if": KIND, "else": REF}),
        lambda v: {"k": "y", "f": v},
        "/f",
    ),
    "a map of a nullable field of a branch of an item": (
        lambda s: {"items": {"allOf": [fields(TEXT), {"properties": {"o": {"anyOf": [
            {"type": "null"}, {"type": "object", "additionalProperties": REF}]}}}]},
            "$defs": {"A": s}},
        lambda v: [{"f": "a", "o": {"k": v}}],
        "/0/o/k",
    ),
}  # fmt: skip
"""What contains a schema → the whole schema, a body with a value there, and its JSON Pointer."""


@pytest.mark.sampled(3)
@pytest.mark.parametrize("place", sample(PLACES, 2))
def test_violations_of_every_keyword_are_found(place: str) -> None:
    wrap, contain, where = PLACES[place]
    for schema, valid, invalid, at in BROKEN:
        keyword = [*schema][-1]
        operation = captured(wrap(schema))
        assert operation.gaps == ()
        found = validate(operation.response_schema, contain(valid))
        assert (found.violations, found.undocumented) == ((), ()), keyword
        (broken,) = validate(operation.response_schema, contain(invalid)).violations
        is_choice = keyword in ("enum", "const") and ("oneOf" in place or place == "anyOf")
        if not is_choice:  # constants choose the form, so that the union is broken
            assert (broken.keyword, broken.pointer) == (keyword, f"{where}{at}")
        assert operation.source("response", broken.schema_pointer) is not None


CONDITIONS: Final[dict[str, tuple[Any, Any, str]]] = {
    "if": ({"if": KIND, "then": {"properties": {"a": {}}}}, {"k": "x", "z": 1}, "/z"),
    "a definition of if": ({"if": REF, "$defs": {"A": KIND}}, {"k": "x", "z": 1}, "/z"),
    "contains": ({"type": "array", "contains": KIND}, [{"k": "x", "z": 1}], "/*/z"),
}
"""Keyword whose schema names fields → the schema, a body with another field, and its place."""


@pytest.mark.parametrize("keyword", CONDITIONS)
def test_undocumented_fields_beside_those_of_a_condition_are_found(keyword: str) -> None:
    schema, body, where = CONDITIONS[keyword]
    response = Response(200, (("content-type", "application/json"),), json.dumps(body).encode())
    exchange = Exchange(Case("a"), Request("GET", "https://toys.example/things"), response)
    operation = captured(schema)
    found = [each for each in judge(gather(operation, [exchange])) if each.breaches]
    assert [(each.promise.rule, each.breaches[0].location) for each in found] == [
        ("response.undocumented_field", where)
    ]
