"""The violations of a changed body, looked for only in the part that was changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

from docpact.bodies.engine import make_engine
from docpact.bodies.places import list_field_steps
from docpact.bodies.validate import Validator, Violation
from docpact.model import Schema
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import (
    ANNOTATIONS,
    MAP,
    resolve_path,
    statements,
    with_definitions,
    with_reached,
)

SEPARATE: Final = (
    {"type", "properties", "patternProperties", MAP, "propertyNames", "required"}
    | {"minProperties", "maxProperties", "dependentRequired"}
    | {"items", "prefixItems", "minItems", "maxItems"}
)
"""Keywords by which a change within one field or element can break nothing around it."""


class ChangedBody:
    """A valid body, of which copies with one changed part are validated.

    A schema whose keywords are all `SEPARATE` finds nothing in the unchanged parts, so that only
    the changed part is validated. The time does not grow with the body.
    """

    def __init__(self, schema: Schema, body: Any) -> None:
        self.schema, self._body = schema, body
        self._validators: dict[str, Validator] = {}

    @cached_property
    def _is_valid(self) -> bool:
        return make_engine(self.schema).is_valid(self._body)

    def violations(self, changed: Any) -> tuple[Violation, ...]:
        """Return the violations of a copy of the body, as `docpact.bodies.validate` names them.

        Args:
            changed: shares each part that was not changed with the body itself.
        """
        validator, part, path = self._find_part(changed)
        where = pointer(path)
        found = validator.violations(part)
        return tuple(replace(each, pointer=f"{where}{each.pointer}") for each in found)

    def is_valid(self, changed: Any) -> bool:
        """Return whether a copy of the body, as `violations` takes it, is valid."""
        validator, part, _ = self._find_part(changed)
        return validator.is_valid(part)

    def _find_part(self, changed: Any) -> tuple[Validator, Any, Tokens]:
        """Return the smallest part to validate, with its validator and its path."""
        schema, before = self.schema, self._body
        path: Tokens = ()
        while self._is_valid:
            step = _find_difference(before, changed)
            inner = None if step is None else _enter(schema, step)
            if step is None or inner is None:
                break
            schema, before, changed, path = inner, before[step], changed[step], (*path, step)
        key = json.dumps({word: each for word, each in schema.items() if word != "$defs"})
        if key not in self._validators:
            self._validators[key] = Validator(with_reached(schema))
        return self._validators[key], changed, path


def _find_difference(before: Any, after: Any) -> str | int | None:
    """Return the name or index of the only part in which two values differ, or None."""
    if isinstance(before, dict) and isinstance(after, dict):
        if before.keys() != after.keys():
            return None
        different: list[str | int] = [n for n in before if before[n] is not after[n]]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        different = [n for n, each in enumerate(before) if each is not after[n]]
    else:
        return None
    return different[0] if len(different) == 1 else None


def _enter(schema: Schema, step: str | int) -> Schema | None:
    """Return the schema of a part of a valid value, or None where other keywords see the part."""
    found: list[Any] = []
    for stated, _ in statements(schema):
        if stated.keys() - ANNOTATIONS - SEPARATE:
            return None
        found += _list_parts(stated, step)
    if not all(isinstance(each, Mapping) for each in found):
        return None
    return with_definitions(schema, found[0] if len(found) == 1 else {"allOf": found})


def _list_parts(stated: Schema, step: str | int) -> Iterator[Any]:
    """Yield the schemas by which one statement describes a field or an element."""
    if isinstance(step, int):
        prefix = stated.get("prefixItems", ())
        if step < len(prefix):
            yield prefix[step]
        elif "items" in stated:
            yield stated["items"]
        return
    yield from (resolve_path(stated, each) for each in list_field_steps(stated, step))
