"""The run: everything one check found, exercised and did not exercise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from docpact.model.finding import AcceptedFinding, Finding, Judgement, Level, Promise


class Verdict(Enum):
    """What a run concludes."""

    CONFORMS = "conforms"
    DRIFT = "drift"
    INCONCLUSIVE = "inconclusive"


class Outcome(Enum):
    """What became of one promise."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_TESTED = "not tested"


EPOCH: Final = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Latency:
    """How long the answers of one phase took, from sending to the last byte.

    Attributes:
        phase: of the plan.
        answers: how many were timed.
        median: in seconds.
        p95: 95 of 100 answers took no more seconds than this.
    """

    phase: str
    answers: int
    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class Run:
    """The result of one check.

    Attributes:
        operation: id of the operation.
        target: `mock` or the target's base URL.
        seed: what random choices were made from.
        judgements: one for every promise of the contract.
        findings: breaking ones first.
        requests: sent, by phase in the order of the plan.
        seconds: of wall time.
        unseen: documented values and fields that no answer showed, one line each.
        remarks: what a reader of the findings should know of the target, one line each.
        left_out: labels of the cases that the budget did not allow.
        reason: why the run is inconclusive; empty otherwise.
        started: in UTC.
        latency: of each phase that brought answers.
        healed: accepted findings that were looked for and not seen.
    """

    operation: str
    target: str
    seed: int
    judgements: tuple[Judgement, ...]
    findings: tuple[Finding, ...]
    requests: tuple[tuple[str, int], ...]
    seconds: float
    unseen: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    reason: str = ""
    started: datetime = EPOCH
    latency: tuple[Latency, ...] = ()
    healed: tuple[AcceptedFinding, ...] = ()

    @property
    def request_count(self) -> int:
        """The number of requests sent in all."""
        return sum(count for _, count in self.requests)

    @property
    def not_tested(self) -> str:
        """Why a promise of this run may be untested."""
        return f"inconclusive: {self.reason}" if self.reason else "no response exercised it"

    def findings_of(self, promise: Promise) -> tuple[Finding, ...]:
        """Return the findings that tell how one promise was broken."""
        return tuple(finding for finding in self.findings if finding.promise == promise)

    def verdict(self, *, strict: bool = False) -> Verdict:
        """Conclude; under `strict` an additive finding counts as drift too."""
        if any(is_failure(finding, strict=strict) for finding in self.findings):
            return Verdict.DRIFT
        return Verdict.INCONCLUSIVE if self.reason else Verdict.CONFORMS


def fails(level: Level, *, strict: bool = False) -> bool:
    """Say whether a finding of a level fails the run: breaking, and additive under `strict`."""
    return level is Level.BREAKING or (strict and level is Level.ADDITIVE)


def is_failure(finding: Finding, *, strict: bool = False) -> bool:
    """Say whether a finding fails the run: its level does, and nobody accepted it."""
    return fails(finding.level, strict=strict) and not finding.accepted


def outcome(judgement: Judgement) -> Outcome:
    """Say what became of a promise."""
    if judgement.breaches:
        return Outcome.BROKEN
    return Outcome.KEPT if judgement.judged else Outcome.NOT_TESTED
