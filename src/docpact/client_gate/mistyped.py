"""Wrong types: a part of a body that has another type than documented, or that is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from docpact.bodies.engine import is_valid
from docpact.bodies.wording import json_type
from docpact.cases.bounds import members, types
from docpact.cases.parts import Form, change_part, list_forms, put
from docpact.cases.payloads import invalid_payload_cases
from docpact.cases.plain import plain
from docpact.cases.samples import full
from docpact.client_gate.call import Call, Effect, Read, Scenario, Wanted
from docpact.client_gate.items import items_of, list_location, sample_usual
from docpact.client_gate.listing import (
    body_answer,
    has_tokens,
    last_page,
    page,
    page_facts,
    page_size,
)
from docpact.client_gate.reading import classify
from docpact.client_gate.rule import find_changed_value
from docpact.model import Operation, Schema
from docpact.model.pointer import Tokens, fold_pointer, tokens
from docpact.model.schema import forms


def mistyped_scenarios(operation: Operation) -> Iterator[Scenario]:
    """Break the type of each part of the list and of the token, and leave out required parts."""
    listed = list_location(operation)
    for label, where, bodies in _wrong_bodies(operation):
        if not where.startswith(listed):
            continue
        sent, *read = (last_page(operation, body, where) for body in bodies)
        yield Scenario(
            "client.mistyped",
            where,
            label,
            {None: (body_answer(operation, sent),)},
            wanted=Wanted.EITHER if read else Wanted.ERROR,
            items=items_of(operation, read[0]) if read else (),
        )
    if operation.roles.next_token is not None and has_tokens(operation):
        yield from _wrong_tokens(operation, operation.roles.next_token)


def _wrong_tokens(operation: Operation, where: str) -> Iterator[Scenario]:
    """Yield a walk whose token is a number; a client that sends it gets the second page."""
    size = page_size(operation)
    found = sample_usual(operation, 2 * size)
    stated = page(operation, found[:size], page_facts(operation, 0, size, 2 * size, "7"))
    sent = change_part(plain(operation.response_schema), stated, tokens(where), put(7))[0]
    if not is_valid(operation.response_schema, sent):
        yield Scenario(
            "client.mistyped",
            where,
            "7 (type)",
            {
                None: (body_answer(operation, sent),),
                "7": (body_answer(operation, page(operation, found[size:])),),
            },
            wanted=Wanted.EITHER,
            items=found[:size],
        )


def _wrong_bodies(operation: Operation) -> Iterator[tuple[str, str, list[Any]]]:
    """Yield label, location and body with a part there that is wrong or missing.

    A body that a lenient client may read instead follows it. A required part that may be null may
    also be absent.
    """
    stated = operation.response_schema
    nullable = set[str]()
    for form in list_forms(stated):
        yield from _wrong_types(stated, form)
        nullable |= {part.location for part in form.parts if is_valid(part.schema, None)}
    for case in invalid_payload_cases(operation):
        where = fold_pointer(case.pointer)
        if case.keyword == "required" and where not in nullable:
            label = case.label.removeprefix(case.pointer).strip()
            yield label, where, [case.payload]


def _wrong_types(stated: Schema, form: Form) -> Iterator[tuple[str, str, list[Any]]]:
    """Yield the full body of a form with a wrong type in one of its new places."""
    schema, body = form.schema, full(form.schema)
    parents = {place.path: place.schema for place in form.parts}
    for place in form.new:
        optional = _is_optional(parents, place.path)
        for values in _wrong_values(place.schema, is_optional=optional):
            bodies = [change_part(schema, body, place.path, put(value))[0] for value in values]
            if not is_valid(stated, bodies[0]):
                yield f"{json.dumps(values[0])} (type)", place.location, bodies


def _is_optional(parents: Mapping[Tokens, Schema], path: Tokens) -> bool:
    """Return whether a part is a field or an entry of a map, and may be absent."""
    parent = parents.get(path[:-1], {})
    is_named = bool(path) and "object" in types(parent)
    return is_named and path[-1] not in parent.get("required", ())


def _wrong_values(schema: Schema, *, is_optional: bool) -> Iterator[tuple[Any, ...]]:
    """Yield values of other types, each with the value that a lenient client may read, if any."""
    listed, kinds = members(schema), _list_types(schema)
    for value in (None, True, 7, "docpact", [], {}, *([1.5] if "integer" in kinds else ())):
        if not is_valid({"type": kinds}, value):
            yield (None, None) if value is None and is_optional else (value,)
    if listed is not None or "string" in kinds:
        return
    if is_optional:
        yield "", None
    if "boolean" in kinds:
        yield "false", False
    if {"integer", "number"} & {*kinds}:
        yield "3", 3


def _list_types(schema: Schema) -> list[str]:
    listed = members(schema)
    if listed is not None:
        return sorted({json_type(value) for value in listed})
    return sorted({name for form, _ in forms(schema) for name in types(form)})


def find_accepted_values(operation: Operation, call: Call) -> Iterator[str]:
    """Describe a wrong value that was accepted, or an error of another type."""
    if call.scenario.wanted is Wanted.EITHER:
        yield from find_changed_value(operation, call)
        return
    effect, text = classify(operation, call)
    if effect is not Effect.TYPED_ERROR:
        result = "no error" if isinstance(call.outcome, Read) else text
        yield f"{call.scenario.label}: {effect.value}, {result}"
