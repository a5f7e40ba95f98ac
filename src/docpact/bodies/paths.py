"""Paths of the values of a column, which are computed only when one is reported."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from docpact.bodies.contents import PathOf, Values
from docpact.model.pointer import Tokens


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

    Args:
        path_of: returns the path of an array.
        arrays: their elements from the first index on.
        first: this index.
    """
    ends = [*accumulate(map(len, arrays))]

    def find(number: int) -> Tokens:
        array = bisect_right(ends, number)
        return (*path_of(array), first + number - (ends[array] - len(arrays[array])))

    return find
