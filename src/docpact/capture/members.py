"""The members of a union: as a page lists them, or as the signature names them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docpact.capture.node import Node
from docpact.capture.signature import (
    Array,
    Both,
    Enum,
    Map,
    Named,
    Object,
    Scalar,
    Signature,
    Union,
    innermost,
)


def list_members(node: Node) -> Sequence[Node]:
    """Return the members of a union, or of several types at once, as listed or in the signature."""
    kind = innermost(node.signature.type)
    if node.members or not isinstance(kind, Union | Both):
        return node.members
    return [*read_off(node, kind)]


def read_off(node: Node, kind: Union | Both) -> Iterator[Node]:
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
        if isinstance(kind, Enum) and len(kind.literals) == 1 and not node.signature.title:
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
