"""`docpact capture`: a documentation page becomes a contract."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from docpact.cli.output import write
from docpact.errors import DocpactError, PageError, UsageError

if TYPE_CHECKING:
    from docpact.cli.command import Commands


def add_to(commands: Commands) -> None:
    """Add the subcommand to the parser."""
    parser = commands.add_parser("capture", help="turn a documentation page into a contract")
    parser.add_argument("page", metavar="PAGE", type=Path, help="the page, saved as text")
    parser.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="the folder of the contract"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Capture a page; write every file of the contract, or none."""
    from docpact.capture import capture
    from docpact.files import read_text

    try:
        files = capture(read_text(args.page))
    except PageError as error:
        raise _at(args.page, error) from None
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {args.out}: {error.strerror or error}") from None
    for name, text in files.items():
        write(args.out / name, text)
    sys.stdout.write(f"{args.out}: {', '.join(files)}\n")
    return 0


def _at(page: Path, error: PageError) -> DocpactError:
    return UsageError(f"{page}:{error.line}: {error.problem}; nothing was written")
