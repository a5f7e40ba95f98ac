"""The `path` family: what the path names is what the answer is about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from docpact.model import Exchange, Level, Operation, Parameter, Promise, Source
from docpact.model.path import matched
from docpact.model.pointer import resolve
from docpact.rules.evidence import Body, Evidence
from docpact.rules.rule import Broken, Judged, Rule, breaches
from docpact.text import excerpt

UNKNOWN: Final = "unknown"
"""What a case is about whose path names nothing; in the place of a keyword."""


def judge_identity(evidence: Evidence) -> Iterator[Judged]:
    """What is answered says that it is what the path asked for."""
    operation = evidence.operation
    for name, where in operation.roles.path.items():
        promise = Promise(
            "path.identity",
            where,
            f"the {name} of the path",
            operation.field_source(where),
        )
        asked = [
            (body, _asked(operation, body.exchange, name), resolve(body.decoded.value, where))
            for body in evidence.bodies
        ]
        told = [(body, text, value) for body, text, value in asked if text and value is not None]
        broken = [
            Broken(body.exchange, where, f"{excerpt(value)} to {name}={excerpt(text)}")
            for body, text, value in told
            if not _is_same(text, value)
        ]
        yield promise, len(told), breaches(broken, len(told))


def judge_unknown(evidence: Evidence) -> Iterator[Judged]:
    """A path that names nothing is not answered as if it did; an empty list says nothing."""
    operation = evidence.operation
    bodies = {id(body.exchange): body for body in evidence.bodies}
    for parameter in operation.path_parameters:
        promise = Promise(
            "path.unknown",
            f"path/{parameter.name}",
            "nothing for a value that was never given out",
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
        broken = [
            Broken(each, promise.location, f"{each.status} to {each.case.label}")
            for each in about
            if 200 <= each.status < 300 and _shows(operation, bodies.get(id(each)))
        ]
        yield promise, len(about), breaches(broken, len(about))


def judge_server_error(evidence: Evidence) -> Iterator[Judged]:
    """No value in the path makes the server fail."""
    for parameter in evidence.operation.path_parameters:
        promise = Promise(
            "path.server_error",
            f"path/{parameter.name}",
            "an answer below 500, whatever the value (RFC 9110, section 15.6)",
            _source(evidence.operation, parameter),
        )
        about: list[Exchange] = [
            exchange
            for exchange in evidence.exchanges
            if exchange.response is not None and parameter.name in dict(exchange.case.question.path)
        ]
        broken = [
            Broken(each, promise.location, f"{each.status} to {each.case.label}")
            for each in about
            if each.status >= 500
        ]
        yield promise, len(about), breaches(broken, len(about))


def _asked(operation: Operation, exchange: Exchange, name: str) -> str:
    """Return what the path of a request says, or an empty text."""
    _, values = matched(operation.path, urlsplit(exchange.request.url).path) or ("", {})
    return values.get(name, "")


def _is_same(text: str, value: Any) -> bool:
    """Say whether a value is what a path says; a UUID has several forms (RFC 9562, section 4)."""
    said = value if isinstance(value, str) else str(value)
    return said == text or (_uuid(said) is not None and _uuid(said) == _uuid(text))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _shows(operation: Operation, body: Body | None) -> bool:
    """Say whether an answer shows anything: a list with items, or whatever is no list."""
    if body is None or operation.roles.items is None:
        return True
    return bool(resolve(body.decoded.value, operation.roles.items, default=True))


def _source(operation: Operation, parameter: Parameter) -> Source | None:
    return operation.source("operation", f"/parameters/{operation.parameters.index(parameter)}")


RULES: Final = (
    Rule(
        "path.identity",
        Level.BREAKING,
        "What is answered is what the path names.",
        "A client works on another thing than the one it asked for.",
        judge_identity,
    ),
    Rule(
        "path.unknown",
        Level.BREAKING,
        "A path that names nothing is not answered as if it named something.",
        "A client takes a thing that is not there for one that is.",
        judge_unknown,
    ),
    Rule(
        "path.server_error",
        Level.BREAKING,
        "No value in the path is answered with a 5xx.",
        "A client cannot tell its own mistake from an outage, and retries in vain.",
        judge_server_error,
    ),
)
