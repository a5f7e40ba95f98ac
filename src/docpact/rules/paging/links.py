"""Links to other pages of a list lead there, and so does a request for the page before an item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from heapq import nsmallest
from itertools import pairwise, product
from typing import Any, Final

from docpact.cases.wire import can_be_documented, query_case, query_label
from docpact.limits import MAX_BREACHES
from docpact.model import (
    Case,
    Expectation,
    Expected,
    Operation,
    Parameter,
    Promise,
    Query,
    Question,
)
from docpact.model.paging import BACKWARD, OLDER, plain
from docpact.model.pointer import resolve
from docpact.rules.evidence import Evidence
from docpact.rules.rule import Broken, Judged, group_breaches, rule
from docpact.rules.walks.continuation import IN_HEADERS, choose_direction
from docpact.rules.walks.pages import Filters, Item, Page, as_text
from docpact.rules.walks.walk import Walk
from docpact.text import pluralize


def link_cases(walks: Sequence[Walk]) -> Iterator[Case]:
    """Yield the pages to which links of the first three pages of a list lead."""
    asked = {frozenset(page.exchange.case.query) for walk in walks for page in walk.pages}
    linked = filter(_is_linked, walks)
    best = max(linked, key=lambda w: (len(w.pages) > 2, bool(w.filters)), default=None)
    for page in best.pages[:3] if best else ():
        for _, relation, query in _list_links(page):
            if frozenset(query) not in asked:
                asked.add(frozenset(query))
                label = query_label(query, f"link to {relation}")
                yield Case(label, Question(query), Expectation(Expected.UNSPECIFIED))


def _list_links(page: Page) -> list[tuple[str, str, Query]]:
    """Return the links of a page to other pages; of the first page, only to the next one."""
    links, is_first = page.onward.links, page.exchange.case.visit.page == 1
    return [each for each in links if not is_first or each[1] == "next"]


def _is_linked(walk: Walk) -> bool:
    """Return whether a walk follows links from the first page of a list to the last one."""
    is_linked = walk.is_whole and walk.pages[0].onward.given and len(walk.pages) > 1
    return is_linked and walk.has_unique_ids and bool(walk.ids)


def _list_inner(evidence: Evidence) -> Iterator[tuple[Page, str]]:
    """Yield each page before another one, with each field or header that leads to a next page.

    A documented field leads there, even if it is always null beside a link in a header.
    """
    used: dict[frozenset[str], set[str]] = {}
    roles = evidence.operation.roles
    documented = {roles.next_token} - {None, *roles.inferred}
    stated = _read_stated(evidence, roles.next_token or "")
    for walk in evidence.walks:
        asked = used.setdefault(frozenset(dict(walk.case.query)), set())
        asked.update(where for page in walk.pages for where in page.onward.filled)
        linked = [page for page in walk.pages if IN_HEADERS in page.onward.filled]
        is_null = any(stated.get(id(page.exchange), ...) is None for page in linked)
        asked.update(str(where) for where in documented if is_null)
    places = {query: nsmallest(MAX_BREACHES, names) for query, names in used.items()}
    for walk in evidence.walks:
        for page, later in pairwise(walk.pages):
            if later.items and walk.filters is not None:
                yield from product([page], places[frozenset(dict(walk.case.query))])


def _read_stated(evidence: Evidence, where: str) -> dict[int, Any]:
    """Return the identity of each exchange with a body → a field of it, or `...` without one."""
    return {id(e.exchange): resolve(e.decoded.value, where, ...) for e in evidence.bodies}


def find_empty_next(evidence: Evidence) -> Iterator[Broken]:
    """Yield a page without a link to the next one, although more items follow, if all lack it."""
    where = evidence.operation.roles.next_token or ""
    stated = _read_stated(evidence, where)
    if evidence.relations.collection.moved or {*map(repr, stated.values())} - _EMPTY:
        return
    walks = [walk for walk in evidence.walks if walk.filters is not None]
    most: dict[Filters | None, int] = {}
    for walk in walks:
        most[walk.filters] = max(len(walk.ids), most.get(walk.filters, 0))
    for walk in walks if where else ():
        page = walk.pages[0]
        seen = max(most[walk.filters], page.total or 0)
        if len(page.items) < seen and stated.get(id(page.exchange), ...) is not ...:
            count = pluralize(len(page.items), "item")
            observed = f"none to {page.exchange.case.title}, with {count} of {seen:,}"
            yield Broken(page.exchange, where, observed)
            return


_EMPTY: Final = frozenset({"None", "''", "False", "Ellipsis"})
"""Fields that lead nowhere, as Python writes them."""


def judge_links(evidence: Evidence) -> Iterator[Judged]:
    """A link to another page of a list shows the items that are there, and none is missing.

    A link that states the first id of a page leads to some items before it. A page before another
    one has the links or tokens that others with its parameters have. Where two links lead to the
    next page, and the first of them loses items, `paging.complete` judges that.
    """
    operation = evidence.operation
    loses = any(each.rule == "paging.complete" for each in evidence.relations.problems)
    shown = {
        frozenset(each.exchange.case.query): [item.id for item in each.items]
        for each in evidence.bodies
    }
    seen: dict[str, list[Broken | None]] = {}
    is_steady = not evidence.relations.collection.moved
    for walk in filter(_is_linked, evidence.walks) if is_steady else ():
        start, places = 0, {one: number for number, one in enumerate(walk.ids)}
        right = {query for query, ids in shown.items() if places.keys() >= {*ids}}
        for page in walk.pages:
            first, before = start, walk.ids[max(0, start - 1)]
            start += len(page.ids)
            for where, relation, query in _list_links(page):
                if frozenset(query) in shown and not (loses and relation == "next"):
                    ids = shown[frozenset(query)]
                    known = {"first": (ids[:1], walk.ids[0]), "last": (ids[-1:], walk.ids[-1])}
                    known["self"] = (ids[:1] or [""], next(iter(page.ids), ""))
                    known["next"] = (ids[:1] or [""], next(iter(walk.ids[start:]), ""))
                    ends, one = known.get(relation, ([*ids[:1], *ids[-1:]], before))
                    observed = f"another page: {query_label(query)} on {page.exchange.case.title}"
                    is_bound = not {*page.ids[:1]}.isdisjoint(dict(query).values())
                    earlier = is_bound and any(
                        places.get(str(each), start) < first for each in ends
                    )
                    is_right = (one in ends or earlier) and frozenset(query) in right
                    wrong = None if is_right else Broken(page.exchange, where, observed)
                    seen.setdefault(where, []).append(wrong)
    for page, where in _list_inner(evidence) if is_steady else ():
        observed = f"none on {page.exchange.case.title}, although another page follows"
        wrong = None if where in page.onward.filled else Broken(page.exchange, where, observed)
        seen.setdefault(where, []).append(wrong)
    for where, found in seen.items():
        source = None if where.startswith("header/") else operation.field_source(where)
        promise = Promise("paging.fields", where, "a link to the page that it names", source)
        yield promise, len(found), group_breaches(filter(None, found), len(found))


BEFORE: Final = 5
"""Number of items before the one that is named."""

SIZE: Final = 3
"""Number of items on the requested page: not all of them."""

_SAYS: Final = re.compile(r"\b(before|previous|preced)", re.IGNORECASE)


_SAYS_NEWER: Final = re.compile(r"\b(after|newer|later|more recent|since)\b", re.IGNORECASE)


def find_backward(operation: Operation) -> Parameter | None:
    """Return the parameter that names the item after a page, if its description says so."""
    roles = operation.roles
    named = [p for p in operation.query_parameters if plain(p.name) in BACKWARD]
    stated = [each for each in named if _SAYS.search(each.description)]
    return stated[0] if stated and roles.id and roles.last_id_parameter else None


def _find_newer(operation: Operation, ids: Sequence[str]) -> Parameter | None:
    """Return the parameter that names the item before newer ones, where the newest come first."""
    name, onward = operation.roles.last_id_parameter, choose_direction(operation, (), ids)
    is_turned = onward.roles.last_id_parameter not in (None, name) and operation.roles.id
    parameter = operation.parameter(str(name)) if is_turned else None
    return parameter if parameter and _SAYS_NEWER.search(parameter.description) else None


def backward_cases(operation: Operation, items: Sequence[Item]) -> Iterator[Case]:
    """Yield the request for the page before one of the first items of a list.

    Where the newest come first, fewer items are before it than requested: a server may show the
    newest ones, or those next to it.
    """
    size, backward = operation.roles.size_parameter, find_backward(operation)
    parameter = backward or _find_newer(operation, [str(item.id) for item in items])
    at = BEFORE if backward else SIZE - 1
    if parameter is not None and len(items) > BEFORE and (text := items[at].id):
        may_ask = size is not None and can_be_documented(operation.parameter(size), str(SIZE))
        query = ((parameter.name, text), *([(str(size), str(SIZE))] if may_ask else []))
        yield query_case(query, Expectation(Expected.UNSPECIFIED, parameter.name, "type"))


def cut_backward(operation: Operation, items: Sequence[Any], query: Query, size: int) -> Any:
    """Return the items of a mock's list that a query leaves: those of the page before an item."""
    parameter = find_backward(operation)
    ids = [as_text(resolve(each, operation.roles.id or "")) for each in items] if parameter else []
    text = dict(query).get(parameter.name) if parameter else None
    return items[max(0, ids.index(text) - size) : ids.index(text)] if text in ids else items


