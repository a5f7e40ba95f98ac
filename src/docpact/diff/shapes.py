"""Shapes: the values of one JSON type that a schema allows, their unions and intersections."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from math import ceil, floor, inf, prod
from typing import Any, Final, TypeAlias

from docpact.bodies.wording import as_whole, equality_key
from docpact.text import excerpt

Limit: TypeAlias = tuple[float, bool]
"""A number, and whether the number itself is excluded."""

Resolve: TypeAlias = Callable[[str], Any]
"""Returns the schema that a `$ref` names."""

Shapes: TypeAlias = Mapping[str, "Shape"]
"""JSON type, with `number` for integers too → the shape of its values."""

LIMITS: Final[Mapping[str, tuple[str, int]]] = {
    "minimum": ("number", -1),
    "maximum": ("number", 1),
    "minLength": ("string", -1),
    "maxLength": ("string", 1),
    "minItems": ("array", -1),
    "maxItems": ("array", 1),
    "minProperties": ("object", -1),
    "maxProperties": ("object", 1),
}
"""Keyword → the JSON type it applies to, and the direction in which it allows more."""

UNION: Final = "anyOf"
"""The keyword under which a shape keeps the forms of a union, where it allows more than they do."""

EXCLUSIVE: Final = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}

KINDS: Final = ("null", "boolean", "number", "string", "array", "object")
"""The JSON types."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The values of one JSON type that a schema allows.

    Attributes:
        values: the only ones, each once; None for any value.
        limits: keyword of `LIMITS` → its limit; empty where `values` are known.
        format: of text, or None.
        properties: name → schema, in the order of the schema.
        required: names of properties that are always present.
        others: schema of the properties without a name; None if nothing is stated about them, and
            False if there are none.
        items: schema of the elements of an array; None if nothing is stated about them.
        keywords: those without another field here, each with its value as JSON; all must hold.
    """

    values: tuple[Any, ...] | None = None
    limits: Mapping[str, Limit] = field(default_factory=dict)
    format: str | None = None
    is_whole: bool = False
    properties: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    others: Any = None
    items: Any = None
    keywords: frozenset[tuple[str, str]] = frozenset()


ANYTHING: Final[Shapes] = {kind: Shape() for kind in KINDS}
"""The shapes of a schema that allows every value."""


def imply_type(shapes: Shapes) -> Shapes:
    """Return the only shape about which a schema without a type states something, if there is one.

    A schema that only states properties allows every text, but means objects.
    """
    stated = {kind: shape for kind, shape in shapes.items() if shape != Shape()}
    return stated if len(shapes) == len(KINDS) and len(stated) == 1 else shapes


def make_key(value: Any) -> tuple[str, Any]:
    """Return a key that is equal for equal JSON values, and the value, 1.0 as 1."""
    return equality_key(value), as_whole(value)


def is_looser(keyword: str, one: Limit | None, other: Limit | None) -> bool:
    """Return whether the first limit allows more than the second; None for no limit."""
    if one is None or other is None:
        return one is None and other is not None
    return reach(keyword, one) > reach(keyword, other)


def reach(keyword: str, limit: Limit) -> tuple[float, bool]:
    """Return a key that is greater for a limit that allows more."""
    return limit[0] * LIMITS[keyword][1], not limit[1]


def settle_all(shapes: Shapes) -> Shapes:
    """Return shapes without needless statements, and without those that have no value."""
    settled = {kind: _settle(kind, shape) for kind, shape in shapes.items()}
    return {kind: shape for kind, shape in settled.items() if shape is not None}


_NO_LIMIT: Final = (("minLength", 0), ("minItems", 0), ("minProperties", 0))
"""Limits that every value keeps."""


def _settle(kind: str, shape: Shape) -> Shape | None:
    """Drop the statements that do not restrict a shape; None if it allows no value."""
    if shape.values is not None:
        return _settle_values(kind, shape)
    limits = shape.limits
    if shape.is_whole:
        limits = {keyword: _whole_limit(keyword, limit) for keyword, limit in limits.items()}
    limits = {k: limit for k, limit in limits.items() if (k, limit[0]) not in _NO_LIMIT}
    shape = replace(shape, limits=limits)
    if kind != "object":
        return shape
    if any(shape.properties.get(name) is False for name in shape.required):
        return None
    properties = {name: each for name, each in shape.properties.items() if each is not False}
    unnamed = sorted(shape.required - properties.keys())
    return replace(shape, properties={**properties, **dict.fromkeys(unnamed, shape.others or {})})


def _settle_values(kind: str, shape: Shape) -> Shape | None:
    """Keep the values that the limits allow, which then say nothing more."""
    values = {key: value for key, value in map(make_key, shape.values or ()) if _fits(shape, value)}
    if not values:
        return None
    if kind == "null" or (kind == "boolean" and len(values) == 2):
        return Shape()
    listed = tuple(values.values())
    return Shape(values=listed, is_whole=kind == "number" and all(type(v) is int for v in listed))


def _fits(shape: Shape, value: Any) -> bool:
    if shape.is_whole and not (isinstance(value, int) or value.is_integer()):
        return False
    return all(_within(keyword, limit, value) for keyword, limit in shape.limits.items())


def _within(keyword: str, limit: Limit, value: Any) -> bool:
    measure = value if LIMITS[keyword][0] == "number" else len(value)
    return not reach(keyword, (measure, False)) > reach(keyword, limit)


def _whole_limit(keyword: str, limit: Limit) -> Limit:
    """Return the same limit for integers: above 0.5 and above 0 are both from 1."""
    number, strict = limit
    if not -inf < number < inf:
        return limit
    if keyword == "minimum":
        return (floor(number) + 1 if strict else ceil(number)), False
    return (ceil(number) - 1 if strict else floor(number)), False


def unite(one: Shapes, other: Shapes, resolve: Resolve) -> Shapes:
    """Return the shapes of the values that at least one of two schemas allows.

    `resolve` follows the references of their document.
    """
    shapes = {
        kind: _either_shape(kind, one[kind], other[kind], resolve)
        if kind in one and kind in other
        else one.get(kind) or other[kind]
        for kind in KINDS
        if kind in one or kind in other
    }
    return settle_all(shapes)


def _either_shape(kind: str, one: Shape, other: Shape, resolve: Resolve) -> Shape:
    known = one.values is not None and other.values is not None
    names = dict.fromkeys((*one.properties, *other.properties))
    shape = Shape(
        values=(*(one.values or ()), *(other.values or ())) if known else None,
        limits=dict(_looser_limits(kind, one, other)),
        format=one.format if one.format == other.format else None,
        is_whole=one.is_whole and other.is_whole,
        properties={
            n: any_of(e.properties[n] for e in (one, other) if n in e.properties) for n in names
        },
        required=one.required & other.required,
        others=_either_others(one.others, other.others),
        items=None if None in (one.items, other.items) else any_of((one.items, other.items)),
        keywords=one.keywords & other.keywords,
    )
    is_exact = known or shape in (one, other)
    forms = () if is_exact else (*_list_forms(one, resolve), *_list_forms(other, resolve))
    return replace(shape, keywords=shape.keywords.union(forms))


def _list_forms(shape: Shape, resolve: Resolve) -> list[tuple[str, str]]:
    """Return the forms of a union, as keywords."""
    stated = [pair for pair in shape.keywords if pair[0] == UNION]
    return stated or [(UNION, _write_form(shape, resolve))]


def _write_form(shape: Shape, resolve: Resolve) -> str:
    """Return the statements of one form of a union about a value itself, without its parts."""
    stated = {
        "enum": None if shape.values is None else sorted(map(excerpt, shape.values)),
        "format": shape.format,
        "integer": shape.is_whole,
        "properties": [
            [name, *sorted(map(excerpt, _list_values(shape.properties[name], resolve)))]
            for name in sorted(shape.properties)
        ],
        "required": sorted(shape.required),
        "closed": shape.others is False,
        **{keyword: [*limit] for keyword, limit in shape.limits.items()},
        **{keyword: json.loads(text) for keyword, text in sorted(shape.keywords)},
    }
    kept = {name: each for name, each in stated.items() if each not in (None, False, [])}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)


def name_union(before: Set[str], after: Set[str]) -> str:
    """Return the name of a change of the forms of a union: looser, stricter, or unclear.

    Forms can be compared that differ only in the properties that they require.
    """
    one, other = ([*map(json.loads, forms)] for forms in (before, after))
    if {*map(_write_kind, one)} == {*map(_write_kind, other)}:
        if all(_needs_as_much(form, one) for form in other):
            return "keyword_added"
        if all(_needs_as_much(form, other) for form in one):
            return "keyword_removed"
    return "keyword_changed"


def _write_kind(form: Mapping[str, Any]) -> str:
    """Return the statements of a form but the required properties."""
    return json.dumps({**form, "required": []}, sort_keys=True)


def _needs_as_much(form: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether a form requires all that another one of its kind does."""
    needed = {*form.get("required", ())}
    alike = (each for each in others if _write_kind(each) == _write_kind(form))
    return any(needed.issuperset(each.get("required", ())) for each in alike)


