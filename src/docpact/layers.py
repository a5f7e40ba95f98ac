"""A text with its escapes decoded, layer by layer; each character knows its place in the text."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

DEPTH: Final = 4
"""Maximum number of times that a text is decoded."""

_SHORT: Final = {
    **dict(zip(("amp", "lt", "gt", "quot", "apos"), "&<>\"'", strict=True)),  # HTML
    **dict(zip('"\\/bfnrt', '"\\/\b\f\n\r\t', strict=True)),  # JSON (RFC 8259, section 7)
    **dict(zip("01", "~/", strict=True)),  # JSON Pointer (RFC 6901, section 3)
}
_ESCAPE: Final = re.compile(
    r'\\+u([0-9A-Fa-f]{4})|\\+(["\\/bfnrt])|%(?:25)*([0-9A-Fa-f]{2})|\\+x([0-9A-Fa-f]{2})'
    r"|&(?:amp;)*(?:#0*([0-9]{1,7})|#[xX]0*([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));?|~([01])"
)
_WRAP: Final = re.compile(r"[\r\n][ \t]*")
_BETWEEN_BYTES: Final = re.compile(
    r"(?<=[0-9A-Fa-f]{2})(?:,? ?0[xX]|, ?|[ :._-])(?=[0-9A-Fa-f]{2}(?![0-9A-Fa-f]))"
)
"""The points where a line is wrapped, and the separators of bytes as `6b:65:79` and `6b 65 79`."""

_Read: TypeAlias = Callable[[re.Match[str]], str]


@dataclass(slots=True)
class Layer:
    """A text, or what it becomes if one kind of escape is decoded.

    Attributes:
        text: each byte of an escape is one character.
        below: the layer that was decoded; None for the text itself.
        pattern: of an escape.
        read: returns the character of an escape, or nothing.
    """

    text: str
    below: Layer | None = None
    pattern: re.Pattern[str] = _ESCAPE
    read: _Read = field(default=lambda match: match[0], repr=False)
    _places: list[int] = field(default_factory=list, repr=False)
    _escapes: list[tuple[int, int, int]] = field(default_factory=list, repr=False)

    def locate(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the text of some characters of this layer, in whole escapes."""
        if self.below is None:
            return start, end
        if not self._places:
            self._find_escapes(self.below.text)
        return self.below.locate(self._map(start)[0], self._map(end - 1)[1])

    def _map(self, at: int) -> tuple[int, int]:
        """Return the place of one character in the layer below."""
        number = bisect_right(self._places, at) - 1
        if number < 0:
            return at, at + 1
        start, end, length = self._escapes[number]
        beyond = at - self._places[number] - length
        return (start, end) if beyond < 0 else (end + beyond, end + beyond + 1)

    def _find_escapes(self, below: str) -> None:
        shift = 0
        for match in self.pattern.finditer(below):
            length = len(self.read(match))
            self._places.append(match.start() - shift)
            self._escapes.append((*match.span(), length))
            shift += match.end() - match.start() - length

    def decode(self, pattern: re.Pattern[str], read: _Read) -> Layer:
        """Return a layer above this one."""
        return Layer(pattern.sub(read, self.text), self, pattern, read)


def peel(text: str) -> tuple[Layer, ...]:
    """Return a text as it is, with its escapes decoded until none is left, and with bytes joined.

    The escapes are those of JSON, JSON Pointer, URLs and HTML, in any order.
    """
    found = [Layer(text)]
    while len(found) <= DEPTH and any(each in found[-1].text for each in "\\%&~"):
        layer = found[-1].decode(_ESCAPE, _read_escape)
        if layer.text == found[-1].text:
            break
        found.append(layer)
    found += [each.decode(_WRAP, _drop) for each in found if not _WRAPS.isdisjoint(each.text)]
    found += [each.decode(_BETWEEN_BYTES, _drop) for each in found if _BYTES.search(each.text)]
    return tuple(found)


_WRAPS: Final = frozenset("\r\n")
_BYTES: Final = re.compile(_BETWEEN_BYTES.pattern + "[0-9A-Fa-f]{2}" + _BETWEEN_BYTES.pattern)


def _read_escape(match: re.Match[str]) -> str:
    unit, short, byte, other, number, digits, name, step = match.groups()
    if short or name or step:
        return _SHORT[short or name or step]
    code = int(number) if number else int(unit or byte or other or digits, 16)
    return chr(code) if code <= sys.maxunicode else match[0]


def _drop(_match: re.Match[str]) -> str:
    return ""
