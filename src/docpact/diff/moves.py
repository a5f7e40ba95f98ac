"""Disagreements of several sources, since when each states its side, and which moved first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import combinations, pairwise
from pathlib import Path
from typing import Final, NamedTuple

from docpact.capture.sources import list_operations
from docpact.catalogue import load
from docpact.diff.compare import diff
from docpact.diff.openapi import view_files
from docpact.diff.rules import Change
from docpact.diff.view import Completeness, SourceView
from docpact.errors import DocpactError
from docpact.files import FETCHED, read_facts, read_text
from docpact.model import HistoryEntry


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
    """Return the statement of a source; only `there` for a location that the other lacks."""
    kind = change.rule.id.rpartition(".")[2]
    if kind.startswith("value_"):
        return text if text == "not listed" else "listed"
    if _PROMISES.get(kind) == "presence" and text != "absent":
        return "there"
    return text


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

    The versions of each source are dated, the oldest first; the last one is that compared. Runs
    against the API, in order, date recorded responses.
    """
    return tuple(_date(each, versions, entries) for each in found)


def _date(
    found: Disagreement, versions: Mapping[str, Sequence[Version]], entries: Sequence[HistoryEntry]
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
            each.rule in rules and each.location == found.location and _shows(each.observed, value)
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


def _shows(observed: str, value: str) -> bool:
    """Return whether a finding has a value among the observed ones; any will do without one."""
    return not value or value in re.split(r"; | and (?:at least )?[\d,]+ more$", observed)


def _find_first(
    found: Disagreement,
    since: Mapping[str, Since],
    last: Mapping[str, SourceView | None],
    now: Mapping[str, SourceView],
) -> str:
    """Return the source whose move began a disagreement; empty if the record does not show that.

    Every other source must have stated the same before that move, and moved later, if at all; and
    those that did not move must have agreed with it before. `last` has the statement before of each
    source that may be it, or None if all agreed then.
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


def list_pages(name: str) -> tuple[Version, ...]:
    """Return the fetched pages in the folder of a contract, the oldest first, without refinements.

    They are in the folder of the contract, or in the one above, which has the page of a whole API.
    A page that cannot be read is left out.
    """
    folder = Path(name)
    if not (folder / "operation.json").is_file():
        return ()
    asked = load(name)
    files = [file for each in (folder, folder.parent) for file in each.glob(f"{FETCHED}*.json")]
    pages = [version for file in files for version in _read(file, asked.request)]
    return tuple(sorted(pages, key=lambda each: each.day))


def _read(facts: Path, wanted: str) -> Iterator[Version]:
    """Yield a page on the first and on the last day on which it was fetched."""
    try:
        stated = read_facts(facts)
        name = facts.parent / stated["file"]
        days = {stated.get("since", stated["time"]), stated["time"]}
        found = list_operations(read_text(name), str(name))
        (operation,) = (each for each in found if each.method_and_path == wanted)
        view = view_files(operation.capture(), str(name))
        yield from (Version(datetime.fromisoformat(day).date(), view) for day in days)
    except (DocpactError, ValueError, KeyError, TypeError):
        return