def _list_values(schema: Any, resolve: Resolve, within: frozenset[str] = frozenset()) -> list[Any]:
    """Return the values that a schema lists: itself, by reference, or in a branch of `allOf`."""
    if not isinstance(schema, Mapping):
        return []
    ref, branches = schema.get("$ref"), schema.get("allOf", ())
    if isinstance(ref, str) and ref not in within:
        within, branches = within | {ref}, [*branches, resolve(ref)]
    inner = (_list_values(each, resolve, within) for each in branches)
    own = [schema["const"]] if "const" in schema else schema.get("enum")
    return own if isinstance(own, list) else next(filter(None, inner), [])


def _either_others(one: Any, other: Any) -> Any:
    stated = [each for each in (one, other) if isinstance(each, Mapping)]
    return any_of(stated) if stated else (False if one is other is False else None)


def _looser_limits(kind: str, one: Shape, other: Shape) -> Iterator[tuple[str, Limit]]:
    """Yield the limits that every value of both shapes keeps."""
    for keyword, (applies_to, _) in LIMITS.items():
        limits = [each.limits[keyword] for each in (one, other) if keyword in each.limits]
        if applies_to != kind or not limits:
            continue
        loosest = max(limits, key=partial(reach, keyword))
        listed = [value for each in (one, other) for value in each.values or ()]
        kept = all(_within(keyword, loosest, value) for value in listed)
        unlimited = any(s.values is None and keyword not in s.limits for s in (one, other))
        if kept and not unlimited:
            yield keyword, loosest


