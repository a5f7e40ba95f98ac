"""Reads a client's items, compares them with those that were sent, and names the effect."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from ctypes import c_float
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Final, TypeAlias
from uuid import UUID

from docpact.client_gate.call import Call, Effect, Hung, Outcome, Raised, Read, Scenario, Wanted
from docpact.client_gate.listing import (
    has_values,
    item_location,
    list_location,
    plain_item_schema,
)
from docpact.model import Operation, Schema
from docpact.model.paging import plain
from docpact.model.pointer import Tokens, fold, resolve
from docpact.model.schema import (
    MAP,
    NOTHING,
    child,
    descriptions,
    forms,
    list_types,
    place,
    places,
    with_definitions,
)
from docpact.text import excerpt, pluralize, shorten

ReadField: TypeAlias = Callable[[Any, str], Any]
"""Reads a documented field, by name, from an object of the client."""

Difference: TypeAlias = tuple[str, str]
"""Folded JSON Pointer below an item, and the problem in one short line."""

ABSENT: Final = (AttributeError, KeyError, IndexError)
"""Errors of reading a field that does not exist."""


def extract(schema: Schema, value: Any, read: ReadField) -> Any:
    """Return every documented field of a value: objects as dicts without absent fields.

    Arrays are lists, and everything else is unchanged, down to the scalars in the client's types.
    """
    value = _unwrap(schema, value)
    if value is None:
        return None
    schema = _merge_forms(schema)
    is_object = hasattr(value, "_fields") or not isinstance(value, str | int | float | list | tuple)
    if "properties" in schema and is_object:
        return _extract_fields(schema, value, read)
    if "items" in schema and isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [extract(child(schema, "items"), each, read) for each in value]
    fields = value if isinstance(value, Mapping) else getattr(value, "additional_properties", None)
    if isinstance(fields, Mapping):
        inner = child(schema, MAP) if isinstance(schema.get(MAP), Mapping) else {}
        return {name: extract(inner, each, read) for name, each in fields.items()}
    return value


def _unwrap(schema: Schema, value: Any) -> Any:
    """Return the value in a wrapper of generated clients: a `RootModel`, or a union's."""
    fields = {*getattr(type(value), "model_fields", ())}
    if fields == {"root"}:
        return _unwrap(schema, value.root)
    inner = {"actual_instance"} & fields
    if inner and not inner & _merge_forms(schema).get("properties", {}).keys():
        return _unwrap(schema, value.actual_instance)
    return value


def _extract_fields(schema: Schema, value: Any, read: ReadField) -> dict[str, Any]:
    fields = {}
    for name in schema["properties"]:
        try:
            found = read(value, name)
        except ABSENT:
            continue
        fields[name] = extract(child(schema, "properties", name), found, read)
    if isinstance(schema.get(MAP), Mapping) and isinstance(value, Mapping):
        inner = child(schema, MAP)
        further = (name for name in value if name not in fields)
        fields |= {name: extract(inner, value[name], read) for name in further}
    return fields


def read_item(operation: Operation, value: Any, read: ReadField) -> Any:
    """Return an item as `extract` does; None if no body of JSON is documented."""
    return extract(plain_item_schema(operation), value, read) if has_values(operation) else None


def differences(
    schema: Schema, sent: Any, read: Any, path: Tokens = (), stated: Schema = NOTHING
) -> Iterator[Difference]:
    """Yield the differences between a value that was sent and one that was read.

    Null and absent are equal, and undocumented fields are ignored. Each location is a documented
    place. `schema` is in plain form, which has no defaults; `stated` is the documented form of the
    whole item: an absent field may be read as its default.
    """
    schema, read = _merge_forms(schema), _read_by_key(sent, read)
    if isinstance(sent, Mapping) and isinstance(read, Mapping):
        yield from _field_differences(schema, sent, read, path, stated)
    elif isinstance(sent, list) and isinstance(read, list):
        if len(sent) != len(read):
            yield fold(path), f"{len(sent)} elements were sent, {len(read)} read"
            return
        if "items" not in schema:
            yield from _plain_difference(schema, sent, read, path)
            return
        for index, (one, other) in enumerate(zip(sent, read, strict=True)):
            yield from differences(child(schema, "items"), one, other, (*path, index), stated)
    elif not is_same(sent, read, _find_format(schema)) or _is_misnamed(schema, sent, read):
        yield fold(path), f"{excerpt(sent, 40)} was sent, {show(read)} read"


