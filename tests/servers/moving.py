"""Correct servers whose accounts move while they are read, or whose lists are otherwise odd."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Final

from servers.defects import (
    Defect,
    Filters,
    admitting,
    answering,
    asking,
    by_position,
    chained,
    cutting,
    error,
    filtered_by_request,
    filtering,
    in_answers,
    in_bodies,
    in_jobs,
    moving,
    ordering,
    setting,
    sizing,
    to_method,
)
from servers.jobs import FIRST_DAY, PROJECTS, Job, make_jobs
from servers.loopback import Answer, Handler, Request
from servers.reference import (
    FIELDS,
    Api,
    Query,
    Refused,
    encode,
    read_token,
    write_token,
)
from servers.zoo import Unusual

MOVES: Final = 20
"""Number of jobs that arrive, or leave."""


RESULT: Final = {"confidence": 0.5, "reasoning": "it names a sum", "type": "invoice"}


def so_far(now: int) -> int:
    """Return how many jobs have come or gone: one with every second request from the fourth on."""
    return min(MOVES, max(0, now - 3) // 2)


def arriving(api: Api) -> Api:
    """Let newer jobs arrive at the front."""
    later = replace(api, jobs=make_jobs(len(api.jobs) + MOVES))
    return moving(lambda jobs, now: jobs[MOVES - so_far(now) :])(later)


def arriving_last(api: Api) -> Api:
    """Show the oldest jobs first, and let newer ones arrive at the end."""
    later = replace(api, jobs=make_jobs(len(api.jobs) + MOVES)[::-1])
    return moving(lambda jobs, now: jobs[: len(jobs) - MOVES + so_far(now)])(later)


def number_of(job: Job) -> int:
    """Return the number of a job: the oldest has 0."""
    return int(job["id"][4:9])


def leaving(jobs: Sequence[Job], now: int) -> Sequence[Job]:
    """Delete every eleventh job, the oldest first."""
    gone = {11 * number for number in range(so_far(now))}
    return [job for job in jobs if number_of(job) not in gone]


def changes(job: Job, now: int) -> list[tuple[int, str]]:
    """Return when a job's status has changed so far, and into which: half of the jobs move."""
    number = number_of(job)
    start = 10 + number % 80
    end = "FAILED" if number % 3 == 0 else "COMPLETED"
    steps = {
        "PENDING": [(start, "RUNNING"), (start + 15, end)] if number % 5 else [(start, end)],
        "RUNNING": [(start, end)],
    }
    coming = steps.get(job["status"], []) if number % 2 else []
    return [step for step in coming if step[0] <= now]


def advanced(job: Job, now: int) -> Job:
    """Return a job as it has become."""
    past = changes(job, now)
    if not past:
        return job
    when, status = past[-1]
    outcome: dict[str, Job] = {
        "COMPLETED": {"result": RESULT},
        "FAILED": {"error_message": "the file is empty"},
    }
    moment = FIRST_DAY + timedelta(days=400, seconds=when)
    return job | {"status": status, "updated_at": moment.isoformat()} | outcome.get(status, {})


def advancing(jobs: Sequence[Job], now: int) -> Sequence[Job]:
    """Let jobs move on: from PENDING to RUNNING, and to COMPLETED or FAILED."""
    return [advanced(job, now) for job in jobs]


def last_changed_first(jobs: Sequence[Job], now: int) -> Sequence[Job]:
    """Let jobs move on, and show those first that did so last."""

    def age(job: Job) -> int:
        return min((now - when for when, _ in changes(job, now)), default=now + 1)

    return advancing(sorted(jobs, key=age), now)


def coming_to_the_front(when: int, which: int) -> Defect:
    """Let one job be updated at the time `when`, and move to the front of the list."""

    def change(jobs: Sequence[Job], now: int) -> Sequence[Job]:
        if now < when or which >= len(jobs):
            return jobs
        moment = (FIRST_DAY + timedelta(days=400)).isoformat()
        return [jobs[which] | {"updated_at": moment}, *jobs[:which], *jobs[which + 1 :]]

    return chained(moving(change), cutting(by_position))


def turning(when: int) -> Defect:
    """Turn the order of the list around at the time `when`; no job looks different."""

    def change(jobs: Sequence[Job], now: int) -> Sequence[Job]:
        return jobs if now < when else jobs[::-1]

    return chained(moving(change), cutting(by_position))


def touched(jobs: Sequence[Job], now: int) -> Sequence[Job]:
    """Say at every look that the jobs were updated just now."""
    moment = (FIRST_DAY + timedelta(days=400, seconds=now)).isoformat()
    return [job | {"updated_at": moment} for job in jobs]


def is_place(token: str) -> bool:
    """Return whether a token is the place where a page starts."""
    return re.fullmatch(r"[1-9][0-9]{0,8}", token) is not None


def plain_numbers(*, strict: bool) -> Defect:
    """Take tokens that say where a page starts; refuse any other, or take it for none."""

    def read(token: str) -> Query:
        if strict and not is_place(token):
            raise Refused("page_token", "a whole number")
        return Query((), 50, token if is_place(token) else "")

    def twist(api: Api) -> Handler:
        paged = cutting(by_position)(api)
        return filtered_by_request(
            replace(paged, write_token=lambda query: query.after, read_token=read)
        )

    return twist


