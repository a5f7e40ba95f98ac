"""The session: carries the plan out against one target and keeps what came back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from docpact.conformance.findings import count_visits, findings, settled
from docpact.conformance.followup_cases import Observations
from docpact.conformance.latency import latency
from docpact.conformance.pagination import Attempts, Look, ask_all
from docpact.conformance.plan import EXAMPLE, PLAN, Planned, Priority, afford
from docpact.conformance.remarks import remarks
from docpact.errors import Inconclusive
from docpact.model import (
    Case,
    Exchange,
    Judgement,
    Level,
    Operation,
    Question,
    Run,
    Visit,
    collect_results,
)
from docpact.rules import Evidence, gather, judge
from docpact.rules.evidence import AT_ONCE, PASSING, SURVEY, BodyReader, join
from docpact.rules.protocol import got_no_answer
from docpact.rules.summary import list_unseen
from docpact.targets.concurrency import Concurrency
from docpact.targets.request_budget import BudgetSpent, RequestBudget
from docpact.text import counted, printable

if TYPE_CHECKING:
    from docpact.conformance.search import Search

MAX_SECONDS: Final = 600.0
"""Seconds of wall time after which nothing more is sent."""

CONFIRM: Final = "confirm"
"""The phase that asks again what showed a difference."""

SEARCH: Final = "search"
"""The phase that asks generated queries."""

REPEATS: Final = 2
"""How often a question that showed a difference is asked again."""

MOST_REPEATED: Final = 8
"""How many such questions are asked again at most."""

RESERVED: Final = 10
"""One request in so many is kept for asking again."""

SLACK: Final = 2
"""Requests that a page is granted where the budget shall last for all that are under way."""

INTERRUPTED: Final = "interrupted"

Progress: TypeAlias = Callable[[str, int, str], None]
"""Told the phase, the number of its requests so far, and a summary once the phase is over."""


class Target(Protocol):
    """Where cases are sent."""

    @property
    def name(self) -> str:
        """What a report calls the target."""
        ...

    @property
    def operation(self) -> Operation:
        """The contract it is held to."""
        ...

    @property
    def request_budget(self) -> RequestBudget:
        """How much may be sent."""
        ...

    @property
    def concurrency(self) -> Concurrency:
        """How many cases may be sent at once."""
        ...

    def send(self, case: Case, phase: str = "", *, together: bool = False) -> Attempts:
        """Send a case, alone or beside others, and return every attempt, its answer the last."""
        ...

    def redact(self, text: str) -> str:
        """Write the credential's environment variable where a text holds its secret."""
        ...


def tell_nobody(phase: str, requests: int, summary: str) -> None:
    """Make no progress known."""
    del phase, requests, summary


