"""`docpact check`: runs the conformance suite through pytest and reports the run."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from docpact import __version__
from docpact.cli import reports
from docpact.cli.command import add_config
from docpact.cli.output import path, writable
from docpact.errors import UsageError
from docpact.targets.concurrency import CONNECTIONS
from docpact.targets.request_budget import BUDGET, RATE

if TYPE_CHECKING:
    from docpact.model import Operation, Run
    from docpact.settings import Config

SUITE: Final = Path(__file__).parents[1] / "contract_tests"
"""The folder of the suite; its own pytest.ini keeps the caller's configuration out."""

_GIVEN: Final = {"require-live": "require_live"}
"""Options whose attribute is named otherwise."""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    parser.epilog = (
        "Arguments after `--` go to pytest, e.g. `docpact check -- -k auth`. "
        "`docpact config` shows where each value comes from that is not given here."
    )
    option = parser.add_argument
    option("operation", metavar="OPERATION", nargs="?", help="provider/operation, or a folder")
    option("--target", metavar="mock|URL|NAME", help="what is checked; default: mock")
    option("--key", metavar="VARIABLE", help="holds the credential's secret")
    param = "what every request carries: a part of the path, a header, a needed query parameter"
    option("--param", metavar="NAME=VALUE", action="append", dest="params", help=param)
    replay = "judge recorded traffic of any format that `docpact audit` reads; may be repeated"
    option("--replay", metavar="FILE", action="append", help=replay)
    option("--baseline", metavar="FILE", type=Path, help="accepted findings; see docs/nightly.md")
    option("--history", metavar="FILE", type=Path, help="keep the run, and say what is new")
    option("--journal", metavar="FILE", type=Path, help="write every exchange as it happens")
    option("--seed", metavar="N", type=int, help="makes a run repeatable; default: 0")
    budget = f"send at most N requests; default: {BUDGET}, and 2 for each query of --search"
    option("--budget", metavar="N", type=int, help=budget)
    rate = f"at most N requests a second; default: {RATE:g}"
    option("--rate", metavar="N", type=float, help=rate)
    connections = f"have at most N requests under way at once; default: {CONNECTIONS}"
    option("--connections", metavar="N", type=int, help=connections)
    option("--search", metavar="N", type=int, help="add N generated queries")
    examples = "keep failing generated queries here; the next search asks them first"
    option("--examples", metavar="DIR", type=Path, help=examples)
    strict = "additive findings are drift too"
    option("--strict", action="store_true", default=None, help=strict)
    live = "a run that judged nothing on a live target is inconclusive"
    option("--require-live", action="store_true", default=None, help=live)
    option("--plan", action="store_true", help="print the requests, send nothing")
    reports.add_to(parser)
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check a target, write the reports, and return the exit code of the verdict."""
    from docpact.settings import in_force
    from docpact.settings import load as load_config

    config = load_config(args.config, Path.cwd())
    settings = in_force(config, given(args))
    chosen = {name: setting.value for name, setting in settings.items()}
    _check_request_budget(chosen)
    operation = _operation(chosen)
    if args.plan:
        return _print_plan(operation, chosen)
    reports.check_files(args)
    for name in ("history", "journal"):
        writable(f"--{name}", path(chosen[name]))
    if args.replay is not None:
        return _report(_replayed(operation, config, chosen, args), chosen, args)
    found, problem = _checked(operation, config, chosen, args)
    code = _report(found, chosen, args)
    if problem:
        sys.stderr.write(f"docpact: {problem}\n")
    return code or (2 if problem else 0)


def given(args: argparse.Namespace) -> Mapping[str, Any]:
    """Return what the command line states of the options that a configuration may hold."""
    from docpact.settings import OPTIONS

    stated = {o.name: getattr(args, _GIVEN.get(o.name, o.name), None) for o in OPTIONS}
    return {name: str(v) if isinstance(v, Path) else v for name, v in stated.items()}


def _operation(chosen: Mapping[str, Any]) -> Operation:
    """Load the contract, with the credential's variable and the parameters that are chosen."""
    from docpact.catalogue import load
    from docpact.targets.address import keyed, parsed_params

    operation = keyed(load(chosen["operation"], path(chosen["contracts"])), chosen["key"])
    return parsed_params(operation, chosen["params"])


