"""Changes to parts of a body, each of which may break one keyword."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from docpact.bodies.places import Place
from docpact.cases.bounds import types
from docpact.cases.labels import payload_label, show_value
from docpact.cases.numbers import exact
from docpact.cases.parts import Change, of, places, put, remove
from docpact.model import PayloadCase, Schema
from docpact.model.pointer import Tokens, pointer

EXTRA: Final = "docpact undocumented"
"""The name of a field that no documentation has."""

UNLIKELY: Final = ("", "docpact!", "\n", "DOCPACT-1")
"""Texts that few patterns match."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """A part of a body, one keyword that it can break, and the changes that break it alone.

    Attributes:
        keyword: the broken keyword.
        path: path of the changed part in the full body.
        schema: schema of the changed part.
        changes: note and change of the part; at least one.
        missing: the property that is removed, for `required`.
        form: the member of a union that the part belongs to, or empty.
    """

    keyword: str
    path: Tokens
    schema: Schema
    changes: tuple[tuple[str, Change], ...]
    missing: str | None = None
    form: str = ""

    def case(self, note: str, payload: Any, path: Tokens) -> PayloadCase:
        """Return the case of a body whose part at a path is changed.

        Its pointer is that of the violation: of the missing property for `required`.
        """
        where = pointer(path if self.missing is None else (*path, self.missing))
        label = payload_label(where, note, self.keyword)
        return PayloadCase(label, payload, self.keyword, where)


def list_changes(schema: Schema) -> Iterator[Mutation]:
    """Yield changes at each place of the full value, of which some break a keyword.

    Args:
        schema: in plain form.
    """
    for place in places(schema):
        changes = tuple(_list_changes(place))
        if changes:
            yield Mutation("type", place.path, place.schema, changes, form=place.form)


def _list_changes(place: Place) -> Iterator[tuple[str, Change]]:
    value = place.value
    others: tuple[Any, ...] = (None, True, 7, 0.5, "docpact", [], {})
    for other in others:
        if type(other) is not type(value):
            yield show_value(other), put(other)
    match value:
        case bool() | None:
            return
        case int() | float():
            yield from (
                (show_value(each), put(each)) for each in _near_numbers(place.schema, value)
            )
        case str():
            yield from ((show_value(each), put(each)) for each in (*UNLIKELY, f"! {value}"))
        case list():
            yield from _change_array(value)
        case dict():
            yield "a further field", of(dict, lambda fields: {**fields, EXTRA: None})
            yield from ((f"without {name}", remove(name)) for name in value)


def _change_array(value: list[Any]) -> Iterator[tuple[str, Change]]:
    yield "empty", put([])
    yield "a further item", of(list, lambda items: [*items, {EXTRA: None}])
    if value:
        yield "one item less", of(list, lambda items: items[:-1])
        yield "the last item again", of(list, lambda items: [*items, *items[-1:]])


def _near_numbers(schema: Schema, value: float) -> Iterator[float]:
    yield from (value + 1, value - 1, value + 10**10, value - 10**10)
    if "multipleOf" in schema and "number" in types(schema):
        yield float(exact(value) + exact(schema["multipleOf"]) / 2)
