"""Fidelity: the caller gets each documented value as it was sent, in any form of HTTP and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from docpact.bodies.engine import is_valid
from docpact.bodies.places import find_places, list_places
from docpact.cases.plain import plain
from docpact.cases.sampling import sample_items
from docpact.client_gate.call import Answer, Call, Raised, Read, Scenario, Wanted
from docpact.client_gate.listing import (
    body_answer,
    find_largest,
    has_tokens,
    has_values,
    is_paged,
    item_location,
    items_of,
    list_location,
    page,
    page_size,
    plain_item_schema,
    sample_usual,
    walk,
    with_id,
)
from docpact.client_gate.odd import LONG_TEXT, list_odd_values, list_values_with
from docpact.client_gate.paging import make_walk
from docpact.client_gate.queries import draw_values
from docpact.client_gate.reading import classify, is_correct
from docpact.client_gate.rule import (
    ClientRule,
    Evidence,
    Family,
    Tested,
    as_one_page,
    call_rule,
    describe,
    find_misread,
    judge_calls,
)
from docpact.errors import InternalError
from docpact.model import Operation, Promise
from docpact.model.pointer import resolve, tokens
from docpact.model.schema import child, list_types, place
from docpact.strategies import boundary_payload_cases, items

DRAWN: Final = 60
"""Number of generated items, in addition to the boundary cases."""

TOGETHER: Final = 20
"""Number of items per page; if a page ends in an error, its items are sent one by one."""

ALIKE_IDS: Final = ("docpact-Id", "docpact-iD")
"""Ids that are the same only to a client that ignores case."""


def scenarios(operation: Operation) -> Iterator[Scenario]:
    """Send items at every bound of the contract, generated and odd ones."""
    if not has_values(operation):
        return
    found = [
        item
        for case in boundary_payload_cases(operation)
        for item in items_of(operation, case.payload)
    ]
    drawn = draw_values(items(operation), DRAWN) if operation.roles.is_list else []
    schema = operation.thing_schema
    odd = [*list_odd_values(schema), *list_values_with(schema, LONG_TEXT)]
    together = TOGETHER if operation.roles.is_list else 1
    different = list({json.dumps(item): item for item in (*found, *drawn, *odd)}.values())
    for number, chunk in enumerate(_chunks(operation, different, together)):
        label = f"documented items, part {number + 1}"
        answers = walk(operation, [chunk])
        where = list_location(operation)
        yield Scenario("client.fidelity", where, label, answers, items=tuple(chunk))
    yield from _alike_ids(operation)
    yield from _totals(operation)


def _alike_ids(operation: Operation) -> Iterator[Scenario]:
    """Send two items whose ids differ only in case, if an id may be any text."""
    where = operation.roles.id
    if where is None or not operation.roles.is_list:
        return
    schema = place(operation.item_schema, where)
    is_open = list_types(schema) == ["string"] and not schema.keys() & {"format", "pattern"}
    if is_open and all(is_valid(schema, each) for each in ALIKE_IDS):
        pairs = zip(sample_usual(operation, len(ALIKE_IDS)), ALIKE_IDS, strict=True)
        alike = tuple(with_id(operation, item, each) for item, each in pairs)
        label, listed = "ids that differ only in case", list_location(operation)
        yield Scenario("client.fidelity", listed, label, walk(operation, [alike]), items=alike)


def _chunks(operation: Operation, found: Sequence[Any], size: int) -> Iterator[list[Any]]:
    """Yield pages of items with distinct ids: an item whose id another one has gets its own.

    If all possible ids are taken, it begins the next page.
    """
    where = operation.roles.id
    others = () if where is None else sample_items(operation, 2 * size)
    ids = {json.dumps(each): each for each in (resolve(other, where or "") for other in others)}
    chunk: dict[str, Any] = {}
    for number, item in enumerate(found):
        kept, name = item, str(number) if where is None else json.dumps(resolve(item, where))
        if where is not None and name in chunk and (free := [*ids.keys() - chunk.keys()]):
            kept = with_id(operation, item, ids[min(free)])
            name = json.dumps(resolve(kept, where))
        if len(chunk) == size or name in chunk:
            yield [*chunk.values()]
            chunk = {}
        chunk[name] = kept
    if chunk:
        yield [*chunk.values()]


def _totals(operation: Operation) -> Iterator[Scenario]:
    total = operation.roles.total
    if total is None or len(tokens(total)) > 1:
        return
    (name,) = tokens(total)
    found = sample_usual(operation, 1)
    is_computed = is_paged(operation) and not has_tokens(operation)
    schema = child(plain(operation.response_schema), "properties", name)
    most, none = find_largest(schema), (0,) if is_valid(schema, 0) else ()
    numbers = (1, 1.0) if is_computed else (most, *none, float(min(most, 237)))
    for number in numbers:
        body = {**page(operation, found), name: number}
        yield Scenario(
            "client.fidelity",
            total,
            f"{name}: {number}",
            {None: (body_answer(operation, body),)},
            items=found,
            fields={name: number},
            wanted=Wanted.EITHER if number == 0 or isinstance(number, float) else Wanted.ITEMS,
        )


def single_items(operation: Operation, calls: Sequence[Call]) -> Iterator[Scenario]:
    """Yield a scenario for each item of the pages from which no item was read."""
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
    own = [call for call in evidence.calls if call.scenario.rule == "client.fidelity"]
    readable = [c for c in own if isinstance(c.outcome, Read) or len(c.scenario.items) == 1]
    usual = [c for c in evidence.calls if c.is_usual and c.scenario.rule != "client.fidelity"]
    problems = {listed: [(c, classify(operation, c)[1]) for c in usual]} if usual else {}
    documented = dict(_fields(operation))
    is_recursive = "$defs" in plain_item_schema(operation)
    for call in readable:
        for where, text in find_misread(operation, call):
            known = _find_documented(documented, where) if is_recursive else where
            shown = text if known == where else f"{where}: {text}"
            problems.setdefault(known, []).append((call, shown))
        if not isinstance(call.outcome, Read) and not is_correct(operation, call):
            text = classify(operation, call)[1]
            blamed = call.scenario.location if isinstance(call.outcome, Raised) else listed
            problems.setdefault(blamed, []).append((call, text))
    unknown = problems.keys() - documented.keys()
    if unknown:
        msg = f"client.fidelity: misread values match no promise: {', '.join(sorted(unknown))}"
        raise InternalError(msg)
    for where, text in documented.items():
        promise = Promise("client.fidelity", where, text, operation.field_source(where))
        about = [call for call in readable if _shows(operation, call, where)]
        yield judge_calls(promise, about, problems.get(where, ()))


def _shows(operation: Operation, call: Call, where: str) -> bool:
    """Return whether a call tests a place: its value was sent and read; all calls test the list."""
    if not isinstance(call.outcome, Read) or where == list_location(operation):
        return where == list_location(operation)
    if where == operation.roles.total:
        return tokens(where)[-1] in call.outcome.fields
    return where in _list_sent(operation, call.scenario)


@lru_cache(maxsize=4096)
def _list_sent(operation: Operation, scenario: Scenario) -> frozenset[str]:
    """Return the places of the items of a scenario."""
    schema, above = plain_item_schema(operation), item_location(operation)
    found = (place for item in scenario.items for place in find_places(schema, item))
    return frozenset(f"{above}{place.location}" for place in found)


def _fields(operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield the list, each place of an item, and the total."""
    yield list_location(operation), "every item that was sent, and no other"
    above = item_location(operation)
    for each in list_places(plain_item_schema(operation)):
        if above + each.location != list_location(operation):
            yield f"{above}{each.location}", "the value that was sent"
    if operation.roles.total is not None:
        yield operation.roles.total, "the value that was sent"


