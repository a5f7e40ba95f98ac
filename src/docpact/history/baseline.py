"""The baseline: a file of accepted findings, one entry each, that reads well in a review."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from docpact.errors import UsageError
from docpact.files import read_text
from docpact.history.policy import healed, is_over
from docpact.model import AcceptedFinding, Level

FORMAT: Final = 1
"""The version of the file format that this release reads and writes."""

_VERSION: Final = "docpact baseline"
_TEXTS: Final = ("operation", "rule", "location", "observed", "reason", "fingerprint")
_DAYS: Final = ("since", "until")


@dataclass(frozen=True, slots=True)
class Change:
    """A baseline after an edit.

    Attributes:
        known: every entry that stays.
        added: those that are new, or accepted anew after their day had passed.
        removed: those that are gone, each with why.
    """

    known: tuple[AcceptedFinding, ...]
    added: tuple[AcceptedFinding, ...] = ()
    removed: tuple[tuple[AcceptedFinding, str], ...] = ()


def read(file: Path) -> tuple[AcceptedFinding, ...]:
    """Read a baseline.

    Raises:
        UsageError: the file cannot be read, or an entry is not what it should be; it names the
            entry by its JSON Pointer.
    """
    try:
        document = json.loads(read_text(file))
    except ValueError as error:
        raise UsageError(f"{file}: no JSON: {error}") from None
    if not isinstance(document, dict) or document.get(_VERSION) != FORMAT:
        raise UsageError(f'{file}: no baseline; its first key is "{_VERSION}": {FORMAT}')
    entries = document.get("accepted")
    if not isinstance(entries, list):
        raise UsageError(f"{file}#/accepted: a list of accepted findings is missing")
    known = [_known(f"{file}#/accepted/{at}", entry) for at, entry in enumerate(entries)]
    prints = [each.fingerprint for each in known]
    for at, each in enumerate(prints):
        if each in prints[:at]:
            raise UsageError(f"{file}#/accepted/{at}: {each} stands there twice")
    return tuple(known)


def render(known: Iterable[AcceptedFinding]) -> str:
    """Write a baseline: entries by operation, rule and place, so that an edit moves no other."""
    document = {
        _VERSION: FORMAT,
        "accepted": [
            {name: getattr(each, name) for name in _TEXTS}
            | {name: str(day) for name in _DAYS if (day := getattr(each, name)) is not None}
            for each in sorted(known, key=_place)
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def updated(
    known: Sequence[AcceptedFinding],
    document: Mapping[str, Any],
    reason: str,
    today: date,
    until: date | None = None,
) -> Change:
    """Accept the findings of a run that nobody has accepted, notes left out.

    Args:
        known: accepted before.
        document: the decoded JSON document of a run.
        reason: why its findings are accepted.
        today: the day from which they are.
        until: the last day on which they are; None for no end.
    """
    standing = {each.fingerprint for each in known if not is_over(each, today)}
    added = tuple(
        AcceptedFinding(
            operation=document["operation"],
            fingerprint=finding["fingerprint"],
            rule=finding["rule"],
            location=finding["location"],
            observed=finding["observed"],
            reason=reason,
            since=today,
            until=until,
        )
        for finding in document["findings"]
        if finding["fingerprint"] not in standing and finding["level"] != Level.NOTE.value
    )
    anew = {each.fingerprint for each in added}
    return Change((*(each for each in known if each.fingerprint not in anew), *added), added)


def pruned(known: Sequence[AcceptedFinding], document: Mapping[str, Any], today: date) -> Change:
    """Take out what a run looked for and did not see, and what is over.

    A run without ground for a verdict heals nothing.

    Args:
        known: accepted before.
        document: the decoded JSON document of a run.
        today: the day on which an entry is over or not.
    """
    removed = [(each, f"over since {each.until}") for each in known if is_over(each, today)]
    rest = [each for each in known if not is_over(each, today)]
    if document["reason"] is None:
        mine = [each for each in rest if each.operation == document["operation"]]
        seen = [finding["fingerprint"] for finding in document["findings"]]
        judged = [(p["rule"], p["location"]) for p in document["promises"] if p["judged"]]
        removed += [(each, "healed") for each in healed(mine, seen, judged)]
    gone = {each.fingerprint for each, _ in removed}
    kept = tuple(each for each in known if each.fingerprint not in gone)
    return Change(kept, removed=tuple(removed))


def _known(where: str, entry: Any) -> AcceptedFinding:
    if not isinstance(entry, dict):
        raise UsageError(f"{where}: an object is expected")
    if unknown := sorted(set(entry) - {*_TEXTS, *_DAYS}):
        raise UsageError(f"{where}/{unknown[0]}: no such key; known are {', '.join(_TEXTS)}")
    for name in _TEXTS:
        if not isinstance(entry.get(name), str):
            raise UsageError(f"{where}/{name}: a text is expected")
    if not entry["reason"].strip():
        raise UsageError(f"{where}/reason: say why this finding is accepted")
    days = {name: _day(f"{where}/{name}", entry.get(name)) for name in _DAYS}
    since = days["since"]
    if since is None:
        raise UsageError(f"{where}/since: a day is expected, e.g. 2026-11-24")
    texts = {name: entry[name] for name in _TEXTS}
    return AcceptedFinding(**texts, since=since, until=days["until"])


def _day(where: str, text: Any) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise UsageError(f"{where}: a day is expected, e.g. 2026-11-24") from None


def _place(known: AcceptedFinding) -> tuple[str, ...]:
    return (known.operation, known.rule, known.location, known.fingerprint)
