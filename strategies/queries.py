"""Queries: documented ones, those at a limit, and those with exactly one invalid parameter."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from string import ascii_lowercase
from typing import Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from docpact.cases.bounds import edges, lengths, members, sizes, types
from docpact.cases.requests import boundary_cases, invalid_cases, is_free
from docpact.cases.samples import full, minimal
from docpact.cases.vocabulary import plain_query
from docpact.cases.wire import LONGEST, is_numeric, query_label, query_of, write_value
from docpact.model import Case, Operation, Parameter, Query, Question, Schema
from docpact.strategies.scalars import JSON, SPREAD, beyond, wrong_lengths
from docpact.strategies.values import values

LONGEST_DRAWN: Final = LONGEST // 4
"""The longest text drawn for a parameter: percent-encoding an astral character takes 12 bytes."""


@lru_cache(maxsize=64)
def queries(operation: Operation) -> SearchStrategy[Case]:
    """Generate documented queries, expected to be accepted.

    Any subset of the query parameters, always with the required ones; arrays as repeated names,
    numbers in decimal notation, lengths counted in code points. The parameter that takes a page
    token is left out: only tokens from a response are documented. Shrinks towards no parameters,
    then few, with their simplest values.

    Raises:
        ContractError: the query schema contains something that cannot be generated.
    """
    return _parameters(plain_query(operation)).map(_case)


def boundary_queries(operation: Operation) -> SearchStrategy[Case]:
    """Generate the cases of `boundary_cases`; shrinks towards the first of them.

    Raises:
        ContractError: the query schema contains something that cannot be generated.
        InvalidArgument: the operation has no query parameter.
    """
    cases = boundary_cases(operation)
    if not cases:
        msg = f"operation={operation.id!r} has no query parameter, and so no boundary"
        raise InvalidArgument(msg)
    return st.sampled_from(cases)


def invalid_queries(operation: Operation) -> SearchStrategy[Case]:
    """Generate queries with exactly one undocumented parameter value.

    Half are the cases of `invalid_cases`; half are documented queries in which one parameter takes
    a value that no reading of its text fits. `parameter` and `keyword` name the broken promise.
    Shrinks towards the first of `invalid_cases`.

    Raises:
        ContractError: the query schema contains something that cannot be generated.
        InvalidArgument: every text is valid for every query parameter.
    """
    cases = invalid_cases(operation)
    if not cases:
        msg = f"operation={operation.id!r} has no query parameter that a text could not fit"
        raise InvalidArgument(msg)
    invalid = [(case, _invalid_parts(operation, case)) for case in cases]
    return st.sampled_from(cases) | _invalid_queries(_parameters(operation), invalid)


def _case(parameters: Mapping[str, JSON]) -> Case:
    query = _query(parameters)
    return Case(query_label(query), Question(query))


def _parameters(operation: Operation) -> SearchStrategy[Mapping[str, JSON]]:
    token = operation.roles.token_parameter
    drawn = [p for p in operation.query_parameters if p.required or p.name != token]
    schema = {
        "type": "object",
        "properties": {p.name: _wire_schema(p) for p in drawn},
        "required": [p.name for p in drawn if p.required],
    }
    return values(schema)


def _query(parameters: Mapping[str, JSON]) -> Query:
    return tuple(
        (name, write_value(each))
        for name, value in parameters.items()
        for each in (value if isinstance(value, list) else [value])
    )


def _wire_schema(parameter: Parameter) -> Schema:
    """Return the schema of the values that a query can carry: no null, no empty array."""
    if parameter.content is not None:
        return {"enum": [json.dumps(make(parameter.content)) for make in (full, minimal)]}
    if not parameter.is_array:
        return _scalar(parameter.schema)
    least = max(1, sizes(parameter.schema)[0])
    return {**parameter.schema, "items": _scalar(parameter.item_schema), "minItems": least}


def _scalar(schema: Schema) -> Schema:
    """Return a schema without null, arrays and objects, its texts short enough for a URL."""
    listed = members(schema)
    if listed is not None:
        return {"enum": [value for value in listed if value is not None]}
    scalars = [name for name in types(schema) if name not in ("null", "array", "object")]
    least, most = lengths(schema)
    limit = {} if most is None else {"maxLength": max(least, min(most, LONGEST_DRAWN))}
    return {**schema, "type": scalars, **limit}


@st.composite
def _invalid_queries(
    draw: DrawFn,
    parameters: SearchStrategy[Mapping[str, JSON]],
    invalid: Sequence[tuple[Case, SearchStrategy[Query]]],
) -> Case:
    case, part = draw(st.sampled_from(invalid))
    name, keyword = case.expectation.parameter, case.expectation.keyword
    others = [pair for pair in _query(draw(parameters)) if pair[0] != name]
    query = (*others, *draw(part))
    question = replace(case.question, query=query)
    return replace(case, label=query_label(query, f"{name} breaks {keyword}"), question=question)


def _invalid_parts(operation: Operation, case: Case) -> SearchStrategy[Query]:
    """Generate the invalid part of a case, and others that break the same keyword."""
    keyword = str(case.expectation.keyword)
    if keyword == "required":
        return st.just(())
    parameter = operation.parameter(str(case.expectation.parameter))
    texts = _invalid_texts(parameter).get(keyword)
    same = st.just(case.query)
    return same if texts is None else same | texts.map(lambda text: query_of(parameter, text))


def _invalid_texts(parameter: Parameter) -> Mapping[str, SearchStrategy[str]]:
    """Return keyword → strategy of texts that break it; none is a number, a date or a Boolean."""
    schema = parameter.item_schema
    words = st.text(ascii_lowercase, max_size=SPREAD).map("x".__add__)
    listed = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if listed is not None:
        longest = max(len(write_value(value)) for value in listed)
        return {"enum": words.map(lambda word: word.ljust(longest + 1, "x"))}
    if is_numeric(parameter):
        return {"type": words} | {edge.keyword: beyond(edge).map(str) for edge in edges(schema)}
    if is_free(parameter) or "format" in schema or "string" not in types(schema):
        return {"type": words, "format": words}
    return wrong_lengths(schema, ascii_lowercase, shortest=1)
