"""Values as query text, written and read in every way, and as labels of cases."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from math import ceil, isfinite
from typing import Any, Final, TypeVar
from urllib.parse import quote

from docpact.bodies.decode import decode
from docpact.bodies.engine import Same, is_valid
from docpact.bodies.wording import json_type
from docpact.cases.bounds import members, sizes, types
from docpact.model import Case, Expectation, Parameter, PayloadCase, Query, Question, Schema
from docpact.model.schema import child, follow, forms
from docpact.text import pluralize

LONGEST: Final = 2_000
"""The longest query of a case, in characters. Common servers accept URLs of up to 8 KiB (nginx's
`large_client_header_buffers`, Apache's `LimitRequestLine`) and answer longer ones with 414 before
the operation sees them."""

SCALARS: Final = ("string", "integer", "number", "boolean")
"""Types whose values are written as a text."""

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


def write_text(value: Any) -> str | None:
    """Return a field's value as a filter writes it, or None for a value without such a text."""
    return None if value is None or isinstance(value, list | dict) else write_value(value)


def read_values(text: str) -> tuple[Any, ...]:
    """Return every value that a lenient server could read from query text."""
    word = text.strip().lower()
    values: list[Any] = [text]
    values += [True] if word in _TRUE else []
    values += [False] if word in _FALSE else []
    values += [None] if word in _NULL else []
    number = _number(word)
    return (*values, number) if number is not None else tuple(values)


def read_exactly(text: str) -> list[Any]:
    """Return every value that a server could read which knows only `true` and `false`."""
    found = read_values(text)
    return [each for each in found if not isinstance(each, bool) or write_value(each) == text]


def query_of(parameter: Parameter, *texts: str) -> Query:
    """Return the query that sends some texts, repeated until an array has `minItems` values."""
    least = sizes(parameter.schema)[0] if parameter.is_array else 1
    times = max(1, ceil(least / len(texts)))
    return tuple((parameter.name, text) for text in texts * times)


def is_value(parameter: Parameter, text: str | None) -> bool:
    """Return whether a request can have a text: an empty one only if the documentation lists it."""
    is_listed = parameter.location == "query" and "" in (members(parameter.item_schema) or ())
    return bool(text) or (text == "" and is_listed)


def can_be_documented(parameter: Parameter, text: str) -> bool:
    """Return whether any reading of one text fits a parameter.

    An empty text can also mean no value, and text with commas several values of an array.
    """
    return _can_be_documented(Same(parameter), text)  # items often repeat their texts


@lru_cache(maxsize=4096)
def _can_be_documented(same: Same, text: str) -> bool:
    parameter: Parameter = same.value
    if not text and not parameter.required:
        return True
    if parameter.content is not None:
        return read_content(parameter, text)
    if parameter.location != "query":
        return can_be_read(parameter.schema, text)
    parts = text.split(",") if parameter.is_array else [text]
    schema = parameter.item_schema
    return _fits(schema, text) or all(_fits(schema, part) for part in parts)


def read_content(parameter: Parameter, text: str) -> bool:
    """Return whether a text is JSON of the documented schema of a parameter's content."""
    decoded = decode(text.encode("utf-8", "surrogatepass"))
    return decoded.readable and is_valid(parameter.content or {}, decoded.value)


def write_header(value: Any, *, explode: bool = False) -> str:
    """Return a decoded value as the text of a header, in style `simple`.

    Elements that are arrays or objects themselves have no documented form; they are JSON.
    """
    if isinstance(value, list):
        return ",".join(map(_write_element, value))
    if isinstance(value, dict):
        joint = "=" if explode else ","
        return ",".join(f"{name}{joint}{_write_element(each)}" for name, each in value.items())
    text = write_value(value)
    return text if text.isascii() and text.isprintable() else quote(text, safe=" ")


def _write_element(value: Any) -> str:
    return json.dumps(value) if isinstance(value, list | dict) else write_value(value)


def can_be_read(schema: Schema, text: str, explode: bool = False) -> bool:
    """Return whether any reading of a header's text fits a schema.

    Arrays and objects are written in style `simple` (OpenAPI 3.1, section 4.8.12.3), or as JSON,
    for which the documentation should have `content` instead of `schema`.
    """
    return any(
        is_valid(schema, value)
        for form, _ in forms(follow(schema)[0])
        for value in (*_read_form(form, text.strip(), explode), *_read_json(text.strip()))
    )


def _read_form(schema: Schema, text: str, explode: bool) -> tuple[Any, ...]:
    """Return every value that a text may have under one form of a schema."""
    kinds = schema.get("type", ())
    if "array" in kinds:
        items = child(schema, "items") if "items" in schema else {}
        parts = [part.strip() for part in text.split(",")] if text else []
        return ([read_best(items, part) for part in parts], text)
    if "object" in kinds or "properties" in schema:
        return (_read_object(schema, text.split(","), explode), text)
    return read_values(text)


def _read_json(text: str) -> tuple[Any, ...]:
    """Return the array or object that a text is as JSON; empty if it is neither."""
    decoded = decode(text.encode()) if text[:1] in ("[", "{") else None
    return (decoded.value,) if decoded is not None and not decoded.problems else ()


def _read_object(schema: Schema, parts: list[str], explode: bool) -> dict[str, Any]:
    pairs = (
        [tuple(part.partition("=")[::2]) for part in parts]
        if explode
        else list(zip(parts[::2], parts[1::2], strict=False))
    )
    named = schema.get("properties", {})
    return {
        name.strip(): read_best(
            child(schema, "properties", name.strip()) if name.strip() in named else {}, text
        )
        for name, text in pairs
    }


def read_best(schema: Schema, text: str) -> Any:
    """Return the first reading of a text that fits a schema, or the text."""
    return next((value for value in read_values(text) if is_valid(schema, value)), text)


def _fits(schema: Schema, text: str) -> bool:
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


def query_case(
    query: Query, expected: Expectation, note: str = "", *, title: str = "", pages: int = 1
) -> Case:
    """Return the case of a query; its label is a title, or the query followed by a note."""
    return Case(title or query_label(query, note), Question(query), expected, pages)


LONGEST_SHOWN: Final = 48
"""The longest value that a label shows, in characters."""

AnyCase = TypeVar("AnyCase", Case, PayloadCase)


def query_label(query: Query, note: str = "") -> str:
    """Write a query in printable ASCII, long values as their length, followed by a note."""
    pairs = "&".join(f"{name}={_shorten(value)}" for name, value in query)
    pairs = pairs or "a request without parameters"
    return f"{pairs} ({note})" if note else pairs


def payload_label(where: str, note: str, keyword: str | None) -> str:
    """Write the label of a payload case in printable ASCII, e.g. `/items/0/status null (type)`."""
    place = where.encode("unicode_escape").decode("ascii") or "(root)"
    return f"{place} {note} ({keyword})" if keyword else f"{place} {note}"


def show_value(value: Any) -> str:
    """Write a decoded JSON value in printable ASCII, a long one as its size."""
    text = json.dumps(value)
    if len(text) <= LONGEST_SHOWN:
        return text
    noun = {"string": "character", "array": "item", "object": "field"}.get(json_type(value))
    return pluralize(len(value), noun) if noun else f"{text[:LONGEST_SHOWN]}..."


def drop_repeats(cases: Iterable[Case]) -> tuple[Case, ...]:
    """Return the first case of each question, with unique labels."""
    kept: dict[Question, Case] = {}
    for case in cases:
        kept.setdefault(case.question, case)
    return number_labels(kept.values())


def number_labels(cases: Iterable[AnyCase]) -> tuple[AnyCase, ...]:
    """Return the cases with a number after each label that occurred before."""
    times = Counter[str]()
    numbered = []
    for case in cases:
        times[case.label] += 1
        again = times[case.label]
        numbered.append(replace(case, label=f"{case.label} #{again}") if again > 1 else case)
    return tuple(numbered)


def _shorten(text: str) -> str:
    if not text or len(text) > LONGEST_SHOWN:
        return f"<{len(text):,} characters>" if text else "<empty>"
    return text.encode("unicode_escape").decode("ascii")


def is_plainly_documented(parameter: Parameter, text: str) -> bool:
    """Return whether a parameter allows a text; of the forms of a number, only the usual one."""
    is_usual = not is_numeric(parameter) or re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", text)
    return bool(is_usual) and can_be_documented(parameter, text)


def is_numeric(parameter: Parameter) -> bool:
    """Return whether a parameter takes numbers, and no other text."""
    names = set(types(parameter.item_schema))
    return bool({"integer", "number"} & names) and "string" not in names
