"""The `stability` family: repeated requests agree, and finished items stay as they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from docpact.model import Exchange, Lifecycle, Operation, Promise, Query, Question
from docpact.model.path import SAFE_METHODS
from docpact.model.pointer import resolve, tokens
from docpact.rules.comparison import is_same_time
from docpact.rules.evidence import Evidence
from docpact.rules.rule import Broken, Judged, group_breaches, rule
from docpact.rules.stability.agreement import find_contradictions
from docpact.rules.walks.collection import ItemChange
from docpact.rules.walks.pages import Item
from docpact.text import excerpt, pluralize

_WHY: Final = "A client that stores what it reads has wrong data without knowing."


@rule("stability.forward", "A client that waits for the end waits forever, or repeats a step.")
def judge_forward(evidence: Evidence) -> Iterator[Judged]:
    """The state of an item moves forward through its lifecycle, or stays."""
    operation, lifecycle = evidence.operation, evidence.operation.roles.lifecycle
    if lifecycle is None:
        return
    way = " → ".join(" or ".join(stage) for stage in lifecycle.stages)
    broken = [
        _describe_change(operation, change, old, lifecycle.field)
        for change in evidence.relations.collection.changes
        if (old := _find_further(lifecycle, change)) is not None
    ]
    documented = f"only forward: {way}"
    yield _judge(evidence, "forward", lifecycle.field, documented, broken)


@rule("stability.constant", _WHY)
def judge_constant(evidence: Evidence) -> Iterator[Judged]:
    """The origin of an item never changes: its inputs, its creator and its time."""
    operation = evidence.operation
    changes = evidence.relations.collection.changes
    for field in operation.roles.constant:
        broken = _list_differences(operation, changes, field)
        yield _judge(evidence, "constant", field, "always the same", broken)


@rule("stability.final", _WHY)
def judge_final(evidence: Evidence) -> Iterator[Judged]:
    """An item in a final state does not change, except for times and missing values."""
    operation, lifecycle = evidence.operation, evidence.operation.roles.lifecycle
    if lifecycle is None:
        return
    changes = [_keep_final(lifecycle, each) for each in evidence.relations.collection.changes]
    for field in _list_judged_fields(operation):
        documented = "unchanged once the item is in a final state"
        yield _judge(
            evidence, "final", field, documented, _list_differences(operation, changes, field)
        )


def _judge(
    evidence: Evidence, name: str, field: str, documented: str, broken: Iterable[Broken]
) -> Judged:
    """Judge a promise about a field of items that were seen again."""
    operation, count = evidence.operation, evidence.relations.collection.again
    source = operation.source(
        "operation", f"/roles/{'constant' if name == 'constant' else 'lifecycle'}"
    )
    promise = Promise(f"stability.{name}", _location(operation, field), documented, source)
    return promise, count, group_breaches(broken, count)


@rule("stability.values", "A client reads wrong data, depending on how it asks for it.")
def judge_values(evidence: Evidence) -> Iterator[Judged]:
    """An item has the same values on every page and at every page size."""
    operation, collection = evidence.operation, evidence.relations.collection
    if operation.roles.items is None:
        return
    stated = "the same values of an item in every response"
    contradictions = list(find_contradictions(operation, collection, evidence.walks))
    for name, is_serious in (("stability.values", True), ("stability.suspect", False)):
        found = [breach for breach, serious in contradictions if serious is is_serious]
        is_doubtful = bool(contradictions) and not found
        count = 0 if is_doubtful else max(0, collection.again - len(collection.changes))
        breaches = [
            replace(each, location=_location(operation, each.location), observations=count)
            for each in found
        ]
        yield Promise(name, operation.roles.items, stated), count, tuple(breaches)


@rule("stability.same", "A client that asks again gets contradictory data.")
def judge_same(evidence: Evidence) -> Iterator[Judged]:
    """The same request gets the same response."""
    operation = evidence.operation
    promise = Promise("stability.same", "status", "the same response to the same request")
    groups: dict[tuple[Question, Query | None], list[Exchange]] = {}
    for exchange in evidence.exchanges:
        is_answered = exchange.response is not None and exchange.status not in (0, 429)
        if is_answered and exchange.status < 500 and not _may_differ(operation, exchange):
            case = exchange.case
            groups.setdefault((case.question, case.visit.query), []).append(exchange)
    repeated = [group for group in groups.values() if len(group) > 1]
    broken = []
    for group in repeated:
        usual = group[0].status
        other = next((e for e in group if not _is_alike(operation, e.status, usual)), None)
        if other is not None:
            observed = f"{usual}, then {other.status}, to {other.case.title}"
            broken.append(Broken(other, "status", observed))
    if operation.roles.items is not None:
        broken += _find_replaced(evidence)
    yield promise, len(repeated), group_breaches(broken, len(repeated))


def _is_alike(operation: Operation, status: int, usual: int) -> bool:
    """Return whether both statuses answer a safe request, or the second write did nothing."""
    is_write = operation.method not in SAFE_METHODS
    return status == usual or (is_write and 200 <= usual < 300 and 200 <= status < 300)


def _may_differ(operation: Operation, exchange: Exchange) -> bool:
    """Return whether other clients' writes may explain a difference of a recorded request."""
    is_safe = operation.method in SAFE_METHODS
    return exchange.is_recorded and (exchange.status >= 400 or not is_safe)


