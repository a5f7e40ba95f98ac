"""The views of a run that every report writes: groups, their titles, and the headline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from docpact.model import (
    AcceptedFinding,
    ApiRun,
    Finding,
    Level,
    Missed,
    Outcome,
    Power,
    PromiseResult,
    Run,
    Verdict,
    is_failure,
)
from docpact.text import pluralize, printable, shorten_name

ABOUT: Final = {
    "breaking": "a client that follows the documentation breaks",
    "changed": "not documented, but so on every night before",
    "additive": "more than the documentation says",
    "note": "worth knowing",
    "accepted": "known findings that do not fail the run",
    "healed": "accepted findings that this run no longer sees",
    "not tested": "no response exercised these",
    "left out": "not allowed by the request budget",
    "never seen": "documented, but in no response",
    "left behind": "docpact created these, and could not remove them",
    "without a test": "operations that this run did not test, and why",
    "not judged": "operations with recorded exchanges that are left out, and why",
    "inconclusive": "operations without a verdict, and why",
}
"""Name of a group → its content."""

SEVERITIES: Final = {
    Level.BREAKING: "error",
    Level.CHANGED: "warning",
    Level.ADDITIVE: "warning",
    Level.NOTE: "note",
}
"""Level → the word for it in SARIF."""

WHOLE_BODY: Final = "(the whole body)"

_COUNTED: Final = {
    Verdict.CONFORMS: ("conforms", "conform"),
    Verdict.DRIFT: ("drifts", "drift"),
    Verdict.INCONCLUSIVE: ("inconclusive", "inconclusive"),
}
"""Verdict → the same for one operation, and for several."""


@dataclass(frozen=True, slots=True)
class View:
    """A run as a report shows it, after its policy; see `Report`."""

    run: Run
    strict: bool = False
    states: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """The verdict of the run."""
        return self.run.verdict(strict=self.strict)

    @property
    def headline(self) -> str:
        """The verdict with the number of promises and requests, and the seconds."""
        run, outcomes = self.run, dict(self.run.outcomes)
        if self.verdict is Verdict.CONFORMS and self.open:
            del outcomes[Outcome.BROKEN]
        counts = [f"{n} {each.value}" for each, n in outcomes.items()]
        if unproved := _count_unproved(run):
            counts.insert(1, f"{unproved} of them without proof")
        promises = _join_counts("promise", counts)
        return (
            f"{describe_verdict(self.verdict, self.open)}: {promises}; "
            f"{pluralize(run.request_count, 'request')} in {run.seconds:.1f} s"
        )

    @property
    def open(self) -> tuple[Finding, ...]:
        """The findings that nobody accepted, breaking ones first."""
        return tuple(finding for finding in self.run.findings if not finding.accepted)

    @property
    def levels(self) -> dict[Level, list[Finding]]:
        """The open findings of each level that has some."""
        levels = {level: [each for each in self.open if each.level is level] for level in Level}
        return {level: findings for level, findings in levels.items() if findings}

    @property
    def accepted(self) -> tuple[Finding, ...]:
        """The findings that somebody accepted."""
        return tuple(finding for finding in self.run.findings if finding.accepted)

    @property
    def power(self) -> tuple[str, list[str]]:
        """The share of drifts that would be noticed, and the reasons for the others."""
        power = self.run.power
        if power is None:
            return "", []
        missed = [f"not {describe_missed(each)}" for each in power.missed]
        unproved = [f"kept without proof: {', '.join(power.unproved)}"] if power.unproved else []
        return f"would notice {describe_power(power)}", [*missed, *unproved]

    @property
    def not_tested(self) -> tuple[PromiseResult, ...]:
        """The promises that are not tested."""
        return tuple(each for each in self.run.results if each.outcome is Outcome.NOT_TESTED)

    def describe_state(self, finding: Finding) -> str:
        """Return the state of a finding in the history; empty if there is none."""
        return self.states.get((self.run.operation, finding.fingerprint), "")

    def is_failure(self, finding: Finding) -> bool:
        """Return whether a finding fails the run."""
        return is_failure(finding, strict=self.strict)


@dataclass(frozen=True, slots=True)
class Report:
    """The run of an API as a report shows it; of one operation, only that is shown.

    Attributes:
        run: to report, after its policy.
        version: of docpact.
        strict: whether an additive finding counts as drift.
        states: operation and fingerprint → state in the history and since when, e.g.
            `new since 2026-03-01`; empty without a history, or until the run is in it.
    """

    run: ApiRun
    version: str
    strict: bool = False
    states: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def views(self) -> tuple[View, ...]:
        """The view of each operation's run."""
        return tuple(View(run, self.strict, self.states) for run in self.run.runs)

    @property
    def not_judged(self) -> Mapping[str, str]:
        """Operation → which exchanges of a recording are left out, and why."""
        return {run.operation: "; ".join(run.not_judged) for run in self.run.runs if run.not_judged}

    @property
    def verdict(self) -> Verdict:
        """The verdict of the whole."""
        return self.run.verdict(strict=self.strict)

    @property
    def headline(self) -> str:
        """The verdict with the number of operations by verdict, of requests, and the seconds."""
        counts = Counter(view.verdict for view in self.views)
        operations = [pluralize(counts[each], *_COUNTED[each]) for each in Verdict if counts[each]]
        if self.run.not_tested:
            operations.append(f"{len(self.run.not_tested)} not tested")
        found = [finding for view in self.views for finding in view.open]
        return (
            f"{describe_verdict(self.verdict, found)}: {_join_counts('operation', operations)}; "
            f"{pluralize(self.run.request_count, 'request')} in {self.run.seconds:.1f} s"
        )


