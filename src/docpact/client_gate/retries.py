"""Refusals and second calls, and the judges of the requests that a client sends after one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import pairwise
from typing import Final

from docpact.cases.samples import NoSampleError, full
from docpact.cases.wire import write_value
from docpact.client_gate.call import (
    Answer,
    Answers,
    Call,
    Hung,
    Query,
    Raised,
    Received,
    Scenario,
    json_answer,
)
from docpact.client_gate.listing import is_paged, list_location, page_size, sample_usual, walk
from docpact.client_gate.queries import every_filter, odd_values
from docpact.client_gate.reading import is_correct
from docpact.client_gate.rule import (
    Evidence,
    Family,
    Judge,
    Tested,
    as_one_page,
    call_rule,
    describe,
    find_wrong_effect,
    judge_by,
    promises_of,
)
from docpact.client_gate.secrecy import shows_key
from docpact.media_types import is_json
from docpact.model import Operation, Promise
from docpact.text import pluralize

REFUSALS: Final = (400, 401, 403, 404, 405, 410, 413, 415, 422)
"""Statuses that the same request would get again (RFC 9110, section 15.5)."""

PASSING: Final = (408, 409, 423, 425, 429, 500, 501, 502, 503, 504, 507, 520, 599)
"""Statuses that may be temporary: a timeout, a conflict, too many requests, a server in trouble."""

WAITS: Final = (429, 503)
"""Statuses with a Retry-After header (RFC 6585, section 4; RFC 9110, section 15.6.4)."""

WAIT: Final = 1
"""Value of Retry-After in seconds."""

EARLY: Final = 0.05
"""Tolerance in seconds: a retry may come this much before the end of the wait."""

MOST_ATTEMPTS: Final = 10
"""Maximum number of requests for one call; more retries count as endless."""


def refusal(operation: Operation, status: int, **headers: str) -> Answer:
    """Return a refusal with the documented body, else with that of another documented refusal.

    Without any, the body is one as frameworks write it.
    """
    found = [operation.find_response(each) for each in (status, *REFUSALS, *PASSING)]
    refusals = [each for each in found if each and not operation.is_main_response(each)]
    for content in (content for each in refusals for content in each.content):
        if content.schema is not None and is_json(content.media_type):
            media = "application/json" if "*" in content.media_type else content.media_type
            with suppress(NoSampleError):
                return json_answer(full(content.schema), status, media, **headers)
    return json_answer({"detail": "of the gate"}, status, **headers)


def judge_attempts(rule: str, statuses: tuple[int, ...], most: int, documented: str) -> Judge:
    """Return the judge of the number of requests that a call makes after a status."""

    def judge(evidence: Evidence) -> Iterator[Tested]:
        for promise, calls in promises_of("client.status", documented, evidence):
            status = int(promise.location.removeprefix("status/"))
            if status in statuses:
                about = Promise(rule, promise.location, documented)
                yield judge_by(about, calls, partial(find, status))

    def find(status: int, call: Call) -> Iterator[str]:
        count = sum(each.status == status for each in call.received)
        if count > most:
            yield f"{pluralize(count, 'request')} for {call.scenario.label}"

    return judge


def judge_retry_after(evidence: Evidence) -> Iterator[Tested]:
    """Judge the pause between a status with Retry-After and the next request."""
    documented = "no further request within Retry-After"
    for status in WAITS:
        promise = Promise("client.retry_after", f"status/{status}", documented)
        again = [call for call in evidence.calls if [*_waits(call, status)]]
        yield judge_by(promise, again, partial(_find_early_retry, status))


def _find_early_retry(status: int, call: Call) -> Iterator[str]:
    due, waited = max(_waits(call, status), key=lambda each: each[0] - each[1])
    if waited < due - EARLY:
        yield f"{call.scenario.label}: the next request within {due} s"


def _waits(call: Call, status: int) -> Iterator[tuple[int, float]]:
    """Yield the seconds for which a status asks to wait, and those until the next request."""
    for sooner, later in pairwise(call.received):
        if sooner.status == status and sooner.wait:
            yield sooner.wait, later.at - sooner.at


def find_restart(operation: Operation, call: Call) -> Iterator[str]:
    """Describe the wrong effect of a call that failed once, or a walk that started again."""
    if not is_correct(operation, call):
        yield describe(operation, call)
    elif _restarts(call):
        yield f"{call.scenario.label}: the walk starts again from the first page"


def judge_repeated_writes(evidence: Evidence) -> Iterator[Tested]:
    """Judge writes that failed after they may have had an effect."""
    operation = evidence.operation
    if operation.roles.is_list or operation.method not in ("POST", "PATCH"):
        return
    promise = Promise("client.repeated_write", "request", "one request, or an Idempotency-Key")
    calls = [
        call
        for call in evidence.calls
        if call.scenario.rule in ("client.cut", "client.timeout")
        or call.scenario.status in (500, 502, 504)
    ]
    yield judge_by(promise, calls, _find_repetition)


def _find_repetition(call: Call) -> Iterator[str]:
    keys = [any("idempoten" in name for name, _ in each.headers) for each in call.received]
    if len(keys) > 1 and not all(keys):
        yield f"{call.scenario.label}: {len(keys)} requests"


def _restarts(call: Call) -> bool:
    keys = [each.key for each in call.received]
    later = next((number for number, key in enumerate(keys) if key is not None), len(keys))
    return None in keys[later:]


def find_exposed_key(operation: Operation, call: Call) -> Iterator[str]:
    """Describe wrong items of a redirected call, and a key that it sent to another host.

    Errors are judged after a 302 without a Location.
    """
    if not isinstance(call.outcome, Raised):
        yield from find_wrong_effect(operation, call)
    if any(_carries_key(each, call.key) for each in call.away):
        yield f"{call.scenario.label}: the key is sent there"


def _carries_key(received: Received, key: str) -> bool:
    values = [received.path, received.query, *(value for _, value in received.headers)]
    values.append(received.body.decode(errors="replace"))
    return any(shows_key(value, key) for value in values)


def call_again(operation: Operation) -> Iterator[Scenario]:
    """Make a call after another one: the same, one with parameters, one that failed."""
    is_list, size = operation.roles.is_list, page_size(operation)
    found = sample_usual(operation, 5 * size if is_list else 2)
    old, new = (found[: 3 * size], found[2 * size :]) if is_list else (found[:1], found[1:])
    asked: Query = {}
    name = operation.roles.size_parameter
    if is_paged(operation) and name is not None:
        asked = {name: size}
    step = size if is_paged(operation) else len(found)
    before, after = (
        walk(operation, [items[start : start + step] for start in range(0, len(items), step)])
        for items in (old, new)
    )
    one = new[:size] if is_list else new
    alone = walk(operation, [one])
    refused: Answers = {None: (refusal(operation, 404),)}
    halfway: Answers = {**dict.fromkeys(before, refused[None]), None: before[None]}
    broken: Answers = {None: (Answer(cut=0),)}
    silent: Answers = {None: (Answer(silent=True),)}
    garbled: Answers = {None: (Answer(body=b"<!doctype html>"),)}
    rich = _ask_of_another(operation, size)
    for label, first, query, second, items in (
        ("the same call again, of new items and old ones", before, asked, after, new),
        ("a call after one with parameters", before, rich, after, new),
        ("a call after one that was refused on page two", halfway, asked, after, new),
        ("a call after one that was refused", refused, asked, alone, one),
        ("a call after a connection that broke", broken, asked, alone, one),
        ("a call after one without a response", silent, asked, alone, one),
        ("a call after a body that is not JSON", garbled, asked, alone, one),
    ):
        yield Scenario(
            "client.again",
            list_location(operation),
            label,
            second,
            asked,
            items=items,
            before=(query,),
            earlier=first,
            waits=first is silent,
        )


def _ask_of_another(operation: Operation, size: int) -> Query:
    """Return a query with many parameters, and with another path and other headers."""
    odd = [query for _, query in odd_values(operation)]
    named = ("path", "header", "cookie")
    names = {each.name for each in operation.parameters if each.location in named}
    others = {name: query[name] for query in reversed(odd) for name in names & query.keys()}
    return {**every_filter(operation, size), **others}


def _find_wrong_second_call(operation: Operation, call: Call) -> Iterator[str]:
    """Describe a wrong second call; of a client that reads one page of a walk, that page counts.

    A first call without an end is a breach of `client.timeout` alone.
    """
    scenario = call.scenario
    if isinstance(call.outcome, Hung) and not call.earlier:
        return
    reads_one = len(scenario.earlier) > 1 and len({each.key for each in call.earlier}) == 1
    reads_one = reads_one and is_paged(operation)
    yield from find_wrong_effect(operation, as_one_page(operation, call) if reads_one else call)
    (given,) = scenario.before
    for parameter in operation.parameters:
        name = parameter.name
        if parameter.location == "header" and name in given.keys() - scenario.query.keys():
            sent = {v for each in call.received for key, v in each.headers if key == name.lower()}
            if write_value(given[name]) in sent:
                yield f"{scenario.label}: {name} of the earlier call sent"


AGAIN: Final = Family(
    "again",
    call_again,
    (
        call_rule(
            "client.again",
            "A second call on the same client is like the first call on a new one.",
            "The caller gets items, or an error, that belong to an earlier call.",
            "the items of the second call",
            _find_wrong_second_call,
        ),
    ),
)
