"""The work of an audit: each part of the traffic is summarized by itself, then the parts merge."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from typing import Final, TextIO, TypeAlias

from docpact.audit.auditing import ApiAuditor, Auditor
from docpact.audit.checkpoint import Checkpoint, part_key
from docpact.errors import Inconclusive
from docpact.model import Operation
from docpact.rules.responses.summary import Summary
from docpact.traffic import Part, Traffic, read_traffic

BATCH_RECORDS: Final = 2000
"""Records summarized between two reports of progress, and between two saves."""

PARTS_AHEAD: Final = 2
"""Parts submitted for each worker, so that none is idle."""

TERMINAL_SECONDS: Final = 0.5
"""Seconds between two progress lines on a terminal, each in the place of the one before."""

FILE_SECONDS: Final = 30.0
"""Seconds between two progress lines in a file."""

_MEGABYTE: Final = 1_000_000

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of bytes just read, as they are stored, and of records just judged."""


@dataclass(frozen=True, slots=True)
class Task:
    """The work to do on each part, in a form that any process can receive.

    The contract is the pickled operation, or those of a whole API; see `docpact.traffic.FIELDS`.
    """

    contract: bytes
    fields: Mapping[str, str] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None

    @classmethod
    def of(
        cls,
        contract: Operation | tuple[Operation, ...],
        fields: Mapping[str, str] | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> Task:
        """Return the task of judging traffic by one contract or several."""
        return cls(pickle.dumps(contract), fields or {}, checkpoint)


@dataclass(frozen=True, slots=True)
class Workers:
    """Processes that share the work.

    Attributes:
        executor: of processes, here or elsewhere.
        count: number of parts that they work on at once.
        lost: errors that mean that a worker ended before its work.
        are_local: whether they write to this machine's files.
    """

    executor: Executor
    count: int
    lost: tuple[type[BaseException], ...]
    are_local: bool = True


def summarize(
    task: Task, parts: Sequence[Part], progress: Progress, workers: Workers | None = None
) -> Summary:
    """Return the summary of all parts; those that the checkpoint has are not read again.

    The workers do the work, if there are any; else this process does.

    Raises:
        UsageError: a part or the checkpoint cannot be read or written.
        MissingExtra: a library is not installed.
        Inconclusive: a worker ended before its work.
    """
    done = task.checkpoint.read_done() if task.checkpoint else {}
    left = [part for part in parts if part_key(part) not in done]
    total = Summary()
    for part in parts:
        if (summary := done.get(part_key(part))) is not None:
            progress(part.size, summary.records)
            total += summary
    found = _run_here(task, left, progress)
    if workers is not None:
        found = _run_by(workers, task, left, progress)
    return sum(found, total)


def summarize_part(task: Task, part: Part, progress: Progress | None = None) -> Summary:
    """Return the summary of one part, read from where the checkpoint left off.

    Raises:
        UsageError: the part cannot be read.
        MissingExtra: a library is not installed.
    """
    total, begin = task.checkpoint.read_part(part) if task.checkpoint else (Summary(), 0)
    auditor = _auditor(task.contract)
    report = progress or _ignore
    found = read_traffic(
        part, auditor.operation, task.fields, begin=begin, report=lambda size: report(size, 0)
    )
    report(0, total.records)
    while True:
        batch = _Batch(part.number, found)
        summary = auditor.summary(batch)
        if not batch.count:
            return total
        total += summary
        report(0, batch.count)
        if task.checkpoint is not None:
            task.checkpoint.save(part, total, batch.last + 1)


@dataclass(slots=True)
class _Batch:
    """Some of the records of a part, read one by one: their number, and that of the last one."""

    source: int
    records: Iterator[tuple[int, Traffic]]
    count: int = 0
    last: int = 0

    def __iter__(self) -> Iterator[tuple[tuple[int, int], Traffic]]:
        """Yield each record with the number of its source and its number there."""
        for number, record in islice(self.records, BATCH_RECORDS):
            self.count, self.last = self.count + 1, number
            yield (self.source, number), record


def _run_here(task: Task, parts: Iterable[Part], progress: Progress) -> Iterator[Summary]:
    for part in parts:
        summary = summarize_part(task, part, progress)
        if task.checkpoint is not None:
            task.checkpoint.save(part, summary)
        yield summary


def _run_by(
    workers: Workers, task: Task, parts: Iterable[Part], progress: Progress
) -> Iterator[Summary]:
    """Yield the summary of each part, in the order in which they are done."""
    try:
        for part, summary in _finish_parts(workers, task, parts):
            if task.checkpoint is not None:
                task.checkpoint.save(part, summary)
            progress(part.size, summary.records)
            yield summary
    except workers.lost as error:
        raise Inconclusive(f"a worker ended before its work: {error}") from None


def _finish_parts(
    workers: Workers, task: Task, parts: Iterable[Part]
) -> Iterator[tuple[Part, Summary]]:
    waiting, sent = iter(parts), task if workers.are_local else replace(task, checkpoint=None)
    running: dict[Future[Summary], Part] = {}
    while True:
        for part in islice(waiting, PARTS_AHEAD * workers.count - len(running)):
            running[workers.executor.submit(summarize_part, sent, part)] = part
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future.result()


def _ignore(size: int, count: int) -> None:
    del size, count


@lru_cache(maxsize=2)
def _auditor(contract: bytes) -> Auditor | ApiAuditor:
    """Return the auditor of a contract or of several, made once in a process."""
    found = pickle.loads(contract)  # noqa: S301 — pickled by `Task.of` in the same run
    return Auditor(found) if isinstance(found, Operation) else ApiAuditor(found)


@dataclass(slots=True)
class Meter:
    """Writes a line of progress now and then: how far, how fast, and how long to go.

    Attributes:
        size: bytes of all the traffic as it is stored; 0 if unknown.
        stream: of the lines.
        clock: returns the time in seconds.
    """

    size: int
    stream: TextIO
    clock: Callable[[], float] = time.monotonic
    _bytes: int = 0
    _records: int = 0
    _started: float = field(init=False)
    _written: float = field(init=False)
    _width: int = 0

    def __post_init__(self) -> None:
        self._started = self._written = self.clock()

    def add(self, size: int, records: int) -> None:
        """Count progress; see `Progress`."""
        self._bytes += size
        self._records += records
        now = self.clock()
        if now - self._written >= (TERMINAL_SECONDS if self.stream.isatty() else FILE_SECONDS):
            self._written = now
            self._write(self.line(now))

    def end(self) -> None:
        """Clear the line on a terminal."""
        if self._width:
            self._write("")
            self.stream.write("\r")

    def line(self, now: float) -> str:
        """Return the line of progress: records, their rate, megabytes, and the time left."""
        seconds = max(now - self._started, 1e-9)
        read = f"{self._bytes / _MEGABYTE:,.0f}"
        if self.size:
            read += f" of {self.size / _MEGABYTE:,.0f}"
        line = f"{self._records:,} records, {self._records / seconds:,.0f}/s, {read} MB"
        if not self.size or not self._bytes:
            return line
        left = max(0.0, seconds * (self.size - self._bytes) / self._bytes)
        return f"{line}, {_format_time(left)} left"

    def _write(self, line: str) -> None:
        if self.stream.isatty():
            self.stream.write(f"\r{line:<{self._width}}")
            self._width = len(line)
        else:
            self.stream.write(line + "\n")
        self.stream.flush()


def _format_time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
