"""The `response` family: status, content type, strict JSON, every schema keyword, extra fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from docpact.bodies.validate import Place, Undocumented, Validation, Violation, describe, subschemas
from docpact.model import (
    Breach,
    Case,
    Exchange,
    Expected,
    Level,
    Operation,
    PageVisit,
    Promise,
)
from docpact.model.pointer import pointer, resolve
from docpact.rules.evidence import TOO_MANY_REQUESTS, Body, Evidence
from docpact.rules.rule import Broken, Judged, Rule, breaches, in_short, is_told, page_visits
from docpact.text import excerpt, printable


def judge_status(evidence: Evidence) -> Iterator[Judged]:
    """Answers to what the page documents have its status; a fitting 4xx elsewhere is no breach."""
    operation = evidence.operation
    promise = Promise(
        "response.status",
        "status",
        f"{operation.status} for a documented request",
        operation.source("operation", "/method"),
    )
    answered = [
        exchange
        for exchange in evidence.exchanges
        if exchange.response is not None
        and exchange.case.question.credentials == "valid"
        and exchange.status != TOO_MANY_REQUESTS
    ]
    broken = [
        Broken(exchange, promise.location, status_said(exchange), detail=str(exchange.status))
        for exchange in answered
        if exchange.status != operation.status
        and not may_answer_so(exchange)
        and not is_told(exchange, answered)
    ]
    yield promise, len(answered), breaches(broken, len(answered))


def judge_content_type(evidence: Evidence) -> Iterator[Judged]:
    """Bodies are labelled with the documented media type, whatever its parameters and case."""
    operation = evidence.operation
    promise = Promise(
        "response.content_type",
        "header/content-type",
        operation.content_type,
        operation.source("operation", "/response/examples/0"),
    )
    labels = [
        (body.exchange, _label(body))
        for body in evidence.bodies
        if body.exchange.response is not None and body.exchange.response.headers_known
    ]
    broken = [
        Broken(exchange, promise.location, label_said(label))
        for exchange, label in labels
        if media_type(label) != operation.content_type
    ]
    yield promise, len(labels), breaches(broken, len(labels))


def judge_json(evidence: Evidence) -> Iterator[Judged]:
    """Bodies are strict JSON (RFC 8259)."""
    promise = Promise(
        "response.json",
        "body",
        "strict JSON (RFC 8259)",
        evidence.operation.source("operation", "/response/examples/0"),
    )
    broken = [
        Broken(body.exchange, promise.location, f"{problem.name}: {problem.message}", problem.kind)
        for body in evidence.bodies
        for problem in {each.kind: each for each in reversed(body.decoded.problems)}.values()
    ]
    too_long = [
        Broken(exchange, promise.location, f"size: {exchange.failure.message}", "size")
        for exchange in evidence.exchanges
        if exchange.failure is not None and exchange.failure.kind == "size"
    ]
    judged = len(evidence.bodies) + len(too_long)
    yield promise, judged, breaches([*broken, *too_long], judged)


def judge_keyword(keyword: str, evidence: Evidence) -> Iterator[Judged]:
    """Every instance keeps one keyword, wherever the response schema states it.

    The walked collection is counted where it shows the breach, so that `4 of 237` speaks of items;
    other answers, in which the same items recur, are counted only where it does not.
    """
    groups = [bodies for bodies in (evidence.walked, evidence.other) if bodies]
    for where, promise in keyword_promises(evidence.operation, keyword):
        asserted = where.rpartition("/")[0] if keyword == "required" else where
        counts = [_judged(bodies, asserted) for bodies in groups]
        broken = [_broken(bodies, where) for bodies in groups]
        found: dict[str, Breach] = {}
        for by_location, count in zip(broken, counts, strict=True):
            for location, violations in by_location.items():
                shown = page_visits(
                    body.exchange.case for each in broken for body, _ in each.get(location, ())
                )
                breach = _breach(location, violations, count, shown)
                found.setdefault(location, replace(breach, detail=promise.keyword))
        tested = (count for count, each in zip(counts, broken, strict=True) if each)
        yield promise, next(tested, sum(counts)), tuple(found.values())


def judge_undocumented(evidence: Evidence) -> Iterator[Judged]:
    """Objects have no field that the page does not name."""
    promise = Promise(
        "response.undocumented_field",
        "",
        "the documented fields and no others",
        evidence.operation.source("response", "/properties"),
    )
    found: dict[str, Breach] = {}
    shown: dict[str, list[Case]] = {}
    for body, validation in _validated(evidence.bodies):
        for extra in validation.undocumented:
            shown.setdefault(extra.location, []).append(body.exchange.case)
    for bodies in (evidence.walked, evidence.other):
        groups: dict[str, list[tuple[Body, Undocumented]]] = {}
        for body, validation in _validated(bodies):
            for extra in validation.undocumented:
                groups.setdefault(extra.location, []).append((body, extra))
        for location, group in groups.items():
            judged = _judged(bodies, group[0][1].schema_pointer)
            found.setdefault(
                location, _breach(location, group, judged, page_visits(shown[location]))
            )
    yield promise, sum(1 for _ in _validated(evidence.bodies)), tuple(found.values())


def _broken(bodies: Iterable[Body], where: str) -> dict[str, list[tuple[Body, Violation]]]:
    """Return the violations of the keyword at a schema pointer, with their bodies, by location.

    A definition that is used in several places can be broken in each of them.
    """
    found: dict[str, list[tuple[Body, Violation]]] = {}
    for body, validation in _validated(bodies):
        for violation in validation.violations:
            if violation.schema_pointer == where:
                found.setdefault(violation.location, []).append((body, violation))
    return found


def judge_consistency(evidence: Evidence) -> Iterator[Judged]:
    """A field that prose ties to some values of another is filled in beside those alone."""
    operation = evidence.operation
    if not operation.roles.only_when:
        return
    walked, other = (_items(operation, each) for each in (evidence.walked, evidence.other))
    items = walked or other
    for field, promise in consistency_promises(operation):
        beside, values = operation.roles.only_when[field]
        held = [each for each in items if resolve(each[2], field) is not None]
        odd = [each for each in held if resolve(each[2], beside) not in values]
        shown = page_visits(
            body.exchange.case
            for body, _, item in (*walked, *other)
            if resolve(item, field) is not None and resolve(item, beside) not in values
        )
        found: tuple[Breach, ...] = ()
        if odd:
            body, where, first = odd[0]
            found = (
                Breach(
                    location=promise.location,
                    observed=beside_said(beside, resolve(first, beside)),
                    request=body.exchange.request,
                    count=len(odd),
                    judged=len(held),
                    first=f"{where}{field}",
                    shown=shown,
                ),
            )
        yield promise, len(held), found


def consistency_promises(operation: Operation) -> Iterator[tuple[str, Promise]]:
    """Yield each field that prose ties to another, as an item's JSON Pointer, and the promise."""
    for field, (beside, values) in operation.roles.only_when.items():
        promise = Promise(
            "response.consistency",
            f"{operation.roles.items}/*{field}",
            f"filled in only where {beside} is {' or '.join(values)}",
            operation.source("operation", "/roles/only_when"),
        )
        yield field, promise


