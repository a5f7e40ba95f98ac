"""Request bodies that break the documentation of an array."""

from __future__ import annotations

from typing import Any

import pytest

from docpact.bodies.validate import validate
from docpact.cases.request_bodies import invalid_bodies

TAG: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 3}
LINE: dict[str, Any] = {
    "type": "object",
    "properties": {"sku": {"type": "string"}, "count": {"type": "integer", "minimum": 1}},
    "required": ["sku"],
}


@pytest.mark.parametrize(
    ("array", "broken"),
    [
        ({"items": TAG, "maxItems": 11}, ["maxItems"]),
        ({"items": TAG, "maxItems": 11, "uniqueItems": True}, ["maxItems", "uniqueItems"]),
        (
            {"items": {"enum": ["a", "b", "c"]}, "maxItems": 2, "uniqueItems": True},
            ["maxItems", "uniqueItems"],
        ),
        ({"items": TAG, "minItems": 2}, ["minItems"]),
        (
            {"items": LINE, "maxItems": 2},
            ["maxItems", "required", "type", "type", *["minimum"] * 2],
        ),
        ({"items": {"type": "boolean"}, "maxItems": 2, "uniqueItems": True}, ["uniqueItems"]),
        ({"items": {}, "maxItems": 1000}, []),
    ],
)
def test_an_array_breaks_one_keyword_at_a_time(array: Any, broken: list[str]) -> None:
    fields = {"name": {"type": "string"}, "parts": {"type": "array", **array}}
    schema = {"type": "object", "properties": fields, "required": ["name", "parts"]}
    bodies = [each.body for each in invalid_bodies(schema, "mark") if each.field == "parts"]
    arrays = [body for body in bodies if isinstance(body.get("parts"), list)]
    found = [{each.keyword for each in validate(schema, body).violations} for body in arrays]
    assert [sorted(each) for each in found] == [[keyword] for keyword in broken]


def test_many_fields_leave_room_for_those_of_the_elements() -> None:
    numbers = {f"n{k}": {"type": "integer", "minimum": 1, "maximum": 9} for k in range(9)}
    fields = {**numbers, "parts": {"type": "array", "items": LINE}}
    schema = {"type": "object", "properties": fields, "required": [*fields]}
    found = [each.field for each in invalid_bodies(schema, "mark")]
    assert found.count("parts") == 5
    assert len(found) <= 18
