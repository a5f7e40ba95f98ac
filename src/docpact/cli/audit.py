"""`docpact audit`: holds recorded traffic in bulk to the documentation, answer by answer."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from docpact import __version__
from docpact.cli import reports
from docpact.cli.command import add_config
from docpact.cli.output import path, writable
from docpact.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docpact.audit.checkpoint import Checkpoint
    from docpact.audit.work import Workers
    from docpact.model import Operation, Run
    from docpact.traffic import Part


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    option = parser.add_argument
    files = (
        "JSON lines, journals, HAR, VCR cassettes or Parquet, plain, gzip or zstd: paths, globs, "
        "URLs of object stores; - for standard input"
    )
    option("files", metavar="FILE", nargs="+", help=files)
    option("--operation", metavar="OPERATION", help="provider/operation, or a contract's folder")
    fields = "what a field of each record is called, e.g. body=response_text; may be repeated"
    option("--field", metavar="FIELD=NAME", action="append", default=[], help=fields)
    workers = "work with so many processes; default: one for each core"
    option("--workers", metavar="N", type=int, help=workers)
    option("--scheduler", metavar="ADDRESS", help="work on the Dask cluster of this scheduler")
    resume = "keep there how far the audit is, and go on from there"
    option("--resume", metavar="FILE", type=Path, help=resume)
    option("--baseline", metavar="FILE", type=Path, help="accepted findings, which fail no audit")
    option("--strict", action="store_true", default=None, help="additive findings are drift too")
    reports.add_to(parser)
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Audit the files, write the reports, and return the exit code of the verdict."""
    from docpact.catalogue import load
    from docpact.cli.progress import titled
    from docpact.history.policy import apply_policy, read_policy
    from docpact.settings import in_force
    from docpact.settings import load as load_config

    _check(args)
    config = load_config(args.config, Path.cwd())
    stated = {"operation": args.operation, "baseline": args.baseline, "strict": args.strict}
    given = {name: str(v) if isinstance(v, Path) else v for name, v in stated.items()}
    chosen = {name: setting.value for name, setting in in_force(config, given).items()}
    operation, strict = load(chosen["operation"], path(chosen["contracts"])), chosen["strict"]
    policy = read_policy(config, path(chosen["baseline"]))
    found = apply_policy(_audited(operation, args), policy)
    sys.stdout.write(titled(operation.id, found.target))
    reports.publish(found, args, strict=strict)
    return reports.exit_code(found, strict=strict)


def _check(args: argparse.Namespace) -> None:
    """Refuse what cannot be done, before any work is."""
    if args.workers is not None and args.workers < 1:
        raise UsageError(f"--workers {args.workers}: at least 1")
    if args.workers is not None and args.scheduler is not None:
        raise UsageError("--scheduler has workers of its own: leave out --workers")
    reports.check_files(args)
    writable("--resume", args.resume)


def _audited(operation: Operation, args: argparse.Namespace) -> Run:
    """Sum the files up, wherever that is done, and judge the sum."""
    from time import monotonic

    from docpact.audit import conclude
    from docpact.audit.work import Meter, Task, summarize
    from docpact.traffic import describe_sources, find_sources, split_sources

    begun, names = monotonic(), find_sources(args.files)
    found, fields = split_sources(names), _fields(args.field)
    checkpoint = _checkpoint(args.resume, operation, found, fields)
    meter = Meter(sum(part.size for part in found), sys.stderr)
    try:
        with _workers(args, found) as workers:
            summary = summarize(Task.of(operation, fields, checkpoint), found, meter.add, workers)
    finally:
        meter.end()
    return conclude(operation, summary, describe_sources(names), monotonic() - begun)


def _workers(
    args: argparse.Namespace, parts: Sequence[Part]
) -> AbstractContextManager[Workers | None]:
    """Return the workers; None to use only this process, if there is at most one part."""
    from docpact.audit.executors import cluster, processes

    if args.scheduler is not None:
        return cluster(args.scheduler)
    count = min(args.workers or _cores(), len(parts))
    return processes(count) if count > 1 else nullcontext()


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _checkpoint(
    file: Path | None, operation: Operation, parts: Sequence[Part], fields: Mapping[str, str]
) -> Checkpoint | None:
    from docpact.audit.checkpoint import Checkpoint, identify
    from docpact.traffic import STDIN

    if file is None:
        return None
    if any(part.source == STDIN for part in parts):
        raise UsageError("--resume: standard input cannot be read twice; name a file instead")
    checkpoint = Checkpoint(file)
    checkpoint.begin({"docpact": __version__, **identify(operation, parts, fields)})
    return checkpoint


def _fields(stated: Sequence[str]) -> Mapping[str, str]:
    """Read `--field FIELD=NAME`."""
    from docpact.traffic import FIELDS

    found = {}
    for text in stated:
        field, equals, name = text.partition("=")
        if field not in FIELDS or not equals or not name:
            fields = ", ".join(FIELDS)
            raise UsageError(f"--field {text}: FIELD=NAME is expected, FIELD one of {fields}")
        found[field] = name
    return found
