"""Servers that are wrong only for values, pairs or pages that an obvious test does not try."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from re import escape, fullmatch
from typing import Any, Final, TypeAlias
from unicodedata import combining, normalize

from servers.broken_filters import (
    GAMMA,
    Test,
    finding_none,
    given,
    has,
    ignoring,
    losing,
    passes,
    taking,
    unknown,
)
from servers.broken_paging import stepping
from servers.defects import (
    Change,
    Defect,
    Filters,
    Matches,
    in_bodies,
    selecting,
)
from servers.jobs import Job
from servers.loopback import Answer, Handler, Request
from servers.reference import FIELDS, Api, Page, Query
from servers.zoo import Broken

Match: TypeAlias = Callable[[str, str], bool]
"""Says whether a requested value, the first text, selects a field's value, the second."""

KINDS: Final = ("configuration_id", "project_id", "user_id", "id")


def matching(name: str, match: Match) -> Change:
    """Select also the jobs whose field a loose comparison takes for a requested value."""

    def decide(filters: Filters, job: Job, found: bool) -> bool:
        text = job.get(FIELDS[name])
        if found or name not in filters or not text:
            return found
        return any(value and match(value, text) for value in filters[name]) and passes(
            filters, job, name
        )

    return selecting(decide)


def bare(text: str) -> str:
    """Return a text in lower case, without accents."""
    return "".join(c for c in normalize("NFD", text.lower()) if not combining(c))


def like(value: str, text: str) -> bool:
    """Compare as LIKE of SQL does."""
    pattern = escape(value).replace("%", ".*").replace("_", ".")
    return fullmatch(pattern, text) is not None


def like_one(value: str, text: str) -> bool:
    """Compare as LIKE of SQL does where only the percent sign is escaped."""
    return fullmatch(escape(value).replace("_", "."), text) is not None


LOOSE: Final[Mapping[str, Match]] = {
    "by prefix": lambda value, text: text.startswith(value),
    "by suffix": lambda value, text: text.endswith(value),
    "by any part": lambda value, text: value in text,
    "in any case, without accents": lambda value, text: bare(value) == bare(text),
    "in any case": lambda value, text: value.lower() == text.lower(),
    "longer values too": lambda value, text: value.startswith(text),
    "by all but the last character": lambda value, text: value[:-1] == text[:-1],
    "with wildcards of SQL": like,
    "with _ for any character": like_one,
    "with wildcards of a shell": lambda value, text: fnmatchcase(text, value),
    "with * for all": lambda value, _: value == "*",
}


def of_another_kind(name: str, *kinds: str) -> Change:
    """Find a job by some of its ids."""

    def decide(filters: Filters, job: Job, found: bool) -> bool:
        held = {job.get(kind) for kind in kinds}
        return found or (
            name in filters and bool(held & {*filters[name]}) and passes(filters, job, name)
        )

    return selecting(decide)


def from_page(number: int, *names: str) -> Change:
    """Forget some filters from a page on, where the first one has the number 1."""

    def change(api: Api) -> Api:
        def cut_page(jobs: Sequence[Job], query: Query, matches: Matches) -> Page:
            before = int(query.after.partition("|")[0] or 0) if "|" in query.after else 0
            plain = replace(query, after=query.after.partition("|")[2])
            kept = tuple(p for p in query.filters if p[0] not in names)
            used = replace(plain, filters=kept) if before + 1 >= number else plain
            page = api.cut_page(jobs, used, matches)
            if page.onward is None:
                return page
            onward = replace(query, after=f"{before + 1}|{page.onward.after}")
            return replace(page, onward=onward)

        return replace(api, cut_page=cut_page)

    return change


def without_size(*names: str) -> Defect:
    """Ignore some filters where no page size is given."""

    def defect(api: Api) -> Handler:
        def handle(request: Request) -> Answer:
            kept = tuple(p for p in request.query if p[0] not in names)
            sized = request.values("page_size") or request.values("page_token")
            return api(request if sized else replace(request, query=kept))

        return handle

    return defect


def falling_back(name: str) -> Change:
    """Ignore a filter where nothing would be found."""

    def change(api: Api) -> Api:
        def cut_page(jobs: Sequence[Job], query: Query, matches: Matches) -> Page:
            if any(matches(query, job) for job in jobs) or len(query.filters) < 2:
                return api.cut_page(jobs, query, matches)
            kept = tuple(pair for pair in query.filters if pair[0] != name)
            return api.cut_page(jobs, replace(query, filters=kept), matches)

        return replace(api, cut_page=cut_page)

    return change


