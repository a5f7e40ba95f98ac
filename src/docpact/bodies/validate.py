"""An instance held to a schema: violations, undocumented fields, how often each was judged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, TypeAlias, TypeVar

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from docpact.bodies.formats import CHECKER
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import (
    DEFINITIONS,
    MAP,
    Schema,
    child,
    followed,
    form_name,
    forms,
    part,
    stated,
)
from docpact.text import counted, excerpt

ANNOTATIONS: Final = frozenset(
    {"$schema", "$id", "$defs", "title", "description", "default", "examples", "deprecated"}
)
"""Keywords that assert nothing by themselves."""

STRING_KEYWORDS: Final = frozenset({"minLength", "maxLength", "format"})
NUMBER_KEYWORDS: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
ARRAY_KEYWORDS: Final = frozenset({"items", "minItems", "maxItems"})
OBJECT_KEYWORDS: Final = frozenset({"properties", "required"})

ASSERTIONS: Final = (
    frozenset({"type", "enum", "const", "anyOf"})
    | STRING_KEYWORDS
    | NUMBER_KEYWORDS
    | (ARRAY_KEYWORDS - {"items"})
    | {"required"}
)
"""Keywords that an instance can break by itself."""

COUNTED: Final = ASSERTIONS | {"properties"}
"""Keywords whose instances are counted."""

SUPPORTED: Final = ANNOTATIONS | ASSERTIONS | {"properties", "items", "$ref", MAP}
"""The vocabulary that a contract may use: what a documentation page can state."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One keyword that one instance breaks.

    Attributes:
        pointer: JSON Pointer of the instance; of the missing property itself for `required`.
        location: the same with every array index, and every name of a map, folded to `*`.
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
        location: the same with every array index, and every name of a map, folded to `*`.
        schema_pointer: JSON Pointer of the `properties` that do not name it.
        observed: its type and value, in words.
    """

    pointer: str
    location: str
    schema_pointer: str
    observed: str


Found = TypeVar("Found", Violation, Undocumented)

Only: TypeAlias = Mapping[str, Collection[int]]

Folded: TypeAlias = tuple[str, ...]
"""Reference tokens in which every array index, and every name of a map, is `*`."""


@dataclass(frozen=True, slots=True)
class Place:
    """One instance beside the schema that speaks of it.

    Attributes:
        schema: the subschema, with the `$defs` that it may refer to.
        schema_path: reference tokens of the subschema.
        path: reference tokens of the instance.
        value: the instance.
        where: the path, with every array index and every name of a map folded to `*`.
        form: name of the member of a union that it is part of, or empty.
    """

    schema: Schema
    schema_path: Tokens
    path: Tokens
    value: Any
    where: Folded = ()
    form: str = ""

    @property
    def location(self) -> str:
        """The folded JSON Pointer of the instance."""
        return _documented(self.where)


_documented = lru_cache(maxsize=8192)(pointer)
"""Write a pointer of names that a contract knows, of which there are few, and none is long."""


@dataclass(frozen=True, slots=True)
class Validation:
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


def validate(schema: Schema, instance: Any, only: Only | None = None) -> Validation:
    """Hold a decoded JSON value to a schema, formats asserted.

    Where an instance has the wrong type, only that is a violation, not also its `enum`. Elements of
    an array at the top are inspected once however often they come.

    Args:
        schema: as a contract states it.
        instance: a decoded JSON value.
        only: name of a property that is an array at the top → numbers of its elements; the others
            are neither inspected nor counted. Of an array that is not named all are.
    """
    lists = {
        name: each
        for name, each in schema.get("properties", {}).items()
        if "items" in each and isinstance(instance, dict) and isinstance(instance.get(name), list)
    }
    if not lists:
        return _inspect(schema, instance)
    around = _inspect(without_elements(schema, lists), instance)
    return _joined(
        around,
        *(
            _inspected_elements(
                name,
                with_definitions(schema, each["items"]),
                {
                    number: json.dumps(instance[name][number])
                    for number in (only or {}).get(name, range(len(instance[name])))
                },
            )
            for name, each in lists.items()
        ),
    )


def _inspected_elements(name: str, schema: Schema, texts: Mapping[int, str]) -> Validation:
    """Inspect elements of an array at the top, by their places and as JSON.

    Args:
        name: of the array's property.
        schema: of an element.
        texts: place → element.
    """
    stated = json.dumps(schema)
    where, folded = pointer(("properties", name, "items")), pointer((name, "*"))
    each_once = dict.fromkeys(texts.values())
    found = {text: _remembered(stated, text, where, folded) for text in each_once}
    alike = Counter(id(found[text].judged) for text in texts.values())
    counts = {id(each.judged): each.judged for each in found.values()}
    judged = Counter[str]()
    for one, times in alike.items():
        for at, count in counts[one].items():
            judged[at] += count * times
    around = Validation((), (), judged, frozenset().union(*(each.seen for each in found.values())))
    placed = [
        _placed(found[text], pointer((name, number)))
        for number, text in texts.items()
        if found[text].violations or found[text].undocumented
    ]
    return _joined(around, *placed)


@lru_cache(maxsize=8192)
def _remembered(schema: str, element: str, where: str, folded: str) -> Validation:
    """Inspect an element; see `within`."""
    found = within(_inspect(json.loads(schema), json.loads(element)), where, folded)
    return replace(found, judged=_same(tuple(found.judged.items())))


@lru_cache(maxsize=1024)
def _same(judged: tuple[tuple[str, int], ...]) -> Mapping[str, int]:
    """Return the same mapping for the same counts, which most elements share."""
    return dict(judged)


def within(found: Validation, where: str, location: str) -> Validation:
    """Write what was found in a part as of the whole, but for the pointers of instances.

    Args:
        found: in the part.
        where: JSON Pointer of the part's schema.
        location: folded JSON Pointer of the part.
    """

    def place(each: Found) -> Found:
        return replace(
            each,
            location=location + each.location,
            schema_pointer=below(where, each.schema_pointer),
        )

    return Validation(
        tuple(map(place, found.violations)),
        tuple(map(place, found.undocumented)),
        {below(where, at): count for at, count in found.judged.items()},
        frozenset((location + at, value) for at, value in found.seen),
    )


def _placed(found: Validation, at: str) -> Validation:
    """Write the pointers of instances in an element as of the whole, its counts left out."""

    def place(each: Found) -> Found:
        return replace(each, pointer=at + each.pointer)

    return Validation(
        tuple(map(place, found.violations)),
        tuple(map(place, found.undocumented)),
        judged={},
        seen=frozenset(),
    )


def without_elements(schema: Schema, names: Iterable[str]) -> Schema:
    """Return a schema in which arrays that are properties say nothing of their elements."""
    fields = schema["properties"]
    bare = {name: {k: v for k, v in fields[name].items() if k != "items"} for name in names}
    return {**schema, "properties": {**fields, **bare}}


def with_definitions(schema: Schema, stated: Schema) -> Schema:
    """Return a part of a schema with the `$defs` that it may refer to."""
    return {**stated, "$defs": schema["$defs"]} if "$defs" in schema else stated


def below(where: str, at: str) -> str:
    """Write a pointer into a part of a schema as one into the whole, in which `$defs` stand."""
    return at if at.startswith(DEFINITIONS.removeprefix("#")) else where + at


def _joined(*parts: Validation) -> Validation:
    judged = Counter[str]()
    for each in parts:
        judged.update(each.judged)
    return Validation(
        violations=tuple(each for found in parts for each in found.violations),
        undocumented=tuple(each for found in parts for each in found.undocumented),
        judged=judged,
        seen=frozenset().union(*(found.seen for found in parts)),
    )


def _inspect(schema: Schema, instance: Any) -> Validation:
    places = tuple(visit(schema, instance))
    asserted = Counter(
        (place.schema_path, keyword)
        for place in places
        for keyword in place.schema
        if keyword in COUNTED and applies(keyword, place.value)
    )
    judged = {_documented((*path, keyword)): count for (path, keyword), count in asserted.items()}
    return Validation(
        violations=tuple(violations(schema, instance)),
        undocumented=tuple(field for place in places for field in _undocumented(place)),
        judged=judged,
        seen=frozenset(
            (place.location, excerpt(place.value) if "enum" in place.schema else "")
            for place in places
            if place.value is not None
        ),
    )


def visit(schema: Schema, value: Any) -> Iterator[Place]:
    """Walk an instance along its schema, parents before children, documented places only.

    Of a union the one form that an instance is meant to have is walked, where that is clear.
    """
    yield from _visit(Place(*followed(schema), (), value))


def _visit(place: Place) -> Iterator[Place]:
    yield place
    schema, value = place.schema, place.value
    if "anyOf" in schema:
        number = nearest(schema, value)
        if number is not None:
            inner, path = part(schema, "anyOf", number, path=place.schema_path)
            named = form_name(inner, path)
            yield from _visit(replace(place, schema=inner, schema_path=path, form=named))
    if isinstance(value, dict):
        yield from _visit_fields(place, value)
    elif isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from _visit(_step(place, ("items",), index, "*", item))


def _visit_fields(place: Place, fields: Mapping[str, Any]) -> Iterator[Place]:
    named = place.schema.get("properties", {})
    for name in named:
        if name in fields:
            yield from _visit(_step(place, ("properties", name), name, name, fields[name]))
    if isinstance(place.schema.get(MAP), Mapping):
        for name in fields:
            if name not in named:
                yield from _visit(_step(place, (MAP,), name, "*", fields[name]))


def _step(place: Place, names: tuple[str, ...], token: str | int, folded: str, value: Any) -> Place:
    schema, path = part(place.schema, *names, path=place.schema_path)
    return Place(schema, path, (*place.path, token), value, (*place.where, folded), place.form)


def subschemas(schema: Schema) -> Iterator[Place]:
    """Walk a schema alone: every subschema once, with its path and where its instances are first.

    A definition is walked where it is first referred to.
    """
    defined = set[Tokens]()

    def walk(place: Place) -> Iterator[Place]:
        if place.schema_path[:1] == ("$defs",) and len(place.schema_path) == 2:
            if place.schema_path in defined:
                return
            defined.add(place.schema_path)
        yield place
        for names, folded in _parts(place.schema):
            inner, path = part(place.schema, *names, path=place.schema_path)
            form = form_name(inner, path) if names[0] == "anyOf" else place.form
            where = (*place.where, *folded)
            yield from walk(Place(inner, path, where, None, where, form))

    yield from walk(Place(*followed(schema), (), None))


def besides(schema: Schema) -> Iterator[Tokens]:
    """Yield where a schema states a keyword, annotations excepted, beside a reference."""
    yield from _besides(schema, ())
    for name, definition in schema.get("$defs", {}).items():
        yield from _besides(definition, ("$defs", name))
    for place in subschemas(schema):
        for names, _ in _parts(place.schema):
            yield from _besides(stated(place.schema, names), (*place.schema_path, *names))


def _besides(stated: Any, path: Tokens) -> Iterator[Tokens]:
    if isinstance(stated, Mapping) and "$ref" in stated:
        beside = [keyword for keyword in stated if keyword not in ANNOTATIONS | {"$ref"}]
        yield from ((*path, keyword) for keyword in beside)


def _parts(schema: Any) -> Iterator[tuple[tuple[str | int, ...], tuple[str, ...]]]:
    """Yield the way to each part of a schema, and the folded tokens that it adds."""
    if not isinstance(schema, Mapping):
        return
    for number in range(len(schema.get("anyOf", ()))):
        yield ("anyOf", number), ()
    for name in schema.get("properties", {}):
        yield ("properties", name), (name,)
    for keyword in ("items", MAP):
        if keyword in schema:
            yield (keyword,), ("*",)


def nearest(schema: Schema, value: Any) -> int | None:
    """Return which member of a union a value has, or is meant to have; None where that is unclear.

    Of the members that it fits the one that names most of its fields; else the only one that
    speaks of its JSON type and whose constants and enumerations it does not contradict.
    """
    members = [child(schema, "anyOf", number) for number in range(len(schema["anyOf"]))]
    fitting = [n for n, member in enumerate(members) if not any(violations(member, value))]
    if fitting:
        return max(fitting, key=lambda n: _named(members[n], value))
    likely = [n for n, member in enumerate(members) if _is_likely(member, value)]
    return likely[0] if len(likely) == 1 else None


def _named(schema: Schema, value: Any) -> int:
    """Count the fields of a value that some form of a schema names."""
    if not isinstance(value, dict):
        return 0
    return max(len(value.keys() & form.get("properties", {}).keys()) for form, _ in forms(schema))


def _is_likely(schema: Schema, value: Any) -> bool:
    return any(_may_mean(form, value) for form, _ in forms(schema))


def _may_mean(schema: Schema, value: Any) -> bool:
    names = schema.get("type", ())
    kinds = {names} if isinstance(names, str) else set(names)
    kind = json_type(value)
    if kinds and kind not in kinds and not (kind == "number" and "integer" in kinds):
        return False
    if not isinstance(value, dict):
        return True
    fields = {name: child(schema, "properties", name) for name in schema.get("properties", ())}
    return not any(
        value[name] not in field.get("enum", [field.get("const")])
        for name, field in fields.items()
        if name in value and ("const" in field or "enum" in field)
    )


def violations(schema: Schema, instance: Any) -> Iterator[Violation]:
    """Yield every violation of a schema by a decoded JSON value.

    A value that fits no member of a union is held to the one that it is meant to have, where that
    is clear; else the union as a whole is broken.
    """
    errors = [
        told
        for error in _validator(json.dumps(schema)).iter_errors(instance)
        for told in _told(schema, error)
    ]
    mistyped = {tuple(e.absolute_path) for e in errors if e.validator == "type"}
    missing: set[Tokens] = set()
    for error in errors:
        path: Tokens = tuple(error.absolute_path)
        where = _folded(schema, path)
        if error.validator == "required":
            if path not in missing:
                missing.add(path)
                yield from _missing(error, path, where, _stated_at(error))
        elif error.validator == "type" or path not in mistyped:
            yield _violation(error, path, where, _stated_at(error))


def _told(schema: Schema, error: ValidationError) -> Iterator[ValidationError]:
    """Yield the errors that a broken union comes down to."""
    if error.validator != "anyOf":
        yield error
        return
    union = with_definitions(schema, {"anyOf": error.validator_value})
    number = nearest(union, error.instance)
    if number is None:
        yield error
        return
    for inner in error.context or ():
        if inner.relative_schema_path[0] == number:
            yield from _told(schema, inner)


def _folded(schema: Schema, path: Tokens) -> Folded:
    """Fold the path of an instance: every array index, and every name of a map, to `*`."""
    where: list[str] = []
    found = [form for form, _ in forms(*followed(schema))]
    for token in path:
        step = str(token)
        ways: list[tuple[Schema, tuple[str, ...]]]
        if isinstance(token, int):
            ways, step = [(form, ("items",)) for form in found if "items" in form], "*"
        else:
            ways = [(f, ("properties", step)) for f in found if step in f.get("properties", {})]
            if not ways:
                ways = [(f, (MAP,)) for f in found if isinstance(f.get(MAP), Mapping)]
                step = "*" if ways else step
        where.append(step)
        found = [form for each, names in ways for form, _ in forms(child(each, *names))]
    return tuple(where)


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
    "anyOf": lambda members: f"one of {counted(len(members), 'form')}",
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


class _Definition(str):
    """The name of a definition, as a step from a reference to it in the path of an error."""

    __slots__ = ()


def _follow(
    validator: Any, reference: str, instance: Any, schema: Schema
) -> Iterator[ValidationError]:
    """Yield what breaks a definition; jsonschema leaves references out of an error's path."""
    for error in Draft202012Validator.VALIDATORS["$ref"](validator, reference, instance, schema):
        error.schema_path.appendleft(_Definition(reference.removeprefix(DEFINITIONS)))
        yield error


