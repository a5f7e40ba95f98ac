"""The history in a file or a server: whole runs or none, from several processes, by version."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import zlib
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from history.entries import FIRST, finding, run_of

from docpact.errors import UsageError
from docpact.history.codec import encode
from docpact.history.store import VERSION, read_history, record
from docpact.limits import MAX_DOCUMENT
from docpact.model import Run, Verdict
from docpact.options import DatabaseUrl


def execute(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as database:
        for statement in statements:
            database.execute(statement)


TABLES = [f"CREATE TABLE {name} (x)" for name in ("runs", "findings", "latency")]
ENDLESS = """CREATE VIEW runs AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n)
SELECT x AS id, '' AS verdict, 1 AS document FROM n"""

RECORD = """
import sys
from dataclasses import replace
from docpact.history.codec import decode_runs
from docpact.history.store import record
from docpact.options import to_store
run = decode_runs(sys.argv[2])[0]
for number in range(int(sys.argv[3])):
    record(to_store(sys.argv[1]), replace(run, seed=number), version="1")
"""

KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from docpact.history import codec, store

class Dying(sqlite3.Connection):
    def executemany(self, statement, rows):
        if "latency" in statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().executemany(statement, rows)

connect = sqlite3.connect
sqlite3.connect = lambda *args, **options: connect(*args, factory=Dying, **options)
store.record(Path(sys.argv[1]), codec.decode_runs(sys.argv[2])[0], version="1")
"""


def keep(place: Path | DatabaseUrl, run: Run) -> None:
    record(place, run, version="1.2.3")


def runs(place: Path | DatabaseUrl) -> list[list[Run]]:
    return [[entry.run for entry in entries] for entries in read_history(place).series]


def test_a_run_comes_back_as_it_was(place: Path | DatabaseUrl) -> None:
    both = [run_of(finding()), run_of(started=FIRST + timedelta(days=1))]
    for each in reversed(both):
        keep(place, each)
    ((first, second),) = read_history(place).series
    assert [first.run, second.run] == both
    assert [first.verdict, second.verdict] == [Verdict.DRIFT, Verdict.CONFORMS]
    assert (first.started, first.number) == (FIRST, 2)


def test_any_text_of_a_server_can_be_kept(place: Path | DatabaseUrl) -> None:
    odd = run_of(finding(location="/items/*/\ud800", observed="\x00\udfff"), reason="\ud800")
    keep(place, odd)
    assert runs(place) == [[odd]]


def test_targets_are_kept_apart_the_latest_last(place: Path | DatabaseUrl) -> None:
    keep(place, run_of(started=FIRST + timedelta(days=2)))
    keep(place, run_of(target="https://other.example"))
    keep(place, run_of())
    assert [[run.target for run in series] for series in runs(place)] == [
        ["https://other.example"],
        ["https://toys.example"] * 2,
    ]


def test_the_runs_of_an_api_are_kept_together_or_not_at_all(place: Path | DatabaseUrl) -> None:
    keep(place, run_of(seed=1))
    nameless = replace(finding(), fingerprint=None)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="cannot be used as a history"):
        record(place, run_of(seed=2), run_of(nameless), version="1")
    assert [[run.seed for run in series] for series in runs(place)] == [[1]]


@pytest.mark.slow
def test_two_processes_at_once_lose_nothing(place: Path | DatabaseUrl) -> None:
    both = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                RECORD,
                getattr(place, "url", str(place)),
                encode(run, version="1"),
                "60",
            ]
        )
        for run in (run_of(target="https://one.example"), run_of(target="https://two.example"))
    ]
    assert [each.wait() for each in both] == [0, 0]
    for series in runs(place):
        assert sorted(run.seed for run in series) == list(range(60))
    assert len({series[0].target for series in runs(place)}) == 2


def test_a_process_that_is_killed_while_it_writes_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    keep(file, run_of(seed=1))
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(file), encode(run_of(finding(), seed=2), version="1")],
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    keep(file, run_of(seed=3))
    assert [[run.seed for run in series] for series in runs(file)] == [[1, 3]]
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT count(*) FROM findings").fetchone() == (0,)


