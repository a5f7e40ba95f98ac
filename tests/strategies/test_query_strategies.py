"""Queries: valid ones fit the query schema, invalid ones in no reading, and the edges are hit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy
from sizes import examples

from docpact.model import Case, Expected, Operation, Parameter, Question, Roles
from docpact.strategies import (
    boundary_cases,
    boundary_queries,
    invalid_cases,
    invalid_queries,
    queries,
)

Errors = Callable[[Any, Any], list[tuple[str, str]]]

FEW = settings(max_examples=examples(40), deadline=None)


def read(text: str) -> list[Any]:
    """Every JSON value that a text could be meant as, without asking docpact."""
    values: list[Any] = [text]
    for literal in (text, text.strip().lower(), text.strip().lstrip("+")):
        try:
            values.append(json.loads(literal))
        except ValueError:
            continue
    return values


def decoded(operation: Operation, case: Case) -> Iterable[dict[str, Any]]:
    """Every decoded query that the texts of a case could be meant as."""
    sent: dict[str, list[str]] = {}
    for name, text in case.query:
        sent.setdefault(name, []).append(text)
    ways = []
    for name, texts in sent.items():
        several = [list(values) for values in product(*map(read, texts))]
        arrays = operation.parameter(name).is_array
        ways.append([(name, values if arrays else values[0]) for values in several])
    return (dict(way) for way in product(*ways))


def is_documented(operation: Operation, case: Case, errors: Errors) -> bool:
    about = {name for name, _ in case.query}
    needed = [name for name in operation.query_schema.get("required", []) if name in about]
    schema = {**operation.query_schema, "required": needed}
    return any(not errors(schema, query) for query in decoded(operation, case))


def test_the_bounds_of_a_number_are_sent_at_inside_and_outside(toy: Operation) -> None:
    sent = [
        (case.query[0][1], case.expectation.answer.value, case.expectation.keyword)
        for case in (*boundary_cases(toy), *invalid_cases(toy))
        if case.expectation.parameter == "page_size"
        and case.expectation.answer is not Expected.UNSPECIFIED
    ]
    assert sent == [
        ("1", "accepted", "minimum"),
        ("2", "accepted", "minimum"),
        ("100", "accepted", "maximum"),
        ("99", "accepted", "maximum"),
        ("50", "accepted", "type"),
        ("0", "rejected", "minimum"),
        ("-1", "rejected", "minimum"),
        ("101", "rejected", "maximum"),
        ("1000000", "rejected", "maximum"),
        ("abc", "rejected", "type"),
    ]


def test_every_enum_value_is_sent_and_near_misses_are_refused(toy: Operation) -> None:
    listed = toy.parameter("status").schema["enum"]
    cases = [case for case in boundary_cases(toy) if case.expectation.keyword == "enum"]
    assert [case.query for case in cases] == [(("status", value),) for value in listed]
    assert [case.label for case in invalid_cases(toy) if case.expectation.keyword == "enum"] == [
        "status=DOCPACT (not in enum)",
        "status=pending (not in enum)",
        "status=PENDINGX (not in enum)",
    ]


def test_every_pair_of_filters_is_sent_once(toy: Operation) -> None:
    pairs = [case for case in boundary_cases(toy) if case.expectation.parameter is None]
    names = [tuple(name for name, _ in case.query) for case in pairs]
    assert names == [
        ("configuration_id", "job_ids"),
        ("configuration_id", "project_id"),
        ("configuration_id", "status"),
        ("job_ids", "project_id"),
        ("job_ids", "status"),
        ("project_id", "status"),
    ]
    assert {case.expectation.answer for case in pairs} == {Expected.UNSPECIFIED}


def test_a_live_run_sends_few_cases(toy: Operation) -> None:
    alone = Counter(
        case.expectation.answer.value for case in boundary_cases(toy) if case.expectation.parameter
    )
    assert alone["accepted"] + 6 <= 25
    assert alone["unspecified"] <= 31
    assert len(invalid_cases(toy)) <= 8


@pytest.mark.parametrize("kind", ["", "\0", "&", "\U0001f9fe", "a" * 2_000])
def test_odd_text_is_sent_without_a_claim(toy: Operation, kind: str) -> None:
    texts = ["configuration_id", "job_ids", "organization_id", "page_token", "project_id"]
    cases = [c for c in boundary_cases(toy) if c.expectation.parameter in texts]
    odd = [case for case in cases if kind in case.query[0][1]]
    assert {case.expectation.parameter for case in odd} == set(texts)
    assert {case.expectation.answer for case in odd} == {Expected.UNSPECIFIED}


def test_a_plain_string_has_no_invalid_value(toy: Operation) -> None:
    assert {case.expectation.parameter for case in invalid_cases(toy)} == {"page_size", "status"}


@pytest.mark.parametrize("cases", [boundary_cases, invalid_cases])
def test_labels_are_unique_printable_ascii(
    contract: Operation, cases: Callable[[Operation], tuple[Case, ...]]
) -> None:
    labels = [case.label for case in cases(contract)]
    assert len(set(labels)) == len(labels)
    assert [label for label in labels if not (label.isascii() and label.isprintable())] == []


def test_no_query_is_sent_twice_and_all_fit_a_common_url_limit(contract: Operation) -> None:
    sent = [case.query for case in (*boundary_cases(contract), *invalid_cases(contract))]
    assert len(set(sent)) == len(sent)
    assert max(len(urlencode(query)) for query in sent) < 8_000


@pytest.mark.parametrize("names", [["a"], ["a", "b"]])
@pytest.mark.parametrize(
    ("schema", "accepted", "rejected"),
    [
        pytest.param({"type": "boolean"}, ["true", "false"], ["abc"], id="boolean"),
        pytest.param(
            {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            ["0.1", "0.2", "1", "0.9", "0.55"],
            ["0", "-1", "1.1", "1000000", "abc"],
            id="number",
        ),
        pytest.param(
            {"type": "number", "exclusiveMinimum": 0, "maximum": 0.00001},
            ["0.000001", "0.000002", "0.00001", "0.000009", "0.0000055"],
            ["0", "-1", "0.000011", "1000000", "abc"],
            id="narrow",
        ),
        pytest.param(
            {"type": "integer", "minimum": 7, "maximum": 7},
            ["7"],
            ["6", "-1", "8", "1000000", "abc"],
            id="one-number",
        ),
        pytest.param(
            {"type": "string", "minLength": 2, "maxLength": 3},
            ["aa", "aaa", "\u00e9\u00e9\u00e9"],
            ["a", "aaaa"],
            id="length",
        ),
        pytest.param({"type": "string", "minLength": 1}, ["a"], [], id="empty-may-be-absent"),
        pytest.param({"enum": ["a", "A"]}, ["a", "A"], ["DOCPACT", "aX"], id="enum"),
        pytest.param({"enum": [1, 2]}, ["1", "2"], ["DOCPACT", "1X"], id="numeric-enum"),
        pytest.param({"type": "integer"}, ["1"], ["abc"], id="unbounded"),
        pytest.param({"type": ["integer", "string"]}, [], [], id="anything"),
        pytest.param(
            {"type": "string", "format": "uuid"},
            ["00000000-0000-4000-8000-000000000000", "FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF"],
            [
                "docpact",
                "00000000-0000-4000-8000-00000000000",
                "g0000000-0000-4000-8000-000000000000",
            ],
            id="format",
        ),
    ],
)
def test_edges_of_each_kind_of_parameter(
    toy: Operation,
    schema: dict[str, Any],
    accepted: list[str],
    rejected: list[str],
    names: list[str],
) -> None:
    parameters = tuple(Parameter(name, "query", False, schema) for name in names)
    properties = {"properties": dict.fromkeys(names, schema)}
    operation = replace(toy, parameters=parameters, query_schema=properties, roles=Roles())
    sent = {
        expects: [case.query for case in cases(operation) if case.expectation.answer is expects]
        for expects, cases in (
            (Expected.ACCEPTED, boundary_cases),
            (Expected.REJECTED, invalid_cases),
        )
    }
    assert sent == {
        Expected.ACCEPTED: [((name, text),) for name in names for text in accepted],
        Expected.REJECTED: [((name, text),) for name in names for text in rejected],
    }


def test_an_array_is_as_long_as_allowed_and_one_value_too_short_or_too_long(
    toy: Operation,
) -> None:
    schema = {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2, "maxItems": 3}
    parameter = Parameter("x", "query", required=False, schema=schema)
    operation = replace(toy, parameters=(parameter,), query_schema={}, roles=Roles())
    cases = (*boundary_cases(operation), *invalid_cases(operation))
    assert [("".join(text for _, text in c.query), c.expectation.keyword) for c in cases][:5] == [
        ("aa", "enum"),
        ("bb", "enum"),
        ("ab", "minItems"),
        ("aba", "enum"),
        ("aaa", None),
    ]
    assert [("".join(text for _, text in c.query), c.expectation.keyword) for c in cases][-2:] == [
        ("a", "minItems"),
        ("abab", "maxItems"),
    ]


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("\u00e9\n\u202e", r"x=\xe9\n\u202e"),
        ("a" * 49, "x=<49 characters>"),
    ],
)
def test_labels_of_values_that_do_not_print(toy: Operation, value: str, label: str) -> None:
    parameter = Parameter("x", "query", required=False, schema={"enum": [value]})
    operation = replace(toy, parameters=(parameter,), query_schema={}, roles=Roles())
    assert boundary_cases(operation)[0].label == label


@FEW
@given(data=st.data())
def test_valid_queries_fit_the_schema(
    contract: Operation, errors: Errors, data: st.DataObject
) -> None:
    case = data.draw(queries(contract))
    assert case.expectation.answer is Expected.ACCEPTED
    assert is_documented(contract, case, errors)
    assert contract.roles.token_parameter not in {name for name, _ in case.query}


@pytest.mark.sampled(3)
@FEW
@given(data=st.data())
def test_invalid_queries_fit_in_no_reading(
    contract: Operation, errors: Errors, data: st.DataObject
) -> None:
    if not invalid_cases(contract):
        pytest.skip("any text is documented")
    case = data.draw(invalid_queries(contract))
    about = case.expectation.parameter
    alone = replace(case, question=Question(tuple(p for p in case.query if p[0] == about)))
    others = replace(case, question=Question(tuple(p for p in case.query if p[0] != about)))
    assert case.expectation.answer is Expected.REJECTED
    assert not is_documented(contract, alone, errors)
    assert is_documented(contract, others, errors)


@settings(max_examples=examples(100), deadline=None)
@given(data=st.data())
def test_cases_of_any_schema_are_what_they_claim(
    generated: SearchStrategy[Operation], errors: Errors, data: st.DataObject
) -> None:
    operation = data.draw(generated)
    valid = data.draw(queries(operation))
    cases = (*boundary_cases(operation), *invalid_cases(operation), valid)
    left_out = {
        case.question.without: case.expectation.answer for case in cases if case.question.without
    }
    required = operation.query_schema.get("required", ())
    assert left_out == {(name,): Expected.REJECTED for name in required}
    claims = {
        case.label: case
        for case in cases
        if case.expectation.answer is not Expected.UNSPECIFIED and not case.question.without
    }
    said = {label: case.expectation.answer is Expected.ACCEPTED for label, case in claims.items()}
    assert said == {label: is_documented(operation, c, errors) for label, c in claims.items()}


@FEW
@given(data=st.data())
def test_boundary_queries_are_the_boundary_cases(toy: Operation, data: st.DataObject) -> None:
    assert data.draw(boundary_queries(toy)) in boundary_cases(toy)


@pytest.mark.parametrize("strategy", [boundary_queries, invalid_queries])
def test_no_parameter_fails_at_once(
    toy: Operation, strategy: Callable[[Operation], SearchStrategy[Case]]
) -> None:
    with pytest.raises(InvalidArgument, match=r"toy/list_things.* has no query parameter"):
        strategy(replace(toy, parameters=(), query_schema={}, roles=Roles()))
