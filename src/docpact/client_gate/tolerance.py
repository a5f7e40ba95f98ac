"""Tolerance: a client still works when an API returns more than it documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from typing import Any, Final

from docpact.cases.bounds import members
from docpact.cases.page_facts import has_link
from docpact.cases.parts import change_part, list_forms, places, put
from docpact.cases.payloads import invalid_payload_cases
from docpact.cases.plain import plain
from docpact.cases.samples import full
from docpact.cases.texts import WRONG
from docpact.client_gate.call import Call, Read, Scenario, Wanted
from docpact.client_gate.items import item_location, items_of, list_location
from docpact.client_gate.listing import body_answer, last_page
from docpact.client_gate.rule import Family, call_rule, find_changed_value, find_wrong_effect
from docpact.model import Operation
from docpact.model.pointer import fold_pointer, pointer, resolve, tokens
from docpact.model.schema import MAP
from docpact.text import excerpt

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
    body = full(schema)
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
    for case in invalid_payload_cases(operation):
        where = fold_pointer(case.pointer)
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
    for form in list_forms(operation.response_schema):
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


def _find_replaced_value(operation: Operation, call: Call) -> Iterator[str]:
    """Describe the wrong effect of a new value, and a documented one that was read for it."""
    yield from find_wrong_effect(operation, call)
    if not isinstance(call.outcome, Read):
        return
    path = tokens(call.scenario.location)[len(tokens(item_location(operation))) :]
    where = pointer("0" if token == "*" else token for token in path)  # noqa: S105
    for item in call.outcome.items:
        sent = resolve(call.scenario.items[0], where)
        value = resolve(item, where)
        value = value.value if isinstance(value, Enum) else value
        if value is not None and value != sent:
            about = [p.schema for p in places(operation.thing_schema) if pointer(p.path) == where]
            if any(value in (members(schema) or ()) for schema in about):
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
