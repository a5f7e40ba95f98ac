"""A finding as a bug report for the people who run the API, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from docpact.model import Finding, HistoryEntry, Run, Timeline
from docpact.reports.markdown import code
from docpact.reports.rule_table import EVERY
from docpact.reports.view import WHOLE_BODY, describe_evidence

WIDTH: Final = 80
MAX_LINES: Final = 40
"""Maximum number of lines of a letter."""

MAX_OBSERVED: Final = 600
"""Maximum number of characters of the observation."""


def render(
    run: Run,
    finding: Finding,
    entries: Sequence[HistoryEntry] = (),
    timeline: Timeline | None = None,
) -> str:
    """Return a letter of at most 40 lines.

    Args:
        run: the latest run that shows the finding.
        finding: of that run.
        entries: of the same operation and target in a history.
        timeline: of the finding in that history.
    """
    return "\n".join(_lines(run, finding, entries, timeline)[:MAX_LINES]) + "\n"


def _lines(
    run: Run, finding: Finding, entries: Sequence[HistoryEntry], timeline: Timeline | None
) -> list[str]:
    rule = next((each for each in EVERY if each.id == finding.rule), None)
    is_habit = finding.promise.family == "habit"
    title = "has changed" if is_habit else "differs from its documentation"
    lines = [f"# The API {title}", ""]
    lines += [f"Operation: {code(run.operation, is_cell=False)}", ""]
    lines += [f"Expected: {rule.summary}", ""] if rule is not None else []
    lines += ["## Before" if is_habit else "## Documented", "", *_quote(finding), ""]
    observed = finding.observed[:MAX_OBSERVED]
    lines += ["## Observed", "", code(observed, is_cell=False), ""]
    lines += [f"Where: {code(finding.location or WHOLE_BODY, is_cell=False)}", ""]
    lines += [f"How often: {code(describe_evidence(finding), is_cell=False)}", ""]
    lines += [*_describe_time(run, entries, timeline), ""]
    lines += ["## How to reproduce", "", code(finding.reproduce, is_cell=False), ""]
    if "$" in finding.reproduce:
        lines += ["The command takes the key from an environment variable.", ""]
    if rule is not None:
        lines += ["## Why it matters", "", *wrap(rule.why, WIDTH), ""]
    if finding.promise.security:
        lines += ["**Security:** people see data that they must not see.", ""]
    return lines[:-1]


def _quote(finding: Finding) -> Iterator[str]:
    yield code(finding.promise.documented, is_cell=False)
    if finding.promise.source is not None:
        yield ""
        yield f"Source: {code(str(finding.promise.source), is_cell=False)}"


def _describe_time(
    run: Run, entries: Sequence[HistoryEntry], timeline: Timeline | None
) -> Iterator[str]:
    """Yield when the finding was seen: last, and in the history since when and how often."""
    yield f"Last seen: {run.started:%Y-%m-%d %H:%M} UTC"
    if timeline is not None:
        runs = sum(interval.runs for interval in timeline.intervals)
        yield ""
        yield f"Since: {timeline.first:%Y-%m-%d}, in {runs} of {len(entries)} runs"
