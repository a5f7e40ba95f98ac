"""The rules of `diff`: every kind of change, its level, and the changes of whole operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from email.utils import quote
from typing import Any, Final, Literal, TypeAlias

from docpact.diff.view import Alternatives, SourceView
from docpact.media_types import parse_media_type
from docpact.model import Level, Source
from docpact.model.path import PARAMETER, TOKEN, split_url

Effect: TypeAlias = Literal["wider", "narrower", "other", "none", "unknown"]
"""The effect of a change on the set of allowed values: it grows, shrinks, changes, stays, or cannot
be computed."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of change.

    Attributes:
        name: the last part of its rules' ids.
        effect: on the set of allowed values.
        mirror: names of the kinds that the same change is in the other direction.
    """

    name: str
    effect: Effect
    mirror: tuple[str, ...]
    summary: str


KINDS: Final = (
    Kind("type_widened", "wider", ("type_narrowed",), "One more JSON type is allowed."),
    Kind("type_narrowed", "narrower", ("type_widened",), "A JSON type is no longer allowed."),
    Kind("type_changed", "other", ("type_changed",), "The JSON type is a different one."),
    Kind("value_added", "wider", ("value_removed",), "An enumeration has one more value."),
    Kind("value_removed", "narrower", ("value_added",), "An enumeration has lost a value."),
    Kind("values_open", "wider", ("values_closed",), "An enumeration became any value."),
    Kind("values_closed", "narrower", ("values_open",), "Any value became an enumeration."),
    Kind("bound_widened", "wider", ("bound_narrowed",), "A limit allows more, or is removed."),
    Kind("bound_narrowed", "narrower", ("bound_widened",), "A limit allows less, or is new."),
    Kind("format_removed", "wider", ("format_added",), "A format is no longer stated."),
    Kind("format_added", "narrower", ("format_removed",), "A format is stated."),
    Kind("format_changed", "other", ("format_changed",), "The format is a different one."),
    Kind("keyword_removed", "wider", ("keyword_added",), "A pattern or the like is looser."),
    Kind("keyword_added", "narrower", ("keyword_removed",), "A pattern or the like is stricter."),
    Kind("keyword_replaced", "other", ("keyword_replaced",), "A pattern allows other values."),
    Kind(
        "keyword_changed", "unknown", ("keyword_changed",), "A pattern or the like is another one."
    ),
)
"""Kinds of change of a value, in a request and in a response."""


def _sent(noun: str) -> tuple[Kind, ...]:
    """Return the kinds of change of something that is sent."""
    return (
        Kind("added", "wider", ("removed",), f"An optional {noun} is new."),
        Kind("added_required", "other", ("removed",), f"A required {noun} is new."),
        Kind("removed", "other", ("added", "added_required"), f"A {noun} is removed."),
        Kind("required", "narrower", ("optional",), f"A {noun} became required."),
        Kind("optional", "wider", ("required",), f"A {noun} became optional."),
        Kind("default_added", "wider", ("default_removed",), "A default value is stated."),
        Kind("default_removed", "other", ("default_added",), "A default is no longer stated."),
        Kind("default_changed", "other", ("default_changed",), "The default is a different one."),
        Kind("style_changed", "other", ("style_changed",), f"A {noun} is written differently."),
        Kind("deprecated", "wider", ("undeprecated",), f"A {noun} is now deprecated."),
        Kind("undeprecated", "none", ("deprecated",), f"A {noun} is no longer deprecated."),
    )


PLACES: Final = {
    "query": _sent("parameter"),
    "request": _sent("parameter or field"),
    "response": (
        Kind("added", "narrower", ("removed",), "A field is new."),
        Kind("removed", "other", ("added",), "A field is removed."),
        Kind("optional", "wider", ("always",), "A field may now be absent or null."),
        Kind("always", "narrower", ("optional",), "A field is now always present, never null."),
        Kind("default_added", "narrower", ("default_removed",), "A default value is stated."),
        Kind("default_removed", "narrower", ("default_added",), "No default is stated any more."),
        Kind("default_changed", "narrower", ("default_changed",), "The default is another one."),
        Kind("deprecated", "narrower", ("undeprecated",), "A field is now deprecated."),
        Kind("undeprecated", "none", ("deprecated",), "A field is no longer deprecated."),
        Kind("success_added", "wider", ("status_removed",), "A status of success is new."),
        Kind("error_added", "narrower", ("status_removed",), "Another status is new."),
        Kind(
            "status_removed",
            "narrower",
            ("success_added", "error_added"),
            "A status is no longer documented.",
        ),
    ),
}
"""Kinds of change of a parameter, field or response itself."""

FACTS: Final = ("method", "path", "status", "content_type", "body_type")
"""The facts that make an operation the one it is."""

AUDIENCES: Final = {
    "query": "senders of the query",
    "request": "senders of the request",
    "credentials": "senders of the request",
    "response": "readers of the response",
}
"""Part of a rule's id → the people whom its changes concern; everybody if it is missing."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an operation that has values.

    Attributes:
        name: as in `SourceView.parts`, and before the location of a change.
        group: of its rules: `query`, `request` or `response`.
        is_value: whether it is one value, not a collection of named ones.
    """

    name: str
    group: str
    title: str
    is_value: bool = False


PARTS: Final = (
    Part("query", "query", "query"),
    Part("response", "response", "response", is_value=True),
    Part("path", "request", "path parameters"),
    Part("header", "request", "request headers"),
    Part("cookie", "request", "cookies"),
    Part("body", "request", "request body", is_value=True),
    Part("bodies", "request", "other request bodies"),
    Part("responses", "response", "other responses"),
)
"""Every part that is compared."""


@dataclass(frozen=True, slots=True)
class DiffRule:
    """One kind of change in one part of an operation.

    Attributes:
        id: `diff.part.kind`.
        why: whom it affects and how, in one sentence.
        mirror: ids of the rules of the same change in the other direction.
    """

    id: str
    level: Level
    summary: str
    why: str
    mirror: tuple[str, ...]


_OPERATION: Final = (
    ("operation.added", Level.ADDITIVE, "An operation is new.", "removed"),
    ("operation.removed", Level.BREAKING, "An operation is no longer documented.", "added"),
    ("operation.deprecated", Level.ADDITIVE, "The operation is now deprecated.", "undeprecated"),
    ("operation.undeprecated", Level.NOTE, "It is no longer deprecated.", "deprecated"),
    ("credentials.added", Level.ADDITIVE, "Further credentials are accepted.", "removed unneeded"),
    ("credentials.removed", Level.BREAKING, "Credentials are no longer accepted.", "added"),
    ("credentials.unneeded", Level.ADDITIVE, "Fewer credentials or scopes are needed.", "added"),
    ("servers.added", Level.ADDITIVE, "A server is new.", "removed"),
    ("servers.removed", Level.BREAKING, "A server is removed.", "added"),
)
"""Rules about the whole operation: id, level, summary, and the last parts of the mirrors' ids."""


