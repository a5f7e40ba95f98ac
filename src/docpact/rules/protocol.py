"""The `protocol` family: whole answers, encodings, redirects, errors that come and go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from docpact.model import Exchange, Level, Promise
from docpact.rules.evidence import TOO_MANY_REQUESTS, Evidence
from docpact.rules.rule import Broken, Judged, Rule, breaches
from docpact.text import printable

ACCEPTED_ENCODINGS: Final = ("gzip", "deflate")
"""The content codings that docpact asks for (RFC 9110, section 12.5.3)."""

BUSY: Final = frozenset({TOO_MANY_REQUESTS, 503})
"""Statuses by which a server asks to come back later (RFC 9110, section 15.6.4)."""


def judge_answer(evidence: Evidence) -> Iterator[Judged]:
    """Every request gets a whole answer in time."""
    promise = Promise("protocol.answer", "connection", "a whole answer to every request")
    broken = [
        Broken(e, _about(e), f"{e.failure.message}, to {e.case.label}")
        for e in evidence.exchanges
        if e.failure is not None and e.failure.kind in ("timeout", "cut")
    ]
    judged = len(evidence.exchanges)
    yield promise, judged, breaches(broken, judged)


def judge_encoding(evidence: Evidence) -> Iterator[Judged]:
    """A body is encoded as its header says, in a coding that was asked for."""
    promise = Promise(
        "protocol.encoding",
        "header/content-encoding",
        f"{', '.join(ACCEPTED_ENCODINGS)} or none, as asked (RFC 9110, section 12.5.3)",
    )
    broken = [
        Broken(exchange, promise.location, problem)
        for exchange in evidence.exchanges
        if (problem := _encoding_problem(exchange)) is not None
    ]
    judged = len(evidence.exchanges)
    yield promise, judged, breaches(broken, judged)


def judge_redirect(evidence: Evidence) -> Iterator[Judged]:
    """The documented address answers by itself."""
    promise = Promise(
        "protocol.redirect",
        "status",
        "an answer at the documented path",
        evidence.operation.source("operation", "/path"),
    )
    broken = [
        Broken(e, promise.location, f"redirected to {printable(e.redirects[0].partition('?')[0])}")
        for e in evidence.exchanges
        if e.redirects
    ]
    judged = len(evidence.exchanges)
    yield promise, judged, breaches(broken, judged)


def judge_intermittent(evidence: Evidence) -> Iterator[Judged]:
    """A request that failed once fails again; an error that a retry heals is worth a note."""
    promise = Promise("protocol.intermittent", "status", "the same answer to the same question")
    failed = [e for e in evidence.retried if e.status not in BUSY]
    still = {e.case.label for e in evidence.exchanges if e.failure or e.status >= 500}
    broken = [
        Broken(e, promise.location, f"{_result(e)}, then a proper answer")
        for e in failed
        if e.case.label not in still
    ]
    judged = len(evidence.exchanges)
    yield promise, judged, breaches(broken, judged)


def _about(exchange: Exchange) -> str:
    parameter = exchange.case.parameter
    return "connection" if parameter is None else f"query/{parameter}"


def _result(exchange: Exchange) -> str:
    return str(exchange.status) if exchange.failure is None else exchange.failure.message


def _encoding_problem(exchange: Exchange) -> str | None:
    if exchange.failure is not None:
        return exchange.failure.message if exchange.failure.kind == "encoding" else None
    coding = exchange.response.header("content-encoding") if exchange.response else None
    names = {name.strip().lower() for name in (coding or "").split(",")} - {""}
    if names <= {*ACCEPTED_ENCODINGS, "x-gzip", "identity"}:
        return None
    return f"{printable(coding or '')}, which was not asked for"


RULES: Final = (
    Rule(
        "protocol.answer",
        Level.BREAKING,
        "A request gets a whole answer in time.",
        "A client sees a broken connection where the page promises an answer.",
        judge_answer,
    ),
    Rule(
        "protocol.encoding",
        Level.BREAKING,
        "A body is encoded as its header says, in a coding that was asked for.",
        "No client can read the body.",
        judge_encoding,
    ),
    Rule(
        "protocol.redirect",
        Level.NOTE,
        "The documented path answers by itself, without a redirect.",
        "A client that follows no redirects sees no data.",
        judge_redirect,
    ),
    Rule(
        "protocol.intermittent",
        Level.NOTE,
        "A request that is answered properly is so every time.",
        "A client without retries fails now and then.",
        judge_intermittent,
    ),
)
