"""Values read from blocks of bytes: one draw makes all plain choices within an object.

A draw costs about the same, whatever is drawn. So an object draws one block, and each byte of it
chooses what a field is among values that are known beforehand: absent, null, a bound, an enum
value. Some fields then take a value that is drawn freely instead: a number says which, another
draw gives the value, and so on until a number says that no more follow.

A block shrinks byte by byte, and how much is drawn after it does not depend on it: each choice
shrinks alone, each free value can be left out, and so can each element of an array.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

BYTES: Final = 256
"""How many values a byte has."""

LAST: Final = 64
"""The bytes below this one end an array: a quarter of them."""

STOPS: Final = 4
"""How many numbers end the free values: about a quarter of the fields that can take one do so."""

ABSENT: Final = object()
"""What stands for a field that is not there."""

_END: Final = object()

Free: TypeAlias = Mapping[int, Any]
"""Place of a byte in a block → the value that is taken instead of what the byte chooses."""


class Part(Protocol):
    """What reads a value from its place in a block."""

    @property
    def width(self) -> int:
        """How many bytes of a block are its own."""

    @property
    def free(self) -> tuple[tuple[int, SearchStrategy[Any]], ...]:
        """The places among them that can take a free value, each with what draws it."""

    def read(self, draw: DrawFn, block: bytes, at: int, free: Free) -> Any:
        """Return the value that the bytes from a place on choose."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A value that is drawn by itself, whatever the block."""

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
        values: by the byte.
    """

    values: tuple[Any, ...]
    free: tuple[tuple[int, SearchStrategy[Any]], ...]
    width: int = 1

    def read(self, _draw: DrawFn, block: bytes, at: int, free: Free) -> Any:
        """Return the free value, if there is one, or else the one that the byte chooses."""
        return free[at] if at in free else self.values[block[at]]


@dataclass(frozen=True, slots=True)
class Fields:
    """An object.

    Attributes:
        fields: name, part, and place of the part's bytes among those of the object.
        more: draws fields of other names.
    """

    fields: tuple[tuple[str, Part, int], ...]
    more: SearchStrategy[dict[str, Any]] | None
    width: int
    free: tuple[tuple[int, SearchStrategy[Any]], ...]

    def read(self, draw: DrawFn, block: bytes, at: int, free: Free) -> dict[str, Any]:
        """Return the fields that are not absent."""
        found = {} if self.more is None else draw(self.more)
        for name, part, offset in self.fields:
            value = part.read(draw, block, at + offset, free)
            if value is not ABSENT:
                found[name] = value
        return found


def choice(groups: Sequence[Sequence[Any]], free: Sequence[SearchStrategy[Any]] = ()) -> Part:
    """Return what reads one of some known values, or takes a free one.

    Args:
        groups: known values that are never change_part, simplest first; the groups are as likely as
            each other, and so are the values of one group. At most as many as a byte can tell.
        free: what draws values that need not be known, each as often as it is named.
    """
    if not groups:
        return Drawn(st.one_of(*free))
    scaled = (divmod(byte * len(groups), BYTES) for byte in range(BYTES))
    values = tuple(groups[number][rest * len(groups[number]) // BYTES] for number, rest in scaled)
    return Choice(values, tuple((0, drawn) for drawn in free))


def fields(
    parts: Sequence[tuple[str, Part]], more: SearchStrategy[dict[str, Any]] | None = None
) -> Part:
    """Return what reads an object of some fields, and of those that a strategy draws."""
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
    needed, maybe, none = (_element(*_drawn(part, 1), part, last) for last in (0, LAST, BYTES))
    return _array((*[needed] * least, *[maybe] * (most - least), none))


def strategy(part: Part) -> SearchStrategy[Any]:
    """Return the strategy that draws a block and reads it."""
    return part.strategy if isinstance(part, Drawn) else _whole(*_drawn(part, 0), part)


def _drawn(part: Part, before: int) -> tuple[SearchStrategy[bytes], SearchStrategy[int]]:
    """Return what draws the blocks of a part, with some bytes before its own, and its numbers."""
    width = before + part.width
    blocks = st.binary(min_size=width, max_size=width) if width else st.just(b"")
    return blocks, st.integers(0, STOPS + len(part.free) - 1)


def _read(draw: DrawFn, block: bytes, at: int, numbers: SearchStrategy[int], part: Part) -> Any:
    """Draw the free values, and then read a part."""
    found = {}
    if part.free:
        while (number := draw(numbers) - STOPS) >= 0:
            offset, drawn = part.free[number]
            found[at + offset] = draw(drawn)
    return part.read(draw, block, at, found)


@st.composite
def _whole(
    draw: DrawFn, blocks: SearchStrategy[bytes], numbers: SearchStrategy[int], part: Part
) -> Any:
    return _read(draw, draw(blocks), 0, numbers, part)


@st.composite
def _element(
    draw: DrawFn,
    blocks: SearchStrategy[bytes],
    numbers: SearchStrategy[int],
    part: Part,
    last: int,
) -> Any:
    """Read an element, or the end of an array where the first byte is less than `last`."""
    block = draw(blocks)
    return _END if block[0] < last else _read(draw, block, 1, numbers, part)


@st.composite
def _array(draw: DrawFn, elements: Sequence[SearchStrategy[Any]]) -> list[Any]:
    """Read elements up to the end, which a full array has too: any element can be left out."""
    found = []
    for element in elements:
        value = draw(element)
        if value is _END:
            break
        found.append(value)
    return found
