"""The mock API over real HTTP: an ASGI application, served by uvicorn on loopback."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import httpx

from docpact.errors import MissingExtra, UsageError
from docpact.files import read_json
from docpact.limits import MAX_BYTES, MAX_FAULT
from docpact.targets.faults import Scripted, script

if TYPE_CHECKING:
    import uvicorn

FAULT: Final = "Docpact-Fault"
"""The request header with the fault that the request gets, as JSON; see `faults.script`."""

CONTROL: Final = "/_docpact/faults"
"""The path to which faults of later requests are posted; DELETE forgets them."""

SERVED: Final[list[str]] = []
"""The base URLs that this process serves now, each with `/` at its end."""

Message: TypeAlias = MutableMapping[str, Any]
App: TypeAlias = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]
"""An ASGI 3 application."""


def asgi_app(api: Scripted) -> App:
    """Return an ASGI 3 application that answers as an API does.

    A connection that the API cuts is closed without an answer, as uvicorn does when an application
    returns without one.
    """

    async def app(
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        content = await _read_body(receive)
        try:
            answer = _refuse(scope, content)
            if answer is None:
                request = _request(scope, content)
                own = Scripted()
                answer = _control(api, own, request)
            if answer is None:
                seconds, faults = api.take_faults(request, own.faults)
                await asyncio.sleep(seconds)
                answer = api.answer_with(faults, request)
        except (httpx.InvalidURL, UnicodeError) as error:
            answer = httpx.Response(400, text=f"the request has no valid URL: {error}")
        except httpx.RemoteProtocolError:
            await send({"type": "http.response.start", "status": 200, "headers": _CUT})
            return
        except httpx.ReadTimeout:
            while (await receive())["type"] != "http.disconnect":
                continue
            return
        headers = [(name.lower(), value) for name, value in answer.headers.raw]
        await send(
            {"type": "http.response.start", "status": answer.status_code, "headers": headers}
        )
        await send({"type": "http.response.body", "body": answer.content})

    return app


def _control(api: Scripted, own: Scripted, request: httpx.Request) -> httpx.Response | None:
    """Script the fault of a request, alone if a header states it; answer the endpoint."""
    try:
        if stated := request.headers.get(FAULT):
            script(own, _read_fault(stated))
        if request.url.path != CONTROL:
            return None
        if request.method == "DELETE":
            api.faults.clear()
        elif request.method == "POST":
            script(api, _read_fault(request.content))
        else:
            return httpx.Response(405, headers={"Allow": "POST, DELETE"})
    except UsageError as error:
        return httpx.Response(422, json={"detail": str(error)})
    return httpx.Response(204)


def _read_fault(stated: str | bytes) -> Any:
    if len(stated) > MAX_FAULT:
        raise UsageError(f"the fault is longer than {MAX_FAULT:,} bytes")
    try:
        return read_json(stated)
    except ValueError as error:
        raise UsageError(f"a fault is a JSON object, but this is not JSON: {error}") from None


async def _read_body(receive: Callable[[], Awaitable[Message]]) -> bytes:
    """Return a body; of one that is longer than `MAX_BYTES`, only the beginning is kept."""
    content = bytearray()
    more = True
    while more:
        message = await receive()
        content += message.get("body", b"")[: MAX_BYTES + 1 - len(content)]
        more = message.get("more_body", False)
    return bytes(content)


def _refuse(scope: Message, content: bytes) -> httpx.Response | None:
    """Return the response to a request that no API has, such as one for a proxy."""
    target = scope.get("raw_path") or scope["path"].encode()
    if _HOST.fullmatch(_read_host(scope)) is None:
        return httpx.Response(400, text="the header Host is not a host and a port")
    if len(content) > MAX_BYTES:
        return httpx.Response(413, text=f"the body is longer than {MAX_BYTES:,} bytes")
    if scope["method"] == "CONNECT" or not target.startswith(b"/"):
        return httpx.Response(400, text="this is not a proxy: the request must name a path")
    return None


_HOST: Final = re.compile(
    r"(\[[0-9A-Fa-f:.]+]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::\d*)?", re.ASCII
)
"""The header Host (RFC 9110, section 7.2), which may be empty."""


def _read_host(scope: Message) -> str:
    return str(dict(scope["headers"]).get(b"host", b"").decode("latin-1"))


_CUT = [(b"content-length", b"1"), (b"connection", b"close")]
"""Headers that promise a body which does not come: uvicorn then closes the connection."""


def serve(api: Scripted, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve an API over HTTP until the process is interrupted; port 0 is any free one.

    `on_ready` is called with the base URL once requests are answered.

    Raises:
        MissingExtra: uvicorn is not installed.
        UsageError: nothing can listen on that host and port.
    """
    server = _server(api)
    with _listening(host, port) as listener, suppress(KeyboardInterrupt):
        on_ready(_base(listener))
        server.run(sockets=[listener])


@contextmanager
def served(api: Scripted) -> Iterator[str]:
    """Serve an API on a free loopback port for the length of a `with` block.

    Yields:
        the base URL.

    Raises:
        MissingExtra: uvicorn is not installed.
    """
    server = _server(api)
    with _listening("127.0.0.1", 0) as listener:
        thread = Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        base = _base(listener)
        SERVED.append(f"{base}/")
        try:
            yield base
        finally:
            SERVED.remove(f"{base}/")
            server.should_exit = True
            thread.join()


def _server(api: Scripted) -> uvicorn.Server:
    try:
        import uvicorn
    except ImportError:
        raise MissingExtra("serving the mock over HTTP", "serve") from None
    config = uvicorn.Config(
        asgi_app(api), log_level="critical", access_log=False, lifespan="off", ws="none"
    )
    return uvicorn.Server(config)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listen; asyncio sends small answers at once only where the socket says that it is TCP."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except (OSError, OverflowError) as error:
            raise UsageError(f"cannot listen on {host}:{port}: {error}") from None
        listener.listen(128)
        yield listener


def _base(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _request(scope: Message, content: bytes) -> httpx.Request:
    raw = scope.get("raw_path") or scope["path"].encode()
    query = scope["query_string"]
    target = raw + b"?" + query if query else raw
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    named = _HOST.fullmatch(_read_host(scope))
    host = named[1] if named else ""
    url = httpx.URL(scheme="http", host=host or "localhost", raw_path=target)
    return httpx.Request(scope["method"], url, headers=headers, content=content)
