"""The order in which walks show items, and the walks that show another one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from docpact.rules.walks.pages import Filters, Item
from docpact.rules.walks.walk import Ending, Walk

CHANGES: Final = 2
"""Number of times that walks one after another differ if the order changes once, during one."""


def group_walks(walks: Sequence[Walk]) -> Iterator[tuple[Walk, ...]]:
    """Yield the walks with the same filters that show items, in time."""
    groups: dict[Filters, list[Walk]] = {}
    for walk in walks:
        if walk.ending is not Ending.FAILED and walk.ids:
            groups.setdefault(walk.filters or (), []).append(walk)
    return (tuple(sorted(group, key=lambda walk: walk.begins)) for group in groups.values())


class Comparison(NamedTuple):
    """The positions of the items that two walks show unchanged.

    Attributes:
        same: number of these items.
        moved: id of the first one at another position in the second walk, or None.
    """

    same: int
    moved: str | None


def find_moves(
    group: Sequence[Walk], orders: Sequence[Comparison]
) -> Iterator[tuple[Walk, str, bool]]:
    """Yield each walk of a group that shows an item at another position than the first walk.

    With it come the id of the first such item, and whether the order did not just change once: a
    later walk shows the first order again, or the order changes more often.
    """
    others = group[1:]
    moved = {n: order.moved for n, order in enumerate(orders) if order.moved}
    if not moved:
        return
    in_turn = pairwise(_choose_separate(group))
    often = sum(compare_order(a, b).moved is not None for a, b in in_turn) > CHANGES
    for number, one in moved.items():
        walk = others[number]
        again = any(
            later.begins > walk.ends and n not in moved and orders[n].same > 1
            for n, later in enumerate(others)
        )
        yield walk, one, often or again


def _choose_separate(group: Sequence[Walk]) -> Iterator[Walk]:
    """Yield walks that did not overlap in time: of others, nobody knows which was earlier."""
    end = -1
    for walk in group:
        if walk.begins > end:
            end = walk.ends
            yield walk


def compare_order(first: Walk, walk: Walk) -> Comparison:
    """Return how many items two walks show unchanged, and the first one that is elsewhere."""
    before, now = _first_sightings(first), _first_sightings(walk)
    same = [
        one
        for one, item in before.items()
        if (new := now.get(one)) is not None and (new is item or new == item)
    ]
    kept = set(same)
    later = (one for one in now if one in kept)
    return Comparison(
        len(same), next((a for a, b in zip(same, later, strict=True) if a != b), None)
    )


def _first_sightings(walk: Walk) -> dict[str, Item]:
    """Return each item of a walk by its id, as the walk shows it first."""
    shown: dict[str, Item] = {}
    for item in walk.items:
        if item.id is not None:
            shown.setdefault(item.id, item)
    return shown


def find_positions(walk: Walk) -> dict[str, int]:
    """Return the position of each item in a walk, as the walk shows it first."""
    return {one: position for position, one in enumerate(dict.fromkeys(walk.ids))}
