"""The limits that a schema sets on types, lengths and numbers, and the values at them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, inf, lcm, nextafter, ulp
from sys import float_info
from typing import Any, Final, NamedTuple

from docpact.bodies.engine import make_engine
from docpact.bodies.wording import equality_key, json_type
from docpact.cases.texts import has_text
from docpact.limits import MAX_SAMPLE
from docpact.model import Schema
from docpact.model.schema import (
    ANNOTATIONS,
    ARRAY_KEYWORDS,
    MAP,
    NOTHING,
    OBJECT_KEYWORDS,
    list_types,
    with_definitions,
)

TYPES: Final = ("null", "boolean", "integer", "number", "string", "array", "object")
"""The types of JSON Schema 2020-12 (Validation, section 6.1.1), simplest first."""

SIGNS: Final = {"minimum": 1, "exclusiveMinimum": 1, "maximum": -1, "exclusiveMaximum": -1}
"""Keyword that bounds a number → direction towards the allowed values."""

EXACT: Final = 2**53
"""Every integer up to this one is a float (IEEE 754, binary64)."""

LARGE: Final = 2**31 - 2
"""Bounds from here on say how a number is stored, not which ones a server takes."""

FAR: Final = {1: -1, -1: 1_000_000}
"""Direction towards the allowed values → a value far outside: far too little, or far too much."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One bound of a number.

    Attributes:
        keyword: the keyword that sets it.
        at: the last allowed value.
        inside: the next allowed value.
        outside: the nearest value outside; the bound itself if it is exclusive.
        far: a value far outside.
    """

    keyword: str
    at: float
    inside: float
    outside: float
    far: float


def types(schema: Schema) -> tuple[str, ...]:
    """Return the types that a schema allows, simplest first; `number` includes `integer`."""
    return _sort_types(tuple(list_types(schema, TYPES)))


@lru_cache
def _sort_types(stated: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        name for name in TYPES if name in stated and not (name == "integer" and "number" in stated)
    )


def lengths(schema: Schema) -> tuple[int, int | None]:
    """Return the minimum and maximum length of a string in code points; None for no limit.

    A maximum beyond `MAX_SAMPLE` counts as no limit: no value is made that reaches it.
    """
    return int(schema.get("minLength", 0)), _whole(schema.get("maxLength"))


def sizes(schema: Schema) -> tuple[int, int | None]:
    """Return the minimum and maximum number of items of an array; see `lengths`."""
    return int(schema.get("minItems", 0)), _whole(schema.get("maxItems"))


def members(schema: Schema) -> tuple[Any, ...] | None:
    """Return the values that `enum` and `const` allow, in the schema's order; None without them."""
    if "enum" not in schema and "const" not in schema:
        return None
    listed = schema["enum"] if "enum" in schema else [schema["const"]]
    stated = {keyword: each for keyword, each in schema.items() if keyword not in ANNOTATIONS}
    if stated.keys() <= {"enum", "type"} and {*map(json_type, listed)} <= set(types(schema)):
        return tuple(listed)
    text = json.dumps(stated)
    return _list_valid(json.dumps(with_definitions(schema, stated)) if "$ref" in text else text)


@lru_cache(maxsize=512)
def _list_valid(text: str) -> tuple[Any, ...]:
    """Return the listed values that satisfy all keywords of a schema, given as JSON."""
    schema = json.loads(text)
    listed = schema["enum"] if "enum" in schema else [schema["const"]]
    engine = make_engine(schema)
    return tuple(value for value in listed if engine.is_valid(value))


def integers_within(schema: Schema) -> tuple[int | None, int | None]:
    """Return the smallest and the largest integer that a schema allows; None for no limit."""
    return _find_whole(_list_bounds(schema))


def _find_whole(bounds: tuple[tuple[str, float | Fraction], ...]) -> tuple[int | None, int | None]:
    at = {edge.keyword: edge.at for edge in _list_edges(True, bounds)}
    lower, upper = _split_bounds(at)
    return (int(max(lower)) if lower else None), (int(min(upper)) if upper else None)


def floats_within(schema: Schema) -> tuple[float, float]:
    """Return the smallest and the largest finite float that a schema allows."""
    least, most = -float_info.max, float_info.max
    for keyword, sign in SIGNS.items():
        if keyword in schema:
            exclusive = keyword.startswith("exclusive")
            last = _last_float(schema[keyword], sign * inf, exclusive=exclusive)
            least, most = (max(least, last), most) if sign > 0 else (least, min(most, last))
    return least + 0.0, most + 0.0  # Hypothesis treats a negative zero as less than zero


def is_within(schema: Schema, number: float) -> bool:
    """Return whether a number lies within the bounds."""
    return (
        number >= schema.get("minimum", number)
        and number <= schema.get("maximum", number)
        and ("exclusiveMinimum" not in schema or number > schema["exclusiveMinimum"])
        and ("exclusiveMaximum" not in schema or number < schema["exclusiveMaximum"])
    )