def _read_by_key(sent: Any, read: Any) -> Any:
    """Return the fields of an object that has keys but is not a mapping; other values unchanged."""
    is_keyed = hasattr(type(read), "__getitem__") and not isinstance(read, Mapping | Sequence)
    if not (isinstance(sent, Mapping) and is_keyed):
        return read
    found = {}
    for name in sent:
        with suppress(*ABSENT):
            found[name] = read[name]
    return found


def _field_differences(
    schema: Schema, sent: Mapping[str, Any], read: Mapping[str, Any], path: Tokens, stated: Schema
) -> Iterator[Difference]:
    named = schema.get("properties", {})
    for name in named:
        where, part, value = (*path, name), child(schema, "properties", name), read.get(name)
        if name not in read and sent.get(name) is not None:
            yield fold(where), f"{excerpt(sent[name], 40)} was sent, and no such field read"
        elif name in sent or value is None or not _is_default(part, value, path, name, stated):
            yield from differences(part, sent.get(name), value, where, stated)
    if isinstance(schema.get(MAP), Mapping):
        for name in (name for name in {**sent, **read} if name not in named):
            part = child(schema, MAP)
            yield from differences(part, sent.get(name), read.get(name), (*path, 0), stated)
    elif not named:
        yield from _plain_difference(schema, sent, read, path)


def _is_default(schema: Schema, read: Any, path: Tokens, name: str, stated: Schema) -> bool:
    """Return whether the value of a field is its documented default."""
    defaults = (
        each["default"]
        for parent, _ in places(stated, fold(path))
        if (field := parent.get("properties", {}).get(name)) is not None
        for each in (field, *(e for e, _ in descriptions(with_definitions(parent, field))))
        if "default" in each
    )
    return any(not any(differences(schema, default, read)) for default in defaults)


def _plain_difference(schema: Schema, sent: Any, read: Any, path: Tokens) -> Iterator[Difference]:
    """Compare values whose parts are not documented."""
    if not is_same(sent, read, "") and (schema or sent is not None):
        yield fold(path), f"{excerpt(sent, 40)} was sent, {show(read)} read"


def _merge_forms(schema: Schema) -> Schema:
    """Return one schema with the fields and elements of all forms of a union."""
    if not schema.keys() & {"anyOf", "oneOf"}:
        return schema
    merged: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    for form, _ in forms(schema):
        for name, stated in form.get("properties", {}).items():
            fields[name] = _either(fields.get(name), stated)
        for keyword in ("items", MAP):
            if isinstance(form.get(keyword), Mapping):
                merged[keyword] = _either(merged.get(keyword), form[keyword])
        merged |= {k: form[k] for k in ("format", "enum", "$defs") if k in form}
        merged["type"] = [*list_types(merged), *list_types(form)]
    return {**merged, "properties": fields} if fields else merged


def _find_format(schema: Schema) -> str:
    """Return the documented format of a scalar; numbers without one are doubles."""
    return str(schema.get("format", "double" if "number" in list_types(schema) else ""))


def _is_misnamed(schema: Schema, sent: Any, read: Any) -> bool:
    """Return whether an enum member is named after another documented value."""
    if not isinstance(read, Enum) or plain(read.name) == plain(str(sent)):
        return False
    return plain(read.name) in {plain(str(each)) for each in schema.get("enum", ())}


