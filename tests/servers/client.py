"""A plain client of the operation: it walks pages and checks nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

import httpx
from servers.loopback import Answer, Handler, Request
from servers.reference import KEY, PATH

Pair: TypeAlias = tuple[str, str]

CREDENTIALS: Final = {"authorization": f"Bearer {KEY}"}
"""Headers of an authorized request."""

MAX_PAGES: Final = 1000
"""Number of pages after which a walk counts as endless."""


def ask(handler: Handler, *query: Pair, **headers: str) -> Answer:
    """Send a request to a handler, with the right key unless other headers are given."""
    target = f"{PATH}?{urlencode(query)}"
    return handler(Request("GET", PATH, query, headers or CREDENTIALS, target=target))


def bodies(client: httpx.Client, *query: Pair) -> Iterator[Any]:
    """Walk every page of a query over HTTP.

    Busy answers are asked again at once, as their Retry-After of 0 seconds allows.
    """

    def get(query: tuple[Pair, ...]) -> Any:
        response = client.get(PATH, params=list(query))
        while response.status_code in (429, 503):
            response = client.get(PATH, params=list(query))
        return response.raise_for_status().json()

    return _walk(get, query)


def items(handler: Handler, *query: Pair) -> list[Any]:
    """Walk every page of a query of a handler, and return the items."""
    pages = _walk(lambda query: json.loads(ask(handler, *query).body), query)
    return [item for page in pages for item in page["items"]]


def _walk(get: Callable[[tuple[Pair, ...]], Any], query: tuple[Pair, ...]) -> Iterator[Any]:
    """Follow the tokens, each of them alone asking for the next page.

    Raises:
        RecursionError: the walk does not end.
    """
    for _ in range(MAX_PAGES):
        body = get(query)
        yield body
        token = body.get("next_page_token")
        if token is None:
            return
        query = (("page_token", token),)
    raise RecursionError(f"more than {MAX_PAGES} pages")
