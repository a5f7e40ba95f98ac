"""Texts: any character of UTF-8, and texts of a format or a pattern."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy

from docpact.bodies.patterns import matches
from docpact.cases.bounds import lengths
from docpact.cases.expressions import LONGEST, index_text, sample_texts, to_python
from docpact.cases.texts import endings, texts_of
from docpact.model import Schema

ENCODABLE: Final[SearchStrategy[str]] = st.characters(exclude_categories=["Cs"])
"""The characters of `st.text()`, named by category: finding them by codec takes seconds, once in
every folder."""

SPREAD: Final = 12
"""The most characters of an id, a name or a word beyond its minimum."""

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
    """Return strategies of texts that break only `minLength`, and of texts that break `maxLength`.

    Args:
        schema: schema of a string.
        alphabet: characters of the texts.
        shortest: minimum length.
    """
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
    drawn = _from_regex(pattern)

    def fits(text: str) -> bool:
        is_long = len(text) > (LONGEST if most is None else most)
        return len(text) >= least and not is_long and matches(pattern, text)

    last = next((n for n in INDEXES if index_text(pattern, n, least, most) is not None), 0)
    written = [index_text(pattern, number, least, most) for number in range(min(last, 10))]
    if known and all(text is not None for text in written):
        plain = st.integers(0, last).map(
            lambda number: index_text(pattern, number, least, most) or known[0]
        )
    else:
        plain = st.sampled_from(known) if known else st.nothing()
    if drawn is None:
        return plain
    if not known:
        return drawn.filter(fits)
    mixed = st.builds(lambda text, other: text if fits(text) else other, drawn, plain)
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
