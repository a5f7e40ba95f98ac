"""The places of a census: each knows its part of the schema, and counts what comes there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from types import NoneType
from typing import Any, Final, TypeAlias

from docpact.bodies.decode import MAX_DEPTH
from docpact.bodies.validate import COUNTED, applies, below, validate
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import MAP, Schema, part
from docpact.text import excerpt

_EXAMPLES: Final[Mapping[type, Any]] = {
    str: "", int: 0, float: 0.5, bool: True, NoneType: None, list: [], dict: {},
}  # fmt: skip
_KINDS: Final[Mapping[str, type]] = {
    "string": str, "number": float, "integer": int, "boolean": bool, "array": list, "object": dict,
}  # fmt: skip

_NESTED: Final = (dict, list)

Values: TypeAlias = Sequence[Any]


class Odd(Exception):
    """A body that has to be looked at value by value."""


@dataclass(slots=True)
class Pass:
    """One walk through a body.

    Attributes:
        sign: 1 to count what is there, -1 to take it back.
        names: how many members the objects have together.
        shown: places with an enumeration, and the values that came there.
        judged, seen: what came of unions and maps, as `docpact.bodies.validate` tells it.
    """

    sign: int
    names: int = 0
    shown: list[tuple[Scalars, frozenset[Any]]] = field(default_factory=list)
    judged: Counter[str] = field(default_factory=Counter)
    seen: set[tuple[str, str]] = field(default_factory=set)


class Place:
    """Where values of one type come, or null.

    Attributes:
        schema: the part that speaks of them, with the `$defs` that it may refer to.
        path: where that stands.
        where: folded reference tokens.
        names: how many members the objects within each value have together, where they all have
            as many and nothing is open of them; None elsewhere. Such values are not looked into.
        is_plain: whether nothing is open of the values, null among them, but how many come.
    """

    __slots__ = (
        "_is_nullable",
        "_kind",
        "_nulls",
        "_values",
        "is_plain",
        "names",
        "path",
        "schema",
        "where",
    )

    def __init__(self, schema: Schema, path: Tokens, where: tuple[str, ...]) -> None:
        self.schema, self.path, self.where = schema, path, where
        self._kind, self._is_nullable = _kind(schema)[0], "null" in schema.get("type", ())
        self._values = self._nulls = 0
        self.names: int | None = None
        self.is_plain = False

    def add(self, values: Values, found: Pass) -> None:
        """Count the values that came here, and look into them.

        Raises:
            Odd: the body cannot be counted.
        """
        nulls = values.count(None) if self._is_nullable else 0
        self._nulls += found.sign * nulls
        self._values += found.sign * (len(values) - nulls)
        if self.names is not None:
            found.names += self.names * (len(values) - nulls)
        elif nulls < len(values):
            self._enter([each for each in values if each is not None] if nulls else values, found)

    def plus(self, number: int, found: Pass) -> None:
        """Count values that came to a place that is plain."""
        self._values += found.sign * number
        found.names += number * (self.names or 0)

    def came(self, number: int) -> None:
        """Take note how many values came in all to a place that is plain."""
        self._values, self._nulls = number, 0

    @property
    def types(self) -> Mapping[type, int]:
        """How many values of each type came; a null may count as a value where all is plain."""
        return {self._kind: self._values, NoneType: self._nulls}

    def walk(self) -> Iterator[Place]:
        """Yield this place and all within it."""
        yield self
        for inner in self._within():
            yield from inner.walk()

    def judged(self) -> Mapping[str, int]:
        """Return how many values each counted keyword speaks of, by its JSON Pointer."""
        return {
            pointer((*self.path, keyword)): sum(
                number for kind, number in self.types.items() if applies(keyword, _EXAMPLES[kind])
            )
            for keyword in self.schema
            if keyword in COUNTED
        }

    def seen(self) -> frozenset[tuple[str, str]]:
        """Return what came but null: the location, and each value that is enumerated."""
        came = any(number for kind, number in self.types.items() if kind is not NoneType)
        return frozenset([(pointer(self.where), "")] if came else [])

    def _settle(self, names: int) -> None:
        """Take note that nothing is open of the values; see `names`."""
        example = _EXAMPLES[self._kind]
        tells_null = self._is_nullable and any(
            applies(keyword, example) is not applies(keyword, None)
            for keyword in self.schema
            if keyword in COUNTED
        )
        self.names, self.is_plain = names, not tells_null

    def _enter(self, values: Values, found: Pass) -> None:
        """Look into values, one or more, none of them null."""

    def _within(self) -> Iterator[Place]:
        yield from ()


class Scalars(Place):
    """Where texts, numbers or booleans come; of texts perhaps some that are enumerated.

    They are looked at until each value that may be seen has come.
    """

    __slots__ = ("_shown", "_unseen")

    def __init__(self, schema: Schema, path: Tokens, where: tuple[str, ...]) -> None:
        super().__init__(schema, path, where)
        self._unseen = {each for each in schema.get("enum", [""]) if each is not None}
        self._shown = set[str]()

    def show(self, values: frozenset[str]) -> None:
        """Keep which values came: the enumerated ones, or an empty text for any value."""
        self._shown |= values
        self._unseen -= values
        if not self._unseen:
            self._settle(names=0)

    def seen(self) -> frozenset[tuple[str, str]]:
        """Return what came but null."""
        if "enum" not in self.schema:
            return super().seen()
        return frozenset((pointer(self.where), excerpt(value)) for value in self._shown)

    def _enter(self, values: Values, found: Pass) -> None:
        if self._unseen:
            found.shown.append((self, frozenset(values if "enum" in self.schema else [""])))


class Arrays(Place):
    """Where arrays come whose elements are documented."""

    __slots__ = ("_element",)

    def __init__(self, schema: Schema, path: Tokens, where: tuple[str, ...]) -> None:
        super().__init__(schema, path, where)
        self._element: Place | None = None

    @property
    def element(self) -> Place:
        """The place of their elements."""
        if self._element is None:
            schema, path = part(self.schema, "items", path=self.path)
            self._element = place(schema, path, (*self.where, "*"))
        return self._element

    def _enter(self, values: Values, found: Pass) -> None:
        element, number = self.element, sum(map(len, values))
        if element.is_plain:
            element.plus(number, found)
        elif number:
            element.add(list(chain.from_iterable(values)), found)

    def _within(self) -> Iterator[Place]:
        yield from [self._element] if self._element else []


class Objects(Place):
    """Where objects come whose fields are documented."""

    __slots__ = ("_fields", "_is_rigid", "_required")

    def __init__(self, schema: Schema, path: Tokens, where: tuple[str, ...]) -> None:
        super().__init__(schema, path, where)
        self._required = frozenset(schema.get("required", ()))
        self._is_rigid = self._required >= schema["properties"].keys()
        self._fields: Mapping[str, Place] = {}

    @property
    def fields(self) -> Mapping[str, Place]:
        """The places of the documented fields, made when the first object comes."""
        if not self._fields:
            self._fields = dict(self._made())
        return self._fields

    def _enter(self, values: Values, found: Pass) -> None:
        names = sum(map(len, values))
        found.names += names
        is_full = names == len(values) * len(self.fields)
        for name, inner in self.fields.items():
            if inner.is_plain:
                having = is_full or name in self._required
                inner.plus(len(values) if having else sum([name in o for o in values]), found)
                continue
            if is_full or name in self._required:
                column = [each[name] for each in values]
            else:
                column = [each[name] for each in values if name in each]
            if column:
                inner.add(column, found)
        if self.names is None and self._is_rigid:
            inner_names = [inner.names for inner in self.fields.values() if inner.is_plain]
            if len(inner_names) == len(self.fields):
                self._settle(names=sum(filter(None, inner_names), len(inner_names)))

    def _within(self) -> Iterator[Place]:
        for name, inner in self._fields.items():
            if inner.is_plain and name in self._required:
                inner.came(self._values)
            yield inner

    def _made(self) -> Iterator[tuple[str, Place]]:
        for name in self.schema["properties"]:
            schema, path = part(self.schema, "properties", name, path=self.path)
            yield name, place(schema, path, (*self.where, name))


class Loose(Place):
    """Where values come of which the schema says no more than which types they may have."""

    __slots__ = ("_types",)

    def __init__(self, schema: Schema, path: Tokens, where: tuple[str, ...]) -> None:
        super().__init__(schema, path, where)
        self._types = Counter[type]()

    def add(self, values: Values, found: Pass) -> None:
        """Count the values that came here, and the members of objects within."""
        for kind, number in Counter(map(type, values)).items():
            self._types[kind] += found.sign * number
        found.names += names_within(values, len(self.where) + 1)

    @property
    def types(self) -> Mapping[type, int]:
        """How many values of each type came."""
        return self._types


class Singles(Place):
    """Where values come that have to be looked at one by one: of unions and maps among others."""

    __slots__ = ()

    def add(self, values: Values, found: Pass) -> None:
        """Count what `docpact.bodies.validate` says of each value.

        Raises:
            Odd: one of them is not as documented.
        """
        at, location = pointer(self.path), pointer(self.where)
        for value in values:
            told = validate(self.schema, value)
            if told.violations or told.undocumented:
                raise Odd
            for where, number in told.judged.items():
                found.judged[below(at, where)] += number
            found.seen |= {(location + where, shown) for where, shown in told.seen}
            found.names += names_within([value], len(self.where) + 1)


def place(schema: Schema, path: Tokens, where: tuple[str, ...]) -> Place:
    """Return a place.

    Args:
        schema: the part that speaks of it, its reference followed, with its `$defs`.
        path: where that stands.
        where: folded reference tokens.

    Raises:
        Odd: it is deeper than a body may be nested.
    """
    if len(where) >= MAX_DEPTH:
        raise Odd
    return _form(schema)(schema, path, where)


def _form(schema: Schema) -> type[Place]:
    """Return the class of a schema's places."""
    kind, is_only = _kind(schema)
    has_parts = bool(schema.keys() & {"properties", "items"})
    is_texts = all(each is None or isinstance(each, str) for each in schema.get("enum", ()))
    if schema.keys() & {"anyOf", MAP} or not is_texts:
        return Singles
    if not is_only:
        return Singles if has_parts or "enum" in schema else Loose
    if kind is dict:
        return Objects if schema.get("properties") else Loose
    if kind is list:
        return Arrays if "items" in schema else Loose
    return Scalars


def _kind(schema: Schema) -> tuple[type, bool]:
    """Return one of the types that a schema allows beside null, and whether it is the only one."""
    stated = schema.get("type", ())
    names = [stated] if isinstance(stated, str) else list(stated)
    kinds = [_KINDS[name] for name in names if name != "null"]
    return (kinds[0], True) if len(kinds) == 1 else (NoneType, False)


def names_within(values: Values, depth: int) -> int:
    """Count the members of all objects in values of which the schema says nothing.

    Args:
        values: any.
        depth: how deep arrays and objects among them are nested.

    Raises:
        Odd: something in them is nested too deep.
    """
    names = 0
    while nested := [each for each in values if isinstance(each, _NESTED)]:
        if depth > MAX_DEPTH:
            raise Odd
        names += sum(len(each) for each in nested if isinstance(each, dict))
        values, depth = inner(nested), depth + 1
    return names


def inner(values: Values) -> Values:
    """Return what the arrays and objects among values hold."""
    return [
        each
        for nested in values
        if isinstance(nested, _NESTED)
        for each in (nested.values() if isinstance(nested, dict) else nested)
    ]
