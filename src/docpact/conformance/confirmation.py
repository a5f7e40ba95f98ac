"""Confirmation: which questions to ask again, and which breaches a second visit confirmed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from docpact.conformance.findings import count_visits
from docpact.conformance.plan import Planned, Priority
from docpact.model import Case, Exchange, Judgement, Level, Question
from docpact.rules.evidence import SURVEY

CONFIRM: Final = "confirm"
"""Name of the phase that asks questions again."""

REPEATS: Final = 2
"""Number of further times to ask a question that showed a breach."""

RELATIONS: Final = ("filter.", "paging.", "stability.values")
"""Beginnings of the rules that compare walks with each other."""

MAX_REPEATED: Final = 8
"""Maximum number of such questions."""


def plan_confirmation(
    judgements: Sequence[Judgement], exchanges: Sequence[Exchange], budget: int
) -> list[Planned]:
    """Return the questions that showed breaches, each several times, and then the survey.

    Notes are not confirmed. The survey is repeated only if a metamorphic relation was broken. A
    question is not repeated if the budget would not be enough for the survey.

    Args:
        judgements: so far.
        exchanges: so far.
        budget: number of requests that may still be sent.
    """
    first_pages = {
        (each.case.question, each.case.visit.repeat): each.case
        for each in exchanges
        if each.case.visit.page == 1
    }
    serious = [each for each in judgements if each.breaches and each.level is not Level.NOTE]
    chosen = [*_doubtful_cases(serious, exchanges, first_pages).values()][:MAX_REPEATED]
    last: list[Case] = []
    if any(each.promise.rule.startswith(RELATIONS) for each in serious):
        surveys = {
            each.case.question: first_pages[each.case.question, each.case.visit.repeat]
            for each in exchanges
            if each.phase == SURVEY
        }
        last = [*surveys.values()]
    asked = Counter((each.case.question, each.case.visit.repeat) for each in exchanges)
    costs = {case.question: asked[case.question, case.visit.repeat] for case in (*chosen, *last)}
    budget -= sum(costs[case.question] for case in last)
    cases = []
    for case in (case for case in chosen for _ in range(REPEATS)):
        if costs[case.question] <= budget:
            budget -= costs[case.question]
            cases.append(case)
    return [Planned(case, Priority.ODD) for case in (*cases, *last)]


def _doubtful_cases(
    judgements: Iterable[Judgement],
    exchanges: Sequence[Exchange],
    first_pages: dict[tuple[Question, int], Case],
) -> dict[Question, Case]:
    """Return the case that first showed each breach, unless its page was visited often enough.

    Of two cases with the same question, the one with more pages is kept.
    """
    visits = count_visits(exchanges)
    found: dict[Question, Case] = {}
    for judgement in judgements:
        for breach in judgement.breaches:
            for question, repeat, page in breach.shown[: 1 if breach.confirmed else 2]:
                case = first_pages.get((question, repeat))
                if case is None or visits.get((question, page), 0) > REPEATS:
                    continue
                if question not in found or case.pages > found[question].pages:
                    found[question] = case
    return found


def drop_unconfirmed(
    judgements: Sequence[Judgement],
) -> tuple[tuple[Judgement, ...], tuple[str, ...]]:
    """Drop the breaches that a change of the collection may have caused.

    Returns:
        the judgements without these breaches, and a remark for each of them.
    """
    kept, remarks = [], []
    for each in judgements:
        confirmed = tuple(breach for breach in each.breaches if breach.confirmed)
        remarks += [
            "not reported, because the collection changed and a second visit did not show the "
            f"same: {each.promise.rule} {breach.location}: {breach.observed}"
            for breach in each.breaches
            if not breach.confirmed
        ]
        kept.append(replace(each, breaches=confirmed))
    return tuple(kept), tuple(remarks)
