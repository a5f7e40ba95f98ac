"""The checkpoint: the progress of an audit in one SQLite file, so that a killed audit can continue.

The summary of a part and how far the part was read are one row, written in one transaction: a
process killed at any moment leaves the row before or the row after, and nothing is lost or counted
twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from docpact.databases import DatabaseKind, LockedError, connect, is_empty, lock
from docpact.errors import UsageError
from docpact.files import read_json
from docpact.model import Operation
from docpact.rules.responses.summary import BreachKey, BreachSummary, Summary
from docpact.traffic import Part
from docpact.traffic.journal import contract_hash

FORMAT: Final = "docpact audit 2"
"""The format of the files that this release reads and writes."""

CHECKPOINT: Final = DatabaseKind(0x64704370, frozenset({"audit", "part"}))
"""The kind of file; the number is `dpCp` in ASCII."""

_SCHEMA: Final = (
    "create table audit (name text primary key, value text not null)",
    """
    create table part (
        source text, start integer, reached integer, summary text not null,
        primary key (source, start)
    )
    """,
)
_PATIENCE: Final = 60.0
"""Seconds to wait for another process's transaction."""


def identify(
    operations: Sequence[Operation], parts: Sequence[Part], fields: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the identity of an audit, as texts by name.

    Sources are identified by name and size, local files also by their time of change.
    """
    changed = {part.source: _read_change_time(part.source) for part in parts}
    pieces = [
        [part.source, part.start, part.end, part.size, changed[part.source]] for part in parts
    ]
    return {
        "operation": " ".join(each.id for each in operations),
        "contract": " ".join(map(contract_hash, operations)),
        "fields": json.dumps(fields, sort_keys=True),
        "sources": sha256(json.dumps(pieces).encode()).hexdigest(),
    }


def part_key(part: Part) -> tuple[str, int]:
    """Return a hash of a part's source, whose URL may contain a secret, and the part's start."""
    return sha256(part.source.encode("utf-8", "surrogateescape")).hexdigest()[:32], part.start


def _read_change_time(source: str) -> int | None:
    try:
        return Path(source).stat().st_mtime_ns
    except (OSError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The file of one audit, which is created if it does not exist."""

    file: Path

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Exclude other audits with the same file, until the block or the process ends.

        Raises:
            UsageError: another audit is using the file, or it cannot be locked.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(lock(self.file.with_name(f"{self.file.name}.lock")))
            except LockedError:
                raise UsageError(
                    f"--resume {self.file}: another audit is using this file; wait until it ends, "
                    "or name another file"
                ) from None
            except (sqlite3.Error, UnicodeDecodeError) as error:
                raise UsageError(f"--resume {self.file}: cannot be locked: {error}") from None
            yield

    def begin(self, identity: Mapping[str, str]) -> None:
        """Create the file, or make sure that it belongs to the same audit; see `identify`.

        Raises:
            UsageError: the file belongs to another audit, is not a checkpoint, or cannot be
                written.
        """
        with self._open() as db:
            if is_empty(db):
                for statement in _SCHEMA:
                    db.execute(statement)
            elif not CHECKPOINT.matches(db):
                raise UsageError(
                    f"--resume {self.file}: a SQLite file, but not a checkpoint of an audit; name "
                    "another file"
                )
            CHECKPOINT.mark(db)
            saved = dict(db.execute("select name, value from audit").fetchall())
            current = {"format": FORMAT, **identity}
            if not saved:
                db.executemany("insert into audit values (?, ?)", current.items())
            elif saved != current:
                names = sorted({*saved, *current})
                changed = [name for name in names if saved.get(name) != current.get(name)]
                raise UsageError(
                    f"--resume {self.file}: this is the checkpoint of another audit "
                    f"({', '.join(changed)} changed since); name another file, or remove this one "
                    "to start again"
                )

    def read_done(self) -> dict[tuple[str, int], Summary]:
        """Return key and summary of each part that is done; see `part_key`.

        Raises:
            UsageError: the file cannot be read.
        """
        query = "select source, start, summary from part where reached is null"
        with self._open() as db:
            rows = db.execute(query).fetchall()
        return {(source, start): self._decode(text) for source, start, text in rows}

    def read_part(self, part: Part) -> tuple[Summary, int]:
        """Return the summary of a part so far, and the number of its next record.

        Raises:
            UsageError: the file cannot be read.
        """
        query = "select summary, reached from part where (source, start) = (?, ?)"
        with self._open() as db:
            row = db.execute(query, part_key(part)).fetchone()
        return (self._decode(row[0]), int(row[1] or 0)) if row else (Summary(), 0)

    def save(self, part: Part, summary: Summary, reached: int | None = None) -> None:
        """Save the summary of a part.

        Raises:
            UsageError: the file cannot be written.
        """
        row = (*part_key(part), reached, encode(summary))
        with self._open() as db:
            db.execute("insert or replace into part values (?, ?, ?, ?)", row)

    def _decode(self, text: str) -> Summary:
        try:
            return decode(text)
        except ValueError as error:
            raise UsageError(f"--resume {self.file}: not a checkpoint: {error}") from None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with connect(self.file, _PATIENCE) as db:
                db.execute("begin immediate")
                with db:
                    yield db
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--resume {self.file}: {error}") from None


class _Saved(NamedTuple):
    """A summary in a form for JSON: mappings whose keys are not texts become pairs."""

    counts: dict[str, int]
    observations: list[tuple[tuple[bool, str], int]]
    breaches: list[tuple[BreachKey, BreachSummary]]
    refusals: frozenset[tuple[str, int]]
    seen: frozenset[tuple[str, str]]
    is_cut: bool
    elsewhere: _Saved | None = None
    operations: dict[str, _Saved] = {}  # noqa: RUF012 — the default of a field


def encode(summary: Summary) -> str:
    """Write a summary as JSON; lone surrogates, which servers may send, are escaped."""
    return json.dumps(msgspec.to_builtins(_save(summary)))


def _save(summary: Summary) -> _Saved:
    return _Saved(
        dict(summary.counts),
        list(summary.observations.items()),
        list(summary.breaches.items()),
        summary.refusals,
        summary.seen,
        summary.is_cut,
        _save(summary.elsewhere) if summary.elsewhere else None,
        {name: _save(each) for name, each in summary.operations.items()},
    )


def decode(text: str) -> Summary:
    """Read a summary that `encode` wrote.

    Raises:
        ValueError: the text is something else.
    """
    return _load(msgspec.convert(read_json(text), _Saved))


def _load(saved: _Saved) -> Summary:
    return Summary(
        saved.counts,
        dict(saved.observations),
        dict(saved.breaches),
        saved.refusals,
        saved.seen,
        saved.is_cut,
        _load(saved.elsewhere) if saved.elsewhere else None,
        {name: _load(each) for name, each in saved.operations.items()},
    )
