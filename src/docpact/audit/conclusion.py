"""From the summary of an audit to a run, by the rules of a check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from docpact.conformance.findings import make_findings
from docpact.model import Operation, Run, collect_results
from docpact.rules import gather, promises
from docpact.rules.response import RULES
from docpact.rules.summary import CUT, Summary, list_unseen
from docpact.traffic.exchanges import describe_absence, describe_traffic

AUDITED: Final = frozenset(rule.id for rule in RULES)
"""The rules that a single response can keep or break; the others compare responses."""


def conclude(operation: Operation, summary: Summary, target: str, seconds: float) -> Run:
    """Judge the summary of an audit.

    Args:
        operation: the contract.
        summary: of the whole traffic.
        target: name of the traffic in a report.
        seconds: of wall time.
    """
    summary = summary.choose_server()
    evidence = replace(gather(operation, ()), summary=summary)
    judgements = tuple(judgement for rule in RULES for judgement in rule.judgements(evidence))
    exchanges = summary.counts.get("exchanges", 0)
    return Run(
        operation=operation.id,
        target=target,
        seed=0,
        results=collect_results(judgements),
        findings=make_findings(operation, judgements, {}, lambda text: text),
        requests=(("recorded", exchanges),),
        seconds=seconds,
        unseen=list_unseen(operation, summary),
        remarks=tuple(_remarks(operation, summary)),
        reason="" if exchanges else describe_absence(operation),
        started=datetime.now(UTC),
    )


def _remarks(operation: Operation, summary: Summary) -> Iterator[str]:
    yield from describe_traffic(operation, summary.counts)
    if summary.is_cut:
        yield CUT
    others = dict.fromkeys(p.family for p in promises(operation) if p.rule not in AUDITED)
    families = ", ".join(others)
    yield f"an audit judges each response alone: use `check --replay` for {families}"
