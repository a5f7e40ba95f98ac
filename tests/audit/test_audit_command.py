"""`docpact audit` as a user meets it."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

import pytest
from audit.answers import OPERATION, bodies, body, lines, written
from command import DOCPACT, Docpact
from servers.loopback import Answer, Server

from docpact import __version__
from docpact.audit.work import Meter

TEXT = f"""\
docpact {__version__}  llamacloud/list_classify_jobs on answers.jsonl

BREAKING (1): a client that follows the documentation breaks

  response.enum  /items/*/status
    promise    one of "PENDING", "RUNNING", "COMPLETED", "FAILED"
               page line 90: status: "PENDING" or "RUNNING" or "COMPLETED" or
               "FAILED"
    observed   "CANCELLED"
    seen       1 of 13, first at /items/0/status
    try        curl -sS -g \\
      'https://api.cloud.llamaindex.ai/api/v2/classify?page_size=3' \\
      -H "Authorization: Bearer $LLAMA_CLOUD_API_KEY"
    id         24115e0044f5

NOT TESTED (12): no response exercised these
"""

REMARKS = """\
REMARKS
  7 exchanges of GET /api/v2/classify
  an audit judges each response alone: use `check --replay` for query, filter,
    paging, stability, auth, protocol

drift: 46 promises kept, 1 broken, 12 not tested; 7 requests in \
"""


def test_the_report_of_an_audit(tmp_path: Path, docpact: Docpact) -> None:
    written(tmp_path / "answers.jsonl", 7)
    result = docpact("audit", "answers.jsonl")
    assert result.returncode == 1
    assert result.stdout.startswith(TEXT)
    assert REMARKS in result.stdout
    assert result.stderr == ""


def test_documented_traffic_conforms(tmp_path: Path, docpact: Docpact) -> None:
    written(tmp_path / "answers.jsonl", 6)
    result = docpact("audit", "answers.jsonl", "--strict")
    assert result.returncode == 0
    assert "0 broken" in result.stdout


@pytest.mark.slow
def test_files_are_audited_together(tmp_path: Path, docpact: Docpact) -> None:
    for name in ("a.jsonl", "b.jsonl.gz"):
        written(tmp_path / name, 7)
    result = docpact("audit", "*.jsonl*", "--json", "found.json", "--workers", "2")
    (enum,) = [
        each
        for each in json.loads((tmp_path / "found.json").read_text())["findings"]
        if each["rule"] == "response.enum"
    ]
    assert "llamacloud/list_classify_jobs on 2 files" in result.stdout
    assert (enum["count"], enum["of"]) == (2, 26)


@pytest.mark.slow
def test_standard_input_is_audited(tmp_path: Path) -> None:
    result = subprocess.run(
        [*DOCPACT, "audit", "-"],
        input="".join(lines(bodies(7))),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "7 exchanges of GET /api/v2/classify" in result.stdout


def test_fields_may_have_other_names(tmp_path: Path, docpact: Docpact) -> None:
    record = {"answer": body(1, 0).decode(), "code": 200, "at": OPERATION.path}
    (tmp_path / "a.jsonl").write_text(json.dumps(record) + "\n")
    named = ["--field", "body=answer", "--field", "status=code", "--field", "url=at"]
    result = docpact("audit", "a.jsonl", *named)
    assert result.returncode == 1
    assert 'observed   "CANCELLED"' in result.stdout


def test_without_headers_the_media_type_is_not_tested(tmp_path: Path, docpact: Docpact) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"body": body(1, None).decode()}) + "\n")
    result = docpact("audit", "a.jsonl", "--json", "found.json")
    promises = json.loads((tmp_path / "found.json").read_text())["promises"]
    judged = {each["rule"]: each["judged"] for each in promises}
    assert result.returncode == 0
    assert (judged["response.content_type"], judged["response.json"]) == (0, 1)


def test_traffic_of_other_operations_is_inconclusive(tmp_path: Path, docpact: Docpact) -> None:
    record = {"body": "{}", "url": "https://other.example/v1/else"}
    (tmp_path / "a.jsonl").write_text(json.dumps(record) + "\n")
    result = docpact("audit", OPERATION.id, "a.jsonl")
    assert result.returncode == 3
    assert "1 exchange of other operations left out" in result.stdout


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.cloud.llamaindex.ai/api/v1/projects/p-1?a=b", "llamacloud/get_project"),
        ("https://api.cloud.llamaindex.ai/api/v2/classify", OPERATION.id),
    ],
)
def test_the_known_contract_that_the_exchanges_fit_is_taken(
    url: str, name: str, tmp_path: Path, docpact: Docpact
) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"body": "{}", "url": url}) + "\n")
    result = docpact("audit", "a.jsonl")
    assert result.stdout.splitlines()[0] == f"docpact {__version__}  {name} on a.jsonl"


@pytest.mark.parametrize("command", ["audit", "check --replay"])
def test_exchanges_that_fit_no_known_contract_need_its_name(
    command: str, tmp_path: Path, docpact: Docpact
) -> None:
    record = {"body": "{}", "url": "https://me:hunter2@shop.example/carts/7?token=hunter2"}
    (tmp_path / "a.jsonl").write_text(json.dumps(record) + "\n")
    result = docpact(*command.split(), "a.jsonl")
    name, _, option = command.partition(" ")
    advice = " ".join(filter(None, ("docpact", name, "openapi.yaml", option, "a.jsonl")))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "docpact: a.jsonl: no known contract describes its exchanges, such as "
        f"GET https://shop.example/carts/7: name yours, as in `{advice}`\n"
    )


def test_a_source_that_fits_no_contract_is_shown_without_its_query(docpact: Docpact) -> None:
    line = json.dumps({"body": "{}", "url": "https://shop.example/carts/7"}).encode()
    with Server(lambda _: Answer(200, (), line)) as server:
        result = docpact("audit", f"{server.url}/a.jsonl?signature=hunter2")
    assert "name yours, as in `docpact audit openapi.yaml" in result.stderr
    assert "hunter2" not in result.stderr


def test_accepted_findings_do_not_fail_an_audit(tmp_path: Path, docpact: Docpact) -> None:
    written(tmp_path / "answers.jsonl", 7)
    docpact("audit", "answers.jsonl", "--json", "found.json")
    docpact("baseline", "update", "known.json", "found.json", "--reason", "told them")
    result = docpact("audit", "answers.jsonl", "--baseline", "known.json")
    assert result.returncode == 0, result.stdout


NO_FIELD = (
    "--field text=answer: give FIELD=NAME, where FIELD is one of body, status, url, method, "
    "headers, seconds"
)


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["none.jsonl"], "none.jsonl: no such file"),
        (["a.jsonl", "--workers", "0"], "--workers must be at least 1, not 0"),
        (
            ["a.jsonl", "--workers", "2", "--scheduler", "tcp://h:1"],
            "--scheduler has its own workers: leave out --workers",
        ),
        (["a.jsonl", "--field", "text=answer"], NO_FIELD),
        (
            ["-", "--resume", "kept"],
            "--resume: standard input cannot be read twice; name a file instead",
        ),
        (["a.jsonl", "--json", "no/where.json"], "--json no/where.json: there is no folder no"),
    ],
)
def test_a_usage_error_is_one_line(
    tmp_path: Path, docpact: Docpact, args: list[str], problem: str
) -> None:
    written(tmp_path / "a.jsonl", 1)
    result = docpact("audit", *args)
    assert (result.returncode, result.stdout, result.stderr) == (2, "", f"docpact: {problem}\n")


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_has_rate_and_time_left() -> None:
    clock, stream = Clock(), io.StringIO()
    meter = Meter(400_000_000, stream, clock)
    clock.now += 29
    meter.add(50_000_000, 500)
    assert stream.getvalue() == ""
    clock.now += 11
    meter.add(50_000_000, 500)
    assert stream.getvalue() == "1,000 records, 25/s, 100 of 400 MB, 2:00 left\n"


def test_progress_on_a_terminal_is_one_line_that_disappears() -> None:
    clock, stream = Clock(), Terminal()
    meter = Meter(0, stream, clock)
    for _ in range(2):
        clock.now += 1
        meter.add(1_000_000, 10)
    meter.end()
    one, two = "10 records, 10/s, 1 MB", "20 records, 10/s, 2 MB"
    assert stream.getvalue() == f"\r{one}\r{two}\r{' ' * len(two)}\r"
