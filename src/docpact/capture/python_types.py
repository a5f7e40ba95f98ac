"""Python types as schemas: TypedDicts and pydantic models, read without importing pydantic."""

from __future__ import annotations

import types
from collections.abc import Hashable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

from docpact.capture.shapes import EVERYTHING, listed, union
from docpact.errors import UsageError

_SCALARS: Final[Mapping[Any, Mapping[str, Any]]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    Decimal: {"type": "number"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    UUID: {"type": "string", "format": "uuid"},
    type(None): {"type": "null"},
    dict: {"type": "object"},
    list: {"type": "array"},
    Any: EVERYTHING,
    object: EVERYTHING,
}


def is_typed_dict(kind: Any) -> bool:
    """Say whether a class is a TypedDict, of `typing` or of `typing_extensions`."""
    return isinstance(kind, type) and hasattr(kind, "__required_keys__")


def is_model(kind: Any) -> bool:
    """Say whether a class is a pydantic model (version 2)."""
    return isinstance(kind, type) and hasattr(kind, "model_fields")


def schema_of(hint: Any, where: str, within: tuple[Any, ...] = ()) -> dict[str, Any]:
    """Return a type as a schema in the vocabulary that contracts use; it states no bounds.

    Args:
        hint: a class, or what `typing` makes of classes.
        where: what an error calls it.
        within: classes that it stands in.

    Raises:
        UsageError: the type has no form in JSON, or contains itself.
    """
    if hint in within:
        raise UsageError(f"{where}: {hint.__name__} contains itself, which a contract cannot")
    if is_typed_dict(hint) or is_model(hint):
        return _object(hint, where, (*within, hint))
    found = _scalar(hint) or _generic(hint, where, within)
    if found is None:
        raise UsageError(f"{where}: {hint!r} has no form in JSON that docpact knows")
    return dict(found)


def _scalar(hint: Any) -> Mapping[str, Any] | None:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return listed([member.value for member in hint])
    return _SCALARS.get(hint) if isinstance(hint, Hashable) else None


def _generic(hint: Any, where: str, within: tuple[Any, ...]) -> Mapping[str, Any] | None:
    """Return the schema of a type with arguments."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Annotated, Required, NotRequired):
        return schema_of(arguments[0], where, within)
    if origin is Literal:
        return listed(arguments)
    if origin in (Union, types.UnionType):
        joined = union([schema_of(each, where, within) for each in arguments])
        if joined is None:
            raise UsageError(f"{where}: a union of several objects, which a contract cannot hold")
        return joined
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object"}
    if arguments and hasattr(origin, "__iter__"):
        return {"type": "array", "items": schema_of(arguments[0], where, within)}
    return None


def _object(kind: Any, where: str, within: tuple[Any, ...]) -> dict[str, Any]:
    if is_typed_dict(kind):
        hints = get_type_hints(kind, include_extras=True)
        required = {name for name in hints if _is_required(kind, name, hints[name])}
    else:
        hints = {each.alias or name: each.annotation for name, each in kind.model_fields.items()}
        required = {e.alias or name for name, e in kind.model_fields.items() if e.is_required()}
    return {
        "type": "object",
        "properties": {
            name: schema_of(hint, f"{where}.{name}", within) for name, hint in hints.items()
        },
        "required": [name for name in hints if name in required],
    }


def _is_required(kind: Any, name: str, hint: Any) -> bool:
    """Say whether a TypedDict requires a key; postponed annotations hide the marks from itself."""
    origin = get_origin(hint)
    return origin is Required or (name in kind.__required_keys__ and origin is not NotRequired)
