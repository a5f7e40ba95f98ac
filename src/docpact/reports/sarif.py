"""The run as SARIF 2.1.0, for code scanning: a result for each finding, at its documented line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from docpact.history.codec import write_json
from docpact.model import Finding, Level
from docpact.reports.rule_table import EVERY
from docpact.reports.view import View, describe_promise
from docpact.text import printable

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {Level.BREAKING: "error", Level.ADDITIVE: "warning", Level.NOTE: "note"}


def render(view: View) -> str:
    """Return a run as SARIF 2.1.0.

    Accepted findings are suppressed (section 3.27.23). An inconclusive run is an execution that
    failed (section 3.20.14), so that an empty list of results does not look like a pass.
    """
    run = view.run
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
        "semanticVersion": view.version,
        "rules": list(_describe_rules(run.findings)),
    }
    described = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"docpact/{run.operation}/"},
        "invocations": [invocation],
        "results": [_result(view, finding) for finding in run.findings],
        "columnKind": "unicodeCodePoints",
    }
    return write_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [described]})


def _describe_rules(findings: Iterable[Finding]) -> Iterator[dict[str, Any]]:
    ids = {finding.rule for finding in findings}
    for rule in EVERY:
        if rule.id in ids:
            yield {
                "id": rule.id,
                "shortDescription": {"text": rule.summary},
                "help": {"text": rule.why},
                "defaultConfiguration": {"level": _LEVELS[rule.level]},
            }


def _result(view: View, finding: Finding) -> dict[str, Any]:
    source = finding.promise.source
    lines = [
        describe_promise(finding),
        f"observed: {finding.observed}",
        f"seen: {finding.count:,} of {finding.observations:,} {finding.persistence}".rstrip(),
        f"try: {finding.reproduce}",
    ]
    location = {
        "physicalLocation": {
            "artifactLocation": {"uri": f"schemas/{view.run.operation}/page.txt"},
            "region": {"startLine": (source.line if source else None) or 1},
        },
        "logicalLocations": [{"fullyQualifiedName": printable(finding.location) or "body"}],
    }
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": "error" if view.is_failure(finding) else _LEVELS[finding.level],
        "message": {"text": "\n".join(map(printable, lines))},
        "locations": [location],
        "partialFingerprints": {"docpact/v1": finding.fingerprint},
    }
    if finding.accepted:
        reason = printable(finding.accepted)
        result["suppressions"] = [{"kind": "external", "justification": reason}]
    return result
