"""Fields as pages state them, with types in words, perhaps without the object around them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from textwrap import shorten
from typing import Any, Final

from docpact.bodies.engine import is_valid
from docpact.bodies.formats import NUMBERS, STANDARD
from docpact.capture.layout.constraints import Constraint
from docpact.capture.layout.example import Body, Unreadable, decode_value
from docpact.capture.layout.lines import Line
from docpact.capture.layout.signature import (
    Array,
    Enum,
    Map,
    Object,
    Scalar,
    Signature,
    Type,
    Unknown,
    innermost,
)
from docpact.capture.layout.tree import MAX_DEPTH, Node
from docpact.capture.statements.limits import read_limits
from docpact.capture.statements.statement import LINK, Stated
from docpact.errors import PageError
from docpact.model.pointer import to_list

_NO_DEFAULT: Final = re.compile(
    r"[^\w\[{]*(?:(?:n/?a|none|null|undefined|required|optional|absent)[^\w\]}]*)?", re.IGNORECASE
)
_WORD: Final = re.compile(r"[\w.:/+-]+|([\"'`]).*\1")
"""A default that is a value, and not a description of one."""

_SCALARS: Final = {
    **dict.fromkeys(("string", "str", "text", "char", "varchar"), "string"),
    **dict.fromkeys(("date", "datetime", "date-time", "timestamp", "iso8601"), "string"),
    **dict.fromkeys(("uuid", "guid", "url", "uri", "email", "id"), "string"),
    **dict.fromkeys(("number", "float", "double", "decimal", "numeric"), "number"),
    **dict.fromkeys(("integer", "int", "int32", "int64", "long", "bigint"), "integer"),
    **dict.fromkeys(("boolean", "bool"), "boolean"),
}
_TEXTUAL: Final = frozenset({"date", "datetime", "date-time", "timestamp", "iso8601", "id"})
"""Words for values that may be texts or numbers."""

_OBJECTS: Final = ("object", "map", "dict", "dictionary", "json", "hash", "record")
_LISTS: Final = ("array", "list")
_LIST_OF: Final = re.compile(
    r"(?:array|list)(?: of |<|\[|\()\s*(.+?)\s*[>\])]?|(.+?)\s*\[\s*\]|(.+?) (?:array|list)"
    r"|\[(.+)\]|\[\] ?(\w.*)",
    re.IGNORECASE,
)
_ESCAPED: Final = re.compile(r"\\([\[\]])")
"""A bracket that Markdown does not take for the beginning or end of a link."""

_FORMAT: Final = re.compile(r"[(<](?:format: ?)?([a-z0-9-]+)[)>]")
_NULL: Final = re.compile(r"\s*(?:\||/|or|,)\s*null(?:able)?`?$|^nullable\s+|\?$|\s*\(nullable\)$")
_LITERALS: Final = re.compile(r"[\"'`]([^\"'`]+)[\"'`]")


def make_nodes(stated: Sequence[Stated], depth: int = 0) -> tuple[Node, ...]:
    """Return parameters or fields as the tree of a page; of two with one name the first."""
    if depth > MAX_DEPTH:
        raise PageError(stated[0].line, f"objects nest deeper than {MAX_DEPTH}")
    found: dict[str, Stated] = {}
    for each in stated:
        found.setdefault(each.name, each)
    return tuple(_make_node(each, depth) for each in found.values())


def _make_node(stated: Stated, depth: int) -> Node:
    children = make_nodes(stated.inside, depth + 1) if stated.inside else ()
    names = tuple(child.name for child in children)
    text = " ".join(_ESCAPED.sub(r"\1", stated.type.replace("¦", "|")).split())
    nullable = bool(_NULL.search(text.lower()))
    gaps = list[str]()
    kind = _read(_NULL.sub("", text), names, gaps)
    in_brackets = re.findall(r"(?<!\])\(([^()]*)\)", text)
    limits = read_limits("\n".join((*in_brackets, stated.prose)), "" if names else _name(kind))
    is_open = not text or LINK.fullmatch(text) is not None
    if limits.literals and (kind == Scalar("string") or is_open):
        kind, gaps = Enum(limits.literals), []
    required, nullable = stated.required is True, nullable or limits.nullable
    signature = Signature(
        stated.line, stated.name, required, kind, nullable, deprecated=stated.deprecated
    )
    gaps += [f"the text {shorten(each, 120)!r}" for each in dict.fromkeys(limits.unread)]
    default = _read_default(stated.default or limits.default, kind, limits.bounds, gaps)
    inner = innermost(kind)
    formats = {"string": STANDARD, "integer": NUMBERS, "number": NUMBERS}
    known = formats.get(inner.name, ()) if isinstance(inner, Scalar) else ()
    stating = [("format", each) for each in _FORMAT.findall(text)[:1] if each in known]
    stating += [*limits.bounds.items(), *(("default", each) for each in default)]
    stating += [("", f"{stated.name}: {text}") for text in gaps]
    constraints = tuple(Constraint(stated.line, keyword, value) for keyword, value in stating)
    prose = (Line(stated.line, stated.prose),) if stated.prose else ()
    return Node(signature, constraints, prose, children)


def _name(kind: Type) -> str:
    """Return the kind of values whose limits a description may state."""
    if isinstance(kind, Array):
        return "array"
    name = kind.name if isinstance(kind, Scalar) else ""
    return "string" if isinstance(kind, Enum) else name.replace("integer", "number")


def _read_default(
    written: str, kind: Type, bounds: Mapping[str, float], gaps: list[str]
) -> list[Any]:
    """Return the default; one that the type or a bound forbids becomes a gap."""
    written = written.strip("* ")
    text = written.strip("\"'`")
    if _NO_DEFAULT.fullmatch(text):
        return []
    is_text = isinstance(kind, Enum) or (isinstance(kind, Scalar) and kind.name == "string")
    is_text = is_text and _WORD.fullmatch(written) is not None
    try:
        value = text if is_text else decode_value(text.strip())
    except ValueError:
        value = None
    literals = {"enum": list(kind.literals)} if isinstance(kind, Enum) else None
    schema = {"type": kind.name} if isinstance(kind, Scalar) else literals
    if schema and is_valid({**schema, **bounds}, value):
        return [value]
    gaps.append(f"the default {text}")
    return []


def _read(text: str, names: tuple[str, ...], gaps: list[str], depth: int = 0) -> Type:
    """Return the type that a text names; add its missing facts to the gaps."""
    plain = " ".join(LINK.sub(r"\1", text).strip("`* ").split())
    if literals := _read_literals(plain):
        return Enum(literals)
    if depth < MAX_DEPTH and (match := _LIST_OF.fullmatch(plain)):
        inner = next(part for part in match.groups() if part)
        one = inner if inner.lower() in _SCALARS else inner.removesuffix("s")
        return Array(_read(one, names, gaps, depth + 1))
    return _read_word(plain, names, gaps)


def _read_word(plain: str, names: tuple[str, ...], gaps: list[str]) -> Type:
    word = re.sub(r"\s*[(<].*", "", plain).lower()
    if word in _LISTS or (names and re.search(r"array|list", word)):
        gaps += [] if names else ["the page does not state its elements"]
        return Array(Object(names) if names else Unknown())
    if names:
        return Object(names)
    if word in _OBJECTS:
        gaps.append("the page does not state its fields")
        return Map(Unknown())
    if word in _SCALARS and word not in _TEXTUAL:
        return Scalar(_SCALARS[word])
    gaps.append(f"the page states the type {plain!r}" if plain else "the page states no type")
    return Unknown()


def _read_literals(text: str) -> tuple[str, ...]:
    """Return the literals of a type such as `"a" | "b"`; none for any other type."""
    parts = [part.strip() for part in re.split(r"\s*\|\s*|\s+or\s+", text)]
    found = [match[1] for part in parts if (match := _LITERALS.fullmatch(part))]
    return tuple(dict.fromkeys(found)) if len(found) == len(parts) else ()


_Step = tuple[str, bool]
"""The name of a field, and whether it is an array of objects."""


def place_fields(
    rows: Sequence[Stated], bodies: Sequence[Body], unreadable: Sequence[Unreadable]
) -> list[Stated] | None:
    """Return the fields of a body, with the objects around them that only its examples show.

    A page may state the fields of `data` alone, as the rest is the same in every response. The
    other fields beside `data` have no type then. It may also state both in one table.

    Returns:
        The same fields where the examples show nothing else, or there is none; None if the examples
        have them nowhere, or in several objects, or are not JSON.
    """
    names = {each.name for each in rows}
    others = [each for each in unreadable if each.names and not names & each.names]
    if not bodies and others and len(others) == len(unreadable):
        return None
    shown = [body for body in bodies if isinstance(body.value, dict) and body.value]
    items = [value[0] for body in bodies if isinstance(value := body.value, list) and value]
    is_of_items = any(isinstance(each, dict) and names & each.keys() for each in items)
    if not rows or not shown or is_of_items:
        return list(rows)
    outer = {each.name: each for each in rows if any(each.name in body.value for body in shown)}
    inner = [each for each in rows if each.name not in outer]
    names -= outer.keys()
    placed = [(body, path) for body in shown if (path := _find_object(names, body.value))]
    if not outer:
        return _wrap(rows, *placed[0]) if placed else None
    if not placed or not _has_most(names, *placed[0]):
        return list(rows)
    (first, _), *_ = placed[0][1]
    if first in outer and outer[first].inside:  # the page states the fields below this object
        return list(rows)
    wrapped = {each.name: each for each in _wrap(inner, *placed[0])}
    for name, each in outer.items():
        inside = each.inside or (wrapped[name].inside if name in wrapped else [])
        wrapped[name] = replace(each, inside=inside)
    return [*wrapped.values()]


def _has_most(names: set[str], body: Body, path: Sequence[_Step]) -> bool:
    """Return whether an object in an example has most of several fields."""
    value = body.value
    for name, is_array in path:
        value = value[name][0] if is_array else value[name]
    shared = len(names & value.keys())
    return shared > 1 and 2 * shared > len(names)


def _find_object(names: set[str], value: dict[str, Any]) -> list[_Step]:
    """Return the way to the object with most of the fields; empty if no object or several have."""
    found = sorted(_list_objects(names, value), key=lambda each: -each[0])
    if not found or (len(found) > 1 and found[0][0] == found[1][0]):
        return []
    return found[0][1]


def _list_objects(names: set[str], value: dict[str, Any]) -> Iterator[tuple[int, list[_Step]]]:
    for name, each in value.items():
        items = to_list(each)
        if not items or not isinstance(items[0], dict):
            continue
        shared = len(names & items[0].keys())
        if 2 * shared >= min(len(names), len(items[0])) and shared:
            yield shared, [(name, isinstance(each, list))]
        yield from (
            (number, [(name, isinstance(each, list)), *path])
            for number, path in _list_objects(names, items[0])
        )


def _wrap(rows: Sequence[Stated], body: Body, path: Sequence[_Step]) -> list[Stated]:
    """Return the fields of an example, with the rows of a table at the end of a way."""
    if not path:
        return list(rows)
    (name, is_array), *rest = path
    inner = body.value[name][0] if is_array else body.value[name]
    inside = _wrap(rows, Body(body.line, inner), rest)
    kind = "array" if is_array else "object"
    return [
        Stated(body.line, each, kind, inside=inside) if each == name else Stated(body.line, each)
        for each in body.value
    ]
