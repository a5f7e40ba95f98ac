"""Tolerance: a client works with more than is documented, and refuses wrong types."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from docpact.bodies.engine import is_valid
from docpact.bodies.places import Place, fold_path
from docpact.bodies.wording import json_type
from docpact.cases.bounds import members, types
from docpact.cases.page_facts import has_link
from docpact.cases.parts import Form, change_part, list_forms, places, put
from docpact.cases.payloads import invalid_payload_cases
from docpact.cases.plain import plain
from docpact.cases.samples import full
from docpact.cases.texts import WRONG
from docpact.client_gate.call import Call, Effect, Read, Scenario, Wanted
from docpact.client_gate.listing import (
    body_answer,
    has_tokens,
    has_values,
    item_location,
    items_of,
    last_page,
    list_location,
    page,
    page_facts,
    page_size,
    sample_usual,
)
from docpact.client_gate.reading import classify
from docpact.client_gate.rule import Family, call_rule, find_changed_value, find_wrong_effect
from docpact.model import Operation, Schema
from docpact.model.pointer import Tokens, pointer, resolve, tokens
from docpact.model.schema import MAP, forms
from docpact.text import excerpt


def mistyped_scenarios(operation: Operation) -> Iterator[Scenario]:
    """Break the type of each part of the list and of the token, and leave out required parts."""
    listed = list_location(operation)
    for label, where, bodies in _wrong_bodies(operation) if has_values(operation) else ():
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
    for form in _list_forms(operation):
        yield from _wrong_types(stated, form)
        nullable |= {part.location for part in form.parts if is_valid(part.schema, None)}
    for case in invalid_payload_cases(operation):
        where = fold_path(operation.response_schema, tokens(case.pointer))
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


LIMITS: Final = frozenset(
    {
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("minLength", "maxLength", "minItems", "maxItems"),
    }
)
"""Keywords whose breach leaves a value readable."""

NONSENSE: Final = frozenset(texts[0] for texts in WRONG.values())
"""Texts that no client can read as a value of their format."""

NEW_KIND: Final = "docpact-unlisted"
"""A text that no documented member of a union has."""

EXTRA: Final = {"docpact_undocumented": {"nested": [1, None, "text"]}}
"""An undocumented field."""


def scenarios(operation: Operation) -> Iterator[Scenario]:
    """Add a field to each object, headers to the response, and values that break a keyword."""
    schema = plain(operation.response_schema)
    body = full(schema) if has_values(operation) else None
    for place in places(schema):
        if isinstance(place.value, dict) and MAP not in place.schema:
            more, _ = change_part(schema, body, place.path, lambda fields: {**fields, **EXTRA})
            label = "an undocumented field"
            yield _scenario(operation, "client.undocumented_field", place.location, label, more)
    is_next = operation.roles.paging is not None and not has_link(operation)
    relation = "next" if is_next else "license"
    yield _scenario(
        operation,
        "client.undocumented_header",
        "header",
        "undocumented headers",
        body,
        X_Docpact="1",
        Link=f'<https://example.test>; rel="{relation}"',
    )
    for case in invalid_payload_cases(operation) if has_values(operation) else ():
        where = fold_path(operation.response_schema, tokens(case.pointer))
        value = resolve(case.payload, case.pointer)
        if not where.startswith(list_location(operation)):
            continue
        if case.keyword == "enum" and isinstance(value, str):
            label = f"{excerpt(value)} in place of a documented value"
            yield _scenario(operation, "client.unknown_value", where, label, case.payload)
        elif is_readable(case.keyword, value) and where.startswith(item_location(operation)):
            label = case.label.removeprefix(case.pointer).strip()
            scenario = _scenario(operation, "client.out_of_bounds", where, label, case.payload)
            yield replace(scenario, wanted=Wanted.EITHER)
    yield from _new_members(operation)


def _new_members(operation: Operation) -> Iterator[Scenario]:
    """Change the text that distinguishes the members of a union: `kind` is `boat` or `car`."""
    stated: dict[str, dict[str, Any]] = {}
    for form in _list_forms(operation):
        for part in form.parts:
            only = members(part.schema) or ()
            if len(only) == 1 and isinstance(only[0], str):
                body = change_part(form.schema, full(form.schema), part.path, put(NEW_KIND))[0]
                stated.setdefault(part.location, {}).setdefault(only[0], body)
    for where, bodies in stated.items():
        if len(bodies) > 1 and where.startswith(item_location(operation)):
            label = f'"{NEW_KIND}" in place of a documented value'
            body = next(iter(bodies.values()))
            scenario = _scenario(operation, "client.unknown_value", where, label, body)
            yield replace(scenario, wanted=Wanted.EITHER)


def is_readable(keyword: str | None, value: Any) -> bool:
    """Return whether a value that breaks a keyword is still of its type, and of no other value."""
    return keyword in LIMITS or (keyword == "format" and value in NONSENSE)


def _scenario(
    operation: Operation, rule: str, where: str, label: str, body: Any, **headers: str
) -> Scenario:
    last = last_page(operation, body, where)
    answer = body_answer(operation, last, **headers)
    return Scenario(rule, where, label, {None: (answer,)}, items=items_of(operation, last))


@lru_cache(maxsize=64)
def _list_parts(operation: Operation) -> tuple[Place, ...]:
    return tuple(places(operation.thing_schema))


@lru_cache(maxsize=8)
def _list_forms(operation: Operation) -> tuple[Form, ...]:
    return tuple(list_forms(operation.response_schema))


def _find_replaced_value(operation: Operation, call: Call) -> Iterator[str]:
    """Describe the wrong effect of a new value, and a documented one that was read for it."""
    yield from find_wrong_effect(operation, call)
    if not isinstance(call.outcome, Read):
        return
    within = call.scenario.location.removeprefix(item_location(operation))
    about = [part for part in _list_parts(operation) if part.location == within]
    for item in call.outcome.items:
        for where in dict.fromkeys(pointer(part.path) for part in about):
            sent = resolve(call.scenario.items[0], where)
            value = resolve(item, where)
            value = value.value if isinstance(value, Enum) else value
            is_other = value is not None and value != sent
            if is_other and any(value in (members(part.schema) or ()) for part in about):
                yield f"{excerpt(value)} read"


TOLERANCE: Final = Family(
    "tolerance",
    scenarios,
    (
        call_rule(
            "client.undocumented_field",
            "An undocumented field is ignored, in any object.",
            "The API's next addition breaks every release of the client.",
            "the documented fields",
        ),
        call_rule(
            "client.undocumented_header",
            "Undocumented headers are ignored.",
            "A new gateway in front of the API breaks the client.",
            "the items",
        ),
        call_rule(
            "client.out_of_bounds",
            "A number, text or array beyond its limits, or a text of another format, arrives "
            "unchanged, or causes an error of the client's own type.",
            "The client corrects data silently, or fails with a foreign error.",
            "the value as sent, or an error of the client's own type",
            find_changed_value,
        ),
        call_rule(
            "client.unknown_value",
            "An unlisted enum value does not prevent the caller from getting the items, and is not "
            "read as a listed value; one that distinguishes the members of a union may be refused.",
            "One item in a new state hides all others.",
            "the items, with the new value or no value in its place",
            _find_replaced_value,
        ),
    ),
)
