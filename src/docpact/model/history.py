"""History entries and the timeline of each finding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from docpact.model.finding import Finding
from docpact.model.run import Run, Verdict

EXTRAS: Final = frozenset({"response.undocumented_field"})
"""Rules whose findings report more than the documentation: that they disappear heals nothing."""


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
        run: the run.
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
        state: after the last run.
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
