"""Roles of parameters and fields, inferred from their names and types."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from docpact.capture.lines import Line
from docpact.model.path import names as path_names
from docpact.model.schema import Schema, child, followed

SCALARS: Final = frozenset({"string", "number", "integer", "boolean"})
"""Types of values that a query can carry."""

NEXT_TOKENS: Final = ("next_page_token", "next_token", "next_cursor")
TOKEN_PARAMETERS: Final = ("page_token", "token", "cursor", "after")
OFFSET_PARAMETERS: Final = ("offset", "skip")
SIZE_PARAMETERS: Final = ("page_size", "limit", "per_page", "size")
NO_EQUALITY: Final = re.compile(
    r"q|query|search(_.*)?|sort(_.*)?|order|order_?by|order_(dir|direction)|dir|direction"
    r"|(min|max|minimum|maximum|since|until|before|after|from|to)(_.*)?"
    r"|(start|starting|starts|end|ending|ends|begin|beginning)(_(at|on|time|date|datetime))?"
    r"|.*_(min|max|after|before|since|until|from|to|gte?|lte?|not|ne|like|contains|prefix)"
)
"""Names of parameters, in snake case, that bound, search or order items instead of selecting those
with one value."""

TOTALS: Final = ("total_size", "total_count", "total")


def roles(
    path: str, query: Schema, response: Schema, prose: Mapping[str, Sequence[Line]] | None = None
) -> dict[str, Any]:
    """Return role → its value with the reason it was inferred, or the line that states it.

    Pointers of `items`, `next_token`, `total` and `path` point into the body, those of `id` and of
    the filters into an item. An operation that does not return a list has no roles of a list.

    Args:
        path: of the operation, with its parameters in braces.
        query: schema of the query.
        response: schema of the body.
        prose: name of a field of the body → the text below it.
    """
    body = followed(response)[0]
    fields = _fields(body)
    paged = _paging(_fields(query), fields, prose or {})
    lists = [name for name, schema in fields.items() if _is_list(schema)]
    if _is_list(body):
        found = {"items": _inferred("", "the body is an array of objects")}
        item = child(body, "items")
    elif len(lists) == 1 and (paged.keys() - {"total"} or len(fields) == 1):
        found = {"items": _inferred(f"/{lists[0]}", "the only array of objects in the body")}
        item = child(fields[lists[0]], "items")
    else:
        return _path(path, body)
    if "id" in item.get("required", ()):
        found["id"] = _inferred("/id", "an item's required field of that name")
    found |= paged
    selected = {n: role for n, s in _fields(query).items() if (role := _filter(n, s, item))}
    found |= {"filters": selected} if selected else {}
    return found | _path(path, body)


def _path(path: str, body: Schema) -> dict[str, Any]:
    """Return the fields of the body that repeat a parameter of the path.

    The last part of a path names the returned thing itself, whose id is `id`.
    """
    scalars = {"string", "number", "integer"}
    fields = {name for name, schema in _fields(body).items() if _types(schema) & scalars}
    required = fields & set(body.get("required", ()))
    found: dict[str, Any] = {}
    for name in path_names(path):
        if name in required:
            found[name] = _inferred(f"/{name}", "the body's field of the same name")
        elif path.rstrip("/").endswith(f"{{{name}}}") and "id" in required and _is_id(name):
            found[name] = _inferred("/id", "the id of what the path ends with")
    return {"path": found} if found else {}


def _is_id(name: str) -> bool:
    return name == "id" or name.endswith("_id")


def _paging(
    query: Mapping[str, Schema], body: Mapping[str, Schema], prose: Mapping[str, Sequence[Line]]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    token = _named(body, NEXT_TOKENS, "string")
    parameter = _named(query, TOKEN_PARAMETERS, "string")
    offset = _named(query, OFFSET_PARAMETERS, "number", "integer")
    if token and parameter:
        lines = prose.get(token, ())
        stated = next((line for line in lines if _names(line.text, parameter)), None)
        found["next_token"] = _inferred(f"/{token}", "the name of the field")
        found["token_parameter"] = (
            {"value": parameter, "line": stated.number}
            if stated
            else _inferred(parameter, "the name of the parameter")
        )
    elif offset:
        found["offset_parameter"] = _inferred(offset, "the name of the parameter")
    if size := _named(query, SIZE_PARAMETERS, "number", "integer"):
        found["size_parameter"] = _inferred(size, "the name of the parameter")
    if total := _named(body, TOTALS, "number", "integer"):
        found["total"] = _inferred(f"/{total}", "the name of the field")
    return found


def _filter(name: str, schema: Schema, item: Schema) -> dict[str, Any] | None:
    """Return the field of an item that a parameter filters by, or None."""
    if NO_EQUALITY.fullmatch(_snake(name)):
        return None
    fields = _fields(item)
    stated = _types(schema)
    if name in fields and stated & SCALARS:
        return _inferred(f"/{name}", "the item's field of the same name")
    if stated == {"array"} and _types(fields.get(name, {})) & SCALARS:
        return _inferred(f"/{name}", "a list of values of the item's field of the same name")
    if stated == {"array"} and (field := _singular(name, child(schema, "items"), fields)):
        return _inferred(f"/{field}", "a list of values of the item's field of that name")
    if stated == {"array"} and re.fullmatch(r"\w+_ids|ids", name):
        inner = child(schema, "items")
        field = name.removesuffix("s") if name.removesuffix("s") in fields else "id"
        if field in fields and _types(inner) == {"string"} and "enum" not in inner:
            return _inferred(f"/{field}", "a list of ids")
    return None


def _snake(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def _singular(name: str, one: Schema, fields: Mapping[str, Schema]) -> str | None:
    """Return the field whose documented values a parameter lists under its plural name."""
    listed = set(one.get("enum", ()))
    named = (field for field in fields if name in (f"{field}s", f"{field}es"))
    return next((f for f in named if listed and listed <= set(fields[f].get("enum", ()))), None)


def _fields(schema: Schema) -> dict[str, Schema]:
    return {name: child(schema, "properties", name) for name in schema.get("properties", {})}


def _is_list(schema: Schema) -> bool:
    return (
        "array" in _types(schema)
        and "items" in schema
        and _types(child(schema, "items")) == {"object"}
        and "properties" in child(schema, "items")
    )


def _types(schema: Schema) -> set[str]:
    stated = schema.get("type", ())
    return ({stated} if isinstance(stated, str) else set(stated)) - {"null"}


def _named(fields: Mapping[str, Schema], names: Sequence[str], *kinds: str) -> str | None:
    """Return the first name whose field has one of some types and is not an enumeration."""
    return next(
        (
            name
            for name in names
            if name in fields
            and _types(fields[name]) in [{kind} for kind in kinds]
            and "enum" not in fields[name]
        ),
        None,
    )


def _names(text: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text) is not None


def _inferred(value: str, why: str) -> dict[str, Any]:
    return {"value": value, "inferred": why}
