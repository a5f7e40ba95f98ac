"""Requests beyond the end of a list, and OData's limit of a whole list beside a next link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from lists import BASE, Query, breaking, check, contract, whole_number

TEXT: Final = {"type": "string"}
PLACE: Final = {"type": "integer", "minimum": 0}
SIZE: Final = {"type": "integer", "minimum": 1, "maximum": 20}
STATE: Final = {"type": "string", "enum": ["new", "old"]}
ITEMS: Final = [{"id": f"t{n}", "state": STATE["enum"][n % 3 > 0]} for n in range(30)]
CLAMPED: Final = "Items to skip. An offset beyond the end shows the last page."

Move = Callable[[int, int], int]
"""Takes an offset and the number of items, and returns the offset that a server uses."""


def run(count: int, move: Move, text: str = "", first: int = 0, status: int = 200) -> Any:
    items, name = ITEMS[:count], "startIndex" if first else "offset"

    def handler(query: Query) -> Any:
        size = whole_number(query.get("limit", "20"), 1, 20)
        start = whole_number(query.get(name, str(first)), 0, 10**9)
        if size is None or start is None:
            return 422, {}
        start = max(0, start - first)
        if start > count and status != 200:
            return status, {}
        start = move(start, count)
        return 200, {"items": items[start : start + size]}

    parameters = {name: PLACE, "limit": SIZE}
    texts = {name: text} if text else None
    return breaking(check(contract(parameters, {"id": TEXT}, {}, texts=texts), handler))


ANY: Final[Move] = lambda start, count: start  # noqa: E731
LAST: Final[Move] = lambda start, count: min(start, count - 1) if start > count else start  # noqa: E731
FIRST: Final[Move] = lambda start, count: 0 if start > count else start  # noqa: E731


@pytest.mark.sampled(2)
@pytest.mark.parametrize("move", [LAST, FIRST])
@pytest.mark.parametrize("count", [3, 30])
def test_items_beyond_the_end_are_found(move: Move, count: int) -> None:
    assert run(count, move) == [("paging.ends", "query/offset")]


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("move", "text", "first", "status"),
    [(ANY, "", 0, 200), (ANY, "", 1, 200), (ANY, "", 0, 404), (LAST, CLAMPED, 0, 200)],
)
def test_the_end_of_a_list_may_be_shown_in_other_ways(
    move: Move, text: str, first: int, status: int
) -> None:
    assert run(30, move, text, first, status) == []


def test_a_flag_may_show_more_items_than_the_whole_list_has() -> None:
    def handler(query: Query) -> Any:
        things = [{**each, "old": n % 3 > 0} for n, each in enumerate(ITEMS)]
        is_all = query.get("include_old") == "true"
        items = [each for each in things if is_all or not each["old"]]
        size = whole_number(query.get("limit", "20"), 1, 20)
        start = whole_number(query.get("offset", "0"), 0, 10**9)
        if (
            size is None
            or start is None
            or query.get("include_old", "true") not in ("true", "false")
        ):
            return 422, {}
        return 200, {"items": items[start : start + size]}

    flag = {"type": "boolean"}
    parameters = {"offset": PLACE, "limit": SIZE, "include_old": flag}
    item = {"id": TEXT, "state": STATE, "old": flag}
    texts = {"include_old": "Also show old things."}
    operation = contract(parameters, item, {}, texts=texts)
    assert breaking(check(operation, handler)) == []


PER_PAGE: Final = "Number of things on a page."
BESIDE_PAGES: Final = "Limits the number of things. Do not use it together with pages."


def serve_odata(
    text: str, link: str = "@odata.nextLink", *, ignores: bool = False, forgets: bool = False
) -> Any:
    """Check a server with a next link, in pages of at most 10 things, or of the requested size."""
    is_of_pages = text == PER_PAGE

    def handler(query: Query) -> Any:
        top = whole_number(query.get("$top", "1000"), 1, 1000)
        start = whole_number(query.get("$skip", "0"), 0, 10**9)
        state = query.get("state")
        if top is None or start is None or state not in (None, *STATE["enum"]):
            return 400, {}
        found = [i for i in ITEMS if state in (None, i["state"]) or (forgets and start)]
        left = found[start:] if ignores or is_of_pages else found[start : start + top]
        size = min(10, top) if is_of_pages and not ignores else 10
        body: dict[str, Any] = {"value": left[:size]}
        if len(left) > size:
            rest = (
                {}
                if ignores or "$top" not in query
                else {"$top": top if is_of_pages else top - size}
            )
            kept = {"state": state} if state else {}
            onward = urlencode({**kept, **rest, "$skip": start + size})
            body[link] = f"{BASE}/things?{onward}"
        return 200, body

    item = {"type": "object", "properties": {"id": TEXT, "state": STATE}, "required": ["id"]}
    fields = {"value": {"type": "array", "items": item}, link: TEXT}
    body = {"type": "object", "properties": fields, "required": ["value"]}
    asked = {"$top": {"type": "integer", "minimum": 1}, "$skip": PLACE, "state": STATE}
    texts = {"$top": text} if text else None
    operation = contract(asked, {}, body=body, texts=texts)
    return breaking(check(operation, handler, measures_power=True))


@pytest.mark.sampled(2)
@pytest.mark.parametrize("link", ["@odata.nextLink", "nextLink"])
@pytest.mark.parametrize("text", ["", BESIDE_PAGES, PER_PAGE])
def test_a_limit_of_odata_beside_a_next_link(text: str, link: str) -> None:
    assert serve_odata(text, link) == []
    assert ("paging.size", "query/$top") in serve_odata(text, link, ignores=True)


def test_small_pages_of_odata_keep_the_filters() -> None:
    assert "paging.token" in {rule for rule, _ in serve_odata(PER_PAGE, forgets=True)}
