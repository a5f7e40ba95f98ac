"""The requests of a client: method, path, parameters, credential, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from docpact.bodies.engine import is_valid
from docpact.cases.sampling import sample_items
from docpact.cases.wire import write_value
from docpact.client_gate.call import Call, Received
from docpact.client_gate.draws import draw_values
from docpact.client_gate.rule import (
    ClientRule,
    Evidence,
    Family,
    Problem,
    judge_calls,
    promises_of,
)
from docpact.client_gate.scenario import Query, Scenario, pages
from docpact.credentials import kind_of
from docpact.model import Case, Operation, Parameter, Promise, Question
from docpact.rules.rule import Judged
from docpact.strategies import boundary_cases, queries
from docpact.text import excerpt, shortened

DRAWN: Final = 20
"""Number of generated queries, in addition to the boundary cases."""


def scenarios(operation: Operation) -> Iterator[Scenario]:
    """Request each boundary value, generated queries, and None in every parameter."""
    items = tuple(sample_items(operation, 1))
    answers = pages(operation, (items, None))
    cases = (*boundary_cases(operation), *draw_values(queries(operation), DRAWN))
    asked: dict[Question, tuple[str, Query]] = {}
    for case in cases:
        values = _decoded(operation, case)
        if values is not None:
            asked.setdefault(case.question, (case.label, values))
    for label, query in asked.values():
        yield Scenario("client.query", "query", label, answers, query, items=items)
    for parameter in operation.query_parameters:
        if not parameter.required:
            name = parameter.name
            label = f"{name}=None"
            yield Scenario(
                "client.absent", f"query/{name}", label, answers, {name: None}, items=items
            )


def _decoded(operation: Operation, case: Case) -> dict[str, Any] | None:
    """Return the decoded values of a case, or None if a client cannot be asked to send it.

    Undocumented values are excluded: empty texts, NUL and invented page tokens.
    """
    values: dict[str, Any] = {}
    for name, text in case.query:
        parameter = operation.parameter(name)
        if not text or "\0" in text or name == operation.roles.token_parameter:
            return None
        value = _value(parameter, text)
        if parameter.is_array:
            values.setdefault(name, []).append(value)
        elif name in values:
            return None
        else:
            values[name] = value
    pairs = sorted((name, write_value(v)) for name, value in values.items() for v in _listed(value))
    fits = is_valid(operation.query_schema, values)
    return values if fits and pairs == sorted(case.query) else None


def _value(parameter: Parameter, text: str) -> Any:
    kinds = parameter.item_schema.get("type", "string")
    if "string" in kinds:
        return text
    if "boolean" in kinds:
        return text == "true"
    number = float(text)
    return int(number) if number.is_integer() else number


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _pairs(received: Received) -> list[tuple[str, str]]:
    return parse_qsl(received.query, keep_blank_values=True)


def _firsts(calls: Iterable[Call]) -> Iterator[tuple[Call, Received]]:
    return ((call, call.received[0]) for call in calls if call.received)


def _request(evidence: Evidence) -> Iterator[Judged]:
    operation = evidence.operation
    line = f"{operation.method} {operation.path}"
    promise = Promise("client.request", "request", line, operation.source("operation", "/path"))
    problems = []
    for call in evidence.calls:
        sent = [f"{each.method} {each.path}" for each in call.received]
        problems += [Problem(call, shortened(each)) for each in sent if each != line]
        if not sent:
            problems.append(Problem(call, f"{call.scenario.label}: no request"))
    yield judge_calls(promise, evidence.calls, problems)


def _values(evidence: Evidence) -> Iterator[Judged]:
    operation = evidence.operation
    for parameter in operation.query_parameters:
        name = parameter.name
        if name == operation.roles.token_parameter:
            continue
        calls = [c for c in evidence.calls if c.scenario.query.get(name) is not None]
        documented = "the value as given" + ", repeated for an array" * parameter.is_array
        source = operation.parameter_source(name)
        promise = Promise("client.query", f"query/{name}", documented, source)
        problems = []
        for call, received in _firsts(calls):
            given = [write_value(value) for value in _listed(call.scenario.query[name])]
            sent = [text for key, text in _pairs(received) if key == name]
            if sent != given:
                problems.append(Problem(call, f"{_list(given)} given, {_list(sent)} sent"))
        yield judge_calls(promise, calls, problems)


def _absent(evidence: Evidence) -> Iterator[Judged]:
    for promise, calls in promises_of("client.absent", lambda _: "None is not sent", evidence):
        name = promise.location.removeprefix("query/")
        problems = [
            Problem(call, f"{excerpt(text)} sent for None")
            for call, received in _firsts(calls)
            for key, text in _pairs(received)
            if key == name
        ]
        yield judge_calls(promise, calls, problems)


def _undocumented(evidence: Evidence) -> Iterator[Judged]:
    operation = evidence.operation
    known = {parameter.name for parameter in operation.query_parameters}
    cookies = {p.name for p in operation.parameters if p.location == "cookie"}
    promise = Promise("client.undocumented", "request", "no undocumented parameter, cookie or body")
    problems = []
    for call, received in _firsts(evidence.calls):
        extra = [f"query/{key}" for key, _ in _pairs(received) if key not in known]
        extra += [f"cookie/{name}" for name in _cookies(received) if name and name not in cookies]
        extra += ["a body"] if received.body else []
        problems += [Problem(call, shortened(each)) for each in extra]
    yield judge_calls(promise, evidence.calls, problems)


def _cookies(received: Received) -> Iterator[str]:
    for name, value in received.headers:
        if name == "cookie":
            yield from (part.partition("=")[0].strip() for part in value.split(";"))


def _credential(evidence: Evidence) -> Iterator[Judged]:
    operation = evidence.operation
    credential = operation.credential
    if credential is None:
        return
    kind, where = kind_of(credential), credential.header.lower()
    in_query = credential.place == "query"
    wanted = [*kind.valid(credential, "KEY"), *kind.query(credential, "KEY")][0][1]
    promise = Promise(
        "client.credential",
        kind.location(credential),
        f"{wanted}, and the key nowhere else",
        operation.source("operation", "/security/0"),
        security=True,
    )
    problems = []
    for call, received in _firsts(evidence.calls):
        query = tuple(parse_qsl(received.query, keep_blank_values=True))
        pairs = query if in_query else received.headers
        sent = [value for name, value in pairs if name == (credential.name if in_query else where)]
        headers = {} if in_query or not sent else {credential.header: sent[0]}
        if len(sent) != 1 or not kind.accepts(credential, headers, query, call.key):
            shown = ", ".join(value.replace(call.key, "KEY") for value in sent) or "nothing"
            place = credential.header or credential.name
            problems.append(Problem(call, f"{shortened(shown)} in {place}"))
        leaks = [f"header/{n}" for n, v in received.headers if n != where and call.key in v]
        others = [f"{n}={v}" for n, v in query if not in_query or n != credential.name]
        url = unquote("&".join([received.path, *others]))
        leaks += ["the URL"] if call.key in url else []
        leaks += ["the body"] if call.key.encode() in received.body else []
        problems += [Problem(call, f"the key in {leak}") for leak in leaks]
    yield judge_calls(promise, evidence.calls, problems)


def _list(texts: list[str]) -> str:
    return "nothing" if not texts else ", ".join(excerpt(text, 40) for text in texts[:3])


REQUESTS: Final = Family(
    "requests",
    scenarios,
    (
        ClientRule(
            "client.request",
            "Every call uses the documented method and path.",
            "The server responds to another request, or not at all.",
            _request,
        ),
        ClientRule(
            "client.query",
            "Each documented value of a parameter arrives as given, correctly escaped; arrays as "
            "repeated parameters.",
            "The server selects other items than the caller requested.",
            _values,
        ),
        ClientRule(
            "client.absent",
            "A parameter set to None is not sent.",
            "A server may treat an empty value as a filter that matches nothing.",
            _absent,
        ),
        ClientRule(
            "client.undocumented",
            "The client sends no undocumented query parameter, cookie or body.",
            "A stricter server refuses the request, or interprets the addition.",
            _undocumented,
        ),
        ClientRule(
            "client.credential",
            "The key is sent as documented, and nowhere else.",
            "URLs end up in logs and caches, and the key with them.",
            _credential,
        ),
    ),
)
