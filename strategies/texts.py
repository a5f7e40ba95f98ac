"""Texts: any character of UTF-8, and texts of a format."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from docpact.cases.bounds import lengths
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
