"""Secrets: the values that nothing written may contain, in whatever encoding they appear."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from threading import Lock
from typing import Any, Final
from urllib.parse import quote

from docpact.errors import UsageError
from docpact.layers import Layer, peel

SHORTEST: Final = 4
"""Shorter values are part of too many ordinary words."""

SHORTEST_COOKIE: Final = 12
"""Shorter values of cookies, such as `true` or `deleted`, open no session."""

SHORTEST_ENCODED: Final = 8
"""Base64 and hexadecimal forms with fewer characters than this are part of ordinary text."""

SHORTEST_PART: Final = 12
"""A part of a secret with at least this many characters is redacted, if it is half of it."""

FOURTH: Final = 20
"""A part of a secret with at least this many characters is redacted, if it is a fourth of it."""

COOKIE: Final = "[cookie]"
"""The text that replaces a cookie's value."""

CUT: Final = "…"
"""Marks the place where `docpact.text` shortened a text."""

MARGIN: Final = 4
"""Maximum number of characters at each end of a secret that an escape beside it may take away."""

FEW: Final = 50
"""So many secrets are all looked for in every text; of more, those of which a part is in it."""

_PART: Final = 6
"""Length of these parts; the core of any form of a secret is as long."""


@dataclass(slots=True)
class Secrets:
    """Values that must not be written; also those that a server hands out during a run.

    Attributes:
        names: secret → the name that is written in its place.
    """

    names: dict[str, str] = field(default_factory=dict, repr=False)
    _parts: dict[str, set[str]] = field(default_factory=dict, repr=False, compare=False)
    _indexed: int = field(default=0, repr=False, compare=False)
    _turn: Lock = field(default_factory=Lock, repr=False, compare=False)

    def learn(self, secret: str | None, name: str) -> None:
        """Redact a secret from now on.

        Args:
            secret: ignored if it is None or shorter than `SHORTEST`.
            name: the text that replaces it.
        """
        if secret is not None and len(secret) >= SHORTEST:
            self.names.setdefault(secret, name)

    def redact(self, text: str) -> str:
        """Return a text without any secret, longer secrets first.

        Recognized are the secret as it is, escaped as in JSON, HTML or URLs up to `DEPTH` times, in
        Base64 at any offset and in hexadecimal, once, twice or of an escape, with any separators;
        all of them also with line breaks inside, a long part of them, and their beginnings where a
        text was cut.
        """
        if not self.names:
            return text
        layers = peel(text)
        places = [
            (*layer.locate(*place), self.names[secret])
            for secret in sorted(self._choose(layers), key=len, reverse=True)
            for needles in (self._list_needles(secret),)
            for layer in layers
            for place in _find(layer, needles)
        ]
        return _replace(text, places)

    def _list_needles(self, secret: str) -> Mapping[str, int]:
        # A server may hand out a cookie in every response, too many to search for thoroughly.
        return _needles(secret, is_deep=self.names[secret] != COOKIE)

    def _choose(self, layers: Iterable[Layer]) -> Iterable[str]:
        """Return the secrets that may be in a text; all, if they are few."""
        if len(self.names) <= FEW:
            return tuple(self.names)
        with self._turn:
            known = tuple(self.names)  # another thread may learn more
            for secret in known[self._indexed :]:
                for part in _list_parts(self._list_needles(secret)):
                    self._parts.setdefault(part, set()).add(secret)
            self._indexed = len(known)
        parts = chain.from_iterable(_cut_up(layer.text) for layer in layers)
        found = set(filter(self._parts.__contains__, parts))
        return set[str]().union(*(self._parts[part] for part in found))

    def redact_bytes(self, body: bytes) -> bytes:
        """Return a body without any secret; bytes that are not UTF-8 stay as they are."""
        text = body.decode("utf-8", "surrogateescape")
        return self.redact(text).encode("utf-8", "surrogateescape")

    def redact_value(self, value: Any) -> Any:
        """Return a decoded JSON value without any secret in its texts; names stay as they are."""
        from docpact.model.pointer import map_scalars  # errors of commands need no model

        return map_scalars(lambda e: self.redact(e) if isinstance(e, str) else e, value)


def _replace(text: str, places: Iterable[tuple[int, int, str]]) -> str:
    """Replace places in a text by names; the places may overlap."""
    parts, end = list[str](), 0
    for start, stop, name in sorted(places, key=lambda place: (place[0], -place[1])):
        if start >= end:
            parts += text[end:start], name
        end = max(end, stop)
    return "".join((*parts, text[end:]))