def _either(one: Schema | None, other: Schema) -> Schema:
    """Return the schema of the values of two schemas."""
    return other if one is None or one == other else {"anyOf": [one, other]}


def is_same(sent: Any, read: Any, format_: str = "date-time") -> bool:
    """Return whether a value that was read has the meaning of the JSON value that was sent.

    A client may convert a text or a number to an enum member, a UUID, a decimal, a date, an address
    or an aware date-time, which must keep its instant to the microsecond: the precision of common
    clients. Two texts of the format `date-time` are equal if their instants are.
    """
    read = _read_by_key(sent, read)
    if isinstance(read, Enum) and not _is_same_plain(sent, read, format_):
        read = read.value
    return _is_same_plain(sent, read, format_)


def _is_same_plain(sent: Any, read: Any, format_: str) -> bool:
    match sent:
        case None | bool():
            return read is sent
        case str():
            return read == sent or _is_same_text(sent, read, format_)
        case int() | float():
            is_number = isinstance(read, int | float | Decimal) and not isinstance(read, bool)
            return is_number and _is_same_number(sent, read, format_)
        case dict() if isinstance(read, Mapping):
            named = sent.keys() == read.keys()
            return named and all(is_same(each, read[name], "") for name, each in sent.items())
        case list() if isinstance(read, list) and len(read) == len(sent):
            return all(is_same(one, other, "") for one, other in zip(sent, read, strict=True))
        case _:
            return bool(read == sent)


def _is_same_number(sent: Any, read: float | Decimal, format_: str) -> bool:
    """Compare numbers; `float` is of single precision (OpenAPI's format registry).

    A double may be written with other digits, and without a fraction, as JavaScript does. An
    integer that a double cannot hold must be exact.
    """
    with suppress(OverflowError):
        if format_ == "float":
            return c_float(sent).value == c_float(float(read)).value
        if format_ == "double" and float(sent) == sent:
            return bool(float(read) == sent)
        return read == sent or (isinstance(sent, float) and float(read) == sent)
    return False


def _is_same_text(  # noqa: PLR0911  one return for each type
    sent: str, read: Any, format_: str
) -> bool:
    match read:
        case str() if format_ == "date-time":
            moments = _moment(sent), _moment(read)
            return None not in moments and _are_one_instant(sent, *moments)
        case UUID():
            return str(read) == sent.lower()
        case datetime():
            moment = _moment(sent)
            return moment is not None and _are_one_instant(sent, moment, read)
        case date() | time():
            return read.isoformat() == sent or (isinstance(read, time) and _is_time(sent, read))
        case timedelta():
            return format_ == "duration"
        case bytes():
            return _is_encoded(sent, read)
        case Decimal():
            return str(read) == sent or (format_ == "decimal" and _is_decimal(sent, read))
        case None | bool() | int() | float() | str() | Sequence() | Mapping():
            return False
        case _:
            return str(read).rstrip("/") == sent.rstrip("/")


def _moment(text: str) -> datetime | None:
    """Return the moment of a date-time with an offset, or None."""
    with suppress(ValueError):
        moment = datetime.fromisoformat(text.upper())
        return moment if moment.tzinfo is not None else None
    return None


def _are_one_instant(text: str, one: Any, other: Any) -> bool:
    """Return whether two moments are equal; digits beyond microseconds may be cut or rounded."""
    is_finer = re.search(r"\.\d{7}", text) is not None
    most = timedelta(microseconds=1 if is_finer else 0)
    return other.tzinfo is not None and abs(one - other) <= most


def _is_time(sent: str, read: time) -> bool:
    with suppress(ValueError):
        return time.fromisoformat(sent.upper()) == read
    return False


def _is_decimal(sent: str, read: Decimal) -> bool:
    with suppress(InvalidOperation):
        return Decimal(sent) == read
    return False


