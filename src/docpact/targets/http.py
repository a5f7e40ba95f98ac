"""The HTTP target: sends cases, waits for a busy server, and returns bounded responses."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import inf
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from docpact.credentials import (
    LINE,
    leaks,
    list_documented,
    list_parts,
    request_headers,
    request_query,
    sent_secrets,
    shown_headers,
    shown_query,
)
from docpact.limits import ANSWER_SECONDS, MAX_BESIDE
from docpact.model import Case, Exchange, Failure, Operation, Query, Request, Response
from docpact.model.path import SAFE_METHODS
from docpact.rules.auth import REDIRECTS
from docpact.rules.evidence import PASSING
from docpact.rules.protocol import ACCEPTED_ENCODINGS, LATE, SOON, has_no_response
from docpact.rules.responses.documented import TOO_MANY_REQUESTS
from docpact.secrets import COOKIE, SHORTEST, Secrets, cookie_value, is_session_secret
from docpact.targets.address import (
    case_body,
    case_headers,
    encode_pairs,
    list_accepted,
    list_documented_headers,
    url,
)
from docpact.targets.connections import (
    Concurrency,
    Connections,
    RequestBudget,
    Watch,
    describe_failure,
    limit_timeout,
    read,
    too_late,
)

TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
"""Seconds to connect, and between two bytes."""

GRACE: Final = 0.5
"""Seconds after the deadline at which a late response is abandoned."""

SHORTEST_TIME: Final = 0.1
"""Minimum seconds for the response to a redirect, with which the other ones share the deadline."""

BACK_OFF: Final = 0.25
"""Minimum seconds before the first retry; each further wait is twice as long."""

MAX_WAIT: Final = 60.0
"""Maximum wait for a Retry-After header, in seconds; after a longer one there is no retry."""

ATTEMPTS: Final = 4
"""Maximum number of attempts when the server is busy; it is 2 on other failures."""

MAX_REDIRECTS: Final = 3
"""Maximum number of redirects, only within the target's own origin."""


def forget(exchange: Exchange) -> None:
    """Ignore an exchange."""
    del exchange


