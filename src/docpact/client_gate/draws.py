"""A number of values that a strategy draws, the same in every process."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


def draw_values(strategy: SearchStrategy[T], count: int) -> list[T]:
    """Return values of a strategy, the same in every process.

    Args:
        strategy: the strategy to draw from.
        count: maximum number of values; fewer if the strategy has fewer.
    """
    values: list[T] = []

    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def keep(value: T) -> None:
        values.append(value)

    keep()
    return values
