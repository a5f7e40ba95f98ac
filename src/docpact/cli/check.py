"""`docpact check`: runs the conformance suite through pytest and reports the run."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from docpact import __version__
from docpact.cli.command import add_operation
from docpact.cli.output import writable, write
from docpact.errors import Inconclusive, UsageError
from docpact.targets.allowance import BUDGET, RATE

if TYPE_CHECKING:
    from docpact.cli.command import Commands
    from docpact.model import Operation, Run

SUITE: Final = Path(__file__).parents[1] / "contract_tests"
"""The folder of the suite; its own pytest.ini keeps the caller's configuration out."""


def add_to(commands: Commands) -> None:
    """Add the subcommand to the parser."""
    parser = commands.add_parser(
        "check",
        help="hold an API to its documentation",
        epilog="Arguments after `--` go to pytest, e.g. `docpact check -- -k auth`.",
    )
    add_operation(parser)
    parser.add_argument(
        "--target", metavar="mock|URL", default="mock", help="what is checked; default: mock"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the run as JSON")
    parser.add_argument("--junit", metavar="FILE", type=Path, help="write the run as JUnit XML")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="makes a run repeatable")
    parser.add_argument(
        "--budget",
        metavar="N",
        type=int,
        help=f"send at most N requests; default: {BUDGET}, and 2 for each query of --search",
    )
    parser.add_argument(
        "--rate", metavar="N", type=float, default=RATE, help="at most N requests a second"
    )
    parser.add_argument(
        "--search", metavar="N", type=int, default=0, help="add N generated queries"
    )
    parser.add_argument(
        "--examples",
        metavar="DIR",
        type=Path,
        help="keep failing generated queries here; the next search asks them first",
    )
    parser.add_argument("--strict", action="store_true", help="additive findings are drift too")
    parser.add_argument(
        "--require-live",
        action="store_true",
        help="a run that judged nothing on a live target is inconclusive",
    )
    parser.add_argument("--plan", action="store_true", help="print the requests, send nothing")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check a target, write the reports, and return the exit code of the verdict."""
    from docpact.catalogue import load

    operation = load(args.operation)
    if args.plan:
        return _print_plan(operation, args)
    writable("--json", args.json)
    writable("--junit", args.junit)
    return _report(_checked(operation, args), args)


def _checked(operation: Operation, args: argparse.Namespace) -> Run:
    """Run the suite in this process, with no configuration but docpact's own."""
    import pytest

    from docpact.cli.progress import INTERRUPTED, Reporter
    from docpact.targets.address import base_url, fitting_secret

    _check_allowance(args)
    if args.target != "mock":
        base_url(args.target, operation)
        fitting_secret(operation, os.environ)
    options = [
        str(SUITE),
        f"--config-file={SUITE / 'pytest.ini'}",
        f"--rootdir={SUITE}",
        "-pno:cacheprovider",
        "--capture=no",
        f"--docpact-operation={args.operation}",
        f"--docpact-target={args.target}",
        f"--docpact-seed={args.seed}",
        *([f"--docpact-budget={args.budget}"] if args.budget is not None else []),
        f"--docpact-search={args.search}",
        *([f"--docpact-examples={args.examples.resolve()}"] if args.examples else []),
        f"--docpact-rate={args.rate}",
        *(["--docpact-strict"] if args.strict else []),
        *(["--docpact-require-live"] if args.require_live else []),
    ]
    os.environ.pop("PYTEST_ADDOPTS", None)
    reporter = Reporter(sys.stdout)
    reporter.title(operation.id, args.target)
    with TemporaryDirectory() as scratch:
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", scratch)
        status = pytest.main([*options, *args.pytest], plugins=[reporter])
    if reporter.run is None:
        if reporter.problem == INTERRUPTED:
            raise Inconclusive(INTERRUPTED)
        if status == pytest.ExitCode.NO_TESTS_COLLECTED:
            raise UsageError(f"no test of the suite was chosen by {' '.join(args.pytest)}")
        raise UsageError(reporter.problem or f"the suite did not run (pytest exit code {status})")
    if reporter.problem:
        sys.stderr.write(f"docpact: {reporter.problem}\n")
    return reporter.run


def _check_allowance(args: argparse.Namespace) -> None:
    if args.search < 0:
        raise UsageError(f"--search {args.search}: 0 or more queries")
    if args.examples and not args.search:
        raise UsageError("--examples keeps what --search finds: give --search N too")
    if args.budget is not None and args.budget < 1:
        raise UsageError(f"--budget {args.budget}: at least 1 request")
    if not 0 < args.rate < float("inf"):
        raise UsageError(f"--rate {args.rate:g}: a number of requests a second, more than 0")


def _report(run: Run, args: argparse.Namespace) -> int:
    from docpact.model import Verdict
    from docpact.reports import document, junit, terminal

    if args.json:
        write(args.json, document.render(run, version=__version__, strict=args.strict))
    if args.junit:
        write(args.junit, junit.render(run, strict=args.strict))
    sys.stdout.write("\n" + terminal.render(run, strict=args.strict))
    codes = {Verdict.CONFORMS: 0, Verdict.DRIFT: 1, Verdict.INCONCLUSIVE: 3}
    return codes[run.verdict(strict=args.strict)]


def _print_plan(operation: Operation, args: argparse.Namespace) -> int:
    from docpact.conformance.plan import preview
    from docpact.reports import plan
    from docpact.targets.address import base_url

    base = operation.server if args.target == "mock" else base_url(args.target, operation)
    sys.stdout.write(plan.render(operation, base, preview(operation)))
    return 0
