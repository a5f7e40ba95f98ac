"""The normal form of a JSON Schema: equal for schemas that are only written differently.

A schema becomes one `Shape` for each JSON type that it allows. References, `allOf`, `anyOf`,
`oneOf`, `const`, lists of types, `nullable` and `x-nullable` are gone from it, and so are keywords
that do not apply to a type or do not restrict it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache, partial
from math import inf
from typing import Any, Final, TypeGuard

from docpact.bodies.formats import NUMBERS, STANDARD
from docpact.bodies.patterns import matches
from docpact.bodies.wording import json_type
from docpact.capture.openapi.keywords import NULLABLE, is_nullable, read_nulls
from docpact.cases.expressions import find_automaton, join_patterns, negate_pattern
from docpact.diff.shapes import (
    ANYTHING,
    EXCLUSIVE,
    KINDS,
    LIMITS,
    Limit,
    Resolve,
    Shape,
    Shapes,
    imply_type,
    intersect,
    make_key,
    reach,
    settle_all,
    unite,
)
from docpact.model.pointer import list_of, to_list
from docpact.model.pointer import resolve as find_value
from docpact.model.schema import (
    ANNOTATIONS,
    ARRAY_KEYWORDS,
    CLOSING,
    NUMBER_KEYWORDS,
    OBJECT_KEYWORDS,
    STRING_KEYWORDS,
)
from docpact.model.traversal import map_schema

BYTES: Final = {"type": "string", "format": "binary"}
"""The schema of bytes in OpenAPI 3.0."""

_RAW: Final = "application/octet-stream"  # RFC 2046, section 4.5.1

_KINDS: Final = {
    **dict.fromkeys(STRING_KEYWORDS - {"format"}, "string"),
    **dict.fromkeys(NUMBER_KEYWORDS, "number"),
    **dict.fromkeys(ARRAY_KEYWORDS, "array"),
    **dict.fromkeys(OBJECT_KEYWORDS, "object"),
}
"""Keyword → the only JSON type it applies to."""

_WITH: Final = {"contains": ("minContains", "maxContains"), "if": ("then", "else")}
"""Keyword → those that mean something only beside it."""

_BESIDE: Final = {"prefixItems": "items", "patternProperties": "others"}
"""Keyword → the field of a shape that describes the other elements or properties."""

IGNORED: Final = ANNOTATIONS - {"contentEncoding", "contentMediaType", "contentSchema"} | {
    *("definitions", "example", "externalDocs", "xml", "discriminator", "collectionFormat")
}
"""Keywords that mean nothing for the values."""

_READ: Final = IGNORED | {
    *NULLABLE,
    *("type", "enum", "const", "format", "properties", "required", "items"),
    *("additionalProperties", "allOf", "anyOf", "oneOf", "$ref"),
    *(*LIMITS, *EXCLUSIVE.values(), *(name for names in _WITH.values() for name in names)),
}
"""Keywords that are ignored, or kept elsewhere."""


def list_keywords(
    schema: Mapping[str, Any], kind: str, resolve: Callable[[str], Any]
) -> Iterator[tuple[str, str]]:
    """Yield the keywords that the shape of a JSON type keeps whole, each with its value as JSON."""
    for keyword, value in schema.items():
        part = {name: schema[name] for name in (keyword, *_WITH.get(keyword, ())) if name in schema}
        if keyword in CLOSING and value is False:
            is_kept = True
        elif keyword == "format" and kind in ("string", "number"):
            is_kept = isinstance(value, str) and value not in STANDARD
        else:
            nothing = ({"multipleOf": 1}, {"if": value}, {"contains": value, "minContains": 0})
            is_empty = value in (None, False, "", {}, []) or part in nothing
            is_kept = not (is_empty or keyword in _READ or keyword.startswith("x-"))
        if is_kept and _KINDS.get(keyword, kind) == kind:
            yield keyword, _write(keyword, part, resolve)


def _write(keyword: str, part: Mapping[str, Any], resolve: Callable[[str], Any]) -> str:
    """Return a keyword's value as JSON, with the schemas it refers to and without annotations."""
    refs: list[str] = []

    def reduce_schema(schema: Any) -> Any:
        if not isinstance(schema, Mapping):
            return schema
        refs.extend(each for each in [schema.get("$ref")] if isinstance(each, str))
        return {name: each for name, each in schema.items() if name not in IGNORED}

    own = map_schema(reduce_schema, part)
    whole = {"": own if keyword in _WITH else own[keyword]}
    for ref in refs:  # grows
        if ref not in whole:
            whole[ref] = map_schema(reduce_schema, resolve(ref))
    found = whole if refs else whole[""]
    return json.dumps(make_key(found)[1], sort_keys=True, ensure_ascii=False)


