"""The `path` family: a response is about the thing that the path names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from docpact.cases.styles import match_operation
from docpact.model import Exchange, Level, Operation, Parameter, Promise, Source
from docpact.model.pointer import resolve
from docpact.rules.evidence import Body, Evidence
from docpact.rules.rule import Broken, Judged, Rule, group_breaches, judge_each
from docpact.text import excerpt

UNKNOWN: Final = "unknown"
"""Used as keyword for a case whose path names nothing."""


def judge_identity(evidence: Evidence) -> Iterator[Judged]:
    """A response has the same identifier as the path."""
    operation = evidence.operation
    for name, where in operation.roles.path.items():
        promise = Promise(
            "path.identity",
            where,
            f"the {name} of the path",
            operation.field_source(where),
        )
        asked = [
            (body, _read_asked(operation, body.exchange, name), resolve(body.decoded.value, where))
            for body in evidence.bodies
        ]
        shown = [(body, text, value) for body, text, value in asked if text and value is not None]
        broken = [
            Broken(body.exchange, where, f"{excerpt(value)} to {name}={excerpt(text)}")
            for body, text, value in shown
            if not _is_same(text, value)
        ]
        yield promise, len(shown), group_breaches(broken, len(shown))


def judge_unknown(evidence: Evidence) -> Iterator[Judged]:
    """A path that names nothing returns nothing; an empty list is nothing too."""
    operation = evidence.operation
    bodies = {id(body.exchange): body for body in evidence.bodies}
    for parameter in operation.path_parameters:
        promise = Promise(
            "path.unknown",
            f"path/{parameter.name}",
            "nothing for a value that the server never issued",
            _source(operation, parameter),
        )
        about = [
            exchange
            for exchange in evidence.exchanges
            if (exchange.case.expectation.parameter, exchange.case.expectation.keyword)
            == (parameter.name, UNKNOWN)
            and exchange.response is not None
            and exchange.status < 500
        ]

        def find_content(exchange: Exchange) -> str | None:
            is_shown = _shows(operation, bodies.get(id(exchange)))
            return _describe(exchange) if 200 <= exchange.status < 300 and is_shown else None

        yield judge_each(promise, about, find_content)


def judge_server_error(evidence: Evidence) -> Iterator[Judged]:
    """No value in the path makes the server fail."""
    for parameter in evidence.operation.path_parameters:
        promise = Promise(
            "path.server_error",
            f"path/{parameter.name}",
            "a status below 500, whatever the value (RFC 9110, section 15.6)",
            _source(evidence.operation, parameter),
        )
        about = [
            exchange
            for exchange in evidence.exchanges
            if exchange.response is not None and parameter.name in dict(exchange.case.question.path)
        ]
        yield judge_each(promise, about, lambda e: _describe(e) if e.status >= 500 else None)


def _describe(exchange: Exchange) -> str:
    return f"{exchange.status} to {exchange.case.label}"


def _read_asked(operation: Operation, exchange: Exchange, name: str) -> str:
    """Return the value of a parameter in the path of a request, or an empty text."""
    _, values = match_operation(operation, urlsplit(exchange.request.url).path) or ("", {})
    return values.get(name, "")


def _is_same(text: str, value: Any) -> bool:
    """Return whether a value equals a text; a UUID has several forms (RFC 9562, section 4)."""
    written = value if isinstance(value, str) else str(value)
    return written == text or (_uuid(written) is not None and _uuid(written) == _uuid(text))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _shows(operation: Operation, body: Body | None) -> bool:
    """Return whether a response has content; a list has none if it is empty."""
    if body is None or operation.roles.items is None:
        return True
    return bool(resolve(body.decoded.value, operation.roles.items, default=True))


def _source(operation: Operation, parameter: Parameter) -> Source | None:
    return operation.source("operation", f"/parameters/{operation.parameters.index(parameter)}")


RULES: Final = (
    Rule(
        "path.identity",
        Level.BREAKING,
        "A response is about the thing that the path names.",
        "A client works on something that it did not ask for.",
        judge_identity,
    ),
    Rule(
        "path.unknown",
        Level.BREAKING,
        "A path that names nothing returns nothing.",
        "A client believes that something exists which does not.",
        judge_unknown,
    ),
    Rule(
        "path.server_error",
        Level.BREAKING,
        "No value in the path causes a 5xx status.",
        "A client cannot distinguish its own mistake from an outage and retries in vain.",
        judge_server_error,
    ),
)
