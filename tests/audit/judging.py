"""The same answers judged twice: one by one by the audit, and together by the rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docpact.audit import AUDITED, Auditor, conclude
from docpact.conformance.replay import replay
from docpact.model import Exchange, Finding, Operation, Run
from docpact.traffic import Entry, Traffic
from docpact.traffic.recording import Recording, build_recording

Told = tuple[list[tuple[Any, ...]], list[tuple[object, int]], tuple[str, ...]]


def by_audit(operation: Operation, records: Sequence[Traffic]) -> Told:
    """Return the findings of an audit, the observations of each promise, and unseen values."""
    numbered = [((0, at), record) for at, record in enumerate(records)]
    return told(conclude(operation, Auditor(operation).summary(numbered), "t", 0.0))


def by_rules(operation: Operation, exchanges: Sequence[Exchange]) -> Told:
    """Return the same of a replay."""
    return told(replay(operation, Recording("t", tuple(exchanges))))


def by_rules_of_others(operation: Operation, entries: Sequence[Entry]) -> Told:
    """Return the same for a replay of another client's traffic."""
    return told(replay(operation, build_recording(operation, entries)))


def told(run: Run) -> Told:
    """Return the findings of a run under the rules that an audit judges."""
    return (
        [_finding(each) for each in run.findings if each.rule in AUDITED],
        [(r.promise, r.observations) for r in run.results if r.promise.rule in AUDITED],
        run.unseen,
    )


def _finding(finding: Finding) -> tuple[Any, ...]:
    """Return all of a finding but how often its question was asked, which no audit counts."""
    return (
        finding.promise,
        finding.level,
        finding.location,
        finding.observed,
        finding.count,
        finding.observations,
        finding.first if finding.first.startswith("/") else "",
        finding.reproduce,
        finding.fingerprint,
    )
