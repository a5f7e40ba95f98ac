"""The rules for people: the whole table as Markdown, and one rule explained."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
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
from docpact.rules import RULES, Rule
from docpact.text import printable, suggest

AnyRule: TypeAlias = Rule | ClientRule | DiffRule

EVERY: Final[tuple[AnyRule, ...]] = (*RULES, *CLIENT_RULES, *DIFF_RULES)
"""Every rule, in the order of the families."""


def render() -> str:
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
