"""Every keyword of a document is enforced in every message, or a gap of the contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from json_schema.schemas import INSTANCES, any_schemas, near
from jsonschema import Draft202012Validator
from sizes import examples

from docpact.bodies.engine import is_valid
from docpact.bodies.formats import make_checker
from docpact.capture.openapi import capture_operation, find_operation
from docpact.catalogue import load_files
from docpact.errors import ContractError
from docpact.model import Operation, Schema
from docpact.model.schema import with_definitions


def document(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a document that states one schema for every kind of message."""
    stated = json.loads(json.dumps(schema).replace('"#/$defs/', '"#/components/schemas/'))
    definitions = stated.pop("$defs", {})
    content = {"application/json": {"schema": stated}}
    error = {"description": "", "content": content, "headers": {"X-Value": {"schema": stated}}}
    responses = {"200": {"description": "", "content": content}, "404": error}
    operation = {"operationId": "op", "requestBody": {"content": content}, "responses": responses}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "servers": [{"url": "https://things.example"}],
        "paths": {"/things": {"post": operation}},
        "components": {"schemas": definitions},
    }


def list_schemas(operation: Operation) -> Mapping[str, Schema]:
    """Return the schema of every message of such a document, by the part of the contract."""
    assert operation.body_schema is not None
    stated = operation.responses_schema
    assert stated is not None
    error = stated["properties"]["404"]["properties"]
    return {
        "response": operation.response_schema,
        "body": operation.body_schema,
        "error": with_definitions(stated, error["application/json"]),
        "header": with_definitions(stated, error["header X-Value"]),
    }


@pytest.mark.slow
@settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))
@given(any_schemas(), st.data())
def test_messages_are_judged_by_the_whole_schema(
    schema: dict[str, Any], data: st.DataObject
) -> None:
    try:
        found = capture_operation(find_operation(document(schema), "op", "things"))
        operation = load_files(found, "toys/op")
    except ContractError:
        assume(False)
    assume(not operation.gaps)
    schemas = list_schemas(operation)
    stated = Draft202012Validator(schema, format_checker=make_checker())
    values = st.lists(INSTANCES | near(schema, schema["$defs"]), min_size=3, max_size=6)
    for value in data.draw(values):
        right = stated.is_valid(value)
        assert {name: is_valid(each, value) for name, each in schemas.items()} == dict.fromkeys(
            schemas, right
        ), value
