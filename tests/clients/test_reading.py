"""Values that a client reads are compared with those sent: equal ones pass, others never do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, RootModel
from toy import LAMPS

import docpact
from docpact.cases.plain import plain
from docpact.client_gate import fidelity, member
from docpact.client_gate.reading import differences, extract, is_same
from docpact.strategies import items

OPERATION = docpact.load("llamacloud/list_classify_jobs")
SCHEMA = OPERATION.item_schema


class State(Enum):
    """A state as an enumeration."""

    FAILED = "FAILED"


def objects(value: Any) -> Any:
    """Turn dicts into objects, as a typed client does."""
    if isinstance(value, dict):
        return SimpleNamespace(**{name: objects(part) for name, part in value.items()})
    return [objects(part) for part in value] if isinstance(value, list) else value


@given(items(OPERATION))
def test_what_was_sent_is_read(item: dict[str, Any]) -> None:
    for client in (item, objects(item)):
        assert list(differences(SCHEMA, item, extract(SCHEMA, client, member))) == []


@given(items(OPERATION), st.data())
def test_a_field_that_is_lost_is_named(item: dict[str, Any], data: st.DataObject) -> None:
    present = [name for name in item if item[name] is not None]
    name = data.draw(st.sampled_from(present))
    read = extract(SCHEMA, {k: v for k, v in item.items() if k != name}, member)
    assert [where for where, _ in differences(SCHEMA, item, read)] == [f"/{name}"]


@given(items(OPERATION))
def test_a_field_that_is_made_up_is_named(item: dict[str, Any]) -> None:
    without = {name: value for name, value in item.items() if name != "error_message"}
    read = {**extract(SCHEMA, without, member), "error_message": "made up"}
    assert list(differences(SCHEMA, without, read)) == [
        ("/error_message", 'null was sent, "made up" read')
    ]


def holding(name: str, type_: str) -> Any:
    return {"type": "object", "required": [name], "properties": {name: {"type": type_}}}


class Fan(NamedTuple):
    """One form of a device, as a named tuple."""

    speed: int


class Name(RootModel[str]):
    """A text in a wrapper, as datamodel-code-generator writes it."""


class Either(BaseModel):
    """A union in a wrapper, as openapi-generator writes it."""

    actual_instance: Any = None


DEVICE = plain(
    {
        "type": "object",
        "properties": {
            "device": {"oneOf": [holding("speed", "integer"), holding("color", "string")]},
            "maker": {"allOf": [holding("name", "string"), holding("town", "string")]},
            "size": {"anyOf": [holding("width", "number"), {"type": "string"}]},
        },
    }
)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"speed": 3}, Fan(3)),
        ({"speed": 3}, Either(actual_instance=Fan(3))),
        ({"color": "red"}, SimpleNamespace(color="red")),
        ({"color": "red"}, SimpleNamespace(color=Name("red"))),
    ],
)
def test_every_form_of_an_object_is_read(sent: Any, read: Any) -> None:
    found = extract(DEVICE, SimpleNamespace(device=read), member)
    assert found == {"device": sent}
    assert list(differences(DEVICE, {"device": {**sent, "speed": 4}}, found)) != []


class Swapped(Enum):
    PENDING = "FAILED"
    FAILED = "PENDING"
    OTHER = "DONE"


@pytest.mark.parametrize(
    ("value", "is_right"), [("FAILED", False), ("DONE", True), ("UNLISTED", True)]
)
def test_a_member_is_not_named_as_another_value(value: str, is_right: bool) -> None:
    listed = {"enum": ["PENDING", "FAILED", "DONE"]}
    read = Swapped(value) if value != "UNLISTED" else value
    for schema in (listed, {"anyOf": [listed, {"type": "null"}]}):
        assert ([*differences(schema, value, read)] == []) is is_right


def test_the_parts_of_an_object_and_a_union_with_texts_are_read() -> None:
    maker, size = {"name": "a", "town": "b"}, {"width": 2}
    found = extract(DEVICE, objects({"maker": maker, "size": size}), member)
    assert found == {"maker": maker, "size": size}
    wrong = extract(DEVICE, objects({"maker": {**maker, "town": "c"}, "size": "large"}), member)
    assert [where for where, _ in differences(DEVICE, found, wrong)] == ["/maker/town", "/size"]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("FAILED", State.FAILED),
        (237.0, 237),
        (0.5, Decimal("0.5")),
        (6.699442031636329e16, 66994420316363290),
        ({"a": [6.699442031636329e16]}, {"a": [66994420316363290]}),
        (2**53 + 1, 2**53 + 1),
        ("2025-01-02T03:04:05.678901Z", datetime(2025, 1, 2, 3, 4, 5, 678901, UTC)),
        (
            "2025-01-02t03:04:05+05:30",
            datetime(2025, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        ),
        ("2099-12-31T23:59:59.999999999Z", datetime(2099, 12, 31, 23, 59, 59, 999999, UTC)),
        ("2099-12-31T23:59:59.999999999Z", datetime(2100, 1, 1, tzinfo=UTC)),
        ("0B3F6E5E-0000-4000-8000-000000000001", UUID("0b3f6e5e-0000-4000-8000-000000000001")),
        ("12.50", Decimal("12.50")),
        (None, None),
        (True, True),
    ],
)
def test_other_forms_of_the_same(sent: Any, read: Any) -> None:
    assert is_same(sent, read)


def test_a_documented_decimal_may_lose_its_zeros() -> None:
    assert is_same("1.50", Decimal("1.5"), "decimal")
    assert not is_same("1.50", Decimal("1.5"), "")
    assert not is_same("1.50", Decimal("1.51"), "decimal")
    assert not is_same("none", Decimal(0), "decimal")


@pytest.mark.parametrize(("format_", "is_right"), [("float", True), ("double", False)])
def test_a_float_is_of_single_precision(format_: str, is_right: bool) -> None:
    assert is_same(0.1, 0.10000000149011612, format_) is is_right
    assert not is_same(0.1, 0.1001, format_)


@pytest.mark.parametrize(
    ("stated", "is_right"),
    [
        ({"type": "number"}, True),
        ({"type": ["number", "null"]}, True),
        ({"anyOf": [{"type": "null"}, {"type": "number"}]}, True),
        ({"type": "integer"}, False),
        ({"type": ["integer", "null"]}, False),
    ],
)
def test_a_number_may_be_written_with_the_digits_of_a_double(stated: Any, is_right: bool) -> None:
    sent, read = 74076805600239072, 74076805600239070  # as JavaScript and Go write this double
    assert ([*differences(stated, sent, read)] == []) is is_right
    assert [*differences(stated, sent, read + 100)] != []
    assert [*differences(stated, 2**53 + 1, 2**53)] != []


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("FAILED", "failed"),
        ("7", 7),
        ("007", Decimal(7)),
        ("12.50", Decimal("12.51")),
        (7, "7"),
        (1, True),
        (True, 1),
        (2**53 + 1, float(2**53)),
        (0.5, Decimal("0.51")),
        (0.5, 10**400),
        ([1], [True]),
        ({"a": 1}, {"a": 1, "b": None}),
        ("2025-01-02T03:04:05.678901Z", datetime(2025, 1, 2, 3, 4, 5, 678000, UTC)),
        ("2025-01-02T03:04:05Z", datetime(2025, 1, 2, 3, 4, 5)),
        ("2025-01-02T03:04:05+01:00", datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("", None),
        (None, ""),
        (0, None),
    ],
)
def test_what_is_not_the_same(sent: Any, read: Any) -> None:
    assert not is_same(sent, read)


def test_items_of_one_id_get_others_and_share_a_page() -> None:
    *pages, _, alike = [each.items for each in fidelity.scenarios(LAMPS) if each.items]
    assert {len(items) for items in pages} == {fidelity.TOGETHER}
    assert [item["id"].lower() for item in alike] == ["docpact-id"] * 2


class Keyed:
    """An object that is read by key, and that cannot be iterated over."""

    def __init__(self, known: dict[str, Any]) -> None:
        self.known = known

    def __getitem__(self, name: str) -> Any:
        found = self.known[name]
        return Keyed(found) if isinstance(found, dict) else found


@pytest.mark.parametrize("inner", [{"type": "string"}, {}])
@pytest.mark.parametrize(
    ("read", "where"), [("red", []), ("blue", ["/tags/*"]), (None, ["/tags/*"])]
)
def test_a_map_may_be_an_object_that_is_read_by_key(
    inner: dict[str, Any], read: Any, where: list[str]
) -> None:
    schema = {"properties": {"tags": {"type": "object", "additionalProperties": inner}}}
    client = Keyed({"tags": {"color": read}})
    found = differences(schema, {"tags": {"color": "red"}}, extract(schema, client, by_key))
    assert [place for place, _ in found] == where


def test_undocumented_objects_may_be_read_by_key() -> None:
    sent = {"a": {"b": 1}}
    assert list(differences({}, sent, Keyed(sent))) == []
    assert [place for place, _ in differences({}, sent, Keyed({"a": {"b": 2}}))] == [""]


def by_key(value: Any, name: str) -> Any:
    return value[name]


DEFAULTS: Any = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "const": "batch", "default": "batch"},
        "state": {"$ref": "#/$defs/State", "default": "on"},
        "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 7},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
    },
    "$defs": {
        "State": {"enum": ["on", "off"]},
        "Part": {"properties": {"name": {"type": "string"}, "count": {"$ref": "#/$defs/Count"}}},
        "Count": {"type": "integer", "default": 1},
    },
}


@pytest.mark.parametrize(
    ("sent", "read", "where"),
    [
        ({}, {"kind": "batch", "state": "on", "limit": 7}, []),
        ({}, {"kind": "Batch", "state": "off", "limit": 8}, ["/kind", "/state", "/limit"]),
        ({"parts": [{"name": "a"}]}, {"parts": [{"name": "a", "count": 1}]}, []),
        ({"parts": [{"name": "a"}]}, {"parts": [{"name": "a", "count": 0}]}, ["/parts/*/count"]),
        ({"limit": None}, {"limit": 7}, ["/limit"]),
        ({"state": "off"}, {"state": "on"}, ["/state"]),
    ],
)
def test_an_absent_field_may_be_read_as_its_documented_default(
    sent: Any, read: Any, where: list[str]
) -> None:
    found = differences(plain(DEFAULTS), sent, read, stated=DEFAULTS)
    assert [place for place, _ in found] == where
