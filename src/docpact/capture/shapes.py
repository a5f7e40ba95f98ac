"""Shapes: what types say, in the vocabulary of contracts; shared by the readers of types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from docpact.model.schema import JSON_TYPES

EVERYTHING: Final[Mapping[str, Any]] = {"type": [*sorted(JSON_TYPES), "null"]}
"""The schema of a type that says nothing."""

_NAMES: Final = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}


def listed(values: Sequence[Any]) -> dict[str, Any]:
    """Return the schema of an enumeration of scalars."""
    kinds = dict.fromkeys(_NAMES[type(value)] for value in values)
    return {"type": list(kinds), "enum": list(values)}


def union(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Join the members of a union; None for several objects or arrays, which no contract can hold.

    An enumeration and null are an enumeration; a format holds where every member has it.
    """
    if len(parts) == 1:
        return dict(parts[0])
    named = [part for part in parts if {"properties", "items"} & set(part)]
    if len(named) > 1:
        return None
    joined: dict[str, Any] = dict(named[0]) if named else {}
    kinds = dict.fromkeys(kind for part in parts for kind in _kinds(part))
    joined["type"] = list(kinds)
    others = [part for part in parts if _kinds(part) != ["null"]]
    if others and all("enum" in part for part in others):
        joined["enum"] = [value for part in others for value in part["enum"]]
        joined["enum"] += [None] * ("null" in kinds)
    formats = {part.get("format") for part in others}
    if len(formats) == 1 and None not in formats:
        joined["format"] = formats.pop()
    return joined


def _kinds(part: Mapping[str, Any]) -> list[str]:
    return [part["type"]] if isinstance(part["type"], str) else list(part["type"])
