"""Roles that only names suggest: do the responses confirm them?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Final

from docpact.model import Operation
from docpact.rules.collection import Collection
from docpact.rules.walks import Walk


def is_confirmed(
    operation: Operation, collection: Collection, walks: Sequence[Walk], name: str
) -> bool:
    """Return whether responses show that a parameter selects the items with the given value.

    That is so if it did on the first page for some value, unless a range or a search for a part of
    the text would explain all responses to known values as well.
    """
    selected, others = set[str](), set[tuple[str, str]]()
    known = collection.values[name]
    for walk in walks:
        filters = dict(walk.filters or ())
        if [*filters] != [name] or len(filters[name]) != 1:
            continue
        (value,) = filters[name]
        items = walk.pages[0].items
        texts = {text for item in items if (text := item.texts[name]) is not None}
        if texts == {value} and known - {value}:
            selected.add(value)
        others |= {(value, text) for text in texts - {value} if value in known}
    schema = operation.parameter(name).item_schema
    if not selected or not others or "enum" in schema or schema.get("type") == "boolean":
        return bool(selected)
    return not any(
        all(may(value, text) for value, text in others)
        and not any(may(value, text) for value in selected for text in known - {value})
        for may in _OTHER_RELATIONS
    )


def limits_pages(walks: Sequence[Walk]) -> bool:
    """Return whether a page was as long as requested while another one was longer."""
    lengths = [(walk.size, len(walk.pages[0].items)) for walk in walks]
    longest = max((length for _, length in lengths), default=0)
    return any(size == length < longest for size, length in lengths)


def may_match(value: str, text: str) -> bool:
    """Return whether a search for a value, with wildcards or for a part, may find a text."""
    one, other = value.casefold(), text.casefold()
    return bool({*"%*_"} & {*one}) or one in other or other in one


def _as_bound(text: str) -> tuple[float, str]:
    """Return a key that sorts numbers by value, and other texts after them."""
    try:
        return float(text), ""
    except ValueError:
        return inf, text


_OTHER_RELATIONS: Final[tuple[Callable[[str, str], bool], ...]] = (
    lambda value, text: _as_bound(text) > _as_bound(value),
    lambda value, text: _as_bound(text) < _as_bound(value),
    lambda value, text: value.casefold() in text.casefold(),
)
"""Return whether a parameter with a value may select an item with another text: as a lower bound,
as an upper bound, or as a part of the text."""
