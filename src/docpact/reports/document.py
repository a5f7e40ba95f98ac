"""The run as a JSON document, for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from docpact.model import AcceptedFinding, Finding, Judgement, Latency, Run, outcome
from docpact.reports.summary import tally


def render(run: Run, *, version: str, strict: bool = False) -> str:
    """Write a run as a JSON document.

    Its keys are `docpact`, `operation`, `target`, `started`, `seed`, `verdict`, `reason`,
    `findings`, `healed`, `promises`, `exercised`, `unseen`, `remarks`, `left_out`, `requests`,
    `phases`, `latency` and `seconds`.

    Args:
        run: what a check brought.
        version: of docpact.
        strict: whether an additive finding counts as drift.
    """
    return written(described(run, version=version, strict=strict))


def written(document: Mapping[str, Any]) -> str:
    """Write a decoded document as JSON that holds ASCII alone."""
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def described(run: Run, *, version: str, strict: bool = False) -> dict[str, Any]:
    """Return the decoded document that `render` writes."""
    return {
        "docpact": version,
        "operation": run.operation,
        "target": run.target,
        "started": run.started.isoformat(timespec="seconds"),
        "seed": run.seed,
        "verdict": run.verdict(strict=strict).value,
        "reason": run.reason or None,
        "findings": [_finding(finding) for finding in run.findings],
        "healed": [_healed(each) for each in run.healed],
        "promises": [_promise(judgement) for judgement in run.judgements],
        "exercised": {key.value: count for key, count in tally(run).items()},
        "unseen": list(run.unseen),
        "remarks": list(run.remarks),
        "left_out": list(run.left_out),
        "requests": run.request_count,
        "phases": dict(run.requests),
        "latency": [_latency(each) for each in run.latency],
        "seconds": round(run.seconds, 3),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    source = finding.promise.source
    return {
        "rule": finding.rule,
        "level": finding.level.value,
        "security": finding.promise.security,
        "location": finding.location,
        "keyword": finding.promise.keyword or None,
        "documented": finding.promise.documented,
        "line": source.line if source else None,
        "quote": source.text if source and source.line else None,
        "refinement": source.text if source and not source.line else None,
        "observed": finding.observed,
        "count": finding.count,
        "of": finding.judged,
        "persistence": finding.persistence or None,
        "first": finding.first,
        "reproduce": finding.reproduce,
        "fingerprint": finding.fingerprint,
        "accepted": finding.accepted or None,
    }


def _healed(known: AcceptedFinding) -> dict[str, Any]:
    return {
        "rule": known.rule,
        "location": known.location,
        "observed": known.observed,
        "reason": known.reason,
        "fingerprint": known.fingerprint,
    }


def _latency(latency: Latency) -> dict[str, Any]:
    return {
        "phase": latency.phase,
        "answers": latency.answers,
        "median": round(latency.median, 4),
        "p95": round(latency.p95, 4),
    }


def _promise(judgement: Judgement) -> dict[str, Any]:
    promise = judgement.promise
    return {
        "rule": promise.rule,
        "location": promise.location,
        "keyword": promise.keyword or None,
        "documented": promise.documented,
        "line": promise.source.line if promise.source else None,
        "outcome": outcome(judgement).value,
        "judged": judgement.judged,
    }
