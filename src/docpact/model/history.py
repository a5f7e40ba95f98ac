"""History entries, and the timeline of each finding, computed from them alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from itertools import pairwise
from typing import Final

from docpact.model.finding import Finding
from docpact.model.run import Run, Verdict

EXTRAS: Final = frozenset({"response.undocumented_field"})
"""Rules whose findings report more than the documentation: that they disappear heals nothing."""

WINDOW: Final = 10
"""Number of latest runs that tested for a finding in which flapping is looked for."""

CHANGES: Final = 3
"""A finding that appeared or disappeared this often within the window is flapping."""


class State(Enum):
    """The state of a finding after the last run that tested for it.

    NEW: seen for the first time; STANDING: seen before as well; BACK: seen again after it had
    healed; FLAPPING: comes and goes; HEALED: tested for and no longer seen; GONE: the same of an
    undocumented field, which clients may have used.
    """

    NEW = "new"
    STANDING = "standing"
    BACK = "back"
    FLAPPING = "flapping"
    HEALED = "healed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One run of a history.

    Attributes:
        number: of the run in its history, from 1.
        verdict: as it was reported then, with or without `--strict`.
    """

    number: int
    verdict: Verdict
    run: Run

    @property
    def started(self) -> datetime:
        """The start of the run, in UTC."""
        return self.run.started


@dataclass(frozen=True, slots=True)
class Interval:
    """A time in which every run that tested for a finding saw it.

    Attributes:
        first: start of the first run that saw it.
        last: start of the last run that saw it.
        healed: start of the first run that no longer saw it; None if the interval is open.
        runs: number of runs that saw it.
    """

    first: datetime
    last: datetime
    healed: datetime | None
    runs: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """The history of one finding.

    Attributes:
        finding: as the last run that saw it reported it.
        intervals: at least one, in order.
    """

    finding: Finding
    state: State
    intervals: tuple[Interval, ...]

    @property
    def end(self) -> State:
        """The state once it is no longer seen."""
        return State.GONE if self.finding.rule in EXTRAS else State.HEALED

    @property
    def first(self) -> datetime:
        """The start of the first run that saw it."""
        return self.intervals[0].first

    @property
    def last(self) -> datetime:
        """The start of the last run that saw it."""
        return self.intervals[-1].last


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
            last, runs = entry.started, intervals[-1].runs + 1
            intervals[-1] = replace(intervals[-1], last=last, runs=runs)
        elif is_seen:
            intervals.append(Interval(entry.started, entry.started, None, 1))
        elif is_open:
            intervals[-1] = replace(intervals[-1], healed=entry.started)
    return tuple(intervals)
