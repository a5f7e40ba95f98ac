"""From lines to a tree: nesting is recovered by counting the fields that braces announce."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from docpact.capture import strict_json
from docpact.capture.lines import Line, Section
from docpact.capture.signature import Array, Enum, Object, Scalar, Signature, Type, innermost
from docpact.capture.signature import signature as read_signature
from docpact.errors import PageError

CONSTRAINTS: Final = {
    "format": "string",
    "minLength": "string",
    "maxLength": "string",
    "minimum": "number",
    "maximum": "number",
    "exclusiveMinimum": "number",
    "exclusiveMaximum": "number",
    "minItems": "array",
    "maxItems": "array",
    "default": "any",
}
"""Constraint → the type that it speaks of."""

FORMATS: Final = frozenset(
    {
        "date", "date-time", "duration", "email", "hostname", "idn-email", "idn-hostname", "ipv4",
        "ipv6", "iri", "iri-reference", "json-pointer", "regex", "relative-json-pointer", "time",
        "uri", "uri-reference", "uri-template", "uuid",
    }
)  # fmt: skip
"""The formats of JSON Schema 2020-12 Validation, section 7.3; all are of strings."""

MAX_DEPTH: Final = 40
"""How deep objects may nest."""

_LISTS: Final = ("Accepts one of the following:", "One of the following:")
_PAIRS: Final = (
    ("minLength", "maxLength"),
    ("minimum", "maximum"),
    ("minItems", "maxItems"),
)
_STRICT_PAIRS: Final = (
    ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "maximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
)
_KEEPS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "minLength": lambda value, limit: len(value) >= limit,
    "maxLength": lambda value, limit: len(value) <= limit,
    "minimum": lambda value, limit: value >= limit,
    "maximum": lambda value, limit: value <= limit,
    "exclusiveMinimum": lambda value, limit: value > limit,
    "exclusiveMaximum": lambda value, limit: value < limit,
}
_KNOWN: Final = re.compile(
    r"(exclusiveM(?:in|ax)imum|m(?:in|ax)(?:imum|Length|Items)|format|default)(\S.*)"
)
_TRAILED: Final = re.compile(rf"(?:{'|'.join(CONSTRAINTS)})-?[0-9].* .*")
_GLUED: Final = re.compile(
    r"(?i:(?:min|max|exclusive|format|pattern|multiple|default|unique)\S*|[a-z]+[\d\"./^-]\S*)"
)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,300})(?:\.[0-9]{1,300})?")


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint line.

    Attributes:
        line: its number.
        keyword: of JSON Schema.
        value: decoded.
    """

    line: int
    keyword: str
    value: Any


@dataclass(frozen=True, slots=True)
class Node:
    """A field or parameter with everything printed below it.

    Attributes:
        signature: its first line.
        literals: of an enum, all of them.
        constraints: in the page's order.
        prose: the words below it.
        children: the fields of its object, looked at through arrays.
    """

    signature: Signature
    literals: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    prose: tuple[Line, ...] = ()
    children: tuple[Node, ...] = ()

    @property
    def name(self) -> str:
        """The name on the wire."""
        return self.signature.name


def outline(section: Section) -> tuple[Node, ...]:
    """Read a section as a forest of fields.

    Raises:
        PageError: the lines do not add up; the error names the line and what was expected.
    """
    reader = _Reader(section.lines, section.end)
    nodes: dict[str, Node] = {}
    while not reader.done:
        _add(nodes, reader.node(f"a field of {section.heading.text!r}"))
    if not nodes:
        raise PageError(section.end, f"expected a field below {section.heading.text!r}")
    return tuple(nodes.values())


