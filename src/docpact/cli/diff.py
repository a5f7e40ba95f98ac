"""`docpact diff` and `docpact disagree`: compare sources of an operation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from docpact.cli.output import check_writable, write
from docpact.errors import UsageError
from docpact.exit_codes import ExitCode

if TYPE_CHECKING:
    from docpact.model import HistoryEntry
    from docpact.options import DatabaseUrl


def run_diff(args: argparse.Namespace) -> int:
    """Compare two sources.

    Returns:
        1 for a breaking change, or any but a note with --strict; else 3 if an operation could not
        be compared, and 0 if all were.
    """
    from docpact.diff import diff_documents, diff_sources, is_document, read_both
    from docpact.model import fails
    from docpact.reports import diff_report

    check_writable("--json", args.json)
    check_writable("--markdown", args.markdown)
    if is_document(args.a) and is_document(args.b):
        found = diff_documents(args.a, args.b)
    else:
        found = diff_sources(*read_both(_find(args.a), _find(args.b)))
        if not found.compared:
            raise UsageError(f"{args.a} and {args.b} describe no common part of an operation")
    if args.json:
        write(args.json, diff_report.encode_changes(found))
    if args.markdown:
        write(args.markdown, diff_report.tabulate_changes(found))
    sys.stdout.write(diff_report.render_changes(found))
    if any(fails(each.rule.level, strict=args.strict) for each in found.changes):
        return ExitCode.DRIFT
    return ExitCode.CONFORMS if found.is_complete else ExitCode.INCONCLUSIVE


def run_disagree(args: argparse.Namespace) -> int:
    """Compare sources side by side; return 1 if any two of them differ."""
    from docpact.diff import Version, disagree, find_moves, list_pages, read_source
    from docpact.reports import diff_report

    check_writable("--json", args.json)
    check_writable("--markdown", args.markdown)
    if len(set(args.sources)) < 2:
        raise UsageError("name two or more different sources")
    sides = [replace(read_source(_find(n)), name=n) for n in dict.fromkeys(args.sources)]
    names = [each.name for each in sides]
    today = datetime.now().astimezone().date()
    versions = {
        each.name: [*list_pages(_find(each.name))] or [Version(today, each)] for each in sides
    }
    for name, day, source in _list_earlier(args.earlier, names):
        versions[name].append(Version(day, read_source(_find(source))))
    entries = _read_runs(args.history, args.sources) if args.history else ()
    dated = {name: sorted(each, key=attrgetter("day")) for name, each in versions.items()}
    found = find_moves(disagree(sides), dated, entries)
    if args.json:
        write(args.json, diff_report.encode_disagreements(names, found))
    if args.markdown:
        write(args.markdown, diff_report.tabulate_disagreements(names, found))
    sys.stdout.write(diff_report.render_disagreements(names, found))
    return int(bool(found))


def _find(name: str) -> str:
    """Return the folder of one of your own contracts, or the name of another source."""
    from docpact.catalogue import names
    from docpact.settings import load

    folder = load(None, Path.cwd()).read("contracts")
    return str(folder / name) if folder is not None and name in names(folder) else name


def _list_earlier(
    stated: Sequence[Sequence[str]], names: Sequence[str]
) -> Iterator[tuple[str, date, str]]:
    """Yield source, day and name of each earlier version; raise UsageError for wrong ones."""
    from docpact.reports.diff_report import letter_sources

    letters = letter_sources(names)
    for letter, day, source in stated:
        name = next((name for name in names if letters[name] == letter), "")
        if not name:
            raise UsageError(f"--earlier {letter}: the sources are {', '.join(letters.values())}")
        if source.startswith("answers:"):
            raise UsageError(f"--earlier {letter}: responses are dated by --history")
        try:
            yield name, date.fromisoformat(day), source
        except ValueError:
            raise UsageError(f"--earlier {letter}: {day} is not a day like 2026-03-31") from None


def _read_runs(place: Path | DatabaseUrl, sources: Sequence[str]) -> Sequence[HistoryEntry]:
    """Return the runs of the one operation in question; raise UsageError for several."""
    from docpact.cli.history import read

    series = read(place).series
    operations = {each[-1].run.operation for each in series}
    chosen = operations & {*sources} or operations
    if len(chosen) > 1:
        listed = ", ".join(sorted(chosen))
        raise UsageError(f"{place}: has several operations; name one as a source: {listed}")
    return next(each for each in reversed(series) if each[-1].run.operation in chosen)
