"""Generated texts of the formats that a page can state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from docpact.strategies.formats import UUIDS, endings

_START: Final = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)
_SECONDS: Final = st.integers(
    int((_FIRST - _START).total_seconds()), int((_LAST - _START).total_seconds())
)


def formatted(name: str, least: int = 0, most: int | None = None) -> SearchStrategy[str]:
    """Generate texts of a format, of `least` to `most` characters.

    Days lie between 1970 and 2099, so that any offset leaves a year that every library can hold;
    there is no 60th second, which RFC 3339 allows only where one was announced. Shrinks towards
    the start of 2000 in UTC.
    """
    if name == "date":
        return _SECONDS.map(lambda seconds: _moment(seconds)[:10])
    if name == "uuid":
        return st.uuids().map(str) | st.sampled_from(UUIDS)
    return st.builds(
        lambda seconds, ending: _moment(seconds).replace("T", ending[0]) + ending[1],
        _SECONDS,
        st.sampled_from(endings(least, most)),
    )


def _moment(seconds: int) -> str:
    return (_START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
