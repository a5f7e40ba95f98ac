"""Failures: a client raises an error of its own that names the cause, without delay."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from itertools import pairwise
from typing import Final

from docpact.cases.payloads import invalid_payload_cases
from docpact.cases.sampling import sample_items, sample_page
from docpact.client_gate.call import Call, Effect, Raised, Read
from docpact.client_gate.rule import (
    ClientRule,
    Evidence,
    Family,
    Problem,
    describe,
    judge_calls,
    judge_effect,
    promises_of,
)
from docpact.client_gate.scenario import (
    Answer,
    Answers,
    Scenario,
    Wanted,
    json_answer,
    last_page,
    pages,
)
from docpact.client_gate.verdict import classify, is_correct
from docpact.model import Operation, Promise
from docpact.model.pointer import folded
from docpact.rules.rule import Judged
from docpact.text import counted

REFUSALS: Final = (400, 401, 403, 404, 405, 410, 413, 415, 422)
"""Statuses that the same request would get again (RFC 9110, section 15.5)."""

PASSING: Final = (408, 409, 429, 500, 502, 503, 504)
"""Temporary statuses: a timeout, a conflict, too many requests, a server in trouble."""

WAITS: Final = (429, 503)
"""Statuses with a Retry-After header (RFC 6585, section 4; RFC 9110, section 15.6.4)."""

WAIT: Final = 1
"""Value of Retry-After in seconds."""

EARLY: Final = 0.05
"""Tolerance in seconds: a retry may come this much before the end of the wait."""

MOST_ATTEMPTS: Final = 10
"""Maximum number of requests for one call; more retries count as endless."""

_PAGE: Final = b"<!doctype html><title>Sign in</title><p>Please sign in.</p>"
_HTML: Final = (("Content-Type", "text/html; charset=utf-8"),)
_JSON: Final = (("Content-Type", "application/json"),)


def scenarios(operation: Operation) -> Iterator[Scenario]:
    """Play error statuses, a temporary failure, broken connections, and invalid bodies."""
    yield from _statuses(operation)
    yield from _connections(operation)
    yield from _bodies(operation)
    yield from _mistyped(operation)


def _statuses(operation: Operation) -> Iterator[Scenario]:
    for status in (*REFUSALS, *PASSING):
        headers = {"Retry_After": str(WAIT)} if status in WAITS else {}
        answer = json_answer({"detail": HTTPStatus(status).phrase}, status, **headers)
        yield Scenario(
            "client.status",
            f"status/{status}",
            f"status {status}",
            {None: (answer,)},
            wanted=Wanted.ERROR,
            status=status,
        )
    found = tuple(sample_items(operation, 1))
    (page,) = pages(operation, (found, None))[None]
    once = json_answer({"detail": "soon"}, 503, Retry_After=str(WAIT))
    yield Scenario(
        "client.recovers",
        "status/503",
        "status 503 once, then the page",
        {None: (once, page)},
        wanted=Wanted.EITHER,
        items=found,
    )


def _connections(operation: Operation) -> Iterator[Scenario]:
    body = json.dumps(sample_page(operation, sample_items(operation, 3))).encode()
    for rule, location, label, answer in (
        ("client.timeout", "response", "no response", Answer(silent=True)),
        ("client.cut", "response", "a connection closed before the response", Answer(cut=0)),
        (
            "client.cut",
            "body",
            "a connection closed in the body",
            Answer(body=body, cut=len(body) // 2),
        ),
    ):
        yield Scenario(rule, location, label, {None: (answer,)}, wanted=Wanted.ERROR)


def _bodies(operation: Operation) -> Iterator[Scenario]:
    status = operation.status
    body = json.dumps(sample_page(operation, sample_items(operation, 3))).encode()
    garbled = body.replace(b'": "', b'": "\xff', 1)
    for location, label, answer in (
        ("body/html", "HTML with the documented status", Answer(status, _HTML, _PAGE)),
        ("body/html", "HTML labelled as JSON", Answer(status, _JSON, _PAGE)),
        ("body/truncated", "truncated JSON", Answer(status, _JSON, body[: len(body) // 2])),
        ("body/empty", "an empty body", Answer(status, _JSON)),
        ("body/encoding", "text that is not UTF-8", Answer(status, _JSON, garbled)),
        ("body/type", "null", Answer(status, _JSON, b"null")),
        ("body/type", "an array", Answer(status, _JSON, b"[]")),
        ("body/type", "a string", Answer(status, _JSON, b'"items"')),
    ):
        yield Scenario("client.body", location, label, {None: (answer,)}, wanted=Wanted.ERROR)
    none: Answers = {None: (Answer(204, ()),)}
    yield Scenario(
        "client.body", "body/none", "204 without a body", none, wanted=Wanted.EITHER, items=()
    )


def _mistyped(operation: Operation) -> Iterator[Scenario]:
    """Break the type of each part of the list, and leave out each required part."""
    listed = str(operation.roles.items)
    for case in invalid_payload_cases(operation):
        where = folded(case.pointer)
        if case.keyword in ("type", "required") and where.startswith(listed):
            answer = json_answer(last_page(operation, case.payload), operation.status)
            label = case.label.removeprefix(case.pointer).strip()
            yield Scenario("client.mistyped", where, label, {None: (answer,)}, wanted=Wanted.ERROR)


def _status(evidence: Evidence) -> Iterator[Judged]:
    for promise, calls in promises_of("client.status", _status_error, evidence):
        problems = []
        for call in calls:
            if not is_correct(evidence.operation, call):
                problems.append(Problem(call, describe(evidence.operation, call)))
            elif isinstance(call.outcome, Raised) and not _mentions_status(call.outcome, call):
                text = classify(evidence.operation, call)[1]
                problems.append(Problem(call, f"{text}: without the status {call.scenario.status}"))
        yield judge_calls(promise, calls, problems)


def _mentions_status(raised: Raised, call: Call) -> bool:
    status = call.scenario.status
    in_text = re.search(rf"(?<!\d){status}(?!\d)", raised.message)
    return status in raised.statuses or in_text is not None


def _status_error(scenario: Scenario) -> str:
    return f"an error of the client's own type that contains the status {scenario.status}"


def _attempts(
    rule: str, statuses: tuple[int, ...], most: int, documented: str
) -> Callable[[Evidence], Iterator[Judged]]:
    """Return the judge of the number of requests that a call makes after a status."""

    def judge(evidence: Evidence) -> Iterator[Judged]:
        for promise, calls in promises_of("client.status", lambda _: documented, evidence):
            if int(promise.location.removeprefix("status/")) in statuses:
                problems = [
                    Problem(call, f"{counted(len(call.received), 'request')} for one call")
                    for call in calls
                    if len(call.received) > most
                ]
                about = Promise(rule, promise.location, documented)
                yield judge_calls(about, calls, problems)

    return judge


def _retry_after(evidence: Evidence) -> Iterator[Judged]:
    documented = f"no further request within Retry-After ({WAIT} s)"
    for promise, calls in promises_of("client.status", lambda _: documented, evidence):
        if int(promise.location.removeprefix("status/")) not in WAITS:
            continue
        again = [call for call in calls if len(call.received) > 1]
        problems = []
        for call in again:
            times = [each.at for each in call.received]
            gap = min(later - sooner for sooner, later in pairwise(times))
            if gap < WAIT - EARLY:
                problems.append(Problem(call, f"the next request within {WAIT} s"))
        about = Promise("client.retry_after", promise.location, documented)
        yield judge_calls(about, again, problems)


def _mistyped_values(evidence: Evidence) -> Iterator[Judged]:
    def documented(_: Scenario) -> str:
        return "an error of the client's own type if a value does not have the documented type"

    for promise, calls in promises_of("client.mistyped", documented, evidence):
        problems = []
        for call in calls:
            kind, text = classify(evidence.operation, call)
            if kind is not Effect.TYPED_ERROR:
                got = "no error" if isinstance(call.outcome, Read) else text
                problems.append(Problem(call, f"{call.scenario.label}: {kind.value}, {got}"))
        yield judge_calls(promise, calls, problems)


FAILURES: Final = Family(
    "failures",
    scenarios,
    (
        ClientRule(
            "client.status",
            "An error status raises an error of the client's own type that contains the status.",
            "The caller cannot distinguish a refused key from a broken server, or gets no error.",
            _status,
        ),
        ClientRule(
            "client.refused_once",
            "A refused request is not sent again.",
            "Every mistake costs several requests, and the rate limit is reached sooner.",
            _attempts("client.refused_once", REFUSALS, 1, "one request"),
        ),
        ClientRule(
            "client.retries",
            "The number of retries is limited.",
            "Endless retries keep a server in trouble overloaded.",
            _attempts(
                "client.retries", PASSING, MOST_ATTEMPTS, f"no more than {MOST_ATTEMPTS} requests"
            ),
        ),
        ClientRule(
            "client.retry_after",
            "A client waits as long as Retry-After says before it retries.",
            "Early retries prolong the rate limit.",
            _retry_after,
        ),
        ClientRule(
            "client.recovers",
            "After a temporary failure the client returns the items, or an error.",
            "A retry returns something other than the page it received.",
            judge_effect("client.recovers", lambda _: "the items, or an error"),
        ),
        ClientRule(
            "client.timeout",
            "If a server does not respond, the client raises an error of its own type in time.",
            "The caller waits forever, or must catch errors of the client's internals.",
            judge_effect("client.timeout", lambda _: "an error of the client's own type, in time"),
        ),
        ClientRule(
            "client.cut",
            "If a connection breaks, the client raises an error of its own type.",
            "Half a response is taken for a whole one, or a foreign error escapes.",
            judge_effect("client.cut", lambda _: "an error of the client's own type"),
        ),
        ClientRule(
            "client.body",
            "If a body is not a documented page, the client raises an error of its own type.",
            "A sign-in page is read as an empty account.",
            judge_effect("client.body", lambda _: "an error of the client's own type"),
        ),
        ClientRule(
            "client.mistyped",
            "If a required part is missing or has the wrong type, the client raises an error of "
            "its own type.",
            "The wrong value causes an error far from its source, or never.",
            _mistyped_values,
        ),
    ),
)
