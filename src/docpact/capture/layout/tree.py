"""The tree of a page: each field, parameter or member with everything below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from operator import eq
from typing import Final

from docpact.capture.layout.constraints import Constraint
from docpact.capture.layout.lines import Line
from docpact.capture.layout.signature import (
    Array,
    Both,
    Constant,
    Enum,
    Map,
    Named,
    Object,
    Scalar,
    Signature,
    Type,
    Union,
    Unknown,
    innermost,
    member,
)
from docpact.errors import PageError

MAX_DEPTH: Final = 40
"""Maximum nesting of objects."""


@dataclass(frozen=True, slots=True)
class Node:
    """A field, a parameter, or a member of a union, with everything printed below it.

    Attributes:
        children: the fields of its object, which arrays and maps may contain.
        members: of its union, or the literals of its enumeration, as listed.
        short: whether it is an object whose fields are elsewhere on the page, or nowhere.
        printed: the type as the signature prints it, where the list of members shows another.
    """

    signature: Signature
    constraints: tuple[Constraint, ...] = ()
    prose: tuple[Line, ...] = ()
    children: tuple[Node, ...] = ()
    members: tuple[Node, ...] = ()
    short: bool = False
    printed: Type | None = None

    @property
    def name(self) -> str:
        """The name on the wire; empty for a member of a union."""
        return self.signature.name

    @property
    def literals(self) -> tuple[str, ...]:
        """The values of an enumeration: those in the list, or else in the signature."""
        kind = innermost(self.signature.type)
        if not isinstance(kind, Enum):
            return ()
        listed = [text for each in self.members for text in each.literals]
        return tuple(listed) or kind.literals


def add(nodes: dict[str, Node], node: Node) -> None:
    """Add a field to its siblings, or raise PageError if one has the same name."""
    if node.name in nodes:
        first = nodes[node.name].signature.line
        problem = f"a second field {node.name!r}; the first is on line {first}"
        raise PageError(node.signature.line, problem)
    nodes[node.name] = node


def check_unlisted(node: Node, below: Signature | None) -> None:
    """Raise PageError for a type without its list if parts of the list follow."""
    kind = innermost(node.signature.type)
    if not isinstance(kind, Enum | Union):
        return
    forms = [innermost(each) for each in kind.members] if isinstance(kind, Union) else []
    fields = {name for each in forms if isinstance(each, Object) for name in each.names}
    found = (member(line.number, line.text) for line in node.prose)
    is_part = any(each is not None and not isinstance(each.type, Named) for each in found)
    if is_part or (below is not None and below.name in fields):
        problem = f"expected the list of values of {node.name or node.signature.title!r} below it"
        raise PageError(node.signature.line, problem)


def regroup(signature: Signature, listed: Sequence[Node] | None) -> Signature:
    """Return `array of A or B` as its list shows: an array of A and B, or an array of A, or B."""
    if not listed:
        return signature
    return replace(signature, type=refine_type(signature.type, listed[0].signature))


def refine_type(kind: Type, first: Signature | None) -> Type:
    """Return the type in a signature whose list begins with a member."""
    if first is None:
        return kind
    if isinstance(kind, Union) and isinstance(first.type, Union):
        is_part = kind.members[:1] == first.type.members[:1]
        return kind if is_part else _of_union(kind)
    return _of_arrays(kind, first.type) if isinstance(first.type, Array) else _of_union(kind)


def _of_arrays(kind: Type, first: Array) -> Type:
    """Read `array of "a" or "b"` as a union if its list begins with `array of "a"`."""
    whole, part = innermost(kind), innermost(first)
    if not isinstance(kind, Array) or not isinstance(whole, Enum) or not isinstance(part, Enum):
        return kind
    taken = len(part.literals) + part.more
    left = len(whole.literals) + whole.more - taken
    if left < 1 or _is_deeper(kind, first):
        return kind
    shown = whole.literals[taken:]
    return Union((first, Enum(shown, left - len(shown))))


def _is_deeper(kind: Type, other: Type) -> bool:
    """Return whether a type nests more arrays than another one."""
    while isinstance(kind, Array) and isinstance(other, Array):
        kind, other = kind.of, other.of
    return isinstance(kind, Array)


def _of_union(kind: Type) -> Type:
    """Read a union whose first member is an array as an array of a union."""
    if isinstance(kind, Array | Map):
        return replace(kind, of=_of_union(kind.of))
    if not isinstance(kind, Union) or not isinstance(kind.members[0], Array):
        return kind
    return Array(_of_union(Union(_join_literals(kind.members[0].of, kind.members[1:]), kind.more)))


def _join_literals(first: Type, rest: Sequence[Type]) -> tuple[Type, ...]:
    """Join a literal with those that follow it."""
    if not isinstance(first, Enum) or not rest or not isinstance(rest[0], Enum):
        return (first, *rest)
    literals = (*first.literals, *rest[0].literals)
    return (Enum(literals, first.more + rest[0].more), *rest[1:])


def list_named_types(nodes: Sequence[Node]) -> Iterator[tuple[str, Node]]:
    """Yield the name of each named type and the node that prints it in full, in page order."""
    for node in nodes:
        kind = innermost(node.signature.type)
        name = type_name(node)
        if name and (node.children or node.members) and not isinstance(kind, Enum):
            yield name, node
        yield from list_named_types((*node.members, *node.children))


def type_name(node: Node) -> str:
    """Return the name of the innermost type of a node, or an empty text."""
    kind = innermost(node.signature.type)
    if isinstance(kind, Object | Named):
        return kind.title
    direct = not isinstance(node.signature.type, Array | Map)
    return node.signature.title if direct else ""


def list_members(node: Node) -> Sequence[Node]:
    """Return the members of a union, or of several types at once, as listed or in the signature."""
    kind = innermost(node.signature.type)
    if node.members or not isinstance(kind, Union | Both):
        return node.members
    return [*_read_off(node, kind)]


def _read_off(node: Node, kind: Union | Both) -> Iterator[Node]:
    """Yield the members of a union without its list, unless its signature leaves them open.

    It does if it leaves some out, or if an array may contain the members behind it.
    """
    is_short = isinstance(kind, Union) and kind.more > 0
    if is_short or any(isinstance(each, Array | Map) for each in kind.members[:-1]):
        return
    for each in kind.members:
        inner = innermost(each)
        title = inner.title if isinstance(inner, Named | Object) and inner is each else ""
        signature = Signature(node.signature.line, "", required=True, type=each, title=title)
        yield Node(signature, short=isinstance(inner, Object))


def name_scalar(node: Node) -> str:
    """Return the type of a member that is only a scalar, or an empty text."""
    kind = node.signature.type
    plain = isinstance(kind, Scalar) and not node.constraints and not node.signature.title
    return kind.name if plain and isinstance(kind, Scalar) else ""


def join_literals(members: Sequence[Node]) -> Iterator[Node]:
    """Yield members, with adjacent literals joined into one enumeration."""
    literals: list[Node] = []
    for node in members:
        kind = node.signature.type
        is_plain = not (node.signature.title or node.constraints)
        if isinstance(kind, Enum) and len(kind.literals) == 1 and is_plain:
            literals.append(node)
            continue
        yield from _enumeration(literals)
        literals = []
        yield node
    yield from _enumeration(literals)


def _enumeration(literals: Sequence[Node]) -> Iterator[Node]:
    if literals:
        texts = tuple(text for each in literals for text in each.literals)
        first = literals[0].signature
        yield Node(type(first)(first.line, "", required=True, type=Enum(texts)))


Sections = Mapping[str, tuple[Node, ...]]
"""Kind of a section → its fields."""


def fill_lists(sections: Sections) -> Sections:
    """Return sections in which a union without its list has the one printed for the same type.

    Lists that differ are not used.
    """
    listed: dict[Type, Node | None] = {}
    for node in list_every([each for nodes in sections.values() for each in nodes]):
        kind = node.printed or node.signature.type
        if node.members and isinstance(innermost(kind), Union | Enum):
            known = listed.setdefault(kind, node)
            if known is not None and _values(known) != _values(node):
                listed[kind] = None
    return {kind: tuple(_fill(node, listed) for node in nodes) for kind, nodes in sections.items()}


def name_types(sections: Sections) -> Mapping[str, Node]:
    """Return the name of each type with the node that prints it, the most complete one."""
    named: dict[str, Node] = {}
    for nodes in sections.values():
        for name, node in list_named_types(nodes):
            known = named.setdefault(name, node)
            if not is_complete(known) and is_complete(node):
                named[name] = node
    return named


def is_complete(node: Node) -> bool:
    """Return whether everything inside a node is printed there."""
    kind = innermost(node.signature.type)
    is_bare = isinstance(kind, Named | Union) and not node.children and not node.members
    return not (node.short or is_bare) and all(
        is_complete(each) for each in (*node.children, *node.members)
    )


def is_abridged(node: Node, whole: Node) -> bool:
    """Return whether a node prints less of a named type than another one."""
    kind = innermost(node.signature.type)
    if node.short or (isinstance(kind, Named) and not node.children and not node.members):
        return True
    same = [each.name for each in node.children] == [each.name for each in whole.children]
    is_other = isinstance(kind, Named | Object) and node is not whole and bool(node.children)
    return is_other and same and is_complete(whole) and not is_complete(node)


def list_every(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield nodes and all below them."""
    for node in nodes:
        yield node
        yield from list_every((*node.children, *node.members))


