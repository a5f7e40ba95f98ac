"""SQLite files: which of docpact's files one is, and locks that end with their process."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path


class LockedError(Exception):
    """Another process has the lock."""


@dataclass(frozen=True, slots=True)
class Kind:
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
        return number == self.application_id or (not number and self.tables <= _tables(database))

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
    return not any(numbers) and not _tables(database)


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


def _tables(database: sqlite3.Connection) -> set[str]:
    return {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
