"""A keyword that cannot be generated is a ContractError before anything is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from sizes import examples, sample

from docpact.bodies.engine import make_engine
from docpact.cases.plain import leaves_forms_out, plain
from docpact.cases.samples import full
from docpact.conformance.conclusion import find_remarks
from docpact.errors import ContractError
from docpact.model import Operation, Parameter, Roles
from docpact.rules import gather
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
from docpact.strategies.values import values

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
IMPOSSIBLE = {"type": "string", "allOf": [{"minLength": 2}, {"maxLength": 1}]}


def with_query(toy: Operation, schema: Any) -> Operation:
    parameter = Parameter("x", "query", required=False, schema=schema)
    query = {"type": "object", "properties": {"x": schema}}
    return replace(toy, parameters=(parameter,), query_schema=query, roles=Roles())


@pytest.mark.parametrize("public", FROM_RESPONSE)
def test_a_response_that_no_value_satisfies(
    toy: Operation, public: Callable[[Operation], Any]
) -> None:
    response = {"type": "object", "properties": {"a": IMPOSSIBLE}, "required": ["a"]}
    with pytest.raises(ContractError) as caught:
        public(replace(toy, response_schema=response))
    assert caught.value.where == "toy/list_things/response.schema.json#"
    assert caught.value.problem == "no value satisfies this schema"


@pytest.mark.parametrize("public", FROM_QUERY)
def test_a_parameter_that_no_value_satisfies(
    toy: Operation, public: Callable[[Operation], Any]
) -> None:
    with pytest.raises(ContractError) as caught:
        public(with_query(toy, IMPOSSIBLE))
    assert caught.value.where == "toy/list_things/query.schema.json#/properties/x"
    assert caught.value.problem == "no value satisfies this schema"


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    "schema",
    sample(
        [
            IMPOSSIBLE,
            {"type": "string", "minLength": 3, "maxLength": 2},
            {"type": "string", "format": "date", "maxLength": 9},
            {"type": "array", "minItems": 2, "maxItems": 1},
            {"type": "integer", "minimum": 1.2, "maximum": 1.8},
            {"type": "number", "exclusiveMinimum": 1, "maximum": 1},
            {"type": "integer", "multipleOf": 7, "minimum": 8, "maximum": 13},
            {"type": "string", "enum": [1, 2]},
            {"type": "string", "const": 1},
            {"not": {}},
            {"anyOf": [{"type": "string"}], "type": "null"},
            {"oneOf": [{"type": "string"}, {"type": "string"}], "type": "string"},
            {"$ref": "#/$defs/a", "type": "array", "$defs": {"a": {"type": "string"}}},
        ],
        2,
    ),
)
def test_a_field_that_no_value_satisfies_is_absent(toy: Operation, schema: Any) -> None:
    whole = {"$defs": schema.pop("$defs")} if "$defs" in schema else {}
    response = {"type": "object", "properties": {"x": schema}, **whole}
    operation = replace(toy, response_schema=response)
    assert full(plain(response)) == {}
    find(payloads(operation), lambda body: body == {}, settings=settings(database=None))
    with pytest.raises(ContractError, match="no value satisfies this schema"):
        payloads(replace(toy, response_schema={**response, "required": ["x"]}))


def test_the_only_values_of_many_branches_are_found(toy: Operation) -> None:
    kinds = [{"required": ["k"], "properties": {"k": {"const": each}}} for each in range(300)]
    some = {"anyOf": [{"properties": {"k": {"const": each}}} for each in (1, 4)]}
    either = [{"anyOf": [{"required": [f"b{n}"]}, {"required": [f"a{n}"]}]} for n in range(9)]
    none: dict[str, Any] = {f"b{n}": {"not": {}} for n in range(9)}
    ends = [{"properties": none}, {"properties": {**none, "c": {"type": "null"}}}]
    for branches in ([{"anyOf": kinds}, some], [*either, {"anyOf": ends}]):
        schema = {"type": "object", "allOf": branches}
        assert make_engine(schema).is_valid(full(plain(schema)))
        remarks = find_remarks(gather(replace(toy, body_schema=schema), []), [])
        assert "body: its branches combine in more than 24 ways; not all are tried" in remarks
    assert not leaves_forms_out(some)


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


KINDS: list[Any] = [
    {"type": "array", "prefixItems": [{"maxLength": 0}], "contains": {"type": "string"}},
    {"type": "array", "prefixItems": [{"type": "null"}], "contains": {"const": 1}, "maxItems": 2},
    {"type": "array", "prefixItems": [{"const": 1}], "contains": {"const": 1}, "maxItems": 1},
]


@pytest.mark.parametrize("schema", KINDS, ids=str)
@settings(max_examples=examples(20))
@given(data=st.data())
def test_an_element_of_a_kind_has_a_place_after_the_first_ones(
    schema: Any, data: st.DataObject
) -> None:
    assert make_engine(schema).is_valid(data.draw(values(plain(schema))))
    assert make_engine(schema).is_valid(full(schema))
