"""The API: operations that are checked together, the things they share, and the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from docpact.model.operation import Operation
from docpact.model.run import EPOCH, Run, Verdict


@dataclass(frozen=True, slots=True)
class Api:
    """One operation, or all operations of a provider or a document.

    Attributes:
        name: of the operation, the provider or the document.
        operations: by id; no two have the same id.
        refused: id of an operation → why docpact cannot use it.
        is_whole: whether it was named as a whole; if not, it has one operation.
        is_shipped: whether docpact ships the contracts.
    """

    name: str
    operations: tuple[Operation, ...]
    refused: Mapping[str, str] = field(default_factory=dict)
    is_whole: bool = False
    is_shipped: bool = False


@dataclass(frozen=True, slots=True)
class ApiRun:
    """The result of checking an API.

    Attributes:
        name: of the API.
        target: `mock`, the target's base URL, or the name of a recording.
        runs: one for each operation that was tested.
        not_tested: id of an operation → why nothing was sent to it.
        seconds: wall time.
        started: in UTC.
        left_behind: what docpact created and could not remove, one line each.
        reason: why the whole is inconclusive, beside the reasons of its runs; empty if it is not.
        is_whole: see `Api`.
    """

    name: str
    target: str
    runs: tuple[Run, ...]
    not_tested: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    started: datetime = EPOCH
    reason: str = ""
    is_whole: bool = False
    left_behind: tuple[str, ...] = ()

    @classmethod
    def of(cls, run: Run) -> ApiRun:
        """Return the result of an API with one operation."""
        return cls(run.operation, run.target, (run,), {}, run.seconds, run.started)

    @property
    def request_count(self) -> int:
        """The total number of requests sent."""
        return sum(run.request_count for run in self.runs)

    def verdict(self, *, strict: bool = False) -> Verdict:
        """Return the worst verdict of all runs; without a run it is inconclusive."""
        verdicts = {run.verdict(strict=strict) for run in self.runs}
        for each in (Verdict.DRIFT, Verdict.INCONCLUSIVE):
            if each in verdicts:
                return each
        return Verdict.CONFORMS if verdicts and not self.reason else Verdict.INCONCLUSIVE
