"""Drifts of responses as a whole: another status, another header, or none at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from docpact.model import Exchange, Failure, Judgement, Response
from docpact.power.drift import KNOWN, Drift, Known
from docpact.rules import Evidence, gather, judge

HTML: Final = (("content-type", "text/html"),)

SUNSET: Final = (
    ("sunset", "Sat, 31 Jul 2027 23:59:59 GMT"),
    ("deprecation", "@1767225600"),
    ("warning", '299 - "deprecated"'),
)
"""Announcements of an end (RFC 8594, RFC 9745, RFC 9111)."""

UNTESTED: Final = "no recorded response tests it"


class Kind(NamedTuple):
    """One kind of drift of responses.

    Attributes:
        name: in words.
        rules: that it aims at: each promise under them is one drift.
        damage: returns an exchange after the drift.
    """

    name: str
    rules: tuple[str, ...]
    damage: Callable[[Exchange], Exchange]


def try_messages(
    evidence: Evidence, judgements: Sequence[Judgement], known: Known
) -> Iterator[Drift]:
    """Yield each drift of responses as a whole, tried on all kinds of exchanges at once."""
    tested = {each.promise: each.observations for each in judgements}
    representatives = _choose(evidence.all)
    for kind in KINDS:
        aims = [promise for promise in tested if promise.rule in kind.rules]
        if not aims:
            continue
        exchanges = [kind.damage(each) for each in representatives]
        families = {rule.partition(".")[0] for rule in kind.rules}
        damaged = judge(gather(evidence.operation, exchanges, joined=False), families)
        noticed = {
            each.promise
            for each in damaged
            for breach in each.breaches
            if (each.promise.rule, breach.location, breach.detail) not in known
        }
        for promise in aims:
            about = " ".join(filter(None, (promise.location, promise.keyword)))
            reason = "" if promise in noticed else KNOWN if tested[promise] else UNTESTED
            yield Drift(kind.name, promise.rule, about, reason)


def _choose(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Return one exchange, with a small body, of those that test the same promises."""
    chosen: dict[object, Exchange] = {}
    for each in exchanges:
        case = each.case
        asked = replace(case.question, query=(), headers=(), body="")
        chosen.setdefault((asked, case.expectation, each.status), _relabel()(each))
    return list(chosen.values())


def _respond(
    status: int, body: bytes = b"{}", headers: Sequence[tuple[str, str]] = ()
) -> Callable[[Exchange], Exchange]:
    """Return the drift that gives every request one response."""
    response = Response(status, tuple(headers), body)
    return lambda exchange: replace(exchange, outcome=response)


def _fail(failure: Failure) -> Callable[[Exchange], Exchange]:
    return lambda exchange: replace(exchange, outcome=failure)


def _relabel(*headers: tuple[str, str], body: bytes = b"{}") -> Callable[[Exchange], Exchange]:
    """Return the drift that sets headers and the body, and keeps the other headers."""
    names = {name for name, _ in headers}

    def damage(exchange: Exchange) -> Exchange:
        response = exchange.response
        if response is None:
            return exchange
        kept = [(name, value) for name, value in response.headers if name not in names]
        response = replace(response, headers=(*kept, *headers), body=body)
        return replace(exchange, outcome=response)

    return damage


def _remove_headers(exchange: Exchange) -> Exchange:
    response = exchange.response
    kept = [(n, v) for n, v in response.headers if n == "content-type"] if response else []
    return exchange if response is None else _respond(response.status, b"{}", kept)(exchange)


KINDS: Final = (
    Kind("a documented value is refused", ("query.accepts",), _respond(400)),
    Kind("an undocumented value is accepted", ("query.rejects",), _respond(200)),
    Kind(
        "a value makes the server fail", ("query.server_error", "path.server_error"), _respond(500)
    ),
    Kind(
        "invalid credentials are accepted",
        ("auth.missing", "auth.wrong", "auth.malformed", "auth.cookie"),
        _respond(200),
    ),
    Kind(
        "invalid credentials lead to a page",
        ("auth.redirect",),
        _respond(302, headers=[("location", "/login")]),
    ),
    Kind(
        "the credential is in a response",
        ("auth.echo",),
        lambda exchange: replace(exchange, echoes=("body",)),
    ),
    Kind("a documented request fails", ("response.status",), _respond(500)),
    Kind("another media type", ("response.content_type",), _relabel(*HTML)),
    Kind("a body is cut short", ("response.json",), _relabel(body=b'{"')),
    Kind("an error has another body", ("response.body",), _relabel(body=b'"docpact"')),
    Kind("headers are missing", ("response.header",), _remove_headers),
    Kind("no response", ("protocol.answer",), _fail(Failure("cut", "the connection broke"))),
    Kind(
        "another coding",
        ("protocol.encoding",),
        _fail(Failure("encoding", "the body is not encoded as its header says")),
    ),
    Kind(
        "a redirect",
        ("protocol.redirect",),
        lambda exchange: replace(exchange, redirects=(exchange.request.url,)),
    ),
    Kind("another method fails", ("protocol.methods",), _respond(500)),
    Kind("the end is announced", ("protocol.deprecation",), _relabel(*SUNSET)),
)
"""Every kind of drift of responses as a whole."""
