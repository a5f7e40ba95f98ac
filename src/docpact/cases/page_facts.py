"""The fields that describe a page: the next page, counts, and the numbers of the request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote_plus, urlencode

import httpx

from docpact.bodies.decode import decode
from docpact.bodies.engine import is_valid
from docpact.cases.bounds import types
from docpact.cases.parts import change_part, put, remove
from docpact.cases.wire import write_text
from docpact.model import Operation, Schema
from docpact.model.paging import (
    ABOUT_PAGES,
    AROUND,
    COUNTS,
    EMPTY,
    FIRST,
    HEADER_TOTALS,
    LAST,
    LINKS,
    MORE,
    NEXT,
    NUMBERS,
    ON_PAGE,
    STYLES,
    TOKEN_PARAMETERS,
    URLS,
    Style,
    Turn,
    name_header,
    plain,
    read_number,
)
from docpact.model.pointer import Tokens, mapping_of, pointer, resolve, tokens
from docpact.model.schema import forms, list_nested_fields, place

DEPTH: Final = 3
"""Maximum depth of such fields in the body."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """The facts about a page.

    Attributes:
        size: as requested, or the default.
        length: number of items of a full page, which may be less.
        start: index of its first item.
        total: number of all items.
        onward: value of the parameter that requests the next page; None if there is none.
        parameter: that parameter.
        url: of the request.
    """

    size: int
    length: int
    start: int
    total: int
    onward: str | None
    parameter: str
    url: httpx.URL


def find_style(operation: Operation, name: str | None) -> Style | None:
    """Return the style that computes positions from a parameter; None if responses state them.

    A token that is a number, in the request or in the response, numbers a page or an item.
    """
    paging, where = operation.roles.paging, operation.roles.next_token
    if paging is not None and paging.style is not None:
        return paging.style
    stated = next((each for each in operation.query_parameters if each.name == name), None)
    fields = [place(operation.response_schema, where)] if where is not None else []
    texts = ["string" in types(each) for each in (*fields, *([stated.schema] if stated else ()))]
    if stated is None or all(texts):
        return None
    return STYLES[0] if plain(stated.name) in STYLES[0].names else STYLES[1]


def body_parameter(operation: Operation) -> str | None:
    """Return the field of the request body that takes the token of the next page, or None."""
    return find_in_body(operation, TOKEN_PARAMETERS)


def find_in_body(operation: Operation, names: Sequence[str]) -> str | None:
    """Return the field of the body of a search with the first of some names, or None."""
    roles = operation.roles
    if operation.body_schema is None or roles.next_token is None or roles.token_parameter:
        return None
    named = operation.body_schema.get("properties", {})
    known = [name for name in named if plain(name) in names]
    return min(known, key=lambda name: names.index(plain(name)), default=None)


def has_link(operation: Operation) -> bool:
    """Return whether responses are documented to have a Link header (RFC 8288)."""
    found = operation.find_response(operation.status)
    return found is not None and any(each.name.lower() == "link" for each in found.headers)


def read_body_pairs(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield the top-level texts and numbers of a JSON body."""
    for name, value in mapping_of(decode(content).value).items():
        if isinstance(value, str | int) and not isinstance(value, bool):
            yield name, str(value)


def find_first_page(operation: Operation) -> int:
    """Return the number of the first page: as documented, else 1, or 0 as minimum or default.

    For a list with an offset, it is the number of the first item.
    """
    roles = operation.roles
    if roles.first_page is not None:
        return roles.first_page
    name = roles.page_parameter or roles.offset_parameter
    schema = operation.parameter(name).schema if name is not None else {}
    return 0 if 0 in (schema.get("minimum"), schema.get("default")) else 1


def find_following(
    operation: Operation, style: Style, key: str | None, items: Sequence[Any]
) -> str | None:
    """Return the key of the page after one with some items, as clients compute it."""
    last = resolve(items[-1], operation.roles.id or "/id") if items else None
    turn = Turn(key, len(items), write_text(last), find_first_page(operation))
    return style.following(turn)


