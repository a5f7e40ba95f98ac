"""Kept connections: a server may close an idle one just as a request is sent."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

import httpx

from docpact.targets.concurrency import CONNECTIONS

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
