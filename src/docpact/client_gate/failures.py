"""Failures: a client raises its own error that names the cause, without delay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final

from docpact.bodies.engine import is_valid
from docpact.client_gate.call import Answer, Answers, Call, Raised, Scenario, Wanted, json_answer
from docpact.client_gate.listing import (
    NEXT,
    body_answer,
    has_values,
    is_paged,
    media_type,
    page_answer,
    page_keys,
    page_size,
    sample_usual,
    walk,
)
from docpact.client_gate.odd import list_values_with
from docpact.client_gate.paging import make_walk
from docpact.client_gate.queries import every_filter
from docpact.client_gate.reading import classify, is_correct
from docpact.client_gate.retries import (
    MOST_ATTEMPTS,
    PASSING,
    REFUSALS,
    WAIT,
    WAITS,
    find_exposed_key,
    find_restart,
    judge_attempts,
    judge_repeated_writes,
    judge_retry_after,
    refusal,
)
from docpact.client_gate.rule import ClientRule, Family, call_rule, describe
from docpact.client_gate.tolerance import find_accepted_values, mistyped_scenarios
from docpact.model import Operation

RARE: Final = (402, 406, 412, 416, 418, 428, 451)
"""Other statuses of a refusal."""

LATER: Final = (400, 401, 403, 404, 410, 422, 429, 500, 502, 503)
"""Statuses that are also played on the second page."""

MARK: Final = "\ue000"
"""The place of a byte that is not UTF-8."""

_PAGE: Final = b"<!doctype html><title>Sign in</title><p>Please sign in.</p>"
_HTML: Final = (("Content-Type", "text/html; charset=utf-8"),)
_JSON: Final = (("Content-Type", "application/json"),)
_STATUS_ERROR: Final = "an error of the client's own type that contains the status {status}"


def scenarios(operation: Operation) -> Iterator[Scenario]:
    """Play error statuses, a temporary failure, broken connections, and invalid bodies.

    The most important ones are also played on the second page of a list.
    """
    for each in chain.from_iterable(make(operation) for make in _SCENARIOS):
        yield each
        late_rules = ("client.cut", "client.timeout", "client.body", "client.recovers")
        is_late = each.rule in late_rules
        is_late |= each.rule == "client.status" and each.status in LATER
        if is_paged(operation) and each.answers and is_late:
            yield _on_second_page(operation, each)


def _on_second_page(operation: Operation, scenario: Scenario) -> Scenario:
    """Return a scenario whose responses come after a first page."""
    size = page_size(operation)
    found = sample_usual(operation, 2 * size)
    chunks = [found[:size], found[size:]]
    first, second = page_keys(operation, chunks)
    answers = {**walk(operation, chunks), second: scenario.answers[None]}
    if scenario.rule == "client.recovers":
        answers[second] = (*scenario.answers[None][:1], *walk(operation, chunks)[second])
    wanted = scenario.wanted
    if scenario.items == () and wanted is Wanted.EITHER:
        wanted = Wanted.ERROR
    return replace(
        scenario,
        label=f"{scenario.label} for page two",
        answers={first: answers[first], second: answers[second]},
        query=every_filter(operation, size),
        items=found if scenario.rule == "client.recovers" else (),
        wanted=wanted,
        needs=second,
    )


def _statuses(operation: Operation) -> Iterator[Scenario]:
    for status in (*REFUSALS, *RARE, *PASSING):
        waits = {"Retry_After": str(WAIT)} if status in WAITS else {}
        yield _refuse("client.status", "", refusal(operation, status, **waits))
    for status, label, headers, body in (
        (500, "an HTML page", _HTML, _PAGE),
        (502, "no body", (), b""),
        (404, "plain text", (("Content-Type", "text/plain"),), b"no such page"),
        (401, "a body that is labelled as JSON but is not", _JSON, b"Unauthorized"),
        (422, "a JSON array", _JSON, b'[{"msg": "of the gate"}]'),
        (400, "null", _JSON, b"null"),
        (404, "an empty object", _JSON, b"{}"),
        (403, "bytes that are not UTF-8", _JSON, b'{"detail": "\xff"}'),
        (429, "no Retry-After", _JSON, b'{"detail": "of the gate"}'),
    ):
        yield _refuse("client.error_body", f" with {label}", Answer(status, headers, body))


def _refuse(rule: str, how: str, answer: Answer) -> Scenario:
    status = answer.status
    return Scenario(
        rule,
        f"status/{status}",
        f"status {status}{how}",
        {None: (answer,)},
        wanted=Wanted.ERROR,
        status=status,
        waits=status in PASSING,
    )


def _recoveries(operation: Operation) -> Iterator[Scenario]:
    found = sample_usual(operation, 1)
    page = page_answer(operation, found)
    seconds = refusal(operation, 503, Retry_After=str(WAIT + 1))
    dated = replace(refusal(operation, 429), retry_date=WAIT + 1)
    lower = refusal(operation, 429, **{"retry-after": str(WAIT)})
    past = replace(dated, retry_date=-60)
    for location, label, once in (
        ("status/503", "status 503 once, then the page", seconds),
        ("status/429", "status 429 once, with a date in Retry-After", dated),
        ("status/429", "status 429 once, with retry-after in lower case", lower),
        ("status/429", "status 429 once, with a past date in Retry-After", past),
        ("status/500", "status 500 once, then the page", refusal(operation, 500)),
        ("response", "a connection closed once before the response", Answer(cut=0)),
    ):
        yield Scenario(
            "client.recovers",
            location,
            label,
            {None: (once, page)},
            every_filter(operation, page_size(operation)),
            wanted=Wanted.EITHER,
            items=found,
            waits=True,
        )


def _redirects(operation: Operation) -> Iterator[Scenario]:
    found = sample_usual(operation, 1)
    for status in (302, 307):
        yield Scenario(
            "client.redirect",
            "redirect",
            f"status {status} to another host",
            {None: (Answer(status, (), away=True),)},
            wanted=Wanted.EITHER,
            items=found,
            away=page_answer(operation, found),
        )
    yield from _links(operation)


def _links(operation: Operation) -> Iterator[Scenario]:
    """Yield a walk whose second page has a URL of another host."""
    if not is_paged(operation):
        return
    size = page_size(operation)
    found = sample_usual(operation, 2 * size)
    whole = make_walk(operation, "client.redirect", "", [found[:size], found[size:]])
    (first,) = whole.answers[None]
    if NEXT in f"{first.headers}{first.body!r}":
        yield replace(
            whole,
            location="next page",
            label="the URL of the next page at another host",
            keys=(),
            wanted=Wanted.EITHER,
            away=whole.answers[page_keys(operation, [found[:size], found[size:]])[1]][0],
        )


def _connections(operation: Operation) -> Iterator[Scenario]:
    body = _body(operation)
    half = len(body) // 2
    for rule, location, label, answer in (
        ("client.timeout", "response", "no response", Answer(silent=True)),
        (
            "client.timeout",
            "body",
            "half a body and no end",
            Answer(body=body, silent=True, cut=half),
        ),
        ("client.cut", "response", "a connection closed before the response", Answer(cut=0)),
        ("client.cut", "body", "a connection closed in the body", Answer(body=body, cut=half)),
    ):
        if location == "response" or body:
            answers: Answers = {None: (answer,)}
            yield Scenario(rule, location, label, answers, wanted=Wanted.ERROR, waits=True)
    label = "a refused connection"
    yield Scenario("client.cut", "connection", label, {}, wanted=Wanted.ERROR, waits=True)


def _body(operation: Operation) -> bytes:
    items = sample_usual(operation, 3 if operation.roles.is_list else 1)
    return page_answer(operation, items).body


def _wrong_bodies(operation: Operation) -> Iterator[tuple[str, str, Answer]]:
    """Yield location, label and response of each body that is not the documented one."""
    status, body = operation.status, _body(operation)
    media = (("Content-Type", media_type(operation)),)
    yield "body/html", "HTML with the documented status", Answer(status, _HTML, _PAGE)
    yield "body/html", "HTML labelled as JSON", Answer(status, media, _PAGE)
    coded = (*media, ("Content-Encoding", "gzip"))
    yield "body/html", "HTML labelled as JSON in gzip", Answer(status, coded, _PAGE)
    yield "body/truncated", "truncated JSON", Answer(status, media, body[: len(body) // 2])
    yield "body/empty", "an empty body", Answer(status, media)
    for item in list_values_with(operation.thing_schema, MARK):
        garbled = page_answer(operation, [item]).body.replace(MARK.encode(), b"\xff")
        yield "body/encoding", "text that is not UTF-8", Answer(status, media, garbled)
    for label, value in (
        ("null", None),
        ("an array", []),
        ("the documented body in an array", [json.loads(body)]),
        ("a string", "items"),
        ("an object of another kind", {"status": "accepted"}),
    ):
        if not is_valid(operation.response_schema, value):
            yield "body/type", label, body_answer(operation, value)
            yield "body/other_status", f"status 202 with {label}", json_answer(value, 202)


def _bodies(operation: Operation) -> Iterator[Scenario]:
    for location, label, answer in (
        *(_wrong_bodies(operation) if has_values(operation) else ()),
        ("body/not_modified", "status 304", Answer(304, ())),
        ("body/moved", "status 302 without a Location", Answer(302, ())),
    ):
        yield Scenario("client.body", location, label, {None: (answer,)}, wanted=Wanted.ERROR)
    yield Scenario(
        "client.body",
        "body/none",
        "204 without a body",
        {None: (Answer(204, ()),)},
        wanted=Wanted.EITHER,
        items=() if operation.roles.is_list else (None,),
    )


_SCENARIOS: Final = (_statuses, _recoveries, _redirects, _connections, _bodies, mistyped_scenarios)


def _find_status_problems(operation: Operation, call: Call) -> Iterator[str]:
    if not is_correct(operation, call):
        yield describe(operation, call)
    elif isinstance(call.outcome, Raised) and not _mentions_status(call.outcome, call):
        text = classify(operation, call)[1]
        yield f"{text}: without the status {call.scenario.status}"


def _mentions_status(raised: Raised, call: Call) -> bool:
    status = call.scenario.status
    in_text = re.search(rf"(?<!\d){status}(?!\d)", raised.message)
    return status in raised.statuses or in_text is not None


FAILURES: Final = Family(
    "failures",
    scenarios,
    (
        call_rule(
            "client.status",
            "An error status raises an error of the client's own type that contains the status.",
            "The caller cannot distinguish a refused key from a broken server, or gets no error.",
            _STATUS_ERROR,
            _find_status_problems,
        ),
        ClientRule(
            "client.refused_once",
            "A refused request is not sent again.",
            "Every mistake costs several requests, and the rate limit is reached sooner.",
            judge_attempts("client.refused_once", REFUSALS, 1, "one request"),
            played_by=("client.status",),
        ),
        ClientRule(
            "client.retries",
            "The number of retries is limited.",
            "Endless retries keep a server in trouble overloaded.",
            judge_attempts(
                "client.retries", PASSING, MOST_ATTEMPTS, f"no more than {MOST_ATTEMPTS} requests"
            ),
            played_by=("client.status",),
        ),
        ClientRule(
            "client.retry_after",
            "A client waits as long as Retry-After says before it retries.",
            "Early retries prolong the rate limit.",
            judge_retry_after,
            played_by=("client.status", "client.recovers"),
            sees_all=True,
        ),
        call_rule(
            "client.recovers",
            "After a temporary failure the client returns the items, or an error of its own type.",
            "A retry returns something other than the page it received.",
            "the items, or an error of the client's own type; a retry asks for the same page",
            find_restart,
        ),
        call_rule(
            "client.error_body",
            "An error status raises an error of the client's own type, whatever its body.",
            "A gateway's HTML page hides the cause behind an error of the JSON parser.",
            _STATUS_ERROR,
            _find_status_problems,
        ),
        ClientRule(
            "client.repeated_write",
            "A write is not sent again after a failure that does not exclude its effect.",
            "The caller creates something twice.",
            judge_repeated_writes,
            played_by=("client.status", "client.cut", "client.timeout"),
        ),
        call_rule(
            "client.redirect",
            "The key does not travel to another host.",
            "Whoever can redirect a request gets the key.",
            "no key for another host",
            find_exposed_key,
            is_security=True,
        ),
        call_rule(
            "client.timeout",
            "If a server does not respond, the client raises an error of its own type in time.",
            "The caller waits forever, or must catch errors of the client's internals.",
            "an error of the client's own type, in time",
        ),
        call_rule(
            "client.cut",
            "If a connection breaks, or is refused, the client raises an error of its own type.",
            "Half a response is taken for a whole one, or a foreign error escapes.",
            "an error of the client's own type",
        ),
        call_rule(
            "client.body",
            "If a body is not a documented page, the client raises an error of its own type.",
            "A sign-in page is read as an empty account.",
            "an error of the client's own type",
        ),
        call_rule(
            "client.mistyped",
            "If a required part is missing or has the wrong type, the client raises an error of "
            "its own type.",
            "The wrong value causes an error far from its source, or never.",
            "an error of the client's own type if a value does not have the documented type",
            find_accepted_values,
        ),
    ),
)
