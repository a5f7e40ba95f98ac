"""Schemas compiled by a fast library that agrees with `docpact.bodies.validate`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, TypeAlias

from docpact.bodies.formats import CHECKER
from docpact.errors import MissingExtra
from docpact.model.schema import MAP, Schema

IsValid: TypeAlias = Callable[[Any], bool]

_COMPILED: Final = frozenset(
    {
        "date", "date-time", "duration", "email", "ipv4", "ipv6", "json-pointer", "time", "uri",
        "uri-reference", "uuid",
    }
)  # fmt: skip
"""Formats of which the compiled library has the same notion as `docpact.bodies.formats`."""


def compiled(schema: Schema) -> IsValid:
    """Return what says of a decoded value whether it keeps a schema.

    It raises ValueError for some values with half a surrogate pair in them.

    Raises:
        MissingExtra: the library is not installed.
    """
    try:
        import jsonschema_rs
    except ModuleNotFoundError:
        raise MissingExtra("docpact audit", "audit") from None
    validator = jsonschema_rs.Draft202012Validator(
        dict(schema), formats=_formats(schema), validate_formats=True
    )
    return validator.is_valid


def closed(schema: Any) -> Any:
    """Return the same schema, in which an object has no fields but those that are named."""
    if not isinstance(schema, Mapping):
        return schema
    inner = dict(schema)
    for name in schema.keys() & {"properties", "$defs"}:
        inner[name] = {key: closed(each) for key, each in schema[name].items()}
    for name in schema.keys() & {"items", MAP}:
        inner[name] = closed(schema[name])
    if "anyOf" in schema:
        inner["anyOf"] = [closed(each) for each in schema["anyOf"]]
    return {MAP: False, **inner} if schema.keys() >= {"properties", "type"} else inner


def keywords(schema: Any) -> set[str]:
    """Return every name in a schema."""
    return {name for name, _ in _stated(schema)}


def _formats(schema: Schema) -> dict[str, Callable[[str], bool]]:
    """Return the checks of `docpact.bodies.formats` for the formats of a schema."""
    stated = {value for name, value in _stated(schema) if name == "format" and value is not None}
    return {name: partial(_conforms, name) for name in stated - _COMPILED}


def _stated(schema: Any) -> Iterator[tuple[str, Any]]:
    """Yield every name and value in a schema, a text or a list of texts as it stands."""
    if isinstance(schema, list):
        for each in schema:
            yield from _stated(each)
    elif isinstance(schema, Mapping):
        for name, value in schema.items():
            if isinstance(value, str):
                yield name, value
            else:
                yield name, None
                yield from _stated(value)


def _conforms(name: str, text: str) -> bool:
    return CHECKER.conforms(text, name)
