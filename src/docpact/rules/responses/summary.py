"""The summary of responses, which merges in any order and grouping, and ties between fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from docpact.bodies.formats import UNCHECKED
from docpact.bodies.patterns import list_slow
from docpact.bodies.places import list_places
from docpact.limits import MAX_BREACHES, MAX_DEPTH, MAX_FORMAT, MAX_OBSERVED, SEARCH_SECONDS
from docpact.model import Operation, PageVisit, Request
from docpact.model.pointer import pointer, resolve, tokens
from docpact.model.traversal import subschemas
from docpact.text import excerpt, pluralize

DEEP: Final = "too deep"
"""The count of bodies that are nested too deep to be read, as their schema allows."""

UNREAD: Final = "unread requests"
"""The count of recorded request bodies that cannot be judged."""

CUT: Final = f"more than {MAX_BREACHES:,} different breaches: the others are not reported"
"""The remark on a summary that is cut."""

CONSISTENCY: Final = "response.consistency"
"""The rule whose observations are counted under its id and the field's JSON Pointer."""

JUDGED: Final = ("exchanges", "refusals")
"""The groups of records that are judged; of a refusal, all but its status."""

RECORDS: Final = (*JUDGED, "other operations", "other servers", "refused", "torn", "cut short")
"""The groups of records, besides those of `LEFT_OUT`. `torn` is the last line of an unfinished
file."""

LEFT_OUT: Final = "left out: "
"""The beginning of the name of a group whose responses cannot be judged; the reason follows."""

CUT_OFF: Final = f"{LEFT_OUT}the recording cannot be read to its end: "
"""The beginning of the name of a group of one record, after which nothing can be read."""

T = TypeVar("T")


def describe_unchecked(operation: Operation, summary: Summary) -> Iterator[str]:
    """Yield a line for each limit that was reached, and each pattern that takes too long."""
    schemas = (operation.response_schema, operation.responses_schema or {})
    parts = [
        each for schema in schemas for _, each in subschemas(schema) if isinstance(each, Mapping)
    ]
    patterns = [each["pattern"] for each in parts if "pattern" in each]
    patterns += [name for each in parts for name in each.get("patternProperties", ())]
    for pattern in list_slow(dict.fromkeys(patterns)):
        limit = f"a search did not end within {SEARCH_SECONDS} s"
        yield f"the pattern {excerpt(pattern)} is not checked: {limit}"
    stated = {str(each.get("format")) for each in parts}
    for name in sorted(UNCHECKED & stated):
        yield f"the format {name} is not checked in texts of more than {MAX_FORMAT:,} characters"
    if deep := summary.counts.get(DEEP):
        yield f"{pluralize(deep, 'body', 'bodies')} nested deeper than {MAX_DEPTH}: not read"
    if unread := summary.counts.get(UNREAD):
        bodies, media_type = pluralize(unread, "body", "bodies"), operation.request_body.media_type
        yield f"{bodies} of requests not judged: incomplete, or not recorded as {media_type}"
    if summary.is_cut:
        yield CUT


Position: TypeAlias = tuple[int, int, int]
"""Number of the source, of the record in it, and of the observation in the record; each from 0."""


class BreachKey(NamedTuple):
    """The identity of a breach.

    Attributes:
        rule: the rule's id.
        in_survey: whether the response belongs to the survey of the collection.
        pointer: JSON Pointer into the response schema, of an item's field for `CONSISTENCY`, or the
            place of a promise about a parameter; empty for rules about the whole response.
        location: folded JSON Pointer of the instance; empty where the promise has only one.
        detail: a status or the kind of a JSON problem; empty for all other rules.
        parameters: the documented parameters of a refused request that has several.
    """

    rule: str
    in_survey: bool = False
    pointer: str = ""
    location: str = ""
    detail: str = ""
    parameters: tuple[str, ...] = ()


LONG: Final = 300
"""Number of characters of a URL from which a shorter one is preferred as an example."""


class Example(NamedTuple):
    """A request that showed a breach, and the position of the observation."""

    request: Request
    position: Position


def rank(example: Example) -> tuple[bool, Position]:
    """Return the sort key of an example: short URLs come first, then earlier observations."""
    return len(example.request.url) > LONG, example.position


