"""`docpact export`: a journal as HAR, for browsers and other tools."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from docpact import __version__
from docpact.cli.output import writable, write
from docpact.files import read_text
from docpact.text import counted

if TYPE_CHECKING:
    from docpact.cli.command import Commands


def add_to(commands: Commands) -> None:
    """Add the subcommand to the parser."""
    parser = commands.add_parser("export", help="write what docpact keeps in another format")
    kinds = parser.add_subparsers(metavar="har", required=True)
    har = kinds.add_parser("har", help="the last run of a journal, as HAR 1.2")
    har.add_argument("journal", metavar="JOURNAL", type=Path, help="of `check --journal`")
    har.add_argument("--out", metavar="FILE", type=Path, required=True, help="written")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the last run of a journal as HAR."""
    from docpact.recordings import har, journal

    writable("--out", args.out)
    run = journal.kept(read_text(args.journal), args.journal)
    timed = zip(run.exchanges, run.times, strict=True)
    write(args.out, har.render(timed, version=__version__))
    sys.stdout.write(f"{counted(len(run.exchanges), 'exchange')} in {args.out}\n")
    return 0
