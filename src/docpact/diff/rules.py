"""The rules of `diff`: every kind of change, its level, and a change as it is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from docpact.model import Level, Source

Effect: TypeAlias = Literal["wider", "narrower", "other", "none", "unknown"]
"""The effect of a change on the set of allowed values: it grows, shrinks, changes, stays, or cannot
be computed."""


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
    Kind("keyword_removed", "wider", ("keyword_added",), "A pattern or the like is looser."),
    Kind("keyword_added", "narrower", ("keyword_removed",), "A pattern or the like is stricter."),
    Kind("keyword_replaced", "other", ("keyword_replaced",), "A pattern allows other values."),
    Kind(
        "keyword_changed", "unknown", ("keyword_changed",), "A pattern or the like is another one."
    ),
)
"""Kinds of change of a value, in a request and in a response."""


def _sent(noun: str) -> tuple[Kind, ...]:
    """Return the kinds of change of something that is sent."""
    return (
        Kind("added", "wider", ("removed",), f"An optional {noun} is new."),
        Kind("added_required", "other", ("removed",), f"A required {noun} is new."),
        Kind("removed", "other", ("added", "added_required"), f"A {noun} is removed."),
        Kind("required", "narrower", ("optional",), f"A {noun} became required."),
        Kind("optional", "wider", ("required",), f"A {noun} became optional."),
        Kind("default_added", "wider", ("default_removed",), "A default value is stated."),
        Kind("default_removed", "other", ("default_added",), "A default is no longer stated."),
        Kind("default_changed", "other", ("default_changed",), "The default is a different one."),
        Kind("deprecated", "wider", ("undeprecated",), f"A {noun} is now deprecated."),
        Kind("undeprecated", "none", ("deprecated",), f"A {noun} is no longer deprecated."),
    )


PLACES: Final = {
    "query": _sent("parameter"),
    "request": _sent("parameter or field"),
    "response": (
        Kind("added", "narrower", ("removed",), "A field is new."),
        Kind("removed", "other", ("added",), "A field is removed."),
        Kind("optional", "wider", ("always",), "A field may now be absent or null."),
        Kind("always", "narrower", ("optional",), "A field is now always present, never null."),
        Kind("default_added", "narrower", ("default_removed",), "A default value is stated."),
        Kind("default_removed", "narrower", ("default_added",), "No default is stated any more."),
        Kind("default_changed", "narrower", ("default_changed",), "The default is another one."),
        Kind("deprecated", "narrower", ("undeprecated",), "A field is now deprecated."),
        Kind("undeprecated", "none", ("deprecated",), "A field is no longer deprecated."),
        Kind("success_added", "wider", ("status_removed",), "A status of success is new."),
        Kind("error_added", "narrower", ("status_removed",), "Another status is new."),
        Kind(
            "status_removed",
            "narrower",
            ("success_added", "error_added"),
            "A status is no longer documented.",
        ),
    ),
}
"""Kinds of change of a parameter, field or response itself."""

FACTS: Final = ("method", "path", "status", "content_type", "body_type")
"""The facts that make an operation the one it is."""

AUDIENCES: Final = {
    "query": "senders of the query",
    "request": "senders of the request",
    "credentials": "senders of the request",
    "response": "readers of the response",
}
"""Part of a rule's id → the people whom its changes concern; everybody if it is missing."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an operation that has values.

    Attributes:
        name: as in `SourceView.parts`, and before the location of a change.
        group: of its rules: `query`, `request` or `response`.
        title: for people.
        is_value: whether it is one value, not a collection of named ones.
    """

    name: str
    group: str
    title: str
    is_value: bool = False


PARTS: Final = (
    Part("query", "query", "query"),
    Part("response", "response", "response", is_value=True),
    Part("path", "request", "path parameters"),
    Part("header", "request", "request headers"),
    Part("cookie", "request", "cookies"),
    Part("body", "request", "request body", is_value=True),
    Part("bodies", "request", "other request bodies"),
    Part("responses", "response", "other responses"),
)
"""Every part that is compared."""


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


_OPERATION: Final = (
    ("operation.added", Level.ADDITIVE, "An operation is new.", "removed"),
    ("operation.removed", Level.BREAKING, "An operation is no longer documented.", "added"),
    ("operation.deprecated", Level.ADDITIVE, "The operation is now deprecated.", "undeprecated"),
    ("operation.undeprecated", Level.NOTE, "It is no longer deprecated.", "deprecated"),
    ("credentials.added", Level.ADDITIVE, "Further credentials are accepted.", "removed unneeded"),
    ("credentials.removed", Level.BREAKING, "Credentials are no longer accepted.", "added"),
    ("credentials.unneeded", Level.ADDITIVE, "Fewer credentials or scopes are needed.", "added"),
    ("servers.added", Level.ADDITIVE, "A server is new.", "removed"),
    ("servers.removed", Level.BREAKING, "A server is removed.", "added"),
)
"""Rules about the whole operation: id, level, summary, and the last parts of the mirrors' ids."""


