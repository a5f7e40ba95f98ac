"""`docpact serve`: the mock of an operation over real HTTP, for clients in any language."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from docpact.cli.command import add_operation


def add_serve_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    add_operation(parser)
    parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    parser.add_argument("--port", type=int, default=8000, help="0 for any free port; default: 8000")
    parser.add_argument(
        "--items", metavar="N", type=int, default=237, help="number of items; default: 237"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="seed of the sample items")
    parser.add_argument(
        "--key", default="docpact-mock-key", help="the key to accept; default: %(default)s"
    )
    parser.set_defaults(run=run_serve)


def run_serve(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    from docpact.cases.sampling import sample_items
    from docpact.settings import contract
    from docpact.settings import load as load_config
    from docpact.targets.asgi import serve
    from docpact.targets.mock import MockApi

    operation = contract(args.operation, load_config(None, Path.cwd()))
    items = sample_items(operation, args.items, seed=args.seed)
    api = MockApi(operation, items, key=args.key)

    def ready(base: str) -> None:
        sys.stdout.write(f"{operation.method} {base}{operation.path}  (Ctrl-C stops)\n")
        sys.stdout.flush()

    serve(api, host=args.host, port=args.port, on_ready=ready)
    return 0
