"""`docpact gate`: what a client sends, and what it makes of right and wrong answers."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docpact import __version__
from docpact.cli import reports
from docpact.errors import UsageError
from docpact.files import read_text
from docpact.text import printable

if TYPE_CHECKING:
    from docpact.client_gate import Client, Gate
    from docpact.model import Operation

WAIT: Final = 60.0
"""Seconds that one call may take."""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.add_argument(
        "client",
        metavar="CLIENT",
        nargs="?",
        help="an installed SDK that the contract names",
    )
    parser.add_argument(
        "--exec",
        metavar="COMMAND",
        dest="command",
        help="a client in any language: started for each query, see docs/gate.md",
    )
    parser.add_argument(
        "--operation",
        metavar="OPERATION",
        help="provider/operation, or a contract's folder; default: the configured or default one",
    )
    parser.add_argument(
        "--against",
        metavar="FILE",
        type=Path,
        help="the --json of an earlier gate: fail only where a promise is kept less well",
    )
    parser.add_argument("--only", metavar="TEXT", default="", help="promises whose name holds this")
    parser.add_argument(
        "--patience",
        metavar="SECONDS",
        type=float,
        default=WAIT,
        help="a call that takes longer hangs (default: %(default)g)",
    )
    reports.add_to(parser)
    parser.add_argument("--strict", action="store_true", help="additive findings are drift too")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Gate a client, write the reports, and return the exit code of the verdict."""
    from docpact.client_gate import gate, promises
    from docpact.client_gate.comparison import worse
    from docpact.model import Verdict
    from docpact.reports import gate_report
    from docpact.reports.view import View
    from docpact.settings import contract, own_contracts
    from docpact.settings import load as load_config

    config = load_config(None, Path.cwd())
    operation = contract(args.operation, config)
    _check(args)
    earlier = _read_earlier(args.against)
    client = _client(operation, args, own_contracts(config))
    only = [str(promise) for promise in promises(operation) if args.only in str(promise)]
    if not only:
        raise UsageError(f"--only {args.only!r}: no promise of the gate has that in its name")
    builds = ", ".join(filter(None, (caller.name for caller in client.callers)))
    title = printable(client.name) + (f" ({builds})" if builds else "")
    sys.stdout.write(f"docpact {__version__}  {operation.id}, gate of {title}\n\n")
    sys.stdout.flush()
    done = gate(operation, client, only=only, patience=args.patience, progress=_progress)
    view = View(done.run, __version__, args.strict)
    sys.stdout.write(gate_report.render(done, view))
    reports.write_all(view, args, {"json": gate_report.encode(done, view)})
    if earlier is not None:
        changes = worse(earlier, done)
        sys.stdout.write("\n" + gate_report.render_worse(earlier.run.target, changes))
        return 1 if changes else 0
    return 1 if view.verdict is Verdict.DRIFT else 0


def _check(args: argparse.Namespace) -> None:
    if (args.client is None) == (args.command is None):
        raise UsageError("name a client or give --exec COMMAND, one of the two")
    if not 0 < args.patience < float("inf"):
        raise UsageError(f"--patience {args.patience:g}: a number of seconds, more than 0")
    reports.check_files(args)


def _read_earlier(file: Path | None) -> Gate | None:
    from docpact.reports import gate_report

    if file is None:
        return None
    try:
        text = read_text(file)
    except UsageError as error:
        raise UsageError(f"--against {error}") from None
    try:
        return gate_report.decode(text)
    except ValueError as error:
        problem = f"--against {file}: not written by `docpact gate --json`: {error}"
        raise UsageError(problem) from None


def _client(operation: Operation, args: argparse.Namespace, contracts: Path | None) -> Client:
    from docpact.client_gate import Client
    from docpact.client_gate.command import command
    from docpact.client_gate.sdk import installed

    chosen = "" if args.operation is None else f" --operation {args.operation}"
    if args.command is not None:
        again = f"docpact gate --exec {shlex.quote(args.command)}{chosen}"
        return Client(args.command, (command(args.command, operation, args.patience),), again)
    again = f"docpact gate {args.client}{chosen}"
    return installed(operation, args.client, again, contracts)


def _progress(over: int, planned: int) -> None:
    if sys.stdout.isatty():
        sys.stdout.write(f"\r  {over} of {planned} calls" + ("\r" if over == planned else ""))
        sys.stdout.flush()
