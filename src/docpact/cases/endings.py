"""Finds plain schemas with a value that ends: recursive ones may have none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from docpact.cases.bounds import sizes, types
from docpact.model import Schema
from docpact.model.least import list_users
from docpact.model.schema import DEFINITIONS, MAP, NOTHING
from docpact.model.traversal import map_schema


def list_ending(definitions: Mapping[str, Schema]) -> set[str]:
    """Return the names of the plain definitions that have a value that ends."""
    users, waiting = list_users(definitions), [*definitions]
    ending: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in ending and ends(definitions[name], ending):
            ending.add(name)
            waiting += users.get(name, ())
    return ending


def without_endless(schema: Schema, ending: Collection[str]) -> Schema:
    """Return a plain schema without members of unions that have no value that ends."""

    def keep(each: Any) -> Any:
        if not isinstance(each, Mapping) or "anyOf" not in each or "allOf" in each:
            return each
        return {**each, "anyOf": [member for member in each["anyOf"] if ends(member, ending)]}

    found: Schema = map_schema(keep, schema)
    return found


def ends(schema: Schema, ending: Collection[str]) -> bool:
    """Return whether a plain schema has a value that ends if some definitions have one."""
    if "$ref" in schema:
        return schema["$ref"].removeprefix(DEFINITIONS) in ending
    if "anyOf" in schema or "not" in schema:
        return any(ends(each, ending) for each in schema.get("anyOf", ()))
    if "enum" in schema or {*types(schema)} - {"object", "array"}:
        return True
    fields, least = schema.get("properties", {}), sizes(schema)[0]
    needed = [fields[name] for name in schema.get("required", ()) if name in fields]
    missing = int(schema.get("minProperties", 0)) - len(needed)
    if missing > 0 and schema.get(MAP) is False and "patternProperties" not in schema:
        ending_fields = [each for each in fields.values() if ends(each, ending)]
        needed = needed if len(ending_fields) >= missing + len(needed) else [NOTHING]
    first = schema.get("prefixItems", ())[:least]
    rest = [schema["items"]] if "items" in schema and len(first) < least else []
    inner = {"object": needed, "array": [*first, *rest]}
    return any(all(ends(each, ending) for each in inner[name]) for name in types(schema))
