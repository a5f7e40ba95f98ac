"""Secrets: the values that nothing written may contain, in whatever encoding they appear."""

from __future__ import annotations

import re
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from docpact.errors import UsageError

SHORTEST: Final = 4
"""Shorter values are part of too many ordinary words."""

SHORTEST_COOKIE: Final = 12
"""Shorter values of cookies, such as `true` or `deleted`, open no session."""

SHORTEST_ENCODED: Final = 8
"""Base64 and hexadecimal forms with fewer characters than this are part of ordinary text."""

COOKIE: Final = "[cookie]"
"""The text that replaces a cookie's value."""

CUT: Final = "…"
"""Marks the place where `docpact.text` shortened a text."""

_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
"""Name of an entity of HTML → character."""

_POINTER: Final = {"~": "~0", "/": "~1"}
"""Character → its escape in a JSON Pointer (RFC 6901)."""

_ESCAPES: Final = dict(zip('"\\/\b\f\n\r\t', '"\\/bfnrt', strict=True))
"""Character → its short escape in JSON (RFC 8259, section 7)."""


@dataclass(slots=True)
class Secrets:
    """Values that must not be written; also those that a server hands out during a run.

    Attributes:
        names: secret → the name that is written in its place.
    """

    names: dict[str, str] = field(default_factory=dict, repr=False)

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

        Recognized are the secret as it is, escaped as in JSON or HTML, percent-encoded once or
        twice, in Base64 at any offset and in hexadecimal, all of them also with line breaks inside,
        and its beginning where a text was cut.
        """
        if not self.names:
            return text
        plain = _decode_escapes(text)
        if "\n" in plain or "\r" in plain:
            plain = f"{plain}\0{_WRAPPED.sub('', plain)}"
        for secret in sorted(self.names, key=len, reverse=True):
            name = self.names[secret]
            # A server may hand out a cookie in every response, too many to search for thoroughly.
            if (name != COOKIE and plain is not text) or _may_contain(text, plain, secret):
                for form in _forms(secret):
                    text = form.sub(lambda _, name=name: name, text)  # type: ignore[misc]
            if CUT in text:
                text = _redact_beginning(text, secret, name)
        return text

    def redact_bytes(self, body: bytes) -> bytes:
        """Return a body without any secret; bytes that are not UTF-8 stay as they are."""
        text = body.decode("utf-8", "surrogateescape")
        return self.redact(text).encode("utf-8", "surrogateescape")

    def redact_value(self, value: Any) -> Any:
        """Return a decoded JSON value without any secret, in its names and texts."""
        match value:
            case str():
                return self.redact(value)
            case list():
                return [self.redact_value(each) for each in value]
            case dict():
                return {self.redact(name): self.redact_value(each) for name, each in value.items()}
            case _:
                return value


_ESCAPE: Final = re.compile(
    r'\\+u([0-9A-Fa-f]{4})|\\+(["\\/bfnrt])|%(?:25)*([0-9A-Fa-f]{2})|\\+x([0-9A-Fa-f]{2})'
    r"|&(?:amp;)*(?:#0*([0-9]{1,7})|#[xX]0*([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));?|~([01])"
)
_UNESCAPED: Final = _NAMED | {short: each for each, short in (*_ESCAPES.items(), *_POINTER.items())}
_WRAPPED: Final = re.compile(r"[\r\n][ \t]*")
_WRAP: Final = r"(?:(?:\\+[rn]|[\r\n])[ \t]*)*"
"""The points where a line is wrapped: decoded, and as a pattern."""


def _decode_escapes(text: str) -> str:
    """Return a text with the escapes of JSON, URLs and HTML decoded, each byte as one character."""

    def decode(match: re.Match[str]) -> str:
        unit, short, byte, other, number, digits, name, step = match.groups()
        if short or name or step:
            return _UNESCAPED[short or name or match[0]]
        code = int(number) if number else int(unit or byte or other or digits, 16)
        return chr(code) if code <= sys.maxunicode else match[0]

    found = any(each in text for each in "\\%&~")
    return _ESCAPE.sub(decode, text) if found else text


def _may_contain(text: str, plain: str, secret: str) -> bool:
    """Return False if a text contains no form of a secret, much faster than the patterns.

    A text in which other characters and the secret together look like an escape may be missed.

    Args:
        text: as it is.
        plain: with escapes decoded.
        secret: to look for.
    """
    needles, is_ascii = _needles(secret)
    return not is_ascii or any(needle in text or needle in plain for needle in needles)


@lru_cache(maxsize=256)
def _needles(secret: str) -> tuple[tuple[str, ...], bool]:
    """Return the forms of a secret without escapes, and whether it is ASCII."""
    encoded = secret.encode("utf-8", "surrogatepass")
    cores = [core for core in _base64_cores(encoded) if len(core) >= SHORTEST_ENCODED]
    safe = [core.replace("+", "-").replace("/", "_") for core in cores]
    found = (_decode_escapes(secret), secret, *cores, *safe, encoded.hex(), encoded.hex().upper())
    return tuple(dict.fromkeys(found)), secret.isascii()


def _redact_beginning(text: str, secret: str, name: str) -> str:
    """Replace the beginning of a secret, `SHORTEST` characters or more, in front of each cut."""
    characters = _characters(secret)
    parts = text.split(CUT)
    for number, part in enumerate(parts[:-1]):
        for start in _starts(secret).finditer(part):
            end, matched = start.start(), 0
            for character in characters:
                found = character.match(part, end)
                if found is None:
                    break
                end, matched = found.end(), matched + 1
            if matched >= SHORTEST and _PARTIAL.fullmatch(part, end):
                parts[number] = part[: start.start()] + name
                break
    return CUT.join(parts)


_PARTIAL: Final = re.compile(r"(\\+(u[0-9A-Fa-f]{0,3})?|%(25?)?[0-9A-Fa-f]?)?")
"""The beginning of an escape, which a cut may have left."""


@lru_cache(maxsize=256)
def _starts(secret: str) -> re.Pattern[str]:
    return re.compile("".join(map(_alternatives, secret[:SHORTEST])))


@lru_cache(maxsize=256)
def _characters(secret: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(_alternatives(character)) for character in secret)


@lru_cache(maxsize=256)
def _forms(secret: str) -> tuple[re.Pattern[str], ...]:
    """Return a pattern for each form in which a text may contain a secret."""
    patterns = [_WRAP.join(map(_alternatives, secret))]
    patterns += [
        _WRAP.join(map(_base64_alternatives, core))
        for core in _base64_cores(secret.encode("utf-8", "surrogatepass"))
        if len(core) >= SHORTEST_ENCODED
    ]
    hexadecimal = secret.encode("utf-8", "surrogatepass").hex()
    if len(hexadecimal) >= SHORTEST_ENCODED:
        patterns.append(f"(?i:{_WRAP.join(hexadecimal)})")
    return tuple(map(re.compile, patterns))


def _alternatives(character: str) -> str:
    """Return a pattern for a character as it is, escaped as in JSON, or percent-encoded."""
    utf16 = character.encode("utf-16-be", "surrogatepass").hex()
    units = "".join(rf"\\+u(?i:{utf16[at : at + 4]})" for at in range(0, len(utf16), 4))
    utf8 = character.encode("utf-8", "surrogatepass")
    percent = "".join(f"%(?:25)*(?i:{byte:02x})" for byte in utf8)
    code = ord(character)
    entities = [f"#0*{code}", f"#[xX]0*(?i:{code:x})"]
    entities += [name for name, each in _NAMED.items() if each == character]
    found = [re.escape(character), units, percent, f"&(?:amp;)*(?:{'|'.join(entities)});?"]
    if code <= 0xFF:
        found.append(rf"\\+x(?i:{code:02x})")
    if character in _POINTER:
        found.append(_POINTER[character])
    if character in _ESCAPES:
        found.append(r"\\+" + re.escape(_ESCAPES[character]))
    return f"(?:{'|'.join(reversed(found))})"


def _base64_alternatives(character: str) -> str:
    """Return a pattern for a character of Base64, in both alphabets (RFC 4648) and escaped."""
    other = {"+": "-", "/": "_"}.get(character)
    return _alternatives(character) if other is None else f"(?:{_alternatives(character)}|{other})"


def _base64_cores(secret: bytes) -> Iterator[str]:
    """Yield the characters that Base64 writes for a secret, whatever surrounds it.

    There are three forms, by the number of bytes before the secret modulo 3. Characters that also
    depend on neighboring bytes are left out.
    """
    for before in range(3):
        encoded = b64encode(bytes(before) + secret).decode()
        first = (before * 8 + 5) // 6
        yield encoded[first : (before + len(secret)) * 8 // 6]


_USERINFO: Final = re.compile(r"(?<=//)[^/\s?#]*@")
_QUERY: Final = re.compile(r"""(://[^\s?'"]*)\?[^\s'"]*""")


def redact_urls(text: str) -> str:
    """Return a text whose URLs have no user names, passwords or queries (RFC 3986)."""
    return _QUERY.sub(r"\1?…", _USERINFO.sub("", text))


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


def split_environment(environment: Mapping[str, str]) -> tuple[dict[str, str], Secrets]:
    """Return the variables that another program may get, and the values of those it may not.

    Args:
        environment: variable → value.
    """
    passed, secrets = {}, Secrets()
    for name, value in environment.items():
        if SECRET_NAME.search(name):
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
