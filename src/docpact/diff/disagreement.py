"""Disagreements: the statements of several sources about one promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import Final, NamedTuple

from docpact.diff.compare import diff
from docpact.diff.rules import Change
from docpact.diff.view import SourceView


class Since(NamedTuple):
    """Since when a source states the same about a promise.

    Attributes:
        on: the first recorded day on which it did.
        before: the last recorded day on which it did not; None if it always did.
    """

    on: date
    before: date | None = None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One promise on which sources differ.

    Attributes:
        location: as in `Change`.
        promise: its subject: `presence`, `type`, a value, a limit, `format` or a fact.
        groups: a statement, and the names of the sources that make it; the largest group first.
        since: source → since when it makes its statement; none if that is not recorded.
        first: the source whose change began the disagreement; empty if that is not recorded.
    """

    location: str
    promise: str
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    since: Mapping[str, Since] = field(default_factory=dict)
    first: str = ""


def disagree(views: Sequence[SourceView]) -> tuple[Disagreement, ...]:
    """Return the promises on which any two of several sources differ.

    No group contains a source that does not cover the promise.

    Args:
        views: two or more.
    """
    promises: dict[tuple[str, str], dict[str, dict[str, None]]] = {}
    for one, other in combinations(views, 2):
        for change in diff(one, other):
            groups = promises.setdefault((change.location, name_promise(change)), {})
            groups.setdefault(_statement(change, change.before), {})[one.name] = None
            groups.setdefault(_statement(change, change.after), {})[other.name] = None
    return tuple(
        Disagreement(location, promise, _by_size(groups))
        for (location, promise), groups in promises.items()
    )


def _by_size(groups: Mapping[str, Mapping[str, None]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    largest_first = sorted(groups.items(), key=lambda group: -len(group[1]))
    return tuple((statement, tuple(names)) for statement, names in largest_first)


_PROMISES: Final = {
    "added": "presence",
    "added_required": "presence",
    "removed": "presence",
    "required": "required",
    "optional": "required",
    "always": "required",
    "success_added": "presence",
    "error_added": "presence",
    "status_removed": "presence",
    "undeprecated": "deprecated",
}
"""The last part of a rule's id → the promise it is about, where the word differs."""


def name_promise(change: Change) -> str:
    """Return the subject of a change; each value of an enumeration and each limit is one."""
    kind = change.rule.id.rpartition(".")[2]
    if change.detail:
        return f"value {change.detail}" if kind.startswith("value_") else change.detail
    return _PROMISES.get(kind) or kind.partition("_")[0]


def _statement(change: Change, text: str) -> str:
    """Return what one source states; about a location that the other does not have, only that."""
    kind = change.rule.id.rpartition(".")[2]
    if kind.startswith("value_"):
        return text if text == "not listed" else "listed"
    if _PROMISES.get(kind) == "presence" and text != "absent":
        return "there"
    return text
