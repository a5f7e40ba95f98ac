"""The check plan: which cases are sent, by phase and worth, each phase fed by those before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from typing import Final

from docpact.cases.requests import boundary_cases, invalid_cases, path_cases
from docpact.conformance.followup_cases import (
    WHOLE,
    Observations,
    encoding_cases,
    filter_cases,
    pair_cases,
    token_cases,
    walk_cases,
)
from docpact.credentials import kind_of
from docpact.model import Case, Credentials, Expectation, Expected, Operation, Question
from docpact.rules.evidence import SURVEY
from docpact.rules.protocol import PROBES

MAX_PAGES: Final = 25
"""How many pages the survey walks; a longer collection is judged by its first pages."""


class Priority(IntEnum):
    """How much a run loses without a case."""

    ODD = 1
    VALUE = 2
    PROMISE = 3
    ALL = 4


@dataclass(frozen=True, slots=True)
class Planned:
    """A case with what it is worth.

    Attributes:
        case: to send.
        worth: `PROMISE` where no other case judges the same promise.
        pages: how many pages it is expected to take; 0 for one fewer than it may take, for the last
            one only shows that a walk ends.
    """

    case: Case
    priority: Priority
    pages: int = 0

    @property
    def cost(self) -> int:
        """How many requests the case is expected to take."""
        return self.pages or max(1, self.case.pages - 1)


@dataclass(frozen=True, slots=True)
class Phase:
    """One part of the plan.

    Attributes:
        name: as progress and evidence call it.
        families: of the rules that it gives evidence to.
        cases: what the answers before have shown → the cases.
    """

    name: str
    families: frozenset[str]
    cases: Callable[[Observations], Iterable[Planned]]


EXAMPLE: Final = Case("no parameters")
"""The request of the page's curl example; it also tells whether a target is there at all."""


def reach(known: Observations) -> Iterator[Planned]:
    """Ask without credentials before anything else, then as the page's curl example does."""
    if known.operation.credential is not None:
        yield Planned(_refused("no credentials", "none"), Priority.ALL)
    yield Planned(replace(EXAMPLE, pages=2 if known.operation.roles.onward else 1), Priority.ALL)


def survey(known: Observations) -> Iterator[Planned]:
    """Walk every page at the largest documented size."""
    if known.operation.roles.is_list:
        yield Planned(_every_page(known, known.largest), Priority.ALL, pages=1)


def default_survey(known: Observations) -> Iterator[Planned]:
    """Walk every page at the default size where the largest documented one is not taken."""
    if known.operation.roles.is_list and known.survey is None and known.largest is not None:
        yield Planned(_every_page(known, None), Priority.ALL, pages=1)


def filters(known: Observations) -> Iterator[Planned]:
    """Ask for every value seen, for lists of ids, and for two filters at once."""
    if known.operation.roles.is_list:
        yield from _worthy(filter_cases(known))
        yield from (Planned(case, Priority.PROMISE) for case in pair_cases(known))
        yield from (Planned(case, Priority.ODD) for case in encoding_cases(known))


def walks(known: Observations) -> Iterator[Planned]:
    """Walk the plain list and filtered ones at other page sizes."""
    if known.operation.roles.is_list:
        yield from _worthy(walk_cases(known, _sizes(known.operation)))


def queries(known: Observations) -> Iterator[Planned]:
    """Ask for every bound and enum value, for what lies outside, and for what nobody specified."""
    yield from _worthy(_queries(known.operation, surveyed=bool(known.items)))


def paths(known: Observations) -> Iterator[Planned]:
    """Ask for what no path names, and by odd names."""
    for case in path_cases(known.operation):
        yield Planned(case, Priority.PROMISE if case.expectation.keyword else Priority.ODD)


def tokens(known: Observations) -> Iterator[Planned]:
    """Send tokens in the wrong place."""
    yield from (Planned(case, Priority.ODD) for case in token_cases(known))


def credentials(known: Observations) -> Iterator[Planned]:
    """Ask with wrong credentials, and without any where a key is not always looked at."""
    operation = known.operation
    if operation.credential is None:
        return
    tested = {"auth.missing"}
    for row in kind_of(operation.credential).invalid:
        if row.credentials != "none":
            label = row.label.format(scheme=operation.credential.scheme)
            priority = Priority.VALUE if row.rule in tested else Priority.PROMISE
            yield Planned(_refused(label, row.credentials), priority)
            tested.add(row.rule)
    if any(parameter.location == "cookie" for parameter in operation.parameters):
        yield Planned(_refused("an invented cookie", "cookie"), Priority.PROMISE)
    asked = [walk.case for walk in known.walks]
    filtered = next(
        (case for case in asked if case.expectation.parameter in operation.roles.filters), None
    )
    later = next((p.exchange.case for walk in known.walks for p in walk.pages[1:]), None)
    for said, case in (("a filter", filtered), ("a page token", later)):
        if case is not None:
            refused = _refused(f"no credentials, with {said}", "none")
            yield Planned(
                replace(refused, question=replace(refused.question, query=case.query)),
                Priority.VALUE,
            )


def methods(known: Observations) -> Iterator[Planned]:  # noqa: ARG001
    """Ask by the other methods that change nothing."""
    for method in PROBES:
        case = Case(method, Question(method=method), Expectation(Expected.UNSPECIFIED))
        yield Planned(case, Priority.PROMISE)


