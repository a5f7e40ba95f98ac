"""What a row of nights tells of a finding: new, standing, back, flapping, healed, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from history.entries import FIRST, document, finding, nights
from hypothesis import given
from hypothesis import strategies as st

from docpact.history.timelines import stories
from docpact.model import State, Timeline
from docpact.reports import history_report as text

DOWN: dict[str, Any] = document(verdict="inconclusive", reason="cannot reach it", promises=[])
EMPTY: dict[str, Any] = document(promises=[{**document()["promises"][0], "judged": 0}])
NIGHT = {"!": document(finding()), ".": document(), "?": DOWN, "-": EMPTY}
"""`!` saw it, `.` looked for it in vain, `?` was down, `-` had nothing to look at."""


def told(row: str) -> tuple[Timeline, ...]:
    return stories(nights(NIGHT[each] for each in row))


@pytest.mark.parametrize(
    ("row", "state", "spells"),
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
def test_the_state_of_a_finding(row: str, state: State, spells: int) -> None:
    (story,) = told(row)
    assert (story.state, len(story.spells)) == (state, spells)


def test_a_spell_says_when_it_began_and_when_it_was_over() -> None:
    (story,) = told(".!!?..")
    (spell,) = story.spells
    days = [FIRST + timedelta(days=number) for number in range(6)]
    assert (spell.first, spell.last, spell.healed, spell.runs) == (days[1], days[2], days[4], 2)
    assert (story.first, story.last) == (days[1], days[2])


def test_no_night_of_another_promise_heals_it() -> None:
    elsewhere = document(promises=[{**document()["promises"][0], "location": "/items/*/id"}])
    (story,) = stories(nights([document(finding()), elsewhere]))
    assert story.state is State.NEW


def test_a_finding_below_its_promise_is_healed_with_it() -> None:
    deep = finding(location="/items/*/status/deep")
    (story,) = stories(nights([document(deep), document()]))
    assert story.state is State.HEALED


@given(st.lists(st.sampled_from("!.?-"), min_size=1, max_size=30))
def test_nights_that_cannot_tell_change_nothing_but_what_is_new(row: Sequence[str]) -> None:
    telling = [each for each in row if each in "!."]
    with_all, without = told("".join(row)), told("".join(telling))
    assert [story.state for story in with_all] == [story.state for story in without]
    seen = [[spell.runs for spell in story.spells] for story in with_all]
    assert seen == [[spell.runs for spell in story.spells] for story in without]
    assert sum(map(sum, seen)) == row.count("!")


def test_the_history_in_words() -> None:
    other = finding("b" * 12, location="/items/*/id", observed="7", accepted="known since May")
    row = nights([NIGHT["!"], NIGHT["."], DOWN, document(finding(), other)])
    written = text.render(row, stories(row))
    assert written == (
        "toys/list_lamps on https://toys.example\n"
        "4 nights, 2026-11-01 to 2026-11-04\n"
        ". conforms  ! drift  ? inconclusive\n"
        "!.?!\n"
        "\n"
        "NEW: seen for the first time (1 finding)\n"
        "  response.enum  /items/*/id  bbbbbbbbbbbb\n"
        "    breaking, since 2026-11-04, 1 night\n"
        "    observed 7\n"
        "    accepted: known since May\n"
        "\n"
        "BACK: seen again after it was gone (1 finding)\n"
        "  response.enum  /items/*/status  aaaaaaaaaaaa\n"
        "    breaking, since 2026-11-04, 1 night; 2 spells since 2026-11-01\n"
        '    observed "B"\n'
        "\n"
        "INCONCLUSIVE (1 night)\n"
        "  2026-11-03  cannot reach it\n"
    )


def test_a_phase_that_has_become_slow_is_named() -> None:
    slow = document(latency=[{"phase": "survey", "answers": 3, "median": 0.5, "p95": 0.9}])
    usual = [document()] * 5
    assert "slower: survey, 0.50 s a request where 0.10 s were usual" in text.render(
        nights([*usual, slow]), ()
    )
    assert "slower" not in text.render(nights([*usual[:3], slow]), ())
    assert "slower" not in text.render(nights([*usual, document()]), ())


def test_what_is_new_since_the_last_night() -> None:
    row = nights([NIGHT["!"], NIGHT["."]])
    assert text.news(row, stories(row)).splitlines() == [
        "history: night 2; 0 new, 0 standing, 0 back, 0 flapping, 1 healed since the last",
        "  healed    response.enum  /items/*/status  aaaaaaaaaaaa",
    ]


def test_nothing_of_a_server_steers_the_terminal() -> None:
    odd = finding(location="/items/*/\x1b[31m", observed="\x9b2J\u202e")
    row = nights([document(odd, target="https://x\x1b]0;t\x07")])
    written = text.render(row, stories(row)) + text.news(row, stories(row))
    assert all(char.isprintable() or char == "\n" for char in written)
