"""Correct but unusual servers: no reader of the page could call one of them broken."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final
from uuid import UUID

from servers.broken_stability import on_requests
from servers.defects import (
    Defect,
    Filters,
    answering,
    chained,
    error,
    filtered_by_request,
    filtering,
    header,
    in_answers,
    in_bodies,
    in_jobs,
    redirecting,
    rewritten,
    selecting,
    setting,
    to_method,
)
from servers.jobs import ABSENT, CONFIGURATIONS, OPTIONAL, ORGANIZATION, PROJECTS, Job
from servers.loopback import Answer, Request
from servers.moving import MOVING, RELATIONS
from servers.reference import JSON, Api, Query, read_query, read_token, selects, write_token
from servers.zoo import Unusual

TEXT: Final = (("Content-Type", "text/plain"),)
MARKUP: Final = (("Content-Type", "text/html"), ("WWW-Authenticate", "Bearer"))
DATE_TIMES: Final = (
    "2025-01-02T03:04:05+05:30",
    "2025-01-02t03:04:05z",
    "2025-01-02T03:04:05.123456789Z",
    "2016-12-31T23:59:60Z",
    "2016-12-31T18:59:60.5-05:00",
    "2024-02-29T00:00:00-00:00",
    "0001-01-01T00:00:00Z",
)


def unchanged(api: Api) -> Api:
    """Return the server as it is."""
    return api


def all_optional(value: object) -> Defect:
    """Give every optional field of every job the same value, or none."""

    def change(_: int, job: Job) -> Job:
        kept = {name: held for name, held in job.items() if name not in OPTIONAL}
        kept["configuration"] = {"rules": job["configuration"]["rules"]}
        if value is ABSENT:
            return kept
        kept["configuration"]["mode"] = value
        return kept | dict.fromkeys(OPTIONAL, value)

    return in_jobs(change)


def coded(name: str, compress: Callable[[bytes], bytes]) -> Defect:
    """Apply a content coding where the request asks for it (RFC 9110, section 8.4.1)."""

    def twist(api: Api) -> Callable[[Request], Answer]:
        def handle(request: Request) -> Answer:
            answer = api(request)
            if not answer.body or name not in request.headers.get("accept-encoding", ""):
                return answer
            headers = (*answer.headers, ("Content-Encoding", name), ("Vary", "Accept-Encoding"))
            return replace(answer, headers=headers, body=compress(answer.body))

        return handle

    return twist


def chunked(answer: Answer) -> Answer:
    """Send a body in chunks of 1,000 bytes (RFC 9112, section 7.1)."""
    pieces = [answer.body[at : at + 1000] for at in range(0, len(answer.body), 1000)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])
    return replace(answer, headers=(*answer.headers, ("Transfer-Encoding", "chunked")), body=body)


def reversed_keys(value: Any) -> Any:
    """Reverse the order of the members of every object."""
    match value:
        case dict():
            return {name: reversed_keys(value[name]) for name in reversed(value)}
        case list():
            return [reversed_keys(item) for item in value]
        case _:
            return value


def rewrite_time(text: str | None) -> str | None:
    """Write a time in UTC in another way."""
    return text and text.replace("Z", "+00:00")


def short_ids(number: int, job: Job) -> Job:
    """Number the jobs."""
    return job | {"id": str(number)}


def padded(token: str) -> str:
    """Make a token about 4,000 characters long."""
    return token + "." + "x" * 4000


def spare_page(api: Api) -> Api:
    """Promise a next page after the last one; it is empty, and promises none."""

    def cut_page(jobs: Any, query: Query, matches: Any) -> Any:
        page = api.cut_page(jobs, query, matches)
        if page.onward is None and page.items:
            return replace(page, onward=replace(query, after=page.items[-1]["id"]))
        return page

    return replace(api, cut_page=cut_page)


def null_for_none(filters: Filters, job: Job, found: bool) -> bool:
    """Read null as the jobs without a configuration."""
    asked = dict(filters).get("configuration_id") == ("null",)
    others = {name: values for name, values in filters.items() if name != "configuration_id"}
    return found or (asked and job.get("configuration_id") is None and selects_all(others, job))


def selects_all(filters: Filters, job: Job) -> bool:
    """Return whether a job passes filters."""
    return selects(Query(tuple(filters.items()), 1), job)


def uuid(number: int, job: Job) -> Job:
    """Name the jobs by UUIDs."""
    return job | {"id": str(UUID(int=number * 2**90 + 2**127))}


def in_any_case(filters: Filters) -> Filters:
    """Read the ids of jobs in either case."""
    return {n: tuple(v.lower() if n == "job_ids" else v for v in vs) for n, vs in filters.items()}


def wild(request: Request) -> bool:
    """Return whether a value looks like an attack to a firewall."""
    return any(set(value) & set("%*'<") for _, value in request.query)


def unknown(request: Request) -> bool:
    """Return whether a free-form id names nothing."""
    known = {
        "configuration_id": CONFIGURATIONS,
        "organization_id": (ORGANIZATION,),
        "project_id": PROJECTS,
    }
    return any(value not in known[name] for name, value in request.query if name in known)


TWISTS: Final[Mapping[str, Defect]] = {
    "tokens keep no filters": filtered_by_request,
    "optional fields null": all_optional(None),
    "optional fields absent": all_optional(ABSENT),
    "date-times in all forms": in_jobs(
        lambda number, job: job | {"created_at": DATE_TIMES[number % len(DATE_TIMES)]}
    ),
    "times in another notation on every second request": on_requests(
        lambda request: request.number % 2 == 1,
        in_jobs(lambda _, job: job | {"created_at": rewrite_time(job.get("created_at"))}),
    ),
    "type of a result null": setting("/result/type", None),
    "short ids": in_jobs(short_ids),
    "tokens of 4,000 characters": lambda api: replace(
        api,
        write_token=lambda query: padded(write_token(query)),
        read_token=lambda token: read_token(token.partition(".")[0]),
    ),
    "10 jobs a page by default": lambda api: replace(
        api, read_query=partial(read_query, default_size=10)
    ),
    "null token on the last page": in_bodies(lambda body: {"next_page_token": None} | body),
    "total_size present": in_bodies(lambda body: body | {"total_size": 240}),
    "total_size null": in_bodies(lambda body: body | {"total_size": None}),
    "empty last page behind a token": spare_page,
    "keys in reverse order": rewritten(lambda b: json.dumps(reversed_keys(b))),
    "pretty-printed": rewritten(lambda b: json.dumps(b, indent=4, ensure_ascii=False) + "\n"),
    "escaped to ASCII": rewritten(json.dumps),
    "confidence written 0e0": rewritten(
        lambda b: json.dumps(b).replace('"confidence": 0,', '"confidence": 0e0,')
    ),
    "total_size written 237.0": in_bodies(lambda body: body | {"total_size": 237.0}),
    "gzip": coded("gzip", gzip.compress),
    "deflate": coded("deflate", zlib.compress),
    "chunked": in_answers(chunked),
    "HTTP/1.0": in_answers(
        lambda a: replace(a, version="HTTP/1.0", headers=(*a.headers, ("Connection", "close")))
    ),
    "content type in odd case": header("Content-Type", "Application/JSON;Charset=UTF-8"),
    "extra headers": in_answers(
        lambda a: replace(a, headers=(*a.headers, ("X-Request-Id", "7"), ("ETag", '"x"')))
    ),
    "400 instead of 422": in_answers(lambda a: replace(a, status=400), status=422),
    "422 with plain text": in_answers(lambda _: Answer(422, TEXT, b"no"), status=422),
    "an empty 200 to HEAD, without a key too": to_method("HEAD", Answer(200, JSON)),
    "403 instead of 401": in_answers(lambda _: error(403), status=401),
    "401 with HTML": in_answers(lambda _: Answer(401, MARKUP, b"<h1>Sign in</h1>"), status=401),
    "UUIDs in either case": chained(filtering(in_any_case), in_jobs(uuid)),
    "null for the jobs without a configuration": selecting(null_for_none),
    "403 of a firewall for wildcards": answering(Answer(403, MARKUP, b"<h1>No</h1>"), wild),
    "404 for unknown ids": answering(404, unknown),
    "422 for unknown ids": answering(422, unknown),
    "414 for URLs over 1 KiB": answering(414, lambda request: len(request.target) > 1024),
    "one 503": answering(error(503, Retry_After="0"), lambda request: request.number == 5),
    "one 429": answering(error(429, Retry_After="0"), lambda request: request.number == 0),
    "429 to every fifth": answering(error(429, Retry_After="0"), lambda r: r.number % 5 == 4),
    "redirect to a trailing slash": redirecting("/api/v2/classify/"),
}

REFERENCE: Final = Unusual("the reference itself", unchanged)
ACCOUNTS: Final = (
    REFERENCE,
    Unusual("empty account", unchanged, 0),
    Unusual("one job", unchanged, 1),
    Unusual("100 jobs: exactly one page", unchanged, 100),
    Unusual("641 jobs", unchanged, 641),
)

UNUSUAL: Final = (
    Unusual("header: not deprecated", header("Deprecation", "false")),
    Unusual("header: a warning of a cache", header("Warning", '110 - "Response is stale"')),
    *ACCOUNTS,
    *(Unusual(name, twist) for name, twist in TWISTS.items()),
    *MOVING,
    *RELATIONS,
)
