"""The `filter` family: a filter selects exactly the items that match it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from typing import Final

from docpact.model import Level, Operation, Promise
from docpact.model.pointer import pointer
from docpact.model.roles import EVERY
from docpact.rules.collection import has_default, list_hidden
from docpact.rules.evidence import Evidence
from docpact.rules.pages import find_base
from docpact.rules.problems import SUSPECT
from docpact.rules.ranges import judge_suspect_ranges
from docpact.rules.rule import Broken, Judged, Rule, advise, group_breaches, judge_relations, rule
from docpact.rules.walks import Ending
from docpact.text import excerpt

Locations = Callable[[Operation], Iterator[tuple[str, str]]]
"""Yields the location and the text of every promise of a contract under a rule."""


def judge_filter(rule: str, promised: Locations, evidence: Evidence) -> Iterator[Judged]:
    """Judge every promise of a contract under one rule of this family."""
    operation = evidence.operation
    places = dict(promised(operation))
    if rule == "filter.combined":
        found = (
            problem.location for problem in evidence.relations.problems if problem.rule == rule
        )
        places = dict.fromkeys(found, "the items that match all filters") | places
    for location, documented in places.items():
        name = location.removeprefix("query/").partition("+")[0]
        yield judge_relations(
            evidence,
            Promise(
                rule,
                location,
                documented,
                operation.parameter_source(name),
                security=rule == "filter.isolation",
            ),
        )


@rule(
    SUSPECT,
    "docpact cannot test the parameter as a filter until refinements.json states its role.",
    Level.NOTE,
)
def judge_suspects(evidence: Evidence) -> Iterator[Judged]:
    """A parameter that is named like a field selects by it, where nothing documents that."""
    operation = evidence.operation
    for name, field in sorted(operation.roles.filters.items()):
        if name not in operation.roles.inferred:
            continue
        promise = Promise(
            SUSPECT,
            f"query/{name}",
            f"items with the given {field}, as the name suggests",
            operation.parameter_source(name),
        )
        promise, observations, breaches = judge_relations(evidence, promise)
        yield promise, observations, advise(breaches, pointer(("roles", "filters", name)), field)
    yield from judge_suspect_ranges(evidence)


@rule(
    "filter.default",
    "A client that does not state the filter never sees some of the items.",
    Level.NOTE,
)
def judge_defaults(evidence: Evidence) -> Iterator[Judged]:
    """Without a filter that has no default, a list shows the items with all of its values."""
    operation, base = evidence.operation, find_base(evidence.operation)
    plain = [w for w in evidence.walks if w.filters == base and w.ending is Ending.END]
    whole = [walk for walk in plain if any(page.items for page in walk.pages)]
    for name in operation.roles.filters:
        if has_default(operation, name):
            continue
        source, where = operation.parameter_source(name), f"query/{name}"
        stated = "the items with every value, where the filter is not stated"
        broken = [
            Broken(whole[0].pages[0].exchange, where, f"none with {excerpt(value)}, unlike {asked}")
            for value, walk in list_hidden(operation, evidence.walks, name).items()
            for asked in (walk.case.label,)
        ]
        promise = Promise("filter.default", where, stated, source)
        yield promise, len(whole), group_breaches(broken, len(whole))


def _selects(operation: Operation) -> Iterator[tuple[str, str]]:
    for name, field in operation.roles.filters.items():
        if name not in operation.roles.scopes:
            yield f"query/{name}", f"only items with the given {field}"


def _isolates(operation: Operation) -> Iterator[tuple[str, str]]:
    for name in operation.roles.scopes:
        field = operation.roles.filters[name]
        yield f"query/{name}", f"no item with another {field} than the given one"


def _completes(operation: Operation) -> Iterator[tuple[str, str]]:
    for name, field in operation.roles.filters.items():
        yield f"query/{name}", f"every item with the given {field}"


def _unknown(operation: Operation) -> Iterator[tuple[str, str]]:
    for name, field in operation.roles.filters.items():
        open_values = "enum" not in operation.parameter(name).item_schema
        if name not in operation.roles.scopes and open_values:
            yield f"query/{name}", f"no items for a {field} that no item has"


def _several(operation: Operation) -> Iterator[tuple[str, str]]:
    for name, field in operation.roles.filters.items():
        parameter = operation.parameter(name)
        if parameter.is_array or EVERY.intersection(map(str, parameter.schema.get("enum", ()))):
            yield f"query/{name}", f"the items with one of the given values of {field}, each once"


def _combine_filters(operation: Operation) -> Iterator[tuple[str, str]]:
    for names in combinations(sorted(operation.roles.filters), 2):
        yield f"query/{'+'.join(names)}", "the items that match both filters"


def _rule(
    name: str, promised: Locations, summary: str, why: str, *, needs_own_requests: bool = False
) -> Rule:
    rule = f"filter.{name}"
    judge = partial(judge_filter, rule, promised)
    return Rule(rule, Level.BREAKING, summary, why, judge, needs_own_requests)


_WRONG: Final = "A client works on items that it did not ask for."
_MISSING: Final = "A client never sees some of the items."

RULES: Final = (
    _rule("selects", _selects, "A filter returns only items that match it.", _WRONG),
    _rule(
        "isolation",
        _isolates,
        "A filter that separates owners returns nothing of another owner (security).",
        "People see data of others.",
    ),
    _rule("complete", _completes, "A filter returns every item that matches it.", _MISSING),
    _rule(
        "unknown",
        _unknown,
        "A value that no item has selects no items, however much it resembles another.",
        _WRONG,
        needs_own_requests=True,
    ),
    _rule(
        "several",
        _several,
        "Several values of one parameter select the items with any of them, each once.",
        _MISSING,
    ),
    _rule(
        "combined",
        _combine_filters,
        "Filters together select the items that match all of them.",
        _WRONG,
    ),
    judge_defaults,
    judge_suspects,
)
