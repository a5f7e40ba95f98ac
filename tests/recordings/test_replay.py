"""Recorded traffic under the rules of a live run: our journal, HAR, and cassettes of vcrpy."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr  # type: ignore[import-untyped]
from command import CANCELLED, DOCPACT, Docpact, environment
from servers.broken import BROKEN
from servers.jobs import make_jobs
from servers.loopback import Answer, Request, Server
from servers.reference import KEY, PATH, Api
from servers.unusual import UNUSUAL

import docpact as package
from docpact.targets.concurrency import CONNECTIONS
from docpact.traffic.recordings import read

Served = Callable[[Any], Server]
LIST = package.load("llamacloud/list_classify_jobs")


def findings(file: Path) -> list[tuple[str, str, str]]:
    told = json.loads(file.read_text())["findings"]
    return [(each["rule"], each["location"], each["fingerprint"]) for each in told]


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
    assert "the last line is not whole, and left out" in torn.stdout


def test_the_last_run_of_a_journal_counts(docpact: Docpact, served: Served) -> None:
    for api in (CANCELLED, Api(make_jobs(12))):
        docpact("check", "--target", served(api).url, "--journal", "j.jsonl")
    done = docpact("check", "--replay", "j.jsonl")
    assert done.returncode == 0
    assert "the last of 2 runs in the file" in done.stdout


def test_a_journal_becomes_har_that_says_the_same(
    docpact: Docpact, served: Served, tmp_path: Path
) -> None:
    docpact("check", "--target", served(CANCELLED).url, "--journal", "j.jsonl", "--json", "a.json")
    assert docpact("export", "har", "j.jsonl", "--out", "j.har").returncode == 0
    done = docpact("check", "--replay", "j.har", "--json", "b.json")
    assert done.returncode == 1
    assert findings(tmp_path / "b.json") == findings(tmp_path / "a.json")
    assert "a recording cannot tell: query.rejects, auth.missing" in " ".join(done.stdout.split())
    log = json.loads((tmp_path / "j.har").read_text())["log"]
    journal = [json.loads(line) for line in (tmp_path / "j.jsonl").read_text().splitlines()[1:-1]]
    assert [each["request"]["url"] for each in log["entries"]] == [
        line["request"]["url"] for line in journal
    ]


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


def test_nothing_is_expected_of_what_a_recording_cannot_tell() -> None:
    file = Path(__file__).parent / "refused.har"
    recording = read(file, LIST)
    assert [e.case.expectation.answer.value for e in recording.exchanges] == ["unspecified"] * 3
    assert "1 answer of 401, 403, 404 or 407 left out" in " ".join(recording.remarks)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "neither a journal of docpact, nor HAR, nor a cassette"),
        ("{", "no JSON"),
        ("a: [", "no YAML"),
        ("!!python/object/apply:os.system ['touch pwned']", "no YAML"),
        ('{"log": {}}', "#/log/entries: a list"),
        ('{"log": {"entries": [{}]}}', "#/log/entries/0: no entry"),
        ('{"log": {"entries": []}}', "no exchange of GET /api/v2/classify is recorded"),
        ('{"interactions": [3]}', "#/interactions/0: no interaction"),
        ('{"docpact journal": 2, "operation": "x/y"}\n', "a journal of x/y"),
        ('{"docpact journal": 9}\n', "no journal of format 2"),
        ('{"docpact journal": 2}\n{"case": 1}\n', ":2: no exchange of a journal"),
        ('{"docpact journal": 2}\nnothing\n', ":2: no line of a journal"),
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


def test_a_replay_sends_nothing(docpact: Docpact, served: Served) -> None:
    server = served(Api(make_jobs(3)))
    docpact("check", "--target", server.url, "--journal", "j.jsonl")
    asked = len(server.requests)
    done = docpact("check", "--replay", "j.jsonl", "--target", server.url)
    assert (done.returncode, len(server.requests)) == (2, asked)
    assert "leave out --target" in done.stderr


def test_a_disk_that_is_full_is_one_clear_line(docpact: Docpact) -> None:
    done = docpact("check", "--journal", "/dev/full")
    assert done.returncode == 2
    assert "--journal /dev/full: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_yaml_extra_is_named_where_it_is_missing(tmp_path: Path) -> None:
    (tmp_path / "yaml.py").write_text("raise ModuleNotFoundError('yaml')")
    (tmp_path / "cassette").write_text("interactions: []")
    done = subprocess.run(
        [sys.executable, *DOCPACT[1:], "check", "--replay", "cassette"],
        cwd=tmp_path,
        env={**environment(None), "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'docpact[yaml]'" in done.stderr