def _items(operation: Operation, bodies: Iterable[Body]) -> list[tuple[Body, str, Any]]:
    """Return every item with the body that shows it, and its place there."""
    return [
        (body, f"{operation.roles.items}/{number}", item)
        for body in bodies
        for number, item in enumerate(_listed(operation, body))
    ]


def _listed(operation: Operation, body: Body) -> list[Any]:
    where = operation.roles.items
    items = None if where is None else resolve(body.decoded.value, where)
    return items if isinstance(items, list) else []


def _validated(bodies: Iterable[Body]) -> Iterator[tuple[Body, Validation]]:
    for body in bodies:
        if body.validation is not None:
            yield body, body.validation


def keyword_promises(operation: Operation, keyword: str) -> Iterator[tuple[str, Promise]]:
    """Yield the schema pointer and the promise of a keyword, wherever the schema states it."""
    for place in subschemas(operation.response_schema):
        if keyword not in place.schema:
            continue
        where = pointer((*place.schema_path, keyword))
        value = place.schema[keyword]
        documented = describe(keyword, value)
        if keyword != "required":
            yield where, _promise(operation, keyword, place, documented, where)
            continue
        for index, name in enumerate(value):
            at = f"{where}/{index}"
            missing = replace(place, where=(*place.where, name))
            yield at, _promise(operation, keyword, missing, documented, at)


