"""The session: carries the plan out against one target and keeps what came back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from docpact.conformance.findings import findings
from docpact.conformance.plan import EXAMPLE, PLAN, Phase, items
from docpact.errors import Inconclusive
from docpact.model import Case, Exchange, Operation, Run
from docpact.rules import gather, judge
from docpact.rules.coverage import unseen
from docpact.rules.evidence import SURVEY
from docpact.targets.http import UNAVAILABLE
from docpact.text import counted, printable

MAX_SECONDS: Final = 600.0
"""Seconds of wall time after which nothing more is sent."""

NO_ANSWER: Final = frozenset({"unreachable", "timeout", "cut"})
"""Kinds of failure in which nothing came that could be judged."""

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

    def send(self, case: Case, phase: str = "") -> tuple[Exchange, ...]:
        """Send a case and return every attempt, the last one being its answer."""
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
    """

    target: Target
    seed: int = 0
    progress: Progress = tell_nobody
    _exchanges: list[Exchange] = field(default_factory=list)
    _requests: Counter[str] = field(default_factory=Counter)
    _reason: str = ""
    _started: float = field(default_factory=time.monotonic)

    def run(self, families: Collection[str] | None = None) -> Run:
        """Carry out the phases that give evidence to some families of rules, and judge.

        Args:
            families: of the rules to judge; None for all of them.
        """
        for phase in PLAN:
            if self._reason:
                break
            if phase is PLAN[0] or families is None or phase.families & set(families):
                self._carry_out(phase)
        return self._conclude()

    def _carry_out(self, phase: Phase) -> None:
        steps = phase.steps(self.target.operation, self._walked(), self.seed)
        self._requests[phase.name] = 0
        try:
            case = next(steps)
            while True:
                case = steps.send(self._ask(case, phase.name))
        except StopIteration:
            self.progress(phase.name, self._requests[phase.name], self._summary(phase))
        except Inconclusive as error:
            self._reason = error.reason
            self.progress(phase.name, self._requests[phase.name], "stopped")

    def _ask(self, case: Case, phase: str) -> Exchange:
        if time.monotonic() - self._started > MAX_SECONDS:
            msg = f"out of time: {MAX_SECONDS:.0f} seconds have passed in phase {phase}"
            raise Inconclusive(msg)
        attempts = self._send(case, phase)
        answer = attempts[-1]
        if phase == PLAN[0].name:
            _check_reachable(self.target, answer)
        elif _is_missing(answer):
            attempts += self._control(phase)
        self._exchanges += attempts
        self.progress(phase, self._requests[phase], "")
        return answer

    def _send(self, case: Case, phase: str) -> tuple[Exchange, ...]:
        attempts = self.target.send(case, phase)
        self._requests[phase] += len(attempts)
        return attempts

    def _control(self, phase: str) -> tuple[Exchange, ...]:
        """Ask as the page's example does, so that one case without an answer is no outage.

        Raises:
            Inconclusive: that is not answered either; what led here is no evidence then.
        """
        attempts = self._send(EXAMPLE, phase)
        answer = attempts[-1]
        if _is_missing(answer):
            said = answer.failure.message if answer.failure else f"status {answer.status}"
            asked = counted(sum(self._requests.values()), "request")
            reason = f"{self.target.name} stopped answering after {asked}: {said}"
            raise Inconclusive(self.target.redact(printable(reason)))
        return attempts

    def _walked(self) -> list[Exchange]:
        return [e for e in self._exchanges if e.phase == SURVEY and not e.retried]

    def _summary(self, phase: Phase) -> str:
        if phase.name != SURVEY or self.target.operation.roles.items is None:
            return "done"
        return counted(len(items(self.target.operation, self._walked())), "item")

    def _conclude(self) -> Run:
        operation = self.target.operation
        evidence = gather(operation, self._exchanges)
        judgements = judge(evidence)
        return Run(
            operation=operation.id,
            target=self.target.name,
            seed=self.seed,
            judgements=judgements,
            findings=findings(operation, judgements, self.target.redact),
            requests=tuple(self._requests.items()),
            seconds=time.monotonic() - self._started,
            unseen=unseen(evidence),
            reason=self._reason,
        )


def _is_missing(answer: Exchange) -> bool:
    """Say whether an exchange brought no answer of the operation itself."""
    return answer.status in UNAVAILABLE or (
        answer.failure is not None and answer.failure.kind in NO_ANSWER
    )


def _check_reachable(target: Target, answer: Exchange) -> None:
    """Raise unless the first answer shows that there is a target that takes the credential."""
    credential = target.operation.credential
    if answer.failure is not None and answer.failure.kind in NO_ANSWER:
        reason = f"cannot reach {target.name}: {answer.failure.message}"
    elif answer.status in UNAVAILABLE:
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
