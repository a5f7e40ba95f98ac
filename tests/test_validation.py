"""Violations carry pointers, keyword, promise and observation; extra fields and evidence counts."""

from __future__ import annotations

from typing import Any

import pytest

from docpact.bodies.validate import Undocumented, Violation, validate

ITEM = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "state": {"type": "string", "enum": ["on", "off"]},
        "at": {"type": ["string", "null"], "format": "date-time"},
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
        "of/it~": {
            "type": ["object", "null"],
            "properties": {"n": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 9}},
            "required": ["n"],
        },
    },
    "required": ["id", "state"],
}
SCHEMA = {
    "type": "object",
    "properties": {"items": {"type": "array", "items": ITEM}},
    "required": ["items"],
}
GOOD = {"id": "a", "state": "on"}
STATE = "/properties/items/items/properties/state"


def page(*items: Any) -> Any:
    return {"items": list(items)}


@pytest.mark.parametrize(
    ("count", "shown"), [(6, "one of 0, 1, 2, 3, 4, 5"), (7, "one of 0, 1, 2, 3, 4, 2 others")]
)
def test_a_long_enumeration_is_shortened_in_the_promise(count: int, shown: str) -> None:
    (violation,) = validate({"enum": list(range(count))}, "x").violations
    assert violation.documented == shown


@pytest.mark.parametrize(
    ("instance", "found"),
    [
        ([], ("", "type", "object", "array []")),
        ({}, ("/items", "required", "always present", "absent")),
        ({"items": None}, ("/items", "type", "array", "null")),
        (page(GOOD, {"state": "on"}), ("/items/1/id", "required", "always present", "absent")),
        (page({**GOOD, "id": None}), ("/items/0/id", "type", "string", "null")),
        (page({**GOOD, "id": True}), ("/items/0/id", "type", "string", "boolean true")),
        (
            page({**GOOD, "id": ""}),
            ("/items/0/id", "minLength", "at least 1 character", '0 characters: ""'),
        ),
        (
            page({**GOOD, "state": "ON"}),
            ("/items/0/state", "enum", 'one of "on", "off"', '"ON"'),
        ),
        (page({**GOOD, "state": 7}), ("/items/0/state", "type", "string", "number 7")),
        (
            page({**GOOD, "at": "2025-01-02 03:04:05"}),
            ("/items/0/at", "format", "format date-time", '"2025-01-02 03:04:05"'),
        ),
        (page({**GOOD, "at": 5}), ("/items/0/at", "type", "string or null", "number 5")),
        (page({**GOOD, "share": 1.5}), ("/items/0/share", "maximum", "at most 1", "1.5")),
        (page({**GOOD, "share": -1}), ("/items/0/share", "minimum", "at least 0", "-1")),
        (page({**GOOD, "tags": []}), ("/items/0/tags", "minItems", "at least 1 item", "0 items")),
        (
            page({**GOOD, "tags": ["a"] * 3}),
            ("/items/0/tags", "maxItems", "at most 2 items", "3 items"),
        ),
        (page({**GOOD, "tags": [5]}), ("/items/0/tags/0", "type", "string", "number 5")),
        (
            page({**GOOD, "of/it~": {"n": 0}}),
            ("/items/0/of~1it~0/n", "exclusiveMinimum", "more than 0", "0"),
        ),
        (
            page({**GOOD, "of/it~": {"n": 9}}),
            ("/items/0/of~1it~0/n", "exclusiveMaximum", "less than 9", "9"),
        ),
    ],
    ids=lambda value: f"{value[0]} {value[1]}" if isinstance(value, tuple) else "",
)
def test_each_keyword(instance: Any, found: tuple[str, str, str, str]) -> None:
    violations = validate(SCHEMA, instance).violations
    assert [(v.pointer, v.keyword, v.documented, v.observed) for v in violations] == [found]


def test_a_violation_whole() -> None:
    (violation,) = validate(SCHEMA, page(GOOD, {**GOOD, "state": "ON"})).violations
    assert violation == Violation(
        pointer="/items/1/state",
        location="/items/*/state",
        schema_pointer=f"{STATE}/enum",
        keyword="enum",
        documented='one of "on", "off"',
        observed='"ON"',
    )


def test_each_missing_field_is_a_violation_of_its_own_entry() -> None:
    found = validate(SCHEMA, page({})).violations
    where = "/properties/items/items/required"
    assert [(v.location, v.schema_pointer) for v in found] == [
        ("/items/*/id", f"{where}/0"),
        ("/items/*/state", f"{where}/1"),
    ]


@pytest.mark.parametrize(
    "item",
    [
        {**GOOD, "at": None},
        {**GOOD, "at": "1998-12-31T23:59:60Z"},
        {**GOOD, "share": 0},
        {**GOOD, "share": 1.0},
        {**GOOD, "of/it~": None},
        {**GOOD, "id": "\U0001f600"},
    ],
)
def test_what_the_schema_allows(item: Any) -> None:
    assert validate(SCHEMA, page(item)).violations == ()


def test_undocumented_fields_have_the_order_of_the_body() -> None:
    names = [f"new_{number * 7 % 50}" for number in range(50)]
    found = validate({"properties": {"a": {}}}, dict.fromkeys(["a", *names])).undocumented
    assert [each.pointer for each in found] == [f"/{name}" for name in names]


def test_undocumented_fields_are_found_at_every_depth() -> None:
    instance = page({**GOOD, "new": [1], "of/it~": {"n": 1, "deep": "x"}}) | {"count": 5}
    assert set(validate(SCHEMA, instance).undocumented) == {
        Undocumented("/count", "/count", "/properties", "number 5"),
        Undocumented(
            "/items/0/new", "/items/*/new", "/properties/items/items/properties", "array [1]"
        ),
        Undocumented(
            "/items/0/of~1it~0/deep",
            "/items/*/of~1it~0/deep",
            "/properties/items/items/properties/of~1it~0/properties",
            'string "x"',
        ),
    }


def test_evidence_counts_the_instances_that_a_keyword_spoke_of() -> None:
    judged = validate(SCHEMA, page(GOOD, GOOD, {"id": "b", "at": None, "share": 0})).counts
    item = "/properties/items/items"
    assert judged[f"{item}/required"] == 3
    assert judged[f"{STATE}/enum"] == 2
    assert judged[f"{item}/properties/at/type"] == 1
    assert judged.get(f"{item}/properties/at/format", 0) == 0
    assert judged[f"{item}/properties/share/maximum"] == 1


def test_an_empty_list_is_no_evidence_for_its_items() -> None:
    assert f"{STATE}/type" not in validate(SCHEMA, page()).counts


def test_observed_text_is_short_and_safe_to_print() -> None:
    (violation,) = validate(SCHEMA, page({**GOOD, "state": "\x1b[2J\u202e" + "a" * 500})).violations
    assert violation.observed.isprintable()
    assert len(violation.observed) < 120


def test_the_former_name_of_the_counts() -> None:
    found = validate(SCHEMA, page(GOOD))
    with pytest.deprecated_call():
        assert found.judged == found.counts


def test_the_only_form_with_the_type_of_a_value_says_what_is_wrong() -> None:
    form = {"type": "object", "properties": {"kind": {"enum": ["a", "b"]}}}
    found = validate({"anyOf": [form, {"type": "null"}]}, {"kind": "c"}).violations
    assert [(each.pointer, each.keyword) for each in found] == [("/kind", "enum")]