def describe_page(operation: Operation, body: Any, facts: PageFacts) -> Any:
    """Return a body in which every field with a role is present, and all fields are true."""
    if not isinstance(body, Mapping):
        return body
    schema, roles = operation.response_schema, operation.roles
    for where in (roles.next_token, roles.has_more, roles.total_pages, roles.total):
        if where is not None:
            body, _ = change_part(schema, body, tokens(where), lambda value: value)
    fields = (f for form, _ in forms(schema) for f in list_nested_fields(form, DEPTH))
    for path, field in fields:
        value = _find_value(operation, path, field, facts)
        if value is not ... and resolve(body, pointer(path), ...) is not ...:
            body = _set(schema, body, path, field, value)
    return _end(operation, body) if facts.onward is None else body


def describe_first(operation: Operation, body: Any, count: int, token: str | None) -> Any:
    """Return the body of a first page: with the token of the next one, or None if it is the only.

    If another page follows, it is as long as this one.
    """
    size, where = max(count, 1), operation.roles.next_token
    facts = PageFacts(
        size=size,
        length=size,
        start=0,
        total=count if token is None else count + size,
        onward=token,
        parameter=operation.roles.paging_parameter or "page_token",
        url=httpx.URL(operation.path),
    )
    described = describe_page(operation, body, facts)
    if token is None or where is None:
        return described
    return change_part(operation.response_schema, described, tokens(where), put(token))[0]


def _end(operation: Operation, body: Any) -> Any:
    """Return the body of a last page with null for the object around the token, or without it.

    It is left out if it is named after the next page, and needs a token.
    """
    roles, schema = operation.roles, operation.response_schema
    above, _, name = (roles.next_token or "").rpartition("/")
    others = (roles.items, roles.has_more, roles.total_pages, roles.total)
    if not above or any(other is not None and other.startswith(f"{above}/") for other in others):
        return body
    *outer, holder = tokens(above)
    stated = place(schema, above)
    if is_valid(stated, None):
        return change_part(schema, body, (*outer, holder), put(None))[0]
    is_needed = name in stated.get("required", ())
    is_optional = holder not in place(schema, pointer(outer)).get("required", ())
    if is_needed and is_optional and plain(str(holder)) in NEXT:
        return change_part(schema, body, tuple(outer), remove(str(holder)))[0]
    return body


