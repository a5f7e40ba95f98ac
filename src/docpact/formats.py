"""The formats that can be checked; a format no library here checks is known to be unchecked."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from jsonschema import Draft202012Validator, FormatChecker

STANDARD: Final = frozenset(
    {
        "date", "date-time", "duration", "email", "hostname", "idn-email", "idn-hostname", "ipv4",
        "ipv6", "iri", "iri-reference", "json-pointer", "regex", "relative-json-pointer", "time",
        "uri", "uri-reference", "uri-template", "uuid",
    }
)  # fmt: skip
"""The formats of JSON Schema 2020-12 Validation, section 7.3; all are of strings."""

_DATE_TIME: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)[Tt]"
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.\d+)?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<offset_hour>\d\d):(?P<offset_minute>\d\d))",
    re.ASCII,
)


def is_date_time(text: object) -> bool:
    """Say whether text is a `date-time` of RFC 3339, section 5.6; what is no text always is.

    The calendar is checked, and a 60th second is allowed only in the last minute of a day in UTC
    (section 5.7), which the libraries that jsonschema would use do not do.
    """
    if not isinstance(text, str):
        return True
    match = _DATE_TIME.fullmatch(text)
    return match is not None and _is_day(match) and _is_time(match)


def _is_day(match: re.Match[str]) -> bool:
    year, month, day = (int(match[name]) for name in ("year", "month", "day"))
    try:
        date(2000 + year % 400, month, day)  # the calendar repeats every 400 years; year 0 is valid
    except ValueError:
        return False
    return True


def _is_time(match: re.Match[str]) -> bool:
    hour, minute, second = (int(match[name]) for name in ("hour", "minute", "second"))
    away_hour, away_minute = (int(match[name] or 0) for name in ("offset_hour", "offset_minute"))
    if hour > 23 or minute > 59 or second > 60 or away_hour > 23 or away_minute > 59:
        return False
    if second < 60:
        return True
    away = (away_hour * 60 + away_minute) * (-1 if match["sign"] == "-" else 1)
    return (hour * 60 + minute - away) % 1440 == 1439


def _checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    checker.checkers = dict(Draft202012Validator.FORMAT_CHECKER.checkers)
    checker.checks("date-time")(is_date_time)
    return checker


CHECKER: Final = _checker()
"""Asserts every format in `CHECKER.checkers`, and silently passes any other: ask `is_checked`."""


def is_checked(name: str) -> bool:
    """Say whether a format is asserted with the libraries installed here."""
    return name in CHECKER.checkers
