"""Listening: the traffic that a program makes anyway, judged as an audit judges recordings."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import httpx

from docpact.apis import load_api
from docpact.audit.auditing import ApiAuditor, Auditor
from docpact.audit.conclusion import conclude_api
from docpact.bodies.decode import decode
from docpact.bodies.validate import make_validator
from docpact.errors import UsageError
from docpact.limits import MAX_BYTES, MAX_DEPTH
from docpact.model import Api, ApiRun, Failure, Finding, Operation, Response
from docpact.rules.responses.accumulator import Accumulator
from docpact.rules.responses.promises import BODY, HEADER, UNDOCUMENTED, response_promises
from docpact.rules.responses.summary import CONSISTENCY, DEEP, BreachKey, BreachSummary, Summary
from docpact.text import pluralize
from docpact.traffic.exchanges import build_exchange
from docpact.traffic.masking import mask
from docpact.traffic.records import CUT_BODY, Entry, build_response, build_sent, find_accept

if TYPE_CHECKING:
    import requests

Listened: TypeAlias = "httpx.Client | httpx.AsyncClient | requests.Session"

Headers: TypeAlias = list[tuple[str, str]]
"""Names in lower case, and values."""

Outcome: TypeAlias = Response | Failure

BATCH: Final = 50
"""Number of responses that are judged together."""

NAME: Final = "the program's own traffic"
"""The target of a run that listened."""


class Listener:
    """Judges each response that a client gets by the contract; the program gets it unchanged.

    A response is judged once the program has read its body to the end. Credentials and other
    secrets of its request are masked before it is kept, wherever the response repeats them.

    Attributes:
        api: the contracts.
    """

    def __init__(self, api: Api) -> None:
        self.api = api
        self._auditor = ApiAuditor(api.operations) if api.is_whole else Auditor(api.operations[0])
        known = [each for o in api.operations for each in o.credentials]
        self._headers = {each.header.lower() for each in known}
        self._error: Exception | None = None
        self._begun, self._lock = monotonic(), threading.Lock()
        self._summary = Summary()
        self._batch: list[Entry] = []
        self._count = 0

    def add(self, method: str, url: str, sent: Headers, body: bytes, outcome: Outcome) -> None:
        """Keep a request and its outcome, without secrets, until a batch is judged."""
        accept, content = find_accept(sent), build_sent(sent, body)
        named = [("authorization" if name in self._headers else name, text) for name, text in sent]
        entry = Entry(method, url, outcome, accept=accept, sent=content)
        entry = mask(entry, self._auditor.operation, named)
        with self._lock:
            self._batch.append(entry)
            if len(self._batch) >= BATCH:
                self._judge()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Keep an error of docpact from the program; `run` raises it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 — whatever it is, the program goes on
            self._error = error

    @property
    def summary(self) -> Summary:
        """The counts so far, which may be added to the counts of another process."""
        with self._lock:
            self._judge()
            return self._summary

    def merge(self, summary: Summary) -> None:
        """Add the counts of another process."""
        with self._lock:
            self._summary = self._summary + summary

    @property
    def run(self) -> ApiRun:
        """The result so far.

        Raises:
            Exception: docpact failed while it listened.
        """
        if self._error is not None:
            raise self._error
        return conclude_api(self.api, self.summary, NAME, monotonic() - self._begun)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings so far, of all operations."""
        return tuple(finding for run in self.run.runs for finding in run.findings)

    def _judge(self) -> None:
        batch, self._batch = self._batch, []
        if batch:
            records = [((0, self._count + n), entry) for n, entry in enumerate(batch)]
            self._count += len(batch)
            self._summary = self._summary + self._auditor.summary(records)


