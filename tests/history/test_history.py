"""The history on disk: whole runs or none, from several processes at once, by version."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from history.entries import FIRST, document, finding

from docpact.errors import UsageError
from docpact.history.store import VERSION, record, series


def execute(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute(statement)


RECORD = """
import json, sys
from pathlib import Path
from docpact.history.store import record
document = json.loads(sys.argv[2])
for number in range(int(sys.argv[3])):
    record(Path(sys.argv[1]), {**document, "seed": number})
"""

KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from docpact.history import store as history
import json

class Dying(dict):
    def __getitem__(self, name):
        if name == "latency":
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__getitem__(name)

history.record(Path(sys.argv[1]), Dying(json.loads(sys.argv[2])))
"""


def test_a_run_comes_back_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    told = [document(finding()), document(at=FIRST + timedelta(days=1))]
    for each in reversed(told):
        record(file, each)
    ((first, second),) = series(file)
    assert [first.document, second.document] == told
    assert (first.started, first.number) == (FIRST, 2)


def test_any_text_of_a_server_can_be_kept(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    told = document(finding(location="/items/*/\ud800", observed="\x00\udfff"), reason="\ud800")
    record(file, told)
    ((night,),) = series(file)
    assert night.document == told


def test_targets_are_kept_apart_the_latest_last(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    record(file, document(at=FIRST + timedelta(days=2)))
    record(file, document(target="https://other.example"))
    record(file, document())
    assert [[night.document["target"] for night in nights] for nights in series(file)] == [
        ["https://other.example"],
        ["https://toys.example"] * 2,
    ]


def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    both = [
        subprocess.Popen(
            [sys.executable, "-c", RECORD, str(file), json.dumps(document(target=name)), "60"]
        )
        for name in ("https://one.example", "https://two.example")
    ]
    assert [each.wait() for each in both] == [0, 0]
    kept = {nights[0].document["target"]: nights for nights in series(file)}
    for nights in kept.values():
        assert sorted(night.document["seed"] for night in nights) == list(range(60))
    assert len(kept) == 2


def test_a_process_that_is_killed_while_it_writes_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    record(file, document(seed=1))
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(file), json.dumps(document(finding(), seed=2))],
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    record(file, document(seed=3))
    assert [night.document["seed"] for (*nights,) in series(file) for night in nights] == [1, 3]
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT count(*) FROM findings").fetchone() == (0,)


def test_the_tables_can_be_asked_by_others(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    for day in range(3):
        record(file, document(finding(), at=FIRST + timedelta(days=day)))
    with closing(sqlite3.connect(file)) as database:
        rows = database.execute("SELECT rule, first_seen, last_seen, runs FROM seen").fetchall()
        slow = database.execute("SELECT phase, median FROM latency").fetchall()
    last = (FIRST + timedelta(days=2)).isoformat()
    assert rows == [("response.enum", FIRST.isoformat(), last, 3)]
    assert slow == [("survey", 0.1)] * 3


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda file: file.write_text("no database, but long enough to be read as one" * 9),
            "not a database",
        ),
        (lambda file: file.mkdir(), "unable to open"),
        (lambda file: execute(file, "CREATE TABLE mine (x)"), "no history of docpact"),
        (
            lambda file: execute(file, f"PRAGMA user_version = {VERSION + 1}"),
            "written by a later docpact",
        ),
    ],
)
def test_what_is_no_history_is_refused_and_left_as_it_is(
    tmp_path: Path, make: object, says: str
) -> None:
    file = tmp_path / "history.sqlite"
    make(file)  # type: ignore[operator]
    before = file.read_bytes() if file.is_file() else None
    for use in (lambda: record(file, document()), lambda: series(file)):
        with pytest.raises(UsageError, match=says):
            use()
    assert (file.read_bytes() if file.is_file() else None) == before


def test_a_history_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.sqlite: no such file; `docpact check --history"):
        series(tmp_path / "none.sqlite")
    assert [*tmp_path.iterdir()] == []