def edges(schema: Schema) -> tuple[Edge, ...]:
    """Return every bound that a schema sets on a number, the lower ones first.

    Neighbours are 1 apart for integers; for other numbers, the largest of 1, 0.1, 0.01, ... that
    fits twice between the bounds, or more if their floats would be equal.
    """
    return _list_edges("number" not in types(schema), _list_bounds(schema))


def _list_bounds(schema: Schema) -> tuple[tuple[str, float], ...]:
    return tuple((keyword, schema[keyword]) for keyword in SIGNS if keyword in schema)


@lru_cache(maxsize=4096)
def _list_edges(whole: bool, bounds: tuple[tuple[str, float | Fraction], ...]) -> tuple[Edge, ...]:
    step = Fraction(1) if whole else _step(dict(bounds))
    found = []
    for keyword, bound in bounds:
        sign, apart = SIGNS[keyword], step if whole else max(step, _find_spacing(bound))
        at = exact(bound)
        if whole:
            at = Fraction(ceil(at) if sign > 0 else floor(at))
        if keyword.startswith("exclusive") and at == exact(bound):
            at += sign * apart
        outside = at - sign * apart
        numbers = (at, at + sign * apart, outside, _find_far(outside, sign, apart))
        found.append(Edge(keyword, *map(_plain, numbers)))
    return tuple(found)


def values_outside(schema: Schema) -> Iterator[tuple[str, Any]]:
    """Yield keyword and value just and far outside each limit, but no number beyond every float."""
    names = set(types(schema))
    if "string" in names:
        least, most = lengths(schema)
        if least:
            yield "minLength", "a" * (least - 1)
        if most is not None:
            yield "maxLength", "a" * (most + 1)
    for edge in edges(schema) if {"integer", "number"} & names else ():
        if "number" not in names or abs(edge.outside) <= float_info.max:
            yield from ((edge.keyword, each) for each in (edge.outside, edge.far))


def middle(schema: Schema) -> float:
    """Return a number within the bounds, near one if they are far apart; an integer if exact."""
    return _find_middle("number" not in types(schema), _list_bounds(schema))


@lru_cache(maxsize=4096)
def _find_middle(whole: bool, bounds: tuple[tuple[str, float], ...]) -> float:
    found = {edge.keyword: edge.at for edge in _list_edges(whole, bounds)}
    lower, upper = _split_bounds(found)
    if lower and upper and min(upper) - max(lower) < LARGE:
        number = (max(lower) + min(upper)) / 2
        return floor(number) if whole or abs(number) > EXACT else _plain(number)
    lower, upper = [e for e in lower if e > -LARGE], [e for e in upper if e < LARGE]
    return _plain(max(lower) + 10 if lower else min(upper, default=Fraction(11)) - 10)


def _find_far(outside: Fraction, sign: int, apart: Fraction) -> Fraction:
    usual = Fraction(FAR[sign])
    return usual if sign * (outside - usual) > 0 else outside - sign * max(Fraction(FAR[-1]), apart)


def _find_spacing(bound: float | Fraction) -> Fraction:
    """Return a distance at which a number and its neighbor are different floats."""
    size = abs(Fraction(bound))
    return Fraction(2 * ulp(size)) if size <= float_info.max else size


def _step(bounds: Mapping[str, Any]) -> Fraction:
    lower, upper = _split_bounds(bounds)
    step = Fraction(1)
    if lower and upper:
        while 0 < min(upper) - max(lower) < 2 * step:
            step /= 10
    return step


def _split_bounds(bounds: Mapping[str, Any]) -> tuple[list[Fraction], list[Fraction]]:
    """Return the lower and the upper bounds among some keywords' values."""
    lower, upper = (
        [exact(bounds[word]) for word, sign in SIGNS.items() if sign == side and word in bounds]
        for side in (1, -1)
    )
    return lower, upper


def _last_float(bound: float, towards: float, *, exclusive: bool) -> float:
    try:
        nearest = float(bound)
    except OverflowError:  # an integer beyond every float
        nearest = float_info.max if bound > 0 else -float_info.max
    beyond = (bound < nearest) if towards < 0 else (nearest < bound)
    if beyond or (exclusive and nearest == bound):
        return nextafter(nearest, towards)
    return nearest


def exact(number: float | Fraction) -> Fraction:
    """Return a number as it is written in decimal, unless it is a float beyond `EXACT`."""
    is_exact = isinstance(number, int | Fraction) or abs(number) > EXACT
    return Fraction(number) if is_exact else Fraction(repr(number))


def read_step(number: float) -> Fraction:
    """Return a `multipleOf` as it is written in decimal; see `docpact.bodies.reference`."""
    return Fraction(number if isinstance(number, int) else repr(number))


def _plain(number: Fraction) -> float:
    return int(number) if number.denominator == 1 else float(number)


def _whole(limit: float | None) -> int | None:
    return None if limit is None or limit > MAX_SAMPLE else int(limit)


