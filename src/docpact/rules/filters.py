"""The `filter` family: what a filter selects is exactly the items of the collection that match."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from typing import Final

from docpact.model import Level, Operation, Promise
from docpact.rules.evidence import Evidence
from docpact.rules.rule import Judged, Rule, related

Locations = Callable[[Operation], Iterator[tuple[str, str]]]
"""Yields the location and the wording of every promise that a contract makes under a rule."""


def judge_filter(rule: str, promised: Locations, evidence: Evidence) -> Iterator[Judged]:
    """Judge every promise that a contract makes under one rule of this family."""
    operation = evidence.operation
    places = dict(promised(operation))
    if rule == "filter.combined":
        found = (
            problem.location for problem in evidence.relations.problems if problem.rule == rule
        )
        places = dict.fromkeys(found, "the items that pass all filters") | places
    for location, documented in places.items():
        name = location.removeprefix("query/").partition("+")[0]
        yield related(
            evidence,
            Promise(
                rule,
                location,
                documented,
                operation.parameter_source(name),
                security=rule == "filter.isolation",
            ),
        )


def _selects(operation: Operation) -> Iterator[tuple[str, str]]:
    for name, field in operation.roles.filters.items():
        if name not in operation.roles.scopes:
            yield f"query/{name}", f"only items whose {field} is the value given"


def _isolates(operation: Operation) -> Iterator[tuple[str, str]]:
    for name in operation.roles.scopes:
        field = operation.roles.filters[name]
        yield f"query/{name}", f"no item whose {field} is another than the one given"


def _completes(operation: Operation) -> Iterator[tuple[str, str]]:
    for name, field in operation.roles.filters.items():
        yield f"query/{name}", f"every item of the collection whose {field} is the value given"


def _unknown(operation: Operation) -> Iterator[tuple[str, str]]:
    for name, field in operation.roles.filters.items():
        open_values = "enum" not in operation.parameter(name).item_schema
        if name not in operation.roles.scopes and open_values:
            yield f"query/{name}", f"nothing for a value that no item's {field} is"


def _several(operation: Operation) -> Iterator[tuple[str, str]]:
    for name, field in operation.roles.filters.items():
        if operation.parameter(name).is_array:
            yield f"query/{name}", f"the items whose {field} is one of the values given, once each"


def _combined(operation: Operation) -> Iterator[tuple[str, str]]:
    for names in combinations(sorted(operation.roles.filters), 2):
        yield f"query/{'+'.join(names)}", "the items that pass both filters"


def _rule(name: str, promised: Locations, summary: str, why: str) -> Rule:
    rule = f"filter.{name}"
    return Rule(rule, Level.BREAKING, summary, why, partial(judge_filter, rule, promised))


_WRONG: Final = "A client acts on items that it did not ask for."
_MISSING: Final = "A client never learns of items that are there."

RULES: Final = (
    _rule("selects", _selects, "Under a filter there are only items that match it.", _WRONG),
    _rule(
        "isolation",
        _isolates,
        "Under a filter that keeps owners apart nothing of another one shows: a security matter.",
        "Somebody sees what is not theirs.",
    ),
    _rule("complete", _completes, "Under a filter there is every item that matches it.", _MISSING),
    _rule("unknown", _unknown, "A value that no item has selects nothing.", _WRONG),
    _rule(
        "several",
        _several,
        "Several values of one parameter select the items of each of them, once.",
        _MISSING,
    ),
    _rule("combined", _combined, "Two filters together select what passes both.", _WRONG),
)
