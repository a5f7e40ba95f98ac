"""The components of a document that state something about a location."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from docpact.capture.openapi.keywords import NULLABLE
from docpact.diff.normal import IGNORED
from docpact.diff.shapes import Resolve
from docpact.diff.view import Origin, ValueView
from docpact.model import Source
from docpact.model.pointer import list_of, mapping_of, pointer

Statement: TypeAlias = tuple[str, Any]
"""A place and the schema there: the last reference that leads to it with a JSON Pointer from there,
or the pointer alone if there is no reference."""

AND: Final = " and "
"""Joins the places of one statement."""

_BESIDE_REFERENCE: Final = IGNORED | {*NULLABLE}
"""Keywords that change nothing about the values of a reference, except null."""


def find_component(
    view: ValueView | None, path: Sequence[str], origin: Origin, resolve: Resolve
) -> Source | None:
    """Return the places in components that state something about a location, or None.

    The path leads there from the view of a part. Several forms of a union, or several parts of an
    `allOf`, may state it.
    """
    found: list[Statement] = [("", json.loads(view.key))] if view is not None else []
    for number, name in enumerate(path, 1):
        is_parent = origin == "parent" and number == len(path)
        steps = (
            step
            for at, schema in found
            for each in _list_forms(at, schema, resolve)
            for step in _list_steps(*each, name, is_parent=is_parent)
        )
        found = [*{at: (at, schema) for at, schema in steps}.values()]
    if origin != "parent":
        found = [(_find_value(*each, is_alone=origin == "place"), None) for each in found]
    places = sorted({at for at, _ in found})
    is_shared = places and not any(at[:1] in ("", "/") for at in places)
    return Source("", place=AND.join(places)) if is_shared else None


def _list_forms(at: str, schema: Any, resolve: Resolve) -> list[Statement]:
    """Return a schema, and those that it refers to or combines."""
    found, known = [(at, schema)], {at}
    for place, each in found:  # grows
        new = [(at, form) for at, form in _list_parts(place, each, resolve) if at not in known]
        found += new
        known.update(at for at, _ in new)
    return found


def _list_parts(at: str, schema: Any, resolve: Resolve) -> Iterator[Statement]:
    ref = mapping_of(schema).get("$ref")
    if isinstance(ref, str):
        yield ref, resolve(ref)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for number, form in enumerate(list_of(mapping_of(schema).get(keyword))):
            yield f"{at}{pointer((keyword, number))}", form


def _list_steps(at: str, schema: Any, name: str, *, is_parent: bool) -> Iterator[Statement]:
    """Yield the statements of one schema about a property, or about elements if the name is `*`."""
    stated = mapping_of(schema)
    properties = mapping_of(stated.get("properties"))
    if name in properties:
        yield f"{at}{pointer(('properties', name))}", properties[name]
    elif is_parent and name in list_of(stated.get("required")):
        yield f"{at}/required", {}
    for keyword in ("items", "additionalProperties") if name == "*" else ():
        if keyword in stated:
            yield f"{at}/{keyword}", stated[keyword]


def _find_value(at: str, schema: Any, *, is_alone: bool) -> str:
    """Return the place of the schema to which a schema only refers, or its own place.

    Nothing may be beside the reference if it is alone; else annotations and null may.
    """
    inner = schema
    while isinstance(inner, Mapping):
        kept = [(n, e) for n, e in inner.items() if is_alone or n not in _BESIDE_REFERENCE]
        keyword, value = kept[0] if len(kept) == 1 else ("", None)
        if keyword == "$ref":
            return str(value)
        are_forms = keyword in ("allOf", "anyOf", "oneOf") and not is_alone
        forms = [each for each in list_of(value) if each != {"type": "null"}]
        inner = forms[0] if are_forms and len(forms) == 1 else None
    return at
