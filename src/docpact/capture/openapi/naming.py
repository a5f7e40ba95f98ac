"""Names for the objects of an exported schema: components, as generators of clients expect them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from docpact.capture.openapi.document import COMPONENTS

_WORD: Final = re.compile(r"[A-Za-z0-9]+")


def name_objects(schema: Any, name: str, components: dict[str, Any]) -> Any:
    """Return a schema that refers to a component in the place of each object with properties.

    Args:
        schema: of a body.
        name: of the schema.
        components: gets the schemas by name.
    """
    if not isinstance(schema, Mapping):
        return schema
    named = dict(schema)
    for keyword in ("anyOf", "oneOf", "allOf"):
        if isinstance(named.get(keyword), list):
            forms = named[keyword]
            names = [f"{name}{n}" if len(forms) > 1 else name for n in range(1, len(forms) + 1)]
            pairs = zip(forms, names, strict=True)
            named[keyword] = [name_objects(form, each, components) for form, each in pairs]
    if "items" in named:
        named["items"] = name_objects(named["items"], f"{name}Item", components)
    if isinstance(named.get("properties"), Mapping):
        named["properties"] = {
            field: name_objects(part, name + pascal(field), components)
            for field, part in named["properties"].items()
        }
        free = name
        while components.get(free, named) != named:
            free += "_"
        components[free] = named
        return {"$ref": COMPONENTS + free}
    return named


def inline_objects(value: Any, components: Mapping[str, Any], names: Collection[str]) -> Any:
    """Return a part of a document in which references to some components are followed."""
    if isinstance(value, list):
        return [inline_objects(each, components, names) for each in value]
    if not isinstance(value, Mapping):
        return value
    reference = value.get("$ref")
    if isinstance(reference, str) and reference.removeprefix(COMPONENTS) in names:
        return inline_objects(components[reference.removeprefix(COMPONENTS)], components, names)
    return {name: inline_objects(each, components, names) for name, each in value.items()}


def pascal(text: str) -> str:
    """Return a name in PascalCase, as in `PageSize` for `page_size`."""
    return "".join(word[:1].upper() + word[1:] for word in _WORD.findall(text)) or "Value"
