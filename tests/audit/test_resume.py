"""An audit that was killed goes on where it stopped; nothing is lost or counted twice."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from audit.answers import OPERATION, bodies, lines, written
from command import DOCPACT, HEARD, Docpact, is_running
from history.entries import run_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sizes import examples

from docpact.audit import Auditor, Summary, checkpoint
from docpact.audit.checkpoint import Checkpoint, part_key
from docpact.audit.work import BATCH_RECORDS, Task, summarize
from docpact.history.store import record
from docpact.traffic import Part, read_traffic, split_sources

KEPT = "kept.sqlite"


ONE_SAVE: Final = """
import os, pathlib, signal
from docpact.audit.checkpoint import Checkpoint

def save_and_signal(*args, save=Checkpoint.save):
    save(*args)
    try:
        pathlib.Path("saved").touch(exist_ok=False)
    except FileExistsError:
        return
    os.killpg(0, signal.{signal})

Checkpoint.save = save_and_signal
"""
"""A sitecustomize.py that sends all processes of an audit a signal when the first has saved."""


def customized(folder: Path, code: str) -> dict[str, str]:
    """Have all processes begin with some code, and return their environment."""
    (folder / "sitecustomize.py").write_text(code)
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def wait_until_stopped(process: subprocess.Popen[str]) -> None:
    """Wait until SIGSTOP has stopped a process."""
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


def count_rows(file: Path) -> int:
    with closing(sqlite3.connect(file)) as db:
        return int(db.execute("select count(*) from part").fetchone()[0])


def killed(folder: Path, *args: str) -> int:
    """Kill an audit once it has kept something, and return how much it had kept."""
    done = subprocess.run(
        [*DOCPACT, "audit", *args, "--resume", KEPT],
        cwd=folder,
        env=customized(folder, ONE_SAVE.format(signal="SIGKILL")),
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    return count_rows(folder / KEPT)


def read_report(folder: Path, name: str) -> Any:
    """The content of a JSON document, without the time and the duration of the audit."""
    document = json.loads((folder / name).read_text())
    return {key: value for key, value in document.items() if key not in ("started", "seconds")}


@pytest.mark.slow
@pytest.mark.parametrize("names", [("a.jsonl.gz",), ("a.jsonl", "b.jsonl", "c.jsonl")])
def test_a_killed_audit_goes_on(tmp_path: Path, docpact: Docpact, names: Sequence[str]) -> None:
    for name in names:
        written(tmp_path / name, 12_000 // len(names))
    assert killed(tmp_path, *names, "--workers", "2")
    resumed = docpact("audit", *names, "--resume", KEPT, "--json", "resumed.json")
    whole = docpact("audit", *names, "--json", "whole.json")
    assert (resumed.returncode, whole.returncode) == (1, 1)
    assert read_report(tmp_path, "resumed.json") == read_report(tmp_path, "whole.json")


INTERRUPTED: Final = "docpact: inconclusive: interrupted before there was a verdict\n"

BEGINS_SLOWLY: Final = """
import os, pathlib, sys
if "--multiprocessing-fork" in sys.orig_argv:
    pathlib.Path(f"begins-{os.getpid()}").touch()
    while not pathlib.Path("go-on").exists():
        pass
