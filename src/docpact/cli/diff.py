"""`docpact diff`: what changes from one source of an operation to another, and for whom."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from docpact.cli.output import writable, write
from docpact.errors import UsageError


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    from docpact.diff import describe_kinds

    parser.epilog = describe_kinds()
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("a", metavar="A", help="the source that changes")
    parser.add_argument("b", metavar="B", help="what it changes to")
    parser.add_argument("--strict", action="store_true", help="additive changes fail too")
    add_outputs(parser)
    parser.set_defaults(run=run)


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """Add the options that name files to write."""
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the result as JSON")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write it as Markdown")


def run(args: argparse.Namespace) -> int:
    """Compare two sources; 1 for a breaking change, with --strict for an additive one."""
    from docpact.diff import compared, diff, read_source
    from docpact.model import fails
    from docpact.reports import diff_report

    writable("--json", args.json)
    writable("--markdown", args.markdown)
    a, b = read_source(args.a), read_source(args.b)
    both = compared(a, b)
    if not both:
        raise UsageError(f"{args.a} and {args.b} describe no common part of an operation")
    found = diff(a, b)
    if args.json:
        write(args.json, diff_report.changes_json(a.name, b.name, both, found))
    if args.markdown:
        write(args.markdown, diff_report.changes_markdown(a.name, b.name, found))
    sys.stdout.write(diff_report.changes(a.name, b.name, both, found))
    return int(any(fails(change.rule.level, strict=args.strict) for change in found))
