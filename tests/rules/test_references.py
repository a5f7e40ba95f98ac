"""Violations behind a reference: each is reported, at its own place, by a check and by an audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from audit.judging import by_audit, by_rules
from toy import LAMPS, exchange

from docpact.model import Schema
from docpact.rules import gather, judge

STATE = {"type": "string", "enum": ["on", "off"]}
LAMP = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "state": {"$ref": "#/$defs/state"}},
    "required": ["id"],
}
NODE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "next": {"$ref": "#/$defs/node"}},
    "required": ["name"],
}


def schema(definitions: dict[str, Any], **properties: Any) -> Schema:
    return {"type": "object", "properties": properties, "$defs": definitions}


def breaches(response: Schema, *bodies: Any) -> Sequence[tuple[Any, ...]]:
    """Return every breach of a keyword, as a check reports it and an audit too."""
    operation = replace(LAMPS, response_schema=response, roles=replace(LAMPS.roles, items=None))
    exchanges = [exchange(body) for body in bodies]
    assert by_audit(operation, exchanges) == by_rules(operation, exchanges)
    return [
        (each.promise.rule, breach.location, breach.count, breach.observations, breach.first)
        for each in judge(gather(operation, exchanges))
        for breach in each.breaches
    ]


def test_an_array_of_references_and_a_reference_within() -> None:
    lamps = {"type": "array", "items": {"$ref": "#/$defs/lamp"}}
    response = schema({"lamp": LAMP, "state": STATE}, data=lamps)
    assert breaches(response, {"data": [{"id": 5, "state": "broken"}, {"state": "on"}]}) == [
        ("response.type", "/data/*/id", 1, 1, "/data/0/id"),
        ("response.required", "/data/*/id", 1, 2, "/data/1/id"),
        ("response.enum", "/data/*/state", 1, 2, "/data/0/state"),
    ]


def test_one_definition_in_several_places() -> None:
    lamp = {"$ref": "#/$defs/lamp"}
    response = schema(
        {"lamp": LAMP, "state": STATE},
        first=lamp,
        second=lamp,
        others={"type": "array", "items": lamp},
    )
    body = {"first": {"id": 1}, "second": {"id": 2, "state": 3}, "others": [{"id": 4}, {}]}
    assert breaches(response, body, body) == [
        ("response.type", "/first/id", 2, 6, "/first/id"),
        ("response.type", "/second/id", 2, 6, "/second/id"),
        ("response.type", "/others/*/id", 2, 6, "/others/0/id"),
        ("response.type", "/second/state", 2, 2, "/second/state"),
        ("response.required", "/others/*/id", 2, 8, "/others/1/id"),
    ]


def test_a_definition_that_refers_to_itself() -> None:
    response = schema({"node": NODE}, root={"$ref": "#/$defs/node"})
    body = {"root": {"name": 1, "next": {"next": {"name": 2}}}}
    assert breaches(response, body) == [
        ("response.type", "/root/name", 1, 2, "/root/name"),
        ("response.type", "/root/next/next/name", 1, 2, "/root/next/next/name"),
        ("response.required", "/root/next/name", 1, 3, "/root/next/name"),
    ]


def test_a_whole_response_that_is_a_reference() -> None:
    response = {"$ref": "#/$defs/node", "$defs": {"node": NODE}}
    assert breaches(response, {}) == [("response.required", "/name", 1, 1, "/name")]


def test_members_of_a_union() -> None:
    union = {"anyOf": [{"$ref": "#/$defs/lamp"}, {"$ref": "#/$defs/state"}, {"type": "null"}]}
    response = schema({"lamp": LAMP, "state": STATE}, either=union)
    assert breaches(response, {"either": {"id": 1}}, {"either": "broken"}, {"either": 7}) == [
        ("response.type", "/either/id", 1, 1, "/either/id"),
        ("response.enum", "/either", 1, 1, "/either"),
        ("response.anyOf", "/either", 1, 3, "/either"),
    ]


def test_the_values_of_a_map() -> None:
    lamps = {"type": "object", "additionalProperties": {"$ref": "#/$defs/lamp"}}
    response = schema({"lamp": LAMP, "state": STATE}, by_room=lamps)
    assert breaches(response, {"by_room": {"hall": {"id": 1}, "attic": {}}}) == [
        ("response.type", "/by_room/*/id", 1, 1, "/by_room/hall/id"),
        ("response.required", "/by_room/*/id", 1, 2, "/by_room/attic/id"),
    ]


def test_fields_and_definitions_that_are_named_like_keywords() -> None:
    named = {"type": "object", "properties": {"$ref": {"$ref": "#/$defs/properties"}}}
    response = schema({"properties": {"type": "string"}, "$ref": named}, a={"$ref": "#/$defs/$ref"})
    assert breaches(response, {"a": {"$ref": 1}}) == [("response.type", "/a/$ref", 1, 1, "/a/$ref")]


def test_keywords_beside_a_reference() -> None:
    beside = {"$ref": "#/$defs/state", "minLength": 9, "description": "of a lamp"}
    response = schema({"state": STATE}, a=beside)
    assert breaches(response, {"a": "off"}, {"a": "broken"}) == [
        ("response.enum", "/a", 1, 2, "/a"),
        ("response.minLength", "/a", 2, 2, "/a"),
    ]


def test_fields_beside_a_union_are_documented_in_each_member() -> None:
    kinds = [
        {"type": "object", "properties": {"kind": {"const": each}, each: {"type": "string"}}}
        for each in ("bulb", "tube")
    ]
    union = {"type": "object", "properties": {"id": {"type": "string"}}, "anyOf": kinds}
    assert breaches(
        schema({}, lamp=union),
        {"lamp": {"id": "a", "kind": "bulb", "bulb": "x"}},
        {"lamp": {"id": "b", "kind": "tube", "bulb": "y"}},
    ) == [("response.undocumented_field", "/lamp/bulb", 1, 2, "/lamp/bulb")]
