"""What several subcommands share: the arguments that name a contract and a configuration."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_operation(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names a contract."""
    parser.add_argument(
        "operation",
        metavar="OPERATION",
        nargs="?",
        help="provider/operation, or a contract's folder; `docpact list` shows them",
    )


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add the option that names a configuration file."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="pyproject.toml or docpact.toml; default: the nearest one at or above this folder",
    )
