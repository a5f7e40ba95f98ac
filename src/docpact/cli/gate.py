"""`docpact gate`: checks what a client sends, and how it handles right and wrong responses."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docpact import __version__
from docpact.cli import reports
from docpact.cli.command import OPERATION_HELP
from docpact.cli.output import Screen
from docpact.errors import UsageError
from docpact.files import read_text
from docpact.text import printable

if TYPE_CHECKING:
    from docpact.client_gate import Client, Gate
    from docpact.model import Operation

WAIT: Final = 60.0
"""Seconds that one call of the client may take."""


def add_gate_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.add_argument(
        "client",
        metavar="CLIENT",
        nargs="?",
        help="an installed SDK named in the contract",
    )
    parser.add_argument(
        "--exec",
        metavar="COMMAND",
        dest="command",
        help="a client in any language, started for each query; see docs/gate.md",
    )
    parser.add_argument(
        "--operation",
        metavar="OPERATION",
        help=f"{OPERATION_HELP}; default: the configured one",
    )
    parser.add_argument(
        "--against",
        metavar="FILE",
        type=Path,
        help="JSON of an earlier `gate --json`: fail only for promises kept less well than then",
    )
    parser.add_argument(
        "--only", metavar="TEXT", default="", help="only promises whose name has TEXT"
    )
    parser.add_argument(
        "--patience",
        metavar="SECONDS",
        type=float,
        default=WAIT,
        help="a call that takes longer counts as hung; default: %(default)g",
    )
    parser.add_argument(
        "--strict", action="store_true", help="count additive findings as drift too"
    )
    reports.add_outputs(parser)
    parser.set_defaults(run=run_gate)


def run_gate(args: argparse.Namespace) -> int:
    """Gate a client, write the reports, and return the exit code of the verdict."""
    from docpact.client_gate import gate, promises
    from docpact.client_gate.asking import check_gateable
    from docpact.client_gate.comparison import worse
    from docpact.exit_codes import ExitCode, exit_code
    from docpact.reports import gate_report
    from docpact.reports.view import Report
    from docpact.settings import contract, own_contracts
    from docpact.settings import load as load_config

    config = load_config(None, Path.cwd())
    operation = contract(args.operation, config)
    _check_arguments(args)
    check_gateable(operation)
    earlier = _read_earlier(args.against)
    client = _find_client(operation, args, own_contracts(config))
    only = [str(promise) for promise in promises(operation) if args.only in str(promise)]
    if not only:
        raise UsageError(f"--only {args.only!r}: no promise of the gate has this in its name")
    builds = ", ".join(filter(None, (caller.name for caller in client.callers)))
    title = printable(client.name) + (f" ({builds})" if builds else "")
    sys.stdout.write(f"docpact {__version__}  {operation.id}, gate of {title}\n\n")
    sys.stdout.flush()
    done = gate(operation, client, only=only, patience=args.patience, progress=_show_progress)
    report = Report.of(done.run, __version__, args.strict)
    view = report.views[0]
    text = gate_report.render(done, view)
    code = exit_code(done.run, strict=args.strict)
    if earlier is not None:
        changes = worse(earlier, done)
        text += "\n" + gate_report.render_worse(earlier.run.target, changes)
        code = ExitCode.DRIFT if changes else ExitCode.CONFORMS
    screen = Screen()
    steps = [lambda: screen.write(text)]
    steps += reports.list_steps(
        report, args, screen, {"json": lambda: gate_report.encode(done, view)}
    )
    return reports.carry_out(steps, screen, code)


def _check_arguments(args: argparse.Namespace) -> None:
    if (args.client is None) == (args.command is None):
        raise UsageError("give either the name of a client or --exec COMMAND")
    if not 0 < args.patience < float("inf"):
        raise UsageError(f"--patience must be a number above 0, not {args.patience:g}")
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


def _find_client(operation: Operation, args: argparse.Namespace, contracts: Path | None) -> Client:
    from docpact.client_gate import Client
    from docpact.client_gate.command import command
    from docpact.client_gate.sdk import load_sdk

    chosen = "" if args.operation is None else f" --operation {args.operation}"
    if args.command is not None:
        again = f"docpact gate --exec {shlex.quote(args.command)}{chosen}"
        return Client(args.command, (command(args.command, operation, args.patience),), again)
    again = f"docpact gate {args.client}{chosen}"
    return load_sdk(operation, args.client, again, contracts)


def _show_progress(over: int, planned: int) -> None:
    if sys.stdout.isatty():
        sys.stdout.write(f"\r  {over} of {planned} calls" + ("\r" if over == planned else ""))
        sys.stdout.flush()