@contextmanager
def listen(client: Listened, operation: str | Api | None = None) -> Iterator[Listener]:
    """Check the traffic of a client by the documentation, for the length of a `with` block.

    Args:
        client: of httpx or requests; an `AsyncClient` too.
        operation: `provider/operation`, a provider, a folder, an OpenAPI document, or a loaded API;
            None for the default contract.

    Yields:
        the listener; its `run` and `findings` have the result so far.

    Raises:
        UsageError: the client is of another library.
        MissingExtra: the libraries of the extra `audit` are not installed.
    """
    listener = Listener(operation if isinstance(operation, Api) else load_api(operation))
    hooks, hook = _find_hooks(client, listener)
    hooks.append(hook)
    try:
        yield listener
    finally:
        hooks.remove(hook)


def _find_hooks(client: Listened, listener: Listener) -> tuple[list[Any], Callable[..., Any]]:
    """Return the list of a client's hooks for responses, and the hook that belongs there."""
    if isinstance(client, httpx.AsyncClient):
        return client.event_hooks["response"], _hook_async(listener)
    if isinstance(client, httpx.Client):
        return client.event_hooks["response"], lambda each: _attach(listener, each, _SyncCopy)
    hooks = getattr(client, "hooks", None)
    if isinstance(hooks, dict) and isinstance(hooks.get("response"), list):
        return hooks["response"], _hook_requests(listener)
    kind = type(client)
    raise UsageError(f"{kind.__module__}.{kind.__qualname__} is not a client of httpx or requests")


class _Copy:
    """Copies the bytes of a body for `finish`, which gets None if the program stops early."""

    def __init__(self, stream: Any, finish: Callable[[bytes | None], None]) -> None:
        self._stream, self._finish = stream, finish
        self._content = bytearray()
        self._is_open = True

    def _keep(self, piece: bytes) -> bytes:
        if len(self._content) <= MAX_BYTES:
            self._content += piece
        return piece

    def _end(self, *, is_whole: bool) -> None:
        if self._is_open:
            self._is_open = False
            is_kept = is_whole and len(self._content) <= MAX_BYTES
            self._finish(bytes(self._content) if is_kept else None)


