"""`docpact history`: prints a history of runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from docpact.cli.command import add_config
from docpact.cli.output import writable, write

if TYPE_CHECKING:
    from docpact.history.store import History


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.add_argument(
        "file", metavar="FILE", nargs="?", type=Path, help="written by `check --history`"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the history as JSON")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the history of every operation on every target, the latest last."""
    from docpact.history.timelines import build_timelines
    from docpact.reports import history_report

    writable("--json", args.json)
    history = read(args.file, args.config)
    series = [(entries, build_timelines(entries)) for entries in history.series]
    if args.json:
        write(args.json, history_report.encode(series))
    sys.stdout.write("\n".join(history_report.render(*each) for each in series))
    return 0


def read(file: Path | None, config: Path | None) -> History:
    """Read a history, and name its damaged runs on standard error.

    Args:
        file: the history; None for the one that the configuration names.
        config: the configuration file; None for the nearest one.

    Raises:
        UsageError: there is no history, or it cannot be read.
    """
    from docpact.errors import UsageError
    from docpact.history.store import read_history
    from docpact.settings import load

    if file is None:
        setting = load(config, Path.cwd()).general.get("history")
        if setting is None:
            raise UsageError("name a history, or set `history` in the configuration")
        file = Path(setting.value)
    history = read_history(file)
    sys.stderr.write("".join(f"docpact: {line}\n" for line in history.damaged))
    return history
