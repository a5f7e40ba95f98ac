"""The power of a run: the drifts that it would have noticed, and why it would not the others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Missed:
    """Drifts that a run would not have noticed for one reason.

    Attributes:
        reason: in one short line.
        remedy: the data or request that would show them; empty if it is unknown.
        drifts: kind and place of each, in words.
    """

    reason: str
    remedy: str
    drifts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Power:
    """The drifts of the catalogue that a run would have noticed.

    Attributes:
        noticed: number of drifts that give a finding when its responses are damaged by them.
        total: number of drifts tried.
        missed: the other ones, the largest group first.
        unproved: promises that were kept although no drift that breaks them would be noticed.
    """

    noticed: int
    total: int
    missed: tuple[Missed, ...] = ()
    unproved: tuple[str, ...] = ()

    @property
    def percent(self) -> float:
        """The share of noticed drifts in percent; 0 if none was tried."""
        return 100 * self.noticed / self.total if self.total else 0.0
