"""The share of drawn values at the edges of a schema: bounds, enum values, null, absence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

Edge: TypeAlias = tuple[str, str]
"""The place, with `*` for any element, and the edge there."""


def shares(schema: Mapping[str, Any], values: Iterable[Any]) -> dict[Edge, float]:
    """Return how often each edge is drawn, as a share of the times that it could be.

    An optional field is absent, null or present in each of its objects; a present value is an enum
    value or at a bound; an array has the minimum number of elements, or more.
    """
    met = dict.fromkeys((edge for edge, _ in _edges(schema, "", None, all_of_them=True)), 0)
    chances = Counter[Edge]()
    for value in values:
        for edge, is_met in _edges(schema, "", value, all_of_them=False):
            met[edge] += is_met
            chances[edge] += 1
    return {edge: count / max(1, chances[edge]) for edge, count in met.items()}


def _edges(
    schema: Mapping[str, Any], where: str, value: Any, *, all_of_them: bool
) -> Iterator[tuple[Edge, bool]]:
    """Yield the edges of a schema that a value can have, and whether this one has them."""
    for what, is_met in _of_value(schema, value):
        yield (where, what), is_met
    if all_of_them or isinstance(value, dict):
        fields = value or {}
        for name, part in schema.get("properties", {}).items():
            inner = f"{where}/{name}"
            if name not in schema.get("required", ()):
                found = fields.get(name)
                yield (inner, "absent"), name not in fields
                if "null" in part["type"]:
                    yield (inner, "null"), name in fields and found is None
                yield (inner, "present"), found is not None
            if all_of_them or fields.get(name) is not None:
                yield from _edges(part, inner, fields.get(name), all_of_them=all_of_them)
    if "items" in schema and (all_of_them or isinstance(value, list)):
        for element in [None] if all_of_them else value:
            yield from _edges(schema["items"], f"{where}/*", element, all_of_them=all_of_them)


def _of_value(schema: Mapping[str, Any], value: Any) -> Iterator[tuple[str, bool]]:
    for listed in schema.get("enum", ()):
        if listed is not None:
            yield f"is {listed}", value == listed
    for keyword in ("minLength", "maxLength"):
        if keyword in schema:
            yield f"{keyword} {schema[keyword]}", len(value or "") == schema[keyword]
    for keyword in ("minimum", "maximum"):
        if keyword in schema:
            yield f"{keyword} {schema[keyword]}", value == schema[keyword]
    if "items" in schema:
        least = schema.get("minItems", 0)
        size = len(value or ())
        yield f"{least} items", size == least
        yield "more items", size > least
