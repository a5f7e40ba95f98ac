"""Findings played by the mock: each kind of difference as a change of its responses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import httpx

from docpact.model import Finding
from docpact.model.pointer import change_at, resolve, tokens
from docpact.targets import playing_habits
from docpact.targets.faults import (
    REMOVED,
    NotPlayable,
    Play,
    Respond,
    change_body,
    copy_response,
    drift_field,
)

if TYPE_CHECKING:
    from docpact.targets.mock import MockApi

ListChange: TypeAlias = Callable[[list[Any]], list[Any]]
"""Returns the items of a page after a change."""


def play_finding(api: MockApi, finding: Finding) -> Play:
    """Return the change of a mock's responses that shows a finding.

    Args:
        api: the mock of the finding's operation.
        finding: of a run.

    Raises:
        NotPlayable: the mock cannot behave like that.
    """
    make = _PLAYS.get(finding.rule)
    is_known = finding.rule in _REASONS
    if make is None and finding.promise.family == "response" and not is_known:
        make = _play_value
    if make is None:
        family = finding.promise.family
        raise NotPlayable(_REASONS.get(finding.rule) or _REASONS.get(family) or _OTHER)
    return make(api, finding)


def _play_value(_: MockApi, finding: Finding) -> Play:
    """Give a field the observed value: in each item if each observation showed it, else in one."""
    if not finding.location.startswith("/"):
        raise NotPlayable("only changes of the main response body can be played")
    where = finding.location
    if finding.count < finding.observations:
        where = where.replace("*", "0")
    return partial(drift_field, where, read_observed(finding.observed))


def read_observed(text: str) -> Any:
    """Return the first observed value as findings write it, or one of its type.

    `absent` removes the field.
    """
    if text.startswith("absent"):
        return REMOVED
    word, _, rest = text.partition(" ")
    for part in (text, rest):
        try:
            return json.JSONDecoder().raw_decode(part)[0]
        except ValueError:
            continue
    return _SAMPLES.get(word, "docpact drift")


_SAMPLES: Final[Mapping[str, Any]] = {
    "number": 1,
    "integer": 1,
    "object": {},
    "array": [],
    "boolean": True,
}
"""Type that a finding names → a value of it, for values that are not shown whole."""


def _play_status(_: MockApi, finding: Finding) -> Play:
    found = re.search(r"\b[1-5][0-9]{2}\b", finding.observed)
    if found is None:
        raise NotPlayable("the finding names no status")
    return lambda *_: httpx.Response(int(found[0]), json={"detail": "played by docpact"})


def _play_media_type(_: MockApi, finding: Finding) -> Play:
    found = re.search(r"[\w.+-]+/[\w.+-]+", finding.observed)
    return partial(_with_header, "content-type", found[0] if found else "text/plain")


def _with_header(
    name: str, value: str, _: httpx.Request, response: httpx.Response, __: Respond
) -> httpx.Response:
    changed = copy_response(response)
    changed.headers[name] = value
    return changed


def _play_broken_json(_: MockApi, __: Finding) -> Play:
    def cut(_: httpx.Request, response: httpx.Response, __: Respond) -> httpx.Response:
        half = response.content[: len(response.content) // 2]
        return copy_response(response, half)

    return cut


def _play_ignored(_: MockApi, finding: Finding) -> Play:
    """Respond as if a parameter of the query had not been sent."""
    return partial(_without_parameter, _name_of(finding))


def _without_parameter(
    name: str, request: httpx.Request, _: httpx.Response, respond: Respond
) -> httpx.Response | None:
    if name not in request.url.params:
        return None
    url = request.url.copy_remove_param(name)
    return respond(httpx.Request(request.method, url, headers=request.headers))


def _play_accepted(_: MockApi, finding: Finding) -> Play:
    """Accept the values of a parameter that the mock refuses, and ignore them."""
    ignore = _play_ignored(_, finding)

    def accept(
        request: httpx.Request, response: httpx.Response, respond: Respond
    ) -> httpx.Response | None:
        return ignore(request, response, respond) if response.is_client_error else None

    return accept


def _play_refused(_: MockApi, finding: Finding) -> Play:
    name = _name_of(finding)

    def refuse(request: httpx.Request, *_: Any) -> httpx.Response | None:
        if name not in request.url.params:
            return None
        return httpx.Response(422, json={"detail": f"{name}: not accepted"})

    return refuse


def _name_of(finding: Finding) -> str:
    place, _, name = finding.location.partition("/")
    if place != "query":
        raise NotPlayable("only parameters of the query can be played")
    return name


def _play_items(change: ListChange, *, filtered: bool = False) -> Callable[..., Play]:
    """Return a maker of plays that change the items of each page.

    Args:
        change: of the items.
        filtered: only of requests with the parameter that the finding names.
    """

    def make(api: MockApi, finding: Finding) -> Play:
        where, name = api.operation.roles.items, _name_of(finding) if filtered else ""
        if where is None:
            raise NotPlayable("the operation is not a list")

        def change_items(body: Any) -> Any:
            is_page = isinstance(resolve(body, where), list)
            return change_at(body, tokens(where), change) if is_page else body

        def play(
            request: httpx.Request, response: httpx.Response, _: Respond
        ) -> httpx.Response | None:
            is_meant = not name or name in request.url.params
            return change_body(response, change_items) if is_meant else None

        return play

    return make


def _read_body(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content)
    except ValueError:
        return None


def _play_endless(api: MockApi, _: Finding) -> Play:
    """Begin again after the last page."""
    roles = api.operation.roles
    names = (roles.token_parameter, roles.page_parameter, roles.offset_parameter)
    name = next(filter(None, names), None)
    if name is None:
        raise NotPlayable("the pages are not requested by a parameter of the query")
    where = roles.next_token or roles.items or ""

    def begin_again(
        request: httpx.Request, response: httpx.Response, respond: Respond
    ) -> httpx.Response | None:
        if response.is_error or resolve(_read_body(response), where):
            return None
        return _without_parameter(name, request, response, respond)

    return begin_again


def _play_empty_page(api: MockApi, finding: Finding) -> Play:
    """Empty each page that another page follows."""
    where = api.operation.roles.next_token
    if where is None:
        raise NotPlayable("no field says whether a page follows")
    empty = _play_items(lambda _: [])(api, finding)

    def play(
        request: httpx.Request, response: httpx.Response, respond: Respond
    ) -> httpx.Response | None:
        is_last = not resolve(_read_body(response), where)
        return None if is_last else empty(request, response, respond)

    return play


def _play_open_door(api: MockApi, _: Finding) -> Play:
    """Respond to requests with missing or invalid credentials too."""

    def open_door(
        request: httpx.Request, response: httpx.Response, respond: Respond
    ) -> httpx.Response | None:
        if response.status_code not in (401, 403):
            return None
        key, api.key = api.key, None
        try:
            return respond(request)
        finally:
            api.key = key

    return open_door


def _play_cut(api: MockApi, _: Finding) -> Play:
    def cut(request: httpx.Request, *_: Any) -> httpx.Response:
        api.drifted += 1
        raise httpx.RemoteProtocolError("Server disconnected", request=request)

    return cut


def _play_failures(_: MockApi, __: Finding) -> Play:
    """Fail every second request, so that each succeeds when it is repeated."""
    sent = []

    def fail(request: httpx.Request, *_: Any) -> httpx.Response | None:
        sent.append(request.url)
        return httpx.Response(503, json={"detail": "try again"}) if len(sent) % 2 else None

    return fail


_PLAYS: Final[Mapping[str, Callable[[MockApi, Finding], Play]]] = {
    "response.status": _play_status,
    "response.content_type": _play_media_type,
    "response.json": _play_broken_json,
    "query.accepts": _play_refused,
    "query.rejects": _play_accepted,
    "filter.selects": _play_ignored,
    "filter.isolation": _play_ignored,
    "filter.unknown": _play_ignored,
    "filter.combined": _play_ignored,
    "filter.complete": _play_items(lambda items: items[:-1], filtered=True),
    "filter.several": _play_items(lambda items: items[:-1], filtered=True),
    "paging.unique": _play_items(lambda items: [*items[:1], *items]),
    "paging.complete": _play_items(lambda items: items[:-1]),
    "paging.order": _play_items(lambda items: items[::-1]),
    "paging.size": _play_ignored,
    "paging.ends": _play_endless,
    "paging.empty_page": _play_empty_page,
    "auth.missing": _play_open_door,
    "auth.wrong": _play_open_door,
    "auth.malformed": _play_open_door,
    "habit.items": _play_items(lambda items: items[: len(items) // 2]),
    **playing_habits.PLAYS,
    "protocol.answer": _play_cut,
    "protocol.intermittent": _play_failures,
    "protocol.reliable": _play_failures,
    "protocol.deprecation": lambda *_: partial(_with_header, "deprecation", "@1767225600"),
}
"""Rule → how the mock shows a breach of it; rules about values in a body need no row."""

_OTHER: Final = "the mock cannot behave like that"

_REASONS: Final[Mapping[str, str]] = {
    "response.body": "only changes of the main response body can be played",
    "response.header": "changes of headers cannot be played",
    "response.consistency": "it concerns the relation of two fields",
    "stability": "it concerns changes with time",
    "write": "it concerns requests that build on each other",
    "request": "it concerns a request, not the API",
    "client": "it concerns a client, not the API",
}
"""Rule or family → why it cannot be played."""
