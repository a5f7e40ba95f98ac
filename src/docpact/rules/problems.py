"""A metamorphic relation that a walk breaks, and the locations of such problems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from docpact.model import Operation
from docpact.rules.collection import Collection
from docpact.rules.inference import is_confirmed, limits_pages, may_match
from docpact.rules.pages import Filters, Page
from docpact.rules.walks import Walk
from docpact.text import excerpt

SUSPECT: Final = "filter.suspect"
"""The rule for filters that only their names suggest."""


SUSPECT_PAGING: Final = "paging.suspect"
"""The rule for parameters and fields about pages that only their names suggest."""


_BY_FILTER: Final = ("paging.complete", "paging.token")
"""Other rules that a walk breaks by showing other items than its filters select."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One relation that one walk breaks.

    Attributes:
        rule: the id of the rule.
        location: as in `Breach`; rule and location always name a promise of the contract.
        walk: the walk that breaks the relation.
        page: the first page that shows it.
        observed: the server's behavior instead, in one short line.
        ids: of the items that show it.
        confirmed: False if a change of the collection could be the cause.
        beside: the page that it contradicts, which must be seen again to confirm the problem; None
            if another visit of the same page is enough.
    """

    rule: str
    location: str
    walk: Walk
    page: Page
    observed: str
    ids: frozenset[str] = frozenset()
    confirmed: bool = True
    beside: Page | None = None


def is_about(problem: Problem, name: str) -> bool:
    """Return whether a problem exists only if a parameter is a filter or limits pages."""
    if problem.rule == "paging.size":
        return problem.location == f"query/{name}"
    by_filter = problem.rule.startswith("filter.") or problem.rule in _BY_FILTER
    return by_filter and name in dict(problem.walk.filters or ())


def find_suspects(
    operation: Operation, collection: Collection, walks: Sequence[Walk], problems: Sequence[Problem]
) -> frozenset[str]:
    """Return the guessed parameters that problems are about and that no walk confirms."""
    return frozenset(
        name
        for name in operation.roles.inferred
        if any(is_about(problem, name) for problem in problems)
        and not (
            limits_pages(walks)
            if name == operation.roles.size_parameter
            else is_confirmed(operation, collection, walks, name)
        )
    )


def mark_suspect(problem: Problem, suspects: frozenset[str], inferred: frozenset[str]) -> Problem:
    """Return a problem under a rule for guesses if it is about a guessed parameter."""
    if _is_loose(problem):
        suspects |= inferred
    about = [name for name in sorted(suspects) if is_about(problem, name)]
    if not about:
        return problem
    rule = SUSPECT_PAGING if problem.rule == "paging.size" else SUSPECT
    return replace(problem, rule=rule, location=f"query/{about[0]}")


def _is_loose(problem: Problem) -> bool:
    """Return whether a page shows items for a value that no item has, but that resembles theirs."""
    filters = problem.walk.filters or ()
    if problem.rule != "filter.unknown":
        return False
    name, values = filters[0]
    texts = [text for item in problem.page.items if (text := item.texts[name]) is not None]
    return all(any(may_match(value, text) for value in values) for text in texts)


def end_location(operation: Operation) -> str:
    """Return the location that marks the last page: the token, or else the items."""
    return operation.roles.next_token or operation.roles.items or ""


def page_location(operation: Operation) -> str:
    """Return the location that leads to further pages: a parameter, or else that of the end."""
    paging = operation.roles.paging
    is_known = paging is not None and paging.parameter is not None
    return f"query/{paging.parameter}" if paging and is_known else end_location(operation)


def filter_location(filters: Filters) -> str:
    """Return the location of the parameters of some filters, e.g. `query/project_id+status`."""
    return "query/" + "+".join(name for name, _ in filters)


def is_single(filters: Filters) -> bool:
    """Return whether a query states one value of one filter."""
    return len(filters) == 1 and len(filters[0][1]) == 1


def names_of(walk: Walk) -> frozenset[str]:
    """Return the names of the filters of a walk."""
    return frozenset(name for name, _ in walk.filters or ())


def rule_of_losses(filters: Filters) -> str:
    """Return the rule that a walk breaks which loses or repeats items under filters."""
    if len(filters) > 1:
        return "filter.combined"
    return "filter.complete" if not filters or is_single(filters) else "filter.several"


def describe_filters(filters: Filters) -> str:
    """Write at most two values of each filter, as in `status=open and kind=a`."""
    parts = [f"{name}={excerpt(value, 24)}" for name, values in filters for value in values[:2]]
    return " and ".join(parts)


def confirm(problems: Sequence[Problem]) -> Iterator[Problem]:
    """Mark the problems as confirmed that another visit of the same question shows as well."""
    for problem in problems:
        again = any(
            other.rule == problem.rule
            and other.walk.case.question == problem.walk.case.question
            and other.walk is not problem.walk
            and other.ids & problem.ids
            for other in problems
        )
        yield replace(problem, confirmed=problem.confirmed or again)


def drop_explained(problems: Iterable[Problem]) -> list[Problem]:
    """Drop items for an unknown value of a filter that does not select by known values either."""
    found = list(problems)
    broken = {problem.location for problem in found if problem.rule == "filter.selects"}
    return [p for p in found if p.rule != "filter.unknown" or p.location not in broken]