def _find_documented(documented: Mapping[str, str], where: str) -> str:
    """Return a place, or the one above it that is listed: of a recursive schema, not all are."""
    while where and where not in documented:
        where = where.rpartition("/")[0]
    return where


FIDELITY: Final = Family(
    "fidelity",
    scenarios,
    (
        ClientRule(
            "client.fidelity",
            "Each documented value is read as it was sent. Null and absent are the same, and an "
            "absent field may be read as its documented default.",
            "The caller uses a value that the server never sent, or misses one that it sent.",
            _fidelity,
            sees_all=True,
        ),
    ),
)


COUNT: Final = 5
"""Number of items of a page."""

PREFIX: Final = "/gateway/v9"
"""The path of a base URL behind a gateway."""


def form_scenarios(operation: Operation) -> Iterator[Scenario]:
    """Send the same items in different forms, and use a base URL with a path."""
    found = sample_usual(operation, COUNT if operation.roles.is_list else 1)
    body = page(operation, found)
    plain = body_answer(operation, body)
    for location, label, answer in _forms(plain, body) if has_values(operation) else ():
        yield Scenario("client.form", location, label, {None: (answer,)}, items=found)
    size = page_size(operation)
    chunks = [found[:size], found[size:]] if is_paged(operation) else [found]
    behind = make_walk(operation, "client.base_path", "a base URL with a path", chunks)
    yield replace(behind, location="request", base=PREFIX)


