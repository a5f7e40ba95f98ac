"""`docpact gate`: checks the requests of a client, and how it handles responses."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from docpact import __version__
from docpact.cli import reports
from docpact.cli.output import Screen, draw_bar
from docpact.errors import UsageError
from docpact.files import DOCUMENTS, read_text
from docpact.text import printable

if TYPE_CHECKING:
    from docpact.client_gate import Client, Gate
    from docpact.client_gate.comparison import Worse
    from docpact.model import Api, Operation


def run_gate(args: argparse.Namespace) -> int:
    """Gate a client, write the reports, and return the exit code of the verdict."""
    from docpact.exit_codes import ExitCode, exit_code
    from docpact.model import ApiRun
    from docpact.reports import gate_report
    from docpact.reports.view import Report

    started, begun = datetime.now(UTC), time.monotonic()
    api = _load(args)
    plans, refused = _plan(api, args)
    earlier = _read_earlier(args.against, plans)
    gates, unreached = _run(plans, args)
    worse, gates = _compare(earlier, gates, unreached)
    run = ApiRun(
        api.name,
        plans[0].client.name,
        tuple(each.run for each in gates),
        {**refused, **unreached},
        time.monotonic() - begun,
        started,
        "some operations did not reach the gate" if unreached else "",
        api.is_whole,
    )
    report = Report(run, __version__, args.strict)
    text = gate_report.render_all(gates, report)
    if earlier:
        new = [each.run.operation for each in gates if each.run.operation not in earlier]
        text += "\n" + gate_report.render_worse(_name_client(earlier), worse, new)
    code = ExitCode.DRIFT if worse else exit_code(run, strict=args.strict)
    screen = Screen()
    renderers = {"json": lambda: gate_report.encode_all(gates, report)}
    steps = [lambda: screen.write(text)]
    steps += reports.list_steps(report, args, screen, renderers)
    return reports.carry_out(steps, screen, code)


def _compare(
    earlier: Mapping[str, Gate], gates: list[Gate], unreached: Mapping[str, str]
) -> tuple[tuple[Worse, ...], list[Gate]]:
    """Return what got worse since earlier gates, and the gates with the other findings accepted."""
    from docpact.client_gate.comparison import accept_known, find_worse

    if not earlier:
        return (), gates
    worse = find_worse(earlier, gates, unreached)
    return worse, accept_known(gates, worse, _name_client(earlier))


def _name_client(earlier: Mapping[str, Gate]) -> str:
    return next(iter(earlier.values())).run.target


@dataclass(frozen=True, slots=True)
class _Plan:
    """The gate of one operation, and the names of the promises to judge."""

    operation: Operation
    client: Client
    only: tuple[str, ...]


def _load(args: argparse.Namespace) -> Api:
    """Return the operations to gate: those of a document or a provider, or one."""
    from docpact.apis import find_operation, is_api, load_api
    from docpact.model import Api
    from docpact.settings import load

    config = load(None, Path.cwd())
    contracts = config.read("contracts")
    client = args.client or ""
    is_path = "/" in client or Path(client).suffix in DOCUMENTS
    if is_path or (client and is_api(client, contracts)):
        api = load_api(args.client, contracts)
        if args.command is None:
            raise UsageError(f"{args.client} is an API; --exec COMMAND names the client to gate")
        if args.operation is None:
            return api
        return Api(api.name, (find_operation(api, args.operation),))
    if (args.client is None) == (args.command is None):
        raise UsageError("give either the name of a client or --exec COMMAND")
    name = args.operation or config.read("operation")
    api = load_api(name, contracts)
    if api.is_whole and args.client is not None:
        raise UsageError(
            f"{name} has several operations: name one of {args.client} by --operation, or a client "
            "of your own by --exec COMMAND"
        )
    return api


def _plan(api: Api, args: argparse.Namespace) -> tuple[list[_Plan], dict[str, str]]:
    """Return a plan for each operation, and why others have none; raise UsageError without any."""
    from docpact.client_gate import promises
    from docpact.client_gate.stage import find_obstacle

    _check_arguments(args)
    refused, plans, found = dict(api.refused), [], False
    for operation in api.operations:
        problem = find_obstacle(operation)
        if problem:
            refused[operation.id] = f"cannot be gated: {problem}"
            continue
        found = True
        client = _find_client(operation, args)
        named = map(str, promises(operation))
        only = tuple(each for each in named if any(text in each for text in args.only or [""]))
        if only:
            plans.append(_Plan(operation, client, only))
    if not found:
        name, problem = next(iter(refused.items()))
        raise UsageError(f"{name} {problem}")
    if not plans:
        given = " ".join(f"--only {text!r}" for text in args.only)
        raise UsageError(f"{given}: no promise of the gate has this in its name")
    return plans, refused


def _run(plans: Sequence[_Plan], args: argparse.Namespace) -> tuple[list[Gate], dict[str, str]]:
    """Run the gates one after the other; raise UsageError if none was reached."""
    from docpact.client_gate import gate

    gates: list[Gate] = []
    unreached: dict[str, str] = {}
    for plan in plans:
        builds = ", ".join(filter(None, (caller.name for caller in plan.client.callers)))
        title = printable(plan.client.name) + (f" ({builds})" if builds else "")
        sys.stdout.write(f"docpact {__version__}  {plan.operation.id}, gate of {title}\n\n")
        sys.stdout.flush()
        try:
            with ExitStack() as stack:
                for caller in plan.client.callers:
                    if isinstance(caller, AbstractContextManager):
                        stack.enter_context(caller)
                done = gate(
                    plan.operation,
                    plan.client,
                    only=plan.only,
                    patience=args.patience,
                    progress=_show_progress,
                )
            gates.append(done)
        except UsageError as error:
            if len(plans) == 1:
                raise
            unreached[plan.operation.id] = str(error)
    if not gates:
        raise UsageError(next(iter(unreached.values())))
    return gates, unreached


def _check_arguments(args: argparse.Namespace) -> None:
    if args.lines and args.command is None:
        raise UsageError("--lines needs --exec COMMAND")
    if not 0 < args.patience < float("inf"):
        raise UsageError(f"--patience must be a number above 0, not {args.patience:g}")
    reports.check_files(args)


def _read_earlier(file: Path | None, plans: Sequence[_Plan]) -> dict[str, Gate]:
    """Return the earlier gates by operation, if a file is given; raise UsageError for a bad one."""
    from docpact.reports import gate_report

    if file is None:
        return {}
    try:
        text = read_text(file)
    except UsageError as error:
        raise UsageError(f"--against {error}") from None
    try:
        found = {each.run.operation: each for each in gate_report.decode_all(text)}
    except ValueError as error:
        problem = f"--against {file}: not written by `docpact gate --json`: {error}"
        raise UsageError(problem) from None
    if found.keys().isdisjoint(plan.operation.id for plan in plans):
        problem = f"--against {file}: gates of {', '.join(found)}, not of {plans[0].operation.id}"
        raise UsageError(problem)
    return found


def _find_client(operation: Operation, args: argparse.Namespace) -> Client:
    from docpact.client_gate import Client
    from docpact.client_gate.command import CommandCaller, LineCaller, split_command
    from docpact.client_gate.python import load_sdk
    from docpact.settings import load

    chosen = "" if args.operation is None else f" --operation {args.operation}"
    if args.command is not None:
        document = "" if args.client is None else f" {shlex.quote(args.client)}"
        name = operation.id.partition("/")[2] or operation.id
        chosen = f" --operation {shlex.quote(name)}" if document else chosen
        lines = " --lines" * args.lines
        again = f"docpact gate{document} --exec {shlex.quote(args.command)}{lines}{chosen}"
        kind = LineCaller if args.lines else CommandCaller
        caller = kind(split_command(args.command), operation)
        return Client(args.command, (caller,), again)
    again = f"docpact gate {args.client}{chosen}"
    return load_sdk(operation, args.client, again, load(None, Path.cwd()).read("contracts"))


def _show_progress(over: int, planned: int) -> None:
    if sys.stdout.isatty():
        sys.stdout.write(f"\r  {draw_bar(over, planned)} calls" + ("\r" if over == planned else ""))
        sys.stdout.flush()
