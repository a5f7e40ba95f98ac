"""`docpact history` and `docpact report`: a history of runs as text, JSON or one HTML page."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from docpact import __version__
from docpact.cli.output import check_writable, warn, write
from docpact.errors import UsageError
from docpact.text import pluralize, printable

if TYPE_CHECKING:
    from docpact.history.store import History
    from docpact.model import Run


def run_history(args: argparse.Namespace) -> int:
    """Print the history of every operation on every target, the latest last."""
    from docpact.history.timelines import build_timelines
    from docpact.reports import history_report

    check_writable("--json", args.json)
    history = read(find_history(args.file, args.config))
    series = [(entries, build_timelines(entries)) for entries in history.series]
    if args.json:
        write(args.json, history_report.encode(series))
    sys.stdout.write("\n".join(history_report.render(*each) for each in series))
    return 0


def run_report(args: argparse.Namespace) -> int:
    """Write the page of the operation and target that ran last, or that ran last on a target."""
    from docpact.history.timelines import build_timelines
    from docpact.reports import page

    check_writable("--out", args.out)
    series = read(find_history(args.history, args.config)).series
    chosen = [each for each in series if args.target in (None, each[-1].run.target)]
    if not chosen:
        targets = ", ".join(dict.fromkeys(printable(each[-1].run.target) for each in series))
        raise UsageError(f"--target {args.target}: the history has only {targets}")
    entries = chosen[-1]
    write(args.out, page.render_history(entries, build_timelines(entries), version=__version__))
    sys.stdout.write(f"{printable(str(args.out))}: {pluralize(len(entries), 'run')}\n")
    return 0


def read(file: Path) -> History:
    """Read a history, and name its damaged runs on standard error.

    Raises:
        UsageError: the file cannot be used as a history, or contains no readable run.
    """
    from docpact.history.store import read_history

    history = read_history(file)
    for line in history.damaged:
        warn(line)
    return history


def list_runs(history: History) -> list[Run]:
    """Return the runs of a history: the latest series first, and its latest run first."""
    return [entry.run for entries in history.series[::-1] for entry in entries[::-1]]


def find_history(file: Path | None, config: Path | None) -> Path:
    """Return the history that is named, or that the configuration names."""
    from docpact.settings import load

    if file is not None:
        return file
    setting = load(config, Path.cwd()).general.get("history")
    if setting is None:
        raise UsageError("name a history, or set `history` in the configuration")
    return Path(setting.value)
