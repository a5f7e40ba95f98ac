"""`docpact export` and `docpact serve`: contracts, journals and mocks for other tools."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from docpact import __version__
from docpact.cli.command import read_settings
from docpact.cli.output import check_writable, write
from docpact.errors import UsageError
from docpact.text import pluralize


def run_har(args: argparse.Namespace) -> int:
    """Write the runs of the last check in a journal as HAR."""
    from docpact.traffic import har_writer
    from docpact.traffic.recording import read_exchanges

    check_writable("--out", args.out)
    timed = read_exchanges(args.journal)
    write(args.out, har_writer.render(timed, version=__version__))
    sys.stdout.write(f"{pluralize(len(timed), 'exchange')} in {args.out}\n")
    return 0


def run_openapi(args: argparse.Namespace) -> int:
    """Write contracts as an OpenAPI document."""
    from docpact.capture.openapi import write_document
    from docpact.catalogue import documents

    check_writable("--out", args.out)
    settings = read_settings(args)
    contracts, given = settings.contracts, args.operations or [settings.operation]
    named = [one for each in given for one in _list_names(each.rstrip("/"), contracts)]
    found = [(name, documents(name, contracts)) for name in named]
    try:
        content = write_document(found, version=__version__, documented=args.documented)
    except ValueError as error:
        raise UsageError(str(error)) from None
    write(args.out, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    sys.stdout.write(f"{pluralize(len(found), 'operation')} in {args.out}\n")
    return 0


def _list_names(name: str, contracts: Path | None) -> list[str]:
    """Return the names of the contracts of a provider or folder; another name is a contract."""
    from docpact.catalogue import list_contracts

    listed = list_contracts(name, contracts)
    return [f"{name}/{each.rpartition('/')[2]}" for each in listed] or [name]


def run_serve(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    from docpact.apis import load_api
    from docpact.settings import load
    from docpact.targets.asgi import serve
    from docpact.targets.mock_store import open_mock

    if args.items < 0 or not args.key:
        wrong = f"--items must be at least 0, not {args.items}"
        raise UsageError(wrong if args.items < 0 else "--key must not be empty")
    config = load(None, Path.cwd())
    api = load_api(args.operation or config.read("operation"), config.read("contracts"))
    mock = open_mock(api, key=args.key, items=args.items, seed=args.seed)

    def ready(base: str) -> None:
        lines = [f"{each.method} {base}{each.path}" for each in api.operations]
        sys.stdout.write("\n".join(lines) + "  (Ctrl-C stops)\n")
        sys.stdout.flush()

    serve(mock, host=args.host, port=args.port, on_ready=ready)
    return 0