"""
"""A sitecustomize.py with which a worker tells that it began, and goes on when it may."""


@contextmanager
def audit(folder: Path, code: str) -> Iterator[subprocess.Popen[str]]:
    """Start an audit by two processes, in a process group of its own as a terminal does it."""
    names = [written(folder / f"{name}.jsonl", 9000).name for name in "abc"]
    command = [*DOCPACT[:-1], HEARD + DOCPACT[-1], "audit", *names, "--workers", "2"]
    with subprocess.Popen(
        [*command, "--resume", KEPT],
        cwd=folder,
        env=customized(folder, code),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        yield process


@pytest.mark.slow
@pytest.mark.parametrize("interrupt", [os.killpg, os.kill])
def test_ctrl_c_is_one_line_and_no_verdict(
    tmp_path: Path, interrupt: Callable[[int, int], None]
) -> None:
    with audit(tmp_path, ONE_SAVE.format(signal="SIGSTOP")) as process:
        wait_until_stopped(process)
        interrupt(process.pid, signal.SIGINT)
        os.killpg(process.pid, signal.SIGCONT)
        out, errors = process.communicate()
    assert (process.returncode, out, errors) == (3, "", INTERRUPTED)


@pytest.mark.slow
def test_ctrl_c_while_the_workers_begin_is_one_line_too(tmp_path: Path) -> None:
    with audit(tmp_path, BEGINS_SLOWLY) as process:
        while len(list(tmp_path.glob("begins-*"))) < 2 and is_running(process):
            pass
        os.killpg(process.pid, signal.SIGINT)
        (tmp_path / "go-on").touch()
        out, errors = process.communicate()
    assert (process.returncode, out, errors) == (3, "", INTERRUPTED)


def test_a_finished_audit_reads_nothing_again(tmp_path: Path, docpact: Docpact) -> None:
    written(tmp_path / "a.jsonl", 20)
    first = docpact("audit", "a.jsonl", "--resume", KEPT, "--json", "first.json")
    with closing(sqlite3.connect(tmp_path / KEPT)) as db:
        (kept,) = db.execute("select reached from part").fetchone()
    second = docpact("audit", "a.jsonl", "--resume", KEPT, "--json", "second.json")
    assert (first.returncode, kept, second.returncode) == (1, None, 1)
    assert read_report(tmp_path, "first.json") == read_report(tmp_path, "second.json")


def test_another_audit_is_refused(tmp_path: Path, docpact: Docpact) -> None:
    file = written(tmp_path / "a.jsonl", 20)
    docpact("audit", "a.jsonl", "--resume", KEPT)
    written(file, 21)
    refused = docpact("audit", "a.jsonl", "--resume", KEPT)
    text = "this is the checkpoint of another audit (sources changed since); name another file, or"
    assert refused.returncode == 2
    assert refused.stderr == f"docpact: --resume {KEPT}: {text} remove this one to start again\n"


def test_another_file_is_refused_and_unchanged(tmp_path: Path, docpact: Docpact) -> None:
    written(tmp_path / "a.jsonl", 1)
    (tmp_path / KEPT).write_text("my notes, longer than a header of SQLite would be\n" * 9)
    refused = docpact("audit", "a.jsonl", "--resume", KEPT)
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"docpact: --resume {KEPT}: ")
    assert refused.stderr.count("\n") == 1
    assert (tmp_path / KEPT).read_text().startswith("my notes")


@pytest.mark.slow
def test_a_second_audit_with_the_same_checkpoint_ends_at_once(
    tmp_path: Path, docpact: Docpact
) -> None:
    written(tmp_path / "a.jsonl", BATCH_RECORDS + 50)
    arguments = ("audit", "a.jsonl", "--workers", "1", "--resume", KEPT)
    with subprocess.Popen(
        [*DOCPACT, *arguments, "--json", "first.json"],
        cwd=tmp_path,
        env=customized(tmp_path, ONE_SAVE.format(signal="SIGSTOP")),
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as first:
        wait_until_stopped(first)
        second = docpact(*arguments)
        first.send_signal(signal.SIGCONT)
        assert first.wait() == 1
    text = "another audit is using this file; wait until it ends, or name another file"
    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr == f"docpact: --resume {KEPT}: {text}\n"
    docpact("audit", "a.jsonl", "--json", "whole.json")
    assert read_report(tmp_path, "first.json") == read_report(tmp_path, "whole.json")
    assert (tmp_path / f"{KEPT}.lock").read_bytes() == b""
    assert docpact(*arguments).returncode == 1


def create_history(file: Path) -> None:
    record(file, run_of(), version="1")


def create_foreign(file: Path) -> None:
    with closing(sqlite3.connect(file)) as db:
        db.execute("create table part (x)")


@pytest.mark.parametrize("create", [create_history, create_foreign])
def test_a_foreign_database_is_refused_and_unchanged(
    tmp_path: Path, docpact: Docpact, create: Callable[[Path], None]
) -> None:
    written(tmp_path / "a.jsonl", 1)
    create(tmp_path / KEPT)
    before = (tmp_path / KEPT).read_bytes()
    refused = docpact("audit", "a.jsonl", "--resume", KEPT)
    assert refused.returncode == 2
    assert refused.stderr == (
        f"docpact: --resume {KEPT}: a SQLite file, but not a checkpoint of an audit; "
        "name another file\n"
    )
    assert (tmp_path / KEPT).read_bytes() == before


@pytest.mark.slow
def test_a_checkpoint_is_marked_and_is_no_history(tmp_path: Path, docpact: Docpact) -> None:
    written(tmp_path / "a.jsonl", 1)
    docpact("audit", "a.jsonl", "--resume", KEPT)
    with closing(sqlite3.connect(tmp_path / KEPT)) as db:
        assert db.execute("pragma application_id").fetchone() == (0x64704370,)
        db.execute("pragma application_id = 0")  # as 0.1.0 left it
    assert docpact("audit", "a.jsonl", "--resume", KEPT).returncode == 0
    for _ in range(2):
        before = (tmp_path / KEPT).read_bytes()
        refused = docpact("check", "--history", KEPT)
        assert refused.returncode == 2
        assert refused.stderr.endswith(f"{KEPT}: a SQLite file, but not a docpact history\n")
        assert (tmp_path / KEPT).read_bytes() == before
        with closing(sqlite3.connect(tmp_path / KEPT)) as db:
            db.execute("pragma user_version = 1")


def silent(size: int, count: int) -> None:
    del size, count


@settings(max_examples=examples(25), suppress_health_check=list(HealthCheck))
@given(cut=st.integers(0, 40), data=st.data())
def test_a_resumed_audit_has_the_same_summary(
    tmp_path_factory: pytest.TempPathFactory, cut: int, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("resumed")
    file, checkpoint = folder / "a.jsonl", Checkpoint(folder / KEPT)
    file.write_text("".join(lines(bodies(40))))
    (part,) = split_sources([str(file)])
    before = [((0, at), record) for at, record in read_traffic(part, OPERATION)][:cut]
    checkpoint.begin({})
    if before:
        auditor = Auditor(OPERATION)
        checkpoint.save(part, auditor.summary(before), before[-1][0][1] + 1)
    resumed = summarize(Task.of(OPERATION, checkpoint=checkpoint), [part], silent)
    assert resumed == summarize(Task.of(OPERATION), [part], silent)
    assert checkpoint.read_done() == {part_key(part): resumed}


def test_a_decoded_summary_equals_the_encoded_one(tmp_path: Path) -> None:
    file = written(tmp_path / "a.jsonl", 60)
    summary = summarize(Task.of(OPERATION), split_sources([str(file)]), silent)
    assert summary.breaches
    assert checkpoint.decode(checkpoint.encode(summary)) == summary
    assert checkpoint.decode(checkpoint.encode(Summary())) == Summary()


def test_two_processes_save_the_work_of_both(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / KEPT)
    checkpoint.begin({"one": "audit"})
    Checkpoint(tmp_path / KEPT).begin({"one": "audit"})
    one, other = Summary(counts={"exchanges": 1}), Summary(counts={"exchanges": 2})
    checkpoint.save(Part("a", 0), one)
    Checkpoint(tmp_path / KEPT).save(Part("a", 0, 5, 9), other, 7)
    assert checkpoint.read_done() == {part_key(Part("a", 0)): one}
    assert checkpoint.read_part(Part("a", 0, 5, 9)) == (other, 7)


def test_a_secret_in_a_url_is_not_saved(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / KEPT)
    checkpoint.begin({"one": "audit"})
    part = Part("https://user:canary-pw@store.example/a.jsonl?token=canary-t", 0)
    checkpoint.save(part, Summary())
    assert checkpoint.read_done() == {part_key(part): Summary()}
    assert b"canary" not in (tmp_path / KEPT).read_bytes()
