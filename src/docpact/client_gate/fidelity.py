"""Fidelity: the caller gets every documented value as it was sent, and no other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from docpact.bodies.engine import is_valid
from docpact.bodies.places import Place
from docpact.cases.bounds import members, types
from docpact.cases.parts import change_part, places, put
from docpact.cases.samples import full
from docpact.cases.sampling import sample_items
from docpact.client_gate.call import Call, Raised, Read
from docpact.client_gate.draws import draw_values
from docpact.client_gate.listing import (
    has_tokens,
    is_paged,
    item_location,
    item_schema,
    items_of,
    list_location,
    page,
    walk,
)
from docpact.client_gate.rule import ClientRule, Evidence, Family, Problem, Tested, judge_calls
from docpact.client_gate.scenario import Scenario, json_answer
from docpact.client_gate.verdict import classify, find_misread
from docpact.errors import InternalError
from docpact.model import Operation, Promise, Schema
from docpact.model.pointer import resolve, tokens
from docpact.strategies import boundary_payload_cases, items

DRAWN: Final = 60
"""Number of generated items, in addition to the boundary cases."""

TOGETHER: Final = 20
"""Number of items per page; if a page ends in an error, its items are sent one by one."""

BEYOND_DOUBLE: Final = 2**53 + 1
"""The smallest positive integer that a double cannot hold (RFC 8259, section 6)."""

ODD_TEXTS: Final = (
    " spaces around ",
    "two\n\nlines\r\n\tand a tab",
    "&amp;<b>\"'\\/</b>",
    "e\u0301 \ufb01 \u212b",
    "MiXeD cAsE \u00df \u0130",
    "null",
    "None",
    "true",
    "007",
    "1e5",
    "12.50",
    "2025-01-02",
    "a,b;c|d",
    "%41%20+",
    "{name} $name %s",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f9fe",
    "\u202eright to left, no\u00a0break, \u2028line, \u200bnothing, \ufeffmark, so\u00adft",
    "long " * 1000,
    "x" * 300,
    "\u0000",
)
"""Texts that clients change by mistake."""

ODD_NUMBERS: Final = (
    0,
    -1,
    1,
    0.1 + 0.2,
    1 / 3,
    0.123456789012345,
    1e-7,
    123456789.12345678,
    1e21,
    2**31,
    BEYOND_DOUBLE,
)
"""Numbers that lose digits, or their sign, in a narrower type."""

LONG: Final = 120
"""Number of elements of a long array."""


def scenarios(operation: Operation) -> Iterator[Scenario]:
    """Send items at every bound of the contract, generated and odd ones."""
    found = [
        item
        for case in boundary_payload_cases(operation)
        for item in items_of(operation, case.payload)
    ]
    drawn = draw_values(items(operation), DRAWN) if operation.roles.is_list else []
    odd = [*_odd_items(item_schema(operation))]
    together = TOGETHER if operation.roles.is_list else 1
    different = list({json.dumps(item): item for item in (*found, *drawn, *odd)}.values())
    for number, chunk in enumerate(_chunks(operation, different, together)):
        label = f"documented items, part {number + 1}"
        answers = walk(operation, [chunk])
        where = list_location(operation)
        yield Scenario("client.fidelity", where, label, answers, items=tuple(chunk))
    yield from _totals(operation)


def _chunks(operation: Operation, found: Sequence[Any], size: int) -> Iterator[list[Any]]:
    """Yield pages of items with distinct ids: an item whose id another one has gets its own."""
    where = operation.roles.id
    fresh = iter(sample_items(operation, len(found))) if where is not None else iter(())
    for begin in range(0, len(found), size):
        seen: set[str] = set()
        chunk = []
        for item in found[begin : begin + size]:
            kept = item
            while where is not None and json.dumps(resolve(kept, where)) in seen:
                kept = _with_id(operation, item, resolve(next(fresh), where))
            seen.add(json.dumps(resolve(kept, str(where)) if where is not None else None))
            chunk.append(kept)
        yield chunk


def _with_id(operation: Operation, item: Any, value: Any) -> Any:
    path = tokens(str(operation.roles.id))
    return change_part(operation.item_schema, item, path, put(value))[0]


def _odd_items(schema: Schema) -> Iterator[Any]:
    """Yield items with an odd value in every place at once, and with long arrays."""
    whole = full(schema)
    found = [place for place in places(schema) if members(place.schema) is None]
    values = {place.path: _odd_values(place) for place in found}
    for turn in range(max(map(len, values.values()), default=0)):
        item = whole
        for place in found:
            mine = values[place.path]
            if mine:
                item, _ = change_part(schema, item, place.path, put(mine[turn % len(mine)]))
        if is_valid(schema, item):
            yield item


def _odd_values(place: Place) -> list[Any]:
    schema = place.schema
    if "anyOf" in schema:
        return []
    candidates: list[Any] = []
    kinds = types(schema)
    if "string" in kinds and "format" not in schema:
        most = schema.get("maxLength")
        candidates += ODD_TEXTS if most is None else [text[:most] for text in ODD_TEXTS]
    if {"number", "integer"} & {*kinds}:
        low, high = schema.get("minimum", 0), schema.get("maximum", 1)
        between = [low + (high - low) * number for number in (1 / 3, 0.123456789012345)]
        most = 2**31 - 1 if schema.get("format") == "int32" else BEYOND_DOUBLE
        candidates += [n for n in (*ODD_NUMBERS, *between) if n <= most]
    if "array" in kinds:
        candidates += _odd_arrays(schema)
    fitting = [value for value in candidates if is_valid(schema, value)]
    return list({json.dumps(value): value for value in fitting}.values())


def _odd_arrays(schema: Schema) -> Iterator[list[Any]]:
    """Yield arrays that are unsorted, that repeat an element, and that are long."""
    from docpact.model.schema import child

    inner = child(schema, "items") if "items" in schema else {"type": "string"}
    if "string" in types(inner) and members(inner) is None and "format" not in inner:
        texts = ["b", "c", "a", "b"]
        yield texts
        yield [f"{number:03}" for number in range(LONG, 0, -1)]
        return
    element = full(inner)
    yield [element] * LONG
    varied = [
        changed
        for place in places(inner)
        for value in _odd_values(place)[:4]
        for changed in [change_part(inner, element, place.path, put(value))[0]]
    ]
    if varied:
        yield [*reversed(varied), element]


def _totals(operation: Operation) -> Iterator[Scenario]:
    total = operation.roles.total
    if total is None or len(tokens(total)) > 1:
        return
    (name,) = tokens(total)
    found = tuple(sample_items(operation, 1))
    is_computed = is_paged(operation) and not has_tokens(operation)
    numbers = (1, 1.0) if is_computed else (BEYOND_DOUBLE, 237.0)
    for number in numbers:
        body = {**page(operation, found), name: number}
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
        if scenario.rule == "client.fidelity" and len(scenario.items) > 1:
            for number, item in enumerate(scenario.items):
                label = f"{scenario.label}, number {number + 1} alone"
                answers = walk(operation, [(item,)])
                yield replace(scenario, label=label, answers=answers, items=(item,))


def _fidelity(evidence: Evidence) -> Iterator[Tested]:
    operation = evidence.operation
    listed = list_location(operation)
    readable = [
        call
        for call in evidence.calls
        if isinstance(call.outcome, Read) or len(call.scenario.items) == 1
    ]
    problems: dict[str, list[Problem]] = {}
    for call in readable:
        for where, text in find_misread(operation, call):
            problems.setdefault(where, []).append(Problem(call, text))
        if not isinstance(call.outcome, Read):
            text = classify(operation, call)[1]
            problems.setdefault(_find_blamed(call, listed), []).append(Problem(call, text))
    documented = dict(_fields(operation))
    unknown = problems.keys() - documented.keys()
    if unknown:
        msg = f"client.fidelity: misread values match no promise: {', '.join(sorted(unknown))}"
        raise InternalError(msg)
    for where, text in documented.items():
        promise = Promise("client.fidelity", where, text, operation.field_source(where))
        about = [c for c in readable if _shows(c, where, str(operation.roles.total))]
        yield judge_calls(promise, about, problems.get(where, ()))


def _find_blamed(call: Call, listed: str) -> str:
    return call.scenario.location if isinstance(call.outcome, Raised) else listed


def _shows(call: Call, where: str, total: str) -> bool:
    """Return whether a call tests a field: the total only if the client shows it."""
    if where != total:
        return True
    return isinstance(call.outcome, Read) and tokens(total)[-1] in call.outcome.fields


def _fields(operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield the list, each place of an item, and the total."""
    yield list_location(operation), "every item that was sent, and no other"
    above = item_location(operation)
    for place in places(item_schema(operation)):
        if above + place.location != list_location(operation):
            yield f"{above}{place.location}", "the value that was sent"
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
