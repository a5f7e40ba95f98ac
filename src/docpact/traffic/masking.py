"""Secrets in recorded traffic: masked before anything is judged, so that no report quotes them.

A mask has the length of the secret and characters of the same kinds, so that it keeps most promises
that the secret kept.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Final
from urllib.parse import unquote_plus

from docpact.model import Failure, Operation
from docpact.secrets import (
    CREDENTIAL_NAME,
    SECRET_NAME,
    SHORTEST_ENCODED,
    Secrets,
    cookie_value,
    is_session_secret,
)
from docpact.traffic.records import Entry, encode_text

_KINDS: Final = ("abcdef", ascii_lowercase, "ABCDEF", ascii_uppercase, "123456789")
"""Alphabets, hexadecimal digits first; a character is replaced by another one of its alphabet.

Zero stays, so that a number does not begin with it.
"""

_SET: Final = "set-cookie"
_USERINFO: Final = re.compile(r"(?<=//)[^/?#@]*@")
_PAIR: Final = re.compile(r"(?<=[?&;])([^=&;#]+)=([^&;#]+)")


def mask(entry: Entry, operation: Operation, headers: Iterable[tuple[str, str]] = ()) -> Entry:
    """Return an entry without the secrets of its request, also where the response repeats them.

    They are in the headers of the request, names in lower case, and in its query. A cookie that the
    response sets is a secret, too. The fragment of a URL is never sent. A text that names a field
    of a body, such as the password `password`, or that the documentation shows, such as a token
    that is a member of an `enum`, is not masked in the body.
    """
    names = _list_keys(operation)
    response = None if isinstance(entry.outcome, Failure) else entry.outcome
    set_ = () if response is None else (each for each in response.headers if each[0] == _SET)
    found = {*_list_in_headers((*headers, *set_))}
    url = entry.url.partition("#")[0]
    if "@" in url or "?" in url:
        found.update(each for each in _list_in_url(url, names) if len(each) >= SHORTEST_ENCODED)
        url = _USERINFO.sub("", url)
        url = _PAIR.sub(
            lambda e: f"{e[1]}={_make_mask(e[2])}" if _is_secret(e[1], names) else e[0], url
        )
    if url != entry.url:
        entry = replace(entry, url=url)
    bodies = (entry.sent.body if entry.sent else b"", response.body if response else b"")
    found -= {each for each in found if each.isalpha() and _names_field(each, bodies)}
    found -= {each for each in found if _is_in(each, bodies) and _is_documented(operation, each)}
    if not found:
        return entry
    secrets = Secrets({secret: _make_mask(secret) for secret in found})
    if entry.sent is not None:
        sent = entry.sent._replace(body=secrets.redact_bytes(entry.sent.body))
        entry = replace(entry, sent=sent)
    if response is None:
        return entry
    received = tuple((name, secrets.redact(value)) for name, value in response.headers)
    outcome = replace(response, headers=received, body=secrets.redact_bytes(response.body))
    return replace(entry, outcome=outcome)


def _names_field(word: str, bodies: Iterable[bytes]) -> bool:
    """Return whether a word is the name of a field in one of some JSON texts."""
    name = re.compile(rb'"%b"\s*:' % re.escape(word.encode()))
    return any(map(name.search, bodies))


def _is_in(secret: str, bodies: Iterable[bytes]) -> bool:
    return any(encode_text(secret) in body for body in bodies)


@lru_cache(maxsize=64)
def _list_keys(operation: Operation) -> frozenset[str]:
    """Return the names of the query parameters with documented credentials."""
    groups = (operation.credentials, *operation.alternatives)
    return frozenset(each.name for group in groups for each in group if each.place == "query")


@lru_cache(maxsize=4096)
def _is_documented(operation: Operation, secret: str) -> bool:
    """Return whether a text is part of a contract's schemas, which everyone may read."""
    return secret in _list_texts(operation)


@lru_cache(maxsize=8)
def _list_texts(operation: Operation) -> str:
    """Return the names and texts in a contract's schemas that a secret may be part of."""
    found = set[str]()
    left: list[Any] = [operation.response_schema, operation.responses_schema, operation.body_schema]
    while left:
        match left.pop():
            case str() as text if len(text) >= SHORTEST_ENCODED:
                found.add(text)
            case Mapping() as known:
                left += (*known, *known.values())
            case list() as known:
                left += known
    return "\n".join(found)


def _make_mask(secret: str) -> str:
    """Return the mask of a secret; different secrets have different masks, so that they differ."""
    digest = sha256(secret.encode("utf-8", "surrogatepass")).digest()
    masked = list(secret)
    for at, character in enumerate(secret):
        other = "?" if "\ud800" <= character <= "\udfff" else character
        alphabet = next((each for each in _KINDS if character in each), other)
        masked[at] = alphabet[digest[at % len(digest)] % len(alphabet)]
    return "".join(masked)


def _is_secret(name: str, names: Collection[str]) -> bool:
    name = unquote_plus(name)
    return name in names or CREDENTIAL_NAME.search(name) is not None


def _list_in_url(url: str, names: Collection[str]) -> Iterator[str]:
    """Yield the secrets in a URL, decoded."""
    for userinfo in _USERINFO.findall(url):
        yield from map(unquote_plus, userinfo[:-1].split(":", 1))
    for name, value in _PAIR.findall(url):
        if _is_secret(name, names):
            yield unquote_plus(value)


def _list_in_headers(headers: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the secrets in headers that are long enough to be searched for."""
    for name, value in headers:
        if name == _SET:
            yield from filter(is_session_secret, map(cookie_value, value.splitlines()))
        elif name == "cookie":
            cookies = (each.partition("=")[2].strip(' "') for each in value.split(";"))
            yield from filter(is_session_secret, cookies)
        elif SECRET_NAME.search(name):
            secret = value.rpartition(" ")[2]
            login = _decode_login(secret) if value.lower().startswith("basic ") else ()
            yield from (each for each in (secret, *login) if len(each) >= SHORTEST_ENCODED)


def _decode_login(text: str) -> Iterable[str]:
    """Return the password of basic authentication (RFC 7617), and an unusual user name."""
    try:
        user, *password = b64decode(text).decode().split(":", 1)
    except ValueError:
        return ()
    return password if user.isalpha() else (user, *password)
