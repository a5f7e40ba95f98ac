"""The executors of an audit: processes on this machine, or a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from multiprocessing.context import SpawnContext, SpawnProcess
from threading import Thread
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import urlsplit

from docpact.audit.work import PARTS_AHEAD, Workers
from docpact.errors import MissingExtra, UsageError
from docpact.secrets import redact_urls

TIMEOUT: Final = 30
"""Seconds to wait for a scheduler."""

ATTEMPTS: Final = 4
"""Maximum number of times that a part is submitted to a cluster, as for Dask's scheduler."""

MAX_RUNNING: Final = 512
"""Maximum number of parts submitted to a cluster at once."""

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def processes(count: int) -> Iterator[Workers]:
    """Start processes on this machine for a `with` block.

    They ignore Ctrl-C; an error or Ctrl-C in the block ends them.
    """
    pool = ProcessPoolExecutor(count, mp_context=_Context(), initializer=_begin)
    try:
        yield Workers(pool, count, (BrokenExecutor,))
    except BaseException:
        for process in multiprocessing.active_children():
            if isinstance(process, _Worker):
                process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def cluster(address: str) -> Iterator[Workers]:
    """Connect to the Dask cluster of a scheduler (`tcp://HOST:8786`) for a `with` block.

    If a worker is lost, the scheduler gives its part to another one; if the scheduler has lost
    track of the part, docpact submits it again.

    Raises:
        MissingExtra: Dask is not installed.
        UsageError: no scheduler answers, or it has no workers.
    """
    try:
        from distributed import Client, KilledWorker
    except ModuleNotFoundError:
        raise MissingExtra("docpact audit --scheduler", "audit-dask") from None
    _check_listens(address)
    with (
        _ClusterExecutor(MAX_RUNNING) as executor,
        Client(address, timeout=TIMEOUT, set_as_default=False) as client,
    ):
        executor.client = client
        width = sum(client.nthreads().values())
        if not width:
            raise UsageError(f"--scheduler {redact_urls(address)}: it has no workers")
        lost = (KilledWorker, CancelledError)
        yield Workers(executor, min(width, MAX_RUNNING // PARTS_AHEAD), lost, are_local=False)


class _ClusterExecutor(ThreadPoolExecutor):
    """Waits for the cluster with one thread for each task.

    Dask's own executor may mistake a result for an error: it asks for the state of a task after the
    result has come, and the worker may be lost by then.
    """

    client: Any = None

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Submit a task to the cluster, again if it was cancelled."""

        def attempt() -> T:
            result: T = self.client.submit(fn, *args, pure=False, **kwargs).result()
            return result

        def run() -> T:
            for _ in range(ATTEMPTS - 1):
                with suppress(CancelledError):
                    return attempt()
            return attempt()

        return super().submit(run)


def _check_listens(address: str) -> None:
    """Raise UsageError unless something listens: the client would take a minute to give up."""
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        port = parts.port
        if parts.hostname and port is not None:
            socket.create_connection((parts.hostname, port), TIMEOUT).close()
            return
        problem = "tcp://HOST:PORT is expected"
    except (OSError, ValueError) as error:
        problem = str(error).partition(" as ")[0]  # what follows may be a part of a password
    raise UsageError(f"--scheduler {redact_urls(address)}: no scheduler answers: {problem}")


class _Worker(SpawnProcess):
    """A process that ignores Ctrl-C from its start."""

    def start(self) -> None:
        """Start the process, which inherits the blocked signals."""
        with _block_interrupts():
            super().start()


class _Context(SpawnContext):
    Process = _Worker


@contextmanager
def _block_interrupts() -> Iterator[None]:
    """Delay Ctrl-C until the end of a `with` block, if the system can do so."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Prepare a worker: ignore Ctrl-C on every system, and end with the parent process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()

    def watch(sentinel: int) -> None:
        wait([sentinel])
        os._exit(1)

    if parent is not None:
        Thread(target=watch, args=(parent.sentinel,), daemon=True).start()
