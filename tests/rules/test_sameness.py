"""A response is compared with the sent values that its documentation allows."""

from __future__ import annotations

from typing import Any, Final

import pytest

from docpact.rules.comparison import is_same, is_same_documented, list_field_schemas

TEXT: Final = {"type": "string"}
PARENT: Final = {"type": "object", "properties": {"kind": {"const": "folder"}, "name": TEXT}}
SENT: Final = {"kind": "file", "name": "a"}


@pytest.mark.parametrize(
    ("schema", "sent", "shown", "is_excused"),
    [
        ({"const": "stored"}, "new", "stored", True),
        (TEXT, "new", "stored", False),
        ({"type": "number"}, "0", 50, False),
        ({"type": "integer"}, "many", 50, True),
        (PARENT, SENT, {"kind": "folder", "name": "a"}, True),
        (PARENT, SENT, {"kind": "folder", "name": "b"}, False),
        ({"type": "array", "items": PARENT}, [SENT], [{"kind": "folder", "name": "a"}], True),
        ({"type": "array", "items": PARENT}, [SENT], [{"kind": "folder", "name": "b"}], False),
        ({**PARENT, "required": ["id"]}, {"name": "a"}, {"id": 1, "name": "b"}, False),
    ],
)
def test_a_difference_is_excused_where_the_response_cannot_have_the_value(
    schema: Any, sent: Any, shown: Any, is_excused: bool
) -> None:
    assert is_same_documented(schema, sent, shown) is is_excused


def test_a_field_of_a_body_is_one_of_an_object_in_it_if_the_body_has_none() -> None:
    inner = {"type": "object", "properties": {"name": TEXT}}
    assert list_field_schemas(inner, "name") == [TEXT]
    assert list_field_schemas({"type": "object", "properties": {"data": inner}}, "name") == [TEXT]
    assert list_field_schemas(inner, "other") == []


@pytest.mark.parametrize(
    ("sent", "shown", "is_alike"),
    [
        (9_007_199_254_740_993, 9_007_199_254_740_992, False),
        (9_007_199_254_740_993, "9007199254740992", False),
        ("9007199254740993", 9_007_199_254_740_993, True),
        (1_700_000_000, 1_700_000_001, False),
        (5, 5.0, True),
        (0.1 + 0.2, 0.3, True),
        ([10.5, 20.5], [20.5, 10.5], False),
        ([10.5, 20.5], [10.5000001, 20.5], True),
        ([1, 2], [2, 1], True),
        ({"colour": "red"}, {}, False),
        ({"colour": "red"}, {"size": 1}, True),
        ({}, {"size": 1}, True),
        ({}, None, True),
    ],
)
def test_a_value_that_a_server_may_show_for_another(sent: Any, shown: Any, is_alike: bool) -> None:
    assert is_same(sent, shown) is is_alike
