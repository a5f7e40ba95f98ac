"""Fidelity: the caller gets every documented value as it was sent, and no other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from docpact.bodies.wording import json_type
from docpact.cases.samples import places
from docpact.cases.sampling import sample_items, sample_page
from docpact.client_gate.call import Call, Raised, Read
from docpact.client_gate.draws import draw_values
from docpact.client_gate.rule import ClientRule, Evidence, Family, Problem, judge_calls
from docpact.client_gate.scenario import Scenario, json_answer, pages
from docpact.client_gate.verdict import classify, find_misread
from docpact.model import Operation, Promise
from docpact.model.pointer import resolve, tokens
from docpact.rules.rule import Judged
from docpact.strategies import boundary_payload_cases, items

DRAWN: Final = 60
"""Number of generated items, in addition to the boundary cases."""

TOGETHER: Final = 20
"""Number of items per page; if a page ends in an error, its items are sent one by one."""

BEYOND_DOUBLE: Final = 2**53 + 1
"""The smallest positive integer that a double cannot hold (RFC 8259, section 6)."""


def scenarios(operation: Operation) -> Iterator[Scenario]:
    """Send items at every bound of the contract, generated items, and numbers that lose digits."""
    listed = str(operation.roles.items)
    found = [
        item
        for case in boundary_payload_cases(operation)
        for item in resolve(case.payload, listed, [])
    ]
    different = list(
        {repr(item): item for item in (*found, *draw_values(items(operation), DRAWN))}.values()
    )
    for begin in range(0, len(different), TOGETHER):
        chunk = tuple(different[begin : begin + TOGETHER])
        label = f"documented items {begin + 1} to {begin + len(chunk)}"
        yield Scenario(
            "client.fidelity", listed, label, pages(operation, (chunk, None)), items=chunk
        )
    yield from _totals(operation)


def _totals(operation: Operation) -> Iterator[Scenario]:
    total = operation.roles.total
    if total is None or len(tokens(total)) > 1:
        return
    (name,) = tokens(total)
    found = tuple(sample_items(operation, 1))
    for number in (BEYOND_DOUBLE, 237.0):
        body = {**sample_page(operation, found), name: number}
        yield Scenario(
            "client.fidelity",
            total,
            f"{name}: {number}",
            {None: (json_answer(body, operation.status),)},
            items=found,
            fields={name: number},
        )


def single_items(operation: Operation, calls: Sequence[Call]) -> Iterator[Scenario]:
    """Yield a scenario for each item of the pages from which no item was read.

    Args:
        operation: the contract.
        calls: of `scenarios`.
    """
    failed = {call.scenario: call for call in calls if not isinstance(call.outcome, Read)}
    for scenario in failed:
        if len(scenario.items) > 1:
            for number, item in enumerate(scenario.items):
                answers = pages(operation, ((item,), None))
                label = f"{scenario.label}, number {number + 1} alone"
                yield replace(scenario, label=label, answers=answers, items=(item,))


def _fidelity(evidence: Evidence) -> Iterator[Judged]:
    operation = evidence.operation
    listed = str(operation.roles.items)
    calls = [call for call in evidence.calls if call.scenario.rule == "client.fidelity"]
    readable = [c for c in calls if isinstance(c.outcome, Read) or len(c.scenario.items) == 1]
    problems: dict[str, list[Problem]] = {}
    for call in readable:
        for where, text in find_misread(operation, call):
            problems.setdefault(where, []).append(Problem(call, text))
        if not isinstance(call.outcome, Read):
            text = classify(operation, call)[1]
            problems.setdefault(_blamed(call, listed), []).append(Problem(call, text))
    for where, documented in _fields(operation):
        promise = Promise("client.fidelity", where, documented, operation.field_source(where))
        about = [c for c in readable if _shows(c, where, str(operation.roles.total))]
        yield judge_calls(promise, about, problems.get(where, ()))


def _blamed(call: Call, listed: str) -> str:
    return call.scenario.location if isinstance(call.outcome, Raised) else listed


def _shows(call: Call, where: str, total: str) -> bool:
    """Return whether a call tests a field: the total only if the client shows it."""
    if where != total:
        return True
    return isinstance(call.outcome, Read) and tokens(total)[-1] in call.outcome.fields


def _fields(operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield the list, each field of an item that holds a scalar, and the total."""
    listed = str(operation.roles.items)
    yield listed, "every item that was sent, and no other"
    for place in places(operation.item_schema):
        if json_type(place.value) not in ("object", "array"):
            yield f"{listed}/*{place.location}", "the value that was sent"
    if operation.roles.total is not None:
        yield operation.roles.total, "the value that was sent"


FIDELITY: Final = Family(
    "fidelity",
    scenarios,
    (
        ClientRule(
            "client.fidelity",
            "Each documented value is read as it was sent; null and absent are the same.",
            "The caller uses a value that the server never sent, or misses one that it sent.",
            _fidelity,
        ),
    ),
)
