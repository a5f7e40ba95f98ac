"""Lists that show the newest items first: `before` leads onward, or `after` in their own order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lists import Query, breaking, check, contract, whole_number
from servers.tasks import TEXT

PARAMETERS = {
    "after": TEXT,
    "before": TEXT,
    "limit": {"type": "integer", "minimum": 1, "maximum": 100},
}


Newer = Callable[[list[int], int], list[int]]
"""Returns the page of the newer items of a list, given the size of a page."""


def serve(
    count: int,
    lost: int = 0,
    *,
    in_order: bool = False,
    newer: Newer = lambda found, size: found[-size:],
    includes: bool = False,
) -> Callable[[Query], Any]:
    """Return a server of messages with numbers as ids.

    Args:
        count: number of messages.
        lost: number of messages that each further page skips.
        in_order: whether `after` means the order of the list, and not that of time.
        newer: the page after an item.
        includes: whether it begins with the item itself.
    """
    ids = [10**6 + 7 * n for n in range(count)][::-1]

    def answer(query: Query) -> Any:
        size = whole_number(query.get("limit", "20"), 1, 100)
        after, before = (whole_number(query.get(n, "0"), 0, 10**9) for n in ("after", "before"))
        if size is None or after is None or before is None:
            return 400, {}
        if in_order:
            after, before = before, after
        least = after - 1 if includes else after
        found = [one for one in ids if (not before or one < before) and one > least]
        is_newer = bool(after and not before) and not in_order
        shown = newer(found, size) if is_newer else found[lost if before else 0 :][:size]
        return 200, [{"id": str(one), "text": f"message {one % 13}"} for one in shown]

    return answer


def find(answer: Callable[[Query], Any], after: str = "") -> set[str]:
    operation = contract(PARAMETERS, {"id": TEXT, "text": TEXT}, texts={"after": after})
    return {rule for rule, _ in breaking(check(operation, answer))}


@pytest.mark.parametrize("count", [30, 237])
def test_a_lost_message_is_found(count: int) -> None:
    assert find(serve(count, 1)) == {"paging.complete"}


@pytest.mark.slow
@pytest.mark.parametrize("count", [0, 1, 3, 30, 237])
@pytest.mark.parametrize("in_order", [False, True])
def test_both_directions_conform(in_order: bool, count: int) -> None:
    assert find(serve(count, in_order=in_order)) == set()


def test_the_ids_of_a_sorted_list_do_not_say_the_way_onward() -> None:
    things = [{"id": str(100 + n), "rank": n} for n in range(30)]
    sort = {"type": "string", "enum": ["rank", "-rank"]}

    def answer(query: Query) -> Any:
        size, order = whole_number(query.get("limit", "20"), 1, 100), query.get("sort", "rank")
        places = [str(each["id"]) for each in things]
        if size is None or order not in sort["enum"] or {*cursors(query)} - {*places}:
            return 400, {}
        shown = things if order == "rank" else things[::-1]
        places = places if order == "rank" else places[::-1]
        after, before = (query.get(name) for name in ("after", "before"))
        if before:
            return 200, shown[: places.index(before)][-size:]
        start = places.index(after) + 1 if after else 0
        return 200, shown[start : start + size]

    def cursors(query: Query) -> list[str]:
        return [query[name] for name in ("after", "before") if query.get(name)]

    operation = contract({**PARAMETERS, "sort": sort}, {"id": TEXT, "rank": {"type": "integer"}})
    assert breaking(check(operation, answer)) == []


AFTER = "Messages after this one."


@pytest.mark.parametrize(
    "answer",
    [
        serve(30, includes=True),
        serve(30, newer=lambda found, size: found[:-1][-size:]),
        serve(30, newer=lambda found, size: []),
    ],
)
def test_wrong_newer_messages_are_found(answer: Callable[[Query], Any]) -> None:
    assert find(answer, AFTER) == {"paging.before"}
    assert find(answer) == set()


@pytest.mark.parametrize(
    "answer",
    [
        serve(30),
        serve(30, newer=lambda found, size: found[:size]),
        serve(30, newer=lambda found, size: found[-size:][::-1]),
        serve(30, in_order=True),
    ],
)
def test_newer_messages_conform_in_any_order(answer: Callable[[Query], Any]) -> None:
    assert find(answer, AFTER) == set()
