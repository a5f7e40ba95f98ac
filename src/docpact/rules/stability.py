"""The `stability` family: the same question gets the same answer, and what is done stays done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from docpact.model import Exchange, Level, Lifecycle, Operation, Promise
from docpact.model.pointer import resolve, tokens
from docpact.rules.evidence import Evidence
from docpact.rules.rule import Broken, Judged, Rule, breaches
from docpact.rules.walks import Ending, Item
from docpact.text import counted, excerpt


@dataclass(frozen=True, slots=True)
class Change:
    """An item that was seen twice and differed.

    Attributes:
        exchange: that showed it the second time.
        before: as it was the first time.
        now: as it was the second time.
    """

    exchange: Exchange
    before: Item
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
        _broken(operation, change, lifecycle.field)
        for change in _changes(evidence)
        if _goes_back(lifecycle, change)
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
    changes = [each for each in _changes(evidence) if _is_final(lifecycle, each)]
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
    groups: dict[tuple[object, ...], list[Exchange]] = {}
    for exchange in evidence.exchanges:
        if exchange.response is not None and exchange.status < 500 and exchange.status != 429:
            groups.setdefault(exchange.case.question, []).append(exchange)
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
    """Yield every item that differs from what it was when it was seen before, in time."""
    exchanges = {page.time: page.exchange for walk in evidence.walks for page in walk.pages}
    for seen in evidence.relations.collection.sightings.values():
        for (_, before), (time, now) in pairwise(seen):
            if before != now:
                yield Change(exchanges[time], before, now)


def _looks(evidence: Evidence) -> int:
    """Count how often an item was seen again."""
    return sum(len(seen) - 1 for seen in evidence.relations.collection.sightings.values())


def _goes_back(lifecycle: Lifecycle, change: Change) -> bool:
    old = lifecycle.rank(resolve(change.before, lifecycle.field))
    new = lifecycle.rank(resolve(change.now, lifecycle.field))
    return old is not None and new is not None and old > new


def _differing(operation: Operation, changes: Sequence[Change], field: str) -> Iterator[Broken]:
    """Yield the changes of a field that was filled in; one that is filled in later may be."""
    for change in changes:
        old, new = resolve(change.before, field), resolve(change.now, field)
        if old is not None and json.dumps(old) != json.dumps(new):
            yield _broken(operation, change, field)


def _broken(operation: Operation, change: Change, field: str) -> Broken:
    name = excerpt(resolve(change.now, operation.roles.id or ""), 32)
    old, new = (excerpt(resolve(item, field), 32) for item in (change.before, change.now))
    said = f"{name} had {old}, then {new}"
    return Broken(change.exchange, _location(operation, field), said)


def _judged_fields(operation: Operation) -> Iterator[str]:
    """Yield the item pointers of the fields that no other rule judges, times left out."""
    roles = operation.roles
    for name, schema in operation.item_schema.get("properties", {}).items():
        field = f"/{name}"
        if field not in (*roles.constant, roles.id) and "format" not in schema:
            yield field


def _is_final(lifecycle: Lifecycle, change: Change) -> bool:
    items = (change.before, change.now)
    return all(lifecycle.is_final(resolve(item, lifecycle.field)) for item in items)


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
