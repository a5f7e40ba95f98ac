"""The `query` family: documented values are accepted, others rejected, and none causes a 5xx."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from docpact.cases.bounds import members
from docpact.cases.requests import default_cases, is_free
from docpact.model import Exchange, Expected, Level, Operation, Parameter, Promise, Question
from docpact.model.paging import PAGE_NUMBERS, plain
from docpact.model.path import snake_case
from docpact.model.pointer import map_scalars
from docpact.model.schema import list_types
from docpact.rules.evidence import Body, Evidence
from docpact.rules.path.listing import GONE
from docpact.rules.responses.documented import TOO_MANY_REQUESTS
from docpact.rules.responses.promises import (
    ACCEPTS,
    REJECTS,
    SERVER_ERROR,
    response_promises,
    value_promises,
)
from docpact.rules.responses.summary import BreachKey
from docpact.rules.rule import (
    Broken,
    Judged,
    describe_answer,
    group_breaches,
    is_error,
    judge_each,
    judge_failures,
    rule,
)
from docpact.rules.walks.pages import is_unordered

_PAIR: Final = re.compile(
    r"(?i)\b(between|a pair|(exactly )?two|both) (of )?(two |comma|values|ends)"
)
"""Descriptions of arrays that have two values, such as the ends of a range."""

_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = (402, 403)
"""Statuses that say who may ask; a server may have others in mind, unless they are documented."""

_LONGEST: Final = 65_536
"""Maximum number of bytes of a body in which a refusal is explained."""

_PERMISSION: Final = re.compile(
    r"(?i)(?<![a-z])(unauthori[sz]ed|unauthenticated|login required|must be (logged|signed) in"
    r"|(you|user|account|token|key|role)( \w{1,20}){0,3} not (allowed|permitted)"
    r"|not authori[sz]ed to|authentication (is )?required"
    r"|(insufficient|not have|n't have|requires?)( \w{1,20}){0,3} permissions?|permission denied"
    r"|forbidden(?! (char|symbol|value|word)))(?![a-z])"
)
"""Texts of refusals that need another credential, not another request."""

_TOGETHER: Final = re.compile(
    r"\b((together|along|combin(ed|ation)|in conjunction) with|requires|depends on|needs"
    r"|(required|mandatory|necessary) (if|when|with|for|unless)"
    r"|only (available|works|valid|used|allowed|supported)( \w{1,20}){0,2} (if|when|with)"
    r"|(must|needs to|has to) (also )?be (set|given|sent|used|specified) (if|when|with|as well))\b",
    re.IGNORECASE,
)
"""Descriptions of parameters that belong to another one, which they name."""


@rule(ACCEPTS, "A client that follows the documentation is refused.")
def judge_accepts(evidence: Evidence) -> Iterator[Judged]:
    """A documented value of a parameter is accepted."""
    can_succeed = any(map(evidence.accepts, evidence.exchanges))
    yield from _judge_values(
        evidence,
        ACCEPTS,
        Expected.ACCEPTED,
        lambda e: 400 <= e.status < 500 or (id(e) in evidence.refusals and can_succeed),
    )


@rule(
    REJECTS,
    "A mistake goes unnoticed, and the response answers another question.",
    Level.ADDITIVE,
    needs_own_requests=True,
)
def judge_rejects(evidence: Evidence) -> Iterator[Judged]:
    """An undocumented value of a parameter is rejected with a 4xx status."""
    yield from _judge_values(evidence, REJECTS, Expected.REJECTED, evidence.accepts)


@rule(
    SERVER_ERROR, "A client cannot distinguish its own mistake from an outage and retries in vain."
)
def judge_server_error(evidence: Evidence) -> Iterator[Judged]:
    """No value of a parameter, documented or not, causes a 5xx status."""
    answered = [*_find_answered(evidence)]
    for parameter in evidence.operation.query_parameters:
        (promise,) = value_promises(evidence.operation, SERVER_ERROR, parameter)
        about = (e for e in answered if e.case.expectation.parameter == parameter.name)
        yield judge_failures(evidence, promise, about)


@rule(
    "query.default",
    "A client that relies on the documented default gets something else.",
    needs_own_requests=True,
)
def judge_default(evidence: Evidence) -> Iterator[Judged]:
    """A parameter that is left out has its documented default."""
    operation = evidence.operation
    signs = [
        (body.exchange, _sign(operation, body))
        for body in evidence.bodies
        if body.exchange.case.visit.page == 1
    ]
    plain = [sign for exchange, sign in signs if exchange.case.question == Question()]
    is_steady = len(plain) > 1 and all(sign == plain[0] for sign in plain)
    for case in default_cases(operation):
        name, where = case.expectation.parameter, f"query/{case.expectation.parameter}"
        stated = f"the same response as to {case.label}"
        asked = [pair for pair in signs if is_steady and pair[0].case.question == case.question]
        is_same = any(sign == plain[0] for _, sign in asked)
        observed = f"another response to {case.label} than without {name}"
        broken = [Broken(exchange, where, observed) for exchange, _ in asked if not is_same]
        promise = Promise("query.default", where, stated, operation.parameter_source(str(name)))
        yield promise, len(asked), group_breaches(broken, len(asked))


def _sign(operation: Operation, body: Body) -> Any:
    """Return the part of a body that a default must not change: its items, or else its form."""
    roles = operation.roles
    if not roles.is_list:
        return map_scalars(lambda _: None, body.decoded.value)
    counts = roles.id is None or is_unordered(operation)
    return len(body.items) if counts else [item.id for item in body.items]


def find_fault(operation: Operation, exchange: Exchange) -> BreachKey | None:
    """Return the breach that a response about one parameter is by itself, for an audit.

    Without the other responses, only a plain value in a recorded request must be accepted, unless
    a server may refuse it (`_may_refuse`), perhaps because it names nothing.
    """
    expected, status = exchange.case.expectation, exchange.status
    documented = operation.find_response(status)
    of_thing = exchange.case.question.path and documented and documented.is_explicit
    is_plain = expected.answer is Expected.ACCEPTED and exchange.is_recorded
    where, keyword = f"query/{expected.parameter}", expected.keyword or ""
    place = f"{where} {keyword}" if keyword else where
    key = BreachKey(ACCEPTS, pointer=place, location=where, detail=keyword)
    if is_error(operation, status):
        key = BreachKey(SERVER_ERROR, pointer=where, location=where)
    elif of_thing or not is_plain or not 400 <= status < 500 or status == TOO_MANY_REQUESTS:
        return None
    if key.pointer not in response_promises(operation).get(key.rule, {}):
        return None
    usable = {str(expected.parameter)}
    may_refuse = key.rule == ACCEPTS and _may_refuse(operation, exchange, usable, {})
    return None if may_refuse else key


def _judge_values(
    evidence: Evidence, rule: str, expects: Expected, breaks: Callable[[Exchange], bool]
) -> Iterator[Judged]:
    answered = [e for e in _find_answered(evidence) if e.case.expectation.answer is expects]
    plain = evidence.plain_statuses if expects is Expected.ACCEPTED else frozenset()
    refused = {status for status in plain if status >= 400}
    usable, dependent = _find_usable(evidence), _find_dependent(evidence)
    alone = {e.case.query[0] for e in answered if len(e.case.query) == 1 and e.status >= 400}
    for parameter in evidence.operation.query_parameters:
        promises = [*value_promises(evidence.operation, rule, parameter)]
        keywords = [promise.keyword for promise in promises]
        asked = [
            each
            for each in answered
            if each.case.expectation.parameter == parameter.name
            and not _is_guess(evidence.operation, each)
            and each.status < 500
            and each.status not in refused
        ]
        if expects is Expected.ACCEPTED:
            asked = _drop_allowed(evidence, parameter, asked, usable)
            asked = [] if parameter.name in dependent else asked
        about = {
            promise: [e for e in asked if _find_keyword(e, keywords, alone) == promise.keyword]
            for promise in promises
        }
        tested = [promise for promise in promises if about[promise]]
        every = [] if len(tested) < 2 or parameter.name in usable else [*chain(*about.values())]
        if expects is Expected.ACCEPTED and every and all(map(breaks, every)):
            first, count, breaches = judge_each(tested[0], every, describe_answer)
            text = "every value is refused: "
            yield first, count, tuple(replace(b, observed=text + b.observed) for b in breaches)
            promises.remove(first)
            about = {promise: [] for promise in promises}
        for promise in promises:
            own = about[promise]
            yield judge_each(promise, own, lambda e: describe_answer(e) if breaks(e) else None)


def _is_guess(operation: Operation, exchange: Exchange) -> bool:
    """Return whether only a name suggests how to request the later page that was asked for."""
    roles, name = operation.roles, exchange.case.expectation.parameter
    is_by_name = name == roles.paging_parameter and name in roles.inferred
    return is_by_name and exchange.case.visit.page > 1


def _find_keyword(
    exchange: Exchange, keywords: Sequence[str | None], alone: Set[tuple[str, str]]
) -> str | None:
    """Return the keyword that a case tests, or the first one for a documented value without one.

    A refusal of a value beside it, which is refused alone too, is not about this parameter.
    """
    expected, query = exchange.case.expectation, exchange.case.query
    if expected.answer is not Expected.ACCEPTED or expected.keyword in keywords:
        return expected.keyword
    others = (pair for pair in query if pair[0] != expected.parameter)
    return keywords[0] if keywords and alone.isdisjoint(others) else None


def _find_usable(evidence: Evidence) -> frozenset[str]:
    """Return the parameters with an accepted value, perhaps the one that every request has."""
    return frozenset(
        name
        for each in _find_answered(evidence)
        if evidence.accepts(each) and each.case.expectation.answer is not Expected.REJECTED
        for name in {**evidence.operation.given, **dict(each.case.question.query)}
    )


def _find_dependent(evidence: Evidence) -> frozenset[str]:
    """Return the parameters that may be refused alone.

    The values of an order were accepted only beside a filter, a description says that parameters
    belong together, or a text without a description was never accepted as the filter that its name
    suggests: it may have a syntax of its own, such as `eq.active` (PostgREST).
    """
    roles, parameters = evidence.operation.roles, evidence.operation.query_parameters
    accepted: dict[bool, set[str]] = {True: set(), False: set()}
    for each in _find_answered(evidence):
        names = dict(each.case.query).keys()
        if evidence.accepts(each):
            accepted[not names.isdisjoint(roles.filters)] |= names
    joined = [(p.name, p.description) for p in parameters if _TOGETHER.search(p.description)]
    pairs = [
        {name, other.name}
        for name, text in joined
        for other in parameters
        if other.name != name and re.search(rf"\b{re.escape(other.name)}\b", text)
    ]
    guesses = {
        p.name
        for p in parameters
        if p.name in roles.filters.keys() & roles.inferred and is_free(p) and not p.description
    }
    ordered = roles.orders.keys() & accepted[True] - accepted[False]
    return frozenset(set().union(ordered, *pairs, guesses - accepted[True]))


def _drop_allowed(
    evidence: Evidence, parameter: Parameter, exchanges: Sequence[Exchange], usable: Set[str]
) -> list[Exchange]:
    """Drop the responses to documented values of a parameter that a server may refuse.

    Several values may name nothing if one alone did.
    """
    is_unknown = parameter.is_array and any(
        _may_be_unknown(evidence.operation, each, usable) for each in exchanges
    )
    shown = evidence.relations.collection.values.get(parameter.name, {})
    return [
        each
        for each in exchanges
        if not (is_unknown and each.status >= 400)
        and not _may_refuse(evidence.operation, each, usable, shown)
    ]


def _may_be_unknown(operation: Operation, exchange: Exchange, usable: Set[str]) -> bool:
    """Return whether a server refused a text that only fits a pattern, an identifier or a version.

    It may name nothing: the refusal must be documented, or other values be accepted.
    """
    expected = exchange.case.expectation
    if not 400 <= exchange.status < 500:
        return False
    documented = operation.find_response(exchange.status)
    schema = operation.parameter(str(expected.parameter)).item_schema
    is_version = snake_case(str(expected.parameter)).endswith("version")
    is_name = (
        expected.keyword == "pattern"
        or (expected.keyword == "format" and schema.get("format") in IDENTIFIERS)
        or (is_version and "string" in list_types(schema) and members(schema) is None)
    )
    is_stated = documented is not None and documented.is_explicit
    return is_name and (is_stated or expected.parameter in usable)


def _may_refuse(
    operation: Operation, exchange: Exchange, usable: Set[str], shown: Mapping[str, Any]
) -> bool:
    """Return whether a server may refuse a documented value.

    A text may name nothing: see `_may_be_unknown`. A whole number without other documented keywords
    may be an id that names nothing, unless an item has it. If nothing but its name says that a
    number chooses a page, that page may be beyond the end; no page needs a negative one. A token
    that no response showed may be refused, even if it is a number. The thing that a path names may
    not have an enumerated value, if the refusal is documented, unless an item has it, or it is an
    order; one thing with another value may not be found. JSON in a parameter may name things that
    do not exist, too, and a text that its description calls JSON may be none. A range needs two
    values. A value with the name of another parameter may need that one, and some values need
    another credential, as a status or the body says.
    """
    expected = exchange.case.expectation
    if not 400 <= exchange.status < 500:
        return False
    documented, name = operation.find_response(exchange.status), str(expected.parameter)
    parameter = operation.parameter(name)
    is_json, may_be_none = parameter.content is not None, "JSON" in parameter.description
    is_known = name in operation.roles.orders or not shown.keys().isdisjoint(
        text for asked, text in exchange.case.query if asked == name
    )
    is_missing = exchange.status in GONE and not operation.roles.is_list
    of_thing = bool(operation.path_parameters) and not is_known
    of_thing = of_thing and (expected.keyword == "enum" or is_missing)
    is_stated = documented is not None and documented.is_explicit
    is_number = expected.keyword == "type" and _may_be_id(operation, name, exchange.status)
    may = _may_be_unknown(operation, exchange, usable) or (is_stated and (is_json or of_thing))
    is_below = "minimum" not in parameter.item_schema and any(
        asked == name and text.startswith("-") for asked, text in exchange.case.query
    )
    is_page = plain(name) in PAGE_NUMBERS and (operation.roles.paging is None or is_below)
    is_token = name == operation.roles.token_parameter and exchange.case.visit.page == 1
    may = may or (is_number and not is_known) or is_page or is_token
    may = may or (is_free(parameter) and may_be_none) or _lacks_pair(operation, exchange)
    named = {each.name for each in operation.query_parameters if each.name != name}
    may = may or not named.isdisjoint(text for asked, text in exchange.case.query if asked == name)
    may = may or _exceeds_description(operation, exchange)
    may = may or exchange.status == _UNAUTHORIZED or (is_stated and exchange.status in _FORBIDDEN)
    return may or (exchange.status not in _FORBIDDEN and _asks_for_permission(exchange))


def _asks_for_permission(exchange: Exchange) -> bool:
    """Return whether a body says that the request needs another credential."""
    body = exchange.response.body[:_LONGEST] if exchange.response is not None else b""
    return _PERMISSION.search(body.decode(errors="replace")) is not None


def _exceeds_description(operation: Operation, exchange: Exchange) -> bool:
    """Return whether a page size is above each number in its description, such as its maximum."""
    name = operation.roles.size_parameter
    if name is None or "maximum" in operation.parameter(name).item_schema:
        return False
    numbers = re.findall(r"\b\d{1,9}\b", operation.parameter(name).description.replace(",", ""))
    asked = [text for each, text in exchange.case.query if each == name and text.isdecimal()]
    return bool(numbers) and any(int(text) > max(map(int, numbers)) for text in asked)


def _lacks_pair(operation: Operation, exchange: Exchange) -> bool:
    """Return whether a parameter whose description asks for two values has another number."""
    parameter = operation.parameter(str(exchange.case.expectation.parameter))
    texts = [text for name, text in exchange.case.query if name == parameter.name]
    count = sum(len(text.split(",")) for text in texts)
    return parameter.is_array and count != 2 and bool(_PAIR.search(parameter.description))


def _may_be_id(operation: Operation, name: str, status: int) -> bool:
    """Return whether a parameter may take ids: whole numbers without limits, not of a page.

    One with a default may be something else, unless the server found nothing.
    """
    roles, schema = operation.roles, operation.parameter(name).item_schema
    paging = (roles.size_parameter, roles.paging_parameter)
    is_whole = [*{*list_types(schema)} - {"null"}] == ["integer"]
    stated = schema.keys() - {"type", "format", "title", "description"}
    is_open = not stated or (stated == {"default"} and status in GONE)
    return is_whole and is_open and name not in paging


def _find_answered(evidence: Evidence) -> Iterator[Exchange]:
    for exchange in evidence.exchanges:
        valid = exchange.case.question.credentials == "valid"
        if valid and exchange.response is not None and exchange.status != TOO_MANY_REQUESTS:
            yield exchange


IDENTIFIERS: Final = frozenset({"uuid", "uri", "uri-reference", "iri", "iri-reference"})
"""Formats of texts that name something."""

RULES: Final = (judge_accepts, judge_rejects, judge_server_error, judge_default)
