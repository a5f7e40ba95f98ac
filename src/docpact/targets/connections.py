"""Connections: how many questions are asked at once, and which idle ones a server may close."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock
from typing import Any, Final

import httpx

CONNECTIONS: Final = 4
"""Default maximum number of concurrent requests."""


@dataclass(slots=True)
class Concurrency:
    """Lets several questions be asked at once, or one alone; once closed, only one at a time.

    Attributes:
        count: maximum number of concurrent questions.
        closed: whether the server showed that it accepts only one at a time.
        failed: number of concurrent questions without a response.
        was_late: whether the last response to a question alone did not end in time.
    """

    count: int = 1
    closed: bool = False
    failed: int = 0
    was_late: bool = False
    _counting: Lock = field(default_factory=Lock, repr=False)
    _turn: Lock = field(default_factory=Lock, repr=False)
    _free: BoundedSemaphore = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._free = BoundedSemaphore(self.count)

    @contextmanager
    def beside(self) -> Iterator[bool]:
        """Wait for a free place, and yield whether concurrent questions are still allowed."""
        with self._turn:
            self._free.acquire()
        try:
            yield not self.closed
        finally:
            self._free.release()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other question is under way, and let none start meanwhile."""
        with self._turn:
            for _ in range(self.count):
                self._free.acquire()
            try:
                yield
            finally:
                self._free.release(self.count)

    def fail(self) -> None:
        """Count a concurrent question without a response; the second one closes this."""
        with self._counting:
            self.failed += 1
            self.closed = self.closed or self.failed > 1


IDLE_SECONDS: Final = 1.0
"""A kept connection is used again for so long; servers that close idle ones mostly wait longer."""


@dataclass(slots=True)
class Connections:
    """Counts the connections that a server did not keep, although it did not say so.

    A request on a kept connection that the server closed at the same time has no response. The
    server has not read it, so that it may be sent again (RFC 9110, section 9.2.2).

    Attributes:
        opened: number of connections that were opened.
        failed: number of requests without a response.
        latest: the statuses of the latest responses, as many as there may be connections.
    """

    opened: int = 0
    failed: int = 0
    latest: deque[int] = field(default_factory=lambda: deque(maxlen=CONNECTIONS))
    _lock: Lock = field(default_factory=Lock, repr=False)

    def is_race(self, watch: Watch, error: httpx.TransportError) -> bool:
        """Return whether a server probably closed an idle connection before it got a request.

        That is so if the network says that nobody listens, if the server has closed other
        connections after their responses, or if it just sent an error, after which servers may
        close a connection without saying so.
        """
        with self._lock:
            self.opened += watch.is_new
            self.failed += 1
            closes = (
                self.opened > self.failed + 2 * CONNECTIONS or max(self.latest, default=0) >= 400
            )
        was_reset = isinstance(error, httpx.ReadError | httpx.WriteError)
        was_closed = isinstance(error, httpx.RemoteProtocolError) and closes
        return not watch.is_new and not watch.has_response and (was_reset or was_closed)

    def succeed(self, watch: Watch, status: int) -> None:
        """Count the connection of a request that has a response."""
        with self._lock:
            self.opened += watch.is_new
            self.latest.append(status)


@dataclass(slots=True)
class Watch:
    """Watches one request; it is the `trace` of httpcore.

    Attributes:
        is_new: whether a connection was opened for it.
        has_response: whether a part of the response arrived.
    """

    is_new: bool = False
    has_response: bool = False

    def __call__(self, event: str, info: Any) -> None:
        """Take an event of httpcore, e.g. `connection.connect_tcp.started`."""
        del info
        self.is_new = self.is_new or event.startswith("connection.connect")
        self.has_response = self.has_response or event.endswith("receive_response_headers.complete")
