"""Texts of the formats that documentation can name, and parts of texts that searches must find."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from typing import Final

from docpact.bodies.formats import conforms
from docpact.bodies.patterns import matches
from docpact.cases.expressions import find_automaton, sample_texts
from docpact.model import Schema
from docpact.model.roles import PART, START

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
    "time": ("12:30:00Z", "23:59:59.123+05:30", "00:00:00-00:00"),
    "duration": ("P3D", "PT1S", "P1Y2M3DT4H5M6S", "P4W"),
    "hostname": ("api.example.com", "a.b", "xn--bcher-kva.example"),
    "idn-hostname": ("bücher.example", "a.b", "api.example.com"),
    "idn-email": ("someone@example.com", "実例@example.com", "a@b"),
    "ipv4": ("192.0.2.1", "10.0.0.1", "255.255.255.255"),
    "ipv6": ("2001:db8::1", "::", "::ffff:192.0.2.1"),
    "uri-reference": ("/things/1", "", "../a?b=c#d", "https://example.com/"),
    "iri": ("https://example.com/é", "urn:a:b", "https://example.com/"),
    "iri-reference": ("/things/é", "", "../a?b=c#d", "https://example.com/"),
    "uri-template": ("/things/{id}", "", "https://example.com/{?page,size}"),
    "json-pointer": ("/things/0", "", "/a~1b/m~0n"),
    "relative-json-pointer": ("1/things", "0#", "2"),
    "regex": ("^[a-z]+$", "", "a|b"),
    "byte": ("dGV4dA==", "", "AAEC"),
    "decimal": ("1.5", "0", "-12.75"),
}
"""The formats that can be generated → texts to try, plainest first."""

WRONG: Final[Mapping[str, tuple[str, ...]]] = {
    "date": ("docpact", "2023-02-29", "2024-1-1", "2024-01-01T00:00:00Z"),
    "date-time": ("docpact", "2024-01-01T00:00:00", "2023-02-29T00:00:00Z", "2024-01-01"),
    "uuid": ("docpact", "00000000-0000-4000-8000-00000000000", "g" + UUIDS[0][1:]),
    "email": ("docpact", "", "two words"),
    "uri": ("docpact", "//example.com/", "https://exa mple.com/"),
    "time": ("docpact", "25:00:00Z", "12:30:00"),
    "duration": ("docpact", "P1D2H", "PT"),
    "hostname": ("-docpact-", "a_b.example", "a..b"),
    "idn-hostname": ("-docpact-", "a..b"),
    "idn-email": ("docpact", "two words"),
    "ipv4": ("docpact", "256.0.0.1", "192.0.2"),
    "ipv6": ("docpact", "2001:db8::1::2", "12345::"),
    "uri-reference": ("\\docpact\\", "two words"),
    "iri": ("docpact", "https://exa mple.com/"),
    "iri-reference": ("\\docpact\\", "two words"),
    "uri-template": ("{docpact", "/things/{}"),
    "json-pointer": ("docpact", "/a~2b"),
    "relative-json-pointer": ("docpact", "-1/a"),
    "regex": ("[docpact", "(a"),
    "byte": ("docpact!", "AAE"),
    "decimal": ("docpact", "1.5.2"),
}
"""Format → texts that break it: an arbitrary word first, then near misses."""

_PADDED: Final[Mapping[str, Callable[[int], Sequence[str]]]] = {
    **dict.fromkeys(
        ("email", "idn-email"),
        lambda size: [f"{'a' * min(64, size - 2)}@{_host(max(1, size - 65))}"],
    ),
    **dict.fromkeys(("hostname", "idn-hostname"), lambda size: [_host(size)]),
    **dict.fromkeys(("uri", "iri"), lambda size: ["a:" + "b" * (size - 2)]),
    **dict.fromkeys(
        ("uri-reference", "iri-reference", "uri-template", "regex"), lambda size: ["a" * size]
    ),
    "json-pointer": lambda size: ["/" + "a" * (size - 1)],
    "relative-json-pointer": lambda size: ["0/" + "a" * (size - 2), "1" * size],
    "byte": lambda size: ["A" * size, "A" * (size + -size % 4)],
    "decimal": lambda size: ["1" * size],
    "time": lambda size: [f"12:30:00.{'0' * (size - 10)}Z"],
    "duration": lambda size: [f"P{'1' * (size - 2)}D"],
    "ipv6": lambda size: ["1:1:1:1:1:1:1:" + "1" * (size - 14), "1111:" * 7 + "1111", "::1"],
    "ipv4": lambda _: ["100.100.10.10", "10.10.10.10", "1.1.1.1", "100.100.100.10"],
}
"""Format → texts of about some length, tried where no other text of the format fits."""


def _host(size: int) -> str:
    """Return a hostname of labels of at most 63 characters."""
    labels = []
    while size > 63:
        labels.append("a" * min(63, size - 2))
        size -= len(labels[-1]) + 1
    return ".".join([*labels, "a" * size])


TRIED: Final = 100
"""The number of texts with a pattern that are tried for a format."""

_LATEST: Final = "2099-12-31T23:59:59Z"

_ENDINGS: Final = tuple(
    (separator, fraction + offset)
    for offset in ("Z", "+00:00", "-00:00", "z", "+05:30", "-08:00", "+14:00", "-12:00")
    for fraction in ("", ".0", ".5", ".123", ".123456", ".000001", ".999999999")
    for separator in "Tt"
)
"""The separators of day and time, with the texts that can follow the seconds."""


def has_text(schema: Schema, least: int, most: int | None) -> bool:
    """Return whether a text of `least` to `most` characters has a schema's format and pattern.

    Where both are stated, a text that has both must be found.
    """
    name, pattern = schema.get("format"), schema.get("pattern")
    if (name is None and pattern is None) or known_texts(schema):
        return True
    automaton = find_automaton(pattern, least, most) if name is None and pattern else None
    return name is None and (automaton is None or not automaton.is_empty)


def texts_of(name: str, least: int = 0, most: int | None = None) -> tuple[str, ...]:
    """Return the texts of `FORMATS` that have `least` to `most` characters.

    If none of them has, any one text of the format that has; empty if there is no such text.
    """
    kept = tuple(text for text in FORMATS[name] if _fits(len(text), least, most))
    if kept:
        return kept
    if name in _PADDED:
        padded = _PADDED[name](max(least, min(9, least if most is None else most)))
        fitting = (text for text in padded if _fits(len(text), least, most))
        return tuple(text for text in fitting if conforms(text, name))
    if name != "date-time":
        return ()
    return tuple(f"2000-01-01{mark}00:00:00{end}" for mark, end in endings(least, most)[:1])


def known_texts(schema: Schema) -> tuple[str, ...]:
    """Return texts with the format and the pattern that a schema states, plainest first.

    Empty if there is no such text among those that are tried.
    """
    least, most = int(schema.get("minLength", 0)), schema.get("maxLength")
    limit = None if most is None else int(most)
    name, pattern = schema.get("format"), schema.get("pattern")
    if pattern is None:
        return texts_of(str(name), least, limit)
    if name is None:
        return sample_texts(pattern, least, limit)
    by_format = (each for each in texts_of(name, least, limit) if matches(pattern, each))
    by_pattern = [e for e in sample_texts(pattern, least, limit) if conforms(e, name)]
    found = (*by_format, *by_pattern)
    automaton = None if found else find_automaton(pattern, least, limit)
    if automaton is None or automaton.is_empty:
        return found
    drawn = (automaton.write(sha256(bytes([n])).digest()[: n % 24]) for n in range(TRIED))
    fitting = (e for e in drawn if matches(pattern, e) and conforms(e, name))
    return tuple(islice(fitting, 1))


def sort_texts(name: str, least: int, most: int | None) -> list[str]:
    """Return the texts of `texts_of` and the last moment that strategies draw, shortest first."""
    last = [_LATEST] if name == "date-time" and _fits(len(_LATEST), least, most) else []
    return sorted([*texts_of(name, least, most), *last], key=len)


def endings(least: int, most: int | None) -> tuple[tuple[str, str], ...]:
    """Return separators and endings that give a date-time of `least` to `most` characters."""
    padded = ("T", f".{'0' * max(1, least - 21)}Z")
    found = [each for each in (*_ENDINGS, padded) if _fits(19 + len(each[1]), least, most)]
    return tuple(dict.fromkeys(found))


def _fits(length: int, least: int, most: int | None) -> bool:
    return least <= length and (most is None or length <= most)


MOST_PARTS: Final = 50
"""Number of texts among which one to search for is chosen."""


def list_parts(match: str, texts: Sequence[str]) -> list[tuple[str, int]]:
    """Return parts of texts that a search must find, with the number of the texts that have them.

    The first ones are at the beginning of some texts and inside others.
    """
    parts = dict.fromkeys(filter(None, (_choose_part(match, text) for text in texts)))
    found = {
        part: (sum(text.startswith(part) for text in texts), sum(part in text for text in texts))
        for part in islice(parts, MOST_PARTS)
    }
    best = sorted(found.items(), key=lambda each: each[1][0] == each[1][1])
    return [(part, first if match == START else inside) for part, (first, inside) in best]


def _choose_part(match: str, text: str) -> str:
    """Return the part of a text to search it for; empty if it has no suitable one."""
    if match == START:
        start = re.match(r"[A-Za-z0-9]{3,}", text)
        return start[0] if start else ""
    if match == PART:
        return max(re.findall(r"(?<=[A-Za-z0-9])[A-Za-z0-9]{3,}", text), key=len, default="")
    words = re.findall(r"(?<!\w)[A-Za-z0-9]{3,}(?!\w)", text)
    return max(words[1:] or words, key=len, default="")
