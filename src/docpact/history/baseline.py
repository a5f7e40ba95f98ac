"""The baseline: a file of accepted findings, one entry each, which reads well in a review."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from pathlib import Path
from typing import Final

import msgspec

from docpact.bodies.wording import equality_key
from docpact.catalogue.contract import convert
from docpact.errors import ContractError, UsageError
from docpact.files import read_json, read_text
from docpact.history.codec import write_json
from docpact.model import AcceptedFinding, Level, Run
from docpact.model.history import EXTRAS

FORMAT: Final = 1
"""The version of the file format that this release reads and writes."""

_VERSION: Final = "docpact baseline"
_TEXTS: Final = ("operation", "rule", "location", "observed", "reason", "fingerprint")
_DAYS: Final = ("since", "until")


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """An accepted finding in the file; see `AcceptedFinding`."""

    operation: str
    fingerprint: str
    rule: str
    location: str
    observed: str
    reason: str
    since: date
    until: date | None = None


class _Baseline(msgspec.Struct):
    accepted: list[_Entry]


@dataclass(frozen=True, slots=True)
class BaselineChange:
    """A baseline after an edit.

    Attributes:
        known: every entry that remains.
        added: new entries, and expired ones that were accepted again.
        removed: removed entries, each with the reason.
    """

    known: tuple[AcceptedFinding, ...]
    added: tuple[AcceptedFinding, ...] = ()
    removed: tuple[tuple[AcceptedFinding, str], ...] = ()


def read(file: Path) -> tuple[AcceptedFinding, ...]:
    """Read a baseline.

    Raises:
        UsageError: the file cannot be read, or an entry is invalid; the message names the entry by
            its JSON Pointer.
    """
    try:
        document = read_json(read_text(file))
        if not isinstance(document, dict) or equality_key(document.get(_VERSION)) != str(FORMAT):
            problem = f'not a baseline; its first key must be "{_VERSION}": {FORMAT}'
            raise UsageError(f"{file}: {problem}")
        entries = convert(document, _Baseline, f"{file}#").accepted
    except ValueError as error:
        raise UsageError(f"{file}: not JSON: {error}") from None
    except ContractError as error:
        raise UsageError(str(error)) from None
    known = [AcceptedFinding(**msgspec.structs.asdict(entry)) for entry in entries]
    seen = set[str]()
    for at, each in enumerate(known):
        if not each.reason.strip():
            raise UsageError(f"{file}#/accepted/{at}/reason: state why this finding is accepted")
        if each.fingerprint in seen:
            raise UsageError(f"{file}#/accepted/{at}: {each.fingerprint} is listed twice")
        seen.add(each.fingerprint)
    return tuple(known)


def render(known: Iterable[AcceptedFinding]) -> str:
    """Return the text of a baseline, sorted so that an edit moves no other entry."""
    document = {
        _VERSION: FORMAT,
        "accepted": [
            {name: getattr(each, name) for name in _TEXTS}
            | {name: str(day) for name in _DAYS if (day := getattr(each, name)) is not None}
            for each in sorted(
                known, key=attrgetter("operation", "rule", "location", "fingerprint")
            )
        ],
    }
    return write_json(document)


def update(
    known: Sequence[AcceptedFinding],
    runs: Iterable[Run],
    reason: str,
    today: date,
    until: date | None = None,
) -> BaselineChange:
    """Accept the findings of runs that are not accepted yet, except notes."""
    accepted = {each.fingerprint for each in known if not each.has_expired(today)}
    added = tuple(
        AcceptedFinding(
            operation=run.operation,
            fingerprint=finding.fingerprint,
            rule=finding.rule,
            location=finding.location,
            observed=finding.observed,
            reason=reason,
            since=today,
            until=until,
        )
        for run in runs
        for finding in run.findings
        if finding.fingerprint not in accepted and finding.level is not Level.NOTE
    )
    renewed = {each.fingerprint for each in added}
    kept = (each for each in known if each.fingerprint not in renewed)
    return BaselineChange((*kept, *added), added)


def prune(known: Sequence[AcceptedFinding], runs: Iterable[Run], today: date) -> BaselineChange:
    """Remove the entries that have healed or expired.

    An inconclusive run heals nothing, and an entry is accepted up to its last day.
    """
    removed = {
        each.fingerprint: f"expired on {each.until}" for each in known if each.has_expired(today)
    }
    for each in (healed for run in runs for healed in find_healed(known, run)):
        removed.setdefault(each.fingerprint, "gone" if each.rule in EXTRAS else "healed")
    return BaselineChange(
        tuple(each for each in known if each.fingerprint not in removed),
        removed=tuple(
            (each, removed[each.fingerprint]) for each in known if each.fingerprint in removed
        ),
    )


def find_healed(known: Iterable[AcceptedFinding], run: Run) -> Iterator[AcceptedFinding]:
    """Yield the accepted findings of the run's operation that it tested for and did not see.

    A habit whose end was accepted is learned anew: its entry does not heal. Where the promises of a
    rule are elsewhere, such as at a parameter of the path, the run must have tested them all.
    """
    untested = {each.promise.rule for each in run.results if run.reason or not each.observations}
    whole = {each.promise.rule for each in run.results} - untested
    seen = {finding.fingerprint for finding in run.findings}
    for each in known:
        if (
            each.operation == run.operation
            and each.fingerprint not in seen
            and not each.rule.startswith("habit.")
            and (run.has_tested(each.rule, each.location) or each.rule in whole)
        ):
            yield each
