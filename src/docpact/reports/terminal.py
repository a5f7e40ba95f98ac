"""The run as plain text of at most 80 columns, without colors; server text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from textwrap import wrap
from typing import Final

from docpact.model import Finding, PromiseResult
from docpact.reports.view import ABOUT, WHOLE_BODY, Report, View, describe_evidence
from docpact.text import printable, shortened

WIDTH: Final = 80


def render(report: Report) -> str:
    """Return the findings by level, what was not tested or seen, and the verdict last.

    Of a whole API, each operation that does not just conform has a section, and all have a line.
    """
    lines = _whole(report) if report.run.is_whole else _lines(report.views[0])
    return "\n".join(lines) + "\n"


def describe(finding: Finding) -> list[str]:
    """Return one finding in lines of at most 80 columns, except for the curl command."""
    location = printable(finding.location) or WHOLE_BODY
    security = "  (security)" if finding.promise.security else ""
    lines = [f"  {finding.rule}  {location}{security}"]
    lines += _field("promise", finding.promise.documented)
    if finding.promise.source is not None:
        lines += _field("", str(finding.promise.source))
    lines += _field("observed", finding.observed)
    lines += _field("seen", describe_evidence(finding))
    lines.append(f"    {'try':<10} {printable(finding.reproduce)}")
    lines.append(f"    {'id':<10} {finding.fingerprint}")
    return lines


def _whole(report: Report) -> Iterator[str]:
    for view in report.views:
        if view.run.findings or view.run.healed or view.run.reason or view.run.left_out:
            yield f"== {printable(view.run.operation)}"
            yield from _findings(view)
            yield from _left_out(view)
            yield from _verdict(view)
            yield ""
    width = max((len(printable(view.run.operation)) for view in report.views), default=0)
    yield f"OPERATIONS ({len(report.views)}): `--json` has what was not tested or seen"
    for view in report.views:
        counts = [f"{len(view.not_tested)} not tested", f"{len(view.run.unseen)} never seen"]
        about = f"{view.verdict.value:<13}{len(view.run.results)} promises, {', '.join(counts)}"
        yield f"  {printable(view.run.operation):<{width}}  {about}"
    yield ""
    not_tested = [
        line
        for name, reason in report.run.not_tested.items()
        for line in _wrap(f"{name}: {reason}")
    ]
    yield from _group("without a test", not_tested, len(report.run.not_tested))
    if report.run.reason:
        yield from wrap(f"inconclusive: {printable(report.run.reason)}", WIDTH)
    yield from wrap(report.headline, WIDTH)


def _findings(view: View) -> Iterator[str]:
    for level, findings in view.levels.items():
        described = [line for finding in findings for line in ("", *describe(finding))]
        yield from _group(level.value, described, len(findings))
    accepted = [line for finding in view.accepted for line in _accepted(finding)]
    yield from _group("accepted", accepted, len(view.accepted))
    healed = [f"  {e.rule}  {printable(e.location)}  {e.fingerprint}" for e in view.run.healed]
    yield from _group("healed", healed, len(healed))


def _left_out(view: View) -> Iterator[str]:
    left_out = [f"  {shortened(label, WIDTH - 2)}" for label in view.run.left_out]
    yield from _group("left out", left_out, len(left_out))


def _verdict(view: View) -> Iterator[str]:
    if view.run.reason:
        yield from wrap(f"inconclusive: {printable(view.run.reason)}", WIDTH)
    yield from wrap(view.headline, WIDTH)


def _lines(view: View) -> Iterator[str]:
    run = view.run
    yield from _findings(view)
    yield from _group("not tested", _not_tested(view), len(view.not_tested))
    yield from _left_out(view)
    yield from _group("never seen", [f"  {printable(line)}" for line in run.unseen])
    if run.remarks:
        yield "REMARKS"
        for remark in run.remarks:
            yield from _wrap(remark)
        yield ""
    yield from _verdict(view)


def _group(name: str, lines: Iterable[str], count: int | None = None) -> Iterator[str]:
    """Yield a titled group of lines; nothing if there are none."""
    lines = list(lines)
    if lines:
        number = "" if count is None else f" ({count})"
        yield f"{name.upper()}{number}: {ABOUT[name]}"
        yield from lines
        yield ""


def _accepted(finding: Finding) -> Iterator[str]:
    yield f"  {finding.rule}  {printable(finding.location)}  {finding.fingerprint}"
    yield from _wrap(finding.accepted, indent=4)


def _not_tested(view: View) -> Iterator[str]:
    for rule, group in groupby(view.not_tested, key=lambda each: each.promise.rule):
        yield from _field(rule, ", ".join(map(_locate, group)), label=26)


def _wrap(text: str, *, indent: int = 2) -> list[str]:
    first, rest = " " * indent, " " * (indent + 2)
    return wrap(printable(text), WIDTH, initial_indent=first, subsequent_indent=rest)


def _locate(result: PromiseResult) -> str:
    promise = result.promise
    return " ".join(filter(None, (promise.location, promise.keyword))) or "(body)"


def _field(name: str, text: str, *, label: int = 10) -> list[str]:
    """Return a labeled text, wrapped with a hanging indent."""
    indent = " " * (4 + label + 1)
    wrapped = wrap(printable(text), WIDTH - len(indent), break_on_hyphens=False) or [""]
    return [f"    {name:<{label}} {wrapped[0]}", *(indent + line for line in wrapped[1:])]