@dataclass(slots=True)
class Session:
    """One check of one target; the only thing here that changes.

    Attributes:
        target: where cases are sent.
        seed: what random choices are made from.
        progress: told of every request and of the end of every phase.
        search: for further failing queries, or None.
    """

    target: Target
    seed: int = 0
    progress: Progress = tell_nobody
    search: Search | None = None
    _exchanges: list[Exchange] = field(default_factory=list)
    _requests: Counter[str] = field(default_factory=Counter)
    _looks: Counter[Question] = field(default_factory=Counter)
    _turns: Iterator[int] = field(default_factory=count)
    _left_out: list[Planned] = field(default_factory=list)
    _reader: BodyReader = field(init=False)
    _spent_before: int = field(init=False)
    _gathered: tuple[int, Evidence] | None = None
    _spent: str = ""
    _reason: str = ""
    _started: float = field(default_factory=time.monotonic)
    _began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self._reader = BodyReader(self.target.operation)
        self._spent_before = self.target.request_budget.spent

    def run(self, families: Collection[str] | None = None) -> Run:
        """Carry out the phases that give evidence to some families of rules, and judge.

        Ctrl-C ends the phases, not the run: what came back until then is judged.

        Args:
            families: of the rules to judge; None for all of them.
        """
        wanted = [p for p in PLAN if p is PLAN[0] or families is None or p.families & {*families}]
        try:
            for number, phase in enumerate(wanted):
                if phase is PLAN[-1] and self.search is not None:
                    self._look_further(self.search)
                chosen, left_out = afford(wanted[number:], self._known(), self._affordable())
                self._left_out += left_out
                self._carry_out(phase.name, chosen)
            self._carry_out(CONFIRM, self._doubted())
        except Inconclusive as error:
            self._reason = error.reason
        except KeyboardInterrupt:
            self._reason = INTERRUPTED
        return self._conclude()

    def _look_further(self, search: Search) -> None:
        """Search, and keep of the failing queries the smallest alone: the others led to it."""
        known = self._known()
        asked = [e for e in self._exchanges if e.phase == SURVEY]
        surveyed = _differences(known.operation, asked, self._reader)

        def breaks(case: Case) -> bool:
            begun = len(self._exchanges)
            if self._ask([Planned(case, Priority.ODD)], SEARCH):
                raise BudgetSpent(self._spent)
            around = (*asked, *self._exchanges[begun:], *asked)
            return bool(_differences(known.operation, around, self._reader) - surveyed)

        kept = len(self._exchanges)
        try:
            search.run(known, breaks)
        except BudgetSpent:
            pass
        finally:
            failed = search.failures - {search.failing.question if search.failing else None}
            self._exchanges[kept:] = [
                e for e in self._exchanges[kept:] if e.case.question not in failed
            ]
            self.progress(SEARCH, self._counted(SEARCH), counted(search.asked, "query", "queries"))

    def _known(self) -> Observations:
        operation = self.target.operation
        answers = [e for e in self._exchanges if e.case.question.method is None and not e.retried]
        walks = join(operation, answers, self._reader)
        return Observations(operation, walks, self.seed, self.target.request_budget.left)

    def _evidence(self) -> Evidence:
        """Gather what came back, once however often it is asked for."""
        if self._gathered is None or self._gathered[0] != len(self._exchanges):
            evidence = gather(self.target.operation, self._exchanges, self._reader)
            self._gathered = (len(self._exchanges), evidence)
        return self._gathered[1]

    def _affordable(self) -> int:
        request_budget = self.target.request_budget
        return request_budget.left - request_budget.budget // RESERVED

    def _carry_out(self, phase: str, planned: Iterable[Planned]) -> None:
        """Walk every case of a phase; what the request_budget does not permit is left out."""
        planned = list(planned)
        if not planned:
            return
        summary = "stopped"
        try:
            self._left_out += self._ask(planned, phase)
            summary = self._summary(phase)
        finally:
            self.progress(phase, self._counted(phase), summary)

    def _ask(self, planned: Sequence[Planned], phase: str) -> list[Planned]:
        """Walk cases, keep what came back in their order, and return those that were left."""
        looks = [self._look(each.case) for each in planned]
        together = phase in AT_ONCE and self.target.concurrency.count > 1
        try:
            left = ask_all(
                looks,
                partial(self.target.send, phase=phase, together=together),
                partial(self._take, phase),
                self._fits if together else None,
            )
        except BaseException:
            self.target.request_budget.stop()
            raise
        finally:
            self._exchanges += [exchange for look in looks for exchange in look.exchanges]
            self._looks -= Counter(look.case.question for look in looks if not look.exchanges)
        self._spent = next((look.stopped for look in left), self._spent)
        return [each for each, look in zip(planned, looks, strict=True) if look in left]

    def _look(self, case: Case) -> Look:
        number = self._looks[case.question]
        self._looks[case.question] += 1
        return Look(replace(case, visit=Visit(repeat=number, sequence=next(self._turns))))

    def _fits(self, under_way: Sequence[Look], coming: Look) -> bool:
        """Say whether the budget lasts for a look beside others, whatever comes of all of them.

        Where it may not, they go in turn, so that the same ones are left out every time.
        """
        concurrency, request_budget = self.target.concurrency, self.target.request_budget
        most = SLACK * sum(look.most for look in (*under_way, coming))
        return (
            len(under_way) < concurrency.count
            and not concurrency.closed
            and most <= request_budget.left
        )

    def _take(self, phase: str, look: Look, attempts: Attempts) -> bool:
        """Take the answer to a page, and say whether the look at its question goes on."""
        operation, answer = self.target.operation, attempts[-1]
        if phase == PLAN[0].name:
            if answer.case.question == EXAMPLE.question and answer.case.visit.page == 1:
                _check_reachable(self.target, answer)
        elif _is_missing(answer):
            attempts += self._control(phase, answer.case.visit.sequence)
        look.exchanges += attempts
        self.progress(phase, self._counted(phase), "")
        return look.goes_on(operation, self._reader.read_page(answer))

    def _counted(self, phase: str) -> int:
        """Count the requests of the present phase: those that no other one has sent."""
        sent = self.target.request_budget.spent - self._spent_before
        self._requests[phase] += sent - self._requests.total()
        return self._requests[phase]

    def _control(self, phase: str, turn: int) -> Attempts:
        """Ask as the page's example does, so that one case without an answer is no outage.

        Raises:
            Inconclusive: that is not answered either; what led here is no evidence then.
        """
        control = replace(EXAMPLE, visit=Visit(repeat=self._looks[EXAMPLE.question], sequence=turn))
        self._looks[EXAMPLE.question] += 1
        attempts = self.target.send(control, phase)
        answer = attempts[-1]
        if _is_missing(answer):
            said = answer.failure.message if answer.failure else f"status {answer.status}"
            self._counted(phase)
            asked = counted(self._requests.total(), "request")
            reason = f"{self.target.name} stopped answering after {asked}: {said}"
            raise Inconclusive(self.target.redact(printable(reason)))
        return attempts

    def _doubted(self) -> list[Planned]:
        """Return the questions that showed a difference, to be asked again, then the survey."""
        judgements = judge(self._evidence())
        visits = count_visits(self._exchanges)
        firsts = {
            (e.case.question, e.case.visit.repeat): e.case
            for e in self._exchanges
            if e.case.visit.page == 1
        }
        shown = [
            breach.shown[0]
            for judgement in judgements
            if judgement.level is not Level.NOTE
            for breach in judgement.breaches
            if breach.shown
        ]
        doubted: dict[Question, Case] = {}
        for question, repeat, page in shown:
            if visits[question, page] <= REPEATS and (question, repeat) in firsts:
                case, other = firsts[question, repeat], doubted.get(question)
                if other is None or case.pages > other.pages:
                    doubted[question] = case
        surveys = {
            e.case.question: firsts[e.case.question, e.case.visit.repeat]
            for e in self._exchanges
            if e.phase == SURVEY
        }
        related = any(_is_related(judgement) for judgement in judgements)
        chosen = [*doubted.values()][:MOST_REPEATED]
        repeated = [case for case in chosen for _ in range(REPEATS)]
        return [
            Planned(case, Priority.ODD)
            for case in (*repeated, *(surveys.values() if related else ()))
        ]

    def _summary(self, phase: str) -> str:
        survey = self._known().survey if phase == SURVEY else None
        if survey is None:
            return "done"
        return counted(len(set(survey.ids)) or sum(1 for _ in survey.items), "item")

    def _conclude(self) -> Run:
        operation, redact = self.target.operation, self.target.redact
        evidence = self._evidence()
        judgements, doubtful = settled(judge(evidence))
        lost = [each for each in self._left_out if each.priority >= Priority.PROMISE]
        reason = self._reason
        if lost and not reason:
            budget = counted(self.target.request_budget.budget, "request")
            cause = self._spent or f"the budget of {budget} is too small"
            count = counted(len(lost), "case")
            reason = f"{cause}: {count} left out that nothing else makes up for"
        return Run(
            operation=operation.id,
            target=self.target.name,
            seed=self.seed,
            results=collect_results(judgements),
            findings=findings(operation, judgements, count_visits(self._exchanges), redact),
            requests=tuple(self._requests.items()),
            seconds=time.monotonic() - self._started,
            unseen=tuple(map(redact, list_unseen(operation, evidence.summary))),
            remarks=tuple(map(redact, (*remarks(evidence), *doubtful))),
            left_out=tuple(redact(each.case.label) for each in self._left_out),
            reason=redact(reason),
            started=self._began,
            latency=latency(self._exchanges),
        )


