"""Lists sorted by flags and enumerated values, whose order nothing documents: equal ones come
together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from lists import BASE, Query, breaking, check, contract

from docpact.conformance import Session
from docpact.model import Level, Run
from docpact.targets.http import HttpTarget
from docpact.targets.mock import MockApi, mock_client

KINDS: Final = ["tool", "book", "toy"]
ITEM: Final = {
    "id": {"type": "integer"},
    "open": {"type": "boolean"},
    "kind": {"type": ["string", "null"], "enum": [*KINDS, None]},
    "price": {"type": "number"},
}
THINGS: Final = [
    {"id": n, "open": n * n % 7 > 2, "kind": [*KINDS, None][n * n % 5 % 4], "price": n * 11 % 31}
    for n in range(30)
]
SIGNED: Final = ["price", "-price", "open", "-open", "kind", "-kind"]
FIELD: Final = "Field to sort by."

Key = Callable[[dict[str, Any]], Any]


def by(flag: Key = lambda i: i["open"], kind: Key = lambda i: str(i["kind"])) -> dict[str, Key]:
    return {"open": flag, "kind": kind, "price": lambda i: i["price"]}


def serve(keys: dict[str, Key], text: str = FIELD, values: list[str] = SIGNED) -> Run:
    operation = contract(
        {"sort": {"type": "string", "enum": values}}, ITEM, {}, texts={"sort": text}
    )

    def answer(query: Query) -> Any:
        asked = query.get("sort", "")
        if asked not in ("", *values):
            return 422, {}
        key = keys[asked.lstrip("-")] if asked else lambda i: i["id"]
        return 200, {"items": sorted(THINGS, key=key, reverse=asked[:1] == "-")}

    return check(operation, answer)


def ignore(_: Any) -> int:
    return 0


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        (
            by(flag=ignore),
            "not by open (equal values apart) for sort=open, e.g. false, true, false",
        ),
        (
            by(kind=ignore),
            'by kind (equal values apart) for sort=kind, e.g. "tool", "book", "tool"',
        ),
    ],
)
def test_a_flag_or_enumeration_that_does_not_sort_is_found(
    keys: dict[str, Key], shown: str
) -> None:
    run = serve(keys)
    assert breaking(run) == [("filter.order", "query/sort")]
    assert shown in next(each.observed for each in run.findings if each.rule == "filter.order")


@pytest.mark.parametrize(
    "keys",
    [
        by(),
        by(flag=lambda i: not i["open"]),
        by(kind=lambda i: [None, *KINDS].index(i["kind"])),
        by(kind=lambda i: (i["kind"] is None, len(i["kind"] or ""), i["kind"])),
    ],
)
def test_any_order_of_the_values_is_right(keys: dict[str, Key]) -> None:
    assert not [f for f in serve(keys).findings if f.level in (Level.BREAKING, Level.NOTE)]


def test_a_word_may_name_an_order_that_no_field_shows() -> None:
    keys = by(flag=lambda i: i["id"] * 7 % 11)
    assert breaking(serve(keys, "How to show things.", ["price", "open"])) == []


def test_the_mock_has_equal_values_together() -> None:
    operation = contract(
        {"sort": {"type": "string", "enum": SIGNED}}, ITEM, {}, texts={"sort": FIELD}
    )
    with mock_client(MockApi(operation, THINGS)) as client:
        assert breaking(Session(HttpTarget(BASE, operation, BASE, client)).run()) == []
