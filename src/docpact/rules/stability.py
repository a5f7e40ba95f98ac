"""The `stability` family: the same question gets the same answer, and what is done stays done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Final

from docpact.model import Exchange, Level, Lifecycle, Operation, Promise, Question
from docpact.model.pointer import resolve, tokens
from docpact.rules.collection import Sighting
from docpact.rules.evidence import Evidence
from docpact.rules.rule import Broken, Judged, Rule, breaches
from docpact.rules.walks import Ending, Item
from docpact.text import counted, excerpt


@dataclass(frozen=True, slots=True)
class Change:
    """An item that was seen again and differed.

    Attributes:
        exchange: that showed it again.
        before: as it was when it was seen last: several ways where it is not known which was last.
        now: as it is.
    """

    exchange: Exchange
    before: tuple[Item, ...]
    now: Item


def judge_forward(evidence: Evidence) -> Iterator[Judged]:
    """An item's state goes forward through its lifecycle, or stays."""
    operation, lifecycle = evidence.operation, evidence.operation.roles.lifecycle
    if lifecycle is None:
        return
    location = _location(operation, lifecycle.field)
    way = " → ".join(" or ".join(stage) for stage in lifecycle.stages)
    promise = Promise(
        "stability.forward",
        location,
        f"forward or nowhere: {way}",
        operation.source("operation", "/roles/lifecycle"),
    )
    broken = [
        _broken(operation, change, old, lifecycle.field)
        for change in _changes(evidence)
        if (old := _further(lifecycle, change)) is not None
    ]
    yield promise, _looks(evidence), breaches(broken, _looks(evidence))


def judge_constant(evidence: Evidence) -> Iterator[Judged]:
    """What is said of an item once is said of it every time."""
    operation = evidence.operation
    changes = list(_changes(evidence))
    for field in operation.roles.constant:
        location = _location(operation, field)
        promise = Promise(
            "stability.constant",
            location,
            "the same at every look",
            operation.source("operation", "/roles/constant"),
        )
        broken = _differing(operation, changes, field)
        yield promise, _looks(evidence), breaches(broken, _looks(evidence))


def judge_final(evidence: Evidence) -> Iterator[Judged]:
    """Of an item in a final state nothing changes; what is filled in later, and times, may."""
    operation, lifecycle = evidence.operation, evidence.operation.roles.lifecycle
    if lifecycle is None:
        return
    changes = [_final(lifecycle, each) for each in _changes(evidence)]
    for field in _judged_fields(operation):
        promise = Promise(
            "stability.final",
            _location(operation, field),
            "the same once the item has come to its end",
            operation.source("operation", "/roles/lifecycle"),
        )
        broken = _differing(operation, changes, field)
        yield promise, _looks(evidence), breaches(broken, _looks(evidence))


def judge_same(evidence: Evidence) -> Iterator[Judged]:
    """A question that is repeated gets the same status, and items of the same collection."""
    operation = evidence.operation
    promise = Promise("stability.same", "status", "the same answer to the same question")
    groups: dict[tuple[Question, tuple[str, str] | None], list[Exchange]] = {}
    for exchange in evidence.exchanges:
        if exchange.response is not None and exchange.status < 500 and exchange.status != 429:
            case = exchange.case
            groups.setdefault((case.question, case.visit.token), []).append(exchange)
    repeated = [group for group in groups.values() if len(group) > 1]
    broken = []
    for group in repeated:
        usual = group[0].status
        other = next((e for e in group if e.status != usual), None)
        if other is not None:
            said = f"{usual}, then {other.status}, to {other.case.title}"
            broken.append(Broken(other, "status", said))
    if operation.roles.items is not None:
        broken += _replaced(evidence)
    yield promise, len(repeated), breaches(broken, len(repeated))


