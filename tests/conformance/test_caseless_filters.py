"""Filters whose descriptions say that they compare texts in any case of letters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from lists import Query, check, contract

from docpact.model import Run

TEXT: Final = {"type": "string"}
NAMES: Final = ("Amber", "birch", "CEDAR", "Straße", "amber")
ITEMS: Final = [{"id": f"t{n:03}", "name": f"{NAMES[n % 5]}-{n // 10}"} for n in range(30)]
CASELESS: Final = (
    "Only things with this name, exact matches only. It is case-insensitive.",
    "Only things with this name, ignoring case.",
    "Only things with this name. It is case-insensitive and can not be combined with `tag`.",
)


def find(description: str, is_equal: Callable[[str, str], bool]) -> Run:
    def serve(query: Query) -> Any:
        name = query.get("name")
        return 200, [each for each in ITEMS if name is None or is_equal(name, each["name"])]

    operation = contract({"name": TEXT}, {"id": TEXT, "name": TEXT}, texts={"name": description})
    return check(operation, serve)


def ignore_case(one: str, other: str) -> bool:
    return one.lower() == other.lower()


@pytest.mark.parametrize("description", CASELESS)
def test_such_a_filter_finds_a_name_in_any_case(description: str) -> None:
    assert find(description, ignore_case).findings == ()


@pytest.mark.parametrize("description", CASELESS)
def test_one_that_distinguishes_case_is_found(description: str) -> None:
    found = [(each.rule, each.location) for each in find(description, str.__eq__).findings]
    assert found == [("filter.complete", "query/name")]


@pytest.mark.parametrize("description", ["Only things with this name.", "Not case-insensitive."])
def test_any_case_is_noted_where_no_description_states_it(description: str) -> None:
    found = {each.rule for each in find(description, ignore_case).findings}
    assert found == {"filter.suspect"}


def test_a_condition_for_any_case_states_nothing() -> None:
    text = "Only things with this name. With `exact=false` it is case-insensitive."
    assert find(text, str.__eq__).findings == ()
