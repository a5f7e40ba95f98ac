"""Checks the operations of a run one by one, each in a session of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from docpact.cases.path_values import Shown
from docpact.conformance.keys import read_secret
from docpact.conformance.opening import Opener
from docpact.conformance.session import Progress, Session, ignore_progress
from docpact.conformance.whole_api import Checked
from docpact.history.policy import Policy, apply_policy
from docpact.history.store import Memory
from docpact.model import Operation, Query, Run
from docpact.options import MOCK
from docpact.settings import Settings
from docpact.traffic.journal import Journal

if TYPE_CHECKING:
    from docpact.conformance.plan.search import Search


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks the operations of a run, each in a session of its own, by all families or by some."""

    opener: Opener
    settings: Settings
    environment: Mapping[str, str]
    policy: Policy
    families: Collection[str] | None
    journal: Journal | None
    memory: Memory

    def check(
        self,
        operation: Operation,
        progress: Progress = ignore_progress,
        *,
        listing: Operation | None = None,
        other: Query = (),
    ) -> Checked:
        """Check one operation, beside the list that shows what it returns, if there is one."""
        settings, journal = self.settings, self.copy_journal()
        target = self.opener.open(operation, self.read_secret(operation), journal)
        beside = None
        if listing is not None:
            opened = self.opener.open(listing, self.read_secret(listing))
            beside = replace(opened, request_budget=target.request_budget)
        measures_power = settings.target != MOCK or settings.min_power is not None
        session = Session(
            target,
            seed=settings.seed,
            progress=progress,
            search=_search(settings),
            measures_power=measures_power,
            past=self.memory.find(operation.id, target.name),
            listing=beside,
            other=other,
            chosen=[each.partition("=")[0] for each in settings.params],
        )
        run = session.run(self.families)
        if journal is not None:
            journal.end(run.reason)
        run = apply_policy(_require_live(run, settings), self.policy)
        shown = Shown(target.operation, session.shown)
        return Checked(run, shown, session.is_unreachable, session.statuses, journal)

    def copy_journal(self) -> Journal | None:
        """Return a journal of its own for the exchanges of an operation; None without one."""
        return self.journal and self.journal.copy()

    def read_secret(self, operation: Operation) -> str | None:
        """Return the secret of an operation's credential; None for the mock."""
        is_mock = self.settings.target == MOCK
        return None if is_mock else read_secret(operation, self.environment)


def _search(settings: Settings) -> Search | None:
    if not settings.search:
        return None
    from docpact.conformance.plan.search import Search  # imports Hypothesis

    return Search(settings.search, settings.examples, settings.seed)


def _require_live(run: Run, settings: Settings) -> Run:
    tested = any(result.observations for result in run.results)
    if not settings.require_live or run.reason or (tested and run.target != MOCK):
        return run
    return replace(run, reason="--require-live: no promise was tested on a live target")