def name_change(keyword: str, one: Shape, other: Shape) -> str:
    """Return the last part of the id of the rule for a keyword that two shapes state differently.

    Returns:
        An empty text if both allow the same.
    """
    before, after = list_stated(one, keyword), list_stated(other, keyword)
    beside = _BESIDE.get(keyword, "")
    are_open = all(getattr(each, beside, None) is None for each in (one, other))
    is_hint = keyword in CLOSING or (keyword == "format" and not (before and after))
    if is_hint or not are_open:  # it may forbid only values that nobody sends, or others do
        return "keyword_changed"
    found = _implies(keyword, after, before), _implies(keyword, before, after)
    if True in found:
        return "" if all(found) else f"keyword_{'added' if found[0] else 'removed'}"
    return "keyword_replaced" if found == (False, False) else "keyword_changed"


def list_stated(shape: Shape, keyword: str) -> frozenset[str]:
    """Return the values of a keyword in a shape, as JSON."""
    return frozenset(_group(shape.keywords).get(keyword, ()))


@lru_cache(maxsize=64)
def _group(keywords: Set[tuple[str, str]]) -> Mapping[str, Set[str]]:
    found: dict[str, set[str]] = {}
    for name, value in keywords:
        found.setdefault(name, set()).add(value)
    return found


def _implies(keyword: str, stated: Set[str], others: Set[str]) -> bool | None:
    """Return whether all values that some statements allow are allowed by others, if known."""
    found = [_allows(keyword, stated, other) for other in others - stated]
    return False if False in found else (None if None in found else True)


def _allows(keyword: str, stated: Set[str], other: str) -> bool | None:
    if keyword == "pattern":
        return _is_matched(tuple(sorted(map(json.loads, stated or {'""'}))), json.loads(other))
    if not stated:
        return False
    allows = _ALLOWS.get(keyword)
    if allows is None or len(stated) > 1:
        return None
    return allows(json.loads(min(stated)), json.loads(other))


@lru_cache(maxsize=1_024)
def _is_matched(patterns: tuple[str, ...], other: str) -> bool | None:
    """Return whether all texts that match some patterns match another one, if known."""
    negated = negate_pattern(other)
    if negated is None or any(mark in other for mark in _INEXACT):
        return None
    joined, left = join_patterns([*patterns, negated])
    automaton = None if left else find_automaton(joined)
    if automaton is None or automaton.is_empty:
        return None if automaton is None else True
    text = automaton.write(b"")
    return False if matches(joined, text) and not matches(other, text) else None


_INEXACT: Final = (r"\b", r"\B", r"\p", r"\P")
"""Parts of patterns that an automaton reads approximately."""


def _contains(stated: Mapping[str, Any], other: Mapping[str, Any]) -> bool | None:
    """Return whether one `contains` allows no more than another of the same elements, if known."""
    counts: Mapping[str, float] = {"minContains": 1, "maxContains": inf}
    one, two = ({**counts, **each} for each in (stated, other))
    if {**one, **counts} != {**two, **counts}:
        return None
    return bool(
        one["minContains"] >= two["minContains"] and one["maxContains"] <= two["maxContains"]
    )


def _has_range(stated: str, other: str) -> bool | None:
    if not {stated, other} <= NUMBERS.keys():
        return None
    (least, most), (low, high) = NUMBERS[stated], NUMBERS[other]
    return low <= least and most <= high


