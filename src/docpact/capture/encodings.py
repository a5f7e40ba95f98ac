"""The parameters of a page in requests: a scalar, a list, or an object in the query."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from docpact.capture.node import Node
from docpact.capture.signature import Array, Map, Object, Union, innermost

RANGES: Final = frozenset({"gt", "gte", "lt", "lte"})
"""Fields of an object in the query that bound a value; they are written in brackets."""


def list_sent(node: Node, kind: str, text: str) -> Iterator[Node]:
    """Yield the parameters that requests contain for one on the page; none if that is unclear.

    No request contains null as a list.
    """
    if _has_encoding(node):
        is_list = isinstance(node.signature.type, Array)
        signature = replace(node.signature, nullable=node.signature.nullable and not is_list)
        yield replace(node, signature=signature)
    elif kind == "query" and isinstance(node.signature.type, Object) and not node.short:
        yield from _list_members(node, text)


def _list_members(node: Node, text: str) -> Iterator[Node]:
    """Yield the fields of an object in the query that can be sent alone, each as a parameter."""
    needed = {each.name for each in node.children if each.signature.required}
    pattern = _find_pattern(node, text)
    for each in node.children if pattern else ():
        is_sendable = node.signature.required or not needed or needed == {each.name}
        if is_sendable and _has_encoding(each) and not isinstance(each.signature.type, Array):
            signature = replace(
                each.signature,
                name=pattern.format(node.name, each.name),
                required=node.signature.required and each.signature.required,
                deprecated=node.signature.deprecated or each.signature.deprecated,
            )
            yield replace(each, signature=signature)


def _find_pattern(node: Node, text: str) -> str:
    """Return how the page writes a field of an object, or an empty text; bounds in brackets."""
    names = "|".join(re.escape(each.name) for each in node.children)
    owner = re.escape(node.name)
    if re.search(rf"[?&]{owner}\.(?:{names})=", text):
        return "{}.{}"
    is_shown = re.search(rf"\b{owner}(?:\[|%5B)(?:{names})(?:\]|%5D)", text) is not None
    return "{}[{}]" if is_shown or {each.name for each in node.children} <= RANGES else ""


def _has_encoding(node: Node) -> bool:
    """Return whether the encoding of a parameter is clear: a scalar, or a list of scalars."""
    kind = node.signature.type
    nested = isinstance(kind, Map) or (isinstance(kind, Array) and isinstance(kind.of, Array | Map))
    inner = innermost(kind)
    holders = [innermost(each) for each in inner.members] if isinstance(inner, Union) else [inner]
    return not nested and not any(isinstance(each, Object) for each in holders)
