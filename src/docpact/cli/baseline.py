"""`docpact baseline`: accepts the findings of a run, and takes out what is healed or over."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docpact.cli.output import writable, write
from docpact.errors import UsageError
from docpact.files import read_text
from docpact.text import counted, printable

if TYPE_CHECKING:
    from docpact.history.baseline import Change
    from docpact.model import AcceptedFinding


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    edits = parser.add_subparsers(metavar="update|prune", required=True, dest="edit")
    update = edits.add_parser("update", help="accept the findings of a run")
    prune = edits.add_parser("prune", help="take out what a run no longer sees, and what is over")
    for each in (update, prune):
        each.add_argument("file", metavar="FILE", type=Path, help="the baseline")
        each.add_argument("run_file", metavar="RUN", type=Path, help="of `check --json`")
    update.add_argument("--reason", metavar="TEXT", required=True, help="why they are accepted")
    update.add_argument(
        "--until", metavar="DAY", type=_day, help="the last day on which they are, e.g. 2026-12-31"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Edit the baseline and print what changed."""
    from docpact.history import baseline

    document = _run(args.run_file)
    today = datetime.now().astimezone().date()
    writable("baseline", args.file)
    if args.edit == "update":
        if not args.reason.strip():
            raise UsageError("--reason: say why these findings are accepted")
        if args.until is not None and args.until < today:
            raise UsageError(f"--until {args.until}: is over already")
        known = baseline.read(args.file) if args.file.exists() else ()
        change = baseline.updated(known, document, args.reason, today, args.until)
    else:
        change = baseline.pruned(baseline.read(args.file), document, today)
    write(args.file, baseline.render(change.known))
    sys.stdout.write("".join(f"{line}\n" for line in _told(change)))
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: a day such as 2026-12-31 is expected") from None


def _run(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(file))
    except ValueError as error:
        raise UsageError(f"{file}: no JSON: {error}") from None
    if not isinstance(found, dict) or not {"findings", "promises", "started"} <= set(found):
        raise UsageError(f"{file}: no JSON that `docpact check --json` wrote")
    return found


def _told(change: Change) -> Iterator[str]:
    for each in change.added:
        yield f"accepted  {_name(each)}"
    for each, why in change.removed:
        yield f"removed   {_name(each)} ({why})"
    yield counted(len(change.known), "accepted finding")


def _name(known: AcceptedFinding) -> str:
    return printable(f"{known.rule} {known.location} {known.fingerprint}")