def _find_replaced(evidence: Evidence) -> Iterator[Broken]:
    """Yield walks of the whole list that share no item with the one before, if items have ids.

    A recorded list may be another one after a while.
    """
    is_known = evidence.operation.roles.id is not None
    for before, now in pairwise(
        walk for walk in evidence.whole if is_known and not walk.pages[0].exchange.is_recorded
    ):
        if min(len(before.ids), len(now.ids)) > 1 and not set(before.ids) & set(now.ids):
            observed = f"{pluralize(len(now.ids), 'item')}, none of which was there before"
            yield Broken(now.pages[0].exchange, str(evidence.operation.roles.items), observed)


def _find_further(lifecycle: Lifecycle, change: ItemChange) -> Item | None:
    """Return an earlier version of the item that was further in its lifecycle, or None."""
    new = lifecycle.rank(resolve(change.now.fields, lifecycle.field))
    for item in change.before:
        old = lifecycle.rank(resolve(item.fields, lifecycle.field))
        if old is not None and new is not None and old > new:
            return item
    return None


def _list_differences(
    operation: Operation, changes: Sequence[ItemChange], field: str
) -> Iterator[Broken]:
    """Yield the changes of a field that had a value; a missing one may be added later."""
    for change in changes:
        new = resolve(change.now.fields, field)
        for before in change.before:
            old = resolve(before.fields, field)
            are_texts = isinstance(old, str) and isinstance(new, str)
            is_same = json.dumps(old) == json.dumps(new) or (are_texts and is_same_time(old, new))
            if old is not None and not is_same:
                yield _describe_change(operation, change, before, field)
                break


def _describe_change(operation: Operation, change: ItemChange, before: Item, field: str) -> Broken:
    name = excerpt(resolve(change.now.fields, operation.roles.id or ""), 32)
    old, new = (excerpt(resolve(item.fields, field), 32) for item in (before, change.now))
    observed = f"{name} had {old}, then {new}"
    return Broken(change.page.exchange, _location(operation, field), observed)


def _list_judged_fields(operation: Operation) -> Iterator[str]:
    """Yield the JSON Pointers of the fields that no other rule tests, except times."""
    roles = operation.roles
    for name, schema in operation.item_schema.get("properties", {}).items():
        field = f"/{name}"
        if field not in (*roles.constant, roles.id) and "format" not in schema:
            yield field


def _keep_final(lifecycle: Lifecycle, change: ItemChange) -> ItemChange:
    """Return a change of an item that was final before and still is, without other versions."""
    before = tuple(each for each in change.before if _is_final(lifecycle, each))
    return replace(change, before=before if _is_final(lifecycle, change.now) else ())


def _is_final(lifecycle: Lifecycle, item: Item) -> bool:
    return lifecycle.is_final(resolve(item.fields, lifecycle.field))


def _location(operation: Operation, field: str) -> str:
    return f"{operation.roles.items}/*{field}" if tokens(field) else str(operation.roles.items)


RULES: Final = (
    judge_forward,
    judge_constant,
    judge_final,
    judge_values,
    judge_values.suspect(
        "stability.suspect",
        "An item has the same values under every filter, even where another reason is possible.",
        "A client may read wrong data, depending on how it asks.",
    ),
    judge_same,
)
