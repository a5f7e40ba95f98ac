"""Changes and disagreements as text, JSON and Markdown."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import count, groupby, product
from string import ascii_uppercase
from typing import Any, TypeAlias

from docpact.diff import Change, Disagreement, SourceDiff
from docpact.diff.components import AND
from docpact.history.codec import write_json
from docpact.model import Level, Source
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
    incomplete = "" if found.is_complete else "; inconclusive: not every operation was compared"
    yield f"{summarize([*found.changes])}{incomplete}"


def _level_lines(operations: Mapping[Change, Sequence[str]]) -> Iterator[str]:
    for level, entries in groupby(_group(operations), key=lambda entry: entry[0].rule.level):
        yield level.value.upper()
        for entry in entries:
            change, places = entry[0], _list_places(entry)
            yield f"  {change.rule.id}  {printable(_name_entry(entry)) or '(body)'}"
            yield break_line(
                f"    {printable(change.before)} -> {printable(change.after)}", "      "
            )
            yield f"    for {change.audience}"
            if len(places) > 1:
                yield break_line(f"    at {list_some([*map(printable, places)])}", "      ")
            if names := _list_operations(entry, operations):
                yield break_line(f"    in {list_some(names)}", "      ")
            for side, source in zip(("from", "to"), change.sources, strict=True):
                if source is not None:
                    yield f"    {side}: {_write_source(source)}"
        yield ""


Entry: TypeAlias = Sequence[Change]
"""The same change at each of its places: several places if a component is shared."""


def _group(changes: Iterable[Change]) -> list[Entry]:
    """Return the entries of a report, the most severe first."""
    found: dict[Hashable, list[Change]] = {}
    for change in _sort(changes):
        is_shared = any(source and source.place for source in change.sources)
        where = change.sources if is_shared else change.location
        known = (change.rule.id, change.before, change.after, change.detail, where)
        found.setdefault(known, []).append(change)
    return [*found.values()]


def _name_entry(entry: Entry) -> str:
    """Return the location of a change, or the component that has changed and the path in it."""
    one, other = entry[0].sources
    source = other or one
    if source is None or len(entry) == 1:
        return entry[0].location
    first, *others = source.place.split(AND)
    return f"{first} and {len(others)} more" if others else first


def _write_source(source: Source) -> str:
    places = source.place.split(AND)
    return list_some(places) if len(places) > 1 else printable(str(source))


def _list_places(entry: Entry) -> list[str]:
    return [*dict.fromkeys(change.location for change in entry)]


def _list_operations(entry: Entry, operations: Mapping[Change, Sequence[str]]) -> list[str]:
    return [*dict.fromkeys(name for change in entry for name in operations[change])]


def summarize(changes: Sequence[Change]) -> str:
    """Return the number of changes of each level."""
    if not changes:
        return "no changes"
    entries = _group(changes)
    counts = [
        f"{sum(entry[0].rule.level is level for entry in entries)} {level.value}"
        for level in (Level.BREAKING, Level.ADDITIVE)
    ]
    total, version = pluralize(len(entries), "change"), recommend_version(changes)
    if len(entries) < len(changes):
        total += f" at {len(changes):,} places"
    return f"{total}: {', '.join(counts)}; next version: {version}"


def recommend_version(changes: Sequence[Change]) -> str:
    """Return which part of the API's version to raise, by semantic versioning 2.0.0, or nothing."""
    levels = {change.rule.level for change in changes}
    parts = {Level.BREAKING: "major", Level.ADDITIVE: "minor"}
    found = (part for level, part in parts.items() if level in levels)
    return next(found, "patch" if levels else "")


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
        "sources": [each and _describe_source(each) for each in change.sources],
    }


def _describe_source(source: Source) -> dict[str, Any]:
    place = {"place": source.place} if source.place else {}
    return {"text": source.text, "line": source.line, **place}


def tabulate_changes(found: SourceDiff) -> str:
    """Return the changes as a Markdown table, with the operations of each if there are several."""
    operations = found.changes if any(found.changes.values()) else {}
    lines = [f"# From {code(found.a)} to {code(found.b)}", "", summarize([*found.changes]), ""]
    rows = [
        (
            change.rule.level.value,
            f"`{change.rule.id}`",
            ", ".join(code(place or WHOLE_BODY) for place in _list_places(entry)),
            code(change.before),
            code(change.after),
            change.audience,
            *([", ".join(map(code, _list_operations(entry, operations)))] if operations else []),
        )
        for entry in _group(found.changes)
        for change in entry[:1]
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
