"""The request budget, the connections used at once, which a server may close, and their bodies."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from errno import EBADF
from fractions import Fraction
from threading import BoundedSemaphore, Lock
from typing import Any, Final

import httpx

from docpact.bodies.codings import CodingError, is_supported, split_codings, undo_codings
from docpact.errors import MissingExtra
from docpact.limits import MAX_BYTES, MAX_CHUNKS, MAX_HEADERS, STREAM_SECONDS
from docpact.media_types import parse_media_type
from docpact.model import Failure, Response
from docpact.rules.walks.bodies import Amounts
from docpact.text import describe_error

BUDGET: Final = 300
"""Default maximum number of requests of a check, for each operation; most need fewer."""

USUAL_PARAMETERS: Final = 20
"""Number of query parameters that such a check can test."""

MORE_REQUESTS: Final = 10
"""Further requests for each query parameter beyond those."""

MOCK_BUDGET: Final = 600
"""The same of the mock, which has no other users."""

RATE: Final = 200.0
"""Default maximum number of requests per second."""

MOCK_RATE: Final = 100_000.0
"""The same of the mock, which waits for nobody."""


class BudgetSpent(Exception):
    """No more requests may be sent; `str()` gives the reason."""


@dataclass(slots=True)
class RequestBudget:
    """Counts every request before it is sent, with retries, redirects and repeats.

    Several threads may use it at once; they are served in the order in which they come.

    Attributes:
        budget: maximum number of requests.
        rate: maximum number of requests per second; may be less than 1.
        seconds: wall time after which nothing more is sent.
        sleep: waits some seconds.
        clock: returns the time in seconds.
        whole: the budget that this one is a part of, which also limits rate and time.
        amounts: that the responses hold; beyond their limits nothing more is sent.
    """

    budget: int = BUDGET
    rate: float = RATE
    seconds: float = float("inf")
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    spent: int = 0
    whole: RequestBudget | None = None
    amounts: Amounts = field(default_factory=Amounts, repr=False)
    _began: float | None = None
    _times: deque[float] = field(default_factory=deque)
    _stopped: bool = False
    _turn: Lock = field(default_factory=Lock, repr=False)

    @property
    def left(self) -> int:
        """The number of requests that may still be sent."""
        if self.amounts.excess:
            return 0
        own = self.budget - self.spent
        return own if self.whole is None else min(own, self.whole.left)

    @property
    def is_stopped(self) -> bool:
        """Whether no more requests may be sent, because the run is over."""
        return self._stopped or (self.whole is not None and self.whole.is_stopped)

    def share(self, part: Fraction) -> RequestBudget:
        """Return a part of this budget."""
        return RequestBudget(max(1, int(self.budget * part)), whole=self, amounts=self.amounts)

    def take(self) -> None:
        """Wait until the next request may be sent, and count it.

        Raises:
            BudgetSpent: the budget or the time is spent, the responses exceed a limit, or the run
                was stopped.
        """
        with self._turn:
            self.check()
            if excess := self.amounts.excess:
                raise BudgetSpent(excess)
            now = self.clock()
            self._began = now if self._began is None else self._began
            if self.spent >= self.budget:
                raise BudgetSpent(f"the budget of {self.budget:,} requests is spent")
            if now - self._began > self.seconds:
                raise BudgetSpent(f"out of time: {self.seconds:.0f} seconds have passed")
            if self.whole is not None:
                self.whole.take()
                self.spent += 1
                return
            together = max(1, int(self.rate))
            if len(self._times) >= together:
                wait = self._times.popleft() + together / self.rate - now
                if wait > 0:
                    self.sleep(wait)
            self._times.append(self.clock())
            self.spent += 1

    def stop(self) -> None:
        """Allow no more requests, because the run is over."""
        self._stopped = True

    def check(self) -> None:
        """Raise if the run was stopped.

        Raises:
            BudgetSpent: it was stopped; later responses do not belong to it.
        """
        if self.is_stopped:
            raise BudgetSpent("the run is over")


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
        close a connection without saying so. Another thread may also have closed the socket here.
        """
        with self._lock:
            self.opened += watch.is_new
            self.failed += 1
            closes = (
                self.opened > self.failed + 2 * CONNECTIONS or max(self.latest, default=0) >= 400
            )
        was_reset = isinstance(error, httpx.ReadError | httpx.WriteError)
        was_closed = isinstance(error, httpx.RemoteProtocolError) and closes
        if _is_own(error):
            return True
        return not watch.is_new and not watch.has_response and (was_reset or was_closed)

    def succeed(self, watch: Watch, status: int) -> None:
        """Count the connection of a request that has a response."""
        with self._lock:
            self.opened += watch.is_new
            self.latest.append(status)


