"""Ratios within pairs, so that a slow moment of the machine affects both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median, quantiles
from typing import Final, TypeAlias

WIDTH: Final = 52

HEADER: Final = f"{'ratio':<{WIDTH}}{'median':>8}   middle half      least to most\n"
"""The line above the rows of a table."""

Measured: TypeAlias = Callable[[], float]
"""Runs something and returns the seconds it took."""


def ratios(measured: Measured, base: Measured, rounds: int) -> list[float]:
    """Return the ratio of the seconds of each round, measured by base; their order alternates.

    A first round fills the caches and does not count.
    """
    found = []
    for number in range(-1, rounds):
        first, second = (measured, base) if number % 2 else (base, measured)
        times = {first: first(), second: second()}
        found.append(times[measured] / times[base])
    return found[1:]


def row(name: str, found: Sequence[float]) -> str:
    """Return a line of the table: the median, the middle half, and the extremes.

    Args:
        name: title of the row.
        found: at least two ratios.
    """
    low, _, high = quantiles(found, n=4)
    return (
        f"{name:<{WIDTH}}{median(found):>8.3f}   {low:.3f} to {high:.3f}   "
        f"{min(found):.3f} to {max(found):.3f}\n"
    )
