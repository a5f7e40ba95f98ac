"""Response bodies: documented ones, those at a boundary, and those that break one keyword."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from docpact.bodies.validate import violations
from docpact.cases.bounds import SIGNS, members, types
from docpact.cases.labels import show_value
from docpact.cases.parts import Mutation, change_part, put
from docpact.cases.payloads import (
    boundary_payload_cases,
    list_mistyped,
    mutations,
    name_broken,
    possible_mutations,
)
from docpact.cases.samples import NoSampleError
from docpact.cases.vocabulary import check
from docpact.model import Operation, PayloadCase, Schema
from docpact.model.schema import ANNOTATIONS, is_simple
from docpact.strategies.scalars import JSON, integers_beyond
from docpact.strategies.texts import ENCODABLE, SPREAD, wrong_lengths
from docpact.strategies.values import values


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
    return _payloads(operation)


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


@lru_cache(maxsize=64)
def _payloads(operation: Operation) -> SearchStrategy[JSON]:
    return values(check(operation, "response"))


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
                schema, body, mutation.path, change, lambda size: draw(st.integers(0, size - 1))
            )
        except NoSampleError:
            reject()
        case: PayloadCase = mutation.case(note, payload, path)
        is_sure = is_plain and not mutation.form
        named = case if is_sure else name_broken(case, violations(stated, payload))
        if named is None:
            reject()
        return named

    return invalid_payload()


def _wrong_values(mutation: Mutation) -> SearchStrategy[Any] | None:
    """Return a strategy of values that break the keyword alone; None where few values do."""
    schema, keyword = mutation.schema, mutation.keyword
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
