"""Changes of a mock's responses: those that end a habit, and those from one response to the next.

The mock has documented parts only. So the end of a habit of an undocumented one changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from itertools import cycle
from typing import Any, Final, Protocol, TypeAlias
from urllib.parse import quote

import httpx

from docpact.cases.parts import Edit
from docpact.model import Finding, Operation
from docpact.model.pointer import resolve, tokens
from docpact.targets.faults import NotPlayable, Play, Respond
from docpact.targets.mock_responses import (
    REMOVED,
    change_body,
    change_each,
    copy_response,
    drift_field,
)


class Mock(Protocol):
    """The mock of an operation; see `docpact.targets.mock.MockApi`."""

    operation: Operation
    key: str | None
    drifted: int
    shares_items: bool


Maker: TypeAlias = Callable[[Mock, Finding], Play]
"""Returns the change of a mock's responses that shows a finding."""


def play_response(change: Callable[[httpx.Response], httpx.Response | None]) -> Play:
    """Return the play that changes the response to every request."""
    return lambda _, response, __: change(response)


def _play_change(where: str, change: Edit) -> Play:
    """Return the play that changes each value at a folded pointer."""
    each = partial(change_each, path=tokens(where), change=change)
    return play_response(lambda r: change_body(r, each))


TEXT: Final = "docpact drift"
SAMPLES: Final[Mapping[str, Any]] = {
    "number": 1,
    "integer": 1,
    "object": {},
    "array": [],
    "boolean": True,
}
"""Type that a finding names → a value of it, for values that are not shown whole."""


def _play_type(_: Mock, finding: Finding) -> Play:
    """Give each value the observed type."""
    value = SAMPLES.get(finding.observed.split(" ")[0], TEXT)
    return _play_change(finding.location, lambda _: value)


def find_status(finding: Finding, pattern: str = r"\b[1-5][0-9]{2}\b") -> int:
    """Return the status that a finding names."""
    found = re.search(pattern, finding.observed)
    if found is None:
        raise NotPlayable("the finding names no status")
    return int(found[0])


def _play_refusals(_: Mock, finding: Finding) -> Play:
    """Give refused requests the observed status."""
    status = find_status(finding, r"\b4[0-9]{2}\b")

    def refuse(response: httpx.Response) -> httpx.Response | None:
        if not response.is_client_error or response.status_code == status:
            return None
        return httpx.Response(status, headers=response.headers, content=response.content)

    return play_response(refuse)


def play_header(name: str, value: str | None) -> Play:
    """Return the play that gives responses a header, or removes it."""

    def change(response: httpx.Response) -> httpx.Response | None:
        changed = copy_response(response)
        if value is None:
            return changed if changed.headers.pop(name, None) is not None else None
        changed.headers[name] = value
        return changed

    return play_response(change)


def _play_absence(_: Mock, finding: Finding) -> Play:
    """Remove a field, or a header."""
    place, __, name = finding.location.partition("/")
    if place == "header":
        return play_header(name, None)
    return partial(drift_field, finding.location, REMOVED)


def ask(request: httpx.Request, url: str | httpx.URL) -> httpx.Request:
    """Return a request to another URL."""
    return httpx.Request(request.method, url, headers=request.headers, content=request.content)


def _play_page_size(api: Mock, finding: Finding) -> Play:
    """Show another number of items if a request states none."""
    name, found = api.operation.roles.size_parameter, re.match("[0-9]+", finding.observed)
    if name is None or found is None:
        raise NotPlayable("no parameter of the query chooses the size of pages")
    return lambda request, _, respond: (
        respond(ask(request, request.url.copy_add_param(name, found[0])))
        if name not in request.url.params
        else None
    )


def _play_scale(_: Mock, finding: Finding) -> Play:
    """Multiply each number by the ratio of the medians."""
    old, new = (_read_median(text) for text in (finding.promise.documented, finding.observed))
    return _play_change(finding.location, partial(_multiply, new / old))


def _read_median(text: str) -> float:
    found = re.search(r"about ([0-9.,e+-]+)", text)
    if found is None:
        raise NotPlayable("the finding names no size of numbers")
    return float(found[1].rstrip(",").replace(",", ""))


