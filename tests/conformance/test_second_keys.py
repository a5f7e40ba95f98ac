"""Lists sorted by two fields: the second one sorts the items that are equal by the first one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import pytest
from lists import BASE, Query, breaking, check, contract

from docpact.conformance import Session
from docpact.targets.http import HttpTarget
from docpact.targets.mock import MockApi, mock_client

TEXT: Final = {"type": "string"}
NUMBER: Final = {"type": "number"}
KINDS: Final = ["tool", "book", "toy"]
ITEM: Final = {
    "id": {"type": "integer"},
    "kind": {"type": "string", "enum": KINDS},
    "stars": {"type": "integer"},
    "price": NUMBER,
}
PAIRS: Final = ["kind,-price", "kind,price", "-stars,price"]
LISTED: Final = ({**TEXT, "enum": PAIRS}, "")
JOINED: Final = (TEXT, "Comma-separated list of fields: `kind`, `price`; `-` is for descending.")
WORDS: Final = (
    TEXT,
    "(kind/price), direction separated by a colon, ascending by default; two separated by commas",
)
TIES: Final = (
    {**TEXT, "enum": ["stars", "-stars"]},
    "Sorts by this field. Things with the same number of stars are ordered by `price`.",
)
BROKEN_TIES: Final = (
    {**TEXT, "enum": ["stars", "-stars"]},
    "Ties are broken by `price`, the cheapest first.",
)

Item: TypeAlias = Mapping[str, Any]
Sort: TypeAlias = Callable[[Sequence[Item], Sequence[str]], Sequence[Item]]


def make(count: int) -> list[Item]:
    return [
        {"id": n, "kind": ["toy", "book", "tool"][n * n % 3], "stars": n % 4, "price": n * 11 % 31}
        for n in range(count)
    ]


def sort(items: Sequence[Item], keys: Sequence[str]) -> Sequence[Item]:
    for key in reversed(keys):
        field = key.lstrip("-")
        items = sorted(items, key=lambda item: item[field], reverse=key[0] == "-")
    return items


def sort_first(items: Sequence[Item], keys: Sequence[str]) -> Sequence[Item]:
    return sort(items, keys[:1])


def sort_last(items: Sequence[Item], keys: Sequence[str]) -> Sequence[Item]:
    return sort(items, keys[-1:])


def sort_one_way(items: Sequence[Item], keys: Sequence[str]) -> Sequence[Item]:
    """Sort by all fields in the direction of the first one."""
    sign = keys[0][: keys[0].startswith("-")]
    return sort(items, [f"{sign}{key.lstrip('-')}" for key in keys])


def sort_kinds(items: Sequence[Item], keys: Sequence[str]) -> Sequence[Item]:
    """Sort kinds as the documentation lists them, as databases do with enumerations."""
    found = sort(items, keys)
    return sorted(found, key=lambda i: KINDS.index(i["kind"])) if keys[0] == "kind" else found


def find(
    described: tuple[Mapping[str, Any], str], sort: Sort, items: Sequence[Item], *then: str
) -> list[tuple[str, str]]:
    schema, text = described
    operation = contract({"sort": schema}, ITEM, {}, texts={"sort": text})

    def answer(query: Query) -> Any:
        asked = [text.partition(":") for text in query.get("sort", "").split(",") if text]
        keys = [f"{'-' * (way == 'desc')}{field}" for field, _, way in asked] + [*then]
        if any(key.lstrip("-") not in ITEM for key in keys):
            return 422, {}
        return 200, {"items": sort(items, keys) if keys else items}

    return breaking(check(operation, answer))


@pytest.mark.parametrize("wrong", [sort_first, sort_one_way])
def test_a_second_field_that_does_not_sort_is_found(wrong: Sort) -> None:
    assert find(LISTED, wrong, make(30)) == [("filter.order", "query/sort")]


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [sort_first, sort_last])
def test_a_text_may_have_several_fields(wrong: Sort) -> None:
    assert find(WORDS, wrong, make(30)) == find(JOINED, wrong, make(30))
    found = find(JOINED, wrong, make(30))
    assert found == [("filter.order", "query/sort")] * (wrong is sort_first)


@pytest.mark.parametrize("described", [TIES, BROKEN_TIES])
def test_a_description_states_the_order_of_equal_items(
    described: tuple[Mapping[str, Any], str],
) -> None:
    assert find(described, sort, make(30), "-price") == (
        [("filter.order", "query/sort")] * (described is BROKEN_TIES)
    )
    assert find(described, sort, make(30)) == [("filter.order", "query/sort")]
    assert find(described, sort, make(30), "price") == []


@pytest.mark.sampled(8)
@pytest.mark.parametrize("count", [0, 1, 3, 30])
@pytest.mark.parametrize("right", [sort, sort_kinds])
@pytest.mark.parametrize("described", [LISTED, JOINED, WORDS])
def test_correct_servers_conform(
    described: tuple[Mapping[str, Any], str], right: Sort, count: int
) -> None:
    assert find(described, right, make(count)) == []


@pytest.mark.parametrize(("text", "count"), [("", 2), ("Sorts things.", 1)])
def test_the_mock_sorts_by_two_fields(text: str, count: int) -> None:
    """A parameter that takes several values sorts by all of them, unless it takes one at most."""
    schema = {"type": "array", "items": {**TEXT, "enum": ["kind", "-price"]}, "maxItems": count}
    operation = contract({"sort": schema}, ITEM, {}, texts={"sort": text})
    with mock_client(MockApi(operation, make(30))) as client:
        query = "&".join(["sort=kind", "sort=-price"][-count:])
        shown = client.get(f"{BASE}/things?{query}").json()["items"]
        run = Session(HttpTarget(BASE, operation, BASE, client)).run()
    assert breaking(run) == []
    assert shown == sort(make(30), ["kind", "-price"][-count:])
