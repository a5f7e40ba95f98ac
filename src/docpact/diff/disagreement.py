"""Disagreement: promise by promise, what each of several sources says, and who stands apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from docpact.diff.changes import Change, diff
from docpact.diff.side import Side


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One promise on which sources differ.

    Attributes:
        location: as in `Change`.
        promise: what it is about: `presence`, `type`, `values`, a bound, `format` or a fact.
        groups: what is said, and the names of those who say it, the most of them first.
    """

    location: str
    promise: str
    groups: tuple[tuple[str, tuple[str, ...]], ...]


def disagree(sides: Sequence[Side]) -> tuple[Disagreement, ...]:
    """Lay sources side by side, and return the promises on which any two of them differ.

    A source that does not speak of a promise is in none of its groups.

    Args:
        sides: two or more.
    """
    told: dict[tuple[str, str], dict[str, dict[str, None]]] = {}
    for number, one in enumerate(sides):
        for other in sides[number + 1 :]:
            for change in diff(one, other):
                said = told.setdefault((change.location, _promise(change)), {})
                said.setdefault(_said(change, change.before), {})[one.name] = None
                said.setdefault(_said(change, change.after), {})[other.name] = None
    return tuple(
        Disagreement(
            location,
            promise,
            tuple(
                (text, tuple(names))
                for text, names in sorted(said.items(), key=lambda each: -len(each[1]))
            ),
        )
        for (location, promise), said in told.items()
    )


_PROMISES: Final = {
    "added": "presence",
    "added_required": "presence",
    "removed": "presence",
    "required": "required",
    "optional": "required",
    "always": "required",
}
"""The last part of a rule's id → the promise it is about, where that is another word."""


def _promise(change: Change) -> str:
    """Name what a change is about; each value of an enumeration, and each bound, is a promise."""
    kind = change.rule.id.rpartition(".")[2]
    if change.detail:
        return f"value {change.detail}" if kind.startswith("value_") else change.detail
    return _PROMISES.get(kind) or kind.partition("_")[0]


def _said(change: Change, text: str) -> str:
    """Write what one side says: of a place that the other lacks, no more than that it is there."""
    kind = change.rule.id.rpartition(".")[2]
    if kind.startswith("value_"):
        return text if text == "not listed" else "listed"
    if _PROMISES.get(kind) == "presence" and text != "absent":
        return "there"
    return text