def _is_encoded(sent: str, read: bytes) -> bool:
    with suppress(ValueError):
        return base64.b64decode(sent, validate=True) == read or sent.encode() == read
    return sent.encode() == read


def show(read: Any) -> str:
    """Return a value of the client in a few words."""
    try:
        return excerpt(read, 40)
    except TypeError:
        return shorten(str(read) or repr(read), 40)


CORRECT: Final = {
    Wanted.ITEMS: {Effect.TOLERATED},
    Wanted.ERROR: {Effect.TYPED_ERROR},
    Wanted.EITHER: {Effect.TOLERATED, Effect.TYPED_ERROR},
    Wanted.END: {Effect.TOLERATED, Effect.TYPED_ERROR},
}
"""Wanted result → the correct effects."""


def classify(operation: Operation, call: Call) -> tuple[Effect, str]:
    """Return the effect of a call, and a description of the caller's result.

    Items are compared by their ids; the fidelity rules compare their fields.
    """
    match call.outcome:
        case Hung(why):
            return Effect.HANG, why
        case Raised(name, message, own):
            text = shorten(f"{name}: {message}" if message else name, 100)
            return (Effect.TYPED_ERROR if own else Effect.FOREIGN_ERROR), text
        case Read(items):
            result = f"{pluralize(len(items), 'item')} and no error"
            if call.scenario.wanted is Wanted.ERROR:
                return Effect.SILENT_CORRUPTION, result
            wanted = call.scenario.wanted
            problem = "" if wanted is Wanted.END else _compare_items(operation, call, items)
            return (Effect.SILENT_CORRUPTION, problem) if problem else (Effect.TOLERATED, result)


def is_correct(operation: Operation, call: Call) -> bool:
    """Return whether the effect of a call is a correct one."""
    return classify(operation, call)[0] in CORRECT[call.scenario.wanted]


def compare_read(operation: Operation, scenario: Scenario, outcome: Outcome) -> list[Difference]:
    """Return where the items of an outcome and the other fields differ from those that were sent.

    Locations are folded JSON Pointers into the body. If the numbers of items differ, that is the
    only difference.
    """
    if not isinstance(outcome, Read):
        return []
    if len(outcome.items) != len(scenario.items):
        text = _different_lengths(scenario.items, outcome.items)
        return [(list_location(operation), text)]
    schema, above = plain_item_schema(operation), item_location(operation)
    found = [
        (f"{above}{location}", problem)
        for sent, read in zip(scenario.items, outcome.items, strict=True)
        for location, problem in differences(schema, sent, read, stated=operation.thing_schema)
    ]
    for name, sent in scenario.fields.items():
        if name in outcome.fields:
            part = child(operation.response_schema, "properties", name)
            found += differences(part, sent, outcome.fields[name], (name,))
    return found


def _compare_items(operation: Operation, call: Call, items: Sequence[Any]) -> str:
    """Describe the first difference between items by their ids, or as wholes; else empty."""
    sent = call.scenario.items
    if len(sent) != len(items):
        return _different_lengths(sent, items)
    schema, above = plain_item_schema(operation), item_location(operation)
    where = operation.roles.id or ("/id" if "id" in schema.get("properties", {}) else None)
    for number, (one, other) in enumerate(zip(sent, items, strict=True)):
        if where is None:
            for place_, problem in differences(schema, one, other, stated=operation.thing_schema):
                if f"{above}{place_}" not in call.misread:
                    return f"item {number}{place_}: {problem}"
            continue
        due, given = resolve(one, where), resolve(other, where)
        if not is_same(due, given, place(schema, where).get("format", "")):
            return f"item {number} is {show(given)}, but {excerpt(due, 40)} was sent"
    return ""


def _different_lengths(sent: Sequence[Any], read: Sequence[Any]) -> str:
    verb = "was" if len(sent) == 1 else "were"
    return f"{pluralize(len(sent), 'item')} {verb} sent, {len(read)} read"
