"""Fields about pages that contradict the pages, beside unusual ones that do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from lists import breaking, check, contract, whole_number
from servers.paged import STYLES, Place, Server, things
from sizes import sample

FLAG: Final = {"type": "boolean"}
COUNT: Final = {"type": "integer"}
FIELDS: Final = {
    **dict.fromkeys(("totalPages", "number", "totalElements", "numberOfElements"), COUNT),
    **dict.fromkeys(("first", "last", "empty"), FLAG),
}
FOUND: Final = ("id", "size")
ACCOUNT: Final[list[int]] = [0]
Change = Callable[[Place], Mapping[str, Any]]


def write(at: Place) -> dict[str, Any]:
    return {
        "totalPages": -(-at.count // at.size),
        "number": at.start // at.size,
        "totalElements": at.count,
        "numberOfElements": len(at.shown),
        "first": at.start == 0,
        "last": not at.more,
        "empty": not at.shown,
    }


def number(at: Place) -> int:
    return at.start // at.size


WRONG: Final[Mapping[str, Change]] = {
    "one page too many": lambda at: {"totalPages": -(-at.count // at.size) + 1},
    "full pages only": lambda at: {"totalPages": at.count // at.size},
    "one page": lambda at: {"totalPages": 1},
    "no page after the first": lambda at: {"totalPages": 0} if at.start else {},
    "always page 0": lambda _: {"number": 0},
    "pages counted twice": lambda at: {"number": 2 * number(at)},
    "last from the second page on": lambda at: {"last": at.start > 0 or not at.more},
    "never last": lambda _: {"last": False},
    "empty if it is full": lambda at: {"empty": bool(at.shown)},
    "never first": lambda _: {"first": False},
    "one item too many": lambda at: {"numberOfElements": len(at.shown) + 1},
    "a total with one more": lambda at: {"totalElements": at.count + 1},
    "a total without the filter": lambda at: {"totalElements": ACCOUNT[0] or at.count},
}
UNUSUAL: Final[Mapping[str, Change]] = {
    "pages counted from 1": lambda at: {"number": number(at) + 1},
    "a page for no items": lambda at: {"totalPages": max(1, -(-at.count // at.size))},
    "at most ten pages": lambda at: {"totalPages": min(10, -(-at.count // at.size))},
    "a rounded total": lambda at: {
        "totalElements": max(len(at.shown), round(at.count, -1)) if at.count > 20 else at.count
    },
    "a limited total": lambda at: {"totalElements": min(100, at.count)},
    "a total for the first page alone": lambda at: {"totalElements": None} if at.start else {},
}


def find(change: Change, count: int) -> set[tuple[str, str]]:
    """Return rule and location of the breaking findings of a server."""
    ACCOUNT[0] = count
    nullable = {name: {**each, "type": [each["type"], "null"]} for name, each in FIELDS.items()}
    (numbered,) = (each for each in STYLES if each.name == "page from 0 and number of pages")
    style = replace(
        numbered,
        fields=nullable,
        write=lambda at: {**write(at), **change(at)},
    )
    server = Server(style, things(count))
    return {*breaking(check(server.operation, server))}


@pytest.mark.sampled(6)
@pytest.mark.parametrize("count", sample((237, 30), 2))
@pytest.mark.parametrize("name", sample(WRONG, 5))
def test_a_wrong_field_about_pages_is_found(name: str, count: int) -> None:
    found = find(WRONG[name], count)
    rule = "paging.total" if name.startswith("a total") else "paging.fields"
    assert {each for each, _ in found} == {rule}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("count", sample((237, 0, 1, 3, 30), 5))
@pytest.mark.parametrize("name", sample(UNUSUAL, 4))
def test_an_unusual_field_about_pages_conforms(name: str, count: int) -> None:
    assert not find(UNUSUAL[name], count)


OFFSETS: Final[Mapping[str, tuple[Callable[[int, int], int], bool]]] = {
    "the offset": (lambda start, length: start, False),
    "the next offset": (lambda start, length: start + length, False),
    "always 0": (lambda start, length: 0, True),
    "one too many": (lambda start, length: start + 1, True),
    "one too many after the first page": (lambda start, length: start + (start > 0), True),
    "wrong on late pages": (lambda start, length: start - (start > 20), True),
}


NUMBERS: Final[Mapping[str, tuple[Callable[[int], int], bool]]] = {
    "the number": (lambda page: page, False),
    "from 0": (lambda page: page - 1, True),
    "always 1": (lambda page: 1, True),
    "the next one": (lambda page: page + 1, True),
    "at most 9": (lambda page: min(page, 9), False),
}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", NUMBERS)
def test_a_repeated_number_of_a_page_is_that_of_the_request(name: str) -> None:
    show, is_wrong = NUMBERS[name]

    def answer(query: Mapping[str, str]) -> Any:
        size = whole_number(query.get("limit", "10"), 1, 50)
        page = whole_number(query.get("page", "1"), 1, 2**31)
        if size is None or page is None:
            return 400, {}
        last = -(-37 // size)
        page = min(page, last) if name.startswith("at most") else page
        items = [{"id": n} for n in range(37)][(page - 1) * size : page * size]
        return 200, {"items": items, "page": show(page) if size > 4 else page, "total": 37}

    number = {**COUNT, "minimum": 1}
    parameters = {"limit": {**number, "maximum": 50}, "page": number}
    operation = contract(parameters, {"id": COUNT}, {"page": COUNT, "total": COUNT})
    found = {*breaking(check(operation, answer))}
    assert ("paging.fields", "/page") in found if is_wrong else found == set()


@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", OFFSETS)
def test_a_repeated_offset_is_that_of_the_request(name: str) -> None:
    show, is_wrong = OFFSETS[name]

    def answer(query: Mapping[str, str]) -> Any:
        size = whole_number(query.get("limit", "10"), 1, 50)
        start = whole_number(query.get("offset", "0"), 0, 2**31)
        if size is None or start is None:
            return 400, {}
        items = [{"id": n} for n in range(37)][start : start + size]
        return 200, {"items": items, "offset": show(start, len(items))}

    parameters = {
        "limit": {**COUNT, "minimum": 1, "maximum": 50},
        "offset": {**COUNT, "minimum": 0},
    }
    operation = contract(parameters, {"id": COUNT}, {"offset": COUNT})
    found = {*breaking(check(operation, answer))}
    assert ("paging.fields", "/offset") in found if is_wrong else found == set()


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", ["offset", "offset and total", "offset and more"])
def test_the_first_of_repeated_offsets_may_count(name: str) -> None:
    (style,) = (each for each in STYLES if each.name == name)
    server = Server(style, things(30))
    run = check(server.operation, server, take=lambda pairs: dict(reversed([*pairs])))
    assert breaking(run) == []


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("count", "found"),
    [
        (lambda at: len(at.shown), False),
        (lambda at: at.count, False),
        (lambda at: len(at.shown) + 1, True),
        (lambda at: len(at.shown) if not at.start else 0, True),
    ],
)
@pytest.mark.parametrize("name", ["result_info", "pages"])
def test_a_count_is_that_of_its_page_or_of_the_list(
    name: str, count: Callable[[Place], int], found: bool
) -> None:
    (numbered,) = (each for each in STYLES if each.name == "page from 0 and number of pages")
    fields = {"type": "object", "properties": {"count": COUNT, "total_count": COUNT}}
    style = replace(
        numbered,
        fields={name: fields},
        write=lambda at: {name: {"count": count(at), "total_count": at.count}},
    )
    server = Server(style, things(30))
    expected = {("paging.fields", f"/{name}/count")} if found else set()
    assert {*breaking(check(server.operation, server))} == expected


def test_a_filter_that_later_pages_forget_is_not_a_wrong_total() -> None:
    colors = ("red", "blue", "green")
    kinds = {"color": {"type": "string", "enum": [*colors]}}
    things: list[dict[str, Any]] = [
        {"id": n, "color": colors[n * 7 % 3], "size": n % 9 * 100 + n % 19} for n in range(30)
    ]
    parameters = {
        "page": {**COUNT, "minimum": 1, "default": 1},
        "per_page": {**COUNT, "minimum": 1, "maximum": 50, "default": 10},
        "sort": {"type": "string", "enum": ["size", "-size"]},
        **kinds,
    }

    def answer(query: Mapping[str, str]) -> Any:
        number = whole_number(query.get("page", "1"), 1, 2**31)
        size = whole_number(query.get("per_page", "10"), 1, 50)
        color, sort = query.get("color"), query.get("sort", "id")
        if None in (number, size) or color not in (None, *colors) or sort.lstrip("-") not in FOUND:
            return 400, {}
        assert number is not None
        assert size is not None
        matching = [each for each in things if color in (None, each["color"])]
        found = matching if number == 1 else things
        found = sorted(found, key=lambda e: e[sort.lstrip("-")], reverse=sort[0] == "-")
        start = (number - 1) * size
        about = {"total": len(matching), "pages": -(-len(matching) // size)}
        return 200, {"items": found[start : start + size], **about}

    fields = {"total": COUNT, "pages": COUNT}
    operation = contract(parameters, {"id": COUNT, **kinds, "size": COUNT}, fields)
    rules = {rule for rule, _ in breaking(check(operation, answer))}
    assert "paging.token" in rules
    assert "paging.fields" not in rules


AT: Final = "/things?offset={end}&limit={size}"
LEADS: Final[Mapping[str, tuple[str | None, str, set[tuple[str, str]]]]] = {
    "the same URL": (AT, AT, set()),
    "relative and reordered": (AT, "?limit={size}&offset={end}", set()),
    "another host": (AT, "http://inner.example:8000/things?offset={end}&limit={size}", set()),
    "a page number": (AT, "/things?page={page}&limit={size}", set()),
    "null": (AT, "", {("paging.fields", "/next")}),
    "null without a header": (None, "", {("paging.complete", "/items")}),
    "a body that skips": (
        AT,
        "/things?offset={far}&limit={size}",
        {("paging.complete", "/items")},
    ),
    "a header that skips": (
        "/things?offset={far}&limit={size}",
        AT,
        {("paging.fields", "header/Link/next")},
    ),
    "a header of the second page": (
        "/things?offset={size}&limit={size}",
        AT,
        {("paging.fields", "header/Link/next")},
    ),
}
"""Name → Link header and field of the page after each one, and the findings."""


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("skipped", "repeats"), [(0, True), (0, False), (1, True), (-10, True)])
def test_a_token_in_the_body_and_a_link_lead_to_the_same_page(skipped: int, repeats: bool) -> None:
    def answer(query: Mapping[str, str]) -> Any:
        size = whole_number(query.get("limit", "10"), 1, 50)
        start = whole_number(query.get("cursor", "c0")[1:], 0, 2**31)
        if size is None or start is None:
            return 400, {}
        end, is_last = start + size, start + size >= 37
        kept = f"limit={size}&" if repeats or "limit" in query else ""
        link = f'</things?{kept}cursor=c{end}>; rel="next"'
        token = None if is_last else f"c{max(0, end + skipped)}"
        items = [{"id": n} for n in range(37)][start:end]
        return 200, {"items": items, "next_cursor": token}, {} if is_last else {"Link": link}

    token = {"type": ["string", "null"], "description": "Cursor of the next page."}
    parameters = {"limit": {**COUNT, "minimum": 1, "maximum": 50}, "cursor": {"type": "string"}}
    operation = contract(parameters, {"id": COUNT}, {"next_cursor": token})
    found = {*breaking(check(operation, answer))}
    assert found == ({("paging.fields", "/next_cursor")} if skipped else set())


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", LEADS)
def test_links_to_the_next_page_in_header_and_body_agree(name: str) -> None:
    header, field, expected = LEADS[name]

    def answer(query: Mapping[str, str]) -> Any:
        size = whole_number(query.get("limit", "10"), 1, 50)
        start = whole_number(query.get("offset", "0"), 0, 2**31)
        page = whole_number(query.get("page", "0"), 0, 2**31)
        if size is None or start is None or page is None:
            return 400, {}
        start, end = max(start, size * page), max(start, size * page) + size
        at = {"end": end, "far": end + 1, "size": size, "page": end // size}
        is_last = end >= 157
        body = {"next": None if is_last or not field else field.format(**at)}
        link = {} if is_last or not header else {"Link": f'<{header.format(**at)}>; rel="next"'}
        return 200, {"items": [{"id": n} for n in range(157)][start:end], **body}, link

    parameters = {
        "limit": {**COUNT, "minimum": 1, "maximum": 50},
        "offset": {**COUNT, "minimum": 0},
    }
    link = {"type": ["string", "null"], "description": "URL of the next page; null on the last."}
    operation = contract(parameters, {"id": COUNT}, {"next": link})
    assert {*breaking(check(operation, answer))} == expected
