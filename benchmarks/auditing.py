"""The cost of an audit: beside decoding and validating alone, on two cores, and in memory.

    python benchmarks/auditing.py --rounds 9

writes pages of 100 jobs, some 75 KB each, and audits them in pairs with a loop over the same lines,
that decodes each by orjson, its body too where that is a text, and validates it by jsonschema-rs:
no strictness, no counts, no places. It prints the audit's speed divided by the loop's. Processor
seconds are taken for one core, the clock for two. The peak of memory is that of whole processes.
"""

from __future__ import annotations

import argparse
import gzip
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import starmap
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import IO, Any, Final, TypeAlias

import fastjsonschema
import jsonschema
import jsonschema_rs
import orjson
from ratios import HEADER, WIDTH, ratios, row
from recorded import OPERATION, bodies, lines, written

from docpact.audit import Auditor
from docpact.audit.executors import processes
from docpact.audit.work import Task, Workers, summarize, summarize_part
from docpact.model import Response
from docpact.traffic import Entry, Part, split_sources

PAGES: Final = 400
MANY: Final = 6000
SLOW: Final = 20
"""Pages that the slow engines are given."""

Job: TypeAlias = dict[str, Any]

DRIFTS: Final[dict[str, Callable[[int, Job], Job]]] = {
    "every job has an undocumented field": lambda _, job: {**job, "usage": {"credits": 1}},
    "every job lacks a field": lambda _, job: {**job, "file_input": job.pop("project_id")},
    "one job of a page has another status": lambda at, job: (
        job | ({"status": "NEW"} if at == 7 else {})
    ),
}
"""The compared traffic → the change to a job, given its place on the page."""

TASK: Final = Task.of(OPERATION)
SCHEMA: Final = dict(OPERATION.response_schema)
IS_VALID: Final = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True).is_valid


def timed(work: Callable[[], int], expected: int, clock: Callable[[], float]) -> float:
    """Return how long it takes to judge so many answers.

    Raises:
        RuntimeError: they were others.
    """
    begun = clock()
    found = work()
    if found != expected:
        raise RuntimeError(f"{found} of {expected} answers judged")
    return clock() - begun


def opened(file: Path) -> IO[bytes]:
    """Open a file, unpacked if its name says that it is packed."""
    return gzip.open(file) if file.suffix == ".gz" else file.open("rb")  # type: ignore[return-value]


def loop(file: Path, is_valid: Callable[[object], object] = IS_VALID) -> int:
    """Decode and validate each line."""
    count = 0
    with opened(file) as stream:
        for line in stream:
            body = orjson.loads(line)["body"]
            is_valid(orjson.loads(body) if isinstance(body, str) else body)
            count += 1
    return count


def audit(file: Path, workers: Workers | None = None) -> int:
    """Audit a file, here or by a workers."""
    if workers is None:
        return summarize_part(TASK, Part(str(file), 0)).counts["decoded"]
    return summarize(TASK, split_sources([str(file)]), lambda *_: None, workers).counts["decoded"]


def faster(
    base: Callable[[], int], measured: Callable[[], int], count: int, rounds: int
) -> list[float]:
    """Return the measured speed divided by the base's, on one core."""
    one, other = (partial(timed, work, count, process_time) for work in (base, measured))
    return ratios(one, other, rounds)


def without_reading(rounds: int) -> Iterator[str]:
    """Yield a row for bodies that are at hand already."""
    at_hand = [*bodies(PAGES)]
    label, url = ("content-type", OPERATION.content_type), f"{OPERATION.server}{OPERATION.path}"
    entries = [
        ((0, number), Entry("GET", url, Response(200, (label,), body)))
        for number, body in enumerate(at_hand)
    ]
    auditor = Auditor(OPERATION)

    def base() -> int:
        return sum(IS_VALID(orjson.loads(body)) for body in at_hand)

    def measured() -> int:
        return auditor.summary(entries).counts["decoded"]

    yield row("bodies at hand, none read", faster(base, measured, PAGES, rounds))


