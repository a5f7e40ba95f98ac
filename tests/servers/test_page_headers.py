"""Headers about pages that contradict the pages, beside unusual ones that do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from lists import check, contract, whole_number

from docpact.model import DocumentedResponse, Level
from docpact.model.documented import ResponseHeader

COUNT: Final = {"type": "integer"}
TEXT: Final = {"type": "string"}
PAGE: Final = {"type": "integer", "minimum": 1}
NAMES: Final = ("X-Total-Count", "X-Page", "X-Total-Pages")
Write = Callable[[int, int, int, int], Mapping[str, object]]
"""Takes the number of the page, its size, its length and the number of matching items."""


def right(page: int, size: int, _: int, total: int) -> dict[str, object]:
    return {"X-Total-Count": total, "X-Page": page, "X-Total-Pages": -(-total // size)}


LYING: Final[Mapping[str, Write]] = {
    "a total that is the length of the page": lambda _, __, length, ___: {"X-Total-Count": length},
    "a total with seven more": lambda _, __, ___, total: {"X-Total-Count": total + 7},
    "a total without the filter": lambda _, __, ___, ____: {"X-Total-Count": 37},
    "a page too many": lambda _, size, __, total: {"X-Total-Pages": -(-total // size) + 1},
    "full pages only": lambda _, size, __, total: {"X-Total-Pages": total // size},
    "always page 1": lambda _, __, ___, ____: {"X-Page": 1},
}
UNUSUAL: Final[Mapping[str, Write]] = {
    "correct": lambda *_: {},
    "pages from 0": lambda page, *_: {"X-Page": page - 1},
    "no total": lambda *_: {"X-Total-Count": ""},
    "a page for no items": lambda _, size, __, n: {"X-Total-Pages": max(1, -(-n // size))},
    "a count of the page beside the total": lambda _, __, length, ___: {"Count": length},
    "a total on the first page": lambda page, *_: {"X-Total-Count": ""} if page > 1 else {},
}


def find(write: Write, *, documented: bool, counts: str | None = "matching") -> set[Any]:
    """Return rule, location and level of the findings of a server about headers."""
    things = [{"id": str(n), "color": ("red", "blue")[n % 3 == 0]} for n in range(37)]

    def answer(query: Mapping[str, str]) -> Any:
        page = whole_number(query.get("page", "1"), 1, 2**31)
        size = whole_number(query.get("per_page", "10"), 1, 50)
        if page is None or size is None:
            return 400, {}
        found = [x for x in things if query.get("color") in (None, x["color"])]
        shown = found[(page - 1) * size : page * size]
        facts = (page, size, len(shown), len(found))
        headers = {**right(*facts), **write(*facts)}
        return 200, shown, {name: str(value) for name, value in headers.items() if value != ""}

    parameters = {"page": PAGE, "per_page": {**PAGE, "maximum": 50}, "color": TEXT}
    operation = contract(parameters, {"id": TEXT, "color": TEXT})
    if documented:
        headers = [
            ResponseHeader(name.lower(), required=False, schema=COUNT, counts=counts)
            for name in NAMES
        ]
        responses = (DocumentedResponse("200", headers=tuple(headers)),)
        operation = replace(operation, responses=responses)
    return {
        (each.rule, each.location, each.level)
        for each in check(operation, answer).findings
        if each.level is not Level.ADDITIVE
    }


@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", LYING)
def test_a_documented_header_that_lies_is_found(name: str) -> None:
    location = f"header/{next(iter(LYING[name](1, 10, 10, 37))).lower()}"
    assert {(at, level) for _, at, level in find(LYING[name], documented=True)} == {
        (location, Level.BREAKING)
    }


@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", LYING)
def test_an_undocumented_header_that_lies_is_a_note(name: str) -> None:
    location = f"header/{next(iter(LYING[name](1, 10, 10, 37))).lower()}"
    assert find(LYING[name], documented=False) == {("paging.suspect", location, Level.NOTE)}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("documented", [True, False])
@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_header_about_pages_conforms(name: str, documented: bool) -> None:
    assert find(UNUSUAL[name], documented=documented) == set()


def test_a_total_that_may_be_an_estimate_is_a_note() -> None:
    found = find(
        lambda *_: {"X-Total-Count": 37, "X-Total-Pages": ""}, documented=True, counts=None
    )
    assert found == {("paging.suspect", "header/x-total-count", Level.NOTE)}
