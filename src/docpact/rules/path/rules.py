"""The `path` family: a response is about the thing that the path names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

from docpact.cases.styles import match_operation
from docpact.cases.wire import can_be_documented, can_be_read
from docpact.model import Exchange, Operation, Parameter, Promise, Schema, Source
from docpact.model.paging import plain
from docpact.model.path import last_segment, make_singular
from docpact.model.pointer import find_each, resolve, tokens
from docpact.model.roles import CONTENT
from docpact.model.schema import follow, whole_place
from docpact.rules.evidence import ACCEPTED, SURVEY, Body, Evidence
from docpact.rules.path.listing import list_items
from docpact.rules.responses.documented import shows_page_of_nothing
from docpact.rules.rule import (
    Broken,
    Judged,
    advise,
    describe_answer,
    group_breaches,
    judge_each,
    judge_failures,
    rule,
)
from docpact.text import excerpt

SUSPECT: Final = "path.suspect"
"""The rule for fields that only their names suggest."""

UNKNOWN: Final = "unknown"
"""Used as keyword for a case whose path names nothing."""


@dataclass(frozen=True, slots=True)
class _Identity:
    """The values of one field that repeats a parameter of the path.

    Attributes:
        name: of the parameter.
        where: JSON Pointer of the field, with `*` for the items of a list.
        shown: body, value in its path, and the values of the field in it; at least one.
        others: other values of the field than the path's, in the list that shows the things.
    """

    name: str
    where: str
    shown: tuple[tuple[Body, str, tuple[Any, ...]], ...]
    others: frozenset[str] = frozenset()

    def judge(self, promise: Promise, *, is_tested: bool) -> Judged:
        """Judge a promise about the field by all bodies, or by none."""
        count = len(self.shown) if is_tested else 0
        return promise, count, group_breaches(self._find_breaches() if count else (), count)

    def _find_breaches(self) -> Iterator[Broken]:
        """Yield each body with the value of something else, unless lists show further things."""
        for body, text, values in self.shown:
            wrong = [v for v in values if not _is_same(text, v) and str(v) not in self.others]
            is_other = "*" in self.where and self.name in dict(body.exchange.case.question.path)
            if wrong and not (is_other and len(wrong) < len(values)):
                observed = f"{excerpt(wrong[0])} to {self.name}={excerpt(text)}"
                yield Broken(body.exchange, self.where, observed)

    def is_confirmed(self, operation: Operation) -> bool:
        """Return whether the field has this meaning: documented, or shown by the responses.

        A field of that name may mean something else: the followers of a `user_id` have a `user_id`
        too. One body in which all values are as in the path confirms it; of a list that was walked
        to its end, all pages together, because some lists show the things of sub-projects too. So
        does a list that shows the same things of several parents, whichever the path names, and one
        that shows several things of one other parent each; then it breaks the promise. The `id` of
        a part, as of `/notes/{id}/writer`, must be that of most paths. A path that
        ends with the id of a thing needs no such body, unless it may have another name for the
        thing, such as `me`, or cannot have the shown value.
        """
        if f"path/{self.name}" not in operation.roles.inferred:
            return True
        whole = "*" in self.where and any(e.exchange.phase == SURVEY for e, _, _ in self.shown)
        is_of_part = self.name == "id" and "*" not in self.where
        is_of_part = is_of_part and last_segment(operation.path) != "{id}"
        alike: dict[object, list[bool]] = {}
        for body, text, values in self.shown:
            if not whole or body.exchange.phase == SURVEY:
                found = alike.setdefault(text if whole or is_of_part else id(body), [])
                found += [_is_same(text, value) for value in values]
        same = [all(each) for each in alike.values()]
        is_same = any(same) and not (is_of_part and 2 * sum(same) <= len(same))
        if whole or is_same:
            return is_same or self._ignores_path() or self._confuses_parents()
        parameter = next(p for p in operation.path_parameters if p.name == self.name)
        pairs = [(text, str(value)) for _, text, values in self.shown for value in values]
        return (
            last_segment(operation.path) == f"{{{self.name}}}"
            and all(can_be_documented(parameter, one) for _, one in pairs)
            and not any(_may_be_another_name(text, one) for text, one in pairs)
        )

    def may_name_work(self, operation: Operation) -> bool:
        """Return whether the field may have the id of what carries out the request, as a task.

        It is so in a response to a DELETE, and in an object of another name than the thing in that
        to another write, unless one of them shows the id of the path.
        """
        *above, _ = tokens(self.where)
        thing = make_singular(last_segment(operation.path.rpartition("/")[0]))
        is_other = bool(above) and plain(above[-1]) not in {plain(thing), *CONTENT}
        is_write = operation.method == "DELETE" or (operation.method != "GET" and is_other)
        is_inferred = f"path/{self.name}" in operation.roles.inferred
        shown = [(text, value) for _, text, values in self.shown for value in values]
        return is_write and is_inferred and not any(_is_same(*pair) for pair in shown)

    def _ignores_path(self) -> bool:
        """Return whether paths that name different parents get the same things of several ones."""
        asked: dict[tuple[Any, ...], set[str]] = {}
        for _, text, values in self.shown:
            if len(set(map(str, values))) > 1:
                asked.setdefault(values, set()).add(text)
        return any(len(texts) > 1 for texts in asked.values())

    def _confuses_parents(self) -> bool:
        """Return whether each of several paths gets several things of one other known parent."""
        asked = {text for _, text, _ in self.shown}
        shown = {text: {*map(str, values)} for _, text, values in self.shown if len(values) > 1}
        pairs = [(text, one) for text, each in shown.items() for one in each]
        is_odd = any(_is_same(*pair) or _may_be_another_name(*pair) for pair in pairs)
        is_clear = len(shown) == len(pairs) > 1 and not is_odd
        return is_clear and not asked.isdisjoint(one for _, one in pairs)


def _find_identities(evidence: Evidence) -> Iterator[_Identity]:
    operation = evidence.operation
    for name, where in operation.roles.path.items():
        bodies = [body for body in evidence.bodies if body.exchange.status != ACCEPTED]
        asked = ((body, _read_asked(operation, body.exchange, name)) for body in bodies)
        shown = (
            (body, text, tuple(found for _, found in find_each(body.decoded.value, tokens(where))))
            for body, text in asked
        )
        is_above = operation.last_parameter is not None and name != operation.last_parameter.name
        items = list_items(evidence) if is_above else ()
        field = f"/{where.rpartition('/')[2]}"
        others = {str(resolve(item.fields, field, default=None)) for item in items}
        others -= {operation.given.get(name, "")}
        yield _Identity(name, where, tuple(e for e in shown if e[1] and e[2]), frozenset(others))


@rule("path.identity", "A client works on something that it did not ask for.")
def judge_identity(evidence: Evidence) -> Iterator[Judged]:
    """A response is about the thing that the path names."""
    operation = evidence.operation
    for each in _find_identities(evidence):
        is_apart, is_confirmed = each.may_name_work(operation), each.is_confirmed(operation)
        source, stated = operation.field_source(each.where), f"the {each.name} of the path"
        promise = Promise("path.identity", each.where, stated, source)
        yield each.judge(promise, is_tested=is_confirmed and not is_apart)
        if f"path/{each.name}" in operation.roles.inferred:
            field = _find_field(operation, each.where)
            usual = replace(each, shown=tuple(e for e in each.shown if can_be_read(field, e[1])))
            promise = Promise(SUSPECT, each.where, f"{stated}, as the name suggests", source)
            is_guess = not (is_apart or usual.is_confirmed(operation))
            judged = usual.judge(promise, is_tested=is_guess)
            yield advise(judged, f"/roles/path/{each.name}", each.where)


def _find_field(operation: Operation, where: str) -> Schema:
    """Return the schema of a field of a body; its pointer may have one `*`, for the items."""
    _, each, after = where.partition("/*/")
    schema = operation.item_schema if each else operation.response_schema
    return whole_place(follow(schema)[0], f"/{after}" if each else where)


@rule("path.unknown", "A client believes that something exists which does not.")
def judge_unknown(evidence: Evidence) -> Iterator[Judged]:
    """A path that names nothing returns nothing."""
    operation = evidence.operation
    bodies = {id(body.exchange): body for body in evidence.bodies}
    shown = (body.decoded.value for body in evidence.bodies)
    others = [value for value in shown if isinstance(value, dict)]
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
            if exchange.case.expectation.parameter == parameter.name
            and (
                exchange.case.expectation.keyword == UNKNOWN
                or shows_page_of_nothing(operation, exchange)
            )
            and exchange.response is not None
            and exchange.status < 500
        ]

        def find_content(exchange: Exchange) -> str | None:
            is_shown = _shows(operation, bodies.get(id(exchange)), others)
            return describe_answer(exchange) if evidence.accepts(exchange) and is_shown else None

        yield judge_each(promise, about, find_content)


@rule(
    "path.server_error",
    "A client cannot distinguish its own mistake from an outage and retries in vain.",
)
def judge_server_error(evidence: Evidence) -> Iterator[Judged]:
    """No value in the path causes a 5xx status."""
    for parameter in evidence.operation.path_parameters:
        promise = Promise(
            "path.server_error",
            f"path/{parameter.name}",
            "a status below 500, whatever the value (RFC 9110, section 15.6)",
            _source(evidence.operation, parameter),
        )
        about = (e for e in evidence.exchanges if parameter.name in dict(e.case.question.path))
        yield judge_failures(evidence, promise, about)


def _read_asked(operation: Operation, exchange: Exchange, name: str) -> str:
    """Return the value of a parameter in the path of a request, or an empty text."""
    known = {**operation.given, **dict(exchange.case.question.path)}
    if name in known:
        return known[name]
    _, values = match_operation(operation, urlsplit(exchange.request.url).path) or ("", {})
    return values.get(name, "")


def _is_same(text: str, value: Any) -> bool:
    """Return whether a value equals a text, or is a full name that ends with it.

    A UUID has several forms (RFC 9562, section 4), and `projects/1/topics/a` is a name of `a`.
    """
    written = value if isinstance(value, str) else str(value)
    return (
        written == text
        or written.endswith((f"/{text}", f":{text}"))
        or (_read_uuid(written) is not None and _read_uuid(written) == _read_uuid(text))
    )


def _may_be_another_name(text: str, shown: str) -> bool:
    """Return whether a text may name the thing with the id that is shown: `me`, or a name in words.

    An id has a digit; that of a thing whose id is a number or a UUID is one, too.
    """
    if not any(map(str.isdigit, text)):
        return True
    return (shown.isdigit() and not text.isdigit()) or (
        _read_uuid(shown) is not None and _read_uuid(text) is None
    )


def _read_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _shows(operation: Operation, body: Body | None, others: Iterable[dict[str, Any]]) -> bool:
    """Return whether a response has content: an empty list has none, and a count of 0 neither.

    Nor has one in which a field is null or empty that is an object with fields in another response,
    as `data` is (JSON:API, section 7.1.1), or another response without the items of its lists.
    """
    if body is None or body.decoded.problems:
        return True
    value = resolve(body.decoded.value, operation.roles.items or "", default=True)
    if not isinstance(value, dict):
        return bool(value)
    is_part = not last_segment(operation.path).startswith("{")
    asked = {text for _, text in body.exchange.case.question.path if is_part}
    return any(value.values()) and not any(
        _lacks_object(value, other)
        or (_lacks_items(value, other) and _is_rest(value, other, asked))
        for other in others
    )


def _lacks_object(value: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether a field is null or empty that has an object with fields in another body."""
    return any(
        each and isinstance(each, dict) and not value.get(name, True)
        for name, each in other.items()
    )


