"""One plain value of a schema, the same each time, and its parts beside their schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

from docpact.model import Schema
from docpact.model.pointer import Tokens
from docpact.strategies.bounds import lengths, members, middle, sizes, types
from docpact.strategies.formats import texts_of
from docpact.validation import Place, json_type, visit

Change: TypeAlias = Callable[[Any], Any]
"""What is there → what is put in its place."""

WORD: Final = "text"
"""What a plain string says, as far as its length allows."""


def full(schema: Schema) -> Any:
    """Return a value with every documented field present and not null, and an item in each array.

    Numbers lie in the middle of their bounds; an enum gives its first value.
    """
    return _sample(schema, everything=True)


def minimal(schema: Schema) -> Any:
    """Return a value with nothing but the required fields, and as few items as allowed."""
    return _sample(schema, everything=False)


def places(schema: Schema) -> Iterator[Place]:
    """Yield every part of the full value beside its schema, of several items the first only.

    What lies within a value that `enum` or `const` fixes is left out: it cannot change alone.
    """
    fixed: list[Tokens] = []
    for place in visit(schema, full(schema)):
        if any(isinstance(token, int) and token > 0 for token in place.path):
            continue
        if any(place.path[: len(path)] == path for path in fixed):
            continue
        if members(place.schema) is not None:
            fixed.append(place.path)
        yield place


def changed(
    schema: Schema,
    value: Any,
    path: Tokens,
    change: Change,
    choose: Callable[[int], int] = lambda _: 0,
) -> tuple[Any, Tokens]:
    """Change one part of a value of a schema, and leave the value itself as it is.

    Args:
        schema: that the value satisfies.
        value: in which parts of the path may be absent, null or empty: they are filled in first.
        path: as `places` gives it.
        change: the part → what to put in its place.
        choose: length of an array → the index to go on at.

    Returns:
        the new value, and the path of the part in it.
    """
    if json_type(value) != _shape(schema, value) or (path and value == []):
        value = full(schema)
    if not path:
        return change(value), ()
    token, *rest = path
    if isinstance(token, int):
        index = choose(len(value))
        part, where = changed(schema["items"], value[index], tuple(rest), change, choose)
        return [*value[:index], part, *value[index + 1 :]], (index, *where)
    within = schema["properties"][token]
    part, where = changed(within, value.get(token), tuple(rest), change, choose)
    return {**value, token: part}, (token, *where)


def constant(value: Any) -> Change:
    """Return the change that puts a value in place of whatever is there."""
    return lambda _: value


def without(name: str) -> Change:
    """Return the change that takes one field away from an object."""
    return lambda fields: {key: value for key, value in fields.items() if key != name}


def _sample(schema: Schema, *, everything: bool) -> Any:
    listed = members(schema)
    if listed is not None:
        return next((value for value in listed if value is not None), None)
    match types(schema)[-1]:
        case "object":
            return _object(schema, everything=everything)
        case "array":
            least, most = sizes(schema)
            count = least if not everything else max(least, 1 if most is None else min(1, most))
            return [_sample(schema.get("items", {"type": "null"}), everything=everything)] * count
        case "string":
            return _text(schema)
        case "number" | "integer":
            return middle(schema)
        case other:
            return True if other == "boolean" else None


def _shape(schema: Schema, value: Any) -> str:
    """Return the JSON type that the full value has; where that is fixed any value will do."""
    if "enum" in schema or "const" in schema:
        return json_type(value)
    richest = types(schema)[-1]
    return "number" if richest == "integer" else richest


def _object(schema: Schema, *, everything: bool) -> dict[str, Any]:
    properties = schema.get("properties", {})
    required = schema.get("required", ())
    kept = {name: part for name, part in properties.items() if everything or name in required}
    fields = {name: _sample(part, everything=everything) for name, part in kept.items()}
    return fields | {name: None for name in required if name not in properties}


def _text(schema: Schema) -> str:
    least, most = lengths(schema)
    if "format" in schema:
        return texts_of(schema["format"], least, most)[0]
    return WORD[:most].ljust(least, "x")
