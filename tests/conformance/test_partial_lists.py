"""Lists whose responses have a status of their own: 206 for a part of the items, or 203."""

from __future__ import annotations

from typing import Any, Final

import pytest
from lists import Query, breaking, check, contract, whole_number

from docpact.model import Operation, Verdict

ITEM: Final = {
    "id": {"type": "string", "format": "uuid"},
    "name": {"type": "string"},
    "state": {"type": "string", "enum": ["new", "paid"]},
}
ITEMS: Final = [
    {"id": f"00000000-0000-4000-8000-{n:012}", "name": f"n{n}", "state": ("new", "paid")[n % 2]}
    for n in range(30)
]
SIZE: Final = {"type": "integer", "minimum": 1, "maximum": 10, "default": 10}


def listed(status: str, **parameters: Any) -> Operation:
    return contract(parameters, ITEM, statuses=("200", status))


@pytest.mark.parametrize("status", ["203", "206"])
def test_the_items_of_such_a_response_are_judged(status: str) -> None:
    wrong = [{**each, "id": "no UUID"} for each in ITEMS[:10]]
    operation = listed(status)
    assert breaking(check(operation, lambda _: (int(status), wrong))) == [
        ("response.format", "/*/id")
    ]
    run = check(operation, lambda _: (int(status), ITEMS[:10]))
    assert (breaking(run), run.verdict()) == ([], Verdict.CONFORMS)


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_part_whose_rest_cannot_be_requested_is_not_the_whole_list(is_broken: bool) -> None:
    """The rest has the items with the state that no item of the part has."""
    operation = listed("206", state=ITEM["state"])

    def serve(query: Query) -> Any:
        state = query.get("state", "new")
        if state not in ("new", "paid"):
            return 400, {}
        items = sorted(ITEMS, key=lambda each: str(each["state"]))
        is_plain = is_broken or "state" not in query
        chosen = [each for each in items if is_plain or each["state"] == state]
        headers = {"Next-Range": f"id ]{chosen[9]['id']}.."}
        return 206, chosen[:10], headers

    found = [("filter.selects", "query/state")] if is_broken else []
    assert breaking(check(operation, serve)) == found


def test_the_last_part_may_have_the_other_status() -> None:
    operation = listed("206", offset={"type": "integer", "minimum": 0}, limit=SIZE)

    def serve(query: Query, lost: int = 0) -> Any:
        start = whole_number(query.get("offset", "0"), 0, 1000)
        size = whole_number(query.get("limit", "10"), 1, 10)
        if start is None or size is None:
            return 400, {}
        is_part = start + size < len(ITEMS)
        return 206 if is_part else 200, ITEMS[start + (start and lost) : start + size]

    assert breaking(check(operation, serve)) == []
    assert ("paging.complete", "") in breaking(check(operation, lambda query: serve(query, 1)))


def test_a_list_whose_items_were_never_read_does_not_conform() -> None:
    operation = contract({}, ITEM, statuses=("200", "202"))
    run = check(operation, lambda _: (202, ITEMS))
    assert run.verdict() is Verdict.INCONCLUSIVE
    assert run.reason == "no response has the documented list: the statuses were 202"
    assert check(operation, lambda _: (200, [])).verdict() is Verdict.CONFORMS
