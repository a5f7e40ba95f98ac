"""The state of a finding in a history: new, standing, back, flapping or healed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from history.entries import FIRST, KEPT, PROMISE, entries_of, finding, run_of
from hypothesis import given
from hypothesis import strategies as st

from docpact.model import Latency, Outcome, Run, State, Timeline
from docpact.model.history import build_timelines
from docpact.reports import history_report as text

DOWN = run_of(reason="cannot reach it", results=())
EMPTY = run_of(results=(replace(KEPT, outcome=Outcome.NOT_TESTED, observations=0),))
RUNS: dict[str, Run] = {"!": run_of(finding()), ".": run_of(), "?": DOWN, "-": EMPTY}
"""`!` sees the finding, `.` tests for it, `?` is inconclusive, `-` has nothing to test it on."""


def timelines(row: str) -> tuple[Timeline, ...]:
    return build_timelines(entries_of(RUNS[each] for each in row))


@pytest.mark.parametrize(
    ("row", "state", "intervals"),
    [
        ("!", State.NEW, 1),
        ("..!", State.NEW, 1),
        ("!!", State.STANDING, 1),
        ("!?!", State.STANDING, 1),
        ("!-!", State.STANDING, 1),
        ("!?", State.NEW, 1),
        ("!!?", State.STANDING, 1),
        ("!.", State.HEALED, 1),
        ("!.?", State.HEALED, 1),
        ("!..!", State.BACK, 2),
        ("!..!!", State.STANDING, 2),
        ("!.!.", State.FLAPPING, 2),
        (".!.!!", State.STANDING, 2),
        ("!.!.!.......", State.FLAPPING, 3),
        ("!.!.!........", State.HEALED, 3),
    ],
)
def test_the_state_of_a_finding(row: str, state: State, intervals: int) -> None:
    (timeline,) = timelines(row)
    assert (timeline.state, len(timeline.intervals)) == (state, intervals)


def test_an_interval_has_a_first_run_a_last_run_and_a_healed_one() -> None:
    (timeline,) = timelines(".!!?..")
    (interval,) = timeline.intervals
    days = [FIRST + timedelta(days=number) for number in range(6)]
    assert (interval.first, interval.last, interval.healed) == (days[1], days[2], days[4])
    assert interval.runs == 2
    assert (timeline.first, timeline.last) == (days[1], days[2])


def test_a_run_that_tests_another_promise_heals_nothing() -> None:
    other = replace(KEPT, promise=replace(PROMISE, location="/items/*/id"))
    (timeline,) = build_timelines(entries_of([run_of(finding()), run_of(results=(other,))]))
    assert timeline.state is State.NEW


def test_a_finding_below_its_promise_is_healed_with_it() -> None:
    deep = finding(location="/items/*/status/deep")
    (timeline,) = build_timelines(entries_of([run_of(deep), run_of()]))
    assert timeline.state is State.HEALED


def test_a_finding_elsewhere_than_its_promise_is_healed_with_it() -> None:
    deep = finding(location="/name")
    elsewhere = replace(KEPT, promise=replace(PROMISE, location="path/id"))
    odd = replace(deep, promise=elsewhere.promise)
    (timeline,) = build_timelines(entries_of([run_of(odd), run_of(results=(elsewhere,))]))
    assert timeline.state is State.HEALED


def test_a_promise_above_that_has_no_values_below_heals_nothing() -> None:
    body = replace(KEPT, promise=replace(PROMISE, location=""))
    no_items = run_of(results=(body, replace(KEPT, outcome=Outcome.NOT_TESTED, observations=0)))
    (timeline,) = build_timelines(entries_of([run_of(finding()), no_items]))
    assert timeline.state is State.NEW


@given(st.lists(st.sampled_from("!.?-"), min_size=1, max_size=30))
def test_runs_that_test_nothing_change_no_timeline(row: Sequence[str]) -> None:
    conclusive = [each for each in row if each in "!."]
    with_all, without = timelines("".join(row)), timelines("".join(conclusive))
    assert [each.state for each in with_all] == [each.state for each in without]
    seen = [[interval.runs for interval in each.intervals] for each in with_all]
    assert seen == [[interval.runs for interval in each.intervals] for each in without]
    assert sum(map(sum, seen)) == row.count("!")


def test_the_history_in_words() -> None:
    other = finding("b" * 12, location="/items/*/id", observed="7", accepted="known since May")
    row = entries_of([RUNS["!"], RUNS["."], DOWN, run_of(finding(), other)])
    written = text.render(row, build_timelines(row))
    assert written == (
        "toys/list_lamps on https://toys.example\n"
        "4 runs, 2026-11-01 to 2026-11-04\n"
        ". conforms  ! drift  ? inconclusive\n"
        "!.?!\n"
        "\n"
        "NEW (1): seen for the first time\n"
        "  response.enum  /items/*/id  bbbbbbbbbbbb\n"
        "    breaking, since 2026-11-04, 1 run\n"
        "    observed 7\n"
        "    accepted: known since May\n"
        "\n"
        "BACK (1): seen again after it had healed\n"
        "  response.enum  /items/*/status  aaaaaaaaaaaa\n"
        "    breaking, since 2026-11-04, 1 run; 2 intervals since 2026-11-01\n"
        '    observed "B"\n'
        "\n"
        "INCONCLUSIVE (1)\n"
        "  2026-11-03  cannot reach it\n"
    )


def test_a_phase_that_has_become_slow_is_named() -> None:
    slow = run_of(latency=(Latency("survey", 3, 0.5, 0.9),))
    usual = [run_of()] * 5
    assert "slower: survey, 0.50 s per request, usually 0.10 s" in text.render(
        entries_of([*usual, slow]), ()
    )
    assert "slower" not in text.render(entries_of([*usual[:3], slow]), ())
    assert "slower" not in text.render(entries_of([*usual, run_of()]), ())


def test_what_is_new_since_the_last_run() -> None:
    row = entries_of([RUNS["!"], RUNS["."]])
    assert text.render_news([(row, build_timelines(row))]).splitlines() == [
        "history: run 2; 1 healed",
        "  healed    response.enum  /items/*/status  aaaaaaaaaaaa",
    ]


def test_the_news_of_a_run_are_not_those_of_an_earlier_one() -> None:
    row = entries_of([RUNS["!"], DOWN])
    assert text.render_news([(row, build_timelines(row))]) == "history: run 2; 1 not tested\n"


def test_nothing_of_a_server_steers_the_terminal() -> None:
    odd = finding(location="/items/*/\x1b[31m", observed="\x9b2J\u202e")
    row = entries_of([run_of(odd, target="https://x\x1b]0;t\x07")])
    found = build_timelines(row)
    written = text.render(row, found) + text.render_news([(row, found)])
    assert all(char.isprintable() or char == "\n" for char in written)
