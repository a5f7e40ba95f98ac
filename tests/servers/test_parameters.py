"""Parameters of lists: their documented defaults, `all`, signs in names, directions, own tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from math import inf
from typing import Any, Final

import pytest
from lists import Query, breaking, check, contract, whole_number

from docpact.model.run import Outcome

STATES: Final = ["open", "shut"]
TEXT: Final = {"type": "string"}
ITEM: Final = {
    "id": {"type": "integer"},
    "state": {"type": "string", "enum": STATES},
    "price": {"type": "integer"},
}
PARAMETERS: Final = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 50, "default": 10},
    "page_token": {"type": "string"},
    "state": {"type": "string", "enum": [*STATES, "all"], "default": "open"},
    "direction": {"type": "string", "enum": ["asc", "desc"], "default": "desc"},
    "price_gte": {"type": "integer"},
    "price_lt": {"type": "integer"},
}
TEXTS: Final = {"direction": "Direction in which things are sorted by price"}
DEFAULTS: Final = {"limit": "10", "page_token": "t0", "state": "open", "direction": "desc"}
ITEMS: Final = [{"id": n, "state": STATES[n % 3 == 1], "price": n * 37 % 101} for n in range(40)]


def is_chosen(item: Mapping[str, Any], name: str, value: str) -> bool:
    """Return whether an item matches one parameter."""
    if name == "state":
        return value in (item["state"], "all")
    price = int(item["price"])
    return price >= int(value) if name == "price_gte" else price < int(value)


def sort_items(items: list[Any], direction: str, page: int) -> list[Any]:
    del page
    return sorted(items, key=lambda each: int(each["price"]), reverse=direction == "desc")


def serve(
    chosen: Callable[[Mapping[str, Any], str, str], bool] = is_chosen,
    ordered: Callable[[list[Any], str, int], list[Any]] = sort_items,
    inverted: int = 200,
    own_token: int = 200,
    **others: str,
) -> Callable[[Query], Any]:
    """Return a server, perhaps one in which parameters have other meanings or defaults."""

    def answer(query: Query) -> Any:
        asked = {**DEFAULTS, **others, **query}
        size, start = whole_number(asked["limit"], 1, 50), asked["page_token"][1:]
        numbers = [asked.get(name, "0").lstrip("-") for name in ("price_gte", "price_lt")]
        is_known = asked["state"] in (*STATES, "all") and asked["direction"] in ("asc", "desc")
        if size is None or not start.isdecimal() or not is_known:
            return 400, {}
        if not all(text.isdecimal() and len(text) < 20 for text in numbers):
            return 400, {}
        low, high = (asked.get(name) for name in ("price_gte", "price_lt"))
        if low and high and int(low) > int(high) and inverted != 200:
            return inverted, {}
        if start != "0" and "direction" in query and own_token != 200:
            return own_token, {}
        by = [name for name in ("state", "price_gte", "price_lt") if name in asked]
        found = [each for each in ITEMS if all(chosen(each, n, asked[n]) for n in by)]
        first = int(start)
        shown = ordered(found, asked["direction"], first)[first : first + size]
        onward = {"next_page_token": f"t{first + size}"} if first + size < len(found) else {}
        return 200, {"items": shown, **onward}

    return answer


def find(answer: Callable[[Query], Any]) -> set[tuple[str, str]]:
    fields = {"next_page_token": {"type": "string"}}
    return {*breaking(check(contract(PARAMETERS, ITEM, fields, texts=TEXTS), answer))}


def ends_at(item: Mapping[str, Any], name: str, value: str) -> bool:
    is_there = name == "price_lt" and item["price"] == int(value)
    return is_there or is_chosen(item, name, value)


def begins_after(item: Mapping[str, Any], name: str, value: str) -> bool:
    is_there = name == "price_gte" and item["price"] == int(value)
    return not is_there and is_chosen(item, name, value)


def shows_shut(item: Mapping[str, Any], name: str, value: str) -> bool:
    return (name, value) == ("state", "open") or is_chosen(item, name, value)


BROKEN: Final[Mapping[str, tuple[Callable[[Query], Any], str, str]]] = {
    "another size": (serve(limit="20"), "query.default", "limit"),
    "another state": (serve(state="all"), "query.default", "state"),
    "another direction": (serve(direction="asc"), "query.default", "direction"),
    "open shows all": (serve(shows_shut), "filter.selects", "state"),
    "less than or equal": (serve(ends_at), "filter.range", "price_lt"),
    "greater and not equal": (serve(begins_after), "filter.range", "price_gte"),
    "500 to an empty range": (serve(inverted=500), "query.server_error", "price_lt"),
    "refused token": (serve(own_token=400), "query.accepts", "page_token"),
    "no direction": (
        serve(ordered=lambda items, _, page: sort_items(items, "desc", page)),
        "filter.order",
        "direction",
    ),
}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_server_is_found(name: str) -> None:
    server, rule, parameter = BROKEN[name]
    assert (rule, f"query/{parameter}") in find(server)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("inverted", [200, 400])
def test_an_unusual_server_conforms(inverted: int) -> None:
    assert find(serve(inverted=inverted)) == set()


@pytest.mark.parametrize("is_right", [True, False])
def test_ids_in_the_plural_may_be_those_of_an_object_of_the_items(is_right: bool) -> None:
    kinds = {"id": {"type": "string"}, "kind": {"type": "object", "properties": {"id": TEXT}}}
    things: list[Any] = [{"id": f"t{n}", "kind": {"id": f"k{n % 3}"}} for n in range(9)]

    def answer(query: Query) -> Any:
        asked = query.get("kind_ids") if is_right else None
        return 200, {"items": [t for t in things if asked in (None, t["kind"]["id"])]}

    run = check(contract({"kind_ids": {"type": "array", "items": TEXT}}, kinds, {}), answer)
    assert ("filter.suspect" in {each.rule for each in run.findings}) is not is_right


def serve_owners(
    write: Callable[[int], str], expand: Callable[[int], Mapping[str, Any]]
) -> Callable[[Query], Any]:
    """Return a server whose items have the text of an owner, or the owner itself if asked."""

    def answer(query: Query) -> Any:
        if query.get("expand", "owner") != "owner":
            return 400, {}
        show = expand if "expand" in query else write
        return 200, {"items": [{"id": n, "owner": show(n % 5)} for n in range(12)]}

    return answer


OWNERS: Final[Mapping[str, Callable[[int], str]]] = {
    "an id": lambda n: f"owner-{n}",
    "a name": lambda n: f"Ann {n}",
    "a URL": lambda n: f"/owners/owner-{n}",
}


def find_owners(write: Callable[[int], str], shift: int) -> set[tuple[str, str]]:
    item = {"id": {"type": "integer"}, "owner": {"type": ["string", "object"]}}
    parameters = {"expand": {"type": "string", "enum": ["owner"]}}
    server = serve_owners(
        write, lambda n: {"id": f"owner-{(n + shift) % 5}", "name": f"Ann {(n + shift) % 5}"}
    )
    operation = contract(parameters, item, {}, texts={"expand": "Fields to expand"})
    return {*breaking(check(operation, server))}


@pytest.mark.parametrize("kind", OWNERS)
def test_another_thing_than_the_named_one_is_found(kind: str) -> None:
    assert ("query.selection", "query/expand") in find_owners(OWNERS[kind], 1)
    assert find_owners(OWNERS[kind], 0) == set()


NAMES: Final = tuple(f"thing-{n * 7 % 23:02}" for n in range(23))


def go_back(ids: tuple[str, ...], size: int, at: int) -> tuple[str, ...]:
    return ids[max(0, at - size) : at]


def serve_backward(
    back: Callable[[tuple[str, ...], int, int], tuple[str, ...]], most: int = 50
) -> Callable[[Query], Any]:
    """Return a server of a list by ids that goes backward in some way."""

    def answer(query: Query) -> Any:
        size = whole_number(query.get("limit", "10"), 1, 50)
        after, before = query.get("starting_after"), query.get("ending_before")
        if size is None or not {after, before} <= {None, *NAMES}:
            return 400, {}
        size, start = min(size, most), NAMES.index(after) + 1 if after else 0
        shown = NAMES[start : start + size]
        shown = back(NAMES, size, NAMES.index(before)) if before else shown
        more = start + size < len(NAMES) and not before
        return 200, {"items": [{"id": one} for one in shown], "has_more": more}

    return answer


def find_backward(server: Callable[[Query], Any]) -> set[tuple[str, str]]:
    text = {"type": "string"}
    limit = {"type": "integer", "minimum": 1, "maximum": 50}
    parameters = {"limit": limit, "starting_after": text, "ending_before": text}
    texts = {"ending_before": "An id: the page before this item", "starting_after": "An id"}
    fields = {"has_more": {"type": "boolean"}}
    return {*breaking(check(contract(parameters, {"id": text}, fields, texts=texts), server))}


WRONG_BACK: Final[Mapping[str, Callable[[tuple[str, ...], int, int], tuple[str, ...]]]] = {
    "with the item": lambda ids, size, at: ids[max(0, at - size + 1) : at + 1],
    "ignored": lambda ids, size, _: ids[:size],
    "forward": lambda ids, size, at: ids[at + 1 : at + 1 + size],
    "nothing": lambda ids, size, at: (),
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", WRONG_BACK)
def test_a_page_that_is_not_before_its_item_is_found(name: str) -> None:
    found = find_backward(serve_backward(WRONG_BACK[name]))
    assert found == {("paging.before", "query/ending_before")}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("most", [2, 50])
def test_a_page_before_an_item_conforms(most: int) -> None:
    for back in (go_back, lambda ids, size, at: go_back(ids, size, at)[::-1]):
        assert find_backward(serve_backward(back, most)) == set()


NUMBER: Final = {"type": "number"}
LARGEST: Final = 1.7976931348623157e308


@pytest.mark.parametrize(
    "bounds",
    [
        {"minimum": -LARGEST, "maximum": LARGEST},
        {"minimum": 0, "maximum": 1e20},
        {"exclusiveMinimum": -1e20, "exclusiveMaximum": 1e300},
        {"minimum": 1e20},
    ],
)
def test_a_server_that_reads_floats_conforms_at_large_bounds(bounds: Mapping[str, float]) -> None:
    low, high = bounds.get("minimum", -LARGEST), bounds.get("maximum", LARGEST)
    above, below = bounds.get("exclusiveMinimum", -inf), bounds.get("exclusiveMaximum", inf)

    def answer(query: Query) -> Any:
        if not re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", query.get("score", "3e200")):
            return 422, {}
        number = float(query.get("score", "3e200"))
        is_allowed = "score" not in query or (low <= number <= high and above < number < below)
        return (200, {"items": []}) if is_allowed else (422, {})

    run = check(contract({"score": {**NUMBER, **bounds}}, {"id": NUMBER}), answer)
    assert not [each for each in run.findings if each.rule.startswith("query.")]


@pytest.mark.parametrize("other", [500, 404, 200])
def test_a_text_of_an_open_pattern_is_longer_than_its_match(other: int) -> None:
    def answer(query: Query) -> Any:
        folder = query.get("folder", "/")
        if not folder.startswith("/"):
            return 400, {}
        return 200 if folder == "/" else other, {"items": ITEMS[:3], "name": "root"}

    parameters = {"folder": {"type": "string", "pattern": "^/", "default": "/"}}
    found = breaking(check(contract(parameters, ITEM, {"name": {"type": "string"}}), answer))
    assert {*found} == ({("query.server_error", "query/folder")} if other == 500 else set())


def answer_times(query: Query) -> Any:
    """Return the things made before a time; all of them if the text is not a time with a zone."""
    things = [{"id": n, "made": f"2024-01-{n + 1:02}T08:00:00Z"} for n in range(20)]
    try:
        until = datetime.fromisoformat(query["made_before"])
        found = [each for each in things if datetime.fromisoformat(str(each["made"])) < until]
    except (KeyError, ValueError, TypeError):  # comparing times with and without a zone
        found = things
    return 200, {"items": found}


def test_items_are_not_compared_with_a_bound_that_is_not_documented() -> None:
    made = {"type": "string", "format": "date-time"}
    item = {"id": {"type": "integer"}, "made": made}
    texts = {"made_before": "Only things made before this time"}
    run = check(contract({"made_before": made}, item, {}, texts=texts), answer_times)
    assert not [each for each in breaking(run) if each[0] == "filter.range"]
    outcomes = {each.promise.rule: each.outcome for each in run.results}
    assert outcomes["filter.range"] is Outcome.KEPT
