"""Names of hosts: which of them this process may resolve."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def checking_names(check: Callable[[str, Any], None]) -> Iterator[None]:
    """Check each host and port that is resolved in a `with` block; `check` raises to refuse it."""
    resolve = socket.getaddrinfo

    def look_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        check(host.decode() if isinstance(host, bytes) else str(host or ""), port)
        return resolve(host, port, *args, **kwargs)

    socket.getaddrinfo = look_up
    try:
        yield
    finally:
        socket.getaddrinfo = resolve
