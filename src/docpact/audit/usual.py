"""The usual form of a schema: as strict as what came so far allows, so that less is left to count.

Most documented bodies use only some of what a schema leaves open. What keeps the usual form holds
no null, and lacks no field, but where one did before; so there is no need to look for them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

from docpact.bodies.validate import visit
from docpact.model.pointer import Tokens
from docpact.model.schema import Schema

Open: TypeAlias = tuple[Tokens, str | None]
"""What a part of a schema leaves open: a field that may be absent, or None for null."""


def used(schema: Schema, value: Any) -> frozenset[Open]:
    """Return what a documented body makes use of."""
    found = set[Open]()
    for place in visit(schema, value):
        if place.value is None:
            found.add((place.schema_path, None))
        elif isinstance(place.value, dict):
            fields = place.schema.get("properties", {})
            found |= {(place.schema_path, name) for name in fields if name not in place.value}
    return frozenset(found)


def usual(stated: Any, used: Collection[Open], path: Tokens = ()) -> Any:
    """Return a schema that leaves nothing open but what is used, unions aside.

    Args:
        stated: a schema, or a part of one.
        used: what may still be absent or null.
        path: where it stands.
    """
    if not isinstance(stated, dict) or "anyOf" in stated:
        return stated
    form = dict(stated)
    kinds = [each for each in stated.get("type", ()) if each != "null"]
    if isinstance(stated.get("type"), list) and kinds and (path, None) not in used:
        form["type"] = kinds
        if "enum" in stated:
            form["enum"] = [each for each in stated["enum"] if each is not None]
    for name in stated.keys() & {"properties", "$defs"}:
        parts = stated[name].items()
        form[name] = {key: usual(each, used, (*path, name, key)) for key, each in parts}
    if "items" in stated:
        form["items"] = usual(stated["items"], used, (*path, "items"))
    if stated.keys() >= {"properties", "required"}:
        assumed = [name for name in stated["properties"] if (path, name) not in used]
        form["required"] = [*dict.fromkeys([*stated["required"], *assumed])]
    return form