_ALLOWS: Final[Mapping[str, Callable[[Any, Any], bool | None]]] = {
    "format": _has_range,
    "multipleOf": lambda stated, other: Fraction(str(stated)) % Fraction(str(other)) == 0,
    "dependentRequired": lambda stated, other: all(
        {*names} <= {*stated.get(name, ())} for name, names in other.items()
    ),
    "contains": _contains,
}


def read_annotation(
    schema: Any, name: str, resolve: Resolve, within: frozenset[str] = frozenset()
) -> Any:
    """Return the value of an annotation, or None.

    The schema itself comes first, then its reference and the parts of its `allOf`. A union has what
    all its forms but null state alike.
    """
    if not isinstance(schema, Mapping):
        return None
    if schema.get(name) is not None:
        return schema[name]
    if isinstance(ref := schema.get("$ref"), str) and ref not in within:
        found = _read_target(ref, name, resolve, within | {ref})
        if found is not None:
            return found
    for part in list_of(schema.get("allOf")):
        if (found := read_annotation(part, name, resolve, within)) is not None:
            return found
    for keyword in ("anyOf", "oneOf"):
        stated = list_of(schema.get(keyword))
        forms = [each for each in stated if find_value(each, "/type", "") != "null"]
        values = [read_annotation(form, name, resolve, within) for form in forms]
        if values and len({make_key(value)[0] for value in values}) == 1:
            return values[0]
    return None


@lru_cache(maxsize=1_024)  # a chain of references may double at every step
def _read_target(ref: str, name: str, resolve: Resolve, within: frozenset[str]) -> Any:
    return read_annotation(resolve(ref), name, resolve, within)


def normalize(
    schema: Any, resolve: Resolve, within: frozenset[str] = frozenset(), unsent: str = ""
) -> Shapes:
    """Return the shapes of the values that a schema allows.

    Only the schema itself is read; the schemas of properties and elements are kept as they are.

    Args:
        schema: a JSON Schema 2020-12, or a schema of OpenAPI 3.0.
        resolve: follows the references of its document.
        within: the references that led here. One that leads to itself allows nothing.
        unsent: the annotation of properties that the forms of a union do not have; see
            `docpact.diff.view.view_schema`.

    Like a capture, it treats an empty keyword, and a type that is not a name, as absent.
    """
    if schema is False:
        return {}
    if not isinstance(schema, Mapping):
        return ANYTHING
    found = _read_own(schema := _read_content(read_nulls(schema)), resolve)
    either = partial(unite, resolve=resolve)
    for keyword, join in (("allOf", intersect), ("anyOf", either), ("oneOf", either)):
        if members := list_of(schema.get(keyword)):
            read = normalize if join is intersect else partial(_read_form, schema)
            parts = [read(each, resolve, within, unsent) for each in members]
            found = intersect(found, _join_all(join, parts))
    if isinstance(ref := schema.get("$ref"), str):
        inner = {} if ref in within else _follow(ref, resolve, within | {ref}, unsent)
        found = intersect(found, inner)
    return {**found, "null": Shape()} if is_nullable(schema) else found


