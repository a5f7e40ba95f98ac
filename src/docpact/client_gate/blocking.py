"""Requests to other hosts than the gate's own server: they are refused and recorded."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from socketserver import ThreadingTCPServer
from threading import Lock, Thread
from typing import Any, Final

LOCAL: Final = frozenset({"localhost", "ip6-localhost", ""})
"""Names of this machine."""


class Blocked:
    """The other hosts that clients asked for.

    Attributes:
        hosts: in order.
        environment: variables that lead the requests of other processes to a proxy that refuses
            them.
    """

    def __init__(self, port: int) -> None:
        proxy = f"http://127.0.0.1:{port}"
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        here = "127.0.0.1,localhost,::1"
        self.hosts: list[str] = []
        self.environment = {
            **{name: proxy for each in names for name in (each, each.lower())},
            "NO_PROXY": here,
            "no_proxy": here,
            "NODE_USE_ENV_PROXY": "1",
        }
        self._lock = Lock()

    def record(self, host: str) -> None:
        """Record a host that a client asked for."""
        with self._lock:
            self.hosts.append(host)


@contextmanager
def block_hosts() -> Iterator[Blocked]:
    """Refuse requests to other hosts for the length of a `with` block.

    In this process no name of another host is resolved; other processes get a proxy.
    """
    with _Proxy(("127.0.0.1", 0), _Refusal) as proxy:
        proxy.blocked = Blocked(proxy.server_address[1])
        thread = Thread(target=proxy.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            with _resolving_only_local(proxy.blocked):
                yield proxy.blocked
        finally:
            proxy.shutdown()
            thread.join()


@contextmanager
def _resolving_only_local(blocked: Blocked) -> Iterator[None]:
    resolve = socket.getaddrinfo

    def refuse(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host or "")
        if not _is_local(name):
            blocked.record(name)
            msg = f"{name}: not the server of the gate"
            raise socket.gaierror(socket.EAI_FAIL, msg)
        return resolve(host, *args, **kwargs)

    socket.getaddrinfo = refuse
    try:
        yield
    finally:
        socket.getaddrinfo = resolve


def _is_local(host: str) -> bool:
    if host.lower() in LOCAL:
        return True
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


class _Proxy(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    blocked: Blocked


class _Refusal(BaseHTTPRequestHandler):
    server: _Proxy

    def do_CONNECT(self) -> None:
        host = self.path.removeprefix("http://").partition("/")[0]
        self.server.blocked.record(host.rpartition(":")[0] or host)
        self.send_error(403, "not the server of the gate")

    do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""
