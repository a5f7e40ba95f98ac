"""Kinds of habits: how each is learned from the observations of nights, and put into words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Final, TypeAlias

from docpact.model import Counts
from docpact.rules.habits.observations import CHANGED, FREE, SAME, STEPS
from docpact.text import pluralize

NIGHTS: Final = 3
"""Number of different days from which a habit is learned."""

STABLE_NIGHTS: Final = 14
"""The same for the number of items: two weekends are among them."""

CHANCES: Final = 50
"""Number of observations from which a habit is learned."""

FEWEST: Final = 10
"""Number of observations that end a habit, if none of them keeps it."""

SHORTEST: Final = 8
SHORTEST_ID: Final = 16
"""Characters of a text, and of an id, that a machine makes if all have the same length."""

FEW: Final = 3
"""The same for the scale of numbers, if all of them are beyond every number before."""

FACTOR: Final = 5
"""Steps of the scale, about a factor of 18, by which numbers of another unit differ."""

NONE: Final = "none"
"""The kind of the observation that something is absent."""


Split: TypeAlias = tuple[Counts, Counts]
"""The observations of a night that keep a habit, and those that do not."""


@dataclass(frozen=True, slots=True)
class Habit:
    """Something that earlier nights always showed.

    Attributes:
        text: in words.
        split: divides the observations of a night.
        is_strict: whether it ends as soon as some observations do not keep it.
    """

    text: str
    split: Callable[[Counts], Split]
    is_strict: bool = False


@dataclass(frozen=True, slots=True)
class HabitKind:
    """A kind of habit.

    Attributes:
        rule: id of the rule.
        learn: returns the habit that the observations of some nights show, or None.
        describe: returns the observations of a night in words.
        chances: number of observations from which it is learned.
        fewest: number of observations that end it.
        nights: number of different days from which it is learned.
        source: the rule under which its observations are counted, if it is another.
        about: matches the locations that may have it.
    """

    rule: str
    learn: Callable[[Sequence[Counts]], Habit | None]
    describe: Callable[[Counts], str]
    chances: int = CHANCES
    fewest: int = FEWEST
    nights: int = NIGHTS
    source: str = ""
    about: re.Pattern[str] = re.compile(".*", re.DOTALL)


def _split(counts: Counts, keeps: Callable[[str], bool]) -> Split:
    kept = {kind: number for kind, number in counts.items() if keeps(kind)}
    return kept, {kind: number for kind, number in counts.items() if kind not in kept}


def learn_kinds(nights: Sequence[Counts], *, text: str, allowed: str = "") -> Habit | None:
    """Learn that there is one kind of observation, which must be an allowed one if any is named."""
    kinds = frozenset(kind for counts in nights for kind in counts)
    if len(kinds) != 1 or (allowed and kinds != {allowed}):
        return None
    return Habit(text.format(*kinds), partial(_split, keeps=kinds.__contains__))


def learn_shape(nights: Sequence[Counts], *, is_id: bool) -> Habit | None:
    """Learn the form of texts that a machine makes: with digits, and without spaces."""
    shapes = frozenset(shape for counts in nights for shape in counts)
    if len(shapes) == 1 and ":" not in (only := next(iter(shapes))) and only != FREE:
        keeps = partial(_split, keeps=shapes.__contains__)
        return Habit(f"always {_describe_counted(only)}", keeps, is_id)
    if any(":" not in shape for shape in shapes):
        return None
    known = frozenset("".join(shape.rpartition(":")[0] for shape in shapes))
    lengths = {int(shape.rpartition(":")[2]) for shape in shapes}
    shortest, longest = min(lengths), max(lengths)
    is_even = shortest == longest and " " not in known
    is_made = is_even and longest >= SHORTEST and {"9"} < known
    is_number = is_id and "9" in known and (is_even or len(known) == 1)
    if not (is_made or is_number):
        return None
    count = pluralize(longest, "character")
    range_ = count if shortest == longest else f"{shortest} to {count}"
    fits = partial(_fits, known=known, shortest=shortest, longest=longest)
    is_strict = is_id and is_made and longest >= SHORTEST_ID
    text = f"always {range_}: {_name_classes(known)}"
    return Habit(text, partial(_split, keeps=fits), is_strict)


def _describe_counted(shape: str) -> str:
    return f"letters, {shape[1]} and a number"


def _fits(shape: str, known: frozenset[str], shortest: int, longest: int) -> bool:
    """Return whether a text has the usual characters, and a usual length or one more.

    A number in it grows.
    """
    classes, _, size = shape.rpartition(":")
    is_long = size.isdecimal() and shortest <= int(size) <= longest + 1
    return is_long and known.issuperset(classes)


_CLASSES: Final = {
    "a": "lowercase letters", "A": "uppercase letters", "9": "digits", "?": "other letters",
}  # fmt: skip


def _name_classes(classes: Iterable[str]) -> str:
    return ", ".join(_CLASSES.get(each, repr(each)) for each in sorted(set(classes), reverse=True))


def describe_shapes(counts: Counts) -> str:
    """Return the commonest shape of texts in words."""
    shape = max(counts, key=lambda each: counts[each])
    if shape == FREE:
        return "texts of many forms"
    classes, _, length = shape.rpartition(":")
    if not length.isdigit() or not classes:
        return f"e.g. {_describe_counted(shape)}"
    return f"e.g. {pluralize(int(length), 'character')}: {_name_classes(classes)}"


def _list_steps(counts: Counts) -> list[int]:
    """Return the sizes of numbers, in steps and in order."""
    return sorted(Counter({int(step): number for step, number in counts.items()}).elements())


def _quantiles(steps: Sequence[int]) -> tuple[int, ...]:
    """Return the 10th, 50th and 90th percentile of sizes in order."""
    return tuple(steps[int(share * (len(steps) - 1))] for share in (0.1, 0.5, 0.9))


def learn_scale(nights: Sequence[Counts]) -> Habit:
    """Learn the scale of numbers: the least and greatest value, and those of each percentile."""
    seen = [_list_steps(counts) for counts in nights]
    every = [*zip(*map(_quantiles, seen), strict=True)]
    ranges = tuple((min(each), max(each)) for each in every)
    grows = all(q[0] < q[-1] and all(a <= b for a, b in pairwise(q)) for q in every)
    ends = min(each[0] for each in seen), max(each[-1] for each in seen)
    text = f"a median of about {_number(ranges[1][0])} to {_number(ranges[1][1] + 1)}"
    return Habit(text, partial(_split_scale, ranges=ranges, ends=ends, grows=grows))


def _split_scale(
    counts: Counts, ranges: Sequence[tuple[int, int]], ends: tuple[int, int], *, grows: bool
) -> Split:
    """Compare each percentile; of a few numbers the median, and all of them with all before.

    Numbers of which every percentile grew may be counters, which begin again.
    """
    steps = _list_steps(counts)
    is_few = len(steps) < FEWEST
    pairs = list(zip(_quantiles(steps), ranges, strict=True))
    pairs = pairs[1:2] if is_few else pairs
    is_higher = all(each >= most + FACTOR for each, (_, most) in pairs)
    is_lower = all(each <= least - FACTOR for each, (least, _) in pairs) and not grows
    if is_few:
        is_higher, is_lower = is_higher and steps[0] > ends[1], is_lower and steps[-1] < ends[0]
    return ({}, counts) if is_higher or is_lower else (counts, {})


def _number(steps: int) -> str:
    return f"{float(f'{10 ** (steps / STEPS):.1g}'):,g}"


def describe_scale(counts: Counts) -> str:
    """Return the size of numbers in words."""
    return f"a median of about {_number(_quantiles(_list_steps(counts))[1])}"


def learn_constancy(nights: Sequence[Counts], *, is_documented: bool) -> Habit | None:
    """Learn that finished items do not change: none of them, or fewer than half of them."""
    if any(CHANGED in counts for counts in nights):
        return None
    split = partial(_split, keeps=SAME.__eq__) if is_documented else _split_changed
    return Habit("the same on finished items", split, is_documented)


def _split_changed(counts: Counts) -> Split:
    return ({}, counts) if counts.get(CHANGED, 0) * 2 >= sum(counts.values()) else (counts, {})


def describe_changes(counts: Counts) -> str:
    """Return how many items have changed."""
    return f"other values in {pluralize(counts[CHANGED], 'finished item')}"


def learn_growth(nights: Sequence[Counts]) -> Habit | None:
    """Learn that a list does not become shorter; one of recent items does, e.g. on weekends."""
    numbers = [sum(counts.values()) for counts in nights]
    if numbers[-1] < CHANCES or any(b < a * 0.98 for a, b in pairwise(numbers)):
        return None
    return Habit(f"{numbers[-1]:,} items, and never fewer", partial(_split_items, last=numbers[-1]))


def _split_items(counts: Counts, last: int) -> Split:
    return ({}, counts) if sum(counts.values()) * 2 < last else (counts, {})


def name_kinds(counts: Counts) -> str:
    """Return the kinds of observations in words."""
    return " and ".join(sorted(counts))
