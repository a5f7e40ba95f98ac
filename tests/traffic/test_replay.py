"""Recorded traffic judged by the rules of a live run: journals, and traffic of other clients."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from errno import ENOSPC
from itertools import zip_longest
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
import vcr  # type: ignore[import-untyped]
import zstandard
from command import CANCELLED, DOCPACT, QUICK, Docpact, environment
from hostile.document import DOCUMENT
from servers.broken import BROKEN
from servers.jobs import make_jobs
from servers.loopback import Answer, Request, Server
from servers.reference import KEY, PATH, Api
from servers.unusual import UNUSUAL

import docpact as package
from docpact.cases.sampling import sample_items, sample_page
from docpact.cli import main
from docpact.conformance.replay import replay
from docpact.model import Case, Expectation, Expected, Failure, Question, Visit
from docpact.targets.connections import CONNECTIONS
from docpact.traffic import BadRecord, Part, journal, read_traffic
from docpact.traffic.recording import Recording, read_recording

Served = Callable[[Any], Server]
LIST = package.load("llamacloud/list_classify_jobs")
START = (
    json.dumps(
        {
            "docpact journal": 2,
            "docpact": "1",
            "operation": LIST.id,
            "contract": "",
            "target": "mock",
            "seed": 0,
            "started": "2026-01-01T00:00:00Z",
        }
    )
    + "\n"
)


def findings(file: Path) -> list[tuple[str, str, str]]:
    told = json.loads(file.read_text())["findings"]
    return [(each["rule"], each["location"], each["fingerprint"]) for each in told]


@pytest.mark.slow
@pytest.mark.parametrize("broken", BROKEN[::100], ids=lambda broken: broken.name)
def test_a_journal_is_judged_as_the_run_was(
    docpact: Docpact, served: Served, tmp_path: Path, broken: Any
) -> None:
    url = served(broken.handler()).url
    live = docpact("check", "--target", url, "--journal", "j.jsonl", "--json", "live.json")
    again = docpact("check", "--replay", "j.jsonl", "--json", "again.json")
    assert again.returncode == live.returncode
    assert findings(tmp_path / "again.json") == findings(tmp_path / "live.json")
    first, second = (json.loads((tmp_path / f"{n}.json").read_text()) for n in ("live", "again"))
    assert first["promises"] == second["promises"]
    assert first["started"] == second["started"]


@pytest.mark.slow
def test_a_killed_run_leaves_every_finished_exchange_whole(
    docpact: Docpact, served: Served, tmp_path: Path
) -> None:
    journal = tmp_path / "j.jsonl"
    asked: list[int] = []
    api = Api(make_jobs(30))

    def handler(request: Request) -> Answer:
        asked.append(request.number)
        if request.number == 40:
            os.kill(running.pid, signal.SIGKILL)
        return api(request)

    url = served(handler).url
    command = [*DOCPACT, "check", "--target", url, "--journal", str(journal)]
    running = subprocess.Popen(command, env=environment(KEY), stdout=subprocess.DEVNULL)
    assert running.wait() == -signal.SIGKILL
    lines = journal.read_text().splitlines()
    whole = [json.loads(line) for line in lines]
    assert "docpact journal" in whole[0]
    assert 40 - (CONNECTIONS - 1) <= len(whole[1:]) <= 40
    done = docpact("check", "--replay", "j.jsonl")
    assert done.returncode == 3
    assert "the recorded run was cut short" in done.stdout
    with journal.open("a") as file:
        file.write('{"at": "2026')
    torn = docpact("check", "--replay", "j.jsonl")
    assert torn.returncode == 3
    assert "1 incomplete last line left out" in torn.stdout


@pytest.mark.slow
def test_the_last_run_of_a_journal_counts(docpact: Docpact, served: Served) -> None:
    for api in (CANCELLED, Api(make_jobs(12))):
        docpact("check", "--target", served(api).url, "--journal", "j.jsonl")
    done = docpact("check", "--replay", "j.jsonl")
    assert done.returncode == 0
    assert "the last of 2 runs in the file" in done.stdout


@pytest.mark.slow
def test_two_runs_at_once_in_one_journal_are_told_apart(
    docpact: Docpact, served: Served, tmp_path: Path
) -> None:
    for name, api in (("one", CANCELLED), ("other", Api(make_jobs(12)))):
        docpact("check", "--target", served(api).url, "--journal", f"{name}.jsonl")
    one, other = (
        (tmp_path / f"{name}.jsonl").read_text().splitlines() for name in ("one", "other")
    )
    for first, second, code in ((one, other, 0), (other, one, 1)):
        mixed = [line for pair in zip_longest(first, second, fillvalue="") for line in pair]
        (tmp_path / "mixed.jsonl").write_text("\n".join(mixed))
        (tmp_path / "alone.jsonl").write_text("\n".join(second))
        for name in ("mixed", "alone"):
            done = docpact("check", "--replay", f"{name}.jsonl", "--json", f"{name}.json")
            assert done.returncode == code, done.stdout
        documents = [
            json.loads((tmp_path / f"{name}.json").read_text()) for name in ("mixed", "alone")
        ]
        assert documents[0]["promises"] == documents[1]["promises"]


@pytest.mark.slow
def test_a_journal_without_run_ids_is_read_as_before(
    docpact: Docpact, served: Served, tmp_path: Path
) -> None:
    docpact("check", "--target", served(CANCELLED).url, "--journal", "j.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "j.jsonl").read_text().splitlines()]
    (run,) = {line.pop("run") for line in lines}
    assert re.fullmatch("[0-9a-f]{8}", run)
    (tmp_path / "j.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = docpact("check", "--replay", "j.jsonl")
    assert done.returncode == 1
    assert "the recorded run was cut short" not in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("torn", "has_runs"),
    [
        ('{"at": "2026', True),
        ("{", True),
        ('{"ended": ""}', True),
        ('{"docpact jour', True),
        ('{"docpact jour', False),
        ("{", False),
    ],
)
def test_a_run_after_an_incomplete_line_begins_on_a_new_line(
    docpact: Docpact, tmp_path: Path, torn: str, has_runs: bool
) -> None:
    if has_runs:
        docpact("check", "--journal", "j.jsonl")
    with (tmp_path / "j.jsonl").open("a") as file:
        file.write(torn)
    assert docpact("check", "--journal", "j.jsonl").returncode == 0
    remark = "1 incomplete line left out: the run that wrote it was cut short"
    for command in (["check", "--replay"], ["audit", "--workers", "1"]):
        done = docpact(*command, "j.jsonl")
        assert done.returncode == 0, done.stdout + done.stderr
        assert (remark in " ".join(done.stdout.split())) == (not torn.endswith("}"))
    assert docpact("export", "har", "j.jsonl", "--out", "j.har").returncode == 0


def test_an_incomplete_line_at_the_end_of_a_part_is_left_out(tmp_path: Path) -> None:
    start = START.encode()
    torn = b'{"at": "2026\n'
    (tmp_path / "j.jsonl").write_bytes(start + torn + start)
    whole = Part(str(tmp_path / "j.jsonl"), 0, 0, len(start + torn), 0, "lines")
    assert [record for _, record in read_traffic(whole, LIST)] == [BadRecord(is_last=False)]
    assert not [*read_traffic(replace(whole, start=whole.end or 0, end=None), LIST)]


def test_rules_that_only_our_own_requests_can_test_are_named() -> None:
    assert replay(LIST, Recording("nothing", ())).remarks[0] == (
        "recorded traffic cannot test: query.rejects, filter.unknown, paging.foreign_token, "
        "auth.missing, auth.wrong, auth.malformed, auth.cookie, "
        "auth.redirect, auth.echo, protocol.methods"
    )


@pytest.mark.slow
def test_a_journal_and_its_har_have_the_same_findings(
    docpact: Docpact, served: Served, tmp_path: Path
) -> None:
    docpact("check", "--target", served(CANCELLED).url, "--journal", "j.jsonl", "--json", "a.json")
    assert docpact("export", "har", "j.jsonl", "--out", "j.har").returncode == 0
    done = docpact("check", "--replay", "j.har", "--json", "b.json")
    assert done.returncode == 1
    assert findings(tmp_path / "b.json") == findings(tmp_path / "a.json")
    named = "query.rejects, filter.unknown, paging.foreign_token, auth.missing"
    assert f"recorded traffic cannot test: {named}" in " ".join(done.stdout.split())
    log = json.loads((tmp_path / "j.har").read_text())["log"]
    journal = [json.loads(line) for line in (tmp_path / "j.jsonl").read_text().splitlines()[1:-1]]
    assert [each["request"]["url"] for each in log["entries"]] == [
        line["request"]["url"] for line in journal
    ]


@pytest.mark.slow
@pytest.mark.parametrize("unusual", UNUSUAL[::25], ids=lambda unusual: unusual.name)
def test_recorded_traffic_of_a_correct_server_has_no_finding(
    docpact: Docpact, served: Served, tmp_path: Path, unusual: Any
) -> None:
    url = served(unusual.twist(Api(make_jobs(60)))).url
    live = docpact("check", "--target", url, "--journal", "j.jsonl")
    assert live.returncode == 0
    docpact("export", "har", "j.jsonl", "--out", "j.har")
    done = docpact("check", "--replay", "j.har")
    assert done.returncode == 0, done.stdout


@pytest.mark.sampled(3)
@pytest.mark.parametrize("kind", ["yaml", "json"])
@pytest.mark.parametrize(("api", "code"), [(Api(make_jobs(30)), 0), (CANCELLED, 1)])
def test_a_cassette_that_vcrpy_wrote(
    docpact: Docpact, served: Served, tmp_path: Path, kind: str, api: Api, code: int
) -> None:
    url = served(api).url
    more: dict[str, str] = {}
    recorder = vcr.VCR(serializer=kind, filter_headers=["authorization"])
    with (
        recorder.use_cassette(str(tmp_path / "cassette")),
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {KEY}"}) as client,
    ):
        for _ in range(4):
            page = client.get(PATH, params={"page_size": "10", **more}).json()
            if "next_page_token" not in page:
                break
            more = {"page_token": page["next_page_token"]}
        client.get(PATH, params={"status": "FAILED"})
        client.get("/api/v2/other")
    done = docpact("check", "--replay", "cassette", "--json", "run.json")
    assert done.returncode == code, done.stdout + done.stderr
    assert "1 exchange of other operations left out" in done.stdout
    judged = {
        p["rule"]: p["judged"] for p in json.loads((tmp_path / "run.json").read_text())["promises"]
    }
    assert judged["paging.ends"] > 0
    assert judged["filter.selects"] > 0


@pytest.mark.parametrize("command", [("check", "--replay"), ("audit",)])
def test_a_bad_record_is_left_out_and_named(
    docpact: Docpact, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "calls").write_text(json.dumps(flat(2)) + "\nnothing\n" + json.dumps(flat(3)))
    done = docpact(*command, "calls")
    assert "2 exchanges of GET" in done.stdout
    assert "1 exchange left out: calls:2: not JSON: Expecting value" in done.stdout


def test_ambiguous_recorded_requests_expect_nothing() -> None:
    file = Path(__file__).parent / "refused.har"
    recording = read_recording([str(file)], LIST)
    assert [e.case.expectation.answer.value for e in recording.exchanges] == ["unspecified"] * 3
    assert "1 response with 401, 403, 404 or 407 left out" in " ".join(recording.remarks)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no exchange of GET /api/v2/classify is recorded"),
        ("{", "no exchange of GET /api/v2/classify is recorded"),
        ("{\n", ":1: a document in several lines"),
        ("a: [", ":1: not JSON"),
        ("interactions: [", "not YAML"),
        ("interactions: !!python/object/apply:os.system ['touch pwned']", "not YAML"),
        ('{"log": {}}', "#/log/entries: a list"),
        ('{"log": {"entries": [{}]}}', "#/log/entries/0: not an entry"),
        ('{"log": {"entries": []}}', "no exchange of GET /api/v2/classify is recorded"),
        ('{"interactions": [3]}', "#/interactions/0: not an interaction"),
        (START.replace(LIST.id, "x/y"), ":1: a journal of x/y"),
        ('{"docpact journal": 9}\n', ":1: a journal of format 9"),
        ('{"docpact journal": 2}\n', ":1: not a line of a journal"),
        (START + '{"case": 1}\n', ":2: not a line of a journal"),
        (START + "nothing\n", ":2: not JSON"),
        (START + '{"body": "{}"}\n', "recorded: a journal with lines of another kind in it"),
        ('{"ended": ""}\n' + START, "recorded: a journal is one whole run"),
    ],
)
def test_a_broken_recording_is_one_clear_line(
    docpact: Docpact, tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "recorded").write_text(text)
    done = docpact("check", "--replay", "recorded")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert says in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["recorded"]


def flat(jobs: int, **fields: Any) -> dict[str, Any]:
    """Return the record of a response with some jobs."""
    page = sample_page(LIST, sample_items(LIST, jobs))
    return {"url": f"{PATH}?page_size=50", "status": 200, "body": json.dumps(page), **fields}


def lines(*records: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def columns(*records: dict[str, Any]) -> bytes:
    out = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(list(records)), out)
    return out.getvalue().to_pybytes()  # type: ignore[no-any-return]


HEADERS = {"content-type": "application/json"}


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "content",
    [
        lines(flat(2, headers=HEADERS), flat(2)),
        gzip.compress(lines(flat(2, headers=HEADERS), flat(2))),
        zstandard.compress(lines(flat(2), flat(2))),
        columns(flat(2), flat(2)),
    ],
    ids=["lines", "gzip", "zstd", "Parquet"],
)
def test_a_replay_reads_every_format_that_an_audit_reads(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "calls").write_bytes(content)
    recording = read_recording([str(tmp_path / "ca*")], LIST)
    assert recording.remarks == ("2 exchanges of GET /api/v2/classify",)
    assert recording.target == "https://api.cloud.llamaindex.ai"
    run = replay(LIST, recording)
    assert run.findings == ()
    tested = {result.promise.rule for result in run.results if result.observations}
    assert tested >= {"response.json", "paging.ends"}


def test_an_audit_and_a_replay_leave_out_the_same(docpact: Docpact, tmp_path: Path) -> None:
    records = [flat(2), flat(1), flat(1, status=401), {"url": "/other", "body": "{}"}]
    (tmp_path / "calls").write_bytes(lines(*records) + b'{"body": "{')
    remarks = """REMARKS
  2 exchanges of GET /api/v2/classify
  1 exchange of other operations left out
  1 response with 401, 403, 404 or 407 left out: a recording does not show who
    asked
  1 incomplete last line left out
