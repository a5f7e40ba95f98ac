"""`docpact disagree`: several sources of an operation side by side, promise by promise."""

from __future__ import annotations

import argparse
import sys

from docpact.cli.diff import add_outputs
from docpact.cli.output import writable, write
from docpact.errors import UsageError


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    from docpact.diff import describe_kinds

    parser.epilog = describe_kinds()
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("sources", metavar="SOURCE", nargs="+", help="two sources or more")
    add_outputs(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Lay sources side by side; 1 where any two of them differ."""
    from docpact.diff import disagree, read_source
    from docpact.reports import diff_report

    writable("--json", args.json)
    writable("--markdown", args.markdown)
    if len(set(args.sources)) < 2:
        raise UsageError("name two different sources or more")
    sides = [read_source(each) for each in dict.fromkeys(args.sources)]
    names = [each.name for each in sides]
    found = disagree(sides)
    if args.json:
        write(args.json, diff_report.disagreements_json(names, found))
    if args.markdown:
        write(args.markdown, diff_report.disagreements_markdown(names, found))
    sys.stdout.write(diff_report.disagreements(names, found))
    return int(bool(found))
