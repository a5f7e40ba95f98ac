"""A run, one finding as a letter, and the rules as Markdown; nothing from a server is markup."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby
from textwrap import wrap
from typing import Final, TypeAlias

from docpact.client_gate import RULES as CLIENT_RULES
from docpact.client_gate import ClientRule
from docpact.diff import RULES as DIFF_RULES
from docpact.diff import DiffRule
from docpact.errors import UsageError
from docpact.model import Finding, HistoryEntry, Run, Timeline, Verdict
from docpact.reports.view import ABOUT, WHOLE_BODY, Report, View, describe_evidence
from docpact.rules import RULES, Rule
from docpact.text import WIDTH, pluralize, printable, shorten, suggest

AnyRule: TypeAlias = Rule | ClientRule | DiffRule

EVERY: Final[tuple[AnyRule, ...]] = (*RULES, *CLIENT_RULES, *DIFF_RULES)
"""Every rule, in the order of the families."""


def render_rules() -> str:
    """Return a section for each family, with a row for each rule."""
    lines = ["# Rules", ""]
    for family, rules in groupby(EVERY, key=lambda rule: rule.id.partition(".")[0]):
        lines += [f"## {family}", "", "| rule | level | promise | why it matters |"]
        lines.append("| --- | --- | --- | --- |")
        lines += [f"| `{r.id}` | {r.level.value} | {r.summary} | {r.why} |" for r in rules]
        lines.append("")
    return "\n".join(lines)


def explain(name: str) -> str:
    """Return what one rule checks, with an example, why it matters and how to silence it.

    Raises:
        UsageError: there is no such rule.
    """
    rule = next((rule for rule in EVERY if rule.id == name), None)
    if rule is None:
        known = [rule.id for rule in EVERY]
        hint = suggest(name, known, "`docpact rules` lists them")
        raise UsageError(f"there is no rule {printable(name)}; {hint}")
    return "\n".join([f"{rule.id}  ({rule.level.value})", *_paragraphs(rule)]) + "\n"


def find_example(rule: AnyRule) -> str:
    """Return an example of a breach of a rule, or of a change that it names, as Markdown.

    Raises:
        LookupError: the rule has no example.
    """
    return _examples()[rule.id]


def find_examples_without_rule() -> set[str]:
    """Return the ids in the file of examples that belong to no rule."""
    return _examples().keys() - {rule.id for rule in EVERY}


def describe_silencing(rule: AnyRule) -> str:
    """Return how to silence a rule, as Markdown."""
    text = _SILENCED.get(rule.id.partition(".")[0], _SILENCED_IN_CONFIGURATION)
    return text.format(id=rule.id)


def _paragraphs(rule: AnyRule) -> Iterator[str]:
    facts = {
        "promise": rule.summary,
        "example": find_example(rule),
        "why it matters": rule.why,
        "to silence it": describe_silencing(rule),
    }
    for name, text in facts.items():
        yield ""
        yield from wrap(f"{name}: {text}", 80, subsequent_indent="  ", break_on_hyphens=False)


@cache
def _examples() -> dict[str, str]:
    text = files("docpact.reports").joinpath("examples.toml").read_text("utf-8")
    return tomllib.loads(text)


_SILENCED: Final = {
    "client": '`"{id}": "why"` in the `expected_failures` of a `ClientContract`; '
    "`docpact gate --against FILE` fails only where it got worse",
    "diff": "not possible",
}
"""Family → how to silence its rules; the configuration file silences all others."""

_SILENCED_IN_CONFIGURATION: Final = '`"{id}" = "why"` under `[silenced]` of the configuration'


MOST: Final = 200
"""Maximum number of findings shown: GitHub accepts 1 MiB of summary per step."""

LONGEST: Final = 300
"""Maximum number of characters of a text."""

_MARKS: Final = {Verdict.CONFORMS: "✅", Verdict.DRIFT: "❌", Verdict.INCONCLUSIVE: "⚠️"}


def render(report: Report) -> str:
    """Return the verdict, a table of findings, and the accepted, healed and untested ones.

    Of a whole API, a table of its operations comes first.
    """
    lines = _whole(report) if report.run.is_whole else _lines(report.views[0])
    return "\n".join(lines) + "\n"


def code(text: str, *, is_cell: bool = True) -> str:
    """Return text as code, in the cell of a table or elsewhere, so that nothing in it is markup.

    The fence is longer than any run of backticks in the text (CommonMark, section 6.1).
    """
    safe = printable(text).replace("|", "\\|") if is_cell else printable(text)
    if not safe:
        return ""
    fence = "`" * (1 + max(map(len, re.findall("`+", safe)), default=0))
    pad = " " if "`" in safe else ""
    return f"{fence}{pad}{safe}{pad}{fence}"


def write_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table; its cells are Markdown."""
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"


