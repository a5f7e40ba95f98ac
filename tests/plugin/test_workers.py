"""The conformance suite on several workers of pytest-xdist: one run, whoever of them makes it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest
from command import CANCELLED, docpact, environment, served
from servers.defects import error
from servers.jobs import make_jobs
from servers.loopback import Answer, Handler, Request, Server
from servers.reference import KEY, Api

from docpact.databases import LOST, share
from docpact.errors import Inconclusive, UsageError
from docpact.model import ApiRun

pytest.importorskip("xdist", reason="pytest-xdist is not installed")

__all__ = ["docpact", "served"]

Served = Callable[[Handler], Server]
SUITE = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--pyargs"]


@dataclass(frozen=True, slots=True)
class Suite:
    """Runs the suite in a folder."""

    folder: Path

    def __call__(self, url: str, *args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*SUITE, "docpact.contract_tests", "-rA", f"--docpact-target={url}", *args],
            cwd=self.folder,
            env=environment(KEY),
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path)


def outcomes(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what became of each test, in no order."""
    return sorted(re.findall(r"^(?:PASSED|FAILED|SKIPPED|ERROR) .*$", done.stdout, re.MULTILINE))


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Return the section that tells of the run, without its times and the port."""
    (section,) = re.findall(r"^=+ docpact llama.*?^=+ ", done.stdout, re.MULTILINE | re.DOTALL)
    return re.sub(r"in [0-9.]+ s|127.0.0.1:\d+|=+", "", section)


def asked(server: Server) -> list[str]:
    return sorted(request.target for request in server.requests)


@pytest.mark.slow
def test_several_workers_make_the_run_that_one_process_makes(
    suite: Suite, served: Served, tmp_path: Path
) -> None:
    alone = served(CANCELLED)
    one = suite(alone.url, "-n", "0")
    together = served(CANCELLED)
    many = suite(together.url, "-n", "3", "--docpact-journal=j.jsonl")
    assert (one.returncode, many.returncode) == (1, 1)
    assert asked(together) == asked(alone)
    assert (outcomes(many), said(many)) == (outcomes(one), said(one))
    journal = (tmp_path / "j.jsonl").read_text().splitlines()
    begun = [line for line in journal if "docpact journal" in json.loads(line)]
    assert (len(begun), len(journal)) == (1, len(together.requests) + 2)


@pytest.mark.slow
def test_only_what_is_chosen_is_asked_for_and_the_budget_holds(
    suite: Suite, served: Served
) -> None:
    server = served(Api(make_jobs(30)))
    done = suite(server.url, "-n", "2", "-k", "test_auth or test_query", "--docpact-budget=25")
    assert (done.returncode, 20 < len(server.requests) <= 25) == (3, True)
    assert "the budget of 25 requests is too small" in " ".join(said(done).split())


@pytest.mark.slow
def test_nobody_there_is_inconclusive(suite: Suite, served: Served) -> None:
    server = served(lambda _: error(503, Retry_After="0"))
    done = suite(server.url, "-n", "2")
    assert (done.returncode, len(server.requests)) == (3, 8)
    assert "inconclusive: " in said(done)


@pytest.mark.slow
def test_the_mock_is_not_live_on_several_workers_either(suite: Suite) -> None:
    assert suite("mock", "-n", "2", "--docpact-require-live").returncode == 3


@pytest.mark.slow
def test_a_usage_error_is_shown_once_and_sends_nothing(suite: Suite) -> None:
    done = suite("nonsense", "-n", "2")
    assert done.returncode == 2
    assert done.stdout.count("--docpact-target nonsense: give `mock` or a URL") == 1


@pytest.mark.slow
def test_a_worker_that_is_killed_at_the_run_leaves_no_second_one(
    suite: Suite, served: Served, tmp_path: Path
) -> None:
    api, killed = Api(make_jobs(30)), Event()

    def handle(request: Request) -> Answer:
        if request.number == 9:
            (line,) = (tmp_path / "pid").read_text().splitlines()
            os.kill(int(line), signal.SIGKILL)
            killed.set()
        return api(request)

    (tmp_path / "says_who.py").write_text(
        "import os, pathlib\n"
        "import docpact.conformance.opening as start\n"
        "plain = start.base_url\n"
        "def noted(*args):\n"
        "    with pathlib.Path('pid').open('a') as file:\n"
        "        file.write(f'{os.getpid()}\\n')\n"
        "    return plain(*args)\n"
        "start.base_url = noted\n"
    )
    server = served(handle)
    done = suite(server.url, "-n", "2", "-p", "says_who", "--docpact-connections=1")
    assert killed.is_set()
    assert (done.returncode, len(server.requests)) == (3, 10)
    assert LOST in " ".join(said(done).split())


RUN = ApiRun("toys/lamps", "mock", ())


def test_whoever_comes_later_gets_the_run_of_the_first(tmp_path: Path) -> None:
    made = [share(tmp_path / "run", lambda: RUN), share(tmp_path / "run", lambda: 1 / 0)]
    assert made == [RUN, RUN]


def test_whoever_comes_later_gets_the_error_of_the_first(tmp_path: Path) -> None:
    def fail() -> ApiRun:
        raise UsageError("no URL")

    for make in (fail, lambda: RUN):
        with pytest.raises(UsageError, match="no URL"):
            share(tmp_path / "run", make)


def test_a_run_that_was_begun_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        share(tmp_path / "run", lambda: 1 / 0)
    with pytest.raises(Inconclusive, match=LOST):
        share(tmp_path / "run", lambda: RUN)
