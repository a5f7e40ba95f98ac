"""Credentials, methods and paths that a page shows elsewhere than in its first example.

A request may have some of them instead of the first ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Final

from docpact.capture.embedded import Fences
from docpact.capture.layout.command import Command, is_command, read_command
from docpact.capture.layout.lines import Line, Page
from docpact.capture.layout.tree import Node
from docpact.capture.normalize.text import METHOD
from docpact.capture.requests.curl import (
    PATH,
    SECRET_NAME,
    Curl,
    Security,
    beside,
    http_credential,
    interpret,
    key_credential,
    read_header,
)
from docpact.errors import PageError
from docpact.model.path import TOKEN

MAX_COMMANDS: Final = 20
"""Maximum number of further commands of a page that are read."""

_KEY_NAME: Final = re.compile(r"api[-_]?key|(access|auth)[-_]?token", re.IGNORECASE)
"""A name of a parameter of the query that carries a credential."""

_HEADER: Final = re.compile(r"Example: ?`?([\w-]+): (?:(\w+) )?[^`]+`?")
"""An example of a header that carries a credential."""


def find_alternatives(page: Page, curl: Curl) -> Curl:
    """Return the facts of the curl example, with the other credentials that the page shows.

    They are in its section Security, where a group is needed as a whole, and in further commands
    for the same operation.
    """
    stated = list(_list_stated(page.prose, curl.server))
    if stated and not curl.security:
        curl = curl.with_security(stated[0])
    own = _places(curl.security)
    if own in map(_places, stated):
        curl = curl.with_security([each.mark_required() for each in curl.security])
    groups = {
        _places(group): tuple(each.mark_required() for each in group)
        for group in (*_list_shown(page, curl), *stated)
    }
    others = [group for places, group in groups.items() if not (places <= own or own <= places)]
    return replace(curl, alternatives=tuple(others))


def _places(security: Sequence[Security]) -> frozenset[tuple[str, str]]:
    return frozenset(each.place for each in security)


def _list_shown(page: Page, curl: Curl) -> Iterator[tuple[Security, ...]]:
    """Yield the credentials of further commands for the same request, up to an unreadable one."""
    lines = page.example
    commands = (at for at in range(curl.end, len(lines)) if is_command(lines[at]))
    for at in islice(commands, MAX_COMMANDS):
        try:
            words, end = read_command(lines, at)
        except PageError:
            return
        with suppress(PageError):
            other = interpret(page, Command.read(words), end)
            is_same = other.server == curl.server and PATH not in {
                each.pointer for each in other.gaps
            }
            if other.security and is_same:
                yield other.security


def _list_stated(prose: Sequence[Line], server: str) -> Iterator[tuple[Security, ...]]:
    """Yield the groups of a section Security: a label such as `Email + Key`, then its examples."""
    label, group = "", list[Security]()
    start = next((at for at, line in enumerate(prose) if line.text == "Security"), len(prose))
    for line in prose[start + 1 :]:
        match = _HEADER.fullmatch(line.text)
        if match and TOKEN.fullmatch(match[1]):
            value = f"{match[2]} <secret>" if match[2] else "<secret>"
            group.append(read_header(line.number, match[1], value, server))
        label = label or line.text
        if len(group) > label.count(" + "):
            yield tuple(group)
            label, group = "", []


def find_documented(curl: Curl, sections: Mapping[str, Sequence[Node]]) -> Curl:
    """Return the facts with the credentials among the parameters, if the example shows none."""
    found = [
        _read_documented(kind, node, curl.server)
        for kind in ("header", "query")
        for node in sections.get(kind, ())
        if _carries_secret(kind, node)
    ]
    if curl.security or not found:
        return curl
    return curl.with_security(beside(found))


def _carries_secret(kind: str, node: Node) -> bool:
    if kind == "query":
        return node.signature.required and _KEY_NAME.fullmatch(node.name) is not None
    lower = node.name.lower()
    is_key = SECRET_NAME.search(lower) is not None and "idempotency" not in lower
    return lower == "authorization" or (node.signature.required and is_key)


def _read_documented(kind: str, node: Node, server: str) -> Security:
    """Return the credential that a parameter carries; its description may name the scheme."""
    line, text = node.signature.line, " ".join(each.text for each in node.prose)
    scheme = re.search(r"\b(bearer|basic)\b", text, re.IGNORECASE)
    if node.name.lower() == "authorization" and scheme:
        return http_credential(line, scheme[1].lower(), "", server)
    return key_credential(line, kind, node.name, "", server)


_BESIDE: Final = re.compile(rf"\b({METHOD})\s*[/|,&]\s*(?={METHOD})")
_HEADING: Final = re.compile(r"#{1,6} +HTTP requests?\s*", re.IGNORECASE)
_OPERATION: Final = re.compile(rf"\s*({METHOD}) +(/\S*)\s*")


def list_alternates(operation: Line, text: str) -> Iterator[tuple[int, str]]:
    """Yield the number of the line of each other method and path of an operation, and its words."""
    for method in _BESIDE.findall(operation.text):
        yield operation.number, f"with {method}"
    for number, path in _find_paths([*enumerate(text.split("\n"), start=1)]).items():
        yield number, f"at {path}"


def without_alternates(lines: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return the lines of a page with their numbers; those of other paths are empty."""
    every = list(lines)
    others = _find_paths(every)
    return [(number, "" if number in others else text) for number, text in every]


def _find_paths(lines: Sequence[tuple[int, str]]) -> dict[int, str]:
    """Return the other paths of an operation by their lines.

    They are in a block below the heading `HTTP request` in which each line has the same method.
    """
    fences, is_below, block, found = Fences(), False, dict[int, str](), dict[int, str]()
    for number, line in lines:
        if not fences.read(line):
            is_open = fences.opening is not None
            is_below &= is_open or not line.startswith("#")
            is_below |= not is_open and _HEADING.fullmatch(line) is not None
            block |= {number: line} if is_open and line.strip() else {}
        elif fences.opening is None:
            matches = {n: _OPERATION.fullmatch(each) for n, each in block.items()}
            methods = {match[1] if match else "" for match in matches.values()}
            if is_below and len(methods) == 1:
                found |= {n: match[2] for n, match in [*matches.items()][1:] if match}
            block = {}
    return found
