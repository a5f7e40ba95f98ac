"""The workers of an audit: processes on this machine, or those of a Dask cluster."""

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

PATIENCE: Final = 30
"""Seconds that a scheduler has to answer."""

ATTEMPTS: Final = 4
"""How often a part is given to a cluster at most; Dask's scheduler does the same of itself."""

AT_ONCE: Final = 512
"""How many parts are given to a cluster at once at most."""

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def processes(count: int) -> Iterator[Workers]:
    """Start processes on this machine, for the length of a `with` block.

    They leave Ctrl-C to this process; an error, or Ctrl-C, that leaves the block ends them.
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
    """Give work to a Dask cluster, for the length of a `with` block.

    A part whose worker is lost is given to another one by the scheduler, or again by us where the
    scheduler has lost sight of it.

    Args:
        address: of the scheduler, e.g. `tcp://10.0.0.1:8786`.

    Raises:
        MissingExtra: Dask is not installed.
        UsageError: no scheduler answers there, or it has no workers.
    """
    try:
        from distributed import Client, KilledWorker
    except ModuleNotFoundError:
        raise MissingExtra("docpact audit --scheduler", "audit-dask") from None
    _check_listens(address)
    with (
        _OnCluster(AT_ONCE) as executor,
        Client(address, timeout=PATIENCE, set_as_default=False) as client,
    ):
        executor.client = client
        width = sum(client.nthreads().values())
        if not width:
            raise UsageError(f"--scheduler {address}: it has no workers")
        lost = (KilledWorker, CancelledError)
        yield Workers(executor, min(width, AT_ONCE // PARTS_AHEAD), lost, are_local=False)


class _OnCluster(ThreadPoolExecutor):
    """Waits for the cluster, a thread a task; Dask's own executor may take a result for an error.

    It asks for a task's state once it has the result, and by then the worker may be lost.
    """

    client: Any = None

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Give a task to the cluster, up to so many times as the scheduler does by itself."""

        def given() -> T:
            for _ in range(ATTEMPTS - 1):
                with suppress(CancelledError):
                    return result()
            return result()

        def result() -> T:
            found: T = self.client.submit(fn, *args, pure=False, **kwargs).result()
            return found

        return super().submit(given)


def _check_listens(address: str) -> None:
    """Raise UsageError unless something listens at an address.

    A client that finds nothing there takes a minute to give up, and then says so in a traceback.
    """
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        port = parts.port
        if parts.hostname and port is not None:
            socket.create_connection((parts.hostname, port), PATIENCE).close()
            return
        problem = "tcp://HOST:PORT is expected"
    except (OSError, ValueError) as error:
        problem = str(error)
    raise UsageError(f"--scheduler {address}: no scheduler answers: {problem}")


class _Worker(SpawnProcess):
    """A process that is deaf to Ctrl-C from before its first line of Python."""

    def start(self) -> None:
        """Start the process; it inherits which signals are held back meanwhile."""
        with _interrupts_held_back():
            super().start()


class _Context(SpawnContext):
    Process = _Worker


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let Ctrl-C wait for the end of a `with` block, where the system can do so."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Prepare this process to work: deaf to Ctrl-C on every system, and gone with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch(sentinel: int) -> None:
        wait([sentinel])
        os._exit(1)

    if parent is not None:
        Thread(target=watch, args=(parent.sentinel,), daemon=True).start()
