"""The run as SARIF 2.1.0, for code scanning: a result for each finding, at its documented line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import quote

from docpact.history.codec import write_json
from docpact.model import ApiRun, Finding, Source
from docpact.reports.markdown import EVERY
from docpact.reports.view import SEVERITIES, Report, View, describe_promise
from docpact.text import printable

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def render(report: Report) -> str:
    """Return a run as SARIF 2.1.0.

    Accepted findings are suppressed (section 3.27.23). An inconclusive run is an execution that
    failed (section 3.20.14), so that an empty list of results does not look like a pass.
    """
    run = report.run
    findings = [finding for each in run.runs for finding in each.findings]
    notices = [
        {"level": level, "message": {"text": printable(text)}} for level, text in _notify(run)
    ]
    invocation = {
        "executionSuccessful": not any(each["level"] == "warning" for each in notices),
        "toolExecutionNotifications": notices,
        "startTimeUtc": run.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    driver = {
        "name": "docpact",
        "semanticVersion": report.version,
        "rules": list(_describe_rules(findings)),
    }
    described = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"docpact/{run.name}/"},
        "invocations": [invocation],
        "results": [_result(view, each) for view in report.views for each in view.run.findings],
        "columnKind": "unicodeCodePoints",
    }
    return write_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [described]})


def _notify(run: ApiRun) -> Iterator[tuple[str, str]]:
    """Yield level and text of a notice for each inconclusive run and untested operation."""
    if run.reason:
        yield "warning", run.reason
    for each in run.runs:
        if each.reason:
            yield "warning", f"{each.operation}: {each.reason}" if run.is_whole else each.reason
    for thing in run.left_behind:
        yield "warning", f"left behind: {thing}"
    for name, reason in run.not_tested.items():
        yield "note", f"{name} was not tested: {reason}"


def _describe_rules(findings: Iterable[Finding]) -> Iterator[dict[str, Any]]:
    ids = {finding.rule for finding in findings}
    for rule in EVERY:
        if rule.id in ids:
            yield {
                "id": rule.id,
                "shortDescription": {"text": rule.summary},
                "help": {"text": rule.why},
                "defaultConfiguration": {"level": SEVERITIES[rule.level]},
            }


def _find_file(view: View, source: Source | None) -> str:
    """Return the file that states a promise."""
    if source is not None and source.place:
        return quote(source.place.partition("#")[0])
    return f"schemas/{view.run.operation}/page.txt"


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
            "artifactLocation": {"uri": _find_file(view, source)},
            "region": {"startLine": (source.line if source else None) or 1},
        },
        "logicalLocations": [{"fullyQualifiedName": printable(finding.location) or "body"}],
    }
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": "error" if view.is_failure(finding) else SEVERITIES[finding.level],
        "message": {"text": "\n".join(map(printable, lines))},
        "locations": [location],
        "partialFingerprints": {"docpact/v1": finding.fingerprint},
    }
    if finding.accepted:
        reason = printable(finding.accepted)
        result["suppressions"] = [{"kind": "external", "justification": reason}]
    return result
