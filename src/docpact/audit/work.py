"""The work of an audit: each part of the traffic summed up by itself, wherever, and then merged."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from typing import Final, TypeAlias

from docpact.audit.auditing import Auditor
from docpact.audit.checkpoint import Checkpoint
from docpact.audit.summary import Summary
from docpact.errors import Inconclusive
from docpact.model import Operation
from docpact.traffic import Part, Traffic, read_traffic

BATCH: Final = 2000
"""How many records are summed up before it is told, and kept, how far the work is."""

AHEAD: Final = 2
"""How many parts each worker has at hand, so that none is idle."""

Told: TypeAlias = Callable[[int, int], None]
"""Told how many more bytes were read, as they are stored, and how many more records judged."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done with the traffic, in a form that any process can be given.

    Attributes:
        contract: the operation, pickled.
        fields: which field of a record holds what; see `docpact.traffic.FIELDS`.
        checkpoint: where to keep how far the work is; None to keep nothing.
    """

    contract: bytes
    fields: Mapping[str, str] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None

    @classmethod
    def of(
        cls,
        operation: Operation,
        fields: Mapping[str, str] | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> Task:
        """Return the task of holding traffic to an operation's contract."""
        return cls(pickle.dumps(operation), fields or {}, checkpoint)


@dataclass(frozen=True, slots=True)
class Crew:
    """Who does the work, if it is not this process.

    Attributes:
        executor: of processes, here or elsewhere.
        width: how many parts are worked on at once.
        lost: what is raised for a part whose worker ended before its work.
        is_here: whether they write to this machine's files.
    """

    executor: Executor
    width: int
    lost: tuple[type[BaseException], ...]
    is_here: bool = True


def audited(task: Task, parts: Sequence[Part], told: Told, crew: Crew | None = None) -> Summary:
    """Return the summary of all parts.

    Args:
        task: what is to be done.
        parts: of the traffic; those that the checkpoint holds are not read again.
        told: told of the progress.
        crew: that does the work; None to do it here.

    Raises:
        UsageError: a part cannot be read, or the checkpoint is none or cannot be written.
        MissingExtra: a library is not installed.
        Inconclusive: a worker ended before its work.
    """
    done = task.checkpoint.done() if task.checkpoint else {}
    left = [part for part in parts if (part.source, part.start) not in done]
    total = Summary()
    for part in parts:
        if (summary := done.get((part.source, part.start))) is not None:
            told(part.size, summary.records)
            total += summary
    for summary in _here(task, left, told) if crew is None else _by(crew, task, left, told):
        total += summary
    return total


def summed_up(task: Task, part: Part, told: Told | None = None) -> Summary:
    """Return the summary of one part, from where the checkpoint says that its reading ended.

    Raises:
        UsageError: the part cannot be read.
        MissingExtra: a library is not installed.
    """
    total, begin = task.checkpoint.kept(part) if task.checkpoint else (Summary(), 0)
    auditor = _auditor(task.contract)
    tell = told or _nobody
    found = read_traffic(
        part, auditor.operation, task.fields, begin=begin, report=lambda size: tell(size, 0)
    )
    tell(0, total.records)
    while True:
        batch = _Batch(part.number, found)
        summary = auditor.summary(batch)
        if not batch.count:
            return total
        total += summary
        tell(0, batch.count)
        if task.checkpoint is not None:
            task.checkpoint.keep(part, total, batch.last + 1)


@dataclass(slots=True)
class _Batch:
    """Some of the records of a part, read one by one.

    Attributes:
        source: number of the part's source.
        found: all records that are not read yet, with their places.
        count: how many were read of them.
        last: the place of the last one read.
    """

    source: int
    found: Iterator[tuple[int, Traffic]]
    count: int = 0
    last: int = 0

    def __iter__(self) -> Iterator[tuple[tuple[int, int], Traffic]]:
        """Yield each record with its source and place."""
        for at, record in islice(self.found, BATCH):
            self.count, self.last = self.count + 1, at
            yield (self.source, at), record


def _here(task: Task, parts: Iterable[Part], told: Told) -> Iterator[Summary]:
    for part in parts:
        summary = summed_up(task, part, told)
        if task.checkpoint is not None:
            task.checkpoint.keep(part, summary)
        yield summary


def _by(crew: Crew, task: Task, parts: Iterable[Part], told: Told) -> Iterator[Summary]:
    """Yield the summary of each part, in the order in which they are done."""
    waiting, given = iter(parts), task if crew.is_here else replace(task, checkpoint=None)
    running: dict[Future[Summary], Part] = {}
    while True:
        for part in islice(waiting, AHEAD * crew.width - len(running)):
            running[crew.executor.submit(summed_up, given, part)] = part
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            part = running.pop(future)
            try:
                summary = future.result()
            except crew.lost as error:
                raise Inconclusive(f"a worker ended before its work: {error}") from None
            if task.checkpoint is not None:
                task.checkpoint.keep(part, summary)
            told(part.size, summary.records)
            yield summary


def _nobody(size: int, count: int) -> None:
    del size, count


@lru_cache(maxsize=2)
def _auditor(contract: bytes) -> Auditor:
    """Return what holds answers to a contract, made once in a process."""
    return Auditor(pickle.loads(contract))  # noqa: S301 — pickled by `Task.of` in the same run
