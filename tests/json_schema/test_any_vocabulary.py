"""A documented body of any JSON Schema: samples, payloads and the mock are as the contract says."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from json_schema.engines import both, explains
from json_schema.schemas import INSTANCES, any_schemas
from json_schema.suite import contract
from sizes import examples, sample

from docpact import check
from docpact.bodies.engine import is_valid
from docpact.bodies.validate import violations
from docpact.capture.openapi import capture_operation, find_operation
from docpact.capture.openapi.unions import SEVERAL
from docpact.cases.samples import NoSampleError, full, minimal
from docpact.catalogue import load_files
from docpact.errors import ContractError
from docpact.model import Operation
from docpact.model.run import Verdict
from docpact.strategies import boundary_payload_cases, invalid_payload_cases, payloads

TEXT: Final = {"type": "string"}
NUMBER: Final = {"type": "number"}
NODE: Final = {"N": {"$dynamicAnchor": "node", "properties": {"a": {"$dynamicRef": "#node"}}}}
ENDLESS: Final = {
    "properties": {"c": {"type": "array", "items": {"$ref": "#/$defs/A"}, "minItems": 1}},
    "required": ["c"],
}

SCHEMAS: Final[list[dict[str, Any]]] = [
    {"properties": {"b": {"type": "string", "maxLength": 6, "pattern": "^[a-z]+$"}}},
    {"type": "string", "format": "date-time", "maxLength": 20},
    {"type": "integer", "minimum": 0.5},
    {"oneOf": [{"type": "integer"}, NUMBER]},
    {"properties": {"c": {"maxLength": 0, "pattern": "^a"}}},
    {"$ref": "#/$defs/A", "$defs": {"A": {"items": {"minLength": 3, "pattern": "^x$"}}}},
    {"type": "array", "prefixItems": [TEXT], "items": NUMBER, "contains": TEXT},
    {"properties": {"a": {"type": "array", "items": NUMBER, "contains": TEXT}}},
    {"type": "array", "items": NUMBER, "contains": TEXT, "minContains": 0},
    {"prefixItems": [{"type": "array"}], "contains": {}, "anyOf": [{"items": NUMBER}, TEXT]},
    {"items": {}, "contains": {"required": []}, "if": {}, "then": {"type": "array"}},
    {"prefixItems": [NUMBER], "anyOf": [{"items": TEXT}, {}], "oneOf": [{}, {"maxItems": 2}]},
    {"type": "array", "items": {"type": "object"}, "unevaluatedItems": {"minProperties": 1}},
    {"type": "array", "items": {"properties": {"a": {"type": "null"}}}, "uniqueItems": True},
    {"properties": {"a": {"maxProperties": 0, "dependentRequired": {"c": ["x"]}}}},
    {"maxProperties": 1, "anyOf": [{}, {"required": ["a", "b"]}]},
    {"patternProperties": {"^x": {"required": ["a"], "minProperties": 2}}},
    {"items": {"properties": {"c": {}}, "propertyNames": {"enum": []}}},
    {"dependentSchemas": {"c": {"propertyNames": {"enum": []}}}},
    {"properties": {"b": {"dependentSchemas": {"b": {"properties": {}}}}}},
    {"properties": {"a": {}, "c": {"oneOf": [{"minProperties": 1}, TEXT]}}, "minProperties": 2},
    {"if": {"format": "date-time"}, "else": {"type": "object"}},
    {"if": {"maxProperties": 0}, "then": {"required": ["a"]}, "else": {"properties": {"a": TEXT}}},
    {"dependentSchemas": {"c": TEXT}, "if": {"pattern": "^(x|yy)$", "format": "uuid"}},
    {"oneOf": [{}, {"oneOf": [{}, {"required": ["a"]}]}]},
    {"not": {"dependentSchemas": {"a": {"type": ["array"]}}}},
    {"not": {"if": {"type": "integer"}, "then": {"minimum": 3}, "else": TEXT}},
    {"allOf": [{"required": []}], "anyOf": [{}, {}]},
    {"allOf": [{"anyOf": [{"properties": {"b": NUMBER}}, {}]},
               {"anyOf": [{"properties": {"b": TEXT}}, NUMBER]}]},
    {"unevaluatedProperties": False, "anyOf": [{"properties": {"b": {}}}]},
    {"unevaluatedProperties": False, "allOf": [{"properties": {"b": TEXT}}],
     "properties": {"a": TEXT}},
    {"type": "object", "anyOf": [{"properties": {"b": TEXT}}, {"const": {"c": "x"}}]},
    {"type": "array", "items": {"oneOf": [{"type": "object", "properties": {"a": TEXT}},
     {"type": "object", "properties": {"b": NUMBER}, "required": ["b"]}]}},
    {"$dynamicRef": "#node", "$defs": NODE},
    {"allOf": [{"$dynamicRef": "#node"}], "dependentRequired": {"x": ["a"]}, "$defs": NODE},
    {"properties": {"c": {"$ref": "#/$defs/A"}}, "$defs": {"A": ENDLESS}},
    {"properties": {"b": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"minLength": 3, "maxLength": 0}}},
    {"allOf": [{"items": {"oneOf": [{}, {}]}, "unevaluatedItems": False}, {"required": []}]},
    {"type": "array", "prefixItems": [{"const": []}], "contains": TEXT},
    {"type": "array", "items": {"properties": {"a": TEXT, "b": TEXT}, "minProperties": 2}},
    {"patternProperties": {"^a": {"const": 2}}, "oneOf": [{"required": ["x1"]},
     {"properties": {"a": {}}, "required": ["a"], "unevaluatedProperties": False}]},
    {"type": "array", "items": {"pattern": "^a", "format": "uri"}, "maxItems": 3},
    {"properties": {"c": {"minProperties": 1, "allOf": [{"additionalProperties": False}]}}},
    {"anyOf": [{"items": {"type": "integer", "anyOf": [{"$ref": "#/$defs/A"}]}}],
     "$defs": {"A": {"oneOf": [{}, {}]}}},
    {"prefixItems": [{}], "contains": {}, "maxContains": 1},
    {"type": "array", "prefixItems": [TEXT, TEXT, NUMBER], "contains": TEXT, "maxContains": 2},
    {"type": "array", "items": {"type": "object", "required": ["id"], "properties": {"id": TEXT,
     "tags": {"type": "array", "items": TEXT, "contains": TEXT, "maxContains": 1}}}},
]  # fmt: skip


def captured(schema: dict[str, Any]) -> Operation:
    """Return the operation of a document whose response has a schema."""
    stated = json.loads(json.dumps(schema).replace('"#/$defs/', '"#/components/schemas/'))
    definitions = stated.pop("$defs", {})
    response = {"description": "ok", "content": {"application/json": {"schema": stated}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "servers": [{"url": "https://things.example"}],
        "paths": {"/things": {"get": {"operationId": "op", "responses": {"200": response}}}},
        "components": {"schemas": definitions},
    }
    return load_files(capture_operation(find_operation(document, "op", "things")), "toys/op")


def judge_bodies(operation: Operation) -> None:
    """Assert that samples and cases are valid, or break the keyword that they name."""
    schema = operation.response_schema
    for value in (full(schema), minimal(schema)):
        assert explains(schema, value)
    for case in boundary_payload_cases(operation):
        assert explains(schema, case.payload), case.label
    for case in invalid_payload_cases(operation):
        broken = [(each.keyword, each.pointer) for each in violations(schema, case.payload)]
        assert broken == [(case.keyword, case.pointer)], case.label


EMPTY = "enum []: not a value that this keyword can have"
"""The gap of an enumeration of nothing."""


@pytest.mark.parametrize("schema", sample(SCHEMAS, 3, json.dumps))
def test_the_mock_conforms_and_bodies_are_as_stated(schema: dict[str, Any]) -> None:
    operation = captured(schema)
    assert {each.text for each in operation.gaps} <= {SEVERAL, EMPTY}
    judge_bodies(operation)
    run = check(operation)
    assert [(each.rule, each.location, each.observed) for each in run.findings] == []
    assert run.verdict() is Verdict.CONFORMS


def test_bodies_that_are_not_found_are_refused() -> None:
    operation = captured(
        {
            "type": "array",
            "prefixItems": [{}],
            "items": TEXT,
            "contains": {"$ref": "#/$defs/A"},
            "$defs": {"A": {"type": "object"}},
        }
    )
    with pytest.raises(ContractError, match="no sample was found"):
        boundary_payload_cases(operation)


def test_references_lead_to_other_files_of_a_contract() -> None:
    number = {"type": "integer", "minimum": 1}
    size = {"$ref": "#/$defs/number", "$defs": {"number": number}}
    files = contract({"properties": {"size": {"$ref": "query.schema.json#/properties/size"}}})
    files["query.schema.json"] |= {"properties": {"size": size}, "$defs": {"number": number}}
    files["operation.json"]["parameters"] = [{"name": "size", "in": "query", "required": False}]
    operation = load_files({name: json.dumps(each) for name, each in files.items()}, "toys/op")
    found = violations(operation.response_schema, {"size": 0})
    assert [(each.keyword, each.pointer) for each in found] == [("minimum", "/size")]
    assert check(operation).verdict() is Verdict.CONFORMS
    files["response.schema.json"]["properties"]["size"] = {"$ref": "body.schema.json#/size"}
    with pytest.raises(ContractError, match="leads to no part of this file"):
        load_files({name: json.dumps(each) for name, each in files.items()}, "toys/op")


@pytest.mark.slow
@settings(
    max_examples=examples(20),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(any_schemas(), st.data())
def test_bodies_of_any_schema_are_as_stated(schema: dict[str, Any], data: st.DataObject) -> None:
    try:
        operation = captured(schema)
        drawn = payloads(operation)
        judge_bodies(operation)
    except (ContractError, NoSampleError):
        assume(False)
    stated = operation.response_schema
    assert is_valid(stated, data.draw(drawn))
    instance = data.draw(INSTANCES)
    reference, engine = both(stated)
    assert reference.is_valid(instance) is engine.is_valid(instance)
    assert explains(stated, instance) is reference.is_valid(instance)
