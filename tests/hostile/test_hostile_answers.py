"""Hostile servers: no crash, no hang past the limits, bounded memory, nothing interpreted."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from xml.etree.ElementTree import fromstring

import pytest
from command import DOCPACT, environment
from hostile.raw import TEXTS, answer, bomb, hostile, page, serving, written
from servers.client import CREDENTIALS
from servers.jobs import make_jobs
from servers.loopback import Answer, Request, Server
from servers.reference import JSON, KEY, PATH, Api
from sizes import examples, sample

import docpact
from docpact.conformance import Session, open_target
from docpact.model import ApiRun, Case, Exchange, HistoryEntry, Run
from docpact.model.history import build_timelines
from docpact.reports import document, github, history_report, junit, markdown, sarif, terminal
from docpact.reports import page as html
from docpact.reports.view import Report
from docpact.rules import gather, judge
from docpact.targets.connections import RequestBudget
from docpact.targets.http import HttpTarget

LIST = docpact.load("llamacloud/list_classify_jobs")
CASE = Case("no parameters")
Send = Callable[[bytes], None]


@contextmanager
def target(url: str, patience: float = 20.0) -> Iterator[HttpTarget]:
    request_budget = RequestBudget(budget=10**6, rate=10**6)
    with open_target(LIST, url, key=KEY, request_budget=request_budget) as opened:
        yield replace(opened, sleep=lambda _: None, patience=patience)


def printed(run: Run) -> str:
    """Return the output of a run that a terminal or a runner reads."""
    view, entries = Report(ApiRun.of(run), "1"), [HistoryEntry(1, run.verdict(), run)]
    texts = [
        terminal.render(view),
        history_report.render(entries, build_timelines(entries)),
        history_report.render_news([(entries, build_timelines(entries))]),
        github.render(view),
        markdown.render(view),
    ]
    return "\n".join(texts)


def check_files(run: Run) -> None:
    """Read each file of a run as its readers do; none holds a control or a mark of direction."""
    view, entries = Report(ApiRun.of(run), "1"), [HistoryEntry(1, run.verdict(), run)]
    page = html.render_history(entries, build_timelines(entries), version="1")
    files = [document.render(view), sarif.render(view)]
    assert [json.loads(text) for text in files]
    assert all(text.isascii() for text in files)
    assert fromstring(junit.render(view)).tag == "testsuites"
    assert page.count("<script>") == page.count("</script>") == 1
    assert all(char.isprintable() or char == "\n" for text in (*files, page) for char in text)


def inert(text: str) -> bool:
    """Return whether nothing in a text steers a terminal or commands a runner."""
    lines = [line.strip() for line in text.split("\n")]
    commands = [line for line in lines if line.startswith("::") and "::" in line[2:]]
    own = ("::error title=", "::warning title=", "::notice title=")
    return (
        all(char.isprintable() or char == "\n" for char in text)
        and "##[" not in text
        and all(command.startswith(own) for command in commands)
    )


def test_no_answer_breaks_the_target_or_the_rules(pytestconfig: pytest.Config) -> None:
    count = 10_000 if pytestconfig.getoption("--whole-zoo") else examples(400)
    rng = random.Random(20261124)
    kept: list[Exchange] = []

    def script(send: Send, _: Event) -> None:
        send(hostile(rng))

    with serving(script) as url, target(url) as opened:
        while opened.request_budget.spent < count:
            kept += opened.send(CASE, "survey")
    assert {exchange.failure.kind for exchange in kept if exchange.failure} <= {
        *("unreachable", "cut", "encoding", "size", "timeout")
    }
    for start in range(0, len(kept), 500):
        some = kept[start : start + 500]
        breaches = [b for j in judge(gather(LIST, some)) for b in j.breaches]
        assert breaches


def test_nothing_that_a_server_says_is_interpreted(pytestconfig: pytest.Config) -> None:
    runs = 40 if pytestconfig.getoption("--whole-zoo") else 1
    for seed in range(runs):
        rng = random.Random(seed)
        api = Api(make_jobs(30))

        def handler(request: Request, rng: random.Random = rng, api: Api = api) -> Answer:
            good = api(request)
            if request.number < 3 or good.status != 200 or rng.random() < 0.6:
                return good
            text = rng.choice(TEXTS).encode("ascii", "ignore").decode()
            clean = "".join(char for char in text if char.isprintable())
            return Answer(200, (*JSON, ("X-Odd", clean)), written(page(rng)))

        with Server(handler) as server, target(server.url) as opened:
            run = Session(opened, seed).run()
        assert run.findings
        assert inert(printed(run))
        check_files(run)


PIECES = 2000
"""A hostile server that is not hung up on ends its answer after so many pieces, 100 s or 32 MB."""


@pytest.mark.sampled(4)
@pytest.mark.parametrize("kind", ["drip of a body", "drip of headers", "silence", "endless"])
def test_no_answer_takes_longer_than_its_limit(kind: str) -> None:
    def script(send: Send, over: Event) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        if kind == "drip of headers":
            send(b"HTTP/1.1 200 OK\r\nX: ")
        elif kind == "endless":
            send(head + b"Transfer-Encoding: chunked\r\n\r\n")
        elif kind == "drip of a body":
            send(head + b"Content-Length: 9999\r\n\r\n")
        for _ in range(PIECES):
            if over.wait(0 if kind == "endless" else 0.05):
                return
            if kind != "silence":
                send(b"4000\r\n" + b" " * 0x4000 + b"\r\n" if kind == "endless" else b" ")

    with serving(script) as url, target(url, patience=0.6) as opened:
        *_, last = opened.send(CASE)
    assert last.failure is not None
    assert last.failure.kind in (("size", "timeout") if kind == "endless" else ("timeout",))


@pytest.mark.slow
def test_after_a_response_that_was_too_late_the_next_one_gets_half_the_time() -> None:
    drips = iter([True, True, False, True])

    def script(send: Send, over: Event) -> None:
        if not next(drips):
            send(answer(b"{}"))
            return
        while not over.wait(0.05):
            send(b"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n")

    with serving(script) as url, target(url, patience=1) as opened:
        failures = [opened.send(CASE)[-1].failure for _ in range(4)]
    assert [failure and failure.message for failure in failures] == [
        "the response did not end within 1 seconds",
        "the response did not end within 0.5 seconds",
        None,
        "the response did not end within 1 seconds",
    ]


def test_redirects_share_the_time_of_one_response() -> None:
    """Of four addresses the last one answers after the time that each of them has left."""
    delays = iter([0.3, 0.3, 0.3, 0.3])

    def script(send: Send, over: Event) -> None:
        over.wait(next(delays))
        send(answer(b"", "Location: /elsewhere", status="302 Found"))

    with serving(script) as url, target(url, patience=0.9) as opened:
        *_, last = opened.send(CASE)
    assert last.failure is not None
    assert last.failure.message == "the response did not end within 0.9 seconds"
    assert 0 < len(last.redirects) < 4


MEMORY = """
import resource, sys
sys.path.insert(0, sys.argv[3])
from hostile.test_hostile_answers import CASE, target
with target(sys.argv[1]) as opened:
    opened.send(CASE)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kinds = {opened.send(CASE)[-1].failure.kind for _ in range(int(sys.argv[2]))}
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(",".join(sorted(kinds)), (after - before) // 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("layers", sample([4, 1, 2], 3))
def test_a_bomb_takes_no_more_memory_than_a_body_may(layers: int) -> None:
    """128 MiB in 128 KiB or less; a body may be 16 MiB long, and is copied once or twice."""
    packed = bomb(layers, 1 << 27)
    answers = iter([answer(b"{}")])

    def script(send: Send, _: Event) -> None:
        send(next(answers, packed))

    tests = Path(__file__).parents[1]
    with serving(script) as url:
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, url, "2", str(tests)],
            capture_output=True,
            text=True,
            check=True,
        )
    kinds, megabytes = done.stdout.split()
    assert kinds == "size"
    assert int(megabytes) < 100


@pytest.mark.slow
def test_a_whole_run_against_a_hostile_server_ends_with_a_verdict(tmp_path: Path) -> None:
    rng = random.Random(7)
    begun = iter(range(3))
    api = Api(make_jobs(20))

    def script(send: Send, _: Event) -> None:
        if next(begun, None) is not None:
            send(answer(api(Request("GET", PATH, headers=CREDENTIALS)).body))
        else:
            send(hostile(rng))

    files = ["--json", "a.json", "--junit", "a.xml", "--journal", "a.jsonl"]
    files += ["--history", "a.sqlite"]
    with serving(script) as url:
        done = subprocess.run(
            [*DOCPACT, "check", "--target", url, *files],
            cwd=tmp_path,
            env=environment(KEY),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode in (1, 3), done.stderr
    assert done.stderr == ""
    assert inert(done.stdout)
    fromstring((tmp_path / "a.xml").read_text())
    assert json.loads((tmp_path / "a.json").read_text())["requests"] > 5