def _read_content(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema with `format: binary` of OpenAPI 3.0 where 3.1 has a media type of bytes."""
    if schema.get("contentMediaType") != _RAW or "contentEncoding" in schema:
        return schema
    kept = {name: each for name, each in schema.items() if name != "contentMediaType"}
    return {**kept, "format": "binary"}


@lru_cache(maxsize=1_024)  # a chain of references may double at every step
def _follow(ref: str, resolve: Resolve, within: frozenset[str], unsent: str) -> Shapes:
    return normalize(resolve(ref), resolve, within, unsent)


def _read_form(
    union: Mapping[str, Any], form: Any, resolve: Resolve, within: frozenset[str], unsent: str
) -> Shapes:
    """Return the shapes of a form of a union, with the texts of a discriminator that choose it."""
    shapes = imply_type(normalize(form, resolve, within, unsent))
    ref = str(find_value(form, "/$ref", ""))
    shapes = _drop_unsent(shapes, resolve, unsent) if unsent and "object" in shapes else shapes
    name = str(find_value(union, "/discriminator/propertyName", ""))
    mapping, targets = find_value(union, "/discriminator/mapping"), (ref, ref.rpartition("/")[2])
    if "object" not in shapes or not isinstance(mapping, Mapping):
        return shapes
    texts = sorted(text for text, target in mapping.items() if target in targets)
    own = normalize(shapes["object"].properties.get(name, {}), resolve, within).get("string")
    if not texts or own is None or own.values is not None:
        return shapes
    chosen = Shape(properties={name: {"enum": texts}})
    return intersect(shapes, {**shapes, "object": chosen})


def _drop_unsent(shapes: Shapes, resolve: Resolve, unsent: str) -> Shapes:
    """Return the shapes of a form without the properties that have an annotation."""
    fields = shapes["object"]
    kept = {
        name: each
        for name, each in fields.properties.items()
        if read_annotation(each, unsent, resolve) is not True
    }
    required = fields.required - (fields.properties.keys() - kept.keys())
    return {**shapes, "object": replace(fields, properties=kept, required=required)}


def _join_all(join: Callable[[Shapes, Shapes], Shapes], parts: Sequence[Shapes]) -> Shapes:
    """Return the shapes of all members, half by half: one after another, each step takes longer."""
    middle = len(parts) // 2
    if not middle:
        return parts[0]
    return join(_join_all(join, parts[:middle]), _join_all(join, parts[middle:]))


def _read_own(schema: Mapping[str, Any], resolve: Resolve) -> Shapes:
    """Return the keywords of the schema itself, without references and combined schemas."""
    names = _type_names(schema.get("type"))
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    shapes: dict[str, Shape] = {}
    for kind in KINDS:
        if kind in names or (kind == "number" and "integer" in names):
            shape = _shape(schema, kind, is_whole=kind == "number" and kind not in names)
            shape = replace(shape, keywords=frozenset(list_keywords(schema, kind, resolve)))
            if isinstance(values, list):
                own = tuple(value for value in values if json_type(value) == kind)
                shape = replace(shape, values=own)
            shapes[kind] = shape
    return settle_all(shapes)


def _type_names(stated: Any) -> set[str]:
    names = to_list(stated)
    is_stated = stated and all(isinstance(name, str) for name in names)
    return set(names) if is_stated else {*KINDS, "integer"}


def _shape(schema: Mapping[str, Any], kind: str, *, is_whole: bool) -> Shape:
    stated_format, step = str(schema.get("format")), schema.get("multipleOf")
    if kind == "string":
        known = stated_format if stated_format in STANDARD else None
        return Shape(limits=_limits(schema, kind), format=known)
    if kind == "number":
        whole = is_whole or (isinstance(step, int | float) and step > 0 and step % 1 == 0)
        return Shape(limits=_limits(schema, kind), is_whole=whole)
    if kind == "array":
        limits, items = _limits(schema, kind), _unless_open(schema.get("items"))
        if items is False:  # no element beside those of `prefixItems`
            most = len(list_of(schema.get("prefixItems"))), False
            limits["maxItems"] = min(limits.get("maxItems", most), most)
        return Shape(limits=limits, items=items)
    if kind == "object":
        properties, required = schema.get("properties"), list_of(schema.get("required"))
        return Shape(
            limits=_limits(schema, kind),
            properties=properties if isinstance(properties, Mapping) else {},
            required=frozenset(name for name in required if isinstance(name, str)),
            others=_unless_open(schema.get("additionalProperties")),
        )
    return Shape()


def _unless_open(schema: Any) -> Any:
    return schema if schema is False or (isinstance(schema, Mapping) and schema) else None


def _limits(schema: Mapping[str, Any], kind: str) -> dict[str, Limit]:
    """Return the limits of a type; of `minimum` and `exclusiveMinimum` the stricter one."""
    limits: dict[str, Limit] = {}
    for keyword, (applies_to, _) in LIMITS.items():
        number, exclusive = schema.get(keyword), schema.get(EXCLUSIVE.get(keyword, ""))
        stated: list[Limit] = [(number, exclusive is True)] if _is_number(number) else []
        stated += [(exclusive, True)] if _is_number(exclusive) else []
        if applies_to == kind and stated:
            limits[keyword] = min(stated, key=partial(reach, keyword))
    return limits


def _is_number(value: Any) -> TypeGuard[float]:
    return json_type(value) == "number"
