"""The first page: every fact that it states stands in the contract, each with its line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import docpact
from docpact.bodies.validate import validate
from docpact.capture import capture
from docpact.capture.layout.signature import LISTS
from docpact.model import Credential, Parameter, Source
from docpact.model.pointer import pointer

FOLDER = files("docpact.schemas") / "llamacloud" / "list_classify_jobs"
PAGE = FOLDER.joinpath("page.txt").read_text(encoding="utf-8")
LINES = PAGE.split("\n")
CAPTURED = {name: json.loads(text) for name, text in capture(PAGE).items()}
OPERATION, QUERY = CAPTURED["operation.json"], CAPTURED["query.schema.json"]
RESPONSE = CAPTURED["response.schema.json"]
JOB = RESPONSE["properties"]["items"]["items"]
LOADED = docpact.load("llamacloud/list_classify_jobs")
STATUSES = ["PENDING", "RUNNING", "COMPLETED", "FAILED"]
TEXT, OPTIONAL_TEXT = {"type": "string"}, {"type": ["string", "null"]}
MOMENT = {"type": ["string", "null"], "format": "date-time"}


@pytest.mark.parametrize("name", docpact.names())
def test_every_shipped_contract_is_its_page_captured_again(name: str) -> None:
    folder = files("docpact.schemas").joinpath(*name.split("/"))
    again = capture(folder.joinpath("page.txt").read_text(encoding="utf-8"))
    assert {file: folder.joinpath(file).read_text("utf-8") for file in again} == again


def test_the_operation() -> None:
    facts = [OPERATION[name] for name in ("title", "method", "path", "server")]
    assert facts == [
        "List Classify Jobs",
        "GET",
        "/api/v2/classify",
        "https://api.cloud.llamaindex.ai",
    ]
    assert LOADED.credential == Credential("bearer", "Authorization", "LLAMA_CLOUD_API_KEY")


def test_the_parameters_as_loaded() -> None:
    assert LOADED.parameters == (
        Parameter("configuration_id", "query", required=False, schema=TEXT),
        Parameter("job_ids", "query", required=False, schema={"type": "array", "items": TEXT}),
        Parameter("organization_id", "query", required=False, schema=TEXT),
        Parameter(
            "page_size",
            "query",
            required=False,
            schema={"type": "integer", "maximum": 100, "minimum": 1},
        ),
        Parameter("page_token", "query", required=False, schema=TEXT),
        Parameter("project_id", "query", required=False, schema=TEXT),
        Parameter("status", "query", required=False, schema=TEXT | {"enum": STATUSES}),
        Parameter("session", "cookie", required=False, schema=TEXT),
    )


def test_what_is_documented_stays_as_documented() -> None:
    assert QUERY["properties"]["page_size"] == {"type": "number", "maximum": 100, "minimum": 1}
    assert "minItems" not in JOB["properties"]["configuration"]["properties"]["rules"]
    assert JOB["properties"]["result"]["properties"]["type"] == TEXT


def test_the_page_of_jobs() -> None:
    assert list(RESPONSE["properties"]) == ["items", "next_page_token", "total_size"]
    assert RESPONSE["required"] == ["items"]
    assert RESPONSE["properties"]["next_page_token"] == OPTIONAL_TEXT
    assert RESPONSE["properties"]["total_size"] == {"type": ["number", "null"]}


def test_the_fourteen_fields_of_a_job() -> None:
    fields = dict(JOB["properties"])
    del fields["configuration"], fields["result"]
    assert fields == {
        "id": TEXT,
        "document_input_type": TEXT | {"enum": ["url", "file_id", "parse_job_id"]},
        "document_input_value": TEXT,
        "project_id": TEXT,
        "status": TEXT | {"enum": STATUSES},
        "user_id": TEXT,
        "configuration_id": OPTIONAL_TEXT,
        "created_at": MOMENT,
        "error_message": OPTIONAL_TEXT,
        "parse_job_id": OPTIONAL_TEXT,
        "transaction_id": OPTIONAL_TEXT,
        "updated_at": MOMENT,
    }
    assert JOB["required"] == [
        "id",
        "configuration",
        "document_input_type",
        "document_input_value",
        "project_id",
        "status",
        "user_id",
    ]


def test_the_configuration_of_a_job() -> None:
    rule = {
        "type": "object",
        "properties": {
            "description": TEXT | {"maxLength": 500, "minLength": 10},
            "type": TEXT | {"maxLength": 50, "minLength": 1},
        },
        "required": ["description", "type"],
    }
    assert JOB["properties"]["configuration"] == {
        "type": "object",
        "properties": {
            "rules": {"type": "array", "items": rule},
            "mode": {"type": ["string", "null"], "enum": ["FAST", None]},
        },
        "required": ["rules"],
    }


def test_the_result_of_a_job() -> None:
    assert JOB["properties"]["result"] == {
        "type": ["object", "null"],
        "properties": {
            "confidence": {"type": "number", "maximum": 1, "minimum": 0},
            "reasoning": TEXT,
            "type": TEXT,
        },
        "required": ["confidence", "reasoning", "type"],
    }


def test_the_roles_of_the_list() -> None:
    roles = LOADED.roles
    assert (roles.items, roles.id, roles.next_token) == ("/items", "/id", "/next_page_token")
    assert (roles.token_parameter, roles.size_parameter) == ("page_token", "page_size")
    assert roles.total == "/total_size"
    assert roles.filters == {
        "configuration_id": "/configuration_id",
        "job_ids": "/id",
        "project_id": "/project_id",
        "status": "/status",
    }


def test_roles_say_whether_the_page_states_them() -> None:
    line = OPERATION["roles"]["token_parameter"]["line"]
    assert "page_token" in LINES[line - 1]
    others = [role for name, role in OPERATION["roles"].items() if name != "token_parameter"]
    assert all("inferred" in role or "status" in role for role in others)


@pytest.mark.parametrize(
    ("role", "edits"),
    [
        ("token_parameter", {"\npage_token: optional string": "\npage_token: optional boolean"}),
        (
            "next_token",
            {
                "next_page_token: optional string": "next_page_token: optional boolean",
                '"next_page_token": "next_page_token"': '"next_page_token": true',
            },
        ),
        (
            "size_parameter",
            {
                "page_size: optional number": "page_size: optional boolean",
                "maximum100\nminimum1\n": "",
            },
        ),
        (
            "total",
            {
                "total_size: optional number": "total_size: optional boolean",
                '"total_size": 0': '"total_size": true',
            },
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_name_of_another_type_plays_no_role(role: str, edits: dict[str, str]) -> None:
    page = PAGE
    for old, new in edits.items():
        page = page.replace(old, new)
    assert role in OPERATION["roles"]
    assert role not in json.loads(capture(page)["operation.json"])["roles"]


def test_the_example_bodies() -> None:
    assert len(LOADED.examples) == 2
    for example in LOADED.examples:
        found = validate(LOADED.response_schema, example)
        assert (found.violations, found.undocumented) == ((), ())
    assert list(LOADED.examples[0]["items"][0]) == list(JOB["properties"])


def test_the_refinements_and_their_sources() -> None:
    rules = "/properties/items/items/properties/configuration/properties/rules"
    kind = "/properties/items/items/properties/result/properties/type/type"
    assert LOADED.query_schema["properties"]["page_size"]["type"] == "integer"
    for document, where in (
        ("query", "/properties/page_size/type"),
        ("response", f"{rules}/minItems"),
        ("response", kind),
        ("operation", "/array_encoding"),
    ):
        source = LOADED.source(document, where)  # type: ignore[arg-type]
        assert source is not None
        assert source.line is None
        assert len(source.text) > 20
    assert LOADED.source("response", f"{rules}/type") == Source(LINES[53], 54)


def keywords(schema: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield the JSON Pointer and the value of every keyword of a schema, `$schema` left out."""
    for keyword, value in schema.items():
        if keyword == "$schema":
            continue
        yield pointer((*path, keyword)), value
        if keyword == "properties":
            for name, subschema in value.items():
                yield from keywords(subschema, (*path, keyword, name))
        elif keyword == "items":
            yield from keywords(value, (*path, keyword))
        elif keyword == "required":
            yield from ((pointer((*path, keyword, str(n))), name) for n, name in enumerate(value))