def _rules() -> Iterator[DiffRule]:
    for name in FACTS:
        summary = f"The {name.replace('_', ' ')} is a different one."
        rule = f"diff.operation.{name}"
        yield DiffRule(rule, Level.BREAKING, summary, "It is a different operation.", (rule,))
    for name, level, summary, mirrors in _OPERATION:
        part = name.partition(".")[0]
        mirror = tuple(f"diff.{part}.{each}" for each in mirrors.split())
        yield DiffRule(f"diff.{name}", level, summary, _WHY["request", level], mirror)
    for part, kinds in PLACES.items():
        for kind in (*kinds, *KINDS):
            level = _level(part, kind.effect)
            mirror = tuple(f"diff.{part}.{each}" for each in kind.mirror)
            why = _UNKNOWN if kind.effect == "unknown" else _WHY[part, level]
            yield DiffRule(f"diff.{part}.{kind.name}", level, kind.summary, why, mirror)


def _level(part: str, effect: Effect) -> Level:
    """Return the level: breaking if senders may send less, or readers must expect more."""
    if effect in ("none", "unknown"):
        return Level.NOTE
    hurts = "wider" if part == "response" else "narrower"
    return Level.BREAKING if effect in ("other", hurts) else Level.ADDITIVE


_UNKNOWN: Final = "It may allow more, less or other values: compare the two."

_WHY: Final = {
    ("query", Level.BREAKING): "A query that was documented is refused, or means something else.",
    ("query", Level.ADDITIVE): "Queries that were documented are still documented.",
    ("query", Level.NOTE): "Queries mean the same as before.",
    ("request", Level.BREAKING): "A documented request is refused, or means something else.",
    ("request", Level.ADDITIVE): "Requests that were documented are still documented.",
    ("request", Level.NOTE): "Requests mean the same as before.",
    ("response", Level.BREAKING): "A reader that follows the first source meets the unexpected.",
    ("response", Level.ADDITIVE): "A reader that follows the first source needs no change.",
    ("response", Level.NOTE): "Responses mean the same as before.",
}

RULES: Final = tuple(_rules())
"""Every rule of `docpact diff`."""

BY_ID: Final = {rule.id: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two sources.

    Attributes:
        location: `query/NAME`, a folded JSON Pointer into the response body, another part with such
            a pointer, as in `body/name`, or the name of a fact.
        before: the statement of the first source.
        after: the statement of the second source.
        sources: where each of them states it, or None.
        detail: a value or a keyword, to distinguish changes of one rule at one location.
    """

    rule: DiffRule
    location: str
    before: str
    after: str
    sources: tuple[Source | None, Source | None] = (None, None)
    detail: str = ""

    @property
    def audience(self) -> str:
        """The people the change concerns."""
        return AUDIENCES.get(self.rule.id.split(".")[1], "everybody")


SCOPE: Final = "scope "
"""The beginning of a scope in a list of credentials."""

SENDABLE: Final = ("bearer", "basic", "key ")
"""Beginnings of the credentials that a contract keeps."""

_KIND: Final = re.compile(rf"{TOKEN.pattern}/{TOKEN.pattern}")
"""A media type without parameters."""

_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}

FACT_TITLES: Final = ("credentials", "servers", "deprecation")
"""Titles of the parts that are compared here, beside the facts of `rules.FACTS`."""


def list_facts(a: SourceView, b: SourceView) -> Iterator[str]:
    """Yield the titles of the parts that both sources state."""
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
    """Return the credentials of two sources, without scopes if one is a contract."""
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
        urls = [{u if u[:1] == "/" else split_url(u).path or "/" for u in each} for each in urls]
    return urls[0], urls[1]


def _normalize_url(url: str) -> str:
    """Return equal texts for equivalent base URLs (RFC 3986, section 6.2)."""
    scheme, separator, rest = url.rpartition("://")
    host, slash, path = rest.partition("/") if separator else ("", "/", url.lstrip("/"))
    scheme, host = scheme.lower(), host.lower().removesuffix(_DEFAULT_PORTS.get(scheme.lower(), ""))
    return f"{scheme}{separator}{host}{slash}{path}".rstrip("/") or "/"


def _have_same_address(a: SourceView, b: SourceView) -> bool:
    """Return whether each server with the path is the same, wherever the path begins."""
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
