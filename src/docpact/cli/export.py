"""`docpact export`: contracts as OpenAPI, a journal as HAR, for other tools."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from docpact import __version__
from docpact.cli.command import add_config, read_settings
from docpact.cli.output import check_writable, write
from docpact.errors import UsageError
from docpact.text import counted


def add_export_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    formats = parser.add_subparsers(metavar="har|openapi", required=True)
    har = formats.add_parser("har", help="the last run of a journal, as HAR 1.2")
    har.add_argument("journal", metavar="JOURNAL", help="written by `check --journal`")
    har.set_defaults(run=run_har)
    openapi = formats.add_parser("openapi", help="contracts, as one OpenAPI 3.1 document")
    names = "provider/operation, or a contract's folder; default: the configured or default one"
    openapi.add_argument("operations", metavar="OPERATION", nargs="*", help=names)
    help_ = "the schemas as documented, without the refinements"
    openapi.add_argument("--documented", action="store_true", help=help_)
    add_config(openapi)
    openapi.set_defaults(run=run_openapi)
    for each in (har, openapi):
        each.add_argument("--out", metavar="FILE", type=Path, required=True, help="file to write")


def run_har(args: argparse.Namespace) -> int:
    """Write the last run of a journal as HAR."""
    from docpact.traffic import har
    from docpact.traffic.recording import read_journal

    check_writable("--out", args.out)
    run = read_journal(args.journal)
    timed = ((each.exchange, each.finished) for each in run.exchanges)
    write(args.out, har.render(timed, version=__version__))
    sys.stdout.write(f"{counted(len(run.exchanges), 'exchange')} in {args.out}\n")
    return 0


def run_openapi(args: argparse.Namespace) -> int:
    """Write contracts as an OpenAPI document."""
    from docpact.capture.openapi import write_document
    from docpact.catalogue import documents

    check_writable("--out", args.out)
    settings = read_settings(args)
    named = args.operations or [settings.operation]
    found = [(name.rstrip("/"), documents(name, settings.contracts)) for name in named]
    try:
        content = write_document(found, version=__version__, documented=args.documented)
    except ValueError as error:
        raise UsageError(str(error)) from None
    write(args.out, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    sys.stdout.write(f"{counted(len(found), 'operation')} in {args.out}\n")
    return 0
