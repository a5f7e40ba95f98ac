"""A run, or the plan of one, as text of at most 80 columns; server text is escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from textwrap import wrap
from typing import Final

from docpact.model import Case, Finding, Operation, Verdict
from docpact.model.documented import LOCATIONS
from docpact.reports.view import (
    ABOUT,
    WHOLE_BODY,
    Report,
    View,
    describe_command,
    describe_evidence,
    name_finding,
)
from docpact.targets.address import url
from docpact.text import WIDTH, break_command, pluralize, printable, shorten, shorten_name

_RED, _GREEN, _YELLOW, _BLUE = 31, 32, 33, 34
_COLORS: Final = {
    "breaking": _RED,
    "changed": _YELLOW,
    "additive": _YELLOW,
    "note": _BLUE,
    Verdict.DRIFT.value: _RED,
    Verdict.CONFORMS.value: _GREEN,
    Verdict.INCONCLUSIVE.value: _YELLOW,
}
"""Name of a group or verdict → its color (ECMA-48, SGR)."""


_INCONCLUSIVE: Final = Verdict.INCONCLUSIVE.value


class Detail(Enum):
    """The amount of a run that is printed.

    QUIET: the findings and the verdict; NORMAL: numbers of untested promises and unseen values,
    too; ALL: every line of it.
    """

    QUIET = 0
    NORMAL = 1
    ALL = 2


def render(report: Report, detail: Detail = Detail.NORMAL, *, color: bool = False) -> str:
    """Return the findings by level, the untested promises and unseen values, and the verdict last.

    Of a whole API, each operation with findings has a section, and all have a line.
    """
    printer = _Printer(detail, color)
    whole = report.run.is_whole
    lines = printer.print_api(report) if whole else printer.print_run(report.views[0])
    return "\n".join(lines) + "\n"


def describe(finding: Finding) -> list[str]:
    """Return one finding in lines of 80 columns; only words of its command may be longer."""
    location = shorten_name(finding.location) or WHOLE_BODY
    security = "  (security)" if finding.promise.security else ""
    lines = [f"  {finding.rule}  {location}{security}"]
    lines += _field("promise", finding.promise.documented)
    if finding.promise.source is not None:
        lines += _field("", str(finding.promise.source))
    lines += _field("observed", finding.observed)
    lines += _field("seen", describe_evidence(finding))
    lines += break_command(printable(describe_command(finding)), f"    {'try':<10} ")
    lines.append(f"    {'id':<10} {finding.fingerprint}")
    return lines


@dataclass(frozen=True, slots=True)
class _Printer:
    """Yields the lines of runs, with a certain detail, with colors or without."""

    detail: Detail
    color: bool

    def print_api(self, report: Report) -> Iterator[str]:
        if self.detail is not Detail.ALL and _is_reason_all(report):
            yield from self._sentence(report.verdict, f"{_INCONCLUSIVE}: {report.run.reason}")
            return
        reasons: dict[str, str] = {}
        printed: dict[tuple[str, ...], str] = {}
        sections: dict[object, list[View]] = {}
        is_full = self.detail is Detail.ALL
        for view in report.views:
            if is_full or view.run.findings or view.run.healed or view.run.left_out:
                sections.setdefault(self._identify(view), []).append(view)
            elif view.run.reason:
                reasons[view.run.operation] = view.run.reason
        for view, *others in sections.values():
            yield f"== {printable(view.run.operation)}"
            yield from self._findings(view, printed)
            yield from self._describe_untested(view) if is_full else self._left_out(view)
            yield from self._verdict(view.verdict, view.headline, view.run.reason)
            if others:
                names = ", ".join(each.run.operation for each in others)
                yield from wrap(printable(f"the same findings: {names}; -v shows them"), WIDTH)
            yield ""
        yield from self._group(Verdict.INCONCLUSIVE.value, self._reasons(reasons), len(reasons))
        if self.detail is not Detail.QUIET:
            yield from self._operations(report)
        left = [line for each in report.run.left_behind for line in _wrap(each)]
        yield from self._group("left behind", left, len(report.run.left_behind))
        yield from self._verdict(report.verdict, report.headline, report.run.reason)

    def _identify(self, view: View) -> object:
        """Return what sections have in common that are printed once."""
        run = view.run
        is_alone = self.detail is Detail.ALL or run.healed or run.left_out or view.accepted
        says = {(level, _quote(each)) for level, group in view.levels.items() for each in group}
        return run.operation if is_alone else (view.verdict, run.reason, frozenset(says))

    def print_run(self, view: View) -> Iterator[str]:
        run = view.run
        yield from self._findings(view, {})
        if _has_tested(view) or self.detail is Detail.ALL:
            yield from self._describe_untested(view)
        if run.remarks and self.detail is not Detail.QUIET:
            yield "REMARKS"
            for remark in run.remarks:
                yield from _wrap(remark)
            yield ""
        if run.reason and not _has_tested(view) and self.detail is not Detail.ALL:
            yield from self._sentence(view.verdict, f"{_INCONCLUSIVE}: {run.reason}")
        else:
            yield from self._verdict(view.verdict, view.headline, run.reason)

    def _describe_untested(self, view: View) -> Iterator[str]:
        """Yield the untested promises and unseen values of a run, in full or as numbers."""
        if self.detail is not Detail.QUIET:
            tested = (
                _describe_not_tested(view) if self.detail is Detail.ALL else _count_families(view)
            )
            yield from self._group("not tested", tested, len(view.not_tested))
        yield from self._left_out(view)
        yield from self._fold("never seen", [f"  {printable(line)}" for line in view.run.unseen])
        yield from self._describe_power(view)

    def _describe_power(self, view: View) -> Iterator[str]:
        """Yield how many drifts the run would have noticed, and why not the others."""
        title, reasons = view.power
        if not title or self.detail is Detail.QUIET:
            return
        is_full = self.detail is Detail.ALL
        more = "; -v lists the reasons" if len(reasons) > 1 and not is_full else ""
        yield from wrap(f"POWER: {title}{more}", WIDTH)
        for reason in reasons if is_full else reasons[:1]:
            yield from _wrap(reason)
        for each in view.run.power.missed if is_full and view.run.power else ():
            for drift in each.drifts:
                yield from _wrap(f"not {drift}", indent=4)
        yield ""

    def _operations(self, report: Report) -> Iterator[str]:
        measured = any(view.run.power for view in report.views)
        more = ", and drifts that would be noticed" if measured else ""
        yield f"OPERATIONS ({len(report.views)}): promises tested{more}"
        for view in report.views:
            total = sum(view.run.outcomes.values())
            tested = f"{total - len(view.not_tested)} of {total}"
            verdict = self._paint(f"{view.verdict.value:<13}", view.verdict.value)
            power = f"{view.run.power.percent:.0f} %" if view.run.power else ""
            operation = shorten(view.run.operation, WIDTH - 34)
            yield f"  {verdict} {tested:<11} {power:>5} {operation}"
        yield ""
        for name, why in (
            ("without a test", report.run.not_tested),
            ("not judged", report.not_judged),
        ):
            yield from self._group(name, self._reasons(why), len(why))

    def _reasons(self, reasons: Mapping[str, str]) -> Iterator[str]:
        """Yield the reason of each operation, or each reason once unless every detail is wanted."""
        is_whole = self.detail is Detail.ALL
        each = (f"{name}: {reason}" for name, reason in reasons.items())
        for text in each if is_whole else _group_reasons(reasons):
            yield from _wrap(text)

    def _findings(self, view: View, printed: dict[tuple[str, ...], str]) -> Iterator[str]:
        """Yield the findings of an operation, in short if `printed` has them already."""
        operation = view.run.operation
        for level, findings in view.levels.items():
            alike: dict[tuple[str, ...], list[Finding]] = {}
            again: dict[str, list[Finding]] = {}
            for each in findings:
                first = printed.setdefault(_quote(each), operation)
                if self.detail is Detail.ALL:
                    alike[(each.fingerprint,)] = [each]
                elif first == operation:
                    alike.setdefault(_describe_cause(each), []).append(each)
                else:
                    again.setdefault(first, []).append(each)
            described = [
                line for group in alike.values() for line in ("", *_describe_alike(*group))
            ]
            for first, repeated in again.items():
                described += ["", *_describe_repeated(first, repeated)]
            yield from self._group(level.value, described, len(findings))
        if self.detail is Detail.QUIET:
            return
        accepted = [line for finding in view.accepted for line in _describe_accepted(finding)]
        yield from self._group("accepted", accepted, len(view.accepted))
        healed = [f"  {name_finding(each)}" for each in view.run.healed]
        yield from self._group("healed", healed, len(healed))

    def _left_out(self, view: View) -> Iterator[str]:
        left_out = [f"  {shorten(label, WIDTH - 2)}" for label in view.run.left_out]
        yield from self._fold("left out", left_out)

    def _fold(self, name: str, lines: list[str]) -> Iterator[str]:
        """Yield a group; only its title unless every detail is wanted."""
        if not lines or self.detail is Detail.QUIET:
            return
        if self.detail is Detail.ALL:
            yield from self._group(name, lines, len(lines))
        else:
            yield f"{name.upper()} ({len(lines)}): {ABOUT[name]}; -v lists them"
            yield ""

    def _group(self, name: str, lines: Iterable[str], count: int) -> Iterator[str]:
        """Yield a titled group of lines; nothing if there are none."""
        lines = list(lines)
        if lines:
            yield f"{self._paint(name.upper(), name)} ({count}): {ABOUT[name]}"
            yield from lines
            yield ""

    def _verdict(self, verdict: Verdict, headline: str, reason: str) -> Iterator[str]:
        if reason:
            rest = "" if verdict is Verdict.INCONCLUSIVE else "the rest is "
            yield from wrap(f"{rest}{_INCONCLUSIVE}: {printable(reason)}", WIDTH)
        yield from self._sentence(verdict, headline)

    def _sentence(self, verdict: Verdict, text: str) -> Iterator[str]:
        """Yield the lines of a sentence that begins with a verdict, which has a color."""
        first, *others = wrap(printable(text), WIDTH)
        name, rest = first[: len(verdict.value)], first[len(verdict.value) :]
        yield self._paint(name, verdict.value) + rest
        yield from others

    def _paint(self, text: str, name: str) -> str:
        """Return a text in the color of a group or verdict, if colors are wanted."""
        color = _COLORS.get(name) if self.color else None
        return text if color is None else f"\x1b[1;{color}m{text}\x1b[0m"


def _has_tested(view: View) -> bool:
    """Return whether a run has an observation of any promise."""
    return any(result.observations for result in view.run.results)


def _is_reason_all(report: Report) -> bool:
    """Return whether the reason why nothing was tested is all there is to print about an API."""
    run, reason = report.run, report.run.reason
    is_shared = bool(reason) and {each.reason for each in run.runs} == {reason}
    has_more = any(each.remarks for each in run.runs) or bool(run.left_behind)
    return is_shared and not has_more and not any(map(_has_tested, report.views))


def _group_reasons(not_tested: Mapping[str, str]) -> Iterator[str]:
    """Yield each reason once: with the first name, and the number of the others."""
    for reason, count in Counter(not_tested.values()).items():
        first = next(name for name, each in not_tested.items() if each == reason)
        yield f"{first}{f' and {count - 1} more' if count > 1 else ''}: {reason}"


def _count_families(view: View) -> Iterator[str]:
    """Yield how many promises of each family are not tested."""
    counts = Counter(each.promise.rule.partition(".")[0] for each in view.not_tested)
    if counts:
        numbers = ", ".join(f"{family} {count}" for family, count in counts.items())
        yield from _wrap(f"{numbers}; -v lists them")


def _quote(finding: Finding) -> tuple[str, ...]:
    """Return the parts of a finding that two operations may share."""
    return (finding.rule, finding.location, finding.promise.documented, finding.observed)


def _describe_cause(finding: Finding) -> tuple[str, ...]:
    """Return what findings at several parameters, or of several statuses, have in common."""
    place, _, name = finding.location.partition("/")
    if finding.rule == "response.body" and name:
        stated = finding.observed.partition("documented as ")[2].partition(";")[0]
        return (finding.rule, name, finding.promise.documented, stated)
    if place not in LOCATIONS or not name:
        return (finding.fingerprint,)
    observed = finding.observed.replace(name, "")
    return (finding.rule, place, finding.promise.documented, observed)


def _describe_alike(finding: Finding, *others: Finding) -> Iterator[str]:
    """Yield a finding, and the locations of others with the same cause."""
    yield from describe(finding)
    if others:
        places = ", ".join(shorten_name(each.location) for each in others)
        yield from _field("also", f"{places}; -v shows them")


def _describe_repeated(first: str, findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the rules and locations of findings that another operation has too."""
    yield from _wrap(f"as for {first}; -v shows them:")
    for rule, group in groupby(findings, key=lambda each: each.rule):
        locations = dict.fromkeys(shorten_name(each.location) or WHOLE_BODY for each in group)
        yield from _wrap(f"{rule}  {', '.join(locations)}", indent=4)


