"""However an audit is divided, and whoever does the work, it finds the same."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path

import pytest
from audit.answers import OPERATION, body, lines, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sizes import examples

from docpact.audit import Summary
from docpact.audit.executors import processes
from docpact.audit.work import Task, summarize
from docpact.errors import Inconclusive, UsageError
from docpact.traffic import split_sources

COUNT = 200
SMALL = 16 * 1024


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("traffic") / "answers.jsonl", COUNT)


@pytest.fixture(scope="module")
def whole(traffic: Path) -> Summary:
    return summarize(Task.of(OPERATION), split_sources([str(traffic)]), silent)


def silent(size: int, records: int) -> None:
    del size, records


def test_the_traffic_has_every_kind_of_difference(whole: Summary) -> None:
    assert whole.counts["exchanges"] == COUNT
    assert {key.rule for key in whole.breaches} == {
        "response.enum",
        "response.undocumented_field",
        "response.type",
        "response.format",
        "response.consistency",
    }


@pytest.mark.slow
@settings(max_examples=examples(20), suppress_health_check=list(HealthCheck))
@given(size=st.integers(3000, 200_000))
def test_the_size_of_parts_changes_nothing(traffic: Path, whole: Summary, size: int) -> None:
    assert summarize(Task.of(OPERATION), split_sources([str(traffic)], size), silent) == whole


def test_values_that_a_server_invents_are_not_kept(tmp_path: Path) -> None:
    sizes = []
    for count in (1, 200):
        odd = re.compile(rb'"status": "\w+"')
        pages = (odd.sub(b'"status": "NEW-%d"' % n, body(1, None)) for n in range(count))
        file = tmp_path / "answers.jsonl"
        file.write_text("".join(lines(pages)))
        summary = summarize(Task.of(OPERATION), split_sources([str(file)]), silent)
        (seen,) = (seen for key, seen in summary.breaches.items() if key.rule == "response.enum")
        assert seen.count == count
        sizes.append(len(summary.seen))
    assert sizes[0] == sizes[1]


def test_several_processes_change_nothing(traffic: Path, whole: Summary) -> None:
    progress: list[tuple[int, int]] = []
    with processes(2) as workers:
        found = split_sources([str(traffic)], SMALL)
        summary = summarize(Task.of(OPERATION), found, lambda *each: progress.append(each), workers)
    assert summary == whole
    assert len(found) > 2
    assert (sum(size for size, _ in progress), sum(count for _, count in progress)) == (
        traffic.stat().st_size,
        COUNT,
    )


@pytest.mark.slow
def test_an_unreadable_part_ends_an_audit_in_other_processes(tmp_path: Path) -> None:
    files = [written(tmp_path / f"{number}.jsonl", 3) for number in range(2)]
    files[1].write_text("{nothing}\n")
    with processes(2) as workers, pytest.raises(UsageError, match=r"1\.jsonl"):
        summarize(Task.of(OPERATION), split_sources([*map(str, files)]), silent, workers)


@pytest.mark.parametrize("is_noticed", [False, True])
def test_a_killed_worker_leaves_no_verdict(traffic: Path, is_noticed: bool) -> None:
    with processes(1) as workers:
        os.kill(workers.executor.submit(os.getpid).result(), signal.SIGKILL)
        if is_noticed:
            with suppress(BrokenProcessPool):
                workers.executor.submit(os.getpid).result()
        with pytest.raises(Inconclusive, match="a worker ended before its work"):
            summarize(Task.of(OPERATION), split_sources([str(traffic)], SMALL), silent, workers)


def test_a_worker_imports_only_what_it_needs() -> None:
    code = "import sys, docpact.audit.work; print({'hypothesis', 'httpx'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_workers_end_with_the_process_that_started_them() -> None:
    code = (
        "import os, sys, signal\n"
        "from docpact.audit.executors import processes\n"
        "if __name__ == '__main__':\n"
        "    with processes(1) as workers:\n"
        "        print(workers.executor.submit(os.getpid).result(), flush=True)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    # The worker holds the other end of these pipes, which end with it.
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    assert ended.stdout.strip().isdecimal()
