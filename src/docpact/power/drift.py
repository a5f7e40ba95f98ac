"""The drift: one way in which an API may change, and whether a run would have noticed it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeAlias

from docpact.model import Judgement, Promise

Known: TypeAlias = frozenset[tuple[str, str, str]]
"""Rule, location and detail of every breach that the undamaged responses show."""


NOTICED: Final = ("", "")
"""Reason and remedy of a drift that gives a new finding."""

KNOWN: Final = "the run has a finding there already"
"""The reason of a drift that gives no new finding."""

TOO_LONG: Final = ("the responses are too long to try it", "")
"""Reason and remedy of the drifts that would take too much time."""

EMPTY: Final = ("the list is empty", "one item")
"""Reason and remedy of the drifts of an empty list."""


class Drift(NamedTuple):
    """One drift, tried on the responses of a run.

    Attributes:
        kind: in words, e.g. `the filter is ignored`.
        rule: id of the rule that it aims at.
        place: location of the promise, or the filter or page size concerned.
        reason: why judging the damaged responses gives no new finding; empty if it does.
        remedy: the data or request that would show it; empty if it is unknown.
    """

    kind: str
    rule: str
    place: str
    reason: str = ""
    remedy: str = ""

    @property
    def is_noticed(self) -> bool:
        """Return whether the run would have noticed it."""
        return not self.reason

    def __str__(self) -> str:
        return f"{self.kind}: {self.place or '(the whole body)'}"


def read_known(judgements: Iterable[Judgement]) -> Known:
    """Return the breaches of a run."""
    return frozenset(
        (each.promise.rule, breach.location, breach.detail)
        for each in judgements
        for breach in each.breaches
    )


def find_new(judgements: Iterable[Judgement], known: Known) -> frozenset[Promise]:
    """Return the promises with a breach that the undamaged responses do not show."""
    return frozenset(each.promise for each in judgements if read_known([each]) - known)
