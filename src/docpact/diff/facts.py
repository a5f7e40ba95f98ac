"""The changes of an operation as a whole: its address, its credentials, its deprecation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Set
from email.utils import quote
from typing import Any, Final
from urllib.parse import urlsplit

from docpact.diff.rules import BY_ID, FACTS, Change
from docpact.diff.view import Alternatives, SourceView
from docpact.media_types import parse_media_type
from docpact.model.path import PARAMETER, TOKEN

SCOPE: Final = "scope "
"""The beginning of a scope in a list of credentials."""

SENDABLE: Final = ("bearer", "basic", "key ")
"""Beginnings of the credentials that a contract keeps."""

_KIND: Final = re.compile(rf"{TOKEN.pattern}/{TOKEN.pattern}")
"""A media type without parameters."""

_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}

FACT_TITLES: Final = ("credentials", "servers", "deprecation")
"""Titles of the parts that are compared here, beside the facts of `rules.FACTS`."""


def compared_facts(a: SourceView, b: SourceView) -> Iterator[str]:
    """Yield the titles of what both sources state."""
    stated = [(v.credentials, v.servers, v.is_deprecated) for v in (a, b)]
    for title, one, other in zip(FACT_TITLES, *stated, strict=True):
        if one is not None and other is not None:
            yield title


def compare_facts(a: SourceView, b: SourceView) -> Iterator[Change]:
    """Yield the changes of the operation as a whole."""
    is_moved = not _have_same_address(a, b)
    for name in FACTS:
        one, other = a.facts.get(name), b.facts.get(name)
        normalize = _NORMAL_FACTS.get(name, str)
        if one is None or other is None or normalize(one) == normalize(other):
            continue
        if name != "path" or is_moved:
            yield Change(BY_ID[f"diff.operation.{name}"], name, one, other)
    if None not in (a.is_deprecated, b.is_deprecated) and a.is_deprecated != b.is_deprecated:
        before, after = ("deprecated" if v.is_deprecated else "not deprecated" for v in (a, b))
        name = "deprecated" if b.is_deprecated else "undeprecated"
        yield Change(BY_ID[f"diff.operation.{name}"], "deprecated", before, after)
    if a.credentials is not None and b.credentials is not None:
        yield from _compare_credentials(*_narrow_credentials(a, b))
    if a.servers is not None and b.servers is not None and is_moved:
        yield from _compare_servers(a, b)


def _narrow_credentials(a: SourceView, b: SourceView) -> tuple[Alternatives, Alternatives]:
    """Return the credentials of two sources, reduced to what a contract keeps if one is one."""
    one, other = a.credentials or frozenset(), b.credentials or frozenset()
    if not (a.is_contract or b.is_contract):
        return one, other
    return _without_scopes(one), _without_scopes(other)


def _without_scopes(alternatives: Alternatives) -> Alternatives:
    plain = {frozenset(x for x in each if not x.startswith(SCOPE)) for each in alternatives}
    return frozenset(each for each in plain if all(x.startswith(SENDABLE) for x in each))


def _compare_credentials(before: Alternatives, after: Alternatives) -> Iterator[Change]:
    """Yield the alternatives of one side; an old one with all of a new one still suffices."""
    for each in sorted(before - after, key=sorted):
        name = "unneeded" if any(now <= each for now in after) else "removed"
        yield _change(f"credentials.{name}", "credentials", _join(each), before="accepted")
    for each in sorted(after - before, key=sorted):
        yield _change("credentials.added", "credentials", _join(each), after="accepted")


def _join(credentials: Set[str]) -> str:
    return " and ".join(sorted(credentials)) or "no credentials"


def _change(rule: str, location: str, text: str, *, before: str = "", after: str = "") -> Change:
    """Return the change that something is only stated before, or only after."""
    one, other = (text if before else "not stated"), (text if after else "not stated")
    return Change(BY_ID[f"diff.{rule}"], location, one, other, detail=text)


def _compare_servers(a: SourceView, b: SourceView) -> Iterator[Change]:
    before, after = _list_servers(a, b)
    if a.is_contract or b.is_contract:
        before, after = (set(), set()) if before & after else (before, after)
    for each in sorted(before - after):
        yield _change("servers.removed", "servers", each, before=each)
    for each in sorted(after - before):
        yield _change("servers.added", "servers", each, after=each)


def _list_servers(a: SourceView, b: SourceView) -> tuple[set[str], set[str]]:
    """Return the servers of two sources in their normal form.

    A relative one has the host of the document, which is unknown: if one source has only such
    servers, hosts do not count.
    """
    urls = [set(map(_normalize_url, view.servers or ())) for view in (a, b)]
    if any(all(url.startswith("/") for url in each) for each in urls):
        urls = [{u if u[:1] == "/" else urlsplit(u).path or "/" for u in each} for each in urls]
    return urls[0], urls[1]


def _normalize_url(url: str) -> str:
    """Return equal texts for equivalent base URLs (RFC 3986, section 6.2)."""
    scheme, separator, rest = url.rpartition("://")
    host, slash, path = rest.partition("/") if separator else ("", "/", url.lstrip("/"))
    scheme, host = scheme.lower(), host.lower().removesuffix(_DEFAULT_PORTS.get(scheme.lower(), ""))
    return f"{scheme}{separator}{host}{slash}{path}".rstrip("/") or "/"


def _have_same_address(a: SourceView, b: SourceView) -> bool:
    """Return whether servers and path together are the same, wherever one ends."""
    paths = [_normalize_path(view.facts.get("path", "")) for view in (a, b)]
    one, other = (
        {url.rstrip("/") + path for url in urls}
        for urls, path in zip(_list_servers(a, b), paths, strict=True)
    )
    if a.is_contract or b.is_contract:
        return bool(one & other)
    return one == other and bool(one)


def _normalize_path(path: str) -> str:
    return PARAMETER.sub("{}", path)


def normalize_media_type(text: str) -> str:
    """Return equal texts for equal media types (RFC 9110, section 8.3.1).

    JSON is always UTF-8, and a charset changes nothing about it (RFC 8259, section 11). A text that
    is not a media type stays as it is.
    """
    kind, parameters = parse_media_type(text)
    if not _KIND.fullmatch(kind):
        return text
    stated = sorted(parameters.items())
    if kind.endswith(("/json", "+json")):
        stated = [each for each in stated if each != ("charset", "utf-8")]
    written = ((n, v if TOKEN.fullmatch(v) else f'"{quote(v)}"') for n, v in stated)
    return "; ".join([kind, *(f"{name}={value}" for name, value in written)])


_NORMAL_FACTS: Final[Mapping[str, Callable[[str], Any]]] = {
    "path": _normalize_path,
    "content_type": normalize_media_type,
    "body_type": normalize_media_type,
}
"""Fact → a function that returns equal values for equivalent facts."""
