"""The violations of a changed body, looked for only in the part that was changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Final, NamedTuple

from docpact.bodies.engine import Error, make_engine
from docpact.bodies.places import Union, list_field_steps
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
"""Keywords of an object or array that a change within one field or element cannot break."""


class ChangedBody:
    """A valid body, of which copies with one changed part are validated.

    Only the changed part is validated if all keywords of the schema are `SEPARATE`: they find
    nothing in the unchanged parts. In a union, the only member that the body fits is such a schema
    if each other one excludes the unchanged parts. The time does not grow with the body.
    """

    def __init__(self, schema: Schema, body: Any) -> None:
        self.schema, self._body = schema, body
        self._validators: dict[str, Validator] = {}
        self._known: dict[Tokens, Validator] = {}
        self._steps: dict[Tokens, _Step | None] = {}

    @cached_property
    def _is_valid(self) -> bool:
        return make_engine(self.schema).is_valid(self._body)

    def violations(self, changed: Any) -> tuple[Violation, ...]:
        """Return the violations of a copy of the body, as `docpact.bodies.validate` names them.

        The copy shares each part that was not changed with the body itself.
        """
        part, unclear = self._find_part(changed)
        if unclear is None:
            found = part.validator.violations(part.value)
            where = pointer(part.path)
        elif part.validator.is_valid(part.value):
            return ()
        else:
            found = (unclear.validator.describe(unclear.value, Error((), unclear.union)),)
            where = pointer(unclear.path)
        return tuple(replace(each, pointer=f"{where}{each.pointer}") for each in found)

    def is_valid(self, changed: Any) -> bool:
        """Return whether a copy of the body, as `violations` takes it, is valid."""
        part, _ = self._find_part(changed)
        return part.validator.is_valid(part.value)

    def name_difference(self, changed: Any) -> str:
        """Return a text that is equal for equal copies of the body; shared parts are free."""
        return json.dumps(_describe_difference(self._body, changed))

    def _find_part(self, changed: Any) -> tuple[_ChangedPart, _ChangedPart | None]:
        """Return the smallest part to validate, and the largest around it with an unclear union.

        The violations of a union are unclear if no member of it is the one that is meant.
        """
        schema, before = self.schema, self._body
        path: Tokens = ()
        unclear: _ChangedPart | None = None
        while self._is_valid:
            step = _find_difference(before, changed)
            if step is None:
                break
            if (*path, step) not in self._steps:
                self._steps[*path, step] = _enter(schema, before, step)
            inner = self._steps[*path, step]
            guesses = None if inner is None else inner.guess(changed)
            if inner is None or guesses is None:
                break
            if unclear is None and None in guesses:
                unclear = _ChangedPart(
                    self._validator(schema, path), changed, path, inner.members[0].where
                )
            schema, before, changed, path = inner.schema, before[step], changed[step], (*path, step)
        return _ChangedPart(self._validator(schema, path), changed, path), unclear

    def _validator(self, schema: Schema, path: Tokens) -> Validator:
        """Return the validator of the part at a path; the same one for equal schemas."""
        if path not in self._known:
            key = json.dumps({word: each for word, each in schema.items() if word != "$defs"})
            if key not in self._validators:
                self._validators[key] = Validator(with_reached(schema))
            self._known[path] = self._validators[key]
        return self._known[path]


class _ChangedPart(NamedTuple):
    """A part of a changed body; `union` is the path of a keyword in its schema, or empty."""

    validator: Validator
    value: Any
    path: Tokens
    union: Tokens = ()


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


def _describe_difference(before: Any, after: Any) -> Any:
    """Return the parts in which a value differs from another one; None if they are equal."""
    if after is before:
        return None
    if isinstance(before, dict) and isinstance(after, dict) and [*before] == [*after]:
        pairs: Iterable[tuple[str | int, Any]] = after.items()
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(after)
    else:
        return None if json.dumps(before) == json.dumps(after) else [after]
    inner = {name: _describe_difference(before[name], each) for name, each in pairs}
    return {name: each for name, each in inner.items() if each is not None} or None


class _Member(NamedTuple):
    """The only member of a union that describes a value, by its number."""

    union: Union
    number: int
    where: Tokens


class _Step(NamedTuple):
    """A step into a part of a valid value.

    Attributes:
        schema: of the part.
        members: those of the unions that describe the part.
        is_shared: whether keywords beside a union describe the part too.
    """

    schema: Schema
    members: tuple[_Member, ...]
    is_shared: bool

    def guess(self, changed: Any) -> list[int | None] | None:
        """Return the members that are meant to describe the changed value.

        None if one is another than before, or if it is unclear for one of several unions or beside
        other keywords.
        """
        found = [each.union.guess(changed) for each in self.members]
        if found == [each.number for each in self.members]:
            return found
        return found if found == [None] and not self.is_shared else None


def _enter(schema: Schema, value: Any, step: str | int) -> _Step | None:
    """Return the step into a part of a valid value, or None where other keywords see the part."""
    found: list[Any] = []
    members: list[_Member] = []
    pending: list[tuple[Schema, Tokens]] = [(schema, ())]
    beside: int | None = None
    while pending:
        for stated, where in statements(*pending.pop()):
            found += _list_parts(stated, step)
            for keyword in stated.keys() - ANNOTATIONS - SEPARATE:
                union = Union(stated, keyword) if keyword in ("anyOf", "oneOf") else None
                number = None if union is None else _find_only(union, value, step)
                if union is None or number is None:
                    return None
                members.append(_Member(union, number, (*where, keyword)))
                pending.append((union.members[number], (*where, keyword, number)))
        beside = len(found) if beside is None else beside
    if not all(isinstance(each, Mapping) for each in found):
        return None
    inner = with_definitions(schema, found[0] if len(found) == 1 else {"allOf": found})
    concerned = members if len(found) != beside else []
    return _Step(inner, tuple(concerned), is_shared=bool(beside))


def _find_only(union: Union, value: Any, step: str | int) -> int | None:
    """Return the number of the only member that a value fits, with any value of one part."""
    fitting = union.list_fitting(value)
    others = (n for n in range(len(union.members)) if n not in fitting)
    if len(fitting) == 1 and all(_excludes(union, number, value, step) for number in others):
        return fitting[0]
    return None


def _excludes(union: Union, number: int, value: Any, step: str | int) -> bool:
    """Return whether a member excludes a value by another part than the one at a step."""
    if any(each.keys() - ANNOTATIONS - SEPARATE for each, _ in statements(union.members[number])):
        return False
    errors = union.engine(number).errors(value)
    return any(each.path[0] != step if each.path else each.keyword in SEPARATE for each in errors)


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
