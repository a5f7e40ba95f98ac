"""The `paging` family: a walk shows the whole collection, each item once, in order, and ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from docpact.model import Case, Level, Operation, Promise
from docpact.model.paging import TOTALS, plain, read_number
from docpact.model.schema import list_types
from docpact.rules.backward import judge_before
from docpact.rules.continuation import is_paged
from docpact.rules.evidence import Evidence
from docpact.rules.page_fields import judge_fields
from docpact.rules.pages import Filters, Page, find_base, find_token_parameter, read_token
from docpact.rules.problems import SUSPECT_PAGING, end_location, page_location
from docpact.rules.rule import Broken, Judged, Rule, advise, group_breaches, judge_relations, rule
from docpact.rules.walks import Ending, Walk
from docpact.text import excerpt, pluralize

POSSIBLE_TOTAL: Final = (
    "a whole number that is not smaller than the number of items on the page, or 0"
)
_WINDOW: Final = 100

TOTAL_HEADERS: Final = frozenset({*TOTALS, "wptotal", "paginationtotalcount", "resultcount"})
"""Names of headers with the number of all items, in lower case without separators and `X-`."""

SUGGESTED_TOTAL: Final = "the number of all items that the query selects, as the name suggests"
SUGGESTED: Final = "further pages or pages of a length, as the name suggests"


def judge_walks(
    rule: str, locate: Callable[[Operation], str | None], documented: str, evidence: Evidence
) -> Iterator[Judged]:
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


@rule("paging.total", "A progress bar or a displayed count is wrong.")
def judge_total(evidence: Evidence) -> Iterator[Judged]:
    """A total is possible, at least as an estimate."""
    operation, where = evidence.operation, evidence.operation.roles.total
    if where is None or where in operation.roles.inferred:
        return
    exact = f"the number of {operation.roles.counts} items" if operation.roles.counts else None
    source = operation.field_source(where)
    promise = Promise("paging.total", where, exact or POSSIBLE_TOTAL, source)
    own = [] if _is_vague(where) else [*_count_own_items(evidence.walks, where)]
    yield _judge_total(evidence, promise, own or [*_find_wrong_totals(evidence, exact=True)])


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
    count, where = len(evidence.walks), roles.total
    if where is not None:
        source = operation.field_source(where)
        promise = Promise(SUSPECT_PAGING, where, SUGGESTED_TOTAL, source)
        is_guess = where in roles.inferred
        own = [*_count_own_items(evidence.walks, where)] if is_guess or _is_vague(where) else []
        own = own or [*_find_wrong_totals(evidence, exact=False)]
        total = promise, count, group_breaches(own, count)
        judged = _judge_total(evidence, promise, own) if is_guess else total
        yield advise(judged, "/roles/total", where, counts="matching")
    for name in _list_total_headers(evidence):
        promise = Promise(SUSPECT_PAGING, f"header/{name}", SUGGESTED_TOTAL)
        own = [*_find_other_totals(evidence, promise.location, partial(_read_header, name))]
        yield promise, count, group_breaches(own, count)


def _list_total_headers(evidence: Evidence) -> list[str]:
    """Return the documented headers, such as `X-Total-Count`, with the number of all items."""
    operation = evidence.operation
    documented = next(filter(operation.is_main_response, operation.responses), None)
    headers = () if documented is None else documented.headers
    return [each.name for each in headers if plain(each.name).lstrip("x") in TOTAL_HEADERS]


def _read_header(name: str, page: Page) -> int | None:
    """Return the whole number in a header of a page, or None."""
    response = page.exchange.response
    return read_number(response.header(name) if response is not None else None)


def _find_wrong_totals(evidence: Evidence, *, exact: bool) -> Iterator[Broken]:
    """Yield a list with another total than its number of items, if it is documented or if not.

    Some servers show only the first hundreds or thousands of the items that they count.
    """
    roles, base = evidence.operation.roles, find_base(evidence.operation)
    walks = tuple(
        walk
        for walk in evidence.walks
        if exact is (roles.counts == "matching" or (bool(roles.counts) and walk.filters == base))
        if not (exact and walk.ids and len({*walk.ids}) % _WINDOW == 0)
    )
    known = replace(evidence, walks=walks)
    yield from _find_other_totals(known, str(roles.total), lambda page: page.total)


def _find_other_totals(
    evidence: Evidence, where: str, read: Callable[[Page], int | None]
) -> Iterator[Broken]:
    """Yield a page with another total than the number of items up to the end of its list.

    Such a total may be an estimate, or that of the list without its filters. A total of 0 states
    that nothing was counted, and a flag may ask for the total.
    """
    size = evidence.operation.roles.size_parameter
    flags = [{(name, "true")} for name in list_total_flags(evidence.operation)]
    for walk in evidence.walks if not evidence.relations.collection.moved else ():
        totals, shown = {read(page) for page in walk.pages}, len({*walk.ids})
        is_flagged = bool(walk.ids) and {p for p in walk.case.query if p[0] != size} in flags
        is_whole = walk.ending is Ending.END and (walk.filters is not None or is_flagged)
        counts_all = shown == sum(len(page.items) for page in walk.pages)
        if is_whole and counts_all and len(totals) == 1 and totals.isdisjoint({None, 0, shown}):
            page = walk.pages[0]
            observed = f"{read(page):,} for {walk.case.label}, a list of {pluralize(shown, 'item')}"
            yield Broken(page.exchange, where, observed)
            return


def list_total_flags(operation: Operation) -> list[str]:
    """Return the flags that ask for the total of a list, as `include_total`."""
    named = [p for p in operation.query_parameters if re.search("total|count", plain(p.name))]
    is_known = operation.roles.total is not None
    return [each.name for each in named if is_known and list_types(each.schema) == ["boolean"]]


def _is_vague(where: str) -> bool:
    """Return whether the name of a total may mean the number of items on the page."""
    return plain(where.rpartition("/")[2]) in ("total", "count", "recordcount")


def _judge_total(evidence: Evidence, promise: Promise, own: Iterable[Broken]) -> Judged:
    """Judge a total by single pages, and by pages that state their own length."""
    operation, where = evidence.operation, promise.location
    totals = [(body, operation.find_total(body.decoded.value)) for body in evidence.bodies]
    given = [(body, total) for body, total in totals if type(total) in (int, float)]
    broken = []
    for body, total in given:
        length = len(operation.find_items(body.decoded.value) or ())
        if total < 0 or total % 1 or 0 < total < length:
            observed = f"{excerpt(total)} on a page of {pluralize(length, 'item')}"
            broken.append(Broken(body.exchange, where, observed))
    broken += own
    return promise, len(given), group_breaches(broken, len(given))


def _count_own_items(walks: tuple[Walk, ...], where: str) -> Iterator[Broken]:
    """Yield the first page of a long walk, if every page states its own length as the total."""
    long = [
        walk
        for walk in walks
        if len(walk.pages) > 1 and len({*walk.ids}) > len(walk.pages[0].items)
    ]
    pages = [page for walk in long for page in walk.pages if page.items]
    if len({len(page.items) for page in pages}) > 1 and all(p.total == len(p.items) for p in pages):
        page, shown = long[0].pages[0], len({*long[0].ids})
        observed = f"{page.total:,}, the length of the page, in a walk that shows {shown:,} items"
        yield Broken(page.exchange, where, observed)


@rule(
    "paging.token_alone",
    "A client must repeat the filters with every token, which is not documented.",
    Level.NOTE,
    needs_own_requests=True,
)
def judge_token_alone(evidence: Evidence) -> Iterator[Judged]:
    """A token sent without its filters keeps them."""
    promised = "the next page with the same filters, even if they are not sent again"
    given, found = _read_given(evidence), []
    asked = [(w.pages[0], given.get(_token_alone(evidence, w.case) or "")) for w in evidence.walks]
    asked = [(page, filters) for page, filters in asked if filters]
    for page, filters in asked:
        matches = partial(evidence.relations.collection.matches, filters=filters or ())
        wrong = sum(not matches(item) for item in page.items)
        if wrong:
            names = ", ".join(name for name, _ in filters or ())
            count = pluralize(wrong, "item")
            found.append((page, f"{count} of {len(page.items):,} that {names} excludes"))
    yield from _about_tokens(evidence, "paging.token_alone", promised, len(asked), found)


@rule(
    "paging.foreign_token",
    "A client with a damaged token starts again without noticing.",
    Level.NOTE,
    needs_own_requests=True,
)
def judge_foreign_token(evidence: Evidence) -> Iterator[Judged]:
    """A token that the server never issued returns no items."""
    promised = "no items for a token that the server never issued"
    known = {None, "", *_read_given(evidence)}
    asked = [id(e) for e in evidence.exchanges if _token_alone(evidence, e.case) not in known]
    found = [
        (page, f"{pluralize(len(page.items), 'item')} to {page.exchange.case.title}")
        for page in (walk.pages[0] for walk in evidence.walks)
        if page.items and id(page.exchange) in asked
    ]
    yield from _about_tokens(evidence, "paging.foreign_token", promised, len(asked), found)


def _about_tokens(
    evidence: Evidence, rule: str, promised: str, asked: int, found: list[tuple[Page, str]]
) -> Iterator[Judged]:
    """Judge the promise of a rule about tokens that are sent without filters."""
    name = find_token_parameter(evidence.operation)
    if name is not None:
        location = f"query/{name}"
        promise = Promise(rule, location, promised, evidence.operation.parameter_source(name))
        broken = [Broken(page.exchange, location, observed) for page, observed in found]
        yield promise, asked, group_breaches(broken, asked)


def _read_given(evidence: Evidence) -> dict[str, Filters]:
    """Return every token that a page contains, with the filters of its walk."""
    return {
        token: walk.filters or ()
        for walk in evidence.walks
        for page in walk.pages
        if (token := read_token(evidence.operation, page))
    }


def _token_alone(evidence: Evidence, case: Case) -> str | None:
    """Return the token of a first request that sends nothing else, or None."""
    parameter = find_token_parameter(evidence.operation)
    tokens = [value for name, value in case.query if name == parameter]
    return tokens[0] if len(case.query) == len(tokens) == 1 and case.visit.page == 1 else None


def _items(operation: Operation) -> str | None:
    return operation.roles.items if is_paged(operation) else None


def _end(operation: Operation) -> str | None:
    return end_location(operation) if _items(operation) is not None else None


def _paged_location(operation: Operation) -> str | None:
    return page_location(operation) if is_paged(operation) else None


def _size_parameter(operation: Operation) -> str | None:
    """Return the location of the page size; a list may bound its length and have no next page."""
    name = operation.roles.size_parameter if operation.roles.is_list else None
    return None if name is None else f"query/{name}"


def _offset_parameter(operation: Operation) -> str | None:
    name = operation.roles.offset_parameter
    return None if name is None else f"query/{name}"


def _rule(
    name: str,
    locate: Callable[[Operation], str | None],
    documented: str,
    why: str,
    level: Level = Level.BREAKING,
) -> Rule:
    rule = f"paging.{name}"
    summary = f"{documented[0].upper()}{documented[1:]}."
    judge = partial(judge_walks, rule, locate, documented)
    return Rule(rule, level, summary, why, judge)


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
        _end,
        "a walk reaches a last page",
        "A client walks forever; official clients do not notice.",
    ),
    _rule(
        "size",
        _size_parameter,
        "no page is longer than requested or documented",
        "A client gets more items than it has room for.",
    ),
    _rule(
        "token",
        _paged_location,
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
    _rule(
        "short_page",
        _offset_parameter,
        "a page with further items behind it does not lack just one",
        "A client that adds the page size to the offset misses items.",
        Level.NOTE,
    ),
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
