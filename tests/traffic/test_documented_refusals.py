"""Recorded errors: their bodies are judged by their own schemas, by replay and audit alike."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from servers.test_documented_responses import make_operation
from traffic.records import JSON, har_entry, write_har

from docpact.audit import conclude
from docpact.audit.work import Task, summarize
from docpact.conformance.replay import replay
from docpact.model import Operation, Run, Verdict
from docpact.rules.response import RULES
from docpact.traffic import split_sources
from docpact.traffic.recording import read_recording

OPERATION = make_operation()
OF_AUDITS = {rule.id for rule in RULES}
THINGS = "https://api.example/things/1"
OK = {"content-type": "application/vnd.things+json", "x-version": "3"}
PROBLEM = {"content-type": "application/problem+json"}


def entry(status: int, body: Any, headers: dict[str, str], url: str = THINGS) -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    return har_entry(status, {"size": len(text), "text": text}, url, headers)


def runs(
    tmp_path: Path, *entries: dict[str, Any], operation: Operation = OPERATION
) -> tuple[Run, Run]:
    """Return the replay and the audit of some entries."""
    file = str(write_har(tmp_path / "calls", *entries))
    summary = summarize(Task.of(operation), split_sources([file]), lambda size, count: None)
    return replay(operation, read_recording([file], operation)), conclude(
        operation, summary, "calls", 0
    )


def breaches(run: Run) -> list[tuple[str, str, str]]:
    return [(f.rule, f.location, f.observed) for f in run.findings if f.rule in OF_AUDITS]


RIGHT = entry(200, {"id": "1"}, OK)

CASES: dict[str, tuple[dict[str, Any], list[tuple[str, str, str]]]] = {
    "a right 404": (entry(404, {"title": "no"}, PROBLEM), []),
    "a wrong 404": (
        entry(404, {"title": 1}, PROBLEM),
        [("response.body", "404/title", "number 1, documented as string")],
    ),
    "HTML": (
        entry(404, "<h1>no</h1>", {"content-type": "text/html"}),
        [("response.body", "404", "text/html")],
    ),
    "a lost 404": (har_entry(404, {"size": 9}, THINGS, PROBLEM), []),
    "an aborted 404": (har_entry(404, {"size": 0}, THINGS, PROBLEM, _error="net::ERR"), []),
    "a documented 409": (entry(409, {"title": "busy"}, {"content-type": "application/json"}), []),
    "a wrong 409": (
        entry(409, [], {"content-type": "application/json"}),
        [("response.body", "4XX", "array [], documented as object")],
    ),
    "an undocumented 500": (entry(500, "oops", {}), [("response.status", "status", "500")]),
    "no required header": (
        entry(200, {"id": "1"}, {"content-type": OK["content-type"]}),
        [("response.header", "header/x-version", "absent")],
    ),
    "CSV": (entry(200, "id\n1\n", {**OK, "content-type": "text/csv"}), []),
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("odd", "expected"), CASES.values(), ids=CASES)
def test_replay_and_audit_judge_other_responses_alike(
    tmp_path: Path, odd: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    replayed, audited = runs(tmp_path, RIGHT, odd)
    assert breaches(replayed) == breaches(audited) == expected
    assert replayed.reason == audited.reason == ""


BUSY = {"size": 17, "text": '{"title": "busy"}'}


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_the_state_may_refuse_a_recorded_request(tmp_path: Path, method: str) -> None:
    operation = replace(OPERATION, method=method, path="/things")
    url, header = "https://api.example/things", {"content-type": "application/json"}
    busy = har_entry(409, BUSY, url, header, method)
    for run in runs(tmp_path, busy, operation=operation):
        assert (breaches(run), run.verdict()) == ([], Verdict.INCONCLUSIVE)


UNFIT = {"size": 16, "text": '{"detail": "no"}'}
HEADER = {"name": "tenant", "in": "header", "required": True, "schema": {"type": "string"}}


@pytest.mark.parametrize("stated", ["4XX", "default", "409"])
@pytest.mark.parametrize("detail", ["string", "integer"])
@pytest.mark.parametrize("lacking", ["a header", "a body"])
def test_recorded_refusals_show_nothing_but_documented_bodies(
    tmp_path: Path, stated: str, detail: str, lacking: str
) -> None:
    content = {"application/json": {"schema": {"properties": {"detail": {"type": detail}}}}}
    responses = {"200": {"description": "ok"}, stated: {"description": "no", "content": content}}
    parameters = [HEADER] if lacking == "a header" else []
    operation = make_operation(responses, "/things", parameters=parameters)
    if lacking == "a body":
        operation = replace(operation, method="POST", body_schema={"type": "object"})
    unfit = har_entry(422, UNFIT, "https://api.example/things", JSON, operation.method)
    is_wrong = stated != "409" and detail == "integer"
    for run in runs(tmp_path, unfit, operation=operation):
        assert [f.location for f in run.findings] == [f"{stated}/detail"] * is_wrong
        assert run.reason == f"no successful response to {operation.request} can be judged"


@pytest.mark.parametrize(
    ("place", "required", "is_blamed"),
    [
        ("query", True, False),
        ("query", False, True),
        ("header", True, False),
        ("header", False, True),
        ("cookie", True, False),
    ],
)
def test_a_recorded_value_is_not_blamed_where_the_request_may_lack_another(
    tmp_path: Path, place: str, required: bool, is_blamed: bool
) -> None:
    other = {"name": "tenant", "in": place, "required": required, "schema": {"type": "string"}}
    operation = make_operation(path="/things", parameters=[other])
    busy = har_entry(409, BUSY, "https://api.example/things?size=3", JSON)
    _, audited = runs(tmp_path, busy, operation=operation)
    assert [f.location for f in audited.findings] == ["query/size"] * is_blamed


WHOLE, COUNT = {"type": "integer"}, {"type": "integer", "minimum": 1}


@pytest.mark.parametrize(
    ("schema", "value", "plain", "blamed"),
    [
        (WHOLE, "3", None, []),
        (COUNT, "3", None, ["query/n"]),
        (COUNT, "3", 409, []),
        (COUNT, "3", 404, ["query/n"]),
    ],
    ids=["a number that may be an id", "only with the value", "without it too", "for another"],
)
def test_replay_and_audit_blame_the_same_values(
    tmp_path: Path, schema: Any, value: str, plain: int | None, blamed: list[str]
) -> None:
    number = {"name": "n", "in": "query", "schema": schema}
    operation = make_operation(path="/things", parameters=[number])
    url = "https://api.example/things"
    busy = [har_entry(409, BUSY, f"{url}?n={value}", JSON), entry(200, {"id": "1"}, OK, url)]
    busy += [] if plain is None else [har_entry(plain, BUSY, url, JSON)]
    for run in runs(tmp_path, *busy, operation=operation):
        assert [f.location for f in run.findings if f.rule == "query.accepts"] == blamed


def test_refusals_alone_are_inconclusive_unless_one_is_wrong(tmp_path: Path) -> None:
    right, wrong = entry(404, {"title": "no"}, PROBLEM), entry(404, {"title": 1}, PROBLEM)
    for run in runs(tmp_path, right):
        assert (run.findings, run.verdict()) == ((), Verdict.INCONCLUSIVE)
    for run in runs(tmp_path, wrong):
        assert run.verdict() is Verdict.DRIFT
        assert any("all but the status is judged" in remark for remark in run.remarks)


def asked(entry: dict[str, Any], accept: str) -> dict[str, Any]:
    """Return an entry whose request asks for a media type."""
    return entry | {
        "request": {**entry["request"], "headers": [{"name": "Accept", "value": accept}]}
    }


DIFF = entry(200, "a diff", {**OK, "content-type": "application/vnd.things.diff"})


@pytest.mark.parametrize(
    "accept",
    [
        "application/vnd.things.diff",
        "text/html, image/*",
        "application/vnd.things.diff,application/xml;q=0.9,*/*;q=0.8",
        "application/*, application/vnd.things+json;q=0.1, text/csv;q=0",
    ],
)
def test_a_response_of_the_type_that_the_request_asked_for_is_left_out(
    tmp_path: Path, accept: str
) -> None:
    for run in runs(tmp_path, RIGHT, asked(DIFF, accept)):
        assert breaches(run) == []
        text = "1 exchange left out: the request asked for another media type"
        assert text in run.remarks


@pytest.mark.parametrize(
    "accept", ["*/*", "text/csv", "application/*;q=0.5", "application/json, text/plain, */*", ""]
)
def test_another_type_than_the_request_asked_for_is_found(tmp_path: Path, accept: str) -> None:
    for run in runs(tmp_path, RIGHT, asked(DIFF, accept)):
        assert "response.content_type" in [rule for rule, _, _ in breaches(run)]


def test_what_other_clients_write_between_two_requests_is_no_breach(tmp_path: Path) -> None:
    gone = entry(404, {"title": "no"}, PROBLEM)
    replayed, audited = runs(tmp_path, RIGHT, gone, RIGHT)
    assert replayed.findings == audited.findings == ()


def test_whether_a_recorded_body_was_documented_is_unknown(tmp_path: Path) -> None:
    taking = replace(OPERATION, body_schema={"type": "object"}, responses=())
    url = "https://api.example/things/1"
    file = str(write_har(tmp_path / "calls", RIGHT, entry(400, "what?", {}, url)))
    summary = summarize(Task.of(taking), split_sources([file]), lambda size, count: None)
    replayed = replay(taking, read_recording([file], taking))
    assert replayed.findings == conclude(taking, summary, "calls", 0).findings == ()
