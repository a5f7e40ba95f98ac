"""Parts of schemas, with their references followed, and the keywords that contracts may use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any, Final, TypeAlias

from docpact.model.pointer import Tokens, pointer, resolve, tokens

Schema: TypeAlias = Mapping[str, Any]
"""A JSON Schema 2020-12 document, decoded."""

DEFINITIONS: Final = "#/$defs/"
"""The beginning of every reference in a contract."""

JSON_TYPES: Final = frozenset({"string", "integer", "number", "boolean", "array", "object"})
"""The types that `type` can name, except null."""

MAP: Final = "additionalProperties"
"""The keyword with the schema of the values of a map."""


ANNOTATIONS: Final = frozenset(
    {"$schema", "$id", "$defs", "title", "description", "default", "examples", "deprecated"}
)
"""Keywords that assert nothing."""

STRING_KEYWORDS: Final = frozenset({"minLength", "maxLength", "format"})
NUMBER_KEYWORDS: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
ARRAY_KEYWORDS: Final = frozenset({"items", "minItems", "maxItems"})
OBJECT_KEYWORDS: Final = frozenset({"properties", "required"})

ASSERTIONS: Final = (
    frozenset({"type", "enum", "const", "anyOf"})
    | STRING_KEYWORDS
    | NUMBER_KEYWORDS
    | (ARRAY_KEYWORDS - {"items"})
    | {"required"}
)
"""Keywords that an instance can break by itself."""

SUPPORTED: Final = ANNOTATIONS | ASSERTIONS | {"properties", "items", "$ref", MAP}
"""The keywords that a contract may use: those that a documentation page can state."""


def applies(keyword: str, kind: type) -> bool:
    """Say whether a keyword constrains values of a Python type, as JSON is decoded."""
    if keyword in STRING_KEYWORDS:
        return issubclass(kind, str)
    if keyword in NUMBER_KEYWORDS:
        return issubclass(kind, int | float) and not issubclass(kind, bool)
    if keyword in ARRAY_KEYWORDS:
        return issubclass(kind, list)
    if keyword in OBJECT_KEYWORDS:
        return issubclass(kind, dict)
    return keyword == "type" or kind is not NoneType


def followed(schema: Schema, path: Tokens = ()) -> tuple[Schema, Tokens]:
    """Return the schema that one refers to, with the definitions beside it, and where it is.

    Args:
        schema: with its `$defs`, as `part` gives it.
        path: where it is.
    """
    *_, last = statements(schema, path)
    return last


def statements(schema: Schema, path: Tokens = ()) -> Iterator[tuple[Schema, Tokens]]:
    """Yield every schema that describes the instances of one: itself, and what it refers to.

    A schema that only refers to another is left out.

    Args:
        schema: with its `$defs`, as `part` gives it.
        path: where it is.
    """
    stated: Any = schema
    while isinstance(stated, Mapping) and "$ref" in stated:
        if stated.keys() & (ASSERTIONS | {"properties", "items", MAP}):
            yield {keyword: each for keyword, each in stated.items() if keyword != "$ref"}, path
        name, definitions = stated["$ref"].removeprefix(DEFINITIONS), stated["$defs"]
        stated, path = definitions[name], ("$defs", name)
        if isinstance(stated, Mapping):  # not true or false, which no contract may hold
            stated = {**stated, "$defs": definitions}
    yield stated, path


def with_definitions(schema: Schema, stated: Schema) -> Schema:
    """Return a part of a schema with the `$defs` that it may refer to."""
    return {**stated, "$defs": schema["$defs"]} if "$defs" in schema else stated


def part(schema: Schema, *names: str | int, path: Tokens = ()) -> tuple[Schema, Tokens]:
    """Return a part of a schema, its reference followed, so that it can be used by itself.

    Args:
        schema: with its `$defs`, if it has any.
        names: the path of the part in the schema.
        path: where the schema is.
    """
    found: Any = schema
    for name in names:
        found = found[name]
    if "$defs" in schema and isinstance(found, Mapping):
        found = {**found, "$defs": schema["$defs"]}
    return (
        followed(found, (*path, *names)) if isinstance(found, Mapping) else (found, (*path, *names))
    )


def child(schema: Schema, *names: str | int) -> Schema:
    """Return a part of a schema, its reference followed; see `part`."""
    return part(schema, *names)[0]


def forms(schema: Schema, path: Tokens = ()) -> Iterator[tuple[Schema, Tokens]]:
    """Yield the members of a union, with those of the unions within it.

    A schema that is not a union is its only form.
    """
    if "anyOf" not in schema:
        yield schema, path
        return
    for number in range(len(schema["anyOf"])):
        yield from forms(*part(schema, "anyOf", number, path=path))


def form_name(schema: Schema, path: Tokens) -> str:
    """Return the name of a member of a union: its title, its definition, or its number."""
    title = resolve(schema, "/title")
    defined = path[-1] if path[-2:-1] == ("$defs",) else None
    return str(title or defined or f"form {int(path[-1]) + 1}")


def places(schema: Schema, location: str) -> Iterator[tuple[Schema, Tokens]]:
    """Yield the schemas that describe a folded location, with their paths.

    Several forms of a union may describe one location; an undocumented one has no schema.
    """
    found = list(forms(*followed(schema)))
    for token in tokens(location):
        found = [
            form
            for stated, path in found
            for step in _steps(stated, token)
            for form in forms(*part(stated, *step, path=path))
        ]
    yield from found


def place(schema: Schema, location: str) -> Schema:
    """Return the first schema that describes a folded location, or an empty one."""
    return next((found for found, _ in places(schema, location)), {})


def _steps(schema: Schema, name: str) -> Iterator[tuple[str, ...]]:
    if name in schema.get("properties", {}):
        yield "properties", name
    elif name == "*" and "items" in schema:
        yield ("items",)
    elif isinstance(schema.get(MAP), Mapping):
        yield (MAP,)


def stated(document: Any, where: Tokens) -> Any:
    """Return the value at a path of a document, or None."""
    return resolve(document, pointer(where))
