"""Counts of documented bodies, read by columns: all values at one place together.

A place whose values can show nothing new is no longer looked into: only their number counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from types import NoneType
from typing import Any, Final

from docpact.bodies.columns import Column, Node, list_counted
from docpact.bodies.contents import Contents, Values
from docpact.limits import MAX_DEPTH
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import MAP, SIMPLE, Schema, list_types, statements, with_definitions
from docpact.text import excerpt

_KINDS: Final[Mapping[str, type]] = {
    "string": str, "number": float, "integer": int, "boolean": bool, "array": list, "object": dict,
}  # fmt: skip


class CannotCount(Exception):
    """A body has to be validated by itself."""


class Counts:
    """Counts bodies that conform to a schema and have only documented fields."""

    def __init__(self, schema: Schema) -> None:
        self._root = _make_place(schema, (), ())
        self._counts = Counter[str]()
        self._seen = set[tuple[str, str]]()

    def add(self, values: Values, names: int) -> bool:
        """Count bodies, and say whether it was possible; if not, none of them counts.

        Args:
            values: the decoded bodies.
            names: how many members the objects have together as they were sent, or more.
        """
        batch = _Batch(1)
        try:
            self._root.add(values, batch)
        except CannotCount:
            self._take_back(values)
            return False
        if batch.names < names:  # an object has a name twice
            self._take_back(values)
            return False
        for place, enumerated in batch.enumerated:
            place.note(enumerated)
        self._counts += batch.counts
        self._seen |= batch.seen
        return True

    @property
    def counts(self) -> Mapping[str, int]:
        """The number of values that each keyword constrains, by JSON Pointer."""
        counts = Counter(self._counts)
        for place in self._root.list_places():
            counts.update(place.counts())
        return +counts

    @property
    def seen(self) -> frozenset[tuple[str, str]]:
        """See `docpact.bodies.validate.Validation`."""
        return frozenset(self._seen).union(*(each.seen() for each in self._root.list_places()))

    def _take_back(self, values: Values) -> None:
        with suppress(CannotCount):
            self._root.add(values, _Batch(-1))


@dataclass(slots=True)
class _Batch:
    """Bodies that are being counted.

    Attributes:
        sign: 1 to count them, -1 to take them back.
        names: how many members the objects have together.
        enumerated: places with an `enum`, and the values there.
        counts, seen: of unions and maps.
    """

    sign: int
    names: int = 0
    enumerated: list[tuple[_Scalars, frozenset[Any]]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    seen: set[tuple[str, str]] = field(default_factory=set)


class _Place:
    """A place of values of one type, or null.

    Attributes:
        schema: that describes them, with the `$defs` that it may refer to.
        path: reference tokens of the schema.
        folded: folded reference tokens of the place.
        names: how many members the objects in each value have together, if it is the same number
            for each and the values can show nothing new; else None.
        is_settled: whether only the number of values matters, nulls included.
    """

    __slots__ = (
        "_is_nullable", "_kind", "_nulls", "_values", "folded", "is_settled", "names", "path",
        "schema",
    )  # fmt: skip

    def __init__(self, schema: Schema, path: Tokens, folded: tuple[str, ...]) -> None:
        self.schema, self.path, self.folded = schema, path, folded
        self._kind, self._is_nullable = _only_kind(schema)[0], "null" in schema.get("type", ())
        self._values = self._nulls = 0
        self.names: int | None = None
        self.is_settled = False

    def add(self, values: Values, batch: _Batch) -> None:
        """Count values, and look into them; raise CannotCount if the body cannot be counted."""
        nulls = values.count(None) if self._is_nullable else 0
        self._nulls += batch.sign * nulls
        self._values += batch.sign * (len(values) - nulls)
        if self.names is not None:
            batch.names += self.names * (len(values) - nulls)
        elif nulls < len(values):
            self._enter([each for each in values if each is not None] if nulls else values, batch)

    def add_number(self, number: int, batch: _Batch) -> None:
        """Count values of a settled place."""
        self._values += batch.sign * number
        batch.names += number * (self.names or 0)

    def set_number(self, number: int) -> None:
        """Set the total number of values of a settled place."""
        self._values, self._nulls = number, 0

    def list_places(self) -> Iterator[_Place]:
        """Yield this place and all within it."""
        yield self
        for each in self._inner():
            yield from each.list_places()

    def types(self) -> Mapping[type, int]:
        """Return the number of values of each type; a null of a settled place may be a value."""
        return {self._kind: self._values, NoneType: self._nulls}

    def counts(self) -> Mapping[str, int]:
        """Return the number of values that each counted keyword constrains, by JSON Pointer."""
        types = self.types().items()
        return {
            pointer((*self.path, keyword)): sum(
                number for kind, number in types if keyword in list_counted(self.schema, kind)
            )
            for keyword in list_counted(self.schema)
        }

    def seen(self) -> frozenset[tuple[str, str]]:
        """Return the location if there was a value except null, and each enumerated value."""
        is_seen = any(number for kind, number in self.types().items() if kind is not NoneType)
        return frozenset([(pointer(self.folded), "")] if is_seen else [])

    def _settle(self, names: int) -> None:
        """Note that the values can show nothing new; see `names`."""
        kind = self._kind
        counted, of_null = ([*list_counted(self.schema, each)] for each in (kind, NoneType))
        tells_null = self._is_nullable and counted != of_null
        self.names, self.is_settled = names, not tells_null

    def _enter(self, values: Values, batch: _Batch) -> None:
        """Look into values, one or more, none of them null."""

    def _inner(self) -> Iterator[_Place]:
        yield from ()


class _Scalars(_Place):
    """A place of scalars, looked at until each `enum` value, or else any value, was seen."""

    __slots__ = ("_noted", "_unseen")

    def __init__(self, schema: Schema, path: Tokens, folded: tuple[str, ...]) -> None:
        super().__init__(schema, path, folded)
        self._unseen = {each for each in schema.get("enum", [""]) if each is not None}
        self._noted = set[str]()

    def note(self, values: frozenset[str]) -> None:
        """Note which values were seen: enumerated ones, or an empty string for any."""
        self._noted |= values
        self._unseen -= values
        if not self._unseen:
            self._settle(names=0)

    def seen(self) -> frozenset[tuple[str, str]]:
        """Return the values seen; see `_Place`."""
        if "enum" not in self.schema:
            return super().seen()
        return frozenset((pointer(self.folded), excerpt(value)) for value in self._noted)

    def _enter(self, values: Values, batch: _Batch) -> None:
        if self._unseen:
            batch.enumerated.append((self, frozenset(values if "enum" in self.schema else [""])))


class _Arrays(_Place):
    """A place of arrays with documented elements."""

    __slots__ = ("_element",)

    def __init__(self, schema: Schema, path: Tokens, folded: tuple[str, ...]) -> None:
        super().__init__(schema, path, folded)
        self._element: _Place | None = None

    def _enter(self, values: Values, batch: _Batch) -> None:
        if self._element is None:
            schema = with_definitions(self.schema, self.schema["items"])
            self._element = _make_place(schema, (*self.path, "items"), (*self.folded, "*"))
        number = sum(map(len, values))
        if self._element.is_settled:
            self._element.add_number(number, batch)
        elif number:
            self._element.add(list(chain.from_iterable(values)), batch)

    def _inner(self) -> Iterator[_Place]:
        yield from [self._element] if self._element else []


class _Objects(_Place):
    """A place of objects with documented fields."""

    __slots__ = ("_fields", "_is_rigid", "_required")

    def __init__(self, schema: Schema, path: Tokens, folded: tuple[str, ...]) -> None:
        super().__init__(schema, path, folded)
        self._required = frozenset(schema.get("required", ()))
        self._is_rigid = self._required >= schema["properties"].keys()
        self._fields: Mapping[str, _Place] = {}

    def _enter(self, values: Values, batch: _Batch) -> None:
        if not self._fields:
            self._fields = dict(self._make_fields())
        names = sum(map(len, values))
        batch.names += names
        is_full = names == len(values) * len(self._fields)
        for name, place in self._fields.items():
            is_in_all = is_full or name in self._required
            if place.is_settled:
                place.add_number(
                    len(values) if is_in_all else sum([name in o for o in values]), batch
                )
            elif is_in_all:
                place.add([each[name] for each in values], batch)
            elif column := [each[name] for each in values if name in each]:
                place.add(column, batch)
        if self.names is None and self._is_rigid:
            inner = [place.names for place in self._fields.values() if place.is_settled]
            if len(inner) == len(self._fields):
                self._settle(names=sum(filter(None, inner), len(inner)))

    def _inner(self) -> Iterator[_Place]:
        for name, place in self._fields.items():
            if place.is_settled and name in self._required:
                place.set_number(self._values)
            yield place

    def _make_fields(self) -> Iterator[tuple[str, _Place]]:
        for name, stated in self.schema["properties"].items():
            schema = with_definitions(self.schema, stated)
            path = (*self.path, "properties", name)
            yield name, _make_place(schema, path, (*self.folded, name))


class _General(_Place):
    """A place of any other values, of unions and maps among others."""

    __slots__ = ("_node",)

    def __init__(self, schema: Schema, path: Tokens, folded: tuple[str, ...]) -> None:
        super().__init__(schema, path, folded)
        self._node = Node((((schema, path),), ()), folded, ())

    def add(self, values: Values, batch: _Batch) -> None:
        """Count values; raise CannotCount if one of them has an undocumented field."""
        contents = Contents()
        self._node.read(Column(values, lambda number: (number,), contents))
        if contents.extras or not contents.is_exact:
            raise CannotCount
        batch.counts.update(contents.counts)
        batch.seen |= contents.seen
        batch.names += contents.names

    def counts(self) -> Mapping[str, int]:
        """Return nothing: the batches have the counts."""
        return {}

    def seen(self) -> frozenset[tuple[str, str]]:
        """Return nothing: the batches have the values seen."""
        return frozenset()


def _make_place(stated: Schema, path: Tokens, folded: tuple[str, ...]) -> _Place:
    """Return a place: `stated` keeps its reference, and the path in the body is folded.

    Raises:
        CannotCount: it is deeper than a body may be nested.
    """
    if len(folded) >= MAX_DEPTH:
        raise CannotCount
    (schema, at), *others = [*statements(stated, path)] or [({}, path)]
    if others:
        return _General(stated, path, folded)
    return _choose_class(schema)(schema, at, folded)


def _choose_class(schema: Schema) -> type[_Place]:
    kind, is_only = _only_kind(schema)
    is_of_strings = all(each is None or isinstance(each, str) for each in schema.get("enum", ()))
    is_simple = schema.keys() <= SIMPLE - {"anyOf", MAP}
    if not is_only or not is_simple or not is_of_strings:
        return _General
    if kind is dict:
        return _Objects if schema.get("properties") else _General
    if kind is list:
        return _Arrays if "items" in schema else _General
    return _Scalars


def _only_kind(schema: Schema) -> tuple[type, bool]:
    """Return a type that a schema allows beside null, and whether it is the only one."""
    kinds = [_KINDS[name] for name in list_types(schema) if name != "null"]
    return (kinds[0], True) if len(kinds) == 1 else (NoneType, False)
