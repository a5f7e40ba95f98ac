"""The rules of the diff: every kind of change, whose level follows from who sends and who reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from docpact.model import Level

Way: TypeAlias = Literal["wider", "narrower", "other"]
"""What happens to the set of what may stand somewhere: it grows, it shrinks, or it moves."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of change.

    Attributes:
        name: the last part of its rules' ids.
        way: what it does to the set of what may stand there.
        mirror: name of the kinds that the same change is, seen from the other side.
        summary: in one sentence.
    """

    name: str
    way: Way
    mirror: tuple[str, ...]
    summary: str


KINDS: Final = (
    Kind("type_widened", "wider", ("type_narrowed",), "A further JSON type may stand there."),
    Kind("type_narrowed", "narrower", ("type_widened",), "A JSON type may no longer stand there."),
    Kind("type_changed", "other", ("type_changed",), "Another JSON type stands there."),
    Kind("value_added", "wider", ("value_removed",), "An enumeration lists a further value."),
    Kind("value_removed", "narrower", ("value_added",), "An enumeration lists a value no longer."),
    Kind("values_open", "wider", ("values_closed",), "What was an enumeration takes any value."),
    Kind("values_closed", "narrower", ("values_open",), "What took any value is an enumeration."),
    Kind("bound_widened", "wider", ("bound_narrowed",), "A bound lets more in, or is gone."),
    Kind("bound_narrowed", "narrower", ("bound_widened",), "A bound lets less in, or is new."),
    Kind("format_removed", "wider", ("format_added",), "A format is no longer stated."),
    Kind("format_added", "narrower", ("format_removed",), "A format is stated."),
    Kind("format_changed", "other", ("format_changed",), "Another format is stated."),
)
"""Kinds of change of what stands at a place, in a query as in a response."""

PLACES: Final = {
    "query": (
        Kind("added", "wider", ("removed",), "A parameter that need not be sent is new."),
        Kind("added_required", "other", ("removed",), "A parameter that must be sent is new."),
        Kind("removed", "other", ("added", "added_required"), "A parameter is gone."),
        Kind("required", "narrower", ("optional",), "A parameter must be sent now."),
        Kind("optional", "wider", ("required",), "A parameter need no longer be sent."),
    ),
    "response": (
        Kind("added", "narrower", ("removed",), "A field is new."),
        Kind("removed", "other", ("added",), "A field is gone."),
        Kind("optional", "wider", ("always",), "A field may be absent or null now."),
        Kind("always", "narrower", ("optional",), "A field is always there now, and never null."),
    ),
}
"""Kinds of change of a place itself, by the part of the operation that it is in."""

FACTS: Final = ("method", "path", "status", "content_type")
"""What else an operation has, and is another operation without."""

READERS: Final = "readers of the response"
SENDERS: Final = "senders of the query"


@dataclass(frozen=True, slots=True)
class DiffRule:
    """One kind of change in one part of an operation.

    Attributes:
        id: `diff.part.kind`.
        level: of the change.
        summary: what changes, in one sentence.
        why: what that means for whom, in one sentence.
        mirror: ids of the rules that the same change is under, seen from the other side.
    """

    id: str
    level: Level
    summary: str
    why: str
    mirror: tuple[str, ...]


def _rules() -> Iterator[DiffRule]:
    for name in FACTS:
        said = name.replace("_", " ")
        summary = f"The {said} is another one."
        rule = f"diff.operation.{name}"
        yield DiffRule(rule, Level.BREAKING, summary, "It is another operation.", (rule,))
    for part in ("query", "response"):
        for kind in (*PLACES[part], *KINDS):
            level = _level(part, kind.way)
            mirror = tuple(f"diff.{part}.{name}" for name in kind.mirror)
            yield DiffRule(
                f"diff.{part}.{kind.name}", level, kind.summary, _WHY[part, level], mirror
            )


def _level(part: str, way: Way) -> Level:
    """Say how much a change matters: who sends may send less, or who reads must expect more."""
    hurts = {"query": "narrower", "response": "wider"}[part]
    return Level.BREAKING if way in ("other", hurts) else Level.ADDITIVE


_WHY: Final = {
    ("query", Level.BREAKING): "A query that was documented is refused, or means something else.",
    ("query", Level.ADDITIVE): "Queries that were documented stay documented.",
    ("response", Level.BREAKING): "A reader written by the first side meets what it does not know.",
    ("response", Level.ADDITIVE): "Readers written by the first side need nothing new.",
}

RULES: Final = tuple(_rules())
"""Every rule of `docpact diff`."""

BY_ID: Final = {rule.id: rule for rule in RULES}
