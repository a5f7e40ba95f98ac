"""Queries as the page documents them, and queries with exactly one parameter made wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from string import ascii_lowercase
from typing import Final, TypeAlias

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from docpact.cases.bounds import edges, lengths, members, sizes, types
from docpact.cases.labels import label
from docpact.cases.query_edges import boundary_cases, is_free, is_numeric
from docpact.cases.query_violations import invalid_cases
from docpact.cases.vocabulary import check
from docpact.cases.wire import LONGEST, sent, written
from docpact.model import Case, Operation, Parameter, Question, Schema
from docpact.strategies.values import JSON, SPREAD, beyond, values

Query: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values in order, before percent-encoding."""

LONGEST_DRAWN: Final = LONGEST // 4
"""The longest text drawn for a parameter: percent-encoding an astral character takes 12 bytes."""


def queries(operation: Operation) -> SearchStrategy[Case]:
    """Generate queries that the page documents, expected to be accepted.

    Any subset of the query parameters, the required ones always; arrays as repeated names, numbers
    in decimal notation, lengths counted in code points. The parameter that takes a page token is
    left out: the page documents only tokens that an answer gave. Shrinks towards no parameters,
    then few, with their simplest values.

    Raises:
        ContractError: the query schema holds something that cannot be generated.
    """
    return _cases(operation)


def boundary_queries(operation: Operation) -> SearchStrategy[Case]:
    """Generate the cases of `boundary_cases`; shrinks towards the first of them.

    Raises:
        ContractError: the query schema holds something that cannot be generated.
        InvalidArgument: the operation has no query parameter.
    """
    cases = boundary_cases(operation)
    if not cases:
        msg = f"operation={operation.id!r} has no query parameter, and so no boundary"
        raise InvalidArgument(msg)
    return st.sampled_from(cases)


def invalid_queries(operation: Operation) -> SearchStrategy[Case]:
    """Generate queries with exactly one parameter outside what is documented.

    Half are the cases of `invalid_cases`, half a documented query in which one parameter takes a
    value that no reading of its text fits. `parameter` and `keyword` name what is wrong. Shrinks
    towards the first of `invalid_cases`.

    Raises:
        ContractError: the query schema holds something that cannot be generated.
        InvalidArgument: no query parameter can be made wrong: any text fits all of them.
    """
    cases = invalid_cases(operation)
    if not cases:
        msg = f"operation={operation.id!r} has no query parameter that a text could not fit"
        raise InvalidArgument(msg)
    wrong = [(case, _wrong_queries(operation, case)) for case in cases]
    return st.sampled_from(cases) | _invalid_queries(_parameters(operation), wrong)


@lru_cache(maxsize=64)
def _cases(operation: Operation) -> SearchStrategy[Case]:
    check(operation, "query")
    return _parameters(operation).map(_case)


def _case(parameters: Mapping[str, JSON]) -> Case:
    query = _pairs(parameters)
    return Case(label(query), Question(query))


def _parameters(operation: Operation) -> SearchStrategy[Mapping[str, JSON]]:
    token = operation.roles.token_parameter
    drawn = [p for p in operation.query_parameters if p.required or p.name != token]
    schema = {
        "type": "object",
        "properties": {p.name: _sent(p) for p in drawn},
        "required": [p.name for p in drawn if p.required],
    }
    return values(schema)


def _pairs(parameters: Mapping[str, JSON]) -> Query:
    return tuple(
        (name, written(each))
        for name, value in parameters.items()
        for each in (value if isinstance(value, list) else [value])
    )


def _sent(parameter: Parameter) -> Schema:
    """Return the schema of what can be sent for a parameter: of an array, one value at least."""
    if not parameter.is_array:
        return _scalar(parameter.schema)
    least = max(1, sizes(parameter.schema)[0])
    return {**parameter.schema, "items": _scalar(parameter.item_schema), "minItems": least}


def _scalar(schema: Schema) -> Schema:
    """Return a schema without null, arrays and objects, its texts no longer than a URL can hold."""
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
    cases: Sequence[tuple[Case, SearchStrategy[Query]]],
) -> Case:
    case, wrong = draw(st.sampled_from(cases))
    others = [pair for pair in _pairs(draw(parameters)) if pair[0] != case.expectation.parameter]
    query = (*others, *draw(wrong))
    return replace(
        case,
        label=label(query, f"{case.expectation.parameter} breaks {case.expectation.keyword}"),
        question=replace(case.question, query=query),
    )


def _wrong_queries(operation: Operation, case: Case) -> SearchStrategy[Query]:
    """Generate the wrong part of a case, and others that break the same keyword."""
    if case.expectation.keyword == "required":
        return st.just(())
    parameter = operation.parameter(str(case.expectation.parameter))
    texts = _wrong_texts(parameter).get(str(case.expectation.keyword))
    same = st.just(case.query)
    return same if texts is None else same | texts.map(lambda text: sent(parameter, text))


def _wrong_texts(parameter: Parameter) -> Mapping[str, SearchStrategy[str]]:
    """Return strategies of texts outside one keyword, for keywords that leave room for many.

    A text that begins with x is no number, no date, no UUID, no truth value and no null.
    """
    schema = parameter.item_schema
    words = st.text(ascii_lowercase, max_size=SPREAD).map("x".__add__)
    if members(schema) is not None:
        longest = max(len(written(value)) for value in schema.get("enum", [schema.get("const")]))
        return {"enum": words.map(lambda word: word.ljust(longest + 1, "x"))}
    if is_numeric(parameter):
        return {"type": words} | {edge.keyword: beyond(edge).map(str) for edge in edges(schema)}
    if is_free(parameter) or "format" in schema or "string" not in types(schema):
        return {"type": words, "format": words}
    least, most = lengths(schema)
    longest = (most or 0) + 1
    return {
        "minLength": st.text(ascii_lowercase, min_size=1, max_size=max(1, least - 1)),
        "maxLength": st.text(ascii_lowercase, min_size=longest, max_size=longest + SPREAD),
    }
