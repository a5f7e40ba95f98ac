"""The rule about an operation that counts the items of a list: the list shows as many."""

from __future__ import annotations

from typing import Any, Final

from docpact.model import Exchange, Operation, Promise, Query, Question
from docpact.model.pointer import resolve
from docpact.rules.evidence import Evidence
from docpact.rules.rule import Broken, Judged, group_breaches

COUNTED: Final = "counted"
"""Used as keyword for a case whose answer counts the items of a list."""


def judge_count(evidence: Evidence, rule: str, *, is_serious: bool) -> Judged:
    """Judge a count by its list: seriously if the documentation says that it is exact.

    If nothing says so, it must still agree with filters where it agrees without them.
    """
    operation, where = evidence.operation, evidence.operation.roles.count or ""
    counts: dict[Query, set[Any]] = {}
    numbers: dict[Query, set[Any]] = {}
    last: dict[Query, Exchange] = {}
    for query, number in evidence.listing.counts if evidence.listing else ():
        numbers.setdefault(query, set()).add(number)
    for body in evidence.bodies:
        query = body.exchange.case.query
        if body.exchange.case.question == Question(query):
            counts.setdefault(query, set()).add(resolve(body.decoded.value, where, default=None))
            last[query] = body.exchange
    known = [
        (query, *counts[query], *numbers[query])
        for query in numbers
        if len(numbers[query]) == len(counts.get(query, ())) == 1
        and None not in (*counts[query], *numbers[query])
        and evidence.listing
        and _choose_alike(operation, evidence.listing.operation, query)
    ]
    agrees = any(count == number for query, count, number in known if not query)
    is_certain = agrees or operation.roles.counts is not None
    wrong = [
        Broken(last[query], where, f"{count} for {last[query].case.label}, a list of {number}")
        for query, count, number in known
        if count != number and is_certain is is_serious
    ]
    promise = Promise(rule, where, "the number of items that the list shows")
    return promise, len(known), group_breaches(wrong, len(known))


def _choose_alike(operation: Operation, listing: Operation, query: Query) -> bool:
    """Return whether a count and a list choose alike: no default of the list's own chooses."""
    roles, stated = listing.roles, {name for name, _ in query}
    own = {each.name: each.schema for each in operation.query_parameters}
    paging = {roles.size_parameter, roles.paging and roles.paging.parameter, *roles.orders}
    return all(
        "default" not in each.schema or own.get(each.name) == each.schema
        for each in listing.query_parameters
        if each.name not in stated | paging
    )
