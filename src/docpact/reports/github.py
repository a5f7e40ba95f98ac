"""The run as workflow commands of GitHub Actions, which its pages show as annotations.

Escaped as the runner's own toolkit does it: `%`, CR and LF in messages, and in properties `:` and
`,` too.
"""

from __future__ import annotations

from typing import Final

from docpact.model import Finding, Level, Run, is_failure
from docpact.text import counted, printable

MOST: Final = 10
"""GitHub shows so many annotations of a kind for one step."""

_COMMANDS: Final = {Level.BREAKING: "error", Level.ADDITIVE: "warning", Level.NOTE: "notice"}


def render(run: Run, *, strict: bool = False) -> str:
    """Write a command for each finding that nobody accepted, and one for a run without verdict."""
    lines = []
    if run.reason:
        lines.append(_command("warning", "docpact: inconclusive", run.reason))
    for kind in dict.fromkeys(_COMMANDS.values()):
        found = [f for f in run.findings if not f.accepted and _kind(f, strict=strict) == kind]
        shown = found if len(found) <= MOST else found[: MOST - 1]
        lines += [_command(kind, f"{f.rule} {f.location}", _message(f)) for f in shown]
        if more := len(found) - len(shown):
            rest = f"{counted(more, 'finding')} more in the summary"
            lines.append(_command(kind, "docpact", rest))
    return "".join(f"{line}\n" for line in lines)


def _kind(finding: Finding, *, strict: bool) -> str:
    return "error" if is_failure(finding, strict=strict) else _COMMANDS[finding.level]


def _message(finding: Finding) -> str:
    source = f" ({finding.promise.source})" if finding.promise.source else ""
    return (
        f"documented: {finding.promise.documented}{source}\nobserved: {finding.observed}\n"
        f"id {finding.fingerprint}"
    )


def _command(kind: str, title: str, message: str) -> str:
    lines = [_data(printable(line)) for line in message.split("\n")]
    return f"::{kind} title={_property(printable(title))}::{'%0A'.join(lines)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
