"""The count, with the mock API; each test defines its jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from docpact.targets.mock import MockApi

from sorting_office import KeyRefused, Unreadable, connect, tally

Item = Callable[..., dict[str, Any]]
Page = Callable[..., Any]


def found(kind: str | None) -> dict[str, Any]:
    return {"confidence": 0.9, "reasoning": "clearly one", "type": kind}


def test_documents_are_counted_by_type(
    client: httpx.Client, docpact_mock_api: MockApi, docpact_item: Item
) -> None:
    docpact_mock_api.items = [
        docpact_item(status="COMPLETED", result=found("invoice")),
        docpact_item(status="COMPLETED", result=found("receipt")),
        docpact_item(status="COMPLETED", result=found("invoice")),
        docpact_item(status="COMPLETED", result=found(None)),
        docpact_item(status="COMPLETED", result=None),
    ]
    assert tally(client) == {"invoice": 2, "receipt": 1, None: 2}


def test_only_completed_jobs_are_counted(
    client: httpx.Client, docpact_mock_api: MockApi, docpact_item: Item
) -> None:
    docpact_mock_api.items = [
        docpact_item(status="RUNNING", result=found("invoice")),
        docpact_item(status="COMPLETED", result=found("invoice")),
    ]
    assert tally(client) == {"invoice": 1}


def test_every_page_is_walked(
    client: httpx.Client, docpact_mock_api: MockApi, docpact_item: Item
) -> None:
    docpact_mock_api.items = [
        docpact_item(status="COMPLETED", result=found(f"type {number % 7}"))
        for number in range(250)
    ]
    assert tally(client) == Counter(f"type {number % 7}" for number in range(250))
    assert len(docpact_mock_api.requests) == 3


def test_an_empty_page_in_the_middle_is_not_the_end(
    client: httpx.Client, docpact_mock_api: MockApi, docpact_item: Item, docpact_page: Page
) -> None:
    job = docpact_item(status="COMPLETED", result=found("invoice"))
    for page in (docpact_page([], next_token="a+b/c="), docpact_page([job])):
        docpact_mock_api.fail_next(200, body=page)
    assert tally(client) == {"invoice": 1}
    assert docpact_mock_api.requests[1].url.params["page_token"] == "a+b/c="


def test_pages_in_a_circle_are_an_error(
    client: httpx.Client, docpact_mock_api: MockApi, docpact_page: Page
) -> None:
    docpact_mock_api.fail_next(200, times=9, body=docpact_page(1, next_token="again"))
    with pytest.raises(Unreadable, match="'again' leads to itself"):
        tally(client)


@pytest.mark.usefixtures("docpact_mock_api")
def test_a_refused_key_is_named() -> None:
    with connect("yesterday's key") as client, pytest.raises(KeyRefused, match="401"):
        tally(client)
