"""The rule about an operation that counts the items of a list: the list shows as many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from docpact.model import Exchange, Operation, Promise, Query, Question
from docpact.model.pointer import resolve
from docpact.rules.evidence import Evidence
from docpact.rules.rule import Broken, Judged, group_breaches

COUNTED: Final = "counted"
"""Used as keyword for a case whose answer counts the items of a list."""


def judge_count(evidence: Evidence, certain: str, suspect: str) -> Iterator[Judged]:
    """Judge a count by its list: certain if it is documented to be that of the matching items.

    If nothing says so, it may count some of them; where it agrees without filters, it must agree
    with filters, too.
    """
    operation, where, listing = evidence.operation, evidence.operation.roles.count, evidence.listing
    seen: dict[Query, tuple[set[Any], set[Any]]] = {}
    last: dict[Query, Exchange] = {}
    for query, number in listing.counts if listing is not None else ():
        if listing is not None and _choose_alike(operation, listing.operation, query):
            seen.setdefault(query, (set(), set()))[1].add(number)
    for body in evidence.bodies:
        query = body.exchange.case.query
        if query in seen and body.exchange.case.question == Question(query):
            seen[query][0].add(resolve(body.decoded.value, where or "", default=None))
            last[query] = body.exchange
    stable = ((q, *own, *shown) for q, (own, shown) in seen.items() if len(own) == len(shown) == 1)
    known = [
        (query, count, number) for query, count, number in stable if None not in (count, number)
    ]
    agrees = any(count == number for query, count, number in known if not query)
    wrong = [
        Broken(
            last[query], where or "", f"{count} for {last[query].case.label}, a list of {number}"
        )
        for query, count, number in known
        if count != number
    ]
    about = certain if agrees or operation.roles.counts == "matching" else suspect
    for rule in (certain, suspect):
        promise = Promise(rule, where or "", "the number of items that the list shows")
        yield promise, len(known), group_breaches(wrong if rule == about else (), len(known))


def _choose_alike(operation: Operation, listing: Operation, query: Query) -> bool:
    """Return whether a count and a list choose by the same defaults, pages and orders apart."""
    roles = listing.roles
    others = {roles.size_parameter, roles.paging_parameter, *roles.orders}
    others |= {name for name, _ in query}
    own, shown = (
        {p.name: p.schema["default"] for p in each.query_parameters if "default" in p.schema}
        for each in (operation, listing)
    )
    return all(own.get(name) == shown.get(name) for name in {*own, *shown} - others)
