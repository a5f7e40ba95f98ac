"""Texts of the formats that documentation can name: dates, UUIDs, email addresses, URIs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DATES: Final = ("2000-01-01", "1970-01-01", "2024-02-29", "2099-12-31")
"""A plain day, the epoch, a leap day, the last day that strategies draw."""

UUIDS: Final = ("00000000-0000-4000-8000-000000000000", "FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF")
"""RFC 9562, section 4: hexadecimal digits of either case."""

DATE_TIMES: Final = (
    "2000-01-01T00:00:00Z",
    "2024-02-29T23:59:59.123Z",
    "2024-12-31T23:59:59+05:30",
    "1970-01-01T00:00:00.000001-08:00",
    "2000-01-01t00:00:00z",
    "2000-01-01T00:00:00-00:00",
    "2099-12-31T23:59:59.999999999Z",
)
"""Each form of RFC 3339, section 5.6: UTC, a fraction, an offset, both, lower case, an unknown
local offset (section 4.3), nanoseconds."""

FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    "date": DATES,
    "date-time": DATE_TIMES,
    "uuid": UUIDS,
    "email": ("someone@example.com", "a.b+c@mail.example.org", "o'hara_9@example.co.uk"),
    "uri": (
        "https://example.com/",
        "https://user@example.org:8443/a/b;c?d=e&f=%20#g",
        "urn:example:animal:ferret",
    ),
}
"""The formats that can be generated → texts to try, plainest first."""

WRONG: Final[Mapping[str, tuple[str, ...]]] = {
    "date": ("docpact", "2023-02-29", "2024-1-1", "2024-01-01T00:00:00Z"),
    "date-time": ("docpact", "2024-01-01T00:00:00", "2023-02-29T00:00:00Z", "2024-01-01"),
    "uuid": ("docpact", "00000000-0000-4000-8000-00000000000", "g" + UUIDS[0][1:]),
    "email": ("docpact", "", "two words"),
    "uri": ("docpact", "//example.com/", "https://exa mple.com/"),
}
"""Format → texts that break it: an arbitrary word first, then near misses."""

_LATEST: Final = "2099-12-31T23:59:59Z"

_ENDINGS: Final = tuple(
    (separator, fraction + offset)
    for offset in ("Z", "+00:00", "-00:00", "z", "+05:30", "-08:00", "+14:00", "-12:00")
    for fraction in ("", ".0", ".5", ".123", ".123456", ".000001", ".999999999")
    for separator in "Tt"
)
"""The separators of day and time, with the texts that can follow the seconds."""


def has_text(name: str | None, least: int, most: int | None) -> bool:
    """Return whether a text of a format has `least` to `most` characters; True for no format."""
    return name is None or bool(texts_of(name, least, most))


def texts_of(name: str, least: int = 0, most: int | None = None) -> tuple[str, ...]:
    """Return the texts of `FORMATS` that have `least` to `most` characters.

    If none of them has, any one text of the format that has; empty if there is no such text.
    """
    kept = tuple(text for text in FORMATS[name] if _fits(len(text), least, most))
    if kept or name != "date-time":
        return kept
    return tuple(f"2000-01-01{mark}00:00:00{end}" for mark, end in endings(least, most)[:1])


def sorted_texts(name: str, least: int, most: int | None) -> list[str]:
    """Return the texts of `texts_of` and the last moment that strategies draw, shortest first."""
    last = [_LATEST] if name == "date-time" and _fits(len(_LATEST), least, most) else []
    return sorted([*texts_of(name, least, most), *last], key=len)


def endings(least: int, most: int | None) -> tuple[tuple[str, str], ...]:
    """Return separators and endings that give a date-time of `least` to `most` characters."""
    return tuple(ending for ending in _ENDINGS if _fits(19 + len(ending[1]), least, most))


def _fits(length: int, least: int, most: int | None) -> bool:
    return least <= length and (most is None or length <= most)
