"""Parameters and fields that a page states one by one, with types in words of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from docpact.capture.constraints import Constraint
from docpact.capture.lines import Line
from docpact.capture.node import MAX_DEPTH, Node
from docpact.capture.signature import Array, Enum, Map, Object, Scalar, Signature, Type, Unknown
from docpact.errors import PageError

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
)
_NULL: Final = re.compile(r"\s*(?:\||or|,)\s*null(?:able)?$|^nullable\s+|\?$|\s*\(nullable\)$")
_LITERALS: Final = re.compile(r"[\"'`]([^\"'`]+)[\"'`]")


@dataclass(slots=True)
class Stated:
    """One parameter or field.

    Attributes:
        line: its number.
        name: on the wire.
        type: as written.
        required: None where the page does not say.
        deprecated: whether it is marked so.
        prose: what the page says of it.
        inside: the fields of its object, or of the objects in its array.
    """

    line: int
    name: str
    type: str = ""
    required: bool | None = None
    deprecated: bool = False
    prose: str = ""
    inside: list[Stated] = field(default_factory=list)


def make_nodes(stated: Sequence[Stated], depth: int = 0) -> tuple[Node, ...]:
    """Return parameters or fields as the tree of a page; of two with one name the first.

    Raises:
        PageError: they nest too deep.
    """
    if depth > MAX_DEPTH:
        raise PageError(stated[0].line, f"objects nest deeper than {MAX_DEPTH}")
    found: dict[str, Stated] = {}
    for each in stated:
        found.setdefault(each.name, each)
    return tuple(_make_node(each, depth) for each in found.values())


def _make_node(stated: Stated, depth: int) -> Node:
    children = make_nodes(stated.inside, depth + 1) if stated.inside else ()
    names = tuple(child.name for child in children)
    nullable = bool(_NULL.search(stated.type.strip().lower()))
    gaps = list[str]()
    kind = _read(_NULL.sub("", stated.type.strip()), names, gaps)
    signature = Signature(
        stated.line, stated.name, stated.required is True, kind, nullable, stated.deprecated
    )
    constraints = tuple(Constraint(stated.line, "", f"{stated.name}: {text}") for text in gaps)
    prose = (Line(stated.line, stated.prose),) if stated.prose else ()
    return Node(signature, constraints, prose, children)


def _read(text: str, names: tuple[str, ...], gaps: list[str]) -> Type:
    """Return the type that a text names; add what it leaves open to the gaps."""
    plain = " ".join(text.strip("`* ").split())
    if literals := _read_literals(plain):
        return Enum(literals)
    if match := _LIST_OF.fullmatch(plain.lower()):
        inner = next(part for part in match.groups() if part)
        one = inner if inner in _SCALARS else inner.removesuffix("s")
        return Array(_read(one, names, gaps))
    return _read_word(plain, names, gaps)


def _read_word(plain: str, names: tuple[str, ...], gaps: list[str]) -> Type:
    word = re.sub(r"\s*[(<].*", "", plain).lower()
    if word in _LISTS:
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


def list_open(stated: Sequence[Stated]) -> Iterator[Stated]:
    """Yield each parameter or field of which the page does not say whether it is required."""
    for each in stated:
        if each.required is None:
            yield each
        yield from list_open(each.inside)
