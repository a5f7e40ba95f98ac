"""SQLite files, locks that end with their process, and results that processes share."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from docpact.errors import DocpactError, Inconclusive
from docpact.limits import MAX_DOCUMENT, RUN_SECONDS

T = TypeVar("T")

SQLITE: Final = b"SQLite format 3\0"
"""The first bytes of every SQLite file."""


class LockedError(Exception):
    """Another process has the lock."""


@dataclass(frozen=True, slots=True)
class DatabaseKind:
    """A kind of SQLite file that docpact writes.

    Attributes:
        application_id: SQLite's `application_id`; docpact 0.1.0 left it at 0.
        tables: names of tables that every file of this kind has.
    """

    application_id: int
    tables: frozenset[str]

    def matches(self, database: sqlite3.Connection) -> bool:
        """Return whether a database is of this kind."""
        number = read_pragma(database, "application_id")
        found = {(kind, name) for kind, name in _read_names(database) if name in self.tables}
        expected = {("table", name) for name in self.tables}  # a view may run without an end
        return (
            found == expected if not number else number == self.application_id and found <= expected
        )

    def mark(self, database: sqlite3.Connection) -> None:
        """Mark a database as one of this kind."""
        if read_pragma(database, "application_id") != self.application_id:
            database.execute(f"PRAGMA application_id = {self.application_id}")


def read_pragma(database: sqlite3.Connection, name: str) -> int:
    """Return the value of a pragma that is a number."""
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])


def is_empty(database: sqlite3.Connection) -> bool:
    """Return whether nothing was ever written to a database."""
    numbers = (read_pragma(database, name) for name in ("application_id", "user_version"))
    return not any(numbers) and not _read_names(database)


@contextmanager
def connect(file: Path, patience: float) -> Iterator[sqlite3.Connection]:
    """Open a SQLite file that somebody else may have written, without transactions of its own.

    SQLite itself takes a file of one byte for an empty database, and overwrites it.

    Args:
        file: created by the first statement that writes, if it does not exist.
        patience: seconds to wait for another process.

    Raises:
        sqlite3.Error: the file is not a SQLite file, or has triggers, which could do anything.
    """
    if file.is_file():
        with file.open("rb") as opened:
            head = opened.read(len(SQLITE))
        if head not in (b"", SQLITE):
            raise sqlite3.DatabaseError("file is not a database")
    with closing(sqlite3.connect(file, timeout=patience, isolation_level=None)) as database:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_DOCUMENT)
        database.execute("PRAGMA trusted_schema = OFF")
        if any(kind == "trigger" for kind, _ in _read_names(database)):
            raise sqlite3.DatabaseError("it has triggers")
        yield database


@contextmanager
def lock(file: Path, patience: float = 0.0) -> Iterator[None]:
    """Exclude all other processes until the block or the process ends.

    Args:
        file: an empty file for this lock alone; it is created, and stays.
        patience: seconds to wait for the lock.

    Raises:
        LockedError: another process held the lock all the time.
        sqlite3.Error: the file cannot be created, or is not empty.
    """
    with closing(sqlite3.connect(file, timeout=patience, isolation_level=None)) as database:
        try:
            database.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise LockedError from None
            raise
        yield


def _read_names(database: sqlite3.Connection) -> set[tuple[str, str]]:
    """Return kind and name of everything in a database."""
    return set(database.execute("SELECT type, name FROM sqlite_master"))


LOST: Final = "the process that sent the requests ended before it stored the run"
"""The reason for a missing result."""

PATIENCE: Final = 2 * RUN_SECONDS
"""Seconds to wait for the process that makes the result."""


def share(folder: Path, make: Callable[[], T], patience: float = PATIENCE) -> T:
    """Return the result that the first process made; make it if this process is the first.

    A result that was begun and not stored is not made again, because its requests were sent.

    Raises:
        DocpactError: making the result raised it, here or in the first process.
        Inconclusive: the first process ended before it was made, or is still running.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    kept, begun = folder / "run.pickle", folder / "begun"
    try:
        with lock(folder / "lock.sqlite", patience):
            if not kept.exists():
                if begun.exists():
                    raise Inconclusive(LOST)
                begun.touch()
                draft = kept.with_suffix(".draft")
                draft.write_bytes(pickle.dumps(_outcome(make)))
                draft.replace(kept)
    except LockedError:
        raise Inconclusive("another process is still making the run") from None
    result, error = pickle.loads(kept.read_bytes())  # noqa: S301 — written by this session
    if error is not None:
        raise error
    shared: T = result
    return shared


def _outcome(make: Callable[[], T]) -> tuple[T | None, DocpactError | None]:
    try:
        return make(), None
    except DocpactError as error:
        return None, error