def _lacks_items(value: Any, other: Any) -> bool:
    """Return whether a list of a body, at any depth, is null or empty that has items in another."""
    if isinstance(value, dict) and isinstance(other, dict):
        return any(_lacks_items(each, other.get(name)) for name, each in value.items())
    return not value and isinstance(other, list) and bool(other)


def _is_rest(value: Any, other: Any, asked: Set[str]) -> bool:
    """Return whether a body is another one whose lists have no items, and whose counts may be 0.

    A field may repeat a value of the path, perhaps in a URL; a flag may be false; and a message or
    the time that the request took may be any.
    """
    if isinstance(value, dict) and isinstance(other, dict):
        return all(
            (_ABOUT_REQUEST.search(name) and not isinstance(each, list | dict))
            or _is_rest(each, other.get(name), asked)
            for name, each in value.items()
        )
    if isinstance(other, list):
        return not value
    is_count = (value == 0 and type(other) is int) or (value is False and other is True)
    segments = re.split("[/?&=]", unquote(value)) if isinstance(value, str) else ()
    return is_count or value == other or not asked.isdisjoint(segments)


_ABOUT_REQUEST: Final = re.compile(r"(?i)message|detail|warning|took|elapsed|duration")
"""Names of fields about the request, not about a thing."""


def _source(operation: Operation, parameter: Parameter) -> Source | None:
    return operation.source("operation", f"/parameters/{operation.parameters.index(parameter)}")


RULES: Final = (
    judge_identity,
    judge_identity.suspect(
        SUSPECT,
        "A field that is named like a parameter of the path repeats it, where nothing documents "
        "that.",
        "docpact cannot test it until refinements.json states what the field is.",
    ),
    judge_unknown,
    judge_server_error,
)
