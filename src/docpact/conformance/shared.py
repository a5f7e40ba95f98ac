"""The shared run: one for all processes of a test session, made by whichever asks first."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from docpact.conformance.session import MAX_SECONDS
from docpact.errors import DocpactError, Inconclusive
from docpact.model import Run

LOST: Final = "the process that sent the requests ended before it could say what came back"
"""Why there is no run where there should be one."""

PATIENCE: Final = 2 * MAX_SECONDS
"""Seconds to wait for a process that makes the run."""


def shared(folder: Path, make: Callable[[], Run]) -> Run:
    """Return the run of whichever process asked first: this one makes it where it is the first.

    A run that was begun and never kept is not made again, for its requests were sent.

    Args:
        folder: of this test session alone; made where it is missing.
        make: sends the requests.

    Raises:
        DocpactError: making the run did, here or in the process that asked first.
        Inconclusive: that process ended before the run did, or is at it still.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    kept, begun = folder / "run.pickle", folder / "begun"
    with _alone(folder / "lock.sqlite"):
        if not kept.exists():
            if begun.exists():
                raise Inconclusive(LOST)
            begun.touch()
            _keep(kept, _outcome(make))
    outcome = pickle.loads(kept.read_bytes())  # noqa: S301 — written by a process of this session
    if isinstance(outcome, DocpactError):
        raise outcome
    if not isinstance(outcome, Run):
        raise TypeError(f"{kept} holds no run")
    return outcome


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Keep every other process out; SQLite's lock goes with the process that holds it.

    Raises:
        Inconclusive: another one stays in for too long.
    """
    with closing(sqlite3.connect(lock, timeout=PATIENCE, isolation_level=None)) as held:
        try:
            held.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise Inconclusive(f"another process is at the run still: {error}") from None
        yield


def _outcome(make: Callable[[], Run]) -> Run | DocpactError:
    try:
        return make()
    except DocpactError as error:
        return error


def _keep(file: Path, outcome: Run | DocpactError) -> None:
    """Write a file that is there whole or not at all."""
    draft = file.with_suffix(".draft")
    draft.write_bytes(pickle.dumps(outcome))
    draft.replace(file)
