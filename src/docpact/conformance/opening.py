"""Opening a target: one client, budget and mock for the operations of a run."""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from fractions import Fraction
from http.cookiejar import CookieJar, DefaultCookiePolicy
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from docpact.apis import load_api
from docpact.errors import UsageError
from docpact.limits import ANSWER_SECONDS, RUN_SECONDS
from docpact.model import Api, Operation
from docpact.model.path import METHODS, SAFE_METHODS
from docpact.model.resources import with_resources
from docpact.options import MOCK
from docpact.secrets import Secrets
from docpact.settings import Settings
from docpact.targets.address import base_url, mock_url
from docpact.targets.connections import (
    BUDGET,
    CONNECTIONS,
    IDLE_SECONDS,
    MORE_REQUESTS,
    USUAL_PARAMETERS,
    Concurrency,
    RequestBudget,
)
from docpact.targets.given import with_headers, with_key, with_params, with_values
from docpact.targets.http import TIMEOUT, HttpTarget, forget
from docpact.text import describe_error, shorten, suggest_url
from docpact.traffic.journal import Journal

if TYPE_CHECKING:
    from docpact.targets.mock_store import MockStore

_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection settings of a live target.

    Attributes:
        timeout: maximum seconds for a complete response.
        proxy: URL; None for the proxy that the environment names, if any.
        cacert: PEM file of trusted certificates; None for the usual ones.
        is_verified: whether certificates are verified.
        count: maximum number of requests in flight; the mock gets one at a time.
    """

    timeout: float = ANSWER_SECONDS
    proxy: str | None = None
    cacert: Path | None = None
    is_verified: bool = True
    count: int = CONNECTIONS


def find_need(operation: Operation) -> int:
    """Return the number of requests that the check of an operation may need."""
    return BUDGET + MORE_REQUESTS * max(0, len(operation.query_parameters) - USUAL_PARAMETERS)


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens the target of each operation; all of them share the client and the limits.

    Attributes:
        target: `mock`, or the base URL of an API.
        client: of a live target or of the store; None for the mock of one operation.
        store: the mock of a whole API, or None.
        seed: of the mock's sample items.
        request_budget: limits of all requests.
        concurrency: limits the requests in flight.
        secrets: redacted everywhere.
        count: number of operations.
        need: number of requests that they need, which share the budget by it.
        timeout: maximum seconds for a complete response of a live target.
    """

    target: str
    client: httpx.Client | None
    store: MockStore | None
    seed: int
    request_budget: RequestBudget
    concurrency: Concurrency
    secrets: Secrets
    count: int
    need: int
    timeout: float = ANSWER_SECONDS

    def find_defaults(self, operation: Operation) -> dict[str, str]:
        """Return the values of parameters that only the mock knows; none on a live target."""
        mock = self.store.apis.find(operation) if self.store is not None else None
        return {} if mock is None else dict(mock.given)

    def share(self, operation: Operation) -> RequestBudget:
        """Return the part of the budget for an operation, by the number of its parameters."""
        if self.count == 1:
            return self.request_budget
        return self.request_budget.share(Fraction(find_need(operation), self.need))

    def open(
        self,
        operation: Operation,
        key: str | None = None,
        journal: Journal | None = None,
        *,
        limits: RequestBudget | None = None,
    ) -> HttpTarget:
        """Return the target of an operation, with a value of every required parameter.

        The journal begins a run, and gets every exchange as it happens. Without `limits` of its
        own, an operation that may change data is refused.

        Raises:
            UsageError: the URL cannot be used, the method is not safe, or a value is missing.
        """
        if operation.method not in SAFE_METHODS and limits is None:
            problem = "sends no method that changes data"
            if operation.method not in METHODS:
                problem = "does not know this method"
            raise UsageError(f"{operation.id} is a {operation.method}: docpact {problem}")
        operation, base, client, key = self._connect(operation, key)
        name = MOCK if self.target == MOCK else base
        if journal is not None:
            journal.begin(operation, name, self.seed)
        return HttpTarget(
            name,
            operation,
            base,
            client,
            key,
            limits or self.share(operation),
            self.concurrency,
            self.secrets,
            journal.write if journal else forget,
            self.count > 1 and self.target != MOCK,
            inf if self.target == MOCK else self.timeout,
        )

    def _connect(
        self, operation: Operation, key: str | None
    ) -> tuple[Operation, str, httpx.Client, str | None]:
        """Return an operation with a value of every required parameter, and how it is reached."""
        if self.client is not None and self.store is None:
            operation = with_values(operation, {})
            return operation, base_url(self.target, operation), self.client, key
        from docpact.targets.mock import MOCK_KEY, MockApi, mock_client

        if self.store is None:
            api = MockApi(operation, seed=self.seed)
            operation = with_values(operation, {**api.given, **operation.given})
            return operation, mock_url(operation), mock_client(api), MOCK_KEY
        operation = with_values(operation, {**self.find_defaults(operation), **operation.given})
        client = mock_client(self.store.find_mock(operation))
        return operation, mock_url(operation), client, self.store.key


