"""Mocks in process for clients on httpx, requests and aiohttp, by libraries that patch these."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar
from unittest.mock import patch

import httpx

from docpact.errors import MissingExtra, UsageError
from docpact.model.path import METHODS
from docpact.resolving import checking_names
from docpact.targets.asgi import SERVED
from docpact.targets.faults import Scripted
from docpact.text import suggest_url

Mock = TypeVar("Mock", bound=Scripted)


@contextmanager
def mounted(api: Mock, base: str | Collection[str] | None = None) -> Iterator[Mock]:
    """Respond to every httpx client of this process for the length of a `with` block, with respx.

    Args:
        api: the mock.
        base: its scheme and host, or several; default: the documented servers. A request to
            another host, or of another library to these, is an error, so that no test reaches a
            network by accident. Mocks that this process serves on loopback can be reached.

    Raises:
        UsageError: a base has no scheme.
    """
    import anyio
    import respx

    bases = sorted(map(str, [base] if isinstance(base, str) else base or api.servers))
    for each in bases:
        if not each.startswith(("http://", "https://")):
            raise UsageError(f"{each}: not the URL of a server{suggest_url(each)}")

    def pass_served(request: httpx.Request) -> None:
        if str(request.url).startswith(tuple(SERVED)):
            raise respx.models.PassThrough("served", request=request, origin=respx.Route())

    class Router(respx.MockRouter):
        """Lets an asynchronous client wait without blocking the others."""

        def handler(self, request: httpx.Request) -> httpx.Response:
            pass_served(request)
            return super().handler(request)

        async def async_handler(self, request: httpx.Request) -> httpx.Response:
            pass_served(request)
            if not str(request.url).startswith(tuple(bases)):
                return await super().async_handler(request)
            seconds, faults = api.take_faults(request)
            await anyio.sleep(seconds)
            return api.answer_with(faults, request)

    def refuse(request: httpx.Request) -> httpx.Response:
        asked = f"{request.method} {request.url.copy_with(query=None, userinfo=b'')}"
        hint = "add others with the ini option or the marker docpact_servers"
        problem = f"{asked}: the mock has only {', '.join(bases)}; {hint}"
        raise respx.models.AllMockedAssertionError(problem)

    with _only_httpx(bases), Router(assert_all_called=False) as router:
        for each in bases:
            router.route(url__startswith=each).mock(side_effect=api.answer)
        router.route().mock(side_effect=refuse)
        yield api


@contextmanager
def _only_httpx(bases: Collection[str]) -> Iterator[None]:
    """Let no other library reach some servers: neither by name nor through a proxy."""
    urls = [httpx.URL(each) for each in bases]
    taken = {(url.host, url.port or {"http": 80, "https": 443}[url.scheme]) for url in urls}

    def check(host: str, port: Any) -> None:
        if (host, port) in taken:
            others = "docpact_mock_requests, docpact_mock_aiohttp, or docpact_served_api"
            raise AssertionError(f"{host} is mocked for httpx alone; for other libraries: {others}")

    direct = os.environ.get("no_proxy", os.environ.get("NO_PROXY", ""))
    if direct != "*":
        direct = ",".join([direct, *(url.host for url in urls)])
    with checking_names(check), patch.dict(os.environ, no_proxy=direct):
        yield


@contextmanager
def answering_requests(api: Scripted, servers: Collection[str]) -> Iterator[None]:
    """Respond to every client on requests for the length of a `with` block.

    A request to another host is an error, except to mocks that this process serves.

    Raises:
        MissingExtra: `responses` is not installed.
    """
    try:
        import responses
    except ImportError:
        raise MissingExtra("a mock for requests", "requests") from None
    from requests import exceptions

    def answer(sent: Any) -> tuple[int, dict[str, str], bytes]:
        request = httpx.Request(
            sent.method,
            sent.url,
            headers=[*sent.headers.items()],
            content=_join_body(sent.body),
            extensions=_limit(sent.req_kwargs.get("timeout")),
        )
        try:
            response = api.answer(request)
        except httpx.ReadTimeout as error:
            raise exceptions.ReadTimeout(str(error)) from None
        except httpx.RemoteProtocolError as error:
            raise exceptions.ConnectionError(str(error)) from None
        return response.status_code, dict(response.headers), response.content

    with responses.RequestsMock(assert_all_requests_are_fired=False) as router:
        router.passthru_prefixes = SERVED  # type: ignore[assignment]
        for method, pattern in _list_routes(servers):
            router.add_callback(method, pattern, answer, content_type=None)
        yield


@contextmanager
def answering_aiohttp(api: Scripted, servers: Collection[str]) -> Iterator[None]:
    """Respond to every client on aiohttp for the length of a `with` block.

    A request to another host is an error, except to mocks that this process serves. `aioresponses`
    sorts the parameters of a query.

    Raises:
        MissingExtra: `aioresponses-ng` is not installed.
    """
    try:
        from aioresponses import CallbackResult, aioresponses
    except ImportError:
        raise MissingExtra("a mock for aiohttp", "aiohttp") from None
    from aiohttp import ServerDisconnectedError, ServerTimeoutError

    async def answer(method: str, url: Any, **sent: Any) -> Any:
        request = await _read_aiohttp(method, str(url), sent)
        seconds, faults = api.take_faults(request)
        await asyncio.sleep(seconds)
        try:
            response = api.answer_with(faults, request)
        except httpx.ReadTimeout as error:
            raise ServerTimeoutError(str(error)) from None
        except httpx.RemoteProtocolError as error:
            raise ServerDisconnectedError(str(error)) from None
        headers = dict(response.headers)
        return CallbackResult(
            method=method,
            status=response.status_code,
            body=response.content,
            reason=response.reason_phrase,
            headers=headers,
            content_type=headers.get("content-type", ""),
        )

    class Router(aioresponses):
        """Gives a request the credentials and the timeout of its session, as aiohttp does."""

        async def _request_mock(
            self, orig_self: Any, method: str, url: Any, *args: Any, **kwargs: Any
        ) -> Any:
            kwargs.setdefault("auth", getattr(orig_self, "auth", None))
            kwargs.setdefault("timeout", getattr(orig_self, "timeout", None))
            return await super()._request_mock(orig_self, method, url, *args, **kwargs)

    with Router(passthrough=SERVED) as router:
        for method, pattern in _list_routes(servers):
            router.add(pattern, method, callback=partial(answer, method), repeat=True)
        yield


def _limit(timeout: Any) -> dict[str, Any]:
    """Return a timeout of requests or aiohttp in the form of httpx."""
    seconds = timeout[-1] if isinstance(timeout, tuple) else getattr(timeout, "total", timeout)
    return {"timeout": {"read": seconds}}


def _join_body(body: Any) -> bytes | None:
    """Return a body of requests: a text, bytes, an open file, or an iterable of bytes."""
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        return body.encode()
    return body if body is None or isinstance(body, bytes) else b"".join(body)


async def _read_aiohttp(method: str, url: str, sent: Mapping[str, Any]) -> httpx.Request:
    """Return a request as the keyword arguments of aiohttp describe it."""
    from aiohttp import FormData, JsonPayload, payload

    headers = httpx.Headers([*(sent.get("headers") or {}).items()])
    if sent.get("auth") is not None:
        headers["Authorization"] = sent["auth"].encode()
    limit, body = _limit(sent.get("timeout")), sent.get("data")
    if sent.get("json") is not None:
        body = JsonPayload(sent["json"])
    if body is None:
        return httpx.Request(method, url, headers=headers, extensions=limit)
    try:
        made = payload.PAYLOAD_REGISTRY.get(body() if isinstance(body, FormData) else body)
    except payload.LookupError:
        made = FormData(body)()
    headers.setdefault("Content-Type", made.headers["Content-Type"])
    content = bytes(await made.as_bytes())
    return httpx.Request(method, url, headers=headers, content=content, extensions=limit)


def _list_routes(servers: Collection[str]) -> Iterator[tuple[str, re.Pattern[str]]]:
    for server in sorted(servers):
        for method in METHODS:
            yield method, re.compile(re.escape(server) + r"([/?#].*)?$", re.DOTALL)
