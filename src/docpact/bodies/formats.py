"""Formats of strings: checks by the standards, and which formats can be checked here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, partial
from sys import float_info
from typing import TYPE_CHECKING, Final, TypeAlias

from docpact.bodies.patterns import is_ecma_pattern
from docpact.limits import MAX_FORMAT

if TYPE_CHECKING:
    from jsonschema import FormatChecker

STANDARD: Final = frozenset(
    {
        "date", "date-time", "duration", "email", "hostname", "idn-email", "idn-hostname", "ipv4",
        "ipv6", "iri", "iri-reference", "json-pointer", "regex", "relative-json-pointer", "time",
        "uri", "uri-reference", "uri-template", "uuid",
    }
)  # fmt: skip
"""The formats of JSON Schema 2020-12 Validation, section 7.3; all describe strings."""

NUMBERS: Final[Mapping[str, tuple[float, float]]] = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
    "double-int": (-(2**53) + 1, 2**53 - 1),
    "float": (-3.4028234663852886e38, 3.4028234663852886e38),
    "double": (-float_info.max, float_info.max),
}
"""Formats of numbers in the OpenAPI format registry (https://spec.openapis.org/registry/format/) →
the least and the greatest of them."""

FILE: Final = "binary"
"""The format of a field that is a file."""

HINTS: Final = frozenset(
    {FILE, "password", "html", "commonmark", "char", "media-range", "sf-string"}
)
"""Formats of the same registry that exclude no text as far as a program can know."""

Check: TypeAlias = Callable[[str], bool]
"""Says whether a text has a format."""

_DAY: Final = r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
_TIME: Final = (
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.\d+)?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<offset_hour>\d\d):(?P<offset_minute>\d\d))"
)
_FULL_DATE: Final = re.compile(_DAY, re.ASCII)
_FULL_TIME: Final = re.compile(_TIME, re.ASCII)
_DATE_TIME: Final = re.compile(f"{_DAY}[Tt]{_TIME}", re.ASCII)

_ATOM: Final = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_MAILBOX: Final = re.compile(
    rf"(?:{_ATOM}(?:\.{_ATOM})*|\"(?:[ !#-\[\]-~]|\\[ -~])*\")"
    rf"@(?:{_LABEL}(?:\.{_LABEL})*|\[(?:ipv6:(?P<ipv6>[0-9a-f:.]+)|(?P<ipv4>[0-9.]+))\])",
    re.ASCII | re.IGNORECASE,
)

_BASE64: Final = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_DECIMAL: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)

_DAYS: Final = r"(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)"
_HOURS: Final = r"T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S)"
_NAME: Final = r"(?:\w|%[0-9A-Fa-f]{2})(?:\.?(?:\w|%[0-9A-Fa-f]{2}))*(?::[1-9]\d{0,3}|\*)?"
_POINTER: Final = r"(?:/(?:[^~/]|~[01])*)*"
_PATTERNS: Final = {
    "uri-template": re.compile(
        r"(?:[!#$&-;=?-\[\]_a-z~]|%[0-9A-Fa-f]{2}|(?a:[^\x00-\x9f])"
        rf"|(?a:\{{[+#./;?&=,!@|]?{_NAME}(?:,{_NAME})*\}}))*"
    ),
    "duration": re.compile(rf"P(?:{_DAYS}(?:{_HOURS})?|{_HOURS}|\d+W)", re.ASCII),
    "relative-json-pointer": re.compile(
        rf"(?:0|[1-9]\d*)(?:[+-][1-9]\d*)?(?:#|{_POINTER})", re.ASCII
    ),
    "json-pointer": re.compile(_POINTER),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
}
"""Formats that one pattern defines: RFC 6570, section 2; RFC 3339, appendix A; Relative JSON
Pointers, section 3 (draft-bhutton-relative-json-pointer-00); RFC 6901, section 3; RFC 9562,
section 4."""


def is_date(text: str) -> bool:
    """Return whether text is a `full-date` of RFC 3339, section 5.6, and an existing day."""
    match = _FULL_DATE.fullmatch(text)
    return match is not None and _is_day(match)


def is_time(text: str) -> bool:
    """Return whether text is a `full-time` of RFC 3339, section 5.6; see `is_date_time`."""
    match = _FULL_TIME.fullmatch(text)
    return match is not None and _is_time(match)


def is_date_time(text: str) -> bool:
    """Return whether text is a `date-time` of RFC 3339, section 5.6.

    The day must exist, and second 60 is allowed only in the last minute of a day in UTC (section
    5.7). The libraries that jsonschema would use check neither.
    """
    match = _DATE_TIME.fullmatch(text)
    return match is not None and _is_day(match) and _is_time(match)


def is_email(text: str) -> bool:
    """Return whether text is a `Mailbox` of RFC 5321, section 4.1.2."""
    match = _MAILBOX.fullmatch(text)
    if match is None:
        return False
    return all(match[name] is None or _is_short(match[name], name) for name in ("ipv4", "ipv6"))


_IRI: Final = r"\xa0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef" + "".join(
    f"{chr(first)}-{chr((first | 0xFFFF) - 2)}"
    for first in (*range(0x10000, 0xE0000, 0x10000), 0xE1000)
)
"""The characters that an IRI may have and a URI may not (RFC 3987, section 2.2: `ucschar`)."""
_PRIVATE: Final = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
"""Those that only its query may have (`iprivate`)."""


@cache
def _write_uri(name: str) -> re.Pattern[str]:
    """Return the pattern of RFC 3986, appendix A, or that with the characters of an IRI."""
    more, private = (_IRI, _PRIVATE) if name.startswith("iri") else ("", "")
    scheme = "[a-z][a-z0-9+.-]*:"
    begin = rf"(?:{scheme}|(?![^/?#]*:))" if name.endswith("reference") else scheme
    host, user, path, query = (
        rf"(?:[\w.~!$&'()*+,;={more}{others}-]|%[0-9a-f]{{2}})*"
        for others in ("", ":", ":@/", f":@/?{private}")
    )
    literal = r"\[(?:v[0-9a-f]+\.[\w.~!$&'()*+,;=:-]+|(?P<ipv6>[0-9a-f:.]+))\]"
    authority = rf"//(?:{user}@)?(?:{literal}|{host})(?::\d*)?(?:/{path})?"
    fragment = query.replace(private, "")
    return re.compile(
        rf"{begin}(?:{authority}|(?!//){path})(?:\?{query})?(?:#{fragment})?",
        re.ASCII | re.IGNORECASE,
    )


def _is_uri(text: str, name: str) -> bool:
    if len(text) > MAX_FORMAT:
        return _pass_long(name)
    match = _write_uri(name).fullmatch(text)
    return match is not None and (match["ipv6"] is None or _is_short(match["ipv6"], "ipv6"))


_DOTS: Final = (".", "\u3002", "\uff0e", "\uff61")
"""The characters between labels, as IDNA reads them (RFC 3490, section 3.1)."""
_HOST: Final = re.compile(
    rf"(?=.{{1,253}}\Z)(?!.*[^.]{{64}}){_LABEL}(?:\.{_LABEL})*", re.ASCII | re.IGNORECASE
)


def _is_host(text: str, name: str) -> bool:
    """Return whether text is the name of a host (RFC 1123; RFC 5890 for labels of Punycode)."""
    if name == "hostname" and not (_HOST.fullmatch(text) and "xn--" in text.lower()):
        return _HOST.fullmatch(text) is not None
    return text[-1:] not in _DOTS and _is_short(text.lower(), "idn-hostname")


def is_base64(text: str) -> bool:
    """Return whether text is base64 (RFC 4648, section 4)."""
    return len(text) % 4 == 0 and _BASE64.fullmatch(text) is not None


def is_decimal(value: object) -> bool:
    """Return whether a value is a number, or one in decimal notation as text."""
    return not isinstance(value, str) or _DECIMAL.fullmatch(value) is not None


def _lies_within(least: float, most: float) -> Callable[[object], bool]:
    def lies(value: object) -> bool:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return not is_number or least <= value <= most  # type: ignore[operator]

    return lies


def _matches(name: str, pattern: re.Pattern[str]) -> Check:
    return lambda text: (
        _pass_long(name) if len(text) > MAX_FORMAT else pattern.fullmatch(text) is not None
    )


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


def _ignore_others(check: Check) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or check(value)


_TEXTS: Final[Mapping[str, Check]] = {
    "date": is_date,
    "date-time": is_date_time,
    "email": is_email,
    "regex": lambda text: _pass_long("regex") if len(text) > MAX_FORMAT else is_ecma_pattern(text),
    "time": is_time,
    **{each: partial(_is_host, name=each) for each in ("hostname", "idn-hostname")},
    **{
        f"{each}{end}": partial(_is_uri, name=each + end)
        for each in ("uri", "iri")
        for end in ("", "-reference")
    },
    **{name: _matches(name, pattern) for name, pattern in _PATTERNS.items()},
}
_OWN_CHECKS: Final[Mapping[str, Callable[[object], bool]]] = {
    **{name: _ignore_others(check) for name, check in _TEXTS.items()},
    **{name: _lies_within(*bounds) for name, bounds in NUMBERS.items()},
    "byte": _ignore_others(is_base64),
    "decimal": is_decimal,
}
"""Formats that jsonschema checks only with further libraries, or not as their standards."""


@cache
def _load_libraries() -> FormatChecker:
    """Return the checks of jsonschema, which takes long to import."""
    from jsonschema import Draft202012Validator

    libraries: FormatChecker = Draft202012Validator.FORMAT_CHECKER
    return libraries


@cache
def make_checker() -> FormatChecker:
    """Return the checks of all formats for a validator of jsonschema."""
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    checker.checkers = dict(_load_libraries().checkers)
    for name, check in _OWN_CHECKS.items():
        checker.checks(name)(check)
    for name in checker.checkers.keys() - _OWN_CHECKS.keys():
        checker.checks(name)(_ignore_others(partial(_is_short, name=name)))
    return checker


def _is_short(text: str, name: str) -> bool:
    """Return whether a text has a format, according to a library; a long text never has it."""
    return len(text) <= MAX_FORMAT and bool(_load_libraries().conforms(text, name))


UNCHECKED: Final = set[str]()
"""The formats of texts so far that were too long to be checked."""


def _pass_long(name: str) -> bool:
    """Let a text of more than `MAX_FORMAT` characters have a format."""
    UNCHECKED.add(name)
    return True


def conforms(value: object, name: str) -> bool:
    """Return whether a value has a format; anything has one that is not checked here."""
    own = _OWN_CHECKS.get(name)
    return make_checker().conforms(value, name) if own is None else own(value)


def is_checked(name: str) -> bool:
    """Return whether docpact, or the libraries installed here, check a format."""
    is_own = name in _OWN_CHECKS and name != "idn-hostname"
    return is_own or name == FILE or name in make_checker().checkers
