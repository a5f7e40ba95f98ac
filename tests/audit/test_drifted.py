"""Pages of which some items are broken, and others not: found is what the rules find."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest
from audit.judging import Told, by_audit, by_rules_of_others
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import examples
from toy import LAMPS

from docpact import catalogue
from docpact.cases.sampling import sample_items
from docpact.limits import MAX_OBSERVED
from docpact.model import Response
from docpact.traffic import Entry

OPERATION: Final = catalogue.load()
URL: Final = f"{OPERATION.server}{OPERATION.path}?page_size=100"
ITEMS: Final = sample_items(OPERATION, 12)

Item = dict[str, Any]


def less(*names: str) -> Callable[[Item, int], Item]:
    return lambda item, _: {name: value for name, value in item.items() if name not in names}


def within(item: Item, **fields: Any) -> Item:
    return {**item, "configuration": {**item.get("configuration", {}), **fields}}


CHANGES: Final[Sequence[Callable[[Item, int], Any]]] = (
    lambda item, _: item,
    less("project_id"),
    less("id", "user_id"),
    less("configuration"),
    lambda item, n: {**item, "usage": {"credits": n % 3}},
    lambda item, n: {**item, "a~/é": n, "usage": None},
    lambda item, n: within(item, cost=n),
    lambda item, n: within(item, rules=[{"type": "", "description": f"{n}{at}"} for at in "ab"]),
    lambda item, _: within(item, rules=[]),
    lambda item, n: {**item, "status": f"NEW-{n % 2}"},
    lambda item, _: {**item, "status": None},
    lambda item, n: {**item, "id": n},
    lambda item, n: {**item, "id": 2**70 + n},
    lambda item, n: {**item, "created_at": f"2023-02-{n}"},
    lambda item, n: {**item, "result": {"confidence": n, "reasoning": n, "more": [{"b": {}}]}},
    lambda item, _: {**item, "status": "PENDING", "error_message": "late"},
    lambda item, _: {**item, "status": "\ud800", "mode": float("nan")},
    lambda _, n: [None, 7, [], "x", {}][n % 5],
)
"""The change to an item, given its number in the traffic."""

ASTRAY: Final = (-2 + len(CHANGES), -1 + len(CHANGES))
"""Changes that are no strict JSON, or no item."""

WAYS: Final[Sequence[Callable[[str], str]]] = (
    lambda text: text.replace('"user_id"', '"id": 1, "id"', 1),
    lambda text: text.replace('"user_id"', '"\\u0061": "\\u0022:", "a": "x", "user_id"', 1),
    lambda text: text.replace('"FAST"', "1e999", 1),
    lambda text: text.replace('"FAST"', "[" * 62 + "]" * 62, 1),
    lambda text: text.replace('"FAST"', "[" * 900 + "]" * 900, 1),
    lambda text: text.replace("{", '{"more": 1, ', 1),
)
"""The change to the text of a page."""


def entry(text: str) -> Entry:
    label = ("content-type", OPERATION.content_type)
    return Entry("GET", URL, Response(200, (label,), text.encode()))


def page(number: int, changes: Sequence[Sequence[int]]) -> str:
    """Return a page whose items are changed in these ways, one after another."""
    items = []
    for at, ways in enumerate(changes):
        item: Any = {**ITEMS[at % len(ITEMS)]}
        for way in ways:
            item = CHANGES[way](item, 40 * number + at) if isinstance(item, dict) else item
        items.append(item)
    return json.dumps({"items": items, "next_page_token": None, "total_size": len(items)})


@st.composite
def traffic(draw: st.DrawFn) -> list[Entry]:
    """Pages in which items are changed, in few ways or in many."""
    kinds = draw(st.lists(st.integers(0, len(CHANGES) - 1), min_size=1, max_size=4))
    ways = st.lists(st.lists(st.sampled_from(kinds), max_size=2), max_size=24)
    pages = [page(number, each) for number, each in enumerate(draw(st.lists(ways, max_size=6)))]
    changed = draw(st.sampled_from([(), (0,), (1,), (0, 3)]))
    for number in changed:
        if number < len(pages):
            pages[number] = draw(st.sampled_from(WAYS))(pages[number])
    return [*map(entry, pages)]


@settings(max_examples=examples(100))
@given(traffic())
@pytest.mark.slow
def test_the_same_is_found_as_by_the_rules(entries: list[Entry]) -> None:
    assert by_audit(OPERATION, entries) == by_rules_of_others(OPERATION, entries)


@pytest.mark.slow
def test_more_differences_than_are_kept_are_counted_all_the_same() -> None:
    ways = [each for each in range(len(CHANGES)) if each not in ASTRAY]
    entries = [entry(page(number, [[way] for way in ways * 2])) for number in range(MAX_OBSERVED)]
    audited, unseen = by_audit(OPERATION, entries)[1:]
    assert (audited, unseen) == by_rules_of_others(OPERATION, entries)[1:]
    assert counts(by_audit(OPERATION, entries)) == counts(by_rules_of_others(OPERATION, entries))


def counts(told: Told) -> list[tuple[Any, ...]]:
    """Return findings without the observed values, of which an audit keeps only the first."""
    return [(*finding[:3], *finding[4:]) for finding in told[0]]


@pytest.mark.parametrize(
    "changes",
    [
        [[5], [1, 5], [5, 2], [5], [7], [5], [1, 7]],
        [[4], [1], [0], [4], [1, 4], [1, 4], [0], [4]],
    ],
)
def test_what_was_observed_is_told_in_the_order_of_the_items(changes: list[list[int]]) -> None:
    entries = [entry(page(number, changes)) for number in range(2)]
    assert by_audit(OPERATION, entries) == by_rules_of_others(OPERATION, entries)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("depth", [60, 62, 1000])
@pytest.mark.parametrize("place", ['"FAST"', '{"credits": 0}'])
def test_what_is_nested_too_deep_is_noticed_though_the_breach_is_known(
    place: str, depth: int
) -> None:
    text = page(0, [[4]])
    entries = [entry(text.replace(place, each)) for each in ("[]", "[" * depth + "]" * depth)]
    assert by_audit(OPERATION, entries) == by_rules_of_others(OPERATION, entries)


def test_what_only_looks_documented_is_looked_at() -> None:
    note = {"properties": {"a": {"type": "string"}}}
    item = {"type": "object", "properties": {"id": {}, "note": note}, "required": ["id"]}
    properties = {"items": {"type": "array", "items": item}, "next": {"type": "string"}}
    lamps = replace(LAMPS, response_schema={"type": "object", "properties": properties})
    items = [{"id": 1, "note": each} for each in ({"a": "x"}, {"b": 1}, {"a": 2}, 3)]
    bodies = [{"items": items[:at]} for at in range(5)] * 2
    url = f"{LAMPS.server}{LAMPS.path}"
    label = ("content-type", LAMPS.content_type)
    entries = [
        Entry("GET", url, Response(200, (label,), json.dumps({**each, "more": 1}).encode()))
        for each in bodies
    ]
    assert by_audit(lamps, entries) == by_rules_of_others(lamps, entries)
