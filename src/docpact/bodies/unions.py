"""Unions: the member of an `anyOf` that a value has, or is meant to have."""

from __future__ import annotations

from typing import Any

from docpact.bodies.engine import make_engine
from docpact.bodies.wording import json_type
from docpact.model.schema import Schema, child, forms, with_definitions


class Union:
    """The members of a union.

    Args:
        schema: with an `anyOf`, and the `$defs` that it may refer to.
    """

    def __init__(self, schema: Schema) -> None:
        stated = [with_definitions(schema, each) for each in schema["anyOf"]]
        self.engines = [make_engine(each) for each in stated]
        self._members = [child(schema, "anyOf", number) for number in range(len(stated))]

    def nearest(self, value: Any) -> int | None:
        """Return the number of the member that a value is meant to have, or None if unclear.

        Of the members that the value fits, the one that names most of its fields; else the only
        one that has its JSON type and whose constants and enumerations it does not contradict.
        """
        fitting = [n for n, engine in enumerate(self.engines) if engine.is_valid(value)]
        if fitting:
            return max(fitting, key=lambda n: _count_named(self._members[n], value))
        likely = [n for n, member in enumerate(self._members) if _is_likely(member, value)]
        return likely[0] if len(likely) == 1 else None


def _count_named(schema: Schema, value: Any) -> int:
    """Count the fields of a value that some form of a schema names."""
    if not isinstance(value, dict):
        return 0
    return max(len(value.keys() & form.get("properties", {}).keys()) for form, _ in forms(schema))


def _is_likely(schema: Schema, value: Any) -> bool:
    return any(_may_describe(form, value) for form, _ in forms(schema))


def _may_describe(schema: Schema, value: Any) -> bool:
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
