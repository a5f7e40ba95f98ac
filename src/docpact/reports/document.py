"""The run as a JSON document, for machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from docpact.model import Finding, Judgement, Run, outcome
from docpact.reports.summary import tally


def render(run: Run, *, version: str, strict: bool = False) -> str:
    """Write a run as a JSON document.

    Its keys are `docpact`, `operation`, `target`, `seed`, `verdict`, `reason`, `findings`,
    `promises`, `exercised`, `unseen`, `remarks`, `left_out`, `requests`, `phases` and `seconds`.

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
        "seed": run.seed,
        "verdict": run.verdict(strict=strict).value,
        "reason": run.reason or None,
        "findings": [_finding(finding) for finding in run.findings],
        "promises": [_promise(judgement) for judgement in run.judgements],
        "exercised": {key.value: count for key, count in tally(run).items()},
        "unseen": list(run.unseen),
        "remarks": list(run.remarks),
        "left_out": list(run.left_out),
        "requests": run.request_count,
        "phases": dict(run.requests),
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
