"""The contents of an instance: counts, missing properties, undocumented fields, and their paths."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain
from types import NoneType
from typing import Any, Final, NamedTuple, TypeAlias

from docpact.bodies.places import Folded
from docpact.limits import MAX_BREACHES, MAX_DEPTH
from docpact.model.pointer import Tokens, pointer

_INEXACT: Final = 2**63
"""From here on a fast decoder may have read a whole number as a float."""

Values: TypeAlias = Sequence[Any]

PathOf: TypeAlias = Callable[[int], Tokens]
"""Returns the path of the value with a number in its column."""


class Missing(NamedTuple):
    """Objects without one required property.

    Attributes:
        where: reference tokens of the entry of `required`.
        folded: folded reference tokens of the property.
        path_of: returns the path of the property in the object with a number.
    """

    where: Tokens
    folded: Folded
    number: int
    path_of: PathOf


class Extra(NamedTuple):
    """Fields of one name that the schema does not name.

    Attributes:
        where: reference tokens of the `properties` that does not name them.
        folded: folded reference tokens of the fields.
        path_of: returns the path of the field with a number.
    """

    where: Tokens
    folded: Folded
    values: Values
    path_of: PathOf


@dataclass(slots=True)
class Contents:
    """The contents of an instance so far.

    Attributes:
        counts: JSON Pointer of a keyword → the number of values that it constrains.
        seen: see `docpact.bodies.validate.Validation`.
        missing: objects without a required property, where the reader looks for them.
        extras: fields that the schema does not name.
        names: how many members the objects have together.
        is_exact: whether every float is finite and cannot have been a whole number with more
            digits, and nothing is nested deeper than `MAX_DEPTH`.
        is_cut: whether an object has more undocumented fields than `MAX_BREACHES`.
    """

    counts: dict[str, int] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    missing: list[Missing] = field(default_factory=list)
    extras: list[Extra] = field(default_factory=list)
    names: int = 0
    is_exact: bool = True
    is_cut: bool = False

    def choose_extras(self, names: Sequence[str]) -> Sequence[str]:
        """Return the undocumented fields of one place that are kept: of too many, the smallest."""
        if len(names) > MAX_BREACHES:
            self.is_cut = True
            names = sorted(names, key=lambda each: pointer([each]))[:MAX_BREACHES]
        return names

    def scan(self, values: Values, depth: int) -> None:
        """Count the members of undocumented objects at every depth, beginning with some depth."""
        while True:
            self.check_floats(values)
            nested = [each for each in values if isinstance(each, dict | list)]
            if not nested:
                return
            self.is_exact &= depth <= MAX_DEPTH
            objects = [each for each in nested if isinstance(each, dict)]
            self.names += sum(map(len, objects))
            arrays = (each for each in nested if isinstance(each, list))
            values = [*chain.from_iterable(o.values() for o in objects), *chain(*arrays)]
            depth += 1

    def check_floats(self, values: Values) -> None:
        """Note floats that may have lost digits."""
        if not all(abs(each) < _INEXACT for each in values if isinstance(each, float)):
            self.is_exact = False


def extend_path(path_of: PathOf, numbers: Sequence[int], token: str | int) -> PathOf:
    """Return the function that returns the path of a part of some objects or arrays."""
    return lambda number: (*path_of(numbers[number]), token)


def pair_path(path_of: PathOf, found: Sequence[tuple[int, str]]) -> PathOf:
    """Return the function that returns the path of a field, given its object and name."""
    return lambda number: (*path_of(found[number][0]), found[number][1])


def field_path(path_of: PathOf, objects: Values, name: str) -> PathOf:
    """Return the function that returns the path of a field, given those of all objects."""
    numbers: list[int] = []

    def find(number: int) -> Tokens:
        if not numbers:
            numbers.extend(n for n, each in enumerate(objects) if name in each)
        return (*path_of(numbers[number]), name)

    return find


def elements_path(path_of: PathOf, arrays: Values, first: int) -> PathOf:
    """Return the function that returns the path of an element, given those of all arrays.

    The arrays have their elements from the first index on.
    """
    ends = [*accumulate(map(len, arrays))]

    def find(number: int) -> Tokens:
        array = bisect_right(ends, number)
        return (*path_of(array), first + number - (ends[array] - len(arrays[array])))

    return find


_JSON_TYPES: Final = frozenset({NoneType, bool, int, float, str, list, dict})


def count_types(values: Values) -> Mapping[type, int]:
    """Count the types of values; most often, all have the same type."""
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


def _json_type(value: Any) -> type:
    """Return the type that JSON is decoded to, for values of subclasses too."""
    kinds = (bool, int, float, str, list, dict)
    return next((each for each in kinds if isinstance(value, each)), NoneType)
