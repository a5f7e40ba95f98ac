"""Orders: which walks show items in another order than walks with the same filters before them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from docpact.rules.pages import Filters, Item
from docpact.rules.walks import Ending, Walk

CHANGES: Final = 2
"""Number of times that walks one after another differ if the order changes once, during one."""


class Move(NamedTuple):
    """An item at another position than before.

    Attributes:
        first: the first walk.
        walk: a later one with the same filters.
        one: id of the first item at another position.
        confirmed: whether the order did not just change once: a later walk shows the first order
            again, or the order changes more often.
    """

    first: Walk
    walk: Walk
    one: str
    confirmed: bool


def group_walks(walks: Sequence[Walk]) -> Iterator[tuple[Walk, ...]]:
    """Yield the walks with the same filters that show items, in time."""
    groups: dict[Filters, list[Walk]] = {}
    for walk in walks:
        if walk.ending is not Ending.FAILED and walk.ids:
            groups.setdefault(walk.filters or (), []).append(walk)
    return (tuple(sorted(group, key=lambda walk: walk.begins)) for group in groups.values())


def find_moves(group: Sequence[Walk]) -> Iterator[Move]:
    """Yield each walk of a group that shows an item at another position than the first walk."""
    first, *others = group
    moved = {n: one for n, walk in enumerate(others) if (one := find_moved(first, walk))}
    in_turn = pairwise(_choose_separate(group))
    often = sum(find_moved(a, b) is not None for a, b in in_turn) > CHANGES
    for number, one in moved.items():
        walk = others[number]
        again = any(
            later.begins > walk.ends and n not in moved and len(find_same(first, later)) > 1
            for n, later in enumerate(others)
        )
        yield Move(first, walk, one, often or again)


def _choose_separate(group: Sequence[Walk]) -> Iterator[Walk]:
    """Yield walks that did not overlap in time: of others, nobody knows which was earlier."""
    end = -1
    for walk in group:
        if walk.begins > end:
            end = walk.ends
            yield walk


def find_moved(first: Walk, walk: Walk) -> str | None:
    """Return the id of the first item at another position than in a walk before, or None."""
    same = find_same(first, walk)
    kept = set(same)
    now = [one for one in dict.fromkeys(walk.ids) if one in kept]
    return next((a for a, b in zip(same, now, strict=True) if a != b), None)


def find_same(first: Walk, walk: Walk) -> list[str]:
    """Return the ids of the items that two walks show unchanged, in the order of the first one."""
    before, now = _first_sightings(first), _first_sightings(walk)
    return [
        one
        for one, item in before.items()
        if (new := now.get(one)) is not None and (new is item or new == item)
    ]


def _first_sightings(walk: Walk) -> dict[str, Item]:
    """Return each item of a walk by its id, as the walk shows it first."""
    shown: dict[str, Item] = {}
    for item in walk.items:
        if item.id is not None:
            shown.setdefault(item.id, item)
    return shown
