"""The mocks in process read each form of a body, and know method and credentials of a request."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import httpx
import pytest
import requests

from docpact.targets.faults import Scripted
from docpact.targets.mock_clients import answering_aiohttp, answering_requests

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
