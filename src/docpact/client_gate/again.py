"""A second call: a client that was used before behaves as a new one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from docpact.cases.wire import write_value
from docpact.client_gate.call import Answer, Answers, Call, Query, Scenario
from docpact.client_gate.listing import is_paged, list_location, page_size, sample_usual, walk
from docpact.client_gate.queries import every_filter, odd_values
from docpact.client_gate.retries import refusal
from docpact.client_gate.rule import Family, as_one_page, call_rule, find_wrong_effect
from docpact.model import Operation


def scenarios(operation: Operation) -> Iterator[Scenario]:
    """Make a call after another one: the same, one with parameters, one that failed."""
    is_list, size = operation.roles.is_list, page_size(operation)
    found = sample_usual(operation, 5 * size if is_list else 2)
    old, new = (found[: 3 * size], found[2 * size :]) if is_list else (found[:1], found[1:])
    asked: Query = {}
    name = operation.roles.size_parameter
    if is_paged(operation) and name is not None:
        asked = {name: size}
    step = size if is_paged(operation) else len(found)
    before, after = (
        walk(operation, [items[start : start + step] for start in range(0, len(items), step)])
        for items in (old, new)
    )
    one = new[:size] if is_list else new
    alone = walk(operation, [one])
    refused: Answers = {None: (refusal(operation, 404),)}
    halfway: Answers = {**dict.fromkeys(before, refused[None]), None: before[None]}
    broken: Answers = {None: (Answer(cut=0),)}
    garbled: Answers = {None: (Answer(body=b"<!doctype html>"),)}
    rich = _ask_of_another(operation, size)
    for label, first, query, second, items in (
        ("the same call again, of new items and old ones", before, asked, after, new),
        ("a call after one with parameters", before, rich, after, new),
        ("a call after one that was refused on page two", halfway, asked, after, new),
        ("a call after one that was refused", refused, asked, alone, one),
        ("a call after a connection that broke", broken, asked, alone, one),
        ("a call after a body that is not JSON", garbled, asked, alone, one),
    ):
        yield Scenario(
            "client.again",
            list_location(operation),
            label,
            second,
            asked,
            items=items,
            before=(query,),
            earlier=first,
        )


def _ask_of_another(operation: Operation, size: int) -> Query:
    """Return a query with many parameters, and with another path and other headers."""
    odd = [query for _, query in odd_values(operation)]
    named = ("path", "header", "cookie")
    names = {each.name for each in operation.parameters if each.location in named}
    others = {name: query[name] for query in reversed(odd) for name in names & query.keys()}
    return {**every_filter(operation, size), **others}


def _find_wrong_second_call(operation: Operation, call: Call) -> Iterator[str]:
    """Describe a wrong second call; of a client that reads one page of a walk, that page counts."""
    scenario = call.scenario
    reads_one = len(scenario.earlier) > 1 and len({each.key for each in call.earlier}) == 1
    reads_one = reads_one and is_paged(operation)
    yield from find_wrong_effect(operation, as_one_page(operation, call) if reads_one else call)
    (given,) = scenario.before
    for parameter in operation.parameters:
        name = parameter.name
        if parameter.location == "header" and name in given.keys() - scenario.query.keys():
            sent = {v for each in call.received for key, v in each.headers if key == name.lower()}
            if write_value(given[name]) in sent:
                yield f"{scenario.label}: {name} of the earlier call sent"


AGAIN: Final = Family(
    "again",
    scenarios,
    (
        call_rule(
            "client.again",
            "A second call on the same client is like the first call on a new one.",
            "The caller gets items, or an error, that belong to an earlier call.",
            "the items of the second call",
            _find_wrong_second_call,
        ),
    ),
)
