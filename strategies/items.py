"""Items of a list operation: alone, in coherent collections, and in pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from docpact.bodies.engine import is_valid
from docpact.cases.bounds import count_values, lengths, members, sizes, types
from docpact.cases.parts import change_part, put, remove
from docpact.cases.sampling import DISTINCT
from docpact.cases.vocabulary import check
from docpact.errors import ContractError
from docpact.model import Operation, Schema
from docpact.model.pointer import pointer, tokens
from docpact.model.schema import child, place
from docpact.strategies.scalars import JSON, SPREAD
from docpact.strategies.values import values

PLAIN: Final = f"{digits}{ascii_lowercase}{ascii_uppercase}-_"
"""The characters of ids and filtered values: unreserved in a URL (RFC 3986, section 2.3)."""

_CHOICES: Final = range(12)
"""Choices among a field's values: a multiple of every number of values, so that all are equally
likely."""


@lru_cache(maxsize=64)
def items(operation: Operation) -> SearchStrategy[dict[str, JSON]]:
    """Generate one valid item of a list operation; shrinks as `payloads` do.

    Raises:
        ContractError: the response schema contains something that cannot be generated.
        InvalidArgument: the operation is not a list operation.
    """
    return values(item_schema(operation))


def collections(
    operation: Operation, *, min_size: int = 0, max_size: int = 12
) -> SearchStrategy[list[dict[str, JSON]]]:
    """Generate lists of items that could belong to one account: unique ids, few filtered values.

    Ids are short, not empty and need no escaping in a URL, unless the schema fixes their values. A
    field that a query parameter filters by takes at most three values in one collection, and is
    null or absent where the schema allows it. Shrinks towards few equal items.

    Args:
        operation: a list operation; ids are unique if it has the role `id`.
        min_size: minimum number of items.
        max_size: maximum number of items.

    Raises:
        ContractError: the response schema contains something that cannot be generated.
        InvalidArgument: the operation is not a list operation, the sizes contradict each other, or
            there are fewer ids than items.
    """
    schema = item_schema(operation)
    if not 0 <= min_size <= max_size:
        msg = f"{min_size=}, {max_size=}, but 0 <= min_size <= max_size is required"
        raise InvalidArgument(msg)
    ids = _ids(operation, schema, max_size)
    filtered = {
        path: field(operation, schema, path)
        for path in operation.roles.filters.values()
        if path != operation.roles.id
    }
    choices = {path: st.sampled_from(_CHOICES) for path in (*filtered, *ids)}
    return _collections(
        st.lists(values(schema, instead=choices), min_size=min_size, max_size=max_size),
        ids,
        st.fixed_dictionaries({path: _few_values(part) for path, part in filtered.items()}),
    )


def item_schema(operation: Operation) -> Schema:
    """Return the schema of one item, after a check that it can be generated.

    Raises:
        ContractError: the response schema contains something that cannot be generated, or the role
            `items` does not point at an array of objects.
        InvalidArgument: the operation is not a list operation.
    """
    schema = check(operation, "response")
    if operation.roles.items is None:
        msg = f"operation={operation.id!r} is not a list operation: it has no role `items`"
        raise InvalidArgument(msg)
    array = field(operation, schema, operation.roles.items)
    item = child(array, "items") if "items" in array else None
    if item is None or "object" not in types(item):
        problem = f"expected an array of objects at {operation.roles.items} of the response"
        raise ContractError(f"{operation.id}/operation.json#/roles/items", problem)
    return {**item, "type": "object"}


def field(operation: Operation, schema: Schema, where: str) -> Schema:
    """Return the schema of the field that a role points at.

    Raises:
        ContractError: the field is not documented.
    """
    found = place(schema, where)
    if not found:
        problem = f"a role points at {where}, which the response does not document"
        raise ContractError(f"{operation.id}/operation.json#/roles", problem)
    return found


def names(schema: Schema, alphabet: str) -> SearchStrategy[JSON]:
    """Generate names: short texts of some characters, never empty or null.

    Where the schema fixes more than the length, its own values are used instead.
    """
    known = [name for name in types(schema) if name != "null"]
    if "string" not in known or "format" in schema or members(schema) is not None:
        listed = {"enum": [v for v in schema["enum"] if v is not None]} if "enum" in schema else {}
        return values({**schema, "type": known, **listed})
    least, most = lengths(schema)
    fewest = max(1, least)
    highest = fewest + SPREAD if most is None else max(least, min(most, fewest + SPREAD))
    return st.text(alphabet, min_size=min(fewest, highest), max_size=highest)


@st.composite
def _collections(
    draw: DrawFn,
    lists: SearchStrategy[list[dict[str, JSON]]],
    ids: Mapping[str, SearchStrategy[JSON]],
    pools: SearchStrategy[Mapping[str, list[JSON]]],
) -> list[dict[str, JSON]]:
    drawn = draw(lists)
    for path, one in ids.items():
        unique = draw(st.lists(one, min_size=len(drawn), max_size=len(drawn), unique=True))
        pairs = zip(drawn, unique, strict=True)
        drawn = [_pick(item, tokens(path), [name]) for item, name in pairs]
    for path, pool in draw(pools).items():
        drawn = [_pick(item, tokens(path), pool) for item in drawn]
    return drawn


def _ids(operation: Operation, schema: Schema, max_size: int) -> dict[str, SearchStrategy[JSON]]:
    """Return the pointer of the id in an item → its strategy; empty without the role `id`."""
    where = operation.roles.id
    if where is None:
        return {}
    known = field(operation, schema, where)
    every = count_values(known)
    count = None if every is None else every - is_valid(known, None)
    if count is not None and count < max_size:
        msg = f"{max_size=}, but {where} of an item has only {count} values"
        raise InvalidArgument(msg)
    return {where: names(known, PLAIN)}


def _pick(value: JSON, path: tuple[str, ...], pool: list[JSON]) -> JSON:
    """Replace the choice that was drawn at a path, if it is present, by a value of the pool."""
    if not path:
        return pool[value % len(pool)]
    if not isinstance(value, dict) or path[0] not in value:
        return value
    return {**value, path[0]: _pick(value[path[0]], path[1:], pool)}


def _few_values(schema: Schema) -> SearchStrategy[list[JSON]]:
    """Generate the few values of a filtered field, null last where it is allowed."""
    null = [None] if is_valid(schema, None) else []
    few = st.lists(names(schema, PLAIN), min_size=1, max_size=DISTINCT)
    return few.map(lambda drawn: drawn + null)


OPAQUE: Final = f"{PLAIN}+/=&% "
"""The characters of page tokens, some of which a client must escape to send them back unchanged."""

LONGEST_PAGE: Final = 12
"""The most items of a page, unless the schema allows fewer."""

SHORT_PAGE: Final = 2
"""The most items of a page in every other walk, so that a walk has several pages."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A response field that has a role; an optional one may be null or absent."""

    path: tuple[str, ...]
    schema: Schema
    nullable: bool
    optional: bool


