"""OpenAPI documents as files: YAML 1.2, operations by path, and a contract that loads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from capture.test_openapi_schemas import TEXT, document, fields

from docpact import check
from docpact.capture.openapi import capture_operation, find_operation, read_document
from docpact.capture.openapi.document import list_operations
from docpact.catalogue import load_files
from docpact.errors import ContractError, UsageError
from docpact.files import read_yaml
from docpact.model.run import Verdict


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[yes, no, on, off, NO, y]", ["yes", "no", "on", "off", "NO", "y"]),
        ("[true, False, TRUE]", [True, False, True]),
        (
            "[2020-01-01, 2020-01-01T00:00:00Z, 12:30]",
            ["2020-01-01", "2020-01-01T00:00:00Z", "12:30"],
        ),
        ("[1e-08, 1E3, .5, 1., -1.5]", [1e-08, 1000.0, 0.5, 1.0, -1.5]),
        ("[010, 0o10, 0x1f, +3, 1_000]", [10, 8, 31, 3, "1_000"]),
        ("[null, ~, Null, '']", [None, None, None, ""]),
        ("a:\n", {"a": None}),
        ("[=, <, 1.2.3]", ["=", "<", "1.2.3"]),
        ("[&a 1, *a, &a NO, *a]", [1, 1, "NO", "NO"]),
        ("x: &x {a: 1}\ny: {<<: *x, b: 2}\n", {"x": {"a": 1}, "y": {"a": 1, "b": 2}}),
        ("{a:[NO], b:{c:}}", {"a": ["NO"], "b": {"c": None}}),
        ("[a:[010], &a 1, &a 2, *a]", [{"a": [10]}, 1, 2, 2]),
    ],
)
def test_yaml_is_read_by_the_core_schema(text: str, value: Any) -> None:
    found = read_yaml(text, "a.yaml")
    assert found == value
    assert json.dumps(found) == json.dumps(value)


def test_aliases_cannot_stand_for_any_number_of_values() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    with pytest.raises(UsageError, match="its aliases expand to more than"):
        read_yaml("\n".join(levels), "a.yaml")


def test_an_alias_cannot_contain_itself() -> None:
    with pytest.raises(UsageError, match="leads back to a value that contains it"):
        read_yaml("a: &a [{b: *a}]", "a.yaml")


def test_shared_values_are_read() -> None:
    assert read_yaml("a: &a [1, 2]\nb: [*a, *a]", "a.yaml") == {"a": [1, 2], "b": [[1, 2], [1, 2]]}


def test_keys_are_text(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("responses: {200: ok}\n", "utf-8")
    assert read_document(file) == {"responses": {"200": "ok"}}


def test_operations_without_an_id_have_the_name_of_their_method_and_path() -> None:
    stated = document(fields(a=TEXT))
    del stated["paths"]["/things"]["get"]["operationId"]
    files = capture_operation(find_operation(stated, "GET /things", "a document"))
    assert load_files(files, "toys/things").title == "GET /things"


@pytest.mark.parametrize("key", ["example", "examples"])
def test_an_example_that_does_not_fit_is_a_gap(key: str) -> None:
    stated = document(fields(id=TEXT))
    media = stated["paths"]["/things"]["get"]["responses"]["200"]["content"]["application/json"]
    media[key] = {"id": 5} if key == "example" else {"x": {"value": {"id": 5}}}
    files = capture_operation(find_operation(stated, "op", "a document"))
    assert load_files(files, "toys/op").examples == ()
    (gap,) = json.loads(files["operation.json"])["gaps"]
    assert gap["said"] == "an example does not fit its schema: /id string; found number 5"
    assert gap["place"].startswith("a document#/paths/~1things/get/responses/200/content/")


def test_operations_by_methods_of_later_versions_are_found() -> None:
    answer = {"responses": {"200": {"description": ""}}}
    others = {"COPY": {"operationId": "copy", **answer}}
    item = {"query": {"operationId": "ask", **answer}, "additionalOperations": others}
    stated = {"openapi": "3.2.0", "info": {}, "paths": {"/boats": item}}
    found = list_operations(stated, "a document")
    assert [(each.method, each.where) for each in found] == [
        ("query", "/paths/~1boats/query"),
        ("COPY", "/paths/~1boats/additionalOperations/COPY"),
    ]


def test_the_variables_of_a_server_have_their_defaults() -> None:
    server = {"url": "{protocol}://api.example/{base}/", "variables": {}}
    server["variables"] = {"protocol": {"default": "https"}, "base": {"default": "v2"}}
    stated = document(fields(a=TEXT), servers=[server])
    files = capture_operation(find_operation(stated, "op", "a document"))
    assert load_files(files, "toys/op").server == "https://api.example/v2"


@pytest.mark.parametrize(
    "url", ["http://localhost:__PORT__", "http://[::1", "https:///v1", "{{base}}/v1"]
)
def test_a_server_that_is_not_a_url_is_a_gap(url: str) -> None:
    stated = document(fields(a=TEXT), servers=[{"url": url}])
    files = capture_operation(find_operation(stated, "op", "a document"))
    loaded = load_files(files, "toys/op")
    assert loaded.server == ""
    assert check(loaded, target="mock").verdict() is Verdict.CONFORMS
    (gap,) = json.loads(files["operation.json"])["gaps"]
    assert (gap["said"], gap["place"]) == (f"{url}: not a URL of a server", "a document#/servers/0")
    damaged = {**files, "operation.json": files["operation.json"].replace('""', f'"{url}"', 1)}
    with pytest.raises(ContractError, match="/server: expected a URL of a server"):
        load_files(damaged, "toys/op")


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("https://api.example/v1?key=1#here", "https://api.example/v1"),
        (" https://api.example ", "https://api.example"),
        ("https://{region}.example", "https://{region}.example"),
        ("https://[::1]:8080/v1", "https://[::1]:8080/v1"),
        ("../v2", "../v2"),
    ],
)
def test_a_server_has_neither_query_nor_fragment(url: str, server: str) -> None:
    stated = document(fields(a=TEXT), servers=[{"url": url}])
    files = capture_operation(find_operation(stated, "op", "a document"))
    loaded = load_files(files, "toys/op")
    assert loaded.server == server
    assert not loaded.gaps