def _count_unproved(run: Run) -> int:
    """Return the number of kept promises whose breach the run would not have noticed."""
    kept = (e.promise for e in run.results if e.outcome is Outcome.KEPT)
    named = run.power.unproved if run.power else ()
    return sum(str(promise) in named and not promise.is_habit for promise in kept)


def _join_counts(noun: str, counts: Iterable[str]) -> str:
    """Return `2 operations conform, 1 drifts` for `2 conform` and `1 drifts`."""
    number, _, others = ", ".join(counts).partition(" ")
    return f"{pluralize(int(number), noun)} {others}"


def describe_verdict(verdict: Verdict, findings: Iterable[Finding]) -> str:
    """Return a verdict; one that conforms with the number of its findings by level."""
    counts = Counter(each.level for each in findings)
    levels = [
        pluralize(counts[each], each.value)
        if each is Level.NOTE
        else f"{counts[each]} {each.value}"
        for each in Level
        if counts[each]
    ]
    is_harmless = verdict is Verdict.CONFORMS and levels
    return f"{verdict.value} ({', '.join(levels)})" if is_harmless else verdict.value


def describe_power(power: Power) -> str:
    """Return how many drifts a run would have noticed."""
    tried = f"{power.noticed:,} of {pluralize(power.total, 'drift')} tried on its responses"
    unproved = pluralize(len(power.unproved), "promise")
    return f"{tried}; {unproved} kept without proof" if power.unproved else tried


def describe_missed(missed: Missed) -> str:
    """Return why drifts would not have been noticed, and what would show them."""
    remedy = f"; {missed.remedy} would show them" if missed.remedy else ""
    return f"{len(missed.drifts)}: {missed.reason}{remedy}"


def name_finding(finding: Finding | AcceptedFinding) -> str:
    """Return the rule, the location and the fingerprint of a finding."""
    place = shorten_name(finding.location) or WHOLE_BODY
    return f"{printable(finding.rule)}  {place}  {finding.fingerprint}"


def describe_evidence(finding: Finding) -> str:
    """Return how often a finding was seen, and where first."""
    first = f"first at {shorten_name(finding.first)}" if finding.first else ""
    seen = f"{finding.count:,} of {finding.observations:,}"
    return ", ".join(filter(None, (seen, finding.persistence, first)))


LONGEST_COMMAND: Final = 2_000
"""Number of characters of the longest command that is printed."""


def describe_command(finding: Finding) -> str:
    """Return the command that repeats a request, or where it is if it is too long to print."""
    if len(finding.reproduce) <= LONGEST_COMMAND:
        return finding.reproduce
    return f"a command of {len(finding.reproduce):,} characters: `reproduce` in the JSON report"


def describe_promise(finding: Finding) -> str:
    """Return the documented promise, and its place in parentheses."""
    promise = finding.promise
    return promise.documented + (f" ({promise.source})" if promise.source else "")
