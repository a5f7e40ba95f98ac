"""Paths of OpenAPI documents that have more than names in braces, against the specification."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from docpact.model.path import PARAMETER

_EXPANSION: Final = re.compile(r"\{[?&]([^{}]*)\}")
"""Optional parameters at the end of a path, as in `/things{?page,size}` (RFC 6570)."""

_MARKED: Final = re.compile(
    r"\{([+.;]|\*{1,2})?([A-Za-z_][\w-]*)"
    r"(\*|\?|\.{3}|:(?=[^{}]*[^\w{}-])(?:[^{}]|\{[^{}]*\})*)?\}"
)
"""A parameter as RFC 6570 or a router writes it: `{.id*}`, `{+path}`, `{id...}`, `{id:[a-z]+}`."""

_VARIABLE: Final = re.compile(r"\{\{\s*([A-Za-z_][\w-]*)\s*\}\}")
"""A parameter as Postman writes it, `{{id}}`."""

_STYLES: Final = {".": {"style": "label"}, ";": {"style": "matrix"}}
"""Operator of RFC 6570 → the style of OpenAPI for it."""


class Address(NamedTuple):
    """A documented path.

    Attributes:
        path: the template without its query, with plain names.
        fixed: name of a query parameter → its only value.
        named: name of a path parameter in the query → that of its query parameter.
        optional: names of the query parameters that a request may leave out.
        styles: name of a path parameter → the style that the template shows.
    """

    path: str
    fixed: Mapping[str, str]
    named: Mapping[str, str]
    optional: frozenset[str]
    styles: Mapping[str, Mapping[str, Any]]


@lru_cache(maxsize=4096)
def read_address(text: str) -> Address:
    """Return a documented path without its query, such as `?action=list&id={id}`."""
    text = _VARIABLE.sub(r"{\1}", text)
    listed = (name for found in _EXPANSION.findall(text) for name in found.split(",") if name)
    optional = dict.fromkeys(listed)
    styles = {
        name: _STYLES.get(mark, {}) | ({"explode": True} if end == "*" else {})
        for mark, name, end in _MARKED.findall(text)
    }
    text = _MARKED.sub(r"{\2}", _EXPANSION.sub("", text))
    path, _, query = text.partition("#")[0].partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    named = {found[1]: name for name, value in pairs if (found := PARAMETER.fullmatch(value))}
    fixed = {name: value for name, value in pairs if not PARAMETER.search(value)}
    named |= {name: name for name in optional}
    return Address(path.strip(), fixed, named, frozenset(optional), styles)


def move_parameters(
    address: Address, stated: Iterator[tuple[Mapping[str, Any], str]], where: str
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield parameters and their places; those in the query behind the path as query parameters."""
    known = set[str]()
    for parameter, at in stated:
        each = _without_marks(address, parameter)
        name = str(each.get("name"))
        known.add(name)
        is_moved = each.get("in") == "path" and name in address.named
        moved = {"name": address.named.get(name), "in": "query", "required": True}
        yield ({**each, **moved} if is_moved and name not in address.optional else each), at
    for key, name in address.named.items():
        if not known & {key, name}:
            yield {"name": name, "in": "query", "required": key not in address.optional}, where
    for name, value in address.fixed.items():
        schema = {"type": "string", "enum": [value]}
        yield {"name": name, "in": "query", "required": True, "schema": schema}, where


def _without_marks(address: Address, stated: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a path parameter with a plain name, and the style that the template shows."""
    plain = _MARKED.fullmatch(f"{{{stated.get('name')}}}")
    if stated.get("in") != "path" or plain is None:
        return stated
    return {**address.styles.get(plain[2], {}), **stated, "name": plain[2]}
