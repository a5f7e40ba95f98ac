"""`docpact history`: what a history of runs tells."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docpact.cli.command import add_config
from docpact.cli.output import writable, write

if TYPE_CHECKING:
    from docpact.model import HistoryEntry, Timeline


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.add_argument("file", metavar="FILE", nargs="?", type=Path, help="of `check --history`")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write it as JSON")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the history of every operation on every target, the latest last."""
    from docpact.history.store import series
    from docpact.history.timelines import stories
    from docpact.reports import document, history_report

    writable("--json", args.json)
    told = [(kept, stories(kept)) for kept in series(history_file(args.file, args.config))]
    if args.json:
        write(args.json, document.written({"series": [_described(*each) for each in told]}))
    sys.stdout.write("\n".join(history_report.render(*each) for each in told))
    return 0


def history_file(named: Path | None, config: Path | None) -> Path:
    """Return the history that is named, or that the configuration names.

    Raises:
        UsageError: neither names one.
    """
    from docpact.errors import UsageError
    from docpact.settings import load

    if named is not None:
        return named
    stated = load(config, Path.cwd()).general.get("history")
    if stated is None:
        raise UsageError("name a history, or set `history` in the configuration")
    return Path(stated.value)


def _described(kept: tuple[HistoryEntry, ...], told: tuple[Timeline, ...]) -> dict[str, Any]:
    last = kept[-1].document
    return {
        "operation": last["operation"],
        "target": last["target"],
        "nights": [
            {
                "started": night.started.isoformat(),
                "verdict": night.document["verdict"],
                "reason": night.document["reason"],
                "findings": len(night.document["findings"]),
                "latency": night.document["latency"],
            }
            for night in kept
        ],
        "findings": [
            {
                **story.finding,
                "state": story.state.value,
                "first_seen": story.first.isoformat(),
                "last_seen": story.last.isoformat(),
                "spells": [
                    {
                        "first": spell.first.isoformat(),
                        "last": spell.last.isoformat(),
                        "healed": spell.healed.isoformat() if spell.healed else None,
                        "runs": spell.runs,
                    }
                    for spell in story.spells
                ],
            }
            for story in told
        ],
    }
