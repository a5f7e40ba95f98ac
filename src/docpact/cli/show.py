"""`docpact list`, `config`, `rules` and `explain`: show contracts, settings and rules."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docpact.cli.command import read_settings
from docpact.options import OPTIONS
from docpact.text import break_for, pluralize, printable

if TYPE_CHECKING:
    from docpact.model import Operation

FITS: Final = 64
"""Maximum number of characters of a row that is counted for the width of the columns."""


def run_list(args: argparse.Namespace) -> int:
    """Print a line for each contract: name, request, number of promises, and its folder."""
    from docpact.catalogue import load as load_contract
    from docpact.catalogue import names
    from docpact.settings import load

    folder = load(args.config, Path.cwd()).read("contracts")
    own = names(folder) if folder is not None else ()
    rows = [_contract_row(load_contract(name, folder), str(folder)) for name in own]
    rows += [_contract_row(load_contract(name), "shipped") for name in names() if name not in own]
    _print_table(rows)
    return 0


def run_config(args: argparse.Namespace) -> int:
    """Print every setting with its value and source, then the configured rules and targets."""
    from docpact.settings import load

    settings, config = read_settings(args), load(args.config, Path.cwd())
    rows = [
        (option.name, _format(getattr(settings, option.attribute)), settings.sources[option.name])
        for option in OPTIONS
    ]
    file = str(config.file)
    rows += [(f"levels.{rule}", level.value, file) for rule, level in config.levels.items()]
    rows += [(f"silenced.{rule}", reason, file) for rule, reason in config.silenced.items()]
    for name, table in config.targets.items():
        rows.append((f"targets.{name}", _format(table["url"].value), table["url"].source))
    _print_table(rows)
    return 0


def run_rules(_: argparse.Namespace) -> int:
    """Print the table of rules as Markdown."""
    from docpact.reports import markdown

    sys.stdout.write(markdown.render_rules())
    return 0


def run_explain(args: argparse.Namespace) -> int:
    """Print the check of a rule, an example, its importance and a way to silence it."""
    from docpact.reports import markdown

    sys.stdout.write(markdown.explain(args.rule))
    return 0


def _contract_row(operation: Operation, where: str) -> tuple[str, ...]:
    from docpact.rules import promises

    size = pluralize(len(promises(operation)), "promise")
    if operation.gaps:
        size += f", {pluralize(len(operation.gaps), 'gap')}"
    return operation.id, operation.request, size, where


def _format(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(value) or "-"
        case _:
            from docpact.secrets import redact_urls

            return redact_urls(str(value))


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows in columns; the end of a row that is too long for a terminal is below it."""
    fitting = [row for row in rows if sum(map(len, row)) + 2 * len(row) <= FITS] or rows
    widths = [max(map(len, column)) for column in zip(*fitting, strict=True)][:-1]
    for row in rows:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
        line = printable("  ".join((*cells, row[-1])))
        sys.stdout.write(break_for(sys.stdout, line, "    ") + "\n")
