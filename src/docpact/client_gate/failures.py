"""What a client makes of failure: an error of its own that says what happened, and soon."""

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
    Wrong,
    by_effect,
    described,
    judged,
    promised,
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
from docpact.client_gate.verdict import effect, is_right
from docpact.model import Operation, Promise
from docpact.model.pointer import folded
from docpact.rules.rule import Judged
from docpact.text import counted

REFUSALS: Final = (400, 401, 403, 404, 405, 410, 413, 415, 422)
"""Statuses that the same request will get again (RFC 9110, section 15.5)."""

PASSING: Final = (408, 409, 429, 500, 502, 503, 504)
"""Statuses that may pass: a timeout, a conflict, too many requests, a server in trouble."""

WAITS: Final = (429, 503)
"""Statuses that say when to come again (RFC 6585, section 4; RFC 9110, section 15.6.4)."""

WAIT: Final = 1
"""Seconds of their Retry-After."""

EARLY: Final = 0.05
"""Seconds before the end of that wait at which a request still counts as in time."""

MOST_ATTEMPTS: Final = 10
"""Requests for one call beyond which a client's retries count as unbounded."""

_PAGE: Final = b"<!doctype html><title>Sign in</title><p>Please sign in.</p>"
_HTML: Final = (("Content-Type", "text/html; charset=utf-8"),)
_JSON: Final = (("Content-Type", "application/json"),)


def scenarios(operation: Operation) -> Iterator[Scenario]:
    """Play every status, a failure that passes, broken connections, and bodies that are no page."""
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
        ("client.timeout", "response", "no answer at all", Answer(silent=True)),
        ("client.cut", "response", "a connection closed without an answer", Answer(cut=0)),
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
        ("body/html", "HTML that is called JSON", Answer(status, _JSON, _PAGE)),
        ("body/truncated", "JSON that breaks off", Answer(status, _JSON, body[: len(body) // 2])),
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
    """Break the type of each part of the list, and leave each required part out."""
    listed = str(operation.roles.items)
    for case in invalid_payload_cases(operation):
        where = folded(case.pointer)
        if case.keyword in ("type", "required") and where.startswith(listed):
            answer = json_answer(last_page(operation, case.payload), operation.status)
            label = case.label.removeprefix(case.pointer).strip()
            yield Scenario("client.mistyped", where, label, {None: (answer,)}, wanted=Wanted.ERROR)


def _status(evidence: Evidence) -> Iterator[Judged]:
    for promise, calls in promised("client.status", _says, evidence):
        wrong = []
        for call in calls:
            if not is_right(evidence.operation, call):
                wrong.append(Wrong(call, described(evidence.operation, call)))
            elif isinstance(call.outcome, Raised) and not _tells(call.outcome, call):
                text = effect(evidence.operation, call)[1]
                wrong.append(Wrong(call, f"{text}: it does not say {call.scenario.status}"))
        yield judged(promise, calls, wrong)


def _tells(raised: Raised, call: Call) -> bool:
    status = call.scenario.status
    spoken = re.search(rf"(?<!\d){status}(?!\d)", raised.message)
    return status in raised.statuses or spoken is not None


def _says(scenario: Scenario) -> str:
    return f"an error of the client's own kind that says {scenario.status}"


def _attempts(
    rule: str, statuses: tuple[int, ...], most: int, documented: str
) -> Callable[[Evidence], Iterator[Judged]]:
    """Return the judge of how many requests a call makes of a status."""

    def judge(evidence: Evidence) -> Iterator[Judged]:
        for promise, calls in promised("client.status", lambda _: documented, evidence):
            if int(promise.location.removeprefix("status/")) in statuses:
                wrong = [
                    Wrong(call, f"{counted(len(call.received), 'request')} for one call")
                    for call in calls
                    if len(call.received) > most
                ]
                about = Promise(rule, promise.location, documented)
                yield judged(about, calls, wrong)

    return judge


def _retry_after(evidence: Evidence) -> Iterator[Judged]:
    documented = f"no further request within Retry-After ({WAIT} s)"
    for promise, calls in promised("client.status", lambda _: documented, evidence):
        if int(promise.location.removeprefix("status/")) not in WAITS:
            continue
        again = [call for call in calls if len(call.received) > 1]
        wrong = []
        for call in again:
            times = [each.at for each in call.received]
            gap = min(later - sooner for sooner, later in pairwise(times))
            if gap < WAIT - EARLY:
                wrong.append(Wrong(call, f"the next request within {WAIT} s"))
        yield judged(Promise("client.retry_after", promise.location, documented), again, wrong)


def _mistype(evidence: Evidence) -> Iterator[Judged]:
    def documented(_: Scenario) -> str:
        return "an error of the client's own kind where the documented type is not there"

    for promise, calls in promised("client.mistyped", documented, evidence):
        wrong = []
        for call in calls:
            kind, text = effect(evidence.operation, call)
            if kind is not Effect.TYPED_ERROR:
                got = "no error" if isinstance(call.outcome, Read) else text
                wrong.append(Wrong(call, f"{call.scenario.label}: {kind.value}, {got}"))
        yield judged(promise, calls, wrong)


FAILURES: Final = Family(
    "failures",
    scenarios,
    (
        ClientRule(
            "client.status",
            "An error status becomes an error of the client's own kind that says the status.",
            "The caller cannot tell a refused key from a broken server, or sees no error at all.",
            _status,
        ),
        ClientRule(
            "client.refused_once",
            "A request that was refused is not sent again.",
            "Every mistake costs several requests, and a rate limit comes sooner.",
            _attempts("client.refused_once", REFUSALS, 1, "one request"),
        ),
        ClientRule(
            "client.retries",
            "Retries end.",
            "A server in trouble is kept there by its own clients.",
            _attempts(
                "client.retries", PASSING, MOST_ATTEMPTS, f"no more than {MOST_ATTEMPTS} requests"
            ),
        ),
        ClientRule(
            "client.retry_after",
            "A client that tries again waits as long as Retry-After says.",
            "Retries that come too soon prolong the limit that they ran into.",
            _retry_after,
        ),
        ClientRule(
            "client.recovers",
            "A failure that has passed leaves a right answer, or an error.",
            "A retry hands on something else than the page it got.",
            by_effect("client.recovers", lambda _: "the items, or an error"),
        ),
        ClientRule(
            "client.timeout",
            "A server that does not answer ends in an error of the client's own kind.",
            "The caller waits for ever, or has to know the client's innards to catch the error.",
            by_effect("client.timeout", lambda _: "an error of the client's own kind, in time"),
        ),
        ClientRule(
            "client.cut",
            "A connection that breaks off ends in an error of the client's own kind.",
            "Half an answer passes for a whole one, or a foreign error escapes.",
            by_effect("client.cut", lambda _: "an error of the client's own kind"),
        ),
        ClientRule(
            "client.body",
            "A body that is no page ends in an error of the client's own kind.",
            "A sign-in page reads as an empty account.",
            by_effect("client.body", lambda _: "an error of the client's own kind"),
        ),
        ClientRule(
            "client.mistyped",
            "A required part that is missing, or of another type, ends in an error of the "
            "client's own kind.",
            "The wrong value surfaces far from its cause, or never.",
            _mistype,
        ),
    ),
)
