"""A changed part is validated alone only where that finds the same as the whole body."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import sample

from docpact.bodies.validate import violations
from docpact.cases.changed import ChangedBody

INTEGER: Final = {"type": "integer", "minimum": 0}
LEAF: Final = {"type": "object", "properties": {"n": INTEGER}, "required": ["n"]}

SCHEMAS: Final[dict[str, tuple[Any, Any]]] = {
    "fields": ({"properties": {"a": LEAF, "b": INTEGER}}, {"a": {"n": 1}, "b": 2}),
    "references": (
        {"properties": {"a": {"$ref": "#/$defs/L"}}, "$defs": {"L": LEAF, "M": {}}},
        {"a": {"n": 1}},
    ),
    "several statements": (
        {
            "allOf": [
                {"properties": {"a": LEAF}},
                {"properties": {"a": {"properties": {"n": {"maximum": 5}}}}},
            ]
        },
        {"a": {"n": 1}},
    ),
    "items": ({"properties": {"a": {"items": LEAF, "minItems": 2}}}, {"a": [{"n": 1}, {"n": 2}]}),
    "first items": (
        {"properties": {"a": {"prefixItems": [LEAF], "items": INTEGER}}},
        {"a": [{"n": 1}, 2]},
    ),
    "unique items": (
        {"properties": {"a": {"items": LEAF, "uniqueItems": True}}},
        {"a": [{"n": 1}, {"n": 2}]},
    ),
    "a contained item": (
        {"properties": {"a": {"contains": {"properties": {"n": {"const": 1}}}}}},
        {"a": [{"n": 1}, {"n": 2}]},
    ),
    "maps": (
        {
            "patternProperties": {"^a": LEAF, "b$": {"required": ["n"]}},
            "additionalProperties": LEAF,
        },
        {"ab": {"n": 1}, "c": {"n": 2}},
    ),
    "a union": (
        {"properties": {"a": {"oneOf": [LEAF, {"required": ["m"]}]}}},
        {"a": {"n": 1, "k": 2}},
    ),
    "one member of a union": (
        {"anyOf": [{"properties": {"a": LEAF}}, {"type": "string"}, {"required": ["z"]}]},
        {"a": {"n": 1}},
    ),
    "a member that a constant selects": (
        {
            "oneOf": [
                {"properties": {"a": {"const": "x"}, "b": LEAF}, "required": ["a"]},
                {"properties": {"a": {"enum": [1, 2]}, "b": {"maxProperties": 0}}},
            ]
        },
        {"a": "x", "b": {"n": 1}},
    ),
    "unions in unions": (
        {
            "properties": {
                "a": {
                    "anyOf": [
                        {"properties": {"n": {"anyOf": [INTEGER, {"type": "null"}]}}},
                        {"type": "array", "items": LEAF},
                    ]
                }
            }
        },
        {"a": {"n": 1}},
    ),
    "two unions": (
        {
            "allOf": [
                {"anyOf": [{"properties": {"a": LEAF}}, {"required": ["m"]}]},
                {"oneOf": [{"properties": {"a": {"type": "object"}}}, {"required": ["n"]}]},
            ]
        },
        {"a": {"n": 1}},
    ),
    "a union with fields": (
        {"properties": {"a": LEAF}, "anyOf": [{"properties": {"a": {"maxProperties": 1}}}]},
        {"a": {"n": 1}},
    ),
    "a condition": (
        {
            "properties": {"a": LEAF},
            "if": {"properties": {"a": {"properties": {"n": {"const": 7}}}}},
            "then": {"required": ["z"]},
        },
        {"a": {"n": 1}, "b": 2},
    ),
    "a union beside the map": (
        {"additionalProperties": {"minimum": 1}, "anyOf": [{}, {"required": ["c"]}]},
        {"a": 1},
    ),
    "a union and the map describe a field": (
        {
            "patternProperties": {"a": {"minimum": 1}},
            "oneOf": [
                {"properties": {"a": {"maximum": 2}}},
                {"required": ["c"], "properties": {"a": {}}},
            ],
        },
        {"a": 1, "b": 2},
    ),
    "a union of lengths": (
        {"items": LEAF, "oneOf": [{}, {"maxItems": 0}]},
        [{"n": 1}],
    ),
    "a constant": ({"const": {"a": {"n": 1}}}, {"a": {"n": 1}}),
    "no body that is valid": ({"properties": {"a": LEAF}, "required": ["z"]}, {"a": {"n": 1}}),
}

VALUES: Final[st.SearchStrategy[Any]] = st.sampled_from(
    [None, -1, 1, 2, 7, 2.5, "x", [], {}, {"n": 1}, {"n": 7}, {"m": 1}]
)


def change(value: Any, data: st.DataObject) -> Any:
    """Return a copy of a value with one part replaced, added or removed."""
    if not isinstance(value, dict | list) or data.draw(st.booleans()):
        return data.draw(VALUES)
    name = data.draw(st.sampled_from([*value] if isinstance(value, dict) else [*range(len(value))]))
    if data.draw(st.booleans()):
        changed = change(value[name], data)
        if isinstance(value, dict):
            return {**value, name: changed}
        return [*value[:name], changed, *value[name + 1 :]]
    if isinstance(value, dict):
        return {each: inner for each, inner in value.items() if each != name}
    return value[:name]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", sample(SCHEMAS, 2))
@given(st.data())
def test_the_changed_part_has_the_violations_of_the_body(name: str, data: st.DataObject) -> None:
    schema, body = SCHEMAS[name]
    known, changed = ChangedBody(schema, body), change(body, data)
    found = {(each.pointer, each.keyword) for each in known.violations(changed)}
    assert found == {(each.pointer, each.keyword) for each in violations(schema, changed)}
    assert known.is_valid(changed) is not bool(found)


def test_other_parts_are_not_validated() -> None:
    body: Any = {"a": {"n": 1}, "b": 2}
    known = ChangedBody({"properties": {"a": LEAF, "b": INTEGER}}, body)
    assert known.is_valid({**body, "a": {"n": 2}})
    body["b"] = "nobody looks"
    assert known.is_valid({**body, "a": {"n": 3}})
