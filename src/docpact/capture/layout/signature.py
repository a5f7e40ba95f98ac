"""The grammar of signatures, `name: [optional] type`, and of types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from docpact.errors import PageError

SCALARS: Final = ("string", "number", "boolean")

MAX_NESTED: Final = 8
"""Maximum number of arrays or maps directly inside each other."""

LISTS: Final = ("Accepts one of the following:", "One of the following:")
"""The lines above the members of a union, or the values of an enumeration."""

_NAME: Final = re.compile(r'\w[\w.$-]*|"[^"]+"')
_SIGNATURE: Final = re.compile(rf"({_NAME.pattern}): (optional )?(.+)")
_DAMAGED: Final = re.compile(
    rf"(?:{_NAME.pattern})(?:"
    rf" *: *(?:optional )?(?:{'|'.join(SCALARS)})|"
    rf": (?:{'|'.join(SCALARS)}) (?!or )\w+|: (?:{'|'.join(SCALARS)})[^\s\w].*)"
)
"""A signature with a misplaced space, or with text behind its type."""
_PROSE: Final = re.compile(r"[A-Z][a-z]+: (?:[A-Z]\w*|string|number|boolean|object) (?:or|and) ")
"""The beginning of a sentence such as `Note: Sails and Masts apart`."""
_GLUED: Final = re.compile(r'Deprecated(?=["a-z_])')
_OBJECT: Final = re.compile(r"(?:object|([A-Z]\w*)(?: object)?) ?\{ ?([^{}]*?) ?\}")
_MAP: Final = re.compile(r"map\[ ?(.+?) ?\]")
_MORE: Final = re.compile(r"([1-9][0-9]{0,4}) more")
_LITERAL: Final = re.compile(r'"([^"]*)"')
_WORD: Final = re.compile(r"[A-Za-z]\w*")
_TITLE: Final = re.compile(r"[A-Z]\w*")
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_ALTERNATIVES: Final = re.compile(
    r"[A-Z]\w* (?:or|and) (?:[\"A-Z]|array of |map\["
    r"|(?:string|number|boolean|unknown|object)(?: or |$| ?\{))"
)
"""The beginning of several types, the first of which is only a name."""

_MEMBER: Final = re.compile(rf"(?:({_TITLE.pattern}) = )?(.+)")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value of one JSON type: `string`, `number` or `boolean`."""

    name: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Any value: the page does not describe it."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Only true, only false, only null, or only one number."""

    value: bool | float | None


