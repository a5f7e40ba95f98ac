"""`from_schema` draws valid values of any schema, and names the problem of others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from jsonschema.validators import validator_for
from sizes import examples, sample

from docpact.strategies import from_schema

NAMES = {"type": "string", "pattern": "^[a-z]+-[0-9]{2}$", "maxLength": 12}
TREE = {"properties": {"next": {"$ref": "#"}, "size": {"type": "integer"}}, "required": ["size"]}
KINDS = {
    "type": "array",
    "items": {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}},
    "allOf": [
        {"contains": {"required": ["kind"], "properties": {"kind": {"const": each}}}}
        for each in ("home", "work", "other")
    ],
}
ONE_OF_64 = {  # of 64 ways to choose, only one has a value
    "type": "integer",
    "allOf": [
        {"anyOf": [{"minimum": n, "maximum": n} for n in numbers]}
        for numbers in ([1, 2, 3, 9], [4, 5, 9, 6], [9, 7, 8, 0])
    ],
}
ITEMS = {"items": [{"type": "string"}], "additionalItems": {"type": "integer"}, "minItems": 3}

DRAWN = [
    True,
    {},
    NAMES,
    {"type": "string", "minLength": 50_000},
    {"type": "string", "maxLength": 2_147_483_647, "minLength": 3},
    {"type": "string", "pattern": "^(?=.*[0-9])(?=.*[a-z]).{8,}$"},
    {"type": "string", "pattern": "^a", "format": "hostname"},
    {"type": "string", "allOf": [{"pattern": "^[0-9]+$"}, {"pattern": "^[^1-8]+$"}]},
    {"type": "string", "pattern": "^[a-z]+$", "not": {"pattern": "^a|z"}},
    {"type": "string", "pattern": "^.{5000,6000}$"},
    {"type": "object", "propertyNames": {"not": {"pattern": "^[a-m]"}}, "minProperties": 2},
    {"type": "object", "enum": [{"a": 1}, {"b": 1}], "anyOf": [
        {"type": "null"}, {"enum": [{"b": 1}], "propertyNames": {"$ref": "#/$defs/name"}}],
     "$defs": {"name": {"maxLength": 3}}},
    {"type": "number", "multipleOf": 0.25, "minimum": 0, "exclusiveMaximum": 9},
    {"type": "integer", "allOf": [{"multipleOf": 6}, {"multipleOf": 10}], "minimum": 1},
    {"type": "integer", "format": "int32"},
    {"type": "array", "uniqueItems": True, "items": {"type": "boolean"}, "minItems": 2},
    {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 5}, "minContains": 2},
    {"type": "array", "contains": {"const": 1}, "maxContains": 1, "minItems": 2},
    KINDS,
    ONE_OF_64,
    {"type": "array", "contains": {"pattern": "^x"}, "maxContains": 4, "minItems": 3},
    {"enum": [{"a": 1}, {"b": 1}], "properties": {"a": {}}, "unevaluatedProperties": False},
    {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:a:b",
     "type": "number", "multipleOf": 1.5, "if": {"enum": [1, 2**53]}, "maximum": 2**53,
     "then": {"$ref": "#/$defs/a"}, "$defs": {"a": {"minimum": 1}}},
    {"enum": [{"a": 1}], "oneOf": [{"unevaluatedProperties": True}],
     "unevaluatedProperties": False},
    {"if": {"pattern": "^.+$"}, "then": {"const": 1}, "anyOf": [
        {"format": "date", "pattern": "^x"}, {"format": "uri", "pattern": "^ftp:"}, {"const": ""}]},
    {"type": "array", "uniqueItems": True, "items": {"enum": [*range(100)]}, "minItems": 90},
    {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/a", "const": 1},
     "$defs": {"a": {"type": "integer"}}},
    {"propertyNames": {"enum": ["a", "bb"], "$ref": "#/$defs/a"}, "type": "object",
     "minProperties": 1, "$defs": {"a": {"maxLength": 1}}},
    {"type": "object", "propertyNames": {"pattern": "^[A-Z]{3}$"}, "minProperties": 2},
    {"anyOf": [{}, {"type": "null"}], "oneOf": [{"const": None}, {}]},
    {"type": "array", "prefixItems": [{"const": 1}, NAMES], "items": False, "minItems": 2},
    {"type": "object", "minProperties": 2, "propertyNames": NAMES},
    {"type": "object", "patternProperties": {"^x": NAMES}, "additionalProperties": False,
     "minProperties": 1},
    {"type": "object", "maxProperties": 1, "properties": {"a": {}, "b": {}, "c": {}}},
    {"not": {"type": ["string", "null"]}},
    {"type": "object", "not": {"required": ["a"]}, "properties": {"a": {}, "b": {}}},
    {"oneOf": [{"required": ["a"]}, {"required": ["b"]}], "type": "object",
     "properties": {"a": NAMES, "b": NAMES}},
    {"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]},
     "else": {"required": ["c"]}, "type": "object", "required": ["a"]},
    {"allOf": [{"properties": {"a": NAMES}}, {"required": ["a"]}], "type": "object",
     "unevaluatedProperties": False},
    {"dependentSchemas": {"a": {"required": ["b"]}}, "type": "object", "required": ["a"]},
    TREE,
    {"$schema": "http://json-schema.org/draft-04/schema#", "type": "number", "minimum": 1,
     "exclusiveMinimum": True, "maximum": 2},
    {"$schema": "http://json-schema.org/draft-06/schema#", "type": "array", **ITEMS},
    {"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/a",
     "type": "null", "definitions": {"a": {"type": "string", "const": "a"}}},
    {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "required": ["a"],
     "dependencies": {"a": ["b"], "b": {"required": ["c"]}}},
    {"$schema": "https://json-schema.org/draft/2019-09/schema", "$recursiveAnchor": True,
     "type": "object", "properties": {"a": {"$recursiveRef": "#"}}, "minProperties": 1},
    {"$schema": "https://json-schema.org/draft/2019-09/schema", "type": "object",
     "properties": {"a": {"$recursiveRef": "#"}}},
    {"$schema": "https://json-schema.org/draft/2019-09/schema", "type": "array",
     "items": [{"type": "null"}], "unevaluatedItems": {"type": "integer"}, "minItems": 3},
]  # fmt: skip


@pytest.mark.sampled(7)
@pytest.mark.parametrize("schema", sample(DRAWN, 2))
@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_values_are_valid(schema: Any, data: st.DataObject) -> None:
    validator: Any = validator_for(schema)(schema)
    assert validator.is_valid(data.draw(from_schema(schema)))


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": "number", "multipleOf": 0.5}, 1.5),
        ({"type": "string", "pattern": "^[ab]$"}, "b"),
        ({"type": "array", "uniqueItems": True, "items": {"enum": [1, 2]}}, [2, 1]),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, True),
        ({"type": "object", "patternProperties": {"^x$": {"type": "null"}}}, {"x": None}),
    ],
    ids=str,
)
def test_a_value_that_can_be_drawn(schema: Any, wanted: Any) -> None:
    quiet = settings(database=None, max_examples=2000)
    assert find(from_schema(schema), lambda value: value == wanted, settings=quiet) == wanted


def test_the_draft_of_a_schema_that_names_none() -> None:
    pair = {"type": "array", "items": [{"const": 1}], "additionalItems": False, "minItems": 1}
    assert find(from_schema(pair, draft="7"), bool, settings=settings(database=None)) == [1]


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "text"}, "not a JSON Schema"),
        ([], "expected an object or a boolean"),
        ({"$ref": "other.json"}, "leads to no part of the schema"),
        ({"$ref": "#"}, "no value satisfies it"),
        (False, "no value satisfies it"),
        ({"const": 1, "enum": [2]}, "no value satisfies it"),
        ({"allOf": [{"type": "string"}, {"type": "null"}]}, "no value satisfies it"),
        ({"allOf": [{"minimum": 2}, {"enum": [1]}]}, "no value satisfies it"),
        ({"type": "string", "allOf": [{"pattern": "^a"}, {"pattern": "^b"}]}, "no value"),
        ({"type": "string", "pattern": "^abc$", "minLength": 5}, "no value satisfies it"),
        ({"type": "array", "maxItems": 0, "contains": {}}, "no value satisfies it"),
        ({"type": "array", "contains": {}, "minContains": 2, "maxContains": 1}, "no value"),
        (
            {"type": "array", "uniqueItems": True, "items": {"type": "boolean"}, "minItems": 3},
            "no value",
        ),
        ({"type": "object", "propertyNames": {"const": "a"}, "minProperties": 2}, "no value"),
        ({"required": ["a"], "type": "object", "properties": {"a": {"$ref": "#"}}}, "no value"),
    ],
    ids=str,
)
def test_schemas_without_values(schema: Any, problem: str) -> None:
    with pytest.raises(InvalidArgument, match=problem):
        from_schema(schema)
