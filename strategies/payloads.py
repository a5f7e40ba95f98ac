"""Bodies and queries: documented ones, those at a boundary, and those that break a keyword."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from string import ascii_lowercase
from typing import Any, Final

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError

from docpact.bodies.engine import make_engine
from docpact.bodies.validate import violations
from docpact.cases.bounds import SIGNS, edges, lengths, members, sizes, types
from docpact.cases.parts import Mutation, change_part, put
from docpact.cases.payloads import (
    boundary_payload_cases,
    list_mistyped,
    mutations,
    name_broken,
    possible_mutations,
)
from docpact.cases.plain import plain
from docpact.cases.requests import boundary_cases, invalid_cases, is_free
from docpact.cases.samples import NoSampleError, full, minimal
from docpact.cases.vocabulary import check, plain_query
from docpact.cases.wire import LONGEST, is_numeric, query_label, query_of, show_value, write_value
from docpact.model import Case, Operation, Parameter, PayloadCase, Query, Question, Schema
from docpact.model.pointer import to_list
from docpact.model.references import UnknownReferenceError, localize
from docpact.model.schema import ANNOTATIONS, follow, is_simple
from docpact.model.traversal import Draft, find_draft, translate
from docpact.strategies.scalars import (
    ENCODABLE,
    JSON,
    SPREAD,
    beyond,
    integers_beyond,
    wrong_lengths,
)
from docpact.strategies.values import values


@lru_cache(maxsize=64)
def payloads(operation: Operation) -> SearchStrategy[JSON]:
    """Generate valid response bodies, decoded.

    Optional fields are absent, null where the schema allows it, or present. Texts include every
    script, astral and control characters, never lone surrogates, and texts of exactly `minLength`
    and `maxLength` code points; numbers include their bounds; date-times come in every form of
    RFC 3339, section 5.6. Every field is documented. Shrinks towards the body with required fields
    only, empty lists and the shortest texts.

    Raises:
        ContractError: the response schema contains something that cannot be generated.
    """
    return values(check(operation, "response"))


def boundary_payloads(operation: Operation) -> SearchStrategy[PayloadCase]:
    """Generate the cases of `boundary_payload_cases`; shrinks towards the first of them.

    Raises:
        ContractError: the response schema contains something that cannot be generated.
    """
    return st.sampled_from(boundary_payload_cases(operation))


def invalid_payloads(operation: Operation) -> SearchStrategy[PayloadCase]:
    """Generate response bodies that break one keyword each, in random valid surroundings.

    Each body is one that `payloads` can draw, with one keyword broken at one place; all keywords
    are equally likely. Parts on the way to that place that are absent, null or empty are filled in.
    `keyword` and `pointer` mean the same as in `invalid_payload_cases`. Shrinks towards the first
    keyword of the schema's root, and the plainest surroundings.

    Raises:
        ContractError: the response schema contains something that cannot be generated.
        InvalidArgument: the response schema has no keyword that a value could break.
    """
    stated, schema = operation.response_schema, check(operation, "response")
    found = mutations(schema) if schema is stated else possible_mutations(schema, stated)
    possible = tuple(found)
    if not possible:
        msg = f"operation={operation.id!r} has a response schema that every value satisfies"
        raise InvalidArgument(msg)
    return _invalid_payloads(stated, schema, possible)


def _invalid_payloads(
    stated: Schema, schema: Schema, possible: tuple[Mutation, ...]
) -> SearchStrategy[PayloadCase]:
    """Generate broken bodies; the strategy has a short representation, whatever the schema."""
    bodies, is_plain = values(schema), schema is stated and is_simple(stated)
    by_keyword: dict[str, list[tuple[Mutation, SearchStrategy[Any] | None]]] = {}
    for mutation in possible:
        wrong = _wrong_values(mutation) if is_plain else None
        by_keyword.setdefault(mutation.keyword, []).append((mutation, wrong))

    @st.composite
    def invalid_payload(draw: DrawFn) -> PayloadCase:
        keyword = draw(st.sampled_from(list(by_keyword)))
        mutation, wrong = draw(st.sampled_from(by_keyword[keyword]))
        body = draw(bodies)
        note, change = draw(st.sampled_from(mutation.changes))
        if wrong is not None and draw(st.booleans()):
            value = draw(wrong)
            note, change = show_value(value), put(value)
        try:
            payload, path = change_part(
                schema,
                body,
                mutation.place.path,
                change,
                lambda size: draw(st.integers(0, size - 1)),
            )
        except NoSampleError:
            reject()
        case: PayloadCase = mutation.case(note, payload, path)
        is_sure = is_plain and not mutation.place.form
        named = case if is_sure else name_broken(case, violations(stated, payload))
        if named is None:
            reject()
        return named

    return invalid_payload()


def _wrong_values(mutation: Mutation) -> SearchStrategy[Any] | None:
    """Return a strategy of values that break the keyword alone; None where few values do."""
    schema, keyword = mutation.place.schema, mutation.keyword
    if keyword == "type":
        return st.sampled_from(list_mistyped(schema))
    if keyword == "enum" and set(schema) - ANNOTATIONS <= {"type", "enum"}:
        longest = max((len(v) for v in schema["enum"] if isinstance(v, str)), default=0)
        longer = st.text(ENCODABLE, min_size=longest + 1, max_size=longest + SPREAD)
        return longer if "string" in types(schema) else None
    if members(schema) is not None:
        return None
    if keyword == "format":
        return st.text(ENCODABLE, max_size=SPREAD).map("x".__add__)
    if keyword in SIGNS:
        return integers_beyond(schema).get(keyword)
    return None if "format" in schema else wrong_lengths(schema, ENCODABLE).get(keyword)


def from_schema(schema: Schema | bool, *, draft: Draft | None = None) -> SearchStrategy[JSON]:
    """Generate values that satisfy a JSON Schema.

    Every keyword of drafts 4, 6, 7, 2019-09 and 2020-12 counts, and every format of the standard
    and of the OpenAPI format registry. Values are made to satisfy the schema, as far as possible;
    only the rest, such as `not` with a pattern, is reached by leaving out values that do not. A
    format or a pattern that docpact does not know excludes nothing.

    Limits of lengths and numbers are drawn often. A text is rarely longer than 20,000 characters,
    and an array rarely has more than three elements beyond the least number, whatever the schema
    allows. Shrinks towards null, false, 0, the shortest text, the first member of an `enum` or
    `anyOf`, the fewest elements, and objects with required fields only.

    Args:
        schema: an object or a boolean, with references to any part of it, to resources that are
            embedded in it by `$id`, and to the metaschemas. Nothing is ever fetched.
        draft: of the schema; None for the one that `$schema` names, or else 2020-12.

    Raises:
        InvalidArgument: the schema is not valid, a reference leads nowhere, or no value satisfies
            the schema.
    """
    stated = translate(schema, draft or find_draft(schema))
    _check(stated)
    try:
        local = localize(stated).schema
    except UnknownReferenceError as error:
        msg = f"{schema=}: the reference {error.reference!r} leads to no part of the schema"
        raise InvalidArgument(msg) from None
    try:
        found = plain(local)
    except RecursionError:
        msg = f"{schema=}: a schema is one of its own forms, or schemas nest too deeply"
        raise InvalidArgument(msg) from None
    if "not" in follow(found)[0]:
        msg = f"{schema=}: no value satisfies it"
        raise InvalidArgument(msg)
    drawn = values(found, is_wide=True)
    return drawn if is_simple(local) else drawn.filter(make_engine(local).is_valid)


def _check(schema: Any) -> None:
    if not isinstance(schema, Mapping | bool):
        msg = f"{schema=}: expected an object or a boolean"
        raise InvalidArgument(msg)
    try:
        # A pattern is a regular expression of ECMA-262, not of Python.
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(formats=()))
    except SchemaError as error:
        msg = f"{schema=}: not a JSON Schema: {error.message}"
        raise InvalidArgument(msg) from None


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
        (name, write_value(each)) for name, value in parameters.items() for each in to_list(value)
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
