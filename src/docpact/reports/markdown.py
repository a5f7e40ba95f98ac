"""The run as Markdown, for the summary of a CI job: nothing that a server sent is markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from docpact.model import Finding, Outcome, Run, Verdict
from docpact.reports.summary import headline, tally
from docpact.text import counted, printable, shortened

MOST: Final = 200
"""So many findings are shown: GitHub takes 1 MiB of summary a step."""

LONGEST: Final = 300
"""So many characters of a text are shown."""

_MARKS: Final = {
    Verdict.CONFORMS: "✅",
    Verdict.DRIFT: "❌",
    Verdict.INCONCLUSIVE: "⚠️",
}


def render(run: Run, *, strict: bool = False) -> str:
    """Write the verdict, the findings in a table, and what is accepted, healed and not tested."""
    return "\n".join(_lines(run, strict=strict)) + "\n"


def code(text: str) -> str:
    """Write text as code in a cell of a table, so that nothing in it is markup.

    The fence is longer than any run of backticks in the text (CommonMark, section 6.1).
    """
    safe = printable(text).replace("|", "\\|")
    if not safe:
        return ""
    fence = "`" * (1 + max(map(len, re.findall("`+", safe)), default=0))
    pad = " " if "`" in safe else ""
    return f"{fence}{pad}{safe}{pad}{fence}"


def _lines(run: Run, *, strict: bool) -> Iterator[str]:
    verdict = run.verdict(strict=strict)
    yield f"### {_MARKS[verdict]} docpact: {verdict.value}"
    yield ""
    yield f"{code(run.operation)} on {code(run.target)}: {headline(run, strict=strict)}"
    yield ""
    if run.reason:
        yield f"**No ground for a verdict:** {code(run.reason)}"
        yield ""
    fresh = [finding for finding in run.findings if not finding.accepted]
    if fresh:
        yield from _table(fresh)
    accepted = [finding for finding in run.findings if finding.accepted]
    if accepted:
        yield f"**Accepted** ({counted(len(accepted), 'finding')}):"
        yield ""
        for finding in accepted[:MOST]:
            yield f"- `{finding.rule}` {code(finding.location)}: {code(finding.accepted)}"
        yield ""
    if run.healed:
        yield f"**Healed** ({counted(len(run.healed), 'finding')}), to be pruned from the baseline:"
        yield ""
        for known in run.healed[:MOST]:
            yield f"- `{known.rule}` {code(known.location)} `{known.fingerprint}`"
        yield ""
    if silent := tally(run)[Outcome.NOT_TESTED]:
        yield f"{counted(silent, 'promise')} not tested: {run.not_tested and code(run.not_tested)}"


def _table(findings: list[Finding]) -> Iterator[str]:
    yield "| level | rule | place | the page says | observed | id |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for finding in findings[:MOST]:
        security = " (security)" if finding.promise.security else ""
        page = finding.promise.documented
        if finding.promise.source is not None:
            page = f"{page}; {finding.promise.source}"
        yield (
            f"| {finding.level.value}{security} | `{finding.rule}` "
            f"| {code(shortened(finding.location or '(body)', LONGEST))} "
            f"| {code(shortened(page, LONGEST))} | {code(shortened(finding.observed, LONGEST))} "
            f"| `{finding.fingerprint}` |"
        )
    if len(findings) > MOST:
        yield ""
        yield f"and {counted(len(findings) - MOST, 'finding')} more"
    yield ""
