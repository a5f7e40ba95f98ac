"""The crews of an audit: processes on this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Final

from docpact.audit.work import Crew
from docpact.errors import MissingExtra, UsageError

PATIENCE: Final = 30
"""Seconds that a scheduler has to answer."""


@contextmanager
def processes(count: int) -> Iterator[Crew]:
    """Start processes on this machine, for the length of a `with` block."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(count, mp_context=context)
    try:
        yield Crew(pool, count)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def cluster(address: str) -> Iterator[Crew]:
    """Give work to a Dask cluster, for the length of a `with` block.

    A part whose worker is lost is given to another one by the scheduler.

    Args:
        address: of the scheduler, e.g. `tcp://10.0.0.1:8786`.

    Raises:
        MissingExtra: Dask is not installed.
        UsageError: no scheduler answers there, or it has no workers.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise MissingExtra("docpact audit --scheduler", "audit-dask") from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise UsageError(f"--scheduler {address}: no scheduler answers: {error}") from None
    with client:
        width = sum(client.nthreads().values())
        if not width:
            raise UsageError(f"--scheduler {address}: it has no workers")
        yield Crew(client.get_executor(pure=False), width)