@dataclass(slots=True)
class _Reader:
    """A cursor over the lines of one section."""

    lines: Sequence[Line]
    end: int
    at: int = 0
    _signatures: dict[int, Signature | None] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        return self.at == len(self.lines)

    def node(self, expected: str, depth: int = 0) -> Node:
        """Read a signature, what is printed below it, and the fields that its braces announce."""
        if self.done:
            raise PageError(self.end, f"the section ends here; expected {expected}")
        line = self.lines[self.at]
        signature = self._signature()
        if signature is None:
            raise PageError(line.number, f"expected {expected}, found {line.text!r}")
        self.at += 1
        node = self._below(Node(signature))
        kind = innermost(signature.type)
        if isinstance(kind, Object):
            node = replace(node, children=self._children(signature, kind, depth + 1))
        return node

    def _children(self, owner: Signature, kind: Object, depth: int) -> tuple[Node, ...]:
        if depth > MAX_DEPTH:
            raise PageError(owner.line, f"objects nest deeper than {MAX_DEPTH}")
        children: dict[str, Node] = {}
        for number in range(kind.count):
            name = kind.names[number] if number < len(kind.names) else None
            of = f"of {owner.name!r} (line {owner.line})"
            which = f"field {name!r} {of}" if name else f"field {number + 1} of {kind.count} {of}"
            child = self.node(which, depth)
            if name is not None and child.name != name:
                problem = f"expected {which}, found {child.name!r}"
                raise PageError(child.signature.line, problem)
            _add(children, child)
        return tuple(children.values())

    def _below(self, node: Node) -> Node:
        """Read prose, constraints and the list of an enum, up to the next signature."""
        constraints: list[Constraint] = []
        prose: list[Line] = []
        listed: tuple[str, ...] | None = None
        while not self.done and self._signature() is None:
            line = self.lines[self.at]
            self.at += 1
            if line.text in _LISTS:
                if listed is not None:
                    raise PageError(line.number, f"a second list of values for {node.name!r}")
                listed = self._list(node.signature)
            elif constraint := _constraint(node.signature, line):
                constraints.append(constraint)
                _check_bounds(constraints)
            else:
                prose.append(line)
        literals = _literals(node.signature, listed)
        _check_default(node.signature, literals, constraints)
        return replace(node, literals=literals, constraints=tuple(constraints), prose=tuple(prose))

    def _list(self, signature: Signature) -> tuple[str, ...]:
        """Read the lines below `Accepts one of the following:`."""
        kind = innermost(signature.type)
        intro = self.lines[self.at - 1]
        if not isinstance(kind, Enum):
            raise PageError(intro.number, f"a list of values for {signature.name!r}, not an enum")
        literals: list[str] = []
        expected = len(kind.literals) + kind.more
        while len(literals) < expected:
            line = self.lines[self.at] if not self.done else Line(self.end, "")
            wanted = kind.literals[len(literals)] if len(literals) < len(kind.literals) else None
            if not re.fullmatch(r'"[^"]*"', line.text) or line.text[1:-1] in literals:
                problem = f"expected value {len(literals) + 1} of {expected} of {signature.name!r}"
                raise PageError(line.number, f"{problem}, found {line.text!r}")
            if wanted is not None and line.text[1:-1] != wanted:
                problem = f"expected {wanted!r}, as line {signature.line} says"
                raise PageError(line.number, f"{problem}, found {line.text}")
            literals.append(line.text[1:-1])
            self.at += 1
        return tuple(literals)

    def _signature(self) -> Signature | None:
        if self.at not in self._signatures:
            line = self.lines[self.at]
            self._signatures[self.at] = read_signature(line.number, line.text)
        return self._signatures[self.at]


def _add(nodes: dict[str, Node], node: Node) -> None:
    if node.name in nodes:
        first = nodes[node.name].signature.line
        problem = f"a second field {node.name!r}; the first is on line {first}"
        raise PageError(node.signature.line, problem)
    nodes[node.name] = node


def _literals(signature: Signature, listed: tuple[str, ...] | None) -> tuple[str, ...]:
    kind = innermost(signature.type)
    if not isinstance(kind, Enum):
        return ()
    if listed is None and (kind.more or len(kind.literals) > 1):
        problem = f"expected the list of values of {signature.name!r} below it"
        raise PageError(signature.line, problem)
    return listed or kind.literals


