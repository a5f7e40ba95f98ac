"""Schemas that allow the same values are the same, however they are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from diff.rewrites import REWRITES, rewrite
from diff.schemas import PLAIN, changed, schemas, whole, without
from hypothesis import given
from hypothesis import strategies as st
from sizes import FEWER

from docpact.diff import diff, read_source

TEXT = {"type": "string"}
NULL = {"type": "null"}
NODE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "name": TEXT}}
NAMED = {"$defs": {"text": TEXT, "word": TEXT, "node": NODE, "open": {"enum": ["OPEN", "CLOSED"]}}}


def field(schema: Any) -> dict[str, Any]:
    """Return the schema of an object with one field."""
    return {"type": "object", "properties": {"x": schema}, "required": ["x"], **NAMED}


PAIRS: dict[str, tuple[Any, Any]] = {
    "null in a list of types": (
        {"type": ["string", "null"]},
        {"anyOf": [{"$ref": "#/$defs/text"}, NULL]},
    ),
    "fields without a type": (
        {"type": "object", "properties": {"a": TEXT}},
        {"properties": {"a": TEXT}},
    ),
    "fields without a type in a form": (
        {"oneOf": [TEXT, {"type": "object", "properties": {"a": TEXT}}]},
        {"oneOf": [TEXT, {"properties": {"a": TEXT}}]},
    ),
    "fields without a type beside null": (
        {"allOf": [{"type": ["object", "null"]}, {"properties": {"a": TEXT}}]},
        {"type": ["object", "null"], "properties": {"a": TEXT}},
    ),
    "a format that is not a name": ({"type": "string", "format": ["date"]}, TEXT),
    "elements without a type": ({"type": "array", "items": TEXT}, {"items": TEXT}),
    "null beside an object": (
        {"type": ["object", "null"], "properties": {"a": TEXT}, "required": ["a"]},
        {"oneOf": [NULL, {"type": "object", "properties": {"a": TEXT}, "required": ["a"]}]},
    ),
    "nullable of OpenAPI 3.0": ({"type": "string", "nullable": True}, {"type": ["null", "string"]}),
    "nullable of Swagger 2.0": (
        {"type": "string", "x-nullable": True},
        {"type": ["null", "string"]},
    ),
    "nullable beside a reference": (
        {"$ref": "#/$defs/text", "x-nullable": True},
        {"anyOf": [{"$ref": "#/$defs/text"}, NULL]},
    ),
    "a definition": ({"type": "string", "enum": ["OPEN", "CLOSED"]}, {"$ref": "#/$defs/open"}),
    "constant": ({"const": "a"}, {"type": "string", "enum": ["a", "a"]}),
    "values of another type": ({"type": "string", "enum": ["a", 1]}, {"const": "a"}),
    "values beyond a limit": ({"enum": ["a", "bcd"], "maxLength": 2}, {"enum": ["a"]}),
    "one member": ({"allOf": [{"anyOf": [{"oneOf": [TEXT]}]}]}, TEXT),
    "nothing but annotations": ({"description": "anything", "minLength": 0}, True),
    "limits in two parts": (
        {"allOf": [{"type": "integer", "minimum": 1}, {"type": "number", "minimum": 0}]},
        {"type": "integer", "exclusiveMinimum": 0},
    ),
    "exclusive as in OpenAPI 3.0": (
        {"type": "number", "maximum": 3, "exclusiveMaximum": True},
        {"type": "number", "exclusiveMaximum": 3},
    ),
    "multiples of one": ({"type": "number", "multipleOf": 1.0}, {"type": "integer"}),
    "numbers that are whole": ({"enum": [1, 2.0]}, {"type": "integer", "enum": [2, 1]}),
    "integers among numbers": (
        {"anyOf": [{"type": "integer"}, {"type": "number"}]},
        {"type": "number"},
    ),
    "both truth values": ({"type": "boolean"}, {"enum": [False, True]}),
    "a form that another contains": ({"anyOf": [TEXT, {"enum": ["a", "b"]}]}, TEXT),
    "forms that refer to equal definitions": (
        {
            "anyOf": [
                {"properties": {"a": {"$ref": f"#/$defs/{name}"}}} for name in ("text", "word")
            ]
        },
        {"properties": {"a": TEXT}},
    ),
    "open objects": (
        {"type": "object", "additionalProperties": True},
        {"type": "object", "additionalProperties": {}},
    ),
    "elements that may be anything": ({"type": "array"}, {"type": "array", "items": {}}),
    "recursion begun later": (
        {"$ref": "#/$defs/node"},
        {"type": "object", "properties": {"name": TEXT, "next": NODE}},
    ),
}


@pytest.mark.parametrize(("one", "other"), PAIRS.values(), ids=PAIRS)
def test_equivalent_forms_are_no_change(one: Any, other: Any) -> None:
    assert diff(whole(field(one)), whole(field(other))) == ()
    assert diff(whole(field(other)), whole(field(one))) == ()


@FEWER
@given(schemas(), st.data())
def test_no_rewrite_is_a_change(schema: Any, data: st.DataObject) -> None:
    other = rewrite(schema, lambda _: data.draw(st.sampled_from(REWRITES)))
    assert diff(whole(schema), whole(other)) == ()
    assert diff(whole(other), whole(schema)) == ()


CHANGES: dict[str, tuple[Any, str]] = {
    "fewer values": (changed("state", enum=["on"]), "diff.query.value_removed"),
    "a further value": (changed("state", enum=["on", "off", "x"]), "diff.response.value_added"),
    "a required field": ({**PLAIN, "required": ["name", "size"]}, "diff.query.required"),
    "an optional field": ({**PLAIN, "required": []}, "diff.response.optional"),
    "another type": (changed("size", type="string"), "diff.query.type_widened"),
    "a lower limit": (changed("size", maximum=8), "diff.query.bound_narrowed"),
    "a field gone": (without("when"), "diff.response.removed"),
}


@pytest.mark.sampled(6)
@pytest.mark.parametrize(("other", "rule"), CHANGES.values(), ids=CHANGES)
@given(data=st.data())
def test_a_rewrite_hides_no_change(other: Any, rule: str, data: st.DataObject) -> None:
    before = rewrite(PLAIN, lambda _: data.draw(st.sampled_from(REWRITES)))
    after = rewrite(other, lambda _: data.draw(st.sampled_from(REWRITES)))
    expected = {(c.rule.id, c.location) for c in diff(whole(PLAIN), whole(other))}
    assert {(c.rule.id, c.location) for c in diff(whole(before), whole(after))} == expected
    assert rule in {each for each, _ in expected}


def test_a_change_within_recursion_is_found_once() -> None:
    node = {**NODE, "required": ["name"]}
    changes = diff(
        whole({**field({"$ref": "#/$defs/node"}), **NAMED}),
        whole({**field({"$ref": "#/$defs/node"}), "$defs": {**NAMED["$defs"], "node": node}}),
    )
    assert [(c.rule.id, c.location) for c in changes] == [
        ("diff.query.required", "query/x.name"),
        ("diff.response.always", "/x/name"),
    ]


def test_a_change_in_a_definition_is_found_wherever_it_is_used() -> None:
    used = {"a": {"$ref": "#/$defs/open"}, "b": {"$ref": "#/$defs/open"}}
    one, other = (
        {"type": "object", "properties": used, "$defs": {"open": {"enum": values}}}
        for values in (["OPEN"], ["OPEN", "CLOSED"])
    )
    changes = [c for c in diff(whole(one), whole(other)) if c.rule.id.startswith("diff.response")]
    assert [c.location for c in changes] == ["/a", "/b"]


def document(path: str = "/things/{id}", media: str = "application/json", **operation: Any) -> Any:
    """Return an OpenAPI document with one operation."""
    content = {media: {"schema": {"type": "object"}}}
    responses = {"200": {"description": "", "content": content}}
    stated = {"operationId": "op", "responses": responses, **operation}
    return {"openapi": "3.1.0", "info": {}, "paths": {path: {"get": stated}}}


def moved(content: Any) -> Any:
    """Move a path item, a response and a parameter to the components of a document."""
    ((path, item),) = content["paths"].items()
    operation = {
        **item["get"],
        "responses": {"200": {"$ref": "#/components/responses/ok"}},
        "parameters": [{"$ref": "#/components/parameters/a"}],
    }
    components = {
        "pathItems": {"item": {"get": operation}},
        "responses": {"ok": item["get"]["responses"]["200"]},
        "parameters": {"a": item["get"]["parameters"][0]},
    }
    paths = {path: {"$ref": "#/components/pathItems/item"}}
    return {**content, "paths": paths, "components": components}


def parameters(*names: str) -> list[Any]:
    return [{"name": name, "in": "query", "schema": TEXT} for name in names]


DOCUMENTS: dict[str, tuple[Any, Any]] = {
    "the name of a path parameter": (document(), document("/things/{thing_id}")),
    "the order of parameters": (
        document(parameters=parameters("a", "b")),
        document(parameters=parameters("b", "a")),
    ),
    "parts that moved to the components": (
        document(parameters=parameters("a")),
        moved(document(parameters=parameters("a"))),
    ),
    "a charset of JSON": (document(), document(media="Application/JSON; charset=utf-8")),
    "quotes and blanks of a media type": (
        document(media='application/x+json;v="1"; p=2'),
        document(media="application/x+json; P=2; v=1"),
    ),
}


@pytest.mark.parametrize(("one", "other"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_equivalent_documents_are_no_change(tmp_path: Path, one: Any, other: Any) -> None:
    names = []
    for number, content in enumerate((one, other)):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(content))
        names.append(f"{file}#op")
    assert diff(*map(read_source, names)) == ()
