"""Branches of a schema that describe a given value: members of unions, and conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from docpact.bodies.engine import Engine, make_engine
from docpact.bodies.wording import json_type
from docpact.model.pointer import Tokens
from docpact.model.schema import (
    Schema,
    branches,
    descriptions,
    list_types,
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


Part: TypeAlias = tuple[Schema, Tokens]
"""A schema with the `$defs` that it may refer to, and its reference tokens."""


class Condition(NamedTuple):
    """Schemas of which a value selects some.

    Attributes:
        parts: the schemas.
        choose: returns the numbers of the schemas that describe a value, or None if the value
            matches no member of a union and the intended member is unclear.
    """

    parts: Sequence[Part]
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


def list_optional(parts: Sequence[Part]) -> Iterator[Condition]:
    """Yield the condition of each schema that describes the values that satisfy it."""
    for each in parts:
        yield Condition([each], _choose_fitting(each[0]))


def _parts(schema: Schema, path: Tokens, keyword: str) -> list[Part]:
    paths = (names for names in branches(schema) if names[0] == keyword)
    return [_part(schema, path, names) for names in paths]


def _part(schema: Schema, path: Tokens, names: Tokens) -> Part:
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
