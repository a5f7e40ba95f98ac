"""Servers of operations other than the zoo's: an offset-paged list below a path, a single item."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from docpact import load
from docpact.model import Operation
from docpact.model.path import match_path
from docpact.targets.asgi import served
from docpact.targets.faults import Fault
from docpact.targets.mock import MockApi

FILES: Final = load("llamacloud/list_pipeline_files")
BATCH: Final = load("llamacloud/get_batch")

Rewrite = Callable[[MockApi, httpx.Request], httpx.Response]


@dataclass(frozen=True)
class Server:
    """A server that answers as the mock does, but for one change.

    Attributes:
        name: the change.
        operation: that it serves.
        answer: the change.
        rule: that is to be broken; empty for a server that is correct, if unusual.
    """

    name: str
    operation: Operation
    answer: Rewrite
    rule: str = ""


class _Changed(MockApi):
    """The mock, answering through a change."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.operation)
        self.change = server.answer

    def answer_with(self, faults: list[Fault], request: httpx.Request) -> httpx.Response:
        return self.change(self, request)


@contextmanager
def running(server: Server) -> Iterator[tuple[str, MockApi]]:
    """Serve over loopback; yields the base URL, and the API for its requests."""
    api = _Changed(server)
    with served(api) as base:
        yield base, api


def plain(api: MockApi, request: httpx.Request) -> httpx.Response:
    """Answer as the mock does."""
    return MockApi.answer_with(api, [], request)


def asked(api: MockApi, request: httpx.Request, **query: str) -> httpx.Response:
    """Answer as if some query parameters had been others."""
    return plain(
        api,
        httpx.Request(
            request.method, request.url.copy_merge_params(query), headers=request.headers
        ),
    )


def told(response: httpx.Response, **fields: Any) -> httpx.Response:
    """Return an answer with other fields."""
    if response.status_code != 200 or not response.content:
        return response
    return httpx.Response(200, json={**response.json(), **fields})


def offset(request: httpx.Request) -> int:
    text = request.url.params.get("offset", "0")
    return int(text) if text.isdecimal() else 0


def shifted(by: int) -> Rewrite:
    """Begin every page but the first some items early or late."""

    def answer(api: MockApi, request: httpx.Request) -> httpx.Response:
        at = offset(request)
        return asked(api, request, offset=str(at + by)) if at else plain(api, request)

    return answer


def deaf_to_offset(api: MockApi, request: httpx.Request) -> httpx.Response:
    return asked(api, request, offset="0") if offset(request) else plain(api, request)


def forgets_filters(api: MockApi, request: httpx.Request) -> httpx.Response:
    if not offset(request):
        return plain(api, request)
    kept = {n: v for n, v in request.url.params.items() if n in ("limit", "offset")}
    url = request.url.copy_with(params=kept)
    return plain(api, httpx.Request(request.method, url, headers=request.headers))


def deaf_to_limit(api: MockApi, request: httpx.Request) -> httpx.Response:
    limit = request.url.params.get("limit", "")
    return asked(api, request, limit="90") if limit.isdecimal() else plain(api, request)


def reversed_beyond(api: MockApi, request: httpx.Request) -> httpx.Response:
    """Show the items of a short page in another order than a long one does."""
    answer = plain(api, request)
    if answer.status_code == 200 and request.url.params.get("limit") == "5" and answer.content:
        return told(answer, files=answer.json()["files"][::-1])
    return answer


def any_path(api: MockApi, request: httpx.Request) -> httpx.Response:
    """Answer whatever the path names as if it was known."""
    path = api.operation.path
    for name, text in api.given.items():
        path = path.replace(f"{{{name}}}", text)
    if match_path(api.operation.path, request.url.path) is None:
        return plain(api, request)
    return plain(
        api,
        httpx.Request(request.method, request.url.copy_with(path=path), headers=request.headers),
    )


def fails_on_unknown(api: MockApi, request: httpx.Request) -> httpx.Response:
    answer = plain(api, request)
    return httpx.Response(500) if answer.status_code == 404 else answer