def on_one_core(folder: Path, rounds: int) -> Iterator[str]:
    """Yield a row for each form of traffic."""
    texts = [*lines(bodies(PAGES))]
    files = {
        "lines, bodies as texts": texts,
        "lines, bodies embedded": lines(bodies(PAGES), embedded=True),
        "lines, fields without a value absent": lines(bodies(PAGES, nulls=False)),
        "lines, gzip": [gzip.compress(b"".join(texts))],
    }
    for number, (name, content) in enumerate(files.items()):
        suffix = ".gz" if "gzip" in name else ".jsonl"
        file = written(folder / f"{number}{suffix}", content)
        yield row(name, faster(partial(loop, file), partial(audit, file), PAGES, rounds))
    file = folder / "0.jsonl"
    yield row("the loop by itself", faster(partial(loop, file), partial(loop, file), PAGES, rounds))
    few = written(folder / "few.jsonl", texts[:SLOW])
    for name, is_valid in slow_engines().items():
        base = partial(loop, few, is_valid)
        yield row(f"the loop, but by {name}", faster(base, partial(audit, few), SLOW, rounds))


def of_drift(folder: Path, rounds: int) -> Iterator[str]:
    """Yield a row for each kind of traffic in which something breaks."""
    for name, change in DRIFTS.items():
        file = written(folder / "drift.jsonl", lines(drifted(change)))
        yield row(name, faster(partial(loop, file), partial(audit, file), PAGES, rounds))


def drifted(change: Callable[[int, Job], Job]) -> Iterator[bytes]:
    """Yield bodies in which jobs, numbered on their page, are changed."""
    for body in bodies(PAGES):
        page = orjson.loads(body)
        yield orjson.dumps({**page, "items": [*starmap(change, enumerate(page["items"]))]})


def slow_engines() -> dict[str, Callable[[object], object]]:
    """Return other ways to validate, by name."""
    return {
        "jsonschema": jsonschema.Draft202012Validator(SCHEMA).is_valid,
        "fastjsonschema": fastjsonschema.compile(SCHEMA),
    }


def on_two_cores(folder: Path, rounds: int) -> Iterator[str]:
    """Yield how much faster two processes are than this one, their start left out and counted."""
    file = written(folder / "many.jsonl", lines(bodies(MANY)))
    here = partial(timed, partial(audit, file), MANY, perf_counter)
    with processes(2) as workers:
        summarize(TASK, split_sources([str(few(folder))] * 2), lambda *_: None, workers)
        there = partial(timed, partial(audit, file, workers), MANY, perf_counter)
        yield row("two processes by one", ratios(here, there, rounds))

    def started() -> float:
        begun = perf_counter()
        with processes(2) as workers:
            audit(file, workers)
        return perf_counter() - begun

    yield row("two processes by one, with their start", ratios(here, started, rounds))


def few(folder: Path) -> Path:
    """Write a file of a few pages, that wakes a process up."""
    return written(folder / "few.jsonl", lines(bodies(4)))


def in_memory(folder: Path) -> Iterator[str]:
    """Yield the peak of an audit's memory, of one page and of many."""
    for count in (1, 100, MANY):
        file = written(folder / "memory.jsonl", lines(bodies(count)))
        yield f"{f'{count:,} pages':<{WIDTH}}{peak(file):>8.0f}\n"


def peak(file: Path) -> float:
    """Return how many megabytes a process takes at most that audits a file.

    A process begins with its parent's peak, so that one that has hardly any stands in between.
    """
    script = f"import auditing, pathlib; auditing.audit(pathlib.Path({str(file)!r}))"
    told = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    inner = [sys.executable, "-c", f"{script}; {told}"]
    outer = [sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])", *inner]
    folder = Path(__file__).parent
    found = subprocess.run(outer, cwd=folder, check=True, capture_output=True, text=True)
    kilobytes = int(found.stdout) / (1024 if sys.platform == "darwin" else 1)
    return kilobytes / 1024


def printed(lines: Iterable[str]) -> None:
    """Print lines as they come."""
    for line in lines:
        sys.stdout.write(line)
        sys.stdout.flush()


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="pairs of each kind; at least 2")
    rounds = max(2, parser.parse_args().rounds)
    with TemporaryDirectory() as name:
        folder = Path(name)
        printed([HEADER])
        printed(without_reading(rounds))
        printed(on_one_core(folder, rounds))
        printed(of_drift(folder, rounds))
        printed(on_two_cores(folder, rounds))
        printed([f"\n{'peak of memory, MB':<{WIDTH}}\n"])
        printed(in_memory(folder))


if __name__ == "__main__":
    main()
