"""Fields of a response that a page states alone, without the object around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from docpact.capture.example import Body, Unreadable
from docpact.capture.stated import Stated

_Step = tuple[str, bool]
"""The name of a field, and whether it is an array of objects."""


def place_fields(
    rows: Sequence[Stated], bodies: Sequence[Body], unreadable: Sequence[Unreadable]
) -> list[Stated] | None:
    """Return the fields of a body, with the objects around them that only its examples show.

    A page may state the fields of `data` alone, as the rest is the same in every response. The
    other fields beside `data` have no type then.

    Returns:
        The same fields where an example has one of them, or there is none; None if the examples
        have them nowhere, or in several objects, or are not JSON.
    """
    names = {each.name for each in rows}
    others = [each for each in unreadable if each.names and not names & each.names]
    if not bodies and others and len(others) == len(unreadable):
        return None
    shown = [body for body in bodies if isinstance(body.value, dict) and body.value]
    if not rows or not shown or any(names & body.value.keys() for body in shown):
        return list(rows)
    placed = [(body, path) for body in shown if (path := _find_object(names, body.value))]
    return _wrap(rows, *placed[0]) if placed else None


def _find_object(names: set[str], value: dict[str, Any]) -> list[_Step]:
    """Return the way to the object with most of the fields; empty if no object or several have."""
    found = sorted(_list_objects(names, value), key=lambda each: -each[0])
    if not found or (len(found) > 1 and found[0][0] == found[1][0]):
        return []
    return found[0][1]


def _list_objects(names: set[str], value: dict[str, Any]) -> Iterator[tuple[int, list[_Step]]]:
    for name, each in value.items():
        items = each if isinstance(each, list) else [each]
        if not items or not isinstance(items[0], dict):
            continue
        shared = len(names & items[0].keys())
        if 2 * shared >= min(len(names), len(items[0])) and shared:
            yield shared, [(name, isinstance(each, list))]
        yield from (
            (number, [(name, isinstance(each, list)), *path])
            for number, path in _list_objects(names, items[0])
        )


def _wrap(rows: Sequence[Stated], body: Body, path: Sequence[_Step]) -> list[Stated]:
    """Return the fields of an example, with the rows of a table at the end of a way."""
    if not path:
        return list(rows)
    (name, is_array), *rest = path
    inner = body.value[name][0] if is_array else body.value[name]
    inside = _wrap(rows, Body(body.line, inner), rest)
    kind = "array" if is_array else "object"
    return [
        Stated(body.line, each, kind, inside=inside) if each == name else Stated(body.line, each)
        for each in body.value
    ]
