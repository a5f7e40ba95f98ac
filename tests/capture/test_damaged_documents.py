"""Documents with any part of a wrong type are captured, or refused in one line."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from docpact.capture.openapi import capture_operation, read_document
from docpact.capture.openapi.document import list_operations
from docpact.catalogue import load_files
from docpact.errors import ContractError, UsageError
from docpact.model.pointer import pointer

OBJECT = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer", "format": "int64", "minimum": 1, "exclusiveMinimum": True},
        "name": {"type": "string", "nullable": True, "pattern": "^a", "maxLength": 9},
        "kind": {"enum": ["a", "b"], "default": "a", "deprecated": True},
        "part": {"oneOf": [{"$ref": "#/components/schemas/Part"}, {"type": "string"}]},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "more": {"additionalProperties": {"type": "number", "multipleOf": 0.5}},
    },
    "discriminator": {"propertyName": "kind", "mapping": {"a": "#/components/schemas/Part"}},
    "example": {"id": 5},
}
NEW: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "servers": [{"url": "https://{a}.example", "variables": {"a": {"default": "b"}}}],
    "security": [{"key": []}, {}],
    "paths": {
        "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {}}],
            "get": {
                "operationId": "op",
                "parameters": [
                    {"name": "q", "in": "query", "style": "form", "explode": False, "schema": {}},
                    {"$ref": "#/components/parameters/P"},
                ],
                "requestBody": {"content": {"application/json": {"schema": OBJECT}}},
                "responses": {
                    "200": {
                        "description": "",
                        "headers": {"X-A": {"schema": {"type": "integer"}}},
                        "content": {
                            "application/json": {"schema": OBJECT, "examples": {"a": {"value": 1}}}
                        },
                        "links": {"a": {"operationId": "op", "parameters": {"id": "$x"}}},
                    },
                    "default": {"$ref": "#/components/responses/R"},
                },
            },
        }
    },
    "components": {
        "schemas": {"Part": {"allOf": [{"type": "object"}, {"properties": {"a": {}}}]}},
        "parameters": {"P": {"name": "p", "in": "header", "schema": {"type": "string"}}},
        "responses": {"R": {"description": ""}},
        "securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "k"}},
    },
}
OLD: dict[str, Any] = {
    "swagger": "2.0",
    "host": "a.example",
    "basePath": "/v1",
    "schemes": ["https"],
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "security": [{"o": ["read"]}],
    "paths": {
        "/things": {
            "parameters": [{"name": "a", "in": "query", "type": "array", "items": {}}],
            "get": {
                "parameters": [
                    {"name": "b", "in": "body", "schema": {"$ref": "#/definitions/A"}},
                    {"name": "c", "in": "formData", "type": "file"},
                ],
                "responses": {
                    "200": {
                        "description": "",
                        "schema": {"$ref": "#/definitions/A"},
                        "headers": {"X-A": {"type": "string"}},
                        "examples": {"application/json": {}},
                    }
                },
            },
        }
    },
    "definitions": {"A": {"type": "object", "discriminator": "k", "properties": {"k": {}}}},
    "securityDefinitions": {"o": {"type": "oauth2", "flow": "application", "tokenUrl": "x"}},
}
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**400,
    "",
    "x\ud800",
    [],
    [None],
    [[]],
    {},
    {"": None},
    {"$ref": 5},
    {"$ref": "#"},
    {"$ref": "#/nothing"},
    {"$ref": "other.yaml"},
    {"allOf": [{"$ref": "#/components/schemas/Part"}]},
)


def list_paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for name, each in pairs:
        yield from list_paths(each if isinstance(each, dict | list) else [], (*path, name))


@pytest.mark.slow
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: str(odd)[:20].encode("ascii", "replace"))
@pytest.mark.parametrize("document", [NEW, OLD], ids=["new", "old"])
def test_any_part_may_be_odd(document: dict[str, Any], odd: Any) -> None:
    problems = []
    for path in list_paths(document):
        damaged = deepcopy(document)
        holder: Any = damaged
        for name in path[:-1]:
            holder = holder[name]
        holder[path[-1]] = deepcopy(odd)
        try:
            for operation in list_operations(damaged, "a.json"):
                load_files(capture_operation(operation), "toys/op")
        except ContractError as error:
            assert "\n" not in str(error)  # noqa: PT017
        except Exception as error:  # noqa: BLE001 — what users must not see
            problems.append(f"{pointer(path)}: {type(error).__name__}: {error}")
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("name", ["kind", "kinds", "part_kind"])
def test_values_of_an_enumeration_may_be_objects(name: str) -> None:
    kind = {"enum": [{"a": 1}, ["b"], "c"]}
    asked: Any = {"type": "array", "items": kind} if name == "kinds" else kind
    part = {"type": "object", "properties": {"kind": kind}}
    thing = {"type": "object", "properties": {"kind": kind, "part": part}}
    answer = {"content": {"application/json": {"schema": {"type": "array", "items": thing}}}}
    text = "Return only things with this kind."
    document: Any = deepcopy(NEW)
    document["paths"] = {
        "/things": {
            "get": {
                "parameters": [{"name": name, "in": "query", "description": text, "schema": asked}],
                "responses": {"200": {"description": "", **answer}},
            }
        }
    }
    (operation,) = list_operations(document, "a document")
    assert load_files(dict(capture_operation(operation)), "toy").roles.is_list


TWICE = """\
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /a:
    get: {responses: {"200": {description: one}}}
  /b: &b
    get: {responses: {"200": {description: two}}}
  /a:
    post: {responses: {"200": {description: three}}}
  /c:
    <<: *b
    get: {responses: {"200": {description: four}}}
"""


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("twice.yaml", TWICE, "the key '/a' appears twice in one mapping"),
        ("twice.yaml", TWICE, "line 8"),
        (
            "twice.json",
            '{"openapi": "3.1.0", "paths": {"/a": {}, "/b": {}, "/a": {}}}',
            "the name '/a' appears twice in one object",
        ),
    ],
)
def test_a_document_with_a_key_twice_is_refused(
    name: str, text: str, says: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError) as refused:
        read_document(tmp_path / name)
    assert says in str(refused.value)


def test_a_merged_key_may_be_replaced(tmp_path: Path) -> None:
    file = tmp_path / "once.yaml"
    file.write_text(TWICE.replace("  /a:\n    post", "  /d:\n    post"))
    operations = list_operations(read_document(file), "once")
    assert [each.path for each in operations] == ["/a", "/b", "/d", "/c"]
