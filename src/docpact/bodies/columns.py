"""Reading of an instance by columns: all values at one place of the documentation together."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain
from operator import itemgetter
from types import NoneType
from typing import Any, Final, NamedTuple

from docpact.bodies.contents import Contents, Extra, Missing, PathOf, Values
from docpact.bodies.decode import MAX_DEPTH
from docpact.bodies.places import Folded, known_pointer
from docpact.bodies.unions import Union
from docpact.model.pointer import Tokens
from docpact.model.schema import ASSERTIONS, MAP, Schema, applies, statements, with_definitions
from docpact.text import excerpt

COUNTED: Final = ASSERTIONS | {"properties"}
"""Keywords whose instances are counted."""

_JSON_TYPES: Final = frozenset({NoneType, bool, int, float, str, list, dict})


class Column(NamedTuple):
    """The values at one place.

    Attributes:
        values: one or more.
        path_of: returns the path of the value with a number in the column.
        contents: to add to.
        is_counted: whether to count the names of members.
    """

    values: Values
    path_of: PathOf
    contents: Contents
    is_counted: bool = True

    def within(self, values: Values, path_of: PathOf) -> Column:
        """Return another column of the same contents."""
        return Column(values, path_of, self.contents, self.is_counted)

    def only(self, numbers: Sequence[int]) -> Column:
        """Return some of the values."""
        values = [self.values[number] for number in numbers]
        return self.within(values, lambda number: self.path_of(numbers[number]))


class Node:
    """A place of the documentation: the schemas that describe it, and the places within it.

    Args:
        stated: the schema, its reference not followed, with the `$defs` that it may refer to.
        path: reference tokens of the schema.
        folded: folded reference tokens of the place.
        relaxed: paths of the schemas whose missing properties are to be listed.
    """

    def __init__(
        self, stated: Schema, path: Tokens, folded: Folded, relaxed: Collection[Tokens]
    ) -> None:
        self._folded = folded
        self._statements = [
            _Statement(schema, at, folded, relaxed) for schema, at in statements(stated, path)
        ]
        self._is_simple = len(self._statements) == 1 and "anyOf" not in self._statements[0].schema

    def read(self, column: Column, *, is_member: bool = False) -> None:
        """Add the values of a column to its contents.

        Args:
            column: of this place.
            is_member: whether the place is a member of a union; the union then lists the fields
                that are not documented.
        """
        values, path_of, contents, is_counted = column
        kinds = _count_types(values)
        if is_counted and not self._is_simple:
            contents.scan(values, len(self._folded) + 1)
            column = Column(values, path_of, contents, is_counted=False)
        lists_extras = self._is_simple and not is_member
        for each in self._statements:
            each.read(column, kinds, lists_extras=lists_extras)
        if not self._is_simple and not is_member and dict in kinds:
            self._list_extras(column)

    def read_scalars(self, values: Values, contents: Contents) -> bool:
        """Add a column to the contents if no value has parts, and say whether it was added."""
        if not self._is_simple:
            return False
        kinds = _count_types(values)
        if dict in kinds or list in kinds:
            return False
        self._statements[0].count(values, kinds, contents)
        return True

    def list_named(self, value: Any) -> Iterator[tuple[Tokens, Collection[str] | None]]:
        """Yield each `properties` that describes an object, and the names; None for any name."""
        for each in self._statements:
            schema, where = each.schema, (*each.path, "properties")
            if MAP in schema:
                yield where, None
            elif "properties" in schema:
                yield where, schema["properties"]
            if "anyOf" in schema:
                number = each.union.nearest(value)
                if number is None:
                    yield where, None
                else:
                    yield from each.member(number).list_named(value)

    def _list_extras(self, column: Column) -> None:
        """List fields that neither a schema here nor the nearest member of a union names."""
        for number, value in enumerate(column.values):
            named = [*self.list_named(value)] if isinstance(value, dict) else []
            if not named or any(names is None for _, names in named):
                continue
            known = {name for _, names in named for name in names or ()}
            for name, each in value.items():
                if name not in known:
                    path_of = _find_named(column.path_of, [number], name)
                    extra = Extra(named[0][0], (*self._folded, name), [each], path_of)
                    column.contents.extras.append(extra)


class _Statement:
    """One of the schemas that describe a place."""

    def __init__(
        self, schema: Schema, path: Tokens, folded: Folded, relaxed: Collection[Tokens]
    ) -> None:
        self.schema, self.path = schema, path
        self._folded, self._relaxed = folded, relaxed
        self._location = known_pointer(folded)
        self._seen, self._is_enum = (self._location, ""), "enum" in schema
        self._nodes: dict[Tokens, Node] = {}
        self._keywords: dict[type, Sequence[str]] = {}
        self._names: Collection[str] = schema.get("properties", {}).keys()
        self._has_names = "properties" in schema
        self._is_map = isinstance(schema.get(MAP), Mapping)
        self._required = [*enumerate(schema.get("required", ()))] if path in relaxed else []

    @cached_property
    def union(self) -> Union:
        """The members of the union."""
        return Union(self.schema)

    def member(self, number: int) -> Node:
        """Return the place as a member of the union describes it."""
        return self._node(("anyOf", number), self._folded)

    def read(self, column: Column, kinds: Mapping[type, int], *, lists_extras: bool) -> None:
        """Add the values of a column, of these types, to its contents."""
        values, _, contents, _ = column
        self.count(values, kinds, contents)
        if "anyOf" in self.schema:
            self._read_members(column)
        if dict in kinds:
            objects = column if len(kinds) == 1 else column.only(_numbers(values, dict))
            self._read_objects(objects, lists_extras=lists_extras)
        if list in kinds:
            self._read_arrays(column if len(kinds) == 1 else column.only(_numbers(values, list)))

    def count(self, values: Values, kinds: Mapping[type, int], contents: Contents) -> None:
        """Count values for each keyword, and note what they show."""
        counts = contents.counts
        for kind, number in kinds.items():
            for keyword in self._list_counted(kind):
                counts[keyword] = counts.get(keyword, 0) + number
        self._note_seen(values, kinds, contents)
        if float in kinds:
            contents.check_floats(values)

    def _list_counted(self, kind: type) -> Sequence[str]:
        """Return the JSON Pointers of the counted keywords that constrain values of a type."""
        if kind not in self._keywords:
            self._keywords[kind] = [
                known_pointer((*self.path, keyword))
                for keyword in self.schema
                if keyword in COUNTED and applies(keyword, kind)
            ]
        return self._keywords[kind]

    def _note_seen(self, values: Values, kinds: Mapping[type, int], contents: Contents) -> None:
        if len(kinds) == 1 and NoneType in kinds:
            return
        if not self._is_enum:
            contents.seen.add(self._seen)
            return
        different = values if dict in kinds or list in kinds else set(values)
        for each in different:
            if each is not None:
                contents.seen.add((self._location, excerpt(each)))

    def _read_members(self, column: Column) -> None:
        numbers: dict[int, list[int]] = {}
        for number, value in enumerate(column.values):
            member = self.union.nearest(value)
            if member is not None:
                numbers.setdefault(member, []).append(number)
        for member, some in numbers.items():
            self.member(member).read(column.only(some), is_member=True)

    def _read_arrays(self, column: Column) -> None:
        depth = len(self._folded) + 1
        arrays, path_of, contents, is_counted = column
        if "items" in self.schema:
            contents.is_exact &= depth <= MAX_DEPTH
            if elements := [*chain.from_iterable(arrays)]:
                node = self._node(("items",), (*self._folded, "*"))
                node.read(column.within(elements, _find_elements(path_of, arrays)))
        elif is_counted:
            contents.scan(arrays, depth)

    def _read_objects(self, column: Column, *, lists_extras: bool) -> None:
        depth = len(self._folded) + 1
        objects, path_of, contents, is_counted = column
        fields = {name: _read_field(objects, name) for name in self._names}
        for index, name in self._required:
            if len(fields.get(name, ())) < len(objects):
                self._list_missing(column, index, name)
        if not self._has_names and not self._is_map:
            if is_counted:
                contents.scan(objects, depth)
            return
        contents.is_exact &= depth <= MAX_DEPTH
        total = sum(map(len, objects))
        if is_counted:
            contents.names += total
        if sum(map(len, fields.values())) < total:
            self._read_further(column, lists_extras=lists_extras)
        for name, values in fields.items():
            if not values:
                continue
            node = self._node(("properties", name), (*self._folded, name))
            if not node.read_scalars(values, contents):
                node.read(column.within(values, _find_fields(path_of, objects, name)))

    def _list_missing(self, column: Column, index: int, name: str) -> None:
        """List the objects without a required property, if there are any."""
        objects, path_of, contents, _ = column
        if numbers := [n for n, each in enumerate(objects) if name not in each]:
            where, folded = (*self.path, "required", index), (*self._folded, name)
            found = Missing(where, folded, len(numbers), _find_named(path_of, numbers, name))
            contents.missing.append(found)

    def _read_further(self, column: Column, *, lists_extras: bool) -> None:
        """Add the fields that `properties` does not name."""
        objects, path_of, contents, is_counted = column
        found = [
            (number, name)
            for number, each in enumerate(objects)
            for name in each.keys() - self._names
        ]
        if self._is_map:
            node = self._node((MAP,), (*self._folded, "*"))
            values = [objects[number][name] for number, name in found]
            node.read(column.within(values, lambda at: (*path_of(found[at][0]), found[at][1])))
            return
        numbers: dict[str, list[int]] = {}
        for number, name in found:
            numbers.setdefault(name, []).append(number)
        for name, some in numbers.items():
            values = [objects[number][name] for number in some]
            if is_counted:
                contents.scan(values, len(self._folded) + 2)
            if lists_extras and MAP not in self.schema:
                where, folded = (*self.path, "properties"), (*self._folded, name)
                paths = _find_named(path_of, some, name)
                contents.extras.append(Extra(where, folded, values, paths))

    def _node(self, names: Tokens, folded: Folded) -> Node:
        """Return the place that a part of the schema describes, made when a value needs it."""
        if names not in self._nodes:
            stated: Any = self.schema
            for name in names:
                stated = stated[name]
            stated = with_definitions(self.schema, stated)
            self._nodes[names] = Node(stated, (*self.path, *names), folded, self._relaxed)
        return self._nodes[names]


def _count_types(values: Values) -> Mapping[type, int]:
    """Count the types of values, which are mostly all alike."""
    if len(values) == 1 and type(values[0]) in _JSON_TYPES:
        return {type(values[0]): 1}
    kinds = set(map(type, values))
    if not kinds <= _JSON_TYPES:
        return Counter(map(_json_type, values))
    if len(kinds) == 1:
        return dict.fromkeys(kinds, len(values))
    if len(kinds) == 2 and NoneType in kinds:
        (kind,) = kinds - {NoneType}
        nulls = values.count(None)
        return {kind: len(values) - nulls, NoneType: nulls}
    return Counter(map(type, values))


def _read_field(objects: Values, name: str) -> Values:
    """Return the values of a field, which most objects have."""
    try:
        return [*map(itemgetter(name), objects)]
    except KeyError:
        return [each[name] for each in objects if name in each]


def _json_type(value: Any) -> type:
    """Return the type that JSON is decoded to, for values of subclasses too."""
    kinds = (bool, int, float, str, list, dict)
    return next((each for each in kinds if isinstance(value, each)), NoneType)


def _numbers(values: Values, kind: type) -> list[int]:
    return [number for number, each in enumerate(values) if isinstance(each, kind)]


def _find_named(path_of: PathOf, numbers: Sequence[int], name: str) -> PathOf:
    """Return the function that returns the path of a field of some objects."""
    return lambda number: (*path_of(numbers[number]), name)


def _find_fields(path_of: PathOf, objects: Values, name: str) -> PathOf:
    """Return the function that returns the path of a field, given those of all objects."""
    numbers: list[int] = []

    def find(number: int) -> Tokens:
        if not numbers:
            numbers.extend(n for n, each in enumerate(objects) if name in each)
        return (*path_of(numbers[number]), name)

    return find


def _find_elements(path_of: PathOf, arrays: Values) -> PathOf:
    """Return the function that returns the path of an element, given those of all arrays."""
    ends = [*accumulate(map(len, arrays))]

    def find(number: int) -> Tokens:
        array = bisect_right(ends, number)
        return (*path_of(array), number - (ends[array] - len(arrays[array])))

    return find
