"""What changes from one side to another, and for whom: pure, one visible table of rules."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

from docpact.diff.side import BOUNDS, Part, Side, Voice
from docpact.model import Level, Source
from docpact.text import excerpt

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


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two sides.

    Attributes:
        rule: it is one of.
        location: `query/NAME`, a folded JSON Pointer into the body, or the name of a fact.
        before: what the first side says.
        after: what the second side says.
        sources: where each side states it, or None.
    """

    rule: DiffRule
    location: str
    before: str
    after: str
    sources: tuple[Source | None, Source | None] = (None, None)

    @property
    def audience(self) -> str:
        """Whom it concerns."""
        return {"query": SENDERS, "response": READERS}.get(self.rule.id.split(".")[1], "everybody")


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

_BY_ID: Final = {rule.id: rule for rule in RULES}


def diff(a: Side, b: Side) -> tuple[Change, ...]:
    """Return what changes from one side to another, in the order in which the sides state it.

    Only what both speak of is compared; the order of enumerations, fields and parameters says
    nothing. Of a part that is there on one side alone, what is in it is not told again.
    """
    return (*_facts(a, b), *_parts("query", a, b), *_parts("response", a, b))


def compared(a: Side, b: Side) -> tuple[str, ...]:
    """Return what both sides speak of: `operation`, `query`, `response` and the part of it."""
    found = ["operation"] if set(a.facts) & set(b.facts) else []
    if a.query is not None and b.query is not None:
        found.append("query")
    if a.response is not None and b.response is not None and _scope(a, b) is not None:
        found.append(f"response {_scope(a, b)}".strip())
    return tuple(found)


def _facts(a: Side, b: Side) -> Iterator[Change]:
    for name in FACTS:
        one, other = a.facts.get(name), b.facts.get(name)
        if one is not None and other is not None and one != other:
            yield Change(_BY_ID[f"diff.operation.{name}"], name, one, other)


def _scope(a: Side, b: Side) -> str | None:
    """Return the part of the body that both speak of, or None if there is none."""
    shorter, longer = sorted((a.scope, b.scope), key=len)
    return longer if longer == shorter or longer.startswith(f"{shorter}/") else None


def _parts(kind: str, a: Side, b: Side) -> Iterator[Change]:
    before, after = (a.query, b.query) if kind == "query" else (a.response, b.response)
    if before is None or after is None:
        return
    scope = _scope(a, b) if kind == "response" else ""
    if scope is None:
        return
    gone: list[str] = []
    for where in dict.fromkeys((*before, *after)):
        inside = where == scope or where.startswith(f"{scope}/") or kind == "query"
        if not inside or any(where.startswith(_below(kind, each)) for each in gone):
            continue
        one, other = before.get(where), after.get(where)
        location = f"query/{where}" if kind == "query" else where
        if one is None or other is None:
            gone.append(where)
            lacking, parts, stated = (a, before, other) if one is None else (b, after, one)
            is_silent = stated is None or _is_silent(lacking, parts, where, stated)
            found = iter(()) if is_silent else _only(kind, location, one, other)
        elif where == scope and scope:
            found = iter(())
        else:
            pair = (one, other) if a.whole_numbers and b.whole_numbers else _numbers(one, other)
            found = _both(kind, location, pair, (a.voice, b.voice))
        yield from found


def _numbers(*parts: Part) -> tuple[Part, Part]:
    """Take whole numbers for numbers, where a side has no word for them."""
    one, other = (
        replace(part, types=part.types | {"integer", "number"})
        if part.types & {"integer", "number"}
        else part
        for part in parts
    )
    return one, other


def _below(kind: str, where: str) -> str:
    return f"{where}." if kind == "query" else f"{where}/"


def _only(kind: str, location: str, one: Part | None, other: Part | None) -> Iterator[Change]:
    """Yield the change of a place that one side alone has."""
    if one is None and other is not None:
        name = "added_required" if kind == "query" and other.always else "added"
        yield _change(kind, name, location, None, other)
    else:
        yield _change(kind, "removed", location, one, None)


def _is_silent(side: Side, parts: Mapping[str, Part], where: str, stated: Part) -> bool:
    """Say whether a sample that lacks a place says nothing by it.

    It does where the place may lack, and where nothing was seen that could have held it.
    """
    holder = parts.get(where.rpartition("/")[0])
    seen = holder is not None and "object" in holder.types
    return side.voice is Voice.SAMPLE and not (stated.always and seen and not where.endswith("/*"))


