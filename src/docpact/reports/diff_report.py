"""Changes and disagreements as text, JSON and Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, groupby, product
from string import ascii_uppercase
from typing import Any

from docpact.diff import Change, Disagreement, SourceDiff
from docpact.history.codec import write_json
from docpact.model import Level
from docpact.reports.markdown import code, write_table
from docpact.reports.view import WHOLE_BODY
from docpact.text import break_line, list_some, pluralize, printable


def render_changes(found: SourceDiff) -> str:
    """Return the changes from one source to another as text, the most severe first."""
    return "\n".join(_change_lines(found)) + "\n"


def _change_lines(found: SourceDiff) -> Iterator[str]:
    yield f"from  {printable(found.a)}"
    yield f"to    {printable(found.b)}"
    yield break_line(f"compared: {', '.join(found.compared)}")
    yield break_line(f"not compared: {', '.join(found.not_compared)}")
    yield ""
    yield from _level_lines(found.changes)
    for name, why in found.refused.items():
        yield break_line(f"not compared: {printable(f'{name}: {why}')}")
    if found.count is not None:
        yield f"{pluralize(found.count, 'operation')} in both documents"
    yield summarize([*found.changes])


def _level_lines(operations: Mapping[Change, Sequence[str]]) -> Iterator[str]:
    for level, group in groupby(_sort(operations), key=lambda change: change.rule.level):
        yield level.value.upper()
        for change in group:
            yield f"  {change.rule.id}  {printable(change.location) or '(body)'}"
            yield break_line(
                f"    {printable(change.before)} -> {printable(change.after)}", "      "
            )
            yield f"    for {change.audience}"
            if names := operations[change]:
                yield break_line(f"    in {list_some(names)}", "      ")
            for side, source in zip(("from", "to"), change.sources, strict=True):
                if source is not None:
                    yield f"    {side}: {printable(str(source))}"
        yield ""


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


def encode_changes(found: SourceDiff) -> str:
    """Return the changes as JSON, with the compared parts and the version to raise.

    If they are of documents, each has its `operations`, and `refused` says why others are not
    compared.
    """
    changes = [_describe_change(each) for each in _sort(found.changes)]
    whole: dict[str, Any] = {}
    if found.count is not None:
        whole = {"operations": found.count, "refused": dict(found.refused)}
        for change, each in zip(_sort(found.changes), changes, strict=True):
            each["operations"] = list(found.changes[change])
    return write_json(
        {
            "from": found.a,
            "to": found.b,
            "compared": list(found.compared),
            "not_compared": list(found.not_compared),
            "version": recommend_version([*found.changes]) or None,
            **whole,
            "changes": changes,
        }
    )


def _describe_change(change: Change) -> dict[str, Any]:
    return {
        "rule": change.rule.id,
        "level": change.rule.level.value,
        "audience": change.audience,
        "location": change.location,
        "before": change.before,
        "after": change.after,
        "sources": [each and {"text": each.text, "line": each.line} for each in change.sources],
    }


def tabulate_changes(found: SourceDiff) -> str:
    """Return the changes as a Markdown table, with the operations of each if there are several."""
    operations = found.changes if any(found.changes.values()) else {}
    lines = [f"# From {code(found.a)} to {code(found.b)}", "", summarize([*found.changes]), ""]
    rows = [
        (
            change.rule.level.value,
            f"`{change.rule.id}`",
            code(change.location or WHOLE_BODY),
            code(change.before),
            code(change.after),
            change.audience,
            *([", ".join(map(code, operations[change]))] if operations else []),
        )
        for change in _sort(found.changes)
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


def _sort(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: change.rule.level.rank)
