"""Changes of the form in which requests carry values, and rewrites that change nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docpact.diff import diff, read_source
from docpact.media_types import FORM, MULTIPART
from docpact.model import Level

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
ARRAY = {"type": "array", "items": TEXT}
NUMBERS = {"type": "array", "items": NUMBER}
OBJECT = {"type": "object", "properties": {"k": NUMBER, "l": NUMBER}}
JSON = "application/json"


def query(schema: Any, **stated: Any) -> dict[str, Any]:
    return {"name": "x", "in": "query", "schema": schema, **stated}


def place(where: str, schema: Any, **stated: Any) -> dict[str, Any]:
    return {**query(schema, **stated), "in": where, "required": where == "path"}


def content(schema: Any) -> dict[str, Any]:
    return {"name": "x", "in": "query", "content": {JSON: {"schema": schema}}}


def write(folder: Path, name: str, *parameters: Any, body: Any = None) -> str:
    """Write a document; return its operation as a source."""
    at = "/a/{x}" if any(each["in"] == "path" for each in parameters) else "/a"
    operation = {
        "operationId": "op",
        "parameters": [*parameters],
        "responses": {"200": {"description": ""}},
        **({"requestBody": body} if body else {}),
    }
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}}
    text = json.dumps({**document, "paths": {at: {"post": operation}}})
    (folder / f"{name}.json").write_text(text)
    return f"{folder / name}.json#op"


def list_changes(*names: str) -> list[tuple[str, str, str, str]]:
    found = diff(*map(read_source, names))
    assert {each.rule.level for each in found} <= {Level.BREAKING}
    return [(each.rule.id, each.location, each.before, each.after) for each in found]


CHANGED: dict[str, tuple[Any, Any, str, str]] = {
    "joined": (query(ARRAY), query(ARRAY, explode=False), "x=a&x=b", "x=a,b"),
    "bars": (query(ARRAY), query(ARRAY, style="pipeDelimited"), "x=a&x=b", "x=a|b"),
    "spaces": (
        query(ARRAY, style="spaceDelimited"), query(ARRAY, explode=False), "x=a%20b", "x=a,b",
    ),
    "deep": (
        query(OBJECT, style="deepObject"), query(OBJECT, explode=False),
        "x[k]=a&x[l]=b", "x=k,a,l,b",
    ),
    "JSON": (content(ARRAY), query(ARRAY), "as application/json", "x=a&x=b"),
    "a text in JSON": (content(TEXT), query(TEXT), "as application/json", "x=a"),
    "a path": (place("path", TEXT), place("path", TEXT, style="label"), "a", ".a"),
    "a matrix": (
        place("path", ARRAY, style="matrix"), place("path", ARRAY, style="matrix", explode=True),
        ";x=a,b", ";x=a;x=b",
    ),
    "a header": (
        place("header", OBJECT), place("header", OBJECT, explode=True), "k,a,l,b", "k=a,l=b",
    ),
    "reserved": (
        query(TEXT), query(TEXT, allowReserved=True), "x=a", "x=a, reserved characters as they are",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGED)
def test_another_form_of_a_value_is_breaking(tmp_path: Path, case: str) -> None:
    one, other, before, after = CHANGED[case]
    names = [write(tmp_path, name, each) for name, each in (("a", one), ("b", other))]
    part = "query" if one["in"] == "query" else "request"
    where = {"query": "query/x", "path": "path/1", "header": "header/x"}[one["in"]]
    assert list_changes(*names) == [(f"diff.{part}.style_changed", where, before, after)]
    assert list_changes(*names[::-1]) == [(f"diff.{part}.style_changed", where, after, before)]


SAME: dict[str, tuple[Any, Any]] = {
    "defaults": (query(ARRAY), query(ARRAY, style="form", explode=True)),
    "one value": (query(TEXT), query(TEXT, explode=False)),
    "one element": (
        query({**ARRAY, "maxItems": 1}),
        query({**ARRAY, "maxItems": 1}, explode=False),
    ),
    "a number in JSON": (content(NUMBER), query(NUMBER)),
    "an array in a header": (place("header", ARRAY), place("header", ARRAY, explode=True)),
    "an array in a path": (
        place("path", ARRAY),
        place("path", ARRAY, style="simple", explode=True),
    ),
    "exploded bars": (query(ARRAY), query(ARRAY, style="pipeDelimited", explode=True)),
    "reserved characters of numbers": (query(NUMBERS), query(NUMBERS, allowReserved=True)),
    "reserved characters of words": (
        query({"enum": ["a", "b"]}),
        query({"enum": ["a", "b"]}, allowReserved=True),
    ),
    "a deep object": (
        query(OBJECT, style="deepObject"),
        query(OBJECT, style="deepObject", explode=True),
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_an_equivalent_form_is_no_change(tmp_path: Path, case: str) -> None:
    names = [write(tmp_path, name, each) for name, each in zip("ab", SAME[case], strict=True)]
    assert list_changes(*names) == []


def test_fields_of_an_object_may_be_parameters(tmp_path: Path) -> None:
    needed = {**OBJECT, "required": ["k"]}
    fields = [query(NUMBER, name="k", required=True), query(NUMBER, name="l")]
    names = [
        write(tmp_path, "a", query(needed, required=True)),
        write(tmp_path, "b", *fields),
        write(tmp_path, "c", query(OBJECT, required=True)),
    ]
    assert list_changes(*names[:2]) == []
    assert [each[:2] for each in list_changes(*names[::-2])] == [("diff.query.required", "query/k")]


@pytest.mark.parametrize("kind", [FORM, MULTIPART])
def test_the_form_of_a_field_is_compared(tmp_path: Path, kind: str) -> None:
    schema = {"type": "object", "properties": {"x": ARRAY, "y": TEXT}}
    encodings: tuple[Any, ...] = (
        {},
        {"x": {"explode": True}, "y": {"style": "form"}},
        {"x": {"explode": False}},
    )
    names = [
        write(tmp_path, f"s{n}", body={"content": {kind: {"schema": schema, "encoding": each}}})
        for n, each in enumerate(encodings)
    ]
    assert list_changes(*names[:2]) == []
    changed = ("diff.request.style_changed", "body/x", "x=a&x=b", "x=a,b")
    assert list_changes(names[1], names[2]) == [changed]


@pytest.mark.parametrize(
    ("before", "after", "count"), [("csv", "multi", 1), ("multi", "tsv", 1), (None, "csv", 0)]
)
def test_formats_of_collections_are_styles(
    tmp_path: Path, before: str | None, after: str, count: int
) -> None:
    sources = []
    for name, stated in (("a", before), ("b", after)):
        form = {"collectionFormat": stated} if stated else {}
        operation = {
            "operationId": "op",
            "parameters": [{"name": "x", "in": "query", **ARRAY, **form}],
            "responses": {"200": {"description": ""}},
        }
        document = {"swagger": "2.0", "info": {"title": "t", "version": "1"}}
        text = json.dumps({**document, "paths": {"/a": {"get": operation}}})
        (tmp_path / f"{name}.json").write_text(text)
        sources.append(f"{tmp_path / name}.json#op")
    assert len(list_changes(*sources)) == count
