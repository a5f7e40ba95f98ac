"""`docpact diff` and `docpact disagree`: compare sources of an operation."""

from __future__ import annotations

import argparse
import sys

from docpact.cli.output import check_writable, write
from docpact.errors import UsageError


def run_diff(args: argparse.Namespace) -> int:
    """Compare two sources; return 1 for a breaking change, or any but a note with --strict."""
    from docpact.diff import diff, list_compared, read_source
    from docpact.model import fails
    from docpact.reports import diff_report

    check_writable("--json", args.json)
    check_writable("--markdown", args.markdown)
    a, b = read_source(args.a), read_source(args.b)
    if not list_compared(a, b):
        raise UsageError(f"{args.a} and {args.b} describe no common part of an operation")
    changes = diff(a, b)
    if args.json:
        write(args.json, diff_report.encode_changes(a, b, changes))
    if args.markdown:
        write(args.markdown, diff_report.tabulate_changes(a.name, b.name, changes))
    sys.stdout.write(diff_report.render_changes(a, b, changes))
    return int(any(fails(change.rule.level, strict=args.strict) for change in changes))


def run_disagree(args: argparse.Namespace) -> int:
    """Compare sources side by side; return 1 if any two of them differ."""
    from docpact.diff import disagree, read_source
    from docpact.reports import diff_report

    check_writable("--json", args.json)
    check_writable("--markdown", args.markdown)
    if len(set(args.sources)) < 2:
        raise UsageError("name two or more different sources")
    sides = [read_source(each) for each in dict.fromkeys(args.sources)]
    names = [each.name for each in sides]
    found = disagree(sides)
    if args.json:
        write(args.json, diff_report.encode_disagreements(names, found))
    if args.markdown:
        write(args.markdown, diff_report.tabulate_disagreements(names, found))
    sys.stdout.write(diff_report.render_disagreements(names, found))
    return int(bool(found))