def _checked(
    operation: Operation, config: Config, chosen: Mapping[str, Any], args: argparse.Namespace
) -> tuple[Run, str]:
    """Run the suite in this process, with no configuration but docpact's own.

    Returns:
        the run, and what is wrong with the suite itself; empty where nothing is.
    """
    import pytest

    from docpact.cli.progress import Reporter
    from docpact.credentials import read_secret
    from docpact.secrets import from_variables
    from docpact.targets.address import base_url

    secrets = from_variables(chosen["secrets"], os.environ)
    if chosen["target"] != "mock":
        base_url(chosen["target"], operation)
        secret = read_secret(operation, os.environ)
        if operation.credential is not None:
            secrets.learn(secret, f"${operation.credential.variable}")
    os.environ.pop("PYTEST_ADDOPTS", None)
    reporter = Reporter(sys.stdout)
    reporter.title(operation.id, chosen["target"])
    with TemporaryDirectory() as scratch:
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", scratch)
        status = pytest.main([*_options(config, chosen), *args.pytest], plugins=[reporter])
    if reporter.run is None:
        if reporter.interrupted:
            raise KeyboardInterrupt
        if status == pytest.ExitCode.NO_TESTS_COLLECTED:
            raise UsageError(f"no test of the suite was chosen by {' '.join(args.pytest)}")
        problem = reporter.problem or f"the suite did not run (pytest exit code {status})"
        raise UsageError(secrets.redact(problem))
    return reporter.run, secrets.redact(reporter.problem)


def _options(config: Config, chosen: Mapping[str, Any]) -> list[str]:
    """Return the arguments of pytest; no secret is ever among them.

    Its own asserts are plain: to rewrite them, pytest would compile every module of docpact and of
    Hypothesis anew wherever it cannot keep what it compiled.
    """
    stated = {
        **{name: chosen[name] for name in ("operation", "target", "key", "seed", "budget")},
        **{name: chosen[name] for name in ("search", "rate", "connections")},
        **{name: path(chosen[name]) for name in ("examples", "baseline", "journal", "contracts")},
        "config": config.file,
    }
    return [
        str(SUITE),
        f"--config-file={SUITE / 'pytest.ini'}",
        f"--rootdir={SUITE}",
        "-pno:cacheprovider",
        "-pno:asyncio",
        "--assert=plain",
        "--capture=no",
        *(f"--docpact-{name}={value}" for name, value in stated.items() if value is not None),
        *(f"--docpact-secret={name}" for name in chosen["secrets"]),
        *(f"--docpact-param={text}" for text in chosen["params"]),
        *(["--docpact-strict"] if chosen["strict"] else []),
        *(["--docpact-require-live"] if chosen["require-live"] else []),
    ]


def _replayed(
    operation: Operation, config: Config, chosen: Mapping[str, Any], args: argparse.Namespace
) -> Run:
    """Judge a recording; nothing is sent."""
    from docpact.cli.progress import titled
    from docpact.conformance.replay import replay
    from docpact.history.policy import apply_policy, read_policy
    from docpact.traffic.recording import read_recording

    sending = ("target", "search", "journal", "budget", "rate", "connections", "examples")
    for option in (*sending, "require_live"):
        if getattr(args, option) is not None:
            raise UsageError(f"--replay sends nothing: leave out --{option.replace('_', '-')}")
    if args.pytest:
        raise UsageError("--replay runs no pytest: leave out what follows `--`")
    recording = read_recording(args.replay, operation)
    found = replay(operation, recording)
    sys.stdout.write(titled(operation.id, f"{recording.name}, recorded from {found.target}"))
    return apply_policy(found, read_policy(config, path(chosen["baseline"])))


def _check_request_budget(chosen: Mapping[str, Any]) -> None:
    search, budget, rate = chosen["search"], chosen["budget"], chosen["rate"]
    connections = chosen["connections"]
    if search < 0:
        raise UsageError(f"--search {search}: 0 or more queries")
    if chosen["examples"] and not search:
        raise UsageError("--examples keeps what --search finds: give --search N too")
    if budget is not None and budget < 1:
        raise UsageError(f"--budget {budget}: at least 1 request")
    if rate is not None and not 0 < rate < float("inf"):
        raise UsageError(f"--rate {rate:g}: a number of requests a second, more than 0")
    if connections is not None and connections < 1:
        raise UsageError(f"--connections {connections}: at least 1 request at once")


def _report(run: Run, chosen: Mapping[str, Any], args: argparse.Namespace) -> int:
    strict = chosen["strict"]
    reports.publish(run, args, strict=strict)
    if (history := path(chosen["history"])) is not None:
        sys.stdout.write(_news(history, run, strict=strict))
    return reports.exit_code(run, strict=strict)


def _news(file: Path, run: Run, *, strict: bool) -> str:
    """Keep a run in a history, and return what it changes there."""
    from docpact.history.store import read_history, record
    from docpact.history.timelines import build_timelines
    from docpact.reports import history_report

    record(file, run, version=__version__, strict=strict)
    entries = read_history(file).find(run.operation, run.target)
    return history_report.render_news(entries, build_timelines(entries))


def _print_plan(operation: Operation, chosen: Mapping[str, Any]) -> int:
    from docpact.cases.sampling import sample_given
    from docpact.conformance.plan import preview
    from docpact.reports import plan
    from docpact.targets.address import base_url
    from docpact.targets.address import given as carrying

    target = chosen["target"]
    base = operation.server if target == "mock" else base_url(target, operation)
    known = {**sample_given(operation), **operation.given} if target == "mock" else {}
    operation = carrying(operation, known)
    sys.stdout.write(plan.render(operation, base, preview(operation)))
    return 0
