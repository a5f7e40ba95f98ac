"""An instance held to a schema: violations, undocumented fields, how often each was judged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, TypeVar

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from docpact.formats import CHECKER
from docpact.model.operation import Schema
from docpact.model.pointer import Tokens, fold, pointer
from docpact.text import counted, excerpt

ANNOTATIONS: Final = frozenset({"$schema", "$id", "title", "description", "default", "examples"})
"""Keywords that say something without asserting it."""

STRING_KEYWORDS: Final = frozenset({"minLength", "maxLength", "format"})
NUMBER_KEYWORDS: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
ARRAY_KEYWORDS: Final = frozenset({"items", "minItems", "maxItems"})
OBJECT_KEYWORDS: Final = frozenset({"properties", "required"})

ASSERTIONS: Final = (
    frozenset({"type", "enum", "const"})
    | STRING_KEYWORDS
    | NUMBER_KEYWORDS
    | (ARRAY_KEYWORDS - {"items"})
    | {"required"}
)
"""Keywords that an instance can break by itself."""

_COUNTED: Final = ASSERTIONS | {"properties"}

SUPPORTED: Final = ANNOTATIONS | ASSERTIONS | {"properties", "items"}
"""The vocabulary that a contract may use: what a documentation page can state."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One keyword that one instance breaks.

    Attributes:
        pointer: JSON Pointer of the instance; of the missing property itself for `required`.
        location: the same with every array index folded to `*`.
        schema_pointer: JSON Pointer of the keyword in the schema; of the property's entry in the
            array for `required`.
        keyword: e.g. `maxLength`.
        documented: what the keyword promises, in words.
        observed: what came instead, in words.
    """

    pointer: str
    location: str
    schema_pointer: str
    keyword: str
    documented: str
    observed: str


@dataclass(frozen=True, slots=True)
class Undocumented:
    """A field that the schema does not name.

    Attributes:
        pointer: JSON Pointer of the field.
        location: the same with every array index folded to `*`.
        schema_pointer: JSON Pointer of the `properties` that do not name it.
        observed: its type and value, in words.
    """

    pointer: str
    location: str
    schema_pointer: str
    observed: str


Found = TypeVar("Found", Violation, Undocumented)


@dataclass(frozen=True, slots=True)
class Place:
    """One instance beside the schema that speaks of it.

    Attributes:
        schema: the subschema.
        schema_path: reference tokens of the subschema.
        path: reference tokens of the instance.
        value: the instance.
    """

    schema: Schema
    schema_path: Tokens
    path: Tokens
    value: Any


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything a schema says of one instance.

    Attributes:
        violations: every broken keyword, in the schema's order.
        undocumented: every field that the schema does not name, at every depth.
        judged: schema pointer of a keyword, `properties` among them → the number of instances
            that it speaks of; all entries of a `required` speak of the same ones.
        seen: folded location of each documented value but null, and the value where an `enum` lists
            it, else an empty text.
    """

    violations: tuple[Violation, ...]
    undocumented: tuple[Undocumented, ...]
    judged: Mapping[str, int]
    seen: frozenset[tuple[str, str]]


def inspect(schema: Schema, instance: Any) -> Inspection:
    """Hold a decoded JSON value to a schema, formats asserted.

    Where an instance has the wrong type, only that is a violation, not also its `enum`. Elements of
    an array at the top are inspected once however often they come.
    """
    lists = {
        name: part
        for name, part in schema.get("properties", {}).items()
        if "items" in part and isinstance(instance, dict) and isinstance(instance.get(name), list)
    }
    if not lists:
        return _inspect(schema, instance)
    bare = {name: {k: v for k, v in part.items() if k != "items"} for name, part in lists.items()}
    around = _inspect({**schema, "properties": {**schema["properties"], **bare}}, instance)
    return _joined(
        around,
        *(_inspected_elements(name, part["items"], instance[name]) for name, part in lists.items()),
    )


def _inspected_elements(name: str, schema: Schema, elements: Sequence[Any]) -> Inspection:
    """Inspect the elements of an array at the top, named by its property."""
    stated = json.dumps(schema)
    texts = [json.dumps(element) for element in elements]
    where, folded = pointer(("properties", name, "items")), pointer((name, "*"))
    judged, seen = Counter[str](), set[tuple[str, str]]()
    for text, times in Counter(texts).items():
        found = _remembered(stated, text)
        for at, count in found.judged.items():
            judged[where + at] += count * times
        seen |= found.seen
    around = Inspection((), (), judged, frozenset((folded + at, value) for at, value in seen))
    placed = [
        _placed(found, pointer((name, number)), folded, where)
        for number, text in enumerate(texts)
        if (found := _remembered(stated, text)).violations or found.undocumented
    ]
    return _joined(around, *placed)


@lru_cache(maxsize=8192)
def _remembered(schema: str, element: str) -> Inspection:
    return _inspect(json.loads(schema), json.loads(element))


def _placed(found: Inspection, at: str, folded: str, where: str) -> Inspection:
    """Write what was found in an element as found in the whole, its counts left out."""

    def place(each: Found) -> Found:
        return replace(
            each,
            pointer=at + each.pointer,
            location=folded + each.location,
            schema_pointer=where + each.schema_pointer,
        )

    return Inspection(
        tuple(map(place, found.violations)),
        tuple(map(place, found.undocumented)),
        judged={},
        seen=frozenset(),
    )


def _joined(*parts: Inspection) -> Inspection:
    return Inspection(
        violations=tuple(each for part in parts for each in part.violations),
        undocumented=tuple(each for part in parts for each in part.undocumented),
        judged={at: count for part in parts for at, count in part.judged.items()},
        seen=frozenset().union(*(part.seen for part in parts)),
    )


