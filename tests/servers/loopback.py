"""An HTTP/1.1 server on loopback whose responses come from a function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http.client import responses
from http.server import BaseHTTPRequestHandler
from itertools import count
from socketserver import ThreadingTCPServer
from ssl import SSLContext, SSLError
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeAlias
from urllib.parse import parse_qsl

import httpx


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived.

    Attributes:
        method: in upper case.
        path: without the query, still percent-encoded.
        query: decoded names and values, in order.
        headers: values by lower-case name; the last of repeated ones.
        number: number of requests that the server received before.
        target: path and query, as on the request line.
        body: as sent.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    number: int = 0
    target: str = ""
    body: bytes = b""

    def values(self, name: str) -> tuple[str, ...]:
        """Return every value of a query parameter, in order."""
        return tuple(value for key, value in self.query if key == name)

    def last(self, name: str) -> str | None:
        """Return the last value of a query parameter, or None if it is absent."""
        return self.values(name)[-1] if self.values(name) else None


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to write.

    Attributes:
        status: 0 closes the connection without a response.
        headers: Content-Length is added unless they contain it or a Transfer-Encoding.
        body: as written.
        version: of HTTP, on the status line.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    version: str = "HTTP/1.1"

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in any case, or None."""
        return next((v for key, v in self.headers if key.lower() == name.lower()), None)

    def without(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return the headers other than that name."""
        return tuple(pair for pair in self.headers if pair[0].lower() != name.lower())

    def encoded(self, method: str) -> bytes:
        """Return status line, headers and body as one piece, so that one write sends them."""
        reason = responses.get(self.status, "")
        lines = [f"{self.version} {self.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        stated = self.header("Content-Length") or self.header("Transfer-Encoding")
        if not stated and self.status not in (204, 304):
            lines.append(f"Content-Length: {len(self.body)}")
        body = b"" if method == "HEAD" else self.body
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


Handler: TypeAlias = Callable[[Request], Answer]
"""Answers one request; called from several threads."""


def _parse(method: str, target: str, headers: dict[str, str], number: int, body: bytes) -> Request:
    path, _, query = target.partition("?")
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    return Request(method, path, pairs, headers, number, target, body)


class Server:
    """Serves a handler during a `with` block, and raises the first error of the handler at its end.

    Attributes:
        requests: every request received so far.
    """

    def __init__(self, handler: Handler, tls: SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self._scheme = "http" if tls is None else "https"
        self._handler = handler
        self._numbers = count()
        self._socket = _Loopback(("127.0.0.1", 0), partial(_Connection, self._receive), tls)
        self._thread = Thread(target=self._socket.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"{self._scheme}://127.0.0.1:{self._socket.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._socket.shutdown()
        self._socket.server_close()
        self._thread.join()
        if self._socket.errors:
            raise self._socket.errors[0]

    def _receive(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        request = _parse(method, target, headers, next(self._numbers), body)
        self.requests.append(request)
        return self._handler(request)


class InProcess:
    """Answers the requests of its client with a handler during a `with` block, without sockets."""

    def __init__(self, handler: Handler) -> None:
        self.url = "http://127.0.0.1:9"
        self.client = httpx.Client(transport=httpx.MockTransport(self._answer))
        self._handler = handler
        self._numbers = count()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        target, body = request.url.raw_path.decode(), request.content
        answer = self._handler(_parse(request.method, target, headers, next(self._numbers), body))
        if not answer.status:
            raise httpx.RemoteProtocolError("closed without a response", request=request)
        content = b"" if request.method == "HEAD" else answer.body
        return httpx.Response(answer.status, headers=[*answer.headers], content=content)


class _Loopback(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], connection: Callable[..., Any], tls: SSLContext | None
    ) -> None:
        self.errors: list[BaseException] = []
        super().__init__(address, connection)
        if tls is not None:
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        if error is not None and not isinstance(error, (ConnectionError, SSLError)):
            self.errors.append(error)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(
        self, receive: Callable[[str, str, dict[str, str], bytes], Answer], *args: Any
    ) -> None:
        self._receive = receive
        super().__init__(*args)

    def respond(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        answer = self._receive(self.command, self.path, headers, body)
        if answer.status == 0 or (answer.header("Connection") or "").lower() == "close":
            self.close_connection = True
        if answer.status:
            self.wfile.write(answer.encoded(self.command))

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = respond  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing: the tests read `Server.requests`."""
