"""What changes from one side to another, and for whom: pure functions from two sides to changes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from docpact.diff.rules import BY_ID, FACTS, READERS, SENDERS, DiffRule
from docpact.diff.side import BOUNDS, Part, Side, Voice
from docpact.model import Source
from docpact.text import excerpt

Told: TypeAlias = tuple[str, str, str, str]
"""The name of a kind of change, what each side says, and the detail."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two sides.

    Attributes:
        rule: it is one of.
        location: `query/NAME`, a folded JSON Pointer into the body, or the name of a fact.
        before: what the first side says.
        after: what the second side says.
        sources: where each side states it, or None.
        detail: what tells two changes of one rule at one location apart: a value, a keyword.
    """

    rule: DiffRule
    location: str
    before: str
    after: str
    sources: tuple[Source | None, Source | None] = (None, None)
    detail: str = ""

    @property
    def audience(self) -> str:
        """Whom it concerns."""
        return {"query": SENDERS, "response": READERS}.get(self.rule.id.split(".")[1], "everybody")


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
            yield Change(BY_ID[f"diff.operation.{name}"], name, one, other)


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

    def change(name: str, before: str, after: str, detail: str = "") -> Change:
        rule = BY_ID[f"diff.{kind}.{name}"]
        return Change(rule, location, before, after, (one.source, other.source), detail)

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


def _values(parts: tuple[Part, Part], voices: tuple[Voice, Voice]) -> Iterator[Told]:
    one, other = (_keyed(part.values) for part in parts)
    sample = Voice.SAMPLE in voices
    if one is not None and other is not None:
        added, removed = other.keys() - one.keys(), one.keys() - other.keys()
        if not sample or voices[1] is Voice.SAMPLE:
            for key in sorted(added):
                yield "value_added", "not listed", excerpt(other[key]), excerpt(other[key])
        if not sample or voices[0] is Voice.SAMPLE:
            for key in sorted(removed):
                yield "value_removed", excerpt(one[key]), "not listed", excerpt(one[key])
    elif other is not None and not sample:
        yield "values_closed", "any value", _listed(other.values()), ""
    elif one is not None and not sample:
        yield "values_open", _listed(one.values()), "any value", ""


def _keyed(values: Sequence[Any] | None) -> dict[str, Any] | None:
    """Return values by what tells them apart in JSON: 1.0 is 1, and neither is true."""
    if values is None:
        return None
    whole = (int(v) if isinstance(v, float) and v.is_integer() else v for v in values)
    return {json.dumps(value): value for value in whole}


def _bounds(parts: tuple[Part, Part], voices: tuple[Voice, Voice]) -> Iterator[Told]:
    for keyword, outward in BOUNDS.items():
        one, other = (part.bounds.get(keyword) for part in parts)
        silent = Voice.TYPES in voices and None in (one, other)
        if one == other or silent:
            continue
        is_wider = other is None or (one is not None and (other - one) * outward > 0)
        name = "bound_widened" if is_wider else "bound_narrowed"
        yield name, _bound(keyword, one), _bound(keyword, other), keyword


def _formats(parts: tuple[Part, Part], voices: tuple[Voice, Voice]) -> Iterator[Told]:
    one, other = parts[0].format, parts[1].format
    if one == other or (Voice.TYPES in voices and None in (one, other)):
        return
    if one is None:
        yield "format_added", "no format", str(other), ""
    elif other is None:
        yield "format_removed", one, "no format", ""
    else:
        yield "format_changed", one, other, ""


def _change(kind: str, name: str, location: str, one: Part | None, other: Part | None) -> Change:
    sources = (one.source if one else None, other.source if other else None)
    before, after = ("absent" if part is None else described(part) for part in (one, other))
    return Change(BY_ID[f"diff.{kind}.{name}"], location, before, after, sources)


def described(part: Part) -> str:
    """Write what is said of a place in a few words."""
    text = _types(part) if part.values is None else _listed(part.values)
    return f"{text}, {_always(part.always)}"


def _types(part: Part) -> str:
    shown = part.types - ({"integer"} if "number" in part.types else set())
    return " or ".join(sorted(shown)) or "null"


def _always(always: bool) -> str:
    return "required" if always else "optional"


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(sorted(map(excerpt, values)))


def _bound(keyword: str, number: float | None) -> str:
    return f"no {keyword}" if number is None else f"{keyword} {number:g}"