def _promise(
    operation: Operation, keyword: str, place: Place, documented: str, where: str
) -> Promise:
    """Return a promise of the body; where a union has several forms, of one of them."""
    said = f"{documented}, as {place.form}" if place.form else documented
    source = operation.source("response", where)
    return Promise(f"response.{keyword}", place.location, said, source, place.form)


def _judged(bodies: Sequence[Body], where: str) -> int:
    return sum(validation.judged.get(where, 0) for _, validation in _validated(bodies))


def _breach(
    location: str,
    broken: Sequence[tuple[Body, Violation | Undocumented]],
    judged: int,
    shown: tuple[PageVisit, ...],
) -> Breach:
    body, first = broken[0]
    return Breach(
        location=location,
        observed=in_short([each.observed for _, each in broken]),
        request=body.exchange.request,
        count=len(broken),
        judged=judged,
        first=first.pointer,
        shown=shown,
    )


def may_answer_so(exchange: Exchange) -> bool:
    """Say whether another rule judges this status, or the page leaves it open."""
    case = exchange.case
    if exchange.status >= 500:
        return case.expectation.parameter is not None
    if 400 <= exchange.status < 500:
        return (
            case.expectation.parameter is not None
            or case.expectation.answer is not Expected.ACCEPTED
        )
    return False


def beside_said(beside: str, value: Any) -> str:
    """Write beside which value of another a field is filled in."""
    return f"filled in where {beside} is {excerpt(value)}"


def status_said(exchange: Exchange) -> str:
    """Write a status, with where it redirects to."""
    location = exchange.response.header("location") if exchange.response else None
    return f"{exchange.status} to {printable(location)}" if location else str(exchange.status)


def _label(body: Body) -> str | None:
    response = body.exchange.response
    return response.header("content-type") if response else None


def label_said(label: str | None) -> str:
    """Write a Content-Type header, or that there is none."""
    return printable(label or "") or "no content-type header"


def media_type(label: str | None) -> str:
    """Return the media type of a Content-Type header without parameters, in lower case."""
    return printable(label or "").partition(";")[0].strip().lower()


KEYWORDS: Final = {
    "type": "A value has the documented JSON type.",
    "required": "A field printed without `optional` is there, and not null.",
    "enum": "A value is one of those that the page lists.",
    "const": "A value is the one that the page names.",
    "anyOf": "A value has one of the forms that the page lists.",
    "format": "Text has the documented format.",
    "minLength": "Text is no shorter than documented, in Unicode code points.",
    "maxLength": "Text is no longer than documented, in Unicode code points.",
    "minimum": "A number is no smaller than documented.",
    "maximum": "A number is no larger than documented.",
    "exclusiveMinimum": "A number is larger than documented.",
    "exclusiveMaximum": "A number is smaller than documented.",
    "minItems": "An array has no fewer items than documented.",
    "maxItems": "An array has no more items than documented.",
}

RULES: Final = (
    Rule(
        "response.status",
        Level.BREAKING,
        "A documented request is answered with the documented status.",
        "A client written by the page takes any other answer for a failure.",
        judge_status,
    ),
    Rule(
        "response.content_type",
        Level.BREAKING,
        "A body is labelled with the documented media type.",
        "Clients choose how to read a body by its label; some read a mislabelled one as empty.",
        judge_content_type,
    ),
    Rule(
        "response.json",
        Level.BREAKING,
        "A body is strict JSON: UTF-8, one value, no NaN, no name twice.",
        "Parsers disagree on anything else: one fails, another reads a different value.",
        judge_json,
    ),
    *(
        Rule(
            f"response.{keyword}",
            Level.BREAKING,
            summary,
            "A client that relies on the page reads a wrong value, or fails far from the cause.",
            partial(judge_keyword, keyword),
        )
        for keyword, summary in KEYWORDS.items()
    ),
    Rule(
        "response.consistency",
        Level.NOTE,
        "A field that the page's prose ties to a state of the item is filled in only there.",
        "A client that trusts the prose shows an error or a result that is none.",
        judge_consistency,
    ),
    Rule(
        "response.undocumented_field",
        Level.ADDITIVE,
        "A body has the documented fields and no others, at every depth.",
        "Harmless to a tolerant client; a sign that the page lags behind the API.",
        judge_undocumented,
    ),
)
