"""The run of an operation, or of a whole API: findings, promises and their power."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum
from typing import Final, TypeAlias

from docpact.model.finding import AcceptedFinding, Finding, Judgement, Level, Promise
from docpact.model.operation import Operation

Counts: TypeAlias = Mapping[str, int]
"""Kind of observation, such as `string` or `422` → how often it was made."""

Groups: TypeAlias = Mapping[str, Counts]
"""Group of items, such as those of one status → counts; one group without a name for all."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Hashes of some items.

    Attributes:
        fields: names of their fields, in order.
        items: hash of an item's id → the hashes of these fields, joined.
    """

    fields: tuple[str, ...] = ()
    items: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observed:
    """Counts of the responses of one run.

    Attributes:
        day: of the run, in UTC.
        context: hash of the contract and of the account; runs with different ones are not compared.
        counts: rule → location → counts by group.
        final: hashes of finished items; None if the contract does not say which ones are finished.
        uncounted: locations with so many different fields that these are not counted.
    """

    day: date
    context: str
    counts: Mapping[str, Mapping[str, Groups]] = field(default_factory=dict)
    final: Sample | None = None
    uncounted: tuple[str, ...] = ()

    def find(self, rule: str, location: str) -> Groups:
        """Return the counts of a rule at a location; empty if there are none."""
        return self.counts.get(rule, {}).get(location, {})


@dataclass(frozen=True, slots=True)
class Night:
    """The observations of an earlier run.

    Attributes:
        changed: rule and location of each habit that the run reported as ended → why somebody
            accepted that; empty if nobody did.
    """

    observed: Observed
    changed: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Past:
    """The earlier runs of an operation on a target that a run is compared with.

    Attributes:
        account: hash of the credential and of the other settings that choose what a run sees.
    """

    account: str
    nights: tuple[Night, ...] = ()


class Verdict(Enum):
    """The conclusion of a run."""

    CONFORMS = "conforms"
    DRIFT = "drift"
    INCONCLUSIVE = "inconclusive"


class Outcome(Enum):
    """The result of testing one promise."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_TESTED = "not tested"


EPOCH: Final = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Latency:
    """Response times of one phase, from sending the request to the last byte."""

    phase: str
    answers: int
    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class PromiseResult:
    """The result of one promise in a run.

    Attributes:
        observations: number of observations that tested it; 0 if it was not tested.
    """

    promise: Promise
    outcome: Outcome
    observations: int


@dataclass(frozen=True, slots=True)
class Run:
    """The result of one check.

    Attributes:
        target: `mock` or the target's base URL.
        results: one for every promise of the contract.
        findings: breaking ones first.
        requests: name of each phase in the order of the plan, and the number of requests sent.
        unseen: documented values and fields that no response contained, one line each.
        remarks: remarks about the target for readers of the findings, one line each.
        left_out: labels of the cases that the request budget did not allow.
        not_judged: those of the remarks that name exchanges of a recording that are left out.
        reason: why the run is inconclusive; empty otherwise.
        started: in UTC.
        latency: of each phase that received responses.
        healed: accepted findings that the run tested for and did not see.
        power: the drifts that the run would have noticed; None if that was not measured.
        observed: counts for the next runs; None if the run has no history, or is inconclusive.
    """

    operation: str
    target: str
    seed: int
    results: tuple[PromiseResult, ...]
    findings: tuple[Finding, ...]
    requests: tuple[tuple[str, int], ...]
    seconds: float
    unseen: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    not_judged: tuple[str, ...] = ()
    reason: str = ""
    started: datetime = EPOCH
    latency: tuple[Latency, ...] = ()
    healed: tuple[AcceptedFinding, ...] = ()
    power: Power | None = None
    observed: Observed | None = None

    @property
    def request_count(self) -> int:
        """The total number of requests sent."""
        return sum(count for _, count in self.requests)

    @property
    def not_tested(self) -> str:
        """The reason why a promise of this run is not tested."""
        return f"inconclusive: {self.reason}" if self.reason else "no response exercised it"

    @property
    def outcomes(self) -> Mapping[Outcome, int]:
        """The number of documented promises with each outcome; habits are not documented."""
        documented = (each for each in self.results if not each.promise.is_habit)
        counts = Counter(result.outcome for result in documented)
        return {outcome: counts[outcome] for outcome in Outcome}

    def findings_of(self, promise: Promise) -> tuple[Finding, ...]:
        """Return the findings about one promise."""
        return tuple(finding for finding in self.findings if finding.promise == promise)

    def has_tested(self, rule: str, location: str) -> bool:
        """Return whether a finding would be in this run if the target still showed it.

        That is so if the run is conclusive and tested the promise of the finding's rule at its
        location, or the nearest one above it.
        """
        above = [
            (each.promise.location, each.observations)
            for each in self.results
            if each.promise.rule == rule and f"{location}/".startswith(f"{each.promise.location}/")
        ]
        return not self.reason and max(above, default=("", 0))[1] > 0

    def verdict(self, *, strict: bool = False) -> Verdict:
        """Return the verdict; under `strict` an additive finding counts as drift too."""
        if any(is_failure(finding, strict=strict) for finding in self.findings):
            return Verdict.DRIFT
        return Verdict.INCONCLUSIVE if self.reason else Verdict.CONFORMS


