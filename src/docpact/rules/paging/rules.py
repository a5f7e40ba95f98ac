"""The `paging` family: a walk shows the whole collection, each item once, in order, and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

from docpact.model import Exchange, Level, Operation, Promise, Source
from docpact.model.paging import name_header, plain
from docpact.model.pointer import tokens
from docpact.rules.evidence import Evidence
from docpact.rules.paging.ends import judge_beyond, judge_top
from docpact.rules.paging.fields import (
    find_headers,
    find_wrong_totals,
    judge_fields,
    judge_headers,
    list_total_flags,
    list_total_headers,
    read_header,
)
from docpact.rules.paging.links import find_empty_next, judge_before
from docpact.rules.paging.tokens import judge_foreign_token, judge_token_alone
from docpact.rules.relations.page_problems import find_capped_pages, find_full_pages
from docpact.rules.relations.problems import SUSPECT_PAGING, end_location, page_location
from docpact.rules.rule import Broken, Judged, Rule, advise, group_breaches, judge_relations, rule
from docpact.rules.walks.continuation import is_paged
from docpact.rules.walks.pages import find_base
from docpact.rules.walks.walk import Walk
from docpact.text import excerpt, pluralize

POSSIBLE_TOTAL: Final = (
    "a whole number that is not smaller than the number of items on the page, or 0"
)
_WINDOW: Final = 100

SUGGESTED_TOTAL: Final = "the number of all items that the query selects, as the name suggests"
SUGGESTED_NEXT: Final = "the way to the next page where there is one, as the name suggests"
SUGGESTED: Final = "further pages or pages of a length, as the name suggests"

Locate: TypeAlias = Callable[[Operation], str | None]
"""Returns the location of a promise of an operation; None if it makes none."""


def judge_walks(rule: str, locate: Locate, documented: str, evidence: Evidence) -> Iterator[Judged]:
    """Judge the promise of a list operation under one rule of this family."""
    operation = evidence.operation
    location = locate(operation)
    if location is None:
        return
    name = location.removeprefix("query/")
    source = (
        operation.field_source(location) if name == location else operation.parameter_source(name)
    )
    yield judge_relations(evidence, Promise(rule, location, documented, source))


@dataclass(frozen=True, slots=True)
class _Total:
    """A number that counts the items of a list.

    Attributes:
        where: JSON Pointer into the body, or the location of a header.
        source: of its documentation.
        counts: as for `Roles`.
        is_guess: whether only its name suggests that it counts them.
        read: returns it, given an exchange; None if the response shows no number there.
    """

    where: str
    source: Source | None
    counts: str | None
    is_guess: bool
    read: Callable[[Exchange], float | None]

    @property
    def is_vague(self) -> bool:
        """Whether the name may mean the number of items on the page."""
        named = plain(tokens(self.where)[-1]) if self.where.startswith("/") else self.where
        return name_header(named.removeprefix("header/")) in ("total", "count", "recordcount")


def _list_totals(evidence: Evidence) -> Iterator[_Total]:
    """Yield the total of the body, and totals in headers that are documented or sent."""
    operation, where = evidence.operation, evidence.operation.roles.total
    if where is not None:
        found = {id(b.exchange): operation.find_total(b.decoded.value) for b in evidence.bodies}
        is_guess, source = where in operation.roles.inferred, operation.field_source(where)
        yield _Total(where, source, operation.roles.counts, is_guess, partial(_look_up, found))
    documented = {each.name: each.counts for each in find_headers(operation)}
    for name in list_total_headers(evidence) if operation.roles.is_list else ():
        counts, read = documented.get(name), partial(read_header, name)
        yield _Total(f"header/{name}", None, counts, name not in documented, read)


def _look_up(found: Mapping[int, Any], exchange: Exchange) -> float | None:
    stated = found.get(id(exchange))
    return stated if type(stated) in (int, float) else None


@rule("paging.total", "A progress bar or a displayed count is wrong.")
def judge_total(evidence: Evidence) -> Iterator[Judged]:
    """A total is possible, at least as an estimate."""
    for total in _list_totals(evidence):
        if not total.is_guess:
            exact = f"the number of {total.counts} items" if total.counts else POSSIBLE_TOTAL
            promise = Promise("paging.total", total.where, exact, total.source)
            own = [] if total.is_vague else [*_count_own_items(evidence.walks, total)]
            own = own or [*_find_wrong_lists(evidence, total, exact=True)]
            own = own or find_wrong_totals(evidence, total.where)
            yield _judge_total(evidence, promise, total, own)


def judge_suspects(evidence: Evidence) -> Iterator[Judged]:
    """A parameter or field whose name suggests that it is about pages is about pages."""
    operation, roles = evidence.operation, evidence.operation.roles
    size, paging = roles.size_parameter, roles.paging
    named = [(paging.style.role, paging.parameter)] if paging and paging.style else []
    for role, name in (*named, ("size_parameter", size)):
        if name in roles.inferred:
            source = operation.parameter_source(str(name))
            promise = Promise(SUSPECT_PAGING, f"query/{name}", SUGGESTED, source)
            yield advise(judge_relations(evidence, promise), f"/roles/{role}", name)
    count, where = len(evidence.walks), roles.next_token
    for total in _list_totals(evidence):
        promise = Promise(SUSPECT_PAGING, total.where, SUGGESTED_TOTAL, total.source)
        is_doubtful = total.is_guess or total.is_vague
        own = [*_count_own_items(evidence.walks, total)] if is_doubtful else []
        own = own or [*_find_wrong_lists(evidence, total, exact=False)]
        own = [] if find_wrong_totals(evidence, total.where) else own
        judged = promise, count, group_breaches(own, count)
        judged = _judge_total(evidence, promise, total, own) if total.is_guess else judged
        is_role = total.where == roles.total
        yield advise(judged, "/roles/total", total.where, counts="matching") if is_role else judged
    if where in roles.inferred and count:
        promise = Promise(SUSPECT_PAGING, where, SUGGESTED_NEXT, operation.field_source(where))
        found = group_breaches(find_empty_next(evidence), count)
        yield advise((promise, count, found), "/roles/next_token", where)
    yield from judge_headers(evidence)


def _find_wrong_lists(evidence: Evidence, total: _Total, *, exact: bool) -> Iterator[Broken]:
    """Yield a list with another total than its number of items, if it is documented or if not.

    Such a total may be an estimate, or that of the list without its filters. A total of 0 states
    that nothing was counted, unless other first pages have an exact one. A flag may ask for it.
    Some servers show only the first hundreds or thousands of the items that they count. The total
    may change once while pages are read, so the pages of one walk that differ need a second walk.
    """
    base, roles = find_base(evidence.operation), evidence.operation.roles
    flags = {(name, "true") for name in list_total_flags(evidence.operation)}
    pages = [page for walk in evidence.walks for page in walk.pages]
    counts = exact and not flags and any(total.read(page.exchange) for page in pages)
    seen = set[tuple[Any, ...]]()
    for walk in evidence.walks if not evidence.relations.collection.moved else ():
        asked = {pair for pair in walk.case.query if pair[0] != roles.size_parameter}
        is_plain = walk.filters == base or (asked <= flags and len(asked) == 1)
        is_exact = total.counts == "matching" or (bool(total.counts) and is_plain)
        shown = len({*walk.ids})
        is_cut = exact and shown and shown % _WINDOW == 0
        others = {name for name, _ in asked - flags}
        is_flagged = bool(walk.ids) and len(asked & flags) == 1 and others <= roles.filters.keys()
        is_whole = walk.reached_end and (walk.filters is not None or is_flagged)
        counts_all = shown == sum(len(page.items) for page in walk.pages)
        totals = [(total.read(page.exchange), page) for page in walk.pages]
        wrong = [each for each in totals if each[0] not in (None, 0, shown)]
        wrong += totals[: counts and totals[0][0] == 0 < shown]
        if is_exact is not exact or not is_whole or not counts_all or is_cut or not wrong:
            continue
        key = walk.filters, walk.ids
        if len({stated for stated, _ in totals}) == 1 or key in seen:
            stated, page = wrong[0]
            observed = f"{stated:,} for {walk.case.label}, a list of {pluralize(shown, 'item')}"
            yield Broken(page.exchange, total.where, observed)
            return
        seen.add(key)


def _judge_total(
    evidence: Evidence, promise: Promise, total: _Total, own: Iterable[Broken]
) -> Judged:
    """Judge a total by single pages, and by pages that state their own length."""
    totals = [(body, total.read(body.exchange)) for body in evidence.bodies]
    given = [(body, stated) for body, stated in totals if stated is not None]
    broken = {id(each.exchange): each for each in own}
    for body, stated in given:
        length = len(evidence.operation.find_items(body.decoded.value) or ())
        if stated < 0 or stated % 1 or 0 < stated < length:
            observed = f"{excerpt(stated)} on a page of {pluralize(length, 'item')}"
            broken[id(body.exchange)] = Broken(body.exchange, total.where, observed)
    return promise, len(given), group_breaches(broken.values(), len(given))


def _count_own_items(walks: tuple[Walk, ...], total: _Total) -> Iterator[Broken]:
    """Yield the first page of a long walk, if every page states its own length as the total."""
    long = [
        walk
        for walk in walks
        if len(walk.pages) > 1 and len({*walk.ids}) > len(walk.pages[0].items)
    ]
    pages = [page for walk in long for page in walk.pages if page.items]
    is_own = all(total.read(page.exchange) == len(page.items) for page in pages)
    if len({len(page.items) for page in pages}) > 1 and is_own:
        page, shown = long[0].pages[0], len({*long[0].ids})
        length = len(page.items)
        observed = f"{length:,}, the length of the page, in a walk that shows {shown:,} items"
        yield Broken(page.exchange, total.where, observed)


def _if_paged(locate: Locate) -> Locate:
    """Return a function that locates a promise of lists with several pages only."""
    return lambda operation: locate(operation) if is_paged(operation) else None


_items: Final = _if_paged(lambda operation: operation.roles.items)


def _size_parameter(operation: Operation) -> str | None:
    """Return the location of the page size; a list may bound its length and have no next page."""
    name = operation.roles.size_parameter if operation.roles.is_list else None
    return None if name is None else f"query/{name}"


def _offset_parameter(operation: Operation) -> str | None:
    name = operation.roles.offset_parameter
    return None if name is None else f"query/{name}"


@rule(
    "paging.short_page",
    "A client that adds the page size to the offset misses items, and others need more requests.",
    Level.NOTE,
)
def judge_short_pages(evidence: Evidence) -> Iterator[Judged]:
    """A page with further items behind it is as long as requested, up to a documented maximum."""
    documented = "a page with further items behind it does not lack just one"
    yield from judge_walks("paging.short_page", _offset_parameter, documented, evidence)
    operation, walks = evidence.operation, evidence.walks
    if full := find_full_pages(operation, walks):
        name = str(operation.roles.size_parameter)
        documented = "pages of any size up to the documented maximum"
        source = operation.parameter_source(name)
        promise = Promise("paging.short_page", f"query/{name}", documented, source)
        found = []
        for page in find_capped_pages(full, walks):
            count = pluralize(len(page.items), "item")
            observed = f"{count} to {page.exchange.case.title}, although more follow"
            found.append(Broken(page.exchange, promise.location, observed))
        yield promise, len(full), group_breaches(found, len(full))


def _rule(
    name: str,
    locate: Locate,
    documented: str,
    why: str,
    *others: Callable[[Evidence], Iterator[Judged]],
) -> Rule:
    rule = f"paging.{name}"
    summary = f"{documented[0].upper()}{documented[1:]}."
    judge = partial(judge_walks, rule, locate, documented)
    return Rule(rule, Level.BREAKING, summary, why, judge, others=others)


RULES: Final = (
    _rule(
        "unique",
        _items,
        "no item appears twice in one walk",
        "A client counts, charges or processes an item twice.",
    ),
    _rule(
        "complete",
        _items,
        "a walk at any page size shows every item",
        "A client never sees some of the items.",
    ),
    _rule(
        "ends",
        _if_paged(end_location),
        "a walk reaches a last page",
        "A client walks forever; official clients do not notice.",
        judge_beyond,
    ),
    _rule(
        "size",
        _size_parameter,
        "no page is longer than requested or documented",
        "A client gets more items than it has room for.",
        judge_top,
    ),
    _rule(
        "token",
        _if_paged(page_location),
        "later pages keep the filters of the first",
        "A client works on items that it did not ask for.",
    ),
    _rule(
        "order",
        _items,
        "the order of items is the same in every walk and at every page size",
        "A client that resumes a walk skips items or sees them twice.",
    ),
    _rule(
        "empty_page",
        _items,
        "no page but the last is empty",
        "A client that stops at an empty page, as official clients do, loses the rest.",
    ),
    judge_short_pages,
    judge_before,
    judge_total,
    judge_fields,
    Rule(
        SUSPECT_PAGING,
        Level.NOTE,
        "A parameter or field that is named like one of a style of paging works like one, where "
        "nothing documents that.",
        "docpact cannot test the pages of the list until refinements.json states its role.",
        judge_suspects,
    ),
    judge_token_alone,
    judge_foreign_token,
)
