"""The requests of a client: method, path, parameters, credential, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, Final
from urllib.parse import unquote_plus

from docpact.bodies.places import find_places
from docpact.cases.bounds import types
from docpact.cases.encoded_bodies import decode_body, unify_lines
from docpact.cases.page_facts import body_parameter
from docpact.cases.parts import put
from docpact.cases.styles import match_operation, read_query, write_path
from docpact.cases.wire import is_numeric, is_plainly_documented, read_exactly, write_value
from docpact.client_gate.call import BODY, Call, Received
from docpact.client_gate.listing import has_tokens, media_type, onward_parameter, paging_parameters
from docpact.client_gate.queries import location_of, scenarios
from docpact.client_gate.reading import classify, is_same
from docpact.client_gate.rule import (
    ClientRule,
    Evidence,
    Family,
    Tested,
    find_source,
    judge_by,
    judge_requests,
    name_request,
    promises_of,
)
from docpact.client_gate.secrecy import judge_credentials, judge_secrecy
from docpact.credentials import list_documented
from docpact.media_types import is_json, is_media_type, parse_media_type
from docpact.model import Operation, Parameter, Promise, Schema
from docpact.model.path import match_path
from docpact.model.pointer import change_at, pointer, resolve, to_list
from docpact.text import excerpt, shorten

PLAYED: Final = (
    "client.query",
    "client.absent",
    "client.walk",
    "client.onward",
    "client.recovers",
    "client.again",
)
"""Rules whose scenarios are enough to test the requests; a whole gate judges all of them."""

OWN_HEADERS: Final = re.compile(
    "user-agent|host|connection|(accept|content)(-.+)?|traceparent|.*idempoten.*"
    "|(.+-)?(request|correlation|trace)-?id",
    re.IGNORECASE,
)
"""Names of headers that a client may add to what the caller gives."""


def _request(evidence: Evidence) -> Iterator[Tested]:
    operation = evidence.operation
    promise = Promise(
        "client.request", "request", operation.request, operation.source("operation", "/path")
    )

    def find(call: Call) -> Iterator[str]:
        for received in call.received:
            if not _is_at(operation, call, received):
                named = name_request(call, received)
                yield shorten(f"{received.method} {received.path}{named}")
        if not call.received and call.scenario.answers:
            yield f"{call.scenario.label}: no request, {classify(operation, call)[1]}"

    yield judge_by(promise, evidence.calls, find)
    if not operation.content_type:
        return
    documented = f"{media_type(operation)} is acceptable, if the header is sent"
    promise = Promise("client.request", "header/Accept", documented)
    yield judge_requests(promise, evidence.calls, partial(_find_refused_media_type, operation))


def _find_refused_media_type(operation: Operation, call: Call, received: Received) -> Iterator[str]:
    """Yield an Accept header that excludes the documented responses (RFC 9110, section 12.5.1)."""
    stated = ",".join(value for name, value in received.headers if name == "accept")
    ranges = [each.strip() for each in stated.split(",") if each.strip()]
    if ranges and not any(_accepts(each, media_type(operation)) for each in ranges):
        yield f"only {shorten(stated, 60)} accepted{name_request(call, received)}"


def _accepts(media_range: str, documented: str) -> bool:
    name = media_range.partition(";")[0].strip()
    weight = parse_media_type(media_range).parameters.get("q", "1")
    is_refused = re.fullmatch(r"0(\.0*)?", weight) is not None
    every = "*/*" if name == "*" else name
    is_version = name.endswith("+json") and is_media_type(documented, "application/json")
    return not is_refused and (is_version or is_media_type(documented, every))


def _is_at(operation: Operation, call: Call, received: Received) -> bool:
    """Return whether a request has the documented method and path, below the base URL."""
    template = f"{call.scenario.base}{operation.path}"
    query = call.scenario.query
    texts = {p.name: write_value(query[p.name]) for p in operation.path_parameters}
    path = f"{call.scenario.base}{write_path(operation, texts)}"
    sent, due = match_path(template, received.path), match_path(template, path)
    return (
        received.method == operation.method
        and received.path.endswith("/") == operation.path.endswith("/")
        and sent is not None
        and due is not None
        and (sent[0], sent[1].keys()) == ("", due[1].keys())
    )


def _values(evidence: Evidence) -> Iterator[Tested]:
    for parameter in evidence.operation.parameters:
        if parameter.location == "cookie" and not parameter.required:
            continue
        name, is_array = parameter.name, parameter.is_array and parameter.location == "query"
        how = ", joined for an array" if parameter.is_joined else ", repeated for an array"
        documented = "the value as given" + how * is_array
        where = location_of(parameter)
        source = find_source(evidence.operation, where)
        promise = Promise("client.query", where, documented, source)
        calls = [c for c in evidence.calls if c.scenario.query.get(name) is not None]
        find = partial(_find_changed_values, evidence.operation, parameter)
        yield judge_requests(promise, calls, find)


def _find_changed_values(
    operation: Operation, parameter: Parameter, call: Call, received: Received
) -> Iterator[str]:
    is_onward = parameter.name == onward_parameter(operation)
    if is_onward and received is not call.received[0]:
        return  # `client.onward` judges the requests for later pages
    given = [write_value(value) for value in to_list(call.scenario.query[parameter.name])]
    sent = _sent(operation, call, parameter, received)
    if not _are_same(parameter, given, sent):
        yield f"{_list(given)} given, {_list(sent)} sent"


def _are_same(parameter: Parameter, given: list[str], sent: list[str]) -> bool:
    """Return whether two lists of texts mean the same values.

    A number may have an exponent, a moment may be spelled in another way, and the comma between two
    values may be encoded.
    """
    if parameter.is_joined and not any("," in text for text in given):
        given, sent = (",".join(texts).split(",") for texts in (given, sent))
    if len(given) == len(sent):
        sent = [*map(partial(_spell_times, parameter.item_schema), given, sent)]
    if types(parameter.item_schema) == ("number",):
        with suppress(ValueError):
            return [*map(float, given)] == [*map(float, sent)]
    return given == sent


def _spell_times(schema: Schema, given: Any, sent: Any) -> Any:
    """Return a value in which each date-time of the given moment is spelled as it was given."""
    for each in find_places(schema, sent):
        due = resolve(given, pointer(each.path))
        if each.schema.get("format") == "date-time" and is_same(due, each.value):
            sent = change_at(sent, each.path, put(due))
    return sent


def _sent(operation: Operation, call: Call, parameter: Parameter, received: Received) -> list[str]:
    """Return the texts of a parameter in a request."""
    name = parameter.name
    match parameter.location:
        case "path":
            prefix, values = match_operation(operation, received.path) or ("", {})
            is_given = prefix == call.scenario.base and name in values
            return [values[name]] if is_given else []
        case "header":
            return [value for key, value in received.headers if key == name.lower()]
        case "cookie":
            return [value for key, value in _cookies(received) if key == name]
        case _:
            sent = read_query(operation, received.query)
            texts = [text for key, text in sent if key == name]
            is_split = parameter.is_joined and not parameter.holder and len(texts) > 1
            parts = [unquote_plus(part.partition("=")[0]) for part in received.query.split("&")]
            if is_split and parts.count(name) > 1:
                return ["&".join(f"{name}={text}" for text in texts)]
            return texts


def _body(evidence: Evidence) -> Iterator[Tested]:
    """Judge the request bodies: each is the JSON value that the caller gave."""
    operation = evidence.operation
    if operation.body_schema is None:
        return
    documented = operation.request_body.media_type
    kind = "JSON" if is_json(documented) else documented
    promise = Promise("client.request_body", BODY, f"the value as given, as {kind}")
    yield judge_requests(promise, evidence.calls, partial(_find_wrong_bodies, operation, kind))


def _find_wrong_bodies(
    operation: Operation, kind: str, call: Call, received: Received
) -> Iterator[str]:
    """Describe a body that does not have the documented media type, or has another value.

    A text that is given for bytes has no documented encoding, and an empty form no media type.
    """
    given, token = call.scenario.query.get(BODY), body_parameter(operation)
    if token is not None and received.key is not None:
        given = {**(given or {}), token: received.key}
    media = dict(received.headers).get("content-type", "nothing")
    if any(is_media_type(media, each) for each in operation.request_body.other_media_types):
        return
    unify = partial(unify_lines, operation)
    due = unify(given)
    try:
        read = partial(decode_body, operation, media, received.body, read=read_exactly)
        sent = [*map(unify, map(read, ("latin-1", "utf-8")))]
    except ValueError:
        yield f"{excerpt(received.body.decode(errors='replace'), 40)} sent, which is not {kind}"
        return
    spell = partial(_spell_times, operation.body_schema or {}, due)
    if not any(is_same(due, each, "") for each in map(spell, sent)):
        yield f"{excerpt(given, 60)} given, {excerpt(sent[0], 60)} sent"
    if received.body and not is_media_type(media, operation.request_body.media_type):
        yield f"{shorten(media, 40)} as Content-Type"


def _absent(evidence: Evidence) -> Iterator[Tested]:
    named = {location_of(each): each for each in evidence.operation.parameters}
    for promise, calls in promises_of("client.absent", "None is not sent", evidence):
        parameter = named[promise.location]
        find = partial(_find_additions, evidence.operation, parameter, "sent for None")
        yield judge_requests(promise, calls, find)


def _judge_unasked(evidence: Evidence) -> Iterator[Tested]:
    """Judge the optional parameters that the caller did not give."""
    operation = evidence.operation
    for parameter in operation.query_parameters:
        where, documented = location_of(parameter), "not sent unless the caller gives it"
        source = find_source(operation, where)
        promise = Promise("client.unasked", where, documented, source)
        calls = [call for call in evidence.calls if parameter.name not in call.scenario.query]
        find = partial(_find_additions, operation, parameter, "sent without being asked for")
        yield judge_requests(promise, calls, find)


def _find_additions(
    operation: Operation, parameter: Parameter, how: str, call: Call, received: Received
) -> Iterator[str]:
    """Describe a parameter that the caller did not give.

    Its documented default is fine, and so is a page that the client chooses.
    """
    name, sent = parameter.name, _sent(operation, call, parameter, received)
    is_own = parameter.location == "header" and OWN_HEADERS.fullmatch(name) is not None
    is_own |= sent == [call.key]  # a header for the key that no security scheme names
    if name in paging_parameters(operation):
        is_token = name == onward_parameter(operation) and has_tokens(operation)
        is_number = is_numeric(parameter) and not is_token
        is_own |= received.key is not None or (
            is_number and all(is_plainly_documented(parameter, text) for text in sent)
        )
    if "default" in parameter.schema:
        is_own |= sent == [*map(write_value, to_list(parameter.schema["default"]))]
    if sent and not is_own:
        yield f"{_list(sent)} {how}"


def _find_undocumented(evidence: Evidence) -> Iterator[Tested]:
    operation = evidence.operation
    known = {parameter.name for parameter in operation.query_parameters}
    if has_tokens(operation) and onward_parameter(operation) != body_parameter(operation):
        known.add(str(onward_parameter(operation)))
    cookies = {p.name for p in operation.parameters if p.location == "cookie"}
    for credential in list_documented(operation):
        known |= {credential.name} if credential.place == "query" else set()
        cookies |= {credential.name} if credential.place == "cookie" else set()
    promise = Promise("client.undocumented", "request", "no undocumented parameter, cookie or body")

    def find(call: Call, received: Received) -> Iterator[str]:
        """Name each addition; the query of another path is a breach of `client.request` alone."""
        is_at = _is_at(operation, call, received)
        sent = read_query(operation, received.query) if is_at else ()
        extra = [f"query/{key}" for key, _ in sent if key not in known]
        extra += [f"cookie/{name}" for name, _ in _cookies(received) if name not in cookies]
        extra += ["a body"] if received.body and operation.body_schema is None else []
        return map(shorten, extra)

    yield judge_requests(promise, evidence.calls, find)


def _cookies(received: Received) -> Iterator[tuple[str, str]]:
    """Yield the names and values of cookies (RFC 6265, section 4.2)."""
    for name, text in received.headers:
        if name == "cookie":
            for part in filter(str.strip, text.split(";")):
                key, _, value = part.partition("=")
                yield key.strip(), value.strip().strip('"')


def _elsewhere(evidence: Evidence) -> Iterator[Tested]:
    promise = Promise("client.elsewhere", "request", "requests to the given base URL only")

    def find(call: Call) -> Iterable[str]:
        return (f"a request to {shorten(host, 60)}" for host in call.blocked)

    yield judge_by(promise, evidence.calls, find)


def _arguments(evidence: Evidence) -> Iterator[Tested]:
    promise = Promise("client.arguments", "query", "the caller's values are not changed")

    def find(call: Call) -> Iterable[str]:
        return [f"{call.scenario.label}: a value of the caller was changed"] * call.changed

    yield judge_by(promise, evidence.calls, find)


def _list(texts: list[str]) -> str:
    return "nothing" if not texts else ", ".join(excerpt(text, 40) for text in texts[:3])


_rule = partial(ClientRule, played_by=PLAYED, sees_all=True)

REQUESTS: Final = Family(
    "requests",
    scenarios,
    (
        _rule(
            "client.request",
            "Every call uses the documented method and path, and accepts the documented media "
            "type.",
            "The server responds to another request, or not at all.",
            _request,
        ),
        _rule(
            "client.query",
            "Each documented value of a parameter arrives as given, correctly escaped, in every "
            "request of a call; arrays as repeated parameters.",
            "The server selects other items than the caller requested.",
            _values,
        ),
        _rule(
            "client.request_body",
            "The request body arrives as the caller gave it.",
            "The server stores, or searches for, something else.",
            _body,
        ),
        ClientRule(
            "client.absent",
            "A parameter set to None is not sent.",
            "A server may treat an empty value as a filter that matches nothing.",
            _absent,
        ),
        _rule(
            "client.unasked",
            "The client sends no optional parameter that the caller did not give.",
            "The caller gets fewer items, or other ones, than the documentation says.",
            _judge_unasked,
        ),
        _rule(
            "client.undocumented",
            "The client sends no undocumented query parameter, cookie or body.",
            "A stricter server refuses the request, or interprets the addition.",
            _find_undocumented,
        ),
        _rule(
            "client.credential",
            "The key is sent as documented in every request, and nowhere else.",
            "URLs end up in logs and caches, and the key with them.",
            judge_credentials,
        ),
        ClientRule(
            "client.secrecy",
            "No error contains the key.",
            "Error texts end up in logs and tickets, and the key with them.",
            judge_secrecy,
            played_by=("client.status", "client.cut", "client.body"),
            sees_all=True,
        ),
        _rule(
            "client.elsewhere",
            "The client sends requests to the base URL it is given, and to no other host.",
            "A test reaches the live API, with the live data.",
            _elsewhere,
        ),
        _rule(
            "client.arguments",
            "A call does not change the values that the caller gives it.",
            "The caller's next call, with the same values, asks for something else.",
            _arguments,
        ),
    ),
)
