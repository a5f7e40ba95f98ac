"""The plan: the cases of each phase, by priority; later phases use what earlier ones showed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from typing import Final

from docpact.cases.path_cases import path_cases
from docpact.cases.requests import boundary_cases, default_cases, invalid_cases
from docpact.cases.wire import drop_repeats
from docpact.conformance.plan.followup_cases import (
    FEW,
    MANY,
    WHOLE,
    encoding_cases,
    every_cases,
    filter_cases,
    hidden_cases,
    pair_cases,
    skipping_cases,
    small_page_cases,
    token_cases,
    walk_cases,
)
from docpact.conformance.plan.near_misses import (
    combination_cases,
    exclusive_cases,
    near_miss_cases,
    parent_cases,
)
from docpact.conformance.plan.observations import Observations
from docpact.conformance.plan.range_cases import (
    bound_cases,
    order_cases,
    paged_selection_cases,
    selection_cases,
)
from docpact.credentials import list_invalid
from docpact.model import Case, Expectation, Expected, Operation, Question
from docpact.model.operation import UNCHANGED
from docpact.rules.evidence import SURVEY
from docpact.rules.paging.ends import beyond_cases
from docpact.rules.paging.links import backward_cases, link_cases
from docpact.rules.protocol import PROBES, UNKNOWN_TAG
from docpact.rules.walks.continuation import is_paged

MAX_PAGES: Final = 25
"""Maximum number of pages of the survey; of a longer collection only the first pages count."""


class Priority(IntEnum):
    """The loss to a run without a case; a spare one is never sent."""

    SPARE = 0
    ODD = 1
    VALUE = 2
    PROMISE = 3
    ALL = 4


@dataclass(frozen=True, slots=True)
class Planned:
    """A case with its priority.

    Attributes:
        case: to send.
        priority: `PROMISE` if no other case tests the same promise.
        pages: expected number of pages; 0 for one fewer than the maximum, because the last one
            only shows that a walk ends.
    """

    case: Case
    priority: Priority
    pages: int = 0

    @property
    def cost(self) -> int:
        """The expected number of requests."""
        return self.pages or max(1, self.case.pages - 1)


@dataclass(frozen=True, slots=True)
class Phase:
    """One part of the plan: the cases, given the observations so far, that test some families."""

    name: str
    families: frozenset[str]
    cases: Callable[[Observations], Iterable[Planned]]

    def plan(self, seen: Observations) -> tuple[Planned, ...]:
        """Return the cases, made once for the same observations."""
        if self.cases not in seen.plans:
            seen.plans[self.cases] = tuple(self.cases(seen))
        return seen.plans[self.cases]


EXAMPLE: Final = Case("a request without parameters")
"""The request of the documented curl example; it also shows whether the target answers."""


def reach(seen: Observations) -> Iterator[Planned]:
    """Yield a request without credentials, and then the documented curl example."""
    credential = seen.operation.credential
    if credential is not None and not credential.is_optional:
        yield Planned(
            _make_refused_case("no credentials", Question(credentials="none")), Priority.ALL
        )
    yield Planned(replace(EXAMPLE, pages=2 if is_paged(seen.operation) else 1), Priority.ALL)


def survey(seen: Observations) -> Iterator[Planned]:
    """Yield the walk of every page at the largest documented size."""
    if seen.operation.roles.is_list:
        yield Planned(_every_page(seen, seen.largest), Priority.ALL, pages=1)


def default_survey(seen: Observations) -> Iterator[Planned]:
    """Yield the walk of every page at the default size, if the server refused the largest one."""
    if seen.operation.roles.is_list and seen.survey is None and seen.largest is not None:
        yield Planned(_every_page(seen, None), Priority.ALL, pages=1)


def filters(seen: Observations) -> Iterator[Planned]:
    """Yield filters with every value seen, lists of ids, two filters at once, ranges and orders."""
    if seen.operation.roles.is_list:
        yield from _prioritize(seen, filter_cases(seen))
        yield from (Planned(case, Priority.PROMISE) for case in pair_cases(seen))
        yield from (Planned(case, Priority.VALUE) for case in bound_cases(seen))
        yield from (Planned(case, Priority.VALUE) for case in order_cases(seen))
        yield from (Planned(case, Priority.ODD) for case in encoding_cases(seen))


def walks(seen: Observations) -> Iterator[Planned]:
    """Yield walks of the whole list and of filtered lists at other page sizes."""
    if seen.operation.roles.is_list:
        yield from _prioritize(seen, every_cases(seen))
        yield from _prioritize(seen, walk_cases(seen, _sizes(seen.operation)))
        cases = backward_cases(seen.operation, seen.items)
        yield from (Planned(case, Priority.PROMISE) for case in cases)
        yield from (Planned(case, Priority.VALUE) for case in paged_selection_cases(seen))


def queries(seen: Observations) -> Iterator[Planned]:
    """Yield bounds, enum values, values outside them, odd forms, selections, and defaults."""
    cases = _queries(seen.operation, surveyed=bool(seen.items))
    yield from _prioritize(seen, cases)
    asked = {case.question for case in cases}
    for case in (*selection_cases(seen.operation), *default_cases(seen.operation)):
        if case.question not in asked:
            yield Planned(case, Priority.VALUE)


def paths(seen: Observations) -> Iterator[Planned]:
    """Yield paths that name nothing, and unusual names."""
    for case in path_cases(seen.operation):
        yield Planned(case, Priority.PROMISE if case.expectation.keyword else Priority.ODD)
    yield from (Planned(case, Priority.VALUE) for case in parent_cases(seen))


def near_misses(seen: Observations) -> Iterator[Planned]:
    """Yield filters with values, or combinations of values, that no item has."""
    if seen.operation.roles.is_list:
        cases = drop_repeats((*near_miss_cases(seen), *exclusive_cases(seen)))
        yield from (Planned(case, Priority.VALUE) for case in cases)
        yield from (Planned(case, Priority.ODD) for case in combination_cases(seen))


def tokens(seen: Observations) -> Iterator[Planned]:
    """Yield misplaced tokens."""
    yield from (Planned(case, Priority.ODD) for case in token_cases(seen))


def credentials(seen: Observations) -> Iterator[Planned]:
    """Yield invalid credentials, and requests without any that servers may forget to check."""
    operation = seen.operation
    if operation.credential is None or operation.credential.is_optional:
        return
    tested = {("auth.missing", "")}
    for credential, row, meant in list_invalid(operation):
        if row.credentials != "none" or meant:
            label = row.label.format(scheme=credential.scheme) + (f" in {meant}" if meant else "")
            is_tested = (row.rule, meant) in tested
            priority = Priority.VALUE if is_tested else Priority.PROMISE
            question = Question(credentials=row.credentials, credential=meant)
            yield Planned(_make_refused_case(label, question), priority)
            tested.add((row.rule, meant))
    if operation.method == "GET":
        head = Question(credentials="none", method="HEAD")
        yield Planned(_make_refused_case("HEAD without credentials", head), Priority.VALUE)
    if any(parameter.location == "cookie" for parameter in operation.parameters):
        cookie = _make_refused_case("an invented cookie", Question(credentials="cookie"))
        yield Planned(cookie, Priority.PROMISE)
    asked = [walk.case for walk in seen.walks]
    filtered = next(
        (case for case in asked if case.expectation.parameter in operation.roles.filters), None
    )
    later = next((p.exchange.case for walk in seen.walks for p in walk.pages[1:]), None)
    for addition, case in (("a filter", filtered), ("a page token", later)):
        if case is not None:
            question = Question(credentials="none", query=case.query)
            label = f"no credentials, with {addition}"
            yield Planned(_make_refused_case(label, question), Priority.VALUE)


def methods(seen: Observations) -> Iterator[Planned]:
    """Yield the other methods that change nothing, and a condition that is always true."""
    if header := seen.operation.find_header(UNCHANGED):
        question = Question(headers=((header, UNKNOWN_TAG),))
        case = Case("an unknown entity tag", question, Expectation(Expected.UNSPECIFIED))
        yield Planned(case, Priority.PROMISE)
    for method in PROBES:
        case = Case(method, Question(method=method), Expectation(Expected.UNSPECIFIED))
        yield Planned(case, Priority.PROMISE)


def small_pages(seen: Observations) -> Iterator[Planned]:
    """Yield a walk in many small pages, and pages of another client where some are too short."""
    if seen.operation.roles.is_list:
        skipping = (*skipping_cases(seen), *beyond_cases(seen.operation, seen.walks))
        cases = (*skipping, *link_cases(seen.walks))
        yield from (Planned(case, Priority.PROMISE) for case in cases)
        yield from (Planned(case, Priority.ODD) for case in small_page_cases(seen))


def again(seen: Observations) -> Iterator[Planned]:
    """Yield the first question again, and a second walk of the collection."""
    yield Planned(EXAMPLE, Priority.VALUE)
    if seen.operation.roles.is_list:
        pages = len(seen.survey.pages) if seen.survey else 1
        yield from (Planned(case, Priority.VALUE) for case in hidden_cases(seen))
        yield Planned(_every_page(seen, seen.size), Priority.ALL, pages=pages)


_ACCEPTED: Final = frozenset(
    {"response", "query", "filter", "path", "paging", "stability", "protocol"}
)
"""The families that judge responses to requests with the right credentials."""

_EVERY: Final = _ACCEPTED | {"auth"}

PLAN: Final = (
    Phase("reach", _EVERY, reach),
    Phase(SURVEY, _EVERY, survey),
    Phase(SURVEY, _EVERY, default_survey),
    Phase("filters", _EVERY, filters),
    Phase("walks", _ACCEPTED, walks),
    Phase("queries", _ACCEPTED, queries),
    Phase("paths", _ACCEPTED, paths),
    Phase("near misses", _ACCEPTED, near_misses),
    Phase("tokens", _ACCEPTED, tokens),
    Phase("credentials", frozenset({"auth", "response", "protocol"}), credentials),
    Phase("methods", frozenset({"response", "protocol"}), methods),
    Phase("small pages", _ACCEPTED, small_pages),
    Phase("again", _ACCEPTED, again),
)
"""Every phase, in order; the first one always runs, because it shows whether there is a target."""


def afford(
    phases: Sequence[Phase], seen: Observations, budget: int
) -> tuple[tuple[Planned, ...], tuple[Planned, ...]]:
    """Return the cases of the next phase to send, in its order, and those to leave out.

    The budget allows some, by their priority over all phases.
    """
    planned = [(number, each) for number, phase in enumerate(phases) for each in phase.plan(seen)]
    chosen = set[int]()
    for index in sorted(range(len(planned)), key=lambda index: -planned[index][1].priority):
        cost = planned[index][1].cost
        if cost <= budget and planned[index][1].priority:
            budget -= cost
            chosen.add(index)
    first = [(index, each) for index, (number, each) in enumerate(planned) if number == 0]
    return (
        tuple(each for index, each in first if index in chosen),
        tuple(each for index, each in first if index not in chosen),
    )


def preview(operation: Operation) -> tuple[tuple[str, str, tuple[Case, ...]], ...]:
    """Return the name of each phase, a note on its unknown cases, and its known cases."""
    seen = Observations(operation)
    remarks = {
        SURVEY: f"and one for each further page, at most {MAX_PAGES} in total",
        "filters": "and one for each value, pair and list of ids of the survey",
        "walks": f"and one for each further page, at most {WHOLE} a walk",
        "near misses": "one for each near miss of a value and combination that no item has",
        "tokens": "up to 3 with tokens from responses",
        "credentials": "and 2 with a filter and a token",
        "small pages": f"a walk of up to {MANY} pages",
        "again": "and one for each further page",
    }
    return tuple(
        (
            phase.name,
            remarks.get(phase.name, "") if operation.roles.is_list else "",
            tuple(each.case for each in phase.cases(seen)),
        )
        for phase in PLAN
    )


def _make_refused_case(label: str, question: Question) -> Case:
    return Case(label, question, Expectation(Expected.REJECTED))


def _every_page(seen: Observations, size: int | None) -> Case:
    """Return the case that walks the collection, with at most a third of the budget."""
    name, pages = seen.operation.roles.size_parameter, min(MAX_PAGES, max(1, seen.left // 3))
    if name is None or size is None:
        return Case("every page", pages=pages)
    return Case(
        "every page at the largest size",
        Question(((name, str(size)),)),
        Expectation(parameter=name, keyword="maximum"),
        pages=pages,
    )


def _prioritize(observed: Observations, cases: Iterable[Case]) -> Iterator[Planned]:
    """Yield cases with priorities; the first of its kind tests a promise that no other one does."""
    seen = set[tuple[object, ...]]()
    cases = tuple(cases)
    spare = _find_spare(observed, cases)
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
        usual = Priority.SPARE if case.question in spare else Priority.VALUE
        yield Planned(case, Priority.PROMISE if first else Priority.ODD if odd else usual)


def _find_spare(seen: Observations, cases: Iterable[Case]) -> set[Question]:
    """Return the questions with enumerated values that are too many for a quarter of the budget.

    Those with the first value, the last, values that items have, and others at random remain.
    """
    listed = defaultdict[str, list[Case]](list)
    for case in cases:
        name, expected = case.expectation.parameter, case.expectation
        if name and expected.keyword == "enum" and expected.answer is Expected.ACCEPTED:
            listed[name].append(case)
    most = max(FEW, seen.left // 4 // max(1, sum(len(each) > FEW for each in listed.values())))
    spare = set[Question]()
    for name, many in listed.items():
        middle = seen.random(f"enum {name}").sample(many[1:-1], max(0, len(many) - 2))
        shown = seen.texts(name) if name in seen.operation.roles.filters else ()
        middle.sort(key=lambda case: case.query[0][1] not in shown)
        spare |= {case.question for case in middle[most - 2 :]}
    return spare


@lru_cache(maxsize=8)
def _queries(operation: Operation, *, surveyed: bool) -> tuple[Case, ...]:
    """Return the cases that need no survey, without those that follow-up cases replace."""
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
    """Return the cases of documented values of the size parameter."""
    return tuple(
        case
        for case in boundary_cases(operation)
        if case.expectation.parameter == operation.roles.size_parameter
        and case.expectation.answer is Expected.ACCEPTED
    )
