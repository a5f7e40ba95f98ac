"""Tokens that are sent without the filters of their list, as their descriptions say."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from lists import Query, breaking, check, contract, whole_number
from servers.tasks import TEXT

from docpact.model import Level

PARAMETERS = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 100},
    "cursor": TEXT,
    "state": {"type": "string", "enum": ["on", "off"]},
}
THINGS = [{"id": f"t{n}", "state": ("on", "off")[n % 2]} for n in range(30)]

ALONE = (
    "A request with a cursor cannot include any other parameters except limit.",
    "If it is given, all other parameters are ignored.",
    "Do not send other filters: the cursor keeps the filters of the first request.",
)
WITH_FILTERS = (
    "",
    "All other parameters must match the call that provided the cursor.",
    "When paginating, all other parameters provided must not change.",
    "A cursor, not to be used without the other filters.",
)


def serve(*, keeps: bool, is_strict: bool = False, lost: int = 0) -> Callable[[Query], Any]:
    """Return a server whose cursors keep the state, or leave it to the request.

    A strict one refuses a state beside a cursor. Later pages with a state lose some items.
    """

    def answer(query: Query) -> Any:
        size, state = whole_number(query.get("limit", "5"), 1, 100), query.get("state")
        begin, stored = 0, state
        if "cursor" in query:
            try:
                begin, stored = json.loads(query["cursor"])
            except ValueError:
                return 400, {}
            begin += lost if stored else 0
        if is_strict and {"cursor", "state"} <= query.keys():
            return 400, {}
        state = stored if keeps else state
        if size is None or state not in (None, "on", "off"):
            return 400, {}
        found = [each for each in THINGS if state in (None, each["state"])]
        end = begin + size
        onward = json.dumps([end, state]) if end < len(found) else None
        return 200, {"items": found[begin:end], "next_cursor": onward}

    return answer


def find(said: str, **served: Any) -> tuple[list[tuple[str, str]], set[str]]:
    operation = contract(
        PARAMETERS,
        {"id": TEXT, "state": TEXT},
        {"next_cursor": {"type": ["string", "null"]}},
        texts={"cursor": said, "state": "Only things in this state."},
    )
    run = check(operation, serve(**served))
    return breaking(run), {each.rule for each in run.findings if each.level is Level.NOTE}


@pytest.mark.parametrize("said", ALONE)
def test_a_cursor_that_loses_the_filters_breaks_its_description(said: str) -> None:
    found, walked = find(said, keeps=False)[0], [("paging.token", "query/cursor")]
    assert ("paging.token_alone", "query/cursor") in found
    assert [each for each in found if each in walked] == ([] if said == ALONE[1] else walked)


@pytest.mark.parametrize(
    ("said", "keeps"), [(ALONE[0], True), *((said, False) for said in WITH_FILTERS)]
)
def test_cursors_that_are_as_documented_conform(said: str, keeps: bool) -> None:
    assert find(said, keeps=keeps) == ([], set())


STRICT = (
    ALONE[0],
    ALONE[2],
    "It cannot be combined with other parameters than `limit`.",
    "Mutually exclusive with all other parameters but `limit`.",
    "Only `limit` can be sent with a cursor.",
)


@pytest.mark.parametrize("said", STRICT)
@pytest.mark.parametrize("lost", [0, 1])
def test_later_pages_are_requested_by_such_a_cursor_alone(said: str, lost: int) -> None:
    wanted = [("paging.complete", "/items")] if lost else []
    assert find(said, keeps=True, is_strict=True, lost=lost) == (wanted, set())
