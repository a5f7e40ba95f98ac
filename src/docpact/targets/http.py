"""The HTTP target: sends a case, waits out a busy server, and brings back bounded answers."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from docpact.decoding import MAX_BYTES
from docpact.model import Case, Exchange, Failure, Operation, Request, Response
from docpact.rules.protocol import ACCEPTED_ENCODINGS
from docpact.targets.address import credential_header, url

TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
"""Seconds to connect, and between two bytes."""

ANSWER_SECONDS: Final = 60.0
"""Seconds that one whole answer may take."""

MAX_WAIT: Final = 60.0
"""The longest wait in seconds that a Retry-After header is granted."""

ATTEMPTS: Final = 4
"""How often a case is sent to a server that is busy; once more than once to one that fails."""

UNAVAILABLE: Final = frozenset({429, 502, 503, 504})
"""Statuses that say nothing of the operation while they pass: too many requests (RFC 6585, section
4), or no answer from behind a gateway (RFC 9110, sections 15.6.3 to 15.6.5)."""

MAX_REDIRECTS: Final = 3
"""How many redirects within the target's own origin are followed."""

MAX_HEADERS: Final = 200
"""How many response headers are kept."""


@dataclass(frozen=True, slots=True)
class HttpTarget:
    """An HTTP API that cases are sent to, with the operation's own method alone.

    Attributes:
        name: what a report calls the target.
        operation: the contract.
        base: scheme, host and any prefix.
        client: that does not follow redirects and does not raise for a status.
        secret: of the operation's credential, or None to send none.
        sleep: waits a number of seconds.
        jitter: returns a number between 0 and 1.
    """

    name: str
    operation: Operation
    base: str
    client: httpx.Client
    secret: str | None = field(default=None, repr=False)
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = field(default_factory=lambda: random.Random(0).random)  # noqa: S311

    def send(self, case: Case, phase: str = "") -> tuple[Exchange, ...]:
        """Send a case and return every attempt, the last one being its answer.

        429 and 503 are waited out by Retry-After (RFC 9110, section 10.2.3) or an exponential
        back-off with jitter; any other 5xx and a broken connection are tried once more, so that
        what heals can be told from what lasts.
        """
        exchanges: list[Exchange] = []
        for attempt in range(ATTEMPTS):
            exchange = self._attempt(case, phase)
            last = attempt + 1 >= _attempts(exchange)
            exchanges.append(exchange if last else replace(exchange, retried=True))
            if last:
                break
            self.sleep(self._wait(exchange, attempt))
        return tuple(exchanges)

    def redact(self, text: str) -> str:
        """Write the credential's environment variable where a text holds its secret."""
        credential = self.operation.credential
        if credential is None or not self.secret:
            return text
        return text.replace(self.secret, f"${credential.variable}")

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    def _attempt(self, case: Case, phase: str) -> Exchange:
        """Send a case once, following redirects within the target's own origin."""
        address = url(self.base, self.operation, case)
        request = Request(self.operation.method, address, self._shown_headers(case))
        started = time.monotonic()
        redirects: list[str] = []
        outcome = self._fetch(case, address)
        while len(redirects) < MAX_REDIRECTS and (onward := _redirect(outcome, address)):
            redirects.append(onward)
            outcome, address = self._fetch(case, onward), onward
        return Exchange(
            case=case,
            request=request,
            outcome=outcome,
            seconds=time.monotonic() - started,
            phase=phase,
            redirects=tuple(redirects),
        )

    def _fetch(self, case: Case, address: str) -> Response | Failure:
        headers = {"Accept": self.operation.content_type} | {
            "Accept-Encoding": ", ".join(ACCEPTED_ENCODINGS)
        }
        if credential := credential_header(self.operation, case, self.secret):
            headers |= dict([credential])
        try:
            with self.client.stream(self.operation.method, address, headers=headers) as response:
                return _read(response, deadline=time.monotonic() + ANSWER_SECONDS)
        except httpx.DecodingError as error:
            return Failure("encoding", f"the body is not encoded as its header says: {error}")
        except httpx.TimeoutException as error:
            if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
                return Failure("unreachable", "no connection in time")
            return Failure("timeout", "no answer in time")
        except httpx.ConnectError as error:
            return Failure("unreachable", str(error) or "no connection")
        except httpx.TransportError as error:
            return Failure("cut", f"the connection broke: {str(error) or type(error).__name__}")

    def _shown_headers(self, case: Case) -> tuple[tuple[str, str], ...]:
        credential = self.operation.credential
        shown = credential_header(
            self.operation, case, f"${credential.variable}" if credential else None
        )
        return () if shown is None else (shown,)

    def _wait(self, exchange: Exchange, attempt: int) -> float:
        asked = _retry_after(exchange)
        if asked is not None:
            return min(asked, MAX_WAIT)
        return 0.25 * 2.0**attempt * (1.0 + self.jitter())


def _read(response: httpx.Response, deadline: float) -> Response | Failure:
    """Read a whole body, no longer than `MAX_BYTES` and no later than a deadline."""
    body = bytearray()
    for chunk in response.iter_bytes(64 * 1024):
        body += chunk
        if len(body) > MAX_BYTES:
            return Failure("size", f"the body is longer than {MAX_BYTES:,} bytes")
        if time.monotonic() > deadline:
            return Failure("timeout", f"no end of the answer within {ANSWER_SECONDS:.0f} seconds")
    return Response(response.status_code, tuple(_headers(response)), bytes(body))


def _headers(response: httpx.Response) -> Iterator[tuple[str, str]]:
    for name, value in response.headers.multi_items()[:MAX_HEADERS]:
        yield name.lower(), value


def _attempts(exchange: Exchange) -> int:
    """Return how often a case with such an outcome is sent at most."""
    if exchange.status in UNAVAILABLE:
        return ATTEMPTS
    failed = exchange.failure is not None and exchange.failure.kind in ("unreachable", "cut")
    return 2 if failed or exchange.status >= 500 else 1


def _retry_after(exchange: Exchange) -> float | None:
    """Return the seconds that a Retry-After header asks for, or None (RFC 9110, 10.2.3)."""
    text = exchange.response.header("retry-after") if exchange.response else None
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text.strip()[:6])
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _redirect(outcome: Response | Failure, address: str) -> str | None:
    """Return where a redirect leads if that is within the same origin (RFC 6454), else None."""
    if isinstance(outcome, Failure) or outcome.status not in (301, 302, 303, 307, 308):
        return None
    location = outcome.header("location")
    if location is None:
        return None
    try:
        onward = urljoin(address, location)
        same = urlsplit(onward)[:2] == urlsplit(address)[:2]
    except ValueError:
        return None
    return onward if same else None