def _inspect(schema: Schema, instance: Any) -> Inspection:
    places = tuple(visit(schema, instance))
    asserted = Counter(
        (place.schema_path, keyword)
        for place in places
        for keyword in place.schema
        if keyword in _COUNTED and _applies(keyword, place.value)
    )
    judged = {pointer((*path, keyword)): count for (path, keyword), count in asserted.items()}
    return Inspection(
        violations=tuple(violations(schema, instance)),
        undocumented=tuple(field for place in places for field in _undocumented(place)),
        judged=judged,
        seen=frozenset(
            (fold(place.path), excerpt(place.value) if "enum" in place.schema else "")
            for place in places
            if place.value is not None
        ),
    )


def visit(
    schema: Schema, value: Any, schema_path: Tokens = (), path: Tokens = ()
) -> Iterator[Place]:
    """Walk an instance along its schema, parents before children, documented places only."""
    yield Place(schema, schema_path, path, value)
    if isinstance(value, dict):
        for name, subschema in schema.get("properties", {}).items():
            if name in value:
                yield from visit(
                    subschema, value[name], (*schema_path, "properties", name), (*path, name)
                )
    elif isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from visit(schema["items"], item, (*schema_path, "items"), (*path, index))


def subschemas(schema: Schema, path: Tokens = (), where: Tokens = ()) -> Iterator[Place]:
    """Walk a schema alone: every subschema with its path, and the folded path of its instances."""
    yield Place(schema, path, where, None)
    for name, subschema in schema.get("properties", {}).items():
        yield from subschemas(subschema, (*path, "properties", name), (*where, name))
    if "items" in schema:
        yield from subschemas(schema["items"], (*path, "items"), (*where, "*"))


def violations(schema: Schema, instance: Any) -> Iterator[Violation]:
    """Yield every violation of a schema by a decoded JSON value."""
    errors = list(_validator(json.dumps(schema)).iter_errors(instance))
    mistyped = {tuple(e.absolute_path) for e in errors if e.validator == "type"}
    missing: set[Tokens] = set()
    for error in errors:
        path: Tokens = tuple(error.absolute_path)
        if error.validator == "required":
            if path not in missing:
                missing.add(path)
                yield from _missing(error, path)
        elif error.validator == "type" or path not in mistyped:
            yield _violation(error, path)


def describe(keyword: str, value: Any) -> str:
    """Say in words what a schema keyword promises."""
    return _WORDS[keyword](value)


def json_type(value: Any) -> str:
    """Name the JSON type of a decoded value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "type": lambda value: " or ".join([value] if isinstance(value, str) else value),
    "enum": lambda value: "one of " + ", ".join(excerpt(member, 40) for member in value),
    "const": lambda value: f"always {excerpt(value, 40)}",
    "required": lambda _: "always present",
    "format": lambda value: f"format {value}",
    "minLength": lambda value: f"at least {counted(value, 'character')}",
    "maxLength": lambda value: f"at most {counted(value, 'character')}",
    "minItems": lambda value: f"at least {counted(value, 'item')}",
    "maxItems": lambda value: f"at most {counted(value, 'item')}",
    "minimum": lambda value: f"at least {value}",
    "maximum": lambda value: f"at most {value}",
    "exclusiveMinimum": lambda value: f"more than {value}",
    "exclusiveMaximum": lambda value: f"less than {value}",
}


@lru_cache(maxsize=32)
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema), format_checker=CHECKER)


def _violation(error: ValidationError, path: Tokens) -> Violation:
    keyword = str(error.validator)
    return Violation(
        pointer=pointer(path),
        location=fold(path),
        schema_pointer=pointer(error.absolute_schema_path),
        keyword=keyword,
        documented=describe(keyword, error.validator_value),
        observed=_observed(keyword, error.instance),
    )


def _missing(error: ValidationError, path: Tokens) -> Iterator[Violation]:
    where = pointer(error.absolute_schema_path)
    names: list[str] = error.validator_value  # type: ignore[assignment]
    instance: dict[str, Any] = error.instance  # type: ignore[assignment]
    for index, name in enumerate(names):
        if name not in instance:
            yield Violation(
                pointer=pointer((*path, name)),
                location=fold((*path, name)),
                schema_pointer=f"{where}/{index}",
                keyword="required",
                documented=describe("required", None),
                observed="absent",
            )


def _observed(keyword: str, value: Any) -> str:
    match keyword:
        case "type":
            kind = json_type(value)
            return kind if value is None else f"{kind} {excerpt(value)}"
        case "minLength" | "maxLength":
            return f"{counted(len(value), 'character')}: {excerpt(value)}"
        case "minItems" | "maxItems":
            return counted(len(value), "item")
        case _:
            return excerpt(value)


def _applies(keyword: str, value: Any) -> bool:
    if keyword in STRING_KEYWORDS:
        return isinstance(value, str)
    if keyword in NUMBER_KEYWORDS:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if keyword in ARRAY_KEYWORDS:
        return isinstance(value, list)
    if keyword in OBJECT_KEYWORDS:
        return isinstance(value, dict)
    return keyword == "type" or value is not None


def _undocumented(place: Place) -> Iterator[Undocumented]:
    if "properties" not in place.schema or not isinstance(place.value, dict):
        return
    for name, value in place.value.items():
        if name not in place.schema["properties"]:
            path = (*place.path, name)
            where = pointer((*place.schema_path, "properties"))
            yield Undocumented(pointer(path), fold(path), where, _observed("type", value))
