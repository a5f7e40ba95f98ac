"""Strategies of scalars: texts of a format or a pattern, numbers, booleans and null."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import ceil, floor, inf
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy

from docpact.bodies.engine import is_valid
from docpact.bodies.formats import conforms
from docpact.bodies.patterns import matches
from docpact.cases.bounds import (
    EXACT,
    SIGNS,
    Edge,
    edges,
    floats_within,
    integers_within,
    lengths,
    multiples,
)
from docpact.cases.expressions import (
    LONGEST,
    find_automaton,
    has_assertions,
    index_text,
    sample_texts,
    to_python,
)
from docpact.cases.texts import endings, known_texts, sort_texts, texts_of
from docpact.model import Schema
from docpact.strategies.blocks import ABSENT, Drawn, Part, choice

ENCODABLE: Final[SearchStrategy[str]] = st.characters(exclude_categories=["Cs"])
"""The characters of `st.text()`, named by category: finding them by codec takes seconds, once in
every folder."""

SPREAD: Final = 12
"""The most characters of an id, a name or a word beyond its minimum."""

LONG: Final = 500
"""The length of texts whose characters are not drawn one by one."""

_START: Final = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)
_SECONDS: Final = st.integers(
    int((_FIRST - _START).total_seconds()), int((_LAST - _START).total_seconds())
)


def from_format(name: str, least: int = 0, most: int | None = None) -> SearchStrategy[str]:
    """Generate texts of a format, of `least` to `most` characters.

    Dates lie between 1970 and 2099, so that with any offset every library supports the year. The
    second 60, which RFC 3339 allows only for announced leap seconds, is left out. Shrinks towards
    the start of 2000 in UTC.
    """
    if name == "date":
        return _SECONDS.map(lambda seconds: _moment(seconds)[:10])
    if name == "uuid":
        return st.uuids().map(str)
    if name != "date-time":
        return st.sampled_from(texts_of(name, least, most))
    return st.builds(
        lambda seconds, ending: _moment(seconds).replace("T", ending[0]) + ending[1],
        _SECONDS,
        st.sampled_from(endings(least, most)),
    )


def wrong_lengths(
    schema: Schema, alphabet: SearchStrategy[str] | str, shortest: int = 0
) -> dict[str, SearchStrategy[str]]:
    """Return strategies of texts that break `minLength` alone, and `maxLength` alone."""
    least, most = lengths(schema)
    too_long = (most or 0) + 1
    return {
        "minLength": st.text(alphabet, min_size=shortest, max_size=max(shortest, least - 1)),
        "maxLength": st.text(alphabet, min_size=too_long, max_size=too_long + SPREAD),
    }


def _moment(seconds: int) -> str:
    return (_START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


INDEXES: Final = (10**6, 10**3, 30, 10)
"""Numbers of texts that are tried, the first that has as many is taken."""


def from_pattern(pattern: str, least: int = 0, most: int | None = None) -> SearchStrategy[str]:
    """Generate texts of `least` to `most` characters that match a pattern of ECMA-262.

    A text that Hypothesis draws from the expression, but of another length, gives way to one that
    is written to have the length.
    """
    known = sample_texts(pattern, least, most)
    if has_assertions(pattern) or not known:
        automaton = find_automaton(pattern, least, most)
        if automaton is not None and not automaton.is_empty:
            written = st.binary(max_size=SPREAD).map(automaton.write)
            plain = st.sampled_from(known)
            return _or_other(written, lambda text: matches(pattern, text), known, plain)
    drawn = _from_regex(pattern)

    def fits(text: str) -> bool:
        is_long = len(text) > (LONGEST if most is None else most)
        return len(text) >= least and not is_long and matches(pattern, text)

    last = next((n for n in INDEXES if index_text(pattern, n, least, most) is not None), 0)
    indexed = [index_text(pattern, number, least, most) for number in range(min(last, 10))]
    if known and all(text is not None for text in indexed):
        plain = st.integers(0, last).map(
            lambda number: index_text(pattern, number, least, most) or known[0]
        )
    else:
        plain = st.sampled_from(known) if known else st.nothing()
    if drawn is None or (known and len(known[0]) > LONG):
        return plain
    return _or_other(drawn, fits, known, plain)


def _or_other(
    drawn: SearchStrategy[str],
    fits: Callable[[str], bool],
    known: Sequence[str],
    other: SearchStrategy[str],
) -> SearchStrategy[str]:
    """Generate known texts, and drawn ones, with others instead of those that do not fit."""
    if not known:
        return drawn.filter(fits)
    mixed = st.builds(lambda text, another: text if fits(text) else another, drawn, other)
    return st.sampled_from(known) | mixed


@lru_cache(maxsize=256)
def _from_regex(pattern: str) -> SearchStrategy[str] | None:
    try:
        compiled = re.compile(to_python(pattern), re.ASCII)
        strategy = st.from_regex(compiled, alphabet=ENCODABLE)
        strategy.validate()
    except (re.error, InvalidArgument, OverflowError, RecursionError, NotImplementedError):
        return None
    return strategy


JSON: TypeAlias = Any
"""A decoded JSON value: None, bool, int, float, str, list or dict."""

PLAIN: Final = 8
"""The number of plain texts besides the shortest, each one character longer."""


SMALL: Final = tuple(sorted(range(9, -10, -1), key=abs))
"""The numbers from -9 to 9, simplest first."""


LONGEST_TEXT: Final = 20_000
"""The longest `maxLength` that drawn texts reach; the deterministic cases reach longer ones."""


ODD_TEXTS: Final = (
    " ",
    "\x80",
    "0",
    "null",
    "a\0b",
    "line\r\nbreak\u2028",
    "caf\u00e9 e\u0301",
    "\u65e5\u672c\u8a9e",
    "\u202eright to left",
    "\U0001f469\u200d\U0001f52c",
    "<b>&amp;</b>",
    "'; --",
)
"""Blank, not ASCII, easily mistaken for another type, control characters, decomposed, wide,
bidirectional, several code points in one glyph, and markup."""


CHARACTERS: Final = ("0", "\U0001f9fe")
"""The characters of texts at a length limit: a plain one, and one of two UTF-16 units."""


def integers_beyond(schema: Schema) -> dict[str, SearchStrategy[int]]:
    """Return, for each bound of a number, a strategy of integers that break this bound alone.

    Empty if two bounds are on the same side.
    """
    bounds = list(edges(schema))
    if len({SIGNS[edge.keyword] for edge in bounds}) < len(bounds):
        return {}
    return {edge.keyword: beyond(edge) for edge in bounds}


def beyond(edge: Edge) -> SearchStrategy[int]:
    """Generate integers outside one bound."""
    if SIGNS[edge.keyword] > 0:
        return st.integers(max_value=floor(edge.outside))
    return st.integers(min_value=ceil(edge.outside))


@dataclass(frozen=True, slots=True)
class Options:
    """The possible values at one place.

    Attributes:
        known: groups of known values, simplest first; see `choice`.
        free: strategies of other scalars.
        nested: strategies of arrays and objects, and of the members of a union.
    """

    known: tuple[Sequence[JSON], ...] = ()
    free: tuple[SearchStrategy[JSON], ...] = ()
    nested: tuple[SearchStrategy[JSON], ...] = ()

    def __add__(self, other: Options) -> Options:
        """Return the options of both."""
        return Options(self.known + other.known, self.free + other.free, self.nested + other.nested)

    def optional(self) -> Part:
        """Return the part that reads an optional field, absent about as often as null.

        An absent field costs no draw: Hypothesis deletes at most five draws together, and an
        element of an array can only be deleted if it shrinks to that few.
        """
        return choice(((ABSENT,), *self.known), (*self.free, *self.nested, *self.nested))

    def read_required(self) -> Part:
        """Return the part that reads a required field; nested values are as likely as a group."""
        if not self.nested:
            return choice(self.known, self.free)
        groups = [st.sampled_from(group) for group in self.known]
        return Drawn(st.one_of(*groups, *self.free, *self.nested))


def _strings(schema: Schema) -> Options:
    least, most = lengths(schema)
    if "pattern" in schema:
        return _from_pattern(schema, least, most)
    if "format" in schema:
        known = sort_texts(schema["format"], least, most)
        return Options(known=(known,), free=(from_format(schema["format"], least, most),))
    longest = inf if most is None else most
    plain = ["0" * length for length in range(least, least + PLAIN + 1)]
    fitting = [text for text in (*plain, *ODD_TEXTS) if least <= len(text) <= longest]
    special = sorted(dict.fromkeys(fitting), key=lambda text: (not text.isascii(), len(text)))
    text = st.text(ENCODABLE, min_size=least, max_size=most)
    if least > LONGEST_TEXT:
        return Options(free=(st.sampled_from(CHARACTERS).map(lambda char: char * least),))
    return Options(known=(special,), free=(text,)) + _at_limits(least, most)


def _from_pattern(schema: Schema, least: int, most: int | None) -> Options:
    """Return texts that match a pattern, and have a format if one is stated too."""
    pattern, name = schema["pattern"], schema.get("format")
    if name is None:
        return Options(free=(from_pattern(pattern, least, most),))
    known = [each for each in sort_texts(name, least, most) if matches(pattern, each)]
    known = known or [*known_texts(schema)]
    by_format = from_format(name, least, most).filter(lambda text: matches(pattern, text))
    by_pattern = from_pattern(pattern, least, most).filter(lambda text: conforms(text, name))
    if known:
        return Options(known=(known,), free=(by_format,))
    return Options(free=(by_pattern | by_format,))


def _at_limits(least: int, most: int | None) -> Options:
    """Return texts of the minimum and maximum length, ASCII and astral."""
    shortest = tuple(char * least for char in CHARACTERS)
    if most is None or most == least or most > LONGEST_TEXT:
        return Options(known=(shortest,) if least else ())
    return Options(known=(shortest,), free=(_longest(least, most),))


def _longest(least: int, most: int) -> SearchStrategy[str]:
    """Generate texts that mostly have the maximum length, and shrink to any length."""
    kinds = len(CHARACTERS)
    drawn = st.integers(0, 8 * kinds * (most - least))
    return drawn.map(lambda n: CHARACTERS[n % kinds] * min(least + n // kinds, most))


def _multiples(schema: Schema, *, whole: bool) -> Options:
    found = multiples(schema, whole=whole)
    limit = EXACT if found.step.denominator == 1 else 10**12
    least = max(-limit, -limit if found.first is None else found.first)
    most = min(limit, limit if found.last is None else found.last)
    if least > most:
        return Options(free=(st.just(found.value(found.nearest)),))
    ends = {number for number in (found.first, found.last) if number is not None}
    near = sorted({*ends, *(n for n in SMALL if least <= n <= most)}, key=abs)
    known = [found.value(number) for number in near]
    return Options(known=(known,), free=(st.integers(least, most).map(found.value),))


def _integers(schema: Schema) -> Options:
    if "multipleOf" in schema:
        return _multiples(schema, whole=True)
    least, most = integers_within(schema)
    bounds = {bound for bound in (least, most) if bound is not None}
    known = sorted(bounds, key=abs) if bounds else SMALL
    return Options(known=(known,), free=(st.integers(least, most),))


def _numbers(schema: Schema) -> Options:
    if "multipleOf" in schema:
        return _multiples(schema, whole=False)
    least, most = floats_within(schema)
    if least > most:
        return _integers(schema)
    drawn = st.floats(least, most, allow_nan=False, allow_infinity=False)
    if not SIGNS.keys() & schema.keys():
        return Options(known=(SMALL,), free=(st.integers(), drawn))
    bounds = [edge.at for edge in edges(schema) if is_valid(schema, edge.at)]
    return Options(known=(sorted(bounds, key=abs),) if bounds else (), free=(drawn,))


SCALARS: Final[Mapping[str, Callable[[Schema], Options]]] = {
    "null": lambda _: Options(known=((None,),)),
    "boolean": lambda _: Options(known=((False, True),)),
    "integer": _integers,
    "number": _numbers,
    "string": _strings,
}
