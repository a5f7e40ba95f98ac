"""Forms: a response means the same in every correct form of HTTP and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from docpact.client_gate.call import Answer, Call, Read, Scenario
from docpact.client_gate.items import sample_usual
from docpact.client_gate.listing import body_answer, is_paged, page, page_size
from docpact.client_gate.paging import make_walk
from docpact.client_gate.reading import find_misread
from docpact.client_gate.rule import Family, as_one_page, call_rule, describe
from docpact.model import Operation

COUNT: Final = 5
"""Number of items of a page."""

PREFIX: Final = "/gateway/v9"
"""The path of a base URL behind a gateway."""


def scenarios(operation: Operation) -> Iterator[Scenario]:
    """Send the same items in different forms, and use a base URL with a path."""
    found = sample_usual(operation, COUNT if operation.roles.is_list else 1)
    body = page(operation, found)
    plain = body_answer(operation, body)
    for location, label, answer in _forms(plain, body):
        yield Scenario("client.form", location, label, {None: (answer,)}, items=found)
    size = page_size(operation)
    chunks = [found[:size], found[size:]] if is_paged(operation) else [found]
    behind = make_walk(operation, "client.base_path", "a base URL with a path", chunks)
    yield replace(behind, location="request", base=PREFIX)


def _forms(plain: Answer, body: Any) -> Iterator[tuple[str, str, Answer]]:
    yield "body/coding", "a body in gzip", replace(plain, zipped=True)
    yield "body/chunks", "a body in chunks", replace(plain, chunked=True)
    for location, label, content in (
        ("body/escapes", "JSON in ASCII, with escapes", json.dumps(body)),
        ("body/spaces", "JSON on several lines", json.dumps(body, ensure_ascii=False, indent=4)),
        (
            "body/order",
            "fields in another order",
            json.dumps(_reverse_fields(body), ensure_ascii=False),
        ),
    ):
        yield location, label, replace(plain, body=content.encode())
    media = dict(plain.headers)["Content-Type"]
    for value in (f"{media}; charset=utf-8", f'{media};charset="UTF-8"', media.title()):
        answer = replace(plain, headers=(("Content-Type", value),))
        yield "header/Content-Type", f"Content-Type: {value}", answer
    for name in ("content-type", "CONTENT-TYPE"):
        yield "header/case", f"a header named {name}", replace(plain, headers=((name, media),))


def _reverse_fields(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _reverse_fields(value[name]) for name in reversed(value)}
    return [_reverse_fields(each) for each in value] if isinstance(value, list) else value


def _find_differences(operation: Operation, call: Call) -> Iterator[str]:
    """Describe each value that was not read as it was sent, unless it is always misread."""
    if len(call.scenario.answers) > 1 and {each.key for each in call.received} == {None}:
        call = as_one_page(operation, call)
    read = call.outcome
    if not isinstance(read, Read) or len(read.items) != len(call.scenario.items):
        yield describe(operation, call)
        return
    for where, text in find_misread(operation, call):
        if where not in call.misread:
            yield f"{call.scenario.label}: {where or '(body)'}: {text}"


FORMS: Final = Family(
    "forms",
    scenarios,
    (
        call_rule(
            "client.form",
            "A response means the same with gzip, in chunks, with escapes, with other spaces and "
            "another order of fields, with parameters of its media type, and whatever the case "
            "of header names.",
            "The client fails when a proxy or a new server formats responses differently.",
            "the same values",
            _find_differences,
            played_by=("client.form", "client.fidelity"),
            sees_all=True,
        ),
        call_rule(
            "client.base_path",
            "The path of a base URL stays in front of the documented path.",
            "The client cannot be used behind a gateway.",
            "the documented path below that of the base URL",
            _find_differences,
            played_by=("client.base_path", "client.fidelity"),
            sees_all=True,
        ),
    ),
)
