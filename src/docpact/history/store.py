"""The history: runs in one database, to which several processes may write at once."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import scrypt
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from docpact.errors import UsageError
from docpact.files import inflate
from docpact.history.codec import build_run, describe_run, read_json, write_json
from docpact.history.database import Database, open_database
from docpact.model import HistoryEntry, Night, Past, Run, Verdict
from docpact.options import MOCK, DatabaseUrl
from docpact.settings import Settings
from docpact.text import printable

VERSION: Final = 1
"""Version of the tables."""

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
    """The entries of each operation on each target, in order; the latest series last.

    `damaged` has one line for each run that cannot be read.
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


def record(place: Path | DatabaseUrl, *runs: Run, version: str, strict: bool = False) -> None:
    """Add runs: as a whole, or not at all if the process dies while it writes.

    Raises:
        UsageError: the place cannot be used as a history.
        MissingExtra: the client library of PostgreSQL is not installed.
    """
    documents = [describe_run(run, version=version, strict=strict) for run in runs]
    with open_database(place, writes=True) as database:
        _check(place, database)
        database.create(filter(str.strip, _SCHEMA.split(";")), VERSION)
        for document in documents:
            _insert(database, document)


def _insert(database: Database, document: Mapping[str, Any]) -> None:
    columns = {name: document[name] for name in _COLUMNS}
    packed = zlib.compress(write_json(document).encode())
    ((number,),) = database.execute(
        "INSERT INTO runs "
        "(started, operation, target, verdict, reason, requests, seconds, document) VALUES "
        "(:started, :operation, :target, :verdict, :reason, :requests, :seconds, :packed) "
        "RETURNING id",
        {**_storable(columns), "packed": packed},
    )
    database.execute_each(
        "INSERT INTO findings VALUES (:run, :fingerprint, :rule, :location, :level, :accepted) "
        "ON CONFLICT DO NOTHING",
        [{**_storable(finding), "run": number} for finding in document["findings"]],
    )
    database.execute_each(
        "INSERT INTO latency VALUES (:run, :phase, :answers, :median, :p95)",
        [{**_storable(latency), "run": number} for latency in document["latency"]],
    )


def read_history(place: Path | DatabaseUrl) -> History:
    """Read a history, without the runs that cannot be read.

    Raises:
        UsageError: the place cannot be used as a history, or contains no readable run.
        MissingExtra: the client library of PostgreSQL is not installed.
    """
    if isinstance(place, Path) and not place.exists():
        raise UsageError(f"{place}: no such file; `docpact check --history {place}` creates it")
    with open_database(place) as database:
        rows = []
        if _check(place, database):
            rows = database.execute(
                "SELECT id, document, started, operation, target, verdict, reason, requests "
                "FROM runs ORDER BY started, id"
            )
    entries, damaged = list[HistoryEntry](), list[str]()
    for number, packed, *columns in rows:
        try:
            document = read_json(inflate(packed))
            run = build_run(document)
            _check_columns(document, columns)
            entries.append(HistoryEntry(number, Verdict(document["verdict"]), run))
        except (ValueError, TypeError) as error:
            damaged.append(printable(f"{place}: run {number} is damaged and left out: {error}"))
    if not entries:
        raise UsageError(damaged[0] if damaged else f"{place}: the history has no runs yet")
    series: dict[tuple[str, str], list[HistoryEntry]] = {}
    for entry in sorted(entries, key=attrgetter("started")):
        series.setdefault((entry.run.operation, entry.run.target), []).append(entry)
    ordered = sorted(map(tuple, series.values()), key=lambda each: each[-1].started)
    return History(tuple(ordered), tuple(damaged))


def _check_columns(document: Mapping[str, Any], columns: Sequence[Any]) -> None:
    """Raise ValueError if the first columns of a run are not those of its document."""
    stated = _storable({name: document[name] for name in _COLUMNS})
    for name, column in zip(_COLUMNS, columns, strict=False):
        if column != stated[name]:
            known = f"{column!r} in the table, and {stated[name]!r} in the document"
            raise ValueError(f"its {name} is {known}")


def check_usable(place: Path | DatabaseUrl) -> None:
    """Open a history before a run, so that a wrong URL or a damaged file does not cost the run.

    Raises:
        UsageError: it cannot be used as a history.
        MissingExtra: the client library of PostgreSQL is not installed.
    """
    if isinstance(place, Path) and not place.is_file():
        return
    with open_database(place) as database:
        if _check(place, database):
            database.execute("SELECT max(id) FROM runs")


def _storable(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row that SQLite can store: a lone surrogate has no UTF-8 encoding."""
    return {name: printable(v) if isinstance(v, str) else v for name, v in row.items()}


def _check(place: Path | DatabaseUrl, database: Database) -> int:
    """Return the version of a database's tables; 0 if it is still empty."""
    version = database.read_version()
    if version is None:
        kind = "a SQLite file" if isinstance(place, Path) else "a database with other tables"
        raise UsageError(f"{place}: {kind}, but not a docpact history")
    if version > VERSION:
        raise UsageError(
            f"{place}: written by a newer docpact (history version {version}); update docpact"
        )
    return version


@dataclass(frozen=True, slots=True)
class Memory:
    """The earlier runs of each operation and target; without an account, none are remembered."""

    account: str | None = None
    nights: Mapping[tuple[str, str], tuple[Night, ...]] = field(default_factory=dict)

    def find(self, operation: str, target: str) -> Past | None:
        """Return the earlier runs of an operation on a target; None if none are remembered."""
        if self.account is None:
            return None
        return Past(self.account, self.nights.get((operation, target), ()))


def recall(settings: Settings, account: Iterable[str]) -> Memory:
    """Return the earlier runs in the history of some settings; the mock has no habits."""
    if settings.history is None or settings.target == MOCK:
        return Memory()
    try:
        series = read_history(settings.history).series
    except UsageError:  # none yet, or reported when the run is recorded
        series = ()
    nights = {(each[0].run.operation, each[0].run.target): list_nights(each) for each in series}
    return Memory(_identify(account), nights)


def list_nights(entries: Iterable[HistoryEntry]) -> tuple[Night, ...]:
    """Return the observations of runs, in order; an inconclusive run has none."""
    return tuple(
        Night(
            replace(entry.run.observed, day=entry.started.date()),
            {
                (finding.rule, finding.promise.location): finding.accepted
                for finding in entry.run.findings
                if finding.promise.is_habit
            },
        )
        for entry in entries
        if entry.run.observed is not None
    )


def _identify(account: Iterable[str]) -> str:
    """Return four hexadecimal digits: enough to distinguish accounts, too few to find a secret."""
    texts = "\n".join(sorted(set(account))).encode("utf-8", "surrogatepass")
    return scrypt(texts, salt=b"docpact", n=2**12, r=8, p=1, dklen=2).hex()
