"""Elements of one schema compared with it: what some lack, have beside, or have broken."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import compress
from operator import not_
from typing import Any, Final, NamedTuple, Self, TypeAlias

from docpact.audit.compiled import IsValid, closed, compiled, keywords
from docpact.bodies.validate import Validation, validate, with_definitions, within
from docpact.model.pointer import Tokens, pointer
from docpact.model.schema import MAP, Schema, part

VARIANTS: Final = 64
"""How many sets of fields that are left out are told apart."""

_TOGETHER: Final = 8
"""How many elements are validated at once; where one of them is not valid, one by one."""

_SHORT: Final = 1000
"""A value of no more characters of JSON is inspected once however often it comes."""

Beside: TypeAlias = tuple[Tokens, tuple[str, ...]]
"""Where the fields are stated that a field is not among, and its folded reference tokens."""


class Column(NamedTuple):
    """Values of several elements.

    Attributes:
        numbers: of the elements.
        values: of each of those one.
    """

    numbers: list[int]
    values: list[Any]

    @classmethod
    def empty(cls) -> Self:
        """Return the values of no element."""
        return cls([], [])

    def add(self, number: int, value: Any) -> None:
        """Add a value of an element."""
        self.numbers.append(number)
        self.values.append(value)


class Broken(NamedTuple):
    """A field of an element that does not keep its schema.

    Attributes:
        number: of the element.
        value: of the field.
        validation: of the value, its pointers but for those of instances written into the whole.
    """

    number: int
    value: Any
    validation: Validation


@dataclass(slots=True)
class Compared:
    """What elements come down to.

    Attributes:
        valid: required fields that are left out → elements that are documented but for those.
        missing: required field → numbers of the elements without it.
        extras: fields that are not documented, at any depth.
        broken: fields that do not keep their schemas.
        odd: numbers of the elements of which nothing of this is told.
    """

    valid: dict[frozenset[str], list[Any]] = field(default_factory=lambda: defaultdict(list))
    missing: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    extras: dict[Beside, Column] = field(default_factory=lambda: defaultdict(Column.empty))
    broken: list[Broken] = field(default_factory=list)
    odd: list[int] = field(default_factory=list)


class Elements:
    """Compares elements of one schema.

    Attributes:
        name: of the property at the top whose elements they are; None where they are whole bodies.
        schema: of an element, its reference followed, without a union.
        path: where that stands.
        where: folded reference tokens of an element.
    """

    def __init__(
        self, name: str | None, schema: Schema, path: Tokens, where: tuple[str, ...]
    ) -> None:
        self.name, self.schema, self.path, self.where = name, schema, path, where
        self._fields: Mapping[str, Any] = schema.get("properties", {})
        self._required = frozenset[str](schema.get("required", ()))
        self._is_plain = "properties" in schema and not schema.keys() & {MAP, "enum", "const"}
        self._are_valid: dict[frozenset[str], IsValid] = {}
        self._is_field_valid: dict[str, IsValid] = {}
        self._field_texts: dict[str, tuple[str, str, str]] = {}

    def compared(self, elements: Sequence[Any], odd: Collection[int] = ()) -> Compared:
        """Compare elements.

        Args:
            elements: decoded.
            odd: numbers of those to leave out.
        """
        found = Compared(odd=[*odd])
        left: list[int] = []
        are_documented = self._validator(frozenset())
        numbers = [number for number in range(len(elements)) if number not in odd]
        for at in range(0, len(numbers), _TOGETHER):
            some = numbers[at : at + _TOGETHER]
            values = [elements[number] for number in some]
            if _is(are_documented, values):
                found.valid[frozenset()] += values
            else:
                left += some
        for (missing, extras), alike in self._alike(elements, left).items():
            self._compare(found, elements, sorted(alike), missing, extras)
        return found

    def _alike(
        self, elements: Sequence[Any], numbers: Iterable[int]
    ) -> Mapping[tuple[frozenset[str], frozenset[str]], list[int]]:
        """Return required fields that are missing, and others beside → numbers of elements."""
        if not self._is_plain:
            return {(frozenset(), frozenset()): [*numbers]}
        named: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for number in numbers:
            element = elements[number]
            named[tuple(element) if isinstance(element, dict) else ()].append(number)
        found: dict[tuple[frozenset[str], frozenset[str]], list[int]] = defaultdict(list)
        for names, alike in named.items():
            extras = frozenset(names).difference(self._fields)
            found[self._required.difference(names), extras] += alike
        return found

    def _compare(
        self,
        found: Compared,
        elements: Sequence[Any],
        numbers: list[int],
        missing: frozenset[str],
        extras: frozenset[str],
    ) -> None:
        """Compare elements that lack the same required fields and have the same ones beside."""
        rests = _without([elements[number] for number in numbers], extras)
        left_out = missing | (self._required & extras)
        flags = [*_each_valid(self._validator(left_out), rests)]
        if any(flags):
            found.valid[left_out] += compress(rests, flags)
        if not all(flags):
            rest_of = dict(zip(numbers, rests, strict=True))
            failing = [*compress(numbers, map(not_, flags))]
            odd = {n for n in failing if not self._is_split(found, n, rest_of[n], left_out)}
            found.odd.extend(odd)
            numbers = [number for number in numbers if number not in odd]
        for name in missing if numbers else ():
            found.missing[name] += numbers
        for name in extras if numbers else ():
            beside = ((*self.path, "properties"), (*self.where, name))
            column = found.extras[beside]
            column.numbers.extend(numbers)
            column.values.extend([elements[number][name] for number in numbers])

    def _is_split(
        self, found: Compared, number: int, element: Any, left_out: frozenset[str]
    ) -> bool:
        """Split an element into broken fields, fields that are not documented, and a valid rest."""
        if not self._is_plain or not isinstance(element, dict):
            return False
        broken = [name for name, value in element.items() if not self._keeps(name, value)]
        left_out |= self._required.intersection(broken)
        (rest,), extras = _without([element], broken), list[tuple[Beside, Any]]()
        are_documented = self._validator(left_out)
        if not _is(are_documented, [rest]):
            rest = _documented(self.schema, self.path, self.where, rest, extras)
            if not _is(are_documented, [rest]):
                return False
        found.valid[left_out].append(rest)
        for name in broken:
            found.broken.append(Broken(number, element[name], self._validated(name, element[name])))
        for beside, value in extras:
            found.extras[beside].add(number, value)
        return True

    def _keeps(self, name: str, value: Any) -> bool:
        if name not in self._is_field_valid:
            self._is_field_valid[name] = compiled(self._field(name))
        return _is(self._is_field_valid[name], value)

    def _validated(self, name: str, value: Any) -> Validation:
        """Inspect the value of a field; short ones once however often they come."""
        if name not in self._field_texts:
            where = pointer((*self.path, "properties", name)), pointer((*self.where, name))
            self._field_texts[name] = (json.dumps(self._field(name)), *where)
        text, texts = json.dumps(value), self._field_texts[name]
        return _validated(*texts, text) if len(text) > _SHORT else _remembered(*texts, text)

    def _field(self, name: str) -> Schema:
        """Return the schema of a field, as it is stated, with the `$defs` that it may refer to."""
        return with_definitions(self.schema, self._fields[name])

    def _validator(self, left_out: frozenset[str]) -> IsValid:
        """Return what validates lists of elements that may lack fields, and have none beside."""
        if left_out not in self._are_valid:
            if len(self._are_valid) >= VARIANTS:
                return lambda _: False
            element = closed(without_required(self.schema, left_out))
            array = {"type": "array", "items": element}
            self._are_valid[left_out] = compiled(with_definitions(element, array))
        return self._are_valid[left_out]


def of_arrays(schema: Schema) -> Mapping[str, Elements]:
    """Return what compares the elements of each array at the top, unions left out."""
    found = {}
    for name, each in schema.get("properties", {}).items():
        if "items" in each:
            inner, path = part(schema, "properties", name, "items")
            if "anyOf" not in keywords(inner):
                found[name] = Elements(name, inner, path, (name, "*"))
    return found


def without_required(schema: Schema, names: Collection[str]) -> Schema:
    """Return a schema of objects that may lack some fields."""
    if not names:
        return schema
    return {**schema, "required": [each for each in schema["required"] if each not in names]}


def _validated(schema: str, where: str, location: str, value: str) -> Validation:
    """Inspect a value, and write where it stands into what is told of it.

    Args:
        schema: as JSON.
        where: JSON Pointer of that.
        location: folded JSON Pointer of the value.
        value: as JSON.
    """
    return within(validate(json.loads(schema), json.loads(value)), where, location)


_remembered = lru_cache(maxsize=4096)(_validated)


def _without(elements: list[Any], names: Collection[str]) -> list[Any]:
    if not names:
        return elements
    rests = [element.copy() for element in elements]
    for name in names:
        for rest in rests:
            del rest[name]
    return rests


def _documented(
    schema: Schema,
    path: Tokens,
    where: tuple[str, ...],
    value: Any,
    extras: list[tuple[Beside, Any]],
) -> Any:
    """Return a value without the fields that are not documented, which are added to a list."""
    if isinstance(value, list) and "items" in schema:
        inner = part(schema, "items", path=path)
        return [_documented(*inner, (*where, "*"), each, extras) for each in value]
    if not isinstance(value, dict) or "properties" not in schema or MAP in schema:
        return value
    rest = {}
    for name, each in value.items():
        if name not in schema["properties"]:
            extras.append((((*path, "properties"), (*where, name)), each))
        elif isinstance(each, dict | list):
            inner = part(schema, "properties", name, path=path)
            rest[name] = _documented(*inner, (*where, name), each, extras)
        else:
            rest[name] = each
    return rest


def _each_valid(are_valid: IsValid, elements: list[Any]) -> Iterator[bool]:
    for at in range(0, len(elements), _TOGETHER):
        some = elements[at : at + _TOGETHER]
        if _is(are_valid, some):
            yield from [True] * len(some)
        else:
            yield from (_is(are_valid, [each]) for each in some)


def _is(is_valid: IsValid, value: Any) -> bool:
    try:
        return is_valid(value)
    except ValueError:  # half a surrogate pair, which is for `docpact.bodies.validate` to judge
        return False