def _rules() -> Iterator[DiffRule]:
    for name in FACTS:
        summary = f"The {name.replace('_', ' ')} is a different one."
        rule = f"diff.operation.{name}"
        yield DiffRule(rule, Level.BREAKING, summary, "It is a different operation.", (rule,))
    for name, level, summary, mirrors in _OPERATION:
        part = name.partition(".")[0]
        mirror = tuple(f"diff.{part}.{each}" for each in mirrors.split())
        yield DiffRule(f"diff.{name}", level, summary, _WHY["request", level], mirror)
    for part, kinds in PLACES.items():
        for kind in (*kinds, *KINDS):
            level = _level(part, kind.effect)
            mirror = tuple(f"diff.{part}.{each}" for each in kind.mirror)
            why = _UNKNOWN if kind.effect == "unknown" else _WHY[part, level]
            yield DiffRule(f"diff.{part}.{kind.name}", level, kind.summary, why, mirror)


def _level(part: str, effect: Effect) -> Level:
    """Return the level: breaking if senders may send less, or readers must expect more."""
    if effect in ("none", "unknown"):
        return Level.NOTE
    hurts = "wider" if part == "response" else "narrower"
    return Level.BREAKING if effect in ("other", hurts) else Level.ADDITIVE


_UNKNOWN: Final = "It may allow more, less or other values: compare the two."

_WHY: Final = {
    ("query", Level.BREAKING): "A query that was documented is refused, or means something else.",
    ("query", Level.ADDITIVE): "Queries that were documented are still documented.",
    ("query", Level.NOTE): "Queries mean the same as before.",
    ("request", Level.BREAKING): "A documented request is refused, or means something else.",
    ("request", Level.ADDITIVE): "Requests that were documented are still documented.",
    ("request", Level.NOTE): "Requests mean the same as before.",
    ("response", Level.BREAKING): "A reader that follows the first source meets the unexpected.",
    ("response", Level.ADDITIVE): "A reader that follows the first source needs no change.",
    ("response", Level.NOTE): "Responses mean the same as before.",
}

RULES: Final = tuple(_rules())
"""Every rule of `docpact diff`."""

BY_ID: Final = {rule.id: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two sources.

    Attributes:
        rule: the kind of change.
        location: `query/NAME`, a folded JSON Pointer into the response body, another part with such
            a pointer, as in `body/name`, or the name of a fact.
        before: the statement of the first source.
        after: the statement of the second source.
        sources: where each of them states it, or None.
        detail: a value or a keyword, to distinguish changes of one rule at one location.
    """

    rule: DiffRule
    location: str
    before: str
    after: str
    sources: tuple[Source | None, Source | None] = (None, None)
    detail: str = ""

    @property
    def audience(self) -> str:
        """The people the change concerns."""
        return AUDIENCES.get(self.rule.id.split(".")[1], "everybody")
