"""Arrays and objects whose parts depend on each other: unique, contained, counted or named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from docpact.bodies.wording import equality_key

TRIES: Final = 12
"""Maximum number of times to draw a part again because it equals an earlier one."""

MORE: Final = 3
"""The most further fields of an object, unless it needs more."""

Check = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Array:
    """An array.

    Attributes:
        prefix: strategies of the first elements.
        items: strategy of the others.
        least, most: number of elements.
        is_unique: whether all are different.
        contained: strategies of elements of a kind, each with the least and most number of such
            elements, and a check for the kind.
        listed: the values of the others, if they are few and no kind is limited.
    """

    prefix: Sequence[SearchStrategy[Any]]
    items: SearchStrategy[Any]
    least: int
    most: int
    is_unique: bool = False
    contained: Sequence[tuple[SearchStrategy[Any], int, int | None, Check]] = ()
    listed: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Object:
    """An object.

    Attributes:
        fields: strategy of the fields that are named.
        optional: strategies of those that may be absent.
        names: strategy of other names, or None if there are no others.
        required: names of required fields that are not named otherwise.
        further: returns the strategy of the field with another name, or None.
        least, most: number of fields.
        has_further: whether other fields are drawn though no number requires them.
    """

    fields: SearchStrategy[dict[str, Any]]
    optional: Mapping[str, SearchStrategy[Any]]
    names: SearchStrategy[str] | None
    required: Sequence[str]
    further: Callable[[str], SearchStrategy[Any] | None]
    least: int
    most: int | None
    has_further: bool


@dataclass(slots=True)
class _Elements:
    """Elements that are drawn one after another."""

    draw: DrawFn
    is_unique: bool
    contained: Sequence[tuple[SearchStrategy[Any], int, int | None, Check]]
    values: list[Any] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)

    def add_listed(self, listed: Sequence[Any]) -> bool:
        """Add one of some values, and say whether there was a different one."""
        left = [each for each in listed if equality_key(each) not in self.keys]
        return bool(left) and self.add(st.sampled_from(left))

    def add(self, strategy: SearchStrategy[Any], at: int | None = None) -> bool:
        """Draw an element, and say whether there was one that may be added."""
        for _ in range(TRIES if self.is_unique or self.contained else 1):
            value = self.draw(strategy)
            key = equality_key(value) if self.is_unique else ""
            if key not in self.keys and not self._exceeds(value):
                self.keys |= {key} if self.is_unique else set()
                self.values.insert(len(self.values) if at is None else at, value)
                return True
        return False

    def _exceeds(self, value: Any) -> bool:
        """Return whether a value would be one too many of its kind."""
        return any(
            most is not None and fits(value) and sum(map(fits, self.values)) >= most
            for _, _, most, fits in self.contained
        )


@st.composite
def arrays(draw: DrawFn, array: Array) -> list[Any]:
    """Generate arrays."""
    size = draw(st.integers(array.least, max(array.least, array.most)))
    elements = _Elements(draw, array.is_unique, array.contained)
    is_needed = any(least for _, least, _, _ in array.contained)
    first = array.prefix[: max(size, array.most) if is_needed else size]
    for strategy in first:
        if not elements.add(strategy):
            break
    start = len(elements.values)
    for strategy, least, most, fits in array.contained:
        found = sum(map(fits, elements.values))
        limit = least if most is None else min(least, most)
        for _ in range(max(0, limit - found)):
            at = draw(st.integers(start, len(elements.values))) if start == len(first) else None
            if not elements.add(strategy, at):
                reject()
    while len(elements.values) < size and start >= len(first):
        listed = array.listed if array.is_unique else ()
        if not (elements.add_listed(listed) if listed else elements.add(array.items)):
            break
    if not array.least <= len(elements.values) <= max(array.least, array.most):
        reject()
    return elements.values


@st.composite
def objects(draw: DrawFn, stated: Object) -> dict[str, Any]:
    """Generate objects."""
    values = dict(draw(stated.fields))
    for name in stated.required:
        strategy = stated.further(name)
        if strategy is None:
            reject()
        values[name] = draw(strategy)
    least = stated.least
    for name, strategy in stated.optional.items():
        if len(values) >= least:
            break
        if name not in values:
            values[name] = draw(strategy)
    for name in [*stated.optional] if stated.most is not None else []:
        if stated.most is not None and len(values) > stated.most:
            values.pop(name, None)
    if stated.names is not None:
        _add_further(draw, stated, stated.names, values)
    if len(values) < least:
        reject()
    return values


def _add_further(
    draw: DrawFn, stated: Object, names: SearchStrategy[str], values: dict[str, Any]
) -> None:
    least = max(0, stated.least - len(values))
    most = max(least, MORE if stated.has_further else 0)
    if stated.most is not None:
        most = min(most, stated.most - len(values))
    number = draw(st.integers(least, most)) if most > least else least
    for _ in range(number):
        for _ in range(TRIES):
            name = draw(names)
            strategy = None if name in values else stated.further(name)
            if strategy is not None:
                values[name] = draw(strategy)
                break