def test_the_tables_can_be_asked_by_others(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    for day in range(3):
        keep(file, run_of(finding(), started=FIRST + timedelta(days=day)))
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
        (lambda file: file.write_bytes(b"a"), "not a database"),
        (lambda file: file.write_bytes(b"SQLite"), "not a database"),
        (lambda file: file.mkdir(), "unable to open"),
        (
            lambda file: execute(
                file,
                ENDLESS,
                *TABLES[1:],
                f"PRAGMA user_version = {VERSION}",
                f"PRAGMA application_id = {0x64704869}",
            ),
            "not a docpact history",
        ),
        (
            lambda file: execute(
                file,
                *TABLES,
                "CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM findings; END",
                f"PRAGMA user_version = {VERSION}",
            ),
            "it has triggers",
        ),
        (lambda file: execute(file, "CREATE TABLE mine (x)"), "not a docpact history"),
        (
            lambda file: execute(
                file,
                f"PRAGMA user_version = {VERSION + 1}",
                f"PRAGMA application_id = {0x64704869}",
            ),
            "written by a newer docpact",
        ),
        (
            lambda file: execute(
                file, "CREATE TABLE runs (x)", f"PRAGMA user_version = {VERSION + 1}"
            ),
            "not a docpact history",
        ),
        (
            lambda file: execute(
                file, *TABLES, f"PRAGMA user_version = {VERSION}", "PRAGMA application_id = 7"
            ),
            "not a docpact history",
        ),
    ],
)
def test_what_is_no_history_is_refused_and_left_as_it_is(
    tmp_path: Path, make: object, says: str
) -> None:
    file = tmp_path / "history.sqlite"
    make(file)  # type: ignore[operator]
    before = file.read_bytes() if file.is_file() else None
    for use in (lambda: keep(file, run_of()), lambda: read_history(file)):
        with pytest.raises(UsageError, match=says):
            use()
    assert (file.read_bytes() if file.is_file() else None) == before


def test_a_history_of_an_older_docpact_is_marked_by_the_next_write(tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    keep(file, run_of(seed=1))
    execute(file, "PRAGMA application_id = 0")
    assert [[run.seed for run in series] for series in runs(file)] == [[1]]
    keep(file, run_of(seed=2))
    assert [[run.seed for run in series] for series in runs(file)] == [[1, 2]]
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA application_id").fetchone() == (0x64704869,)


def test_a_history_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.sqlite: no such file; `docpact check --history"):
        read_history(tmp_path / "none.sqlite")
    assert [*tmp_path.iterdir()] == []


def test_a_text_that_is_not_utf_8_costs_one_run(tmp_path: Path) -> None:
    file = tmp_path / "h.sqlite"
    for days in range(2):
        record(file, run_of(started=FIRST + timedelta(days)), version="1")
    execute(file, "UPDATE runs SET verdict = CAST(x'd2ff' AS TEXT) WHERE id = 1", "COMMIT")
    history = read_history(file)
    assert [len(entries) for entries in history.series] == [1]
    assert len(history.damaged) == 1
    assert "run 1 is damaged and left out" in history.damaged[0]


def test_a_damaged_table_is_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "h.sqlite"
    record(file, run_of(), version="1")
    content = file.read_bytes()
    assert content.count(b"CREATE TABLE runs") == 1
    file.write_bytes(content.replace(b"CREATE TABLE runs", b"CREATE T\xd2BLE runs"))
    with pytest.raises(UsageError, match=r"h.sqlite: cannot be used as a history"):
        read_history(file)


def test_a_row_that_decompresses_to_too_much_costs_one_run(tmp_path: Path) -> None:
    file = tmp_path / "h.sqlite"
    for days in range(2):
        record(file, run_of(started=FIRST + timedelta(days)), version="1")
    with closing(sqlite3.connect(file)) as database, database:
        bomb = zlib.compress(b" " * (MAX_DOCUMENT + 1))
        database.execute("UPDATE runs SET document = ? WHERE id = 1", [bomb])
    history = read_history(file)
    assert [len(entries) for entries in history.series] == [1]
    assert history.damaged == (
        f"{file}: run 1 is damaged and left out: longer than {MAX_DOCUMENT:,} bytes",
    )
