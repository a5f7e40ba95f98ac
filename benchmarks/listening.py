"""The cost of listening per request: a client with and without it, on the mock in process."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from statistics import median
from time import perf_counter
from typing import Final

import httpx

import docpact
from docpact.listening import Listener
from docpact.targets.mock import MockApi

OPERATION: Final = "llamacloud/list_classify_jobs"
REQUESTS: Final = 300
ROUNDS: Final = 7


def measure(items: int, *, is_heard: bool) -> float:
    """Return the seconds of one request for a page of some items."""
    operation = docpact.load(OPERATION)
    url = f"{operation.server}{operation.path}"
    mock = MockApi(operation, MockApi(operation).items[:items], key=None)
    known = mock.answer(httpx.Request("GET", url))

    def respond(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=known.headers, content=known.content)

    client = httpx.Client(transport=httpx.MockTransport(respond))
    listening: AbstractContextManager[object] = (
        docpact.listen(client, OPERATION) if is_heard else nullcontext()
    )
    with client, listening as listener:
        begun = perf_counter()
        for _ in range(REQUESTS):
            client.get(url)
        if isinstance(listener, Listener):
            assert not listener.findings  # noqa: S101
        return (perf_counter() - begun) / REQUESTS


def main() -> None:
    """Print the cost for pages of several sizes."""
    for items in (1, 10, 50):
        plain = median(measure(items, is_heard=False) for _ in range(ROUNDS))
        heard = median(measure(items, is_heard=True) for _ in range(ROUNDS))
        extra = (heard - plain) * 1000
        print(f"{items:>3} items: {plain * 1000:.2f} ms, listening {extra:+.2f} ms a request")


if __name__ == "__main__":
    main()
