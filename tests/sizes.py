"""How much a test does: less locally than in CI."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from _pytest.mark import ParameterSet
from hypothesis import settings

LEAST = 8
"""A property test draws at least as many examples, if CI does."""

FEWER = settings(max_examples=100 if os.environ.get("CI") else LEAST)
"""The settings of a property test with costly examples."""


def examples(in_ci: int) -> int:
    """Return the number of examples for `settings(max_examples=...)`."""
    return in_ci if os.environ.get("CI") else max(min(in_ci, LEAST), in_ci // 5)


def sample(
    values: Iterable[Any], every: int, name: Callable[[Any], str] = str, first: int = 0
) -> list[ParameterSet]:
    """Return values as parameters, of which all but one in every so many are slow.

    Args:
        values: any.
        every: distance of two that are not slow.
        name: returns the id of a value.
        first: number of the first one that is not slow.
    """
    return [
        pytest.param(each, id=name(each), marks=() if number % every == first else pytest.mark.slow)
        for number, each in enumerate(values)
    ]