def _find_value(operation: Operation, path: Tokens, field: Schema, facts: PageFacts) -> Any:
    """Return the value of a field that describes a page; `...` for any other field."""
    roles, where, kinds = operation.roles, pointer(path), {*types(field)} - {"null"}
    *above, name = (plain(str(each)) for each in path)
    is_number = bool(kinds) and kinds <= {"integer", "number"}
    is_next = where == roles.next_token or (
        name in NEXT and kinds <= {"string", "integer", "number"}
    )
    if is_next or (AROUND.get(name) == "prev" and "string" in kinds):
        key = facts.onward if is_next else _find_previous(operation, facts)
        return key if key is ... else _write_url(operation, name, field, replace(facts, onward=key))
    if where == roles.total:
        return facts.total if is_valid(field, facts.total) else None
    if "boolean" in kinds and (name in {*EMPTY, *FIRST, *LAST, *MORE} or where == roles.has_more):
        known = {**dict.fromkeys(FIRST, not facts.start)}
        known |= dict.fromkeys(EMPTY, facts.start >= facts.total)
        return known.get(name, (facts.onward is None) == (name in LAST))
    if is_number and (name in COUNTS or where == roles.total_pages):
        count = -(-facts.total // facts.length) if facts.length else 0
        return count if is_valid(field, count) else None
    if is_number and all(map(ABOUT_PAGES.fullmatch, above)):
        echo = _find_echo(operation, str(path[-1]), facts)
        return echo if echo is ... or is_valid(field, echo) else ...
    return ...


def _find_previous(operation: Operation, facts: PageFacts) -> Any:
    """Return the key of the page before, None on the first one, or `...` if nobody computes it."""
    style, first = find_style(operation, facts.parameter), find_first_page(operation)
    role = style.role if style is not None and facts.length else ""
    known = {
        "page_parameter": first - 1 + facts.start // max(1, facts.length),
        "offset_parameter": first + max(0, facts.start - facts.length),
    }
    return None if not facts.start else str(known[role]) if role in known else ...


def _find_echo(operation: Operation, name: str, facts: PageFacts) -> Any:
    """Return the value of a number that repeats the request, or counts its page, or `...`."""
    roles = operation.roles
    if name == roles.offset_parameter:
        return facts.start + find_first_page(operation)
    if plain(name) == plain(roles.size_parameter or ""):
        return facts.size
    if plain(name) in ON_PAGE:
        return max(0, min(facts.size, facts.total - facts.start))
    number = find_first_page(operation) + (facts.start // facts.length if facts.length else 0)
    return number if plain(name) in NUMBERS | {*STYLES[0].names} else ...


def _write_url(operation: Operation, name: str, field: Schema, facts: PageFacts) -> Any:
    """Return the key of another page or its URL, or None."""
    if facts.onward is None:
        return None
    is_token = operation.roles.token_parameter or body_parameter(operation)
    is_url = name in LINKS | URLS or field.get("format", "uuid") != "uuid" or is_token is None
    if "string" not in types(field):
        return read_number(facts.onward)
    if not is_url:
        return facts.onward if is_valid(field, facts.onward) else None
    url = _next_url(operation, facts)
    known = (str(url), str(url.copy_with(scheme="https")), url.raw_path.decode())
    return next((each for each in known if is_valid(field, each)), None)


def _next_url(operation: Operation, facts: PageFacts) -> httpx.URL:
    """Return the URL of the next page, without a key; without such a page, of the first one.

    The other parameters stay as they are written: an encoded comma does not separate values.
    """
    gone = {facts.parameter, *(c.name for c in operation.credentials if c.place == "query")}
    parts = facts.url.query.decode("ascii").split("&")
    kept = [each for each in parts if each and unquote_plus(each.partition("=")[0]) not in gone]
    onward = [] if facts.onward is None else [urlencode({facts.parameter: facts.onward})]
    return facts.url.copy_with(query="&".join((*kept, *onward)).encode() or None)


def describe_headers(operation: Operation, facts: PageFacts) -> Iterator[tuple[str, str]]:
    """Yield each documented header that describes a page; the value is empty if there is none."""
    found = operation.find_response(operation.status)
    for header in found.headers if found else ():
        name = name_header(header.name)
        value: Any = facts.total
        if name == "link":
            value = write_link(operation, facts)
        elif name not in HEADER_TOTALS:
            value = _find_value(operation, (name,), header.schema, facts)
        if value is not ...:
            yield header.name, "" if value is None else str(value)


def write_link(operation: Operation, facts: PageFacts) -> str:
    """Return the Link header of a page (RFC 8288): to the next one, or to the first."""
    relation = "first" if facts.onward is None else "next"
    return f'<{_next_url(operation, facts)}>; rel="{relation}"'


def _set(schema: Schema, body: Any, path: Tokens, field: Schema, value: Any) -> Any:
    """Return a body with a field set; without a value it is absent, null, empty or 0."""
    required = place(schema, pointer(path[:-1])).get("required", ())
    if value is None and path[-1] not in required:
        return change_part(schema, body, path[:-1], remove(str(path[-1])))[0]
    empty = next((each for each in (None, "", 0) if is_valid(field, each)), ...)
    value = empty if value is None else value
    return body if value is ... else change_part(schema, body, path, put(value))[0]
