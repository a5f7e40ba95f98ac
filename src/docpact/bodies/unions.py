"""Unions: the members of an `anyOf` or a `oneOf` that a value matches, or is meant to match."""

from __future__ import annotations

from typing import Any

from docpact.bodies.engine import make_engine
from docpact.bodies.wording import json_type
from docpact.model.schema import Schema, descriptions, list_types, statements, with_definitions


class Union:
    """The members of a union.

    Args:
        schema: with the keyword, and the `$defs` that it may refer to.
        keyword: `anyOf` or `oneOf`.
    """

    def __init__(self, schema: Schema, keyword: str = "anyOf") -> None:
        self._members = [with_definitions(schema, each) for each in schema[keyword]]
        self.engines = [make_engine(each) for each in self._members]

    def list_fitting(self, value: Any) -> list[int]:
        """Return the numbers of the members that a value fits."""
        return [n for n, engine in enumerate(self.engines) if engine.is_valid(value)]

    def choose(self, value: Any) -> tuple[int, ...] | None:
        """Return the numbers of the members that describe a value, or None if that is unclear."""
        if fitting := self.list_fitting(value):
            return tuple(fitting)
        nearest = self._guess(value)
        return None if nearest is None else (nearest,)

    def nearest(self, value: Any) -> int | None:
        """Return the number of the member that a value is meant to match, or None if unclear.

        Of the members that the value fits, the one that names most of its fields; else the only
        one that has its JSON type and whose constants and enumerations it does not contradict.
        """
        if fitting := self.list_fitting(value):
            return max(fitting, key=lambda n: _count_named(self._members[n], value))
        return self._guess(value)

    def _guess(self, value: Any) -> int | None:
        likely = [n for n, member in enumerate(self._members) if _may_describe(member, value)]
        return likely[0] if len(likely) == 1 else None


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
    kinds, kind = list_types(schema), json_type(value)
    if kinds and kind not in kinds and not (kind == "number" and "integer" in kinds):
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
