"""The shared run: one for all processes of a test session, made by the first one."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Final

from docpact.databases import LockedError, lock
from docpact.errors import DocpactError, Inconclusive
from docpact.limits import RUN_SECONDS
from docpact.model import ApiRun

LOST: Final = "the process that sent the requests ended before it stored the run"
"""The reason why there is no run."""

PATIENCE: Final = 2 * RUN_SECONDS
"""Seconds to wait for the process that makes the run."""


def share_run(folder: Path, make: Callable[[], ApiRun]) -> ApiRun:
    """Return the run that the first process made; make it if this process is the first.

    A run that was started and not stored is not made again, because its requests were sent.

    Raises:
        DocpactError: making the run raised it, here or in the first process.
        Inconclusive: the first process ended before the run did, or is still running.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    kept, begun = folder / "run.pickle", folder / "begun"
    try:
        with lock(folder / "lock.sqlite", PATIENCE):
            if not kept.exists():
                if begun.exists():
                    raise Inconclusive(LOST)
                begun.touch()
                _keep(kept, _outcome(make))
    except LockedError:
        raise Inconclusive("another process is still making the run") from None
    outcome = pickle.loads(kept.read_bytes())  # noqa: S301 — written by a process of this session
    if isinstance(outcome, DocpactError):
        raise outcome
    if not isinstance(outcome, ApiRun):
        raise TypeError(f"{kept} contains no run")
    return outcome


def _outcome(make: Callable[[], ApiRun]) -> ApiRun | DocpactError:
    try:
        return make()
    except DocpactError as error:
        return error


def _keep(file: Path, outcome: ApiRun | DocpactError) -> None:
    """Write a file atomically."""
    draft = file.with_suffix(".draft")
    draft.write_bytes(pickle.dumps(outcome))
    draft.replace(file)