def collect_results(judgements: Iterable[Judgement]) -> tuple[PromiseResult, ...]:
    """Return the result of each judged promise."""
    return tuple(
        PromiseResult(judgement.promise, _outcome(judgement), judgement.observations)
        for judgement in judgements
    )


def fails(level: Level, *, strict: bool = False) -> bool:
    """Return whether a finding of a level fails the run: breaking, and additive under `strict`."""
    return level is Level.BREAKING or (strict and level is Level.ADDITIVE)


def is_failure(finding: Finding, *, strict: bool = False) -> bool:
    """Return whether a finding fails the run: its level does, and nobody accepted it."""
    return fails(finding.level, strict=strict) and not finding.accepted


def _outcome(judgement: Judgement) -> Outcome:
    if judgement.breaches:
        return Outcome.BROKEN
    return Outcome.KEPT if judgement.observations else Outcome.NOT_TESTED


@dataclass(frozen=True, slots=True)
class Missed:
    """Drifts that a run would not have noticed for one reason.

    Attributes:
        reason: in one short line.
        remedy: the data or request that would show them; empty if it is unknown.
        drifts: kind and place of each, in words.
    """

    reason: str
    remedy: str
    drifts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Power:
    """The drifts of the catalogue that a run would have noticed.

    Attributes:
        noticed: number of drifts that give a finding when its responses are damaged by them.
        total: number of drifts tried.
        missed: the other ones, the largest group first.
        unproved: promises that were kept although no drift that breaks them would be noticed.
    """

    noticed: int
    total: int
    missed: tuple[Missed, ...] = ()
    unproved: tuple[str, ...] = ()

    @property
    def percent(self) -> float:
        """The share of noticed drifts in percent; 0 if none was tried."""
        return 100 * self.noticed / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Api:
    """One operation, or all operations of a provider or a document.

    Attributes:
        name: of the operation, the provider or the document.
        operations: by id; no two have the same id.
        refused: id of an operation → why docpact cannot use it.
        is_whole: whether it was named as a whole; if not, it has one operation.
    """

    name: str
    operations: tuple[Operation, ...]
    refused: Mapping[str, str] = field(default_factory=dict)
    is_whole: bool = False
    is_shipped: bool = False


@dataclass(frozen=True, slots=True)
class ApiRun:
    """The result of checking an API.

    Attributes:
        target: `mock`, the target's base URL, or the name of a recording.
        runs: one for each operation that was tested.
        not_tested: id of an operation → why nothing was sent to it.
        left_behind: what docpact created and could not remove, one line each.
        reason: why the whole is inconclusive, beside the reasons of its runs; empty if it is not.
        is_whole: see `Api`.
    """

    name: str
    target: str
    runs: tuple[Run, ...]
    not_tested: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    started: datetime = EPOCH
    reason: str = ""
    is_whole: bool = False
    left_behind: tuple[str, ...] = ()

    @classmethod
    def of(cls, *runs: Run) -> ApiRun:
        """Return the result of one operation, or of an API with several, the first run first."""
        first, is_whole = runs[0], len(runs) > 1
        name = first.operation.rpartition("/")[0] if is_whole else first.operation
        seconds = sum(run.seconds for run in runs)
        return cls(name, first.target, runs, {}, seconds, first.started, is_whole=is_whole)

    @property
    def request_count(self) -> int:
        """The total number of requests sent."""
        return sum(run.request_count for run in self.runs)

    def verdict(self, *, strict: bool = False) -> Verdict:
        """Return the worst verdict of all runs; without a run it is inconclusive."""
        verdicts = {run.verdict(strict=strict) for run in self.runs}
        for each in (Verdict.DRIFT, Verdict.INCONCLUSIVE):
            if each in verdicts:
                return each
        return Verdict.CONFORMS if verdicts and not self.reason else Verdict.INCONCLUSIVE
