"""Reading of an instance by columns: all values at one place of the documentation together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import itemgetter
from types import NoneType
from typing import Any, NamedTuple, TypeAlias

from docpact.bodies.contents import (
    Contents,
    Extra,
    Missing,
    PathOf,
    Values,
    count_types,
    elements_path,
    extend_path,
    field_path,
    pair_path,
)
from docpact.bodies.formats import NUMBERS
from docpact.bodies.places import (
    Condition,
    Folded,
    Subschema,
    known_pointer,
    list_conditions,
    list_field_steps,
    list_optional,
)
from docpact.limits import MAX_DEPTH
from docpact.model.pointer import Tokens
from docpact.model.schema import (
    MAP,
    Schema,
    applies,
    list_asserted,
    resolve_path,
    statements,
    with_definitions,
)
from docpact.text import excerpt

Described: TypeAlias = tuple[tuple[Subschema, ...], tuple[Subschema, ...]]
"""The schemas that describe all values at a place, and those that describe the values that satisfy
them."""


def list_counted(schema: Schema, kind: type) -> Iterator[str]:
    """Yield the keywords of a schema whose instances of a type are counted."""
    for keyword in (*list_asserted(schema), *(["properties"] if "properties" in schema else [])):
        if keyword == "format" and schema["format"] in NUMBERS:
            counted = kind in (int, float)
        elif kind is NoneType and keyword in ("enum", "const"):
            counted = None not in (schema["enum"] if keyword == "enum" else [schema["const"]])
        else:
            counted = applies(keyword, kind)
        if counted:
            yield keyword


class Column(NamedTuple):
    """The values at one place.

    Attributes:
        path_of: returns the path of the value with a number in the column.
    """

    values: Values
    path_of: PathOf
    contents: Contents

    def within(self, values: Values, path_of: PathOf) -> Column:
        """Return another column of the same contents."""
        return Column(values, path_of, self.contents)

    def only(self, numbers: Sequence[int]) -> Column:
        """Return some of the values."""
        values = [self.values[number] for number in numbers]
        return self.within(values, lambda number: self.path_of(numbers[number]))


class Node:
    """A place of the documentation: the schemas that describe it, and the places within it.

    Args:
        described: the schemas, their references not followed.
        folded: folded reference tokens of the place.
        relaxed: paths of the schemas whose missing properties are to be listed.
        settled: paths of the schemas whose branches are among the schemas already.
        is_unclear: whether the form of the values does not follow from the schemas.
    """

    def __init__(
        self,
        described: Described,
        folded: Folded,
        relaxed: Collection[Tokens],
        settled: frozenset[Tokens] = frozenset(),
        *,
        is_unclear: bool = False,
    ) -> None:
        parts, optional = described
        self._folded, self._relaxed = folded, relaxed
        self._settled, self._is_unclear = settled, is_unclear
        self._parts = parts
        found = {at: each for part in parts for each, at in statements(*part)}
        self._statements = [_Statement(each, at, folded, relaxed) for at, each in found.items()]
        self._conditions: Sequence[Condition] = [
            *(c for at, s in found.items() if at not in settled for c in list_conditions(s, at)),
            *list_optional(optional),
        ]
        self._resolved: dict[tuple[tuple[int, ...] | None, ...], Node] = {}
        self._nodes: dict[tuple[str, ...] | Tokens, Node] = {}
        schemas = [each.schema for each in self._statements]
        self._names = {name: None for each in schemas for name in each.get("properties", ())}
        self._has_further = any(
            each.keys() & {MAP, "patternProperties", "unevaluatedProperties"} for each in schemas
        )
        self._prefix = max((len(each.get("prefixItems", ())) for each in schemas), default=0)
        self._fields: dict[str, Node | None] = {}

    @property
    def is_described(self) -> bool:
        """Whether there is a schema for the values."""
        return bool(self._statements or self._conditions)

    def read(self, column: Column) -> None:
        """Add the values of a column to its contents."""
        if self._conditions:
            self._read_branches(column)
            return
        values, _, contents = column
        kinds = count_types(values)
        for each in self._statements:
            each.count(values, kinds, contents)
        if float in kinds:
            contents.check_floats(values)
        if dict in kinds:
            self._read_objects(column if len(kinds) == 1 else column.only(_numbers(values, dict)))
        if list in kinds:
            self._read_arrays(column if len(kinds) == 1 else column.only(_numbers(values, list)))

    def read_scalars(self, values: Values, contents: Contents) -> bool:
        """Add a column to the contents if no value has parts, and say whether it was added."""
        if self._conditions or len(self._statements) != 1:
            return False
        kinds = count_types(values)
        if dict in kinds or list in kinds:
            return False
        self._statements[0].count(values, kinds, contents)
        if float in kinds:
            contents.check_floats(values)
        return True

    def _read_branches(self, column: Column) -> None:
        """Read values of the same form together."""
        groups: dict[tuple[tuple[int, ...] | None, ...], list[int]] = {}
        for number, value in enumerate(column.values):
            chosen = tuple(each.choose(value) for each in self._conditions)
            groups.setdefault(chosen, []).append(number)
        for chosen, numbers in groups.items():
            if chosen not in self._resolved:
                self._resolved[chosen] = self._resolve(chosen)
            self._resolved[chosen].read(column if len(groups) == 1 else column.only(numbers))

    def _resolve(self, chosen: tuple[tuple[int, ...] | None, ...]) -> Node:
        """Return this place for values of one form."""
        pairs = [*zip(self._conditions, chosen, strict=True)]
        further = [each.parts[n] for each, numbers in pairs for n in numbers or ()]
        settled = self._settled | {each.path for each in self._statements}
        is_unclear = self._is_unclear or None in chosen
        parts = ((*self._parts, *further), ())
        return Node(parts, self._folded, self._relaxed, settled, is_unclear=is_unclear)

    def _read_arrays(self, column: Column) -> None:
        arrays, path_of, contents = column
        for number in range(self._prefix):
            some = [n for n, each in enumerate(arrays) if len(each) > number]
            paths = extend_path(path_of, some, number)
            self._read_elements(column, [arrays[n][number] for n in some], paths, number)
        first = self._prefix
        rest = [each[first:] for each in arrays] if first else arrays
        elements = [*chain.from_iterable(rest)]
        self._read_elements(column, elements, elements_path(path_of, rest, first), first)
        contents.is_exact &= len(self._folded) + 1 <= MAX_DEPTH

    def _read_elements(
        self, column: Column, elements: Values, path_of: PathOf, number: int
    ) -> None:
        if not elements:
            return
        folded = (*self._folded, "*")
        node = self._node(("*", number), folded, lambda: self._describe_element(number))
        if node is None:
            column.contents.scan(elements, len(folded) + 1)
        else:
            node.read(column.within(elements, path_of))

    def _describe_element(self, number: int) -> Described:
        found: list[Subschema] = []
        for each in self._statements:
            if number < len(each.schema.get("prefixItems", ())):
                found.append(each.part("prefixItems", number))
            elif "items" in each.schema:
                found.append(each.part("items"))
        if not found:
            found = [each.part("unevaluatedItems") for each in self._having("unevaluatedItems")]
        contained = tuple(each.part("contains") for each in self._having("contains"))
        return tuple(found), contained

    def _having(self, keyword: str) -> Iterator[_Statement]:
        yield from (s for s in self._statements if isinstance(s.schema.get(keyword), Mapping))

    def _read_objects(self, column: Column) -> None:
        objects, path_of, contents = column
        fields = {name: _read_field(objects, name) for name in self._names}
        for each in self._statements:
            each.list_missing(column, fields)
        contents.is_exact &= len(self._folded) + 1 <= MAX_DEPTH
        total = sum(map(len, objects))
        contents.names += total
        if sum(map(len, fields.values())) < total:
            self._read_further(column)
        for name, values in fields.items():
            if not values:
                continue
            node = self._field(name)
            if not node.read_scalars(values, contents):
                node.read(column.within(values, field_path(path_of, objects, name)))

    def _field(self, name: str) -> Node:
        found = self._fields.get(name)
        if found is None:
            parts = self._describe_field(name)
            found = self._fields[name] = Node((parts, ()), (*self._folded, name), self._relaxed)
        return found

    def _describe_field(self, name: str) -> tuple[Subschema, ...]:
        found: list[Subschema] = []
        for each in self._statements:
            found += [each.part(*names) for names in list_field_steps(each.schema, name)]
        if not found:
            keyword = "unevaluatedProperties"
            found = [each.part(keyword) for each in self._having(keyword)]
        return tuple(found)

    def _read_further(self, column: Column) -> None:
        """Add the fields that no `properties` names."""
        objects, path_of, contents = column
        numbers: dict[str, list[int]] = {}
        for number, each in enumerate(objects):
            for name in (name for name in each if name not in self._names):  # in one order
                numbers.setdefault(name, []).append(number)
        groups: dict[tuple[Tokens, ...], list[tuple[int, str]]] = {}
        described: dict[tuple[Tokens, ...], tuple[Subschema, ...]] = {}
        unnamed: list[str] = []
        for name, some in numbers.items():
            parts = self._describe_field(name) if self._has_further else ()
            key = tuple(at for _, at in parts)
            described[key] = parts
            groups.setdefault(key, []).extend((number, name) for number in some)
            if not parts and self._listing and self._is_undocumented(name):
                unnamed.append(name)
        for name in contents.choose_extras(unnamed):
            contents.extras.append(self._make_extra(column, name, numbers[name]))
        for key, found in groups.items():
            values = [objects[number][name] for number, name in found]
            if not key:
                contents.scan(values, len(self._folded) + 2)
                continue
            node = self._node(key, (*self._folded, "*"), lambda key=key: (described[key], ()))
            if node is not None:
                paths = pair_path(path_of, found)
                node.read(column.within(values, paths))

    @cached_property
    def _listing(self) -> _Statement | None:
        """The first schema that names fields."""
        return next((each for each in self._statements if "properties" in each.schema), None)

    def _is_undocumented(self, name: str) -> bool:
        """Return whether no schema here documents a field."""
        return not self._is_unclear and not any(each.documents(name) for each in self._statements)

    def _make_extra(self, column: Column, name: str, numbers: Sequence[int]) -> Extra:
        objects, path_of, _ = column
        where = (*self._listing.path, "properties") if self._listing else ()
        values = [objects[number][name] for number in numbers]
        return Extra(where, (*self._folded, name), values, extend_path(path_of, numbers, name))

    def _node(self, key: Any, folded: Folded, describe: Any) -> Node | None:
        """Return the place within this one for a key, or None if nothing describes it."""
        if key not in self._nodes:
            parts, optional = describe()
            self._nodes[key] = Node((parts, optional), folded, self._relaxed)
        found = self._nodes[key]
        return found if found.is_described else None


class _Statement:
    """One of the schemas that describe a place."""

    def __init__(
        self, schema: Schema, path: Tokens, folded: Folded, relaxed: Collection[Tokens]
    ) -> None:
        self.schema, self.path = schema, path
        self._folded = folded
        self._location = known_pointer(folded)
        self._seen, self._is_enum = (self._location, ""), "enum" in schema
        self._keywords: dict[type, Sequence[str]] = {}
        self._required = [*enumerate(schema.get("required", ()))] if path in relaxed else []

    @cached_property
    def _named(self) -> frozenset[str]:
        """The names that keywords other than `properties` state."""
        dependent = self.schema.get("dependentRequired", {})
        names = frozenset(self.schema.get("required", ()))
        return names.union(dependent, *dependent.values(), self.schema.get("dependentSchemas", ()))

    def documents(self, name: str) -> bool:
        """Return whether an object may have a field of a name that has no schema."""
        if self.schema.keys() & {MAP, "unevaluatedProperties", "enum", "const"}:
            return True
        return name in self._named

    def part(self, *names: str | int) -> Subschema:
        """Return a part of the schema."""
        inner = with_definitions(self.schema, resolve_path(self.schema, names))
        return inner, (*self.path, *names)

    def count(self, values: Values, kinds: Mapping[type, int], contents: Contents) -> None:
        """Count values for each keyword, and note the values seen."""
        counts = contents.counts
        for kind, number in kinds.items():
            for keyword in self._list_counted(kind):
                counts[keyword] = counts.get(keyword, 0) + number
        self._note_seen(values, kinds, contents)

    def list_missing(self, column: Column, fields: Mapping[str, Values]) -> None:
        """List the objects without a required property, if there are any."""
        objects, path_of, contents = column
        for index, name in self._required:
            if len(fields.get(name, ())) == len(objects):
                continue
            if numbers := [n for n, each in enumerate(objects) if name not in each]:
                where, folded = (*self.path, "required", index), (*self._folded, name)
                found = Missing(where, folded, len(numbers), extend_path(path_of, numbers, name))
                contents.missing.append(found)

    def _list_counted(self, kind: type) -> Sequence[str]:
        """Return the JSON Pointers of the counted keywords that constrain values of a type."""
        if kind not in self._keywords:
            self._keywords[kind] = [
                known_pointer((*self.path, keyword)) for keyword in list_counted(self.schema, kind)
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


def _read_field(objects: Values, name: str) -> Values:
    try:
        return [*map(itemgetter(name), objects)]
    except KeyError:
        return [each[name] for each in objects if name in each]


def _numbers(values: Values, kind: type) -> list[int]:
    return [number for number, each in enumerate(values) if isinstance(each, kind)]
