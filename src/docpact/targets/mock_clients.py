"""Mocks in process for clients on requests (by `responses`) and aiohttp (by `aioresponses-ng`)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx

from docpact.errors import MissingExtra
from docpact.model.names import METHODS
from docpact.targets.faults import Scripted


@contextmanager
def answering_requests(api: Scripted, servers: Collection[str]) -> Iterator[None]:
    """Respond to every client on requests for the length of a `with` block.

    A request to another host is an error.

    Args:
        api: the mock.
        servers: base URLs.

    Raises:
        MissingExtra: `responses` is not installed.
    """
    try:
        import responses
    except ImportError:
        raise MissingExtra("a mock for requests", "requests") from None
    from requests import exceptions

    def answer(sent: Any) -> tuple[int, dict[str, str], bytes]:
        content = sent.body.encode() if isinstance(sent.body, str) else sent.body
        request = httpx.Request(
            sent.method, sent.url, headers=[*sent.headers.items()], content=content
        )
        try:
            response = api.answer(request)
        except httpx.ReadTimeout as error:
            raise exceptions.ReadTimeout(str(error)) from None
        except httpx.RemoteProtocolError as error:
            raise exceptions.ConnectionError(str(error)) from None
        return response.status_code, dict(response.headers), response.content

    with responses.RequestsMock(assert_all_requests_are_fired=False) as router:
        for method, pattern in _list_routes(servers):
            router.add_callback(method, pattern, answer, content_type=None)
        yield


@contextmanager
def answering_aiohttp(api: Scripted, servers: Collection[str]) -> Iterator[None]:
    """Respond to every client on aiohttp for the length of a `with` block.

    A request to another host is an error. `aioresponses` sorts the parameters of a query.

    Args:
        api: the mock.
        servers: base URLs.

    Raises:
        MissingExtra: `aioresponses-ng` is not installed.
    """
    try:
        from aioresponses import CallbackResult, aioresponses
    except ImportError:
        raise MissingExtra("a mock for aiohttp", "aiohttp") from None
    from aiohttp import ServerDisconnectedError, ServerTimeoutError

    async def answer(method: str, url: Any, **sent: Any) -> Any:
        request = _read_aiohttp(method, str(url), sent)
        faults = api.take_faults(request)
        await asyncio.sleep(sum(fault.seconds for fault in faults))
        try:
            response = api.answer_with(faults, request)
        except httpx.ReadTimeout as error:
            raise ServerTimeoutError(str(error)) from None
        except httpx.RemoteProtocolError as error:
            raise ServerDisconnectedError(str(error)) from None
        headers = dict(response.headers)
        return CallbackResult(
            status=response.status_code,
            body=response.content,
            headers=headers,
            content_type=headers.get("content-type", ""),
        )

    with aioresponses() as router:
        for method, pattern in _list_routes(servers):
            router.add(pattern, method, callback=partial(answer, method), repeat=True)
        yield


def _read_aiohttp(method: str, url: str, sent: Mapping[str, Any]) -> httpx.Request:
    """Return a request as the keyword arguments of aiohttp describe it."""
    headers = [*(sent.get("headers") or {}).items()]
    if sent.get("auth") is not None:
        headers.append(("Authorization", sent["auth"].encode()))
    data, body = sent.get("data"), sent.get("json")
    if isinstance(data, Mapping):
        return httpx.Request(method, url, headers=headers, data=data)
    if body is not None:
        return httpx.Request(method, url, headers=headers, json=body)
    return httpx.Request(method, url, headers=headers, content=data)


def _list_routes(servers: Collection[str]) -> Iterator[tuple[str, re.Pattern[str]]]:
    for server in sorted(servers):
        for method in METHODS:
            yield method, re.compile(re.escape(server) + r"([/?#].*)?$", re.DOTALL)
