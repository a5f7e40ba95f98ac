"""`docpact diff`: what changes from one source of an operation to another, and for whom."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from docpact.cli.output import writable, write
from docpact.errors import UsageError

FORMS = """\
a source is one of:
  PROVIDER/OPERATION, DIR                a contract: a shipped one, or a folder
  PAGE.txt                               a documentation page
  FILE.json#OPERATION_ID                 an operation of an OpenAPI 3 document (YAML with PyYAML)
  package.module:Name                    a TypedDict (the query) or a pydantic model (the body)
  FILE.d.ts:Name                         a TypeScript interface (the query)
  answers:FILE                           recorded bodies: JSON, or one a line
the last three may end in @POINTER, for the part of the body that they are, as in @/items/*;
types of one client are joined by +: package.module:Params+package.module:Item@/items/*
"""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.epilog = FORMS
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
    from docpact.diff import compared, diff, side
    from docpact.model import fails
    from docpact.reports import diff_report

    writable("--json", args.json)
    writable("--markdown", args.markdown)
    a, b = side(args.a), side(args.b)
    both = compared(a, b)
    if not both:
        raise UsageError(f"{args.a} and {args.b} speak of nothing that the other speaks of")
    found = diff(a, b)
    if args.json:
        write(args.json, diff_report.changes_json(a.name, b.name, both, found))
    if args.markdown:
        write(args.markdown, diff_report.changes_markdown(a.name, b.name, found))
    sys.stdout.write(diff_report.changes(a.name, b.name, both, found))
    return int(any(fails(change.rule.level, strict=args.strict) for change in found))
