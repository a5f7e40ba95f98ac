"""The `query` family: documented values are accepted, others rejected, and none causes a 5xx."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from typing import Final

from docpact.bodies.wording import describe_keyword
from docpact.model import Exchange, Expected, Level, Operation, Parameter, Promise, Question
from docpact.model.pointer import pointer, resolve
from docpact.model.schema import ASSERTIONS
from docpact.rules.accumulator import TOO_MANY_REQUESTS
from docpact.rules.evidence import Evidence
from docpact.rules.rule import Judged, describe_status, judge_each, rule

NOT_IMPLEMENTED: Final = 501
"""A documented answer to a parameter that a server does not support (RFC 9110, section 15.6.2)."""


@rule("query.accepts", "A client that follows the documentation is refused.")
def judge_accepts(evidence: Evidence) -> Iterator[Judged]:
    """A documented value of a parameter is accepted."""
    yield from _judge_values(
        evidence, "query.accepts", Expected.ACCEPTED, lambda status: 400 <= status < 500
    )


@rule(
    "query.rejects",
    "A mistake goes unnoticed, and the response answers another question.",
    Level.ADDITIVE,
    needs_own_requests=True,
)
def judge_rejects(evidence: Evidence) -> Iterator[Judged]:
    """An undocumented value of a parameter is rejected with a 4xx status."""
    yield from _judge_values(
        evidence, "query.rejects", Expected.REJECTED, lambda status: 200 <= status < 300
    )


@rule(
    "query.server_error",
    "A client cannot distinguish its own mistake from an outage and retries in vain.",
)
def judge_server_error(evidence: Evidence) -> Iterator[Judged]:
    """No value of a parameter, documented or not, causes a 5xx status."""
    for parameter in evidence.operation.query_parameters:
        promise = Promise(
            "query.server_error",
            f"query/{parameter.name}",
            "a status below 500, whatever the value (RFC 9110, section 15.6)",
            evidence.operation.parameter_source(parameter.name),
        )
        about = [
            e for e in _find_answered(evidence) if e.case.expectation.parameter == parameter.name
        ]

        def find_failure(exchange: Exchange) -> str | None:
            is_stated = exchange.status == NOT_IMPLEMENTED and evidence.operation.documents(501)
            return describe_status(exchange) if exchange.status >= 500 and not is_stated else None

        yield judge_each(promise, about, find_failure)


def _judge_values(
    evidence: Evidence, rule: str, expects: Expected, breaks: Callable[[int], bool]
) -> Iterator[Judged]:
    answered = [e for e in _find_answered(evidence) if e.case.expectation.answer is expects]
    refused = _find_plain_refusals(evidence) if expects is Expected.ACCEPTED else frozenset()
    usable = _find_usable(evidence)
    for parameter in evidence.operation.query_parameters:
        for promise in _promises(evidence.operation, rule, parameter):
            about = [
                exchange
                for exchange in answered
                if exchange.case.expectation.parameter == parameter.name
                and exchange.case.expectation.keyword == promise.keyword
                and exchange.status < 500
                and exchange.status not in refused
                and not (expects is Expected.ACCEPTED and _may_refuse(evidence, exchange, usable))
            ]
            yield judge_each(
                promise, about, lambda e: describe_status(e) if breaks(e.status) else None
            )


def _find_plain_refusals(evidence: Evidence) -> frozenset[int]:
    """Return the 4xx statuses of requests without parameters, which no value can be the cause of.

    The documentation may not say that one of several parameters is required.
    """
    return frozenset(
        each.status
        for each in _find_answered(evidence)
        if each.case.question == Question() and each.case.expectation.parameter is None
        if 400 <= each.status < 500
    )


def _find_usable(evidence: Evidence) -> frozenset[str]:
    """Return the parameters of which some documented value was accepted."""
    return frozenset(
        name
        for each in _find_answered(evidence)
        if 200 <= each.status < 300 and each.case.expectation.answer is not Expected.REJECTED
        for name, _ in each.case.question.query
    )


def _may_refuse(evidence: Evidence, exchange: Exchange, usable: Set[str]) -> bool:
    """Return whether a server may refuse a documented value.

    A text that only fits a pattern, and a UUID, may name nothing: the refusal must be documented,
    or other values be accepted. The thing that a path names may not have an enumerated value, if
    the refusal is documented, unless an item of the list has it, or it is an order.
    """
    operation, expected = evidence.operation, exchange.case.expectation
    documented, name = operation.find_response(exchange.status), str(expected.parameter)
    form = operation.parameter(name).item_schema.get("format")
    is_name = expected.keyword == "pattern" or (expected.keyword == "format" and form == "uuid")
    shown = evidence.relations.collection.values.get(name, {})
    is_known = name in operation.roles.orders or not shown.keys().isdisjoint(
        text for asked, text in exchange.case.query if asked == name
    )
    of_thing = expected.keyword == "enum" and bool(operation.path_parameters) and not is_known
    is_stated = documented is not None and documented.is_explicit
    may = (is_stated and (is_name or of_thing)) or (is_name and name in usable)
    return may and 400 <= exchange.status < 500


def _find_answered(evidence: Evidence) -> Iterator[Exchange]:
    for exchange in evidence.exchanges:
        valid = exchange.case.question.credentials == "valid"
        if valid and exchange.response is not None and exchange.status != TOO_MANY_REQUESTS:
            yield exchange


def _promises(operation: Operation, rule: str, parameter: Parameter) -> Iterator[Promise]:
    """Yield a promise for each keyword of a parameter that a query text can meet or violate.

    No text violates a `type` of string, and next to an `enum` a `type` adds nothing.
    """
    where = pointer(("properties", parameter.name))
    location = f"query/{parameter.name}"
    if parameter.required and rule == "query.rejects":
        source = operation.parameter_source(parameter.name)
        yield Promise(rule, location, describe_keyword("required", None), source, "required")
    stated = [(f"{where}/{keyword}", keyword) for keyword in ("minItems", "maxItems")]
    inside = f"{where}/items" if parameter.is_array else where
    stated += [(f"{inside}/{keyword}", keyword) for keyword in parameter.item_schema]
    for at, keyword in stated:
        value = resolve(operation.query_schema, at)
        is_text = value == "string" and parameter.content is None
        any_text = is_text and rule == "query.rejects"
        if keyword == "type" and (any_text or "enum" in parameter.item_schema):
            continue
        if keyword not in ASSERTIONS or value is None:
            continue
        source = operation.source("query", at) or operation.parameter_source(parameter.name)
        yield Promise(rule, location, describe_keyword(keyword, value), source, keyword)


RULES: Final = (
    judge_accepts,
    judge_rejects,
    judge_server_error,
)
