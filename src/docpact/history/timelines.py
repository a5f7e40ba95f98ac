"""Timelines: the history of each finding, computed from history entries alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from docpact.model import Finding, HistoryEntry, Interval, State, Timeline
from docpact.model.history import EXTRAS

WINDOW: Final = 10
"""Number of latest runs that tested for a finding in which flapping is looked for."""

CHANGES: Final = 3
"""A finding that appeared or disappeared this often within the window is flapping."""


def build_timelines(entries: Sequence[HistoryEntry]) -> tuple[Timeline, ...]:
    """Return the timelines of the findings of entries in order, by state, then the oldest first.

    A run counts for a finding if it shows the finding, or if it is conclusive and tested the
    promise without seeing it broken. Other runs change nothing.
    """
    latest = {finding.fingerprint: finding for entry in entries for finding in entry.run.findings}
    seen = [{finding.fingerprint for finding in entry.run.findings} for entry in entries]
    timelines = [_build_timeline(finding, entries, seen) for finding in latest.values()]
    states = list(State)
    return tuple(sorted(timelines, key=lambda each: (states.index(each.state), each.first)))


def _build_timeline(
    finding: Finding, entries: Sequence[HistoryEntry], seen: Sequence[set[str]]
) -> Timeline:
    observations = _observe(finding, entries, seen)
    intervals = _find_intervals(observations)
    recent = [is_seen for _, is_seen in observations[-WINDOW:]]
    changes = sum(one != other for one, other in pairwise(recent))
    if changes >= CHANGES:
        state = State.FLAPPING
    elif intervals[-1].healed is not None:
        state = State.GONE if finding.rule in EXTRAS else State.HEALED
    elif intervals[-1].runs > 1:
        state = State.STANDING
    else:
        state = State.BACK if len(intervals) > 1 else State.NEW
    return Timeline(finding, state, intervals)


def _observe(
    finding: Finding, entries: Sequence[HistoryEntry], seen: Sequence[set[str]]
) -> list[tuple[HistoryEntry, bool]]:
    """Return the entries since the first sight; an accepted end of a habit does not heal."""
    observations: list[tuple[HistoryEntry, bool]] = []
    is_learned = finding.promise.is_habit and bool(finding.accepted)
    for entry, fingerprints in zip(entries, seen, strict=True):
        is_seen = finding.fingerprint in fingerprints
        counts = observations and not is_learned
        if is_seen or (counts and entry.run.has_tested(finding.rule, finding.promise.location)):
            observations.append((entry, is_seen))
    return observations


def _find_intervals(observations: Sequence[tuple[HistoryEntry, bool]]) -> tuple[Interval, ...]:
    intervals: list[Interval] = []
    for entry, is_seen in observations:
        is_open = bool(intervals) and intervals[-1].healed is None
        if is_seen and is_open:
            before = intervals.pop()
            intervals.append(Interval(before.first, entry.started, None, before.runs + 1))
        elif is_seen:
            intervals.append(Interval(entry.started, entry.started, None, 1))
        elif is_open:
            before = intervals.pop()
            intervals.append(Interval(before.first, before.last, entry.started, before.runs))
    return tuple(intervals)
