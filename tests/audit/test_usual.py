"""The usual form of a schema: it holds what came, and leaves nothing else open."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from capture.pages import Contract, contracts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from whole.test_any_contract import loaded

from docpact.audit.compiled import closed, compiled
from docpact.audit.quick import Form, Quick
from docpact.audit.usual import used, usual
from docpact.model import Schema
from docpact.strategies import payloads

LIST: Final[Any] = {
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "name": {"type": ["string", "null"], "enum": ["a", None]},
                "next": {"$ref": "#/$defs/node"},
            },
            "required": ["name"],
        }
    },
    "$ref": "#/$defs/node",
}


def nested(depth: int, name: str | None = "a") -> Any:
    value: dict[str, Any] = {"name": name}
    for _ in range(depth):
        value = {"name": name, "next": value}
    return value


def test_nothing_is_left_open_that_is_not_used() -> None:
    node: Any = usual(LIST, used(LIST, nested(1)))["$defs"]["node"]
    assert node["properties"]["name"] == {"type": ["string"], "enum": ["a"]}
    assert node["required"] == ["name"]
    node = usual(LIST, used(LIST, nested(0, None)))["$defs"]["node"]
    assert node == LIST["$defs"]["node"]
    schema: Schema = {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["b"]}
    assert usual(schema, used(schema, {"b": 1}))["required"] == ["b"]
    assert usual(schema, used(schema, {"a": 1, "b": 1}))["required"] == ["b", "a"]


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(contract=contracts(), data=st.data())
def test_a_body_keeps_the_form_that_it_was_used_for(
    contract: Contract, data: st.DataObject
) -> None:
    schema = loaded(contract).response_schema
    value = data.draw(payloads(loaded(contract)))
    if compiled(closed(schema))(value):
        assert compiled(closed(usual(schema, used(schema, value))))(value)


@pytest.mark.parametrize("depth", [0, 3, 50])
def test_a_body_is_usual_once_another_one_like_it_came(depth: int) -> None:
    quick = Quick(LIST)
    first, second = form(quick, nested(depth)), form(quick, nested(depth))
    assert first is not None
    assert first.schema is LIST
    assert second is not None
    assert second.number > first.number
    assert form(quick, nested(depth, None)) is first
    assert form(quick, {}) is None


def test_a_body_that_is_nested_too_deep_is_not_read() -> None:
    assert Quick(LIST).read(json.dumps(nested(900)).encode()) is None


def form(quick: Quick, value: Any) -> Form | None:
    reading = quick.read(json.dumps(value).encode())
    assert reading is not None
    return reading.form
