"""Swagger 2.0 is read as OpenAPI 3.0, and its statements are quoted from the original."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from docpact import check, validate
from docpact.capture.openapi import capture_operation, find_operation
from docpact.capture.openapi.document import list_operations, open_document
from docpact.catalogue import load_files
from docpact.errors import ContractError
from docpact.model import Operation
from docpact.model.run import Verdict

TEXT = {"type": "string"}


def document(get: Any, **others: Any) -> dict[str, Any]:
    """Return a document of one operation on boats."""
    operation = {"operationId": "op", "responses": {"200": {"description": ""}}, **get}
    return {
        "swagger": "2.0",
        "info": {"title": "Boats", "version": "1"},
        "host": "boats.example",
        "basePath": "/v1/",
        "schemes": ["http", "https"],
        "paths": {"/boats": {"get": operation}},
        **others,
    }


def capture(stated: Any) -> Mapping[str, str]:
    return capture_operation(find_operation(stated, "op", "boats.json"))


def load(get: Any, **others: Any) -> Operation:
    return load_files(capture(document(get, **others)), "toys/op")


def answering(schema: Any, **others: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "", "schema": schema, **others}}}


def test_the_server_is_made_of_scheme_host_and_path() -> None:
    assert load(answering(TEXT)).server == "https://boats.example/v1"
    assert load(answering(TEXT) | {"schemes": ["http"]}).server == "http://boats.example/v1"
    assert load(answering(TEXT), host=None).server == "/v1"


def test_the_answer_is_that_of_the_definition_and_the_mock_conforms() -> None:
    boat: Any = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
    boat["properties"]["owner"] = {**TEXT, "x-nullable": True}
    listed = {"type": "array", "items": {"$ref": "#/definitions/Boat"}}
    operation = load(answering(listed), definitions={"Boat": boat}, produces=["text/json"])
    assert operation.content_type == "text/json"
    assert validate(operation.response_schema, [{"id": 1, "owner": None}]).violations == ()
    (broken,) = validate(operation.response_schema, [{"id": "1"}]).violations
    assert broken.pointer == "/0/id"
    assert check(operation).verdict() is Verdict.CONFORMS


def test_a_shared_response_and_shared_parameters_are_followed() -> None:
    size = {"name": "size", "in": "query", "type": "integer", "maximum": 9}
    get = {
        "parameters": [{"$ref": "#/parameters/size"}],
        "responses": {"200": {"$ref": "#/responses/one"}},
    }
    operation = load(
        get, parameters={"size": size}, responses={"one": {"description": "", "schema": TEXT}}
    )
    (parameter,) = operation.parameters
    assert (parameter.name, parameter.schema) == ("size", {"type": "integer", "maximum": 9})
    assert operation.response_schema["type"] == "string"


def test_the_headers_of_a_response_have_schemas() -> None:
    left = {"type": "integer", "maximum": 9, "description": "Boats left in the harbor."}
    operation = load(answering(TEXT, headers={"X-Left": left}))
    (header,) = operation.responses[0].headers
    assert (header.name, header.schema) == ("x-left", {"type": "integer", "maximum": 9})
    promises = {(r.promise.rule, r.promise.location) for r in check(operation).results}
    assert ("response.header", "header/x-left") in promises


def test_a_parameter_of_the_operation_replaces_that_of_the_path() -> None:
    stated = document(answering(TEXT))
    item = stated["paths"]["/boats"]
    item["parameters"] = [{"name": "a", "in": "query", "type": "integer"}]
    item["get"]["parameters"] = [{"name": "a", "in": "query", "type": "boolean"}]
    (parameter,) = load_files(capture(stated), "toys/op").parameters
    assert parameter.schema == {"type": "boolean"}


@pytest.mark.parametrize(
    ("joined", "style", "explode"),
    [
        ("multi", None, True),
        ("csv", None, False),
        (None, None, False),
        ("ssv", "spaceDelimited", False),
        ("pipes", "pipeDelimited", False),
    ],
)
def test_collection_formats_are_styles(
    joined: str | None, style: str | None, explode: bool
) -> None:
    stated = {"name": "a", "in": "query", "type": "array", "items": TEXT}
    stated |= {"collectionFormat": joined} if joined else {}
    content = open_document(document({"parameters": [stated]}), "x").content
    (parameter,) = content["paths"]["/boats"]["get"]["parameters"]
    assert parameter["schema"] == {"type": "array", "items": TEXT}
    assert (parameter.get("style"), parameter["explode"]) == (style, explode)
    (media,) = body([{**stated, "in": "formData"}])["content"].values()
    assert media["encoding"] == {
        "a": {"explode": explode, **({"style": style} if style is not None else {})}
    }


def test_values_that_are_joined_by_tabs_are_a_gap() -> None:
    stated = {"name": "a", "in": "query", "type": "array", "items": TEXT}
    operation = load({"parameters": [stated | {"collectionFormat": "tsv"}]})
    assert operation.parameters == ()
    assert operation.gaps[-1].text == (
        "query parameter a: style tabDelimited: how an array is encoded"
    )


def body(parameters: Any, **others: Any) -> Any:
    """Return the request body of an operation with some parameters."""
    stated = document({"parameters": parameters, **others})
    return open_document(stated, "x").content["paths"]["/boats"]["get"]["requestBody"]


def test_bodies_and_forms_are_request_bodies() -> None:
    sent = {"name": "boat", "in": "body", "required": True, "schema": {"type": "object"}}
    fields = [
        {"name": "photo", "in": "formData", "type": "file", "required": True},
        {"name": "note", "in": "formData", "type": "string", "description": "free"},
    ]

    assert body([sent], consumes=["text/json"]) == {
        "required": True,
        "content": {"text/json": {"schema": {"type": "object"}}},
    }
    assert body(fields)["content"]["multipart/form-data"]["schema"] == {
        "type": "object",
        "properties": {"photo": {"type": "string", "format": "binary"}, "note": TEXT},
        "required": ["photo"],
    }
    assert [*body(fields[1:])["content"]] == ["application/x-www-form-urlencoded"]


@pytest.mark.parametrize(
    ("scheme", "entry"),
    [
        ({"type": "basic"}, {"type": "http", "scheme": "basic", "header": "Authorization"}),
        (
            {"type": "apiKey", "in": "query", "name": "k"},
            {"type": "apiKey", "in": "query", "name": "k"},
        ),
        (
            {"type": "oauth2", "flow": "application", "tokenUrl": "https://x.example/t"},
            {"type": "http", "scheme": "bearer", "header": "Authorization"},
        ),
    ],
)
def test_credentials_are_read(scheme: Any, entry: Any) -> None:
    get = answering(TEXT) | {"security": [{"s": []}]}
    (found,) = json.loads(
        capture(document(get, securityDefinitions={"s": scheme}))["operation.json"]
    )["security"]
    assert {**found, **entry, "variable": "BOATS_S"} == found


def test_an_example_that_does_not_fit_is_quoted_from_the_original() -> None:
    get = answering({"type": "integer"}, examples={"application/json": "five"})
    operation = load(get)
    assert operation.examples == ()
    assert "an example does not fit its schema" in operation.gaps[0].text


def test_a_form_of_the_discriminator_is_documented() -> None:
    pet = {"type": "object", "discriminator": "kind", "properties": {"kind": TEXT}}
    cat = {"allOf": [{"$ref": "#/definitions/Pet"}, {"properties": {"lives": TEXT}}]}
    operation = load(answering({"$ref": "#/definitions/Pet"}), definitions={"Pet": pet, "Cat": cat})
    found = validate(operation.response_schema, {"kind": "Cat", "lives": "9"})
    assert (found.violations, found.undocumented) == ((), ())


def test_paths_that_azure_states_apart_are_read() -> None:
    """https://github.com/Azure/autorest/blob/main/docs/extensions/readme.md, `x-ms-paths`"""
    broken = answering({"$ref": "#/definitions/gone"})
    stated = document(answering(TEXT), **{"x-ms-paths": {"/?comp=list": {"get": broken}}})
    one, other = list_operations(stated, "boats.json")
    assert (one.path, other.path) == ("/boats", "/?comp=list")
    with pytest.raises(ContractError) as raised:
        capture_operation(other)
    assert raised.value.where == "boats.json#/x-ms-paths/~1?comp=list/get/responses/200/schema"


@pytest.mark.parametrize("part", ["parameters", "responses", "definitions", "securityDefinitions"])
@pytest.mark.parametrize("value", [None, 5, "x", [None], [5]])
def test_parts_of_a_wrong_type_are_refused_in_one_line_or_left_out(part: str, value: Any) -> None:
    get = answering({"$ref": "#/definitions/A"}) | {"security": [{"s": []}]}
    stated = document(get, definitions={"A": TEXT}) | {part: value}
    stated["paths"]["/boats"]["get"] |= {part: value} if part in ("parameters", "responses") else {}
    places = []
    try:
        load_files(capture(stated), "toys/op")
    except ContractError as error:
        places.append(error.where)
    assert all(where.startswith("boats.json#/") for where in places)
