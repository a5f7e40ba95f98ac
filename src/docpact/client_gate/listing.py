"""The pages of an operation: how a request selects one, and how a response names the next one.

An operation that is not a list has one page with one item: its whole body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from docpact.cases.sampling import sample_page
from docpact.client_gate.scenario import Answer, Answers, json_answer
from docpact.model import Operation, Schema
from docpact.model.pointer import resolve, tokens

TOKENS: Final = (
    "bmV4dA==+/ 2&=%2B",
    "bmV4dA==+/ 3&=%2B",
    "é漢;\"'#?{}|\\^`<>@:,$!*()[]~",
    "00012",
    "1e5",
    "null",
    "x" * 1500,
    "MiXeD",
    "-_.~",
)
"""Tokens of a walk, in turn: with characters that a query must escape, and ones that look like
other values."""

SIZE: Final = 3
"""Number of items per page, if the contract allows it."""


def list_location(operation: Operation) -> str:
    """Return the location of the items of a list, or of the whole body."""
    return operation.roles.items or ""


def item_location(operation: Operation) -> str:
    """Return the folded location of one item, or of the whole body."""
    return f"{operation.roles.items}/*" if operation.roles.is_list else ""


def item_schema(operation: Operation) -> Schema:
    """Return the schema of one item, or of the whole body."""
    return operation.item_schema if operation.roles.is_list else operation.response_schema


def items_of(operation: Operation, body: Any) -> tuple[Any, ...]:
    """Return the items of a decoded body."""
    if not operation.roles.is_list:
        return (body,)
    found = resolve(body, str(operation.roles.items))
    return tuple(found) if isinstance(found, list) else ()


def is_paged(operation: Operation) -> bool:
    """Return whether requests can select further pages of a list."""
    return operation.roles.is_list and operation.roles.onward is not None


def has_tokens(operation: Operation) -> bool:
    """Return whether tokens link the pages of a list."""
    return is_paged(operation) and operation.roles.onward == operation.roles.token_parameter


def paging_parameters(operation: Operation) -> frozenset[str]:
    """Return the parameters that a client may send without being asked to.

    A walk by offsets needs the length of a page, so a client may choose it.
    """
    roles = operation.roles
    names = {roles.onward} if has_tokens(operation) else {roles.onward, roles.size_parameter}
    return frozenset(name for name in names if name is not None)


def page_size(operation: Operation, wanted: int = SIZE) -> int:
    """Return the number of items per page that a contract allows, nearest to the wanted one."""
    name = operation.roles.size_parameter
    schema: Mapping[str, Any] = operation.parameter(name).schema if name else {}
    least, most = schema.get("minimum", 1), schema.get("maximum", wanted)
    return int(max(least, min(wanted, most), 1))


def page_key(operation: Operation, query: str) -> str | None:
    """Return the key of the page that a request selects; None for the first page.

    Args:
        operation: the contract.
        query: of the request, percent-encoded.
    """
    name = operation.roles.onward
    pairs = parse_qsl(query, keep_blank_values=True)
    key = next((value for each, value in pairs if each == name and value), None)
    is_start = not has_tokens(operation) and key == "0"
    return None if is_start else key


def walk(
    operation: Operation,
    chunks: Sequence[Sequence[Any]],
    links: Sequence[str] = TOKENS,
    **fields: Any,
) -> Answers:
    """Return the responses of a walk.

    Args:
        operation: the contract.
        chunks: the items of each page.
        links: tokens of the second and later pages; unused if offsets select them.
        fields: other top-level fields of each page.
    """
    keys = page_keys(operation, chunks, links)
    total = sum(map(len, chunks))
    answers: dict[str | None, tuple[Answer, ...]] = {}
    for number, items in enumerate(chunks):
        onward = keys[number + 1] if number + 1 < len(chunks) else None
        body = page(operation, items, onward, total=total, **fields)
        answers[keys[number]] = (json_answer(body, operation.status),)
    if not has_tokens(operation) and len(chunks) > 1:
        end = json_answer(page(operation, (), None, total=total, **fields), operation.status)
        answers.setdefault(str(total), (end,))
    return answers


def page_keys(
    operation: Operation, chunks: Sequence[Sequence[Any]], links: Sequence[str] = TOKENS
) -> tuple[str | None, ...]:
    """Return the key of each page of a walk."""
    if has_tokens(operation):
        turns = (divmod(number, len(links)) for number in range(len(chunks) - 1))
        return (None, *(links[place] + (f".{turn}" if turn else "") for turn, place in turns))
    starts = [sum(map(len, chunks[:number])) for number in range(1, len(chunks))]
    return (None, *map(str, starts))


def page(
    operation: Operation, items: Sequence[Any], onward: str | None, total: int, **fields: Any
) -> Any:
    """Return a decoded page, or the one item of an operation that is not a list.

    Args:
        operation: the contract.
        items: of the page.
        onward: key of the next page, or None.
        total: number of all items.
        fields: other top-level fields.
    """
    roles = operation.roles
    if not roles.is_list:
        return items[0]
    if roles.total is not None and len(tokens(roles.total)) == 1:
        fields = {tokens(roles.total)[-1]: total, **fields}
    token = onward if has_tokens(operation) else None
    return sample_page(operation, items, next_token=token, **fields)


def last_page(operation: Operation, body: Any) -> Any:
    """Return a decoded body without the token of the next page."""
    if operation.roles.next_token is None or not isinstance(body, Mapping):
        return body
    token = tokens(operation.roles.next_token)[-1]
    return {name: value for name, value in body.items() if name != token}


def slice_of(operation: Operation, items: Sequence[Any], query: str) -> Answer | None:
    """Return the page that a query selects by its offset, or None for another kind of list."""
    if has_tokens(operation) or not is_paged(operation):
        return None
    sent = dict(parse_qsl(query))
    try:
        start = int(sent.get(str(operation.roles.onward), 0))
        length = int(sent.get(str(operation.roles.size_parameter), page_size(operation)))
    except ValueError:
        return None
    body = page(operation, items[start : start + length], None, total=len(items))
    return json_answer(body, operation.status)
