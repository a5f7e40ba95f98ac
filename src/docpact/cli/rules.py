"""`docpact rules`: the table of rules, as Markdown."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docpact.cli.command import Commands


def add_to(commands: Commands) -> None:
    """Add the subcommand to the parser."""
    parser = commands.add_parser("rules", help="list every rule: what it promises, and why")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Print the table of rules."""
    from docpact.reports import rule_table

    sys.stdout.write(rule_table.render())
    return 0