class Multiples(NamedTuple):
    """The multiples of a step, from the first to the last; None for no limit.

    Attributes:
        step: more than 0.
        first, last: factors of the step.
    """

    step: Fraction
    first: int | None
    last: int | None

    @property
    def nearest(self) -> int:
        """The factor nearest to 0."""
        if self.first is not None and self.first > 0:
            return self.first
        return self.last if self.last is not None and self.last < 0 else 0

    def value(self, factor: int) -> float:
        """Return a multiple as JSON has it: a decimal fraction if it is not whole."""
        return _plain(self.step * factor)


def multiples(schema: Schema, *, whole: bool) -> Multiples:
    """Return the multiples that a schema with `multipleOf` allows."""
    step = read_step(schema["multipleOf"])
    if whole:
        step = Fraction(lcm(step.numerator, step.denominator), step.denominator)
    bounds = ((keyword, exact(bound) / step) for keyword, bound in _list_bounds(schema))
    return Multiples(step, *_find_whole(tuple(bounds)))


def multiple(schema: Schema, attempt: int = 0) -> float:
    """Return a multiple within the bounds, a different one for each attempt if there are enough."""
    found = multiples(schema, whole="number" not in types(schema))
    for factor in (found.nearest + 1 + attempt, found.nearest - attempt, found.nearest + attempt):
        if (found.first is None or factor >= found.first) and (
            found.last is None or factor <= found.last
        ):
            return found.value(factor)
    return found.value(found.nearest)


def join_multiples(values: Sequence[float]) -> float:
    """Return the least number that is a multiple of all of some numbers."""
    found, *others = map(read_step, values)
    for each in others:
        numerator = lcm(found.numerator * each.denominator, each.numerator * found.denominator)
        found = Fraction(numerator, found.denominator * each.denominator)
    return _plain(found)


def has_number(schema: Schema, kind: str) -> bool:
    """Return whether a number of a type satisfies the bounds and `multipleOf`."""
    if "multipleOf" in schema:
        found = multiples(schema, whole=kind == "integer")
        return not exceeds(found.first, found.last)
    if not exceeds(*integers_within(schema)):
        return True
    return kind == "number" and not exceeds(*floats_within(schema))


def exceeds(least: float | None, most: float | None) -> bool:
    """Return whether a minimum is above a maximum; None for no limit."""
    return least is not None and most is not None and least > most


def is_empty(kind: str, found: Schema) -> bool:
    """Return whether plainly no value of a type satisfies the keywords of a description itself."""
    match kind:
        case "string":
            return exceeds(*lengths(found)) or not has_text(found, *lengths(found))
        case "integer" | "number":
            return not has_number(found, kind)
        case "array":
            return _is_empty_array(found)
        case "object":
            unnamed = {*found.get("required", ())} - found.get("properties", {}).keys()
            if unnamed and found.get(MAP) is False and "patternProperties" not in found:
                return True
            least = max(found.get("minProperties", 0), len(found.get("required", ())))
            names = count_values({"type": "string", **found.get("propertyNames", {})})
            return exceeds(least, most_fields(found)) or exceeds(least, names)
    return False


def _is_empty_array(found: Schema) -> bool:
    least, most = sizes(found)
    contained = found.get("minContains", 1) if "contains" in found else 0
    different = None
    if found.get("uniqueItems") and "items" in found and "prefixItems" not in found:
        different = count_values(found["items"])
    return (
        (found.get("contains") == NOTHING and contained > 0)
        or exceeds(max(least, contained), most)
        or exceeds(contained, found.get("maxContains"))
        or exceeds(least, different)
    )


def count_values(schema: Schema) -> int | None:
    """Return the number of values that a plain schema allows at most; None if it is unknown."""
    if "enum" in schema or "const" in schema:
        return len({*map(equality_key, members(schema) or ())})
    least, most = integers_within(schema)
    whole = None if least is None or most is None else max(0, most - least + 1)
    numbers = [{"null": 1, "boolean": 2, "integer": whole}.get(each) for each in types(schema)]
    if "type" not in schema or schema.keys() & {"$ref", "anyOf", "not"} or None in numbers:
        return None
    return sum(filter(None, numbers))


def most_fields(found: Schema) -> int | None:
    """Return the largest number of fields of an object; None for no limit."""
    limits = [int(found["maxProperties"])] if "maxProperties" in found else []
    if found.get(MAP) is False and "patternProperties" not in found:
        limits.append(sum(each != NOTHING for each in found.get("properties", {}).values()))
    return min(limits, default=None)


def usual_kind(schema: Schema) -> str:
    """Return the JSON type of a sample value; a string where any type is allowed.

    Keywords for fields or for elements alone mean an object or an array.
    """
    if schema.keys() & {"type", *OBJECT_KEYWORDS}:
        return types(schema)[-1]
    return "array" if schema.keys() & ARRAY_KEYWORDS else "string"
