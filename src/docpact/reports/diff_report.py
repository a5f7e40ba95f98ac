"""Changes and disagreements as text, JSON and Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count, groupby, product
from string import ascii_uppercase
from types import MappingProxyType
from typing import Any, Final

from docpact.diff import (
    Change,
    Disagreement,
    DocumentDiff,
    SourceView,
    list_compared,
    not_compared,
)
from docpact.history.codec import write_json
from docpact.model import Level, Source
from docpact.reports.markdown import code, write_table
from docpact.text import break_line, pluralize, printable

MOST_NAMED: Final = 3
"""Number of operations of a change that are named."""


def render_changes(a: SourceView, b: SourceView, changes: Sequence[Change]) -> str:
    """Return the changes from one source to another as text, the most severe first.

    Args:
        a: the first source.
        b: the second source.
        changes: the changes, in any order.
    """
    return "\n".join(_change_lines(a, b, changes)) + "\n"


def render_documents(a: str, b: str, found: DocumentDiff) -> str:
    """Return the changes from one OpenAPI document to another as text."""
    lines = [*_head_lines(a, b, found.compared, found.not_compared)]
    lines += _level_lines([*found.changes], found.changes)
    for name, why in found.refused.items():
        lines.append(break_line(f"not compared: {printable(f'{name}: {why}')}"))
    lines.append(f"{pluralize(found.count, 'operation')} in both documents")
    return "\n".join([*lines, summarize([*found.changes])]) + "\n"


def _change_lines(a: SourceView, b: SourceView, changes: Sequence[Change]) -> Iterator[str]:
    yield from _head_lines(a.name, b.name, list_compared(a, b), not_compared(a, b))
    yield from _level_lines(changes, {})
    yield summarize(changes)


def _head_lines(
    a: str, b: str, compared: Sequence[str], not_compared: Sequence[str]
) -> Iterator[str]:
    yield f"from  {printable(a)}"
    yield f"to    {printable(b)}"
    yield break_line(f"compared: {', '.join(compared)}")
    yield break_line(f"not compared: {', '.join(not_compared)}")
    yield ""


def _level_lines(
    changes: Sequence[Change], operations: Mapping[Change, Sequence[str]]
) -> Iterator[str]:
    for level, group in groupby(_sort(changes), key=lambda change: change.rule.level):
        yield level.value.upper()
        for change in group:
            yield f"  {change.rule.id}  {printable(change.location) or '(body)'}"
            yield break_line(
                f"    {printable(change.before)} -> {printable(change.after)}", "      "
            )
            yield f"    for {change.audience}"
            if names := operations.get(change):
                yield break_line(f"    in {_list_some(names)}", "      ")
            for side, source in zip(("from", "to"), change.sources, strict=True):
                if source is not None:
                    yield f"    {side}: {printable(str(source))}"
        yield ""


def _list_some(names: Sequence[str]) -> str:
    """Return the first names of operations and the number of the others."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return printable(", ".join(names[:MOST_NAMED])) + more


def summarize(changes: Sequence[Change]) -> str:
    """Return the number of changes of each level."""
    if not changes:
        return "no changes"
    counts = [
        f"{sum(change.rule.level is level for change in changes)} {level.value}"
        for level in (Level.BREAKING, Level.ADDITIVE)
    ]
    version = recommend_version(changes)
    return f"{pluralize(len(changes), 'change')}: {', '.join(counts)}; next version: {version}"


def recommend_version(changes: Sequence[Change]) -> str:
    """Return which part of the API's version to raise, by semantic versioning 2.0.0.

    Returns:
        `major` if a change is breaking, `minor` if one is additive, `patch` if there are only
        notes, and an empty text without changes.
    """
    levels = {change.rule.level for change in changes}
    if Level.BREAKING in levels:
        return "major"
    if Level.ADDITIVE in levels:
        return "minor"
    return "patch" if levels else ""


def encode_changes(a: SourceView, b: SourceView, changes: Sequence[Change]) -> str:
    """Return the changes as JSON, with the compared parts and the version to raise."""
    parts = list_compared(a, b), not_compared(a, b)
    return write_json(
        {
            **_describe(a.name, b.name, *parts, changes),
            "changes": [_describe_change(each) for each in _sort(changes)],
        }
    )


def encode_documents(a: str, b: str, found: DocumentDiff) -> str:
    """Return the changes from one OpenAPI document to another as JSON; see `encode_changes`.

    Each change has its `operations`, and `refused` says why others are not compared.
    """
    described = [
        {**_describe_change(each), "operations": list(found.changes[each])}
        for each in _sort([*found.changes])
    ]
    return write_json(
        {
            **_describe(a, b, found.compared, found.not_compared, [*found.changes]),
            "operations": found.count,
            "refused": dict(found.refused),
            "changes": described,
        }
    )


