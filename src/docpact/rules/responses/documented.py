"""Statuses, and bodies beside the main one: errors, other media types, and recorded requests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, NamedTuple

from docpact.bodies.decode import EVENTS, Decoded, decode, find_separator, join_values
from docpact.bodies.validate import Violation, validate
from docpact.cases.encoded_bodies import decode_body
from docpact.cases.wire import SCALARS, can_be_read, read_best
from docpact.media_types import (
    FORM,
    choose_media_type,
    is_json,
    is_media_type,
    is_text,
    may_state_charset,
    parse_media_type,
    read_charset,
)
from docpact.model import (
    DocumentedResponse,
    Exchange,
    Expected,
    Failure,
    Operation,
    Query,
    Response,
    ResponseContent,
    ResponseHeader,
    Schema,
    SentBody,
)
from docpact.model.least import nests
from docpact.model.pointer import Tokens, pointer, tokens
from docpact.model.schema import descriptions, list_types
from docpact.rules.responses.promises import (
    BODY,
    HEADER,
    REQUEST,
    UNDOCUMENTED,
    has_judged_body,
    header_pointer,
)
from docpact.rules.responses.summary import BreachKey
from docpact.text import excerpt, printable

TOO_MANY_REQUESTS: Final = 429
"""The status that says nothing about the question asked (RFC 6585, section 4)."""

INVALID: Final = (400, 422)
"""Statuses of requests with missing or wrong parameters."""

_FORMAT: Final = re.compile(
    r"atom|csv|docx|geojson|geotiff|gml|gpx|html|ics|jsonld|jsonl|kml|kmz|md|markdown|ndjson|ods"
    r"|parquet|pdf|png|rdf|rss|svg|text|toml|tsv|ttl|turtle|txt|wkt|xhtml|xlsx?|xml|ya?ml|zip"
)
"""Names of formats other than JSON, as parameters and media types write them."""


class Fault(NamedTuple):
    """One way in which a response is not as documented.

    Attributes:
        key: of the breach.
        observed: the content of the response instead.
        first: JSON Pointer of the instance; empty for the response as a whole.
    """

    key: BreachKey
    observed: str
    first: str = ""


def is_beyond_contract(exchange: Exchange) -> bool:
    """Return whether docpact sent a request that the server should reject."""
    return not exchange.is_recorded and exchange.case.expectation.answer is Expected.REJECTED


def choose_content(documented: DocumentedResponse, response: Response) -> ResponseContent | None:
    """Return the documented content that a response has by its media type, or None.

    Without recorded headers it is the only one, if there is only one.
    """
    contents = {each.media_type: each for each in documented.content}
    if not response.headers_known:
        return documented.content[0] if len(contents) == 1 else None
    label = printable(response.header("content-type") or "")
    chosen = choose_media_type(label, contents) if label else None
    return None if chosen is None else contents[chosen]


def describe_label(label: str | None) -> str:
    """Return the value of a Content-Type header as findings show it."""
    return printable(label or "") or "no content-type header"


def is_foreign_html(operation: Operation, outcome: Response | Failure) -> bool:
    """Return whether a response is a page of HTML for people, which is not documented."""
    if isinstance(outcome, Failure) or not outcome.body.lstrip().startswith(b"<"):
        return False
    label = parse_media_type(outcome.header("content-type") or "").name
    is_html = label in ("text/html", "application/xhtml+xml")
    return is_html and not has_documented_type(operation, outcome)


def shows_page_of_nothing(operation: Operation, exchange: Exchange) -> bool:
    """Return whether a path with a strange value shows a page of HTML, as web applications do."""
    is_strange = exchange.case.expectation.parameter in {p.name for p in operation.path_parameters}
    has_page = exchange.response is not None and is_foreign_html(operation, exchange.response)
    return is_strange and has_page and operation.is_main(exchange.status)


def has_documented_type(operation: Operation, response: Response) -> bool:
    """Return whether the media type of a response is documented for its status."""
    label = parse_media_type(response.header("content-type") or "").name
    documented = operation.find_response(response.status)
    types = [each.media_type for each in documented.content] if documented else []
    return choose_media_type(label, types) is not None


def has_main_body(operation: Operation, response: Response) -> bool:
    """Return whether a response has the main body, by its status and its media type."""
    if not operation.is_json or not operation.is_main(response.status):
        return False
    if not response.headers_known or response.header("content-type") == operation.content_type:
        return True
    documented = operation.find_response(response.status)
    content = choose_content(documented, response) if documented else None
    return content is not None and content.media_type == operation.content_type


def is_expanded(violation: Violation, expanded: Sequence[Tokens]) -> bool:
    """Return whether a value has another type because it is on one of some expanded paths."""
    path = tuple(each for each in tokens(violation.location) if each != "*")
    starts = range(len(path) if violation.keyword in ("type", "anyOf", "oneOf") else 0)
    return any(path[at:] == each[: len(path) - at] for at in starts for each in expanded)


def find_header_faults(
    operation: Operation, documented: DocumentedResponse, response: Response
) -> Iterator[tuple[str, Fault | None]]:
    """Yield, for each documented header that a response shows or lacks, its pointer and fault."""
    for header in documented.headers if response.headers_known else ():
        sent = [value for name, value in response.headers if name == header.name]
        if sent or header.required:
            where, location = header_pointer(operation, documented, header.name)
            keyword, observed = _find_header_problem(header, sent)
            key = BreachKey(HEADER, pointer=where, location=location, detail=keyword)
            yield where, Fault(key, observed) if keyword else None


def _find_header_problem(header: ResponseHeader, sent: list[str]) -> tuple[str, str]:
    """Return the keyword that a header breaks and its value; two empty texts if none."""
    if not sent:
        return "required", "absent"
    texts = sent if header.name == "set-cookie" else [", ".join(sent)]
    wrong = [text for text in texts if not can_be_read(header.schema, text, header.explode)]
    return ("schema", excerpt(wrong[0])) if wrong else ("", "")


def find_body_faults(
    operation: Operation, documented: DocumentedResponse, response: Response, *, is_lenient: bool
) -> list[Fault] | None:
    """Return the faults of a body that is not the main one, or None if there is nothing to judge.

    If `is_lenient`, something in front of the operation may have responded, so that the media type
    need not be the documented one.
    """
    is_judged = response.body_known and has_judged_body(operation, documented)
    if not is_judged or _is_empty_redirect(response):
        return None
    where = documented.status
    if response.status in (204, 205):
        observed = _describe_forbidden_body(response)
        return [_fault(where, "body", observed)] if observed else []
    content = choose_content(documented, response)
    if content is None:
        observed = describe_label(response.header("content-type"))
        is_judged = response.headers_known and not is_lenient
        return [_fault(where, "media type", observed)] if is_judged else None
    schema = (
        operation.response_schema
        if operation.is_main_response(documented) and content.media_type == operation.content_type
        else content.schema
    )
    kind, body = content.media_type, response.body
    is_sequence = bool(find_separator(kind) and schema and "items" in schema)
    if is_sequence or (is_json(kind) and _is_labeled_json(response)):
        decoded = decode(join_values(kind, body) if is_sequence else body)
        if is_sequence and schema and parse_media_type(kind).name == EVENTS:
            decoded = replace(decoded, value=[*_read_events(decoded.value, schema)])
        faults = [*_find_json_faults(where, decoded, schema)]
        certain = [each for each in faults if each.observed]
        return certain if certain or not faults else None
    if is_text(kind) and schema:
        return list(_find_text_faults(where, response, schema))
    return []


def _read_events(events: list[dict[str, Any]], schema: Schema) -> Iterator[dict[str, Any]]:
    """Yield events with the values of JSON in fields that are not documented as texts."""
    violations = validate(schema, events).violations
    wrong = {each.pointer for each in violations if each.keyword in ("type", "anyOf", "oneOf")}
    for number, event in enumerate(events):
        names = [name for name in ("data", "id") if pointer((str(number), name)) in wrong]
        values = {name: decode(event[name].encode()) for name in names}
        yield event | {name: each.value for name, each in values.items() if not each.problems}


def _is_empty_redirect(response: Response) -> bool:
    """Return whether a response is a redirect, which clients follow (RFC 9110, section 15.4)."""
    return 300 <= response.status < 400 and not response.body


def _is_labeled_json(response: Response) -> bool:
    label = response.header("content-type")
    return label is None or is_json(label)


def _describe_forbidden_body(response: Response) -> str:
    """Describe a body that RFC 9110, 8.6 and 15.3.5, and RFC 9112, 6.1, forbid; else empty."""
    length = response.header("content-length") or "0"
    if response.body:
        return f"a body of {len(response.body):,} bytes"
    if response.status == 204 and response.header("transfer-encoding"):
        return f"Transfer-Encoding: {printable(response.header('transfer-encoding') or '')}"
    return f"Content-Length: {printable(length)}" if length.strip("0") else ""


def list_problems(decoded: Decoded, schema: Schema) -> dict[str, str]:
    """Return kind → text of the first problem; an empty text for a depth that the schema allows."""
    return {
        each.kind: "" if each.type and nests(schema, each.type) else f"{each.name}: {each.message}"
        for each in reversed(decoded.problems)
    }


def _find_json_faults(where: str, decoded: Decoded, schema: Schema | None) -> Iterator[Fault]:
    for kind, text in list_problems(decoded, schema or {}).items():
        yield _fault(where, kind, text)
    if not decoded.readable or schema is None:
        return
    found = validate(schema, decoded.value)
    for each in found.violations:
        observed = f"{each.observed}, documented as {each.documented}"
        yield _fault(where, each.keyword, observed, each.location, each.pointer)
    for extra in found.undocumented:
        key = BreachKey(UNDOCUMENTED, pointer=where, location=f"{where}{extra.location}")
        yield Fault(key, extra.observed, extra.pointer)


def _find_text_faults(where: str, response: Response, schema: Schema) -> Iterator[Fault]:
    """Yield the keywords that a text breaks; none if the schema describes no text."""
    label = response.header("content-type") or ""
    charset = read_charset(label)
    try:
        text = response.body.decode(charset)
    except (LookupError, UnicodeDecodeError) as error:
        if not may_state_charset(label):
            yield _fault(where, "charset", f"{charset}: {printable(str(error))}")
        return
    if any(not {*list_types(each)} <= {*SCALARS} for each, _ in descriptions(schema)):
        return
    lists_values = "type" not in schema and schema.keys() & {"enum", "const"}
    value = read_best(schema if lists_values else {"type": schema.get("type", "string")}, text)
    for each in validate(schema, value).violations:
        observed = f"{each.observed}, documented as {each.documented}"
        yield _fault(where, each.keyword, observed)


def _fault(where: str, detail: str, observed: str, location: str = "", first: str = "") -> Fault:
    key = BreachKey(BODY, pointer=where, location=f"{where}{location}", detail=detail)
    return Fault(key, observed, first)


def has_accepted_body(operation: Operation, exchange: Exchange) -> bool:
    """Return whether a request was accepted and has a documented body.

    A refused request is a documented use of the API.
    """
    is_documented = operation.body_schema is not None and exchange.sent is not None
    return is_documented and 200 <= exchange.status < 400


def find_request_faults(operation: Operation, exchange: Exchange) -> list[Fault] | None:
    """Return the problems of the body of an accepted request, or None if it cannot be judged.

    A body that is incomplete, damaged or of another media type may be so in the recording alone.
    """
    schema, sent = operation.body_schema, exchange.sent
    if schema is None or sent is None or not sent.is_whole:
        return None
    if not _is_readable(operation.request_body.media_type, sent):
        return None
    try:
        value = decode_body(operation, sent.content_type, sent.body)
    except ValueError:
        return None
    return [_make_fault(each) for each in validate(schema, value).violations]


def _make_fault(found: Violation) -> Fault:
    key = BreachKey(
        REQUEST, pointer=REQUEST, location=f"body{found.location}", detail=found.keyword
    )
    observed = f"{found.observed}, documented as {found.documented}"
    return Fault(key, observed, f"body{found.pointer}")


def _is_readable(documented: str, sent: SentBody) -> bool:
    """Return whether a body has the documented media type, and is JSON or a plain form."""
    is_form = parse_media_type(documented).name == FORM and b"[" not in sent.body
    is_plain = is_json(sent.content_type) or (is_form and b"%5B" not in sent.body.upper())
    return is_media_type(sent.content_type, documented) and is_plain


def describe_status(exchange: Exchange) -> str:
    """Write a status, and the target of a redirect."""
    location = exchange.response.header("location") if exchange.response else None
    return f"{exchange.status} to {printable(location)}" if location else str(exchange.status)


def is_documented_for(operation: Operation, exchange: Exchange) -> bool:
    """Return whether a status is documented for the question of an exchange.

    `default` describes the body of any status, but makes no status right, and neither is a 5xx. A
    4xx may be right where several parameters, or a value in the path, may not fit each other. A
    recording shows neither the headers of the request nor the state of the server, so that any 4xx
    may be right that is documented apart from the main response, if only by `default`.
    """
    documented = operation.find_response(exchange.status)
    if documented is None or exchange.status >= 500:
        return False
    if exchange.is_recorded and exchange.status >= 400:
        return not operation.is_main_response(documented)
    is_open = len(exchange.case.query) > 1 or bool(exchange.case.question.path)
    return documented.is_explicit and (exchange.status < 400 or is_open)


def is_lenient(exchange: Exchange, documented: DocumentedResponse) -> bool:
    """Return whether something in front of the operation, such as a proxy, may have responded."""
    is_odd = exchange.case.expectation.answer is Expected.UNSPECIFIED
    is_gateway = exchange.status >= 500 or exchange.status == TOO_MANY_REQUESTS
    is_recorded = exchange.is_recorded
    return is_gateway or not documented.is_explicit or (is_odd and not is_recorded)


def asks_for_another_format(operation: Operation, query: Query) -> bool:
    """Return whether a query asks for another format than JSON, as `format=csv` does.

    Its parameter enumerates JSON among other names of formats. The media type of such a response
    is often not documented.
    """
    others = _list_other_formats(operation)
    return any(text in others.get(name, ()) for name, text in query)


@lru_cache(maxsize=64)
def _list_other_formats(operation: Operation) -> Mapping[str, frozenset[str]]:
    """Return parameter → the other formats that it enumerates with JSON."""
    found = {}
    for parameter in operation.query_parameters:
        listed = parameter.item_schema.get("enum", ())
        texts = [text for text in listed if isinstance(text, str)]
        if any(text.lower().endswith("json") for text in texts):
            others = (t for t in texts if _FORMAT.fullmatch(re.split("[/+.]", t.lower())[-1]))
            found[parameter.name] = frozenset(others)
    return found


def is_judged_elsewhere(operation: Operation, exchange: Exchange) -> bool:
    """Return whether another rule judges this status, or the documentation leaves it open."""
    expectation = exchange.case.expectation
    if exchange.status in INVALID and operation.open_request is not None:
        return True
    if exchange.status >= 500:
        return expectation.parameter is not None
    if 400 <= exchange.status < 500:
        return expectation.parameter is not None or expectation.answer is not Expected.ACCEPTED
    return False
