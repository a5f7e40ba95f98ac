"""Arrays inside the members of unions, in things that a path names."""

from __future__ import annotations

from typing import Any

import pytest
from lists import contract

from docpact.capture.roles.item_fields import find_items

TEXT = {"type": "string"}
PART = {"type": "object", "properties": {"id": TEXT}}
INNER = {"type": "object", "properties": {"parts": {"type": "array", "items": PART}}}
PARTS = {"type": "object", "properties": {"inner": INNER}}


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
@pytest.mark.parametrize("name", ["id", "number"])
def test_an_array_in_a_member_of_a_union_is_read(keyword: str, name: str) -> None:
    box: dict[str, Any] = {keyword: [PARTS, {"type": "null"}]}
    body = {"type": "object", "properties": {name: TEXT, "box": box}}
    operation = contract({}, {}, body=body, path="/things/list")
    assert not operation.roles.is_list


def test_an_array_in_a_thing_that_the_path_names_is_read() -> None:
    box = {"anyOf": [{"type": "null"}, PARTS]}
    body = {"type": "object", "properties": {"id": TEXT, "box": box}}
    assert find_items("/things/{id}", body, ()) is None


@pytest.mark.parametrize(("name", "found"), [("id", False), ("status", True)])
def test_a_list_within_a_thing_is_one_of_its_parts(name: str, found: bool) -> None:
    parts = {"data": {"type": "array", "items": PART}, "has_more": {"type": "boolean"}}
    within = {"parts": {"type": "object", "properties": parts}}
    body = {"type": "object", "properties": {name: TEXT, **within}}
    assert bool(find_items("/thing", body, {"more"})) is found


@pytest.mark.parametrize(
    ("items", "found"), [({}, False), ({"type": "string"}, True), (PART, False)]
)
def test_an_array_of_unknown_values_may_have_the_items_of_a_list(items: Any, found: bool) -> None:
    parts, others = {"type": ["array", "null"], "items": PART}, {"type": "array", "items": items}
    fields = {"parts": parts, "items": others, "nextPageToken": TEXT}
    body: dict[str, Any] = {"type": "object", "properties": fields}
    items_found = find_items("/quays/{id}/events", body, {"next_token"})
    assert (items_found is not None and items_found.where == ("parts",)) is found
