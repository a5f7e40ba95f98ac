"""Draws from a strategy as a test does, and finds the smallest value that meets a condition.

Imports only Hypothesis, so that it also runs where nothing else is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from time import process_time
from typing import Any, Final

from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from hypothesis.strategies import DrawFn, SearchStrategy

TRIES: Final = 500
"""The number of draws after which a condition counts as never met."""


@dataclass(frozen=True, slots=True)
class Draws:
    """The draws of a test.

    Attributes:
        values: values that reached the test.
        rejected: number of draws that did not.
        seconds: processor time of the whole test.
    """

    values: list[Any]
    rejected: int
    seconds: float

    @property
    def rate(self) -> float:
        """Values per second."""
        return len(self.values) / self.seconds


def draws(strategy: SearchStrategy[Any], count: int, number: int) -> Draws:
    """Run a test of `count` examples that only stores them, under a seed."""
    started = 0
    values: list[Any] = []

    @st.composite
    def counted(draw: DrawFn) -> Any:
        nonlocal started
        started += 1
        return draw(strategy)

    @seed(number)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(counted())
    def kept(value: Any) -> None:
        values.append(value)

    start = process_time()
    kept()
    return Draws(values, started - len(values), process_time() - start)


def smallest(strategy: SearchStrategy[Any], holds: Callable[[Any], bool], number: int) -> Any:
    """Return the value that Hypothesis shrinks to while a condition holds, or None."""
    quiet = settings(
        max_examples=TRIES,
        phases=[Phase.generate, Phase.shrink],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    try:
        return find(strategy, holds, settings=quiet, random=Random(number))  # noqa: S311
    except NoSuchExample:
        return None
