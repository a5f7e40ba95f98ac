"""The tally: what some answers come down to, while it grows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

from docpact.audit.counts import Census
from docpact.audit.elements import Elements, without_required
from docpact.audit.quick import Form
from docpact.audit.summary import DIFFERENT, Key, Position, Seen, Summary
from docpact.bodies.validate import subschemas
from docpact.model import Exchange, Operation, Request
from docpact.text import excerpt
from docpact.traffic import Entry
from docpact.traffic.exchanges import build_exchange


@dataclass(slots=True)
class _Told:
    """One breach so far; see `docpact.audit.summary.Seen`."""

    at: Position
    first: str
    request: Request
    count: int = 0
    observed: dict[str, Position] = field(default_factory=dict)


class Tally:
    """Counts, in the order of the traffic.

    Attributes:
        counts, told: as of a `Summary`.
        judged, seen: of the answers that were looked at value by value.
    """

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self.counts, self.judged = Counter[str](), Counter[tuple[bool, str]]()
        self.told, self.seen = set[tuple[str, int]](), set[tuple[str, str]]()
        self._whole: dict[tuple[bool, int], Census] = {}
        self._censuses: dict[tuple[bool, str | None, frozenset[str]], Census] = {}
        self._broken: dict[Key, _Told] = {}

    def census(self, form: Form, walked: bool) -> Census:
        """Return the census of bodies that keep a form of the schema.

        Args:
            form: that they keep.
            walked: whether the answers belong to the walk through the collection.
        """
        key = (walked, form.number)
        if key not in self._whole:
            self._whole[key] = Census(form.schema)
        return self._whole[key]

    def census_of(self, elements: Elements, left_out: frozenset[str], walked: bool) -> Census:
        """Return the census of elements that lack some required fields; see `census`."""
        key = (walked, elements.name, left_out)
        if key not in self._censuses:
            schema = without_required(elements.schema, left_out)
            self._censuses[key] = Census(schema, elements.path, elements.where)
        return self._censuses[key]

    def begin(self, at: tuple[int, int], record: Entry | Exchange) -> None:
        """Turn to the next record, of which there are the number of its source and its place."""
        self._at, self._record, self._observations = at, record, 0

    def exchange(self) -> Exchange:
        """Return the present record, which is of the operation, as the rules look at it."""
        record = self._record
        return record if isinstance(record, Exchange) else build_exchange(self._operation, record)

    def broke(self, key: Key, observed: str, first: str = "", times: int = 1) -> None:
        """Note a breach by the present record.

        Args:
            key: what tells it apart.
            observed: what came instead.
            first: JSON Pointer of the instance; by default the title of the case is told.
            times: how often the same came.
        """
        at = (*self._at, self._observations)
        self._observations += times
        told = self._broken.get(key)
        if told is None:
            exchange = self.exchange()
            told = _Told(at, first or exchange.case.title, exchange.request)
            self._broken[key] = told
        told.count += times
        if len(told.observed) < DIFFERENT:
            told.observed.setdefault(observed, at)

    def knows(self, key: Key) -> bool:
        """Say whether a breach was noted before."""
        return key in self._broken

    def is_full(self, key: Key) -> bool:
        """Say whether no other observation of a breach would be kept."""
        return key in self._broken and len(self._broken[key].observed) >= DIFFERENT

    def summary(self) -> Summary:
        """Return what was counted."""
        judged = Counter(self.judged)
        censuses = [(walked, census) for (walked, _), census in self._whole.items()]
        censuses += [(walked, census) for (walked, _, _), census in self._censuses.items()]
        for walked, census in censuses:
            for at, number in census.judged.items():
                judged[walked, at] += number
        whole = Summary(
            counts=+self.counts,
            judged=+judged,
            broken={
                key: Seen(told.count, told.at, told.first, told.request, told.observed)
                for key, told in self._broken.items()
            },
            told=frozenset(self.told),
            seen=self._seen().union(*(census.seen for _, census in censuses)),
        )
        return Summary() + whole

    def _seen(self) -> frozenset[tuple[str, str]]:
        """Return what was seen, but of values that are not documented only that there were some."""
        documented = _documented(self._operation)
        return frozenset(each if each in documented else (each[0], "") for each in self.seen)


@lru_cache(maxsize=8)
def _documented(operation: Operation) -> frozenset[tuple[str, str]]:
    """Return the folded location and the text of every enumerated value."""
    return frozenset(
        (place.location, excerpt(member))
        for place in subschemas(operation.response_schema)
        for member in place.schema.get("enum", ())
    )