def _values(node: Node) -> Sequence[object]:
    """Return the part of a list that must be the same at every place."""
    return [(each.signature.type, each.signature.title) for each in node.members]


def is_consistent(sections: Sections) -> bool:
    """Return whether each named type has the same list, and added fields, at every place.

    A type that is printed in short has neither there.
    """
    shown: dict[str, object] = {}
    for node in list_every([each for nodes in sections.values() for each in nodes]):
        added = [each.value for each in node.constraints if not each.keyword]
        contents = (_values(node), added)
        if (
            type_name(node)
            and any(contents)
            and shown.setdefault(type_name(node), contents) != (contents)
        ):
            return False
    return True


def _fill(node: Node, listed: Mapping[Type, Node | None]) -> Node:
    if node.members or node.children:
        members = tuple(_fill(each, listed) for each in node.members)
        children = tuple(_fill(each, listed) for each in node.children)
        return replace(node, members=members, children=children)
    known = listed.get(node.signature.type)
    if known is None:
        return node
    signature = replace(node.signature, type=known.signature.type)
    return replace(node, signature=signature, members=known.members)


def list_alternatives(kind: Type) -> Iterator[Type | str]:
    """Yield each literal and each other member that a list must contain."""
    if isinstance(kind, Union):
        for each in kind.members:
            yield from list_alternatives(each) if isinstance(each, Enum) else [each]
        return
    kind = innermost(kind)
    if isinstance(kind, Enum):
        yield from kind.literals
        yield from [MORE] * kind.more
    elif isinstance(kind, Union):
        yield from list_alternatives(kind)


