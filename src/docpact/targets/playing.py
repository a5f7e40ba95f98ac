"""Findings played by the mock: each kind of difference as a change of its responses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from itertools import cycle
from typing import Any, Final
from urllib.parse import unquote_plus

import httpx

from docpact.model import Finding
from docpact.model.pointer import change_at, resolve, tokens
from docpact.targets import playing_habits
from docpact.targets.faults import NotPlayable, Play, Respond
from docpact.targets.mock_responses import (
    REMOVED,
    change_body,
    copy_response,
    drift_field,
    read_json,
)
from docpact.targets.playing_habits import (
    SAMPLES,
    TEXT,
    Maker,
    Mock,
    ask,
    find_status,
    play_header,
    play_response,
)


def play_finding(api: Mock, finding: Finding) -> Play:
    """Return the change of a mock's responses that shows a finding.

    Raises:
        NotPlayable: the mock cannot behave like that.
    """
    make = _PLAYS.get(finding.rule)
    family = finding.promise.family
    if make is None and family == "response" and finding.rule not in _REASONS:
        make = _play_value
    if make is None:
        raise NotPlayable(_REASONS.get(finding.rule) or _REASONS.get(family) or _OTHER)
    return make(api, finding)


def _play_value(_: Mock, finding: Finding) -> Play:
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
    return SAMPLES.get(word, TEXT)


def _play_status(_: Mock, finding: Finding) -> Play:
    status = find_status(finding)
    return play_response(lambda _: httpx.Response(status, json={"detail": "played by docpact"}))


def _play_media_type(_: Mock, finding: Finding) -> Play:
    found = re.search(r"[\w.+-]+/[\w.+-]+", finding.observed)
    return play_header("content-type", found[0] if found else "text/plain")


def _without_parameter(
    name: str, request: httpx.Request, _: httpx.Response, respond: Respond
) -> httpx.Response | None:
    if name not in request.url.params:
        return None
    return respond(ask(request, request.url.copy_remove_param(name)))


def _play_accepted(_: Mock, finding: Finding) -> Play:
    """Accept the values of a parameter that the mock refuses, and ignore them."""
    name = _name_of(finding)
    return lambda request, response, respond: (
        _without_parameter(name, request, response, respond) if response.is_client_error else None
    )


def _play_server_error(_: Mock, finding: Finding) -> Play:
    """Fail where the mock refuses the value of a parameter, and for the value that was sent."""
    name = _name_of(finding)
    sent = re.search(rf"[?&]{re.escape(name)}=([^&'\s]*)", finding.reproduce)
    value = unquote_plus(sent[1]) if sent else None

    def play(request: httpx.Request, response: httpx.Response, _: Respond) -> httpx.Response | None:
        given = request.url.params.get(name)
        fails = given is not None and (response.is_client_error or given == value)
        return httpx.Response(500, json={"detail": name}) if fails else None

    return play


def _play_refused(_: Mock, finding: Finding) -> Play:
    name = _name_of(finding)
    refusal = {"detail": f"{name}: not accepted"}
    return lambda request, *_: (
        httpx.Response(422, json=refusal) if name in request.url.params else None
    )


def _name_of(finding: Finding) -> str:
    place, _, name = finding.location.partition("/")
    if place != "query":
        raise NotPlayable("only parameters of the query can be played")
    return name


def _play_items(change: Callable[[list[Any]], list[Any]], *, filtered: bool = False) -> Maker:
    """Return a maker of plays that change the items of pages, or those with the parameter."""

    def make(api: Mock, finding: Finding) -> Play:
        where, name = api.operation.roles.items, _name_of(finding) if filtered else ""
        if where is None:
            raise NotPlayable("the operation is not a list")

        def change_items(body: Any) -> Any:
            is_page = isinstance(resolve(body, where), list)
            return change_at(body, tokens(where), change) if is_page else body

        return lambda request, response, _: (
            change_body(response, change_items) if not name or name in request.url.params else None
        )

    return make


def _play_endless(api: Mock, _: Finding) -> Play:
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
        if response.is_error or resolve(read_json(response), where):
            return None
        return _without_parameter(name, request, response, respond)

    return begin_again


def _play_empty_page(api: Mock, finding: Finding) -> Play:
    """Empty each page that another page follows."""
    where = api.operation.roles.next_token
    if where is None:
        raise NotPlayable("no field says whether a page follows")
    empty = _play_items(lambda _: [])(api, finding)
    return lambda request, response, respond: (
        empty(request, response, respond) if resolve(read_json(response), where) else None
    )


def _play_open_door(api: Mock, _: Finding) -> Play:
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


def _play_cut(api: Mock, _: Finding) -> Play:
    def cut(request: httpx.Request, *_: Any) -> httpx.Response:
        api.drifted += 1
        raise httpx.RemoteProtocolError("Server disconnected", request=request)

    return cut


def _play_failures(*_: object) -> Play:
    """Fail every second request, so that each succeeds when it is repeated."""
    fails = cycle((True, False))
    failure = {"detail": "try again"}
    return play_response(lambda _: httpx.Response(503, json=failure) if next(fails) else None)


_PLAYS: Final[Mapping[str, Maker]] = {
    "response.status": _play_status,
    "response.content_type": _play_media_type,
    "response.json": lambda *_: play_response(
        lambda r: copy_response(r, r.content[: len(r.content) // 2])
    ),
    "query.accepts": _play_refused,
    "query.rejects": _play_accepted,
    **dict.fromkeys(
        (
            "filter.selects",
            "filter.isolation",
            "filter.unknown",
            "filter.combined",
            "filter.range",
            "filter.suspect",
            "paging.size",
        ),
        lambda _, finding: partial(_without_parameter, _name_of(finding)),
    ),
    **dict.fromkeys(
        ("filter.complete", "filter.several"), _play_items(lambda items: items[:-1], filtered=True)
    ),
    "filter.order": _play_items(lambda items: items[::-1], filtered=True),
    **dict.fromkeys(("paging.total", "paging.fields", "paging.suspect"), _play_value),
    "query.server_error": _play_server_error,
    "paging.unique": _play_items(lambda items: [*items[:1], *items]),
    "paging.complete": _play_items(lambda items: items[:-1]),
    "paging.order": _play_items(lambda items: items[::-1]),
    "paging.ends": _play_endless,
    "paging.empty_page": _play_empty_page,
    **dict.fromkeys(("auth.missing", "auth.wrong", "auth.malformed"), _play_open_door),
    "habit.items": _play_items(lambda items: items[: len(items) // 2]),
    **playing_habits.PLAYS,
    "protocol.answer": _play_cut,
    "protocol.intermittent": _play_failures,
    "protocol.reliable": _play_failures,
    "protocol.deprecation": lambda *_: play_header("deprecation", "@1767225600"),
}
"""Rule → how the mock shows a breach of it; rules about values in a body need no row."""

_OTHER: Final = "the mock cannot behave like that"

_REASONS: Final[Mapping[str, str]] = {
    "response.body": "only changes of the main response body can be played",
    "response.header": "changes of headers cannot be played",
    "response.consistency": "it concerns the relation of two fields",
    "path": "it concerns the relation of a path and its response",
    "protocol": "it concerns the connection, or requests that the mock does not receive",
    "write": "it concerns requests that build on each other",
    "request": "it concerns a request, not the API",
    "client": "it concerns a client, not the API",
}
"""Rule or family → why it cannot be played."""