_Validator: Final = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"$ref": _follow}
)


@lru_cache(maxsize=32)
def _validator(schema: str) -> Any:
    return _Validator(json.loads(schema), format_checker=CHECKER)


def _violation(error: ValidationError, path: Tokens, where: Folded, at: str) -> Violation:
    keyword = str(error.validator)
    return Violation(
        pointer=pointer(path),
        location=pointer(where),
        schema_pointer=at,
        keyword=keyword,
        documented=describe(keyword, error.validator_value),
        observed=_observed(keyword, error.instance),
    )


def _missing(error: ValidationError, path: Tokens, where: Folded, at: str) -> Iterator[Violation]:
    names: list[str] = error.validator_value  # type: ignore[assignment]
    instance: dict[str, Any] = error.instance  # type: ignore[assignment]
    for index, name in enumerate(names):
        if name not in instance:
            yield Violation(
                pointer=pointer((*path, name)),
                location=pointer((*where, name)),
                schema_pointer=f"{at}/{index}",
                keyword="required",
                documented=describe("required", None),
                observed="absent",
            )


def _stated_at(error: ValidationError) -> str:
    """Return where the schema states the broken keyword: behind a reference, in `$defs`."""
    where: Tokens = ()
    for step in error.absolute_schema_path:
        where = ("$defs", step) if isinstance(step, _Definition) else (*where, step)
    return pointer(where)


def value_said(value: Any) -> str:
    """Write a decoded JSON value with its type."""
    kind = json_type(value)
    return kind if value is None else f"{kind} {excerpt(value)}"


def _observed(keyword: str, value: Any) -> str:
    match keyword:
        case "type":
            return value_said(value)
        case "minLength" | "maxLength":
            return f"{counted(len(value), 'character')}: {excerpt(value)}"
        case "minItems" | "maxItems":
            return counted(len(value), "item")
        case _:
            return excerpt(value)


def applies(keyword: str, value: Any) -> bool:
    """Say whether a keyword speaks of a value at all."""
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
    schema = place.schema
    if "properties" not in schema or MAP in schema or not isinstance(place.value, dict):
        return
    for name, value in place.value.items():
        if name not in schema["properties"]:
            yield Undocumented(
                pointer((*place.path, name)),
                pointer((*place.where, name)),
                pointer((*place.schema_path, "properties")),
                value_said(value),
            )
