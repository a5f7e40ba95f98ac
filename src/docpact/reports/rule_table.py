"""The table of rules as Markdown, for `docpact rules` and the documentation."""

from __future__ import annotations

from itertools import groupby
from typing import Final

from docpact.client_gate import RULES as CLIENT_RULES
from docpact.client_gate import ClientRule
from docpact.diff import RULES as DIFF_RULES
from docpact.diff import DiffRule
from docpact.rules import RULES, Rule

EVERY: Final[tuple[Rule | ClientRule | DiffRule, ...]] = (*RULES, *CLIENT_RULES, *DIFF_RULES)
"""Every rule, in the order of the families."""


def render() -> str:
    """Return a section for each family, with a row for each rule."""
    lines = ["# Rules", ""]
    for family, rules in groupby(EVERY, key=lambda rule: rule.id.partition(".")[0]):
        lines += [f"## {family}", "", "| rule | level | what it promises | why it matters |"]
        lines.append("| --- | --- | --- | --- |")
        lines += [f"| `{r.id}` | {r.level.value} | {r.summary} | {r.why} |" for r in rules]
        lines.append("")
    return "\n".join(lines)