def pages(operation: Operation) -> SearchStrategy[list[dict[str, JSON]]]:
    """Generate the response bodies of one walk, in order.

    All pages but the last have the same length and, if tokens link the pages, their own token; on
    the last page the token is absent or null. The total, if there is such a role, is the number of
    all items, or absent or null where the schema allows it. Shrinks towards a single page without
    items.

    Raises:
        ContractError: the response schema contains something that cannot be generated.
        InvalidArgument: the operation is not a list operation or has no pages, or its schema
            requires a token, or several items, on every page.
    """
    item_schema(operation)
    roles = operation.roles
    array, next_token, total = (
        None if where is None else _field(operation, where)
        for where in (roles.items, roles.next_token, roles.total)
    )
    problem = _find_problem(operation, array, next_token)
    if problem or array is None:
        msg = f"operation={operation.id!r} has no pages to generate: {problem}"
        raise InvalidArgument(msg)
    return _walks(operation, array, next_token, total)


def _walks(
    operation: Operation, array: _Field, next_token: _Field | None, total: _Field | None
) -> SearchStrategy[list[dict[str, JSON]]]:
    schema = operation.response_schema
    least, most = sizes(array.schema)
    longest = LONGEST_PAGE if most is None else min(most, LONGEST_PAGE)
    linked = [each for each in (next_token, total) if each is not None]
    empty: dict[str, SearchStrategy[JSON]] = {pointer(each.path): st.none() for each in linked}
    frames = values(schema, instead=empty | {pointer(array.path): st.just([])})
    accounts = collections(operation, min_size=least)
    lengths = st.integers(1, min(longest, SHORT_PAGE)) | st.integers(1, longest)
    links = st.integers(0) if next_token is None else names(next_token.schema, OPAQUE)
    with_total = st.booleans() if total is None or total.optional else st.just(True)

    @st.composite
    def walk(draw: DrawFn) -> list[dict[str, JSON]]:
        drawn, size = draw(accounts), draw(lengths)
        chunks = [drawn[at : at + size] for at in range(0, len(drawn), size)] or [[]]
        more = len(chunks) - 1
        following = draw(st.lists(links, min_size=more, max_size=more, unique=True))
        count = len(drawn) if draw(with_total) else None
        bodies = []
        for chunk, link in zip(chunks, [*following, None], strict=True):
            body = draw(frames)
            for part, value in ((array, chunk), (next_token, link), (total, count)):
                body = body if part is None else _set(schema, body, part, value)
            bodies.append(body)
        return bodies

    return walk()


def _field(operation: Operation, where: str) -> _Field:
    path = tokens(where)
    schema = field(operation, operation.response_schema, where)
    parent = field(operation, operation.response_schema, pointer(path[:-1]))
    nullable = is_valid(schema, None)
    required = set(path[-1:]) <= set(parent.get("required", ()))
    return _Field(path, schema, nullable, optional=nullable or not required)


def _find_problem(
    operation: Operation, array: _Field | None, next_token: _Field | None
) -> str | None:
    """Return why a response schema does not allow pages of every length, or None."""
    if array is None or (next_token is None and operation.roles.offset_parameter is None):
        return "it has no role `next_token` or `offset_parameter`"
    least, most = sizes(array.schema)
    if least > 1 or most == 0:
        return f"every page contains {least} items or more, and at most {most}"
    if next_token is not None and not next_token.optional:
        return f"{operation.roles.next_token} is required, so no page could be the last"
    return None


def _set(schema: Schema, body: dict[str, JSON], field: _Field, value: JSON) -> dict[str, JSON]:
    """Return the body with a field set; None leaves it null or absent, as the frame has it."""
    if value is None and field.nullable:
        return body
    if value is None:
        new, _ = change_part(schema, body, field.path[:-1], remove(field.path[-1]))
    else:
        new, _ = change_part(schema, body, field.path, put(value))
    return dict(new)