"""
    for command in (["check", "--replay"], ["audit"]):
        done = docpact(*command, "calls")
        assert done.returncode == 0
        assert remarks in done.stdout


def test_an_entry_with_an_invalid_url_is_left_out(docpact: Docpact, tmp_path: Path) -> None:
    (tmp_path / "calls").write_bytes(lines(flat(2), flat(2, url="http://[bad/")))
    for command in (["check", "--replay"], ["audit"]):
        done = docpact(*command, "calls")
        assert done.returncode == 0, done.stderr
        assert "1 exchange left out: the URL is invalid" in done.stdout


def test_several_sources_are_one_recording(docpact: Docpact, tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl", "c"):
        (tmp_path / name).write_bytes(lines(flat(2), {"url": "/other", "body": "{}"}))
    done = docpact("check", "--replay", "*.jsonl", "--replay", "c")
    assert done.returncode == 0, done.stdout
    assert "on 3 files, recorded from https://api.cloud.llamaindex.ai" in done.stdout
    assert "3 exchanges of GET /api/v2/classify" in done.stdout
    assert "3 exchanges of other operations left out" in done.stdout


@pytest.mark.slow
def test_a_replay_reads_standard_input(tmp_path: Path) -> None:
    done = subprocess.run(
        [*DOCPACT, "check", "--replay", "-"],
        input=gzip.compress(lines(flat(2))),
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"on standard input, recorded from" in done.stdout


def test_a_journal_is_replayed_by_itself(docpact: Docpact, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(lines(flat(1)))
    (tmp_path / "b").write_text(START)
    for first, second in ("ab", "ba"):
        done = docpact("check", "--replay", first, "--replay", second)
        assert done.returncode == 2
        assert done.stderr == (
            "docpact: b: a journal is one whole run: replay it by itself, from its first line\n"
        )


@pytest.mark.slow
def test_a_compressed_journal_is_a_journal(docpact: Docpact, tmp_path: Path) -> None:
    docpact("check", "--journal", "j.jsonl")
    (tmp_path / "j.gz").write_bytes(gzip.compress((tmp_path / "j.jsonl").read_bytes()))
    plain, packed = (read_recording([str(tmp_path / f"j.{e}")], LIST) for e in ("jsonl", "gz"))
    assert replace(packed, name="") == replace(plain, name="")
    assert packed.planned


def test_headers_that_were_not_recorded_break_no_promise(tmp_path: Path) -> None:
    (tmp_path / "calls").write_bytes(lines(flat(2), flat(2, headers={"content-type": "text/html"})))
    run = replay(LIST, read_recording([str(tmp_path / "calls")], LIST))
    (finding,) = run.findings
    assert finding.rule == "response.content_type"
    assert (finding.count, finding.observations) == (1, 1)


def test_a_journal_of_the_first_format_is_read(tmp_path: Path) -> None:
    file = Path(__file__).parent / "format1.jsonl"
    exchanges = read_recording([str(file)], LIST).exchanges
    size = Question((("page_size", "2"),))
    accepted = Expected.ACCEPTED
    onward = Visit(2, (("page_size", "2"), ("page_token", "t")), 0, 7)
    assert [each.case for each in exchanges] == [
        Case("no credentials", Question(credentials="none"), Expectation(Expected.REJECTED)),
        Case("page_size=2", size, Expectation(accepted, "page_size", "type"), 9, Visit(sequence=7)),
        Case("page_size=2", size, Expectation(accepted, "page_token", "type"), 9, onward),
    ]
    assert exchanges[1].request.headers == (("Authorization", "Bearer $LLAMA_CLOUD_API_KEY"),)
    assert exchanges[2].failure == Failure("timeout", "no answer in 30 s")


@pytest.mark.sampled(2)
@pytest.mark.parametrize("content", ["{}\n", "[]", "docpact"])
def test_no_journal_is_added_to_another_file(
    docpact: Docpact, tmp_path: Path, content: str
) -> None:
    (tmp_path / "run.json").write_text(content)
    done = docpact("check", "--journal", "run.json")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "run.json: not a journal; name another file" in done.stderr
    assert (tmp_path / "run.json").read_text() == content


def test_no_report_replaces_the_document(docpact: Docpact, tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(json.dumps(DOCUMENT))
    done = docpact("check", "api.json", "--json", "api.json")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--json api.json: the document has this name already" in done.stderr
    assert json.loads((tmp_path / "api.json").read_text()) == DOCUMENT


PLAIN = """
import sys
sys.modules.update(dict.fromkeys(["ijson", "orjson", "numpy", "pyarrow", "backports.zstd"]))
from docpact.cli import main
sys.exit(main(["check", "--replay", "calls"]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lines", "gzip", "har"])
def test_a_replay_needs_no_extra(tmp_path: Path, kind: str) -> None:
    har = json.dumps(json.loads((Path(__file__).parent / "refused.har").read_text())).encode()
    content = {"lines": lines(flat(2)), "gzip": gzip.compress(lines(flat(2))), "har": har}[kind]
    (tmp_path / "calls").write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", PLAIN], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    is_refused = kind == "har"
    assert done.returncode == (3 if is_refused else 0), done.stderr
    assert "of GET /api/v2/classify" in done.stdout


def test_a_replay_sends_nothing(docpact: Docpact, served: Served) -> None:
    server = served(Api(make_jobs(3)))
    docpact("check", "--target", server.url, "--journal", "j.jsonl")
    asked = len(server.requests)
    done = docpact("check", "--replay", "j.jsonl", "--target", server.url)
    assert (done.returncode, len(server.requests)) == (2, asked)
    assert "leave out --target" in done.stderr


def test_a_full_disk_is_one_clear_line_after_the_verdict(docpact: Docpact) -> None:
    done = docpact("check", QUICK, "--journal", "/dev/full")
    assert done.returncode == 2
    assert done.stderr == "docpact: --journal /dev/full: No space left on device\n"
    assert "conforms:" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("lines", [1, 20])
def test_a_disk_that_fills_up_during_a_run(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    lines: int,
) -> None:
    written: list[bytes] = []

    def append(_: Path, content: bytes) -> None:
        if len(written) == lines:
            raise OSError(ENOSPC, "No space left on device")
        written.append(content)

    monkeypatch.setattr(journal, "_append", append)
    file = tmp_path / "journal.jsonl"
    assert main(["check", "--journal", str(file)]) == 2
    out, err = capfd.readouterr()
    assert "conforms:" in out
    assert err == f"docpact: --journal {file}: No space left on device\n"
