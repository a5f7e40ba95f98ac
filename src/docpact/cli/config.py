"""`docpact config`: what is in force, and where each value came from."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from docpact.cli.command import add_config
from docpact.text import printable


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.add_argument("--target", metavar="mock|URL|NAME", help="for which target")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print every option, its value and its source, then the targets and the rules that differ."""
    from docpact.settings import in_force, load

    config = load(args.config, Path.cwd())
    settings = in_force(config, {"target": args.target})
    rows = [(name, _shown(setting.value), setting.source) for name, setting in settings.items()]
    table = str(config.file)
    rows += [(f"levels.{rule}", level.value, table) for rule, level in config.levels.items()]
    rows += [(f"silenced.{rule}", reason, table) for rule, reason in config.silenced.items()]
    for name, mine in config.targets.items():
        rows.append((f"targets.{name}", _shown(mine["url"].value), mine["url"].source))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"{name:<{widths[0]}}  {value:<{widths[1]}}  {source}" for name, value, source in rows]
    sys.stdout.write("".join(f"{printable(line)}\n" for line in lines))
    return 0


def _shown(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(value) or "-"
        case _:
            return str(value)
