"""The audit and the replay of the same traffic find the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import examples

from docpact import catalogue
from docpact.audit import AUDITED, Auditor, Summary, conclude
from docpact.audit.conclusion import conclude_api
from docpact.audit.work import Task, summarize
from docpact.cases.sampling import sample_items, sample_page
from docpact.conformance.replay import replay, replay_api
from docpact.model import Api, Finding, Operation, Run, Verdict
from docpact.strategies import invalid_payloads, payloads
from docpact.traffic import split_sources
from docpact.traffic.recording import read_recording

OPERATION = catalogue.load()
QUERIES = (
    "",
    "?page_size=3",
    "?page_size=100000",
    "?status=PENDING",
    "?colour=red",
    "?page_size=3&status=PENDING",
)


def silent(*_: object) -> None:
    return None


Answer = tuple[str, int, bytes, str, str, str]


def har(answers: list[Answer]) -> str:
    def entry(answer: Answer) -> dict[str, Any]:
        query, status, body, label, server, coding = answer
        return {
            "startedDateTime": "2026-01-02T03:04:05.000Z",
            "time": 1,
            "request": {"method": "GET", "url": f"{server}{OPERATION.path}{query}"},
            "response": {
                "status": status,
                "headers": [
                    {"name": "Content-Type", "value": label},
                    {"name": "Content-Encoding", "value": coding},
                ],
                "content": {"text": body.decode("latin-1")},
            },
        }

    return json.dumps({"log": {"entries": [*map(entry, answers)]}})


def describe(finding: Finding) -> tuple[object, ...]:
    first = finding.first if finding.first.startswith("/") else ""
    return (
        finding.promise, finding.level, finding.location, finding.observed, finding.count,
        finding.observations, first, finding.reproduce, finding.fingerprint,
    )  # fmt: skip


def of(run: Run) -> list[tuple[object, ...]]:
    return [describe(finding) for finding in run.findings if finding.rule in AUDITED]


def judged(run: Run) -> list[tuple[object, int]]:
    return [(r.promise, r.observations) for r in run.results if r.promise.rule in AUDITED]


def about_traffic(run: Run) -> list[str]:
    return [each for each in run.remarks if "left out" in each or each.endswith(OPERATION.path)]


def items(count: int, **fields: Any) -> bytes:
    made = [{**item, **fields} for item in sample_items(OPERATION, count)]
    return json.dumps(sample_page(OPERATION, made), ensure_ascii=True).encode()


RENAMED = items(3).replace(b'"document_input_value"', b'"file_input"')
SPECIAL = (
            b"", b"{}", b"[1", b'{"items": [], "items": []}', b'{"items": NaN}', b"null",
            b'{"items": []} x', b'\xef\xbb\xbf{"items": []}', b"[" * 70 + b"]" * 70,
            b'{"items": [], "more": ' + b"[" * 63 + b"]" * 63 + b"}",
            RENAMED, items(3), items(2, extra=1),
            items(2, status="LOST"), items(2, status="\ud800"),
            items(2, created_at="2024-02-29T00:00:00Z"),
            items(2, created_at="2023-02-29T00:00:00Z"), items(1, created_at="x"),
            items(2, status="PENDING", error_message="late"), items(2, extra={"a": [1, {"b": 2}]}),
            items(2, user_id='a":b'), items(1, user_id="a : b", parse_job_id=None),
            items(2).replace(b'":', b'" :'), items(1).replace(b'"id"', b'"id": 1, "id" '),
            items(1).replace(b'"id":', b'"id": "x", "id" :'), items(2).replace(b":", b"\n\t:"),
            items(2, user_id="\ud800"), items(3, configuration={"rules": []}),
            items(1).replace(b'"items": [', b'"items": [7, null, {}, '),
            items(2, result={"confidence": 1.5, "reasoning": 3}), items(2, **{"a~/b": None}),
)  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    drawn = draw(st.sampled_from(["special", "valid", "invalid"]))
    if drawn == "special":
        return draw(st.sampled_from(SPECIAL))
    if drawn == "valid":
        return json.dumps(draw(payloads(OPERATION))).encode()
    return json.dumps(draw(invalid_payloads(OPERATION)).payload).encode()


@st.composite
def answers(draw: st.DrawFn) -> list[Answer]:
    answer = st.tuples(
        st.sampled_from(QUERIES),
        st.sampled_from([200, 200, 200, 200, 400, 500, 429, 401, 304, 307, -1]),
        bodies(),
        st.sampled_from(["application/json", "application/json; charset=utf-8", "text/html"]),
        st.sampled_from([OPERATION.server, "https://other.example"]),
        st.sampled_from(["identity", "identity", "gzip", "x-lz"]),
    )
    drawn = draw(st.lists(answer, max_size=8))
    server = draw(st.sampled_from([OPERATION.server, "https://other.example"]))
    return [*drawn, ("", 200, items(1), "application/json", server, "identity")]


@settings(max_examples=examples(40), deadline=None)
@given(answers=answers())
def test_the_same_traffic_has_the_same_findings(
    answers: list[Answer], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("traffic") / "traffic.har"
    file.write_text(har(answers))
    replayed = replay(OPERATION, read_recording([str(file)], OPERATION))
    summary = summarize(Task.of(OPERATION), split_sources([str(file)]), silent)
    found = conclude(OPERATION, summary, "t", 0.0)
    assert of(found) == of(replayed)
    assert judged(found) == judged(replayed)
    assert found.unseen == replayed.unseen
    assert about_traffic(found) == about_traffic(replayed)


@settings(max_examples=examples(20), deadline=None)
@given(answers=answers(), cut=st.integers(0, 8), data=st.data())
def test_a_summary_is_the_sum_of_its_parts_in_any_order(
    answers: list[Answer],
    cut: int,
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    file = tmp_path_factory.mktemp("traffic") / "traffic.har"
    file.write_text(har(answers))
    exchanges = [((0, at), each) for at, each in enumerate(exchanges_of(file, OPERATION))]
    auditor = Auditor(OPERATION)
    parts = [auditor.summary([each]) for each in exchanges]
    whole = auditor.summary(exchanges)
    shuffled = data.draw(st.permutations(parts))
    left, right = Summary(), Summary()
    for part in shuffled[:cut]:
        left += part
    for part in shuffled[cut:]:
        right = part + right
    assert concluded_alike(left + right, whole)
    assert left + Summary() == Summary() + left == left
    assert left + right == right + left


def exchanges_of(file: Path, operation: Operation) -> list[Any]:
    return list(read_recording([str(file)], operation).exchanges)


def concluded_alike(one: Summary, other: Summary) -> bool:
    runs = [conclude(OPERATION, each, "t", 0.0) for each in (one, other)]
    return of(runs[0]) == of(runs[1]) and judged(runs[0]) == judged(runs[1])


def test_a_recording_without_its_end_never_conforms(tmp_path: Path) -> None:
    file, api = tmp_path / "traffic.har", Api("jobs", (OPERATION,), is_whole=True)
    answer = ("", 200, items(1), "application/json", OPERATION.server, "identity")
    file.write_text(har([answer, answer])[:-20])
    parts = split_sources([str(file)])
    runs = (
        replay(OPERATION, read_recording([str(file)], OPERATION)),
        conclude(OPERATION, summarize(Task.of(OPERATION), parts, silent), "t", 0.0),
        replay_api(api, [str(file)]),
        conclude_api(api, summarize(Task.of(api.operations), parts, silent), "t", 0.0),
    )
    for run in runs:
        assert run.verdict() is Verdict.INCONCLUSIVE
        assert run.reason.startswith("the recording cannot be read to its end: ")
    assert runs[0].reason in str(runs[0].remarks)
