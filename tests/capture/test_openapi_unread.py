"""Each field of an OpenAPI operation that states something is read, or a gap of the contract."""

from __future__ import annotations

import json
from typing import Any

import pytest
from capture.test_openapi_schemas import FIELDS, TEXT, document

from docpact.capture.batch import capture_all
from docpact.capture.openapi import capture_operation, find_operation, find_operations
from docpact.capture.openapi.document import list_operations

NUMBER = {"type": "integer"}
HERE = {"operationId": "op", "parameters": {"id": "$response.body#/id"}}


def gaps(**more: Any) -> list[str]:
    stated = document(FIELDS)
    stated["paths"]["/things"]["get"] |= more
    files = capture_operation(find_operation(stated, "op", "a document"))
    return [each["said"] for each in json.loads(files["operation.json"]).get("gaps", [])]


def parameter(**more: Any) -> dict[str, Any]:
    return {"parameters": [{"name": "q", "in": "query", "schema": NUMBER, **more}]}


def sent(media_type: str, **encoding: Any) -> dict[str, Any]:
    media = {"schema": {"type": "object", "properties": {"a": TEXT}}, "encoding": {"a": encoding}}
    return {"requestBody": {"content": {media_type: media}}}


def linked(status: str = "200", **link: Any) -> dict[str, Any]:
    response = {"description": "", "links": {"next": {**HERE, **link}}}
    return {"responses": {"200": {"description": ""}, status: response}}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            {"callbacks": {"done": {"{$url}": {"post": {}}}}},
            "operation callbacks: the API sends these requests, and docpact receives none",
        ),
        (
            parameter(allowEmptyValue=True),
            "parameter allowEmptyValue: an empty value is not tested",
        ),
        (parameter(style="wavy"), "query parameter q: style wavy: how values are encoded"),
        (
            sent("multipart/form-data", headers={"X-A": {"schema": TEXT}}),
            "encoding headers: docpact does not read it",
        ),
        (
            sent("application/json", contentType="text/plain"),
            "media encoding: only request bodies that are forms have encoded parts",
        ),
        (
            linked(requestBody="$response.body"),
            "link requestBody: a link has values for paths and queries alone",
        ),
        (linked(operationId="gone"), "link next: not one to an operation of this document"),
        (linked("404"), "link next: not one of an accepted request"),
        (
            linked(parameters={"id": "$request.query.q"}),
            "link next: the value of id is not in a body",
        ),
    ],
)
def test_a_field_that_is_not_read_is_a_gap(more: dict[str, Any], says: str) -> None:
    assert gaps(**more) == [says]


@pytest.mark.parametrize(
    "more",
    [
        parameter(allowEmptyValue=False, deprecated=True, example=3),
        sent("multipart/form-data", contentType="text/plain"),
        linked(description="the next one"),
        {"tags": ["things"], "externalDocs": {"url": "https://things.example"}, "callbacks": {}},
    ],
)
def test_a_field_that_is_read_or_states_nothing_is_no_gap(more: dict[str, Any]) -> None:
    assert gaps(**more) == []


def test_webhooks_are_refused_in_one_line() -> None:
    stated = document(FIELDS, webhooks={"done": {"post": {}}, "failed": {"post": {}}})
    found = capture_all(find_operations(stated, "things.json"), "things.json", "things")
    assert found.refused == {
        "webhooks": "things.json#/webhooks: 2 requests that the API sends; docpact receives none"
    }
    assert len(list_operations(document(FIELDS, webhooks={}), "things.json")) == 1


@pytest.mark.parametrize("stated", [None, "list the things", []])
def test_an_operation_that_is_not_an_object_is_refused_not_forgotten(stated: Any) -> None:
    content = document(FIELDS)
    content["paths"]["/things"]["post"] = stated
    refused = capture_all(find_operations(content, "a document"), "a document", "acme").refused
    assert refused == {"POST /things": "a document#/paths/~1things/post: expected an object"}


def test_no_field_of_a_path_that_has_responses_is_forgotten() -> None:
    """Gateways state any method at once, and OpenAPI 3.2 has methods of its own."""
    content, other = document(FIELDS), {"responses": {"200": {"description": ""}}}
    item = content["paths"]["/things"]
    item["x-amazon-apigateway-any-method"] = other
    item["additionalOperations"] = {"COPY": other, "NO METHOD": other, "LINK": []}
    item["x-owner"] = {"team": "lamps"}
    found = capture_all(find_operations(content, "a document"), "a document", "acme")
    assert [each.request for each in found.operations.values()] == ["GET /things", "COPY /things"]
    at = "a document#/paths/~1things/"
    assert found.refused == {
        "X-AMAZON-APIGATEWAY-ANY-METHOD /things": (
            f"{at}x-amazon-apigateway-any-method: not a method of OpenAPI"
        ),
        "NO METHOD /things": f"{at}additionalOperations/NO METHOD: expected a method and an object",
        "LINK /things": f"{at}additionalOperations/LINK: expected a method and an object",
    }


def test_the_operations_beside_the_reference_of_a_path_are_read() -> None:
    content, other = document(FIELDS), {"responses": {"200": {"description": ""}}}
    content["components"] = {"pathItems": {"Things": content["paths"]["/things"]}}
    stated = {"$ref": "#/components/pathItems/Things", "head": other, "get": other}
    content["paths"]["/things"] = stated
    found = capture_all(find_operations(content, "a document"), "a document", "acme")
    assert [each.request for each in found.operations.values()] == ["GET /things", "HEAD /things"]