MORE: Final = ""
"""A literal that the signature leaves out."""


def count_covered(
    head: Signature, wanted: Sequence[Type | str], owner: Signature, line: Line
) -> int:
    """Return how many of the expected alternatives a member covers."""
    expected = wanted[0] if wanted else None
    kind = head.type
    if isinstance(kind, Union):
        listed = [*list_alternatives(kind)]
        shared = _count_shared(listed, wanted)
        is_rest = shared == len(listed) == len(wanted)
        return shared + kind.more if is_rest else max(1, shared)
    if isinstance(kind, Enum) and (head.title or len(kind.literals) > 1):
        own = len(kind.literals) + kind.more
        run = sum(1 for _ in takewhile(lambda each: isinstance(each, str), islice(wanted, own)))
        return own if run and run == len(wanted) else max(1, run)
    if isinstance(expected, str) and expected and kind != Enum((expected,)):
        problem = f"expected {expected!r}, as line {owner.line} says"
        raise PageError(line.number, f"{problem}, found {line.text}")
    if isinstance(kind, Array) and isinstance(expected, Array):
        return 1 + _count_array(kind, expected, [*islice(wanted, 1, None)])
    plain = isinstance(expected, Object | Scalar | Unknown | Constant)
    if plain and not _is_same(kind, expected):
        problem = f"expected the member {_shown(expected)}, as line {owner.line} says"
        raise PageError(line.number, f"{problem}, found {line.text!r}")
    return 1


def _count_array(kind: Array, expected: Array, behind: Sequence[Type | str]) -> int:
    """Return how many alternatives behind `array of "a"` are further values of the same array."""
    own = [*list_alternatives(kind)][len([*list_alternatives(expected)]) :]
    shared = _count_shared(own, behind)
    is_rest = shared == len(behind) and all(each == MORE for each in own[shared:])
    return len(own) if is_rest else shared


def _count_shared(one: Iterable[Type | str], other: Iterable[Type | str]) -> int:
    """Count the alternatives that two lists begin with."""
    return sum(1 for _ in takewhile(bool, map(eq, one, other)))


def _is_same(kind: Type, expected: Type | str | None) -> bool:
    """Return whether a member is the expected one; only one of the two may have its name."""
    if not isinstance(expected, Object):
        return kind == expected
    is_titled = isinstance(kind, Object) and replace(kind, title="") == expected
    return kind == expected or is_titled or isinstance(kind, Named)


def is_printed(kind: Type, expected: Type | None) -> bool:
    """Return whether a type is, or begins with, an expected one; its name is enough."""
    kind = kind.members[0] if isinstance(kind, Union) else kind
    while isinstance(kind, Array) and isinstance(expected, Array):
        kind, expected = kind.of, expected.of
    if isinstance(kind, Object) and isinstance(expected, Named | Object):
        return kind.title == (expected.title or kind.title)
    return kind == expected


def _shown(kind: Type | str | None) -> str:
    match kind:
        case Scalar():
            return kind.name
        case Object():
            return f"{kind.title or 'object'} {{ {', '.join(kind.names)} }}"
        case Constant():
            return str(kind.value).lower()
        case _:
            return "unknown"
