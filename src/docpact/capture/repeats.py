"""Types that a page prints more than once: whole the first time, then without their contents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from docpact.capture.node import Node, list_named_types
from docpact.capture.signature import Enum, Named, Object, Type, Union, innermost

Sections = Mapping[str, tuple[Node, ...]]
"""Kind of a section → its fields."""


def fill_lists(sections: Sections) -> Sections:
    """Return sections in which a union without its list has the one printed for the same type.

    Lists that differ are not used.
    """
    listed: dict[Type, Node | None] = {}
    for node in _every([each for nodes in sections.values() for each in nodes]):
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


def _every(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _every((*node.children, *node.members))


def _values(node: Node) -> Sequence[object]:
    """Return the part of a list that must be the same wherever it is printed."""
    return [(each.signature.type, each.signature.title) for each in node.members]


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
