"""`docpact report`: writes a history as an HTML page."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from docpact import __version__
from docpact.cli import history
from docpact.cli.command import add_config
from docpact.cli.output import writable, write
from docpact.errors import UsageError
from docpact.text import counted, printable


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.add_argument("--history", metavar="FILE", type=Path, help="written by `check --history`")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the page")
    parser.add_argument("--target", metavar="URL", help="whose runs to report; default: the latest")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the page of the operation and target that ran last, or that ran last on a target."""
    from docpact.history.timelines import build_timelines
    from docpact.reports import page

    writable("--out", args.out)
    series = history.read(args.history, args.config).series
    chosen = [each for each in series if args.target in (None, each[-1].run.target)]
    if not chosen:
        targets = ", ".join(dict.fromkeys(printable(each[-1].run.target) for each in series))
        raise UsageError(f"--target {args.target}: the history has only {targets}")
    entries = chosen[-1]
    write(args.out, page.render(entries, build_timelines(entries), version=__version__))
    sys.stdout.write(f"{args.out}: {counted(len(entries), 'run')}\n")
    return 0
