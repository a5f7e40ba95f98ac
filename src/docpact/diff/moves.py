"""Moves: since when each source states its side of a disagreement, and which one moved first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Final, NamedTuple

from docpact.diff.compare import diff
from docpact.diff.disagreement import Disagreement, Since, name_promise
from docpact.diff.view import Completeness, SourceView
from docpact.model import HistoryEntry


class Version(NamedTuple):
    """A source as it was on a day."""

    day: date
    view: SourceView


_PRESENCE: Final = ("response.required", "response.undocumented_field", "habit.presence")
_RULES: Final[Mapping[str, tuple[str, ...]]] = {
    "presence": _PRESENCE,
    "required": (*_PRESENCE, "response.type"),
    "type": ("response.type", "habit.type"),
    "value": ("response.enum", "response.const"),
}
"""First word of a promise → the rules whose findings show that responses do not keep it, if
it is not the rule of the same name."""


def find_moves(
    found: Iterable[Disagreement],
    versions: Mapping[str, Sequence[Version]],
    entries: Sequence[HistoryEntry] = (),
) -> tuple[Disagreement, ...]:
    """Return disagreements with the days of each source, and the source that moved first.

    Args:
        found: what sources disagree about.
        versions: source → its dated versions, the oldest first; the last one is that compared.
        entries: runs against the API, in order, which date recorded responses.
    """
    return tuple(_date(each, versions, entries) for each in found)


def _date(
    found: Disagreement,
    versions: Mapping[str, Sequence[Version]],
    entries: Sequence[HistoryEntry],
) -> Disagreement:
    since, last = dict[str, Since](), dict[str, SourceView | None]()
    for name in (name for _, names in found.groups for name in names):
        dated = versions.get(name, ())
        known = _date_views(found, dated)
        if known is not None:
            last[name] = next((v.view for v in dated if v.day == known.before), None)
        elif dated and dated[-1].view.completeness is Completeness.SAMPLE:
            known, is_broken = _date_runs(found, entries)
            last |= {name: None} if is_broken else {}
        if known is not None:
            since[name] = known
    now = {name: dated[-1].view for name, dated in versions.items()}
    return replace(found, since=since, first=_find_first(found, since, last, now))


def _date_views(found: Disagreement, versions: Sequence[Version]) -> Since | None:
    """Return when a source last changed its statement; None if it has only one version."""
    if len(versions) < 2:
        return None
    on = versions[-1].day
    for older, newer in reversed([*pairwise(versions)]):
        if _differ(found, older.view, newer.view):
            return Since(on, older.day)
        on = older.day
    return Since(on)


def _differ(found: Disagreement, one: SourceView, other: SourceView) -> bool:
    """Return whether two sources differ about a promise, or about the presence of its place."""
    return any(
        (change.location, name_promise(change)) == (found.location, found.promise)
        or (
            name_promise(change) == "presence"
            and f"{found.location}/".startswith(f"{change.location}/")
        )
        for change in diff(one, other)
    )


def _date_runs(found: Disagreement, entries: Sequence[HistoryEntry]) -> tuple[Since | None, bool]:
    """Return since when responses break a promise or keep it, and whether they break it now.

    The day is missing if they never broke it: then no run shows what they state.
    """
    kind, _, value = found.promise.partition(" ")
    rules = _RULES.get(kind, (f"response.{kind}",))
    states = list[tuple[date, bool]]()
    for entry in entries:
        is_broken = any(
            each.rule in rules and each.location == found.location and value in each.observed
            for each in entry.run.findings
        )
        if is_broken or any(entry.run.has_tested(rule, found.location) for rule in rules):
            states.append((entry.started.date(), is_broken))
    if not any(is_broken for _, is_broken in states):
        return None, False
    on, last = states[-1]
    for day, is_broken in reversed(states):
        if is_broken != last:
            return Since(on, day), last
        on = day
    return Since(on), last


def _find_first(
    found: Disagreement,
    since: Mapping[str, Since],
    last: Mapping[str, SourceView | None],
    now: Mapping[str, SourceView],
) -> str:
    """Return the source whose move began a disagreement; empty if the record does not show that.

    Every other source must have stated the same before that move, and moved later, if at all; and
    those that did not move must have agreed with it before.

    Args:
        found: the disagreement.
        since: source → since when it states the same.
        last: each source that may be it → what it stated before; None if all agreed then.
        now: source → what it states.
    """
    names = [name for _, names in found.groups for name in names]
    for name, old in last.items():
        own, others = since[name], [each for each in names if each != name]
        if own.before is None or not all(_is_later(since.get(each), own) for each in others):
            continue
        unmoved = [now[each] for each in others if since[each].before is None]
        if old is None or not any(_differ(found, old, each) for each in unmoved):
            return name
    return ""


def _is_later(other: Since | None, own: Since) -> bool:
    """Return whether a source moved after another one, or has not moved since before it."""
    if other is None or own.before is None:
        return False
    return other.on <= own.before if other.before is None else other.before >= own.on
