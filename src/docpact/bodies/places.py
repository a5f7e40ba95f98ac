"""Places: subschemas beside the locations and values that they describe, and unions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from docpact.bodies.engine import Engine, make_engine
from docpact.bodies.patterns import matches
from docpact.bodies.wording import json_type
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import (
    MAP,
    Schema,
    branches,
    descriptions,
    form_name,
    list_types,
    part,
    parts,
    resolve_path,
    statements,
    with_definitions,
)


class Union:
    """The members of a union.

    Args:
        schema: with the keyword, and the `$defs` that it may refer to.
        keyword: `anyOf` or `oneOf`.

    Attributes:
        members: with the `$defs` that they may refer to.
    """

    def __init__(self, schema: Schema, keyword: str = "anyOf") -> None:
        self.members = [with_definitions(schema, each) for each in schema[keyword]]
        self._engines: dict[int, Engine] = {}
        # of each member, the types that each statement with a `type` allows
        self._types = [
            [kinds for stated, _ in statements(each) if (kinds := list_types(stated))]
            for each in self.members
        ]

    def engine(self, number: int) -> Engine:
        """Return the engine of a member; it is made when a value first needs it."""
        if number not in self._engines:
            self._engines[number] = make_engine(self.members[number])
        return self._engines[number]

    def list_fitting(self, value: Any) -> list[int]:
        """Return the numbers of the members that a value fits."""
        return [n for n in self._list_typed(value) if self.engine(n).is_valid(value)]

    def _list_typed(self, value: Any) -> list[int]:
        kind = json_type(value)
        return [n for n, stated in enumerate(self._types) if all(allows(e, kind) for e in stated)]

    def choose(self, value: Any) -> tuple[int, ...] | None:
        """Return the numbers of the members that describe a value, or None if that is unclear."""
        if fitting := self.list_fitting(value):
            return tuple(fitting)
        nearest = self.guess(value)
        return None if nearest is None else (nearest,)

    def nearest(self, value: Any) -> int | None:
        """Return the number of the member that a value is meant to match, or None if unclear.

        Of the members that the value fits, the one that names most of its fields; else the only
        one that has its JSON type, or whose constants and enumerations it does not contradict too.
        """
        if fitting := self.list_fitting(value):
            return max(fitting, key=lambda n: _count_named(self.members[n], value))
        return self.guess(value)

    def guess(self, value: Any) -> int | None:
        """Return the number of the member that a value which fits none is meant to match."""
        typed = self._list_typed(value)
        likely = [n for n in typed if _may_describe(self.members[n], value)] or typed
        return likely[0] if len(likely) == 1 else None


def allows(types: Sequence[str], kind: str) -> bool:
    """Return whether a list of types allows some values of a JSON type."""
    return kind in types or (kind == "number" and "integer" in types)


def _count_named(schema: Schema, value: Any) -> int:
    """Count the fields of a value that some form of a schema names."""
    if not isinstance(value, dict):
        return 0
    named = (value.keys() & each.get("properties", {}).keys() for each, _ in descriptions(schema))
    return max(map(len, named), default=0)


def _may_describe(schema: Schema, value: Any) -> bool:
    """Return whether a schema allows a value by its type, constant or enumeration."""
    return all(_may_state(each, value) for each, _ in statements(schema))


def _may_state(schema: Schema, value: Any) -> bool:
    kinds = list_types(schema)
    if kinds and not allows(kinds, json_type(value)):
        return False
    for keyword in ("anyOf", "oneOf"):
        members = [with_definitions(schema, each) for each in schema.get(keyword, ())]
        if members and not any(_may_describe(each, value) for each in members):
            return False
    if not isinstance(value, dict):
        return True
    return not any(
        value[name] not in field.get("enum", [field.get("const")])
        for name, stated in schema.get("properties", {}).items()
        if name in value
        for field, _ in statements(with_definitions(schema, stated))
        if "const" in field or "enum" in field
    )


Subschema: TypeAlias = tuple[Schema, Tokens]
"""A schema with the `$defs` that it may refer to, and its reference tokens."""


class Condition(NamedTuple):
    """Schemas, some of which describe a value.

    Attributes:
        choose: returns the numbers of the schemas that describe a value, or None if the value
            matches no member of a union and the intended member is unclear.
    """

    parts: Sequence[Subschema]
    choose: Callable[[Any], tuple[int, ...] | None]


def list_conditions(schema: Schema, path: Tokens) -> Iterator[Condition]:
    """Yield the conditions that a schema states itself."""
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            union = Union(schema, keyword)
            yield Condition(_parts(schema, path, keyword), union.choose)
    if "if" in schema:
        yield _alternative(schema, path)
    if "dependentSchemas" in schema:
        names = [*schema["dependentSchemas"]]
        yield Condition(_parts(schema, path, "dependentSchemas"), _choose_named(names))


def list_optional(parts: Sequence[Subschema]) -> Iterator[Condition]:
    """Yield the condition of each schema that describes the values that satisfy it."""
    for each in parts:
        yield Condition([each], _choose_fitting(each[0]))


def _parts(schema: Schema, path: Tokens, keyword: str) -> list[Subschema]:
    paths = (names for names in branches(schema) if names[0] == keyword)
    return [_part(schema, path, names) for names in paths]


def _part(schema: Schema, path: Tokens, names: Tokens) -> Subschema:
    return with_definitions(schema, resolve_path(schema, names)), (*path, *names)


def _alternative(schema: Schema, path: Tokens) -> Condition:
    """Return the condition of `if`, which describes the values that satisfy it."""
    stated = [keyword for keyword in ("if", "then", "else") if keyword in schema]
    engine = make_engine(with_definitions(schema, schema["if"]))

    def choose(value: Any) -> tuple[int, ...]:
        chosen = ("if", "then") if engine.is_valid(value) else ("else",)
        return tuple(number for number, keyword in enumerate(stated) if keyword in chosen)

    return Condition([_part(schema, path, (keyword,)) for keyword in stated], choose)


def _choose_named(names: Sequence[str]) -> Callable[[Any], tuple[int, ...]]:
    def choose(value: Any) -> tuple[int, ...]:
        if not isinstance(value, dict):
            return ()
        return tuple(number for number, name in enumerate(names) if name in value)

    return choose


def _choose_fitting(schema: Schema) -> Callable[[Any], tuple[int, ...]]:
    engine = make_engine(schema)
    return lambda value: (0,) if engine.is_valid(value) else ()


Folded: TypeAlias = tuple[str, ...]
"""Reference tokens with `*` for every array index and every name of a map."""

known_pointer: Final = lru_cache(maxsize=8192)(pointer)
"""Write a pointer of names that a contract states; they are few and short."""


@dataclass(frozen=True, slots=True)
class Place:
    """A subschema, and a value that it describes.

    Attributes:
        schema: the subschema, with the `$defs` that it may refer to.
        schema_path: reference tokens of the subschema.
        path: reference tokens of the value.
        where: the path with `*` for every array index and every name of a map.
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
        """The folded JSON Pointer of the value."""
        return known_pointer(self.where)


