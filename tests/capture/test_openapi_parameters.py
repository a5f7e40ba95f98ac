"""Parameters of OpenAPI documents: as frameworks write them; what cannot be encoded is a gap."""

from __future__ import annotations

import json
from typing import Any

import pytest
from capture.test_openapi_schemas import NUMBER, TEXT, document, fields, ref

from docpact import check
from docpact.capture.openapi import capture_operation, find_operation
from docpact.catalogue import load_files
from docpact.errors import ContractError
from docpact.model import Operation
from docpact.model.run import Verdict

STATUS = {**TEXT, "enum": ["OPEN", "CLOSED"]}
NULL = {"type": "null"}
ITEM = fields(id=TEXT, status=STATUS, vip={"type": "boolean"}) | {"required": ["id", "status"]}
BODY = fields(data={"type": "array", "items": ITEM}) | {"required": ["data"]}


def capture(parameters: list[Any], path: str = "/things", *, body: Any = BODY) -> dict[str, str]:
    stated = document(body, openapi="3.1.0", components={"schemas": {"Status": STATUS}})
    stated["paths"] = {path: stated["paths"]["/things"]}
    stated["paths"][path]["get"]["parameters"] = parameters
    return dict(capture_operation(find_operation(stated, "op", "a document")))


def query(schema: Any, name: str = "status", **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, **more}


def load(files: dict[str, str]) -> Operation:
    return load_files(files, "toys/op")


def gaps(files: dict[str, str]) -> list[str]:
    return [each["said"] for each in json.loads(files["operation.json"]).get("gaps", [])]


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        (STATUS, STATUS),
        (ref("Status"), STATUS),
        ({**TEXT, "enum": [0, True]}, {**TEXT, "enum": ["0", "true"]}),
        ({"enum": ["OPEN", "CLOSED"]}, STATUS),
        ({"anyOf": [ref("Status"), NULL]}, STATUS),
        ({"allOf": [ref("Status")], "default": "OPEN"}, {**STATUS, "default": "OPEN"}),
        ({"type": ["boolean", "null"]}, {"type": "boolean"}),
        ({"anyOf": [{"type": "array", "items": TEXT}, NULL]}, {"type": "array", "items": TEXT}),
        ({"anyOf": [{"type": "array", "items": TEXT}, TEXT]}, {"type": "array", "items": TEXT}),
        (
            {"type": "array", "items": {"anyOf": [ref("Status"), NULL]}},
            {"type": "array", "items": STATUS},
        ),
        ({"anyOf": [NUMBER, {"type": "boolean"}, NULL]}, {"type": ["integer", "boolean"]}),
        ({"items": ref("Status")}, {"type": "array", "items": STATUS}),
    ],
)
def test_query_parameters_have_the_schema_of_their_texts(stated: Any, kept: Any) -> None:
    files = capture([query(stated)])
    assert json.loads(files["query.schema.json"])["properties"] == {"status": kept}
    assert gaps(files) == []
    assert check(load(files)).verdict() is Verdict.CONFORMS


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("status", ref("Status")),
        ("status", {"anyOf": [ref("Status"), NULL]}),
        ("status", {"anyOf": [{"type": "array", "items": TEXT}, NULL]}),
        ("vip", {"anyOf": [{"type": "boolean"}, NULL]}),
    ],
)
def test_they_are_filters_where_an_item_has_the_field(name: str, stated: Any) -> None:
    body = BODY | {"properties": {**BODY["properties"], "next_cursor": TEXT}}
    parameters = [query(stated, name), query(TEXT, "cursor"), query(NUMBER, "limit")]
    operation = load(capture(parameters, body=body))
    assert operation.roles.filters == {name: f"/{name}"}
    assert check(operation).verdict() is Verdict.CONFORMS


@pytest.mark.parametrize(
    ("stated", "more", "says"),
    [
        ({"type": "object"}, {}, "how an object is encoded"),
        ({"type": "array", "items": {"type": "object"}}, {}, "how an object is encoded"),
        ({"type": "array", "items": TEXT}, {"style": "deepObject"}, "style deepObject"),
        ({"anyOf": [{"type": "object"}, NULL]}, {"style": "deepObject"}, "how an object"),
        ({"type": "array", "items": TEXT}, {"style": "tabs"}, "style tabs: how an array"),
    ],
)
def test_what_cannot_be_encoded_is_left_out(stated: Any, more: Any, says: str) -> None:
    files = capture([query(stated, **more)])
    assert load(files).parameters == ()
    assert gaps(files)[-1].startswith(f"query parameter status: {says}")


def test_a_required_parameter_that_cannot_be_encoded_is_text() -> None:
    files = capture([query({"type": "object"}, required=True)])
    assert [(p.required, p.schema) for p in load(files).parameters] == [(True, TEXT)]
    assert gaps(files) == ["query parameter status: how an object is encoded"]


