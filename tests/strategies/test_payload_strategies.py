"""Payloads: valid ones validate, invalid ones break the one keyword they name where they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy
from sizes import FEWER, examples

from docpact.bodies.validate import violations
from docpact.model import Operation, PayloadCase, Roles
from docpact.model.pointer import resolve
from docpact.strategies import (
    boundary_payload_cases,
    boundary_payloads,
    invalid_payload_cases,
    invalid_payloads,
    payloads,
)

Errors = Callable[[Any, Any], list[tuple[str, str]]]

FEW = settings(max_examples=examples(40), deadline=None)
MANY = settings(FEWER, deadline=None)


@pytest.mark.sampled(3)
@FEW
@given(data=st.data())
def test_payloads_are_valid_json(contract: Operation, errors: Errors, data: st.DataObject) -> None:
    payload = data.draw(payloads(contract))
    assert errors(contract.response_schema, payload) == []
    text = json.dumps(payload, ensure_ascii=False, allow_nan=False)
    assert json.loads(text.encode("utf-8")) == payload


@MANY
@given(data=st.data())
def test_payloads_of_any_schema_are_valid(
    generated: SearchStrategy[Operation], errors: Errors, data: st.DataObject
) -> None:
    operation = data.draw(generated)
    assert errors(operation.response_schema, data.draw(payloads(operation))) == []


@pytest.mark.parametrize("bound", [{"exclusiveMinimum": 1e308}, {"exclusiveMaximum": -1e308}])
@FEW
@given(data=st.data())
def test_numbers_beyond_a_bound_that_is_no_short_decimal(
    toy: Operation, bound: dict[str, float], errors: Errors, data: st.DataObject
) -> None:
    schema = {"type": "number", **bound}
    operation = replace(toy, response_schema=schema)
    assert errors(schema, data.draw(payloads(operation))) == []
    for case in boundary_payload_cases(operation):
        assert errors(schema, case.payload) == [], case.label
    for case in invalid_payload_cases(operation):
        assert errors(schema, case.payload) == [(case.keyword, case.pointer)], case.label


def test_boundary_payloads_are_valid(contract: Operation, errors: Errors) -> None:
    for case in boundary_payload_cases(contract):
        assert errors(contract.response_schema, case.payload) == [], case.label


def test_invalid_payloads_break_what_they_name(contract: Operation, errors: Errors) -> None:
    for case in invalid_payload_cases(contract):
        named = [(case.keyword, case.pointer)]
        assert errors(contract.response_schema, case.payload) == named, case.label


@pytest.mark.sampled(6)
@FEW
@given(data=st.data())
def test_drawn_invalid_payloads_break_what_they_name(
    contract: Operation, errors: Errors, data: st.DataObject
) -> None:
    case = data.draw(invalid_payloads(contract))
    assert errors(contract.response_schema, case.payload) == [(case.keyword, case.pointer)]


@MANY
@given(data=st.data())
def test_cases_of_any_schema_are_what_they_claim(
    generated: SearchStrategy[Operation], errors: Errors, data: st.DataObject
) -> None:
    operation = data.draw(generated)
    drawn = data.draw(invalid_payloads(operation))
    for case in boundary_payload_cases(operation):
        assert errors(operation.response_schema, case.payload) == [], case
    for case in (*invalid_payload_cases(operation), drawn):
        assert errors(operation.response_schema, case.payload) == [(case.keyword, case.pointer)]


@pytest.mark.parametrize("cases", [boundary_payload_cases, invalid_payload_cases])
def test_labels_are_unique_printable_ascii(
    contract: Operation, cases: Callable[[Operation], tuple[PayloadCase, ...]]
) -> None:
    labels = [case.label for case in cases(contract)]
    assert len(set(labels)) == len(labels)
    assert [label for label in labels if not (label.isascii() and label.isprintable())] == []


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("/items/0/status", ["PENDING", "RUNNING", "COMPLETED", "FAILED"]),
        ("/items/0/configuration/mode", ["FAST", None]),
        ("/items/0/result/confidence", [0, 1, 0.5]),
        ("/items/0/result", [None]),
        ("/items", [[]]),
    ],
)
def test_each_value_at_an_edge_is_there(toy: Operation, where: str, found: list[Any]) -> None:
    cases = [
        c for c in boundary_payload_cases(toy) if c.pointer == where and "several" not in c.label
    ]
    assert [resolve(case.payload, where) for case in cases if "absent" not in case.label] == found


def test_a_form_without_a_sample_ends_no_case(toy: Operation, errors: Errors) -> None:
    name = {"type": "string", "maxLength": 3}
    code = {"type": "string", "format": "byte", "pattern": "^.{2}$"}
    forms = [
        {"type": "object", "properties": {"name": name, "code": code}, "required": ["code"]},
        {"type": "object", "properties": {"name": name}, "required": ["name"]},
    ]
    changed = replace(toy, response_schema={"anyOf": forms})
    cases = boundary_payload_cases(changed)
    assert len(cases) >= 3
    assert not any([*errors(changed.response_schema, case.payload)] for case in cases)


def test_a_listed_object_stays_whole(toy: Operation, errors: Errors) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "enum": [{"a": "b"}]}
    for case in boundary_payload_cases(replace(toy, response_schema=schema)):
        assert errors(schema, case.payload) == [], case.label


@pytest.mark.parametrize(("where", "least", "most"), [("description", 10, 500), ("type", 1, 50)])
def test_lengths_are_hit_in_code_points(toy: Operation, where: str, least: int, most: int) -> None:
    pointer = f"/items/0/configuration/rules/0/{where}"
    texts = [
        resolve(c.payload, pointer) for c in boundary_payload_cases(toy) if c.pointer == pointer
    ]
    astral = [len(text) for text in texts if ord(text[0]) > 0xFFFF]
    assert astral == [least, most]
    assert sorted(len(text) for text in texts) == [least, least, most, most]


def test_each_field_that_is_not_required_is_absent_once(toy: Operation) -> None:
    gone = [case.pointer for case in boundary_payload_cases(toy) if case.keyword == "required"]
    optional = ["configuration_id", "created_at", "error_message", "parse_job_id"]
    optional += ["result", "transaction_id", "updated_at", "configuration/mode"]
    assert gone == ["/next_page_token", "/total_size", *(f"/items/0/{name}" for name in optional)]


def test_minimal_and_full_bodies_come_first(toy: Operation) -> None:
    minimal, full, longest = boundary_payload_cases(toy)[:3]
    assert minimal.payload == {"items": []}
    assert sorted(full.payload) == ["items", "next_page_token", "total_size"]
    assert len(full.payload["items"][0]) == 14
    rule = longest.payload["items"][0]["configuration"]["rules"][0]
    assert {name: len(text) for name, text in rule.items()} == {"description": 500, "type": 50}


def expected(schema: Any, where: str = "") -> set[tuple[str, str]]:
    """Every keyword that can break alone, with the pointer of its violation in the full body."""
    broken = {(keyword, where) for keyword in schema if keyword not in NO_ASSERTION}
    if "enum" in schema:
        broken.discard(("type", where))
    broken |= {("required", f"{where}/{name}") for name in schema.get("required", [])}
    for name, part in schema.get("properties", {}).items():
        broken |= expected(part, f"{where}/{name}")
    if "items" in schema:
        broken |= expected(schema["items"], f"{where}/0")
    held = schema.get("additionalProperties")
    if held is not None and "anyOf" not in held:
        broken |= expected(held, f"{where}/key")
    return broken


NO_ASSERTION = {"$schema", "properties", "items", "required", "title", "description", "default"}
NO_ASSERTION |= {"additionalProperties"}


def test_every_keyword_is_broken_at_every_place(contract: Operation) -> None:
    named = {(str(case.keyword), case.pointer) for case in invalid_payload_cases(contract)}
    outside_unions = {(keyword, where) for keyword, where in named if "/key/" not in where}
    assert outside_unions == expected(contract.response_schema)


@pytest.mark.parametrize(
    ("schema", "labels"),
    [
        pytest.param(
            {"type": "array", "items": {"type": "null"}, "minItems": 2, "maxItems": 3},
            "null (type), {} (type), 1 item (minItems), 4 items (maxItems), 7 (type), true (type)",
            id="array",
        ),
        pytest.param(
            {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 9},
            'null (type), "7" (type), 0 (exclusiveMinimum), -1 (exclusiveMinimum), '
            "9 (exclusiveMaximum), 1000000 (exclusiveMaximum)",
            id="exclusive",
        ),
        pytest.param({"const": "a"}, '"DOCPACT" (const), "A" (const), "aX" (const)', id="const"),
        pytest.param(
            {"type": "string", "format": "date-time"},
            'null (type), 7 (type), "docpact" (format), "2024-01-01T00:00:00" (format), '
            '"2023-02-29T00:00:00Z" (format), "2024-01-01" (format)',
            id="date-time",
        ),
        pytest.param(
            {"type": "string", "minLength": 2, "maxLength": 3},
            'null (type), 7 (type), "a" (minLength), "aaaa" (maxLength), 4 characters (maxLength)',
            id="length",
        ),
        pytest.param(
            {"type": ["string", "null"], "enum": ["a"]},
            '"DOCPACT" (enum), "A" (enum), "aX" (enum)',
            id="enum-without-null",
        ),
    ],
)
def test_violations_of_each_kind_of_value(
    toy: Operation, schema: dict[str, Any], labels: str
) -> None:
    response = {"type": "object", "properties": {"x": schema}}
    cases = invalid_payload_cases(replace(toy, response_schema=response))
    found = [case.label.split(" ", 1)[1] for case in cases if case.pointer.startswith("/x")]
    assert ", ".join(found) == labels


@FEW
@given(data=st.data())
def test_boundary_payloads_are_the_boundary_cases(toy: Operation, data: st.DataObject) -> None:
    assert data.draw(boundary_payloads(toy)) in boundary_payload_cases(toy)


def test_a_schema_that_nothing_breaks_fails_at_once(toy: Operation) -> None:
    with pytest.raises(InvalidArgument, match=r"toy/list_things.*every value satisfies"):
        invalid_payloads(replace(toy, response_schema={}))


ROOM = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
FORMS = {"type": "object", "properties": {"u": {"anyOf": [ROOM, {"type": "boolean"}]}}}
FIRST = {"type": "array", "prefixItems": [{"type": "integer"}]}


@MANY
@pytest.mark.parametrize("schema", [FORMS, FIRST], ids=["form", "first-element"])
@given(data=st.data())
def test_a_part_is_broken_where_another_form_or_length_was_drawn(
    toy: Operation, schema: dict[str, Any], data: st.DataObject
) -> None:
    case = data.draw(invalid_payloads(replace(toy, response_schema=schema, roles=Roles())))
    broken = [(v.keyword, v.pointer) for v in violations(schema, case.payload)]
    assert broken == [(case.keyword, case.pointer)]


def test_equal_schemas_are_broken_alike(contract: Operation) -> None:
    equal = replace(contract, response_schema=deepcopy(contract.response_schema))
    labels = [case.label for case in invalid_payload_cases(contract)]
    assert [case.label for case in invalid_payload_cases(equal)] == labels