def _head(level: str, name: str, shown: Report | View) -> Iterator[str]:
    """Yield the verdict as a title, the headline below it, and why it is inconclusive."""
    yield f"{level} {_MARKS[shown.verdict]} docpact: {shown.verdict.value}"
    yield ""
    yield f"{code(name)} on {code(shown.run.target)}: {shown.headline}"
    yield ""
    if shown.run.reason:
        yield f"**Inconclusive:** {code(shown.run.reason)}"
        yield ""


def _whole(report: Report) -> Iterator[str]:
    run = report.run
    yield from _head("##", run.name, report)
    rows = [
        (code(view.run.operation), f"{_MARKS[view.verdict]} {view.verdict.value}", view.headline)
        for view in report.views
    ]
    yield from write_table(("operation", "verdict", "result"), rows)
    yield ""
    for name, reasons in (("without a test", run.not_tested), ("not judged", report.not_judged)):
        yield from _list(name, [f"- {code(n)}: {code(why)}" for n, why in reasons.items()])
    yield from _list("left behind", [f"- {code(each)}" for each in run.left_behind])
    for view in report.views:
        if view.run.findings or view.run.reason:
            yield from _lines(view)
            yield ""


def _lines(view: View) -> Iterator[str]:
    run = view.run
    yield from _head("###", run.operation, view)
    if view.open:
        shown = view.open[:MOST]
        states = [view.describe_state(each) for each in shown]
        head = ("level", "rule", "location", "documentation", "observed", "id")
        rows = [(*_row(each), state) for each, state in zip(shown, states, strict=True)]
        has_states = any(states)
        yield from write_table(
            (*head, "state") if has_states else head,
            rows if has_states else [row[:-1] for row in rows],
        )
        yield ""
        yield from _commands(shown)
    if len(view.open) > MOST:
        yield f"and {pluralize(len(view.open) - MOST, 'more finding')}"
        yield ""
    accepted = [f"- `{f.rule}` {code(f.location)}: {code(f.accepted)}" for f in view.accepted]
    yield from _list("accepted", accepted)
    healed = [f"- `{e.rule}` {code(e.location)} `{e.fingerprint}`" for e in run.healed]
    yield from _list("healed", healed, "; remove them with `docpact baseline prune`")
    power, reasons = view.power
    if power:
        yield f"**Power:** {power}"
        yield ""
        yield from [f"- {code(each, is_cell=False)}" for each in reasons[:MOST]]
        yield ""
    if view.not_tested:
        yield f"**Not tested** ({len(view.not_tested)}): {code(run.not_tested)}"


def _commands(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the curl command of each finding, folded."""
    yield f"<details><summary>{pluralize(len(findings), 'curl command')}</summary>"
    yield ""
    for each in findings:
        yield f"- `{each.fingerprint}`: {code(each.reproduce, is_cell=False)}"
    yield ""
    yield "</details>"
    yield ""


def _list(name: str, lines: Sequence[str], advice: str = "") -> Iterator[str]:
    if lines:
        yield f"**{name.capitalize()}** ({len(lines)}): {ABOUT[name]}{advice}"
        yield ""
        yield from lines[:MOST]
        yield ""


def _row(finding: Finding) -> Sequence[str]:
    promise = finding.promise
    documented = "; ".join(str(part) for part in (promise.documented, promise.source) if part)
    texts = (finding.location or WHOLE_BODY, documented, finding.observed)
    return (
        finding.level.value + (" (security)" if promise.security else ""),
        f"`{finding.rule}`",
        *(code(shorten(text, LONGEST)) for text in texts),
        f"`{finding.fingerprint}`",
    )


MAX_LINES: Final = 40
"""Maximum number of lines of a letter."""

MAX_OBSERVED: Final = 600
"""Maximum number of characters of the observation."""


def render_letter(
    run: Run,
    finding: Finding,
    entries: Sequence[HistoryEntry] = (),
    timeline: Timeline | None = None,
) -> str:
    """Return a letter of at most 40 lines."""
    return "\n".join(_write_lines(run, finding, entries, timeline)[:MAX_LINES]) + "\n"


def _write_lines(
    run: Run, finding: Finding, entries: Sequence[HistoryEntry], timeline: Timeline | None
) -> list[str]:
    rule = next((each for each in EVERY if each.id == finding.rule), None)
    is_habit = finding.promise.is_habit
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
