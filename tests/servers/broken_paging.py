"""Servers whose pages, put together, are not the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any, Final, TypeAlias

from servers.broken_queries import is_foreign
from servers.defects import (
    Change,
    Cut,
    by_position,
    cutting,
    ignoring,
    in_bodies,
    moving,
    ordering,
    sizing,
)
from servers.jobs import Job
from servers.loopback import Answer, Handler, Request
from servers.reference import Api, Page, Query, read_query
from servers.zoo import Broken

from docpact.model import Level

Items: TypeAlias = Sequence[Job]


def stepping(step: Callable[[int, Query], int]) -> Change:
    """Begin the next page elsewhere than where the page before ends."""

    def cut(found: Items, start: int, query: Query) -> tuple[Items, int | None]:
        items, onward = by_position(found, start, query)
        return items, None if onward is None else step(onward, query)

    return cutting(cut)


def ending(when: Callable[[int, int, int], bool]) -> Change:
    """End the walk where a test passes on the place, the number of jobs and the page size."""

    def cut(found: Items, start: int, query: Query) -> tuple[Items, int | None]:
        items, onward = by_position(found, start, query)
        ends = onward is None or when(onward, len(found), query.size)
        return items, None if ends else onward

    return cutting(cut)


def in_long_lists(cut: Cut) -> Change:
    """Cut lists that one page does not hold in a way of their own."""

    def either(found: Items, start: int, query: Query) -> tuple[Items, int | None]:
        return (by_position if len(found) <= query.size else cut)(found, start, query)

    return cutting(either)


def forgetting(*names: str) -> Change:
    """Forget some filters on every page but the first."""

    def remembered(query: Query) -> Query:
        kept = tuple(pair for pair in query.filters if pair[0] not in names)
        return replace(query, filters=kept) if query.after else query

    return lambda api: replace(api, selects=lambda q, job: api.selects(remembered(q), job))


def forgetting_on_short_pages(*names: str) -> Change:
    """Forget some filters on every page but the first, where a page holds fewer than 20 jobs."""

    def change(api: Api) -> Api:
        forgetful = forgetting(*names)(api)
        return replace(
            api,
            selects=lambda q, job: (forgetful if q.size < 20 else api).selects(q, job),
        )

    return change


def last_page_again(found: Items, start: int, query: Query) -> tuple[Items, int]:
    """Show the last page again for every token after it, each of them new."""
    last = (len(found) - 1) // query.size * query.size
    return by_position(found, min(start, last), query)[0], start + query.size


def first_page_again(found: Items, start: int, query: Query) -> tuple[Items, int]:
    """Begin again after the last page."""
    items, onward = by_position(found, start, query)
    return items, onward or 0


def empty_pages(found: Items, start: int, query: Query) -> tuple[Items, int]:
    """Go on with empty pages after the last one."""
    return by_position(found, start, query)[0], start + query.size


def empty_second_page(found: Items, start: int, query: Query) -> tuple[Items, int | None]:
    """Put an empty page after the first one; it starts at a negative place."""
    if start < 0:
        return (), -start
    items, onward = by_position(found, start, query)
    return items, -onward if onward is not None and not start else onward


def empty_first_page(found: Items, start: int, query: Query) -> tuple[Items, int | None]:
    """Put an empty page before the first one, which starts at -1."""
    return by_position(found, max(0, start), query) if start else ((), -1)


def last_job_again(found: Items, start: int, query: Query) -> tuple[Items, int | None]:
    """Add a page with the last job behind a last page that is full."""
    items, onward = by_position(found, start, query)
    full = start + query.size == len(found) and query.size > 1
    return items, len(found) - 1 if full else onward


def last_job_lost(found: Items, start: int, query: Query) -> tuple[Items, int | None]:
    """Lose the last job of a list in several pages, unless they are of the largest size."""
    return by_position(found if query.size == 100 else found[:-1], start, query)


def stating(total: float) -> Change:
    """State a total size."""
    return in_bodies(lambda body: body | {"total_size": total})


def shuffling(api: Api) -> Handler:
    """Shuffle the jobs of every page anew."""

    def handle(request: Request) -> Answer:
        def render(page: Page, write: Callable[[Query], str]) -> Any:
            return api.render(replace(page, items=shuffled(page.items, request.number)), write)

        return replace(api, render=render)(request)

    return handle


def reversed_by_default(api: Api) -> Handler:
    """Show the oldest jobs first where no page size is given."""
    backward = replace(api, jobs=api.jobs[::-1])
    return lambda request: (api if request.values("page_size") else backward)(request)


def shuffled(jobs: Items, seed: int) -> Items:
    """Return the jobs in an order of chance."""
    return Random(seed).sample(jobs, len(jobs))


NO_MORE: Final = frozenset[str]()

UNIQUE: Final = tuple(
    Broken(f"unique: {name}", "paging.unique", "/items", defect)
    for name, defect in (
        (
            "last job of a page again on the next",
            stepping(lambda end, query: end - (query.size > 1)),
        ),
        ("last job again at page_size=50", stepping(lambda end, query: end - (query.size == 50))),
        (
            "half of the first page again",
            stepping(lambda end, query: query.size - query.size // 2 if end == query.size else end),
        ),
        ("last job again behind a full last page", cutting(last_job_again)),
    )
)

COMPLETE: Final = tuple(
    Broken(f"complete: {name}", "paging.complete", "/items", defect, also=also)
    for name, defect, also in (
        (
            "one job lost between pages",
            stepping(lambda end, _: end + 1),
            frozenset({"filter.complete"}),
        ),
        (
            "one job lost between pages of 50",
            stepping(lambda end, query: end + (query.size == 50)),
            NO_MORE,
        ),
        (
            "one job lost between pages of 99",
            stepping(lambda end, query: end + (query.size == 99)),
            NO_MORE,
        ),
        ("last job lost except at page_size=100", in_long_lists(last_job_lost), NO_MORE),
        (
            "last page lost if it is full",
            ending(lambda end, count, size: count % size == 0 and end + size == count),
            frozenset({"filter.complete", "filter.several"}),
        ),
        (
            "last page lost if it is short",
            ending(lambda end, count, size: end + size > count),
            frozenset({"filter.combined"}),
        ),
        (
            "third page of 50 is none",
            ending(lambda end, _, size: (end, size) == (100, 50)),
            NO_MORE,
        ),
        ("second page of one is none", ending(lambda _, __, size: size == 1), NO_MORE),
        ("second page of 100 is none", ending(lambda _, __, size: size == 100), NO_MORE),
    )
)

ENDS: Final = tuple(
    Broken(
        f"ends: {name}",
        "paging.ends",
        "/next_page_token",
        defect,
        also=frozenset({"paging.unique"}),
    )
    for name, defect in (
        ("first page for ever", stepping(lambda end, query: end - query.size)),
        ("third page for ever", stepping(lambda end, query: min(end, 2 * query.size))),
        ("last page for ever, with new tokens", in_long_lists(last_page_again)),
        ("round and round", in_long_lists(first_page_again)),
        ("empty pages for ever", in_long_lists(empty_pages)),
    )
)

SIZE: Final = tuple(
    Broken(f"size: {name}", "paging.size", "query/page_size", defect)
    for name, defect in (
        ("always 50", sizing(lambda _: 50)),
        ("2 for 1", sizing(lambda query: max(2, query.size))),
        ("one more on later pages", sizing(lambda query: query.size + bool(query.after))),
        ("forgotten on later pages", sizing(lambda query: 50 if query.after else query.size)),
        (
            "150 by default",
            lambda api: replace(api, read_query=partial(read_query, default_size=150)),
        ),
    )
)

TOKEN: Final = (
    *(
        Broken(
            f"token: {', '.join(names)} forgotten",
            "paging.token",
            "query/page_token",
            forgetting(*names),
            also=frozenset({"filter.selects", *also}),
        )
        for names, also in (
            (("status",), ()),
            (("job_ids",), ()),
            (("configuration_id",), ()),
            (("configuration_id", "job_ids", "project_id", "status"), ("filter.isolation",)),
        )
    ),
    Broken(
        "token: the project forgotten",
        "filter.isolation",
        "query/project_id",
        forgetting("project_id"),
        also=frozenset({"paging.token"}),
    ),
    Broken(
        "token: project_id forgotten on short pages",
        "filter.isolation",
        "query/project_id",
        forgetting_on_short_pages("project_id"),
        also=frozenset({"paging.token"}),
    ),
    Broken(
        "token: a foreign one begins again",
        "paging.foreign_token",
        "query/page_token",
        ignoring("page_token", is_foreign),
        Level.NOTE,
    ),
)

ORDER: Final = tuple(
    Broken(f"order: {name}", "paging.order", "/items", defect, also=also)
    for name, defect, also in (
        (
            "oldest first at page_size=99",
            ordering(lambda found, query: found[::-1] if query.size == 99 else found),
            NO_MORE,
        ),
        (
            "oldest first on small pages",
            ordering(lambda found, query: found[::-1] if query.size < 50 else found),
            NO_MORE,
        ),
        ("oldest first without a page size", reversed_by_default, NO_MORE),
        ("each page shuffled anew", shuffling, frozenset({"stability.same"})),
        (
            "shuffled anew at every request",
            moving(shuffled),
            frozenset(
                {
                    "filter.complete",
                    "filter.combined",
                    "paging.complete",
                    "paging.ends",
                    "paging.unique",
                    "stability.same",
                }
            ),
        ),
    )
)

EMPTY: Final = tuple(
    Broken(f"empty: {name}", "paging.empty_page", "/items", defect, also=also)
    for name, defect, also in (
        ("second page", cutting(empty_second_page), NO_MORE),
        (
            "first page",
            cutting(empty_first_page),
            frozenset({"filter.complete", "filter.several", "filter.combined"}),
        ),
    )
)

TOTAL: Final = tuple(
    Broken(
        f"total: {total}",
        "paging.total",
        "/total_size",
        stating(total),
    )
    for total in (-1, 12.5, 3)
)

SUSPECT: Final = (
    Broken(
        "total: of all jobs under every filter",
        "paging.suspect",
        "/total_size",
        stating(237),
        Level.NOTE,
    ),
)

PAGING: Final = (*UNIQUE, *COMPLETE, *ENDS, *SIZE, *TOKEN, *ORDER, *EMPTY, *TOTAL, *SUSPECT)
