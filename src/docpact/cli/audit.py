"""`docpact audit`: checks recorded traffic in bulk, response by response."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from docpact import __version__
from docpact.cli import reports
from docpact.cli.command import find_contract, read_settings
from docpact.cli.output import Screen, check_writable, reading, title
from docpact.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from docpact.audit.checkpoint import Checkpoint
    from docpact.audit.work import Workers
    from docpact.model import Api, ApiRun, Operation
    from docpact.traffic import Part


def run_audit(args: argparse.Namespace) -> int:
    """Audit the files, write the reports, and return the exit code of the verdict."""
    from docpact.apis import is_api, load_api
    from docpact.history.policy import apply_to_all, read_policy

    _check_arguments(args)
    settings = read_settings(args)
    name = settings.operation
    if len(args.files) > 1 and args.operation is None and is_api(args.files[0], settings.contracts):
        name = args.files.pop(0)
    elif args.operation is None and is_api(args.files[0], settings.contracts):
        raise UsageError(f"{args.files[0]}: an API; name recordings of it too")
    elif settings.sources["operation"] == "default":
        fields = _parse_fields(args.field)
        name = find_contract(args.files, name, settings.contracts, fields, "audit openapi.yaml")
    with reading(name):
        api = load_api(name, settings.contracts)
    run = apply_to_all(_audit(api, args), read_policy(settings))
    screen = Screen(quiet=args.quiet)
    screen.note(title(api.name, run.target))
    return reports.publish(run, args, screen, strict=settings.strict)


def _check_arguments(args: argparse.Namespace) -> None:
    """Refuse impossible arguments before any work is done."""
    if args.workers is not None and args.workers < 1:
        raise UsageError(f"--workers must be at least 1, not {args.workers}")
    if args.workers is not None and args.scheduler is not None:
        raise UsageError("--scheduler has its own workers: leave out --workers")
    reports.check_files(args)
    check_writable("--resume", args.resume)


def _audit(api: Api, args: argparse.Namespace) -> ApiRun:
    """Summarize the files on one or several processes, and judge the summary."""
    from time import monotonic

    from docpact.audit import conclude_api
    from docpact.audit.work import Meter, Task, summarize
    from docpact.traffic import describe_sources, find_sources, split_sources

    begun, names = monotonic(), find_sources(args.files)
    parts, fields = split_sources(names), _parse_fields(args.field)
    contract = api.operations if api.is_whole else api.operations[0]
    meter = Meter(sum(part.size for part in parts), sys.stderr)
    try:
        with (
            _open_checkpoint(args.resume, api.operations, parts, fields) as checkpoint,
            _open_workers(args, parts) as workers,
        ):
            summary = summarize(Task.of(contract, fields, checkpoint), parts, meter.add, workers)
    finally:
        meter.end()
    return conclude_api(api, summary, describe_sources(names), monotonic() - begun)


def _open_workers(
    args: argparse.Namespace, parts: Sequence[Part]
) -> AbstractContextManager[Workers | None]:
    """Return the workers; None to use only this process, if there is at most one part."""
    from docpact.audit.executors import cluster, processes

    if args.scheduler is not None:
        return cluster(args.scheduler)
    count = min(args.workers or _count_cores(), len(parts))
    return processes(count) if count > 1 else nullcontext()


def _count_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def _open_checkpoint(
    file: Path | None,
    operations: Sequence[Operation],
    parts: Sequence[Part],
    fields: Mapping[str, str],
) -> Iterator[Checkpoint | None]:
    """Open the checkpoint for this audit alone; None if there is none."""
    from docpact.audit.checkpoint import Checkpoint, identify
    from docpact.traffic import STDIN

    if file is None:
        yield None
        return
    if any(part.source == STDIN for part in parts):
        raise UsageError("--resume: standard input cannot be read twice; name a file instead")
    checkpoint = Checkpoint(file)
    with checkpoint.lock():
        checkpoint.begin({"docpact": __version__, **identify(operations, parts, fields)})
        yield checkpoint


def _parse_fields(stated: Sequence[str]) -> Mapping[str, str]:
    """Return field → name of every `--field FIELD=NAME`."""
    from docpact.traffic import FIELDS

    names = {}
    for text in stated:
        field, equals, name = text.partition("=")
        if field not in FIELDS or not equals or not name:
            fields = ", ".join(FIELDS)
            raise UsageError(f"--field {text}: give FIELD=NAME, where FIELD is one of {fields}")
        names[field] = name
    return names