def test_the_mock_refuses_too_many_and_too_few_values_of_an_array() -> None:
    stated = {"type": "array", "items": {**NUMBER, "minimum": 1}, "minItems": 2, "maxItems": 3}
    run = check(load(capture([query(stated, "codes")])))
    counts = [r for r in run.results if r.promise.keyword in ("minItems", "maxItems")]
    judged = {
        (r.promise.rule, r.promise.keyword): r.outcome.value for r in counts if r.observations
    }
    assert {*judged.values()} == {"kept"}
    assert {("query.rejects", "minItems"), ("query.rejects", "maxItems")} <= judged.keys()


def test_of_a_union_the_forms_with_a_text_are_kept() -> None:
    files = capture([query({"anyOf": [{"type": "object"}, NUMBER]})])
    assert load(files).parameters[0].schema == NUMBER
    assert gaps(files) == ["query parameter status: the form that is an object"]


def with_fields(*names: str) -> dict[str, Any]:
    return {"type": "object", "properties": dict.fromkeys(names, TEXT)}


@pytest.mark.parametrize("style", ["deepObject", "form"])
@pytest.mark.parametrize("union", ["anyOf", "oneOf"])
def test_of_a_union_of_objects_the_further_forms_are_a_gap(union: str, style: str) -> None:
    both = {union: [with_fields("a", "b"), with_fields("c")]}
    files = capture([query(both, style=style)])
    assert [p.name[-2:].strip("]") for p in load(files).parameters] == ["a", "b"]
    others = "query parameter status: the forms after the first that is an object"
    assert gaps(files)[-1] == others
    inner = with_fields("a") | {"properties": {"a": both}}
    if style == "deepObject":
        assert others.replace("the", "status[a]: the", 1) in gaps(
            capture([query(inner, style=style)])
        )


def test_a_parameter_in_an_unknown_place_is_a_gap() -> None:
    files = capture([{"name": "q", "in": "querystring", "content": {"text/plain": {}}}])
    assert load(files).parameters == ()
    assert gaps(files) == ["querystring parameter 'q': where a request contains it"]
    with pytest.raises(ContractError, match="whole queries as forms only"):
        capture([{"name": "q", "in": "querystring", "required": True, "content": {}}])


def test_a_form_that_is_the_whole_query_has_a_parameter_for_each_field() -> None:
    form = {"application/x-www-form-urlencoded": {"schema": with_fields("a", "b")}}
    files = capture([{"name": "q", "in": "querystring", "required": True, "content": form}])
    assert {each.name for each in load(files).query_parameters} == {"a", "b"}
    assert gaps(files) == []


@pytest.mark.parametrize("name", ["", "not a token"])
def test_a_header_that_cannot_be_sent_is_a_gap(name: str) -> None:
    files = capture([{"name": name, "in": "header", "schema": TEXT}])
    assert load(files).parameters == ()
    assert gaps(files) == [f"header parameter {name!r}: no request can contain it"]


@pytest.mark.parametrize("schema", [TEXT, ref("Status"), {"anyOf": [TEXT, NULL]}])
def test_path_parameters(schema: Any) -> None:
    parameter = {"name": "id", "in": "path", "required": True, "schema": schema}
    files = capture([parameter], "/things/{id}", body=ITEM)
    assert [p.name for p in load(files).path_parameters] == ["id"]
    assert gaps(files) == []
    assert check(load(files)).verdict() is Verdict.CONFORMS


def test_an_undeclared_path_parameter_is_text_and_a_gap() -> None:
    files = capture([], "/things/{id}", body=ITEM)
    assert [(p.name, p.schema) for p in load(files).path_parameters] == [("id", TEXT)]
    assert gaps(files) == ["path parameter id: its values"]
    assert check(load(files)).verdict() is Verdict.CONFORMS


def test_values_in_quotes_are_values_of_a_parameter_of_any_type() -> None:
    loaded = load(capture([{"name": "q", "in": "query", "schema": {**NUMBER, "enum": ["0", "1"]}}]))
    assert loaded.parameter("q").schema == {"type": "string", "enum": ["0", "1"]}
    assert check(loaded).verdict() is Verdict.CONFORMS


def test_a_variable_of_an_api_client_is_not_a_value() -> None:
    """Postman writes variables in two pairs of braces, also into the documents that it exports."""
    parameter = {"name": "boat", "in": "path", "required": True, "schema": TEXT}
    shown = {"required": True, "in": "header", "schema": {**TEXT, "example": "{{ $guid }}"}}
    stated = [{**parameter, "example": "{{boat}}"}, {"name": "X-Fleet", **shown}]
    stated.append({"name": "X-Port", **shown, "example": "a {{b}} c"})
    files = capture(stated, "/boats/{{boat}}/{{ crew }}")
    operation = load(files)
    assert operation.path == "/boats/{boat}/{crew}"
    schemas = {each.name: each.schema for each in operation.parameters}
    assert schemas == {
        "boat": TEXT,
        "crew": TEXT,
        "X-Fleet": TEXT,
        "X-Port": {**TEXT, "examples": ["a {{b}} c"]},
    }
    assert gaps(files) == [
        "path parameter boat: the example {{boat}} is a variable of an API client",
        "header parameter X-Fleet: the example {{ $guid }} is a variable of an API client",
        "path parameter crew: its values",
    ]