@pytest.mark.parametrize(("document", "schema"), [("query", QUERY), ("response", RESPONSE)])
def test_every_keyword_traces_to_a_line(document: str, schema: Mapping[str, Any]) -> None:
    table = OPERATION["provenance"][document]
    assert set(table) == {where for where, _ in keywords(schema)}
    assert set(table.values()) <= {int(number) for number in OPERATION["lines"]}


@pytest.mark.parametrize(("document", "schema"), [("query", QUERY), ("response", RESPONSE)])
def test_the_line_of_a_keyword_says_it(document: str, schema: Mapping[str, Any]) -> None:
    table = OPERATION["provenance"][document]
    for where, value in keywords(schema):
        line, keyword = LINES[table[where] - 1], where.rpartition("/")[2]
        if keyword in ("maximum", "minimum", "maxLength", "minLength", "format"):
            assert line == f"{keyword}{value}"
        elif keyword == "enum":
            assert f'"{value[0]}"' in line
        elif "/required/" in where:
            assert line.startswith(f"{value}: ")
            assert "optional" not in line


def test_quoted_lines_are_the_pages_own_and_none_of_its_prose() -> None:
    assert all(LINES[int(n) - 1].strip() == text for n, text in OPERATION["lines"].items())
    prose = [t for t in OPERATION["lines"].values() if t.endswith(".") or " of the " in t]
    assert prose == []


