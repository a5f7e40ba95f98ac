"""Values of any JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError

from docpact.bodies.engine import make_engine
from docpact.cases.plain import plain
from docpact.model.drafts import Draft, find_draft, translate
from docpact.model.references import UnknownReferenceError, localize
from docpact.model.schema import Schema, follow, is_simple
from docpact.strategies.scalars import JSON
from docpact.strategies.values import values


def from_schema(schema: Schema | bool, *, draft: Draft | None = None) -> SearchStrategy[JSON]:
    """Generate values that satisfy a JSON Schema.

    Every keyword of drafts 4, 6, 7, 2019-09 and 2020-12 counts, and every format of the standard
    and of the OpenAPI format registry. Values are made to satisfy the schema, as far as possible;
    only the rest, such as `not` with a pattern, is reached by leaving out values that do not. A
    format or a pattern that docpact does not know excludes nothing.

    Limits of lengths and numbers are drawn often. A text is rarely longer than 20,000 characters,
    and an array rarely has more than three elements beyond the least number, whatever the schema
    allows. Shrinks towards null, false, 0, the shortest text, the first member of an `enum` or
    `anyOf`, the fewest elements, and objects with required fields only.

    Args:
        schema: an object or a boolean, with references to any part of it, to resources that are
            embedded in it by `$id`, and to the metaschemas. Nothing is ever fetched.
        draft: of the schema; None for the one that `$schema` names, or else 2020-12.

    Raises:
        InvalidArgument: the schema is not valid, a reference leads nowhere, or no value satisfies
            the schema.
    """
    stated = translate(schema, draft or find_draft(schema))
    _check(stated)
    try:
        local = localize(stated).schema
    except UnknownReferenceError as error:
        msg = f"{schema=}: the reference {error.reference!r} leads to no part of the schema"
        raise InvalidArgument(msg) from None
    try:
        found = plain(local)
    except RecursionError:
        msg = f"{schema=}: a schema is one of its own forms, or schemas nest too deeply"
        raise InvalidArgument(msg) from None
    if "not" in follow(found)[0]:
        msg = f"{schema=}: no value satisfies it"
        raise InvalidArgument(msg)
    drawn = values(found, is_wide=True)
    return drawn if is_simple(local) else drawn.filter(make_engine(local).is_valid)


def _check(schema: Any) -> None:
    if not isinstance(schema, Mapping | bool):
        msg = f"{schema=}: expected an object or a boolean"
        raise InvalidArgument(msg)
    try:
        # A pattern is a regular expression of ECMA-262, not of Python.
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(formats=()))
    except SchemaError as error:
        msg = f"{schema=}: not a JSON Schema: {error.message}"
        raise InvalidArgument(msg) from None
