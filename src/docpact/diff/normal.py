"""The normal form of a JSON Schema: equal for schemas that are only written differently.

A schema becomes one `Shape` for each JSON type that it allows. References, `allOf`, `anyOf`,
`oneOf`, `const`, lists of types and OpenAPI 3.0's `nullable` are gone from it, and so are keywords
that do not apply to a type or do not restrict it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, TypeAlias, TypeGuard

from docpact.bodies.formats import STANDARD
from docpact.bodies.wording import json_type
from docpact.diff.keywords import list_keywords
from docpact.diff.shapes import (
    ANYTHING,
    EXCLUSIVE,
    KINDS,
    LIMITS,
    Limit,
    Shape,
    Shapes,
    intersect,
    reach,
    settle_all,
    unite,
)
from docpact.errors import UsageError
from docpact.model.pointer import list_of
from docpact.model.pointer import resolve as find_value
from docpact.text import excerpt

Resolve: TypeAlias = Callable[[str], Any]
"""Returns the schema that a `$ref` names."""


def normalize(schema: Any, resolve: Resolve, within: frozenset[str] = frozenset()) -> Shapes:
    """Return the shapes of the values that a schema allows.

    Only the schema itself is read; the schemas of properties and elements are kept as they are.

    Args:
        schema: a JSON Schema 2020-12, or a schema of OpenAPI 3.0.
        resolve: follows the references of its document.
        within: the references that led here. One that leads to itself allows nothing.

    Raises:
        UsageError: `type` is neither a name nor a list of names.
    """
    if schema is False:
        return {}
    if not isinstance(schema, Mapping):
        return ANYTHING
    found = _read_own(schema, resolve)
    for keyword, join in (("allOf", intersect), ("anyOf", unite), ("oneOf", unite)):
        if members := list_of(schema.get(keyword)):
            read = normalize if join is intersect else partial(_read_form, schema)
            parts = [read(each, resolve, within) for each in members]
            found = intersect(found, _join_all(join, parts))
    ref = schema.get("$ref")
    if isinstance(ref, str):
        found = intersect(found, {} if ref in within else _follow(ref, resolve, within | {ref}))
    return {**found, "null": Shape()} if schema.get("nullable") is True else found


@lru_cache(maxsize=1_024)  # a chain of references may double at every step
def _follow(ref: str, resolve: Resolve, within: frozenset[str]) -> Shapes:
    return normalize(resolve(ref), resolve, within)


def _read_form(
    union: Mapping[str, Any], form: Any, resolve: Resolve, within: frozenset[str]
) -> Shapes:
    """Return the shapes of a form of a union, with the texts of a discriminator that choose it."""
    shapes, ref = normalize(form, resolve, within), str(find_value(form, "/$ref", ""))
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


def _join_all(join: Callable[[Shapes, Shapes], Shapes], parts: Sequence[Shapes]) -> Shapes:
    """Return the shapes of all members, half by half: one after another, each step takes longer."""
    middle = len(parts) // 2
    if not middle:
        return parts[0]
    return join(_join_all(join, parts[:middle]), _join_all(join, parts[middle:]))


def _read_own(schema: Mapping[str, Any], resolve: Resolve) -> Shapes:
    """Return the keywords of the schema itself, without references and combined schemas."""
    names = _type_names(schema.get("type", [*KINDS, "integer"]))
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
    names = [stated] if isinstance(stated, str) else stated
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UsageError(f"not a JSON Schema: its type is {excerpt(stated)}")
    return set(names)


def _shape(schema: Mapping[str, Any], kind: str, *, is_whole: bool) -> Shape:
    stated_format, step = schema.get("format"), schema.get("multipleOf")
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
