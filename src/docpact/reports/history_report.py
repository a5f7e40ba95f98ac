"""The history as plain text: what is new, what is old and since when, what comes and goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from statistics import median
from textwrap import wrap
from typing import Final

from docpact.model import HistoryEntry, State, Timeline, Verdict
from docpact.text import counted, printable

WIDTH: Final = 80

_MARKS: Final = {
    Verdict.CONFORMS.value: ".",
    Verdict.DRIFT.value: "!",
    Verdict.INCONCLUSIVE.value: "?",
}
_LEGEND: Final = ". conforms  ! drift  ? inconclusive"

_TITLES: Final = {
    State.NEW: "NEW: seen for the first time",
    State.BACK: "BACK: seen again after it was gone",
    State.FLAPPING: "FLAPPING: comes and goes",
    State.STANDING: "STANDING: seen before as well",
    State.HEALED: "HEALED: looked for, and no longer seen",
}

SLOWER: Final = 2.0
"""A phase whose median answer takes so many times as long as it used to is worth a line."""

FEWEST: Final = 5
"""How many earlier nights are needed to say what a phase used to take."""


def render(nights: Sequence[HistoryEntry], stories: Sequence[Timeline]) -> str:
    """Write the history of one operation on one target.

    Args:
        nights: at least one, in order.
        stories: of their findings.
    """
    first, last = nights[0], nights[-1]
    lines = [
        f"{last.document['operation']} on {printable(last.document['target'])}",
        f"{counted(len(nights), 'night')}, {first.started:%Y-%m-%d} to {last.started:%Y-%m-%d}",
        _LEGEND,
        *_strip(nights),
        "",
        *_states(stories),
        *_inconclusive(nights),
        *_slower(nights),
    ]
    return "\n".join(lines).rstrip() + "\n"


def news(nights: Sequence[HistoryEntry], stories: Sequence[Timeline]) -> str:
    """Write in a line what the last night changed, and name what is new."""
    counts = {state: sum(story.state is state for story in stories) for state in State}
    healed = [s for s in stories if s.spells[-1].healed == nights[-1].started]
    told = [f"{counts[state]} {state.value}" for state in State if state is not State.HEALED]
    line = f"history: night {len(nights)}; {', '.join(told)}, {len(healed)} healed since the last"
    lines = wrap(line, WIDTH)
    for story in stories:
        if story.state in (State.NEW, State.BACK):
            lines.append(f"  {story.state.value:<9} {_name(story)}")
    lines += [f"  healed    {_name(story)}" for story in healed]
    return "\n".join(lines) + "\n"


def _strip(nights: Sequence[HistoryEntry]) -> list[str]:
    marks = "".join(_MARKS[night.document["verdict"]] for night in nights)
    return wrap(marks, WIDTH) or [""]


def _states(stories: Sequence[Timeline]) -> Iterator[str]:
    by_state = {state: list(group) for state, group in groupby(stories, key=lambda s: s.state)}
    if not by_state:
        yield from ("no finding on any night", "")
    for state, title in _TITLES.items():
        if state in by_state:
            yield f"{title} ({counted(len(by_state[state]), 'finding')})"
            for story in by_state[state]:
                yield from _story(story)
            yield ""


def _story(story: Timeline) -> Iterator[str]:
    finding, spell = story.finding, story.spells[-1]
    yield f"  {_name(story)}"
    seen = f"since {spell.first:%Y-%m-%d}, {counted(spell.runs, 'night')}"
    if spell.healed is not None:
        seen = f"{spell.first:%Y-%m-%d} to {spell.last:%Y-%m-%d}, healed {spell.healed:%Y-%m-%d}"
    if len(story.spells) > 1:
        seen += f"; {counted(len(story.spells), 'spell')} since {story.first:%Y-%m-%d}"
    observed = finding["observed"]
    accepted = [f"accepted: {finding['accepted']}"] if finding["accepted"] else []
    for text in (f"{finding['level']}, {seen}", f"observed {observed}", *accepted):
        yield from wrap(printable(text), WIDTH, initial_indent="    ", subsequent_indent="      ")


def _name(story: Timeline) -> str:
    place = printable(story.finding["location"]) or "(the whole body)"
    return f"{story.finding['rule']}  {place}  {story.fingerprint}"


def _inconclusive(nights: Sequence[HistoryEntry]) -> Iterator[str]:
    told = [night for night in nights if night.document["reason"]]
    if not told:
        return
    yield f"INCONCLUSIVE ({counted(len(told), 'night')})"
    for night in told:
        text = f"{night.started:%Y-%m-%d}  {printable(night.document['reason'])}"
        yield from wrap(text, WIDTH, initial_indent="  ", subsequent_indent="              ")
    yield ""


def _slower(nights: Sequence[HistoryEntry]) -> Iterator[str]:
    """Name the phases whose answers took much longer last night than they used to."""
    *earlier, last = [
        {each["phase"]: each["median"] for each in night.document["latency"]} for night in nights
    ]
    for phase, seconds in last.items():
        before = [times[phase] for times in earlier if phase in times]
        if len(before) >= FEWEST and seconds > SLOWER * (usual := median(before)):
            yield (
                f"slower: {printable(phase)}, {seconds:.2f} s a request "
                f"where {usual:.2f} s were usual"
            )
