"""The database of a history: a SQLite file, or a schema of a PostgreSQL database."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from docpact.databases import DatabaseKind, connect, is_empty, read_pragma
from docpact.errors import MissingExtra, UsageError
from docpact.options import DatabaseUrl

if TYPE_CHECKING:
    import psycopg

PATIENCE: Final = 60
"""Seconds to wait for another process that is writing, and for a server that does not answer."""

EXTRA: Final = "postgresql"
"""The extra that brings the client library of PostgreSQL."""

SCHEMA: Final = "docpact_history"
"""The schema of PostgreSQL that has the tables; its comment has their version."""

_FILE: Final = DatabaseKind(0x64704869, frozenset({"runs", "findings", "latency"}))
"""The kind of a SQLite file; the number is `dpHi` in ASCII."""

_COMMENT: Final = "docpact history "
_LOCK: Final = _FILE.application_id
_DIALECT: Final = {
    "INTEGER PRIMARY KEY": "INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "BLOB": "BYTEA",
}
"""Words of SQLite's tables → those of PostgreSQL."""

_SHORTEST_WAIT: Final = {"connect_timeout": 10, "tcp_user_timeout": PATIENCE * 1000}
"""Parameters of libpq that end a connection to a server that does not answer."""


class Database(Protocol):
    """The operations of a history on its database. Parameters of statements are named: `:name`."""

    def read_version(self) -> int | None:
        """Return the version of the tables: 0 before they are created, None if others are there."""

    def create(self, statements: Iterable[str], version: int) -> None:
        """Create the tables, or mark those of an older docpact."""

    def execute(self, statement: str, row: Mapping[str, Any] = {}) -> list[Any]:
        """Execute a statement and return its rows."""

    def execute_each(self, statement: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Execute a statement once for each row."""


@contextmanager
def open_database(place: Path | DatabaseUrl, *, writes: bool = False) -> Iterator[Database]:
    """Open a database for one transaction, which an exception undoes; a file may be a new one.

    If it writes, others that write are excluded.

    Raises:
        UsageError: it cannot be used as a history.
        MissingExtra: the client library of PostgreSQL is not installed.
    """
    opened = _open_file(place, writes) if isinstance(place, Path) else _open_url(place, writes)
    with opened as database:
        yield database


@contextmanager
def _open_file(file: Path, writes: bool) -> Iterator[Database]:
    try:
        with connect(file, PATIENCE) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.text_factory = lambda text: text.decode(errors="replace")
            connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
            with connection:
                yield _File(connection)
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:  # also of SQLite's message
        raise UsageError(f"{file}: cannot be used as a history: {error}") from None


@dataclass(frozen=True, slots=True)
class _File:
    """A SQLite file."""

    connection: sqlite3.Connection

    def read_version(self) -> int | None:
        if is_empty(self.connection):
            return 0
        is_history = _FILE.matches(self.connection)
        return (is_history and read_pragma(self.connection, "user_version")) or None

    def create(self, statements: Iterable[str], version: int) -> None:
        if is_empty(self.connection):
            for statement in statements:
                self.connection.execute(statement)
            self.connection.execute(f"PRAGMA user_version = {version}")
        _FILE.mark(self.connection)

    def execute(self, statement: str, row: Mapping[str, Any] = {}) -> list[Any]:
        return self.connection.execute(statement, row).fetchall()

    def execute_each(self, statement: str, rows: Iterable[Mapping[str, Any]]) -> None:
        self.connection.executemany(statement, rows)


@contextmanager
def _open_url(place: DatabaseUrl, writes: bool) -> Iterator[Database]:
    try:
        import psycopg
    except ImportError:  # also psycopg without libpq
        raise MissingExtra(f"a history in PostgreSQL ({place})", EXTRA) from None
    try:
        with psycopg.connect(**_read_url(place), prepare_threshold=None) as connection:
            encoding = connection.info.parameter_status("server_encoding")
            if encoding not in {"UTF8", "SQL_ASCII"}:
                raise UsageError(f"{place}: its encoding is {encoding}, and a history needs UTF8")
            connection.execute(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
            connection.execute(f"SET LOCAL search_path TO {SCHEMA}")
            if writes:
                connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            yield _Server(connection)
    except psycopg.Error as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise UsageError(f"{place}: cannot be used as a history: {reason}") from None


def _read_url(place: DatabaseUrl) -> dict[str, Any]:
    """Return the parameters in a URL; libpq's own message about a wrong one may show a password."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        if place.shown:
            return {**_SHORTEST_WAIT, "client_encoding": "UTF8", **conninfo_to_dict(place.url)}
    except ProgrammingError:
        pass
    raise UsageError(
        f"{place}: expected a file or a URL such as postgresql://user@host/name, in which special "
        "characters of names and passwords are written as %XX"
    )


@dataclass(frozen=True, slots=True)
class _Server:
    """A schema of a PostgreSQL database."""

    connection: psycopg.Connection[Any]

    def read_version(self) -> int | None:
        comments = self._find(
            "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = :schema"
        )
        for (comment,) in comments:
            version = (comment or "").removeprefix(_COMMENT)
            if version.isdecimal():
                return int(version)
        return None if self._find("SELECT 1 FROM pg_tables WHERE schemaname = :schema") else 0

    def create(self, statements: Iterable[str], version: int) -> None:
        if self.read_version():
            return
        if not self._find("SELECT 1 FROM pg_namespace WHERE nspname = :schema"):
            self.execute(f"CREATE SCHEMA {SCHEMA}")  # IF NOT EXISTS needs the right to create one
        for statement in statements:
            self.execute(re.sub("|".join(_DIALECT), lambda word: _DIALECT[word[0]], statement))
        self.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{_COMMENT}{version}'")

    def execute(self, statement: str, row: Mapping[str, Any] = {}) -> list[Any]:
        cursor = self.connection.execute(_translate(statement), row)
        return cursor.fetchall() if cursor.description else []

    def _find(self, statement: str) -> list[Any]:
        return self.execute(statement, {"schema": SCHEMA})

    def execute_each(self, statement: str, rows: Iterable[Mapping[str, Any]]) -> None:
        self.connection.cursor().executemany(_translate(statement), list(rows))


def _translate(statement: str) -> bytes:
    """Return a statement with the parameters of psycopg."""
    return re.sub(r":(\w+)", r"%(\1)s", statement).encode()
