"""Drifts of responses as a whole: another status, another header, or none at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from docpact.cases.parts import put
from docpact.model import Exchange, Failure, Judgement, Operation, Question, Response
from docpact.model.pointer import change_at, tokens
from docpact.power.trials import KNOWN, Drift, Known, find_new, with_body
from docpact.rules import Evidence, gather, judge
from docpact.rules.evidence import sort_attempts
from docpact.rules.walks.bodies import BodyReader

PLAIN: Final = Question()
"""The request without parameters."""

HTML: Final = (("content-type", "text/html"),)

SUNSET: Final = (
    ("sunset", "Sat, 31 Jul 2027 23:59:59 GMT"),
    ("deprecation", "@1767225600"),
    ("warning", '299 - "deprecated"'),
)
"""Announcements of an end (RFC 8594, RFC 9745, RFC 9111)."""

SILENT: Final = "no other response contradicts it"

UNTESTED: Final = "no recorded response tests it"

READ: Final = ("response.", "paging.")
"""The families of rules that read bodies."""

ASKED: Final = ("query.", "path.")
"""The families of rules with promises of their own for each parameter."""

Alteration: TypeAlias = Callable[[Exchange], Exchange]
"""Returns an exchange after a drift."""

Damage: TypeAlias = Callable[[Operation, Sequence[Exchange]], Sequence[Exchange]]
"""Returns the exchanges of an operation after a drift."""


def try_messages(
    evidence: Evidence, judgements: Sequence[Judgement], known: Known
) -> Iterator[Drift]:
    """Yield each drift of responses as a whole, tried on all kinds of exchanges at once."""
    tested = {each.promise: each.observations for each in judgements}
    operation, reader = evidence.operation, BodyReader(evidence.operation)
    by_question = _choose(evidence.all, _read_question)
    by_status = _choose(evidence.all, _read_kind)
    for name, rules, damage in KINDS:
        aims = [promise for promise in tested if promise.rule in rules]
        if not aims:
            continue
        asks = rules[0].startswith(ASKED)
        exchanges = damage(operation, by_question if asks else by_status)
        if rules[0].startswith(READ):
            damaged = gather(operation, exchanges, reader, joined=False)
        else:
            damaged = sort_attempts(operation, exchanges)
        noticed = find_new(judge(damaged, rules), known)
        for promise in aims:
            reason = ""
            if promise not in noticed:
                is_known = any(rule == promise.rule for rule, _, _ in known)
                reason = UNTESTED if not tested[promise] else KNOWN if is_known else SILENT
            yield Drift(name, promise.rule, promise.place, reason)


def _choose(exchanges: Iterable[Exchange], read: Callable[[Exchange], object]) -> list[Exchange]:
    """Return one exchange, with a small body, of those that are of one kind."""
    chosen: dict[object, Exchange] = {}
    for each in exchanges:
        chosen.setdefault(read(each), each)
    return list(map(_relabel, chosen.values()))


def _read_question(exchange: Exchange) -> object:
    """Return the same for exchanges that test the same promises about requests."""
    question, expected = exchange.case.question, exchange.case.expectation
    return _read_kind(exchange), question.path, question.without, expected


def _read_kind(exchange: Exchange) -> object:
    """Return the same for exchanges that test the same promises about responses."""
    question, expected = exchange.case.question, exchange.case.expectation
    asked = question.method, question.credentials, question.credential, question == PLAIN
    return asked, expected.answer, expected.parameter is None, exchange.status


def _relabel(
    exchange: Exchange, headers: Sequence[tuple[str, str]] = (), body: bytes = b"{}"
) -> Exchange:
    """Return an exchange with another body and some other headers, if it has a response."""
    response = exchange.response
    if response is None:
        return exchange
    names = {name for name, _ in headers}
    kept = [(name, value) for name, value in response.headers if name not in names]
    return replace(exchange, outcome=replace(response, headers=(*kept, *headers), body=body))


def _each(change: Alteration) -> Damage:
    """Return the drift that changes every exchange."""
    return lambda _, exchanges: [change(each) for each in exchanges]


def _respond(status: int, headers: Sequence[tuple[str, str]] = ()) -> Damage:
    """Return the drift that gives every request one response."""
    response = Response(status, tuple(headers), b"{}")
    return _each(lambda exchange: replace(exchange, outcome=response))


def _fail(failure: Failure) -> Damage:
    return _each(lambda exchange: replace(exchange, outcome=failure))


def _respond_to_others(status: int) -> Damage:
    """Return the drift that gives one response to all but the plain request."""
    other = Response(status, (), b"{}")
    return _each(lambda e: e if e.case.question == PLAIN else replace(e, outcome=other))


def _fail_first(_: Operation, exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Let the first attempt of each request fail."""
    error = Response(500, (), b"{}")
    return [*exchanges, *(replace(each, retried=True, outcome=error) for each in exchanges)]


