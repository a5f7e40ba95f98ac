"""Bodies: of any schema, documented ones, those at a boundary, and those that break a keyword."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError

from docpact.bodies.engine import make_engine
from docpact.bodies.validate import violations
from docpact.cases.bounds import SIGNS, members, types
from docpact.cases.parts import Mutation, change_part, put
from docpact.cases.payloads import (
    boundary_payload_cases,
    list_mistyped,
    mutations,
    name_broken,
    possible_mutations,
)
from docpact.cases.plain import plain
from docpact.cases.samples import NoSampleError
from docpact.cases.vocabulary import check
from docpact.cases.wire import show_value
from docpact.model import Operation, PayloadCase, Schema
from docpact.model.references import UnknownReferenceError, localize
from docpact.model.schema import ANNOTATIONS, follow, is_simple
from docpact.model.traversal import Draft, find_draft, translate
from docpact.strategies.scalars import ENCODABLE, JSON, SPREAD, integers_beyond, wrong_lengths
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
    `keyword` and `pointer` are those of `invalid_payload_cases`. Shrinks towards the first keyword
    of the schema's root, and the plainest surroundings.

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
