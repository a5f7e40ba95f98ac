"""A plain client of the operation, for walks that need no HTTP library's opinion."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from servers.loopback import Answer, Handler, Request
from servers.reference import KEY, PATH

CREDENTIALS: Final = {"authorization": f"Bearer {KEY}"}
"""Header of a request that is let in."""


def ask(handler: Handler, *query: tuple[str, str], **headers: str) -> Answer:
    """Ask a handler directly, with the right key unless other headers are given."""
    target = f"{PATH}?{urlencode(query)}"
    return handler(Request("GET", PATH, query, headers or CREDENTIALS, target=target))


def bodies(client: httpx.Client, *query: tuple[str, str]) -> Iterator[Any]:
    """Walk every page of a query over HTTP, the token alone asking for the next one.

    Busy answers are asked again at once, as their Retry-After of 0 seconds allows.
    """
    while True:
        response = client.get(PATH, params=list(query))
        while response.status_code in (429, 503):
            response = client.get(PATH, params=list(query))
        yield response.raise_for_status().json()
        token = response.json().get("next_page_token")
        if token is None:
            return
        query = (("page_token", token),)


def items(handler: Handler, *query: tuple[str, str]) -> list[Any]:
    """Walk every page of a query of a handler, and return the items."""
    found: list[Any] = []
    while True:
        body = json.loads(ask(handler, *query).body)
        found += body["items"]
        if body.get("next_page_token") is None:
            return found
        query = (("page_token", body["next_page_token"]),)
