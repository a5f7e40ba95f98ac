"""What cannot be generated is a ContractError that names it, raised before anything is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from docpact.errors import ContractError
from docpact.model import Operation, Parameter, Roles
from docpact.strategies import (
    boundary_cases,
    boundary_payload_cases,
    boundary_payloads,
    boundary_queries,
    collections,
    invalid_cases,
    invalid_payload_cases,
    invalid_payloads,
    invalid_queries,
    items,
    pages,
    payloads,
    queries,
)

FROM_QUERY = [boundary_cases, boundary_queries, invalid_cases, invalid_queries, queries]
FROM_RESPONSE = [
    boundary_payload_cases,
    boundary_payloads,
    collections,
    invalid_payload_cases,
    invalid_payloads,
    items,
    pages,
    payloads,
]
UNSUPPORTED = {"type": "object", "properties": {"a/b": {"type": "string", "pattern": "^x"}}}


def with_query(toy: Operation, schema: Any) -> Operation:
    parameter = Parameter("x", "query", required=False, schema=schema)
    query = {"type": "object", "properties": {"x": schema}}
    return replace(toy, parameters=(parameter,), query_schema=query, roles=Roles())


@pytest.mark.parametrize("public", FROM_RESPONSE)
def test_an_unsupported_keyword_in_the_response(
    toy: Operation, public: Callable[[Operation], Any]
) -> None:
    with pytest.raises(ContractError) as caught:
        public(replace(toy, response_schema=UNSUPPORTED))
    assert caught.value.where == ("toy/list_things/response.schema.json#/properties/a~1b/pattern")
    assert caught.value.problem.startswith("keyword 'pattern' cannot be generated; supported: ")


@pytest.mark.parametrize("public", FROM_QUERY)
def test_an_unsupported_keyword_in_the_query(
    toy: Operation, public: Callable[[Operation], Any]
) -> None:
    with pytest.raises(ContractError) as caught:
        public(with_query(toy, {"type": "string", "pattern": "^x"}))
    assert caught.value.where == "toy/list_things/query.schema.json#/properties/x/pattern"


@pytest.mark.parametrize(
    ("schema", "where", "problem"),
    [
        ({"type": "text"}, "/type", "type 'text'"),
        ({"type": ["string", "text"]}, "/type", "type 'text'"),
        ({"type": "string", "format": "hostname"}, "/format", "format 'hostname'"),
        ({"type": "string", "minLength": 3, "maxLength": 2}, "/maxLength", "less than minLength"),
        ({"type": "string", "format": "date", "maxLength": 9}, "/format", "no text of this format"),
        ({"type": "array", "minItems": 2, "maxItems": 1}, "/maxItems", "less than minItems"),
        ({"type": "integer", "minimum": 1.2, "maximum": 1.8}, "/type", "no integer"),
        ({"type": "number", "exclusiveMinimum": 1, "maximum": 1}, "/type", "no number"),
        ({"type": "string", "enum": [1, 2]}, "/enum", "none of the listed values"),
        ({"type": "string", "const": 1}, "/const", "none of the listed values"),
        (True, "", "expected an object as schema, found True"),
        ({"anyOf": [{}], "maxLength": 1}, "/maxLength", "beside anyOf, unless every form has it"),
        ({"anyOf": [{}], "type": "string"}, "/type", "beside anyOf, unless every form has it"),
    ],
)
def test_what_no_value_satisfies(toy: Operation, schema: Any, where: str, problem: str) -> None:
    response = {"type": "object", "properties": {"x": schema}}
    with pytest.raises(ContractError, match=problem) as caught:
        payloads(replace(toy, response_schema=response))
    assert caught.value.where == f"toy/list_things/response.schema.json#/properties/x{where}"


def test_a_keyword_beside_a_reference(toy: Operation) -> None:
    schema = {"$ref": "#/$defs/a", "maxItems": 2, "$defs": {"a": {"type": "array"}}}
    with pytest.raises(ContractError, match=r"#/maxItems: cannot be generated beside a reference"):
        payloads(replace(toy, response_schema=schema))


def test_what_each_form_of_a_union_states_may_stand_beside_it(toy: Operation) -> None:
    forms = [{"type": "string", "maxLength": 2}, {"type": "null", "maxLength": 2}]
    schema = {"type": ["string", "null"], "maxLength": 2, "anyOf": forms, "title": "A"}
    payloads(replace(toy, response_schema=schema))


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "object"}, "no documented form in a query"),
        ({"type": "array", "items": {"type": "array"}}, "no documented form in a query"),
        ({"enum": [{}]}, "no documented form in a query"),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 0}, "array of no values"),
        ({"type": "null"}, "null alone"),
        ({"enum": [None]}, "null alone"),
    ],
)
def test_what_has_no_form_in_a_query(toy: Operation, schema: Any, problem: str) -> None:
    with pytest.raises(ContractError, match=f"#/properties/x: .*{problem}"):
        queries(with_query(toy, schema))
