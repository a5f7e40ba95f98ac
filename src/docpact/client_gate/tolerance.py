"""What a client lets pass: an API may say more than its page, and readers must not mind."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

from docpact.cases.payloads import invalid_payload_cases
from docpact.cases.samples import change_part, full, places
from docpact.client_gate.call import Call, Read
from docpact.client_gate.rule import (
    ClientRule,
    Evidence,
    Family,
    Wrong,
    by_effect,
    described,
    judged,
    promised,
)
from docpact.client_gate.scenario import Scenario, json_answer, last_page
from docpact.client_gate.verdict import is_right
from docpact.model import Operation
from docpact.model.pointer import folded, pointer, resolve, tokens
from docpact.rules.rule import Judged
from docpact.text import excerpt

EXTRA: Final = {"docpact_undocumented": {"nested": [1, None, "text"]}}
"""A field that no page documents."""


def scenarios(operation: Operation) -> Iterator[Scenario]:
    """Add a field to each object, headers to the answer, and a value to each enumeration."""
    schema, listed = operation.response_schema, str(operation.roles.items)
    body = full(schema)
    for place in places(schema):
        if isinstance(place.value, dict):
            more, _ = change_part(schema, body, place.path, lambda fields: {**fields, **EXTRA})
            yield _shown(
                operation,
                "client.undocumented_field",
                place.location,
                "an undocumented field",
                more,
            )
    yield _shown(
        operation,
        "client.undocumented_header",
        "header",
        "undocumented headers",
        body,
        X_Docpact="1",
        Link='<https://example.test>; rel="next"',
    )
    for case in invalid_payload_cases(operation):
        where = folded(case.pointer)
        value = resolve(case.payload, case.pointer)
        if case.keyword == "enum" and isinstance(value, str) and where.startswith(listed):
            label = f"{excerpt(value)} in place of a documented value"
            yield _shown(operation, "client.unknown_value", where, label, case.payload)


def _shown(
    operation: Operation, rule: str, where: str, label: str, body: Any, **headers: str
) -> Scenario:
    last = last_page(operation, body)
    answer = json_answer(last, operation.status, **headers)
    found = tuple(resolve(last, str(operation.roles.items)))
    return Scenario(rule, where, label, {None: (answer,)}, items=found)


def _unknown_value(evidence: Evidence) -> Iterator[Judged]:
    """Judge by the other items, and by the value: whatever is no documented one will do."""
    operation = evidence.operation

    def documented(_: Scenario) -> str:
        return "the items, with the new value or none in its place"

    for promise, calls in promised("client.unknown_value", documented, evidence):
        wrong = []
        for call in calls:
            if not is_right(operation, call):
                wrong.append(Wrong(call, described(operation, call)))
            wrong += [Wrong(call, f"{excerpt(value)} read") for value in _mistaken(operation, call)]
        yield judged(promise, calls, wrong)


def _mistaken(operation: Operation, call: Call) -> Iterator[Any]:
    """Yield a documented value that was read in place of one that is not."""
    if not isinstance(call.outcome, Read):
        return
    path = tokens(call.scenario.location)[len(tokens(str(operation.roles.items))) + 1 :]
    where = pointer("0" if token == "*" else token for token in path)  # noqa: S105
    for item in call.outcome.items:
        sent = resolve(call.scenario.items[0], where)
        value = resolve(item, where)
        value = value.value if isinstance(value, Enum) else value
        if value is not None and value != sent:
            place = next(p for p in places(operation.item_schema) if pointer(p.path) == where)
            if value in place.schema.get("enum", ()):
                yield value


TOLERANCE: Final = Family(
    "tolerance",
    scenarios,
    (
        ClientRule(
            "client.undocumented_field",
            "A field that the page does not document does no harm, in whatever object it stands.",
            "The API's next addition breaks every release of the client.",
            by_effect("client.undocumented_field", lambda _: "the documented fields as ever"),
        ),
        ClientRule(
            "client.undocumented_header",
            "Headers that the page does not document do no harm.",
            "A new gateway in front of the API breaks the client.",
            by_effect("client.undocumented_header", lambda _: "the items as ever"),
        ),
        ClientRule(
            "client.unknown_value",
            "A value that an enumeration does not list does not keep the items from the caller, "
            "and is not taken for one that it lists.",
            "One item in a new state hides all others.",
            _unknown_value,
        ),
    ),
)
