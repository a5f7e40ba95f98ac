"""Exchanges belong to operations as OpenAPI assigns paths."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from toy import LAMPS

from docpact.capture.openapi import capture_operation
from docpact.capture.openapi.document import list_operations
from docpact.catalogue import load_files
from docpact.model import Operation, Parameter, Response
from docpact.model.path import find_preferred
from docpact.traffic import Entry
from docpact.traffic.exchanges import belongs_to
from docpact.traffic.recording import Sorter


def thing(schema: dict[str, Any], **more: Any) -> Operation:
    """Return an operation on `/things/{id}` below `https://toys.example/v1`."""
    return replace(
        LAMPS,
        path="/things/{id}",
        server="https://toys.example/v1",
        parameters=(Parameter("id", "path", required=True, schema=schema),),
        **more,
    )


def is_assigned(operation: Operation, url: str) -> bool:
    return belongs_to(operation, Entry("GET", url, Response(200)))


@pytest.mark.parametrize(
    ("schema", "value", "fits"),
    [
        ({"type": "integer"}, "7", True),
        ({"type": "integer"}, "search", False),
        ({"type": "integer", "minimum": 1}, "0", False),
        ({"type": "string"}, "search", True),
        ({"type": "string", "pattern": "^t-"}, "t-1", True),
        ({"type": "string", "pattern": "^t-"}, "search", False),
        ({"enum": ["new", "a b"]}, "a%20b", True),
        ({"enum": ["new", "a b"]}, "old", False),
        ({"type": "boolean"}, "true", True),
        ({}, "search", True),
    ],
)
def test_a_path_value_fits_the_schema_of_its_parameter(
    schema: dict[str, Any], value: str, fits: bool
) -> None:
    url = f"https://toys.example/v1/things/{value}?q=1"
    assert is_assigned(thing(schema), url) is fits


@pytest.mark.parametrize(("path", "own"), [("/", "/"), ("/{id}", "/7")])
def test_a_path_without_a_name_has_no_other_prefix(path: str, own: str) -> None:
    operation = replace(thing({"type": "string"}), path=path)
    assert is_assigned(operation, f"http://127.0.0.1:9000{own}")
    assert is_assigned(operation, f"http://127.0.0.1:9000/v1{own}")
    assert not is_assigned(operation, "http://127.0.0.1:9000/v2/shops/7")


def test_a_literal_path_comes_before_a_template() -> None:
    operation = thing({"type": "string"}, preferred_paths=("/things/search", "/things/new-{kind}"))
    for host in ("https://toys.example/v1", "http://127.0.0.1:9000/proxy"):
        assert is_assigned(operation, f"{host}/things/7")
        assert not is_assigned(operation, f"{host}/things/search")
        assert not is_assigned(operation, f"{host}/things/search/")
        assert not is_assigned(operation, f"{host}/things/new-lamp")


@pytest.mark.parametrize(
    ("url", "is_the_path"),
    [
        ("https://toys.example/v1/things/7", True),
        ("https://TOYS.example/v1/things/7", True),
        ("https://toys.example/things/7", False),
        ("https://toys.example/v1/other/things/7", False),
        ("https://staging.toys.example/things/7", True),
        ("http://127.0.0.1:8000/some/prefix/things/7", True),
    ],
)
def test_the_documented_server_has_the_documented_prefix(url: str, is_the_path: bool) -> None:
    assert is_assigned(thing({"type": "integer"}), url) is is_the_path


@pytest.mark.parametrize(
    ("template", "preferred"),
    [
        ("/things/{id}", ("/things/search",)),
        ("/{kind}/{id}", ("/things/{id}", "/things/search")),
        ("/things/search", ()),
        ("/things", ()),
        ("/{kind}/{id}/parts", ("/things/{id}/parts",)),
    ],
)
def test_paths_of_a_document_that_are_preferred(template: str, preferred: tuple[str, ...]) -> None:
    paths = ["/things", "/things/{id}", "/things/search", "/{kind}/{id}", "/things/{id}/parts"]
    assert find_preferred(template, paths) == preferred


@pytest.mark.parametrize(
    ("query", "name"), [("action=get&x=1", "get"), ("x=1&action=list", "list")]
)
def test_a_query_behind_a_path_belongs_to_the_path(query: str, name: str) -> None:
    listed = {f"/toys?action={each}": {"get": {"operationId": each}} for each in ("list", "get")}
    found = list_operations({"openapi": "3.1.0", "paths": listed}, "toys.json")
    operations = [load_files(capture_operation(each), f"toys/{each.name}") for each in found]
    entry = Entry("GET", f"https://toys.example/toys?{query}#end", Response(200))
    own = [each.id for each in operations if belongs_to(each, entry)]
    assert own == [f"toys/{name}"]
    sorted_to = Sorter(operations).find(entry)
    assert sorted_to is not None
    assert [sorted_to.id] == own
    assert Sorter(operations).find(replace(entry, url="https://toys.example/toys")) is None
