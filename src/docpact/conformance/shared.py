"""A shared result: one for all processes of a test session, made by the first one."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from docpact.databases import LockedError, lock
from docpact.errors import DocpactError, Inconclusive
from docpact.limits import RUN_SECONDS

T = TypeVar("T")

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