def _is_own(error: BaseException | None) -> bool:
    """Return whether an error, or its cause, is that a socket was closed on this side."""
    while error is not None and not isinstance(error, OSError):
        error = error.__cause__ or error.__context__
    return error is not None and error.errno == EBADF


@dataclass(slots=True)
class Watch:
    """Watches one request; it is the `trace` of httpcore.

    Attributes:
        is_new: whether a connection was opened for it.
        has_response: whether a part of the response arrived.
        server: host and port of that connection; those of a proxy, if there is one.
    """

    is_new: bool = False
    has_response: bool = False
    server: tuple[str, int] | None = None

    def __call__(self, event: str, info: Any) -> None:
        """Take an event of httpcore, e.g. `connection.connect_tcp.started`."""
        if event == "connection.connect_tcp.started":
            self.server = info["host"], info["port"]
        self.is_new = self.is_new or event.startswith("connection.connect")
        self.has_response = self.has_response or event.endswith("receive_response_headers.complete")


class _Late(Exception):
    """The time for a response is over."""


class _TooMuch(Exception):
    """A body is too long, or comes in too many pieces."""


def read(response: httpx.Response, seconds: float) -> Response | Failure:
    """Read a response and undo its content codings.

    A body with an unknown coding is left as it is. An event stream may never end: if it does not
    end soon, its response has status and headers, but no known body.
    """
    label = parse_media_type(response.headers.get("content-type", "")).name
    is_stream = label == "text/event-stream" and not response.is_stream_consumed
    if is_stream:
        seconds = min(seconds, STREAM_SECONDS)
        limits = response.request.extensions.get("timeout", {})
        response.request.extensions["timeout"] = {**limits, "read": seconds}
    try:
        body = b"".join(_limit_bytes(_list_pieces(response, seconds)))
    except _TooMuch as error:
        return Failure("size", str(error))
    except (CodingError, MissingExtra) as error:
        return Failure("encoding", f"the body is {error}")
    except (_Late, httpx.ReadTimeout) as error:
        if not is_stream and isinstance(error, httpx.ReadTimeout):
            raise
        if not is_stream:
            return too_late(seconds)
        body = None
    headers = tuple((k.lower(), v) for k, v in response.headers.multi_items()[:MAX_HEADERS])
    return Response(response.status_code, headers, body or b"", body_known=body is not None)


def _list_pieces(response: httpx.Response, seconds: float) -> Iterable[bytes]:
    """Yield the decoded pieces of a body, until some seconds are over."""
    deadline = time.monotonic() + seconds

    def check() -> None:
        if time.monotonic() > deadline:
            raise _Late

    pieces: Iterable[bytes] = [response.content] if response.is_stream_consumed else ()
    if not response.is_stream_consumed:
        codings = split_codings(response.headers.get("content-encoding", ""))
        pieces = _limit_chunks(response.iter_raw())
        if is_supported(codings):
            pieces = undo_codings(pieces, codings, check)
    for piece in pieces:
        check()
        yield piece


def _limit_bytes(pieces: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > MAX_BYTES:
            raise _TooMuch(f"the body is longer than {MAX_BYTES:,} bytes")
        yield piece


def _limit_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for number, piece in enumerate(pieces, 1):
        if number > MAX_CHUNKS:
            raise _TooMuch(f"the body has more than {MAX_CHUNKS:,} chunks")
        yield piece


def too_late(seconds: float) -> Failure:
    """Return the failure of a response that did not end in time."""
    return Failure("timeout", f"the response did not end within {seconds:g} seconds")


def describe_failure(error: httpx.TransportError, watch: Watch) -> Failure:
    """Return the failure of a request without a complete response."""
    text, url = describe_error(error), error.request.url
    server = url.raw_host.decode(), url.port or (443 if url.scheme == "https" else 80)
    place = "" if watch.server in (None, server) else "the proxy {}:{}: ".format(*watch.server)
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return Failure("unreachable", f"{place}no connection in time")
    if isinstance(error, httpx.TimeoutException):
        return Failure("timeout", "no answer in time")
    if isinstance(error, httpx.ConnectError):
        return Failure("unreachable", place + (text or "no connection"))
    return Failure("cut", f"the connection broke: {text or type(error).__name__}")


def limit_timeout(seconds: float, timeout: httpx.Timeout) -> httpx.Timeout:
    """Return a timeout with no part longer than some seconds."""
    parts = timeout.as_dict().items()
    return httpx.Timeout(
        **{part: seconds if known is None else min(known, seconds) for part, known in parts}
    )


def measure_request(request: httpx.Request) -> int:
    """Return the number of bytes of a request, as far as it is read."""
    try:
        content = request.content
    except httpx.RequestNotRead:
        content = b""
    head = sum(len(name) + len(value) for name, value in request.headers.raw)
    return head + len(request.url.raw_path) + len(content)
