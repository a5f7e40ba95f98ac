"""Servers that say one thing now and another one later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any, Final

from servers.defects import (
    Change,
    Defect,
    by_position,
    chained,
    cutting,
    error,
    filtering,
    in_bodies,
    in_jobs,
    moving,
)
from servers.jobs import FIRST_DAY, PROJECTS, STATUSES, Job, make_jobs
from servers.loopback import Answer, Handler, Request
from servers.reference import Api
from servers.zoo import Broken

from docpact.model import Level

HALF_WAY: Final = 50
"""The number of the request from which on one of the jobs is another one."""

JOBS: Final = {
    status: next(
        job for job in make_jobs()[40:] if job["status"] == status and job.get("created_at")
    )
    for status in STATUSES
}
"""One job of each status, neither at the beginning nor at the end of the list."""

RESULT: Final = {"confidence": 0.5, "reasoning": "it names a sum", "type": "invoice"}


def becoming(status: str, /, **fields: object) -> Change:
    """Change some fields of one job of a status half-way."""
    job_id = JOBS[status]["id"]

    def change(job: Job, now: int) -> Job:
        return job | fields if job["id"] == job_id and now >= HALF_WAY else job

    return drifting(change)


def drifting(change: Callable[[Job, int], Job]) -> Change:
    """Change the jobs with every request."""
    return moving(lambda jobs, now: [change(job, now) for job in jobs])


def changing(field: str, value: Callable[[int], object]) -> Change:
    """Fill a field in anew at every request in all the jobs that have it."""
    return drifting(lambda job, now: job | {field: value(now)} if job.get(field) else job)


def every_20th(defect: Defect) -> Defect:
    """Have a defect at every 20th request alone."""

    def occasional(api: Api) -> Handler:
        broken = defect(api)
        return lambda request: (broken if request.number % 20 == 19 else api)(request)

    return occasional


def in_items(change: Callable[[list[Job]], list[Job]]) -> Change:
    """Change the items of every page."""

    def changed(body: Any) -> Any:
        return body | {"items": change(list(body["items"]))}

    return in_bodies(changed)


def refusing_every_third(api: Api) -> Handler:
    """Refuse the second of every three requests for the plain list."""
    plain = count()

    def handle(request: Request) -> Answer:
        answer = api(request)
        counts = request.method == "GET" and not request.query and answer.status == 200
        return error(422) if counts and next(plain) % 3 == 1 else answer

    return handle


def on_requests(applies: Callable[[Request], bool], change: Change) -> Defect:
    """Change the answers to some requests."""

    def defect(api: Api) -> Handler:
        other = change(api)
        return lambda request: (other if applies(request) else api)(request)

    return defect


def filled_in(status: str, /, **fields: object) -> Change:
    """Fill in some fields of one job of a status."""
    return in_jobs(lambda _, job: job | fields if job["id"] == JOBS[status]["id"] else job)


FORWARD: Final = tuple(
    Broken(
        f"forward: {old} becomes {new}",
        "stability.forward",
        "/items/*/status",
        becoming(old, status=new, **fields),
        also=frozenset({"stability.final"}),
    )
    for old, new, fields in (
        ("COMPLETED", "RUNNING", {"result": None}),
        ("FAILED", "PENDING", {"error_message": None}),
        ("RUNNING", "PENDING", {}),
    )
)

FINAL: Final = tuple(
    Broken(
        f"final: {name}",
        "stability.final",
        f"/items/*/{field}",
        defect,
        also=frozenset({"stability.forward", "stability.same"}),
    )
    for name, field, defect in (
        ("FAILED becomes COMPLETED", "status", becoming("FAILED", status="COMPLETED")),
        ("COMPLETED becomes FAILED", "status", becoming("COMPLETED", status="FAILED")),
        ("a result goes", "result", becoming("COMPLETED", result=None)),
        ("an error message changes", "error_message", becoming("FAILED", error_message="Fehler")),
        (
            "confidence anew at every look",
            "result",
            changing("result", lambda now: RESULT | {"confidence": now % 8 / 8}),
        ),
    )
)

CONSTANT: Final = (
    *(
        Broken(
            f"constant: {field} of one job changes",
            "stability.constant",
            f"/items/*/{field}",
            becoming(status, **{field: value}),
        )
        for field, status, value in (
            (
                "project_id",
                "PENDING",
                next(name for name in PROJECTS if name != JOBS["PENDING"]["project_id"]),
            ),
            ("document_input_value", "RUNNING", "another input"),
            ("user_id", "PENDING", "usr-other"),
            ("created_at", "RUNNING", "2026-01-01T00:00:00Z"),
        )
    ),
    *(
        Broken(
            f"constant: {field} anew in every answer",
            "stability.constant",
            f"/items/*/{field}",
            changing(field, value),
            also=frozenset({"stability.final", "stability.same"}),
        )
        for field, value in (
            ("user_id", lambda now: f"usr-{now}"),
            ("created_at", lambda now: (FIRST_DAY + timedelta(seconds=now)).isoformat()),
            ("document_input_value", lambda now: f"https://files.example/{now}"),
        )
    ),
)

ANY_RELATION: Final = frozenset(
    {
        "filter.combined",
        "filter.complete",
        "filter.isolation",
        "filter.selects",
        "filter.several",
        "filter.unknown",
        "paging.complete",
        "paging.empty_page",
        "paging.order",
        "paging.token",
        "paging.unique",
        "stability.same",
    }
)
"""The promises that one wrong answer may break, depending on its question."""

SAME: Final = (
    Broken(
        "same: other ids at every request",
        "stability.same",
        "/items",
        chained(
            drifting(lambda job, now: job | {"id": f"{job['id']}-{now}"}), cutting(by_position)
        ),
        also=ANY_RELATION,
    ),
    Broken(
        "same: plain list refused now and then",
        "stability.same",
        "status",
        refusing_every_third,
        also=frozenset({"response.status"}),
    ),
    Broken(
        "same: an id null now and then",
        "response.type",
        "/items/*/id",
        every_20th(in_items(lambda items: [item | {"id": None} for item in items[:1]] + items[1:])),
        also=ANY_RELATION,
    ),
    Broken(
        "same: 500 now and then",
        "protocol.reliable",
        "status",
        every_20th(lambda _: lambda __: error(500)),
    ),
)

HAPHAZARD: Final = tuple(
    Broken(f"now and then: {name}", "", "", every_20th(defect), also=ANY_RELATION)
    for name, defect in (
        ("first job lost", in_items(lambda items: items[1:])),
        ("last job lost", in_items(lambda items: items[:-1])),
        ("filters ignored", filtering(lambda _: {})),
    )
)
"""The promise that these break depends on the question: only `also` says which ones."""

CONSISTENCY: Final = tuple(
    Broken(
        f"consistency: {field} of a {status} job",
        "response.consistency",
        f"/items/*/{field}",
        filled_in(status, **{field: value}),
        Level.NOTE,
    )
    for field, status, value in (
        ("error_message", "COMPLETED", "the file is empty"),
        ("error_message", "PENDING", "the file is empty"),
        ("result", "PENDING", RESULT),
        ("result", "FAILED", RESULT),
    )
)

AGREEMENT: Final = tuple(
    Broken(
        f"agreement: other times {name}",
        rule,
        "/items/*/updated_at",
        on_requests(applies, in_jobs(lambda _, job: job | {"updated_at": "2026-01-01T00:00:00Z"})),
        level,
        also=frozenset({"stability.final"}),
    )
    for name, rule, applies, level in (
        (
            "on later pages",
            "stability.values",
            lambda request: "page_token" in dict(request.query),
            Level.BREAKING,
        ),
        (
            "at one page size",
            "stability.suspect",
            lambda request: ("page_size", "100") in request.query,
            Level.NOTE,
        ),
    )
)

STABILITY: Final = (*FORWARD, *FINAL, *CONSTANT, *SAME, *CONSISTENCY, *AGREEMENT)
