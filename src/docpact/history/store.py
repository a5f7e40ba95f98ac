"""The history: every run of a target in one SQLite file, which several runs may write at once."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from docpact.errors import UsageError
from docpact.model import HistoryEntry
from docpact.text import printable

VERSION: Final = 1
"""The schema's version, kept as SQLite's `user_version`."""

PATIENCE: Final = 60.0
"""How many seconds a run waits for another one that is writing."""

_COLUMNS: Final = ("started", "operation", "target", "verdict", "reason", "requests", "seconds")

_SCHEMA: Final = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    started TEXT NOT NULL,
    operation TEXT NOT NULL,
    target TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT,
    requests INTEGER NOT NULL,
    seconds REAL NOT NULL,
    document BLOB NOT NULL
);
CREATE INDEX runs_of ON runs (operation, target, started);
CREATE TABLE findings (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    fingerprint TEXT NOT NULL,
    rule TEXT NOT NULL,
    location TEXT NOT NULL,
    level TEXT NOT NULL,
    accepted TEXT,
    PRIMARY KEY (run, fingerprint)
);
CREATE TABLE latency (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    phase TEXT NOT NULL,
    answers INTEGER NOT NULL,
    median REAL NOT NULL,
    p95 REAL NOT NULL
);
CREATE VIEW seen AS
    SELECT runs.operation, runs.target, fingerprint, rule, location,
        min(runs.started) AS first_seen, max(runs.started) AS last_seen, count(*) AS runs
    FROM findings JOIN runs ON runs.id = findings.run
    GROUP BY runs.operation, runs.target, fingerprint, rule, location;
"""


def record(file: Path, document: Mapping[str, Any]) -> None:
    """Add a run: all of it, or nothing where the process dies on the way.

    Args:
        file: made where there is none.
        document: the decoded JSON document of a run; see `docpact.reports.document`.

    Raises:
        UsageError: the file cannot be used as a history.
    """
    with _opened(file) as database, _writing(database):
        _upgrade(file, database)
        packed = zlib.compress(json.dumps(document).encode())
        (number,) = database.execute(
            "INSERT INTO runs "
            "(started, operation, target, verdict, reason, requests, seconds, document) VALUES "
            "(:started, :operation, :target, :verdict, :reason, :requests, :seconds, :packed) "
            "RETURNING id",
            {**_storable({name: document[name] for name in _COLUMNS}), "packed": packed},
        ).fetchone()
        database.executemany(
            "INSERT OR IGNORE INTO findings VALUES "
            "(:run, :fingerprint, :rule, :location, :level, :accepted)",
            [{**_storable(finding), "run": number} for finding in document["findings"]],
        )
        database.executemany(
            "INSERT INTO latency VALUES (:run, :phase, :answers, :median, :p95)",
            [{**each, "run": number} for each in document["latency"]],
        )


def series(file: Path) -> tuple[tuple[HistoryEntry, ...], ...]:
    """Return the nights of each operation on each target, in order, the latest series last.

    Raises:
        UsageError: the file cannot be used as a history, or is empty.
    """
    if not file.exists():
        raise UsageError(f"{file}: no such file; `docpact check --history {file}` begins one")
    with _opened(file) as database:
        _check(file, database)
        rows = database.execute(
            "SELECT id, started, document FROM runs ORDER BY started, id"
        ).fetchall()
    found: dict[tuple[str, str], list[HistoryEntry]] = {}
    for number, started, packed in rows:
        document = json.loads(zlib.decompress(packed))
        night = HistoryEntry(number, datetime.fromisoformat(started), document)
        found.setdefault((document["operation"], document["target"]), []).append(night)
    if not found:
        raise UsageError(f"{file}: no run is kept there yet")
    return tuple(sorted(map(tuple, found.values()), key=lambda nights: nights[-1].started))


def _storable(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row whose texts SQLite can hold: a lone surrogate has no bytes in UTF-8."""
    return {name: printable(v) if isinstance(v, str) else v for name, v in row.items()}


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(file, timeout=PATIENCE, isolation_level=None)) as database:
            database.execute("PRAGMA foreign_keys = ON")
            yield database
    except (sqlite3.Error, zlib.error) as error:
        raise UsageError(f"{file}: cannot be used as a history: {error}") from None


@contextmanager
def _writing(database: sqlite3.Connection) -> Iterator[None]:
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _upgrade(file: Path, database: sqlite3.Connection) -> None:
    """Make the tables of a new file."""
    if _version(database) == 0 and not database.execute("SELECT 1 FROM sqlite_master").fetchone():
        for statement in filter(str.strip, _SCHEMA.split(";")):
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {VERSION}")
    _check(file, database)


def _check(file: Path, database: sqlite3.Connection) -> None:
    version = _version(database)
    if version > VERSION:
        raise UsageError(f"{file}: written by a later docpact (history {version}); update docpact")
    if version < VERSION:
        raise UsageError(f"{file}: a SQLite file, but no history of docpact")


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])
