"""`docpact letter`: one finding as a bug report to the people who run the API."""

from __future__ import annotations

import argparse
import sys

from docpact.cli.command import find_finding, read_runs
from docpact.cli.history import is_history, list_runs, read
from docpact.cli.output import check_writable, write


def run_letter(args: argparse.Namespace) -> int:
    """Print or write the letter."""
    from docpact.history.timelines import build_timelines
    from docpact.reports import letter

    check_writable("--out", args.out)
    history = read(args.run_file) if is_history(args.run_file) else None
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
