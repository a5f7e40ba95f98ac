"""Multiples of a number within bounds, counted exactly."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, lcm
from typing import NamedTuple

from docpact.cases.bounds import floats_within, integers_within, types
from docpact.model import Schema


class Multiples(NamedTuple):
    """The multiples of a step, from the first to the last; None for no limit.

    Attributes:
        step: more than 0.
        first, last: factors of the step.
    """

    step: Fraction
    first: int | None
    last: int | None

    @property
    def nearest(self) -> int:
        """The factor nearest to 0."""
        if self.first is not None and self.first > 0:
            return self.first
        return self.last if self.last is not None and self.last < 0 else 0

    def value(self, factor: int) -> float:
        """Return a multiple as JSON has it: a decimal fraction if it is not whole."""
        number = self.step * factor
        return int(number) if number.denominator == 1 else float(number)


def multiples(schema: Schema, *, whole: bool) -> Multiples:
    """Return the multiples that a schema with `multipleOf` allows.

    Args:
        schema: with bounds, or without.
        whole: whether only integers are allowed.
    """
    step = exact(schema["multipleOf"])
    if whole:
        step = Fraction(lcm(step.numerator, step.denominator), step.denominator)
    lower = [ceil(exact(schema["minimum"]) / step)] if "minimum" in schema else []
    upper = [floor(exact(schema["maximum"]) / step)] if "maximum" in schema else []
    if "exclusiveMinimum" in schema:
        lower.append(floor(exact(schema["exclusiveMinimum"]) / step) + 1)
    if "exclusiveMaximum" in schema:
        upper.append(ceil(exact(schema["exclusiveMaximum"]) / step) - 1)
    return Multiples(step, max(lower, default=None), min(upper, default=None))


def multiple(schema: Schema, attempt: int = 0) -> float:
    """Return a multiple within the bounds, a different one for each attempt if there are enough."""
    found = multiples(schema, whole="number" not in types(schema))
    for factor in (found.nearest + 1 + attempt, found.nearest - attempt, found.nearest + attempt):
        if (found.first is None or factor >= found.first) and (
            found.last is None or factor <= found.last
        ):
            return found.value(factor)
    return found.value(found.nearest)


def has_number(schema: Schema, kind: str) -> bool:
    """Return whether a number of a type satisfies the bounds and `multipleOf`."""
    if "multipleOf" in schema:
        found = multiples(schema, whole=kind == "integer")
        return not exceeds(found.first, found.last)
    if not exceeds(*integers_within(schema)):
        return True
    return kind == "number" and not exceeds(*floats_within(schema))


def exact(number: float) -> Fraction:
    """Return a number as it is written in decimal."""
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def exceeds(least: float | None, most: float | None) -> bool:
    """Return whether a minimum is above a maximum; None for no limit."""
    return least is not None and most is not None and least > most
