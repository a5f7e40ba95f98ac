"""Stories: what a history of runs tells of each finding; pure, from nights alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from docpact.history.policy import is_judged
from docpact.model import HistoryEntry, Interval, State, Timeline

WINDOW: Final = 10
"""Flapping is looked for in so many runs that could tell."""

CHANGES: Final = 3
"""A finding that came or went so often in them is flapping."""


def stories(nights: Sequence[HistoryEntry]) -> tuple[Timeline, ...]:
    """Return the story of every finding, by state, then the longest known first.

    A run tells of a finding if it shows it, or if it is conclusive and judged the promise without
    seeing it broken; any other run says nothing of it.

    Args:
        nights: of one operation on one target, in order.
    """
    last: dict[str, Mapping[str, Any]] = {}
    for night in nights:
        for finding in night.document["findings"]:
            last[finding["fingerprint"]] = finding
    judged = [_judged(night.document) for night in nights]
    told = [_story(finding, nights, judged) for finding in last.values()]
    return tuple(sorted(told, key=lambda story: (list(State).index(story.state), story.first)))


def _story(
    finding: Mapping[str, Any],
    nights: Sequence[HistoryEntry],
    judged: Sequence[set[tuple[str, str]]],
) -> Timeline:
    telling = list(_telling(finding, nights, judged))
    spells = _spells(telling)
    latest = telling[-1][0]
    recent = [seen for _, seen in telling[-WINDOW:]]
    changes = sum(one != other for one, other in pairwise(recent))
    if changes >= CHANGES:
        state = State.FLAPPING
    elif spells[-1].healed is not None:
        state = State.HEALED
    elif spells[-1].first != latest.started:
        state = State.STANDING
    else:
        state = State.BACK if len(spells) > 1 else State.NEW
    return Timeline(finding["fingerprint"], finding, state, spells)


def _telling(
    finding: Mapping[str, Any],
    nights: Sequence[HistoryEntry],
    judged: Sequence[set[tuple[str, str]]],
) -> Iterator[tuple[HistoryEntry, bool]]:
    """Yield the nights that could tell of a finding since it was first seen, and whether it was."""
    begun = False
    for night, promises in zip(nights, judged, strict=True):
        seen = any(
            each["fingerprint"] == finding["fingerprint"] for each in night.document["findings"]
        )
        begun = begun or seen
        if seen or (begun and is_judged(finding["rule"], finding["location"], promises)):
            yield night, seen


def _spells(telling: Sequence[tuple[HistoryEntry, bool]]) -> tuple[Interval, ...]:
    spells: list[Interval] = []
    for night, seen in telling:
        lasting = bool(spells) and spells[-1].healed is None
        if seen and lasting:
            before = spells.pop()
            spells.append(Interval(before.first, night.started, None, before.runs + 1))
        elif seen:
            spells.append(Interval(night.started, night.started, None, 1))
        elif lasting:
            before = spells.pop()
            spells.append(Interval(before.first, before.last, night.started, before.runs))
    return tuple(spells)


def _judged(document: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return rule and location of each promise that a run can say was kept."""
    if document["reason"] is not None:
        return set()
    return {(each["rule"], each["location"]) for each in document["promises"] if each["judged"]}
