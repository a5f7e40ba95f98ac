"""What a client sends: method, path, names and values, credential, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from docpact.bodies.engine import is_valid
from docpact.cases.sampling import sample_items
from docpact.cases.wire import write_value
from docpact.client_gate.call import Call, Received
from docpact.client_gate.draws import draw_values
from docpact.client_gate.rule import ClientRule, Evidence, Family, Wrong, judged, promised
from docpact.client_gate.scenario import Query, Scenario, pages
from docpact.credentials import kind_of
from docpact.model import Case, Operation, Parameter, Promise
from docpact.rules.rule import Judged
from docpact.strategies import boundary_cases, queries
from docpact.text import excerpt, shortened

DRAWN: Final = 20
"""How many queries are generated beside those at the edges."""


def scenarios(operation: Operation) -> Iterator[Scenario]:
    """Ask for each documented value, for generated queries, and for None in every parameter."""
    items = tuple(sample_items(operation, 1))
    answers = pages(operation, (items, None))
    cases = (*boundary_cases(operation), *draw_values(queries(operation), DRAWN))
    asked: dict[str, Query] = {}
    for case in cases:
        values = _decoded(operation, case)
        if values is not None:
            asked.setdefault(case.label, values)
    for label, query in asked.items():
        yield Scenario("client.query", "query", label, answers, query, items=items)
    for parameter in operation.query_parameters:
        if not parameter.required:
            name = parameter.name
            label = f"{name}=None"
            yield Scenario(
                "client.absent", f"query/{name}", label, answers, {name: None}, items=items
            )


def _decoded(operation: Operation, case: Case) -> dict[str, Any] | None:
    """Return the decoded values of a case that a client can be asked for, or None.

    Empty texts, NUL and a page token of one's own are left out: the page documents none of them.
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
    wrong = []
    for call in evidence.calls:
        sent = [f"{each.method} {each.path}" for each in call.received]
        wrong += [Wrong(call, shortened(each)) for each in sent if each != line]
        if not sent:
            wrong.append(Wrong(call, f"{call.scenario.label}: nothing was sent"))
    yield judged(promise, evidence.calls, wrong)


def _values(evidence: Evidence) -> Iterator[Judged]:
    operation = evidence.operation
    for parameter in operation.query_parameters:
        name = parameter.name
        if name == operation.roles.token_parameter:
            continue
        calls = [c for c in evidence.calls if c.scenario.query.get(name) is not None]
        documented = "the value as it was given" + ", repeated for an array" * parameter.is_array
        source = operation.parameter_source(name)
        promise = Promise("client.query", f"query/{name}", documented, source)
        wrong = []
        for call, received in _firsts(calls):
            given = [write_value(value) for value in _listed(call.scenario.query[name])]
            sent = [text for key, text in _pairs(received) if key == name]
            if sent != given:
                wrong.append(Wrong(call, f"{_list(given)} given, {_list(sent)} sent"))
        yield judged(promise, calls, wrong)


def _absent(evidence: Evidence) -> Iterator[Judged]:
    for promise, calls in promised("client.absent", lambda _: "None sends nothing", evidence):
        name = promise.location.removeprefix("query/")
        wrong = [
            Wrong(call, f"{excerpt(text)} sent for None")
            for call, received in _firsts(calls)
            for key, text in _pairs(received)
            if key == name
        ]
        yield judged(promise, calls, wrong)


def _undocumented(evidence: Evidence) -> Iterator[Judged]:
    operation = evidence.operation
    known = {parameter.name for parameter in operation.query_parameters}
    cookies = {p.name for p in operation.parameters if p.location == "cookie"}
    promise = Promise("client.undocumented", "request", "no parameter, cookie or body beyond these")
    wrong = []
    for call, received in _firsts(evidence.calls):
        extra = [f"query/{key}" for key, _ in _pairs(received) if key not in known]
        extra += [f"cookie/{name}" for name in _cookies(received) if name and name not in cookies]
        extra += ["a body"] if received.body else []
        wrong += [Wrong(call, shortened(each)) for each in extra]
    yield judged(promise, evidence.calls, wrong)


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
    promise = Promise(
        "client.credential",
        kind.location(credential),
        f"{kind.valid(credential, 'KEY')[0][1]}, and the key nowhere else",
        operation.source("operation", "/security/0"),
        security=True,
    )
    wrong = []
    for call, received in _firsts(evidence.calls):
        sent = [value for name, value in received.headers if name == where]
        if len(sent) != 1 or not kind.accepts(credential, {credential.header: sent[0]}, call.key):
            shown = ", ".join(value.replace(call.key, "KEY") for value in sent) or "nothing"
            wrong.append(Wrong(call, f"{shortened(shown)} in {credential.header}"))
        leaks = [f"header/{n}" for n, v in received.headers if n != where and call.key in v]
        leaks += ["the URL"] if call.key in unquote(f"{received.path}?{received.query}") else []
        leaks += ["the body"] if call.key.encode() in received.body else []
        wrong += [Wrong(call, f"the key in {leak}") for leak in leaks]
    yield judged(promise, evidence.calls, wrong)


def _list(texts: list[str]) -> str:
    return "nothing" if not texts else ", ".join(excerpt(text, 40) for text in texts[:3])


REQUESTS: Final = Family(
    "requests",
    scenarios,
    (
        ClientRule(
            "client.request",
            "Every call asks by the documented method at the documented path.",
            "The server answers another question, or none.",
            _request,
        ),
        ClientRule(
            "client.query",
            "Each documented value of a parameter arrives as it was given, escaped where it must "
            "be, arrays by repeated names.",
            "The server selects by something else than the caller asked for.",
            _values,
        ),
        ClientRule(
            "client.absent",
            "A parameter given as None is left out.",
            "A server may take an empty value for a filter that nothing matches.",
            _absent,
        ),
        ClientRule(
            "client.undocumented",
            "No query parameter, cookie or body is sent that the page does not document.",
            "A stricter server refuses the request, or gives the addition a meaning.",
            _undocumented,
        ),
        ClientRule(
            "client.credential",
            "The key is in the documented header, and nowhere else.",
            "URLs end in logs and caches, and the key with them.",
            _credential,
        ),
    ),
)
