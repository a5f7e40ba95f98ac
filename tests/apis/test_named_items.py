"""A mock gives listed things names that the path of a thing allows."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import sample

from docpact.apis import load_api
from docpact.bodies.engine import is_valid
from docpact.conformance import run_api
from docpact.model import Api, ApiRun, Level, Verdict
from docpact.settings import Config, resolve
from docpact.targets.mock_store import MockStore, open_mock

TEXT: Final = {"type": "string"}
SCHEMAS: Final[list[dict[str, Any]]] = [
    TEXT,
    {**TEXT, "format": "hostname"},
    {**TEXT, "format": "uuid"},
    {**TEXT, "format": "email"},
    {**TEXT, "pattern": "^[a-z]{3}-[0-9]{2,4}$"},
    {**TEXT, "minLength": 12, "maxLength": 20},
    {**TEXT, "maxLength": 5},
    {"enum": ["main", "spare", "old"]},
    {"type": "integer"},
    {"type": "integer", "minimum": 500, "maximum": 900},
    {"type": ["string", "null"]},
    {"anyOf": [{"type": "integer"}, TEXT]},
]
"""Schemas of parameters and fields, most of which exclude the samples of others."""


def describe(schema: Any, sent: Any = None) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    body = (
        {} if sent is None else {"requestBody": {"content": {"application/json": {"schema": sent}}}}
    )
    return {**body, "responses": {"200": {"description": "", "content": content}}}


def write_document(parameter: Any, field: Any, *, required: bool, sent: bool) -> dict[str, Any]:
    """Return a document in which the field `site` of a listed thing names it in a path."""
    fields = {"id": {**TEXT, "format": "uuid"}, "site": field, "note": TEXT}
    thing = {"type": "object", "properties": fields, "required": ["id", "site"][: 1 + required]}
    writable = {"note": TEXT, **({"site": field} if sent else {})}
    body = {"type": "object", "properties": writable, "required": [*writable]}
    stated = {"name": "site", "in": "path", "required": True, "schema": parameter}
    one = {
        "parameters": [stated],
        "get": describe(thing),
        "delete": {"responses": {"204": {"description": ""}}},
    }
    paths = {
        "/sites": {
            "get": describe({"type": "array", "items": thing}),
            "post": describe(thing, body),
        },
        "/sites/{site}": one,
    }
    info, servers = {"title": "Sites", "version": "1"}, [{"url": "https://sites.example"}]
    return {"openapi": "3.1.0", "info": info, "servers": servers, "paths": paths}


def load(document: Any) -> Api:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "sites.json"
        file.write_text(json.dumps(document))
        return load_api(str(file))


def run_on_mock(document: Any) -> ApiRun:
    settings = resolve(Config(), {"target": "mock"})
    return run_api(load(document), settings, {}, version="0", allow_writes=True)


def check(document: Any) -> tuple[list[tuple[str, str, str]], Verdict, dict[str, str]]:
    """Return the findings of a check on the mock, its verdict, and the untested operations."""
    run = run_on_mock(document)
    findings = [found for one in run.runs for found in one.findings]
    serious = [each for each in findings if each.level is not Level.NOTE]
    shown = [(each.rule, each.location, each.observed) for each in serious]
    return shown, run.verdict(), dict(run.not_tested)


@pytest.mark.sampled(6)
@pytest.mark.parametrize("sent", sample((True, False), 2))
@pytest.mark.parametrize(
    ("parameter", "field"),
    [
        pytest.param({**TEXT, "format": "hostname"}, TEXT, id="a name of a host in a plain text"),
        pytest.param({"type": "integer", "minimum": 500}, {"type": "integer"}, id="a large number"),
        pytest.param(
            {**TEXT, "pattern": "^s-[0-9]+$"}, {"type": ["string", "null"]}, id="a pattern"
        ),
        pytest.param({**TEXT, "format": "ipv4"}, {**TEXT, "minLength": 2}, id="an address"),
    ],
)
def test_listed_things_have_names_that_their_path_allows(
    parameter: Any, field: Any, sent: bool
) -> None:
    document = write_document(parameter, field, required=False, sent=sent)
    store = open_mock(load(document), key=None, items=12)
    listed = store.answer(httpx.Request("GET", "http://mock.invalid/sites")).json()
    names = [each["site"] for each in listed]
    assert len(set(names)) == len(names) == 12
    for name, item in zip(names, listed, strict=True):
        assert is_valid(parameter, name)
        url = f"http://mock.invalid/sites/{name}"
        assert store.answer(httpx.Request("GET", url)).json() == item
    assert check(document)[:2] == ([], Verdict.CONFORMS)


def test_a_thing_that_its_own_field_cannot_name_keeps_the_field() -> None:
    uuid, code = {**TEXT, "format": "uuid"}, {**TEXT, "pattern": "^[a-z]{3}$"}
    document = write_document(uuid, code, required=True, sent=False)
    store = open_mock(load(document), key=None, items=3)
    for item in store.answer(httpx.Request("GET", "http://mock.invalid/sites")).json():
        url = f"http://mock.invalid/sites/{item['id']}"
        assert store.answer(httpx.Request("GET", url)).json() == item
    assert check(document)[:2] == ([], Verdict.CONFORMS)


@pytest.mark.slow
def test_the_name_of_a_deleted_thing_may_be_sent_again() -> None:
    """All bodies send one of three names, so that most of them name a thing that was deleted."""
    short, number = {**TEXT, "maxLength": 5}, {"type": "integer"}
    document = write_document(short, number, required=False, sent=True)
    assert check(document) == ([], Verdict.CONFORMS, {})


@pytest.mark.slow
@settings(max_examples=25)
@given(st.sampled_from(SCHEMAS), st.sampled_from(SCHEMAS), st.booleans(), st.booleans())
def test_a_path_with_any_parameter_conforms_on_its_mock(
    parameter: Any, field: Any, required: bool, sent: bool
) -> None:
    findings, verdict, missed = check(
        write_document(parameter, field, required=required, sent=sent)
    )
    assert (findings, verdict) == ([], Verdict.CONFORMS)
    assert missed.keys() <= {"sites/POST_sites", "sites/DELETE_sites_site"}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("required", [["metadata"], []])
def test_things_with_names_in_an_inner_object_are_found_and_conform(required: list[str]) -> None:
    named = {"type": "object", "properties": {"name": TEXT, "region": TEXT}}
    thing = {
        "type": "object",
        "properties": {"metadata": {**named, "required": ["name", "region"]}, "note": TEXT},
        "required": required,
    }
    sites = describe({"type": "object", "properties": {"items": {"type": "array", "items": thing}}})
    stated = [
        {"name": name, "in": "path", "required": True, "schema": TEXT}
        for name in named["properties"]
    ]
    paths = {
        "/sites": {"get": sites},
        "/regions/{region}/sites": {"parameters": stated[1:], "get": sites},
        "/regions/{region}/sites/{name}": {"parameters": stated, "get": describe(thing)},
    }
    document = {**write_document(TEXT, TEXT, required=True, sent=False), "paths": paths}
    run = run_on_mock(document)
    assert [each.findings for each in run.runs] == [(), (), ()]
    assert (run.verdict(), run.not_tested) == (Verdict.CONFORMS, {})


def test_a_thing_is_found_by_a_list_below_another_thing() -> None:
    site = {"type": "object", "properties": {"id": TEXT, "note": TEXT}, "required": ["id", "note"]}
    region, name = (
        {"name": name, "in": "path", "required": True, "schema": TEXT}
        for name in ("region", "site")
    )
    paths = {
        "/regions/{region}/sites": {
            "parameters": [region],
            "get": describe({"type": "array", "items": site}),
        },
        "/sites/{site}": {"parameters": [name], "get": describe(site), "delete": describe(site)},
        "/sites/{site}/owner": {"parameters": [name], "get": describe(site)},
    }
    document = {**write_document(TEXT, TEXT, required=True, sent=False), "paths": paths}
    store = MockStore(load(document), key=None, items=3)

    def ask(path: str, method: str = "GET") -> httpx.Response:
        return store.answer(httpx.Request(method, f"http://mock.invalid{path}"))

    (north,) = store.apis["GET_regions_region_sites"].given.values()
    (given,) = store.apis["GET_sites_site"].given.values()
    assert ask(f"/sites/{given}").status_code == 200
    first, *others = ask(f"/regions/{north}/sites").json()[::-1]
    assert ask(f"/sites/{first['id']}").json() == first
    assert ask(f"/sites/{first['id']}/owner").status_code == 200
    assert ask("/sites/other").status_code == 404
    assert ask(f"/sites/{first['id']}", "DELETE").status_code == 200
    assert ask(f"/sites/{first['id']}").status_code == 404
    assert ask(f"/regions/{north}/sites").json()[::-1] == others
    assert run_on_mock(document).verdict() is Verdict.CONFORMS
