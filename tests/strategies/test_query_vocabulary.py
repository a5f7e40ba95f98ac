"""Queries of parameters with any keyword: documented ones are valid, invalid ones are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import examples

from docpact.bodies.engine import is_valid
from docpact.cases.requests import boundary_cases, invalid_cases
from docpact.cases.wire import read_values
from docpact.model import Case, Expected, Operation, Parameter, Roles
from docpact.strategies import queries

SCHEMAS = [
    {"type": "string", "pattern": "^[A-Z]{3}-[0-9]+$"},
    {"type": "string", "pattern": "^[a-z]+$", "minLength": 3, "maxLength": 5},
    {"type": "string", "allOf": [{"minLength": 2}, {"pattern": "^x"}]},
    {"type": "integer", "multipleOf": 5, "minimum": 7, "maximum": 100},
    {"type": "number", "multipleOf": 0.01, "minimum": 0},
    {"type": "integer", "multipleOf": 1e300},
    {"type": "string", "format": "ipv4"},
    {"type": "integer", "format": "int32"},
    {"oneOf": [{"type": "integer", "minimum": 3}, {"enum": ["all", "none"]}]},
    {"type": "string", "not": {"enum": ["a"]}},
]


def with_parameter(toy: Operation, schema: Any) -> Operation:
    parameter = Parameter("x", "query", required=False, schema=schema)
    query = {"type": "object", "properties": {"x": schema}}
    return replace(toy, parameters=(parameter,), query_schema=query, roles=Roles())


def is_documented(schema: Any, case: Case) -> bool:
    return all(any(is_valid(schema, v) for v in read_values(text)) for _, text in case.query)


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_deterministic_queries(toy: Operation, schema: Any) -> None:
    operation = with_parameter(toy, schema)
    accepted = [
        each for each in boundary_cases(operation) if each.expectation.answer is Expected.ACCEPTED
    ]
    assert all(is_documented(schema, each) for each in accepted)
    assert not any(is_documented(schema, each) for each in invalid_cases(operation))


@pytest.mark.sampled(3)
@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
@settings(max_examples=examples(20))
@given(st.data())
def test_drawn_queries(toy: Operation, schema: Any, data: st.DataObject) -> None:
    assert is_documented(schema, data.draw(queries(with_parameter(toy, schema))))


def test_a_pattern_and_multiples_are_tested(toy: Operation) -> None:
    for schema, keyword in ((SCHEMAS[0], "pattern"), (SCHEMAS[3], "multipleOf")):
        operation = with_parameter(toy, schema)
        assert keyword in {each.expectation.keyword for each in invalid_cases(operation)}
        assert any(e.expectation.answer is Expected.ACCEPTED for e in boundary_cases(operation))


def test_unique_values_are_not_repeated(toy: Operation) -> None:
    schema = {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True}
    cases = boundary_cases(with_parameter(toy, schema))
    accepted = [each.query for each in cases if each.expectation.answer is Expected.ACCEPTED]
    assert accepted
    assert all(len(set(query)) == len(query) for query in accepted)
