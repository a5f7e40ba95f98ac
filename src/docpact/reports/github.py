"""The run as workflow commands of GitHub Actions, which its pages show as annotations.

Escaped like the runner's own toolkit does: `%`, CR and LF in messages, and also `:` and `,` in
properties.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from docpact.model import Finding, Level
from docpact.reports.view import SEVERITIES, Report, describe_promise
from docpact.text import pluralize, printable

MOST: Final = 10
"""Maximum number of annotations of one kind that GitHub shows for a step."""

_COMMANDS: Final = {**SEVERITIES, Level.NOTE: "notice"}


def render(report: Report) -> str:
    """Return a command for each finding that nobody accepted, and one for an inconclusive run."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    for reason in filter(None, (report.run.reason, *(run.reason for run in report.run.runs))):
        yield _command("warning", "docpact: inconclusive", reason)
    kinds = [
        ("error" if view.is_failure(finding) else _COMMANDS[finding.level], finding)
        for view in report.views
        for finding in view.open
    ]
    for kind in dict.fromkeys(_COMMANDS.values()):
        findings = [finding for its_kind, finding in kinds if its_kind == kind]
        shown = findings if len(findings) <= MOST else findings[: MOST - 1]
        for finding in shown:
            yield _command(kind, f"{finding.rule} {finding.location}", _message(finding))
        if more := len(findings) - len(shown):
            yield _command(kind, "docpact", f"{pluralize(more, 'more finding')} in the summary")


def _message(finding: Finding) -> str:
    side = "before" if finding.promise.is_habit else "documented"
    return (
        f"{side}: {describe_promise(finding)}\nobserved: {finding.observed}\n"
        f"id {finding.fingerprint}"
    )


def _command(kind: str, title: str, message: str) -> str:
    lines = [_escape(printable(line)) for line in message.split("\n")]
    title = _escape(printable(title)).replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={title}::{'%0A'.join(lines)}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