def again(known: Observations) -> Iterator[Planned]:
    """Walk the collection a second time, and ask the first question again."""
    if known.operation.roles.is_list:
        pages = len(known.survey.pages) if known.survey else 1
        yield Planned(_every_page(known, known.size), Priority.ALL, pages=pages)
    yield Planned(EXAMPLE, Priority.VALUE)


_LIST: Final = frozenset({"response", "query", "filter", "paging", "stability", "protocol"})

PLAN: Final = (
    Phase("reach", _LIST | {"auth", "path"}, reach),
    Phase(SURVEY, _LIST, survey),
    Phase(SURVEY, _LIST, default_survey),
    Phase("filters", frozenset({"response", "query", "filter"}), filters),
    Phase("walks", frozenset({"response", "query", "paging"}), walks),
    Phase("queries", frozenset({"response", "query", "protocol"}), queries),
    Phase("paths", frozenset({"path"}), paths),
    Phase("tokens", frozenset({"query", "paging"}), tokens),
    Phase("credentials", frozenset({"auth"}), credentials),
    Phase("methods", frozenset({"protocol"}), methods),
    Phase("again", frozenset({"filter", "paging", "stability"}), again),
)
"""Every phase, in order; the first one always runs, for it tells whether there is a target."""


def afford(
    phases: Sequence[Phase], known: Observations, budget: int
) -> tuple[tuple[Planned, ...], tuple[Planned, ...]]:
    """Choose the cases of the first of some phases that a budget allows, the worthiest first.

    Args:
        phases: that are still to come, in order.
        known: what the answers so far have shown.
        budget: how many requests all of them may take.

    Returns:
        the cases of the first phase that are sent, in its order, and those that are left out.
    """
    planned = [(number, each) for number, phase in enumerate(phases) for each in phase.cases(known)]
    chosen = set[int]()
    for index in sorted(range(len(planned)), key=lambda index: -planned[index][1].priority):
        cost = planned[index][1].cost
        if cost <= budget:
            budget -= cost
            chosen.add(index)
    first = [(index, each) for index, (number, each) in enumerate(planned) if number == 0]
    return (
        tuple(each for index, each in first if index in chosen),
        tuple(each for index, each in first if index not in chosen),
    )


def preview(operation: Operation) -> tuple[tuple[str, str, tuple[Case, ...]], ...]:
    """Return each phase's name, what is open about it beforehand, and its known cases."""
    known = Observations(operation)
    remarks = {
        SURVEY: f"and one for each further page, at most {MAX_PAGES} in all",
        "filters": "and one for each value, pair and list of ids that the survey shows",
        "walks": f"and one for each further page, at most {WHOLE} a walk",
        "tokens": "up to 3 with tokens that answers gave",
        "credentials": "and 2 with a filter and a token",
        "again": "and one for each further page",
    }
    return tuple(
        (
            phase.name,
            remarks.get(phase.name, "") if operation.roles.is_list else "",
            tuple(each.case for each in phase.cases(known)),
        )
        for phase in PLAN
    )


def _refused(label: str, credentials: Credentials) -> Case:
    return Case(label, Question(credentials=credentials), Expectation(Expected.REJECTED))


def _every_page(known: Observations, size: int | None) -> Case:
    """Return the case that walks the collection, as far as a third of the budget goes."""
    name, pages = known.operation.roles.size_parameter, min(MAX_PAGES, max(1, known.left // 3))
    if name is None or size is None:
        return Case("every page", pages=pages)
    label = "every page, as long as documented"
    return Case(
        label,
        Question(((name, str(size)),)),
        Expectation(parameter=name, keyword="maximum"),
        pages=pages,
    )


def _worthy(cases: Iterable[Case]) -> Iterator[Planned]:
    """Give each case its worth: the first of its kind judges a promise that no other case does."""
    seen = set[tuple[object, ...]]()
    for case in cases:
        names = tuple(dict.fromkeys(name for name, _ in case.query))
        kind = (
            names,
            case.expectation.parameter,
            case.expectation.keyword,
            case.expectation.answer,
            len(case.query) > len(names),
        )
        first = kind not in seen and (
            case.expectation.answer is not Expected.UNSPECIFIED or case.pages > 1
        )
        seen.add(kind)
        odd = case.expectation.answer is Expected.UNSPECIFIED and case.pages == 1
        yield Planned(case, Priority.PROMISE if first else Priority.ODD if odd else Priority.VALUE)


@lru_cache(maxsize=8)
def _queries(operation: Operation, *, surveyed: bool) -> tuple[Case, ...]:
    """Return the cases that need no survey, but for those that a survey makes better ones of."""
    roles = operation.roles
    kept = []
    for case in boundary_cases(operation):
        listed = case.expectation.parameter == roles.size_parameter and case in _sizes(operation)
        paired = case.expectation.parameter is None
        valued = case.expectation.parameter in roles.filters and case.expectation.keyword == "enum"
        several = _is_list_of_values(operation, case)
        if not (surveyed and roles.is_list and (listed or paired or valued or several)):
            kept.append(case)
    return (*kept, *invalid_cases(operation))


def _is_list_of_values(operation: Operation, case: Case) -> bool:
    arrays = [name for name in operation.roles.filters if operation.parameter(name).is_array]
    return case.expectation.parameter in arrays and len(case.query) > 1


@lru_cache(maxsize=8)
def _sizes(operation: Operation) -> tuple[Case, ...]:
    """Return the documented cases of the parameter that bounds a page's length."""
    return tuple(
        case
        for case in boundary_cases(operation)
        if case.expectation.parameter == operation.roles.size_parameter
        and case.expectation.answer is Expected.ACCEPTED
    )
