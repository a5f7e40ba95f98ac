"""Paging: a client returns all items once and in order, continues past an empty page, and ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qsl

from docpact.cases.bounds import members
from docpact.cases.sampling import sample_items
from docpact.client_gate.rule import (
    ClientRule,
    Evidence,
    Family,
    Problem,
    judge_calls,
    judge_effect,
)
from docpact.client_gate.scenario import Scenario, Wanted, pages
from docpact.model import Operation, Promise
from docpact.rules.rule import Judged
from docpact.text import excerpt

SECOND: Final = "bmV4dA==+/ 2&=%2B"
"""A token with characters that a query must escape."""

THIRD: Final = "bmV4dA==+/ 3&=%2B"

SIZE: Final = 3
"""Number of items per page."""


def scenarios(operation: Operation) -> Iterator[Scenario]:
    """Yield ordinary walks, and two that official clients get wrong."""
    token = operation.roles.token_parameter
    if token is None:
        return
    found = tuple(sample_items(operation, 2 * SIZE + 1))
    one, two, three = found[:SIZE], found[SIZE : 2 * SIZE], found[2 * SIZE :]
    whole = pages(operation, (one, SECOND), (two, THIRD), (three, None))
    listed = str(operation.roles.items)
    yield Scenario("client.walk", listed, "three pages", whole, items=found)
    yield Scenario(
        "client.onward",
        f"query/{token}",
        "three pages under filters",
        whole,
        _filtered(operation),
        items=found,
    )
    trailing = pages(operation, (one, SECOND), (two, THIRD), ((), None))
    yield Scenario(
        "client.trailing_page", listed, "an empty last page", trailing, items=(*one, *two)
    )
    hole = pages(operation, (one, SECOND), ((), THIRD), (two, None))
    yield Scenario(
        "client.empty_page", listed, "an empty page in the middle", hole, items=(*one, *two)
    )
    circle = pages(operation, (one, SECOND), (two, SECOND))
    yield Scenario(
        "client.repeated_token",
        f"query/{token}",
        "a repeated token",
        circle,
        wanted=Wanted.END,
    )


def _filtered(operation: Operation) -> dict[str, Any]:
    """Return a query with every filter and a page size."""
    query: dict[str, Any] = {}
    for name in operation.roles.filters:
        parameter = operation.parameter(name)
        listed = members(parameter.item_schema)
        value = f"{name} é&1" if listed is None else listed[0]
        query[name] = [value, f"{name} 2"] if parameter.is_array and listed is None else value
    if operation.roles.size_parameter is not None:
        query[operation.roles.size_parameter] = SIZE
    return query


def _next_pages(evidence: Evidence) -> Iterator[Judged]:
    """Judge the requests for the second and later pages."""
    operation = evidence.operation
    token = operation.roles.token_parameter
    if token is None:
        return
    calls = [c for c in evidence.calls if c.scenario.rule == "client.onward"]
    promise = Promise(
        "client.onward",
        f"query/{token}",
        "the token as received, with the same filters",
        operation.parameter_source(token),
    )
    problems = []
    for call in calls:
        queries = [parse_qsl(each.query, keep_blank_values=True) for each in call.received]
        filters = [[p for p in query if p[0] in operation.roles.filters] for query in queries]
        sent = [value for query in queries[1:] for name, value in query if name == token]
        due = [SECOND, THIRD]
        if sent != due:
            shown = ", ".join(excerpt(text, 30) for text in sent) or "no token"
            wanted = ", ".join(excerpt(token, 30) for token in due)
            problems.append(Problem(call, f"{shown} sent for {wanted}"))
        lost = {name for one in filters[1:] for name, _ in set(filters[0]) - set(one)}
        problems += [
            Problem(call, f"{name} not repeated for the next page") for name in sorted(lost)
        ]
    yield judge_calls(promise, calls, problems)


PAGING: Final = Family(
    "paging",
    scenarios,
    (
        ClientRule(
            "client.walk",
            "A walk returns all items once, in the order of the pages.",
            "Items are missing or repeated, without an error.",
            judge_effect("client.walk", lambda _: "all items once, in order"),
        ),
        ClientRule(
            "client.onward",
            "The next page is requested with the token as received and the same filters.",
            "The second page belongs to a different list than the first.",
            _next_pages,
        ),
        ClientRule(
            "client.trailing_page",
            "An empty last page ends a walk like any other last page.",
            "The client fails on a collection that fills its pages exactly.",
            judge_effect("client.trailing_page", lambda _: "all items before an empty last page"),
        ),
        ClientRule(
            "client.empty_page",
            "An empty page with a token does not end a walk.",
            "All items after it are lost without an error.",
            judge_effect("client.empty_page", lambda _: "all items before and after an empty page"),
        ),
        ClientRule(
            "client.repeated_token",
            "A walk ends or fails when a server repeats a token.",
            "The client requests the same page forever.",
            judge_effect("client.repeated_token", lambda _: "an error or an end"),
        ),
    ),
)
