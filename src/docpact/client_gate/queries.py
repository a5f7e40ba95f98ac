"""The queries that the gate asks a client to make: at every limit, generated, and with None."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from docpact.bodies.engine import is_valid
from docpact.cases.bounds import members
from docpact.cases.page_facts import body_parameter
from docpact.cases.payloads import boundary_payload_cases
from docpact.cases.samples import full
from docpact.cases.wire import is_numeric, write_value
from docpact.client_gate.call import BODY, Query, Scenario
from docpact.client_gate.listing import onward_parameter, paging_parameters, sample_usual, walk
from docpact.client_gate.odd import list_odd_values
from docpact.client_gate.stage import given_values, read_text
from docpact.model import Case, Operation, Parameter, Question
from docpact.model.paging import PAGE_PARAMETERS, plain
from docpact.model.pointer import to_list
from docpact.strategies import boundary_cases, queries

T = TypeVar("T")


def draw_values(strategy: SearchStrategy[T], count: int) -> list[T]:
    """Return values of a strategy, the same in every process."""
    values: list[T] = []

    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def keep(value: T) -> None:
        values.append(value)

    keep()
    return values


DRAWN: Final = 20
"""Number of generated queries, in addition to the boundary cases."""

LONGEST_PAGE: Final = 2**53
"""Number of items on a page; JavaScript reads a larger one as another number."""

ODD_TEXTS: Final = (
    "a/b c?d=é&f#g%20+h",
    " spaces around ",
    "MiXeD cAsE",
    "e\u0301\ufb01",
    "null",
    "007",
    "a,b;c|d",
    "🧾 漢字",
    "\"quoted\"  \\ 'single' \u201ccurly\u2019",
    "x" * 300,
)
"""Texts that clients change by mistake, or fail to escape."""

ODD_HEADERS: Final = ("MiXeD cAsE", "007", "null", "a, b; c=d", "x" * 300)
"""Texts that clients change by mistake in a header."""

ODD_COOKIES: Final = ("MiXeD", "007", "null", "x" * 300)
"""Texts that clients change by mistake in a cookie."""

ODD_NUMBERS: Final = (0, -1, 2**31, 1 / 3, 1e-7)
"""Numbers that clients drop, cut, or round."""


def scenarios(operation: Operation) -> Iterator[Scenario]:
    """Request each boundary value, odd texts, generated queries, and None in every parameter."""
    items = sample_usual(operation, 1)
    answers = walk(operation, [items])
    seen: list[Query] = []
    for label, query in _label_queries(operation):
        if query not in seen:
            seen.append(query)
            yield Scenario("client.query", "query", label, answers, query, items=items)
    for parameter in operation.parameters:
        name, where = parameter.name, location_of(parameter)
        if not parameter.required and parameter.location in ("query", "header"):
            label = f"{name}=None"
            yield Scenario("client.absent", where, label, answers, {name: None}, items=items)


def every_filter(operation: Operation, size: int) -> dict[str, Any]:
    """Return a query with a value for every parameter that stays the same on all pages."""
    query: dict[str, Any] = {}
    fixed = {*given_values(operation), *paging_parameters(operation)}
    for parameter in operation.parameters:
        name, is_sent = parameter.name, parameter.location in ("query", "header")
        if is_sent and name not in fixed and plain(name) not in PAGE_PARAMETERS:
            chosen = _choose_value(parameter)
            if is_valid(parameter.schema, chosen):
                query[name] = chosen
    if operation.roles.size_parameter is not None:
        query[operation.roles.size_parameter] = size
    if operation.body_schema is not None:
        query[BODY] = full(operation.body_schema)
        if body_parameter(operation) is not None:
            del query[BODY][body_parameter(operation)]
    return query


def _choose_value(parameter: Parameter) -> Any:
    """Return a value of a parameter: a text that must be escaped, where the schema allows it."""
    name, item, is_query = parameter.name, parameter.item_schema, parameter.location == "query"
    odd = f"{name} \u00e9&1"
    value = odd if is_query and is_valid(item, odd) else full(item)
    if not parameter.is_array:
        return value
    more = f"{name} 2"
    return [value, more] if value == odd and is_valid(item, more) else [value]


def location_of(parameter: Parameter) -> str:
    """Return where requests carry a parameter, as in `Promise.location`."""
    return f"{parameter.location}/{parameter.name}"


def _label_queries(operation: Operation) -> Iterator[tuple[str, Query]]:
    yield "no parameters", {}
    questions: dict[Question, str] = {}
    for case in (*boundary_cases(operation), *draw_values(queries(operation), DRAWN)):
        values = _decode_case(operation, case)
        if values is not None and case.question not in questions:
            questions[case.question] = case.label
            yield case.label, values
    yield from odd_values(operation)
    if operation.body_schema is not None:
        about = replace(operation, response_schema=operation.body_schema)
        for payload in boundary_payload_cases(about):
            yield f"body: {payload.label}", {BODY: payload.payload}
        for number, value in enumerate(list_odd_values(operation.body_schema)):
            yield f"body: odd values, number {number + 1}", {BODY: value}


def odd_values(operation: Operation) -> Iterator[tuple[str, Query]]:
    """Yield odd texts and long arrays, one parameter at a time.

    Few clients know optional cookies, so none is asked for.
    """
    given = given_values(operation)
    for parameter in operation.parameters:
        name = parameter.name
        is_known = parameter.required or parameter.location != "cookie"
        if name in paging_parameters(operation) or not is_known:
            continue
        if parameter.location in ("header", "cookie"):
            for value in _plain_values(parameter):
                if is_valid(parameter.schema, value):
                    yield f"{name}={value!a:.20} in a {parameter.location}", {name: value}
            continue
        found = _odd_arrays if parameter.is_array else _odd_scalars
        for label, value in found(parameter):
            if is_valid(parameter.schema, value) and (value != [] or name not in given):
                yield label, {name: value}


def _plain_values(parameter: Parameter) -> Iterator[Any]:
    """Yield values that a header, or a cookie, can carry, in ASCII."""
    yield full(parameter.schema)
    yield from members(parameter.schema) or ()
    texts = ODD_HEADERS if parameter.location == "header" else ODD_COOKIES
    yield from (False, True, *ODD_NUMBERS, *texts)


def _odd_scalars(parameter: Parameter) -> Iterator[tuple[str, Any]]:
    name, is_number = parameter.name, is_numeric(parameter)
    yield from ((f"{name}={number}", number) for number in ODD_NUMBERS if is_number)
    texts = ("", *ODD_TEXTS) if parameter.location == "query" else ODD_TEXTS
    yield from ((f"{name}={text[:20]!a}", text) for text in texts)


def _odd_arrays(parameter: Parameter) -> Iterator[tuple[str, Any]]:
    name = parameter.name
    texts = [text for text in (*ODD_TEXTS, " ") if is_valid(parameter.item_schema, text)]
    yield from ((f"{name}={text[:20]!a}", [text]) for text in texts)
    yield f"{name} unsorted, with a repeated value", [*reversed(texts[:4]), *texts[:1]]
    yield f"60 values of {name}", [f"{name}-{number}" for number in range(60)]
    yield f"no values of {name}", []


def _decode_case(operation: Operation, case: Case) -> dict[str, Any] | None:
    """Return the decoded values of a case, or None if it has undocumented ones."""
    if case.question.without or case.question.path:
        return None
    values: dict[str, Any] = {}
    for name, text in case.query:
        parameter = operation.parameter(name)
        if not text or "\0" in text or name == onward_parameter(operation):
            return None
        value = read_text(parameter, text)
        is_size = name == operation.roles.size_parameter and isinstance(value, int)
        if is_size and value > LONGEST_PAGE:
            return None
        if parameter.is_array:
            values.setdefault(name, []).append(value)
        elif name in values:
            return None
        else:
            values[name] = value
    given = given_values(operation)
    whole = {p.name: given[p.name] for p in operation.query_parameters if p.name in given}
    pairs = sorted((n, write_value(v)) for n, value in values.items() for v in to_list(value))
    fits = is_valid(operation.query_schema, {**whole, **values})
    return values if fits and pairs == sorted(case.query) else None
