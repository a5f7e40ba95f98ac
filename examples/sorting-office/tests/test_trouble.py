"""Failures on demand: a busy API, a cut connection, responses that have drifted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from docpact.targets.mock import MockApi

from sorting_office import Busy, ConnectionLost, Unreadable, connect, tally

Item = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_api_is_waited_for_as_long_as_it_says(
    client: httpx.Client, docpact_mock_api: MockApi, status: int
) -> None:
    waits: list[float] = []
    calm = tally(client)
    docpact_mock_api.fail_next(status, times=2, headers={"Retry-After": "7"})
    assert tally(client, waits.append) == calm
    assert waits == [7, 7]


@pytest.mark.parametrize(
    ("headers", "wait"), [({}, 1), ({"Retry-After": "soon"}, 1), ({"Retry-After": "86400"}, 60)]
)
def test_a_wait_is_never_missing_or_endless(
    client: httpx.Client, docpact_mock_api: MockApi, headers: dict[str, str], wait: float
) -> None:
    waits: list[float] = []
    docpact_mock_api.fail_next(503, headers=headers)
    tally(client, waits.append)
    assert waits == [wait]


def test_patience_ends(client: httpx.Client, docpact_mock_api: MockApi) -> None:
    waits: list[float] = []
    docpact_mock_api.fail_next(429, times=99)
    with pytest.raises(Busy, match="429, 4 times"):
        tally(client, waits.append)
    assert (len(docpact_mock_api.requests), len(waits)) == (4, 3)


def test_a_cut_connection_has_its_own_error(
    client: httpx.Client, docpact_mock_api: MockApi
) -> None:
    docpact_mock_api.cut_next()
    with pytest.raises(ConnectionLost):
        tally(client)


def test_silence_on_a_later_page_has_its_own_error(
    client: httpx.Client, docpact_mock_api: MockApi, docpact_item: Item
) -> None:
    docpact_mock_api.items = [docpact_item(status="COMPLETED") for _ in range(150)]
    docpact_mock_api.time_out_next(when=lambda request: "page_token" in request.url.params)
    with pytest.raises(ConnectionLost):
        tally(client)
    assert len(docpact_mock_api.requests) == 2


@pytest.mark.parametrize("value", [7, None])
def test_a_type_that_drifts_is_an_error(
    client: httpx.Client, docpact_mock_api: MockApi, docpact_item: Item, value: object
) -> None:
    result = {"confidence": 1, "reasoning": "", "type": "invoice"}
    docpact_mock_api.items = [docpact_item(status="COMPLETED", result=result)]
    docpact_mock_api.drift("/items/*/id", value)
    with pytest.raises(Unreadable):
        tally(client)


@pytest.mark.docpact_servers("https://eu.example.com")
def test_another_server_may_be_asked(docpact_mock_api: MockApi) -> None:
    with connect(docpact_mock_api.key or "", "https://eu.example.com") as client:
        tally(client)
    assert docpact_mock_api.requests[0].url.host == "eu.example.com"


def test_a_cut_real_connection_has_its_own_error(docpact_served_api: tuple[str, MockApi]) -> None:
    server, api = docpact_served_api
    with connect(api.key or "", server) as client:
        assert tally(client).total() == sum(job["status"] == "COMPLETED" for job in api.items)
        api.cut_next()
        with pytest.raises(ConnectionLost):
            tally(client)


@pytest.mark.parametrize(
    ("drift", "message"),
    [
        ({"result": {"confidence": 1, "reasoning": "", "type": 7}}, "expected str, found 7"),
        ({"result": {"confidence": 1, "reasoning": ""}}, "'type'"),
        ({"result": "invoice"}, "expected dict, found 'invoice'"),
        ({"id": 7}, "expected str, found 7"),
    ],
)
def test_a_drifted_field_is_an_error_not_a_wrong_count(
    client: httpx.Client,
    docpact_mock_api: MockApi,
    docpact_item: Item,
    drift: dict[str, Any],
    message: str,
) -> None:
    docpact_mock_api.items = [docpact_item(status="COMPLETED", **drift)]
    with pytest.raises(Unreadable, match=rf"not a page of jobs: .*{message}"):
        tally(client)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\xff",
        b"[]",
        b"null",
        b'{"items": {}}',
        b'{"items": [null]}',
        b'{"items": [], "next_page_token": 7}',
    ],
)
def test_a_body_that_is_not_a_page_is_an_error(
    client: httpx.Client, docpact_mock_api: MockApi, body: bytes
) -> None:
    docpact_mock_api.fail_next(200, body=body)
    with pytest.raises(Unreadable, match=r"not JSON|not a page of jobs"):
        tally(client)


def test_a_body_that_cannot_be_decompressed_is_an_error() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        packed = httpx.ByteStream(b"no gzip")
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=packed)

    with (
        httpx.Client(transport=httpx.MockTransport(answer), base_url="https://x.test") as client,
        pytest.raises(Unreadable, match="decompressed"),
    ):
        tally(client)


def test_another_status_is_an_error(client: httpx.Client, docpact_mock_api: MockApi) -> None:
    docpact_mock_api.fail_next(500)
    with pytest.raises(Unreadable, match="500"):
        tally(client)
