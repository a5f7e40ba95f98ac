"""The tree of a contract: its promises by the place that they speak of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Node:
    """A place of the contract.

    Attributes:
        name: the last part of its location.
        promises: made of this very place, as the document of a run has them.
        children: in the order of the promises.
    """

    name: str
    promises: list[Mapping[str, Any]] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)

    @property
    def every(self) -> Iterator[Mapping[str, Any]]:
        """The promises of this place and of all below it."""
        yield from self.promises
        for child in self.children:
            yield from child.every


def tree(promises: Iterable[Mapping[str, Any]]) -> Node:
    """Return the root of the tree: the body's fields below `body`, parameters below `query`."""
    root = Node("")
    for promise in promises:
        where = promise["location"]
        parts = where.split("/")
        if where.startswith("/") or not where:
            parts = ["body", *filter(None, parts)]
        node = root
        for part in parts:
            found = next((child for child in node.children if child.name == part), None)
            if found is None:
                found = Node(part)
                node.children.append(found)
            node = found
        node.promises.append(promise)
    return root