def refuses_with(status: int) -> Rewrite:
    def answer(api: MockApi, request: httpx.Request) -> httpx.Response:
        found = plain(api, request)
        return httpx.Response(status, json={}) if found.status_code == 404 else found

    return answer


def nothing_for_unknown(api: MockApi, request: httpx.Request) -> httpx.Response:
    """Answer an unknown pipeline with a list of nothing."""
    answer = plain(api, request)
    empty = {"files": [], "limit": 50, "offset": 0, "total_count": 0}
    return httpx.Response(200, json=empty) if answer.status_code == 404 else answer


def another_batch(api: MockApi, request: httpx.Request) -> httpx.Response:
    return told(plain(api, request), id="bat-another")


def field(**fields: Any) -> Rewrite:
    return lambda api, request: told(plain(api, request), **fields)


def in_each_file(**fields: Any) -> Rewrite:
    def answer(api: MockApi, request: httpx.Request) -> httpx.Response:
        found = plain(api, request)
        if found.status_code != 200 or not found.content:
            return found
        return told(found, files=[{**each, **fields} for each in found.json()["files"]])

    return answer


def short_pages(api: MockApi, request: httpx.Request) -> httpx.Response:
    """Show at most twenty files a page, whatever is asked for."""
    limit = request.url.params.get("limit", "50")
    usual = not limit.isdecimal() or int(limit) <= 20
    return plain(api, request) if usual else asked(api, request, limit="20")


def config(api: MockApi, request: httpx.Request) -> httpx.Response:
    answer = plain(api, request)
    if answer.status_code != 200 or not answer.content:
        return answer
    body: Mapping[str, Any] = answer.json()
    return told(answer, config={"job": {**body["config"]["job"], "type": "parse_v3"}})


BROKEN: Final = (
    Server("offset ignored", FILES, deaf_to_offset, "paging.ends"),
    Server("pages overlap by one", FILES, shifted(-1), "paging.unique"),
    Server("one item between pages lost", FILES, shifted(1), "paging.complete"),
    Server("filters forgotten beyond the first page", FILES, forgets_filters, "paging.token"),
    Server("limit ignored", FILES, deaf_to_limit, "paging.size"),
    Server("short pages in another order", FILES, reversed_beyond, "paging.order"),
    Server("any pipeline is known", FILES, any_path, "path.unknown"),
    Server("unknown pipelines fail", FILES, fails_on_unknown, "path.server_error"),
    Server("an array for a map", FILES, in_each_file(custom_metadata=[1]), "response.type"),
    Server("an id that is no UUID", FILES, in_each_file(file_id="f-1"), "response.format"),
    Server("total as text", FILES, field(total_count="12"), "response.type"),
    Server("another batch than asked for", BATCH, another_batch, "path.identity"),
    Server("any batch is known", BATCH, any_path, "path.unknown"),
    Server("unknown batches fail", BATCH, fails_on_unknown, "path.server_error"),
    Server("a state nobody documents", BATCH, field(status="DONE"), "response.enum"),
    Server("deep within, a product nobody documents", BATCH, config, "response.enum"),
    Server("a batch without its project", BATCH, field(project_id=None), "response.type"),
)  # fmt: skip

UNUSUAL: Final = (
    Server("nothing unusual", FILES, plain),
    Server("nothing unusual", BATCH, plain),
    Server("a list of nothing for an unknown pipeline", FILES, nothing_for_unknown),
    Server("an unknown pipeline is forbidden", FILES, refuses_with(403)),
    Server("an unknown pipeline is a bad request", FILES, refuses_with(400)),
    Server("an unknown batch is gone", BATCH, refuses_with(410)),
    Server("short pages, whatever is asked for", FILES, short_pages),
    Server("totals are not counted", FILES, field(total_count=0)),
    Server("maps hold anything", FILES, in_each_file(custom_metadata={"a": None, "": [{}]})),
    Server("maps are empty", FILES, in_each_file(config_hash={}, resource_info=None)),
    Server("results are null", BATCH, field(results=None)),
    Server("results are empty", BATCH, field(results=[])),
)  # fmt: skip
