"""Types as pages state them in their own words, as the tree of a page."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

from docpact.bodies.engine import is_valid
from docpact.capture.constraints import Constraint
from docpact.capture.lines import Line
from docpact.capture.node import MAX_DEPTH, Node
from docpact.capture.signature import Array, Enum, Map, Object, Scalar, Signature, Type, Unknown
from docpact.capture.stated import LINK, Stated
from docpact.errors import PageError

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
    r"|\[(.+)\]"
)
_NULL: Final = re.compile(r"\s*(?:\||or|,)\s*null(?:able)?$|^nullable\s+|\?$|\s*\(nullable\)$")
_LITERALS: Final = re.compile(r"[\"'`]([^\"'`]+)[\"'`]")


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
    text = " ".join(stated.type.replace("¦", "|").split())
    nullable = bool(_NULL.search(text.lower()))
    gaps = list[str]()
    kind = _read(_NULL.sub("", text), names, gaps)
    signature = Signature(
        stated.line, stated.name, stated.required is True, kind, nullable, stated.deprecated
    )
    default = _read_default(stated, kind, gaps)
    missing = [Constraint(stated.line, "", f"{stated.name}: {text}") for text in gaps]
    constraints = (*default, *missing)
    prose = (Line(stated.line, stated.prose),) if stated.prose else ()
    return Node(signature, constraints, prose, children)


def _read_default(stated: Stated, kind: Type, gaps: list[str]) -> list[Constraint]:
    """Return the default; one that is not a value of the type becomes a gap."""
    written = stated.default.strip("* ")
    text = written.strip("\"'`")
    if _NO_DEFAULT.fullmatch(text):
        return []
    is_text = isinstance(kind, Enum) or (isinstance(kind, Scalar) and kind.name == "string")
    is_text = is_text and _WORD.fullmatch(written) is not None
    try:
        value = text if is_text else json.loads(text)
    except ValueError:
        value = None
    literals = {"enum": list(kind.literals)} if isinstance(kind, Enum) else None
    schema = {"type": kind.name} if isinstance(kind, Scalar) else literals
    if schema and is_valid(schema, value):
        return [Constraint(stated.line, "default", value)]
    gaps.append(f"the default {text}")
    return []


def _read(text: str, names: tuple[str, ...], gaps: list[str]) -> Type:
    """Return the type that a text names; add its missing facts to the gaps."""
    plain = " ".join(LINK.sub(r"\1", text).strip("`* ").split())
    if literals := _read_literals(plain):
        return Enum(literals)
    if match := _LIST_OF.fullmatch(plain.lower()):
        inner = next(part for part in match.groups() if part)
        one = inner if inner in _SCALARS else inner.removesuffix("s")
        return Array(_read(one, names, gaps))
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
