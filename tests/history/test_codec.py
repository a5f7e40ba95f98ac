"""The JSON of a run: read as it was written, also by version 0.1.0, and damaged runs left out."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command import QUICK, Docpact
from history.entries import FIRST, KEPT, PROMISE, finding, run_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from docpact.history.codec import decode_runs, encode
from docpact.history.store import read_history, record
from docpact.model import (
    AcceptedFinding,
    Finding,
    Latency,
    Level,
    Outcome,
    Promise,
    PromiseResult,
    Run,
    Source,
    Verdict,
)

TEXT = st.text(st.characters(codec=None), max_size=8)
COUNT = st.integers(0, 10**6)
PROMISES = st.builds(
    Promise,
    rule=TEXT,
    location=TEXT,
    documented=TEXT,
    source=st.none() | st.builds(Source, TEXT, st.none() | COUNT),
    keyword=TEXT,
    security=st.booleans(),
)
FINDINGS = st.builds(
    Finding,
    promise=PROMISES,
    level=st.sampled_from(Level),
    location=TEXT,
    observed=TEXT,
    count=COUNT,
    observations=COUNT,
    first=TEXT,
    shown=COUNT,
    asked=COUNT,
    reproduce=TEXT,
    fingerprint=TEXT,
    accepted=TEXT,
)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """Draw a run; its times have the precision of the document."""
    operation, texts = draw(TEXT), st.lists(TEXT, max_size=3).map(tuple)
    ticks = st.integers(0, 10**7)
    healed = st.builds(
        AcceptedFinding,
        operation=st.just(operation),
        fingerprint=TEXT,
        rule=TEXT,
        location=TEXT,
        observed=TEXT,
        reason=TEXT,
        since=st.dates(),
        until=st.none() | st.dates(),
    )
    latency = st.builds(
        Latency, TEXT, COUNT, ticks.map(lambda n: n / 10**4), ticks.map(lambda n: n / 10**4)
    )
    phases = st.lists(st.tuples(TEXT, COUNT), max_size=3, unique_by=lambda phase: phase[0])
    results = st.builds(PromiseResult, PROMISES, st.sampled_from(Outcome), COUNT)
    return Run(
        operation=operation,
        target=draw(TEXT),
        seed=draw(st.integers()),
        results=tuple(draw(st.lists(results, max_size=3))),
        findings=tuple(draw(st.lists(FINDINGS, max_size=3))),
        requests=tuple(draw(phases)),
        seconds=draw(ticks) / 1000,
        unseen=draw(texts),
        remarks=draw(texts),
        left_out=draw(texts),
        reason=draw(TEXT),
        started=draw(st.datetimes(timezones=st.just(UTC))).replace(microsecond=0),
        latency=tuple(draw(st.lists(latency, max_size=2))),
        healed=tuple(draw(st.lists(healed, max_size=2))),
    )


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(runs(), st.booleans())
def test_a_run_is_read_as_it_was_written(run: Run, strict: bool) -> None:
    text = encode(run, version="1.2.3", strict=strict)
    assert decode_runs(text)[0] == run
    assert text.isascii()


OLD_FINDING: dict[str, Any] = {
    "rule": "response.enum",
    "level": "breaking",
    "security": False,
    "location": "/items/*/status/0",
    "keyword": None,
    "documented": 'one of "A"',
    "line": 90,
    "quote": 'status: "A"',
    "refinement": None,
    "observed": '"B"',
    "count": 1,
    "of": 3,
    "persistence": "1 of 4 times",
    "first": "/items/0/status",
    "reproduce": "curl -sS -g https://toys.example/v1/lamps",
    "fingerprint": "aaaaaaaaaaaa",
    "accepted": None,
}
OLD: dict[str, Any] = {
    "docpact": "0.1.0",
    "operation": "toys/list_lamps",
    "target": "https://toys.example",
    "started": FIRST.isoformat(),
    "seed": 0,
    "verdict": "drift",
    "reason": None,
    "findings": [OLD_FINDING],
    "healed": [
        {
            "rule": "response.type",
            "location": "/items/*/id",
            "observed": "7",
            "reason": "known",
            "fingerprint": "bbbbbbbbbbbb",
        }
    ],
    "promises": [
        {
            "rule": "response.enum",
            "location": location,
            "keyword": None,
            "documented": 'one of "A"',
            "line": 90,
            "outcome": outcome,
            "judged": judged,
        }
        for location, outcome, judged in [
            ("/items/*/status", "broken", 3),
            ("/items", "kept", 1),
            ("/items/*/mode", "not judged", 0),
        ]
    ],
    "exercised": {"kept": 1, "broken": 1, "not judged": 1},
    "unseen": [],
    "remarks": [],
    "left_out": [],
    "requests": 3,
    "phases": {"survey": 3},
    "latency": [{"phase": "survey", "answers": 3, "median": 0.1, "p95": 0.2}],
    "seconds": 1.5,
}
"""A document as version 0.1.0 wrote it."""


def test_a_document_of_version_0_1_0_is_read() -> None:
    run = decode_runs(json.dumps(OLD))[0]
    assert [result.outcome for result in run.results] == [
        Outcome.BROKEN,
        Outcome.KEPT,
        Outcome.NOT_TESTED,
    ]
    known = AcceptedFinding(
        "toys/list_lamps", "b" * 12, "response.type", "/items/*/id", "7", "known", FIRST.date()
    )
    assert replace(run, results=()) == run_of(
        finding(location="/items/*/status/0", shown=1, asked=4), results=(), healed=(known,)
    )


@pytest.mark.parametrize(
    ("persistence", "visits"),
    [(None, (0, 0)), ("once", (1, 1)), ("always", (2, 2)), ("2 of 3 times", (2, 3))],
)
def test_the_visits_of_an_old_finding(persistence: str | None, visits: tuple[int, int]) -> None:
    document = {**OLD, "findings": [{**OLD_FINDING, "persistence": persistence}]}
    (found,) = decode_runs(json.dumps(document))[0].findings
    assert (found.shown, found.asked) == visits
    assert found.persistence == (persistence or "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda values: st.lists(values, max_size=2) | st.dictionaries(st.text(max_size=3), values),
    max_leaves=4,
)


@given(st.sampled_from(sorted(OLD)), JSON)
def test_a_damaged_document_is_a_value_error(key: str, value: Any) -> None:
    texts = [
        {**OLD, key: value},
        {**OLD, "findings": [{**OLD_FINDING, key: value}]},
        {**OLD, "findings": [value]},
        {**OLD, "promises": [value]},
        {**OLD, "healed": [value]},
        {name: each for name, each in OLD.items() if name != key},
    ]
    for each in texts:
        with suppress(ValueError):
            assert isinstance(decode_runs(json.dumps(each))[0], Run)


def insert(file: Path, document: bytes, started: datetime = FIRST) -> None:
    """Insert a row as it is, into a history that has its tables."""
    row = (started.isoformat(), "toys/list_lamps", "https://toys.example", "drift", 3, 1.5)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(
            "INSERT INTO runs (started, operation, target, verdict, requests, seconds, document) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*row, document),
        )


def old_history(file: Path) -> None:
    """Make a history with one run of version 0.1.0 and one of this version, a day later."""
    record(file, run_of(finding(), started=FIRST + timedelta(days=1)), version="1.2.3")
    insert(file, zlib.compress(json.dumps(OLD).encode()))


def test_a_history_of_version_0_1_0_is_read(docpact: Docpact, tmp_path: Path) -> None:
    old_history(tmp_path / "history.sqlite")
    ((old, new),) = read_history(tmp_path / "history.sqlite").series
    assert (old.run, old.verdict) == (decode_runs(json.dumps(OLD))[0], Verdict.DRIFT)
    assert new.run.findings == (finding(),)
    shown = docpact("history", "history.sqlite")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "breaking, since 2026-11-01, 2 runs" in shown.stdout
    for named in (["--history", "history.sqlite"], ["history.sqlite"]):
        page = docpact("report", *named, "--out", "report.html")
        assert page.stdout == "report.html: 2 runs\n"
        assert docpact("history", *named).stdout == shown.stdout


def test_findings_of_an_old_document_can_be_accepted(docpact: Docpact, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps(OLD))
    done = docpact("baseline", "update", "known.json", "run.json", "--reason", "known")
    assert done.stdout.splitlines()[0] == "accepted  response.enum  /items/*/status/0  aaaaaaaaaaaa"


DAMAGED: dict[str, Callable[[], bytes]] = {
    "not compressed": lambda: b"no zlib",
    "not JSON": lambda: zlib.compress(b"{"),
    "not an object": lambda: zlib.compress(b"[]"),
    "a key is missing": lambda: zlib.compress(b"{}"),
    "another type": lambda: zlib.compress(json.dumps({**OLD, "findings": [1]}).encode()),
    "no time": lambda: zlib.compress(json.dumps({**OLD, "started": "soon"}).encode()),
    "no time zone": lambda: zlib.compress(json.dumps({**OLD, "started": "2026-11-01"}).encode()),
    "nested too deep": lambda: zlib.compress(b"[" * 10**6),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_run_is_left_out_and_named(damage: str, docpact: Docpact, tmp_path: Path) -> None:
    file = tmp_path / "history.sqlite"
    old_history(file)
    insert(file, DAMAGED[damage]())
    done = docpact("history", "history.sqlite")
    assert done.returncode == 0
    assert done.stdout.splitlines()[1] == "2 runs, 2026-11-01 to 2026-11-02"
    (line,) = done.stderr.splitlines()
    assert line.startswith("docpact: history.sqlite: run 3 is damaged and left out: ")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("verdict", "inconclusive"),
        ("started", "2026-11-05T00:00:00+00:00"),
        ("target", "other"),
        ("operation", b"\xff"),
        ("requests", None),
        ("reason", 1),
    ],
)
def test_a_run_whose_columns_are_damaged_is_left_out_and_named(
    column: str, value: object, docpact: Docpact, tmp_path: Path
) -> None:
    old_history(tmp_path / "history.sqlite")
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as database, database:
        database.execute("PRAGMA writable_schema = 1")
        database.execute("UPDATE sqlite_schema SET sql = replace(sql, ' NOT NULL', '')")
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as database, database:
        database.execute(f"UPDATE runs SET {column} = ? WHERE id = 1", [value])  # noqa: S608
    (line,) = docpact("history", "history.sqlite").stderr.splitlines()
    assert line.startswith(f"docpact: history.sqlite: run 1 is damaged and left out: its {column}")


def test_a_check_names_a_damaged_run_of_its_history(docpact: Docpact, tmp_path: Path) -> None:
    old_history(tmp_path / "history.sqlite")
    insert(tmp_path / "history.sqlite", b"no zlib")
    done = docpact("check", QUICK, "--history", "history.sqlite")
    assert (done.returncode, "history: run 1; no findings" in done.stdout) == (0, True)
    assert done.stderr.startswith(f"docpact: {tmp_path / 'history.sqlite'}: run 3 is damaged")


def test_a_history_of_damaged_runs_alone_is_a_usage_error(docpact: Docpact, tmp_path: Path) -> None:
    record(tmp_path / "history.sqlite", run_of(), version="1")
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as database, database:
        database.execute("UPDATE runs SET document = 'text'")
    done = docpact("history", "history.sqlite")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "run 1 is damaged" in done.stderr


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"findings": []}', "[" * 10**6])
def test_another_document_is_a_usage_error(docpact: Docpact, tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    done = docpact("baseline", "update", "known.json", "run.json", "--reason", "known")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "run.json: not written by `docpact check --json`: " in done.stderr


def test_a_promise_is_tested_at_its_location_and_below() -> None:
    silent = replace(KEPT, promise=replace(PROMISE, rule="response.type"), observations=0)
    run = run_of(results=(KEPT, silent))
    assert run.has_tested("response.enum", "/items/*/status/deep")
    assert not run.has_tested("response.enum", "/items")
    assert not run.has_tested("response.type", "/items/*/status")
    assert not replace(run, reason="down").has_tested("response.enum", "/items/*/status")


def test_the_page_of_a_history_shows_the_drift_of_any_operation(
    docpact: Docpact, tmp_path: Path
) -> None:
    drifting = run_of(finding("on"))
    calm = run_of(operation="toys/other", started=FIRST + timedelta(1))
    for each in (drifting, replace(drifting, started=FIRST + timedelta(1)), calm):
        record(tmp_path / "h.sqlite", each, version="1")
    done = docpact("report", "--history", "h.sqlite", "--out", "report.html")
    assert (done.returncode, done.stdout) == (0, "report.html: 2 operations, 2 runs\n")
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "✗ drift" in text
    assert 'class="nights"' in text
    assert "standing since" in text
    assert "Nothing new since 2026-11-01; 1 finding known before." in text
    again = replace(drifting, started=FIRST + timedelta(2))
    record(tmp_path / "h.sqlite", replace(again, findings=(finding("new"),)), version="1")
    docpact("report", "--history", "h.sqlite", "--out", "report.html")
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "1 new since 2026-11-02: " in text
