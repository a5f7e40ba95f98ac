"""Conditions: which of the schemas that describe some instances only describe a given value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from docpact.bodies.engine import make_engine
from docpact.bodies.unions import Union
from docpact.model.pointer import Tokens
from docpact.model.schema import Schema, branches, resolve_path, with_definitions

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