def _forms(plain: Answer, body: Any) -> Iterator[tuple[str, str, Answer]]:
    yield "body/coding", "a body in gzip", replace(plain, zipped=True)
    yield "body/chunks", "a body in chunks", replace(plain, chunked=True)
    for location, label, content in (
        ("body/escapes", "JSON in ASCII, with escapes", json.dumps(body)),
        ("body/spaces", "JSON on several lines", json.dumps(body, ensure_ascii=False, indent=4)),
        (
            "body/order",
            "fields in another order",
            json.dumps(_reverse_fields(body), ensure_ascii=False),
        ),
    ):
        yield location, label, replace(plain, body=content.encode())
    media = dict(plain.headers)["Content-Type"]
    for value in (f"{media}; charset=utf-8", f'{media};charset="UTF-8"', media.title()):
        answer = replace(plain, headers=(("Content-Type", value),))
        yield "header/Content-Type", f"Content-Type: {value}", answer
    for name in ("content-type", "CONTENT-TYPE"):
        yield "header/case", f"a header named {name}", replace(plain, headers=((name, media),))


def _reverse_fields(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _reverse_fields(value[name]) for name in reversed(value)}
    return [_reverse_fields(each) for each in value] if isinstance(value, list) else value


def _find_differences(operation: Operation, call: Call) -> Iterator[str]:
    """Describe each value that was not read as it was sent, unless it is always misread."""
    if len(call.scenario.answers) > 1 and {each.key for each in call.received} == {None}:
        call = as_one_page(operation, call)
    read = call.outcome
    if not isinstance(read, Read) or len(read.items) != len(call.scenario.items):
        yield describe(operation, call)
        return
    for where, text in find_misread(operation, call):
        if where not in call.misread:
            yield f"{call.scenario.label}: {where or '(body)'}: {text}"


FORMS: Final = Family(
    "forms",
    form_scenarios,
    (
        call_rule(
            "client.form",
            "A response means the same with gzip, in chunks, with escapes, with other spaces and "
            "another order of fields, with parameters of its media type, and whatever the case "
            "of header names.",
            "The client fails when a proxy or a new server formats responses differently.",
            "the same values",
            _find_differences,
            played_by=("client.form", "client.fidelity"),
            sees_all=True,
        ),
        call_rule(
            "client.base_path",
            "The path of a base URL stays in front of the documented path.",
            "The client cannot be used behind a gateway.",
            "the documented path below that of the base URL",
            _find_differences,
            played_by=("client.base_path", "client.fidelity"),
            sees_all=True,
        ),
    ),
)
