"""Items with other values on other pages are found; items that really change, or may, are not."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from operator import attrgetter
from random import Random
from typing import Any, Final, TypeAlias

import pytest
from lists import Query, breaking, check, contract, whole_number
from servers.paged import COLOR, COLORS, STYLES, TEXT, Request, Server, Style, correctly
from sizes import sample

from docpact.model import Outcome, Run

Item: TypeAlias = Mapping[str, Any]
Show: TypeAlias = Callable[[Item, "Look"], Mapping[str, Any]]

BY_NAME: Final = {style.name: style for style in STYLES}
NUMBER: Final = {"type": "integer"}
NULLABLE: Final = {"type": ["string", "null"]}
FIELDS: Final = {
    "id": TEXT,
    "color": COLOR,
    "value": {
        "type": "object",
        "properties": {"amount": NUMBER, "currency": {"type": "string", "enum": ["EUR", "USD"]}},
    },
    "name": TEXT,
    "note": NULLABLE,
    "active": {"type": "boolean"},
    "made": {"type": "string", "format": "date-time"},
    "tags": {"type": "array", "items": TEXT},
    "extra": {},
}


@dataclass(frozen=True)
class Look:
    """The place and time at which a response shows an item.

    Attributes:
        start: place of the first item of the page in the list.
        place: of the item on the page.
        size: of the page.
        length: number of items on the page.
        more: whether there is a next page.
        is_filtered: whether the list is filtered.
        now: number of the request.
        query: of the request.
    """

    start: int
    place: int
    size: int
    length: int
    more: bool
    is_filtered: bool
    now: int
    query: Query

    @property
    def late(self) -> bool:
        return self.start > 0


def make_items(number: int) -> list[Item]:
    return [
        {
            "id": f"t{n:03}",
            "color": COLORS[n * n % 7 % 3],
            "value": {"amount": 1234 + 10 * n, "currency": "EUR"},
            "name": f"name {n}",
            "note": f"note {n}" if n % 2 else None,
            "active": n % 3 > 0,
            "made": f"2025-01-{1 + n % 28:02}T{n % 24:02}:30:00+00:00",
            "tags": ["a", f"b{n % 5}"],
            "extra": n,
        }
        for n in range(number)
    ]


def run(style: Style, number: int, show: Show, change: Any = None, **server: Any) -> Run:
    """Check a list that shows each item as a function says, at its place and time."""
    times = count()
    asked: dict[str, Any] = {}
    items = make_items(number)

    def cut(at: Request) -> tuple[Sequence[Item], int, bool]:
        shown, total, more = correctly(at)
        looks = (
            Look(
                *(at.start, place, at.size, len(shown), more, len(at.found) < len(at.every)),
                asked["now"],
                asked["query"],
            )
            for place in range(len(shown))
        )
        pairs = zip(shown, looks, strict=True)
        return [{**item, **show(item, look)} for item, look in pairs], total, more

    def handler(query: Query) -> Any:
        asked.update(now=next(times), query=query)
        served = items if change is None else [change(item, asked["now"]) for item in items]
        return Server(style, served, cut, item=FIELDS, **server)(query)

    return check(Server(style, items, item=FIELDS).operation, handler)


def valued(item: Item, **changes: Any) -> Mapping[str, Any]:
    return {"value": {**item["value"], **changes}}


BROKEN: Final[Mapping[str, Show]] = {
    "another currency": lambda item, look: valued(item, currency="USD") if look.late else {},
    "cents": lambda item, look: (
        valued(item, amount=item["value"]["amount"] * 100) if look.late else {}
    ),
    "a neighbor's name": lambda item, look: {"name": f"name {look.place + 7}"} if look.late else {},
    "a missing note": lambda item, look: {"note": None} if look.late else {},
    "a filled note": lambda item, look: {"note": "no note"} if look.late else {},
    "a stale first page": lambda item, look: {} if look.late else {"name": f"old {item['name']}"},
    "capitals": lambda item, look: {"name": item["name"].upper()} if look.late else {},
    "local times": lambda item, look: (
        {"made": item["made"].replace("+00:00", "+02:00")} if look.late else {}
    ),
    "inactive": lambda item, look: {"active": False} if look.late else {},
    "all tags": lambda item, look: {"tags": ["a", "b", "c"]} if look.late else {},
    "a short name on the last page": lambda item, look: {} if look.more else {"name": "name"},
}
"""Faults of lists with any number of items from 3 on."""

LONG: Final[Mapping[str, Show]] = {
    "the name of another on each page": lambda item, look: (
        {"name": f"name {look.start}"} if look.late else {}
    ),
    "one more for the first item of page 2": lambda item, look: (
        {"extra": item["extra"] + 1} if look.start == look.size and not look.place else {}
    ),
    "one more for the first item of later pages": lambda item, look: (
        valued(item, amount=1 + item["value"]["amount"]) if look.late and not look.place else {}
    ),
}
"""Faults of long lists."""


RARE: Final = ("a missing note", "a short name on the last page")
"""Faults that concern only one of three items, which is not enough."""


def found_by(found: Run) -> set[tuple[str, str]]:
    return {(each.rule, each.location.rpartition("/items/*")[2]) for each in found.findings}


STYLED: Final = [
    style
    for style in STYLES
    if style.fields is not None and "paging.suspect" not in style.suspected
]
CASES: Final = [
    (style, number, name, show)
    for each, style in enumerate(STYLED)
    for at, (name, show) in enumerate({**BROKEN, **LONG}.items())
    for number in ((30, 237) if name in LONG or name in RARE else (3, 30, 237))
    if (each + at) % 3 == 0
]


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    ("style", "number", "name", "show"),
    [
        pytest.param(*case, id=f"{case[0].name}-{case[1]}-{case[2]}", marks=mark)
        for n, case in enumerate(CASES)
        for mark in [() if n % 92 == 0 else pytest.mark.slow]
    ],
)
def test_other_values_on_other_pages_are_found(
    style: Style, number: int, name: str, show: Show
) -> None:
    found = run(style, number, show)
    assert "stability.values" in {rule for rule, _ in breaking(found)}


def test_a_finding_names_item_field_and_values() -> None:
    found = run(BY_NAME["page and total"], 30, BROKEN["another currency"])
    (finding,) = [each for each in found.findings if each.rule == "stability.values"]
    assert finding.location == "/items/*/value/currency"
    assert "on later pages than on first pages" in finding.observed
    assert '"USD" and "EUR"' in finding.observed


@pytest.mark.parametrize("name", ["another currency", "a missing note", "inactive"])
def test_a_list_that_fits_on_one_page_shows_no_difference(name: str) -> None:
    for number in (0, 1):
        assert breaking(run(BY_NAME["page and total"], number, BROKEN[name])) == []


def test_other_values_under_a_filter_are_a_note() -> None:
    found = run(
        BY_NAME["cursor inside an object"],
        30,
        lambda item, look: valued(item, currency="USD") if look.is_filtered else {},
    )
    assert breaking(found) == []
    assert ("stability.suspect", "/value/currency") in found_by(found)


@pytest.mark.parametrize("more", [0, 1])
def test_other_values_under_every_filter_are_a_note(more: int) -> None:
    kind, other = ({"type": "string", "enum": [*names]} for names in (("a", "b"), ("c", "d")))
    items = [{"id": f"t{n}", "kind": "ab"[n % 2], "type": "cd"[n % 3 // 2]} for n in range(30)]

    def handler(query: Query) -> Any:
        if query.get("kind", "a") not in "ab" or query.get("type", "c") not in "cd":
            return 422, {}
        start = whole_number(query.get("offset", "0"), 0, 10**6)
        size = whole_number(query.get("limit", "20"), 1, 20)
        if start is None or size is None:
            return 422, {}
        found = [i for i in items if all(query.get(n, i[n]) == i[n] for n in ("kind", "type"))]
        extra = more * (len(found) < len(items))
        shown = [{**i, "amount": int(i["id"][1:]) + extra} for i in found]
        return 200, {"items": shown[start : start + size]}

    item = {"id": TEXT, "kind": kind, "type": other, "amount": NUMBER}
    size = {"type": "integer", "minimum": 1, "maximum": 20}
    pages = {"offset": {"type": "integer", "minimum": 0}, "limit": size}
    operation = contract({**pages, "kind": kind, "type": other}, item, {})
    rules = {rule for rule, _ in found_by(check(operation, handler))}
    assert rules == ({"stability.suspect"} if more else set())


@pytest.mark.parametrize("number", [30, 237])
def test_a_short_form_without_page_parameters_is_a_note(number: int) -> None:
    style = BY_NAME["page and total"]
    names = {style.size, *style.parameters}
    found = run(
        style, number, lambda item, look: {} if names & look.query.keys() else {"name": "short"}
    )
    assert breaking(found) == []
    assert ("stability.suspect", "/name") in found_by(found)


def outcomes(found: Run) -> dict[str, Outcome]:
    return {each.promise.rule: each.outcome for each in found.results}


@pytest.mark.sampled(6)
@pytest.mark.parametrize("color", COLORS)
def test_other_values_under_one_value_of_a_filter_are_a_note(color: str) -> None:
    found = run(
        BY_NAME["page and total"],
        30,
        lambda item, look: {"name": "another"} if look.query.get("color") == color else {},
    )
    assert breaking(found) == []
    assert ("stability.suspect", "/name") in found_by(found)
    assert outcomes(found)["stability.values"] is Outcome.NOT_TESTED


@pytest.mark.sampled(3)
@pytest.mark.parametrize("lost", [0, 1])
def test_fields_that_change_in_place_do_not_hide_a_lost_item(lost: int) -> None:
    now, items = count(), make_items(30)

    def lose(at: Request) -> tuple[Sequence[Item], int, bool]:
        shown, total, more = correctly(at)
        left = shown[lost:] if at.start > 0 else shown
        return [{**item, "extra": next(now)} for item in left], total, more

    server = Server(BY_NAME["page and total"], items, lose, item=FIELDS)
    found = check(server.operation, server)
    assert {rule for rule, _ in breaking(found)} == ({"paging.complete"} if lost else set())
    assert any("collection changed" in remark for remark in found.remarks)


def with_extra(value: Callable[[Look], Any]) -> Show:
    return lambda item, look: {"extra": value(look)}


def hashed(look: Look) -> int:
    return zlib.crc32(repr(sorted(look.query.items())).encode())


def stale(is_old: Callable[[Item, Look], bool]) -> Show:
    return lambda item, look: (
        {"name": "old name", **valued(item, amount=1)} if is_old(item, look) else {}
    )


RANDOM: Final = Random(7)

UNUSUAL: Final[Mapping[str, Show]] = {
    "place on the page": with_extra(lambda look: look.place),
    "place from the end": with_extra(lambda look: look.length - look.place),
    "place in the list": with_extra(lambda look: look.start + look.place),
    "a distance from the item before": lambda item, look: (
        {"extra": item["extra"] if look.place else None}
    ),
    "last of its page": with_extra(lambda look: look.place == look.length - 1),
    "anew at random": with_extra(lambda _: RANDOM.random()),
    "one of two values at random": with_extra(lambda _: RANDOM.choice("AB")),
    "number of looks": with_extra(attrgetter("now")),
    "seconds ago": with_extra(lambda look: f"{look.now // 9} s ago"),
    "a signed address": with_extra(
        lambda look: f"https://files.example/x?signature={hashed(look)}"
    ),
    "one value, then another": with_extra(lambda look: look.now > 60),
    "one value, then another, then the first": with_extra(lambda look: 40 < look.now < 70),
    "on and off every 25 requests": with_extra(lambda look: look.now // 25 % 2),
    "two servers in turn": stale(lambda _, look: look.now % 2 > 0),
    "three servers in turn": stale(lambda _, look: look.now % 3 > 1),
    "two servers at random": stale(lambda _, look: RANDOM.random() < 0.5),
    "two servers, one of them old for one item": stale(
        lambda item, look: item["id"] == "t002" and RANDOM.random() < 0.5
    ),
    "servers by address": stale(lambda _, look: hashed(look) % 2 > 0),
    "servers by address, one item old": stale(
        lambda item, look: item["id"] == "t002" and hashed(look) % 2 > 0
    ),
    "a first page that is old for one item": stale(
        lambda item, look: item["id"] == "t002" and not look.late
    ),
}
"""Fields that differ between responses for good reasons."""


@pytest.mark.sampled(8)
@pytest.mark.parametrize("number", sample((30, 237, 3), 3))
@pytest.mark.parametrize("style", sample([*STYLED[::4]], 18, attrgetter("name")))
@pytest.mark.parametrize("name", sample(UNUSUAL, 2))
def test_fields_that_differ_for_good_reasons_conform(name: str, style: Style, number: int) -> None:
    found = run(style, number, UNUSUAL[name])
    assert [each for each in breaking(found) if each[0].startswith("stability.")] == []


SILENT: Final = [name for name in UNUSUAL if "servers" not in name and "old" not in name]


@pytest.mark.sampled(8)
@pytest.mark.parametrize("name", sample(SILENT, 2, first=1))
def test_fields_about_the_response_raise_no_note(name: str) -> None:
    found = run(BY_NAME["offset and total"], 30, UNUSUAL[name])
    assert not {rule for rule, _ in found_by(found)} & {"stability.suspect", "stability.values"}


def moved_on(item: Item, now: int) -> Item:
    """Return an item as it has become: each moves on once."""
    is_new = now > 5 + int(item["id"][1:]) % 90
    return {**item, **valued(item, amount=7), "note": "done"} if is_new else item


def counted(item: Item, now: int) -> Item:
    return {**item, **valued(item, amount=now // 4), "active": now // 11 % 2 > 0}


@pytest.mark.sampled(8)
@pytest.mark.parametrize("number", sample((30, 3), 2))
@pytest.mark.parametrize("change", [moved_on, counted], ids=["once", "often"])
@pytest.mark.parametrize("style", sample([*STYLED[::2]], 5, attrgetter("name")))
def test_items_that_change_conform(style: Style, change: Any, number: int) -> None:
    found = run(style, number, lambda _, __: {}, change)
    rules = {rule for rule, _ in found_by(found)}
    assert breaking(found) == []
    assert "stability.suspect" not in rules


def test_no_promise_has_fewer_observations_than_none() -> None:
    now, items = count(), make_items(30)

    def count_on(at: Request) -> tuple[Sequence[Item], int, bool]:
        shown, total, more = correctly(at)
        return [{**item, "name": f"name {next(now)}"} for item in shown], total, more

    unnamed = {name: schema for name, schema in FIELDS.items() if name != "id"}
    server = Server(BY_NAME["page and total"], items, count_on, item=unnamed)
    found = check(server.operation, server)
    assert [each for each in found.results if each.observations < 0] == []