class _SyncCopy(_Copy, httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            yield self._keep(piece)
        self._end(is_whole=True)

    def close(self) -> None:
        self._stream.close()
        self._end(is_whole=False)


class _AsyncCopy(_Copy, httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            yield self._keep(piece)
        self._end(is_whole=True)

    async def aclose(self) -> None:
        await self._stream.aclose()
        self._end(is_whole=False)


def _hook_async(listener: Listener) -> Callable[[httpx.Response], Any]:
    async def hook(response: httpx.Response) -> None:
        _attach(listener, response, _AsyncCopy)

    return hook


def _attach(
    listener: Listener, response: httpx.Response, kind: type[_SyncCopy | _AsyncCopy]
) -> None:
    """Let a response of httpx be judged: at once if its body is known, else when it is read."""
    request = response.request
    sent = [(name.lower(), value) for name, value in request.headers.multi_items()]
    received = [(name.lower(), value) for name, value in response.headers.multi_items()]
    method, url = request.method, str(request.url)
    try:
        body = request.content
    except httpx.RequestNotRead:
        body = b""

    def finish(content: bytes | None, *, is_decoded: bool = False) -> None:
        status = response.status_code
        with listener.guarded():
            outcome = _judgeable(method, status, received, content, is_decoded=is_decoded)
            listener.add(method, url, sent, body, outcome)

    try:
        content = response.content
    except httpx.ResponseNotRead:
        response.stream = kind(response.stream, finish)
    else:
        finish(content, is_decoded=True)


def _hook_requests(listener: Listener) -> Callable[..., None]:
    def hook(response: requests.Response, **options: Any) -> None:
        content = None if options.get("stream") else response.content
        with listener.guarded():
            request, status = response.request, response.status_code
            method, body = str(request.method), request.body
            sent = [(name.lower(), str(value)) for name, value in request.headers.items()]
            received = [(name.lower(), value) for name, value in response.headers.items()]
            outcome = _judgeable(method, status, received, content, is_decoded=True)
            raw = body.encode() if isinstance(body, str) else body
            sent_body = raw if isinstance(raw, bytes) else b""
            listener.add(method, str(request.url), sent, sent_body, outcome)

    return hook


def _judgeable(
    method: str, status: int, headers: Headers, content: bytes | None, *, is_decoded: bool
) -> Outcome:
    """Return a response, or why it cannot be judged; None is a body that was not read whole."""
    if content is None:
        return CUT_BODY
    undone = ("content-encoding", "content-length") if is_decoded else ()
    kept = [pair for pair in headers if pair[0] not in undone]
    return build_response(method, status, kept, content)


@contextmanager
def listening_to_all(listener: Listener) -> Iterator[None]:
    """Let every client of httpx and requests that is made in a `with` block be listened to."""
    kinds: list[Any] = [httpx.Client, httpx.AsyncClient]
    with suppress(ImportError):
        from requests import Session

        kinds.append(Session)
    before = [kind.__init__ for kind in kinds]

    def listen_from_start(make: Callable[..., None]) -> Callable[..., None]:
        def __init__(client: Any, *args: Any, **options: Any) -> None:  # noqa: N807
            make(client, *args, **options)
            hooks, hook = _find_hooks(client, listener)
            hooks.append(hook)

        return __init__

    for kind, make in zip(kinds, before, strict=True):
        kind.__init__ = listen_from_start(make)
    try:
        yield
    finally:
        for kind, make in zip(kinds, before, strict=True):
            kind.__init__ = make


def as_entry(body: Any) -> Entry:
    """Return the record of a response if only its body is known: bytes, or its value."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Entry("", "", Response(0, (), content, headers_known=False))


def describe_problems(operation: Operation, entry: Entry) -> Iterator[str]:
    """Describe the promises that a response does not keep, one line each, as a check judges it.

    Without a status it has the documented body of an accepted request, in JSON.
    """
    response = entry.outcome
    if isinstance(response, Failure):
        yield response.message
        return
    if not (response.status or operation.is_json):
        operation = replace(operation, content_type="application/json", responses=())
    documented = operation.find_response(response.status or operation.status)
    if documented is None:
        yield f"status {response.status} is not documented"
        return
    known = replace(entry, method=entry.method or operation.method)
    accumulator = Accumulator(operation)
    accumulator.begin((0, 0), build_exchange(operation, known))
    if response.status and not operation.is_main(response.status):
        has_body = False
        accumulator.add_documented(documented, response)
    else:
        has_body = not response.status or accumulator.add_main(documented, response)
    if has_body and known.method != "HEAD":
        decoded = decode(response.body)
        inspect = make_validator(operation.response_schema).inspect
        found = inspect(decoded.value) if decoded.readable else None
        accumulator.add_body(decoded, found, in_survey=False)
    if accumulator.counts[DEEP]:
        yield f"(the whole body): nested deeper than {MAX_DEPTH}, so docpact does not read it"
    is_labelled = response.header("content-type") is not None
    breaches = accumulator.summary().breaches.items()
    for key, breach in sorted(breaches, key=lambda each: each[1].position):
        if is_labelled or key.rule != "response.content_type":
            yield from _describe_breach(operation, key, breach)


def _describe_breach(operation: Operation, key: BreachKey, breach: BreachSummary) -> Iterator[str]:
    """Describe a breach; more than is documented breaks no promise."""
    observed = next(iter(breach.observed))
    where = breach.first if breach.first.startswith("/") else "(the whole body)"
    if key.rule == "response.content_type":
        observed = f"Content-Type: {observed} is not documented"
    elif key.rule in (BODY, HEADER):
        observed = f"{where if key.rule == BODY else key.location}: {observed}"
    elif key.rule in (UNDOCUMENTED, CONSISTENCY):
        return
    elif key.rule != "response.json":
        promise = response_promises(operation)[key.rule][key.pointer]
        observed = f"{where}: {promise.documented}; observed {observed}"
    more = f" (and {pluralize(breach.count - 1, 'more place')})" if breach.count > 1 else ""
    yield f"{observed}{more}"