@dataclass(frozen=True, slots=True)
class Enum:
    """One of some strings.

    Attributes:
        literals: those in the signature.
        more: how many the signature leaves out.
    """

    literals: tuple[str, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Object:
    """An object whose fields follow as the next signatures.

    Attributes:
        names: the first fields, as listed in the braces.
        more: number of fields that the braces leave out.
        title: the name of the type, or empty.
    """

    names: tuple[str, ...]
    more: int = 0
    title: str = ""

    @property
    def count(self) -> int:
        """The number of fields that follow."""
        return len(self.names) + self.more


@dataclass(frozen=True, slots=True)
class Named:
    """A type of which only the name is printed, without braces."""

    title: str


@dataclass(frozen=True, slots=True)
class Array:
    """An array of values of one type."""

    of: Type


@dataclass(frozen=True, slots=True)
class Map:
    """An object with any names, whose values are of one type."""

    of: Type


@dataclass(frozen=True, slots=True)
class Union:
    """A value of one of several types.

    Attributes:
        members: those in the signature.
        more: how many the signature leaves out.
    """

    members: tuple[Type, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Both:
    """A value that has each of several types, printed as `A and B`."""

    members: tuple[Type, ...]


Type: TypeAlias = Scalar | Unknown | Constant | Enum | Object | Named | Array | Map | Union | Both


@dataclass(frozen=True, slots=True)
class Signature:
    """The first line of a field, of a parameter, or of a member of a union.

    Attributes:
        name: without quotes; empty for a member of a union.
        required: whether `optional` is absent.
        nullable: whether the type ends in `or null`.
        title: the name of a member's type, or empty.
    """

    line: int
    name: str
    required: bool
    type: Type
    nullable: bool = False
    deprecated: bool = False
    title: str = ""


def signature(line: int, text: str) -> Signature | None:
    """Read a line as the signature of a field, or return None for a line of prose.

    Raises:
        PageError: the line is a signature with an unknown type; a sentence that begins as one is
            prose.
    """
    deprecated = _GLUED.match(text) is not None
    if deprecated:
        text = text.removeprefix("Deprecated")
    match = _SIGNATURE.fullmatch(text)
    if _DAMAGED.fullmatch(text) and not (match and _may_be_type(match[3])):
        raise PageError(line, f"expected a field written `name: type`, found {text!r}")
    if match is None:
        return None
    name, optional, rest = match[1].strip('"'), match[2], match[3]
    if not (optional or _may_be_type(rest)):
        return None
    try:
        kind, nullable = read_type(line, rest)
    except PageError:
        if optional or not _PROSE.match(text):
            raise
        return None
    return Signature(line, name, not optional, kind, nullable, deprecated)


def member(line: int, text: str) -> Signature | None:
    """Read a line as a member of a union, or return None for any other line."""
    match = _MEMBER.fullmatch(text)
    if match is None or _SIGNATURE.fullmatch(text):
        return None
    if not (_may_be_type(match[2]) or _NUMBER.fullmatch(match[2])):
        return None
    try:
        kind, nullable = read_type(line, match[2])
    except PageError:
        return None
    if isinstance(kind, Named) and match[1] is None:
        return Signature(line, "", required=True, type=kind, title=kind.title)
    title = match[1] or (kind.title if isinstance(kind, Object) else "")
    return Signature(line, "", required=True, type=kind, nullable=nullable, title=title)


def innermost(kind: Type) -> Type:
    """Return the type of the innermost contents of arrays and maps."""
    while isinstance(kind, Array | Map):
        kind = kind.of
    return kind


def with_fields(kind: Type, names: tuple[str, ...]) -> Type:
    """Return a type in which the word `object`, printed without braces, has some fields."""
    if kind == Map(Unknown()):
        return Object(names)
    return replace(kind, of=with_fields(kind.of, names)) if isinstance(kind, Array | Map) else kind


def read_type(line: int, text: str) -> tuple[Type, bool]:
    """Return a type, and whether it ends in `or null`."""
    parts = list(_parts(text))
    nullable = len(parts) > 1 and parts[-1] == "null"
    while len(parts) > 1 and parts[-1] == "null":
        parts.pop()
    return _union(line, parts), nullable


def _may_be_type(text: str) -> bool:
    """Return whether a text is a type, not prose: one word, or a beginning that only types have."""
    starts_like_type = text.startswith(
        ('"', "array of ", "map[", "object", *(f"{s} or " for s in (*SCALARS, "unknown")))
    )
    alternatives = _ALTERNATIVES.match(text) is not None
    alternatives = alternatives or re.match(rf"{_NUMBER.pattern} or [-0-9]", text) is not None
    word = _WORD.fullmatch(text.removesuffix(" or null")) is not None
    return starts_like_type or alternatives or word or _OBJECT.match(text) is not None


def _parts(text: str, word: str = " or ") -> Iterator[str]:
    """Split a type at each ` or `, or another word, outside of quotes, braces and brackets."""
    depth, quoted, start = 0, False, 0
    for at, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif not quoted and char in "{[":
            depth += 1
        elif not quoted and char in "}]":
            depth -= 1
        elif not quoted and depth == 0 and at >= start and text.startswith(word, at):
            yield text[start:at].strip()
            start = at + len(word)
    yield text[start:].strip()


def _union(line: int, parts: Sequence[str]) -> Type:
    """Join alternatives; adjacent literals become one enumeration."""
    members: list[Type] = []
    literals: list[str] = []
    more = 0
    for number, part in enumerate(parts):
        if literal := _LITERAL.fullmatch(part):
            literals.append(literal[1])
            continue
        omitted = _MORE.fullmatch(part) if number else None
        last = number == len(parts) - 1
        if literals:
            inner = int(omitted[1]) if omitted and not (last and members) else 0
            members.append(_enum(line, literals, inner))
            literals = []
            if inner:
                continue
        if omitted and last:
            more = int(omitted[1])
        else:
            members.append(_alone(line, part))
    if literals:
        members.append(_enum(line, literals, 0))
    if len(members) == 1 and not more:
        return members[0]
    if isinstance(members[0], Array) and isinstance(innermost(members[0]), Enum):
        return _several_literals(line, members, more)
    return Union(tuple(members), more)


def _several_literals(line: int, members: Sequence[Type], more: int) -> Type:
    """Read `array of "a" or "b"` as an array of an enumeration."""
    first = innermost(members[0])
    rest = [each for each in members[1:] if isinstance(each, Enum)]
    if not isinstance(first, Enum) or len(rest) < len(members) - 1:
        return Union(tuple(members), more)
    literals = [*first.literals, *(text for each in rest for text in each.literals)]
    kind: Type = _enum(line, literals, more + sum(each.more for each in rest))
    outer = members[0]
    while isinstance(outer, Array):
        kind, outer = Array(kind), outer.of
    return kind


def _enum(line: int, literals: Sequence[str], more: int) -> Enum:
    if len(set(literals)) < len(literals):
        raise PageError(line, f"a literal is repeated in {', '.join(literals)}")
    return Enum(tuple(literals), more)


def _alone(line: int, text: str) -> Type:
    """Read a type that is not a union."""
    if text.startswith("array of "):
        if text.count("array of ") > MAX_NESTED:
            raise PageError(line, f"arrays nest deeper than {MAX_NESTED}")
        return Array(_union(line, [text.removeprefix("array of ")]))
    every = list(_parts(text, " and "))
    if len(every) > 1:
        return Both(tuple(_alone(line, each) for each in every))
    if text in _WORDS or _NUMBER.fullmatch(text):
        return _WORDS.get(text) or Constant(float(text) if "." in text else int(text))
    if match := _OBJECT.fullmatch(text):
        return _object(line, match[1] or "", match[2])
    if (match := _MAP.fullmatch(text)) and text.count("map[") <= MAX_NESTED:
        return Map(_union(line, list(_parts(match[1]))))
    if _TITLE.fullmatch(text):
        return Named(text)
    known = "string, number, boolean, unknown, array of ..., map[...], object { ... } or literals"
    raise PageError(line, f"unknown type {text!r}; expected {known}")


_WORDS: Final[dict[str, Type]] = {
    **{name: Scalar(name) for name in SCALARS},
    "unknown": Unknown(),
    "object": Map(Unknown()),
    "file": Unknown(),
    "null": Constant(value=None),
    "true": Constant(value=True),
    "false": Constant(value=False),
}


def _object(line: int, title: str, inside: str) -> Object | Array:
    """Read the list in braces; a named array lists its members, which may lack names."""
    names = tuple(inside.split(", ")) if inside else ()
    if title and not all(names):
        return Array(Named(title))
    more = 0
    if names and (match := _MORE.fullmatch(names[-1])):
        names, more = names[:-1], int(match[1])
    proper = all(_NAME.fullmatch(name) for name in names) and len(set(names)) == len(names)
    if not proper or (more and not names):
        problem = f"the braces contain {inside!r}; expected names, each once, and perhaps `N more`"
        raise PageError(line, problem)
    return Object(tuple(name.strip('"') for name in names), more, title)
