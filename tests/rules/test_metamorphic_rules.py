"""Metamorphic relations on hand-made responses: lost, duplicate and foreign items, and changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import FEWER
from toy import LAMPS, exchange, lamp

from docpact.errors import InternalError
from docpact.model import (
    Case,
    Exchange,
    Expectation,
    Expected,
    Failure,
    Judgement,
    Level,
    Lifecycle,
    Operation,
    Parameter,
    Question,
    Visit,
)
from docpact.rules import gather, judge
from docpact.rules.relations.problems import Problem

BULBS = replace(
    LAMPS,
    roles=replace(
        LAMPS.roles,
        lifecycle=Lifecycle("/state", (("on",), ("off",))),
        constant=("/note",),
        only_when={"/note": ("/state", ("off",))},
    ),
)


def walk(
    items: Sequence[Any],
    size: int = 20,
    *,
    state: str = "",
    ids: Sequence[str] = (),
    look: int = 0,
    phase: str = "walks",
) -> list[Exchange]:
    """Return the exchanges of a whole walk through some items."""
    query = [("size", str(size))]
    query += [("state", state)] if state else []
    query += [("ids", each) for each in ids]
    case = Case(f"{query}", Question(tuple(query)), pages=99, visit=Visit(repeat=look))
    pages = [items[at : at + size] for at in range(0, len(items), size)] or [[]]
    found = []
    for number, page in enumerate(pages):
        token = None if number + 1 == len(pages) else f"{case.label}{look}{number}"
        found.append(exchange({"items": list(page), "next": token}, case, phase=phase))
        case = after(case, str(token))
    return found


def after(case: Case, token: str) -> Case:
    """Return the case of the page that a token requests."""
    return case.next_page((*case.question.query, ("after", token)), "after")


def broken(*walks: list[Exchange], confirmed: bool = True) -> list[tuple[str, str]]:
    judged = judge(gather(BULBS, [each for walk in walks for each in walk]))
    return [
        (each.promise.rule, breach.location)
        for each in alarms(judged)
        for breach in each.breaches
        if breach.confirmed is confirmed
    ]


def alarms(judged: Sequence[Judgement]) -> Iterator[Judgement]:
    return (each for each in judged if each.level is not Level.NOTE)


ALL = [lamp(n, state="off" if n % 3 else "on") for n in range(9)]
OFF = [each for each in ALL if each["state"] == "off"]
SURVEY = walk(ALL, phase="survey")
AGAIN = walk(ALL, look=1, phase="again")


@given(
    count=st.integers(0, 30),
    sizes=st.lists(st.integers(1, 20), max_size=4),
    on=st.sets(st.integers(0, 29)),
)
def test_a_server_that_pages_and_filters_correctly_breaks_nothing(
    count: int, sizes: list[int], on: set[int]
) -> None:
    items = [lamp(n, state="on" if n in on else "off") for n in range(count)]
    some = items[::3]
    walks = [walk(items, size) for size in sizes]
    walks += [walk([i for i in items if i["state"] == s], 5, state=s) for s in ("on", "off")]
    walks += [walk(some, 2, ids=[i["id"] for i in some])] if some else []
    ends = walk(items, phase="survey"), walk(items, look=1, phase="again")
    assert broken(ends[0], *walks, ends[1]) == []


@given(count=st.integers(2, 30), size=st.integers(1, 20), data=st.data())
def test_a_lost_item_is_found_at_any_size(count: int, size: int, data: st.DataObject) -> None:
    items = [lamp(n) for n in range(count)]
    lost = data.draw(st.integers(0, count - 1))
    short = walk([*items[:lost], *items[lost + 1 :]], size)
    found = broken(walk(items, phase="survey"), short, walk(items, look=1, phase="again"))
    assert found == [("paging.complete", "/items")]


@pytest.mark.parametrize(
    ("middle", "found"),
    [
        (walk(ALL, 4, state="off"), ("filter.selects", "query/state")),
        (walk(OFF[:-1], 20, state="off"), ("filter.complete", "query/state")),
        (walk(ALL[:3], ids=["lamp-0", "lamp-1"]), ("filter.several", "query/ids")),
        (walk(ALL[:1], ids=["lamp-0", "lamp-1"]), ("filter.several", "query/ids")),
        (walk([ALL[0]], ids=["nobody"]), ("filter.unknown", "query/ids")),
        (walk([ALL[0]], ids=["lamp-0"], state="off"), ("filter.combined", "query/ids+state")),
        (walk([*OFF[:4], ALL[0], *OFF[4:]], 4, state="off"), ("paging.token", "query/after")),
        (walk([*ALL[:4], *ALL[3:]], 4), ("paging.unique", "/items")),
        (walk([*reversed(ALL)], 4), ("paging.order", "/items")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_one_relation_broken_is_one_breach(middle: list[Exchange], found: tuple[str, str]) -> None:
    assert broken(SURVEY, middle, AGAIN) == [found]


def test_the_token_of_a_link_to_the_previous_page_was_issued() -> None:
    back = Case("back", Question((("after", "back"),)))
    for link, found in (("/v1/lamps?after=back", 0), ("/v1/lamps?after=it", 1)):
        page = {"items": ALL[:4], "next": None, "previous": link}
        shown = exchange(page, Case("page", Question()), phase="survey")
        asked = exchange({"items": ALL[:2], "next": None}, back, phase="walks")
        judged = judge(gather(BULBS, [shown, asked]))
        rules = [each for each in judged if each.promise.rule == "paging.foreign_token"]
        assert [len(each.breaches) for each in rules] == [found]


def test_texts_that_only_look_like_urls_are_compared() -> None:
    shown = [{**each, "note": "a://["} for each in ALL]
    middle = walk([{**each, "note": "b://["} for each in OFF], state="off")
    ends = walk(shown, phase="survey"), walk(shown, look=1, phase="again")
    assert broken(ends[0], middle, ends[1]) == [("stability.constant", "/items/*/note")]


def test_a_problem_of_one_filter_is_not_repeated_for_pairs() -> None:
    ignored = walk(ALL, state="off")
    pair = walk(ALL[:2], ids=["lamp-0", "lamp-1"], state="off")
    assert broken(SURVEY, ignored, pair, AGAIN) == [("filter.selects", "query/state")]


def test_items_that_appear_disappear_or_change_are_not_lost() -> None:
    new = lamp(99, state="off")
    later = [new, *({**each, "state": "off"} if each["id"] == "lamp-0" else each for each in ALL)]
    gone = [each for each in later if each["id"] != "lamp-8"]
    filtered = walk([each for each in later if each["state"] == "off"], state="off")
    assert broken(SURVEY, filtered, walk(gone, look=1, phase="again")) == []


def test_a_walk_that_a_moving_collection_shifts_is_confirmed_by_a_second_visit() -> None:
    moved = walk([lamp(99), *ALL], look=1, phase="again")
    shifted = walk([*ALL[:4], *ALL[3:]], 4)
    other = walk([*ALL[:8], *ALL[7:]], 4, look=1)
    same = walk([*ALL[:4], *ALL[3:]], 4, look=1)
    assert broken(SURVEY, shifted, other, moved) == []
    assert broken(SURVEY, shifted, other, moved, confirmed=False) == [("paging.unique", "/items")]
    assert broken(SURVEY, shifted, same, moved) == [("paging.unique", "/items")]


def test_a_removal_explains_only_the_walks_during_which_it_may_have_happened() -> None:
    lossy = walk([*ALL[:4], *ALL[5:]], 4)
    later = walk(ALL, 3, phase="later")
    removed = walk(ALL[1:], look=1, phase="again")
    assert broken(SURVEY, lossy, later, removed) == [("paging.complete", "/items")]
    assert broken(SURVEY, lossy, removed) == []


def test_a_walk_without_end() -> None:
    case = Case("endless", Question((("size", "4"),)), pages=9)
    first = exchange({"items": ALL[:4], "next": "t"}, case)
    second = exchange({"items": ALL[4:8], "next": "t"}, after(case, "t"))
    assert broken([first, second]) == [("paging.ends", "/next")]
    assert "page 2 of endless leads to page 2 again" in describe(first, second)
    pages, case = [exchange({"items": ALL[:4], "next": "0"}, case)], after(case, "0")
    for number in range(1, 4):
        pages.append(exchange({"items": [], "next": str(number)}, case))
        case = after(case, str(number))
    assert "the last 3 of 4 pages of endless lead on without a new item" in describe(*pages)


def describe(*exchanges: Exchange) -> list[str]:
    judged = judge(gather(BULBS, exchanges))
    return [breach.observed for each in judged for breach in each.breaches]


def test_pages_longer_than_asked_and_empty_in_the_middle() -> None:
    case = Case("holes", Question((("size", "3"),)), pages=9)
    first = exchange({"items": ALL[:4], "next": "a"}, case)
    second = exchange({"items": [], "next": "b"}, after(case, "a"))
    third = exchange({"items": ALL[4:]}, after(after(case, "a"), "b"))
    assert broken([first, second, third]) == [
        ("paging.size", "query/size"),
        ("paging.empty_page", "/items"),
    ]
    assert broken([first, second]) == [("paging.size", "query/size")]


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        (lamp(state="off"), lamp(state="on"), [("stability.forward", "/items/*/state")]),
        (lamp(state="on"), lamp(state="off"), []),
        (lamp(note="a"), lamp(note="b"), [("stability.constant", "/items/*/note")]),
        (lamp(note=None), lamp(note="b"), []),
        (lamp(state="off", note="a"), lamp(state="off", note="a"), []),
    ],
)
def test_changes_of_an_item_over_time(before: Any, now: Any, found: list[tuple[str, str]]) -> None:
    looks = walk([before], phase="survey"), walk([now], look=1, phase="again")
    assert broken(*looks) == found


def test_walks_that_may_overlap_have_no_order() -> None:
    off, on = (
        walk([lamp(state=state)], size, phase="walks") for state, size in (("off", 2), ("on", 3))
    )
    assert broken(off, on) == []
    assert broken(walk([lamp(state="off")], phase="survey"), on) == [
        ("stability.forward", "/items/*/state")
    ]
    later = walk([lamp(state="on")], look=1, phase="again")
    assert broken(off, on, later) == [("stability.forward", "/items/*/state")]


def test_an_order_that_changes_once_during_overlapping_walks_is_no_alarm() -> None:
    survey, turned = walk(ALL, phase="survey"), [*reversed(ALL)]
    looks = [walk(turned if size % 2 else ALL, size, phase="walks") for size in range(3, 11)]
    last = walk(turned, look=1, phase="again")
    assert broken(survey, *looks, last) == []
    restored = walk(ALL, look=1, phase="again")
    assert broken(survey, *looks, restored) == [("paging.order", "/items")]


def test_an_item_that_appears_during_the_first_walk_is_a_change() -> None:
    more = [*ALL, lamp(10)]
    looks = walk(ALL), walk(more, 19), walk(ALL[1:], 3)
    before, after = walk(more, 5, phase="survey")[:1], walk(more, look=1, phase="again")
    assert broken(before, *looks, after) == []
    assert broken(before, *looks, after, confirmed=False) == [("paging.complete", "/items")]


def protocol_rules(*exchanges: Exchange) -> list[str]:
    judged = judge(gather(BULBS, exchanges))
    return [e.promise.rule for e in judged if e.promise.family == "protocol" and e.breaches]


def test_slow_concurrent_responses_do_not_count() -> None:
    slow = exchange({"items": []}, seconds=9.0)
    quick = exchange({"items": []}, seconds=0.1)
    assert protocol_rules(*[slow] * 9, quick) == ["protocol.slow"]
    assert protocol_rules(*[replace(slow, together=True)] * 9, quick) == []


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("timeout", "The maximum time to wait for an event.", []),
        ("waitTimeSeconds", "", []),
        ("max_wait", "", []),
        ("block", "Blocks until this index has changed.", []),
        ("block", "The number of the block.", ["protocol.answer", "protocol.slow"]),
        ("waitlist", "The waiting list.", ["protocol.answer", "protocol.slow"]),
        ("timeout", "", ["protocol.answer", "protocol.slow"]),
        ("size", "How many items to wait for.", ["protocol.answer", "protocol.slow"]),
    ],
)
def test_a_server_that_may_wait_is_neither_slow_nor_broken(
    name: str, text: str, found: list[str]
) -> None:
    wait = Parameter(name, "query", required=False, schema={"type": "integer"}, description=text)
    operation = replace(BULBS, parameters=(*BULBS.parameters, wait))
    slow = exchange({"items": []}, seconds=11.5)
    late = exchange({}, failure=Failure("timeout", "no answer in time"))
    judged = judge(gather(operation, [slow, late]))
    assert [
        e.promise.rule for e in judged if e.promise.family == "protocol" and e.breaches
    ] == found
    cut = exchange({}, failure=Failure("cut", "the connection broke"))
    judged = judge(gather(operation, [cut]))
    assert "protocol.answer" in [each.promise.rule for each in judged if each.breaches]


@pytest.mark.parametrize(
    ("beside", "alone", "found"),
    [
        (1, 0, ["protocol.intermittent"]),
        (2, 0, []),
        (3, 0, []),
        (2, 1, ["protocol.reliable"]),
        (0, 2, ["protocol.reliable"]),
    ],
)
def test_failures_of_concurrent_requests_only_do_not_count(
    beside: int, alone: int, found: list[str]
) -> None:
    cut = exchange({}, Case("cut"), failure=Failure("cut", "the connection broke"), retried=True)
    cuts = [replace(cut, together=True)] * beside + [cut] * alone
    healed = [exchange({"items": []}, Case("cut"))] * 60
    assert protocol_rules(*cuts, *healed) == found


def test_slow_responses_are_a_note_with_figures() -> None:
    fast = [exchange({"items": []}, seconds=0.1) for _ in range(9)]
    late = [exchange({"items": []}, seconds=11.5)]
    slow = [exchange({"items": []}, seconds=2.5) for _ in range(9)]
    for exchanges, said in ((fast, []), ([*fast, *late], ["0.1", "11.5"]), (slow, ["2.5", "2.5"])):
        (judged,) = [
            each for each in judge(gather(BULBS, exchanges)) if each.promise.rule == "protocol.slow"
        ]
        observed = [breach.observed for breach in judged.breaches]
        assert observed == ([f"median {said[0]} s, slowest {said[1]} s"] if said else [])
        assert judged.level is Level.NOTE


def test_a_breach_of_prose_is_a_note() -> None:
    judged = judge(
        gather(BULBS, walk([lamp(state="on", note="a"), lamp(1, state="off", note="a")]))
    )
    (found,) = [each for each in judged if each.breaches]
    assert (found.promise.rule, found.level) == ("response.consistency", Level.NOTE)
    assert [(b.count, b.observations, b.first) for b in found.breaches] == [(1, 2, "/items/0/note")]


NUMBERED = replace(
    BULBS, roles=replace(BULBS.roles, next_token=None, token_parameter=None, offset_parameter=None)
)
"""The same list without a parameter for paging."""

ANONYMOUS = replace(BULBS, roles=replace(BULBS.roles, id=None, filters={"state": "/state"}))
"""The same list with items without an id."""

OWNED = replace(BULBS, roles=replace(BULBS.roles, scopes=("ids",)))
"""The same list with a filter that separates owners."""


def dropped(operation: Operation, exchanges: Sequence[Exchange]) -> set[tuple[str, str]]:
    """Return rule and location of every problem that no judgement reports."""
    evidence = gather(operation, exchanges)
    reported = {
        (judged.promise.rule, judged.promise.location)
        for judged in judge(evidence)
        if judged.breaches
    }
    return {(each.rule, each.location) for each in evidence.relations.problems} - reported


def accounts() -> st.SearchStrategy[list[dict[str, Any]]]:
    states = st.sampled_from(["on", "off", "broken", None])
    items = st.builds(lambda number, state: lamp(number, state=state), st.integers(0, 8), states)
    return st.lists(items, max_size=9)


def answers() -> st.SearchStrategy[list[Exchange]]:
    """Return a walk of any query whose pages show any items, in any order."""
    return st.builds(
        walk,
        accounts(),
        st.integers(1, 20),
        state=st.sampled_from(["", "on", "off", "broken"]),
        ids=st.lists(st.sampled_from(["lamp-0", "lamp-1", "nobody"]), max_size=3),
        look=st.integers(0, 2),
        phase=st.sampled_from(["filters", "walks"]),
    )


@pytest.mark.sampled(6)
@pytest.mark.parametrize("operation", [BULBS, NUMBERED, ANONYMOUS, OWNED])
@FEWER
@given(before=accounts(), middle=st.lists(answers(), max_size=5), after=accounts())
def test_every_problem_is_reported(
    operation: Operation, before: Any, middle: list[list[Exchange]], after: Any
) -> None:
    walks = [walk(before, phase="survey"), *middle, walk(after, look=9, phase="again")]
    pages = 9 if operation.roles.paging else 1
    exchanges = [each for walk in walks for each in walk if each.case.visit.page <= pages]
    assert dropped(operation, exchanges) == set()


def test_an_ignored_filter_shows_for_a_documented_value_that_no_item_has() -> None:
    lit = [each for each in ALL if each["state"] == "on"]
    walks = walk(lit, phase="survey"), walk(lit, state="off"), walk(lit, look=1, phase="again")
    assert broken(*walks) == [("filter.selects", "query/state")]


@pytest.mark.parametrize(
    ("answer", "found"),
    [(Expected.UNSPECIFIED, [("filter.unknown", "query/ids")]), (Expected.REJECTED, [])],
)
def test_nothing_is_promised_for_an_invalid_value_that_a_filter_ignores(
    answer: Expected, found: list[tuple[str, str]]
) -> None:
    expected = Expectation(answer, "ids", "type")
    ignored = [replace(e, case=replace(e.case, expectation=expected)) for e in walk(ALL, ids=["x"])]
    assert broken(SURVEY, ignored, AGAIN) == found


def test_filters_of_an_empty_list_are_not_tested() -> None:
    exchanges = [*walk([], phase="survey"), *walk([], state="off"), *walk([], ids=["nobody"])]
    judged = judge(gather(BULBS, exchanges))
    assert {each.observations for each in judged if each.promise.family == "filter"} == {0}


def test_a_problem_that_belongs_to_no_promise_is_an_internal_error() -> None:
    evidence = gather(BULBS, walk(ALL))
    (page,) = evidence.walks[0].pages
    problem = Problem("filter.unknown", "query/state", evidence.walks[0], page, "some items")
    relations = replace(evidence.relations, problems=(problem,))
    with pytest.raises(InternalError, match=r"filter\.unknown query/state: some items"):
        judge(replace(evidence, relations=relations))
