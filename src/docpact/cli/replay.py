"""`docpact replay`: sends the requests of findings again, and says which are still seen."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docpact import __version__
from docpact.cli.command import read_settings
from docpact.cli.history import find_finding, find_history, list_latest, list_runs, read, read_runs
from docpact.cli.output import Screen, phase_lines, run_lines, title
from docpact.errors import UsageError
from docpact.options import MOCK
from docpact.reports.view import describe_command
from docpact.text import break_command, pluralize, printable, shorten, shorten_name

if TYPE_CHECKING:
    from docpact.exit_codes import ExitCode
    from docpact.model import Api, ApiRun, Finding, Run
    from docpact.settings import Settings

HOLDS: Final = "still holds"
GONE: Final = "no longer seen"
UNTESTED: Final = "not tested"


@dataclass(frozen=True, slots=True)
class Result:
    """A finding after its requests were sent again, or the new one if it is still seen.

    The state is `HOLDS`, `GONE` or `UNTESTED`, which has a reason.
    """

    finding: Finding
    state: str
    reason: str = ""


def run_replay(args: argparse.Namespace) -> int:
    """Test the rules of the findings again, print each result, and return the exit code.

    A relation between responses needs several of them, so every request of a check is sent, with
    the seed of the earlier run.
    """
    chosen = _choose(args)
    screen = Screen()
    results: list[Result] = []
    requests = 0
    for target in dict.fromkeys(run.target for run, _ in chosen):
        for seed in dict.fromkeys(run.seed for run, _ in chosen if run.target == target):
            here = [pair for pair in chosen if (pair[0].target, pair[0].seed) == (target, seed)]
            done = _send_again(args, here, screen)
            results += _compare(here, done)
            requests += done.request_count
    sys.stdout.write("".join(f"{line}\n" for line in _describe(results, requests)))
    return _exit_code(results)


def _choose(args: argparse.Namespace) -> list[tuple[Run, Finding]]:
    """Return the findings to test, each with the latest run that has it, or raise UsageError."""
    if bool(args.ids) == args.failed:
        raise UsageError("name the ids of findings, or give --failed")
    if args.run_file is not None:
        latest = read_runs(args.run_file)
        runs, source = list(latest), args.run_file
    else:
        how = "name a run with --from, or a history with --history"
        source = find_history(args.history, args.config, how)
        history = read(source)
        latest = list_latest(history)
        runs = list_runs(history)
    if args.failed:
        chosen = [(run, finding) for run in latest for finding in _failures(args, run)]
        if not chosen:
            raise UsageError(f"{source}: no finding failed the latest run")
        return chosen
    return [find_finding(each, runs, source) for each in dict.fromkeys(args.ids)]


def _failures(args: argparse.Namespace, run: Run) -> Iterator[Finding]:
    from docpact.model.run import is_failure

    strict = read_settings(args).strict
    return (finding for finding in run.findings if is_failure(finding, strict=strict))


def _send_again(
    args: argparse.Namespace, chosen: Sequence[tuple[Run, Finding]], screen: Screen
) -> ApiRun:
    """Return a new run of the operations with findings of one target and seed."""
    from docpact.conformance import Watch, prepare_api, run_api

    target, seed = chosen[0][0].target, chosen[0][0].seed
    named = argparse.Namespace(**{**vars(args), "target": args.target or _find_name(args, target)})
    settings = replace(read_settings(named), seed=seed, search=0, history=None, journal=None)
    ids = list(dict.fromkeys(run.operation for run, _ in chosen))
    api = _narrow(prepare_api(_name_operation(settings, args, ids)), ids)
    screen.note(title(api.name, settings.target))
    watch = Watch(screen.note, phase_lines(screen.note), run_lines(screen.note))
    return run_api(
        api,
        settings,
        os.environ,
        watch,
        version=__version__,
        allow_writes=args.allow_writes,
    )


def _find_name(args: argparse.Namespace, target: str) -> str:
    """Return the configured name of a run's target, or the mock, or a URL of this machine.

    Raises:
        UsageError: the run alone names the receiver of requests and secrets; it may be foreign.
    """
    from docpact.settings import load
    from docpact.targets.address import is_loopback

    for name, table in load(args.config, Path.cwd()).targets.items():
        if table["url"].value.rstrip("/") == target:
            return name
    if target != MOCK and not is_loopback(target):
        raise UsageError(
            f"the run was on {printable(target)}: to send its requests there, give --target "
            f"{printable(target)}"
        )
    return target


def _name_operation(settings: Settings, args: argparse.Namespace, ids: Sequence[str]) -> Settings:
    """Return settings with the name of the contract, or of the provider of several contracts.

    A contract that is not known by its name is in the configured document.
    """
    from docpact.apis import is_api

    if args.operation is not None:
        return settings
    providers = {name.rpartition("/")[0] for name in ids}
    name = ids[0] if len(ids) == 1 else providers.pop()
    if providers and len(ids) > 1:
        raise UsageError("the findings belong to several APIs: give the ids of one API only")
    if is_api(name, settings.contracts):
        return replace(settings, operation=name)
    if settings.sources["operation"] != "default":
        return settings
    raise UsageError(f"no contract {ids[0]} is known here; name its document with --operation FILE")


def _narrow(api: Api, ids: Sequence[str]) -> Api:
    """Return the operations of some ids, with those that may show values for their paths."""
    from docpact.cases.path_values import list_sources

    if not api.is_whole and ids == [api.operations[0].id]:
        return api
    wanted = [each for each in api.operations if each.id in ids]
    if len(wanted) < len(ids):
        missing = next(name for name in ids if name not in {each.id for each in wanted})
        raise UsageError(f"{api.name} has no operation {missing}: name its source by --operation")
    sources = {each.id for one in wanted for each in list_sources(one, api.operations)}
    kept = tuple(each for each in api.operations if each in wanted or each.id in sources)
    return replace(api, operations=kept, refused={})


def _compare(chosen: Sequence[tuple[Run, Finding]], done: ApiRun) -> Iterator[Result]:
    runs = {run.operation: run for run in done.runs}
    for before, finding in chosen:
        run = runs.get(before.operation)
        if run is None:
            reason = done.not_tested.get(before.operation, "") or done.reason
            yield Result(finding, UNTESTED, reason)
            continue
        again = {each.fingerprint: each for each in run.findings}.get(finding.fingerprint)
        if again is not None:
            yield Result(again, HOLDS)
        elif run.has_tested(finding.rule, finding.promise.location):
            yield Result(finding, GONE)
        else:
            yield Result(finding, UNTESTED, run.reason or run.not_tested)


def _describe(results: Sequence[Result], requests: int) -> Iterator[str]:
    yield ""
    for each in results:
        finding = each.finding
        yield f"{each.state:<14}  {finding.rule}  {shorten_name(finding.location)}"
        yield f"    id        {finding.fingerprint}"
        if each.reason:
            yield f"    because   {shorten(printable(each.reason), 66)}"
        if each.state == HOLDS:
            yield f"    observed  {shorten(printable(finding.observed), 66)}"
            yield from break_command(printable(describe_command(finding)), "    try       ")
    counts = Counter(each.state for each in results)
    plural = {HOLDS: "still hold"}
    numbers = ", ".join(
        pluralize(counts[state], state, plural.get(state, state))
        for state in (HOLDS, GONE, UNTESTED)
        if counts[state]
    )
    yield f"{pluralize(len(results), 'finding')}: {numbers}; {pluralize(requests, 'request')}"


def _exit_code(results: Sequence[Result]) -> ExitCode:
    from docpact.exit_codes import ExitCode

    states = {each.state for each in results}
    if HOLDS in states:
        return ExitCode.DRIFT
    return ExitCode.INCONCLUSIVE if UNTESTED in states else ExitCode.CONFORMS