def _replaced(evidence: Evidence) -> Iterator[Broken]:
    """Yield looks at the whole plain list that have no item in common."""
    whole = [w for w in evidence.walks if w.filters == () and w.ending is Ending.END]
    for before, now in pairwise(whole):
        if min(len(before.ids), len(now.ids)) > 1 and not set(before.ids) & set(now.ids):
            said = f"{counted(len(now.ids), 'item')}, none of which was there before"
            yield Broken(now.pages[0].exchange, str(evidence.operation.roles.items), said)


def _changes(evidence: Evidence) -> Iterator[Change]:
    """Yield every item that differs from what it was when it was seen before, in time.

    Pages that may have overlapped are not held against each other: neither is before the other.
    """
    for seen in evidence.relations.collection.sightings.values():
        before: list[Item] = []
        for _, group in groupby(seen, key=_span):
            now: list[Item] = []
            for page, item in group:
                if item not in now:
                    now.append(item)
                    different = tuple(old for old in before if old != item)
                    if different:
                        yield Change(page.exchange, different, item)
            before = now


def _looks(evidence: Evidence) -> int:
    """Return how often an item was seen again."""
    return evidence.relations.collection.again


def _span(sighting: Sighting) -> range:
    return sighting[0].span


def _further(lifecycle: Lifecycle, change: Change) -> Item | None:
    """Return the item as it was when it was further in its lifecycle, or None."""
    new = lifecycle.rank(resolve(change.now.fields, lifecycle.field))
    for item in change.before:
        old = lifecycle.rank(resolve(item.fields, lifecycle.field))
        if old is not None and new is not None and old > new:
            return item
    return None


def _differing(operation: Operation, changes: Sequence[Change], field: str) -> Iterator[Broken]:
    """Yield the changes of a field that was filled in; one that is filled in later may be."""
    for change in changes:
        new = json.dumps(resolve(change.now.fields, field))
        for before in change.before:
            old = resolve(before.fields, field)
            if old is not None and json.dumps(old) != new:
                yield _broken(operation, change, before, field)
                break


def _broken(operation: Operation, change: Change, before: Item, field: str) -> Broken:
    name = excerpt(resolve(change.now.fields, operation.roles.id or ""), 32)
    old, new = (excerpt(resolve(item.fields, field), 32) for item in (before, change.now))
    said = f"{name} had {old}, then {new}"
    return Broken(change.exchange, _location(operation, field), said)


def _judged_fields(operation: Operation) -> Iterator[str]:
    """Yield the item pointers of the fields that no other rule judges, times left out."""
    roles = operation.roles
    for name, schema in operation.item_schema.get("properties", {}).items():
        field = f"/{name}"
        if field not in (*roles.constant, roles.id) and "format" not in schema:
            yield field


def _final(lifecycle: Lifecycle, change: Change) -> Change:
    """Return a change with what was final before and still is; with nothing else before it."""
    before = tuple(each for each in change.before if _is_final(lifecycle, each))
    return replace(change, before=before if _is_final(lifecycle, change.now) else ())


def _is_final(lifecycle: Lifecycle, item: Item) -> bool:
    return lifecycle.is_final(resolve(item.fields, lifecycle.field))


def _location(operation: Operation, field: str) -> str:
    return f"{operation.roles.items}/*{field}" if tokens(field) else str(operation.roles.items)


_WHY: Final = "A client that keeps what it read once is wrong without knowing."

RULES: Final = (
    Rule(
        "stability.forward",
        Level.BREAKING,
        "An item's state goes forward through its lifecycle, or stays.",
        "A client that waits for the end waits for ever, or takes a step twice.",
        judge_forward,
    ),
    Rule(
        "stability.constant",
        Level.BREAKING,
        "What an item was made from, by whom and when, never changes.",
        _WHY,
        judge_constant,
    ),
    Rule(
        "stability.final",
        Level.BREAKING,
        "Of an item that has come to its end nothing changes; times may, and gaps may be filled.",
        _WHY,
        judge_final,
    ),
    Rule(
        "stability.same",
        Level.BREAKING,
        "The same question gets the same answer.",
        "A client that asks again gets another truth.",
        judge_same,
    ),
)
