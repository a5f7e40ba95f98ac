"""Parameters of an OpenAPI operation, as a contract states them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from docpact.bodies.wording import json_type
from docpact.capture.openapi.document import OpenApiOperation
from docpact.capture.openapi.merging import list_types
from docpact.capture.openapi.schemas import Translator
from docpact.credentials import TOKEN
from docpact.model.path import names as path_names
from docpact.model.schema import ANNOTATIONS, DEFINITIONS

_IGNORED: Final = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that OpenAPI 3.1 (section 4.8.12.2.1) says to ignore."""

_LOCATIONS: Final = ("path", "query", "header", "cookie")

MAX_DEPTH: Final = 20
"""Maximum number of references and unions between a parameter and its values."""

_TEXT: Final = {"type": "string"}


def read_parameters(
    operation: OpenApiOperation, query: Translator
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the parameters as in operation.json, and the schema of the query.

    Optional parameters that docpact cannot encode are left out, required ones are text.
    """
    listed: dict[tuple[str, str], dict[str, Any]] = {}
    properties: dict[str, Any] = {}
    for each, at in operation.parameters():
        name, location = str(each.get("name", "")), str(each.get("in"))
        if location not in _LOCATIONS or (location == "header" and name.lower() in _IGNORED):
            continue
        if problem := _find_misplacement(operation, name, location):
            query.gaps.append(("", at, f"{location} parameter {name!r}: {problem}"))
            continue
        schema, problem = _read_schema(each, at, query)
        required = each.get("required") is True or location == "path"
        if problem:
            query.gaps.append(("", at, f"{location} parameter {name}: {problem}"))
            if not required:
                continue
        listed[location, name] = {"name": name, "in": location, "required": required}
        if location == "query":
            properties[name] = schema
        else:
            listed[location, name]["schema"] = schema
    for name in path_names(operation.path):
        if ("path", name) not in listed:
            query.gaps.append(("", operation.item_where, f"path parameter {name}: its values"))
            listed["path", name] = {"name": name, "in": "path", "required": True, "schema": _TEXT}
    needed = [name for (at, name), each in listed.items() if at == "query" and each["required"]]
    whole = {"type": "object", "properties": properties, **({"required": needed} if needed else {})}
    if query.is_verbatim and query.definitions:
        whole["$defs"] = query.definitions
    return [*listed.values()], whole


def _find_misplacement(operation: OpenApiOperation, name: str, location: str) -> str:
    """Return why no request can contain a parameter, or an empty text."""
    if not name or (location == "header" and not TOKEN.fullmatch(name)):
        return "no request can contain it"
    if location == "path" and name not in path_names(operation.path):
        return "where the path contains it"
    return ""


def _read_schema(
    parameter: Mapping[str, Any], at: str, query: Translator
) -> tuple[dict[str, Any], str]:
    """Return the schema of a parameter's values, and why docpact cannot encode them."""
    name, location = str(parameter.get("name")), parameter["in"]
    translator = query if location == "query" else Translator(query.document)
    path = ("properties", name)
    if query.is_verbatim:
        return translator.schema(parameter.get("schema", {}), f"{at}/schema", path), ""
    if "content" in parameter:
        return dict(_TEXT), "how its media type is encoded"
    stated = translator.resolved(parameter.get("schema", {}), f"{at}/schema", path)
    if translator is not query:
        texts = (text for _, _, text in translator.gaps)
        query.gaps.extend(("", at, f"{location} parameter {name}: {text}") for text in texts)
    problems: list[str] = []
    schema = _simplify(stated, translator.definitions, problems)
    if schema is None:
        return dict(_TEXT), "how an object is encoded"
    problem = _find_style_problem(parameter, schema)
    if not problem:
        where = f"/properties/{name}" if translator is query else ""
        query.gaps.extend((where, at, f"{location} parameter {name}: {text}") for text in problems)
    return (dict(_TEXT), problem) if problem else (schema, "")


def _find_style_problem(parameter: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return why docpact cannot encode values in a documented style, or an empty text."""
    style = parameter.get("style", "form" if parameter["in"] in ("query", "cookie") else "simple")
    if style == "deepObject":
        return "style deepObject: how an object is encoded"
    if "array" not in list_types(schema):
        return f"style {style}" if style in ("label", "matrix") else ""
    if style in ("spaceDelimited", "pipeDelimited"):
        return f"style {style}: how values are joined into one text"
    if parameter.get("explode") is False:
        return "explode false: how values are joined into one text"
    return ""


def _simplify(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], problems: list[str], depth: int = 0
) -> dict[str, Any] | None:
    """Return the part of a schema that describes texts in a request, without references and null.

    Args:
        schema: translated.
        definitions: that it may refer to.
        problems: receives what was left out.
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
            problems.append("the form that is an object")
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
    items = _simplify(schema.get("items", _TEXT), definitions, problems, depth + 1)
    if items is None or "array" in list_types(items) or schema.get("maxItems") == 0:
        return None
    if len(kinds) > 1:
        problems.append("the form that is no array")
    return {**schema, "type": "array", "items": items or dict(_TEXT)}


def _simplify_union(
    schema: dict[str, Any], definitions: Mapping[str, Any], problems: list[str], depth: int
) -> dict[str, Any] | None:
    """Return a union without null and objects; of an array and its elements, the array.

    One value and an array of one value are written alike.
    """
    stated = [each for each in schema.pop("anyOf") if each.get("type") not in ("null", ["null"])]
    forms = [_simplify(each, definitions, problems, depth + 1) for each in stated]
    kept = [each for each in forms if each is not None]
    if len(kept) < len(forms):
        problems.append("the form that is an object")
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
