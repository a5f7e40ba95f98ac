"""Ranges, orders and selections: parameters that bound or sort items, or choose their fields."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from docpact.model.case import Query
from docpact.model.names import snake_case

SELECTION: Final = re.compile(
    r"((response|return|only|include|exclude|select|sparse|extra)_)?fields(_.*)?"
    r"|select|attributes|columns|only|exclude|omit|projection|(field_?)?mask"
)
"""Names, in snake case, of parameters that choose the fields of a response, so that others, also
required ones, may be absent."""


def selects_fields(query: Iterable[tuple[str, str]]) -> bool:
    """Return whether a query has a parameter that chooses the fields of the response."""
    return any(SELECTION.fullmatch(snake_case(name).strip("_")) for name, _ in query)


@dataclass(frozen=True, slots=True)
class Bound:
    """A parameter that bounds a field of the items; an item with the value itself may be shown.

    Attributes:
        field: item pointer.
        is_lower: whether items have at least the value, and not at most.
    """

    field: str
    is_lower: bool

    def __str__(self) -> str:
        """Return the relation in words."""
        return f"{self.field} at or {'above' if self.is_lower else 'below'} the value"


@dataclass(frozen=True, slots=True)
class Order:
    """Parameters that sort the items by a field.

    Attributes:
        query: the parameters with their values.
        field: item pointer.
        descending: whether the largest value comes first; None if that is not documented.
    """

    query: Query
    field: str
    descending: bool | None
