"""Accounts and responses that nobody would think of: docpact's strategies in our own tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

import docpact
import httpx
from docpact import strategies
from docpact.targets.mock import MockApi
from hypothesis import given

from sorting_office import connect, tally
from sorting_office.answers import read

Mocking: TypeAlias = Callable[[], AbstractContextManager[MockApi]]

LIST_JOBS = docpact.load("llamacloud/list_classify_jobs")


def answered_by(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    """Return a client for one example; a fixture would be shared by all examples."""
    return httpx.Client(transport=httpx.MockTransport(answer), base_url="https://api.example.com")


def type_of(job: dict[str, Any]) -> str | None:
    return (job.get("result") or {}).get("type")


@given(jobs=strategies.collections(LIST_JOBS))
def test_any_account_is_counted(docpact_mocking: Mocking, jobs: list[dict[str, Any]]) -> None:
    with docpact_mocking() as api, connect(api.key or "") as client:
        api.items = jobs
        counted = tally(client)
    assert counted == Counter(type_of(job) for job in jobs if job["status"] == "COMPLETED")


@given(strategies.pages(LIST_JOBS))
def test_any_walk_is_walked_to_its_end(pages: list[dict[str, Any]]) -> None:
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params.get("page_token"))
        return httpx.Response(200, json=pages[len(asked) - 1])

    with answered_by(answer) as client:
        counted = tally(client)
    assert counted == Counter(type_of(job) for page in pages for job in page["items"])
    assert asked == [None, *(page["next_page_token"] for page in pages[:-1])]


@given(strategies.payloads(LIST_JOBS))
def test_any_documented_page_is_read(body: dict[str, Any]) -> None:
    page = read(httpx.Response(200, json=body))
    assert [(job.id, job.type) for job in page.jobs] == [
        (job["id"], type_of(job)) for job in body["items"]
    ]
    assert page.next_token == body.get("next_page_token")
