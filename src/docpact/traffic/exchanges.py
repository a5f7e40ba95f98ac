"""From entries of traffic that docpact did not send to exchanges that the rules can judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from docpact.bodies.decode import decode
from docpact.bodies.validate import ASSERTIONS
from docpact.model import (
    Case,
    Exchange,
    Expectation,
    Expected,
    Operation,
    Parameter,
    Query,
    Question,
    Request,
    Response,
    Visit,
)
from docpact.model.path import matched
from docpact.rules.protocol import PROBES
from docpact.rules.walks import read_page
from docpact.text import counted, printable
from docpact.traffic.recording import Entry, Recording

REFUSED: Final = frozenset({401, 403, 404, 407})
"""Statuses that speak of who asked, or for whose data, which no recording tells."""

RECORDED: Final = "recorded"
"""The phase of all traffic that docpact did not send: items recur in it as they were asked for."""


def judged_as(operation: Operation, entries: Sequence[Entry]) -> Recording:
    """Return what of some traffic can be held to a contract.

    A page is joined to the one whose token it asks with; a token from outside the recording is
    asked with by nobody known, so that nothing is expected of its answer.

    Args:
        operation: the contract.
        entries: in the order sent.
    """
    mine = [entry for entry in entries if is_of(operation, entry)]
    told = [entry for entry in mine if not is_refused(entry)]
    remarks = [f"{counted(len(told), 'exchange')} of {operation.method} {operation.path}"]
    if other := len(entries) - len(mine):
        remarks.append(f"{counted(other, 'exchange')} of other operations left out")
    if refused := len(mine) - len(told):
        remarks.append(
            f"{counted(refused, 'answer')} of 401, 403, 404 or 407 left out: "
            "a recording does not tell who asked"
        )
    exchanges = tuple(_exchanges(operation, told))
    started = told[0].started if told else None
    return Recording(_target(operation, told), exchanges, tuple(remarks), started=started)


def asked(operation: Operation, entry: Entry) -> Exchange:
    """Return one exchange by itself.

    A page asked for by token is of the question without the token; as nobody knows here whether the
    token was ever given out, a refusal is no breach.

    Args:
        operation: the contract.
        entry: of the operation.
    """
    query = tuple(parse_qsl(urlsplit(entry.url).query, keep_blank_values=True))
    first = tuple(pair for pair in query if pair[0] != operation.roles.onward)
    case = _case(operation, entry, first)
    if first != query:
        token = next(pair for pair in reversed(query) if pair[0] == operation.roles.onward)
        expectation = replace(case.expectation, answer=Expected.UNSPECIFIED)
        case = replace(case, expectation=expectation, visit=Visit(token=token))
    request = Request(entry.method, entry.url)
    return Exchange(case, request, entry.outcome, entry.seconds, phase=RECORDED)


def is_of(operation: Operation, entry: Entry) -> bool:
    """Say whether an operation was asked for, or about by HEAD or OPTIONS."""
    mine = entry.method == operation.method or entry.method in PROBES
    return mine and _is_at(operation.path, entry.url.partition("?")[0])


@lru_cache(maxsize=1024)
def _is_at(template: str, address: str) -> bool:
    return matched(template, urlsplit(address).path) is not None


def is_refused(entry: Entry) -> bool:
    """Say whether an answer speaks of who asked, which no recording tells."""
    return _status(entry) in REFUSED


def _status(entry: Entry) -> int:
    return entry.outcome.status if isinstance(entry.outcome, Response) else 0


def _target(operation: Operation, entries: Sequence[Entry]) -> str:
    if not entries:
        return "a recording"
    parts = urlsplit(entries[0].url)
    prefix, _ = matched(operation.path, parts.path) or ("", {})
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{prefix}"


def _exchanges(operation: Operation, entries: Sequence[Entry]) -> Iterator[Exchange]:
    """Yield the exchanges, each page under the label and the look of its walk's first one."""
    open_walks: dict[Query, Case] = {}
    repeats: Counter[Question] = Counter()
    token_parameter = operation.roles.onward
    for entry in entries:
        query = tuple(parse_qsl(urlsplit(entry.url).query, keep_blank_values=True))
        case = open_walks.pop(query, None)
        if case is None:
            case = _case(operation, entry, query)
            case = replace(case, visit=Visit(repeat=repeats[case.question]))
            repeats[case.question] += 1
        exchange = Exchange(
            case,
            Request(entry.method, entry.url),
            entry.outcome,
            entry.seconds,
            phase=RECORDED,
        )
        yield exchange
        if token_parameter is not None and (token := _token(operation, exchange)) is not None:
            onward = case.next_page(token_parameter, token)
            for query in (onward.query, *_other_ways(onward.query, token_parameter)):
                open_walks[query] = onward


def _other_ways(query: Query, token_parameter: str) -> Iterator[Query]:
    """Yield the same question with the token first, as some clients write it."""
    token = [pair for pair in query if pair[0] == token_parameter]
    yield (*token, *(pair for pair in query if pair[0] != token_parameter))


def _token(operation: Operation, exchange: Exchange) -> str | None:
    response = exchange.response
    if response is None or response.status != operation.status:
        return None
    page = read_page(operation, exchange, decode(response.body).value)
    return page.token if page else None


def _case(operation: Operation, entry: Entry, query: Query) -> Case:
    from docpact.cases.labels import query_label

    method = None if entry.method == operation.method else entry.method
    named = printable(query_label(query, "recorded")) if query else "no parameters (recorded)"
    expectation = _expectation(operation, query)
    if method is not None:
        expectation = replace(expectation, answer=Expected.UNSPECIFIED)
    _, values = matched(operation.path, urlsplit(entry.url).path) or ("", {})
    path = tuple(values.items())
    return Case(named, Question(query, path=path, method=method), expectation)


def _expectation(operation: Operation, query: Query) -> Expectation:
    """Return what the page says of a query, and the one parameter and keyword it is about."""
    from docpact.cases.wire import can_be_documented

    known = {parameter.name: parameter for parameter in operation.query_parameters}
    if not {name for name, _ in query} <= set(known):
        return Expectation(Expected.UNSPECIFIED)
    names = list(dict.fromkeys(name for name, _ in query))
    outside = [known[name] for name, text in query if not can_be_documented(known[name], text)]
    if len(outside) == 1 and len(names) == 1:
        return Expectation(Expected.REJECTED, outside[0].name, _keyword(outside[0]))
    if outside or not all(_is_documented(known[name], text) for name, text in query):
        return Expectation(Expected.UNSPECIFIED)
    only = known[names[0]] if len(names) == 1 else None
    if only is None:
        return Expectation()
    return Expectation(parameter=only.name, keyword=_keyword(only))


def _is_documented(parameter: Parameter, text: str) -> bool:
    """Say whether a text is a documented value as it stands, and the page alone decides that.

    Free text may name what is not there; `status=` and `page_size=07` may be read in two ways.
    """
    from docpact.cases.wire import write_value

    stated = parameter.item_schema
    if "enum" in stated:
        return text in [write_value(value) for value in stated["enum"] if value is not None]
    if "string" in stated.get("type", "string"):
        return False
    return text.isascii() and text.isdecimal() and str(int(text)) == text


def _keyword(parameter: Parameter) -> str:
    stated = parameter.item_schema
    return next((k for k in ("enum", "maximum", "type") if k in stated and k in ASSERTIONS), "type")
