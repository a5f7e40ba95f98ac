"""Values read from blocks of bytes: one draw makes all simple choices of an object.

All draws cost about the same. So an object draws one block of bytes, and each
byte chooses one field's value among known values: absent, null, a limit, an enum value. Some fields
then take a freely drawn value instead: a number names the field, another draw gives the value, and
so on until a number ends the list.

A block shrinks byte by byte, and the draws after it do not depend on it: each choice shrinks alone,
and each free value and each element of an array can be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from docpact.bodies.wording import equality_key

BYTES: Final = 256
"""The number of values of a byte."""

LAST: Final = 64
"""A byte below this ends an array: a quarter of them do."""

STOPS: Final = 4
"""Number of bytes that end the free values: about a quarter of the fields that can take one do."""

ABSENT: Final = object()
"""The value of an absent field."""

_END: Final = object()

Free: TypeAlias = Mapping[int, Any]
"""Position of a byte in a block → the value to take instead of the one the byte chooses."""


class Part(Protocol):
    """Reads a value from its position in a block."""

    @property
    def width(self) -> int:
        """The number of bytes that it reads."""

    @property
    def free(self) -> tuple[tuple[int, SearchStrategy[Any]], ...]:
        """The positions among them that can take a free value, each with its strategy."""

    def read(self, draw: DrawFn, block: bytes, at: int, free: Free) -> Any:
        """Return the value that the bytes from a position on choose."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A value that has its own draw, independent of the block."""

    strategy: SearchStrategy[Any]
    width: int = 0
    free: tuple[tuple[int, SearchStrategy[Any]], ...] = ()

    def read(self, draw: DrawFn, _block: bytes, _at: int, _free: Free) -> Any:
        """Draw the value."""
        return draw(self.strategy)


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that one byte chooses.

    Attributes:
        values: the value for each byte.
    """

    values: tuple[Any, ...]
    free: tuple[tuple[int, SearchStrategy[Any]], ...]
    width: int = 1

    def read(self, _draw: DrawFn, block: bytes, at: int, free: Free) -> Any:
        """Return the free value, if there is one, or the value that the byte chooses."""
        return free[at] if at in free else self.values[block[at]]


@dataclass(frozen=True, slots=True)
class Fields:
    """An object.

    Attributes:
        fields: name, part, and position of the part's bytes among those of the object.
        more: strategy of the fields with other names.
    """

    fields: tuple[tuple[str, Part, int], ...]
    more: SearchStrategy[dict[str, Any]] | None
    width: int
    free: tuple[tuple[int, SearchStrategy[Any]], ...]

    def read(self, draw: DrawFn, block: bytes, at: int, free: Free) -> dict[str, Any]:
        """Return the fields that are not absent."""
        values = {} if self.more is None else draw(self.more)
        for name, part, offset in self.fields:
            value = part.read(draw, block, at + offset, free)
            if value is not ABSENT:
                values[name] = value
        return values


def choice(groups: Sequence[Sequence[Any]], free: Sequence[SearchStrategy[Any]] = ()) -> Part:
    """Return the part that reads one of some known values, or takes a free one.

    Args:
        groups: known values, never modified, simplest first. All groups are equally likely, and so
            are all values of one group. At most 256 values.
        free: strategies of other values, each drawn as often as it is listed.
    """
    if not groups:
        return Drawn(st.one_of(*free))
    scaled = (divmod(byte * len(groups), BYTES) for byte in range(BYTES))
    values = tuple(groups[number][rest * len(groups[number]) // BYTES] for number, rest in scaled)
    return Choice(values, tuple((0, drawn) for drawn in free))


def fields(
    parts: Sequence[tuple[str, Part]], more: SearchStrategy[dict[str, Any]] | None = None
) -> Part:
    """Return the part that reads an object of some fields, and of those that a strategy draws."""
    placed: list[tuple[str, Part, int]] = []
    free: list[tuple[int, SearchStrategy[Any]]] = []
    width = 0
    for name, part in parts:
        placed.append((name, part, width))
        free += [(width + at, drawn) for at, drawn in part.free]
        width += part.width
    return Fields(tuple(placed), more, width, tuple(free))


def elements(part: Part, least: int, most: int) -> SearchStrategy[list[Any]]:
    """Return the strategy of the arrays of `least` to `most` elements."""
    required, optional, end = (_element(*_drawn(part, 1), part, last) for last in (0, LAST, BYTES))
    return _array((*[required] * least, *[optional] * (most - least), end))


def strategy(part: Part) -> SearchStrategy[Any]:
    """Return the strategy that draws a block and reads it."""
    return part.strategy if isinstance(part, Drawn) else _whole(*_drawn(part, 0), part)


def _drawn(part: Part, before: int) -> tuple[SearchStrategy[bytes], SearchStrategy[int]]:
    """Return the strategies of a part's blocks, with some bytes before its own, and of numbers."""
    width = before + part.width
    blocks = st.binary(min_size=width, max_size=width) if width else st.just(b"")
    return blocks, st.integers(0, STOPS + len(part.free) - 1)


def _read(draw: DrawFn, block: bytes, at: int, numbers: SearchStrategy[int], part: Part) -> Any:
    """Draw the free values, and then read a part."""
    values = {}
    if part.free:
        while (number := draw(numbers) - STOPS) >= 0:
            offset, drawn = part.free[number]
            values[at + offset] = draw(drawn)
    return part.read(draw, block, at, values)


@st.composite
def _whole(
    draw: DrawFn, blocks: SearchStrategy[bytes], numbers: SearchStrategy[int], part: Part
) -> Any:
    return _read(draw, draw(blocks), 0, numbers, part)


@st.composite
def _element(
    draw: DrawFn, blocks: SearchStrategy[bytes], numbers: SearchStrategy[int], part: Part, last: int
) -> Any:
    """Read an element, or the end of an array where the first byte is less than `last`."""
    block = draw(blocks)
    return _END if block[0] < last else _read(draw, block, 1, numbers, part)


@st.composite
def _array(draw: DrawFn, elements: Sequence[SearchStrategy[Any]]) -> list[Any]:
    """Read elements up to the end, which a full array also has, so that any can be left out."""
    values = []
    for element in elements:
        value = draw(element)
        if value is _END:
            break
        values.append(value)
    return values


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
