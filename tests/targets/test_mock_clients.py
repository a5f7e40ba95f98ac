"""The mocks in process read each form of a body, and know method and credentials of a request."""

from __future__ import annotations

import asyncio
import io
import socket
import urllib.request
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import httpx
import pytest
import requests

from docpact.targets.asgi import served
from docpact.targets.faults import Scripted
from docpact.targets.mock_clients import answering_aiohttp, answering_requests, mounted

pytest.importorskip("responses")
pytest.importorskip("aioresponses")

URL = "https://shelf.example/books"


class Echo(Scripted):
    """Answers with the request."""

    def _respond(self, request: httpx.Request) -> httpx.Response:
        kind, login = (request.headers.get(name, "") for name in ("content-type", "authorization"))
        return httpx.Response(200, json=[request.method, kind, login, request.content.decode()])


def post_by_requests(**sent: Any) -> Any:
    session = requests.Session()
    session.auth = ("me", "")
    with answering_requests(Echo(), ["https://shelf.example"]):
        return session.post(URL, **sent).json()


def post_by_aiohttp(**sent: Any) -> Any:
    async def post() -> Any:
        headers = {"Authorization": "Basic bWU6"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(URL, **sent) as found,
        ):
            return [found.method, *(await found.json())[1:]]

    with answering_aiohttp(Echo(), ["https://shelf.example"]):
        return asyncio.run(post())


async def parts() -> AsyncIterator[bytes]:
    yield b"a "
    yield b"book"


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("post", "data", "kind", "body"),
    [
        (post_by_requests, lambda: b"a book", "", "a book"),
        (post_by_requests, lambda: "a book", "", "a book"),
        (post_by_requests, lambda: io.BytesIO(b"a book"), "", "a book"),
        (post_by_requests, lambda: iter([b"a ", b"book"]), "", "a book"),
        (post_by_requests, lambda: {"title": "a book"}, FORM, "title=a+book"),
        (post_by_aiohttp, lambda: b"a book", "application/octet-stream", "a book"),
        (post_by_aiohttp, lambda: bytearray(b"a book"), "application/octet-stream", "a book"),
        (post_by_aiohttp, lambda: "a book", "text/plain; charset=utf-8", "a book"),
        (post_by_aiohttp, lambda: io.BytesIO(b"a book"), "application/octet-stream", "a book"),
        (post_by_aiohttp, parts, "application/octet-stream", "a book"),
        (post_by_aiohttp, lambda: {"title": "a book"}, FORM, "title=a+book"),
        (post_by_aiohttp, lambda: [("title", "a book")], FORM, "title=a+book"),
        (post_by_aiohttp, lambda: aiohttp.FormData({"title": "a book"}), FORM, "title=a+book"),
    ],
)
def test_every_form_of_a_body(
    post: Callable[..., Any], data: Callable[[], Any], kind: str, body: str
) -> None:
    assert post(data=data()) == ["POST", kind, "Basic bWU6", body]


@pytest.mark.parametrize("post", [post_by_requests, post_by_aiohttp])
def test_a_body_as_json(post: Callable[..., Any]) -> None:
    method, kind, _, body = post(json={"title": 1})
    assert (method, kind, body) == ("POST", "application/json", '{"title": 1}')


@pytest.mark.filterwarnings("ignore:.*auth.*:DeprecationWarning:")
@pytest.mark.filterwarnings("ignore:BasicAuth:DeprecationWarning:")
def test_the_credentials_of_a_session_of_aiohttp() -> None:
    async def get() -> Any:
        login = aiohttp.BasicAuth("me", "")
        async with aiohttp.ClientSession(auth=login) as session, session.get(URL) as found:
            return await found.json()

    with answering_aiohttp(Echo(), ["https://shelf.example"]):
        assert asyncio.run(get()) == ["GET", "", "Basic bWU6", ""]


class Teapot(Scripted):
    """Refuses every request."""

    def _respond(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(418)


def test_a_session_of_aiohttp_may_raise_for_a_status() -> None:
    async def get() -> None:
        async with aiohttp.ClientSession(raise_for_status=True) as session, session.get(URL):
            pass

    is_teapot = pytest.raises(aiohttp.ClientResponseError, match='418, message="I\'m a teapot"')
    with answering_aiohttp(Teapot(), ["https://shelf.example"]), is_teapot:
        asyncio.run(get())


async def get_by_aiohttp(url: str) -> None:
    async with aiohttp.ClientSession(trust_env=True) as session, session.get(url):
        pass


@pytest.mark.parametrize("proxy", ["", "http://127.0.0.1:9"])
@pytest.mark.parametrize(
    "get",
    [requests.get, lambda url: asyncio.run(get_by_aiohttp(url)), urllib.request.urlopen],
)
def test_the_mock_of_httpx_lets_no_other_library_reach_its_servers(
    get: Callable[[str], Any], proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy)
    resolve = socket.getaddrinfo
    with mounted(Echo(), "https://shelf.example"):
        with pytest.raises(AssertionError, match=r"shelf\.example.*docpact_mock_requests"):
            get(URL)
        assert socket.getaddrinfo("localhost", 443)
    assert socket.getaddrinfo is resolve


def test_another_port_of_a_mocked_host_is_free() -> None:
    with mounted(Echo(), "http://127.0.0.1:8000"):
        assert socket.getaddrinfo("127.0.0.1", 8001)
        with pytest.raises(AssertionError, match="mocked for httpx alone"):
            socket.getaddrinfo("127.0.0.1", 8000)


def test_a_served_mock_can_be_reached_beside_one_in_process() -> None:
    async def get_both(base: str) -> list[int]:
        async with (
            httpx.AsyncClient() as client,
            aiohttp.ClientSession() as session,
            session.get(f"{base}/books") as found,
        ):
            return [(await client.get(f"{base}/books")).status_code, found.status]

    with (
        mounted(Echo(), "https://shelf.example"),
        answering_requests(Echo(), ["https://shelf.example"]),
        answering_aiohttp(Echo(), ["https://shelf.example"]),
        served(Echo()) as base,
    ):
        assert httpx.get(f"{base}/books").status_code == 200
        assert requests.get(f"{base}/books", timeout=5).status_code == 200
        assert asyncio.run(get_both(base)) == [200, 200]
        assert [httpx.get(URL).status_code, requests.get(URL, timeout=5).status_code] == [200, 200]
    with mounted(Echo(), "https://shelf.example"), pytest.raises(AssertionError):
        httpx.get(f"{base}/books")
