"""Values as query text: how to write them, and every way to read them."""

from __future__ import annotations

from decimal import Decimal
from math import ceil, isfinite
from typing import Any, Final

from docpact.bodies.engine import is_valid
from docpact.cases.bounds import sizes
from docpact.model import Parameter, Query

LONGEST: Final = 2_000
"""The longest query of a case, in characters. Common servers accept URLs of up to 8 KiB (nginx's
`large_client_header_buffers`, Apache's `LimitRequestLine`) and answer longer ones with 414 before
the operation sees them."""

_TRUE: Final = frozenset({"true", "1", "yes", "y", "on", "t"})
_FALSE: Final = frozenset({"false", "0", "no", "n", "off", "f"})
_NULL: Final = frozenset({"", "null", "none", "nil"})


def write_value(value: Any) -> str:
    """Return a decoded scalar as query text: numbers in plain decimal notation, true, false, null.

    Raises:
        TypeError: the value is an array or an object.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int():
            return str(value)
        case float():
            return format(Decimal(repr(value)), "f")
        case _:
            msg = f"{value!r} is not a scalar, so it has no documented form in a query"
            raise TypeError(msg)


def read_values(text: str) -> tuple[Any, ...]:
    """Return every value that a lenient server could read from query text."""
    word = text.strip().lower()
    values: list[Any] = [text]
    values += [True] if word in _TRUE else []
    values += [False] if word in _FALSE else []
    values += [None] if word in _NULL else []
    number = _number(word)
    return (*values, number) if number is not None else tuple(values)


def query_of(parameter: Parameter, *texts: str) -> Query:
    """Return the query that sends some texts, repeated until an array has `minItems` values."""
    least = sizes(parameter.schema)[0] if parameter.is_array else 1
    times = max(1, ceil(least / len(texts)))
    return tuple((parameter.name, text) for text in texts * times)


def can_be_documented(parameter: Parameter, text: str) -> bool:
    """Return whether any reading of one text fits a parameter.

    An empty text can also mean no value, and text with commas several values of an array.
    """
    if not text and not parameter.required:
        return True
    parts = text.split(",") if parameter.is_array else [text]
    return _fits(parameter, text) or all(_fits(parameter, part) for part in parts)


def _fits(parameter: Parameter, text: str) -> bool:
    schema = parameter.item_schema
    return any(is_valid(schema, value) for value in read_values(text))


def _number(word: str) -> float | None:
    try:
        return int(word)
    except ValueError:
        pass
    try:
        number = float(word)
    except ValueError:
        return None
    return number if isfinite(number) else None
