"""The body of a recorded request: a note if the server accepted one that is not documented."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from capture.test_openapi_schemas import document

from docpact.audit import conclude
from docpact.audit.work import Task, summarize
from docpact.capture.openapi import capture_operation, find_operation
from docpact.catalogue import load_files
from docpact.conformance.replay import replay
from docpact.model import Level, Operation, Run
from docpact.model.run import Verdict
from docpact.traffic import split_sources
from docpact.traffic.recording import read_recording

ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {"count": {"type": "integer"}, "name": {"type": "string"}},
    "required": ["count"],
}
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
WRONG = '{"count": "5"}'


def read_contract(media_type: str = JSON) -> Operation:
    stated = document({"type": "object"})
    stated["paths"]["/things"]["post"] = stated["paths"]["/things"].pop("get") | {
        "requestBody": {"content": {media_type: {"schema": ORDER}}}
    }
    return load_files(capture_operation(find_operation(stated, "op", "a document")), "toys/op")


def write_har(
    text: str, *, status: int = 200, headers: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    headers = {"content-type": JSON} if headers is None else headers
    pairs = [{"name": name, "value": value} for name, value in headers.items()]
    data = {"mimeType": "", "text": text, **more.pop("data", {})}
    request = {"method": "POST", "url": "https://api.example.com/things", "headers": pairs}
    answer = {"headers": [{"name": "Content-Type", "value": JSON}], "content": {"text": "{}"}}
    return {
        "request": {**request, "postData": data, **more},
        "response": {"status": status, **answer},
    }


def judge(folder: Path, operation: Operation, *entries: dict[str, Any]) -> Run:
    """Replay and audit a recording, and make sure that both report the same."""
    file = folder / "calls.har"
    file.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    return judge_file(file, operation)


@pytest.mark.parametrize(("count", "is_wrong"), [("5", False), ("five", True)])
def test_a_form_that_is_recorded_as_parameters_is_judged(
    tmp_path: Path, count: str, is_wrong: bool
) -> None:
    fields = [{"name": "count", "value": count}, {"name": "name", "value": "a & é"}]
    entry = write_har("", headers={"content-type": FORM}, data={"text": None, "params": fields})
    run = judge(tmp_path, read_contract(FORM), entry)
    assert [each.location for each in run.findings] == ["body/count"] * is_wrong
    assert "1 exchange of POST /things" in run.remarks


def judge_file(file: Path, operation: Operation) -> Run:
    replayed = replay(operation, read_recording([str(file)], operation))
    summary = summarize(Task.of(operation), split_sources([str(file)]), lambda size, count: None)
    audited = conclude(operation, summary, "calls", 0)
    assert list_findings(replayed) == list_findings(audited)
    assert list_unread(replayed) == list_unread(audited)
    return replayed


def list_unread(run: Run) -> list[str]:
    return [each for each in run.remarks if "not judged" in each]


def list_findings(run: Run) -> list[tuple[str, str, str, int]]:
    return [(f.promise.rule, f.location, f.observed, f.count) for f in run.findings]


def test_an_accepted_body_that_is_not_documented_is_a_note(tmp_path: Path) -> None:
    run = judge(tmp_path, read_contract(), write_har(WRONG), write_har('{"name": 1}'))
    assert list_findings(run) == [
        ("request.body", "body/count", 'string "5", documented as integer', 1),
        ("request.body", "body/count", "absent, documented as always present", 1),
        ("request.body", "body/name", "number 1, documented as string", 1),
    ]
    assert {each.promise.rule: each.level for each in run.findings} == {"request.body": Level.NOTE}
    assert run.verdict() is Verdict.CONFORMS


@pytest.mark.parametrize(
    "entry",
    [
        write_har('{"count": 5, "further": true}'),
        write_har(WRONG, status=422),
        write_har(WRONG, headers={"content-type": "text/plain"}),
        write_har(WRONG, headers={"content-type": "application/merge-patch+json"}),
        write_har(WRONG, headers={}),
        write_har('{"count": "5'),
        write_har(WRONG, bodySize=400),
        write_har(WRONG, headers={"content-type": JSON, "content-length": "400"}),
        write_har(""),
        write_har("count=5&name=", headers={"content-type": FORM}),
    ],
)
def test_what_may_be_right_is_no_finding(tmp_path: Path, entry: dict[str, Any]) -> None:
    run = judge(tmp_path, read_contract(), entry)
    assert [each for each in run.findings if each.promise.rule == "request.body"] == []


PARAMS = [{"name": "count", "value": "5"}]


@pytest.mark.parametrize(
    ("entry", "count"),
    [
        (write_har("", data={"text": None, "params": PARAMS}), 1),
        (write_har("", data={"text": {"count": "5"}}), 1),
        (write_har("", bodySize=13), 1),
        (write_har(WRONG, bodySize=400), 1),
        (write_har(WRONG[:-2]), 1),
        (write_har("count=5", headers={"content-type": FORM}), 1),
        (write_har(WRONG, status=422, bodySize=400), 0),
        (write_har("", data={"params": []}, bodySize=-1), 0),
    ],
)
def test_a_body_that_cannot_be_judged_is_counted(
    tmp_path: Path, entry: dict[str, Any], count: int
) -> None:
    run = judge(tmp_path, read_contract(), entry)
    text = "1 body of requests not judged: incomplete, or not recorded as application/json"
    assert list_unread(run) == [text] * count
    assert [each for each in run.findings if each.promise.rule == "request.body"] == []


def test_coded_bodies_are_decoded(tmp_path: Path) -> None:
    coded = b64encode(gzip.compress(WRONG.encode())).decode()
    headers = {"content-type": JSON, "content-encoding": "gzip"}
    entry = write_har(coded, headers=headers, data={"encoding": "base64"})
    run = judge(tmp_path, read_contract(), entry)
    assert [each.location for each in run.findings] == ["body/count"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("count=5&name=lamp", []), ("count=many", ["body/count"]), ("count[a]=x&name=lamp", [])],
)
def test_the_fields_of_a_form_are_typed(tmp_path: Path, text: str, expected: list[str]) -> None:
    entry = write_har(text, headers={"content-type": FORM})
    run = judge(tmp_path, read_contract(FORM), entry)
    assert [each.location for each in run.findings] == expected


@pytest.mark.parametrize(
    ("body", "expected"), [(WRONG, ["body/count"]), ("5", ["body"]), (None, []), ([1], [])]
)
def test_bodies_of_cassettes_are_read(tmp_path: Path, body: Any, expected: list[str]) -> None:
    request = {
        "method": "POST",
        "uri": "https://api.example.com/things",
        "headers": {"Content-Type": [JSON]},
        "body": body,
    }
    answer = {
        "status": {"code": 201},
        "headers": {"Content-Type": [JSON]},
        "body": {"string": "{}"},
    }
    answer["status"] = {"code": 200, "message": "OK"}
    file = tmp_path / "calls.json"
    file.write_text(
        json.dumps({"version": 1, "interactions": [{"request": request, "response": answer}]})
    )
    run = judge_file(file, read_contract())
    assert [each.location for each in run.findings] == expected


def test_a_run_without_recorded_requests_makes_no_promise_of_them(tmp_path: Path) -> None:
    entry = write_har(WRONG)
    del entry["request"]["postData"]
    run = judge(tmp_path, read_contract(), entry)
    assert "request.body" not in {each.promise.rule for each in run.results}