def _both(
    kind: str, location: str, parts: tuple[Part, Part], voices: tuple[Voice, Voice]
) -> Iterator[Change]:
    one, other = parts
    sample = Voice.SAMPLE in voices

    def change(name: str, before: str, after: str) -> Change:
        rule = _BY_ID[f"diff.{kind}.{name}"]
        return Change(rule, location, before, after, (one.source, other.source))

    if one.always != other.always and not (sample and _shown(parts, voices).always):
        surely, perhaps = ("required", "optional") if kind == "query" else ("always", "optional")
        name = surely if other.always else perhaps
        yield change(name, _always(one.always), _always(other.always))
    if one.types != other.types and not (sample and _fits_types(parts, voices)):
        name = _way(one.types, other.types, "type_widened", "type_narrowed", "type_changed")
        yield change(name, _types(one), _types(other))
        return
    yield from (change(*each) for each in _values(parts, voices))
    if not sample:
        yield from (change(*each) for each in _bounds(parts, voices))
        yield from (change(*each) for each in _formats(parts, voices))


def _shown(parts: tuple[Part, Part], voices: tuple[Voice, Voice]) -> Part:
    """Return what a sample showed."""
    return parts[0] if voices[0] is Voice.SAMPLE else parts[1]


def _stated(parts: tuple[Part, Part], voices: tuple[Voice, Voice]) -> Part:
    return parts[1] if voices[0] is Voice.SAMPLE else parts[0]


def _fits_types(parts: tuple[Part, Part], voices: tuple[Voice, Voice]) -> bool:
    return _shown(parts, voices).types <= _stated(parts, voices).types


def _way(one: frozenset[str], other: frozenset[str], wider: str, narrower: str, else_: str) -> str:
    if one < other:
        return wider
    return narrower if other < one else else_


def _values(
    parts: tuple[Part, Part], voices: tuple[Voice, Voice]
) -> Iterator[tuple[str, str, str]]:
    one, other = (None if p.values is None else {json.dumps(v): v for v in p.values} for p in parts)
    if Voice.SAMPLE in voices:
        if one is None or other is None:
            return
        shown, stated = (one, other) if voices[0] is Voice.SAMPLE else (other, one)
        beyond = _listed({key: shown[key] for key in shown.keys() - stated.keys()})
        if beyond and voices[0] is Voice.SAMPLE:
            yield "value_removed", beyond, "not listed"
        elif beyond:
            yield "value_added", "not listed", beyond
    elif one is None and other is not None:
        yield "values_closed", "any value", _listed(other)
    elif other is None and one is not None:
        yield "values_open", _listed(one), "any value"
    elif one is not None and other is not None:
        for key in sorted(other.keys() - one.keys()):
            yield "value_added", "not listed", excerpt(other[key])
        for key in sorted(one.keys() - other.keys()):
            yield "value_removed", excerpt(one[key]), "not listed"


def _bounds(
    parts: tuple[Part, Part], voices: tuple[Voice, Voice]
) -> Iterator[tuple[str, str, str]]:
    for keyword, outward in BOUNDS.items():
        one, other = (part.bounds.get(keyword) for part in parts)
        silent = Voice.TYPES in voices and None in (one, other)
        if one == other or silent:
            continue
        is_wider = other is None or (one is not None and (other - one) * outward > 0)
        name = "bound_widened" if is_wider else "bound_narrowed"
        yield name, _bound(keyword, one), _bound(keyword, other)


def _formats(
    parts: tuple[Part, Part], voices: tuple[Voice, Voice]
) -> Iterator[tuple[str, str, str]]:
    one, other = parts[0].format, parts[1].format
    if one == other or (Voice.TYPES in voices and None in (one, other)):
        return
    if one is None:
        yield "format_added", "no format", str(other)
    elif other is None:
        yield "format_removed", one, "no format"
    else:
        yield "format_changed", one, other


def _change(kind: str, name: str, location: str, one: Part | None, other: Part | None) -> Change:
    sources = (one.source if one else None, other.source if other else None)
    before, after = ("absent" if part is None else described(part) for part in (one, other))
    return Change(_BY_ID[f"diff.{kind}.{name}"], location, before, after, sources)


def described(part: Part) -> str:
    """Write what is said of a place in a few words."""
    text = _types(part) if part.values is None else _listed(dict(enumerate(part.values)))
    return f"{text}, {_always(part.always)}"


def _types(part: Part) -> str:
    shown = part.types - ({"integer"} if "number" in part.types else set())
    return " or ".join(sorted(shown)) or "null"


def _always(always: bool) -> str:
    return "required" if always else "optional"


def _listed(values: Mapping[Any, Any]) -> str:
    return ", ".join(sorted(excerpt(value) for value in values.values()))


def _bound(keyword: str, number: float | None) -> str:
    return f"no {keyword}" if number is None else f"{keyword} {number:g}"
