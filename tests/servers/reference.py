"""A correct server of the documented operation, written from the page alone.

It shares no code with docpact, so that the two can be held against each other. Each stage of an
answer is a field of `Api`: a server with one defect is the reference with one field replaced.
"""

from __future__ import annotations

import binascii
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Final

from servers.jobs import ORGANIZATION, STATUSES, Job, make_jobs
from servers.loopback import Answer, Request

PATH: Final = "/api/v2/classify"
KEY: Final = "test-key-0123456789"
FIELDS: Final = {
    "configuration_id": "configuration_id",
    "job_ids": "id",
    "project_id": "project_id",
    "status": "status",
}
"""Query parameter → the job's field that it selects by."""

FILTERS: Final = (*FIELDS, "organization_id")
JSON: Final = (("Content-Type", "application/json"),)


@dataclass(frozen=True, slots=True)
class Query:
    """The decoded query of a request.

    Attributes:
        filters: name and values of each filter given; a job matches any of its values.
        size: the longest page wanted.
        after: id of the job that the page before ended with; empty for the first page.
    """

    filters: tuple[tuple[str, tuple[str, ...]], ...]
    size: int
    after: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of jobs, and what asks for the next one; None where there is no next one."""

    items: Sequence[Job]
    onward: Query | None


class Refused(Exception):
    """A query that the page does not allow."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(name, problem)
        self.name, self.problem = name, problem


def write_token(query: Query) -> str:
    """Return an opaque token that carries the whole query."""
    content = json.dumps([query.filters, query.size, query.after]).encode()
    return urlsafe_b64encode(_seal(content) + content).decode()


def read_token(token: str) -> Query:
    """Return the query that a token carries.

    Raises:
        Refused: the token is none of this server's.
    """
    try:
        raw = urlsafe_b64decode(token.encode("ascii"))
    except (UnicodeEncodeError, binascii.Error):
        raise Refused("page_token", "no token of this server") from None
    if _seal(raw[8:]) != raw[:8] or urlsafe_b64encode(raw).decode() != token:
        raise Refused("page_token", "no token of this server")
    filters, size, after = json.loads(raw[8:])
    return Query(tuple((name, tuple(values)) for name, values in filters), size, after)


def refuse(request: Request) -> Answer | None:
    """Refuse a request without the key (RFC 6750: the scheme's case does not matter)."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip() == KEY:
        return None
    body = b'{"detail":"Invalid or missing API key"}'
    return Answer(401, (*JSON, ("WWW-Authenticate", "Bearer")), body)


def read_query(request: Request, default_size: int = 50) -> Query:
    """Return the decoded query of a request; the last of repeated scalars counts.

    Raises:
        Refused: the page does not allow a value.
    """
    size = _size(request, default_size)
    for status in request.values("status")[-1:]:
        if status not in STATUSES:
            raise Refused("status", f"one of {', '.join(STATUSES)}")
    return Query(_filters(request), size)


def account(jobs: Sequence[Job], _: Request) -> Sequence[Job]:
    """Return the jobs as a request sees them: here they never move."""
    return jobs


def selects(query: Query, job: Job) -> bool:
    """Return whether a job passes every filter."""
    return all(
        ORGANIZATION in values if name == "organization_id" else job.get(FIELDS[name]) in values
        for name, values in query.filters
    )


def cut_page(jobs: Sequence[Job], query: Query, matches: Callable[[Query, Job], bool]) -> Page:
    """Return the page of a query: its jobs in the account's order, after the one before.

    Raises:
        Refused: the job that the page before ended with is gone.
    """
    ids = [job.get("id") for job in jobs]
    if query.after and query.after not in ids:
        raise Refused("page_token", "expired")
    start = ids.index(query.after) + 1 if query.after else 0
    rest = [job for job in jobs[start:] if matches(query, job)]
    items = rest[: query.size]
    onward = replace(query, after=items[-1].get("id", "")) if len(rest) > query.size else None
    return Page(items, onward)


def render(page: Page, write: Callable[[Query], str]) -> Any:
    """Return the body of a page; without a next page the token is omitted, as documented."""
    onward = {} if page.onward is None else {"next_page_token": write(page.onward)}
    return {"items": page.items} | onward


def encode(body: Any) -> bytes:
    """Return a body as compact JSON in UTF-8."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def explain(refused: Refused) -> Answer:
    """Return the answer to a query that is not allowed."""
    detail = [{"loc": ["query", refused.name], "msg": refused.problem, "type": "value_error"}]
    return Answer(422, JSON, encode({"detail": detail}))


@dataclass(frozen=True, slots=True)
class Api:
    """The operation as a handler of requests: the stages of an answer, in order.

    Attributes:
        jobs: the account's, in the order in which pages show them.
        account: the jobs as one request sees them.
        refuse: the answer to a request without valid credentials; None where they are valid.
        read_query: the decoded query of a request without a token.
        read_token: the decoded query of a token.
        selects: whether a job passes the filters.
        cut_page: the page of a query.
        write_token: a token that carries a query.
        render: the JSON value of a page.
        encode: the bytes of a JSON value.
        explain: the answer to a refused query.
    """

    jobs: tuple[Job, ...] = field(default_factory=make_jobs, repr=False)
    account: Callable[[Sequence[Job], Request], Sequence[Job]] = account
    refuse: Callable[[Request], Answer | None] = refuse
    read_query: Callable[[Request], Query] = read_query
    read_token: Callable[[str], Query] = read_token
    selects: Callable[[Query, Job], bool] = selects
    cut_page: Callable[[Sequence[Job], Query, Callable[[Query, Job], bool]], Page] = cut_page
    write_token: Callable[[Query], str] = write_token
    render: Callable[[Page, Callable[[Query], str]], Any] = render
    encode: Callable[[Any], bytes] = encode
    explain: Callable[[Refused], Answer] = explain

    def __call__(self, request: Request) -> Answer:
        """Answer one request."""
        if request.path != PATH:
            return Answer(404, JSON, b'{"detail":"Not Found"}')
        if request.method == "OPTIONS":
            return Answer(204, (("Allow", "GET, HEAD, OPTIONS"),))
        if request.method not in ("GET", "HEAD"):
            return Answer(405, (("Allow", "GET, HEAD, OPTIONS"), ("Connection", "close")))
        if (refusal := self.refuse(request)) is not None:
            return refusal
        try:
            page = self.cut_page(
                self.account(self.jobs, request), self.query(request), self.selects
            )
        except Refused as refused:
            return self.explain(refused)
        return Answer(200, JSON, self.encode(self.render(page, self.write_token)))

    def query(self, request: Request) -> Query:
        """Return the decoded query of a request; a token brings its filters and size along.

        Raises:
            Refused: the page does not allow a value, or it contradicts the token.
        """
        asked = self.read_query(request)
        token = request.last("page_token")
        if token is None:
            return asked
        carried = self.read_token(token)
        if asked.filters and asked.filters != carried.filters:
            raise Refused("page_token", "belongs to another query")
        return replace(carried, size=asked.size) if request.last("page_size") else carried


def _seal(content: bytes) -> bytes:
    return sha256(b"sealed" + content).digest()[:8]


def _size(request: Request, default: int) -> int:
    text = request.last("page_size")
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= 100:
        raise Refused("page_size", "an integer from 1 to 100")
    return int(text)


def _filters(request: Request) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        (name, values if name == "job_ids" else values[-1:])
        for name in FILTERS
        if (values := request.values(name))
    )
