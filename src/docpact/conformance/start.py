"""From a target's name to a session on it: `mock`, or the URL of a live API."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from docpact.conformance.session import MAX_SECONDS, Progress, Session, tell_nobody
from docpact.errors import UsageError
from docpact.model import Operation, Run
from docpact.secrets import Secrets
from docpact.targets.address import base_url, given
from docpact.targets.concurrency import CONNECTIONS, Concurrency
from docpact.targets.http import TIMEOUT, HttpTarget, forget
from docpact.targets.request_budget import RequestBudget
from docpact.traffic.journal import Journal

MOCK = "mock"
"""The name of the built-in target."""


SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
"""The methods that change nothing (RFC 9110, section 9.2.1); no other leaves the machine."""


def check(  # noqa: PLR0913 — each is a choice of the caller's
    operation: Operation,
    target: str = MOCK,
    *,
    key: str | None = None,
    seed: int = 0,
    progress: Progress = tell_nobody,
    request_budget: RequestBudget | None = None,
    connections: int = CONNECTIONS,
) -> Run:
    """Hold a target to an operation's contract.

    Only the operation's own method is sent, within a bounded number of requests and seconds.

    Args:
        operation: the contract.
        target: `mock`, or the base URL of an API.
        key: the credential's secret; not needed for `mock`.
        seed: what random choices are made from.
        progress: told of every request and of the end of every phase.
        request_budget: how many requests may be sent, and how fast; default 150, 200 a second.
        connections: how many requests are under way at once at most; the mock is asked in turn.

    Raises:
        UsageError: the target is no URL that can be used, or the operation's method is not safe.
    """
    with open_target(
        operation,
        target,
        key=key,
        seed=seed,
        request_budget=request_budget,
        connections=connections,
    ) as opened:
        return Session(opened, seed, progress).run()


@contextmanager
def open_target(  # noqa: PLR0913 — each is a choice of the caller's
    operation: Operation,
    target: str = MOCK,
    *,
    key: str | None = None,
    seed: int = 0,
    request_budget: RequestBudget | None = None,
    connections: int = CONNECTIONS,
    secrets: Secrets | None = None,
    journal: Journal | None = None,
) -> Iterator[HttpTarget]:
    """Open a target for the length of a `with` block; see `check` for the other arguments.

    Secrets are kept out of every text, the credential's and those of cookies besides; the
    journal is told of every exchange as it happens.

    Raises:
        UsageError: the target is no URL that can be used, the operation's method is not safe, or
            nothing may be under way.
    """
    if connections < 1:
        raise UsageError(f"{connections} connections: at least 1 request at once")
    if operation.method not in SAFE_METHODS:
        raise UsageError(
            f"{operation.id} is a {operation.method}; docpact checks operations that change nothing"
        )
    secret: str | None
    if target == MOCK:
        from docpact.targets.mock import MOCK_KEY, MockApi, mock_client

        api = MockApi(operation, seed=seed)
        operation = given(operation, {**api.given, **operation.given})
        client = mock_client(api)
        base, secret = operation.server, MOCK_KEY
    else:
        operation = given(operation, {})
        base, secret = base_url(target, operation), key
        client = httpx.Client(timeout=TIMEOUT, cookies=_no_cookies(), verify=_context(base))
    name = MOCK if target == MOCK else base
    allowed = request_budget or RequestBudget(seconds=MAX_SECONDS)
    secrets = Secrets() if secrets is None else secrets
    if journal is not None:
        journal.begin(operation, name, seed)
    keep = journal.write if journal else forget
    with client, _unlogged():
        concurrency = Concurrency(1 if target == MOCK else connections)
        yield HttpTarget(name, operation, base, client, secret, allowed, concurrency, secrets, keep)


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep URLs and headers, which a server may have put a secret in, out of the HTTP logs."""
    loggers = [logging.getLogger(name) for name in ("httpcore", "httpx")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _context(base: str) -> ssl.SSLContext:
    """Return what checks the certificate of an https target; another one has none to check."""
    if base.startswith("https:"):
        return httpx.create_ssl_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _no_cookies() -> CookieJar:
    """Return a jar that keeps nothing: a session that an answer opens must not let others in."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))
