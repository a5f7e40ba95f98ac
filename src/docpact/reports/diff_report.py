"""Changes and disagreements as text, JSON and Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, groupby, product
from string import ascii_uppercase
from typing import Any

from docpact.diff import Change, Disagreement
from docpact.model import Level, Source
from docpact.reports import document
from docpact.reports.markdown import code
from docpact.text import counted, printable


def changes(a: str, b: str, compared: Sequence[str], found: Sequence[Change]) -> str:
    """Write what changes from one source to another, the worst first.

    Args:
        a: name of the first source.
        b: name of the second source.
        compared: what both speak of.
        found: the changes.
    """
    return "\n".join(_changes(a, b, compared, found)) + "\n"


def _changes(a: str, b: str, compared: Sequence[str], found: Sequence[Change]) -> Iterator[str]:
    yield f"from  {printable(a)}"
    yield f"to    {printable(b)}"
    yield f"compared: {', '.join(compared)}"
    yield ""
    for level, group in groupby(_ranked(found), key=lambda change: change.rule.level):
        yield level.value.upper()
        for change in group:
            yield f"  {change.rule.id}  {printable(change.location) or '(body)'}"
            yield f"    {printable(change.before)} -> {printable(change.after)}"
            yield f"    for {change.audience}"
            for side, source in zip(("from", "to"), change.sources, strict=True):
                if source is not None:
                    yield f"    {side}: {printable(str(source))}"
        yield ""
    yield summary(found)


def summary(found: Sequence[Change]) -> str:
    """Say how many changes there are of each level."""
    if not found:
        return "no change"
    counts = [
        f"{sum(change.rule.level is level for change in found)} {level.value}"
        for level in (Level.BREAKING, Level.ADDITIVE)
    ]
    return f"{counted(len(found), 'change')}: {', '.join(counts)}"


def changes_json(a: str, b: str, compared: Sequence[str], found: Sequence[Change]) -> str:
    """Write the same as JSON: `from`, `to`, `compared` and `changes`."""
    told = [
        {
            "rule": change.rule.id,
            "level": change.rule.level.value,
            "audience": change.audience,
            "location": change.location,
            "before": change.before,
            "after": change.after,
            "sources": [_source(source) for source in change.sources],
        }
        for change in _ranked(found)
    ]
    return document.written({"from": a, "to": b, "compared": list(compared), "changes": told})


def changes_markdown(a: str, b: str, found: Sequence[Change]) -> str:
    """Write the same as a Markdown table."""
    lines = [f"# From {code(a)} to {code(b)}", "", summary(found), ""]
    if found:
        lines += ["| level | rule | location | before | after | for |"]
        lines += ["| --- | --- | --- | --- | --- | --- |"]
    lines += [
        f"| {change.rule.level.value} | `{change.rule.id}` | {code(change.location or '(body)')} "
        f"| {code(change.before)} | {code(change.after)} | {change.audience} |"
        for change in _ranked(found)
    ]
    return "\n".join(lines) + "\n"


def disagreements(names: Sequence[str], found: Sequence[Disagreement]) -> str:
    """Write promise by promise what each source says; sources are named by letters."""
    letters = dict(zip(names, _letters(), strict=False))
    lines = [f"{letter}  {printable(name)}" for name, letter in letters.items()]
    for each in found:
        lines += ["", f"{printable(each.location) or '(body)'}: {printable(each.promise)}"]
        for text, who in each.groups:
            lines.append(
                f"  {', '.join(sorted(letters[one] for one in who)):<10} {printable(text)}"
            )
    agreed = "no disagreement on what they speak of"
    lines += ["", counted(len(found), "disagreement") if found else agreed]
    return "\n".join(lines) + "\n"


def _letters() -> Iterator[str]:
    """Yield A to Z, then AA to AZ, and so on."""
    for size in count(1):
        yield from map("".join, product(ascii_uppercase, repeat=size))


def disagreements_json(names: Sequence[str], found: Sequence[Disagreement]) -> str:
    """Write the same as JSON: `sources` and `disagreements`."""
    told = [
        {
            "location": each.location,
            "promise": each.promise,
            "groups": [{"says": text, "sources": list(who)} for text, who in each.groups],
        }
        for each in found
    ]
    return document.written({"sources": list(names), "disagreements": told})


def disagreements_markdown(names: Sequence[str], found: Sequence[Disagreement]) -> str:
    """Write the same as a Markdown table, a column for each source."""
    lines = ["| location | promise | " + " | ".join(map(code, names)) + " |"]
    lines.append("| --- " * (len(names) + 2) + "|")
    for each in found:
        said = {name: text for text, who in each.groups for name in who}
        cells = [code(said[name]) if name in said else "" for name in names]
        lines.append(f"| {code(each.location)} | {each.promise} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _ranked(found: Sequence[Change]) -> list[Change]:
    return sorted(found, key=lambda change: change.rule.level.rank)


def _source(source: Source | None) -> dict[str, Any] | None:
    return None if source is None else {"text": source.text, "line": source.line}