def _constraint(signature: Signature, line: Line) -> Constraint | None:
    """Read a line as a constraint, or return None for a line of prose."""
    if _TRAILED.fullmatch(line.text):
        raise PageError(line.number, f"expected a constraint without blanks, found {line.text!r}")
    if " " in line.text and not line.text.startswith('default"'):
        return None
    match = _KNOWN.fullmatch(line.text)
    if match is None:
        if _GLUED.fullmatch(line.text) or line.text.startswith('"'):
            problem = f"unknown line {line.text!r}; expected one of {', '.join(CONSTRAINTS)}"
            raise PageError(line.number, problem)
        return None
    keyword, text = match[1], match[2]
    wanted = CONSTRAINTS[keyword]
    if wanted not in ("any", *_types(signature.type)):
        problem = f"{keyword} is said of type {wanted}, which {signature.name!r} has not"
        raise PageError(line.number, problem)
    return Constraint(line.number, keyword, _value(signature, keyword, line, text))


def _types(kind: Type) -> tuple[str, ...]:
    if isinstance(kind, Array):
        return ("array", *_types(kind.of))
    return (kind.name,) if isinstance(kind, Scalar) else ()


def _value(signature: Signature, keyword: str, line: Line, text: str) -> Any:
    if keyword == "format":
        if text not in FORMATS:
            problem = f"unknown format {text!r}; expected one of {', '.join(sorted(FORMATS))}"
            raise PageError(line.number, problem)
        return text
    if keyword == "default":
        return _default(signature, line, text)
    whole = keyword.endswith(("Length", "Items"))
    if not _NUMBER.fullmatch(text) or (whole and not text.isdecimal()):
        kind = "a whole number" if whole else "a number"
        raise PageError(line.number, f"{keyword} is {text!r}; expected {kind}")
    return json.loads(text)


def _default(signature: Signature, line: Line, text: str) -> Any:
    kind = signature.type
    try:
        value = strict_json.decode(text)
    except ValueError:
        value = None if text.startswith('"') else text
    is_text = isinstance(kind, Enum) or kind == Scalar("string")
    if is_text and (isinstance(value, str) or not text.startswith('"')):
        return value if isinstance(value, str) else text
    expected = {"number": (int, float), "boolean": (bool,)}
    if isinstance(kind, Scalar) and type(value) in expected.get(kind.name, ()):
        return value
    raise PageError(line.number, f"the default {text!r} is no value of {signature.name!r}")


def _check_bounds(constraints: Sequence[Constraint]) -> None:
    last = constraints[-1]
    values = {each.keyword: each.value for each in constraints[:-1]}
    if last.keyword in values:
        raise PageError(last.line, f"a second {last.keyword}")
    values[last.keyword] = last.value
    for low, high in _PAIRS:
        pair = last.keyword in (low, high) and low in values and high in values
        if pair and values[low] > values[high]:
            problem = f"{low} {values[low]} is more than {high} {values[high]}"
            raise PageError(last.line, problem)
    for low, high in _STRICT_PAIRS:
        pair = last.keyword in (low, high) and low in values and high in values
        if pair and values[low] >= values[high]:
            problem = f"{low} {values[low]} and {high} {values[high]} leave no value"
            raise PageError(last.line, problem)


def _check_default(
    signature: Signature, literals: tuple[str, ...], constraints: Sequence[Constraint]
) -> None:
    """Raise for a default that its own field does not allow."""
    default = next((each for each in constraints if each.keyword == "default"), None)
    if default is None:
        return
    broken = [
        f"{each.keyword} {each.value}"
        for each in constraints
        if each.keyword in _KEEPS and not _KEEPS[each.keyword](default.value, each.value)
    ]
    if isinstance(signature.type, Enum) and default.value not in literals:
        broken.append(f"its values {', '.join(literals)}")
    if broken:
        problem = f"the default {default.value!r} of {signature.name!r} breaks {broken[0]}"
        raise PageError(default.line, problem)
