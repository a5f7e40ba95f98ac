"""The life cycles of any document conform on its own mock."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docpact.apis import load_api
from docpact.conformance import run_api
from docpact.media_types import FORM, MULTIPART
from docpact.model import Verdict
from docpact.settings import Config, resolve

JSON: Final = "application/json"
TEXT: Final = {"type": "string"}
SCALARS: Final[list[dict[str, Any]]] = [
    TEXT,
    {"type": "integer"},
    {"type": "number", "minimum": 0},
    {"type": "boolean"},
    {"type": ["string", "null"]},
    {"enum": ["cat", "dog"]},
    {"anyOf": [{"type": "integer"}, TEXT]},
]
IDS: Final[list[dict[str, Any]]] = [TEXT, {"type": "integer"}, {"type": "string", "format": "uuid"}]
NAMES: Final = ("color", "size", "note", "name", "kind")


def take(fields: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": required}


def describe(schema: Any, sent: Any = None, media_type: str = JSON) -> dict[str, Any]:
    content, media = {JSON: {"schema": schema}}, {"schema": sent}
    if media_type == FORM:
        deep = {"style": "deepObject", "explode": True}
        inner = [n for n, each in sent["properties"].items() if {"properties", "items"} & {*each}]
        media["encoding"] = dict.fromkeys(inner, deep)
    body = {} if sent is None else {"requestBody": {"content": {media_type: media}}}
    return {**body, "responses": {"200": {"description": "", "content": content}}}


def name(parameter: str, schema: Any) -> dict[str, Any]:
    return {"name": parameter, "in": "path", "required": True, "schema": schema}


@st.composite
def fields(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    """Draw the fields of a thing that clients write."""
    schemas = st.sampled_from(SCALARS)
    if depth > 1:
        inner = fields(depth - 1).map(lambda found: take(found, []))
        schemas |= inner | inner.map(lambda each: {"type": "array", "items": each})
    return draw(st.dictionaries(st.sampled_from(NAMES), schemas, min_size=1, max_size=4))


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an OpenAPI document in which things can be created, read, changed and deleted."""
    known, number = draw(fields()), draw(st.sampled_from(IDS))
    field, parameter = draw(st.sampled_from([("id", "id"), ("id", "cup_id"), ("code", "code")]))
    required = draw(st.lists(st.sampled_from([*known]), unique=True))
    above = draw(st.sampled_from(["", "/shops/{shop}"]))
    owner = {"shop": {**TEXT, "readOnly": True}} if above and draw(st.booleans()) else {}
    if draw(st.booleans()):
        owner |= {"updated_at": {**TEXT, "format": "date-time", "readOnly": True}}
    shown = take(
        {**known, **owner, field: {**number, "readOnly": True}}, [*required, *owner, field]
    )
    sent = take(
        {**known, **draw(st.sampled_from([{}, {"pin": {**TEXT, "writeOnly": True}}]))}, required
    )
    if draw(st.booleans()):
        capitals = {each.capitalize(): one for each, one in sent["properties"].items()}
        sent = take(capitals, [each.capitalize() for each in required])
    envelope = draw(st.sampled_from(["", "data"]))
    one = take({envelope: shown}, [envelope]) if envelope else shown
    body = take({envelope: sent}, [envelope]) if envelope and draw(st.booleans()) else sent
    media_type = draw(st.sampled_from([JSON, JSON, FORM, MULTIPART]))
    parameters = [name("shop", {**TEXT, "default": "main"})] if above else []
    listing = {"get": describe(take({"cups": {"type": "array", "items": shown}}, ["cups"]))}
    writes = {
        "get": describe(one),
        "put": describe(one, body, media_type),
        draw(st.sampled_from(["patch", "post"])): {
            **describe(one, {**body, "required": []}, media_type),
            "operationId": "update_cup",
        },
        "delete": {"responses": {"204": {"description": ""}}},
    }
    kept = draw(st.lists(st.sampled_from([*writes]), unique=True, min_size=1))
    paths = {
        f"{above}/cups": {
            "parameters": parameters,
            "post": describe(one, body, media_type),
            **(listing if draw(st.booleans()) else {}),
        },
        f"{above}/cups/{{{parameter}}}": {
            "parameters": [*parameters, name(parameter, number)],
            **{method: writes[method] for method in {*kept, "delete"}},
        },
    }
    info, servers = {"title": "Cups", "version": "1"}, [{"url": "https://cups.example"}]
    return {"openapi": "3.1.0", "info": info, "servers": servers, "paths": paths}


@pytest.mark.slow
@settings(max_examples=20)
@given(documents())
def test_the_life_cycles_of_any_document_conform_on_its_mock(document: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "cups.json"
        file.write_text(json.dumps(document))
        api = load_api(str(file))
        run = run_api(
            api, resolve(Config(), {"target": "mock"}), {}, version="0", allow_writes=True
        )
    found = [(each.rule, each.location, each.observed) for one in run.runs for each in one.findings]
    assert (found, run.verdict(), run.left_behind) == ([], Verdict.CONFORMS, ())