def rewriting(name: str) -> Change:
    """Ignore a filter, and show the requested value in every job."""
    field = FIELDS[name]

    def change(api: Api) -> Api:
        def cut_page(jobs: Sequence[Job], query: Query, matches: Matches) -> Page:
            filters = dict(query.filters)
            kept = tuple(pair for pair in query.filters if pair[0] != name)
            page = api.cut_page(jobs, replace(query, filters=kept), matches)
            onward = page.onward and replace(page.onward, filters=query.filters)
            value = filters.get(name, ("",))[0]
            items = [job | {field: value} for job in page.items] if value else page.items
            return Page(items, onward)

        return replace(api, cut_page=cut_page)

    return change


def cached(key: Callable[[Query], Any]) -> Defect:
    """Answer questions with an equal key alike."""

    def defect(api: Api) -> Handler:
        known: dict[Any, Page] = {}

        def cut_page(jobs: Sequence[Job], query: Query, matches: Matches) -> Page:
            if key(query) not in known:
                known[key(query)] = api.cut_page(jobs, query, matches)
            return known[key(query)]

        return replace(api, cut_page=cut_page)

    return defect


def among(count: int) -> Test:
    """Return whether so many filters are given."""
    return lambda filters: len(filters) >= count


def asks(name: str, value: str) -> Test:
    """Return whether a value is among those of a filter."""
    return lambda filters: value in filters.get(name, ())


def both(one: Test, other: Test) -> Test:
    """Return whether two tests pass."""
    return lambda filters: one(filters) and other(filters)


def forget(query: Query, name: str) -> tuple[Any, ...]:
    """Return the filters of a query without one of them."""
    return tuple(pair for pair in query.filters if pair[0] != name)


def own_length(body: Any) -> Any:
    """State the length of the page as the total."""
    return body | {"total_size": len(body["items"])}


UNKNOWN_BREAKS: Final = {
    "configuration_id": "filter.unknown",
    "job_ids": "filter.unknown",
    "project_id": "filter.isolation",
}

NEAR: Final = tuple(
    Broken(f"near: {name} {how}", rule, f"query/{name}", defect)
    for name, rule in UNKNOWN_BREAKS.items()
    for how, defect in (
        *((how, matching(name, match)) for how, match in LOOSE.items()),
        ("by another id", of_another_kind(name, *KINDS)),
        ("by the id of a transaction", of_another_kind(name, "transaction_id")),
        ("null for any", ignoring(name, asks(name, "null"))),
    )
)

COMBINED: Final = frozenset({"filter.combined"})
"""A fault of two filters is also one of more."""

SEVERAL: Final = frozenset({"filter.several"})
"""A fault of later pages is also one of the pages of several ids."""

PAIRS: Final = tuple(
    Broken(
        f"pair: an unknown {first} ignored beside {second}",
        rule,
        location or f"query/{'+'.join(sorted((first, second)))}",
        ignoring(first, both(given(second), unknown(first))),
    )
    for first, rule, location in (
        ("project_id", "filter.isolation", "query/project_id"),
        ("configuration_id", "filter.combined", ""),
        ("job_ids", "filter.combined", ""),
    )
    for second in FIELDS
    if first != second
)

EVERY: Final = "query/configuration_id+job_ids+project_id+status"
FEW: Final = "query/configuration_id+project_id+status"
"""The filters of which accounts have few values."""