@dataclass(frozen=True, slots=True)
class HttpTarget:
    """An HTTP API, which only gets requests with methods that change nothing.

    Attributes:
        name: in reports.
        operation: the contract.
        base: scheme, host and any prefix.
        client: must neither follow redirects nor raise for a status.
        secret: of the operation's credential, or None to send none.
        request_budget: counts every request before it is sent.
        concurrency: how many cases may be sent at once.
        secrets: removed from every text, with that of the credential.
        keep: called with every attempt after it ends.
        is_shared: whether requests of other operations may be under way; see `send`.
        patience: maximum seconds for a complete response; infinite to wait for the client.
        sleep: waits a number of seconds.
        paths: path → the path to which the server redirected it.
        jitter: returns a number between 0 and 1.
        connections: that the server keeps, or closes.
    """

    name: str
    operation: Operation
    base: str
    client: httpx.Client
    secret: str | None = field(default=None, repr=False)
    request_budget: RequestBudget = field(default_factory=RequestBudget)
    concurrency: Concurrency = field(default_factory=Concurrency)
    secrets: Secrets = field(default_factory=Secrets)
    keep: Callable[[Exchange], None] = forget
    is_shared: bool = False
    patience: float = ANSWER_SECONDS
    sleep: Callable[[float], None] = time.sleep
    paths: dict[str, str] = field(default_factory=dict)
    jitter: Callable[[], float] = field(default_factory=lambda: random.Random(0).random)  # noqa: S311
    connections: Connections = field(default_factory=Connections)

    def __post_init__(self) -> None:
        """Add the secrets of the credentials to the secrets."""
        lines = (self.secret or "").split(LINE)
        for credential, secret in zip(self.operation.credentials, lines, strict=False):
            for part in list_parts(credential, secret):
                self.secrets.learn(part, f"${credential.variable}")

    def send(self, case: Case, phase: str = "", *, together: bool = False) -> tuple[Exchange, ...]:
        """Send a case and return every attempt, the last one final.

        After a 429 or 503 the case is sent again after Retry-After (RFC 9110, section 10.2.3) or an
        exponential back-off with jitter. After any other 5xx or a broken connection it is sent once
        more, to distinguish intermittent failures from lasting ones. A repeated request is sent
        alone, so that all requests wait for a busy server. `together` says whether other requests
        may be under way; then several threads may call this.

        Raises:
            BudgetSpent: the request budget is spent before the first attempt.
        """
        attempts = self._beside_others(case, phase) if together or self.is_shared else []
        if attempts and not attempts[-1].retried:
            return tuple(attempts)
        is_waiting = bool(attempts) and attempts[-1].status not in PASSING
        if is_waiting:
            self.sleep(self._wait(attempts[-1], 0))
        with self.concurrency.alone():
            while not attempts or attempts[-1].retried:
                if attempts and not (is_waiting and len(attempts) == 1):
                    self.sleep(self._wait(attempts[-1], len(attempts) - 1))
                exchange = self._attempt(case, phase)
                attempts.append(self._keep_attempt(exchange, len(attempts) + 1))
        return tuple(attempts)

    def _beside_others(self, case: Case, phase: str) -> list[Exchange]:
        """Send a case once while others are under way, if that is allowed."""
        with self.concurrency.beside() as is_open:
            if not is_open:
                return []
            exchange = self._attempt(case, phase, together=True)
            if has_no_response(exchange):
                self.concurrency.fail()
            elif exchange.status in PASSING or exchange.seconds > SOON:
                self.concurrency.closed = True
        return [self._keep_attempt(exchange, 1)]

    def _keep_attempt(self, exchange: Exchange, number: int) -> Exchange:
        """Record an attempt, and mark it as retried if there will be another one."""
        self.request_budget.check()
        again = number < _count_attempts(exchange) and self.request_budget.left > 0
        exchange = replace(exchange, retried=again)
        self.keep(exchange)
        return exchange

    def redact(self, text: str) -> str:
        """Replace every secret in a text by its name."""
        return self.secrets.redact(text)

    def _attempt(self, case: Case, phase: str, *, together: bool = False) -> Exchange:
        """Send a case once, and follow redirects within the target's own origin."""
        address = url(self.base, self.operation, case)
        method, address = case.question.method or self.operation.method, self._follow_move(address)
        request = self._shown_request(method, address, case)
        redirects: list[str] = []
        waits = self.patience / 2 if self.concurrency.was_late else self.patience
        patience = min(LATE, self.patience) if together else waits
        outcome, seconds = self._fetch(method, case, address, patience)
        while len(redirects) < MAX_REDIRECTS and (
            onward := _redirect(self.operation, outcome, address, method)
        ):
            if self.request_budget.left <= 0:
                break
            redirects.append(onward)
            if case.question.credentials == "valid":
                self._remember(address, onward)
            left = max(SHORTEST_TIME, patience - seconds)
            (outcome, more), address = self._fetch(method, case, onward, left), onward
            seconds += more
        ended = datetime.now(UTC)
        is_late = isinstance(outcome, Failure) and outcome.kind == "timeout"
        if redirects and is_late:
            outcome = too_late(patience)
        if not together:
            self.concurrency.was_late = is_late
        if isinstance(outcome, Response) and len(outcome.body) > MAX_BESIDE:
            self.concurrency.closed = True
        self._learn_cookies(outcome)
        return Exchange(
            case=case,
            request=request,
            outcome=outcome,
            seconds=seconds,
            phase=phase,
            redirects=tuple(redirects),
            echoes=self._echoes(case, outcome),
            together=together,
            ended=ended,
        )

    def _follow_move(self, address: str) -> str:
        """Return an address, with its path replaced if the server redirected that path before."""
        parts = urlsplit(address)
        return parts._replace(path=self.paths.get(parts.path, parts.path)).geturl()

    def _remember(self, address: str, onward: str) -> None:
        """Remember a redirect that changes only the path, so that it costs one request.

        One without valid credentials may lead to a page where people sign in.
        """
        before, after = urlsplit(address), urlsplit(onward)
        if before._replace(path=after.path) == after:
            self.paths[before.path] = after.path

    def _fetch(
        self, method: str, case: Case, address: str, patience: float
    ) -> tuple[Response | Failure, float]:
        """Send one request, and return its outcome and duration in seconds."""
        self.request_budget.take()
        started = time.monotonic()
        outcome = self._outcome(method, case, address, patience)
        return outcome, time.monotonic() - started

    def _outcome(
        self, method: str, case: Case, address: str, patience: float
    ) -> Response | Failure:
        """Send one request, and wait for the whole response within the deadline.

        The client's own timeouts apply to each read: a server that sends a byte now and then never
        exceeds them. A late response is abandoned in its thread. Without a deadline there is no
        thread.
        """
        if patience == inf:
            return self._request(method, case, address, patience)
        answer: SimpleQueue[Response | Failure | BaseException] = SimpleQueue()

        def send() -> None:
            try:
                answer.put(self._request(method, case, address, patience))
            except BaseException as error:  # noqa: BLE001 — raised again where it is waited for
                answer.put(error)

        Thread(target=send, daemon=True).start()
        try:
            outcome = answer.get(timeout=patience + GRACE)
        except Empty:
            return too_late(patience)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _request(
        self, method: str, case: Case, address: str, patience: float
    ) -> Response | Failure:
        secret = request_query(self.operation, case.question, self.secret)
        content = case_body(self.operation, case)[1].encode() or None
        headers = {
            "Accept": list_accepted(self.operation),
            "Accept-Encoding": ", ".join(ACCEPTED_ENCODINGS),
            **dict(case_headers(self.operation, case, self.secret)),
        }
        timeout = limit_timeout(patience, self.client.timeout)
        watch = Watch()
        try:
            with self.client.stream(
                method,
                _add_query(address, secret),
                headers=headers,
                content=content,
                timeout=timeout,
                extensions={"trace": watch},
            ) as response:
                self.connections.succeed(watch, response.status_code)
                return read(response, patience)
        except httpx.TransportError as error:
            failure = describe_failure(error, watch)
            if not self.connections.is_race(watch, error):
                return failure
            if method not in SAFE_METHODS:
                return replace(failure, kind="race")
            self.request_budget.take()
            return self._request(method, case, address, patience)
        except (httpx.InvalidURL, UnicodeError) as error:
            return Failure("cut", f"the URL cannot be requested: {error}")

    def _shown_request(self, method: str, address: str, case: Case) -> Request:
        """Return a request as reports show it, without the secret."""
        question = case.question
        headers = (*list_documented_headers(self.operation, case), *question.headers)
        invalid = request_headers(self.operation, question, None)
        address = _add_query(address, request_query(self.operation, question, None))
        secrets = shown_headers(self.operation, question)
        queries = shown_query(self.operation, question)
        _, body = case_body(self.operation, case)
        return Request(method, address, (*headers, *invalid), secrets, queries, body=body)

    def _echoes(self, case: Case, outcome: Response | Failure) -> tuple[str, ...]:
        """Return where a response contains the secret of its request, if it is long enough."""
        sent = sent_secrets(self.operation, case.question, self.secret)
        sent = tuple(each for each in sent if len(each) >= SHORTEST)
        if isinstance(outcome, Failure):
            return ()
        credentials = list_documented(self.operation)
        renewed = {each.name for each in credentials if each.place == "cookie"}
        places = [
            f"header/{name}"
            for name, value in outcome.headers
            if any(each in value for each in sent)
            and not (name == "set-cookie" and value.partition("=")[0].strip() in renewed)
        ]
        is_in_body = any(leaks(self.operation, outcome, each) for each in sent)
        return (*dict.fromkeys(places), *(("body",) if is_in_body else ()))

    def _learn_cookies(self, outcome: Response | Failure) -> None:
        """Add the session cookies of a response to the secrets."""
        if isinstance(outcome, Response):
            for name, value in outcome.headers:
                secret = cookie_value(value) if name == "set-cookie" else ""
                if is_session_secret(secret):
                    self.secrets.learn(secret, COOKIE)

    def _wait(self, exchange: Exchange, attempt: int) -> float:
        asked = _retry_after(exchange)
        if asked is not None:
            return asked
        return BACK_OFF * 2.0**attempt * (1.0 + self.jitter())


