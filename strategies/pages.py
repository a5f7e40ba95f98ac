"""The response bodies of one walk: a collection cut into pages that are linked by tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from docpact.bodies.engine import is_valid
from docpact.cases.bounds import sizes
from docpact.cases.parts import change_part, put, remove
from docpact.model import Operation, Schema
from docpact.model.pointer import pointer, tokens
from docpact.strategies.items import PLAIN, collections, field, item_schema, names
from docpact.strategies.scalars import JSON
from docpact.strategies.values import values

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
