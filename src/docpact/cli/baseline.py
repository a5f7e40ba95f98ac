"""`docpact baseline`: accepts the findings of a run, and removes healed or expired ones."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from docpact.cli.command import read_runs
from docpact.cli.output import check_writable, write
from docpact.errors import UsageError
from docpact.text import pluralize, printable

if TYPE_CHECKING:
    from docpact.history.baseline import Change
    from docpact.model import AcceptedFinding


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


def _describe(change: Change) -> Iterator[str]:
    for each in change.added:
        yield f"accepted  {_name(each)}"
    for each, why in change.removed:
        yield f"removed   {_name(each)} ({why})"
    yield pluralize(len(change.known), "accepted finding")


def _name(known: AcceptedFinding) -> str:
    return printable(f"{known.rule} {known.location} {known.fingerprint}")
