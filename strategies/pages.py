"""The response bodies of one walk: a collection cut into pages that tokens link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

from docpact.bodies.validate import violations
from docpact.cases.bounds import sizes
from docpact.cases.samples import change_part, put, remove
from docpact.cases.vocabulary import check
from docpact.model import Operation, Schema
from docpact.model.pointer import pointer, tokens
from docpact.strategies.items import PLAIN, collections, field, item_schema, names
from docpact.strategies.values import JSON, values

OPAQUE: Final = f"{PLAIN}+/=&% "
"""The characters of page tokens: a client sends them back as they came, escaped."""

LONGEST_PAGE: Final = 12
"""The most items of a page where the schema sets no lower limit."""

SHORT_PAGE: Final = 2
"""The most items of every other walk's pages, so that a walk has several."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """What a walk is drawn from.

    Attributes:
        collection: all items, in order.
        length: of every page but the last.
        token: of a next page.
        counted: whether the total is stated.
        frame: a body without items, token and total.
    """

    collection: SearchStrategy[list[dict[str, JSON]]]
    length: SearchStrategy[int]
    token: SearchStrategy[JSON]
    counted: SearchStrategy[bool]
    frame: SearchStrategy[dict[str, JSON]]


def pages(operation: Operation) -> SearchStrategy[list[dict[str, JSON]]]:
    """Generate the response bodies of one walk, in order.

    All pages but the last are equally long and carry a token of their own, where pages are linked
    by tokens; on the last one the token is absent or null. The total, where there is such a role,
    is the number of all items, or is absent or null where the schema allows it. Shrinks towards a
    single page without items.

    Raises:
        ContractError: the response schema holds something that cannot be generated.
        InvalidArgument: the operation names no list of items, or none that comes in pages, or its
            schema requires a token, or several items, on every page.
    """
    item_schema(operation)
    schema = check(operation, "response")
    roles = operation.roles
    problem = _problem(operation, schema)
    if problem or roles.items is None:
        msg = f"operation={operation.id!r} has no pages to generate: {problem}"
        raise InvalidArgument(msg)
    least, most = sizes(field(operation, schema, roles.items))
    absent = {where: st.none() for where in (roles.next_token, roles.total) if where is not None}
    longest = LONGEST_PAGE if most is None else min(most, LONGEST_PAGE)
    no_total = roles.total is None or _may_lack(operation, schema, roles.total)
    walk = _Walk(
        collection=collections(operation, min_size=least),
        length=st.integers(1, min(longest, SHORT_PAGE)) | st.integers(1, longest),
        token=_tokens(operation, schema),
        counted=st.booleans() if no_total else st.just(True),
        frame=values(schema, instead=absent | {roles.items: st.just([])}),
    )
    return _pages(operation, walk)


def _problem(operation: Operation, schema: Schema) -> str | None:
    """Say what keeps a response schema from holding pages of every length and a last page."""
    roles = operation.roles
    if roles.items is None or (roles.next_token is None and roles.offset_parameter is None):
        return "it has no role `next_token` or `offset_parameter`"
    least, most = sizes(field(operation, schema, roles.items))
    if least > 1 or most == 0:
        return f"every page holds {least} items or more, and {most} at most"
    if roles.next_token is not None and not _may_lack(operation, schema, roles.next_token):
        return f"{roles.next_token} is required, so that no page could be the last"
    return None


def _tokens(operation: Operation, schema: Schema) -> SearchStrategy[JSON]:
    where = operation.roles.next_token
    return st.integers(0) if where is None else names(field(operation, schema, where), OPAQUE)


def _may_lack(operation: Operation, schema: Schema, where: str) -> bool:
    return _may_be_null(operation, schema, where) or not _is_required(operation, schema, where)


def _may_be_null(operation: Operation, schema: Schema, where: str) -> bool:
    return not any(violations(field(operation, schema, where), None))


def _is_required(operation: Operation, schema: Schema, where: str) -> bool:
    *parents, name = tokens(where)
    return name in field(operation, schema, pointer(parents)).get("required", ())


@st.composite
def _pages(draw: DrawFn, operation: Operation, walk: _Walk) -> list[dict[str, JSON]]:
    schema, roles = operation.response_schema, operation.roles
    found, size = draw(walk.collection), draw(walk.length)
    chunks = [found[at : at + size] for at in range(0, len(found), size)] or [[]]
    more = len(chunks) - 1
    links = draw(st.lists(walk.token, min_size=more, max_size=more, unique=True))
    total = len(found) if draw(walk.counted) else None
    bodies = []
    for chunk, link in zip(chunks, [*links, None], strict=True):
        body = _put(schema, draw(walk.frame), str(roles.items), chunk)
        if roles.next_token is not None:
            body = _put_or_leave(operation, body, roles.next_token, link)
        if roles.total is not None:
            body = _put_or_leave(operation, body, roles.total, total)
        bodies.append(body)
    return bodies


def _put_or_leave(
    operation: Operation, body: dict[str, JSON], where: str, value: JSON
) -> dict[str, JSON]:
    """Put a value in its place; None leaves the field absent, or null if that is allowed."""
    schema = operation.response_schema
    if value is not None:
        return _put(schema, body, where, value)
    if _may_be_null(operation, schema, where):
        return body
    *parents, name = tokens(where)
    cut, _ = change_part(schema, body, tuple(parents), remove(name))
    return dict(cut)


def _put(schema: Schema, body: dict[str, JSON], where: str, value: JSON) -> dict[str, JSON]:
    new, _ = change_part(schema, body, tokens(where), put(value))
    return dict(new)
