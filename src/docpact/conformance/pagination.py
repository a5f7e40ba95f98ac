"""Looks: questions asked page after page, several at once where none waits for another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread
from typing import TypeAlias

from docpact.model import Case, Exchange, Operation
from docpact.rules.walks import Page, leads_nowhere
from docpact.targets.request_budget import BudgetSpent

Attempts: TypeAlias = tuple[Exchange, ...]
"""Every exchange that one page took, the last one being its answer."""

Answers: TypeAlias = "SimpleQueue[tuple[Look, Attempts | BaseException]]"


@dataclass(slots=True, eq=False)
class Look:
    """One look at one question.

    Attributes:
        case: the page that is asked for next.
        exchanges: what came back so far.
        stopped: why it could not go on; empty where it could.
    """

    case: Case
    exchanges: list[Exchange] = field(default_factory=list)
    stopped: str = ""
    _shown: list[tuple[tuple[str, ...], str | None]] = field(default_factory=list)

    @property
    def most(self) -> int:
        """How many pages may still be asked for."""
        return self.case.pages - self.case.visit.page + 1

    def goes_on(self, operation: Operation, page: Page | None) -> bool:
        """Say whether there is a page to ask for after one, and turn to it."""
        parameter, case = operation.roles.onward, self.case
        if page is None or page.token is None or parameter is None or case.visit.page >= case.pages:
            return False
        self._shown.append((page.ids, page.token))
        if leads_nowhere(self._shown):
            return False
        self.case = case.next_page(parameter, page.token)
        return True


def ask_all(
    looks: Iterable[Look],
    ask: Callable[[Case], Attempts],
    take: Callable[[Look, Attempts], bool],
    fits: Callable[[list[Look], Look], bool] | None = None,
) -> list[Look]:
    """Ask every question to its end, and return those that were left, in order.

    Looks begin in order. Only `ask` is called on other threads, and only where looks may go beside
    each other.

    Args:
        looks: that have not begun.
        ask: sends a case.
        take: takes what came back, and says whether its look goes on; where one of the two raises
            `BudgetSpent`, the question is left, and no other one begins.
        fits: says whether a look may begin beside those under way; None where none ever may.
    """
    waiting, under_way, left = deque(looks), list[Look](), list[Look]()
    answers: Answers = SimpleQueue()
    start = _ask if fits is None else _ask_on_a_thread
    while under_way or (waiting and not left):
        while waiting and not left and (not under_way or (fits and fits(under_way, waiting[0]))):
            under_way.append(waiting.popleft())
            start(under_way[-1], ask, answers)
        look, outcome = answers.get()
        try:
            if isinstance(outcome, BaseException):
                raise outcome
            if take(look, outcome):
                start(look, ask, answers)
                continue
        except BudgetSpent as spent:
            look.stopped = str(spent)
            left.append(look)
        under_way.remove(look)
    return [*sorted(left, key=lambda look: look.case.visit.sequence), *waiting]


def _ask_on_a_thread(look: Look, ask: Callable[[Case], Attempts], answers: Answers) -> None:
    """Ask on a thread that nobody waits for, so that Ctrl-C is heard at once."""
    Thread(target=_ask, args=(look, ask, answers), daemon=True).start()


def _ask(look: Look, ask: Callable[[Case], Attempts], answers: Answers) -> None:
    try:
        answers.put((look, ask(look.case)))
    except BaseException as error:  # noqa: BLE001 — raised again where it is waited for
        answers.put((look, error))
