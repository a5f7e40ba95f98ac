"""A response is compared with the sent values that its documentation allows."""

from __future__ import annotations

from typing import Any, Final

import pytest

from docpact.rules.sameness import is_same_documented, list_field_schemas

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
