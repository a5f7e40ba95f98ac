"""Each keyword of JSON Schema: its violations, and the fields that it documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from audit.judging import by_audit, by_rules
from toy import LAMPS, exchange

from docpact.bodies.validate import validate
from docpact.model import Schema
from docpact.model.references import localize
from docpact.rules import gather, judge
from docpact.rules.responses.summary import list_unseen

NAME = {"type": "string"}
HAS_A = {"properties": {"a": {"type": "integer"}}}
HAS_B = {"properties": {"b": {"type": "integer"}}}
CLOSED = {"unevaluatedProperties": False}
KIND = {"properties": {"kind": {"const": "a"}}, "required": ["kind"]}


def breaches(schema: Schema, *bodies: Any) -> Sequence[tuple[str, str, int]]:
    """Return rule, location and count of each breach, as a check reports it and an audit too."""
    response = localize(schema).schema
    operation = replace(LAMPS, response_schema=response, roles=replace(LAMPS.roles, items=None))
    exchanges = [exchange(body) for body in bodies]
    assert by_audit(operation, exchanges) == by_rules(operation, exchanges)
    return [
        (each.promise.rule.removeprefix("response."), breach.location, breach.count)
        for each in judge(gather(operation, exchanges))
        for breach in each.breaches
    ]


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    ("schema", "valid", "invalid", "keyword", "location"),
    [
        ({"pattern": "^a$"}, "a", "a\n", "pattern", ""),
        ({"pattern": r"^\p{Lu}\d$"}, "É1", "É١", "pattern", ""),
        ({"multipleOf": 0.01}, 0.07, 0.075, "multipleOf", ""),
        ({"multipleOf": 3}, 9.0, 10, "multipleOf", ""),
        ({"uniqueItems": True}, [1, True, "1"], [1, 1.0], "uniqueItems", ""),
        ({"uniqueItems": True}, [[1], [True], {"a": 1}, {"a": True}, ["a", 1], []],
         [{"a": [1], "b": {}}, {"b": {}, "a": [1.0]}], "uniqueItems", ""),
        ({"contains": NAME}, [1, "a"], [1], "contains", ""),
        ({"contains": NAME, "minContains": 2}, ["a", "b"], ["a"], "minContains", ""),
        ({"contains": NAME, "minContains": 2}, ["a", "b"], [], "minContains", ""),
        ({"contains": NAME, "maxContains": 1}, ["a", 1], ["a", "b"], "maxContains", ""),
        ({"minProperties": 1}, {"a": 1}, {}, "minProperties", ""),
        ({"maxProperties": 1}, {"a": 1}, {"a": 1, "b": 2}, "maxProperties", ""),
        ({"propertyNames": {"pattern": "^a"}}, {"ab": 1}, {"b": 1}, "propertyNames", "/b"),
        ({"dependentRequired": {"a": ["b"]}}, {"b": 1}, {"a": 1}, "dependentRequired", ""),
        ({**HAS_A, "additionalProperties": False}, {"a": 1}, {"b": 1}, "additionalProperties",
         "/b"),
        ({"patternProperties": {"^x": NAME}}, {"x1": "a"}, {"x1": 1}, "type", "/*"),
        ({"prefixItems": [NAME], "items": False}, ["a"], ["a", 1], "not", "/*"),
        ({"prefixItems": [NAME]}, ["a", 1], [1], "type", "/*"),
        ({"prefixItems": [NAME], "unevaluatedItems": False}, ["a"], ["a", 1], "unevaluatedItems",
         "/*"),
        ({"oneOf": [{"minimum": 2}, {"multipleOf": 2}]}, 3, 4, "oneOf", ""),
        ({"not": {"type": "null"}}, 1, None, "not", ""),
        ({"allOf": [{"minimum": 2}, {"maximum": 3}]}, 2, 4, "maximum", ""),
        ({"allOf": [HAS_A], **CLOSED}, {"a": 1}, {"b": 1}, "unevaluatedProperties", "/b"),
        ({"if": KIND, "then": HAS_A, **CLOSED}, {"kind": "a", "a": 1}, {"a": 1},
         "unevaluatedProperties", "/a"),
        ({"if": KIND, "then": {"required": ["a"]}}, {"kind": "b"}, {"kind": "a"}, "required", "/a"),
        ({"if": {"minimum": 2}, "else": {"const": 1}}, 1, 0, "const", ""),
        ({"dependentSchemas": {"b": HAS_A}}, {"a": "x"}, {"a": "x", "b": 1}, "type", "/a"),
        ({"unevaluatedProperties": NAME}, {"a": "x"}, {"a": 1}, "type", "/*"),
        ({"properties": {"a": False}}, {"b": 1}, {"a": 1}, "not", "/a"),
        ({"$ref": "#/$defs/n", "minLength": 2, "$defs": {"n": NAME}}, "ab", "a", "minLength", ""),
        ({"oneOf": [{"type": "object", **KIND, "allOf": [HAS_A]}, NAME]}, {"kind": "a", "a": 1},
         {"kind": "a", "a": "x"}, "type", "/a"),
    ],
    ids=str,
)  # fmt: skip
def test_one_violation(
    schema: Schema, valid: Any, invalid: Any, keyword: str, location: str
) -> None:
    broken = [each for each in breaches(schema, valid) if each[0] != "undocumented_field"]
    assert broken == []
    found = [each for each in breaches(schema, invalid) if each[0] != "undocumented_field"]
    assert found == [(keyword, location, 1)]


@pytest.mark.parametrize(
    ("schema", "body", "extras"),
    [
        ({"allOf": [HAS_A, HAS_B]}, {"a": 1, "b": 1, "c": 1}, ["/c"]),
        ({"allOf": [{"$ref": "#/$defs/a"}], **HAS_B, "$defs": {"a": HAS_A}}, {"a": 1, "c": 1},
         ["/c"]),
        ({"anyOf": [HAS_A, HAS_B]}, {"a": 1, "b": 1, "c": 1}, ["/c"]),
        ({"oneOf": [{**HAS_A, "required": ["a"]}, {**HAS_B, "required": ["b"]}]},
         {"a": 1, "c": 1}, ["/c"]),
        ({"if": KIND, "then": HAS_A, "else": HAS_B}, {"kind": "a", "a": 1, "b": 1}, ["/b"]),
        ({"if": KIND, "then": HAS_A, "else": HAS_B}, {"kind": "b", "b": 1}, ["/kind"]),
        ({**HAS_A, "dependentSchemas": {"a": HAS_B}}, {"a": 1, "b": 1, "c": 1}, ["/c"]),
        ({**HAS_A, "dependentSchemas": {"a": HAS_B}}, {"b": 1}, ["/b"]),
        ({**HAS_A, "patternProperties": {"^x": {}}}, {"a": 1, "x1": 1, "y": 1}, ["/y"]),
        ({**HAS_A, "additionalProperties": True}, {"b": 1}, []),
        ({"allOf": [HAS_A, {"additionalProperties": NAME}]}, {"a": 1, "b": "x"}, []),
        ({**HAS_A, "required": ["z"]}, {"z": 1}, []),
        ({"prefixItems": [HAS_A], "items": HAS_B}, [{"b": 1}, {"b": 1}, {"a": 1}],
         ["/*/b", "/*/a"]),
        ({"items": HAS_A, "contains": HAS_B}, [{"a": 1, "b": 1, "c": 1}], ["/*/c"]),
        ({"allOf": [{"properties": {"in": HAS_A}}, {"properties": {"in": HAS_B}}]},
         {"in": {"a": 1, "b": 1, "c": 1}}, ["/in/c"]),
        ({"not": HAS_A}, {"a": "x", "c": 1}, []),
    ],
    ids=str,
)  # fmt: skip
def test_undocumented_fields(schema: Schema, body: Any, extras: list[str]) -> None:
    found = validate(localize(schema).schema, body).undocumented
    assert [each.location for each in found] == extras


def test_fields_that_no_response_had() -> None:
    schema = {
        "properties": {"a": {"allOf": [HAS_A, {"if": KIND, "then": HAS_B}]}, "p": {}},
        "patternProperties": {"^x": {"properties": {"z": {}}}},
        "items": {"enum": ["s", "t"]},
    }
    operation = replace(LAMPS, response_schema=schema, roles=replace(LAMPS.roles, items=None))
    evidence = gather(
        operation, [exchange({"a": {"kind": "a", "b": 1}, "x1": {}}), exchange(["s"])]
    )
    assert list_unseen(operation, evidence.summary) == (
        "/a/a: no value",
        "/p: no value",
        "/*/z: no value",
        '/*: never "t"',
    )
