"""The rules of `diff`: every kind of change. Its level depends on who sends and who reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from docpact.model import Level

Effect: TypeAlias = Literal["wider", "narrower", "other"]
"""The effect of a change on the set of allowed values: it grows, it shrinks, or it changes."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of change.

    Attributes:
        name: the last part of its rules' ids.
        effect: on the set of allowed values.
        mirror: names of the kinds that the same change is in the other direction.
        summary: in one sentence.
    """

    name: str
    effect: Effect
    mirror: tuple[str, ...]
    summary: str


KINDS: Final = (
    Kind("type_widened", "wider", ("type_narrowed",), "One more JSON type is allowed."),
    Kind("type_narrowed", "narrower", ("type_widened",), "A JSON type is no longer allowed."),
    Kind("type_changed", "other", ("type_changed",), "The JSON type is a different one."),
    Kind("value_added", "wider", ("value_removed",), "An enumeration has one more value."),
    Kind("value_removed", "narrower", ("value_added",), "An enumeration has lost a value."),
    Kind("values_open", "wider", ("values_closed",), "An enumeration became any value."),
    Kind("values_closed", "narrower", ("values_open",), "Any value became an enumeration."),
    Kind("bound_widened", "wider", ("bound_narrowed",), "A limit allows more, or is removed."),
    Kind("bound_narrowed", "narrower", ("bound_widened",), "A limit allows less, or is new."),
    Kind("format_removed", "wider", ("format_added",), "A format is no longer stated."),
    Kind("format_added", "narrower", ("format_removed",), "A format is stated."),
    Kind("format_changed", "other", ("format_changed",), "The format is a different one."),
)
"""Kinds of change of a value, in a query and in a response."""

PLACES: Final = {
    "query": (
        Kind("added", "wider", ("removed",), "An optional parameter is new."),
        Kind("added_required", "other", ("removed",), "A required parameter is new."),
        Kind("removed", "other", ("added", "added_required"), "A parameter is removed."),
        Kind("required", "narrower", ("optional",), "A parameter became required."),
        Kind("optional", "wider", ("required",), "A parameter became optional."),
    ),
    "response": (
        Kind("added", "narrower", ("removed",), "A field is new."),
        Kind("removed", "other", ("added",), "A field is removed."),
        Kind("optional", "wider", ("always",), "A field may now be absent or null."),
        Kind("always", "narrower", ("optional",), "A field is now always present, never null."),
    ),
}
"""Kinds of change of a parameter or field itself."""

FACTS: Final = ("method", "path", "status", "content_type")
"""The facts that make an operation the one it is."""

READERS: Final = "readers of the response"
SENDERS: Final = "senders of the query"


@dataclass(frozen=True, slots=True)
class DiffRule:
    """One kind of change in one part of an operation.

    Attributes:
        id: `diff.part.kind`.
        level: of the change.
        summary: what changes, in one sentence.
        why: whom it affects and how, in one sentence.
        mirror: ids of the rules of the same change in the other direction.
    """

    id: str
    level: Level
    summary: str
    why: str
    mirror: tuple[str, ...]


def _rules() -> Iterator[DiffRule]:
    for name in FACTS:
        summary = f"The {name.replace('_', ' ')} is a different one."
        rule = f"diff.operation.{name}"
        yield DiffRule(rule, Level.BREAKING, summary, "It is a different operation.", (rule,))
    for part in ("query", "response"):
        for kind in (*PLACES[part], *KINDS):
            level = _level(part, kind.effect)
            mirror = tuple(f"diff.{part}.{name}" for name in kind.mirror)
            yield DiffRule(
                f"diff.{part}.{kind.name}", level, kind.summary, _WHY[part, level], mirror
            )


def _level(part: str, effect: Effect) -> Level:
    """Return the level: breaking if senders may send less, or readers must expect more."""
    hurts = {"query": "narrower", "response": "wider"}[part]
    return Level.BREAKING if effect in ("other", hurts) else Level.ADDITIVE


_WHY: Final = {
    ("query", Level.BREAKING): "A query that was documented is refused, or means something else.",
    ("query", Level.ADDITIVE): "Queries that were documented are still documented.",
    ("response", Level.BREAKING): "A reader that follows the first source meets the unexpected.",
    ("response", Level.ADDITIVE): "A reader that follows the first source needs no change.",
}

RULES: Final = tuple(_rules())
"""Every rule of `docpact diff`."""

BY_ID: Final = {rule.id: rule for rule in RULES}