def _describe(
    a: str, b: str, compared: Sequence[str], others: Sequence[str], changes: Sequence[Change]
) -> dict[str, Any]:
    return {
        "from": a,
        "to": b,
        "compared": list(compared),
        "not_compared": list(others),
        "version": recommend_version(changes) or None,
    }


def _describe_change(change: Change) -> dict[str, Any]:
    return {
        "rule": change.rule.id,
        "level": change.rule.level.value,
        "audience": change.audience,
        "location": change.location,
        "before": change.before,
        "after": change.after,
        "sources": [_source(source) for source in change.sources],
    }


def tabulate_changes(
    a: str,
    b: str,
    changes: Sequence[Change],
    operations: Mapping[Change, Sequence[str]] = MappingProxyType({}),
) -> str:
    """Return the changes as a Markdown table, with the operations of each if there are several."""
    lines = [f"# From {code(a)} to {code(b)}", "", summarize(changes), ""]
    rows = [
        (
            change.rule.level.value,
            f"`{change.rule.id}`",
            code(change.location or "(body)"),
            code(change.before),
            code(change.after),
            change.audience,
            *([", ".join(map(code, operations[change]))] if operations else []),
        )
        for change in _sort(changes)
    ]
    if rows:
        titles = ["level", "rule", "location", "before", "after", "for"]
        lines += write_table((*titles, *(["in"] if operations else [])), rows)
    return "\n".join(lines) + "\n"


def render_disagreements(names: Sequence[str], disagreements: Sequence[Disagreement]) -> str:
    """Return the different promises of the sources as text; a letter names each source."""
    letters = letter_sources(names)
    is_dated = any(each.since for each in disagreements)
    lines = [f"{letter}  {printable(name)}" for name, letter in letters.items()]
    for each in disagreements:
        lines += ["", f"{printable(each.location) or '(body)'}: {printable(each.promise)}"]
        for text, who in each.groups:
            lines.append(
                f"  {', '.join(sorted(letters[one] for one in who)):<10} {printable(text)}"
            )
        lines += _date_lines(each, letters) if is_dated else ()
    total = pluralize(len(disagreements), "disagreement") if disagreements else "no disagreements"
    lines += ["", total]
    return "\n".join(lines) + "\n"


def letter_sources(names: Sequence[str]) -> dict[str, str]:
    """Return the letter of each source."""
    return dict(zip(names, _letters(), strict=False))


def _date_lines(found: Disagreement, letters: Mapping[str, str]) -> Iterator[str]:
    """Yield since when each source states the same, and which one moved first."""
    stated = [name for name in letters if any(name in who for _, who in found.groups)]
    for name in stated:
        since = found.since.get(name)
        if since is None:
            text = "unknown"
        elif since.before is None:
            text = f"{since.on} or before"
        else:
            text = f"{since.on}; on {since.before} it did not"
        yield f"  {letters[name]} since    {text}"
    yield f"  first      {letters.get(found.first, 'unknown')}"


def _letters() -> Iterator[str]:
    """Yield A to Z, then AA to AZ, and so on."""
    for size in count(1):
        yield from map("".join, product(ascii_uppercase, repeat=size))


def encode_disagreements(names: Sequence[str], disagreements: Sequence[Disagreement]) -> str:
    """Return the disagreements as JSON: `sources` and `disagreements`, with days as YYYY-MM-DD."""
    described = [
        {
            "location": each.location,
            "promise": each.promise,
            "groups": [{"says": text, "sources": list(who)} for text, who in each.groups],
            "since": {
                name: {"on": f"{on}", "before": before and f"{before}"}
                for name, (on, before) in each.since.items()
            },
            "first": each.first or None,
        }
        for each in disagreements
    ]
    return write_json({"sources": list(names), "disagreements": described})


def tabulate_disagreements(names: Sequence[str], disagreements: Sequence[Disagreement]) -> str:
    """Return the disagreements as a Markdown table with a column for each source."""
    rows = []
    for each in disagreements:
        texts = {name: text for text, who in each.groups for name in who}
        cells = [code(texts[name]) if name in texts else "" for name in names]
        rows.append((code(each.location), each.promise, *cells))
    return "\n".join(write_table(("location", "promise", *map(code, names)), rows)) + "\n"


def _sort(changes: Sequence[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: change.rule.level.rank)


def _source(source: Source | None) -> dict[str, Any] | None:
    return None if source is None else {"text": source.text, "line": source.line}
