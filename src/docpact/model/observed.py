"""Observations of a run that later runs are compared with: counts, never values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

Counts: TypeAlias = Mapping[str, int]
"""Kind of observation, such as `string` or `422` → how often it was made."""

Groups: TypeAlias = Mapping[str, Counts]
"""Group of items, such as those of one status → counts; one group without a name for all."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Hashes of some items.

    Attributes:
        fields: names of their fields, in order.
        items: hash of an item's id → the hashes of these fields, joined.
    """

    fields: tuple[str, ...] = ()
    items: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observed:
    """Counts of the responses of one run.

    Attributes:
        day: of the run, in UTC.
        context: hash of the contract and of the account; runs with different ones are not compared.
        counts: rule → location → counts by group.
        final: hashes of finished items; None if the contract does not say which ones are finished.
        uncounted: locations with so many different fields that these are not counted.
    """

    day: date
    context: str
    counts: Mapping[str, Mapping[str, Groups]] = field(default_factory=dict)
    final: Sample | None = None
    uncounted: tuple[str, ...] = ()

    def find(self, rule: str, location: str) -> Groups:
        """Return the counts of a rule at a location; empty if there are none."""
        return self.counts.get(rule, {}).get(location, {})


@dataclass(frozen=True, slots=True)
class Night:
    """The observations of an earlier run.

    Attributes:
        observed: the counts.
        changed: rule and location of each habit that the run reported as ended → why somebody
            accepted that; empty if nobody did.
    """

    observed: Observed
    changed: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Past:
    """The earlier runs of an operation on a target that a run is compared with.

    Attributes:
        account: hash of the credential and of the other settings that choose what a run sees.
        nights: in order.
    """

    account: str
    nights: tuple[Night, ...] = ()