def _differences(
    operation: Operation, exchanges: Sequence[Exchange], reader: BodyReader
) -> set[tuple[str, str, str]]:
    """Return rule, location and detail of every difference that exchanges show, notes left out."""
    return {
        (judgement.promise.rule, breach.location, breach.detail)
        for judgement in judge(gather(operation, exchanges, reader))
        if judgement.level is not Level.NOTE
        for breach in judgement.breaches
    }


def _is_related(judgement: Judgement) -> bool:
    related = judgement.promise.family in ("filter", "paging")
    return bool(judgement.breaches) and related and judgement.level is not Level.NOTE


def _is_missing(answer: Exchange) -> bool:
    """Say whether an exchange brought no answer of the operation itself."""
    return answer.status in PASSING or got_no_answer(answer)


def _check_reachable(target: Target, answer: Exchange) -> None:
    """Raise unless the first answer shows that there is a target that takes the credential."""
    credential = target.operation.credential
    if answer.failure is not None and got_no_answer(answer):
        reason = f"cannot reach {target.name}: {answer.failure.message}"
    elif answer.status in PASSING:
        reason = f"{target.name} is not available: it answers {answer.status} again and again"
    elif answer.status in (401, 403) and credential is not None:
        held = f"set {credential.variable} to a key that it takes"
        reason = f"{target.name} refuses the credential ({answer.status}): {held}"
    elif answer.status in (301, 302, 303, 307, 308) and answer.response is not None:
        onward = answer.response.header("location") or "nowhere"
        reason = f"{target.name} redirects to {onward}: check that address instead"
    else:
        return
    raise Inconclusive(target.redact(printable(reason)))
