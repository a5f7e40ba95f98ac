"""Memory: the earlier runs that a new run of an operation on a target is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import scrypt

from docpact.errors import UsageError
from docpact.history.store import read_history
from docpact.model import HistoryEntry, Night, Past
from docpact.options import MOCK
from docpact.settings import Settings


@dataclass(frozen=True, slots=True)
class Memory:
    """Earlier runs.

    Attributes:
        account: see `Past`; None if runs are not remembered.
        nights: operation and target → its earlier runs.
    """

    account: str | None = None
    nights: Mapping[tuple[str, str], tuple[Night, ...]] = field(default_factory=dict)

    def find(self, operation: str, target: str) -> Past | None:
        """Return the earlier runs of an operation on a target; None if none are remembered."""
        if self.account is None:
            return None
        return Past(self.account, self.nights.get((operation, target), ()))


def recall(settings: Settings, account: Iterable[str]) -> Memory:
    """Return the earlier runs in the history of some settings; the mock has no habits.

    Args:
        settings: of the new run.
        account: the texts that identify the account, secrets among them.
    """
    if settings.history is None or settings.target == MOCK:
        return Memory()
    try:
        series = read_history(settings.history).series
    except UsageError:  # none yet, or reported when the run is recorded
        series = ()
    nights = {(each[0].run.operation, each[0].run.target): list_nights(each) for each in series}
    return Memory(_identify(account), nights)


def list_nights(entries: Iterable[HistoryEntry]) -> tuple[Night, ...]:
    """Return the observations of runs, in order; an inconclusive run has none."""
    return tuple(
        Night(
            replace(entry.run.observed, day=entry.started.date()),
            {
                (finding.rule, finding.promise.location): finding.accepted
                for finding in entry.run.findings
                if finding.promise.is_habit
            },
        )
        for entry in entries
        if entry.run.observed is not None
    )


def _identify(account: Iterable[str]) -> str:
    """Return four hexadecimal digits: enough to distinguish accounts, too few to find a secret."""
    texts = "\n".join(sorted(set(account))).encode("utf-8", "surrogatepass")
    return scrypt(texts, salt=b"docpact", n=2**12, r=8, p=1, dklen=2).hex()
