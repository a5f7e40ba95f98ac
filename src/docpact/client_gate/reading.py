"""Reading a client's items field by field, and holding what was read against what was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeAlias
from uuid import UUID

from docpact.model import Schema
from docpact.model.pointer import fold
from docpact.model.schema import child, forms
from docpact.text import excerpt, shortened

Reader: TypeAlias = Callable[[Any, str], Any]
"""Reads a documented field, by name, from what a client made of an object."""

Difference: TypeAlias = tuple[str, str]
"""Folded JSON Pointer below an item, and what is wrong there in one short line."""

ABSENT: Final = (AttributeError, KeyError, IndexError)
"""What a read raises where there is no such field."""


def extracted(schema: Schema, value: Any, read: Reader) -> Any:
    """Read every documented field of a value, down to scalars, as the client holds them.

    Args:
        schema: of the value.
        value: as the client gives it.
        read: reads one field of an object.

    Returns:
        objects as dicts without the fields that are not there, arrays as lists, all else as it is.
    """
    if value is None:
        return None
    schema = _merged(schema)
    if "properties" in schema and not isinstance(value, str | int | float | list | tuple):
        found = {}
        for name in schema["properties"]:
            try:
                part = child(schema, "properties", name)
                found[name] = extracted(part, read(value, name), read)
            except ABSENT:
                continue
        return found
    if "items" in schema and isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [extracted(child(schema, "items"), each, read) for each in value]
    return value


def differences(
    schema: Schema, sent: Any, read: Any, path: tuple[str | int, ...] = ()
) -> Iterator[Difference]:
    """Yield where what was read is not what was sent; null and absent are alike.

    Args:
        schema: of the value; what it does not document is not looked at.
        sent: decoded JSON.
        read: as `extracted` returns it.
        path: of the value below the item.
    """
    schema = _merged(schema)
    if "properties" in schema and isinstance(sent, Mapping) and isinstance(read, Mapping):
        for name in schema["properties"]:
            part = child(schema, "properties", name)
            yield from differences(part, sent.get(name), read.get(name), (*path, name))
    elif "items" in schema and isinstance(sent, list) and isinstance(read, list):
        if len(sent) != len(read):
            yield fold(path), f"{len(sent)} elements were sent, {len(read)} read"
            return
        for index, (one, other) in enumerate(zip(sent, read, strict=True)):
            yield from differences(child(schema, "items"), one, other, (*path, index))
    elif not same(sent, read):
        yield fold(path), f"{excerpt(sent, 40)} was sent, {_shown(read)} read"


def _merged(schema: Schema) -> Schema:
    """Return one schema for every form of a union: with the fields and elements of all of them."""
    if "anyOf" not in schema:
        return schema
    merged: dict[str, Any] = {}
    for form, _ in forms(schema):
        fields = {**merged.get("properties", {}), **form.get("properties", {})}
        merged |= {k: form[k] for k in ("items", "$defs") if k in form}
        merged |= {"properties": fields} if fields else {}
    return merged


def same(sent: Any, read: Any) -> bool:
    """Say whether a value that was read says what the JSON value that was sent says.

    A client may make an enum member, a UUID, a decimal or an aware date-time of a text or number;
    a date-time keeps its instant to the microsecond, which is what the common clients hold.
    """
    if isinstance(read, Enum) and not same_plain(sent, read):
        read = read.value
    return same_plain(sent, read)


def same_plain(sent: Any, read: Any) -> bool:
    """Say the same of a value that is no enum member."""
    match sent:
        case None | bool():
            return read is sent
        case str():
            return read == sent or _same_text(sent, read)
        case int() | float():
            return (
                isinstance(read, int | float | Decimal)
                and not isinstance(read, bool)
                and (read == sent or (isinstance(read, Decimal) and float(read) == sent))
            )
        case _:
            return bool(read == sent)


def _same_text(sent: str, read: Any) -> bool:
    if isinstance(read, UUID):
        return str(read) == sent.lower()
    if isinstance(read, datetime) and read.tzinfo is not None:
        try:
            moment = datetime.fromisoformat(sent.upper())
        except ValueError:
            return False
        return moment.tzinfo is not None and abs(moment - read) < timedelta(microseconds=1)
    return False


def _shown(read: Any) -> str:
    try:
        return excerpt(read, 40)
    except TypeError:
        return shortened(str(read), 40)
