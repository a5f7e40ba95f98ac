"""A text with its escapes decoded, layer by layer; each character knows its place in the text."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from html.entities import html5
from string import punctuation
from typing import Final, TypeAlias

DEPTH: Final = 12
"""Maximum number of times that a text is decoded."""

_NAMES: Final = {
    name.removesuffix(";"): text
    for name, text in html5.items()
    if name.endswith(";") and text in set(punctuation)
}
_SHORT: Final = {
    **_NAMES,  # HTML
    **dict(zip('"\\/bfnrt', '"\\/\b\f\n\r\t', strict=True)),  # JSON (RFC 8259, section 7)
    "'": "'",  # JavaScript and Python
    **dict(zip("01", "~/", strict=True)),  # JSON Pointer (RFC 6901, section 3)
}
_ESCAPE: Final = re.compile(
    r"""\\u([0-9A-Fa-f]{4}|\{0*+[0-9A-Fa-f]{1,6}+\})|\\(["'\\/bfnrt])|%([0-9A-Fa-f]{2})"""
    r"|\\x([0-9A-Fa-f]{2})"
    r"|&(?:#0*+([0-9]{1,7}+)|#[xX]0*+([0-9A-Fa-f]{1,6}+)|(amp|lt|gt|quot|apos))(?:;|(?![\\\r\n%]))"
    rf"|&({'|'.join(_NAMES)});|~([01])"
)
_WRAP: Final = re.compile(r"[\r\n][ \t]*")
_SOFT_BREAK: Final = re.compile(r"=\r?\n")
_BACKSLASHES: Final = re.compile(r"\\+")
_BETWEEN_BYTES: Final = re.compile(
    r"(?<=[0-9A-Fa-f]{2})(?:,? ?0[xX]|, ?|[ :._-]|==?)(?=[0-9A-Fa-f]{2}(?![0-9A-Fa-f]))"
)
"""The separators of bytes as `6b:65:79`, `6b 65 79` and `=6B=65=79` (RFC 2045, section 6.7)."""

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

    def decode(self, pattern: re.Pattern[str], read: _Read) -> list[Layer]:
        """Return the layer above this one, or nothing if that would be the same text."""
        text = pattern.sub(read, self.text)
        return [Layer(text, self, pattern, read)] if text != self.text else []


def peel(text: str) -> tuple[Layer, ...]:
    """Return a text as it is, and decoded again and again, with bytes joined.

    The escapes belong to JSON, JSON Pointer, URLs and HTML, in any order; a line that is wrapped
    is joined. Each layer decodes one level, so that a secret's own backslashes stay in one of them.
    The last layer has no backslashes, because how many of them belong to escapes may be unclear.
    """
    found = [Layer(text)]
    for _level in range(DEPTH):
        found += found[-1].decode(_WRAP, _drop)
        decoded = found[-1].decode(_ESCAPE, _read_escape)
        if not decoded:
            break
        found += decoded
    found += found[-1].decode(_BACKSLASHES, _drop)
    for layer in tuple(found):
        found += layer.decode(_SOFT_BREAK, _drop)
        if _BYTES.search(layer.text):
            found += layer.decode(_BETWEEN_BYTES, _drop)
    return tuple(found)


_BYTES: Final = re.compile(_BETWEEN_BYTES.pattern + "[0-9A-Fa-f]{2}" + _BETWEEN_BYTES.pattern)


def _read_escape(match: re.Match[str]) -> str:
    unit, short, byte, other, number, digits, bare, name, step = match.groups()
    if known := short or bare or name or step:
        return _SHORT[known]
    code = int(number) if number else int((unit or byte or other or digits).strip("{}"), 16)
    return chr(code) if code <= sys.maxunicode else match[0]


def _drop(_match: re.Match[str]) -> str:
    return ""
