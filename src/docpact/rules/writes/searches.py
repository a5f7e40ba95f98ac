"""Rules of the `write` family about searches by POST."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from docpact.model import Level, Operation, Promise
from docpact.model.paging import TELLING_TOKENS, plain
from docpact.model.pointer import pointer, resolve
from docpact.model.schema import fields_of
from docpact.rules.evidence import Action, Evidence, Step
from docpact.rules.filters.bounds import is_outside, make_side
from docpact.rules.filters.ranges import is_in_order
from docpact.rules.rule import Judged, judge_each
from docpact.rules.walks.pages import Item, as_text
from docpact.rules.writes.rules import write_rule
from docpact.text import excerpt, fold, pluralize

_SKIPPED: Final = "the items after those that it skips"


@write_rule("selects", "A client takes other things for those it looked for.", creates=False)
def judge_selects(evidence: Evidence, _: str) -> Iterator[Judged]:
    """A search by a value shows the things with this value, and no others."""
    known = [step.body for step in _list_plain(evidence)]

    def find(step: Step) -> str | None:
        ((name, value),) = step.expected.items()
        other = next((i[name] for i in step.body if not _has(i, name, value)), None)
        if other is not None:
            return f"an item with {excerpt(other)} ({step.exchange.case.label})"
        is_lost = all(any(_has(i, name, value, always=True) for i in e) for e in known)
        return f"nothing ({step.exchange.case.label})" if is_lost and not step.body else None

    usual = _read_usual(evidence)

    def find_stated(step: Step) -> str | None:
        shown = {_name(evidence, item) for item in step.body}
        inside = [i for i in usual if _is_chosen(step, i) and _name(evidence, i) not in shown]
        if inside and len(step.body) < len(usual):
            number = pluralize(len(inside), "item")
            return f"{number} missing ({step.exchange.case.label})"
        return _find_other(step)

    stated = "items with the value alone"
    yield from _judge_searches(evidence, "selects", "select", stated, find)
    stated = "the items that the description of the field says, and no others"
    yield from _judge_searches(evidence, "selects", "stated", stated, find_stated)


def _has(item: Mapping[str, Any], name: str, value: Any, *, always: bool = False) -> bool:
    """Return whether the field of an item has a value; or, unless always, is absent."""
    shown = item.get(name)
    if shown is None:
        return not always
    return value in shown if isinstance(shown, list) else bool(shown == value)


def _list_plain(evidence: Evidence) -> Sequence[Step]:
    """Return the first and the last search by nothing."""
    found = [s for s in evidence.steps if s.action == "search" and not s.about]
    return (*found[:1], *found[-1:])


def _read_usual(evidence: Evidence) -> Sequence[Mapping[str, Any]]:
    """Return the items that a search by nothing shows, first and last; none if they differ."""
    shown = [step.body for step in _list_plain(evidence) if step.is_successful]
    names = [[_name(evidence, item) for item in items] for items in shown]
    return shown[0] if len(shown) == 2 and names[0] == names[1] else ()


def _name(evidence: Evidence, item: Mapping[str, Any]) -> str:
    where = evidence.operation.roles.id
    return repr(item) if where is None else repr(resolve(item, where))


def _is_chosen(step: Step, item: Mapping[str, Any]) -> bool:
    """Return whether a search must show an item."""
    ((where, value),) = step.expected.items()
    if step.bound is None:
        shown = resolve(item, where)
        return as_text(value) in map(as_text, shown if isinstance(shown, list) else [shown])
    key = ("text", str(value)) if step.bound.contains else make_side(value)
    return key is not None and is_outside([(step.bound, key)], item) is False


def _find_other(step: Step) -> str | None:
    """Return which item of a response the search should not show, or None."""
    ((where, value),) = step.expected.items()
    is_member = step.bound is None or step.bound.contains
    key = ("text", str(value)) if is_member else make_side(value)
    for item in step.body:
        shown = resolve(item, where)
        is_unlike = shown is not None and fold(str(value)) not in fold(str(shown))
        if is_outside([(step.bound, key)], item) if step.bound and key else is_unlike:
            return f"an item with {excerpt(shown)} ({step.exchange.case.label})"
    return None


@write_rule(
    "suspect",
    "A client takes other things for those it looked for.",
    Level.NOTE,
    creates=False,
)
def judge_guesses(evidence: Evidence, _: str) -> Iterator[Judged]:
    """A field of a search that is named like a field of the items selects by it.

    One that is named like an offset, or a number of a page, skips items.
    """
    stated = "items with the value, as the name says"
    yield from _judge_searches(evidence, "suspect", "guess", stated, _find_other)
    find = partial(_find_unskipped, evidence)
    yield from _judge_searches(evidence, "suspect", "guessed skip", _SKIPPED, find)


@write_rule(
    "limited", "A client that asks for a few things gets more than it can take.", creates=False
)
def judge_limited(evidence: Evidence, _: str) -> Iterator[Judged]:
    """A search shows no more things than the request allows."""

    def find(step: Step) -> str | None:
        count = len(step.body)
        is_more = count > step.expected[step.about]
        return f"{count} items ({step.exchange.case.label})" if is_more else None

    yield from _judge_searches(evidence, "limited", "limit", "at most as many items", find)


@write_rule("skips", "A client that reads page after page misses things.", creates=False)
def judge_skips(evidence: Evidence, _: str) -> Iterator[Judged]:
    """A search skips as many things as its description says, and shows those after them."""
    find = partial(_find_unskipped, evidence)
    yield from _judge_searches(evidence, "skips", "skip", _SKIPPED, find)


def _list_usual(evidence: Evidence) -> list[str]:
    """Return the usual items by name; none if a search shows more than the request allows."""
    limits = [s for s in evidence.steps if s.action == "limit"]
    is_limited = all(len(s.body) <= s.expected[s.about] for s in limits)
    return [_name(evidence, item) for item in _read_usual(evidence)] if is_limited else []


def _find_unskipped(evidence: Evidence, step: Step) -> str | None:
    rest = _list_usual(evidence)[step.expected[step.about] :]
    shown = [_name(evidence, item) for item in step.body][: len(rest)]
    if not rest or (shown and shown == rest[: len(shown)]):
        return None
    first = excerpt(step.body[0]) if shown else "nothing"
    return f"{first} first ({step.exchange.case.label})"


@write_rule("sorted", "A client that reads the first things reads the wrong ones.", creates=False)
def judge_sorted(evidence: Evidence, _: str) -> Iterator[Judged]:
    """A documented order of a search sorts the things by numbers and times as its value says."""

    def find(step: Step) -> str | None:
        items = [Item(fields, None, {}) for fields in step.body]
        is_sorted = step.order is None or is_in_order(step.order, items)
        return None if is_sorted else f"another order ({step.exchange.case.label})"

    yield from _judge_searches(evidence, "sorted", "sort", "the items in this order", find)


@write_rule("counted", "A client shows a wrong number, or reads too few pages.", creates=False)
def judge_counted(evidence: Evidence, _: str) -> Iterator[Judged]:
    """The documented total of a search counts all things that match, on every page."""
    usual, body = len(_read_usual(evidence)), evidence.operation.request_body
    known = {step.counts[0] for step in _list_plain(evidence) if step.counts}
    is_whole = body.counts == "matching" and not _takes_token(evidence.operation)

    def find(step: Step) -> str | None:
        total, shown = step.counts or (0, 0)
        is_less = total < shown
        is_page = step.action in ("limit", "skip") and usual > 0
        is_other = is_page and len(known) == 1 and total not in known
        is_chosen = step.action in ("select", "stated") and is_whole and shown < usual
        if is_less or is_other or (is_chosen and total != shown):
            return f"{total:,} on a page of {pluralize(shown, 'item')} ({step.exchange.case.label})"
        return None

    if body.total:
        promise = Promise("write.counted", body.total, f"the number of {body.counts} items")
        yield judge_each(promise, [s for s in evidence.steps if s.counts and s.is_successful], find)


def _takes_token(operation: Operation) -> bool:
    """Return whether a body has a field for the token of a page, which may be short."""
    fields = fields_of(operation.body_schema or {})
    return any(plain(name) in TELLING_TOKENS for name in fields)


def _judge_searches(
    evidence: Evidence, name: str, action: Action, stated: str, find: Callable[[Step], str | None]
) -> Iterator[Judged]:
    """Judge a promise about each field of a body by the searches that were carried out."""
    steps = [s for s in evidence.steps if s.action == action and s.is_successful]
    for about in dict.fromkeys(s.about for s in steps):
        promise = Promise(f"write.{name}", f"body{pointer((about,))}", stated)
        yield judge_each(promise, [s for s in steps if s.about == about], find)


RULES: Final = (
    judge_selects,
    judge_guesses,
    judge_limited,
    judge_skips,
    judge_sorted,
    judge_counted,
)
