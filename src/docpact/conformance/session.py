"""The session: carries out the plan against one target and keeps the exchanges."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from docpact.cases.styles import label_as_sent
from docpact.conformance.conclusion import (
    CONFIRM,
    Conduct,
    conclude,
    find_breaches,
    plan_confirmation,
)
from docpact.conformance.obstacles import (
    FAILS,
    always_fails,
    describe_end,
    describe_unreachable,
    find_foreign_text,
    find_obstacle,
    find_unknown,
    is_outage,
    lacks_parameters,
    list_statuses,
    needs_control,
)
from docpact.conformance.pagination import Attempts, Walker, count_items, read_pages, walk_all
from docpact.conformance.plan.followup_cases import listed_cases
from docpact.conformance.plan.near_misses import find_elsewhere
from docpact.conformance.plan.observations import Observations
from docpact.conformance.plan.phases import EXAMPLE, PLAN, Planned, Priority, afford
from docpact.errors import Inconclusive
from docpact.model import Case, Exchange, Judgement, Past, Query, Question, Run, Visit
from docpact.rules import Evidence, gather, judge
from docpact.rules.evidence import AT_ONCE, SURVEY, Listing, join
from docpact.rules.habits.observations import observe
from docpact.rules.path.listing import COUNTED
from docpact.rules.walks.bodies import BodyReader
from docpact.rules.walks.walk import numbers_from_unknown
from docpact.targets.connections import BudgetSpent
from docpact.targets.http import HttpTarget
from docpact.text import pluralize, printable

if TYPE_CHECKING:
    from docpact.conformance.plan.search import Search

FIRST: Final = (EXAMPLE.question, 1, PLAN[0].name)
"""Question, page and phase of the first request."""

LISTED: Final = "listed"
"""Name of the phase that reads things which a list shows."""

_FIRST_PAGES: Final = replace(EXAMPLE, pages=4)
"""The case of a look at the list."""

SEARCH: Final = "search"
"""Name of the phase that asks generated questions."""

RESERVED: Final = 10
"""One request in so many is kept for confirmation."""

SLACK: Final = 2
"""Requests that each page under way may take, when the rest of the budget is estimated."""

ENOUGH: Final = 3
"""Number of exchanges after which a run ends if no response comes from the operation."""

INTERRUPTED: Final = "interrupted"

Progress: TypeAlias = Callable[[str, int, str], None]
"""Takes the phase, the number of its requests so far, and a summary once the phase is over."""


def ignore_progress(phase: str, requests: int, summary: str) -> None:
    """Ignore the progress."""
    del phase, requests, summary


@dataclass(slots=True)
class Session:
    """One check of one target; everything else here is immutable.

    Attributes:
        target: where cases are sent.
        seed: of the random choices.
        progress: called for every request and at the end of every phase.
        search: for further failing questions, or None.
        measures_power: whether to find out what the run could have noticed.
        past: earlier runs to compare this one with; None if it is not compared.
        listing: the target of the list that shows what this target returns, or None.
        other: name and value of the parameter that names another parent; empty if none is known.
        chosen: names of the parameters whose values the user gave.
        is_unreachable: whether the run ended because no connection was possible.
        statuses: of the responses to documented requests with valid credentials.
        shown: the decoded bodies of the first successful responses, after the run.
    """

    target: HttpTarget
    seed: int = 0
    progress: Progress = ignore_progress
    search: Search | None = None
    measures_power: bool = False
    past: Past | None = None
    listing: HttpTarget | None = None
    other: Query = ()
    chosen: Collection[str] = ()
    is_unreachable: bool = field(default=False, init=False)
    statuses: frozenset[int] = field(default=frozenset(), init=False)
    shown: tuple[Any, ...] = field(default=(), init=False)
    _exchanges: list[Exchange] = field(default_factory=list)
    _requests: Counter[str] = field(default_factory=Counter)
    _visits: Counter[Question] = field(default_factory=Counter)
    _sequence: Iterator[int] = field(default_factory=count)
    _left_out: list[Planned] = field(default_factory=list)
    _usable: dict[tuple[str, str], bool] = field(default_factory=dict)
    _looks: list[tuple[int, tuple[Any, ...]]] = field(default_factory=list)
    _counts: list[tuple[Query, int | None]] = field(default_factory=list)
    _seen: tuple[tuple[int, int], Observations] | None = None
    _reader: BodyReader = field(init=False)
    _spent_before: int = field(init=False)
    _judged: tuple[int, Evidence, tuple[Judgement, ...]] | None = None
    _remarks: list[str] = field(default_factory=list)
    _stopped: str = ""
    _reason: str = ""
    _first: Exchange | None = None
    _clock_started: float = field(default_factory=time.monotonic)
    _started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self._reader = BodyReader(self.target.operation, self.target.request_budget.amounts)
        self._spent_before = self.target.request_budget.spent

    def run(self, families: Collection[str] | None = None) -> Run:
        """Carry out the plan and judge the exchanges, by all families of rules or by some.

        Ctrl-C ends the plan, not the run: the exchanges until then are judged.
        """
        phases = [p for p in PLAN if p is PLAN[0] or families is None or p.families & {*families}]
        budget = self.target.request_budget
        try:
            for number, phase in enumerate(phases):
                if len(self._exchanges) >= ENOUGH:
                    self._check_obstacle()
                if always_fails(self._exchanges):
                    self._remarks.append(FAILS)
                    break
                if phase is PLAN[-1] and self.search is not None:
                    self._run_search(self.search)
                if phase is PLAN[-1] and self.listing and self._look_at_list():
                    pages = self._looks[-1][1]
                    listed = listed_cases(self.target.operation, self.listing.operation, pages)
                    cases = (*listed, *self._find_elsewhere(self.listing))
                    self._run_phase(LISTED, [Planned(each, Priority.VALUE) for each in cases])
                affordable = budget.left - budget.budget // RESERVED
                chosen, left_out = afford(phases[number:], self._observe(), affordable)
                self._left_out += left_out
                self._run_phase(phase.name, chosen)
            if self._looks and self._look_at_list():
                self._count_requests(LISTED)
            judgements = self._judge()[1]
            planned = plan_confirmation(judgements, self._exchanges, budget.left)
            self._run_phase(CONFIRM, planned)
            if planned and self._looks and self._look_at_list():
                self._count_requests(CONFIRM)
        except Inconclusive as error:
            self._reason = str(error)
        except KeyboardInterrupt:
            self._reason = INTERRUPTED
        run = self._conclude()
        self.shown = tuple(body.decoded.value for body in self._judge()[0].bodies[:ENOUGH])
        self._reader.release(self.shown)
        return run

    def _run_search(self, search: Search) -> None:
        """Search, and keep only the smallest of the failing questions: the others led to it."""
        observations = self._observe()
        operation = observations.operation
        survey = [e for e in self._exchanges if e.phase == SURVEY]
        known = find_breaches(operation, survey, self._reader)

        def fails(case: Case) -> bool:
            begun = len(self._exchanges)
            if self._walk([Planned(case, Priority.ODD)], SEARCH):
                raise BudgetSpent(self._stopped)
            around = (*survey, *self._exchanges[begun:], *survey)
            return bool(find_breaches(operation, around, self._reader) - known)

        kept = len(self._exchanges)
        try:
            with suppress(BudgetSpent):
                search.run(observations, fails)
        finally:
            failed = search.failures - {search.failing.question if search.failing else None}
            self._exchanges[kept:] = [
                e for e in self._exchanges[kept:] if e.case.question not in failed
            ]
            asked = pluralize(search.asked, "query", "queries")
            self.progress(SEARCH, self._count_requests(SEARCH), asked)

    def _look_at_list(self) -> bool:
        """Read the first pages of the list that shows what the target returns, not from a cache."""
        if self.listing is None:
            return False
        operation, send = self.listing.operation, partial(self.listing.send, phase=LISTED)
        reader = BodyReader(operation, self.target.request_budget.amounts)
        counted = [e for e in self._exchanges if e.case.expectation.keyword == COUNTED]
        pages = list[Any]()
        with suppress(BudgetSpent):
            for page in read_pages(operation, _FIRST_PAGES, send, reader):
                if response := page.exchange.response:
                    pages.append(reader.decode(response.body).value)
            for query in dict.fromkeys(each.case.query for each in counted):
                self._counts.append((query, count_items(operation, query, send, reader)))
        if pages:
            self._looks.append((len(self._list_final()), tuple(pages)))
        return bool(pages)

    def _find_elsewhere(self, listing: HttpTarget) -> list[Case]:
        """Return the case of the thing below another parent, if there is one."""
        send, both = partial(listing.send, phase=LISTED), (self.target.operation, listing.operation)
        with suppress(BudgetSpent):
            return find_elsewhere(*both, self.other, send) if self.other else []
        return []

    def _list_final(self) -> list[Exchange]:
        """Return the exchanges of the operation's own method, without those that were retried."""
        return [e for e in self._exchanges if e.case.question.method is None and not e.retried]

    def _observe(self) -> Observations:
        """Observe the exchanges, once for each state of them."""
        operation, left = self.target.operation, self.target.request_budget.left
        state = (len(self._exchanges), left)
        if self._seen is None or self._seen[0] != state:
            walks = join(operation, self._list_final(), self._reader)
            about = (operation, walks, self.seed, left, self.target.redact, self._usable)
            self._seen = (state, Observations(*about, other=self.other))
        return self._seen[1]

    def _judge(self) -> tuple[Evidence, tuple[Judgement, ...]]:
        """Judge the exchanges, once for each state of them."""
        if self._judged is None or self._judged[0] != len(self._exchanges):
            about = tuple(self._looks), tuple(self._counts)
            listing = Listing(self.listing.operation, *about) if self.listing else None
            evidence = gather(self.target.operation, self._exchanges, self._reader, listing=listing)
            self._judged = (len(self._exchanges), evidence, judge(evidence))
        return self._judged[1:]

    def _run_phase(self, phase: str, planned: Iterable[Planned]) -> None:
        """Walk every case of a phase, and keep those that the request budget does not allow."""
        planned = list(planned)
        if not planned:
            return
        summary = "stopped"
        try:
            self._left_out += self._walk(planned, phase)
            summary = self._summarize(phase)
        finally:
            shown = "" if self.is_unreachable else summary
            self.progress(phase, self._count_requests(phase), shown)

    def _walk(self, planned: Sequence[Planned], phase: str) -> list[Planned]:
        """Walk cases, keep their exchanges in order, and return the cases that were left."""
        walkers = [self._start_visit(each.case) for each in planned]
        together = phase in AT_ONCE and self.target.concurrency.count > 1
        try:
            left = walk_all(
                walkers,
                partial(self.target.send, phase=phase, together=together),
                partial(self._receive, phase),
                self._fits if together else None,
            )
        except BaseException:
            self.target.request_budget.stop()
            raise
        finally:
            self._exchanges += [exchange for each in walkers for exchange in each.exchanges]
            self._visits -= Counter(each.case.question for each in walkers if not each.exchanges)
        self._stopped = next((each.stopped for each in left), self._stopped)
        return [each for each, walker in zip(planned, walkers, strict=True) if walker in left]

    def _start_visit(self, case: Case) -> Walker:
        number = self._visits[case.question]
        self._visits[case.question] += 1
        repeats_first = numbers_from_unknown(self.target.operation) and case.pages > 1
        visit = Visit(repeat=number, sequence=next(self._sequence))
        label, pages = label_as_sent(self.target.operation, case), case.pages + repeats_first
        return Walker(replace(case, label=label, pages=pages, visit=visit), used=self._reader.used)

    def _fits(self, under_way: Sequence[Walker], coming: Walker) -> bool:
        """Return whether one more walker fits the budget, whatever happens; runs must be alike."""
        concurrency, request_budget = self.target.concurrency, self.target.request_budget
        most = SLACK * sum(walker.most_requests for walker in (*under_way, coming))
        return (
            len(under_way) < concurrency.count
            and not concurrency.closed
            and most <= request_budget.left
        )

    def _receive(self, phase: str, walker: Walker, attempts: Attempts) -> bool:
        """Store the exchanges of a page, and return whether the walk continues."""
        attempts = tuple(map(self._reader.receive, attempts))
        operation, final = self.target.operation, attempts[-1]
        if (final.case.question, final.case.visit.page, phase) == FIRST:
            self.is_unreachable = bool(final.failure and final.failure.kind == "unreachable")
            if reason := describe_unreachable(operation, self.target.name, final):
                raise Inconclusive(self.target.redact(printable(reason)))
            self._first = final
        if needs_control(operation, self._first, final):
            control = self._send_control(phase, final.case.visit.sequence)
            attempts += tuple(map(self._reader.receive, control))
        walker.exchanges += attempts
        self.progress(phase, self._count_requests(phase), "")
        if excess := self.target.request_budget.amounts.excess:
            raise BudgetSpent(excess)
        return walker.advance(operation, self._reader.read_page(final))

    def _count_requests(self, phase: str) -> int:
        """Return the number of requests of the present phase: those that no other one sent."""
        sent = self.target.request_budget.spent - self._spent_before
        self._requests[phase] += sent - self._requests.total()
        return self._requests[phase]

    def _send_control(self, phase: str, sequence: int) -> Attempts:
        """Send the documented example; raise Inconclusive if it has no response either."""
        visit = Visit(repeat=self._visits[EXAMPLE.question], sequence=sequence)
        self._visits[EXAMPLE.question] += 1
        *_, final = attempts = self.target.send(replace(EXAMPLE, visit=visit), phase)
        if needs_control(self.target.operation, self._first, final):
            if self.target.request_budget.left <= 0:
                self.target.request_budget.take()  # says that the budget is spent
            self._count_requests(phase)
            sent = pluralize(self._requests.total(), "request")
            reason = printable(describe_end(self.target.name, sent, final))
            raise Inconclusive(self.target.redact(reason))
        return attempts

    def _summarize(self, phase: str) -> str:
        survey = self._observe().survey if phase == SURVEY else None
        return "done" if survey is None else pluralize(survey.count, "item")

    def _find_obstacle(self) -> str:
        about = (self.target.operation, self.target.name, self._exchanges)
        found = find_unknown(self.target.operation, self.chosen, self._exchanges)
        found = found or find_obstacle(*about) or find_foreign_text(*about)
        return self.target.redact(printable(found))

    def _check_obstacle(self) -> None:
        is_open = lacks_parameters(self.target.operation, self._exchanges)
        if not is_open and (obstacle := self._find_obstacle()):
            raise Inconclusive(obstacle)

    def _conclude(self) -> Run:
        obstacle = self._find_obstacle()
        self.statuses = list_statuses(self._exchanges)
        if self.target.request_budget.is_stopped:
            self._reason = self._reason or INTERRUPTED
        self._reason = self._reason or obstacle
        if obstacle or (self._reason and is_outage(self._exchanges)):
            self._exchanges.clear()
        evidence, judgements = self._judge()
        reason = self._reason or self._budget_reason()
        if self.past is not None and not reason:
            observed = observe(evidence, self._started.date(), self.past, self.target.redact)
            evidence = replace(evidence, observed=observed, past=self.past)
        conduct = Conduct(
            target=self.target.name,
            seed=self.seed,
            requests=self._requests.items(),
            seconds=time.monotonic() - self._clock_started,
            started=self._started,
            reason=reason,
            left_out=[each.case.label for each in self._left_out],
            remarks=self._remarks,
            redact=self.target.redact,
            measures_power=self.measures_power,
        )
        return conclude(evidence, judgements, self._exchanges, conduct)

    def _budget_reason(self) -> str:
        """Return why the budget leaves the run inconclusive; empty if it does not."""
        lost = [each for each in self._left_out if each.priority >= Priority.PROMISE]
        if not lost:
            return ""
        budget = pluralize(self.target.request_budget.budget, "request")
        cause = self._stopped or f"the budget of {budget} is too small"
        return f"{cause}: {pluralize(len(lost), 'case')} left out that no other case replaces"
