"""Servers whose filters select something else than the jobs that have the value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from servers.defects import (
    Change,
    Filters,
    Matches,
    by_position,
    chained,
    cutting,
    filtering,
    in_jobs,
    indexing,
    listing,
    selecting,
)
from servers.jobs import CONFIGURATIONS, PROJECTS, STATUSES, Job, make_jobs
from servers.reference import FIELDS, Api, Page, Query
from servers.zoo import Broken

from docpact.model import Level

Test: TypeAlias = Callable[[Filters], bool]

ALPHA, BETA, GAMMA = PROJECTS
JOBS: Final = make_jobs()
KNOWN: Final = {
    "configuration_id": frozenset(CONFIGURATIONS),
    "job_ids": frozenset(job["id"] for job in JOBS),
    "project_id": frozenset(PROJECTS),
}
ONE: Final = JOBS[119]["id"]
ONE_RUNNING: Final = next(job["id"] for job in JOBS[30:] if job["status"] == "RUNNING")
ONE_OF_BETA: Final = next(job["id"] for job in JOBS[60:] if job["project_id"] == BETA)
NEWEST: Final = frozenset(
    next(job["id"] for job in JOBS if (job["project_id"], job["status"]) == (project, status))
    for project in PROJECTS
    for status in STATUSES
)
"""The newest job of each status in each project."""


def given(*names: str) -> Test:
    """Return whether all of some filters are given."""
    return lambda filters: set(names) <= filters.keys()


def has(name: str, *values: str) -> Test:
    """Return whether a filter has one of some values."""
    return lambda filters: filters.get(name, ("",))[-1] in values


def unknown(name: str) -> Test:
    """Return whether a filter has no value that any job has."""
    return lambda filters: name in filters and not set(filters[name]) & KNOWN[name]


def partly_unknown(filters: Filters) -> bool:
    """Return whether some of the job ids are those of a job, and some are not."""
    ids = set(filters.get("job_ids", ()))
    return bool(ids & KNOWN["job_ids"] and ids - KNOWN["job_ids"])


def passes(filters: Filters, job: Job, *but: str) -> bool:
    """Return whether a job passes the filters, except some of them."""
    return all(
        job.get(FIELDS[name]) in values
        for name, values in filters.items()
        if name in FIELDS and name not in but
    )


def ignoring(name: str, when: Test) -> Change:
    """Take a filter for absent where a test passes."""
    return filtering(lambda f: {n: f[n] for n in f if n != name} if when(f) else f)


def finding_none(when: Test) -> Change:
    """Find nothing where a test passes."""
    return selecting(lambda filters, _, found: found and not when(filters))


def losing(at: int, when: Test) -> Change:
    """Lose one of the jobs found where a test passes."""
    return listing(
        lambda filters, found: [job for job in found if job is not found[at] or not when(filters)]
    )


def leaking(jobs: frozenset[str], when: Test, name: str = "project_id") -> Change:
    """Show some jobs under every value of a filter where a test passes, if they pass the others."""
    return selecting(
        lambda filters, job, found: (
            found or (when(filters) and job["id"] in jobs and passes(filters, job, name))
        )
    )


def either(first: str, second: str) -> Change:
    """Select what passes one of two filters where both are given, and the others."""

    def decide(filters: Filters, job: Job, found: bool) -> bool:
        if not given(first, second)(filters):
            return found
        return passes(filters, job, first) or passes(filters, job, second)

    return selecting(decide)


def comparing(name: str, key: Callable[[str], str]) -> Change:
    """Compare not the values of a filter but something made from them."""

    def decide(filters: Filters, job: Job, found: bool) -> bool:
        if name not in filters or not job.get(FIELDS[name]):
            return found
        alike = key(job[FIELDS[name]]) in map(key, filters[name])
        return alike and passes(filters, job, name)

    return selecting(decide)


def indexed(field: str, value: str, *jobs: str) -> Change:
    """Look some jobs up by another value than they show."""
    return indexing(lambda job: job | {field: value} if job["id"] in jobs else job)


def naming(field: str, *names: str) -> Change:
    """Give the jobs some values of a field by turns."""
    return in_jobs(lambda number, job: job | {field: names[number % len(names)]})


def taking(take: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Change:
    """Take other job ids than those asked for."""
    return filtering(lambda f: f | {"job_ids": take(f["job_ids"])} if "job_ids" in f else f)


def as_often_as_asked(filters: Filters, found: list[Job]) -> list[Job]:
    """Repeat a job for each time that its id is asked for."""
    ids = filters.get("job_ids", ())
    return [job for job in found for _ in range(max(1, ids.count(job["id"])))]


def foreign_on_page_two(
    found: Sequence[Job], start: int, query: Query
) -> tuple[Sequence[Job], int | None]:
    """Begin the second page of a project with a job of another one, where pages are small."""
    filters = dict(query.filters)
    if query.size >= 50 or "project_id" not in filters:
        return by_position(found, start, query)
    foreign = next(job for job in JOBS if not passes(filters, job))
    return by_position([*found[: query.size], foreign, *found[query.size :]], start, query)


def filtered_late(api: Api) -> Api:
    """Filter pages by status after they are cut; one that becomes short counts as the last."""

    def cut_page(jobs: Sequence[Job], query: Query, matches: Matches) -> Page:
        early = tuple(pair for pair in query.filters if pair[0] != "status")
        page = api.cut_page(jobs, replace(query, filters=early), matches)
        if early == query.filters:
            return page
        items = [job for job in page.items if matches(query, job)]
        full = page.onward is not None and len(items) == query.size
        return Page(items, replace(query, after=page.items[-1]["id"]) if full else None)

    return replace(api, cut_page=cut_page)


NO_MORE: Final = frozenset[str]()
PAIRS: Final = frozenset({"filter.combined"})
"""A fault of one filter is also one of two."""

SEVERAL: Final = PAIRS | {"filter.several"}
"""A fault of one id is also one of several."""

SELECTS: Final = tuple(
    Broken(f"selects: {name}", "filter.selects", f"query/{parameter}", defect, also=also)
    for name, parameter, defect, also in (
        ("status ignored", "status", ignoring("status", given("status")), PAIRS),
        (
            "configuration ignored",
            "configuration_id",
            ignoring("configuration_id", given("configuration_id")),
            PAIRS | {"filter.unknown"},
        ),
        (
            "job_ids ignored",
            "job_ids",
            ignoring("job_ids", given("job_ids")),
            SEVERAL | {"filter.unknown"},
        ),
        (
            "one job under every status",
            "status",
            leaking(frozenset({ONE_RUNNING}), given("status"), "status"),
            PAIRS,
        ),
        ("status=RUNNING ignored", "status", ignoring("status", has("status", "RUNNING")), PAIRS),
        (
            "status inverted",
            "status",
            selecting(
                lambda filters, job, found: (
                    passes(filters, job, "status") and found is not ("status" in filters)
                )
            ),
            PAIRS | {"filter.complete"},
        ),
        (
            "COMPLETED includes FAILED",
            "status",
            filtering(
                lambda filters: (
                    filters | {"status": ("COMPLETED", "FAILED")}
                    if has("status", "COMPLETED")(filters)
                    else filters
                )
            ),
            PAIRS,
        ),
        (
            "one RUNNING job under PENDING",
            "status",
            indexed("status", "PENDING", ONE_RUNNING),
            PAIRS | {"filter.complete"},
        ),
        (
            "configurations without regard to case",
            "configuration_id",
            chained(
                naming("configuration_id", "cfg-letters", "cfg-LETTERS", "cfg-märz"),
                comparing("configuration_id", str.lower),
            ),
            PAIRS,
        ),
        (
            "configurations by their first 11 characters",
            "configuration_id",
            chained(
                naming("configuration_id", "cfg-letters", "cfg-letters-2", "cfg-märz"),
                comparing("configuration_id", lambda name: name[:11]),
            ),
            PAIRS,
        ),
        (
            "jobs without a configuration under each",
            "configuration_id",
            selecting(
                lambda filters, job, found: (
                    found
                    or (
                        given("configuration_id")(filters)
                        and not unknown("configuration_id")(filters)
                        and job.get("configuration_id") is None
                        and passes(filters, job, "configuration_id")
                    )
                )
            ),
            PAIRS,
        ),
        (
            "ids by their number alone",
            "job_ids",
            chained(
                in_jobs(lambda number, job: job | {"id": f"cls-{number // 3:05d}-{number % 3}"}),
                comparing("job_ids", lambda name: name[:9]),
            ),
            SEVERAL | {"paging.token"},
        ),
    )
)

DEFAULT: Final = (
    Broken(
        "default: failed jobs only under their status",
        "filter.default",
        "query/status",
        selecting(
            lambda filters, job, found: found and ("status" in filters or job["status"] != "FAILED")
        ),
        level=Level.NOTE,
    ),
)

ISOLATION: Final = tuple(
    Broken(f"isolation: {name}", "filter.isolation", "query/project_id", defect, also=also)
    for name, defect, also in (
        ("project ignored", ignoring("project_id", given("project_id")), PAIRS),
        (
            "one project ignored",
            ignoring("project_id", has("project_id", GAMMA)),
            PAIRS,
        ),
        ("one job in every project", leaking(frozenset({ONE}), given("project_id")), PAIRS),
        (
            "one job of beta indexed under alpha",
            indexed("project_id", ALPHA, ONE_OF_BETA),
            PAIRS | {"filter.complete"},
        ),
        ("a foreign job on a second small page", cutting(foreign_on_page_two), NO_MORE),
        (
            "foreign jobs where a status is given",
            leaking(NEWEST, given("project_id", "status")),
            PAIRS,
        ),
        (
            "foreign jobs where a configuration is given",
            ignoring("project_id", given("project_id", "configuration_id")),
            PAIRS,
        ),
        (
            "foreign jobs by their ids",
            ignoring("project_id", given("project_id", "job_ids")),
            PAIRS,
        ),
        (
            "unknown project shows everything",
            ignoring("project_id", unknown("project_id")),
            NO_MORE,
        ),
        (
            "unknown project shows one job",
            leaking(frozenset({ONE}), unknown("project_id")),
            NO_MORE,
        ),
        (
            "projects by their first 8 characters",
            chained(
                naming("project_id", "prj-beta", "prj-beta-2", "prj-gamma"),
                comparing("project_id", lambda name: name[:8]),
            ),
            PAIRS,
        ),
    )
)

COMPLETE: Final = tuple(
    Broken(f"complete: {name}", "filter.complete", f"query/{parameter}", defect, also=also)
    for name, parameter, defect, also in (
        ("newest of a status lost", "status", losing(0, given("status")), PAIRS),
        ("oldest of a status lost", "status", losing(-1, given("status")), PAIRS),
        ("newest of a project lost", "project_id", losing(0, given("project_id")), PAIRS),
        (
            "oldest of a configuration lost",
            "configuration_id",
            losing(-1, given("configuration_id")),
            PAIRS,
        ),
        (
            "one job of 237 under no project",
            "project_id",
            selecting(
                lambda filters, job, found: (
                    found and not (job["id"] == ONE and "project_id" in filters)
                )
            ),
            PAIRS,
        ),
        (
            "no job found by one id alone",
            "job_ids",
            finding_none(lambda filters: len(filters.get("job_ids", ())) == 1),
            NO_MORE,
        ),
        ("PENDING finds none", "status", finding_none(has("status", "PENDING")), PAIRS),
        ("one project finds none", "project_id", finding_none(has("project_id", GAMMA)), PAIRS),
        (
            "configuration misread as Latin-1",
            "configuration_id",
            filtering(
                lambda filters: {
                    name: tuple(value.encode().decode("latin-1") for value in values)
                    for name, values in filters.items()
                }
            ),
            PAIRS,
        ),
        (
            "50 jobs of a status at most",
            "status",
            listing(lambda filters, found: found[:50] if "status" in filters else found),
            PAIRS,
        ),
        ("pages cut, then filtered", "status", filtered_late, PAIRS),
    )
)

UNKNOWN: Final = tuple(
    Broken(f"unknown: {name}", "filter.unknown", f"query/{parameter}", defect)
    for name, parameter, defect in (
        (
            "configuration shows everything",
            "configuration_id",
            ignoring("configuration_id", unknown("configuration_id")),
        ),
        (
            "configuration shows the jobs without one",
            "configuration_id",
            selecting(
                lambda filters, job, found: (
                    found
                    or (
                        unknown("configuration_id")(filters)
                        and job.get("configuration_id") is None
                        and passes(filters, job, "configuration_id")
                    )
                )
            ),
        ),
        (
            "job id shows everything",
            "job_ids",
            ignoring("job_ids", unknown("job_ids")),
        ),
        (
            "job id shows the newest job",
            "job_ids",
            selecting(
                lambda filters, job, found: (
                    found or (unknown("job_ids")(filters) and job["id"] == JOBS[0]["id"])
                )
            ),
        ),
    )
)

SEVERAL_IDS: Final = tuple(
    Broken(f"several: {name}", "filter.several", "query/job_ids", defect, also=also)
    for name, defect, also in (
        ("only the first id counts", taking(lambda ids: ids[:1]), PAIRS | {"filter.complete"}),
        ("only the last id counts", taking(lambda ids: ids[-1:]), PAIRS | {"filter.complete"}),
        (
            "a job must have every id",
            taking(lambda ids: ids if len(set(ids)) == 1 else ()),
            PAIRS | {"filter.complete"},
        ),
        ("an unknown id hides the known ones", finding_none(partly_unknown), NO_MORE),
        ("an unknown id shows everything", ignoring("job_ids", partly_unknown), NO_MORE),
        (
            "an id twice shows its job twice",
            listing(as_often_as_asked),
            frozenset({"paging.unique"}),
        ),
        (
            "one job of 237 not found by its id",
            selecting(
                lambda filters, job, found: (
                    found and not (job["id"] == ONE and "job_ids" in filters)
                )
            ),
            PAIRS | {"filter.complete"},
        ),
        (
            "ids after the twentieth ignored",
            taking(lambda ids: ids[:20]),
            PAIRS | {"filter.complete"},
        ),
        (
            "the last of several ids ignored",
            taking(lambda ids: ids[: max(1, len(ids) - 1)]),
            PAIRS | {"filter.complete"},
        ),
    )
)

COMBINED: Final = tuple(
    Broken(f"combined: {name}", "filter.combined", f"query/{parameters}", defect)
    for name, parameters, defect in (
        (
            "configuration or status",
            "configuration_id+status",
            either("configuration_id", "status"),
        ),
        ("job_ids or status", "job_ids+status", either("job_ids", "status")),
        (
            "job_ids ignored beside a configuration",
            "configuration_id+job_ids",
            ignoring("job_ids", given("configuration_id", "job_ids")),
        ),
        (
            "status ignored beside a project",
            "project_id+status",
            ignoring("status", given("project_id", "status")),
        ),
        (
            "newest of configuration and status lost",
            "configuration_id+status",
            losing(0, given("configuration_id", "status")),
        ),
        (
            "oldest of configuration and project lost",
            "configuration_id+project_id",
            losing(-1, given("configuration_id", "project_id")),
        ),
        (
            "job_ids and project find none",
            "job_ids+project_id",
            finding_none(given("job_ids", "project_id")),
        ),
    )
)

EVERY_PAIR: Final = tuple(
    Broken(
        f"combined: {name}",
        "filter.combined",
        "query/configuration_id+status",
        defect,
        also=frozenset({"filter.combined", "filter.isolation"}),
    )
    for name, defect in (
        (
            "any filter of several will do",
            selecting(
                lambda filters, job, found: (
                    found
                    or any(passes({name: filters[name]}, job) for name in filters if name in FIELDS)
                )
            ),
        ),
        ("only the first filter counts", filtering(lambda filters: dict([*filters.items()][:1]))),
        ("only the last filter counts", filtering(lambda filters: dict([*filters.items()][-1:]))),
    )
)

FILTERS: Final = (
    *SELECTS,
    *DEFAULT,
    *ISOLATION,
    *COMPLETE,
    *UNKNOWN,
    *SEVERAL_IDS,
    *COMBINED,
    *EVERY_PAIR,
)