def _describe_accepted(finding: Finding) -> Iterator[str]:
    yield f"  {name_finding(finding)}"
    yield from _wrap(finding.accepted, indent=4)


def _describe_not_tested(view: View) -> Iterator[str]:
    for rule, group in groupby(view.not_tested, key=lambda each: each.promise.rule):
        places = ", ".join(shorten_name(each.promise.place) or WHOLE_BODY for each in group)
        yield from _field(rule, places, label=26)


def _wrap(text: str, *, indent: int = 2) -> list[str]:
    first, rest = " " * indent, " " * (indent + 2)
    return wrap(printable(text), WIDTH, initial_indent=first, subsequent_indent=rest)


def _field(name: str, text: str, *, label: int = 10) -> list[str]:
    """Return a labeled text, wrapped with a hanging indent."""
    indent = " " * (4 + label + 1)
    wrapped = wrap(printable(text), WIDTH - len(indent), break_on_hyphens=False) or [""]
    return [f"    {name:<{label}} {wrapped[0]}", *(indent + line for line in wrapped[1:])]


def render_plan(
    operation: Operation, base: str, phases: Sequence[tuple[str, str, Sequence[Case]]]
) -> str:
    """Return every known request of a plan by phase, with a remark if a phase sends more."""
    lines = [f"{operation.method} {base}{operation.path}"]
    for name, remark, cases in phases:
        about = f"; {remark}" if remark else ""
        lines.append(f"{name}: {pluralize(len(cases), 'request')}{about}")
        for case in cases:
            query = url("", operation, case).partition("?")[2]
            lines.append(
                shorten(f"  {case.expectation.answer.value:<11} {case.label}  ?{query}", WIDTH)
            )
    lines.append(f"at least {pluralize(sum(len(cases) for *_, cases in phases), 'request')}")
    return "\n".join(lines) + "\n"