SEVERAL_FILTERS: Final = tuple(
    Broken(f"filters: {name}", rule, location, defect, also=COMBINED)
    for name, rule, location, defect in (
        (
            "project ignored where nothing would be found",
            "filter.isolation",
            "query/project_id",
            falling_back("project_id"),
        ),
        *(
            (
                f"{name} ignored where nothing would be found",
                "filter.combined",
                location,
                falling_back(name),
            )
            for name, location in (
                ("status", "query/job_ids+status"),
                ("configuration_id", "query/configuration_id+job_ids"),
                ("job_ids", "query/configuration_id+job_ids"),
            )
        ),
        (
            "project ignored beside two",
            "filter.isolation",
            "query/project_id",
            ignoring("project_id", among(3)),
        ),
        *(
            (f"{name} ignored beside two", "filter.combined", location, ignoring(name, among(3)))
            for name, location in (("configuration_id", FEW), ("job_ids", EVERY), ("status", FEW))
        ),
        ("three find none", "filter.combined", FEW, finding_none(among(3))),
        ("newest lost under four", "filter.combined", EVERY, losing(0, among(4))),
        (
            "status ignored in one project at one status",
            "filter.combined",
            FEW,
            ignoring("status", both(has("project_id", GAMMA), has("status", "RUNNING"))),
        ),
        (
            "configuration ignored at one status",
            "filter.combined",
            FEW,
            ignoring("configuration_id", both(given("configuration_id"), has("status", "RUNNING"))),
        ),
        (
            "project ignored at one status",
            "filter.isolation",
            "query/project_id",
            ignoring("project_id", both(given("project_id"), has("status", "RUNNING"))),
        ),
    )
)

SIZES: Final = tuple(
    Broken(f"no page size: {name} ignored", rule, f"query/{name}", without_size(name), also=also)
    for name, rule, also in ((name, rule, COMBINED) for name, rule in UNKNOWN_BREAKS.items())
)

STEPS: Final[Mapping[str, tuple[str, Callable[[int, Query], int]]]] = {
    "one job lost on filtered pages": ("paging.complete", lambda end, q: end + bool(q.filters)),
    "one job again on filtered pages": (
        "paging.unique",
        lambda end, q: end - (bool(q.filters) and q.size > 1),
    ),
    "one job lost on filtered pages from the third on": (
        "paging.complete",
        lambda end, q: end + (bool(q.filters) and end >= 2 * q.size),
    ),
    "pages of 10": ("paging.complete", lambda end, q: end + (q.size == 10)),
    "the third of small pages": (
        "paging.complete",
        lambda end, q: end + (q.size <= 10 and end == 2 * q.size),
    ),
    "the tenth page": ("paging.complete", lambda end, q: end + (end == 10 * q.size)),
    "the 60th job": ("paging.complete", lambda end, _: end + (end == 60)),
}

LATER: Final = (
    *(
        Broken(
            f"third page: {name} forgotten",
            "paging.token",
            "query/page_token",
            from_page(3, name),
            also=SEVERAL,
        )
        for name in ("configuration_id", "job_ids", "status")
    ),
    Broken(
        "third page: project_id forgotten",
        "filter.isolation",
        "query/project_id",
        from_page(3, "project_id"),
    ),
    *(
        Broken(f"boundary: {name}", rule, "/items", stepping(step), also=SEVERAL | COMBINED)
        for name, (rule, step) in STEPS.items()
    ),
)

OTHERS: Final = (
    *(
        Broken(f"rewritten: {name}", rule, f"/items/*/{name}", rewriting(name), also=also)
        for name, rule, also in (
            ("project_id", "stability.constant", frozenset({"stability.final"})),
            ("configuration_id", "stability.final", COMBINED),
            ("status", "stability.final", frozenset({"stability.forward"})),
        )
    ),
    Broken(
        "cache: without the configuration",
        "filter.selects",
        "query/configuration_id",
        cached(lambda q: (forget(q, "configuration_id"), q.size, q.after)),
        also=COMBINED | {"query.accepts", "filter.unknown", "filter.complete"},
    ),
    Broken(
        "cache: without the page size",
        "paging.size",
        "query/page_size",
        cached(lambda q: (q.filters, q.after)),
        also=frozenset({"paging.complete"}),
    ),
    Broken("total: the length of the page", "paging.total", "/total_size", in_bodies(own_length)),
    Broken(
        "no page size: status ignored",
        "filter.selects",
        "query/status",
        without_size("status"),
        also=COMBINED | {"query.rejects"},
    ),
    Broken(
        "ids after the hundredth ignored",
        "filter.several",
        "query/job_ids",
        taking(lambda ids: ids[:100]),
    ),
    Broken(
        "an account without accents",
        "filter.unknown",
        "query/configuration_id",
        matching("configuration_id", lambda v, t: bare(v) == bare(t)),
    ),
)

NEAR_MISSES: Final = (*NEAR, *PAIRS, *SEVERAL_FILTERS, *SIZES, *LATER, *OTHERS)
