"""The start of a run: from settings to a contract, an open target and a session on it."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from math import inf
from typing import TYPE_CHECKING, Final

import httpx

from docpact.catalogue import is_shipped, load
from docpact.conformance.session import Progress, Session, tell_nobody
from docpact.credentials import read_secret
from docpact.errors import UsageError
from docpact.history.policy import apply_policy, read_policy
from docpact.limits import ANSWER_SECONDS, RUN_SECONDS
from docpact.model import Operation, Run, collect_results
from docpact.options import MOCK
from docpact.rules import gather, judge
from docpact.secrets import Secrets, from_variables
from docpact.settings import Settings
from docpact.targets.address import (
    base_url,
    is_loopback,
    mock_url,
    with_key,
    with_params,
    with_values,
)
from docpact.targets.concurrency import CONNECTIONS, Concurrency
from docpact.targets.http import TIMEOUT, HttpTarget, forget
from docpact.targets.request_budget import BUDGET, RATE, RequestBudget
from docpact.traffic.journal import Journal

if TYPE_CHECKING:
    from docpact.conformance.search import Search

SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")
"""The methods that change nothing (RFC 9110, section 9.2.1); docpact sends no other."""

_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def prepare_operation(settings: Settings) -> Operation:
    """Load the contract of a run, with the variable of its key and the values of its parameters.

    Raises:
        ContractError: there is no such contract, or it cannot be used.
        UsageError: the operation has no credential or no such parameter.
    """
    operation = with_key(load(settings.operation, settings.contracts), settings.key)
    return with_params(operation, settings.params)


def run_check(  # noqa: PLR0913 — each is a choice of the caller's
    operation: Operation,
    settings: Settings,
    environment: Mapping[str, str],
    progress: Progress = tell_nobody,
    families: Collection[str] | None = None,
    *,
    version: str,
) -> Run:
    """Check a target as the settings say; both `docpact check` and the pytest suite run this.

    Args:
        operation: the contract, as `prepare_operation` returns it.
        settings: of the run.
        environment: variable → value; holds the API key and other secrets.
        progress: is called for every request and at the end of every phase.
        families: of the rules to test; None for all.
        version: of docpact, for the journal.

    Returns:
        the run, with levels, silenced rules and accepted findings applied.

    Raises:
        UsageError: a setting, the environment or a file cannot be used.
    """
    policy = read_policy(settings)
    secrets = from_variables(settings.secrets, environment)
    key = None if settings.target == MOCK else read_secret(operation, environment)
    if key is not None:
        _check_consent(operation, settings)
    journal = Journal(settings.journal, version, secrets) if settings.journal else None
    with open_target(
        operation,
        settings.target,
        key=key,
        seed=settings.seed,
        request_budget=_request_budget(settings),
        connections=settings.connections or CONNECTIONS,
        secrets=secrets,
        journal=journal,
    ) as opened:
        run = Session(opened, settings.seed, progress, _search(settings)).run(families)
    if journal is not None:
        journal.end(run.reason)
    return apply_policy(_require_live(run, settings), policy)


def _check_consent(operation: Operation, settings: Settings) -> None:
    """Refuse to send a secret that only the contract names: its documentation may be hostile.

    Raises:
        UsageError: docpact does not ship the contract, the target is on another machine, and
            neither the command line nor the configuration names the variable.
    """
    credential, target = operation.credential, settings.target
    named = settings.key is not None or is_shipped(settings.operation, settings.contracts)
    if credential is not None and not named and not is_loopback(target):
        raise UsageError(
            f"{operation.id} asks for the secret in ${credential.variable}: to send it to "
            f"{base_url(target, operation)}, give --key {credential.variable} or set it as `key` "
            "in the configuration"
        )


def untested_run(operation: Operation, settings: Settings, reason: str) -> Run:
    """Return the inconclusive run that tested nothing, and why."""
    results = collect_results(judge(gather(operation, ())))
    return Run(operation.id, settings.target, settings.seed, results, (), (), 0.0, reason=reason)


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
    """Check a target against the contract of an operation.

    It sends only safe methods, and a limited number of requests within a limited time.

    Args:
        operation: the contract.
        target: `mock`, or the base URL of an API.
        key: the credential's secret; not needed for `mock`.
        seed: of all random choices.
        progress: is called for every request and at the end of every phase.
        request_budget: limits of the requests; default: 150 in all, 200 per second, 600 seconds.
        connections: maximum number of requests in flight; the mock gets one at a time.

    Raises:
        UsageError: the URL cannot be used, or the operation's method is not safe.
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

    The credential and cookies are added to the secrets, which are redacted everywhere. The journal
    gets every exchange as it happens.

    Raises:
        UsageError: the URL cannot be used, the operation's method is not safe, or `connections`
            is below 1.
    """
    if connections < 1:
        raise UsageError(f"connections must be at least 1, not {connections}")
    if operation.method not in SAFE_METHODS:
        raise UsageError(
            f"{operation.id} is a {operation.method}: docpact sends no method that changes data"
        )
    secret: str | None
    if target == MOCK:
        from docpact.targets.mock import MOCK_KEY, MockApi, mock_client

        api = MockApi(operation, seed=seed)
        operation = with_values(operation, {**api.given, **operation.given})
        client = mock_client(api)
        base, secret = mock_url(operation), MOCK_KEY
    else:
        operation = with_values(operation, {})
        base, secret = base_url(target, operation), key
        client = _live_client(base)
    name = MOCK if target == MOCK else base
    allowed = request_budget or RequestBudget(seconds=RUN_SECONDS)
    secrets = Secrets() if secrets is None else secrets
    if journal is not None:
        journal.begin(operation, name, seed)
    keep = journal.write if journal else forget
    with client, _unlogged():
        concurrency = Concurrency(1 if target == MOCK else connections)
        patience = inf if target == MOCK else ANSWER_SECONDS
        yield HttpTarget(
            name, operation, base, client, secret, allowed, concurrency, secrets, keep, patience
        )


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep URLs and headers out of the HTTP logs: a server may have put a secret into them."""
    loggers = [logging.getLogger(name) for name in ("httpcore", "httpx")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _live_client(base: str) -> httpx.Client:
    """Return the client for a live target.

    It keeps no cookies, so that a session which one response opens does not open other requests.

    Raises:
        UsageError: environment variables name certificates or proxies that cannot be used.
    """
    cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    context = _tls_context(base)
    try:
        return httpx.Client(timeout=TIMEOUT, cookies=cookies, verify=context)
    except ImportError:
        problem = "a SOCKS proxy needs an optional library: pip install 'httpx[socks]'"
    except (httpx.InvalidURL, ValueError):
        problem = "a proxy address or an exception from it has a form that httpx cannot read"
    raise UsageError(f"{_names_set(_PROXIES)}: {problem}")


def _tls_context(base: str) -> ssl.SSLContext:
    """Return the TLS settings that check an https target; any will do for an http target."""
    if not base.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return httpx.create_ssl_context()
    except OSError as error:  # ssl.SSLError is one
        problem = error.strerror or error
        raise UsageError(
            f"{_names_set(_CERTIFICATES)}: cannot load certificates: {problem}"
        ) from None


def _names_set(names: Collection[str]) -> str:
    """Return those environment variables of some names, in either case, that are set."""
    known = {name.lower() for name in names}
    return ", ".join(sorted(n for n in os.environ if n.lower() in known)) or "the environment"


def _request_budget(settings: Settings) -> RequestBudget:
    budget = settings.budget or BUDGET + 2 * settings.search
    return RequestBudget(budget, settings.rate or RATE, RUN_SECONDS)


def _search(settings: Settings) -> Search | None:
    if not settings.search:
        return None
    from docpact.conformance.search import Search  # imports Hypothesis

    return Search(settings.search, settings.examples, settings.seed)


def _require_live(run: Run, settings: Settings) -> Run:
    tested = any(result.observations for result in run.results)
    if not settings.require_live or run.reason or (tested and run.target != MOCK):
        return run
    return replace(run, reason="--require-live: no promise was tested on a live target")