def list_field_steps(schema: Schema, name: str) -> list[Tokens]:
    """Return the path of each part of a schema that describes a field: by its name, or as a map."""
    patterns = schema.get("patternProperties", ())
    named: list[Tokens] = [("properties", name)] if name in schema.get("properties", ()) else []
    named += [("patternProperties", each) for each in patterns if matches(each, name)]
    return named or ([(MAP,)] if isinstance(schema.get(MAP), Mapping) else [])


def find_places(schema: Schema, value: Any) -> Iterator[Place]:
    """Yield the documented places of a value, parents before children.

    Of a union, only the intended member is followed, if it is clear.
    """
    yield from _find(Place(schema, (), (), value))


def list_places(schema: Schema) -> Iterator[Place]:
    """Yield the places that a schema documents, with None for their values.

    A definition is listed once, at the place that refers to it first.
    """
    yield from _list(Place(schema, (), (), None), set())


def _find(place: Place) -> Iterator[Place]:
    """Yield the places within one whose reference is not followed yet."""
    for schema, path in statements(place.schema, place.schema_path):
        described = replace(place, schema=schema, schema_path=path)
        yield described
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                number = Union(schema, keyword).nearest(place.value)
                if number is not None:
                    inner = _enter(described, (keyword, number), place.path, (), place.value)
                    yield from _find(inner)
        if isinstance(place.value, dict):
            yield from _find_fields(described, place.value)
        elif isinstance(place.value, list):
            first = len(schema.get("prefixItems", ()))
            for index, item in enumerate(place.value):
                names: Tokens = ("prefixItems", index) if index < first else ("items",)
                if names[0] in schema:
                    at = (*place.path, index)
                    yield from _find(_enter(described, names, at, ("*",), item))


def _find_fields(place: Place, fields: Mapping[str, Any]) -> Iterator[Place]:
    named = place.schema.get("properties", {})
    for name in named:
        if name in fields:
            path = (*place.path, name)
            yield from _find(_enter(place, ("properties", name), path, (name,), fields[name]))
    for name in (each for each in fields if each not in named):
        for names in list_field_steps(place.schema, name):
            yield from _find(_enter(place, names, (*place.path, name), ("*",), fields[name]))


def _list(place: Place, listed: set[Tokens]) -> Iterator[Place]:
    for schema, path in statements(place.schema, place.schema_path):
        if path[:1] == ("$defs",):
            if path in listed:
                continue
            listed.add(path)
        described = replace(place, schema=schema, schema_path=path)
        yield described
        within = [*((names, ()) for names in branches(schema)), *parts(schema)]
        for names, folded in within:
            inner = (*place.path, *folded)
            yield from _list(_enter(described, names, inner, folded, None), listed)


def _enter(place: Place, names: Tokens, path: Tokens, folded: Folded, value: Any) -> Place:
    """Return the place of a part of a schema, its reference not followed yet."""
    schema = place.schema
    where = (*place.schema_path, *names)
    form = place.form
    if names[0] in ("anyOf", "oneOf"):
        form = form_name(*part(schema, *names, path=place.schema_path))
    inner = with_definitions(schema, resolve_path(schema, names))
    return Place(inner, where, path, value, (*place.where, *folded), form)


def fold_path(schema: Schema, path: Tokens) -> str:
    """Return the folded pointer of an instance's path."""
    where: list[str] = []
    found = [*descriptions(schema)]
    for step in path:
        name, inner = _fold_step(found, step)
        where.append(name)
        seen = set[Tokens]()
        found = [form for each in inner for form in descriptions(*each, seen)]
    return pointer(where)


def _fold_step(found: Sequence[Subschema], step: str | int) -> tuple[str, list[Subschema]]:
    """Return a step folded, and the schemas of the value that it leads to."""
    token = "*" if isinstance(step, int) else step
    within = [
        (folded, (with_definitions(each, resolve_path(each, names)), (*path, *names)))
        for each, path in found
        for names, (folded,) in parts(each)
    ]
    named = [inner for folded, inner in within if folded == token]
    if named or isinstance(step, int):
        return token, named
    maps = [inner for folded, inner in within if folded == "*"]
    return ("*" if maps else token), maps
