"""`docpact check`: checks a target, or a recording, and reports the run."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from docpact import __version__
from docpact.cli import reports
from docpact.cli.arguments import HAR
from docpact.cli.command import find_contract, read_settings
from docpact.cli.output import Screen, phase_lines, reading, run_lines, title, write
from docpact.errors import UsageError
from docpact.options import MOCK
from docpact.reports.formats import FORMATS

if TYPE_CHECKING:
    from docpact.model import Api, ApiRun, Operation
    from docpact.settings import Settings


def run_check(args: argparse.Namespace) -> int:
    """Check a target, write the reports, and return the exit code of the verdict."""
    from docpact.conformance import prepare_api

    settings = read_settings(args)
    if settings.target == MOCK and args.history is None:
        settings = replace(settings, history=None)  # a configured history is about the API
    if args.replay is not None:
        settings = _prepare_replay(settings, args)
    with reading(settings.operation):
        api = prepare_api(settings)
    if args.plan:
        if named := [f"--{each.name}" for each in FORMATS if getattr(args, each.name)]:
            raise UsageError(f"--plan sends nothing: leave out {named[0]}")
        for operation in api.operations:
            _print_plan(operation, settings, is_alone=len(api.operations) == 1)
        return 0
    files = {"--history": settings.history, "--journal": settings.journal}
    reports.check_files(args, {**files, f"--report {HAR}": args.har})
    screen = Screen(quiet=args.quiet)
    with _temporary_journal(settings) if args.har else nullcontext(settings) as journaled:
        if args.replay is None:
            run = _check(api, journaled, screen, allow_writes=args.allow_writes)
        else:
            run = _replay(api, settings, args, screen)
        others = [partial(_write_har, journaled.journal, args.har)] if args.har else []
        strict, history = settings.strict, settings.history
        return reports.publish(run, args, screen, strict=strict, history=history, others=others)


@contextmanager
def _temporary_journal(settings: Settings) -> Iterator[Settings]:
    """Let a run write a temporary journal; raise UsageError if it has one already."""
    if settings.journal is not None:
        raise UsageError(
            f"--report {HAR} and --journal: give one; `docpact export har` reads a journal"
        )
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        yield replace(settings, journal=Path(folder) / "journal.jsonl")


def _write_har(journal: Path | None, file: Path) -> None:
    from docpact.traffic import har_writer
    from docpact.traffic.recording import read_exchanges

    timed = read_exchanges(str(journal)) if journal and journal.exists() else ()
    write(file, har_writer.render(timed, version=__version__))


def _check(api: Api, settings: Settings, screen: Screen, *, allow_writes: bool) -> ApiRun:
    from docpact.conformance import Watch, run_api
    from docpact.targets.address import base_url

    if settings.target != MOCK:
        base_url(settings.target, api.operations[0])
    screen.note(title(api.name, settings.target))
    with _scratch_folder() if settings.search else nullcontext():
        lines = phase_lines(screen.note), run_lines(screen.note)
        watch = Watch(screen.note, *lines, screen.problems.append)
        return run_api(
            api, settings, os.environ, watch, version=__version__, allow_writes=allow_writes
        )


@contextmanager
def _scratch_folder() -> Iterator[None]:
    """Let Hypothesis, which a search uses, keep its files in a folder that is removed."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as scratch:
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", scratch)
        yield


def _prepare_replay(settings: Settings, args: argparse.Namespace) -> Settings:
    """Refuse options of a run that sends requests, and find the contract if none is named."""
    sending = ("target", "search", "journal", "budget", "rate", "connections", "examples")
    for option in (*sending, "require_live"):
        if getattr(args, option) is not None:
            raise UsageError(f"--replay sends nothing: leave out --{option.replace('_', '-')}")
    if args.allow_writes or args.har:
        option = "allow-writes" if args.allow_writes else f"report {HAR}"
        raise UsageError(f"--replay sends nothing: leave out --{option}")
    if settings.sources["operation"] != "default":
        return settings
    known = (settings.operation, settings.contracts)
    name = find_contract(args.replay, *known, {}, "check openapi.yaml --replay")
    return replace(settings, operation=name)


def _replay(api: Api, settings: Settings, args: argparse.Namespace, screen: Screen) -> ApiRun:
    """Test the promises against a recording; send nothing."""
    from docpact.conformance.replay import replay, replay_api
    from docpact.history.policy import apply_to_all, read_policy
    from docpact.model import ApiRun
    from docpact.traffic.recording import read_recording

    policy = read_policy(settings)
    if api.is_whole:
        run = replay_api(api, args.replay)
        screen.note(title(api.name, run.target))
        return apply_to_all(run, policy)
    (operation,) = api.operations
    recording = read_recording(args.replay, operation)
    run = ApiRun.of(replay(operation, recording))
    screen.note(title(operation.id, f"{recording.name}, recorded from {run.target}"))
    return apply_to_all(run, policy)


def _print_plan(operation: Operation, settings: Settings, *, is_alone: bool) -> None:
    """Print the requests to an operation; the path of one of several has values of an example."""
    from docpact.cases.sampling import sample_given
    from docpact.conformance.plan.phases import preview
    from docpact.reports.terminal import render_plan
    from docpact.targets.address import base_url, mock_url
    from docpact.targets.given import with_values

    is_live = settings.target != MOCK
    base = base_url(settings.target, operation) if is_live else mock_url(operation)
    is_exact = is_live and is_alone
    values = {} if is_exact else {**sample_given(operation), **operation.given}
    operation = with_values(operation, values)
    sys.stdout.write(render_plan(operation, base, preview(operation)))
