"""A server may close an idle connection while a request is on its way to it."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import httpx
import pytest
from toy import LAMPS

from docpact.model import Case, Exchange, Question
from docpact.rules import gather, judge
from docpact.targets.connections import BudgetSpent, Connections, RequestBudget, Watch
from docpact.targets.http import HttpTarget

BODY = b'{"items": []}'
FINE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n" + BODY
RESET = struct.pack("ii", 1, 0)
PLAIN = Case("no parameters")


def serve(listener: socket.socket, answered: int) -> None:
    """Answer some requests of each connection, and reset it at the next one, or else close it."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, suppress(OSError):
            for _ in range(answered):
                connection.recv(65536)
                connection.sendall(FINE)
            if answered != 1:
                connection.recv(65536)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def serve_failures(listener: socket.socket, status: int) -> None:
    """Answer the first request of each connection with an error, and close it at the next one."""
    response = FINE.replace(b"200 OK", b"%d Error" % status)
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(response)
            connection.recv(65536)


@contextmanager
def target(
    answered: int, budget: int = 999, serve: Callable[[socket.socket, int], None] = serve
) -> Iterator[HttpTarget]:
    """Open a target on a server that answers some requests of each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=serve, args=(listener, answered), daemon=True).start()
        limits = RequestBudget(budget=budget, rate=100_000)
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(timeout=60, verify=False) as client:  # noqa: S501  loopback
            yield HttpTarget(
                "toys", LAMPS, base, client, request_budget=limits, sleep=lambda _: None
            )
        listener.shutdown(socket.SHUT_RDWR)


def statuses(attempts: tuple[Exchange, ...]) -> list[tuple[int, bool]]:
    return [(each.status, each.retried) for each in attempts]


@pytest.mark.parametrize("answered", [1, 2, 3])
def test_a_connection_that_was_closed_between_requests_is_no_failure(answered: int) -> None:
    with target(answered) as server:
        found = [statuses(server.send(PLAIN)) for _ in range(40)]
    assert found == [[(200, False)]] * 40


def test_a_request_that_is_sent_again_counts() -> None:
    with target(2) as server:
        for _ in range(3):
            server.send(PLAIN)
        assert server.request_budget.spent == 4


def test_a_request_that_may_change_data_is_not_sent_again_and_no_failure_of_the_server() -> None:
    post = Case("create", Question(method="POST"))
    with target(2) as server:
        sent = [exchange for _ in range(3) for exchange in server.send(post)]
    assert [each.failure and each.failure.kind for each in sent] == [None, None, "race"]
    judged = judge(gather(LAMPS, sent))
    assert not [each for each in judged if each.breaches and each.promise.rule == "protocol.answer"]


@pytest.mark.parametrize("status", [500, 422])
def test_a_connection_that_was_closed_after_an_error_is_no_failure(status: int) -> None:
    with target(status, serve=serve_failures) as server:
        found = [each.status for _ in range(9) for each in server.send(PLAIN)]
    assert set(found) == {status}


def test_a_new_connection_that_is_reset_is_a_failure() -> None:
    with target(0) as server:
        assert [each.status for each in server.send(PLAIN)] == [0, 0]


def test_no_request_is_sent_again_beyond_the_budget() -> None:
    with target(2, budget=3) as server:
        assert [server.send(PLAIN)[-1].status for _ in range(2)] == [200, 200]
        with pytest.raises(BudgetSpent, match="the budget of 3 requests is spent"):
            server.send(PLAIN)


@pytest.mark.parametrize(("number", "is_race"), [(errno.EBADF, True), (errno.ECONNRESET, False)])
def test_the_server_is_not_blamed_for_a_socket_that_was_closed_on_this_side(
    number: int, is_race: bool
) -> None:
    error = httpx.ReadError("broken")
    error.__cause__ = OSError(number, "closed")
    assert Connections().is_race(Watch(is_new=True), error) is is_race
