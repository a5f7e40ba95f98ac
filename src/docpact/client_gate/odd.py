"""Odd values: documented ones that clients change by mistake."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from docpact.bodies.engine import is_valid, make_engine
from docpact.bodies.places import Place
from docpact.cases.bounds import lengths, members, types
from docpact.cases.parts import change_part, list_forms, places, put
from docpact.cases.plain import plain
from docpact.cases.samples import full
from docpact.client_gate.listing import BEYOND_DOUBLE, find_largest
from docpact.model import Schema
from docpact.model.schema import MAP, child, find_types

ODD_TEXTS: Final = (
    " spaces around ",
    "two\n\nlines\r\n\tand a tab",
    "&amp;<b>\"'\\/</b>",
    "e\u0301 \ufb01 \u212b",
    "MiXeD cAsE \u00df \u0130",
    "two  spaces, \u201ccurly quotes\u201d \u2013 typographer\u2019s\u2026",
    "null",
    "None",
    "true",
    "007",
    "1e5",
    "12.50",
    "2025-01-02",
    "#a,b;c|d?e=f/",
    "%41%20+",
    ".{name} $name %s",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f9fe",
    "\u202eright to left, no\u00a0break, \u2028line, \u200bnothing, \ufeffmark, so\u00adft",
    "long " * 1000,
    "x" * 300,
    "\u0000",
    "",
)
"""Texts that clients change by mistake."""

ODD_INTEGERS: Final = (0, -1, 1, 2**31, BEYOND_DOUBLE)
"""Integers that lose digits, or their sign, in a narrower type."""

ODD_NUMBERS: Final = (
    0,
    -1,
    1,
    0.1 + 0.2,
    1 / 3,
    0.123456789012345,
    1e-7,
    123456789.12345678,
    1e21,
    2**31,
)
"""Numbers that lose digits, or their sign, in a narrower type than a double."""

LONG: Final = 120
"""Number of elements of a long array."""

LONG_TEXT: Final = "0123456789abcdef" * 16_384
"""A text of 256 KiB."""

ODD_FORMATS: Final = {
    "date-time": ("1901-02-03T04:05:06.7Z", "2039-12-31T23:59:59+05:45"),
    "date": ("1901-02-03", "2024-02-29"),
    "email": ("Jo.Doe+Tag@Example.ORG",),
    "uri": ("http://example.org/A//b/?q=1&x=%2F&x=2#Frag",),
}
"""Format → texts that clients change by mistake."""

ODD_NAMES: Final = (
    "MiXeD cAsE",
    " spaces around ",
    "snake_case",
    "kebab-case",
    "a.b/c~d",
    "é",
    "1",
    "id",
)
"""Names in a map that clients change by mistake."""


def list_odd_values(stated: Schema) -> Iterator[Any]:
    """Yield values of a schema with an odd value in every place at once, and with long arrays.

    Of unions, the members are tested in turn.
    """
    for form in list_forms(stated):
        yield from filter(make_engine(stated).is_valid, _put_odd_values(form.schema, form.new))


def _put_odd_values(schema: Schema, found: Sequence[Place]) -> Iterator[Any]:
    """Yield the full value of a schema with odd values in some places, and with empty maps.

    Places of one type have different values, which shows if a client confuses them.
    """
    whole = full(schema)
    values = {p.path: _odd_values(p) for p in found if members(p.schema) is None}
    for turn in range(max(map(len, values.values()), default=0)):
        item = whole
        for number, (path, mine) in enumerate(values.items(), turn):
            if mine:
                item = change_part(schema, item, path, put(mine[number % len(mine)]))[0]
        yield item
    for place in found:
        if _is_map(place.schema):
            yield change_part(schema, whole, place.path, put({}))[0]


def list_values_with(stated: Schema, text: str) -> Iterator[Any]:
    """Yield a value of a schema with a text in the first place that allows it, if there is one."""
    schema = plain(stated)
    for place in places(schema):
        if "string" in _list_types(place.schema) and is_valid(place.schema, text):
            value, _ = change_part(schema, full(schema), place.path, put(text))
            if is_valid(stated, value):
                yield value
                return


def _list_types(schema: Schema) -> Collection[str]:
    """Return the types of a schema; one with fields or elements alone means objects or arrays."""
    return find_types(schema) or types(schema)


def _is_map(schema: Schema) -> bool:
    return isinstance(schema.get(MAP), Mapping) and not schema.get("properties")


def _odd_values(place: Place) -> list[Any]:
    schema = place.schema
    if "anyOf" in schema:
        return []
    candidates: list[Any] = []
    kinds = _list_types(schema)
    if "string" in kinds and "format" not in schema:
        least, most = lengths(schema)
        candidates += [text[:most].ljust(least, "-") for text in ODD_TEXTS]
    elif "string" in kinds:
        candidates += ODD_FORMATS.get(schema["format"], ())
    if "integer" in kinds:
        candidates += [number for number in ODD_INTEGERS if number <= find_largest(schema)]
    if "number" in kinds:
        low, high = schema.get("minimum", 0), schema.get("maximum", 1)
        between = [low + (high - low) * number for number in (1 / 3, 0.123456789012345)]
        candidates += [*ODD_NUMBERS, *between]
    if "array" in kinds:
        candidates += _odd_arrays(schema)
    if _is_map(schema):
        candidates.append(dict.fromkeys(ODD_NAMES, full(child(schema, MAP))))
    fitting = filter(make_engine(schema).is_valid, candidates)
    return list({json.dumps(value): value for value in fitting}.values())


def _odd_arrays(schema: Schema) -> Iterator[list[Any]]:
    """Yield arrays that are unsorted, that repeat an element, and that are long."""
    inner = child(schema, "items") if "items" in schema else {"type": "string"}
    if "string" in _list_types(inner) and members(inner) is None and "format" not in inner:
        texts = ["b", "c", "a", "b"]
        yield texts
        yield [f"{number:03}" for number in range(LONG, 0, -1)]
        return
    element = full(inner)
    yield [element] * LONG
    changes = [
        (place.path, value)
        for place in places(inner)
        if "array" not in _list_types(place.schema)  # arrays may contain themselves
        for value in _odd_values(place)[:4]
    ]
    if changes:
        step = -(-len(changes) // LONG)
        varied = [
            change_part(inner, element, path, put(value))[0] for path, value in changes[::step]
        ]
        yield [*reversed(varied), element]