def _find(layer: Layer, needles: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    """Yield the places in a layer with a form of a secret, or its beginning before a cut."""
    text = layer.text
    cuts = [match.start() for match in re.finditer(CUT, text)] if CUT in text else []
    for needle, shortest in needles.items():
        is_escaped, is_coded = layer.below is not None, shortest > SHORTEST
        for start, end, least in _list_cores(needle, is_escaped=is_escaped, is_coded=is_coded):
            core = needle[start:end]
            at = text.find(core)
            while at >= 0:
                first, last = _extend(text, needle, at, start, len(core))
                if last - first >= least:
                    yield first, last
                at = text.find(core, at + len(core))
        if cuts:
            yield from _find_beginnings(text, needle, shortest, cuts)


def _list_cores(needle: str, *, is_escaped: bool, is_coded: bool) -> set[tuple[int, int, int]]:
    """Return the parts of a form of a secret that are looked for.

    A server may cut a long secret itself, at both ends: a part is enough, but not that of a URL,
    which may be any host's. Every long part contains one of the short ones that follow each other.
    Of the many forms in Base64 and hexadecimal, only the halves are looked for.

    Returns:
        start and end of each, and how many characters around it must be those of the secret.
    """
    length, half = len(needle), len(needle) // 2
    margin = _margin(needle) if is_escaped else 0
    cores = {(0, length, 0), (margin, length - margin, 0)}
    if half < SHORTEST_PART or "://" in needle:
        return cores
    if is_coded:
        return cores | {(0, half, 0), (half, length, 0)}
    least = min(half, max(length // 4, FOURTH))
    step = least // 2
    return cores | {(at, at + step, least) for at in range(0, length - step + 1, step)}


def _list_parts(needles: Mapping[str, int]) -> Iterator[str]:
    """Yield one part of each form of a secret; the empty text, if the form is too short."""
    for needle, shortest in needles.items():
        yield needle[:SHORTEST]
        for start, _, _ in _list_cores(needle, is_escaped=True, is_coded=shortest > SHORTEST):
            part = needle[start : start + _PART]
            yield part if len(part) == _PART else ""


def _cut_up(text: str) -> Iterator[str]:
    """Yield every part of a text, and the shorter ones in front of a cut."""
    yield ""
    yield from (text[at : at + _PART] for at in range(len(text)))
    for cut in re.finditer(CUT, text):
        near = text[max(0, cut.start() - _LONGEST - _PART) : cut.start()]
        yield from (near[at : at + SHORTEST] for at in range(len(near)))


def _margin(needle: str) -> int:
    return min(MARGIN, (len(needle) - _PART) // 2) if len(needle) > _PART else 0


def _extend(text: str, needle: str, at: int, margin: int, length: int) -> tuple[int, int]:
    """Return the place of a needle of which the core is at a place in a text."""
    end, beyond = at + length, margin + length
    while margin and at and text[at - 1] == needle[margin - 1]:
        at, margin = at - 1, margin - 1
    while beyond < len(needle) and text[end : end + 1] == needle[beyond]:
        end, beyond = end + 1, beyond + 1
    return at, end


def _find_beginnings(
    text: str, needle: str, shortest: int, cuts: Iterable[int]
) -> Iterator[tuple[int, int]]:
    """Yield the beginnings of a needle, `shortest` characters or more, in front of each cut."""
    for cut in cuts:
        near = max(0, cut - len(needle) - _LONGEST)
        at = text.find(needle[:SHORTEST], near, cut)
        while at >= 0:
            shown = text[at:cut]
            whole = _PARTIAL.sub("", shown)
            begun = (shown, whole, whole[:-1])  # `&#6` of `&#61;`
            if any(len(each) >= shortest and needle.startswith(each) for each in begun):
                yield at, cut
                break
            at = text.find(needle[:SHORTEST], at + 1, cut)


_PARTIAL: Final = re.compile(
    r"(\\+(u[0-9A-Fa-f]{0,3}|x[0-9A-Fa-f]?)?|%(25?)*[0-9A-Fa-f]?|&[#\w]*)$"
)
"""The beginning of an escape, which a cut may have left."""

_LONGEST: Final = 12
"""Maximum length of such a beginning."""


@lru_cache(maxsize=32_768)
def _needles(secret: str, *, is_deep: bool) -> Mapping[str, int]:
    """Return the forms of a secret to look for, with those encoded twice if `is_deep`.

    Returns:
        form → the number of its first characters that are redacted in front of a cut.
    """
    encoded = secret.encode("utf-8", "surrogatepass")
    found = [layer.text for layer in peel(secret) if len(layer.text) >= SHORTEST]
    found += [
        encoded.decode("latin-1"),
        encoded.decode("utf-8", "surrogateescape"),  # as `redact_bytes` reads half a pair
        secret.replace("+", " "),
        secret.replace(" ", "+"),
    ]  # forms
    units = secret.encode("utf-16-be", "surrogatepass").hex()
    found.append("".join(chr(int(units[at : at + 4], 16)) for at in range(0, len(units), 4)))
    cores = [*_base64_cores(encoded)]
    coded = [encoded.hex(), encoded.hex().upper(), *cores]
    if is_deep:
        inner = [each.encode() for each in (quote(encoded, safe=""), json.dumps(secret)[1:-1])]
        inner += [each.encode() for each in dict.fromkeys(coded)]
        coded += [twice for each in inner for twice in (*_base64_cores(each), each.hex())]
    encodings = dict.fromkeys(
        (each for each in coded if len(each) >= SHORTEST_ENCODED), SHORTEST_ENCODED
    )
    return encodings | dict.fromkeys(found, SHORTEST)


def _base64_cores(secret: bytes) -> Iterator[str]:
    """Yield the characters that Base64 writes for a secret, with any text around it.

    There are three forms, by the number of bytes before the secret modulo 3, in both alphabets (RFC
    4648). Characters that also depend on neighboring bytes are left out.
    """
    for before in range(3):
        encoded = b64encode(bytes(before) + secret).decode()
        first = (before * 8 + 5) // 6
        core = encoded[first : (before + len(secret)) * 8 // 6]
        yield core
        yield core.replace("+", "-").replace("/", "_")


_USERINFO: Final = re.compile(
    r"(:/|//)(?!user@host/)(?:[^/\s?#]*|[^/\s?#:@[]*:(?!\d*(?:[/?#\s]|$))\S{0,500})@"
)
"""User name and password before a host, except in the example of a message, `//user@host/name`.

The password may contain characters that should be encoded; a path has one slash instead of two.
"""

_QUERY: Final = re.compile(r"""(://[^\s?'"]*+)(\??)[^\s'"]*+""")


def redact_urls(text: str) -> str:
    """Return a text whose URLs have no user names, passwords or queries (RFC 3986)."""
    return _QUERY.sub(lambda url: url[1] + url[2] + "…" * len(url[2]), remove_userinfo(text))


def remove_userinfo(text: str) -> str:
    """Return a text whose URLs have no user names and passwords (RFC 3986, section 3.2.1)."""
    return _USERINFO.sub(r"\1", text)


def cookie_value(header: str) -> str:
    """Return the value that a Set-Cookie header sets (RFC 6265, section 4.1.1)."""
    return header.partition(";")[0].partition("=")[2].strip().strip('"')


def is_session_secret(value: str) -> bool:
    """Return whether a cookie's value may open a session.

    Texts without both letters and digits are ordinary words, which a cookie may repeat from a
    response; redacting them would hide evidence.
    """
    has_both = re.search("[A-Za-z]", value) and re.search("[0-9]", value)
    return len(value) >= SHORTEST_COOKIE and bool(has_both)


SECRET_NAME: Final = re.compile(
    "key|token|secret|passw|credential|auth|cookie|session|private|signature|dsn|_url$|^url$",
    re.IGNORECASE,
)
"""Names of environment variables that usually contain a secret, or a URL with one."""

CREDENTIAL_NAME: Final = re.compile(
    r"(?:^|[_.-])(?:(?:api|access|auth|subscription|private)[_-]?key|authorization|jwt|session_?id"
    r"|(?:access|auth|id|refresh|bearer|session|security)[_-]?token|(?:client[_-]?)?secret"
    r"|password|passwd|pwd|signature|sig|credential)$",
    re.IGNORECASE,
)
"""Parameters that carry a secret; `token` and `key` alone may request a page."""

_SHORT_NAME: Final = re.compile(r"(^|_)(pat|pass|pw|creds?)(_|$)|_(pwd|uri)$", re.IGNORECASE)
"""The same with short words, which are parts of other words as well; `PWD` is a folder."""

_LOGIN: Final = re.compile(r"://[^/@\s]+:[^/@\s]+@")
"""The user and the password in a URL, such as that of a proxy."""


def split_environment(environment: Mapping[str, str]) -> tuple[dict[str, str], Secrets]:
    """Return the variables that another program may get, and the values of those it may not."""
    passed, secrets = {}, Secrets()
    for name, value in environment.items():
        if SECRET_NAME.search(name) or _SHORT_NAME.search(name) or _LOGIN.search(value):
            secrets.learn(value if len(value) >= SHORTEST_ENCODED else None, f"${name}")
        else:
            passed[name] = value
    return passed, secrets


def from_variables(names: tuple[str, ...], environment: Mapping[str, str]) -> Secrets:
    """Return the secrets in environment variables.

    Raises:
        UsageError: the value of a variable is too short for a secret.
    """
    secrets = Secrets()
    for name in names:
        value = environment.get(name, "").strip()
        if 0 < len(value) < SHORTEST:
            raise UsageError(
                f"{name} is configured as a secret but has fewer than {SHORTEST} characters"
            )
        secrets.learn(value or None, f"${name}")
    return secrets
