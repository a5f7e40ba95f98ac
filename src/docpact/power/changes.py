"""Drifts of items: the last walk of the whole list shows them changed, or every later page does."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, Final, TypeAlias

from docpact.cases.parts import put
from docpact.model import Judgement, Operation, Promise
from docpact.model.pointer import change_at, list_of, resolve, tokens
from docpact.power.trials import KNOWN, NOTICED, Drift, Known, find_new
from docpact.rules import Evidence, judge
from docpact.rules.path.listing import CONTRADICTED
from docpact.rules.walks.collection import collect
from docpact.rules.walks.pages import Item
from docpact.rules.walks.walk import Walk

CHANGED: Final = "docpact changed this"

VALUES: Final = "stability.values"

SAMPLE: Final = 60
"""Number of looks at items on later pages that are changed together."""

Fields: TypeAlias = dict[str, Any]
"""The fields of an item."""


def try_changes(
    evidence: Evidence,
    judgements: Sequence[Judgement],
    known: Known,
    walks: Sequence[Walk],
    excuse: tuple[str, str],
) -> Iterator[Drift]:
    """Yield each drift of items that a second walk of the whole list shows."""
    operation = evidence.operation
    for name, rule, change, remedy in KINDS:
        aims = [each.promise for each in judgements if each.promise.rule == rule]
        noticed = frozenset[Promise]()
        if aims and len(walks) > 1:
            last, changed_ids = _change_items(walks[-1], partial(change, operation))
            damaged = [_keep_items(walk, changed_ids) for walk in (*walks[:-1], last)]
            relations = replace(evidence.relations, collection=collect(operation, damaged))
            changed = replace(evidence, exchanges=(), walks=tuple(damaged), relations=relations)
            noticed = find_new(judge(changed, {rule}), known)
        for promise in aims:
            why = (f"{promise.location}: no item that could change was seen twice", remedy)
            why = why if any(walk.ids for walk in walks) else excuse
            yield from _conclude(name, [promise], noticed, known, why)
    yield from _try_later_pages(evidence, judgements, known, excuse)


def _try_later_pages(
    evidence: Evidence, judgements: Sequence[Judgement], known: Known, excuse: tuple[str, str]
) -> Iterator[Drift]:
    """Yield the drift that every page but the first shows items with another text."""
    aims = [each.promise for each in judgements if each.promise.rule == VALUES]
    first = {one for walk in evidence.walks for one in walk.pages[0].ids}
    later = (one for walk in evidence.walks for page in walk.pages[1:] for one in page.ids)
    both = frozenset(islice((one for one in later if one in first), SAMPLE))
    noticed = frozenset[Promise]()
    if aims and both:
        walks = [_change_later_pages(_keep_items(walk, both)) for walk in evidence.walks]
        changed = replace(evidence, exchanges=(), walks=tuple(walks))
        noticed = find_new(judge(changed, {VALUES}), known)
    why = ("no item was on a first page and on a later one", "more items") if first else excuse
    yield from _conclude("later pages show other values", aims, noticed, known, why)


def try_listing(
    evidence: Evidence, judgements: Sequence[Judgement], known: Known
) -> Iterator[Drift]:
    """Yield the drift that the list of a thing shows other texts than the thing itself."""
    aims = [each.promise for each in judgements if each.promise.rule == CONTRADICTED]
    listing, noticed = evidence.listing, frozenset[Promise]()
    if aims and listing is not None:
        items = tokens(listing.operation.roles.items or "")
        looks = tuple(
            (at, tuple(change_at(body, items, _change_all) for body in pages))
            for at, pages in listing.looks
        )
        counts = tuple((query, n and n + bool(query)) for query, n in listing.counts)
        changed = replace(evidence, listing=replace(listing, looks=looks, counts=counts))
        noticed = find_new(judge(changed, {CONTRADICTED}), known)
    why = ("no list shows texts of two such things", "two things in their list")
    yield from _conclude("the list shows other values", aims, noticed, known, why)


def _conclude(
    kind: str,
    aims: Iterable[Promise],
    noticed: Container[Promise],
    known: Known,
    why: tuple[str, str],
) -> Iterator[Drift]:
    """Yield a drift for each promise: noticed, hidden by a finding of its rule, or neither."""
    for promise in aims:
        is_known = any(rule == promise.rule for rule, _, _ in known)
        reason = NOTICED if promise in noticed else (KNOWN, "") if is_known else why
        yield Drift(kind, promise.rule, promise.location, *reason)


def _change_all(items: Any) -> Any:
    """Return items with other texts, except ids."""
    return [
        {
            name: CHANGED if isinstance(value, str) and "id" not in name.lower() else value
            for name, value in each.items()
        }
        if isinstance(each, dict)
        else each
        for each in list_of(items)
    ]


def _change_later_pages(walk: Walk) -> Walk:
    first, *later = walk.pages
    if not later:
        return walk
    changed = [replace(page, items=tuple(map(_change_text, page.items))) for page in later]
    return replace(walk, pages=(first, *changed))


def _change_text(item: Item) -> Item:
    """Return an item with another text, but the same id and the same values of filters."""
    kept = {item.id, *item.texts.values()}
    texts = (n for n, value in item.fields.items() if isinstance(value, str) and value not in kept)
    return replace(item, fields={**item.fields, **dict.fromkeys(islice(texts, 1), CHANGED)})


def _change_items(
    walk: Walk, change: Callable[[Fields], Fields]
) -> tuple[Walk, frozenset[str | None]]:
    """Return a walk with enough changed items for every field that changes, and their ids."""
    covered, ids = set[str](), set[str | None]()

    def changed(item: Item) -> Item:
        fields = change(dict(item.fields))
        new = {name for name, value in fields.items() if value is not item.fields[name]} - covered
        covered.update(new)
        ids.update({item.id} if new else ())
        return replace(item, fields=fields) if new else item

    pages = [replace(page, items=tuple(map(changed, page.items))) for page in walk.pages]
    return walk.with_pages(pages, walk.ending), frozenset(ids)


def _keep_items(walk: Walk, ids: Container[str | None]) -> Walk:
    """Return a walk that shows only some items."""
    if all(item.id in ids for item in walk.items):
        return walk
    pages = [replace(p, items=tuple(i for i in p.items if i.id in ids)) for p in walk.pages]
    return walk.with_pages(pages, walk.ending)


def _set(fields: Fields, where: str, value: Any) -> Fields:
    """Return fields with another value where there is one."""
    if resolve(fields, where) is None:
        return fields
    changed: Fields = change_at(fields, tokens(where), put(value))
    return changed


def _change_constant(operation: Operation, fields: Fields) -> Fields:
    for where in operation.roles.constant:
        fields = _set(fields, where, CHANGED)
    return fields


def _change_final(operation: Operation, fields: Fields) -> Fields:
    """Change every field of a final item, and its state to another final one."""
    lifecycle = operation.roles.lifecycle
    if lifecycle is None or not lifecycle.is_final(state := resolve(fields, lifecycle.field)):
        return fields
    others = [each for each in lifecycle.stages[-1] if each != state]
    changed: Fields = {name: value if value is None else CHANGED for name, value in fields.items()}
    return _set(changed, lifecycle.field, (others or [state])[0])


def _go_back(operation: Operation, fields: Fields) -> Fields:
    lifecycle = operation.roles.lifecycle
    if lifecycle is None or not lifecycle.rank(resolve(fields, lifecycle.field)):
        return fields
    return _set(fields, lifecycle.field, lifecycle.stages[0][0])


KINDS: Final = (
    ("a constant field changes", "stability.constant", _change_constant, "an item with it"),
    ("a final item changes", "stability.final", _change_final, "a final item with it"),
    ("a state goes back", "stability.forward", _go_back, "an item in a later state"),
)
"""Every kind of drift of items over time: its name, the rule that it aims at (each promise under it
is one drift), the change of an item's fields, and the data that would show it."""
