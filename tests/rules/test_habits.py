"""Habits: which ends are named, and which changes of data are none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from toy import LAMPS, PLAIN, exchange, lamp

from docpact.model import Counts, Judgement, Lifecycle, Night, Observed, Past, Visit
from docpact.rules import gather, judge
from docpact.rules.habits.observations import describe_shape, observe

FIRST = date(2026, 7, 1)
ITEM = "/items/*"
UUIDS = {"-9a:36": 60}


def counted(rule: str, place: str, counts: Counts, day: int = 0, **fields: Any) -> Observed:
    """Return the observations of a night under one rule; `there` of `total` for a presence."""
    found: dict[str, Any] = {place: {"": dict(counts)}}
    if rule in ("habit.presence", "habit.header"):
        parent = place.rpartition("/")[0]
        found = {parent: {"": {"value": counts["total"]}}}
        if counts["there"]:
            found[place] = {"": {"value": counts["there"]}}
    values = {"day": FIRST + timedelta(days=day), "context": "c", **fields}
    return Observed(counts={rule: found}, **values)


def judged(nights: Sequence[Night], tonight: Observed) -> list[Judgement]:
    """Return the habits that a run has judged, all of its responses being of no interest."""
    evidence = gather(LAMPS, [exchange({"items": []})])
    past = replace(evidence, observed=tonight, past=Past("a", tuple(nights)))
    return [each for each in judge(past, {"habit"}) if each.observations]


def ended(rule: str, place: str, counts: Sequence[Counts]) -> list[str]:
    """Return what the last of some nights shows of the end of habits."""
    *nights, tonight = [counted(rule, place, each, day) for day, each in enumerate(counts)]
    judgements = judged([*map(Night, nights)], tonight)
    return [breach.observed for each in judgements for breach in each.breaches]


def there(*counts: tuple[int, int]) -> list[Counts]:
    return [{"there": some, "total": total} for some, total in counts]


WITH = (60, 60)
ENDS: Mapping[str, tuple[str, str, Sequence[Counts], str]] = {
    "a field is gone": (
        "habit.presence", f"{ITEM}/cost", there(WITH, WITH, WITH, (0, 60)),
        "in none of 60 objects since 2026-07-04",
    ),
    "a field goes as servers are replaced": (
        "habit.presence", f"{ITEM}/cost", there(WITH, WITH, WITH, (31, 60), (0, 60)),
        "in none of 60 objects since 2026-07-04",
    ),
    "a header is gone": (
        "habit.header", "header/etag", there(WITH, WITH, WITH, (0, 60)),
        "in none of 60 responses since 2026-07-04",
    ),
    "a type is another": (
        "habit.type", f"{ITEM}/cost", [{"number": 60}] * 3 + [{"string": 60}],
        "string since 2026-07-04",
    ),
    "cents instead of euros": (
        "habit.scale", f"{ITEM}/cost", [{"4": 20, "5": 30}] * 3 + [{"12": 20, "13": 30}],
        "a median of about 2,000 since 2026-07-04",
    ),
    "cents instead of euros, at first for some": (
        "habit.scale", f"{ITEM}/cost",
        [{"4": 20, "8": 40}] * 3 + [{"4": 10, "8": 20, "12": 10, "16": 20}, {"12": 20, "16": 40}],
        "a median of about 10,000 since 2026-07-04",
    ),
    "cents in a small account": (
        "habit.scale", f"{ITEM}/cost", [{"4": 2, "6": 2}] * 13 + [{"12": 2, "14": 2}],
        "a median of about 1,000 since 2026-07-14",
    ),
    "milliseconds of three jobs": (
        "habit.scale", f"{ITEM}/took", [{"2": 1, "4": 2}] * 17 + [{"14": 1, "16": 2}],
        "a median of about 10,000 since 2026-07-18",
    ),
    "seconds of three jobs": (
        "habit.scale", f"{ITEM}/took", [{"14": 2, "16": 2}, {"14": 2, "15": 2}] * 7 + [{"2": 3}],
        "a median of about 3 since 2026-07-15",
    ),
    "new ids are of another kind": (
        "habit.id", f"{ITEM}/id", [UUIDS] * 3 + [{**UUIDS, "9A:26": 1}, {**UUIDS, "9A:26": 3}],
        "e.g. 26 characters: uppercase letters, digits since 2026-07-04",
    ),
    "short ids become UUIDs": (
        "habit.id", f"{ITEM}/id", [{"9a:4": 60}] * 3 + [UUIDS],
        "e.g. 36 characters: lowercase letters, digits, '-' since 2026-07-04",
    ),
    "counted ids of any length become UUIDs": (
        "habit.id", f"{ITEM}/id", [{"9:1": 9, "9:2": 51}] * 3 + [UUIDS],
        "e.g. 36 characters: lowercase letters, digits, '-' since 2026-07-04",
    ),
    "checksums are longer": (
        "habit.shape", f"{ITEM}/sum", [{"9a:40": 60}] * 3 + [{"9a:64": 60}],
        "e.g. 64 characters: lowercase letters, digits since 2026-07-04",
    ),
    "errors have another status": (
        "habit.rejection", "status", [{"422": 4}] * 3 + [{"400": 4}], "400 since 2026-07-04",
    ),
    "pages are shorter": (
        "habit.page_size", "/items", [{"50": 1}] * 3 + [{"20": 1}], "20 items since 2026-07-04",
    ),
    "a list is cut": (
        "habit.items", "/items", [{"items": 400 + n} for n in range(20)] + [{"items": 100}],
        "100 items since 2026-07-21",
    ),
    "there is a limit of requests": (
        "habit.new_header", "header/x-ratelimit-limit", [], "in 60 responses since 2026-07-04",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_the_end_of_a_habit_is_named_with_the_day(name: str) -> None:
    rule, place, counts, observed = ENDS[name]
    if rule == "habit.new_header":
        rule, counts = "habit.header", there((0, 60), (0, 60), (0, 60), (60, 60))
        *nights, tonight = [counted(rule, place, each, day) for day, each in enumerate(counts)]
        [found] = judged([*map(Night, nights)], tonight)
        assert [each.observed for each in found.breaches] == [observed]
    else:
        assert ended(rule, place, counts) == [observed]


GROWING = [{"items": 400 + n} for n in range(20)]

BENIGN: Mapping[str, tuple[str, str, Sequence[Counts]]] = {
    "two nights are too few": ("habit.presence", f"{ITEM}/cost", there(WITH, WITH, (0, 60))),
    "few items": ("habit.presence", f"{ITEM}/cost", there((9, 9), (9, 9), (9, 9), (0, 12))),
    "few items tonight": ("habit.presence", f"{ITEM}/cost", there(WITH, WITH, WITH, (0, 9))),
    "an empty account": ("habit.presence", f"{ITEM}/cost", there(WITH, WITH, WITH, (0, 0))),
    "a field of most items": (
        "habit.presence", f"{ITEM}/cost", there(WITH, (59, 60), WITH, WITH, WITH, (0, 60)),
    ),
    "one item without it": ("habit.presence", f"{ITEM}/cost", there(WITH, WITH, WITH, (59, 60))),
    "a field with several types": (
        "habit.type", f"{ITEM}/cost",
        [{"number": 60}, {"number": 59, "string": 1}, *[{"number": 60}] * 3, {"string": 60}],
    ),
    "larger amounts": (
        "habit.scale", f"{ITEM}/cost", [{"4": 20, "5": 30}] * 3 + [{"7": 20, "8": 30}],
    ),
    "a new customer with large amounts": (
        "habit.scale", f"{ITEM}/cost", [{"4": 20, "5": 30}] * 3 + [{"4": 20, "5": 30, "20": 90}],
    ),
    "larger amounts in a small account": (
        "habit.scale", f"{ITEM}/cost", [{"4": 2, "6": 2}] * 13 + [{"6": 1, "15": 3}],
    ),
    "two jobs that take long": (
        "habit.scale", f"{ITEM}/took", [{"4": 2, "6": 2}] * 13 + [{"15": 2}],
    ),
    "counters of a month begin again": (
        "habit.scale", f"{ITEM}/used", [{str(8 + n // 6): 3} for n in range(17)] + [{"2": 3}],
    ),
    "many counters of a month begin again": (
        "habit.scale", f"{ITEM}/used", [{str(8 + n // 6): 60} for n in range(17)] + [{"2": 60}],
    ),
    "free texts": ("habit.shape", f"{ITEM}/note", [{"a:9": 30, " a:12": 30}] * 3 + [{"a:99": 60}]),
    "messages": ("habit.shape", f"{ITEM}/error", [{" a:17": 60}] * 3 + [{" a:21": 60}]),
    "states": ("habit.shape", f"{ITEM}/state", [{"A:9": 60}] * 3 + [{"A:11": 60}]),
    "a number in an id grows": (
        "habit.id", f"{ITEM}/id", [{"-9a:18": 60}] * 3 + [{"-9a:18": 60, "-9a:19": 9}],
    ),
    "short codes": ("habit.shape", f"{ITEM}/land", [{"A:2": 60}] * 3 + [{"A:3": 60}]),
    "counted ids grow": ("habit.id", f"{ITEM}/id", [{"a_9": 60}] * 4),
    "long numbers grow": ("habit.id", f"{ITEM}/id", [{"9:18": 60}] * 3 + [{"9:19": 60}]),
    "names as ids": ("habit.id", f"{ITEM}/id", [{"a:9": 30, "a:8": 30}] * 3 + [{"-9a:17": 9}]),
    "two ids of another kind": ("habit.id", f"{ITEM}/id", [UUIDS] * 3 + [{**UUIDS, "9A:26": 2}]),
    "errors with two statuses": (
        "habit.rejection", "status", [{"422": 3, "400": 1}] * 3 + [{"400": 4}],
    ),
    "pages of any length": (
        "habit.page_size", "/items", [{"50": 1}, {"48": 1}, {"50": 1}, {"20": 1}],
    ),
    "a list grows": ("habit.items", "/items", [*GROWING, {"items": 4000}]),
    "an empty list": ("habit.items", "/items", [*GROWING, {"items": 0}]),
    "a list of the latest items": (
        "habit.items", "/items", [{"items": 20 if n % 7 > 4 else 200} for n in range(26)],
    ),
    "some items are removed": ("habit.items", "/items", [*GROWING, {"items": 300}]),
}  # fmt: skip


@pytest.mark.parametrize("name", BENIGN)
def test_a_change_of_data_is_not_the_end_of_a_habit(name: str) -> None:
    assert ended(*BENIGN[name]) == []


def presences(nights: Sequence[Mapping[str, Any]]) -> list[Observed]:
    base = {"rule": "habit.presence", "place": f"{ITEM}/cost"}
    return [
        counted(**{**base, "counts": {"there": 60, "total": 60}, "day": day, **each})
        for day, each in enumerate(nights)
    ]


@pytest.mark.parametrize(
    "other",
    [{"context": "another account"}, {"uncounted": (ITEM,)}],
    ids=["another account or contract", "fields that are not counted"],
)
def test_nights_of_another_kind_are_not_compared(other: Mapping[str, Any]) -> None:
    lost = {"counts": {"there": 0, "total": 60}}
    *nights, tonight = presences([{}, {}, {}, {**lost, **other}])
    assert judged([*map(Night, nights)], tonight) == []
    assert judged([*map(Night, nights)], presences([{}, {}, {}, lost])[3])[0].breaches


def test_several_runs_on_one_day_are_one_night() -> None:
    *nights, tonight = presences([{"day": 0}] * 5 + [{"counts": {"there": 0, "total": 60}}])
    assert judged([*map(Night, nights)], tonight) == []


def test_a_night_with_an_open_end_teaches_nothing() -> None:
    lost = {"counts": {"there": 0, "total": 60}}
    nights = presences([{}, {}, {}, *[lost] * 9])
    key = ("habit.presence", f"{ITEM}/cost")
    past = [Night(each, {key: ""} if day > 2 else {}) for day, each in enumerate(nights)]
    [found] = judged(past, presences([{}] * 12 + [lost])[-1])
    assert [each.observed for each in found.breaches] == ["in none of 60 objects since 2026-07-04"]
    assert judged(past, presences([{}] * 13)[-1])[0].breaches == ()


def test_an_accepted_end_is_learned_anew_and_the_next_one_is_another_finding() -> None:
    key = ("habit.type", f"{ITEM}/cost")
    kinds = ["number"] * 3 + ["string"] * 5 + ["boolean"]
    nights = [counted(*key, {kind: 60}, day) for day, kind in enumerate(kinds)]
    names = ["", "", "", "", "known"]
    past = [Night(n, {key: names[day]} if day in (3, 4) else {}) for day, n in enumerate(nights)]
    assert judged(past[:5], nights[5]) == []
    [kept] = judged(past[:7], nights[7])
    assert kept.breaches == ()
    assert kept.promise.documented == "always string: 240 times on 4 days, 2026-07-04 to 2026-07-07"
    [found] = judged(past[:8], nights[8])
    assert [(each.observed, each.detail) for each in found.breaches] == [
        ("boolean since 2026-07-09", "1")
    ]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "-9a:36"),
        ("job_17", "a_9"),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "9A:26"),
        ("Grüße", "?Aa:5"),
        ("word " * 20, "*"),
    ],
)
def test_a_shape_says_which_characters_a_text_has(text: str, shape: str) -> None:
    assert describe_shape(text) == shape


def test_only_counts_are_observed() -> None:
    lamps = [lamp(n, state="on", note=None, owner={"name": f"Ann{n}"}, watts=40) for n in range(3)]
    evidence = gather(LAMPS, [exchange({"items": lamps})])
    found = observe(evidence, FIRST, Past("a1b2"))
    assert found.find("habit.presence", "/items/*/owner/name") == {"on": {"value": 3}}
    assert found.find("habit.presence", "/items/*/note") == {}
    assert found.find("habit.type", "/items/*/watts") == {"": {"number": 3}}
    assert found.find("habit.type", "/items/*/state") == {}
    assert found.find("habit.scale", "/items/*/watts") == {"": {"6": 3}}
    assert "Ann" not in json.dumps(found.counts)
    assert observe(evidence, FIRST, Past("ffff")).context != found.context


def test_the_names_of_a_map_are_not_observed() -> None:
    lamps = [lamp(n, labels={f"x{n}": "1"}) for n in range(90)]
    evidence = gather(LAMPS, [exchange({"items": lamps})])
    found = observe(evidence, FIRST, Past("a1b2"))
    assert found.uncounted == ("/items/*/labels",)


def test_no_more_fields_are_held_than_are_kept() -> None:
    body = {"items": [lamp() | {f"f{at}": {f"g{at}": at} for at in range(3_000)}]}
    looked: list[str] = []

    def redact(text: str) -> str:
        looked.append(text)
        return text

    found = observe(gather(LAMPS, [exchange(body, phase="survey")]), FIRST, Past("a"), redact)
    assert found.uncounted == ("/items/*",)
    assert len(looked) < 500
    assert "x17" not in json.dumps(found.counts)


def test_a_secret_is_not_the_name_of_a_field() -> None:
    lamps = [lamp(n, hunter2=1) for n in range(3)]
    evidence = gather(LAMPS, [exchange({"items": lamps})])
    found = observe(evidence, FIRST, Past("a1b2"), lambda text: text.replace("hunter2", "$KEY"))
    assert "hunter2" not in json.dumps(found.counts)


LASTING = replace(
    LAMPS, roles=replace(LAMPS.roles, lifecycle=Lifecycle("/state", (("on",), ("off",))))
)


def look(lamps: Sequence[Any], nights: Sequence[Night] = (), day: int = 0) -> Observed:
    evidence = gather(LASTING, [exchange({"items": lamps})])
    return observe(evidence, FIRST + timedelta(days=day), Past("a", tuple(nights)))


@pytest.mark.parametrize(
    ("change", "count", "ends"),
    [
        ({"made": 2}, 20, {"habit.constancy": "/items/*/made"}),
        ({"made": 2}, 10, {"habit.constancy": "/items/*/made"}),
        ({"made": 2}, 9, {}),
        ({"views": 7}, 20, {}),
        ({"state": "on"}, 1, {"habit.final": "/items/*/state"}),
        ({}, 0, {}),
    ],
    ids=["all", "half", "fewer than half", "a field that changes", "another state", "nothing"],
)
def test_finished_items_do_not_change(
    change: Mapping[str, Any], count: int, ends: Mapping[str, str]
) -> None:
    nights = list[Night]()
    for day in range(5):
        shown = [lamp(n, state="off", made=1, views=n * day) for n in range(20)]
        nights.append(Night(look([*shown, lamp(99, made=day)], nights, day)))
    changed = [{**each, **change} if n < count else each for n, each in enumerate(shown)]
    tonight = look(changed, nights, 5)
    found = {
        each.promise.rule: each.promise.location
        for each in judged(nights, tonight)
        if each.breaches
    }
    assert found == ends


def test_a_change_of_finished_items_stands_until_somebody_accepts_it() -> None:
    nights = [Night(look([lamp(n, state="off", made=1) for n in range(20)]))]
    later = [lamp(n, state="off", made=2) for n in range(20)]
    key = ("habit.constancy", "/items/*/made")
    for why, kind in (("", "changed"), ("", "changed"), ("known", "changed"), ("", "same")):
        tonight = look(later, nights)
        assert tonight.find(*key) == {"": {kind: 20}}
        nights.append(Night(tonight, {key: why}))


def test_only_hashes_of_finished_items_are_kept() -> None:
    found = look([lamp(n, state="off" if n % 2 else "on", owner=f"Ann{n}") for n in range(300)])
    assert found.final is not None
    assert (len(found.final.items), found.final.fields) == (40, ("owner", "state"))
    assert {len(each) for each in found.final.items.values()} == {8}
    assert "Ann" not in str(found)
    assert observe(gather(LAMPS, []), FIRST, Past("a")).final is None


def test_a_habit_that_came_back_twice_was_none() -> None:
    key = ("habit.type", f"{ITEM}/cost")
    kinds = ["number"] * 3 + ["string", "number", "string", "string", "number", "string"]
    nights, named = list[Night](), list[int]()
    for day, kind in enumerate(kinds):
        tonight = counted(*key, {kind: 60}, day)
        ends = [each for each in judged(nights, tonight) if each.breaches]
        nights.append(Night(tonight, {key: ""} if ends else {}))
        named += [day] if ends else []
    assert named == [3, 5, 6]


def test_a_night_with_few_items_does_not_bring_a_habit_back() -> None:
    nights, named = list[Night](), list[int]()
    for day, total in enumerate([60, 60, 60, 60, 5, 60, 5, 60, 5, 60]):
        has = total if day < 3 else 0
        tonight = counted("habit.presence", f"{ITEM}/cost", {"there": has, "total": total}, day)
        ends = [each for each in judged(nights, tonight) if each.breaches]
        nights.append(Night(tonight, {("habit.presence", f"{ITEM}/cost"): ""} if ends else {}))
        named += [day] if ends else []
    assert named == [3, 5, 7, 9]


def by_state(there: Mapping[str, int], total: int, day: int) -> Observed:
    presence = {
        ITEM: {state: {"value": total} for state in "abcd"},
        f"{ITEM}/cost": {state: {"value": number} for state, number in there.items() if number},
    }
    return Observed(FIRST + timedelta(days=day), "c", {"habit.presence": presence})


@pytest.mark.parametrize(
    ("usual", "now", "total", "observed"),
    [
        (dict.fromkeys("abcd", 5), {}, 5, ["in none of 20 objects since 2026-07-04"]),
        ({"a": 20}, {}, 20, ["in none of 20 objects since 2026-07-04"]),
        (dict.fromkeys("abcd", 20), {"b": 20}, 20, ["in none of 60 objects since 2026-07-04"]),
        ({"a": 5}, {}, 5, []),
        (dict.fromkeys("abcd", 5), {"b": 1}, 5, []),
    ],
    ids=["all states", "one state", "all but one state", "few of one state", "not quite all"],
)
def test_fields_are_counted_by_state_and_together(
    usual: Mapping[str, int], now: Mapping[str, int], total: int, observed: Sequence[str]
) -> None:
    nights = [Night(by_state(usual, total, day)) for day in range(3)]
    found = [b.observed for j in judged(nights, by_state(now, total, 3)) for b in j.breaches]
    assert found == observed


def test_a_missing_state_does_not_heal_the_end_of_a_habit() -> None:
    nights = [Night(by_state({"a": 20}, 20, day)) for day in range(3)]
    key = ("habit.presence", f"{ITEM}/cost")
    nights.append(Night(by_state({}, 20, 3), {key: ""}))
    tonight = by_state({}, 20, 4)
    without = {ITEM: {state: {"value": 20} for state in "bcd"}}
    assert judged(nights, replace(tonight, counts={"habit.presence": without})) == []
    assert judged(nights, tonight)[0].breaches


@pytest.mark.parametrize(
    ("value", "step"),
    [
        (19.99, "5"),
        ("19.99", "5"),
        (-2000, "13"),
        (10**400, "400"),
        (5e-324, "-400"),
        (0, None),
        (True, None),
        ("7", None),
    ],
)
def test_the_scale_of_numbers_is_observed(value: Any, step: str | None) -> None:
    found = look([lamp(1, cost=value)]).find("habit.scale", f"{ITEM}/cost")
    assert found == ({"": {step: 1}} if step else {})


@pytest.mark.parametrize(("second", "size"), [([lamp(9)], {"": {"3": 1}}), ([], {})])
def test_only_a_page_that_others_follow_has_a_default_size(
    second: Sequence[Any], size: Mapping[str, Any]
) -> None:
    pages = [
        exchange({"items": [lamp(n) for n in range(3)], "next": "t"}, replace(PLAIN, pages=2)),
        exchange(
            {"items": second}, replace(PLAIN, visit=Visit(page=2, query=(("after", "t"),)), pages=2)
        ),
    ]
    found = observe(gather(LAMPS, pages), FIRST, Past("a"))
    assert found.find("habit.page_size", "/items") == size
