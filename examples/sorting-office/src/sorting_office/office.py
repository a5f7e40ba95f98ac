"""Requests an account's classify jobs from LlamaCloud; waits a limited time if it is busy."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import httpx

from sorting_office.answers import Busy, ConnectionLost, Page, Unreadable, read

SERVER: Final = "https://api.cloud.llamaindex.ai"
PATH: Final = "/api/v2/classify"

TRIES: Final = 4
"""Maximum number of requests for a page while the API is busy."""

WAIT: Final = 1.0
"""Seconds to wait if the API does not say how long."""

LONGEST_WAIT: Final = 60.0
"""Maximum seconds to wait, whatever the API says."""


def connect(key: str, server: str = SERVER) -> httpx.Client:
    """Return a client for `tally` that sends a key."""
    return httpx.Client(base_url=server, headers=_headers(key))


def tally(
    client: httpx.Client, sleep: Callable[[float], object] = time.sleep
) -> Counter[str | None]:
    """Count an account's classified documents by type; None counts those that match no rule.

    Args:
        client: from `connect`.
        sleep: is called with the seconds to wait while the API is busy.

    Raises:
        OfficeError: the count would not be complete; its subclasses say why.
    """
    return Counter(job.type for page in _pages(client, sleep) for job in page.jobs)


async def failed(key: str, server: str = SERVER) -> list[str]:
    """Return the ids of some failed jobs: one request without retries, for a health endpoint.

    Raises:
        OfficeError: as for `tally`.
    """
    async with httpx.AsyncClient(base_url=server, headers=_headers(key)) as client:
        with _clear_errors():
            response = await client.get(PATH, params={"status": "FAILED"})
    return [job.id for job in read(response).jobs]


def _pages(client: httpx.Client, sleep: Callable[[float], object]) -> Iterator[Page]:
    query = {"status": "COMPLETED", "page_size": "100"}
    seen: set[str] = set()
    while True:
        page = read(_patiently(client, query, sleep))
        yield page
        if not page.next_token:
            return
        if page.next_token in seen:
            raise Unreadable(f"page {page.next_token!r} leads to itself")
        seen.add(page.next_token)
        query["page_token"] = page.next_token


def _patiently(
    client: httpx.Client, query: dict[str, str], sleep: Callable[[float], object]
) -> httpx.Response:
    for left in reversed(range(TRIES)):
        with _clear_errors():
            response = client.get(PATH, params=query)
        if response.status_code not in (429, 503):
            return response
        if left:
            sleep(_wait(response))
    raise Busy(f"status {response.status_code}, {TRIES} times in a row")


def _wait(response: httpx.Response) -> float:
    seconds = response.headers.get("Retry-After", "")
    return min(float(seconds), LONGEST_WAIT) if seconds.isdecimal() else WAIT


@contextmanager
def _clear_errors() -> Iterator[None]:
    try:
        yield
    except httpx.TransportError as error:
        raise ConnectionLost(f"the connection failed: {error!r}") from error
    except httpx.RequestError as error:
        raise Unreadable(f"the response cannot be decompressed: {error!r}") from error


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
