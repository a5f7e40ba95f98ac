"""Included things of JSON:API: those that items refer to, all of them, and no others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from lists import Query, breaking, check, contract, whole_number
from servers.tasks import TEXT, an_object

NAME: Final = {"type": TEXT, "id": TEXT}
AUTHOR: Final = an_object(author=an_object(data=an_object(**NAME)))
ARTICLE: Final = an_object(**NAME, relationships=AUTHOR)
PERSON: Final = an_object("relationships", **NAME, relationships={"type": "object"})
BODY: Final = an_object(
    "included",
    data={"type": "array", "items": ARTICLE},
    included={"type": "array", "items": PERSON},
)
PARAMETERS: Final = {
    "include": {"type": "string", "enum": ["author"]},
    "limit": {"type": "integer", "minimum": 1, "maximum": 50},
}
Change = Callable[[list[Any]], list[Any]]


def name(kind: str, number: int) -> dict[str, Any]:
    return {"type": kind, "id": str(number)}


def link(kind: str, number: int) -> Mapping[str, Any]:
    return {"relationships": {kind: {"data": name(kind, number)}}}


def serve(count: int, change: Change, *, always: bool = False) -> Callable[[Query], Any]:
    def answer(query: Query) -> Any:
        size = whole_number(query.get("limit", "20"), 1, 50)
        if size is None or query.get("include", "author") != "author":
            return 400, {}
        shown = range(min(count, size))
        data = [{**name("article", n), **link("author", n % 3)} for n in shown]
        people = [name("author", n) for n in range(3) if n in {each % 3 for each in shown}]
        asked = always or "include" in query
        return 200, {"data": data, **({"included": change(people)} if asked else {})}

    return answer


def find(answer: Callable[[Query], Any]) -> set[str]:
    operation = contract(PARAMETERS, {}, body=BODY)
    return {rule for rule, _ in breaking(check(operation, answer))}


BROKEN: Final[Mapping[str, Change]] = {
    "nobody": lambda _: [],
    "all but one": lambda people: people[1:],
    "one of no article": lambda people: [*people, name("author", 77)],
    "other ids": lambda people: [name("author", int(each["id"]) + 10) for each in people],
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("change", BROKEN.values(), ids=[*BROKEN])
def test_wrongly_included_things_are_found(change: Change) -> None:
    assert find(serve(30, change)) == {"query.included"}


def follow(people: list[Any]) -> list[Any]:
    """Include the firm of each person, and the town of the firm."""
    towns = [name("town", 1)] if people else []
    firms = [{**name("firm", 1), **link("town", 1)}] if people else []
    return [*towns, *firms, *({**each, **link("firm", 1)} for each in people)]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("count", [0, 1, 3, 30])
@pytest.mark.parametrize("always", [False, True])
def test_things_that_included_ones_refer_to_conform(always: bool, count: int) -> None:
    assert find(serve(count, follow, always=always)) == set()


def test_an_empty_include_asks_for_no_things() -> None:
    """JSON:API 1.1, section 7.3: an empty value means that none are returned."""
    parameters = {"include": {"type": "array", "items": {"enum": ["author"]}}}

    def answer(query: Query) -> Any:
        if query.get("include", "author") not in ("author", ""):
            return 400, {}
        return serve(30, lambda people: people)({n: v for n, v in query.items() if v})

    run = check(contract(parameters, {}, body=BODY), answer)
    assert "query.included" not in {rule for rule, _ in breaking(run)}
