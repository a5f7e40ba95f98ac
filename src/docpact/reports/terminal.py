"""The run as plain text for a terminal: 80 columns, no colour, nothing a server sent unescaped."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from textwrap import wrap
from typing import Final

from docpact.model import Finding, Judgement, Level, Outcome, Run, outcome
from docpact.reports.summary import headline
from docpact.text import printable, shortened

WIDTH: Final = 80
_TITLES: Final = {
    Level.BREAKING: "BREAKING ({}): a client that follows the documentation breaks",
    Level.ADDITIVE: "ADDITIVE ({}): more than the documentation says",
    Level.NOTE: "NOTE ({}): worth knowing",
}


def render(run: Run, *, strict: bool = False) -> str:
    """Write a run's findings by level, what was not exercised, and the verdict last."""
    return "\n".join(_lines(run, strict=strict)) + "\n"


def describe(finding: Finding) -> list[str]:
    """Write one finding in lines of at most 80 columns; the curl line alone may be longer."""
    place = printable(finding.location) or "(the whole body)"
    security = "  (security)" if finding.promise.security else ""
    lines = [f"  {finding.rule}  {place}{security}"]
    lines += _field("promise", finding.promise.documented)
    if finding.promise.source is not None:
        lines += _field("", str(finding.promise.source))
    lines += _field("observed", finding.observed)
    seen = [f"{finding.count:,} of {finding.judged:,}", finding.persistence]
    seen += [f"first at {finding.first}"] if finding.first else []
    lines += _field("seen", ", ".join(filter(None, seen)))
    lines.append(f"    {'try':<10} {printable(finding.reproduce)}")
    lines.append(f"    {'id':<10} {finding.fingerprint}")
    return lines


def _lines(run: Run, *, strict: bool) -> Iterator[str]:
    fresh = [finding for finding in run.findings if not finding.accepted]
    for level, found in groupby(fresh, key=lambda finding: finding.level):
        group = list(found)
        yield _TITLES[level].format(len(group))
        for finding in group:
            yield ""
            yield from describe(finding)
        yield ""
    yield from _known(run)
    yield from _not_shown(run)
    if run.reason:
        yield from wrap(f"inconclusive: {printable(run.reason)}", WIDTH)
    yield from wrap(headline(run, strict=strict), WIDTH)


def _known(run: Run) -> Iterator[str]:
    """Name what is accepted, with its reason, and what was accepted and is gone."""
    accepted = [finding for finding in run.findings if finding.accepted]
    if accepted:
        yield f"ACCEPTED ({len(accepted)}): known findings that do not fail the run"
        for finding in accepted:
            yield f"  {finding.rule}  {printable(finding.location)}  {finding.fingerprint}"
            yield from _wrapped(finding.accepted, indent=4)
        yield ""
    if run.healed:
        yield f"HEALED ({len(run.healed)}): accepted findings that this run no longer sees"
        for known in run.healed:
            yield f"  {known.rule}  {printable(known.location)}  {known.fingerprint}"
        yield ""


def _not_shown(run: Run) -> Iterator[str]:
    skipped = [each for each in run.judgements if outcome(each) is Outcome.NOT_TESTED]
    if skipped:
        yield f"NOT TESTED ({len(skipped)}): no response exercised these"
        for rule, group in groupby(skipped, key=lambda each: each.promise.rule):
            yield from _field(rule, ", ".join(_where(each) for each in group), label=26)
        yield ""
    if run.left_out:
        yield f"LEFT OUT ({len(run.left_out)}): not allowed by the request budget"
        for label in run.left_out:
            yield f"  {shortened(label, WIDTH - 2)}"
        yield ""
    if run.unseen:
        yield "NEVER SEEN: documented, but in no response"
        for line in run.unseen:
            yield f"  {printable(line)}"
        yield ""
    if run.remarks:
        yield "REMARKS"
        for line in run.remarks:
            yield from _wrapped(line)
        yield ""


def _wrapped(text: str, *, indent: int = 2) -> list[str]:
    first, rest = " " * indent, " " * (indent + 2)
    return wrap(printable(text), WIDTH, initial_indent=first, subsequent_indent=rest)


def _where(judgement: Judgement) -> str:
    promise = judgement.promise
    return " ".join(part for part in (promise.location, promise.keyword) if part) or "(body)"


def _field(name: str, text: str, *, label: int = 10) -> list[str]:
    """Write a named text, wrapped below itself."""
    indent = " " * (4 + label + 1)
    wrapped = wrap(printable(text), WIDTH - len(indent), break_on_hyphens=False) or [""]
    return [f"    {name:<{label}} {wrapped[0]}", *(indent + line for line in wrapped[1:])]