def new_tokens(api: Api) -> Api:
    """Write every token in a way that was never used before."""
    numbers = count()
    return replace(
        api,
        write_token=lambda query: f"{write_token(query)}.{next(numbers)}",
        read_token=lambda token: read_token(token.partition(".")[0]),
    )


def as_asked(found: Sequence[Job], query: Query) -> Sequence[Job]:
    """Put jobs into the order in which their ids are asked for."""
    ids = dict(query.filters).get("job_ids", ())
    return sorted(found, key=lambda job: ids.index(job["id"])) if ids else found


def by_id_if_filtered(found: Sequence[Job], query: Query) -> Sequence[Job]:
    """Put jobs into the order of the last character of their ids where there is a filter."""
    return sorted(found, key=lambda job: str(job["id"])[::-1]) if query.filters else found


def no_such_id(request: Request) -> bool:
    """Return whether no requested job id is that of a job."""
    ids = set(request.values("job_ids"))
    return bool(ids) and not ids & {job["id"] for job in make_jobs()}


def unknown_project(request: Request) -> bool:
    """Return whether a request names an unknown project."""
    return any(name not in PROJECTS for name in request.values("project_id"))


def splitting(filters: Filters) -> Filters:
    """Understand ids that are separated by commas."""
    return {
        name: tuple(one for value in values for one in value.split(","))
        for name, values in filters.items()
    }


def trimming(request: Request) -> Request:
    """Take the white space off the values of filters."""
    query = tuple((n, v.strip() if n in FIELDS else v) for n, v in request.query)
    return replace(request, query=query)


def repeating(api: Api) -> Handler:
    """Repeat the values of a query that is refused."""

    def handle(request: Request) -> Answer:
        answer = api(request)
        if answer.status != 422:
            return answer
        return replace(answer, body=encode({"detail": request.query}))

    return handle


def masked(request: Request, refusal: Answer) -> Answer:
    """Name the end of a key that is refused."""
    shown = request.headers.get("authorization", "")[-4:]
    return replace(refusal, body=encode({"detail": f"no such key: ****{shown}"}))


COMPLETED: Final = {"status": "COMPLETED", "result": RESULT, "error_message": None}
COOKIE: Final = ("Set-Cookie", "session=5b1d; Path=/; HttpOnly")
ALLOW: Final = (("Allow", "GET"),)

MOVING: Final = (
    Unusual("jobs arrive", arriving, moves=MOVES),
    Unusual("jobs arrive, tokens are places", chained(arriving, cutting(by_position)), moves=MOVES),
    Unusual("jobs arrive at the end", arriving_last, moves=MOVES),
    Unusual(
        "jobs leave, tokens are places", chained(moving(leaving), cutting(by_position)), moves=MOVES
    ),
    Unusual("statuses move on", moving(advancing)),
    Unusual(
        "statuses move on, last changed first",
        chained(moving(last_changed_first), cutting(by_position)),
        moves=MOVES,
    ),
    Unusual(
        "jobs arrive, leave and move on",
        chained(arriving, moving(leaving), moving(last_changed_first), cutting(by_position)),
        moves=MOVES,
    ),
)
"""Servers over accounts that move while they are read."""

TWISTS: Final[Mapping[str, Defect]] = {
    "updated_at anew at every look": moving(touched),
    "tokens are places, without their filters": plain_numbers(strict=True),
    "any other token begins again": plain_numbers(strict=False),
    "tokens never the same": new_tokens,
    "20 jobs a page at most": sizing(lambda query: min(20, query.size)),
    "short pages": sizing(lambda query: max(1, query.size * 2 // 3)),
    "another order under filters": ordering(by_id_if_filtered),
    "job_ids in the order asked": ordering(as_asked),
    "job_ids separated by commas too": filtering(splitting),
    "404 if no job has such an id": answering(404, no_such_id),
    "403 for unknown projects": answering(403, unknown_project),
    "422 for empty values": answering(422, lambda r: any(not value for _, value in r.query)),
    "white space taken off": asking(trimming),
    "405 to HEAD": to_method("HEAD", Answer(405, ALLOW)),
    "501 to HEAD": to_method("HEAD", Answer(501)),
    "405 to OPTIONS": to_method("OPTIONS", Answer(405, ALLOW)),
    "501 to OPTIONS": to_method("OPTIONS", error(501)),
    "200 to OPTIONS": to_method("OPTIONS", Answer(200, ALLOW)),
    "total_size rounded down": in_bodies(lambda body: body | {"total_size": 200}),
    "total_size 0": in_bodies(lambda body: body | {"total_size": 0}),
    "422 that repeats the values": repeating,
    "401 that names the key's end": admitting(masked),
    "a session cookie with every answer": in_answers(
        lambda answer: replace(answer, headers=(*answer.headers, COOKIE))
    ),
    "ids in odd characters": in_jobs(lambda number, job: job | {"id": f"job {number}/ä&b=c+%2F"}),
    "one project": setting("/project_id", PROJECTS[0]),
    "one status": in_jobs(lambda _, job: job | COMPLETED),
    "no job with a configuration": setting("/configuration_id", None),
}

RELATIONS: Final = (
    *(Unusual(name, twist) for name, twist in TWISTS.items()),
    *(Unusual(f"{count:,} jobs", lambda api: api, count) for count in (2, 101, 2600)),
)
"""Servers that keep what answers promise of each other in their own way."""
