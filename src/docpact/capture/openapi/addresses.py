"""Paths of OpenAPI documents behind which a query is written, against the specification."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from docpact.model.path import PARAMETER

_EXPANSION: Final = re.compile(r"\{[?&]([^{}]*)\}")
"""Optional parameters at the end of a path, as in `/things{?page,size}` (RFC 6570)."""


class Address(NamedTuple):
    """A documented path.

    Attributes:
        path: the template without its query.
        fixed: name of a query parameter → its only value.
        named: name of a path parameter in the query → that of its query parameter.
        optional: names of the path parameters that the template allows to leave out.
    """

    path: str
    fixed: Mapping[str, str]
    named: Mapping[str, str]
    optional: frozenset[str]


@lru_cache(maxsize=4096)
def read_address(text: str) -> Address:
    """Return a documented path without its query, such as `?action=list&id={id}`."""
    optional = {name for found in _EXPANSION.findall(text) for name in found.split(",") if name}
    path, _, query = _EXPANSION.sub("", text).partition("#")[0].partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    named = {found[1]: name for name, value in pairs if (found := PARAMETER.fullmatch(value))}
    fixed = {name: value for name, value in pairs if not PARAMETER.search(value)}
    return Address(path.strip(), fixed, named | {n: n for n in optional}, frozenset(optional))


def move_parameters(
    address: Address, stated: Iterator[tuple[Mapping[str, Any], str]], where: str
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield parameters and their places; those in the query behind the path as query parameters."""
    known = set[str]()
    for each, at in stated:
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
