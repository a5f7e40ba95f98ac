"""Request bodies for writes: documented, unusual and invalid ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import NAMESPACE_URL, uuid5
from zlib import crc32

from docpact.bodies.engine import is_valid
from docpact.cases.bounds import integers_within, lengths, sizes, types, values_outside
from docpact.cases.expressions import index_text
from docpact.cases.other_ends import order_fields
from docpact.cases.parts import put, remove
from docpact.cases.samples import Sampler
from docpact.errors import ContractError
from docpact.model import Schema
from docpact.model.path import snake_case
from docpact.model.pointer import Tokens, change_at, mapping_of, pointer, resolve
from docpact.model.schema import child, whole_place
from docpact.model.traversal import map_schema

MOST: Final = 6
"""Maximum number of bodies of one kind."""

_IDS: Final = 1_000_000
"""Numbers from which ids are chosen."""

LONG: Final = 300
"""Number of characters of a long text, more than many columns of databases take."""

SPARE: Final = 4
"""Number of characters by which it is shorter than allowed, for servers that put blanks around."""

ODD: Final = "caf\u00e9 \u65e5\u672c \U0001f9fe & 'x' \"y\""
"""Letters and signs that careless servers change."""

Variation: TypeAlias = Callable[[Schema, Any], list[Any]]
"""Returns other values for a field, given its schema and its value."""

_COUNTS: Final = (10**9, 10**6, 10**4, 10**3, 100, 10)
"""Numbers of texts of a pattern among which the mark chooses one."""


class Sent(NamedTuple):
    """A request body.

    Attributes:
        label: for people.
        body: decoded.
        field: the one field that makes it invalid or is left out; empty if there is none.
    """

    label: str
    body: Any
    field: str = ""


@dataclass(frozen=True, slots=True)
class _Marked(Sampler):
    """Writes texts that no other body has, so that created things can be recognized."""

    mark: str = ""

    def text(self, schema: Schema, path: Tokens) -> str:
        """Return a text that contains the mark, if the schema allows it."""
        least, most = lengths(schema)
        named = f"{path[-1] if path else 'text'} {self.mark}"
        short = self.mark[-(most or len(self.mark)) :]
        texts: dict[str | None, str] = {
            None: (named if most is None or len(named) <= most else short).ljust(least, "x"),
            "email": f"{self.mark}@example.com",
            "uri": f"https://example.com/{self.mark}",
            "uuid": str(uuid5(NAMESPACE_URL, self.mark)),
        }
        first = [text for name, text in texts.items() if name == schema.get("format")]
        others = list(texts.values()) if "pattern" in schema else []
        marked: Iterator[str] = chain(first, (short,), others, self._index(schema))
        valid = next((text for text in marked if is_valid(schema, text)), None)
        return Sampler.text(self, schema, path) if valid is None else valid

    def _index(self, schema: Schema) -> Iterator[str]:
        """Yield texts that a pattern allows, others for each mark as far as it has so many."""
        number = crc32(self.mark.encode())
        for count in _COUNTS if "pattern" in schema and self.mark else ():
            text = index_text(schema["pattern"], number % count, *lengths(schema))
            if text is not None:
                yield text

    def number(self, schema: Schema, path: Tokens) -> float:
        """Return a number; as an id one that no other body has, if the schema allows it."""
        usual = Sampler.number(self, schema, path)
        is_id = bool(path) and snake_case(str(path[-1])).rpartition("_")[2] == "id"
        other = crc32(self.mark.encode()) % _IDS
        return other if is_id and is_valid(schema, other) else usual


def with_values(schema: Schema, find: Callable[[str], Iterable[Any]]) -> Schema:
    """Return the schema of a body in which some fields have the best value that `find` returns."""

    def choose(part: Any) -> Any:
        named = part.get("properties") if isinstance(part, Mapping) else None
        if not isinstance(named, Mapping):
            return part
        chosen = {n: _choose_value(schema, stated, find(n)) for n, stated in named.items()}
        return {**part, "properties": chosen}

    found: Schema = map_schema(choose, schema)
    try:
        is_usable = found != schema and is_valid(schema, write_body(found, ""))
    except ContractError:
        return schema
    return found if is_usable else schema


def _choose_value(schema: Schema, field: Any, values: Iterable[Any]) -> Any:
    """Return the schema of a field that has the first valid value, or only that one in an array."""
    if not isinstance(field, Mapping):
        return field
    whole = {**field, "$defs": schema.get("$defs", {})}
    usable = (each for value in values for each in (value, [value]) if is_valid(whole, each))
    return next(({**field, "const": each} for each in usable), field)


def write_body(schema: Schema, mark: str, *, required_only: bool = False) -> Any:
    """Return a documented body; its free texts contain a mark.

    An optional `id` without the mark is left out: it may be that of a thing of someone else. The
    ends of each range are in order.

    Raises:
        ContractError: no sample can be made of the schema.
    """
    body = _Marked(required_only=required_only, mark=mark).start(schema)
    if isinstance(body, dict) and mark not in str(body.get("id", mark)):
        unnamed = remove("id")(body)
        body = unnamed if is_valid(schema, unnamed) else body
    if not is_valid(schema, body):
        raise ContractError("the request body", "docpact cannot make a value of its schema")
    return order_fields(body, partial(is_valid, schema))


def list_names(schema: Schema, body: Any, where: Tokens) -> tuple[list[str], list[str]]:
    """Return the names of the fields that an object in a body has, and of those it must have."""
    fields = resolve(body, pointer(where), default=None)
    names = [*fields] if isinstance(fields, Mapping) else []
    required = whole_place(schema, pointer(where)).get("required", ())
    return names, [name for name in names if name in required]


def partial_bodies(schema: Schema, mark: str, where: Tokens = ()) -> Iterator[Sent]:
    """Yield documented bodies without one optional field each, of the object at a path."""
    names, required = list_names(schema, write_body(schema, mark), where)
    optional = [name for name in names if name not in required]
    for number, name in enumerate(optional[:MOST]):
        other = write_body(schema, f"{mark}{number}")
        kept = change_at(other, where, remove(name))
        if is_valid(schema, kept):
            yield Sent(f"without {name}", kept, name)


def unusual_bodies(schema: Schema, mark: str, where: Tokens = ()) -> Iterator[Sent]:
    """Yield a documented body with low values, such as false and 0, and one with high values.

    The latter are the greatest numbers, the last values of enumerations, dates of the next year,
    several items, and long texts with letters and signs that a careless server drops, escapes or
    cuts off.
    """
    for label, change in (("low values", list_low), ("high values", _list_high)):
        body = write_body(schema, f"{mark}{label[0]}")
        changed = change_values(schema, body, change, where)
        if changed != body:
            yield Sent(label, changed)


def change_values(schema: Schema, body: Any, change: Variation, where: Tokens = ()) -> Any:
    """Return a body with the first of several other values of each field at a path."""
    whole = whole_place(schema, pointer(where))
    fields = resolve(body, pointer(where), default=None)
    for name, value in mapping_of(fields).items():
        named = name in whole.get("properties", {})
        stated = child(whole, "properties", name) if named else {}
        others = (other for other in change(stated, value) if is_valid(stated, other))
        for other in islice(others, 1):
            changed = change_at(body, (*where, name), put(other))
            body = changed if is_valid(schema, changed) else body
    return order_fields(body, partial(is_valid, schema), where)


def list_low(schema: Schema, value: Any) -> list[Any]:
    """Return the lowest documented value of a Boolean or a number."""
    if isinstance(value, bool):
        return [False]
    return [integers_within(schema)[0] or 0, 0] if isinstance(value, int | float) else []


def _list_high(schema: Schema, value: Any) -> list[Any]:
    """Return high values in place of one, the longest first."""
    if isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        return [most for most in [integers_within(schema)[1]] if most is not None]
    if isinstance(value, list):
        first = [each for each in value[:1] if isinstance(each, str)]
        return [[each, f"{each} 2", f"{each} 3"] for each in first]
    if "enum" in schema:
        return [schema["enum"][-1]]
    if schema.get("format") in ("date", "date-time") and isinstance(value, str):
        return [f"{int(value[:4]) + 1:04}{value[4:]}"]
    is_free = isinstance(value, str) and not schema.keys() & {"format", "pattern"}
    text = f"{value} {ODD}".ljust(LONG, "x") if is_free else ""
    most = (lengths(schema)[1] or LONG) - SPARE
    return [text[:most], text[: len(value) + len(ODD) + 1]] if text else []


def invalid_bodies(schema: Schema, mark: str, where: Tokens = ()) -> Iterator[Sent]:
    """Yield bodies that break the documentation in one field, even for a lenient server.

    It is a field of the whole body, or of the object at a path.
    """
    body = write_body(schema, mark)
    for at in dict.fromkeys(((), where)):
        whole, fields = whole_place(schema, pointer(at)), resolve(body, pointer(at), default=None)
        if isinstance(fields, dict):
            found = [*_without_required(whole, fields), *_with_wrong_values(whole, fields)]
            for wrong, most in ((found, 2 * MOST), (_with_wrong_arrays(whole, fields), MOST)):
                sent = (each._replace(body=change_at(body, at, put(each.body))) for each in wrong)
                yield from islice((e for e in sent if not is_valid(schema, e.body)), most)


def _without_required(schema: Schema, body: Mapping[str, Any]) -> Iterator[Sent]:
    for name in [each for each in schema.get("required", ()) if each in body][:MOST]:
        yield Sent(f"without the required {name}", remove(name)(body), name)


def _with_wrong_values(schema: Schema, body: Mapping[str, Any]) -> Iterator[Sent]:
    for name, value in body.items():
        if name not in schema.get("properties", {}) or value is None:
            continue
        field = child(schema, "properties", name)
        if "enum" in field:
            yield Sent(f"{name} not in enum", {**body, name: "docpact-unknown"}, name)
        elif value is not None:  # no server can read the wrong value as one of its type
            wrong = {"docpact": True} if isinstance(value, str) else "docpact"
            yield Sent(f"{name} of another type", {**body, name: wrong}, name)
        for keyword, outside in values_outside(field) if types(field) else ():
            yield Sent(f"{name} outside its {keyword}", {**body, name: outside}, name)


def _with_wrong_arrays(schema: Schema, body: Mapping[str, Any]) -> Iterator[Sent]:
    """Yield bodies with an array of a wrong length, with equal elements, or with a wrong object."""
    for name, array in body.items():
        if not isinstance(array, list) or not array or name not in schema.get("properties", {}):
            continue
        field = child(schema, "properties", name)
        for keyword, outside in _list_wrong_lengths(field, array):
            yield Sent(f"{name} outside its {keyword}", {**body, name: outside}, name)
        inner, first = child(field, "items") if "items" in field else {}, mapping_of(array[0])
        for wrong in (*_without_required(inner, first), *_with_wrong_values(inner, first)):
            label = f"{name} with an element {wrong.label}"
            yield Sent(label, {**body, name: [wrong.body, *array[1:]]}, name)


def _list_wrong_lengths(schema: Schema, array: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield keyword and array: one too short, one too long, and one with equal elements."""
    (least, most), first = sizes(schema), array[0]
    if least:
        yield "minItems", array[: least - 1]
    if most is not None and most < LONG:
        listed = child(schema, "items").get("enum", ()) if "items" in schema else ()
        texts = [f"{n}{first[len(str(n)) :]}" for n in range(most + 1) if isinstance(first, str)]
        texts = [*listed][: most + 1] if len(listed) > most else texts
        if texts or not schema.get("uniqueItems", False):
            yield "maxItems", texts or [first] * (most + 1)
    if schema.get("uniqueItems", False):
        yield "uniqueItems", [first, first]