@dataclass(frozen=True, slots=True)
class BreachSummary:
    """The number of observations of one breach, and the place of the first.

    Attributes:
        count: number of observations.
        position: of the first observation.
        first: JSON Pointer of the first instance, or the title of the first case.
        example: a request that showed the breach, and the position of that observation: the first
            request whose URL is short, if there is any.
        observed: each observation in words → its first position; at most `MAX_OBSERVED`.
        visits: each visit that showed the breach → its first position; empty in an audit.
    """

    count: int
    position: Position
    first: str
    example: Example
    observed: dict[str, Position]
    visits: dict[PageVisit, Position] = field(default_factory=dict)

    def __add__(self, other: BreachSummary) -> BreachSummary:
        """Return the summary of the observations of both."""
        earlier = min(self, other, key=lambda each: each.position)
        observed = _merge(self.observed, other.observed)
        return BreachSummary(
            self.count + other.count,
            earlier.position,
            earlier.first,
            min(self.example, other.example, key=rank),
            dict(islice(observed.items(), MAX_OBSERVED)),
            _merge(self.visits, other.visits),
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of some responses; `Summary()` counts none.

    Merging is associative and commutative, so that the parts of an audit may be summarized anywhere
    and merged in any order. The size depends on the contract and, in a check, on the visits.

    Attributes:
        counts: number of records of each group, see `RECORDS` and `LEFT_OUT`; of those judged:
            `answered`, `HTML` (pages for people), `labelled`, `bodies`, `decoded`, `recognized`
            (with a documented field at the top) and `too long`.
        observations: whether in the survey, and JSON Pointer of a keyword → number of instances it
            applies to; `CONSISTENCY` → number of items; `CONSISTENCY` and a field's pointer →
            number of items with that field.
        breaches: every breach.
        refusals: parameter and status of each request that documents one parameter's value; an
            empty name and the status of each request without parameters.
        seen: folded location of each value but null, and the value where an `enum` lists it.
        is_cut: whether there were more than `MAX_BREACHES`.
        elsewhere: of the exchanges with other servers than the documented one; None if there are
            none.
        operations: id of each operation of an API → the summary of its records; this summary then
            counts only the other records.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    observations: Mapping[tuple[bool, str], int] = field(default_factory=dict)
    breaches: Mapping[BreachKey, BreachSummary] = field(default_factory=dict)
    refusals: frozenset[tuple[str, int]] = frozenset()
    seen: frozenset[tuple[str, str]] = frozenset()
    is_cut: bool = False
    elsewhere: Summary | None = None
    operations: Mapping[str, Summary] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """The number of records, including those that are not judged."""
        groups = (name for name in self.counts if name in RECORDS or name.startswith(LEFT_OUT))
        others = (*self.operations.values(), *([self.elsewhere] if self.elsewhere else ()))
        within: list[int] = [each.records for each in others]
        return sum(self.counts[name] for name in groups) + sum(within)

    def choose_server(self) -> Summary:
        """Return the summary of the documented server, or of all if it has no exchange."""
        if self.elsewhere is None:
            return self
        documented = replace(self, elsewhere=None)
        if not self.counts.get("exchanges"):
            return documented + self.elsewhere
        counts = {**self.counts, "other servers": self.elsewhere.records}
        return replace(documented, counts=counts)

    def __add__(self, other: Summary) -> Summary:
        """Return the summary of the responses of both."""
        breaches = dict(self.breaches)
        for key, each in other.breaches.items():
            breaches[key] = breaches[key] + each if key in breaches else each
        return Summary(
            Counter(self.counts) + Counter(other.counts),
            Counter(self.observations) + Counter(other.observations),
            {key: breaches[key] for key in sorted(breaches)[:MAX_BREACHES]},
            self.refusals | other.refusals,
            self.seen | other.seen,
            self.is_cut or other.is_cut or len(breaches) > MAX_BREACHES,
            self.elsewhere + other.elsewhere
            if self.elsewhere and other.elsewhere
            else self.elsewhere or other.elsewhere,
            {
                name: self.operations.get(name, Summary()) + other.operations.get(name, Summary())
                for name in (*self.operations, *other.operations)
            },
        )


def _merge(one: Mapping[T, Position], other: Mapping[T, Position]) -> dict[T, Position]:
    """Merge first positions, and order by them."""
    merged = dict(one)
    for value, position in other.items():
        merged[value] = min(position, merged.get(value, position))
    return dict(sorted(merged.items(), key=lambda item: item[1]))


def list_unseen(operation: Operation, summary: Summary) -> tuple[str, ...]:
    """List the documented fields that no response had, and the enum values that no field had.

    Null does not count as a value. Fields inside an unseen field are not listed.
    """
    return tuple(_find_unseen(operation, summary.seen))


def _find_unseen(operation: Operation, seen: frozenset[tuple[str, str]]) -> Iterator[str]:
    locations = {location for location, _ in seen}
    for place in list_places(operation.response_schema) if operation.is_json else ():
        location = place.location
        if not place.path:
            continue
        if location not in locations:
            if pointer(place.where[:-1]) in locations:
                yield f"{location}: no value"
            continue
        for member in place.schema.get("enum", ()):
            if member is not None and (location, excerpt(member)) not in seen:
                yield f"{location}: never {excerpt(member)}"


class Tie(NamedTuple):
    """A field that prose ties to some values of another field of the item.

    Attributes:
        field: JSON Pointer of the field in an item.
        other: JSON Pointer of the other field.
        values: the documented values of the other field.
        others: value of the other field, in each item where the field has a value.
    """

    field: str
    other: str
    values: Sequence[Any]
    others: Sequence[Any]

    def is_kept(self) -> bool:
        """Return whether the field has a value only with those values."""
        return all(map(self.values.__contains__, self.others))


def find_items(operation: Operation, value: Any) -> Sequence[Any]:
    """Return the items of a body if fields of theirs are tied to others."""
    return (operation.find_items(value) if operation.roles.only_when else None) or []


def find_ties(operation: Operation, items: Sequence[Any]) -> Sequence[Tie]:
    """Return the tied fields of items."""
    return [
        Tie(field, other, values, _others(items, field, other))
        for field, (other, values) in operation.roles.only_when.items()
    ]


def _others(items: Sequence[Any], field: str, other: str) -> list[Any]:
    """Return the values of `read_tied` in all items."""
    (name, *deep), (beside, *deeper) = tokens(field), tokens(other)
    if not deep and not deeper:
        try:
            found = [item.get(beside) for item in items if item.get(name)]
            return [each for each in found if each is not None]
        except AttributeError:  # an item is not an object
            pass
    tied = (read_tied(item, field, other) for item in items)
    return [each for each in tied if each is not None]


def read_tied(item: Any, field: str, other: str) -> Any:
    """Return the value of another field of an item if a field has a value; else None.

    An empty text, an empty array or zero may stand for a missing value.
    """
    return resolve(item, other) if resolve(item, field) else None
