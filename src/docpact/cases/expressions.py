"""Texts that match a regular expression of ECMA-262, plainest first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import product
from re import _parser  # type: ignore[attr-defined]
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any, Final

from docpact.bodies.patterns import matches

_PARTS: Final = re.compile(
    r"\\u\{(?P<code>[0-9A-Fa-f]+)\}|\\(?P<negated>[pP])\{(?P<property>[^}]*)\}"
    r"|\\c(?P<control>[A-Za-z])|\\(?P<escaped>[/\-_#@%&=~`'\"<>:;,! ])|(?P<end>\$)"
    r"|\(\?<(?P<group>[A-Za-z_]\w*)>|\\k<(?P<back>\w+)>|(?P<other>\\.|[^\\])",
    re.DOTALL,
)
"""The parts of an expression that Python writes differently, and all others."""

_PLAIN: Final = "a0A-_. /:@+~é"
"""Characters to choose from, plainest first."""

ENOUGH: Final = 4
"""The most texts of one pattern."""

LONGEST: Final = 4096
"""The longest text that is written for a pattern."""

_DIGITS: Final = digits + ascii_lowercase + ascii_uppercase

_NESTED: Final = 2
"""The most repetitions beyond the least within another repetition."""

_MIXED: Final = "Aa1!"
"""Characters of each kind that rules for passwords ask for."""

_WRITTEN: Final = 50_000
"""Number of characters after which no further text is written for a pattern."""

_MOST: Final = 64
"""The most repetitions beyond the least that are tried for a length."""


@lru_cache(maxsize=256)
def to_python(pattern: str) -> str:
    """Return an expression of ECMA-262 as Python's `re` writes it, to be compiled with `re.ASCII`.

    `.` and `$` may still match differently: check texts by `docpact.bodies.patterns.matches`.
    """
    found, is_class = "", False
    for part in _PARTS.finditer(pattern):
        if part["other"] in ("[", "]"):
            opens = part["other"] == "["
            found += r"\[" if opens and is_class else part["other"]
            is_class = opens
        else:
            found += _write_part(part, is_class=is_class)
    return found


def _write_part(part: re.Match[str], *, is_class: bool) -> str:
    if part["property"] is not None:
        return _property(part["property"], negated=part["negated"] == "P", is_class=is_class)
    for name, write in _WRITERS.items():
        if part[name] is not None:
            return write(part[name])
    if part["end"]:
        return "$" if is_class else r"\Z"
    return part[0]


_WRITERS: Final[Mapping[str, Callable[[str], str]]] = {
    "code": lambda text: re.escape(chr(int(text, 16))),
    "control": lambda text: f"\\x{ord(text) % 32:02x}",
    "escaped": re.escape,
    "group": lambda text: f"(?P<{text}>",
    "back": lambda text: f"(?P={text})",
}


def _property(name: str, *, negated: bool, is_class: bool) -> str:
    """Return a class of some characters with a property of Unicode."""
    category = _CATEGORIES.get(name.rpartition("=")[2], name.rpartition("=")[2])
    sample = [
        chr(code)
        for code in range(0x20, 0x250)
        if unicodedata.category(chr(code)).startswith(category) is not negated
    ]
    text = "".join(map(re.escape, sample)) or re.escape("a")
    return text if is_class else f"[{text}]"


_CATEGORIES: Final = {
    "Letter": "L", "Alphabetic": "L", "Alpha": "L", "Uppercase_Letter": "Lu", "Uppercase": "Lu",
    "Lowercase_Letter": "Ll", "Lowercase": "Ll", "Number": "N", "Decimal_Number": "Nd",
    "digit": "Nd", "Punctuation": "P", "Symbol": "S", "Separator": "Z", "White_Space": "Z",
    "Latin": "L", "Any": "",
}  # fmt: skip


@lru_cache(maxsize=512)
def sample_texts(pattern: str, least: int = 0, most: int | None = None) -> tuple[str, ...]:
    """Return some texts of `least` to `most` characters that match a pattern, plainest first."""

    def fits(text: str) -> bool:
        return len(text) >= least and (most is None or len(text) <= most) and matches(pattern, text)

    found: dict[str, None] = {}
    for text in _list_texts(pattern, least, most):
        if text not in found and fits(text):
            found[text] = None
        if len(found) >= ENOUGH:
            break
    return tuple(found)


def _list_texts(pattern: str, least: int, most: int | None) -> Iterator[str]:
    longest = max(least, 64) if most is None else most
    tree, written = _parse(pattern), 0
    if tree is not None:
        for choice in range(6):
            for more in (0, 1, 2, 3, *range(4, min(_MOST, longest) + 1, 3), least, longest):
                if more <= LONGEST and written <= _WRITTEN:
                    text = _Writer(more, choice).write(tree)
                    written += len(text)
                    yield text
                    yield text + "a" * max(0, min(least, LONGEST) - len(text))
    for length in (8, 12, 16, 32, min(longest, LONGEST), min(least, LONGEST)):
        yield (_MIXED * length)[:length]
    yield from (
        "a" * min(least, LONGEST),
        "0",
        "A",
        "-",
        "text",
        "1.0.0",
        "a-b",
        "a/b",
        "https://a.b/c",
    )


@lru_cache(maxsize=4096)
def index_text(pattern: str, index: int, least: int = 0, most: int | None = None) -> str | None:
    """Return a text of `least` to `most` characters, a different one for each index, or None."""
    tree = _parse(pattern)
    tried = product(range(ENOUGH), (0, 1, 3, 7, least))
    for choice, more in tried if tree is not None and least <= LONGEST else ():
        writer = _Writer(more, choice, index)
        text = writer.write(tree)
        text += "a" * (least - len(text))
        fits = len(text) >= least and (most is None or len(text) <= most)
        if writer.is_spent and fits and matches(pattern, text):
            return text
    return None


@lru_cache(maxsize=256)
def _parse(pattern: str) -> Any:
    """Return an expression as Python parses it, or None if it cannot."""
    try:
        return _parser.parse(to_python(pattern), re.ASCII)
    except (re.error, OverflowError, RecursionError):
        return None


class _Writer:
    """Writes one text that a parsed expression matches, unless it has assertions.

    Args:
        more: repetitions beyond the least, where any number is allowed.
        choice: number of the alternative to take, and of the character.
        index: number that the characters show instead, the first ones its lowest digits.
    """

    def __init__(self, more: int, choice: int, index: int | None = None) -> None:
        self._more, self._choice, self._index = more, choice, index
        self._groups: dict[Any, str] = {}

    @property
    def is_spent(self) -> bool:
        """Whether the characters showed the whole index."""
        return not self._index

    def write(self, tree: Any) -> str:
        """Write a sequence of parts."""
        return "".join(self._part(str(name), value) for name, value in tree)

    def _part(self, name: str, value: Any) -> str:
        writers: Mapping[str, Callable[[Any], str]] = {
            "LITERAL": chr,
            "NOT_LITERAL": self._other,
            "ANY": lambda _: self._other(ord("\n")),
            "IN": self._character,
            "BRANCH": lambda found: self.write(found[1][self._choice % len(found[1])]),
            "SUBPATTERN": self._group,
            "GROUPREF": lambda number: self._groups.get(number, ""),
            "MAX_REPEAT": self._repeat,
            "MIN_REPEAT": self._repeat,
            "POSSESSIVE_REPEAT": self._repeat,
            "ATOMIC_GROUP": self.write,
        }
        return writers[name](value) if name in writers else ""

    def _group(self, value: Any) -> str:
        text = self._groups[value[0]] = self.write(value[3])
        return text

    def _repeat(self, value: Any) -> str:
        least, most, inner = value
        number: int = min(least + self._more, int(most), LONGEST)
        if self._index is not None:
            return "".join(self.write(inner) for _ in range(number))
        text = _Writer(min(self._more, _NESTED), self._choice).write(inner)
        return text * number

    def _other(self, code: int) -> str:
        if self._index is not None:
            return self._character([("NEGATE", None), ("LITERAL", code)])
        return next(each for each in _PLAIN if ord(each) != code)

    def _character(self, options: Any) -> str:
        found, shown = _characters(tuple(options))
        if self._index is not None:
            self._index, digit = divmod(self._index, len(shown))
            return shown[digit]
        return found[self._choice % len(found)]


@lru_cache(maxsize=1024)
def _characters(options: tuple[Any, ...]) -> tuple[list[str], list[str]]:
    """Return characters of a class, plainest first, and those of them that show a number."""
    named = [(str(name), value) for name, value in options]
    literals = {value for name, value in named if name == "LITERAL"}
    ranges = [value for name, value in named if name == "RANGE"]
    classes = [_CLASSES[str(value)] for name, value in named if name == "CATEGORY"]
    is_negated = any(name == "NEGATE" for name, _ in named)

    def fits(character: str) -> bool:
        code = ord(character)
        holds = (
            code in literals
            or any(first <= code <= last for first, last in ranges)
            or any(is_in_class(character) for is_in_class in classes)
        )
        return holds is not is_negated

    listed = (chr(value) for name, value in named if name == "LITERAL")
    candidates = (*_PLAIN, *(chr(first) for first, _ in ranges), *listed)
    found = [character for character in candidates if fits(character)] or ["a"]
    return found, [character for character in _DIGITS if fits(character)] or found


def _is_word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")


_CLASSES: Final[dict[str, Callable[[str], bool]]] = {
    "CATEGORY_DIGIT": lambda c: c.isascii() and c.isdigit(),
    "CATEGORY_NOT_DIGIT": lambda c: not (c.isascii() and c.isdigit()),
    "CATEGORY_WORD": _is_word,
    "CATEGORY_NOT_WORD": lambda c: not _is_word(c),
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_NOT_SPACE": lambda c: not c.isspace(),
}
