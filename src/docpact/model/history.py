"""Nights: runs as a history keeps them, and the story that they tell of each finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any


class State(Enum):
    """How a finding stands after the last run that could tell.

    NEW: seen for the first time; STANDING: seen before as well; BACK: seen again after it was gone;
    FLAPPING: comes and goes; HEALED: looked for, and no longer seen.
    """

    NEW = "new"
    STANDING = "standing"
    BACK = "back"
    FLAPPING = "flapping"
    HEALED = "healed"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One run of a history.

    Attributes:
        number: of the run in its history, from 1.
        started: in UTC.
        document: the decoded JSON document of the run; see `docpact.reports.document`.
    """

    number: int
    started: datetime
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Interval:
    """A time in which every run that could tell saw a finding.

    Attributes:
        first: when it was first seen.
        last: when it was last seen.
        healed: when it was first looked for in vain; None while it lasts.
        runs: how many saw it.
    """

    first: datetime
    last: datetime
    healed: datetime | None
    runs: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """What became of one finding over the nights.

    Attributes:
        fingerprint: of the finding.
        finding: as the document of the last run that saw it has it.
        state: how it stands.
        spells: at least one, in order.
    """

    fingerprint: str
    finding: Mapping[str, Any]
    state: State
    spells: tuple[Interval, ...]

    @property
    def first(self) -> datetime:
        """When it was seen for the first time."""
        return self.spells[0].first

    @property
    def last(self) -> datetime:
        """When it was seen last."""
        return self.spells[-1].last
