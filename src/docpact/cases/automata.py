"""Texts that match a regular expression with assertions, found by the derivatives of its language.

A language is a tuple: its kind and its parts. Its letters are numbers of classes of characters that
the expression does not distinguish; two more mark the start and the end of a text, so that `^` and
`$` are letters like others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from re import _parser  # type: ignore[attr-defined]
from sys import maxunicode
from typing import Any, Final, TypeAlias

Language: TypeAlias = tuple[Any, ...]

STEPS: Final = 60_000
"""The most derivatives that are computed for one expression."""

_ALTERNATIVES: Final = 200
"""The most alternatives of one state."""

_NONE: Final[Language] = ("or", frozenset())
_EMPTY: Final[Language] = ("both", frozenset())
_START, _END = 0, 1
_UNBOUNDED: Final = int(_parser.MAXREPEAT)
_SPACES: Final = "\n\t\r\u2028\x80"
_OTHERS: Final = "\u00e9\u00df\u65e5\U0001f9fe"


@dataclass(frozen=True, slots=True)
class Automaton:
    """The texts of a language.

    Attributes:
        classes: characters of each letter, plainest first.
        ends: whether a text may end in a state.
        moves: the letters that lead from a state to the end of a text, each with the next state;
            the one that leads there soonest first.
    """

    classes: Sequence[str]
    ends: Sequence[bool]
    moves: Sequence[Sequence[tuple[int, int]]]

    @property
    def is_empty(self) -> bool:
        """Whether there is no text."""
        return not self.ends[0] and not self.moves[0]

    def write(self, choices: bytes) -> str:
        """Return a text: the shortest one that begins as the choices lead."""
        text, state, at = "", 0, 0
        while not self.ends[state] or at < len(choices):
            choice = choices[at] if at < len(choices) else 0
            at += 1
            if self.ends[state] and (not self.moves[state] or choice % 8 == 1):
                break
            number, rest = choice % len(self.moves[state]), choice // len(self.moves[state])
            letter, state = self.moves[state][number]
            text += self.classes[letter][rest % len(self.classes[letter])]
        return text


def make_automaton(
    tree: Any, fits: Callable[[Any, str], bool], least: int, most: int | None
) -> Automaton | None:
    """Return the texts of `least` to `most` characters that match an expression.

    Args:
        tree: the expression as Python parses it.
        fits: whether a character belongs to a class of the tree.
        least: minimum number of characters.
        most: maximum number, or None.

    Returns:
        None if no text is found within `STEPS`, or the expression has parts that are not regular.
        A text need not match where assertions are within groups or mean words.
    """
    options = dict.fromkeys(_list_options(tree))
    literals = "".join(chr(code) for each in options for code in _list_codes(each))
    ascii_ = sorted(map(chr, range(32, 127)), key=lambda each: (not each.isalnum(), each))
    alike: dict[tuple[bool, ...], str] = {}
    for each in dict.fromkeys((*ascii_, *_OTHERS, *_SPACES, *literals)):
        if not "\ud800" <= each <= "\udfff":
            key = tuple(fits(option, each) for option in options)
            alike[key] = alike.get(key, "") + each
    classes = ["", "", *alike.values()]
    letters = {
        option: frozenset(n for n, key in enumerate(alike, 2) if key[number])
        for number, option in enumerate(options)
    }
    reader = _ExpressionReader(letters, len(classes))
    try:
        found = _explore(reader.read(tree, least, most, 1), classes, 1)
        marks = str(tree).count("AT_")
        if found is None or not found.is_empty or marks < 2:
            return found
        return _explore(reader.read(tree, least, most, marks), classes, marks)  # `^(^a$|^b$)$`
    except (KeyError, OverflowError, RecursionError):
        return None


def _explore(language: Language, classes: Sequence[str], marks: int) -> Automaton | None:
    """Return the states that are reached from the start and lead to the end of a text."""
    first = reduce(_derive, [_START] * marks, language)
    numbers, ends = {first: 0}, list[bool]()
    before: list[list[tuple[int, int]]] = [[]]
    pending, start = deque([first]), _derive.cache_info().misses
    while pending:
        if _derive.cache_info().misses - start > STEPS:
            break
        state = pending.popleft()
        ends.append(_is_nullable(reduce(_derive, [_END] * marks, state)))
        for letter in range(2, len(classes)):
            following = _derive(state, letter)
            if following == _NONE:
                continue
            if following not in numbers:
                numbers[following] = len(numbers)
                before.append([])
                pending.append(following)
            before[numbers[following]].append((numbers[state], letter))
    moves: list[list[tuple[int, int]]] = [[] for _ in numbers]
    waiting = deque(number for number, is_end in enumerate(ends) if is_end)
    known = {*waiting}
    while waiting:
        number = waiting.popleft()
        for previous, letter in before[number]:
            moves[previous].append((letter, number))
            if previous not in known:
                known.add(previous)
                waiting.append(previous)
    ends += [False] * len(pending)
    return Automaton(classes, ends, moves) if 0 in known or not pending else None


class _ExpressionReader:
    """Reads a parsed expression, given the letters of each class of characters."""

    def __init__(self, letters: Mapping[Any, frozenset[int]], number: int) -> None:
        self._letters = letters
        self._text = ("in", frozenset(range(2, number)))
        self._all = _repeat(("in", frozenset(range(number))), 0, None)

    def read(self, tree: Any, least: int, most: int | None, marks: int) -> Language:
        """Return the texts, between marks of start and end, that contain a match."""
        sized = _join(_repeat(self._text, least, most), _repeat(_letter(_END), marks, marks))
        whole = _join(_repeat(_letter(_START), marks, marks), sized)
        return _both(whole, self._sequence([*tree], self._all, self._all, known=(True, True)))

    def _sequence(
        self,
        parts: Sequence[Any],
        before: Language,
        after: Language,
        known: tuple[bool, bool] = (False, False),
    ) -> Language:
        """Return a sequence between two languages; assertions about unknown sides are left out."""
        for number, (name, value) in enumerate(parts):
            rest, asserted = parts[number + 1 :], parts[number]
            is_start = str(value) in ("AT_BEGINNING", "AT_BEGINNING_STRING")
            if is_start and rest and known[1] and _is_ahead(rest[0]):
                asserted, rest = rest[0], [asserted, *rest[1:]]
            elif str(name) not in ("ASSERT", "ASSERT_NOT"):
                before = _join(before, self._part(str(name), value))
                continue
            is_ahead = _is_ahead(asserted)
            if str(asserted[0]) == "ASSERT" and not known[is_ahead]:
                continue
            if is_ahead:
                found = self._assert(asserted, _repeat(_letter(_START), 0, None), self._all)
                tail = self._sequence(rest, _EMPTY, after, (False, known[1]))
                return _join(before, _both(found, tail))
            ends = _repeat(_letter(_END), 0, None)
            before = _both(before, self._assert(asserted, self._all, ends))
        return _join(before, after)

    def _assert(self, part: Any, before: Language, after: Language) -> Language:
        """Return the texts for which an assertion holds."""
        name, (_, inner) = part
        is_ahead = _is_ahead(part)
        if str(name) == "ASSERT":
            return self._sequence([*inner], before, after, (not is_ahead, is_ahead))
        if "ASSERT" in str(inner):
            raise KeyError(name)
        return ("not", self._sequence([*inner], before, after))

    def _part(self, name: str, value: Any) -> Language:
        match name:
            case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
                return ("in", self._letters[_option(name, value)])
            case "BRANCH":
                return _either(*(self._sequence([*each], _EMPTY, _EMPTY) for each in value[1]))
            case "SUBPATTERN":
                return self._sequence([*value[3]], _EMPTY, _EMPTY)
            case "ATOMIC_GROUP":
                return self._sequence([*value], _EMPTY, _EMPTY)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, inner = value
                limit = None if int(most) >= _UNBOUNDED else int(most)
                return _repeat(self._sequence([*inner], _EMPTY, _EMPTY), least, limit)
        return _ANCHORS[str(value)]


def _is_ahead(part: Any) -> bool:
    return str(part[0]) in ("ASSERT", "ASSERT_NOT") and part[1][0] > 0


def _list_options(tree: Any) -> Iterator[Any]:
    """Yield the classes of characters of a parsed expression."""
    for name, value in tree:
        if str(name) in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            yield _option(str(name), value)
        else:
            yield from _list_inner(value)


def _list_inner(value: Any) -> Iterator[Any]:
    for each in value if isinstance(value, tuple | list) else ():
        yield from _list_inner(each)
    if isinstance(value, _parser.SubPattern):
        yield from _list_options(value)


def _option(name: str, value: Any) -> Any:
    match name:
        case "IN":
            return tuple(value)
        case "ANY":
            return (("NEGATE", None), *(("LITERAL", ord(each)) for each in "\n\r\u2028\u2029"))
        case "NOT_LITERAL":
            return (("NEGATE", None), ("LITERAL", value))
    return (("LITERAL", value),)


def _list_codes(option: Any) -> Iterator[int]:
    """Yield the characters of a class, and those beside its ranges."""
    for name, value in option:
        if str(name) == "LITERAL":
            yield value
        elif str(name) == "RANGE":
            yield from (*value, max(0, value[0] - 1), value[0] + 1, min(value[1] + 1, maxunicode))


def _letter(number: int) -> Language:
    return ("in", frozenset({number}))


_ANCHORS: Final[Mapping[str, Language]] = {
    "AT_BEGINNING": _letter(_START),
    "AT_BEGINNING_STRING": _letter(_START),
    "AT_END_STRING": _letter(_END),
    "AT_BOUNDARY": _EMPTY,
    "AT_NON_BOUNDARY": _EMPTY,
}


def _join(first: Language, second: Language) -> Language:
    """Return the texts of one language, each followed by one of another."""
    if _NONE in (first, second):
        return _NONE
    if _EMPTY in (first, second):
        return second if first == _EMPTY else first
    if first[0] == "join":
        return ("join", first[1], _join(first[2], second))
    return ("join", first, second)


def _either(*languages: Language) -> Language:
    parts = {p for each in languages for p in (each[1] if each[0] == "or" else (each,))}
    if len(parts) > _ALTERNATIVES:
        raise OverflowError
    return next(iter(parts)) if len(parts) == 1 else ("or", frozenset(parts))


def _both(*languages: Language) -> Language:
    if _NONE in languages:
        return _NONE
    different = frozenset(languages)
    return next(iter(different)) if len(different) == 1 else ("both", different)


def _repeat(language: Language, least: int, most: int | None) -> Language:
    if most == 0:
        return _EMPTY
    return language if (least, most) == (1, 1) else ("repeat", language, least, most)


@lru_cache(maxsize=100_000)
def _is_nullable(language: Language) -> bool:
    """Return whether the text without letters is in a language."""
    kind, first, *rest = language
    match kind:
        case "in":
            return False
        case "join":
            return _is_nullable(first) and _is_nullable(rest[0])
        case "or":
            return any(map(_is_nullable, first))
        case "not":
            return not _is_nullable(first)
        case "repeat":
            return rest[0] == 0 or _is_nullable(first)
    return all(map(_is_nullable, first))


@lru_cache(maxsize=100_000)
def _derive(language: Language, letter: int) -> Language:
    """Return the rests of the texts of a language that begin with a letter."""
    kind, first, *rest = language
    found = _NONE
    match kind:
        case "in":
            found = _EMPTY if letter in first else _NONE
        case "join":
            found = _join(_derive(first, letter), rest[0])
            if _is_nullable(first):
                found = _either(found, _derive(rest[0], letter))
        case "or":
            found = _either(*(_derive(each, letter) for each in first))
        case "both" if first:
            found = _both(*(_derive(each, letter) for each in first))
        case "not":
            found = ("not", _derive(first, letter))
        case "repeat":
            least, most = rest
            more = _repeat(first, max(0, least - 1), None if most is None else most - 1)
            found = _join(_derive(first, letter), more)
    return found
