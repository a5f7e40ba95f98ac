"""`docpact letter`: one finding as a bug report to the people who run the API."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from docpact.cli.command import find_finding, read_runs
from docpact.cli.history import list_runs, read
from docpact.cli.output import check_writable, write

_SQLITE: Final = b"SQLite format 3\0"
"""The bytes with which a history begins."""


def run_letter(args: argparse.Namespace) -> int:
    """Print or write the letter."""
    from docpact.history.timelines import build_timelines
    from docpact.reports import letter

    check_writable("--out", args.out)
    history = read(args.run_file) if _is_history(args.run_file) else None
    runs = read_runs(args.run_file) if history is None else list_runs(history)
    run, finding = find_finding(args.finding, runs, args.run_file)
    entries = history.find(run.operation, run.target) if history is not None else ()
    timelines = {each.finding.fingerprint: each for each in build_timelines(entries)}
    text = letter.render(run, finding, entries, timelines.get(finding.fingerprint))
    if args.out is None:
        sys.stdout.write(text)
    else:
        write(args.out, text)
    return 0


def _is_history(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(_SQLITE)) == _SQLITE
    except OSError:  # named by whoever reads the file
        return False