def _multiply(factor: float, value: Any) -> Any:
    """Return a number, also one written as text with decimals, times a factor."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]+\.[0-9]+", value):
        return f"{float(value) * factor:.{len(value.partition('.')[2])}f}"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return round(value * factor) if isinstance(value, int) else value * factor


def _play_shape(_: Mock, finding: Finding) -> Play:
    """Give each text the observed form."""
    write = partial(_write_text, finding.observed)
    return _play_change(
        finding.location, lambda each: write(each) if isinstance(each, str) else each
    )


def _play_ids(api: Mock, finding: Finding) -> Play:
    """Give each id the observed form; requests may use it as an API would let them."""
    if api.shares_items:
        raise NotPlayable("the mocks of the other operations would not know the ids")
    known: dict[str, str] = {}

    def rename(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        new = _write_text(finding.observed, value)
        known[new] = value
        return new

    def play(
        request: httpx.Request, response: httpx.Response, respond: Respond
    ) -> httpx.Response | None:
        url = str(request.url)
        for new, old in known.items():
            url = url.replace(quote(new, safe=""), quote(old, safe=""))
        if url != str(request.url):
            response = respond(ask(request, url))
        return _play_change(finding.location, rename)(request, response, respond)

    return play


_CLASSES: Final[Mapping[str, str]] = {
    "lowercase letters": "abcdefghijkmnpqrstuvwxyz",
    "uppercase letters": "ABCDEFGHJKLMNPQRSTUVWXYZ",
    "digits": "0123456789",
    "other letters": "äöüßéè",
}
"""Class of characters, as findings name it → some of them."""


def _write_text(observed: str, text: str) -> str:
    """Return a text of the form that a finding describes; two texts give two different ones."""
    digest = sha256(text.encode("utf-8", "surrogatepass")).digest() * 2
    if counted := re.match(r"e\.g\. letters, (.) and a number", observed):
        return f"docpact{counted[1]}{int.from_bytes(digest[:4], 'big')}"
    if stated := re.match(r"e\.g\. ([0-9]+) characters?: (.*)", observed):
        alphabets = cycle([*_read_classes(stated[2])] or [_CLASSES["digits"]])
        every = zip(range(int(stated[1])), digest, alphabets, strict=False)
        return "".join(alphabet[byte % len(alphabet)] for _, byte, alphabet in every)
    return f"{TEXT} {digest[:3].hex()}"


def _read_classes(text: str) -> Iterator[str]:
    """Yield the characters of each class that a finding names."""
    for name in re.findall(rf"{'|'.join(_CLASSES)}|'(?:\\.|[^'])'|\"'\"", text):
        yield _CLASSES.get(name) or name[1:-1][-1]


def _play_change_of_finished(api: Mock, finding: Finding) -> Play:
    """Show another value of a field of each finished item, from the second response on."""
    lifecycle = api.operation.roles.lifecycle
    if lifecycle is None:
        raise NotPlayable("the contract does not say which items are finished")
    return _play_later(api, finding, lambda i: lifecycle.is_final(resolve(i, lifecycle.field)))


def _play_later(
    api: Mock, finding: Finding, changes: Callable[[Any], bool] = lambda _: True
) -> Play:
    """Show another value of a field of the items that change, from the second response on."""
    roles, seen = api.operation.roles, set[str]()
    field = finding.location.removeprefix(f"{roles.items}/*")
    if not roles.is_list or not tokens(field) or field == finding.location:
        raise NotPlayable("it concerns no field of the items of a list")
    lifecycle = roles.lifecycle
    others = lifecycle.stages[0] if lifecycle is not None and field == lifecycle.field else ()

    def change_item(item: Any) -> Any:
        key = str(resolve(item, roles.id or ""))
        if not changes(item) or key not in seen:
            seen.add(key)
            return item
        return change_each(item, tokens(field), partial(_vary, others))

    return _play_change(f"{roles.items}/*", change_item)


def _play_contradiction(_: Mock, finding: Finding) -> Play:
    """Give a repeated request the observed status."""
    found = re.match(r"([1-5][0-9]{2}), then ([1-5][0-9]{2})", finding.observed)
    if found is None:
        raise NotPlayable("it concerns all items of a list at once")
    status, asked = max(map(int, found.groups())), set[str]()

    def contradict(request: httpx.Request, *_: Any) -> httpx.Response | None:
        key = f"{request.method} {request.url}"
        is_repeated = key in asked
        asked.add(key)
        return httpx.Response(status, json={"detail": TEXT}) if is_repeated else None

    return contradict


def _vary(others: tuple[str, ...], value: Any) -> Any:
    """Return another value: one of the given ones, or one of the same type."""
    if others:
        return others[0]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value} " if isinstance(value, str) else None


PLAYS: Final[Mapping[str, Maker]] = {
    "habit.presence": _play_absence,
    "habit.header": _play_absence,
    "habit.new_header": lambda _, finding: play_header(finding.location.rpartition("/")[2], "1"),
    "habit.type": _play_type,
    "habit.scale": _play_scale,
    "habit.shape": _play_shape,
    "habit.id": _play_ids,
    "habit.rejection": _play_refusals,
    "habit.page_size": _play_page_size,
    "habit.constancy": _play_change_of_finished,
    "habit.final": _play_change_of_finished,
    "stability.final": _play_change_of_finished,
    **dict.fromkeys(
        ("stability.forward", "stability.constant", "stability.values", "stability.suspect"),
        _play_later,
    ),
    "stability.same": _play_contradiction,
}
"""Rule → how the mock shows the end of a habit, or a change from one response to the next."""
