"""The summary of audited answers: a value that merges, in whatever order and grouping."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, NamedTuple, TypeAlias

from docpact.model import Request

DIFFERENT: Final = 100
"""How many different observations of one breach are told apart."""

PLACES: Final = 1000
"""How many breaches are kept, those of the smallest key: a server may invent names without end."""

CONSISTENCY: Final = "response.consistency"
"""The rule whose counts are kept by the rule's id and the field's JSON Pointer together."""

READ: Final = ("exchanges", "other operations", "refused", "torn")
"""What a record can be: to be judged or not; or the last line of a file that is being written."""

Position: TypeAlias = tuple[int, int, int]
"""Number of the source, of the record in it, and of the observation in that; each from 0."""


class Key(NamedTuple):
    """What tells two breaches apart.

    Attributes:
        rule: the rule's id.
        walked: whether the answer is one of the walk through the collection.
        where: JSON Pointer into the response schema, or of an item's field for `CONSISTENCY`;
            empty for what is no schema's matter.
        detail: a status, a kind of problem, or where a keyword is broken or a field undocumented.
        names: the documented parameters that a refused request names, where several are named.
    """

    rule: str
    walked: bool = False
    where: str = ""
    detail: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """How one promise was broken, and how often.

    Attributes:
        count: how often.
        at: where first.
        first: JSON Pointer of the first instance, or the title of the first case.
        request: the first that showed it.
        observed: what came instead → where that came first; the first `DIFFERENT` of them.
    """

    count: int
    at: Position
    first: str
    request: Request
    observed: Mapping[str, Position]

    def __add__(self, other: Seen) -> Seen:
        """Return what both saw."""
        earlier = min(self, other, key=lambda each: each.at)
        observed = dict(self.observed)
        for text, at in other.observed.items():
            observed[text] = min(at, observed.get(text, at))
        ordered = sorted(observed.items(), key=lambda item: item[1])
        return Seen(
            self.count + other.count,
            earlier.at,
            earlier.first,
            earlier.request,
            dict(islice(ordered, DIFFERENT)),
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """What some answers come down to; `Summary()` is that of none.

    Merging is associative and commutative, so that the parts of an audit may be summed up anywhere
    and in any order. Its size depends on the contract alone.

    Attributes:
        counts: what was read: see `READ`; and what was judged: `answered`, `labelled`, `bodies`,
            `decoded`, and `too long`.
        judged: whether walked, and the JSON Pointer of a keyword → the instances it speaks of; and
            `CONSISTENCY` → items, with a field's pointer behind it → those with that field.
        broken: every breach.
        told: parameter and status of each refused request about that parameter alone.
        seen: folded location of each value, and the value where it is an enumerated one.
        cut: whether there were more breaches than are kept.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    judged: Mapping[tuple[bool, str], int] = field(default_factory=dict)
    broken: Mapping[Key, Seen] = field(default_factory=dict)
    told: frozenset[tuple[str, int]] = frozenset()
    seen: frozenset[tuple[str, str]] = frozenset()
    cut: bool = False

    @property
    def records(self) -> int:
        """How many records there were, those that are not judged among them."""
        return sum(self.counts.get(name, 0) for name in READ)

    def __add__(self, other: Summary) -> Summary:
        """Return the summary of the answers of both."""
        broken = dict(self.broken)
        for key, seen in other.broken.items():
            broken[key] = broken[key] + seen if key in broken else seen
        kept = sorted(broken)[:PLACES]
        return Summary(
            Counter(self.counts) + Counter(other.counts),
            Counter(self.judged) + Counter(other.judged),
            {key: broken[key] for key in kept},
            self.told | other.told,
            self.seen | other.seen,
            self.cut or other.cut or len(broken) > PLACES,
        )