def _count_attempts(exchange: Exchange) -> int:
    """Return the maximum of attempts: one after a change without a 429, or if the wait is long."""
    is_safe = exchange.request.method in SAFE_METHODS
    if not is_safe and exchange.status != TOO_MANY_REQUESTS:
        return 1
    if (_retry_after(exchange) or 0.0) > MAX_WAIT:
        return 1
    if exchange.status in PASSING:
        return ATTEMPTS
    late = exchange.failure is not None and exchange.failure.kind == "timeout"
    failed = has_no_response(exchange) and (exchange.together or not late)
    return 2 if failed or exchange.status >= 500 else 1


def _retry_after(exchange: Exchange) -> float | None:
    """Return the seconds of a Retry-After header, or None (RFC 9110, section 10.2.3)."""
    text = exchange.response.header("retry-after") if exchange.response else None
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text.strip()[:6])
    try:
        until = parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _add_query(address: str, pairs: Query) -> str:
    """Return an address with further names and values in its query."""
    return f"{address}{'&' if '?' in address else '?'}{encode_pairs(pairs)}" if pairs else address


def _redirect(
    operation: Operation, outcome: Response | Failure, address: str, method: str
) -> str | None:
    """Return the address of a redirect within the origin (RFC 6454), which may keep a method.

    A documented redirect is itself the response.
    """
    statuses = REDIRECTS if method in SAFE_METHODS else (307, 308)
    if isinstance(outcome, Failure) or outcome.status not in statuses:
        return None
    location = outcome.header("location")
    if location is None or operation.documents(outcome.status):
        return None
    try:
        onward = urljoin(address, location)
        same = urlsplit(onward)[:2] == urlsplit(address)[:2]
    except ValueError:
        return None
    return onward if same else None
