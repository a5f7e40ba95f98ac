"""The history: runs in one SQLite file, to which several processes may write at once."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from docpact.databases import Kind, is_empty, read_pragma
from docpact.errors import UsageError
from docpact.history.codec import decode, describe_run, write_json
from docpact.model import HistoryEntry, Run, Verdict
from docpact.text import printable

VERSION: Final = 1
"""Version of the tables, stored as SQLite's `user_version`."""

HISTORY: Final = Kind(0x64704869, frozenset({"runs", "findings", "latency"}))
"""The kind of file; the number is `dpHi` in ASCII."""

PATIENCE: Final = 60.0
"""Seconds to wait for another process that is writing."""

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


@dataclass(frozen=True, slots=True)
class History:
    """The content of a history file.

    Attributes:
        series: the entries of each operation on each target, in order; the latest series last.
        damaged: one line for each run that cannot be read.
    """

    series: tuple[tuple[HistoryEntry, ...], ...]
    damaged: tuple[str, ...] = ()

    def find(self, operation: str, target: str) -> tuple[HistoryEntry, ...]:
        """Return the entries of an operation on a target; none if it has no run here."""
        for entries in self.series:
            run = entries[-1].run
            if (run.operation, run.target) == (operation, target):
                return entries
        return ()


def record(file: Path, run: Run, *, version: str, strict: bool = False) -> None:
    """Add a run: as a whole, or not at all if the process dies while it writes.

    Args:
        file: created if it does not exist.
        run: to add.
        version: of docpact.
        strict: whether an additive finding counts as drift.

    Raises:
        UsageError: the file cannot be used as a history.
    """
    document = describe_run(run, version=version, strict=strict)
    columns = {name: document[name] for name in _COLUMNS}
    packed = zlib.compress(write_json(document).encode())
    with _open_store(file) as database, _writing(database):
        _upgrade(file, database)
        (number,) = database.execute(
            "INSERT INTO runs "
            "(started, operation, target, verdict, reason, requests, seconds, document) VALUES "
            "(:started, :operation, :target, :verdict, :reason, :requests, :seconds, :packed) "
            "RETURNING id",
            {**_storable(columns), "packed": packed},
        ).fetchone()
        database.executemany(
            "INSERT OR IGNORE INTO findings VALUES "
            "(:run, :fingerprint, :rule, :location, :level, :accepted)",
            [{**_storable(finding), "run": number} for finding in document["findings"]],
        )
        database.executemany(
            "INSERT INTO latency VALUES (:run, :phase, :answers, :median, :p95)",
            [{**_storable(latency), "run": number} for latency in document["latency"]],
        )


def read_history(file: Path) -> History:
    """Read a history, without the runs that cannot be read.

    Raises:
        UsageError: the file cannot be used as a history, or contains no readable run.
    """
    if not file.exists():
        raise UsageError(f"{file}: no such file; `docpact check --history {file}` creates it")
    with _open_store(file) as database:
        _check(file, database)
        rows = database.execute(
            "SELECT id, verdict, document FROM runs ORDER BY started, id"
        ).fetchall()
    series: dict[tuple[str, str], list[HistoryEntry]] = {}
    damaged = []
    for number, verdict, document in rows:
        try:
            entry = HistoryEntry(number, Verdict(verdict), decode(zlib.decompress(document)))
        except (ValueError, TypeError, zlib.error) as error:
            damaged.append(printable(f"{file}: run {number} is damaged and left out: {error}"))
            continue
        series.setdefault((entry.run.operation, entry.run.target), []).append(entry)
    if not series:
        raise UsageError(damaged[0] if damaged else f"{file}: the history has no runs yet")
    ordered = sorted(map(tuple, series.values()), key=lambda entries: entries[-1].started)
    return History(tuple(ordered), tuple(damaged))


def _storable(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row that SQLite can store: a lone surrogate has no UTF-8 encoding."""
    return {name: printable(v) if isinstance(v, str) else v for name, v in row.items()}


@contextmanager
def _open_store(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(file, timeout=PATIENCE, isolation_level=None)) as database:
            database.execute("PRAGMA foreign_keys = ON")
            database.text_factory = lambda text: text.decode(errors="replace")
            yield database
    except (sqlite3.Error, UnicodeDecodeError) as error:  # also of SQLite's message
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
    """Create the tables of a new file, and mark an older one as a history."""
    if is_empty(database):
        for statement in filter(str.strip, _SCHEMA.split(";")):
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {VERSION}")
    _check(file, database)
    HISTORY.mark(database)


def _check(file: Path, database: sqlite3.Connection) -> None:
    version = read_pragma(database, "user_version")
    if version < VERSION or not HISTORY.matches(database):
        raise UsageError(f"{file}: a SQLite file, but not a docpact history")
    if version > VERSION:
        raise UsageError(
            f"{file}: written by a newer docpact (history version {version}); update docpact"
        )