def _vary(_: Operation, exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Answer each question with another status the second time."""
    return [*exchanges, *(replace(each, outcome=Response(404)) for each in exchanges)]


def _state_total(operation: Operation, exchanges: Sequence[Exchange]) -> list[Exchange]:
    """State a number of items below zero."""
    body = change_at({}, tokens(operation.roles.total or ""), put(-1))
    return [with_body(each, body) if each.response else each for each in exchanges]


def _remove_headers(exchange: Exchange) -> Exchange:
    response = exchange.response
    if response is None:
        return exchange
    kept = tuple(each for each in response.headers if each[0] == "content-type")
    return replace(exchange, outcome=replace(response, headers=kept))


KINDS: Final[Sequence[tuple[str, tuple[str, ...], Damage]]] = (
    ("a documented value is refused", ("query.accepts",), _respond_to_others(400)),
    ("an undocumented value is accepted", ("query.rejects",), _respond(200)),
    (
        "a value makes the server fail",
        ("query.server_error", "path.server_error"),
        _respond_to_others(500),
    ),
    (
        "invalid credentials are accepted",
        ("auth.missing", "auth.wrong", "auth.malformed", "auth.cookie"),
        _respond(200),
    ),
    (
        "invalid credentials lead to a page",
        ("auth.redirect",),
        _respond(302, [("location", "/login")]),
    ),
    (
        "the credential is in a response",
        ("auth.echo",),
        _each(lambda e: replace(e, echoes=("body",))),
    ),
    ("a documented request fails", ("response.status",), _respond(500)),
    ("another media type", ("response.content_type",), _each(lambda e: _relabel(e, HTML))),
    ("a body is cut short", ("response.json",), _each(lambda e: _relabel(e, (), b'{"'))),
    (
        "an error has another body",
        ("response.body",),
        _each(lambda e: _relabel(e, (), b'"docpact"')),
    ),
    ("headers are missing", ("response.header",), _each(_remove_headers)),
    ("the total is below zero", ("paging.total",), _state_total),
    ("the status differs the second time", ("stability.same",), _vary),
    (
        "a first attempt fails",
        ("protocol.intermittent",),
        lambda o, e: _fail_first(o, e)[: len(e) + 1],
    ),
    ("first attempts fail", ("protocol.reliable",), _fail_first),
    ("no response", ("protocol.answer",), _fail(Failure("cut", "the connection broke"))),
    (
        "another coding",
        ("protocol.encoding",),
        _fail(Failure("encoding", "the body is not encoded as its header says")),
    ),
    ("a redirect", ("protocol.redirect",), _each(lambda e: replace(e, redirects=(e.request.url,)))),
    ("another method fails", ("protocol.methods",), _respond_to_others(500)),
    ("the end is announced", ("protocol.deprecation",), _each(lambda e: _relabel(e, SUNSET))),
)
"""Every kind of drift of responses as a whole: its name, the rules that it aims at (each promise
under them is one drift), and the damage to the exchanges."""
