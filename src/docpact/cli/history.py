"""`docpact history`, `report`, `letter` and `baseline`: what to do with earlier runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from docpact import __version__
from docpact.cli.output import check_writable, warn, write
from docpact.errors import UsageError
from docpact.text import pluralize, printable

if TYPE_CHECKING:
    from docpact.history.baseline import BaselineChange
    from docpact.history.store import History
    from docpact.model import Finding, Run
    from docpact.options import DatabaseUrl


def run_history(args: argparse.Namespace) -> int:
    """Print the history of every operation on every target, the latest last."""
    from docpact.model.history import build_timelines
    from docpact.reports import history_report

    check_writable("--json", args.json)
    history = read(find_history(args.file or args.history, args.config))
    series = [(entries, build_timelines(entries)) for entries in history.series]
    if args.json:
        write(args.json, history_report.encode(series))
    sys.stdout.write(history_report.render_all(series))
    return 0


def run_report(args: argparse.Namespace) -> int:
    """Write the page of every operation on the target that ran last, or on a named one."""
    from docpact.model.history import build_timelines
    from docpact.reports import page

    check_writable("--out", args.out)
    series = read(find_history(args.file or args.history, args.config)).series
    chosen = [each for each in series if args.target in (None, each[-1].run.target)]
    if not chosen:
        targets = ", ".join(dict.fromkeys(printable(each[-1].run.target) for each in series))
        raise UsageError(f"--target {args.target}: the history has only {targets}")
    target = chosen[-1][-1].run.target
    chosen = [each for each in chosen if each[-1].run.target == target]
    runs = pluralize(max(map(len, chosen)), "run")
    dated = [(entries, build_timelines(entries)) for entries in chosen]
    if len(dated) == 1:
        text = page.render_history(*dated[0], version=__version__)
    else:
        text = page.render_api(dated, version=__version__)
        runs = f"{pluralize(len(chosen), 'operation')}, {runs}"
    write(args.out, text)
    sys.stdout.write(f"{printable(str(args.out))}: {runs}\n")
    return 0


def read(place: Path | DatabaseUrl) -> History:
    """Read a history, and name its damaged runs on standard error.

    Raises:
        UsageError: the place cannot be used as a history, or contains no readable run.
        MissingExtra: the client library of PostgreSQL is not installed.
    """
    from docpact.history.store import read_history

    history = read_history(place)
    for line in history.damaged:
        warn(line)
    return history


def list_runs(history: History) -> list[Run]:
    """Return the runs of a history: the latest series first, and its latest run first."""
    return [entry.run for entries in history.series[::-1] for entry in entries[::-1]]


def list_latest(history: History) -> tuple[Run, ...]:
    """Return the latest run of each operation on the target that was checked last."""
    target = history.series[-1][-1].run.target
    return tuple(each[-1].run for each in history.series if each[-1].run.target == target)


def is_history(place: Path | DatabaseUrl) -> bool:
    """Return whether a place is a history, and not the JSON file of a run."""
    from docpact.databases import SQLITE

    if not isinstance(place, Path):
        return True
    try:
        with place.open("rb") as opened:
            return opened.read(len(SQLITE)) == SQLITE
    except OSError:  # named by whoever reads the file
        return False


def find_history(
    place: Path | DatabaseUrl | None, config: Path | None, how: str = "name a history"
) -> Path | DatabaseUrl:
    """Return the history that is named, or that the configuration names; else say how to."""
    from docpact.settings import load

    if place is not None:
        return place
    found: Path | DatabaseUrl | None = load(config, Path.cwd()).read("history")
    if found is None:
        raise UsageError(f"{how}, or set `history` in the configuration")
    return found


def run_letter(args: argparse.Namespace) -> int:
    """Print or write the letter."""
    from docpact.model.history import build_timelines
    from docpact.reports.markdown import render_letter

    check_writable("--out", args.out)
    history = read(args.run_file) if is_history(args.run_file) else None
    runs = read_runs(args.run_file) if history is None else list_runs(history)
    run, finding = find_finding(args.finding, runs, args.run_file)
    entries = history.find(run.operation, run.target) if history is not None else ()
    timelines = {each.finding.fingerprint: each for each in build_timelines(entries)}
    text = render_letter(run, finding, entries, timelines.get(finding.fingerprint))
    if args.out is None:
        sys.stdout.write(text)
    else:
        write(args.out, text)
    return 0


def run_baseline(args: argparse.Namespace) -> int:
    """Edit the baseline and print what changed."""
    from docpact.history import baseline

    runs = read_runs(args.run_file)
    today = datetime.now().astimezone().date()
    check_writable("baseline", args.file)
    if args.edit == "update":
        if not args.reason.strip():
            raise UsageError("--reason: state why these findings are accepted")
        if args.until is not None and args.until < today:
            raise UsageError(f"--until {args.until}: is in the past")
        known = baseline.read(args.file) if args.file.exists() else ()
        change = baseline.update(known, runs, args.reason, today, args.until)
    else:
        change = baseline.prune(baseline.read(args.file), runs, today)
    write(args.file, baseline.render(change.known))
    sys.stdout.write("".join(f"{line}\n" for line in _describe(change)))
    return 0


def _describe(change: BaselineChange) -> Iterator[str]:
    from docpact.reports.view import name_finding

    for each in change.added:
        yield f"accepted  {name_finding(each)}"
    for each, why in change.removed:
        yield f"removed   {name_finding(each)} ({why})"
    yield pluralize(len(change.known), "accepted finding")


def read_runs(place: Path | DatabaseUrl) -> tuple[Run, ...]:
    """Return the runs in a file that `check --json` wrote, or the latest ones of a history.

    There is one for each operation.

    Raises:
        UsageError: the file cannot be read, or contains something else.
        MissingExtra: the client library of PostgreSQL is not installed.
    """
    from docpact.files import read_text
    from docpact.history.codec import decode_runs

    if is_history(place) or not isinstance(place, Path):
        return list_latest(read(place))
    try:
        return decode_runs(read_text(place))
    except ValueError as error:
        raise UsageError(f"{place}: not written by `docpact check --json`: {error}") from None


def find_finding(text: str, runs: Sequence[Run], source: Path | DatabaseUrl) -> tuple[Run, Finding]:
    """Return the finding of an id, or of how an id begins, with the first run that shows it.

    Raises:
        UsageError: it is the id of no finding, or begins several.
    """
    found = {
        finding.fingerprint: (run, finding)
        for run in reversed(runs)
        for finding in run.findings
        if finding.fingerprint.startswith(text)
    }
    if len(found) != 1:
        problem = "matches no finding" if not found else "matches several findings"
        raise UsageError(f"{text} {problem} in {source}")
    return next(iter(found.values()))
