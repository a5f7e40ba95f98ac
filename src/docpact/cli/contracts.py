"""`docpact list`: the contracts that are at hand."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from docpact.cli.command import add_config
from docpact.text import counted, printable

if TYPE_CHECKING:
    from docpact.model import Operation


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print a line for each contract: name, request, what it promises, where it is from."""
    from docpact.catalogue import load as load_contract
    from docpact.catalogue import names
    from docpact.settings import load, own_contracts

    config = load(args.config, Path.cwd())
    own = own_contracts(config)
    mine = names(own) if own is not None else ()
    rows = [_row(load_contract(name, own), str(own)) for name in mine]
    rows += [_row(load_contract(name), "shipped") for name in names() if name not in mine]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
        sys.stdout.write(printable("  ".join((*cells, row[-1]))) + "\n")
    return 0


def _row(operation: Operation, where: str) -> tuple[str, str, str, str]:
    from docpact.rules import promises

    said = counted(len(promises(operation)), "promise")
    if operation.gaps:
        said += f", {counted(len(operation.gaps), 'gap')}"
    return operation.id, f"{operation.method} {operation.path}", said, where
