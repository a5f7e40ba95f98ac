"""The `filter` family: a filter selects exactly the items that match it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Final

from docpact.model import Level, Promise
from docpact.model.pointer import pointer
from docpact.rules.evidence import Evidence
from docpact.rules.filters.ranges import judge_orders, judge_ranges
from docpact.rules.relations.problems import SUSPECT
from docpact.rules.rule import Broken, Judged, advise, group_breaches, judge_relations, rule
from docpact.rules.walks.collection import list_hidden
from docpact.rules.walks.pages import has_default, select_every, takes_several
from docpact.text import excerpt

_WRONG: Final = "A client works on items that it did not ask for."
_MISSING: Final = "A client never sees some of the items."


def _judge(
    evidence: Evidence, rule: str, stated: str, promises: Callable[[str], bool] = lambda _: True
) -> Iterator[Judged]:
    """Judge a rule about the field of each filter whose name makes the promise."""
    for name, field in evidence.operation.roles.filters.items():
        if promises(name):
            yield _judge_at(evidence, rule, f"query/{name}", stated.format(field))


def _judge_at(evidence: Evidence, rule: str, location: str, stated: str) -> Judged:
    name = location.removeprefix("query/").partition("+")[0]
    source, security = evidence.operation.parameter_source(name), rule == "filter.isolation"
    return judge_relations(evidence, Promise(rule, location, stated, source, security=security))


@rule("filter.selects", _WRONG)
def judge_selects(evidence: Evidence) -> Iterator[Judged]:
    """A filter returns only items that match it."""
    scopes = evidence.operation.roles.scopes
    stated = "only items with the given {}"
    yield from _judge(evidence, "filter.selects", stated, lambda name: name not in scopes)


@rule("filter.isolation", "People see data of others.")
def judge_isolation(evidence: Evidence) -> Iterator[Judged]:
    """A filter that separates owners returns nothing of another owner (security)."""
    scopes, stated = evidence.operation.roles.scopes, "no item with another {} than the given one"
    yield from _judge(evidence, "filter.isolation", stated, lambda name: name in scopes)


@rule("filter.complete", _MISSING)
def judge_complete(evidence: Evidence) -> Iterator[Judged]:
    """A filter returns every item that matches it."""
    yield from _judge(evidence, "filter.complete", "every item with the given {}")


@rule("filter.unknown", _WRONG, needs_own_requests=True)
def judge_unknown(evidence: Evidence) -> Iterator[Judged]:
    """A value that no item has selects no items, however much it resembles another."""
    operation = evidence.operation

    def is_open(name: str) -> bool:
        listed = "enum" in operation.parameter(name).item_schema
        return not listed and name not in operation.roles.scopes

    yield from _judge(evidence, "filter.unknown", "no items for a {} that no item has", is_open)


@rule("filter.several", _MISSING)
def judge_several(evidence: Evidence) -> Iterator[Judged]:
    """Several values of one parameter select the items with any of them, each once."""

    def may_have_several(name: str) -> bool:
        operation = evidence.operation
        listed = map(str, operation.parameter(name).item_schema.get("enum", ()))
        is_group = any(len(select_every(operation, name, (each,))) > 1 for each in listed)
        return is_group or takes_several(operation, name)

    stated = "the items with one of the given values of {}, each once"
    yield from _judge(evidence, "filter.several", stated, may_have_several)


@rule("filter.combined", _WRONG)
def judge_combined(evidence: Evidence) -> Iterator[Judged]:
    """Filters together select the items that match all of them."""
    relations, names = evidence.relations, sorted(evidence.operation.roles.filters)
    found = (each.location for each in relations.problems if each.rule == "filter.combined")
    pairs = (f"query/{one}+{other}" for one, other in combinations(names, 2))
    places = dict.fromkeys(found, "the items that match all filters")
    places |= dict.fromkeys(pairs, "the items that match both filters")
    for location, stated in places.items():
        yield _judge_at(evidence, "filter.combined", location, stated)


@rule(
    SUSPECT,
    "docpact cannot test the parameter as a filter until refinements.json states its role.",
    Level.NOTE,
    others=(judge_ranges.judge, judge_orders.judge),
)
def judge_suspects(evidence: Evidence) -> Iterator[Judged]:
    """A parameter that is named like a field selects by it, where nothing documents that."""
    operation = evidence.operation
    for name, field in sorted(operation.roles.filters.items()):
        if name in operation.roles.inferred:
            stated = f"items with the given {field}, as the name suggests"
            judged = _judge_at(evidence, SUSPECT, f"query/{name}", stated)
            yield advise(judged, pointer(("roles", "filters", name)), field)


@rule(
    "filter.default",
    "A client that does not state the filter never sees some of the items.",
    Level.NOTE,
)
def judge_defaults(evidence: Evidence) -> Iterator[Judged]:
    """Without a filter that has no default, a list shows the items with all of its values."""
    operation = evidence.operation
    whole = [walk for walk in evidence.whole if walk.count]
    for name in operation.roles.filters:
        if has_default(operation, name) or operation.parameter(name).required:
            continue
        source, where = operation.parameter_source(name), f"query/{name}"
        stated = "the items with every value, where the filter is not stated"
        hidden = list_hidden(operation, evidence.walks, name)
        walks = whole or (evidence.whole if hidden else [])
        broken = [
            Broken(walks[0].pages[0].exchange, where, f"none with {excerpt(value)}, unlike {asked}")
            for value, walk in hidden.items()
            for asked in (walk.case.label,)
        ]
        promise = Promise("filter.default", where, stated, source)
        yield promise, len(walks), group_breaches(broken, len(walks))


RULES: Final = (
    judge_selects,
    judge_isolation,
    judge_complete,
    judge_unknown,
    judge_several,
    judge_combined,
    judge_defaults,
    judge_suspects,
)
