"""Reads a client's items field by field, and compares them with the items that were sent."""

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
"""Reads a documented field, by name, from an object of the client."""

Difference: TypeAlias = tuple[str, str]
"""Folded JSON Pointer below an item, and the problem in one short line."""

ABSENT: Final = (AttributeError, KeyError, IndexError)
"""Errors of reading a field that does not exist."""


def extract(schema: Schema, value: Any, read: Reader) -> Any:
    """Read every documented field of a value, down to the scalars as the client holds them.

    Args:
        schema: of the value.
        value: an object of the client.
        read: reads one field of an object.

    Returns:
        objects as dicts without absent fields, arrays as lists, everything else unchanged.
    """
    if value is None:
        return None
    schema = _merge_forms(schema)
    if "properties" in schema and not isinstance(value, str | int | float | list | tuple):
        fields = {}
        for name in schema["properties"]:
            try:
                part = child(schema, "properties", name)
                fields[name] = extract(part, read(value, name), read)
            except ABSENT:
                continue
        return fields
    if "items" in schema and isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [extract(child(schema, "items"), each, read) for each in value]
    return value


def differences(
    schema: Schema, sent: Any, read: Any, path: tuple[str | int, ...] = ()
) -> Iterator[Difference]:
    """Yield the differences between a value that was sent and one that was read.

    Null and absent are equal, and undocumented fields are ignored.

    Args:
        schema: of the value.
        sent: decoded JSON.
        read: result of `extract`.
        path: of the value below the item.
    """
    schema = _merge_forms(schema)
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
    elif not is_same(sent, read):
        yield fold(path), f"{excerpt(sent, 40)} was sent, {_show(read)} read"


def _merge_forms(schema: Schema) -> Schema:
    """Return one schema with the fields and elements of all forms of a union."""
    if "anyOf" not in schema:
        return schema
    merged: dict[str, Any] = {}
    for form, _ in forms(schema):
        fields = {**merged.get("properties", {}), **form.get("properties", {})}
        merged |= {k: form[k] for k in ("items", "$defs") if k in form}
        merged |= {"properties": fields} if fields else {}
    return merged


def is_same(sent: Any, read: Any) -> bool:
    """Return whether a value that was read has the meaning of the JSON value that was sent.

    A client may convert a text or a number to an enum member, a UUID, a decimal or an aware
    date-time, which must keep its instant to the microsecond: the precision of common clients.
    """
    if isinstance(read, Enum) and not _is_same_scalar(sent, read):
        read = read.value
    return _is_same_scalar(sent, read)


def _is_same_scalar(sent: Any, read: Any) -> bool:
    match sent:
        case None | bool():
            return read is sent
        case str():
            return read == sent or _is_same_text(sent, read)
        case int() | float():
            return (
                isinstance(read, int | float | Decimal)
                and not isinstance(read, bool)
                and (read == sent or (isinstance(read, Decimal) and float(read) == sent))
            )
        case _:
            return bool(read == sent)


def _is_same_text(sent: str, read: Any) -> bool:
    if isinstance(read, UUID):
        return str(read) == sent.lower()
    if isinstance(read, datetime) and read.tzinfo is not None:
        try:
            moment = datetime.fromisoformat(sent.upper())
        except ValueError:
            return False
        return moment.tzinfo is not None and abs(moment - read) < timedelta(microseconds=1)
    return False


def _show(read: Any) -> str:
    try:
        return excerpt(read, 40)
    except TypeError:
        return shortened(str(read), 40)
