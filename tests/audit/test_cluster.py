"""The same audit on a real Dask cluster, one of whose workers is killed on the way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from audit.answers import OPERATION, written
from command import Docpact, is_running

from docpact.audit.executors import cluster
from docpact.audit.work import Task, summarize
from docpact.traffic import split_sources

SMALL = 16 * 1024

pytestmark = pytest.mark.slow


@dataclass
class Cluster:
    """A scheduler and its workers, each a process of its own.

    Attributes:
        address: of the scheduler.
        workers: the processes.
    """

    address: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Cluster]:
    """Start a scheduler and two workers on loopback, and wait until they know each other."""
    distributed = pytest.importorskip("distributed")  # slow to import
    file = tmp_path / "scheduler.json"
    quiet = ["--no-dashboard", "--scheduler-file", str(file)]
    module = [sys.executable, "-m", "distributed.cli."]
    scheduler = [*module[:-1], module[-1] + "dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    worker = [*module[:-1], module[-1] + "dask_worker", "--no-nanny", "--nthreads", "1"]
    with ExitStack() as stack:

        def start(command: list[str]) -> subprocess.Popen[bytes]:
            process = stack.enter_context(
                subprocess.Popen(
                    [*command, *quiet],
                    cwd=tmp_path,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            stack.callback(process.kill)
            return process

        begun = start(scheduler)
        while not _text(file).strip().endswith("}") and is_running(begun):
            pass
        address = json.loads(_text(file))["address"]
        workers = [start([*worker, "--local-directory", str(tmp_path)]) for _ in range(2)]
        with distributed.Client(address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield Cluster(address, workers)


def test_a_killed_worker_changes_nothing(tmp_path: Path, dask: Cluster) -> None:
    file = written(tmp_path / "answers.jsonl", 400)
    found = split_sources([str(file)], SMALL)
    done: list[int] = []

    def progress(size: int, records: int) -> None:
        done.append(records)
        if len(done) == 3:
            dask.workers[0].kill()

    with cluster(dask.address) as workers:
        assert workers.count == 2
        summary = summarize(Task.of(OPERATION), found, progress, workers)
    assert dask.workers[0].wait() != 0
    assert len(done) == len(found) > 4
    assert summary == summarize(Task.of(OPERATION), found, lambda *_: None)


def test_a_part_that_the_scheduler_lost_is_submitted_again(tmp_path: Path, dask: Cluster) -> None:
    def cancels_itself_once(folder: str) -> str:
        mark = Path(folder, "cancelled")
        if mark.exists():
            return "done"
        mark.touch()
        import distributed

        client = distributed.get_client()
        key = distributed.get_worker().get_current_task()
        client.cancel([distributed.Future(key, client)], force=True)
        distributed.Event("never set").wait(60)
        return "too late"

    with cluster(dask.address) as workers:
        assert workers.executor.submit(cancels_itself_once, str(tmp_path)).result() == "done"


def test_the_command_works_on_a_cluster(tmp_path: Path, docpact: Docpact, dask: Cluster) -> None:
    for name in ("a.jsonl", "b.jsonl.gz"):
        written(tmp_path / name, 50)
    names, common = ["a.jsonl", "b.jsonl.gz"], ["--resume", "kept.sqlite"]
    here = docpact("audit", *(str(tmp_path / name) for name in names), "--json", "here.json")
    there = docpact(
        "audit", *(str(tmp_path / name) for name in names), "--json", "there.json",
        "--scheduler", dask.address, *common,
    )  # fmt: skip
    assert (here.returncode, there.returncode) == (1, 1)
    documents = [json.loads((tmp_path / f"{name}.json").read_text()) for name in ("here", "there")]
    assert documents[0]["findings"] == documents[1]["findings"]


@pytest.mark.parametrize(
    ("address", "why"),
    [("nonsense", "tcp://HOST:PORT is expected"), ("tcp://127.0.0.1:1", "Connection refused")],
)
def test_a_missing_scheduler(tmp_path: Path, docpact: Docpact, address: str, why: str) -> None:
    written(tmp_path / "a.jsonl", 1)
    refused = docpact("audit", "a.jsonl", "--scheduler", address)
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"docpact: --scheduler {address}: no scheduler answers: ")
    assert refused.stderr.count("\n") == 1
    assert why in refused.stderr
