"""The checkpoint: how far an audit is, in one SQLite file, so that a killed one can go on.

What a part of the traffic came down to and how far it was read stand in one row, written in one
transaction: a process killed at any moment leaves the row before or the row after, and nothing is
lost or counted twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from docpact.audit import stored
from docpact.audit.summary import Summary
from docpact.errors import UsageError
from docpact.model import Operation
from docpact.traffic import Part
from docpact.traffic.journal import contract_hash

FORMAT: Final = "docpact audit 1"
"""What the files that this release reads and writes say of themselves."""

_SCHEMA: Final = """
create table if not exists audit (name text primary key, value text not null);
create table if not exists part (
    source text, start integer, reached integer, summary text not null, primary key (source, start)
);
"""
_PATIENCE: Final = 60.0
"""Seconds that one process waits for another one's transaction."""


def state(
    operation: Operation, parts: Sequence[Part], fields: Mapping[str, str]
) -> Mapping[str, str]:
    """Return what tells an audit from others, as texts by name.

    Sources are told apart by what they are called, how long they are, and files of this machine
    also by when they were last changed.
    """
    changed = {part.source: _changed(part.source) for part in parts}
    pieces = [
        [part.source, part.start, part.end, part.size, changed[part.source]] for part in parts
    ]
    return {
        "operation": operation.id,
        "contract": contract_hash(operation),
        "fields": json.dumps(fields, sort_keys=True),
        "sources": sha256(json.dumps(pieces).encode()).hexdigest(),
    }


def _changed(source: str) -> int | None:
    try:
        return Path(source).stat().st_mtime_ns
    except (OSError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The file of one audit.

    Attributes:
        file: added to, or made.
    """

    file: Path

    def begin(self, what: Mapping[str, str]) -> None:
        """Make the file, or see that it is of the same audit.

        Args:
            what: tells this audit from others: its contract, its sources and their state.

        Raises:
            UsageError: it is of another audit or no checkpoint, or cannot be written.
        """
        with self._opened() as db:
            db.executescript(_SCHEMA)
            kept = dict(db.execute("select name, value from audit").fetchall())
            stated = {"format": FORMAT, **what}
            if not kept:
                db.executemany("insert into audit values (?, ?)", stated.items())
            elif kept != stated:
                names = sorted({*kept, *stated})
                changed = [name for name in names if kept.get(name) != stated.get(name)]
                raise UsageError(
                    f"--resume {self.file}: kept of another audit ({', '.join(changed)} changed "
                    "since); name another file, or remove this one to begin anew"
                )

    def done(self) -> dict[tuple[str, int], Summary]:
        """Return source and start of each part that is done, and its summary.

        Raises:
            UsageError: the file cannot be read.
        """
        asked = "select source, start, summary from part where reached is null"
        with self._opened() as db:
            rows = db.execute(asked).fetchall()
        return {(source, start): self._read(text) for source, start, text in rows}

    def kept(self, part: Part) -> tuple[Summary, int]:
        """Return what is kept of a part that is not done, and the place of its next record.

        Raises:
            UsageError: the file cannot be read.
        """
        asked = "select summary, reached from part where (source, start) = (?, ?)"
        with self._opened() as db:
            row = db.execute(asked, (part.source, part.start)).fetchone()
        return (self._read(row[0]), int(row[1] or 0)) if row else (Summary(), 0)

    def keep(self, part: Part, summary: Summary, reached: int | None = None) -> None:
        """Keep what a part came down to.

        Args:
            part: of the traffic.
            summary: of all its records up to `reached`.
            reached: the place of the first record that is not in it; None where all are.

        Raises:
            UsageError: the file cannot be written.
        """
        row = (part.source, part.start, reached, stored.written(summary))
        with self._opened() as db:
            db.execute("insert or replace into part values (?, ?, ?, ?)", row)

    def _read(self, text: str) -> Summary:
        try:
            return stored.read(text)
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"--resume {self.file}: no checkpoint: {error!r}") from None

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            db = sqlite3.connect(self.file, timeout=_PATIENCE)
            try:
                with db:
                    yield db
            finally:
                db.close()
        except sqlite3.Error as error:
            raise UsageError(f"--resume {self.file}: {error}") from None
