"""Loading: sources are remembered, refinements applied, and what cannot be used is an error."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from docpact.catalogue import documents, load, names, sdks
from docpact.errors import ContractError
from docpact.model import Parameter, Source

Files: TypeAlias = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def files() -> Files:
    """Return the files of a small contract, decoded."""
    return {
        "operation.json": {
            "format": 1,
            "title": "List Lamps",
            "method": "GET",
            "path": "/v1/lamps",
            "server": "https://toys.example",
            "security": [
                {"type": "http", "scheme": "bearer", "header": "Authorization", "variable": "KEY"}
            ],
            "parameters": [
                {"name": "size", "in": "query", "required": False},
                {"name": "sid", "in": "cookie", "required": False, "schema": {"type": "string"}},
            ],
            "response": {"status": 200, "content_type": "application/json", "examples": [{}]},
            "roles": {
                "items": {"value": "/items", "inferred": "the only array"},
                "filters": {"size": {"value": "/size", "inferred": "the same name"}},
            },
            "provenance": {
                "operation": {"/method": 3},
                "query": {"/properties/size/maximum": 5},
                "response": {},
            },
            "lines": {"3": "GET/v1/lamps", "5": "maximum20"},
        },
        "query.schema.json": {
            "$schema": DRAFT,
            "type": "object",
            "properties": {"size": {"type": "number", "maximum": 20}},
        },
        "response.schema.json": {
            "$schema": DRAFT,
            "type": "object",
            "properties": {"items": {"type": "array", "items": {"type": "string"}}},
        },
        "refinements.json": [
            {
                "document": "query",
                "pointer": "/properties/size/type",
                "value": "integer",
                "source": "its client",
            }
        ],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[Files], Path]:
    def write(contract: Files) -> Path:
        for name, content in contract.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_a_contract_of_ones_own(folder: Callable[[Files], Path]) -> None:
    operation = load(folder(files()))
    size = {"type": "integer", "maximum": 20}
    assert operation.parameters == (
        Parameter("size", "query", required=False, schema=size),
        Parameter("sid", "cookie", required=False, schema={"type": "string"}),
    )
    assert (operation.method, operation.path, operation.status) == ("GET", "/v1/lamps", 200)
    assert operation.credential is not None
    assert (operation.credential.scheme, operation.credential.header) == ("bearer", "Authorization")
    assert (operation.roles.items, operation.roles.filters) == ("/items", {"size": "/size"})


def test_every_keyword_knows_whether_it_is_documented_or_refined(
    folder: Callable[[Files], Path],
) -> None:
    operation = load(folder(files()))
    assert operation.source("query", "/properties/size/maximum") == Source("maximum20", 5)
    assert operation.source("query", "/properties/size/type") == Source("its client")
    assert operation.source("query", "/properties/size/minimum") is None


def test_the_documented_schema_is_left_as_it_is_on_disk(folder: Callable[[Files], Path]) -> None:
    path = folder(files())
    load(path)
    assert json.loads((path / "query.schema.json").read_text()) == files()["query.schema.json"]


def test_a_refinement_may_be_stricter_than_the_example(folder: Callable[[Files], Path]) -> None:
    contract = files()
    put(contract, OPERATION, "response/examples/0", {"items": ["a"]})
    refinement = {"pointer": "/properties/items/items/type", "value": "integer"}
    contract[REFINED] = [{"document": "response", "source": "its support", **refinement}]
    assert load(folder(contract)).item_schema == {"type": "integer"}


def test_refinements_are_optional(folder: Callable[[Files], Path]) -> None:
    contract = files()
    del contract["refinements.json"]
    assert load(folder(contract)).query_schema == contract["query.schema.json"]


def put(contract: Files, file: str, where: str, value: Any) -> None:
    *parents, last = where.split("/")
    target = contract[file]
    for token in parents:
        target = target[int(token) if isinstance(target, list) else token]
    target[int(last) if isinstance(target, list) else last] = value


OPERATION, QUERY, RESPONSE = "operation.json", "query.schema.json", "response.schema.json"
REFINED = "refinements.json"


@pytest.mark.parametrize(
    ("file", "where", "value", "at", "says"),
    [
        (OPERATION, "format", 2, f"{OPERATION}#/format", "contract format 2; this docpact reads 1"),
        (OPERATION, "method", 5, f"{OPERATION}#/method", "expected a text, found 5"),
        (OPERATION, "response", {}, f"{OPERATION}#/response/status", "missing"),
        (
            OPERATION,
            "response/examples",
            [{}, {"items": [3]}],
            f"{OPERATION}#/response/examples/1/items/0",
            "found",
        ),
        (
            OPERATION,
            "response/examples/0",
            {"lamps": []},
            f"{OPERATION}#/response/examples/0/lamps",
            "no such field is documented",
        ),
        (OPERATION, "provenance", {"query": {"/a": "b"}}, "#/provenance/query/...", "matching"),
        (OPERATION, "lines", {"1": 2}, f"{OPERATION}#/lines/...", "Expected `str`"),
        (OPERATION, "links", [{"request": "GET /a"}], "#/links/0", "missing required field"),
        (OPERATION, "gaps", [{"document": "x"}], "#/gaps/0/document", "Invalid enum value"),
        (OPERATION, "origins", [], f"{OPERATION}#/origins", "Expected `object`"),
        (OPERATION, "origins", {"query": {"a": "b"}}, "#/origins/...", "matching"),
        (OPERATION, "provenance", {"query": {"a": 1}}, "#/provenance/query", "matching"),
        (OPERATION, "roles", {"constant": [True]}, "#/roles/constant/0", "Expected `str`"),
        (OPERATION, "roles", {"constant": ["a"]}, "#/roles/constant/0", "matching"),
        (OPERATION, "roles", {"scopes": ["a"]}, "#/roles/scopes", "'a' is not a filter"),
        (OPERATION, "roles", {"items": {"value": "a"}}, "#/roles/items/value", "matching"),
        (OPERATION, "roles", {"items": {"value": "/none"}}, "#/roles/items", "nothing at '/none'"),
        (OPERATION, "roles", {"total": {"value": "/a"}}, "#/roles/total", "no role items"),
        (OPERATION, "roles", {"id": {"value": 5}}, "#/roles/id/value", "Expected `str`"),
        (
            OPERATION,
            "roles",
            {"size_parameter": {"value": "n"}},
            "#/roles/size_parameter",
            "no query parameter 'n'",
        ),
        (
            OPERATION,
            "roles",
            {"lifecycle": {"field": "/a", "stages": [[1]]}},
            "#/roles/lifecycle/stages/0/0",
            "Expected `str`",
        ),
        (OPERATION, "parameters", [], "#/roles/filters/size", "no query parameter"),
        (OPERATION, "preferred_paths", [1], "#/preferred_paths/0", "Expected `str`"),
        (OPERATION, "array_encoding", "comma", f"{OPERATION}#/array_encoding", "only 'repeat'"),
        (OPERATION, "parameters/0/name", "n", f"{QUERY}#/properties/n", "missing"),
        (
            QUERY,
            "properties/size/type",
            "int",
            f"{QUERY}#/properties/size/type",
            "not a JSON Schema",
        ),
        (REFINED, "0/document", "body", f"{REFINED}#/0/document", "one of operation, query"),
        (REFINED, "0/document", {}, f"{REFINED}#/0/document", "one of operation, query"),
        (REFINED, "0/pointer", "size", f"{REFINED}#/0/pointer", "a JSON Pointer to a keyword"),
        (REFINED, "0/pointer", "/properties/n/type", f"{REFINED}#/0/pointer", "nothing at"),
        (REFINED, "0/source", "", f"{REFINED}#/0/source", "say where this fact comes from"),
        (REFINED, "0", {"pointer": "/a"}, f"{REFINED}#/0", "has exactly document, pointer"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_contracts_that_cannot_be_used(
    folder: Callable[[Files], Path], file: str, where: str, value: Any, at: str, says: str
) -> None:
    contract = files()
    put(contract, file, where, value)
    with pytest.raises(ContractError) as caught:
        load(folder(contract))
    assert caught.value.where.endswith(at)
    assert says in caught.value.problem


SELF = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/b"}]}


@pytest.mark.parametrize(
    ("schema", "at", "says"),
    [
        ({"$ref": "#/$defs/b"}, "/$ref", "leads to no part of this file"),
        ({"items": {"$ref": "else.json"}}, "/items/$ref", "leads to no part of this file"),
        ({"items": {"$dynamicRef": "#b"}}, "/items/$dynamicRef", "leads to no part of this file"),
        ({"$ref": "#/properties"}, "/$ref", "leads to no part of this file"),
        ({"allOf": [{"$ref": "#"}]}, "/$defs/root", "the definition itself"),
        ({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": SELF}}, "/$defs/b", "the definition itself"),
    ],
)
def test_schemas_that_no_contract_may_hold(
    folder: Callable[[Files], Path], schema: Any, at: str, says: str
) -> None:
    with pytest.raises(ContractError) as caught:
        load(folder(files() | {RESPONSE: json.dumps(schema)}))
    assert caught.value.where.endswith(f"{RESPONSE}#{at}")
    assert says in caught.value.problem


def test_every_reference_leads_to_a_definition_and_no_subschema_is_a_boolean(
    folder: Callable[[Files], Path],
) -> None:
    schema = {
        "$id": "https://lamps.example/page",
        "properties": {
            "items": {"type": "array", "items": {"$ref": "lamp#name"}},
            "next": {"$ref": "#/properties/items"},
            "old": False,
        },
        "definitions": {
            "lamp": {"$id": "lamp", "$defs": {"n": {"$anchor": "name", "minLength": 1}}}
        },
    }
    loaded = load(folder(files() | {RESPONSE: schema})).response_schema
    items = {"type": "array", "items": {"$ref": "#/$defs/n"}}
    assert loaded == {
        "$id": "https://lamps.example/page",
        "properties": {"items": items, "next": {"$ref": "#/$defs/items"}, "old": {"not": {}}},
        "$defs": {"n": {"minLength": 1}, "items": items},
    }


def test_what_docpact_does_not_check_is_one_gap_of_each_kind(
    folder: Callable[[Files], Path],
) -> None:
    contract = files()
    lamp = {"format": "unixtime", "x-order": 1, "pattern": "(", "prefix": "a"}
    other = {"format": "cron", "suffix": "b", "pattern": "^a"}
    put(contract, RESPONSE, "properties/items/items", {"properties": {"a": lamp, "b": other}})
    loaded = load(folder(contract))
    assert [(each.document, each.pointer, each.text) for each in loaded.gaps] == [
        (
            "response",
            "/properties/items/items/properties/a/format",
            "2 formats that docpact does not check: unixtime, cron",
        ),
        (
            "response",
            "/properties/items/items/properties/a/pattern",
            "1 pattern that docpact does not check: (",
        ),
        (
            "response",
            "/properties/items/items/properties/a/prefix",
            "2 keywords that docpact does not check: prefix, suffix",
        ),
    ]
    assert loaded.item_schema["properties"] == {"a": {}, "b": {"pattern": "^a"}}


def test_another_metaschema_is_never_fetched(folder: Callable[[Files], Path]) -> None:
    contract = files()
    contract[RESPONSE]["$schema"] = "http://127.0.0.1:9/metaschema.json"
    assert load(folder(contract)).item_schema


@pytest.mark.parametrize(
    ("written", "read"), [("20.0", "20"), ("2e1", "20"), ("20.5", "20.5"), ("1e300", "1e+300")]
)
def test_whole_numbers_are_integers_however_they_are_written(
    folder: Callable[[Files], Path], written: str, read: str
) -> None:
    text = json.dumps(files()["query.schema.json"]).replace("20}", f"{written}}}")
    operation = load(folder(files() | {"query.schema.json": text}))
    assert repr(operation.parameter("size").schema["maximum"]) == read


def test_a_definition_may_hold_itself_further_in(folder: Callable[[Files], Path]) -> None:
    tree = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/$defs/tree"}}]}
    schema = {"$ref": "#/$defs/tree", "$defs": {"tree": tree}}
    contract = files() | {RESPONSE: schema}
    put(contract, OPERATION, "response/examples/0", ["a", ["b"]])
    put(contract, OPERATION, "roles", {})
    assert load(folder(contract)).response_schema == schema


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [(OPERATION, None, "missing"), (QUERY, "{", "cannot be read as JSON")],
)
def test_files_that_cannot_be_read(
    folder: Callable[[Files], Path], file: str, text: str | None, says: str
) -> None:
    contract = files() | {file: text}
    path = folder({name: content for name, content in contract.items() if content is not None})
    with pytest.raises(ContractError, match=f"{file}: {says}"):
        load(path)


def test_an_unknown_name_suggests_a_shipped_one() -> None:
    with pytest.raises(ContractError, match=r"did you mean llamacloud/list_classify_jobs\?"):
        load("llamacloud/list_clasify_job")


def test_a_field_that_the_documentation_of_a_parameter_names_is_not_a_guess(
    folder: Callable[[Files], Path],
) -> None:
    stated = documents("llamacloud/list_classify_jobs")
    assert load(folder(stated)).roles.inferred == frozenset()
    del stated["operation.json"]["roles"]["token_parameter"]["line"]
    assert load(folder(stated)).roles.inferred == {"/next_page_token"}


def test_every_shipped_contract_loads() -> None:
    assert [load(name).id for name in names()] == list(names())
    assert "llamacloud/list_classify_jobs" in names()


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("security/0/variable", "KEY$(id)"),
        ("security/0/variable", "KEY KEY"),
        ("security/0/scheme", "Bearer\r\nX-Extra: 1"),
        ("security/0/header", "X Key"),
        ("security/0/type", "mutualTLS"),
    ],
)
def test_a_credential_that_a_shell_or_a_header_could_misread_is_refused(
    folder: Callable[[Files], Path], place: str, text: str
) -> None:
    contract = files()
    put(contract, OPERATION, place, text)
    with pytest.raises(ContractError, match=f"operation.json#/{place}"):
        load(folder(contract))


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ([], "clients.json#: Expected `object`, got `array`"),
        ({"sdk": []}, "clients.json#/sdk: Expected `object`, got `array`"),
        ({"sdk": {"builds": {}}}, "clients.json#/sdk/builds: .* length >= 1"),
        ({"sdk": {"builds": {"a": "m:C"}, "errors": "m:E"}}, "missing required field `method`"),
        (
            {"sdk": {"builds": {"a": "m:C"}, "method": "x", "errors": "m:E", "n": 1}},
            "clients.json#/sdk: .* unknown field `n`",
        ),
        (
            {"sdk": {"builds": {"a": "C"}, "method": "x", "errors": "m:E"}},
            "clients.json#/sdk/builds/",
        ),
    ],
)
def test_clients_of_another_shape_are_refused(tmp_path: Path, stated: Any, says: str) -> None:
    (tmp_path / "operation.json").write_text(json.dumps(files()["operation.json"]))
    (tmp_path / "clients.json").write_text(json.dumps(stated))
    with pytest.raises(ContractError, match=says):
        sdks(tmp_path)


@pytest.mark.parametrize(
    ("location", "name", "fits"),
    [
        ("cookie", "ü", False),
        ("cookie", "a;b", False),
        ("cookie", "a[b]", True),
        ("header", "X-A\r\nB", False),
        ("header", "X-A", True),
    ],
)
def test_a_parameter_has_a_name_that_can_be_sent(
    folder: Callable[[Files], Path], location: str, name: str, fits: bool
) -> None:
    contract = files()
    parameter = {"name": name, "in": location, "required": False, "schema": {"type": "string"}}
    contract[OPERATION]["parameters"].append(parameter)
    with nullcontext() if fits else pytest.raises(ContractError, match="not a name that a"):
        load(folder(contract))


@pytest.mark.parametrize(("location", "fits"), [("path", True), ("query", False)])
def test_a_name_in_the_path_is_that_of_a_parameter(
    folder: Callable[[Files], Path], location: str, fits: bool
) -> None:
    contract = files()
    contract[OPERATION]["path"] += "/{job}"
    parameter = {"name": "job", "in": location, "required": True, "schema": {"type": "string"}}
    contract[OPERATION]["parameters"].append(parameter)
    contract["query.schema.json"]["properties"]["job"] = {"type": "string"}
    with (
        nullcontext() if fits else pytest.raises(ContractError, match="no parameter is named 'job'")
    ):
        load(folder(contract))
