"""The items and pages of an operation: samples, how requests select a page, how responses name one.

An operation that is not a list has one page with one item: its whole body, or None if it documents
no body.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from functools import lru_cache, partial
from itertools import cycle, islice
from typing import Any, Final
from urllib.parse import parse_qsl

import httpx

from docpact.bodies.engine import is_valid
from docpact.cases.page_facts import (
    PageFacts,
    body_parameter,
    describe_page,
    find_first_page,
    find_following,
    find_style,
    has_link,
    read_body_pairs,
    write_link,
)
from docpact.cases.parts import change_part, put
from docpact.cases.plain import describe_forms
from docpact.cases.plain import plain as plain_schema
from docpact.cases.sampling import sample_items, sample_page
from docpact.cases.styles import read_query
from docpact.cases.wire import write_value
from docpact.client_gate.call import Answer, Answers, Received, json_answer
from docpact.media_types import is_json, make_concrete
from docpact.model import Operation, Schema
from docpact.model.paging import STYLES, Position, Style, plain, read_number
from docpact.model.pointer import change_at, map_scalars, resolve, tokens
from docpact.model.schema import child, fields_of, place

COMPLETE: Final = 12
"""Number of further samples from which the fields of a usual item are filled in."""

BEYOND_DOUBLE: Final = 2**53 + 1
"""The smallest positive integer that a double cannot hold (RFC 8259, section 6)."""

EVERY_BYTE: Final = bytes(range(256))
"""The body of a download."""


def find_largest(schema: Schema) -> int:
    """Return the largest integer that clients of a schema should be able to read."""
    most = 2**31 - 1 if schema.get("format") == "int32" else BEYOND_DOUBLE
    return int(min(schema.get("maximum", most), most))


def list_location(operation: Operation) -> str:
    """Return the location of the items of a list, or of the whole body."""
    return operation.roles.items or ""


def item_location(operation: Operation) -> str:
    """Return the folded location of one item, or of the whole body."""
    return f"{operation.roles.items}/*" if operation.roles.is_list else ""


def sample_usual(operation: Operation, count: int) -> tuple[Any, ...]:
    """Return sample items that every client can read; `FIDELITY` tests the others.

    They have all fields, with values other than null, as far as their schema allows it; no integers
    that a double cannot hold; and null in fields that may have any type. If there are fewer
    possible ids than items, items are repeated.

    Raises:
        ContractError: no sample can be made of the schema.
    """
    if not has_values(operation):
        return (None,) * count
    schema, free = operation.thing_schema, _list_free_fields(operation)
    samples = [*islice(cycle(sample_items(operation, count + COMPLETE)), count + COMPLETE)]
    more = COMPLETE if len(describe_forms(schema)) == 1 else 0
    found = []
    for number, item in enumerate(samples[:count]):
        usual = map_scalars(_shorten, item)
        filled = _clear(free, _fill(usual, samples[number + 1 : number + 1 + more]))
        choices = (filled, _clear(free, usual), item)
        found.append(next((e for e in choices if e == item or is_valid(schema, e)), item))
    return tuple(found)


def _fill(item: Any, others: Iterable[Any]) -> Any:
    """Return an item with the fields that it does not have, or null in them, of the next ones."""
    for other in others if isinstance(item, dict) else ():
        if isinstance(other, dict):
            item = {**other, **{name: value for name, value in item.items() if value is not None}}
    return item


def clear_free_fields(operation: Operation, body: Any, where: str) -> Any:
    """Return a body with null in fields that may have any type, except in that of a location."""
    tested = where.removeprefix(item_location(operation)).split("/")[1:2]
    clear = partial(_clear, _list_free_fields(operation) - {*tested})
    if not operation.roles.is_list:
        return clear(body)
    listed = list_location(operation)
    found = resolve(body, listed)
    changed = [*map(clear, found)] if isinstance(found, list) else found
    return change_at(body, tokens(listed), lambda _: changed) if changed else body


def _clear(names: Set[str], item: Any) -> Any:
    return {**item, **dict.fromkeys(names & item.keys())} if isinstance(item, dict) else item


@lru_cache(maxsize=64)
def _list_free_fields(operation: Operation) -> frozenset[str]:
    """Return the fields of an item that may have any type, except its id."""
    schema = plain_item_schema(operation)
    examples: tuple[Any, ...] = (None, "text", 7, True, [], {})
    parts = fields_of(schema).items()
    free = {name for name, part in parts if all(is_valid(part, each) for each in examples)}
    return frozenset(free) - {*tokens(operation.roles.id or "/id")[:1]}


def _shorten(value: Any) -> Any:
    is_long = isinstance(value, int) and abs(value) >= BEYOND_DOUBLE
    return value % 2**31 if is_long else value


@lru_cache(maxsize=64)
def plain_item_schema(operation: Operation) -> Schema:
    """Return the plain form of `item_schema`, in which the fields of every form can be read."""
    return plain_schema(operation.thing_schema)


def with_id(operation: Operation, item: Any, value: Any) -> Any:
    """Return an item with another id."""
    path = tokens(operation.roles.id or "/id")
    return change_part(plain_item_schema(operation), item, path, put(value))[0]


def items_of(operation: Operation, body: Any) -> tuple[Any, ...]:
    """Return the items of a decoded body."""
    return tuple(operation.find_items(body) or ()) if operation.roles.is_list else (body,)


TOKENS: Final = (
    "bmV4dA==+/ 2&=%2B",
    "=+/ 3&=%2BbmV4dA==",
    " éÉ漢;\"'#?{}|\\^`<>@:,$!*()[]~ ",
    "00012",
    "1e5",
    "null",
    "x" * 1500,
    "0",
    "MiXeD-_.~",
)
"""Tokens of a walk, in turn: with characters that a query must escape, and ones that look like
other values."""

SIZE: Final = 3
"""Number of items per page, if the contract allows it."""

NEXT: Final = "https://next-page.invalid/"
"""Placeholder for the URL of a request in the URL of the next page, until a response is played."""

RELATIVE: Final = "relative:"
"""Written before such a placeholder, it makes the URL relative."""

OWN_PARAMETER: Final = "page_token"
"""The query parameter in the URL of a next page, if the contract names none."""


LAST_IDS: Final = frozenset({"lastid", "lastitemid", "lastobjectid"})
"""Names of fields with the id of the last item, in lower case without separators."""


def is_paged(operation: Operation) -> bool:
    """Return whether requests can select further pages of a list."""
    return operation.roles.is_list and onward_parameter(operation) is not None


def onward_parameter(operation: Operation) -> str | None:
    """Return the parameter, or the field of the request body, that selects a page."""
    named = operation.roles.paging_parameter or body_parameter(operation)
    is_paged = named or operation.roles.paging is not None or has_link(operation)
    return named or (OWN_PARAMETER if is_paged else None)


def onward_location(operation: Operation) -> str:
    """Return where requests select a page, as in `Promise.location`."""
    name = onward_parameter(operation)
    return f"body/{name}" if name == body_parameter(operation) else f"query/{name}"


def is_documented(operation: Operation, name: str | None) -> bool:
    """Return whether a query parameter of that name is documented."""
    return any(parameter.name == name for parameter in operation.query_parameters)


def has_tokens(operation: Operation) -> bool:
    """Return whether responses state the key of the next page."""
    return is_paged(operation) and _style(operation) is None


def _style(operation: Operation) -> Style | None:
    """Return how a client computes the key of a page, as `last_id` is; None if it is a token."""
    if plain((operation.roles.next_token or "").rpartition("/")[2]) in LAST_IDS:
        return next(style for style in STYLES if style.role == "last_id_parameter")
    return find_style(operation, onward_parameter(operation))


def paging_parameters(operation: Operation) -> frozenset[str]:
    """Return the parameters that a client may send without being asked to.

    A walk in which the client computes the next request needs the length of a page, so a client
    may choose it.
    """
    names = {onward_parameter(operation)}
    names |= set() if has_tokens(operation) else {operation.roles.size_parameter}
    return frozenset(name for name in names if name is not None)


def page_size(operation: Operation, wanted: int = SIZE) -> int:
    """Return the number of items per page that a contract allows, nearest to the wanted one."""
    name = operation.roles.size_parameter
    schema: Mapping[str, Any] = operation.parameter(name).schema if name else {}
    least, most = schema.get("minimum", 1), schema.get("maximum", wanted)
    listed = place(operation.response_schema, list_location(operation))
    most = min(most, listed.get("maxItems", most))
    return int(max(least, min(wanted, most), 1))


def page_key(operation: Operation, received: Received) -> str | None:
    """Return the key of the page that a request selects; None for the first page."""
    name, style = onward_parameter(operation), _style(operation)
    in_body = name is not None and name == body_parameter(operation)
    pairs = read_body_pairs(received.body) if in_body else read_query(operation, received.query)
    key = next((value for each, value in pairs if each == name and value), None)
    is_counted = style is not None and style.role in ("page_parameter", "offset_parameter")
    return None if is_counted and key == str(find_first_page(operation)) else key


def walk(
    operation: Operation, chunks: Sequence[Sequence[Any]], totals: Sequence[int] = ()
) -> Answers:
    """Return the responses of a walk; by default each page states the number of all items."""
    keys = page_keys(operation, chunks)
    total, size = sum(map(len, chunks)), len(chunks[0])
    answers: dict[str | None, tuple[Answer, ...]] = {}
    for number, items in enumerate(chunks):
        start = sum(map(len, chunks[:number]))
        onward = keys[number + 1] if number + 1 < len(chunks) else None
        facts = page_facts(operation, start, size, total, onward)
        facts = replace(facts, total=totals[number]) if totals else facts
        answers[keys[number]] = (page_answer(operation, items, facts),)
    if is_paged(operation) and not has_tokens(operation):
        end = _following(operation, keys[-1], chunks[-1])
        facts = page_facts(operation, total, size, total, None)
        answers.setdefault(end, (page_answer(operation, (), facts),))
    return answers


def page_keys(operation: Operation, chunks: Sequence[Sequence[Any]]) -> tuple[str | None, ...]:
    """Return the key of each page of a walk."""
    if not is_paged(operation):
        return (None,)
    if has_tokens(operation):
        links = tokens_of(operation)
        turns = (divmod(number, len(links)) for number in range(len(chunks) - 1))
        return (None, *(links[place] + (f".{turn}" if turn else "") for turn, place in turns))
    keys: list[str | None] = [None]
    for chunk in chunks[:-1]:
        keys.append(_following(operation, keys[-1], chunk))
    return tuple(keys)


def tokens_of(operation: Operation) -> tuple[str, ...]:
    """Return the tokens that the contract allows."""
    name, inner = onward_parameter(operation), body_parameter(operation)
    schemas: list[Schema] = []
    if is_documented(operation, name):
        schemas.append(operation.parameter(str(name)).item_schema)
    if inner is not None and operation.body_schema is not None:
        schemas.append(child(operation.body_schema, "properties", inner))
    fitting = [each for each in TOKENS if all(is_valid(schema, each) for schema in schemas)]
    return tuple(fitting) or tuple(f"next{number}" for number in range(1, 10))


def _following(operation: Operation, key: str | None, items: Sequence[Any]) -> str | None:
    """Return the key of the page after another one, as clients compute it."""
    style = _style(operation)
    assert style is not None  # noqa: S101  only such lists have computed keys
    return find_following(operation, style, key, items)


def page_facts(
    operation: Operation, start: int, size: int, total: int, onward: str | None
) -> PageFacts:
    """Return the facts about a page."""
    size = max(size, 1)
    return PageFacts(
        size=size,
        length=size,
        start=start,
        total=total,
        onward=onward,
        parameter=onward_parameter(operation) or OWN_PARAMETER,
        url=httpx.URL(NEXT),
    )


def body_answer(operation: Operation, body: Any, **headers: str) -> Answer:
    """Return the documented response: with a body of JSON, with bytes, or without a body."""
    answer = json_answer(body, operation.status, media_type(operation), **headers)
    if has_values(operation):
        return answer
    if operation.content_type:
        return replace(answer, body=EVERY_BYTE)
    return replace(answer, headers=answer.headers[1:], body=b"")


def has_values(operation: Operation) -> bool:
    """Return whether the documented response has a body of JSON."""
    return is_json(operation.content_type)


def media_type(operation: Operation) -> str:
    """Return the documented media type of a body; of a range, JSON or one of its media types."""
    stated = operation.content_type
    return "application/json" if "*" in stated and is_json(stated) else make_concrete(stated)


def page_answer(
    operation: Operation, items: Sequence[Any], facts: PageFacts | None = None
) -> Answer:
    """Return the response with a page, by default the only one."""
    answer = body_answer(operation, page(operation, items, facts))
    if facts is None or facts.onward is None or not has_link(operation):
        return answer
    return replace(answer, headers=(*answer.headers, ("Link", write_link(operation, facts))))


def page(operation: Operation, items: Sequence[Any], facts: PageFacts | None = None) -> Any:
    """Return a decoded page, by default the only one, or the item of another operation."""
    if not operation.roles.is_list:
        return items[0]
    only = page_facts(operation, 0, len(items), len(items), None)
    return describe_page(operation, sample_page(operation, items), facts or only)


def last_page(operation: Operation, body: Any, where: str) -> Any:
    """Return a decoded body that says that it is the last page, to test one location."""
    body = clear_free_fields(operation, body, where)
    if not operation.roles.is_list:
        return body
    count = len(items_of(operation, body))
    facts = page_facts(operation, 0, count, count, None)
    return describe_page(operation, body, facts)


def slice_of(operation: Operation, items: Sequence[Any], received: Received) -> Answer | None:
    """Return the page that a request selects by its position, or None for another kind of list."""
    style = _style(operation) if is_paged(operation) else None
    if style is None:
        return None
    sent = dict(read_query(operation, received.query))
    length = sent.get(str(operation.roles.size_parameter), str(page_size(operation)))
    number = read_number(length)
    size = page_size(operation) if number is None else number
    ids = [write_value(resolve(item, operation.roles.id or "/id")) for item in items]
    text = sent.get(str(onward_parameter(operation)))
    first = find_first_page(operation)
    start = 0 if text is None or not items else style.index(Position(text, size, ids, first))
    if start is None:
        return None
    chunk = items[start : start + size]
    onward = _following(operation, text, chunk) if start + size < len(items) else None
    facts = page_facts(operation, start, size, len(items), onward)
    return page_answer(operation, chunk, facts)


def with_urls(operation: Operation, text: str, base_url: str, received: Received) -> str:
    """Return a part of a response in which URLs of the next page repeat the request."""
    url = httpx.URL(f"{base_url}{received.path}?{received.query}".rstrip("?"))
    for credential in operation.credentials:
        if credential.place == "query":
            url = url.copy_remove_param(credential.name)

    def write(found: re.Match[str]) -> str:
        ((name, value),) = parse_qsl(found[2])
        onward = url.copy_set_param(name, value)
        return onward.raw_path.decode() if found[1] else str(onward)

    return re.sub(rf'({RELATIVE})?{re.escape(NEXT)}\?([^">\s\\]+)', write, text)
