"""Ties: fields that have a value only with some values of another field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from docpact.model import Operation
from docpact.model.pointer import resolve, tokens


class Tie(NamedTuple):
    """A field that prose ties to some values of another field of the item.

    Attributes:
        field: JSON Pointer of the field in an item.
        other: JSON Pointer of the other field.
        values: the documented values of the other field.
        others: value of the other field, in each item where the field has a value.
    """

    field: str
    other: str
    values: Sequence[Any]
    others: Sequence[Any]

    def is_kept(self) -> bool:
        """Return whether the field has a value only with those values."""
        return all(map(self.values.__contains__, self.others))


def find_items(operation: Operation, value: Any) -> Sequence[Any]:
    """Return the items of a body if fields of theirs are tied to others."""
    roles = operation.roles
    items = resolve(value, roles.items) if roles.only_when and roles.items is not None else None
    return items if isinstance(items, list) else []


def find_ties(operation: Operation, items: Sequence[Any]) -> Sequence[Tie]:
    """Return the tied fields of items."""
    return [
        Tie(field, other, values, _others(items, field, other))
        for field, (other, values) in operation.roles.only_when.items()
    ]


def _others(items: Sequence[Any], field: str, other: str) -> list[Any]:
    """Return the value of one field in each item where another has a value."""
    (name, *deep), (beside, *deeper) = tokens(field), tokens(other)
    if not deep and not deeper:
        try:
            return [item.get(beside) for item in items if item.get(name) is not None]
        except AttributeError:  # an item is not an object
            pass
    return [resolve(item, other) for item in items if resolve(item, field) is not None]
