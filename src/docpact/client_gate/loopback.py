"""Servers on loopback: one plays a scenario, another refuses requests to other hosts."""

from __future__ import annotations

import gzip
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from functools import partial
from http import HTTPStatus
from http.client import responses
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from socketserver import ThreadingTCPServer
from threading import Event, Lock, Thread
from typing import Any, Final
from urllib.parse import urlsplit

from docpact.client_gate.call import Answer, Received, Scenario
from docpact.client_gate.listing import NEXT, page_key, slice_of, with_urls
from docpact.model import Operation
from docpact.model.path import match_path
from docpact.resolving import checking_names

MOST_REQUESTS: Final = 30
"""Number of requests for one query after which a scenario ends, because the client would never
stop."""

_POLL: Final = 0.004
"""Seconds after which a server notices that its scenario is over; a gate waits for each."""

_OUTSIDE: Final = Answer(404, body=b'{"detail": "not below the base URL"}')
_OVER: Final = Answer(404, body=b'{"detail": "the scenario is over"}')
_UNKNOWN: Final = Answer(422, body=b'{"detail": "unknown token"}')


@dataclass(slots=True)
class Player:
    """Plays one scenario.

    Attributes:
        operation: the contract.
        scenario: its responses.
        received: requests so far, of the query that is made now.
        earlier: requests of the queries before it.
        away: requests to the other host.
        endless: whether the client sent more than `MOST_REQUESTS` for one query.
        over: set at the end of the scenario.
        moved: seconds on the monotonic clock of the last progress: a request for a further page.
        other: base URL of the other host.
    """

    operation: Operation
    scenario: Scenario
    received: list[Received] = field(default_factory=list)
    earlier: list[Received] = field(default_factory=list)
    away: list[Received] = field(default_factory=list)
    endless: bool = False
    over: Event = field(default_factory=Event)
    moved: float = field(default_factory=time.monotonic)
    other: str = ""
    _turns: Counter[str | None] = field(default_factory=Counter)
    _queries: int = 0
    _lock: Lock = field(default_factory=Lock)

    def turn(self) -> None:
        """Begin the next query of the same client."""
        with self._lock:
            self.earlier += self.received
            self.received.clear()
            self._turns.clear()
            self._queries += 1
            self.moved = time.monotonic()

    def answer(self, request: Received, *, is_away: bool) -> Answer:
        """Record a request and return its response.

        Some clients add the path of the documented server to the base URL, as `/v2` of
        `https://api.example.com/v2`: the path of the request is recorded without it.
        """
        base, own = self.scenario.base, urlsplit(self.operation.server).path.rstrip("/")
        match = match_path(f"{base}{own}{self.operation.path}", request.path)
        if own and match is not None and not match[0]:
            request = replace(request, path=f"{base}{request.path.removeprefix(base + own)}")
        with self._lock:
            if is_away:
                self.away.append(request)
                return self.scenario.away or _UNKNOWN
            key = page_key(self.operation, request)
            if all(each.key != key for each in self.received):
                self.moved = request.at
            answer = self._next_answer(request, key)
            self.received.append(replace(request, key=key, status=answer.status, wait=answer.wait))
            if len(self.received) > MOST_REQUESTS + len(self.scenario.answers):
                self.endless = True
                return _OVER
            return answer

    def _next_answer(self, request: Received, key: str | None) -> Answer:
        scenario = self.scenario
        if not request.path.startswith(scenario.base):
            return _OUTSIDE
        played = scenario.answers if self._queries == len(scenario.before) else scenario.earlier
        answers = played.get(key)
        if answers is None:
            rest = () if set(played) == {None} else scenario.items
            return slice_of(self.operation, rest, request) or _UNKNOWN
        turn = self._turns[key]
        self._turns[key] += 1
        return answers[min(turn, len(answers) - 1)]


@contextmanager
def serve(player: Player) -> Iterator[str]:
    """Serve a scenario for the length of a `with` block; yields its base URL."""
    with ExitStack() as stack:
        if not player.scenario.answers:
            closed = stack.enter_context(socket.socket())
            closed.bind(("127.0.0.1", 0))  # nobody listens, and nobody else can use the port
            yield f"http://127.0.0.1:{closed.getsockname()[1]}"
            return
        if player.scenario.away is not None:
            port = stack.enter_context(_running(partial(_Connection, player, True)))
            player.other = f"http://localhost:{port}"
        port = stack.enter_context(_running(partial(_Connection, player, False)))
        try:
            yield f"http://127.0.0.1:{port}{player.scenario.base}"
        finally:
            player.over.set()