def _leads_to_older(walk: Walk) -> bool:
    """Return whether the id of the last item led a walk to a page of older ones."""
    later = (page for page in walk.pages[1:] if page.items)
    return any(plain(name) in OLDER for page in later for name, _ in page.exchange.case.query)


@rule("paging.before", "A client that goes back sees other items than those it came from.")
def judge_before(evidence: Evidence) -> Iterator[Judged]:
    """The page before an item shows the items before it."""
    operation, whole = evidence.operation, evidence.whole
    parameter = find_backward(operation)
    if parameter is None and any(map(_leads_to_older, whole)):
        parameter = _find_newer(operation, whole[0].ids)
    if parameter is None:
        return
    is_steady = len(whole) > 1 and all(one.ids == other.ids for one, other in pairwise(whole))
    where, broken, asked = f"query/{parameter.name}", [], 0
    for walk in evidence.walks if is_steady else ():
        query, shown = dict(walk.case.query), walk.pages[0].ids
        others = {*query.items()} - {(operation.roles.size_parameter, str(SIZE))}
        text = query.get(parameter.name)
        if text not in whole[0].ids or len(others) > 1:
            continue
        before = whole[0].ids[: whole[0].ids.index(text)]
        asked += 1
        if {*shown} != {*before[-len(shown) :]} or not shown:
            observed = f"not the items before it for {walk.case.label}"
            broken.append(Broken(walk.pages[0].exchange, where, observed))
    source = operation.parameter_source(parameter.name)
    promise = Promise("paging.before", where, "the items before the one that is named", source)
    yield promise, asked, group_breaches(broken, asked)
