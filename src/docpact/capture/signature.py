"""The grammar of signatures: `name: [optional] type`, and what a type is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from docpact.errors import PageError

SCALARS: Final = ("string", "number", "boolean")

MAX_ARRAYS: Final = 8
"""How deep arrays may nest directly."""

_NAME: Final = re.compile(r'\w[\w.$-]*|"[^"]+"')
_SIGNATURE: Final = re.compile(rf"({_NAME.pattern}): (optional )?(.+)")
_DAMAGED: Final = re.compile(
    rf"(?:{_NAME.pattern})(?:"
    rf"(?: *:|: {{2,}}) *(?:optional )?(?:{'|'.join(SCALARS)})|"
    rf": (?:{'|'.join(SCALARS)}) \w+|: (?:{'|'.join(SCALARS)})[^\s\w].*)"
)
"""A signature with its blank misplaced, or with something behind its type."""
_OBJECT: Final = re.compile(r"(?:object|[A-Z]\w*) ?\{ ?([^{}]*?) ?\}")
_MORE: Final = re.compile(r"([1-9][0-9]{0,4}) more")
_LITERAL: Final = re.compile(r'"([^"]*)"')
_WORD: Final = re.compile(r"[A-Za-z]\w*")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value of one JSON type: `string`, `number` or `boolean`."""

    name: str


@dataclass(frozen=True, slots=True)
class Enum:
    """One of some strings.

    Attributes:
        literals: those that the signature shows.
        more: how many it leaves out.
    """

    literals: tuple[str, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Object:
    """An object whose fields follow as the next signatures.

    Attributes:
        names: the first fields, as the braces show them.
        more: how many fields the braces leave out.
    """

    names: tuple[str, ...]
    more: int = 0

    @property
    def count(self) -> int:
        """The number of fields that follow."""
        return len(self.names) + self.more


@dataclass(frozen=True, slots=True)
class Array:
    """An array of values of one type."""

    of: Type


Type: TypeAlias = Scalar | Enum | Object | Array


@dataclass(frozen=True, slots=True)
class Signature:
    """The first line of a field or parameter.

    Attributes:
        line: its number.
        name: without quotes.
        required: whether it is printed without `optional`.
        type: of its value.
    """

    line: int
    name: str
    required: bool
    type: Type


def signature(line: int, text: str) -> Signature | None:
    """Read a line as a signature, or return None for a line of prose.

    Raises:
        PageError: the line is a signature whose type is unknown or not supported.
    """
    match = _SIGNATURE.fullmatch(text)
    if _DAMAGED.fullmatch(text) and not (match and _may_be_type(match[3])):
        raise PageError(line, f"expected a field written `name: type`, found {text!r}")
    if match is None:
        return None
    name, optional, rest = match[1].strip('"'), match[2], match[3]
    if not (optional or _may_be_type(rest)):
        return None
    if name.startswith("Deprecated") and len(name) > len("Deprecated"):
        raise PageError(line, "a deprecated field is not supported yet")
    return Signature(line, name, not optional, _type(line, rest))


def innermost(kind: Type) -> Type:
    """Look through arrays at what they hold."""
    while isinstance(kind, Array):
        kind = kind.of
    return kind


def _may_be_type(text: str) -> bool:
    """Say whether a text is a type rather than prose: one word, or begun as only a type begins."""
    begun = text.startswith(('"', "array of ", "map[", "object", *(f"{s} or " for s in SCALARS)))
    return begun or _WORD.fullmatch(text) is not None or _OBJECT.match(text) is not None


def _type(line: int, text: str) -> Type:
    if text in SCALARS:
        return Scalar(text)
    if text.startswith("array of "):
        if text.count("array of ") > MAX_ARRAYS:
            raise PageError(line, f"arrays nest deeper than {MAX_ARRAYS}")
        return Array(_type(line, text.removeprefix("array of ")))
    if match := _OBJECT.fullmatch(text):
        return _object(line, match[1])
    if text.startswith('"'):
        return _enum(line, text)
    if text.startswith(("map[", "unknown", "true", "false")) or " or " in text or "{" in text:
        raise PageError(line, f"the type {text!r} is not supported yet")
    known = "string, number, boolean, array of ..., object { ... } or literals"
    raise PageError(line, f"unknown type {text!r}; expected {known}")


def _object(line: int, inside: str) -> Object:
    names = tuple(inside.split(", ")) if inside else ()
    more = 0
    if names and (match := _MORE.fullmatch(names[-1])):
        names, more = names[:-1], int(match[1])
    proper = all(_NAME.fullmatch(name) for name in names) and len(set(names)) == len(names)
    if not proper or (more and not names):
        problem = f"the braces hold {inside!r}; expected names, each once, and perhaps `N more`"
        raise PageError(line, problem)
    return Object(tuple(name.strip('"') for name in names), more)


def _enum(line: int, text: str) -> Enum:
    parts = text.split(" or ")
    more = 0
    if len(parts) > 1 and (match := _MORE.fullmatch(parts[-1])):
        parts, more = parts[:-1], int(match[1])
    literals = [match[1] for part in parts if (match := _LITERAL.fullmatch(part))]
    if len(literals) < len(parts):
        raise PageError(line, f"the type {text!r} is not supported yet")
    if len(set(literals)) < len(literals):
        raise PageError(line, f"a literal comes twice in {text!r}")
    return Enum(tuple(literals), more)
