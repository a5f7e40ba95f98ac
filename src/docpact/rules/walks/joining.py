"""Joins pages into walks, up to the first response that is not as documented."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from docpact.model import Operation, Question
from docpact.rules.walks.continuation import always_leads_on, is_paged
from docpact.rules.walks.pages import (
    Filters,
    Item,
    Page,
    read_filters,
    read_filters_beside,
    read_size,
)
from docpact.rules.walks.walk import (
    Ending,
    Walk,
    leads_nowhere,
    numbers_from_unknown,
    reaches_total,
)

NOT_FOUND: Final = 404


def read_walks(operation: Operation, pages: Iterable[tuple[Page, bool]]) -> tuple[Walk, ...]:
    """Join pages into walks.

    Args:
        operation: with a list role; without one there are no walks.
        pages: in order, each with whether its response is as documented; the first page of a visit
            comes before the others.
    """
    pages = list(pages)
    items = [item for page, _ in pages for item in page.items]
    if operation.roles.id is None and any(len(set(p.ids)) < len(p.ids) for p, _ in pages):
        pages = [
            (replace(page, items=tuple(replace(item, id=None) for item in page.items)), good)
            for page, good in pages
        ]
    groups: dict[tuple[str, Question, int], list[tuple[Page, bool]]] = {}
    for page, good in pages:
        case = page.exchange.case
        key = (page.exchange.phase, case.question, case.visit.repeat)
        if case.visit.page == 1:
            groups.pop(key, None)
        if case.visit.page == 1 or key in groups:
            groups.setdefault(key, []).append((page, good))
    used = frozenset(where for page, _ in pages for where in page.onward.filled)
    found = (_walk(operation, group, used, items) for group in groups.values())
    walks = [walk for walk in found if walk is not None]
    if operation.roles.paging_parameter in operation.roles.inferred:
        linked = any(page.onward.given for walk in walks for page in walk.pages)
        if not any(map(_shows_second_page, walks)):
            walks = [_cut_guesses(walk, linked=linked) for walk in walks]
    if operation.roles.page_parameter is not None:
        walks = _cut_wholes(operation.roles.page_parameter, walks)
    longest = max((len(walk.pages[0].items) for walk in walks), default=0)
    unsized = max((len(walk.pages[0].items) for walk in walks if walk.size is None), default=0)
    return tuple(
        replace(walk, ending=Ending.END)
        if walk.ending is Ending.UNKNOWN and _is_whole(operation, walk, longest, unsized)
        else walk
        for walk in walks
    )


def _walk(
    operation: Operation,
    group: Sequence[tuple[Page, bool]],
    used: frozenset[str],
    items: Sequence[Item],
) -> Walk | None:
    good = [page for page, is_good in group if is_good]
    if not good or not group[0][1]:
        return None
    bad = next((page for page, is_good in group if not is_good), None)
    pages, ending = settle(operation, good, bad, used)
    case = pages[0].exchange.case
    return Walk(
        case=case,
        filters=read_filters(operation, case, items),
        size=read_size(operation, case.query),
        pages=pages,
        ids=tuple(one for page in pages for one in page.ids),
        ending=ending,
        beside=read_filters_beside(operation, case, items),
    )


def settle(
    operation: Operation,
    pages: Sequence[Page],
    bad: Page | None = None,
    used: frozenset[str] = frozenset(),
) -> tuple[tuple[Page, ...], Ending]:
    """Return the pages that belong to a walk, and the reason why it ends.

    A request for a page that no response announced may go beyond the end: the empty page and the
    404 that it gets end the walk. If all items were shown by the server's own count, so does a page
    without new items. `bad` is the response after them that is not as documented, and `used` has
    the pointers of the fields that lead to the next page on other pages.
    """
    if _is_repeated_first(operation, pages):
        pages = [pages[0], *pages[2:]]
    for number in range(1, len(pages)):
        if _is_beyond(pages[:number], pages[number]):
            return tuple(pages[:number]), Ending.END
    final = pages[-1]
    if bad is not None:
        status = 0 if final.onward.stated else bad.exchange.status
        beyond = Ending.UNKNOWN if 400 <= status < 500 else Ending.FAILED
        return tuple(pages), Ending.END if status == NOT_FOUND else beyond
    if reaches_total(pages) or final.onward.last or _has_no_link(pages):
        return tuple(pages), Ending.END
    if final.onward.empty & find_used(operation, pages, used):
        return tuple(pages), Ending.END
    if final.onward.query is not None:
        nowhere = Ending.ENDLESS if final.items or not always_leads_on(operation) else Ending.END
        return tuple(pages), nowhere if leads_nowhere(operation, pages) else Ending.CUT
    return tuple(pages), Ending.FAILED if final.onward.stated else Ending.UNKNOWN


def find_used(
    operation: Operation, pages: Iterable[Page], used: frozenset[str] = frozenset()
) -> frozenset[str]:
    """Return the pointers of the fields that are documented, or seen, to lead to the next page.

    Where only its name suggests that a field does, a server may never fill it in.
    """
    where = operation.roles.next_token
    documented = set() if where is None or where in operation.roles.inferred else {where}
    return used.union(documented, *(page.onward.filled for page in pages))


def _has_no_link(pages: Sequence[Page]) -> bool:
    """Return whether the last page lacks the token or URL that every other page has."""
    given = [page.onward.given for page in pages]
    return len(given) > 1 and all(given[:-1]) and not given[-1]


def _is_repeated_first(operation: Operation, pages: Sequence[Page]) -> bool:
    """Return whether page number 1 is the first page again: its number was not documented."""
    name = operation.roles.page_parameter
    if name is None or not numbers_from_unknown(operation) or len(pages) < 2:
        return False
    asked = dict(pages[1].exchange.case.query).get(name)
    before, now = ([item.id or item.fields for item in page.items] for page in pages[:2])
    return asked == "1" and name not in dict(pages[0].exchange.case.query) and before == now


def _is_beyond(before: Sequence[Page], page: Page) -> bool:
    """Return whether a page that no page announced is beyond the end of a list."""
    total = before[-1].total
    if before[-1].onward.stated:
        return False
    if not page.items or total is None:
        return not page.items
    known = {one for each in before for one in each.ids}
    shown = sum(len(each.items) for each in before)
    return shown >= total and len(page.ids) == len(page.items) and known >= {*page.ids}


def _shows_second_page(walk: Walk) -> bool:
    """Return whether a second page, whose request was computed, has mostly new items."""
    if walk.pages[0].onward.given:
        return False
    first, second = (set(page.ids) for page in (*walk.pages, walk.pages[-1])[:2])
    return len(second - first) > len(second & first)


def _cut_guesses(walk: Walk, *, linked: bool) -> Walk:
    """Return the pages up to the first with a doubtful parameter, or without any link."""
    given = (number for number, page in enumerate(walk.pages, 1) if not page.onward.given)
    end = next(given, len(walk.pages))
    pages, beyond = walk.pages[:end], walk.pages[end:]
    is_known = not beyond and (pages[-1].onward.last is not None or walk.ending is Ending.FAILED)
    if linked and not pages[-1].onward.given and walk.ending is not Ending.FAILED:
        ending = Ending.END
    else:
        ending = walk.ending if is_known else Ending.UNKNOWN
    return replace(walk.with_pages(pages, ending), beyond=beyond)


def _cut_wholes(name: str, walks: Sequence[Walk]) -> list[Walk]:
    """Return walks without the pages that repeat a part of a first page, which is the whole list.

    Some servers show all items unless a request has the number of a page.
    """
    items: dict[Filters | None, set[str]] = {}
    for walk in walks:
        keys = (str(key) for page in walk.pages for key in _list_keys(page))
        items.setdefault(walk.filters, set()).update(keys)
    plain = [w for w in walks if w.size is None and name not in dict(w.case.query)]
    first = [w for w in plain if len(w.pages) > 1]
    wholes = [w for w in first if len(w.pages[0].items) >= len(items[w.filters])]
    if not wholes or not all(map(_repeats_parts, wholes)):
        return [*walks]
    return [
        walk.with_pages(walk.pages[:1], Ending.END)
        if walk in plain and _repeats_parts(walk)
        else walk
        for walk in walks
    ]


def _repeats_parts(walk: Walk) -> bool:
    """Return whether there are later pages, which are a part of the first one in its order."""
    first, *pages = [_list_keys(page) for page in walk.pages]
    shown = [key for page in pages for key in page]
    start = first.index(shown[0]) if shown and shown[0] in first else len(first)
    is_part = first[start : start + len(shown)] == shown and all(
        len(page) < len(first) for page in pages
    )
    return bool(shown) and is_part


def _list_keys(page: Page) -> list[object]:
    """Return the ids of the items of a page, or their fields if they have no ids."""
    return [item.fields if item.id is None else item.id for item in page.items]


def _is_whole(operation: Operation, walk: Walk, longest: int, unsized: int) -> bool:
    """Return whether a page must be the whole list, because a longer one would have had room.

    The longest first page of any walk, and of those that request no size, have so many items.
    A list that has further pages by its contract or by its response is never whole. A server may
    shorten pages below the requested size without documenting that, but not below the length of
    another page.
    """
    name, length = operation.roles.size_parameter, len(walk.pages[0].items)
    if walk.pages[0].onward.last is not None or walk.beyond or is_paged(operation):
        return False
    if name is None:
        return not walk.filters or length < longest
    schema = operation.parameter(name).schema
    if walk.size is None:
        stated = schema.get("default")
        return length < (stated if isinstance(stated, int) else unsized)
    most: float = schema.get("maximum", longest)
    return length < walk.size <= most
