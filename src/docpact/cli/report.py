"""`docpact report`: a history as one HTML page."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from docpact import __version__
from docpact.cli.command import add_config
from docpact.cli.history import history_file
from docpact.cli.output import writable, write
from docpact.errors import UsageError
from docpact.text import counted, printable


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.add_argument("--history", metavar="FILE", type=Path, help="of `check --history`")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="written")
    parser.add_argument("--target", metavar="URL", help="of the run; default: the latest one")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the page of the latest operation and target, or of the latest on a target."""
    from docpact.history.store import series
    from docpact.history.timelines import stories
    from docpact.reports import page

    writable("--out", args.out)
    kept = series(history_file(args.history, args.config))
    chosen = [n for n in kept if args.target in (None, n[-1].document["target"])]
    if not chosen:
        known = ", ".join(printable(nights[-1].document["target"]) for nights in kept)
        raise UsageError(f"--target {args.target}: the history knows {known}")
    nights = chosen[-1]
    write(args.out, page.render(nights, stories(nights), version=__version__))
    sys.stdout.write(f"{counted(len(nights), 'night')} in {args.out}\n")
    return 0
