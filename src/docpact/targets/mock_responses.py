"""Responses of the mock: the documented status, media type, headers and body, and page tokens."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from sys import maxsize
from typing import Any, Final
from uuid import UUID

import httpx

from docpact.bodies.decode import find_separator, write_values
from docpact.bodies.engine import is_valid
from docpact.cases.bounds import types
from docpact.cases.page_facts import body_parameter, read_body_pairs
from docpact.cases.parts import Edit, put
from docpact.cases.samples import full
from docpact.cases.styles import match_operation
from docpact.cases.wire import write_header, write_value
from docpact.errors import UsageError
from docpact.limits import MAX_REQUESTS
from docpact.media_types import is_json, is_text, make_concrete
from docpact.model import DocumentedResponse, Operation, Query, ResponseContent, Schema
from docpact.model.paging import TELLING_SIZES, plain, read_number
from docpact.model.pointer import change_at, fold_pointer, list_scalars, resolve, tokens
from docpact.model.schema import fields_of, follow, places, whole_place
from docpact.rules.responses.field_choices import find_selections
from docpact.rules.selections import (
    INCLUDE,
    INCLUDED,
    Name,
    documents_included,
    list_links,
    list_things,
)

REMOVED: Final = ...
"""Placeholder for the value of a field that drift removes."""

_ALIKE: Final[Mapping[int, tuple[int, ...]]] = {401: (401, 403), 404: (404, 410), 422: (422, 400)}
"""A status → the statuses with the same meaning, of which APIs document one."""


def respond(operation: Operation, body: Any) -> httpx.Response:
    """Return the response to an accepted request."""
    documented = operation.find_response(operation.status)
    headers = dict(_sample_headers(documented))
    if not operation.content_type:
        return httpx.Response(operation.status, headers=headers)
    if is_json(operation.content_type):
        return respond_with_json(operation.status, body, headers, operation.content_type)
    content = ResponseContent(operation.content_type, operation.response_schema)
    return _respond_with(operation.status, content, headers)


def list_tags(read: Operation, item: Any) -> Iterator[str]:
    """Yield the entity tag of an item that a response of the mock shows, and its values."""
    yield respond(read, item).headers.get("etag", "").removeprefix("W/").strip('"')
    yield from map(str, list_scalars(item))


def respond_with_error(
    operation: Operation, status: int, detail: Any, headers: Mapping[str, str]
) -> httpx.Response:
    """Return an error: the documented one with the same meaning, or as frameworks write it."""
    alike = (each for each in _ALIKE.get(status, ()) if operation.documents(each))
    return respond_with_failure(operation, next(alike, status), {"detail": detail}, headers)


def respond_with_failure(
    operation: Operation, status: int, body: Any, headers: Mapping[str, str]
) -> httpx.Response:
    """Return an error with the documented body of its status, or with another if there is none."""
    documented = operation.find_response(status)
    headers = {**dict(_sample_headers(documented)), **headers}
    if documented is None or operation.is_main_response(documented) or not documented.content:
        return respond_with_json(status, body, headers)
    kinds = documented.content  # JSON comes first, and ranges last
    content = min(kinds, key=lambda e: (not is_json(e.media_type), "*" in e.media_type))
    return _respond_with(status, content, headers)


def respond_as_failed(
    operations: Sequence[Operation], status: int, headers: Mapping[str, str], request: httpx.Request
) -> httpx.Response:
    """Return the failure that is documented for the operation of a request."""
    body = {"detail": "scripted"}
    for each in operations:
        if each.method == request.method and match_operation(each, request.url.path):
            return respond_with_failure(each, status, body, headers)
    return respond_with_json(status, body, headers)


def check_json(name: str, value: Any, *, allow_nan: bool = False) -> None:
    """Raise unless a value that the user gives can be a part of a body.

    Raises:
        UsageError: it cannot be JSON; the message begins with its name.
    """
    try:
        json.dumps(value, allow_nan=allow_nan)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{name} cannot be JSON: {error}") from None


def respond_with_json(
    status: int, body: Any, headers: Mapping[str, str], media_type: str = "application/json"
) -> httpx.Response:
    """Return a response with a body of JSON."""
    content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    labels = {"Content-Type": make_concrete(media_type)}
    return httpx.Response(status, headers={**labels, **headers}, content=content)


def _respond_with(
    status: int, content: ResponseContent, headers: Mapping[str, str]
) -> httpx.Response:
    schema = content.schema or {}
    if is_json(content.media_type):
        return respond_with_json(status, full(schema), headers, content.media_type)
    text = _sample_text(schema) if is_text(content.media_type) else "sample"
    if find_separator(content.media_type) and "items" in schema:
        text = write_values(content.media_type, full(schema))
    labels = {"Content-Type": make_concrete(content.media_type)}
    return httpx.Response(status, headers={**labels, **headers}, content=text.encode())


def _sample_text(schema: Schema) -> str:
    value = full(schema)
    return "sample" if isinstance(value, list | dict | None) else write_value(value)


def _sample_headers(documented: DocumentedResponse | None) -> dict[str, str]:
    headers = documented.headers if documented else ()
    return {
        each.name: write_header(full(each.schema), explode=each.explode)
        for each in headers
        if each.name != "set-cookie"
    }


def check_place(operations: Sequence[Operation], where: str, *, is_removed: bool) -> None:
    """Raise unless some body may have a place: to remove a field, or to set one in its object.

    Raises:
        ValueError: the place is not a JSON Pointer.
        UsageError: no documented body has it.
    """
    tokens(where)
    stated_bodies = (each.response_schema for each in operations)
    schemas = [each for each in stated_bodies if each.keys() - {"$schema", "$id"}]
    for response in chain.from_iterable(each.responses for each in operations):
        schemas += [each.schema for each in response.content if each.schema]
    folded = fold_pointer(where)
    due = folded if is_removed else folded.rpartition("/")[0]
    found = [(due, [s for each in schemas for s, _ in places(each, due)])]
    while not found[-1][1] and found[-1][0]:
        above = found[-1][0].rpartition("/")[0]
        found.append((above, [s for each in schemas for s, _ in places(each, above)]))
    above, stated = found[-1]
    is_name = above == due and not folded.endswith("/*")
    kinds = {"object"} if is_name else {"object", "array"}
    stated = [each for each in stated if kinds & {*types(each)}]
    is_open = any(not each.keys() & {"properties", "items", "prefixItems"} for each in stated)
    if (above == due and (is_removed or stated)) or is_open or not schemas:
        return
    names = sorted({name for each in stated for name in each.get("properties", ())})
    listed = f"; {above or 'the body'} has {', '.join(names[:12])}" if names else ""
    raise UsageError(f"drift: no documented response has {where}{listed}")


def repeat(response: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    """Return a function that responds to every request with a copy of a response."""
    return lambda _: copy_response(response)


def copy_response(response: httpx.Response, content: bytes | None = None) -> httpx.Response:
    """Return a response of its own, with another body if one is given."""
    headers = [pair for pair in response.headers.multi_items() if pair[0] != "content-length"]
    body = response.content if content is None else content
    return httpx.Response(response.status_code, headers=headers, content=body)


def drift_field(
    where: str, value: Any, _: httpx.Request, response: httpx.Response, __: Any
) -> httpx.Response | None:
    """Return a response with another value at a folded pointer, or None if nothing changes.

    The value `...` removes the field.
    """
    change = partial(change_each, path=tokens(where), change=put(value), adds=True)
    return change_body(response, change)


def change_body(response: httpx.Response, change: Callable[[Any], Any]) -> httpx.Response | None:
    """Return a response with another decoded body, or None if it is not JSON or stays as it is."""
    body = read_json(response)
    changed = body if body is ... else change(body)
    if changed == body:
        return None
    return copy_response(response, json.dumps(changed, ensure_ascii=False).encode())


def read_json(response: httpx.Response) -> Any:
    """Return the decoded body of a response; `...` if it is not JSON."""
    try:
        return json.loads(response.content)
    except ValueError:
        return ...


def change_each(value: Any, path: tuple[str, ...], change: Edit, *, adds: bool = False) -> Any:
    """Return a value with each part at a folded path changed, or removed if it becomes `...`.

    A missing field at the end of the path is added only if that is asked for.
    """
    if not path:
        return change(value)
    name, rest = path[0], path[1:]
    change_rest = partial(change_each, path=rest, change=change, adds=adds)
    if isinstance(value, list):
        chosen = range(len(value)) if name == "*" else [int(name)] if name.isdecimal() else []
        listed = [change_rest(v) if n in chosen else v for n, v in enumerate(value)]
        return [each for each in listed if each is not REMOVED]
    if not isinstance(value, dict):
        return value
    names = value if name == "*" else [name] if name in value or (adds and not rest) else []
    fields = value | {key: change_rest(value.get(key)) for key in names}
    return {key: each for key, each in fields.items() if each is not REMOVED}


def put_below(
    schema: Schema, item: Mapping[str, Any], below: Mapping[str, str]
) -> Mapping[str, Any]:
    """Return an item below a thing in the path, with the fields that repeat its identifier.

    A value that its field cannot have is left out.
    """
    for where, text in below.items():
        value = read_as(schema, where, text)
        if value is not None and resolve(item, where, default=...) is not ...:
            item = change_at(item, tokens(where), put(value))
    return item


def repeat_text(schema: Schema, body: Any, where: str, text: str, own: Any) -> Any:
    """Return a body with the text of a path parameter in a field.

    `own` is the item of a list that the parameter names, which shows another value, or None.
    """
    missing = object()
    shown = resolve(body, where, default=missing)
    is_own = shown is not missing and resolve(own, where, default=missing) == shown
    if is_own or (shown is missing and len(tokens(where)) > 1):
        return body
    found = read_as(schema, where, text)
    return body if found is None else change_at(body, tokens(where), put(found))


def read_as(schema: Schema, where: str, text: str) -> int | str | None:
    """Return the value of a field that a text in a path means; None if it cannot have one."""
    number = read_number(text.removeprefix("-"))
    field = whole_place(follow(schema)[0], where)
    known = (text,) if number is None else (-number if text.startswith("-") else number, text)
    return next((value for value in known if is_valid(field, value)), None)


def choose_fields(
    operation: Operation, items: Sequence[Mapping[str, Any]], query: Query
) -> Sequence[Mapping[str, Any]]:
    """Return items with the fields that a query chooses, and those that a client may expect."""
    for selection in find_selections(operation):
        texts = [text for name, text in query if name == selection.parameter.name]
        items = [selection.choose(item, texts) for item in items]
    return items


_OFFSETS: Final = ("offset", "skip")
_PAGE_NUMBERS: Final = ("page", "pagenumber")
"""Names, in lower case without separators, of fields that request further items of a search."""


def cut_lists(operation: Operation, body: Any, content: bytes) -> Any:
    """Return the body of a search with the items that its limit, and its offset or page, choose."""
    is_search = operation.method == "POST" and operation.resource is None
    if not is_search or body_parameter(operation) is not None or not isinstance(body, dict):
        return body
    start, size = _read_window(operation, content)
    arrays = [(name,) for name, each in body.items() if isinstance(each, list)]
    cut = body
    for where in [tokens(operation.roles.items or "")] if operation.roles.is_list else arrays:
        cut = change_at(cut, where, lambda items: items[start : start + size])
    return cut if is_valid(operation.response_schema, cut) else body


def _read_window(operation: Operation, content: bytes) -> tuple[int, int]:
    """Return how many items the body of a search skips, and how many it asks for at most."""
    pairs = ((plain(name), read_number(text)) for name, text in read_body_pairs(content))
    asked = {name: number for name, number in pairs if number is not None}
    size = min((asked[name] for name in asked.keys() & TELLING_SIZES), default=maxsize)
    start = next((asked[name] for name in _OFFSETS if name in asked), 0)
    for name, schema in fields_of(operation.body_schema or {}).items():
        if plain(name) in _PAGE_NUMBERS and plain(name) in asked and size < maxsize:
            first = 0 if 0 in (schema.get("default"), schema.get("minimum")) else 1
            start = max(asked[plain(name)] - first, 0) * size
    return start, size


def include_things(operation: Operation, body: Any, query: Query) -> Any:
    """Return a body with the related things that a query asks for (JSON:API 1.1, section 7.3)."""
    if not isinstance(body, dict) or not documents_included(operation):
        return body
    asked = {each for name, text in query if name == INCLUDE for each in text.split(",")}
    things = list_things(body.get("data"))
    names = {name for thing in things for one in asked for name in list_links(thing, one)}
    stated = [each for each, _ in places(operation.response_schema, f"{INCLUDED}/*")]
    found = [_make_thing(stated, name) for name in sorted(names)]
    changed = {**body, "included": [each for each in found if each is not None]}
    if not found and "included" not in operation.response_schema.get("required", ()):
        del changed["included"]
    return changed


def _make_thing(schemas: Iterable[Schema], name: Name) -> Any:
    """Return a thing with a type and an id, as one of several schemas describes it, or None."""
    named = dict(zip(("type", "id"), name, strict=True))
    things = ((schema, {**full(schema), **named}) for schema in schemas)
    return next((thing for schema, thing in things if is_valid(schema, thing)), None)


_SEAL: Final = 8
"""Length of the seal, which shows that the mock has written a token."""


class PageTokens:
    """Writes and reads the tokens of an operation.

    A token contains its value, so a mock can read it without a memory. A UUID is too short for
    that: its value is remembered.
    """

    def __init__(self, operation: Operation) -> None:
        self._key = operation.id.encode()
        name, known = operation.roles.token_parameter, operation.query_parameters
        self._has_uuids = any(e.name == name and e.schema.get("format") == "uuid" for e in known)
        self._values: dict[str, Any] = {}

    def write(self, value: Any) -> str:
        """Return the token for a JSON value, always the same one."""
        content = json.dumps(value).encode()
        seal = hmac.digest(self._key, content, "sha256")
        if not self._has_uuids:
            return urlsafe_b64encode(seal[:_SEAL] + content).decode().rstrip("=")
        token = str(UUID(bytes=seal[:16], version=4))
        self._values[token] = json.loads(content)
        if len(self._values) > MAX_REQUESTS:
            del self._values[next(iter(self._values))]
        return token

    def read(self, token: str) -> Any:
        """Return the value of a token; None if the mock has not written it."""
        if self._has_uuids:
            return self._values.get(token)
        try:
            raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except ValueError:
            return None
        seal, content = raw[:_SEAL], raw[_SEAL:]
        is_own = hmac.compare_digest(seal, hmac.digest(self._key, content, "sha256")[:_SEAL])
        return json.loads(content) if is_own else None
