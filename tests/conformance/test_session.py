"""A session on a small API over a real socket: phases, verdicts and inconclusive runs."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import httpx
import pytest
from hostile.raw import serving
from servers.loopback import Answer, Request, Server
from toy import LAMPS, exchange, lamp

from docpact.conformance import Session, check
from docpact.conformance.plan.followup_cases import token_cases
from docpact.conformance.plan.observations import Observations
from docpact.conformance.plan.phases import MAX_PAGES, PLAN
from docpact.conformance.replay import replay
from docpact.conformance.session import ignore_progress
from docpact.errors import UsageError
from docpact.model import (
    DocumentedResponse,
    Exchange,
    Failure,
    Level,
    Parameter,
    Roles,
    Run,
    Verdict,
)
from docpact.rules import gather
from docpact.rules.walks.walk import BARREN
from docpact.targets.connections import BUDGET
from docpact.targets.http import HttpTarget
from docpact.traffic.recording import Recording

SECRET = "canary-0123456789"
JSON = (("Content-Type", "application/json"),)
PHASES = list(dict.fromkeys(phase.name for phase in PLAN if phase.name != "paths"))
"""Those of a list whose path has no parameter."""
COLLECTION = [lamp(n, state="on" if n % 3 else "off", note=None) for n in range(45)]


def answer(body: Any, status: int = 200) -> Answer:
    return Answer(status, JSON, json.dumps(body).encode())


def lamps(request: Request) -> Answer:
    """Answer as the toy contract says."""
    if request.headers.get("authorization") != f"Bearer {SECRET}":
        return answer("no", 401)
    size, state = request.last("size") or "20", request.last("state")
    if not size.isdecimal() or not 1 <= int(size) <= 20 or state not in (None, "on", "off"):
        return answer("no", 422)
    ids = request.values("ids")
    found = [
        each
        for each in COLLECTION
        if state in (None, each["state"]) and (not ids or each["id"] in ids)
    ]
    start = int(request.last("after") or 0) if (request.last("after") or "0").isdecimal() else 0
    end = start + int(size)
    onward = {"next": str(end)} if end < len(found) else {}
    return answer({"items": found[start:end]} | onward)


NOT_JSON = "to every request, not in JSON: is the URL right, and is it https?"
TLS_PORT = Answer(400, (), b"Client sent an HTTP request to an HTTPS server.\n")
LOGIN_PAGE = Answer(200, (("Content-Type", "text/html"),), b"<html>")


@contextmanager
def session(
    handler: Callable[[Request], Answer] = lamps, secret: str | None = SECRET
) -> Iterator[tuple[Session, list[Request]]]:
    with Server(handler) as server, httpx.Client(timeout=60, verify=False) as client:  # noqa: S501
        target = HttpTarget(server.url, LAMPS, server.url, client, secret, sleep=lambda _: None)
        yield Session(target), server.requests


def run(handler: Callable[[Request], Answer] = lamps, secret: str | None = SECRET) -> Run:
    with session(handler, secret) as (opened, _):
        return opened.run()


def rules(found: Run) -> list[tuple[str, str]]:
    return [(finding.rule, finding.location) for finding in found.findings]


def test_a_correct_api_conforms() -> None:
    found = run()
    assert (found.verdict(strict=True), found.reason) == (Verdict.CONFORMS, "")
    assert rules(found) == [("paging.foreign_token", "query/after")]  # half of "20" is a place too
    assert [phase for phase, _ in found.requests] == PHASES
    assert dict(found.requests)["survey"] == 3
    assert found.unseen == ("/items/*/note: no value",)


def test_every_testable_promise_is_tested() -> None:
    silent = [str(each.promise) for each in run().results if not each.observations]
    assert silent == ["response.maxLength /items/*/note"]


def test_the_survey_counts_each_item_once() -> None:
    (result,) = [e for e in run().results if str(e.promise) == "response.required /items/*/id"]
    assert result.observations > len(COLLECTION)
    found = run(lambda request: answer({"items": [{"state": "on"}], "next": None}))
    (missing,) = [f for f in found.findings if f.rule == "response.required"]
    assert (missing.count, missing.observations, missing.first) == (1, 1, "/items/0/id")


def test_only_the_phases_that_are_needed_run() -> None:
    with session() as (opened, requests):
        found = opened.run(["auth"])
    assert dict(found.requests).keys() == {"reach", "survey", "filters", "credentials"}
    assert found.request_count == len(requests)
    assert {each.promise.family for each in found.results if each.observations} >= {"auth"}


def test_an_unreachable_target_is_inconclusive() -> None:
    with socket.socket() as held, httpx.Client() as client:
        held.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{held.getsockname()[1]}"
        target = HttpTarget(address, LAMPS, address, client, SECRET, sleep=lambda _: None)
        found = Session(target).run()
    assert found.verdict() is Verdict.INCONCLUSIVE
    assert found.reason.startswith(f"cannot reach {address}: ")


TLS_ALERT = b"\x15\x03\x01\x00\x02\x02\x46"


@pytest.mark.parametrize(
    "content",
    [b"", TLS_ALERT, b"\x00\xffgarbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"],
    ids=["closed", "TLS", "garbage", "cut"],
)
def test_a_target_without_any_complete_response_is_inconclusive(content: bytes) -> None:
    with serving(lambda send, _: send(content)) as address, httpx.Client() as client:
        target = HttpTarget(address, LAMPS, address, client, SECRET, sleep=lambda _: None)
        kept = list[Exchange]()
        found = Session(replace(target, keep=kept.append)).run()
    assert (found.verdict(), found.findings) == (Verdict.INCONCLUSIVE, ())
    assert found.reason.startswith(f"cannot reach {address}: the connection broke: ")
    assert dict(found.requests) == {"reach": len(kept)}
    recording = Recording(address, tuple(kept), reason=found.reason, planned=True)
    replayed = replay(LAMPS, recording)
    assert (replayed.verdict(), replayed.findings) == (Verdict.INCONCLUSIVE, ())


def test_a_first_request_that_is_cut_is_drift_where_others_are_answered() -> None:
    def handler(request: Request) -> Answer:
        if "authorization" not in request.headers:
            return Answer(0)
        return lamps(request)

    found = run(handler)
    assert (found.verdict(), found.reason) == (Verdict.DRIFT, "")
    assert ("protocol.answer", "connection") in rules(found)


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (answer("no", 401), "refuses the credential (401): set TOY_KEY to a key that it accepts"),
        (answer("no", 403), "refuses the credential (403): set TOY_KEY to a key that it accepts"),
        (answer("no", 503), "is not available: it answers 503 again and again"),
        (answer("no", 429), "is not available: it answers 429 again and again"),
        (
            Answer(301, (("Location", "https://elsewhere.example/v1/lamps"),)),
            (
                "redirects to another server, https://elsewhere.example, which docpact does not "
                "follow: is a login required, or is the URL wrong?"
            ),
        ),
        (answer("no", 404), "answers 404 to every request: is the URL right?"),
        (TLS_PORT, f"answers 400 {NOT_JSON}"),
        (Answer(407), f"answers 407 {NOT_JSON}"),
        (answer("no", 521), "is not available: it answers 521 again and again"),
        (LOGIN_PAGE, "answers every request with HTML: is the URL right, and is a login required?"),
    ],
    ids=["401", "403", "503", "429", "301", "404", "TLS", "407", "521", "a login page"],
)
def test_first_responses_that_make_a_run_inconclusive(reply: Answer, reason: str) -> None:
    found = run(lambda _: reply)
    assert (found.verdict(), found.findings) == (Verdict.INCONCLUSIVE, ())
    assert found.reason.endswith(reason)
    assert not any(result.observations for result in found.results)
    assert found.request_count < 10


def test_an_operation_that_always_fails_is_drift() -> None:
    failed = Answer(500, (("Content-Type", "text/plain"),), b"Internal Server Error")
    found = run(lambda _: failed)
    assert found.verdict() is Verdict.DRIFT
    assert "500" in {each.observed for each in found.findings}
    assert found.request_count < 30
    assert any("asks nothing further" in remark for remark in found.remarks)


def test_a_target_that_asks_for_undocumented_credentials_is_inconclusive() -> None:
    challenge = (("WWW-Authenticate", 'Basic realm="lamps"'),)
    with Server(lambda _: Answer(401, challenge, b"")) as server, httpx.Client() as client:
        operation = replace(LAMPS, credential=None)
        target = HttpTarget(server.url, operation, server.url, client, sleep=lambda _: None)
        found = Session(target).run()
    assert (found.verdict(), found.findings) == (Verdict.INCONCLUSIVE, ())
    assert found.reason.endswith(
        'that are not documented (401, WWW-Authenticate: Basic realm="lamps"): '
        "send them by --header 'NAME: $VARIABLE'"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("documented", "verdict"), [("409", Verdict.INCONCLUSIVE), ("410", Verdict.DRIFT)]
)
def test_a_state_may_allow_no_request_if_that_is_documented(
    documented: str, verdict: Verdict
) -> None:
    operation = replace(LAMPS, responses=(*LAMPS.responses, DocumentedResponse(documented)))
    with Server(lambda _: answer("no printer", 409)) as server, httpx.Client() as client:
        target = HttpTarget(server.url, operation, server.url, client, sleep=lambda _: None)
        found = Session(target).run()
    assert found.verdict() is verdict
    assert ("which its state does not allow" in found.reason) is (documented == "409")


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    "reply", [answer("no", 404), LOGIN_PAGE, TLS_PORT], ids=["404", "a login page", "TLS"]
)
def test_some_responses_without_data_are_drift(reply: Answer) -> None:
    found = run(lambda request: lamps(request) if request.query else reply)
    assert (found.verdict(), found.reason) == (Verdict.DRIFT, "")


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    "reply",
    [LOGIN_PAGE, TLS_PORT, Answer(302, (("Location", "http://login.invalid"),)), Answer(500)],
    ids=["a login page", "text", "a redirect", "500"],
)
def test_responses_of_another_server_in_the_middle_of_a_run_are_an_outage(reply: Answer) -> None:
    numbers = count()
    found = run(lambda request: lamps(request) if next(numbers) < 20 else reply)
    assert (found.verdict(), found.findings) == (Verdict.INCONCLUSIVE, ())
    assert "of a proxy or another server" in found.reason


def test_a_replay_of_a_run_that_an_outage_ended_is_inconclusive() -> None:
    good = exchange({"items": [lamp()]})
    bad = [exchange(failure=Failure("cut", "cut")), exchange("no", status=503)]
    recording = Recording("lamps", (good, *bad, good, *bad), planned=True, reason="stopped")
    found = replay(LAMPS, recording)
    assert (found.verdict(), found.findings) == (Verdict.INCONCLUSIVE, ())
    ended = replace(recording, reason="")
    assert replay(LAMPS, ended).verdict() is Verdict.DRIFT


def test_one_question_with_responses_of_another_server_is_drift() -> None:
    found = run(lambda request: LOGIN_PAGE if request.last("size") else lamps(request))
    assert (found.verdict(), found.reason) == (Verdict.DRIFT, "")


@pytest.mark.parametrize(
    ("server", "hint"),
    [("https://toys.example/v1", ""), ("/api/v2/", " The documented one has /api/v2")],
)
def test_a_replay_of_refusals_is_inconclusive(server: str, hint: str) -> None:
    recording = Recording("lamps", tuple(exchange("no", status=404) for _ in range(3)))
    found = replay(replace(LAMPS, server=server), recording)
    assert (found.verdict(), found.findings) == (Verdict.INCONCLUSIVE, ())
    assert found.reason == f"lamps answers 404 to every request: is the URL right?{hint}"


def test_responses_that_are_too_long_are_not_404() -> None:
    too_long = exchange(failure=Failure("size", "too long"))
    found = replay(LAMPS, Recording("lamps", (too_long, exchange({}, status=404))))
    assert (found.reason, found.verdict()) == ("", Verdict.DRIFT)


def test_an_account_that_has_not_paid_is_inconclusive() -> None:
    found = run(lambda _: answer("quota exceeded", 402))
    assert (found.verdict(), rules(found)) == (Verdict.INCONCLUSIVE, [])
    assert "402 (Payment Required)" in found.reason


def test_a_server_error_at_first_is_drift() -> None:
    found = run(lambda _: answer("no", 500))
    assert found.verdict() is Verdict.DRIFT
    assert ("response.status", "status") in rules(found)


def test_a_target_that_goes_away_is_inconclusive() -> None:
    found = run(lambda request: lamps(request) if request.number < 9 else Answer(0))
    assert found.verdict() is Verdict.INCONCLUSIVE
    assert "stopped answering after" in found.reason


@pytest.mark.parametrize(("served", "status"), [(2, 401), (9, 401), (30, 403)])
def test_a_credential_that_expires_is_inconclusive(served: int, status: int) -> None:
    def handle(request: Request) -> Answer:
        return lamps(request) if request.number < served else answer("expired", status)

    found = run(handle)
    assert (found.verdict(), rules(found)) == (Verdict.INCONCLUSIVE, [])
    assert "refuses the documented request after" in found.reason
    assert f"status {status}" in found.reason


def test_a_refusal_of_one_value_is_drift() -> None:
    found = run(lambda e: answer("no", 403) if e.last("state") == "off" else lamps(e))
    assert found.verdict() is Verdict.DRIFT
    assert ("query.accepts", "query/state") in rules(found)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("budget", range(10, 14))
def test_a_connection_that_breaks_at_the_end_of_the_budget_is_no_outage(budget: int) -> None:
    def handle(request: Request) -> Answer:
        return lamps(request) if request.number < budget - 3 else Answer(0)

    with session(handle) as (opened, _):
        opened.target.request_budget.budget = budget
        found = opened.run()
    assert "stopped answering" not in found.reason
    assert found.verdict() is Verdict.INCONCLUSIVE


def test_findings_before_an_outage_are_kept() -> None:
    broken = answer({"items": [lamp(state="dim")]})
    found = run(lambda request: broken if request.number < 9 else Answer(0))
    assert found.verdict() is Verdict.DRIFT
    assert ("response.enum", "/items/*/state") in rules(found)
    assert "stopped answering after" in found.reason


@pytest.mark.slow
def test_one_query_that_breaks_the_connection_is_not_an_outage() -> None:
    found = run(lambda request: Answer(0) if request.last("size") == "21" else lamps(request))
    assert [found for found in rules(found) if "token" not in found[0]] == [
        ("protocol.answer", "query/size")
    ]
    assert found.reason == ""
    assert dict(found.requests)["credentials"] > 0


def test_a_refused_page_size_is_a_finding_and_the_walk_goes_on() -> None:
    found = run(
        lambda request: answer("no", 422) if request.last("size") == "20" else lamps(request)
    )
    assert ("query.accepts", "query/size") in rules(found)
    assert dict(found.requests)["survey"] == 4


def test_a_walk_ends_at_a_token_seen_before() -> None:
    found = run(lambda _: answer({"items": [lamp()], "next": "again"}))
    assert dict(found.requests)["survey"] == 2


def test_a_walk_without_end_is_bounded() -> None:
    def more(request: Request) -> Answer:
        return answer({"items": [lamp(request.number)], "next": str(request.number)})

    found = run(more)
    assert dict(found.requests)["survey"] == MAX_PAGES
    assert found.request_count <= BUDGET
    assert any(remark.startswith("sampled: ") for remark in found.remarks)


def test_a_walk_without_new_items_ends() -> None:
    found = run(lambda request: answer({"items": [lamp()], "next": str(request.number)}))
    assert dict(found.requests)["survey"] == 1 + BARREN
    assert ("paging.ends", "/next") in rules(found)


def test_progress_is_reported_for_each_request_and_the_end_of_each_phase() -> None:
    told: list[tuple[str, int, str]] = []
    with session() as (opened, requests):
        opened.progress = lambda *news: told.append(news)
        opened.run(["auth"])
    ends = [news for news in told if news[2]]
    assert told[0] == ("reach", 1, "")
    assert [(phase, end) for phase, _, end in ends] == [
        ("reach", "done"),
        ("survey", "45 items"),
        ("filters", "done"),
        ("credentials", "done"),
    ]
    assert sum(count for _, count, _ in ends) == len(requests)
    assert len([news for news in told if not news[2]]) == len(requests)


def test_a_run_contains_no_secret() -> None:
    found = run(lambda request: answer({"items": [lamp(state=str(request.headers))]}))
    assert found.verdict() is Verdict.DRIFT
    assert "TOY_KEY" in repr(found.findings)
    assert SECRET not in repr(found.findings)


def test_the_same_seed_asks_the_same_questions() -> None:
    asked = []
    for _ in range(2):
        with session() as (opened, requests):
            opened.run()
            asked.append([request.target for request in requests])
    assert asked[0] == asked[1]


def test_only_methods_that_change_nothing_are_sent() -> None:
    with session() as (opened, requests):
        opened.run()
    assert {request.method for request in requests} == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("budget", [1, 2, 5, 17, 40])
def test_the_budget_is_never_exceeded_and_cases_left_out_are_listed(budget: int) -> None:
    with session() as (opened, requests):
        opened.target.request_budget.budget = budget
        found = opened.run()
    assert found.request_count == len(requests) <= budget
    assert found.verdict() is Verdict.INCONCLUSIVE
    assert f"the budget of {budget} request" in found.reason
    assert found.left_out


@pytest.mark.slow
def test_a_budget_too_small_for_odd_cases_alone_is_enough_for_a_verdict() -> None:
    with session() as (opened, _):
        opened.target.request_budget.budget = run().request_count - 1
        found = opened.run()
    assert found.left_out
    assert found.verdict() is Verdict.CONFORMS


def test_a_run_that_runs_out_of_time_is_inconclusive() -> None:
    with session() as (opened, _):
        ticks = iter(range(10_000))
        opened.target.request_budget.clock = lambda: float(next(ticks))
        opened.target.request_budget.seconds = 30
        found = opened.run()
    assert found.verdict() is Verdict.INCONCLUSIVE
    assert found.reason.startswith("out of time: 30 seconds have passed: ")


def test_every_retry_counts() -> None:
    busy = answer("later", 503)
    with session(lambda request: busy if request.number % 3 else lamps(request)) as (
        opened,
        requests,
    ):
        opened.target.request_budget.budget = 30
        found = opened.run()
    assert found.request_count == len(requests) == 30


def test_an_interrupted_run_keeps_its_exchanges() -> None:
    def interrupted(phase: str, requests: int, _: str) -> None:
        if (phase, requests) == ("queries", 3):
            raise KeyboardInterrupt

    broken = {"items": [lamp(state="dim")]}
    with session(lambda _: answer(broken)) as (opened, _):
        opened.progress = interrupted
        found = opened.run()
    assert (found.reason, found.verdict()) == ("interrupted", Verdict.DRIFT)
    assert ("response.enum", "/items/*/state") in rules(found)


@pytest.mark.slow
def test_only_completed_visits_count() -> None:
    def interrupted(phase: str, requests: int, _: str) -> None:
        if (phase, requests) == ("confirm", 1):
            raise KeyboardInterrupt

    asked = []
    for progress in (ignore_progress, interrupted):
        with session(
            lambda request: answer("no", 422) if request.last("size") == "20" else lamps(request)
        ) as (opened, _):
            opened.progress = progress
            found = opened.run()
        asked.append({each.asked for each in found.findings if each.rule == "query.accepts"})
    assert asked == [{4}, {3}]


def test_a_kept_promise_has_observations() -> None:
    done = run()
    notes = {finding.promise for finding in done.findings if finding.level is Level.NOTE}
    kept = [each for each in done.results if each.observations and each.promise not in notes]
    assert {each.outcome.value for each in kept} == {"kept"}


def test_zero_connections_are_a_usage_error() -> None:
    with pytest.raises(UsageError, match="connections must be at least 1, not 0"):
        check(LAMPS, "https://toys.example", connections=0)


def test_an_operation_that_may_change_something_is_a_usage_error() -> None:
    with Server(lamps) as server, pytest.raises(UsageError, match="toys/list_lamps is a DELETE"):
        check(replace(LAMPS, method="DELETE"), server.url)
    assert server.requests == []


def test_a_value_of_an_item_that_the_filter_does_not_allow_is_not_tested() -> None:
    uuid = {"type": "string", "format": "uuid"}
    identified = Parameter("a", "query", required=False, schema=uuid)
    item = {"type": "object", "properties": {"id": {"type": "string"}, "a": {"type": "string"}}}
    operation = replace(
        LAMPS,
        parameters=(identified,),
        query_schema={"type": "object", "properties": {"a": identified.schema}},
        response_schema={
            "type": "object",
            "properties": {"items": {"type": "array", "items": item}},
        },
        roles=Roles(items="/items", id="/id", filters={"a": "/a"}),
    )
    assert check(operation).findings == ()


@pytest.mark.parametrize(("token", "expected"), [("token-0123", ["token"]), (SECRET, [])])
def test_no_half_of_a_secret_is_sent(token: str, expected: list[str]) -> None:
    walks = gather(LAMPS, [exchange({"items": [lamp(1)], "next": token})]).walks
    seen = Observations(LAMPS, walks, redact=lambda text: text.replace(SECRET, "$KEY"))
    halves = [case.query for case in token_cases(seen) if case.label == "half a token"]
    assert [value for query in halves for _, value in query] == expected
