"""A loopback server that plays one scenario and records the requests it receives."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Event, Lock, Thread
from typing import Any, Final
from urllib.parse import parse_qsl

from docpact.client_gate.call import Received
from docpact.client_gate.scenario import Answer, Scenario

MOST_REQUESTS: Final = 30
"""Number of requests after which a scenario ends, because the client would never stop."""

_OVER: Final = Answer(404, body=b'{"detail": "the scenario is over"}')
_UNKNOWN: Final = Answer(422, body=b'{"detail": "unknown token"}')


@dataclass(slots=True)
class Player:
    """Plays one scenario.

    Attributes:
        scenario: its responses.
        token_parameter: the query parameter that selects the page.
        received: requests so far.
        endless: whether the client sent more than `MOST_REQUESTS`.
        over: set at the end of the scenario.
    """

    scenario: Scenario
    token_parameter: str | None
    received: list[Received] = field(default_factory=list)
    endless: bool = False
    over: Event = field(default_factory=Event)
    _turns: Counter[str | None] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def answer(self, request: Received) -> Answer:
        """Record a request and return its response."""
        pairs = parse_qsl(request.query, keep_blank_values=True)
        token = next((v for name, v in pairs if name == self.token_parameter and v), None)
        with self._lock:
            self.received.append(request)
            if len(self.received) > MOST_REQUESTS:
                self.endless = True
                return _OVER
            answers = self.scenario.answers.get(token)
            turn = self._turns[token]
            self._turns[token] += 1
        return _UNKNOWN if answers is None else answers[min(turn, len(answers) - 1)]


@contextmanager
def serve(player: Player) -> Iterator[str]:
    """Serve a scenario for the length of a `with` block; yields its base URL."""
    with _Server(("127.0.0.1", 0), partial(_Connection, player)) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            player.over.set()
            server.shutdown()
            thread.join()


class _Server(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that closes its connection."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, player: Player, *args: Any) -> None:
        self._player = player
        super().__init__(*args)

    def respond(self) -> None:
        path, _, query = self.path.partition("?")
        headers = tuple((name.lower(), value) for name, value in self.headers.items())
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        at = time.monotonic()
        answer = self._player.answer(Received(self.command, path, query, headers, body, at))
        if answer.silent:
            self._player.over.wait()
        if answer.silent or answer.cut == 0:
            self.close_connection = True
            return
        self.close_connection = answer.cut is not None
        self.wfile.write(_head(answer) + answer.body[: answer.cut])

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = respond  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing: the player records the requests."""


def _head(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if answer.status != HTTPStatus.NO_CONTENT:
        lines.append(f"Content-Length: {len(answer.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
