"""Descriptions of schema keywords and of values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from docpact.model.pointer import map_scalars
from docpact.text import excerpt, pluralize

_SHOWN: Final = 5
"""Number of values that are named of an enumeration that has more."""


def _describe_enum(values: Sequence[Any]) -> str:
    texts = [excerpt(member, 40) for member in values]
    if len(texts) > _SHOWN + 1:
        texts[_SHOWN:] = [f"{len(texts) - _SHOWN} others"]
    return "one of " + ", ".join(texts)


_PROMISES: Final[Mapping[str, Callable[[Any], str]]] = {
    "type": lambda value: " or ".join([value] if isinstance(value, str) else value),
    "enum": _describe_enum,
    "const": lambda value: f"always {excerpt(value, 40)}",
    "required": lambda _: "always present",
    "anyOf": lambda members: f"one of {pluralize(len(members), 'form')}",
    "format": lambda value: f"format {value}",
    "minLength": lambda value: f"at least {pluralize(value, 'character')}",
    "maxLength": lambda value: f"at most {pluralize(value, 'character')}",
    "minItems": lambda value: f"at least {pluralize(value, 'item')}",
    "maxItems": lambda value: f"at most {pluralize(value, 'item')}",
    "minimum": lambda value: f"at least {value}",
    "maximum": lambda value: f"at most {value}",
    "exclusiveMinimum": lambda value: f"more than {value}",
    "exclusiveMaximum": lambda value: f"less than {value}",
    "multipleOf": lambda value: f"a multiple of {value}",
    "pattern": lambda value: f"matches {excerpt(value)}",
    "uniqueItems": lambda _: "every item different",
    "contains": lambda _: "an item of the documented kind",
    "minContains": lambda value: f"at least {pluralize(value, 'item')} of the documented kind",
    "maxContains": lambda value: f"at most {pluralize(value, 'item')} of the documented kind",
    "minProperties": lambda value: f"at least {pluralize(value, 'field')}",
    "maxProperties": lambda value: f"at most {pluralize(value, 'field')}",
    "additionalProperties": lambda _: "no other fields",
    "unevaluatedProperties": lambda _: "no other fields",
    "unevaluatedItems": lambda _: "no other items",
    "propertyNames": lambda _: "names of the documented kind",
    "dependentRequired": lambda value: "; ".join(
        f"{', '.join(names)} beside {name}" for name, names in value.items() if names
    ),
    "oneOf": lambda members: f"exactly one of {pluralize(len(members), 'form')}",
    "not": lambda value: "not the excluded form" if value else "no value",
}


def describe_keyword(keyword: str, value: Any) -> str:
    """Describe the promise of a schema keyword."""
    return _PROMISES[keyword](value)


def describe_value(value: Any) -> str:
    """Write a decoded JSON value with its type, e.g. `number 5`."""
    kind = json_type(value)
    return kind if value is None else f"{kind} {excerpt(value)}"


def describe_observed(keyword: str, value: Any) -> str:
    """Write the part of a value that breaks a keyword."""
    match keyword:
        case "required":
            return "absent"
        case "type":
            return describe_value(value)
        case "minLength" | "maxLength":
            return f"{pluralize(len(value), 'character')}: {excerpt(value)}"
        case "minItems" | "maxItems":
            return pluralize(len(value), "item")
        case "minProperties" | "maxProperties":
            return pluralize(len(value), "field")
        case _:
            return excerpt(value)


def json_type(value: Any) -> str:
    """Name the JSON type of a decoded value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def equality_key(value: Any) -> str:
    """Return a text that is equal for values that JSON Schema calls equal: 1.0 is 1, but not true.

    See JSON Schema 2020-12 Core, section 4.2.2.
    """
    return json.dumps(map_scalars(as_whole, value), sort_keys=True)


def as_whole(value: Any) -> Any:
    """Return a number without a fraction as an integer: JSON has one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