@pytest.mark.parametrize("schema", [QUERY, RESPONSE])
def test_the_schemas_are_plain_json_schema(schema: Mapping[str, Any]) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_optional_means_absent_or_null() -> None:
    body = json.loads(json.dumps(OPERATION["response"]["examples"][0]))
    job = body["items"][0]
    for name in set(job) - set(JOB["required"]):
        job[name] = None
    body |= {"next_page_token": None, "total_size": None}
    absent = {"items": [{name: job[name] for name in JOB["required"]}]}
    assert list(Draft202012Validator(RESPONSE).iter_errors(body)) == []
    assert list(Draft202012Validator(RESPONSE).iter_errors(absent)) == []


@pytest.mark.parametrize("name", ["get_batch", "list_classify_jobs", "list_pipeline_files"])
def test_the_line_above_a_list_of_values_may_be_missing(name: str) -> None:
    folder = files("docpact.schemas") / "llamacloud" / name
    page = folder.joinpath("page.txt").read_text(encoding="utf-8")
    lines = page.split("\n")
    bare = capture("\n".join("" if line in LISTS else line for line in lines))
    assert any(line in LISTS for line in lines)
    assert bare == capture(page)


@pytest.mark.parametrize(
    "changed",
    [
        PAGE.replace("\n", "\r\n"),
        "\ufeff" + PAGE,
        PAGE.replace("\n", " \t\n"),
        PAGE + "\n\n",
        PAGE.replace("ParametersExpand Collapse", "Parameters").replace(
            "ReturnsExpand Collapse", "Returns"
        ),
        PAGE.replace("GET/api", "get/api"),
        PAGE.replace("Accepts one of the following:", "One of the following:"),
    ],
    ids=["CRLF", "BOM", "trailing blanks", "blank end", "bare headings", "lower case", "one of"],
)
def test_forms_of_the_same_page(changed: str) -> None:
    again = capture(changed)
    for file in ("query.schema.json", "response.schema.json"):
        assert json.loads(again[file]) == CAPTURED[file]
    assert json.loads(again["operation.json"])["method"] == "GET"
