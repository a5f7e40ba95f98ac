"""Texts that match a regular expression of ECMA-262, plainest first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from re import _parser  # type: ignore[attr-defined]
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any, Final

from docpact.bodies.patterns import is_part, matches
from docpact.cases.automata import Automaton, make_automaton

_PARTS: Final = re.compile(
    r"\\u\{(?P<code>[0-9A-Fa-f]+)\}|\\(?P<negated>[pP])\{(?P<property>[^}]*)\}"
    r"|\\c(?P<control>[A-Za-z])|\\(?P<escaped>[/\-_#@%&=~`'\"<>:;,! ])|(?P<end>\$)"
    r"|\(\?<(?P<group>[A-Za-z_]\w*)>|\\k<(?P<back>\w+)>|(?P<other>\\.|[^\\])",
    re.DOTALL,
)
"""The parts of an expression that Python writes differently, and all others."""

_ASSERTION: Final = re.compile(r"\(\?<?[=!]")

_PLAIN: Final = "a0A-_. /:@+~é"
"""Characters to choose from, plainest first."""

ENOUGH: Final = 4
"""The most texts of one pattern."""

LONGEST: Final = 20_000
"""The longest text that is written for a pattern."""

FURTHER: Final = "docpact"
"""A word before or behind a match, where a pattern allows any text there."""

_DIGITS: Final = digits + ascii_lowercase + ascii_uppercase

_NESTED: Final = 2
"""The most repetitions beyond the least within another repetition."""

_MIXED: Final = "Aa1!"
"""Characters of each kind that rules for passwords ask for."""

_WRITTEN: Final = 50_000
"""Number of characters after which no further text is written for a pattern."""

_FAR: Final = (*range(0x250, 0xD800, 8), *range(0xE000, 0x20000, 8))
"""Characters of all scripts, of symbols and of private use."""

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
    pattern = f"\\{'P' if negated else 'p'}{{{name}}}"
    near, far = map(chr, range(0x20, 0x250)), map(chr, _FAR)
    sample = [each for each in near if matches(pattern, each)]
    sample = sample or [each for each in far if matches(pattern, each)][: len(_DIGITS)]
    text = "".join(map(re.escape, sample)) or re.escape("a")
    return text if is_class else f"[{text}]"


@lru_cache(maxsize=512)
def sample_texts(pattern: str, least: int = 0, most: int | None = None) -> tuple[str, ...]:
    """Return some texts of `least` to `most` characters that match a pattern, plainest first."""

    def is_wanted(text: str) -> bool:
        return len(text) >= least and (most is None or len(text) <= most) and matches(pattern, text)

    found: dict[str, None] = {}
    for text in _list_texts(pattern, least, most):
        if text not in found and is_wanted(text):
            found[text] = None
        if len(found) >= ENOUGH:
            break
    automaton = None if found else find_automaton(pattern, least, most)
    if automaton is not None and not automaton.is_empty:
        texts = dict.fromkeys(automaton.write(bytes([n] * n)) for n in range(4 * ENOUGH))
        return tuple(filter(is_wanted, texts))[:ENOUGH]
    return tuple(found)


@lru_cache(maxsize=256)
def find_automaton(pattern: str, least: int = 0, most: int | None = None) -> Automaton | None:
    """Return the texts of `least` to `most` characters that match a pattern, or None if unknown."""
    tree = _parse(pattern)
    return None if tree is None else make_automaton(tree, fits, least, most)


def join_patterns(patterns: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Return a pattern of the texts that match some patterns, and those that it leaves out."""
    parts = [each for each in dict.fromkeys(patterns) if is_part(each)]
    joined = "^" + "".join(rf"(?=[\s\S]*(?:{each}))" for each in parts)
    if len(parts) < 2 or not is_part(joined):  # two groups may have the same name
        first, *others = dict.fromkeys(patterns)
        return first, others
    return joined, [each for each in patterns if each not in parts]


def negate_pattern(pattern: str) -> str | None:
    """Return the pattern of the texts that do not match a pattern, or None."""
    return rf"^(?![\s\S]*(?:{pattern}))" if is_part(pattern) else None


def has_assertions(pattern: str) -> bool:
    """Return whether a pattern looks ahead or behind."""
    return _ASSERTION.search(pattern) is not None


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
            if choice == 0:  # a pattern without an end or a beginning allows more
                text = _Writer(0, 0).write(tree)
                yield from (text + FURTHER, FURTHER + text)
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


def fits(options: tuple[Any, ...], character: str) -> bool:
    """Return whether a character belongs to a class of a parsed expression."""
    named = [(str(name), value) for name, value in options]
    code = ord(character)
    holds = any(
        (name == "LITERAL" and code == value)
        or (name == "RANGE" and value[0] <= code <= value[1])
        or (name == "CATEGORY" and _CLASSES[str(value)](character))
        for name, value in named
    )
    return holds is not any(name == "NEGATE" for name, _ in named)


@lru_cache(maxsize=1024)
def _characters(options: tuple[Any, ...]) -> tuple[list[str], list[str]]:
    """Return characters of a class, plainest first, and which of them show a number."""
    codes = (value for name, value in options if str(name) in ("LITERAL", "RANGE"))
    ends = (chr(code[0] if isinstance(code, tuple) else code) for code in codes)
    found = [each for each in (*_PLAIN, *ends) if fits(options, each)] or ["a"]
    return found, [each for each in _DIGITS if fits(options, each)] or found


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
