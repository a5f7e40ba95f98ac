"""A field for the next page that stays empty although more items follow, beside honest ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest
from lists import BASE, check, contract, whole_number

from docpact.model import Level

PAGE: Final = {"type": "integer", "minimum": 1}
TEXT: Final = {"type": "string"}
NEXT: Final = {"type": ["string", "null"]}
STATED: Final = {**NEXT, "description": "URL of the next page, null if there are no more results"}
FUTURE: Final = {**NEXT, "description": "URL of the next page (reserved for future use)"}


def find(field: Mapping[str, Any], *, is_empty: bool, is_shown: bool = True) -> set[Any]:
    """Return rule and level of the findings of a server with 37 things."""
    things = [{"id": str(n)} for n in range(37)]

    def answer(query: Mapping[str, str]) -> Any:
        page = whole_number(query.get("page", "1"), 1, 2**31)
        size = whole_number(query.get("limit", "10"), 1, 50)
        if page is None or size is None:
            return 400, {}
        url = None if is_empty or page * size >= 37 else f"{BASE}/things?page={page + 1}"
        shown = things[(page - 1) * size : page * size]
        link = {"next": url and f"{url}&limit={size}"} if is_shown else {}
        return 200, {"items": shown, "total": 37, **link}

    parameters = {"page": PAGE, "limit": {**PAGE, "maximum": 50}}
    operation = contract(parameters, {"id": TEXT}, {"next": field, "total": {"type": "integer"}})
    return {(each.rule, each.level) for each in check(operation, answer).findings}


def test_a_documented_field_that_is_always_empty_is_found() -> None:
    assert ("paging.complete", Level.BREAKING) in find(STATED, is_empty=True)


@pytest.mark.parametrize("field", [NEXT, FUTURE])
def test_a_field_that_is_only_named_so_is_a_note(field: Mapping[str, Any]) -> None:
    assert find(field, is_empty=True) == {("paging.suspect", Level.NOTE)}


@pytest.mark.parametrize("field", [NEXT, STATED])
def test_a_field_with_the_next_page_conforms(field: Mapping[str, Any]) -> None:
    assert find(field, is_empty=False) == set()


def test_a_field_that_no_page_has_conforms() -> None:
    assert find(NEXT, is_empty=True, is_shown=False) == set()


def test_the_number_0_leads_to_no_page() -> None:
    things = [{"id": str(n)} for n in range(37)]

    def answer(query: Mapping[str, str]) -> Any:
        page = whole_number(query.get("page", "1"), 0, 2**63)
        if page is None or not 1 <= page <= 4:
            return 400 if page is None else 404, {}
        shown = things[(page - 1) * 10 : page * 10]
        return 200, {"items": shown, "pagination": {"next": page + 1 if page < 4 else 0}}

    number = {"type": "integer"}
    pagination = {"type": "object", "properties": {"next": number}, "required": ["next"]}
    operation = contract({"page": number}, {"id": TEXT}, {"pagination": pagination})
    assert check(operation, answer).findings == ()
