"""`docpact rules`: the table of rules, as Markdown."""

from __future__ import annotations

import argparse
import sys


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Print the table of rules."""
    from docpact.reports import rule_table

    sys.stdout.write(rule_table.render())
    return 0
