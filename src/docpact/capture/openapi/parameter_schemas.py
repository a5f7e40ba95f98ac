"""Schemas of parameters: the part of a schema that describes texts in a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from docpact.bodies.wording import json_type
from docpact.model.schema import ANNOTATIONS, DEFINITIONS, list_types

MAX_DEPTH: Final = 20
"""Maximum number of references and unions between a parameter and its values."""

OBJECT: Final = "the form that is an object"
OTHERS: Final = "the forms after the first that is an object"
"""Kinds of values of a union that requests cannot contain."""

TEXT: Final[Mapping[str, Any]] = {"type": "string"}
"""The schema of any text."""


def list_objects(
    stated: Mapping[str, Any], definitions: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Yield the forms of a schema that are objects with named properties."""
    seen = set[str]()
    while "$ref" in stated and stated["$ref"] not in seen:
        seen.add(stated["$ref"])
        stated = {**definitions[stated["$ref"].removeprefix(DEFINITIONS)], **_beside(stated)}
    if stated.get("properties"):
        yield stated
    elif "$ref" not in stated:
        for each in stated.get("anyOf", ()):
            yield from list_objects(each, definitions)


def _beside(stated: Mapping[str, Any]) -> dict[str, Any]:
    return {keyword: each for keyword, each in stated.items() if keyword != "$ref"}


def with_definitions(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema with the definitions that it may refer to."""
    return {**schema, **({"$defs": dict(definitions)} if definitions else {})}


def simplify(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], problems: list[str], depth: int = 0
) -> dict[str, Any] | None:
    """Return the part of a schema that describes texts in a request, without references and null.

    Args:
        schema: translated.
        definitions: that it may refer to.
        problems: receives the keywords that were left out.
        depth: number of references and unions around it.

    Returns:
        the schema; None if it describes no text.
    """
    found = dict(schema)
    while "$ref" in found:
        target = definitions[found.pop("$ref").removeprefix(DEFINITIONS)]
        found, depth = {**target, **found}, depth + 1
        if depth > MAX_DEPTH:
            return None
    if "enum" in found and not _simplify_enum(found):
        return None
    if "type" in found:
        kinds = [kind for kind in list_types(found) if kind != "null"]
        if "object" in kinds and len(kinds) > 1:
            kinds.remove("object")
            problems.append(OBJECT)
        if not kinds or kinds == ["object"]:
            return None
        if "array" in kinds:
            return _simplify_array(found, kinds, definitions, problems, depth)
        found["type"] = kinds[0] if len(kinds) == 1 else kinds
    elif found.keys() & {"properties", "required"}:
        return None
    return _simplify_union(found, definitions, problems, depth) if "anyOf" in found else found


def _simplify_enum(schema: dict[str, Any]) -> bool:
    """Keep the scalars of an enumeration, with their type; return whether there are any."""
    schema["enum"] = [each for each in schema["enum"] if isinstance(each, str | int | float)]
    if "type" not in schema and {*map(json_type, schema["enum"])} == {"string"}:
        schema["type"] = "string"
    return bool(schema["enum"])


def _simplify_array(
    schema: dict[str, Any],
    kinds: list[str],
    definitions: Mapping[str, Any],
    problems: list[str],
    depth: int,
) -> dict[str, Any] | None:
    items = simplify(schema.get("items", TEXT), definitions, problems, depth + 1)
    if items is None or "array" in list_types(items) or schema.get("maxItems") == 0:
        return None
    if len(kinds) > 1:
        problems.append("the form that is not an array")
    return {**schema, "type": "array", "items": items or dict(TEXT)}


def _simplify_union(
    schema: dict[str, Any], definitions: Mapping[str, Any], problems: list[str], depth: int
) -> dict[str, Any] | None:
    """Return a union without null and objects; of an array and its elements, the array.

    One value and an array of one value are written the same way.
    """
    stated = [each for each in schema.pop("anyOf") if each.get("type") not in ("null", ["null"])]
    forms = [simplify(each, definitions, problems, depth + 1) for each in stated]
    kept = [each for each in forms if each is not None]
    if len(kept) < len(forms):
        problems.append(OBJECT)
    arrays = [each for each in kept if "array" in list_types(each)]
    if arrays:
        items = arrays[0]["items"]
        if any(each not in (arrays[0], items) and not _is_text(items) for each in kept):
            problems.append("the forms that are not the first array")
        kept = arrays[:1]
    if not kept:
        return None
    rest = {keyword: each for keyword, each in schema.items() if keyword != "title"}
    if len(kept) == 1:
        return {**{k: v for k, v in kept[0].items() if k != "title"}, **rest}
    plain = [each["type"] for each in kept if each.keys() - ANNOTATIONS == {"type"}]
    if len(plain) == len(kept) and all(isinstance(kind, str) for kind in plain):
        return {**rest, "type": list(dict.fromkeys(plain))}
    return {**rest, "anyOf": kept}


def _is_text(items: Mapping[str, Any]) -> bool:
    """Return whether the elements of an array may be any text."""
    return items.keys() <= ANNOTATIONS | {"type"} and "string" in list_types(items)
