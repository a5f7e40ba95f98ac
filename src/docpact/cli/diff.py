"""`docpact diff` and `docpact disagree`: compare sources of an operation."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from docpact.cli.output import check_writable, write
from docpact.errors import UsageError

SOURCES: Final = (
    ("PROVIDER/OPERATION, DIR", "a contract: a shipped one, or a folder"),
    ("PAGE.txt", "a documentation page"),
    (
        "FILE.json#OPERATION_ID",
        "an operation of an OpenAPI 3 document (YAML with the extra `yaml`)",
    ),
    (
        "package.module:Name",
        "a Python type: a TypedDict (the query), a model or any other (the body)",
    ),
    ("FILE.d.ts:Name", "a TypeScript interface (the query)"),
    ("answers:FILE", "recorded bodies: one JSON document, or one per line"),
)
"""The names of `docpact.diff.sources.KINDS`; help should not import their libraries."""


def add_diff_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `docpact diff`."""
    parser.add_argument("a", metavar="A", help="the old source")
    parser.add_argument("b", metavar="B", help="the new source")
    parser.add_argument("--strict", action="store_true", help="fail for additive changes too")
    _add_common_arguments(parser)
    parser.set_defaults(run=run_diff)


def add_disagree_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `docpact disagree`."""
    parser.add_argument("sources", metavar="SOURCE", nargs="+", help="two or more sources")
    _add_common_arguments(parser)
    parser.set_defaults(run=run_disagree)


def _add_common_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "\n".join(
        [
            "a source is one of:",
            *(f"  {form:<24} {text}" for form, text in SOURCES),
            "one of the last three may end in @POINTER, the part of the body that it describes, as",
            "in @/items/*; @ alone is the whole body. + joins the types of one client:",
            "package.module:Params+package.module:Item@/items/*",
        ]
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the result as JSON")
    parser.add_argument(
        "--markdown", metavar="FILE", type=Path, help="write the result as Markdown"
    )


def run_diff(args: argparse.Namespace) -> int:
    """Compare two sources; return 1 for a breaking change, or any but a note with --strict."""
    from docpact.diff import compared, diff, read_source
    from docpact.model import fails
    from docpact.reports import diff_report

    check_writable("--json", args.json)
    check_writable("--markdown", args.markdown)
    a, b = read_source(args.a), read_source(args.b)
    parts = compared(a, b)
    if not parts:
        raise UsageError(f"{args.a} and {args.b} describe no common part of an operation")
    changes = diff(a, b)
    if args.json:
        write(args.json, diff_report.encode_changes(a.name, b.name, parts, changes))
    if args.markdown:
        write(args.markdown, diff_report.tabulate_changes(a.name, b.name, changes))
    sys.stdout.write(diff_report.render_changes(a.name, b.name, parts, changes))
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