@contextmanager
def _running(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[int]:
    """Run a server on a free port, which it yields, for the length of a `with` block."""
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(_POLL,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that closes its connection."""


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""


class _Connection(_Handler):
    protocol_version = "HTTP/1.1"
    raw_requestline: bytes
    server: ThreadingTCPServer
    disable_nagle_algorithm = True

    def __init__(self, player: Player, is_away: bool, *args: Any) -> None:
        self._player, self._is_away = player, is_away
        super().__init__(*args)

    def respond(self) -> None:
        target = self.raw_requestline.decode("latin-1").split()[1]  # `path` has no double slash
        path, _, query = target.partition("?")
        headers = tuple((name.lower(), value) for name, value in self.headers.items())
        request = Received(self.command, path, query, headers, self._body(), time.monotonic())
        answer = self._player.answer(request, is_away=self._is_away)
        self.close_connection = answer.silent or answer.cut is not None
        if answer.silent and answer.cut is None:
            self._player.over.wait()
        elif answer.cut != 0:
            self.wfile.write(self._message(answer, request))
            if answer.silent:
                self.wfile.flush()
                self._player.over.wait()

    def _body(self) -> bytes:
        """Read the body of a request, which may come in chunks (RFC 9112, section 7.1)."""
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content = b""
        while length := int(self.rfile.readline().split(b";")[0], 16):
            content += self.rfile.read(length)
            self.rfile.readline()
        while self.rfile.readline().strip():
            continue
        return content

    def _message(self, answer: Answer, request: Received) -> bytes:
        """Return a response as it is sent."""
        headers, body = self._link(answer, request)
        if answer.zipped and "gzip" in self.headers.get("Accept-Encoding", "").lower():
            headers.append(("Content-Encoding", "gzip"))
            body = gzip.compress(body)
        if answer.away:
            headers.append(("Location", f"{self._player.other}{self.path}"))
        if answer.retry_date is not None:
            date = formatdate(time.time() + answer.retry_date, usegmt=True)
            headers.append(("Retry-After", date))
        if answer.chunked:
            headers.append(("Transfer-Encoding", "chunked"))
            body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in _parts(body))
        elif answer.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            headers.append(("Content-Length", str(len(body))))
        lines = [f"HTTP/1.1 {answer.status} {responses.get(answer.status, 'Unassigned')}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if self.command == "HEAD":
            body = b""
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body[: answer.cut]

    def _link(self, answer: Answer, request: Received) -> tuple[list[tuple[str, str]], bytes]:
        """Return headers and body, in which the URL of the next page is one of the scenario."""
        if NEXT.encode() not in answer.body and NEXT not in str(answer.headers):
            return [*answer.headers], answer.body
        write = partial(with_urls, self._player.operation)
        base = self._player.other or f"http://127.0.0.1:{self.server.server_address[1]}"
        headers = [(name, write(value, base, request)) for name, value in answer.headers]
        return headers, write(answer.body.decode(), base, request).encode()

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = respond  # noqa: N815


def _parts(body: bytes) -> Iterator[bytes]:
    """Yield a body in two parts, which may split a character, and the empty one that ends it."""
    middle = len(body) // 2
    yield from filter(None, (body[:middle], body[middle:]))
    yield b""


LOCAL: Final = frozenset({"localhost", "ip6-localhost", ""})
"""Names of this machine."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """The other hosts that clients asked for.

    The variables lead the requests of other processes to a proxy that refuses them.
    """

    hosts: list[str]
    environment: Mapping[str, str]


@contextmanager
def block_hosts() -> Iterator[Blocked]:
    """Refuse requests to other hosts for the length of a `with` block.

    In this process no name of another host is resolved; other processes get a proxy.
    """
    hosts: list[str] = []

    def check(host: str, _: Any) -> None:
        if not _is_local(host):
            hosts.append(host)
            raise socket.gaierror(socket.EAI_FAIL, f"{host}: not the server of the gate")

    with _running(partial(_Refusal, hosts)) as port, checking_names(check):
        yield Blocked(hosts, _lead_to(port))


def _lead_to(port: int) -> dict[str, str]:
    """Return the variables by which clients in any language use a proxy on this machine."""
    here, proxy = "127.0.0.1,localhost,::1", f"http://127.0.0.1:{port}"
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    proxies = {name: proxy for each in names for name in (each, each.lower())}
    return {**proxies, "NO_PROXY": here, "no_proxy": here, "NODE_USE_ENV_PROXY": "1"}


def _is_local(host: str) -> bool:
    if host.lower() in LOCAL:
        return True
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


class _Refusal(_Handler):
    def __init__(self, hosts: list[str], *args: Any) -> None:
        self._hosts = hosts
        super().__init__(*args)

    def do_CONNECT(self) -> None:
        host = self.path.removeprefix("http://").partition("/")[0]
        self._hosts.append(host.rpartition(":")[0] or host)
        self.send_error(403, "not the server of the gate")

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT  # noqa: N815
