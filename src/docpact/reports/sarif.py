"""The run as SARIF 2.1.0, for code scanning: a result for each finding, at the page's line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from docpact.model import Finding, Level, Run, is_failure
from docpact.reports.document import written
from docpact.reports.rule_table import EVERY
from docpact.text import printable

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {Level.BREAKING: "error", Level.ADDITIVE: "warning", Level.NOTE: "note"}


def render(run: Run, *, version: str, strict: bool = False) -> str:
    """Write a run as SARIF 2.1.0.

    Accepted findings are suppressed (section 3.27.23); a run without ground for a verdict is an
    execution that failed (section 3.20.14), so that no empty list of results looks like a pass.

    Args:
        run: what a check brought.
        version: of docpact.
        strict: whether an additive finding is an error.
    """
    notices = []
    if run.reason:
        notices = [{"level": "warning", "message": {"text": printable(run.reason)}}]
    invocation = {
        "executionSuccessful": not run.reason,
        "toolExecutionNotifications": notices,
        "startTimeUtc": run.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    driver = {
        "name": "docpact",
        "semanticVersion": version,
        "rules": list(_rules(run.findings)),
    }
    told = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"docpact/{run.operation}/"},
        "invocations": [invocation],
        "results": [_result(run, finding, strict=strict) for finding in run.findings],
        "columnKind": "unicodeCodePoints",
    }
    return written({"$schema": SCHEMA, "version": "2.1.0", "runs": [told]})


def _rules(findings: Iterable[Finding]) -> Iterable[dict[str, Any]]:
    found = {finding.rule for finding in findings}
    for rule in EVERY:
        if rule.id in found:
            yield {
                "id": rule.id,
                "shortDescription": {"text": rule.summary},
                "help": {"text": rule.why},
                "defaultConfiguration": {"level": _LEVELS[rule.level]},
            }


def _result(run: Run, finding: Finding, *, strict: bool) -> dict[str, Any]:
    promise = finding.promise
    level = "error" if is_failure(finding, strict=strict) else _LEVELS[finding.level]
    lines = [
        f"{promise.documented}" + (f" ({promise.source})" if promise.source else ""),
        f"observed: {finding.observed}",
        f"seen: {finding.count:,} of {finding.judged:,} {finding.persistence}".rstrip(),
        f"try: {finding.reproduce}",
    ]
    place: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": f"schemas/{run.operation}/page.txt"},
            "region": {"startLine": promise.source.line if promise.source else None},
        },
        "logicalLocations": [{"fullyQualifiedName": printable(finding.location) or "body"}],
    }
    if place["physicalLocation"]["region"]["startLine"] is None:
        place["physicalLocation"]["region"] = {"startLine": 1}
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": level,
        "message": {"text": "\n".join(map(printable, lines))},
        "locations": [place],
        "partialFingerprints": {"docpact/v1": finding.fingerprint},
    }
    if finding.accepted:
        accepted = {"kind": "external", "justification": printable(finding.accepted)}
        result["suppressions"] = [accepted]
    return result