@contextmanager
def open_targets(  # noqa: PLR0913 — each is a choice of the caller's
    target: str = MOCK,
    *,
    seed: int = 0,
    request_budget: RequestBudget | None = None,
    secrets: Secrets | None = None,
    api: Api | None = None,
    connection: Connection | None = None,
) -> Iterator[Opener]:
    """Open the targets of some operations for the length of a `with` block; see `Opener`.

    Raises:
        UsageError: the number of connections is below 1, or an option or the environment names
            certificates or a proxy that cannot be used.
    """
    connection = connection or Connection()
    if connection.count < 1:
        raise UsageError(f"connections must be at least 1, not {connection.count}")
    store, client = None, None
    if target != MOCK:
        client = live_client(target, connection)
    elif api is not None and api.is_whole:
        from docpact.targets.mock_store import MockStore

        store = MockStore(api, seed=seed)
        client = httpx.Client(transport=httpx.MockTransport(store.answer))
    with client or nullcontext(), _silence_logs():
        yield Opener(
            target,
            client,
            store,
            seed,
            request_budget or RequestBudget(seconds=RUN_SECONDS),
            Concurrency(1 if target == MOCK else connection.count),
            Secrets() if secrets is None else secrets,
            1 if api is None else len(api.operations),
            BUDGET if api is None else sum(map(find_need, api.operations)),
            connection.timeout,
        )


@contextmanager
def open_target(
    operation: Operation,
    target: str = MOCK,
    *,
    key: str | None = None,
    request_budget: RequestBudget | None = None,
    connections: int = CONNECTIONS,
) -> Iterator[HttpTarget]:
    """Open the target of one operation for the length of a `with` block.

    Args:
        operation: the contract.
        target: `mock`, or the base URL of an API.
        key: the credential's secret; not needed for `mock`.
        request_budget: limits of the requests; default: 300 in all, 200 per second, 600 seconds.
        connections: maximum number of requests in flight; the mock gets one at a time.

    Raises:
        UsageError: the URL cannot be used, the operation's method is not safe, or `connections`
            is below 1.
    """
    connection = Connection(count=connections)
    with open_targets(target, request_budget=request_budget, connection=connection) as opener:
        yield opener.open(operation, key)


@contextmanager
def _silence_logs() -> Iterator[None]:
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


def live_client(base: str, connection: Connection) -> httpx.Client:
    """Return the client for a live target.

    It keeps no cookies, so that a session which one response opens does not open other requests.

    Raises:
        UsageError: options or environment variables name certificates or proxies that cannot be
            used.
    """
    cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    context = _tls_context(base, connection)
    proxy = connection.proxy
    try:
        limits = httpx.Limits(keepalive_expiry=IDLE_SECONDS)
        return httpx.Client(
            timeout=TIMEOUT, cookies=cookies, verify=context, proxy=proxy, limits=limits
        )
    except ImportError:
        problem = "a SOCKS proxy needs an optional library: pip install 'httpx[socks]'"
    except (httpx.InvalidURL, ValueError):
        problem = "a proxy address or an exception from it has a form that httpx cannot read"
        if proxy:
            problem = f"httpx cannot read this address{suggest_url(proxy) or '; give a URL'}"
    named = f"--proxy {shorten(proxy.rpartition('@')[2])}" if proxy else _names_set(_PROXIES)
    raise UsageError(f"{named}: {problem}")


def _tls_context(base: str, connection: Connection) -> ssl.SSLContext:
    """Return the TLS settings that check an https target; any will do for an http target."""
    if not base.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    file = connection.cacert
    try:
        context = httpx.create_ssl_context() if file is None else ssl.create_default_context()
        if file is not None:
            context.load_verify_locations(file)
    except OSError as error:  # ssl.SSLError is one
        where = _names_set(_CERTIFICATES) if file is None else f"--cacert {file}"
        raise UsageError(f"{where}: cannot load certificates: {describe_error(error)}") from None
    if not connection.is_verified:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _names_set(names: Collection[str]) -> str:
    """Return those environment variables of some names, in either case, that are set."""
    known = {name.lower() for name in names}
    return ", ".join(sorted(n for n in os.environ if n.lower() in known)) or "the environment"


def prepare_api(settings: Settings) -> Api:
    """Load the contracts of a run, with the variable of their key and values of parameters.

    Raises:
        ContractError: there are no such contracts, or none can be used.
        UsageError: no operation has a credential or such a parameter.
    """
    api = load_api(settings.operation, settings.contracts)
    return replace(api, operations=with_resources(_with_settings(api.operations, settings)))


def _with_settings(operations: tuple[Operation, ...], settings: Settings) -> tuple[Operation, ...]:
    """Return operations with the key and the parameters that they document."""
    if len(operations) == 1:
        (only,) = operations
        keyed = with_headers(with_key(only, settings.key), settings.headers)
        return (with_params(keyed, settings.params),)
    used = set[str]()
    prepared = []
    for each in operations:
        own = {p.name for p in each.parameters if p.location in ("path", "header", "query")}
        texts = [
            text for text in settings.params if text.partition("=")[0] in own or "=" not in text
        ]
        used.update(texts)
        keyed = with_key(each, settings.key) if each.credential else each
        prepared.append(with_params(with_headers(keyed, settings.headers), texts))
    for text in settings.params:
        if text not in used:
            name = text.partition("=")[0]
            raise UsageError(f"parameter {name}: no operation has such a parameter")
    if settings.key and not any(each.credential for each in operations):
        raise UsageError(
            "--key: no operation documents a credential; give it as a header, for example "
            "--header 'Authorization: Bearer $TOKEN' in single quotes"
        )
    return tuple(prepared)
