"""A contract written as OpenAPI comes back whole, and a foreign document with its gaps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from capture.pages import PROSE, Contract, Printer, contracts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lists import contract
from sizes import examples

from docpact.capture import capture
from docpact.capture.openapi import (
    capture_operation,
    find_operation,
    read_document,
    write_document,
)
from docpact.capture.roles.inference import roles
from docpact.catalogue import load_files
from docpact.errors import ContractError

NAME = "toys/list_things"


def decoded(files: Any) -> dict[str, Any]:
    return {name: json.loads(text) for name, text in files.items()}


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.too_slow])
@given(contracts(), PROSE, st.booleans())
def test_the_round_trip_loses_nothing(contract: Contract, prose: str, markdown: bool) -> None:
    files = decoded(capture(Printer(markdown=markdown, prose=prose).page(contract)))
    written = json.loads(json.dumps(write_document([(NAME, files)], version="1")))
    assert decoded(capture_operation(find_operation(written, "list_things", "a document"))) == files


def test_refinements_come_back_too() -> None:
    contract = Contract("GET", {}, None, {"type": "object", "properties": {}}, listed=False)
    page = Printer(markdown=False, prose="").page(contract)
    refinements = [{"document": "response", "pointer": "/type", "value": "object", "source": "x"}]
    page = page.replace("ReturnsExpand Collapse", "ReturnsExpand Collapse\na: string")
    files = decoded(capture(page.replace("{}", '{"a": "b"}')))
    files["refinements.json"] = refinements
    back = decoded(
        capture_operation(
            find_operation(write_document([(NAME, files)], version="1"), "list_things", "x")
        )
    )
    assert back["refinements.json"] == refinements


FOREIGN: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Boats", "version": "2"},
    "servers": [{"url": "https://boats.example/"}],
    "security": [{"token": []}],
    "paths": {
        "/harbours/{harbour}/boats": {
            "parameters": [
                {"name": "harbour", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "get": {
                "operationId": "boats",
                "parameters": [
                    {"$ref": "#/components/parameters/Limit"},
                    {
                        "name": "offset",
                        "in": "query",
                        "schema": {"type": "integer", "minimum": 0, "exclusiveMinimum": False},
                    },
                    {"name": "near", "in": "query", "schema": {"type": "object"}},
                    {"name": "Accept", "in": "header", "schema": {"type": "string"}},
                ],
                "responses": {
                    "200": {
                        "description": "",
                        "content": {
                            "application/json": {
                                "schema": {"$ref": "#/components/schemas/Boats"},
                                "example": {"boats": [], "total": 0},
                            }
                        },
                    }
                },
            },
        }
    },
    "components": {
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        "parameters": {
            "Limit": {
                "name": "limit",
                "in": "query",
                "schema": {"type": "integer", "format": "fathoms", "maximum": 50},
            }
        },
        "schemas": {
            "Boats": {
                "type": "object",
                "required": ["boats", "total"],
                "properties": {
                    "boats": {"type": "array", "items": {"$ref": "#/components/schemas/Boat"}},
                    "total": {"type": "integer"},
                },
            },
            "Boat": {
                "allOf": [
                    {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
                ],
                "properties": {
                    "name": {"type": "string", "nullable": True, "pattern": "^[A-Z]"},
                    "tender": {"$ref": "#/components/schemas/Boat"},
                    "engine": {
                        "oneOf": [{"type": "string"}, {"type": "array", "items": {}}],
                        "nullable": True,
                    },
                },
            },
        },
    },
}


def foreign() -> dict[str, Any]:
    return decoded(capture_operation(find_operation(FOREIGN, "boats", "boats.json")))


def test_a_foreign_document_becomes_a_contract() -> None:
    files = foreign()
    operation = files["operation.json"]
    assert (operation["method"], operation["path"]) == ("GET", "/harbours/{harbour}/boats")
    assert operation["server"] == "https://boats.example"
    assert [(p["name"], p["in"]) for p in operation["parameters"]] == [
        ("harbour", "path"),
        ("limit", "query"),
        ("offset", "query"),
    ]
    assert operation["security"][0]["header"] == "Authorization"
    boat = files["response.schema.json"]["$defs"]["Boat"]
    assert boat["properties"] == {
        "id": {"type": "string"},
        "name": {"type": ["string", "null"], "pattern": "^[A-Z]"},
        "tender": {"$ref": "#/$defs/Boat"},
        "engine": {"anyOf": [{"type": "string"}, {"type": "array", "items": {}}, {"type": "null"}]},
    }
    assert boat["required"] == ["id"]


def test_the_roles_of_a_foreign_list_are_inferred() -> None:
    roles = foreign()["operation.json"]["roles"]
    assert {name: role["value"] for name, role in roles.items()} == {
        "items": "/boats",
        "id": "/id",
        "offset_parameter": "offset",
        "size_parameter": "limit",
        "total": "/total",
    }


@pytest.mark.parametrize(("holder", "total"), [("meta", "/meta/total"), ("owner", None)])
def test_a_total_is_in_the_body_or_an_object_about_pages(holder: str, total: str | None) -> None:
    about = {"type": "object", "properties": {"total": {"type": "integer"}}}
    boats = {"type": "array", "items": {"type": "object", "properties": about}}
    body = {"type": "object", "properties": {"boats": boats, holder: about}}
    assert contract({}, {}, body=body).roles.total == total


def test_what_a_contract_cannot_hold_of_a_foreign_document_is_a_gap() -> None:
    operation = foreign()["operation.json"]
    assert sorted((gap["document"], gap["said"].split(":")[0]) for gap in operation["gaps"]) == [
        ("query", "format fathoms"),
        ("query", "query parameter near"),
    ]


def test_paths_that_come_before_a_template_are_kept_also_by_an_export() -> None:
    paths = {
        **FOREIGN["paths"],
        "/harbours/north/boats": {},
        "/harbours/{harbour}/{kind}": {},
        "/harbours/{harbour}": {},
    }
    found = find_operation({**FOREIGN, "paths": paths}, "boats", "boats.json")
    files = decoded(capture_operation(found))
    assert files["operation.json"]["preferred_paths"] == ["/harbours/north/boats"]
    written = write_document([("x/boats", files)], version="1")
    again = decoded(capture_operation(find_operation(written, "boats", "x")))
    assert again["operation.json"]["preferred_paths"] == ["/harbours/north/boats"]
    assert "preferred_paths" not in foreign()["operation.json"]


def test_a_contract_names_the_place_in_the_users_file(tmp_path: Path) -> None:
    file = tmp_path / "boats.json"
    file.write_text(json.dumps(FOREIGN, indent=2), "utf-8")
    files = capture_operation(find_operation(read_document(file), "boats", str(file)))
    source = load_files(files, "x/boats").source("query", "/properties/limit/maximum")
    assert source is not None
    assert source.place == "boats.json#/components/parameters/Limit/schema/maximum"
    assert source.text == '"maximum": 50'
    assert file.read_text("utf-8").split("\n")[(source.line or 0) - 1].strip() == source.text
    assert files.keys() == {"operation.json", "query.schema.json", "response.schema.json"}


def test_without_lines_the_place_is_named_too() -> None:
    source = load_files(
        capture_operation(find_operation(FOREIGN, "boats", "x.json")), "x/boats"
    ).source("response", "/$defs/Boat/properties/name/pattern")
    assert str(source) == "x.json#/components/schemas/Boat/properties/name/pattern"


def responding(schema: Any) -> Any:
    """Return an operation whose response has a schema."""
    content = {"application/json": {"schema": schema}}
    operation = {"operationId": "op", "responses": {"200": {"content": content}}}
    loop = {"allOf": [{"$ref": "#/components/schemas/loop"}]}
    stated = {"openapi": "3.1.0", "paths": {"/things": {"get": operation}}}
    stated["components"] = {"schemas": {"loop": loop}}
    return find_operation(stated, "op", "a document")


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("properties", ["a"]),
        ("anyOf", {}),
        ("allOf", {}),
        ("enum", "a"),
        ("type", 5),
        ("type", [{}]),
        ("required", [{}]),
        ("required", True),
    ],
)
def test_a_malformed_keyword_is_a_gap(keyword: str, value: Any) -> None:
    stated = responding({"minProperties": 1, "allOf": [{keyword: value}], keyword: value})
    operation = load_files(capture_operation(stated), "x/op")
    assert operation.response_schema["minProperties"] == 1
    (place,) = {gap.place.rpartition("/schema")[2] for gap in operation.gaps} - {
        f"/allOf/0/{keyword}"
    }
    assert place == f"/{keyword}"


def test_a_schema_that_is_its_own_branch_is_refused() -> None:
    with pytest.raises(ContractError, match="allOf leads back"):
        capture_operation(responding({"allOf": [{"$ref": "#/components/schemas/loop"}]}))


@pytest.mark.parametrize(
    ("content", "operation", "says"),
    [
        ({"swagger": "1.2"}, "boats", "not an OpenAPI 3 document"),
        ({"discoveryVersion": "v1"}, "boats", "a Google discovery document .*, not an OpenAPI"),
        ({"info": {}, "item": []}, "boats", "a collection of Postman .*, not an OpenAPI"),
        (FOREIGN, "ships", "it has: boats"),
    ],
)
def test_documents_that_are_refused(content: Any, operation: str, says: str) -> None:
    with pytest.raises(ContractError, match=says):
        find_operation(content, operation, "a document")


def test_two_contracts_of_one_method_and_path_are_refused() -> None:
    files = foreign()
    with pytest.raises(ValueError, match="documented by two contracts"):
        write_document([("a/one", files), ("a/two", files)], version="1")


def test_two_operations_of_one_name_keep_their_own_schemas() -> None:
    one, other = foreign(), foreign()
    other["operation.json"]["path"] = "/other/boats"
    other["response.schema.json"]["properties"] = {"other": {"type": "object", "properties": {}}}
    written = write_document([("a/boats", one), ("b/boats", other)], version="1")
    captured = [
        decoded(capture_operation(find_operation(written, each, "x")))
        for each in ("boats", "b_boats")
    ]
    assert captured == [one, other]


def test_a_variable_of_a_server_is_defined() -> None:
    one, other = foreign(), foreign()
    one["operation.json"]["server"] = "https://boats.example/{fleet}"
    other["operation.json"] |= {"server": "https://{zone}.example", "path": "/other/boats"}
    written = write_document([("a/boats", one), ("b/boats", other)], version="1")
    assert written["servers"][0]["variables"] == {"fleet": {"default": "{fleet}"}}
    assert written["paths"]["/other/boats"]["get"]["servers"][0]["variables"].keys() == {"zone"}
    for name, files in (("boats", one), ("b_boats", other)):
        assert decoded(capture_operation(find_operation(written, name, "x"))) == files


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("paths", "/harbours/{harbour}/boats", "get", "summary"), "Changed"),
        (("servers", 0, "url"), "https://changed.example"),
        (("components", "schemas", "BoatsResponse", "description"), "changed"),
        (("paths", "/harbours/{harbour}/boats", "get", "x-docpact"), {"files": {}}),
    ],
)
def test_an_exported_operation_that_was_changed_is_read_anew(where: Any, value: Any) -> None:
    files = foreign()
    written = write_document([("x/boats", files)], version="1")
    *above, last = where
    part: Any = written
    for name in above:
        part = part[name]
    part[last] = value
    again = decoded(capture_operation(find_operation(written, "boats", "x")))
    assert again["operation.json"]["origins"] != files["operation.json"]["origins"]


def test_an_array_of_errors_is_not_the_items() -> None:
    one = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
    fields = {"errors": {"type": "array", "items": one}, "data": {"type": "object"}}
    query = {"type": "object", "properties": {"page": {"type": "integer"}}}
    found = roles("/things", query, {"type": "object", "properties": fields})
    assert "items" not in found


def test_a_token_may_have_the_same_name_in_the_request_body() -> None:
    named = {"type": "object", "properties": {"cursor": {"type": "string"}}}
    things = {"type": "array", "items": {"type": "object"}}
    body = {"type": "object", "properties": {**named["properties"], "things": things}}  # type: ignore[dict-item]
    found = roles("/things/search", {}, body, sent=named)
    assert (found["next_token"]["value"], "token_parameter" in found) == ("/cursor", False)


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/lamps/{id}", ["id"]),
        ("/lamps/{id}/state", ["id"]),
        ("/lamps/{id}/bulbs/{bulb_id}", ["bulb_id"]),
    ],
)
def test_an_id_before_another_parameter_is_not_that_of_the_body(
    path: str, named: list[str]
) -> None:
    body = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
    assert [*roles(path, {}, body)["path"]] == named


def test_the_definitions_of_an_object_in_a_path_are_components_of_an_export() -> None:
    schema = {"type": "object", "properties": {"x": {"$ref": "#/components/schemas/X"}}}
    stated = {"name": "p", "in": "path", "required": True, "schema": schema}
    operation = {"operationId": "op", "parameters": [stated], "responses": {"200": {}}}
    document = {
        "openapi": "3.1.0",
        "paths": {"/a/{p}": {"get": operation}},
        "components": {"schemas": {"X": {"type": "string", "maxLength": 3}}},
    }
    files = decoded(capture_operation(find_operation(document, "op", "a document")))
    written = write_document([("a/op", files)], version="1")
    (parameter,) = written["paths"]["/a/{p}"]["get"]["parameters"]
    assert parameter["schema"]["properties"] == {"x": {"$ref": "#/components/schemas/X"}}
    assert written["components"]["schemas"]["X"] == {"type": "string", "maxLength": 3}