def intersect(one: Shapes, other: Shapes) -> Shapes:
    """Return the shapes of the values that two schemas allow."""
    return settle_all({kind: _both_shape(one[kind], other[kind]) for kind in one if kind in other})


def _both_shape(one: Shape, other: Shape) -> Shape:
    names = dict.fromkeys((*one.properties, *other.properties))
    return Shape(
        values=_common(one.values, other.values),
        limits=dict(_stricter_limits(one, other)),
        format=min((each.format for each in (one, other) if each.format), default=None),
        is_whole=one.is_whole or other.is_whole,
        properties={name: all_of(_list_schemas_of(name, one, other)) for name in names},
        required=one.required | other.required,
        others=all_of(each.others for each in (one, other) if each.others is not None),
        items=all_of(each.items for each in (one, other) if each.items is not None),
        keywords=one.keywords | other.keywords,
    )


def _common(one: tuple[Any, ...] | None, other: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    keys = {make_key(value)[0] for value in other}
    return tuple(value for value in one if make_key(value)[0] in keys)


def _stricter_limits(one: Shape, other: Shape) -> Iterator[tuple[str, Limit]]:
    for keyword in LIMITS:
        limits = [each.limits[keyword] for each in (one, other) if keyword in each.limits]
        if limits:
            yield keyword, min(limits, key=partial(reach, keyword))


def _list_schemas_of(name: str, *shapes: Shape) -> Iterator[Any]:
    """Yield every schema that a property has to fit."""
    for shape in shapes:
        schema = shape.properties.get(name, shape.others)
        if schema is not None:
            yield schema


Clauses: TypeAlias = frozenset[frozenset[str]]
"""Schemas as JSON: a value has to fit every schema of at least one set."""


MAX_CLAUSES: Final = 1_000
"""The most clauses of schemas that all have to fit; of more, the unions among them stay whole."""


def any_of(schemas: Iterable[Any]) -> Any:
    """Return a schema of the values that some schema allows; None for no schemas."""
    stated = list(schemas)
    if len(stated) == 1:
        return stated[0]
    found = [_clauses(schema) for schema in stated]
    return _write_clauses(frozenset().union(*found)) if found else None


def all_of(schemas: Iterable[Any]) -> Any:
    """Return a schema of the values that every schema allows; None for no schemas."""
    found = list(schemas)
    if any(each is False for each in found):
        return False
    return _write_clauses(_clauses({"allOf": found})) if found else None


def _clauses(schema: Any) -> Clauses:
    """Take apart a schema that only combines others; recursion ends in a finite number of forms."""
    keywords = set(schema) if isinstance(schema, Mapping) else set()
    if keywords == {"anyOf"} and schema["anyOf"]:
        return frozenset().union(*map(_clauses, schema["anyOf"]))
    if keywords == {"allOf"} and schema["allOf"]:
        parts = [_clauses(each) for each in schema["allOf"]]
        if prod(map(len, parts)) > MAX_CLAUSES:
            whole = zip(map(_keep, schema["allOf"]), parts, strict=True)
            parts = [kept if len(part) > 1 else part for kept, part in whole]
        return reduce(lambda a, b: _shortest(frozenset(x | y for x in a for y in b)), parts)
    return _keep(schema)


def _keep(schema: Any) -> Clauses:
    """Return a schema as one clause."""
    return frozenset({frozenset({json.dumps(schema, sort_keys=True)})})


def _shortest(clauses: Clauses) -> Clauses:
    """Drop each set that contains another one, which allows more."""
    if len({*map(len, clauses)}) == 1:
        return clauses
    return frozenset(each for each in clauses if not any(other < each for other in clauses))


def _write_clauses(clauses: Clauses) -> Any:
    """Return the schema of some clauses; equal ones give equal schemas."""
    members = [
        each[0] if len(each) == 1 else {"allOf": each}
        for each in (
            [json.loads(text) for text in sorted(clause)]
            for clause in sorted(_shortest(clauses), key=sorted)
        )
    ]
    return members[0] if len(members) == 1 else {"anyOf": members}
