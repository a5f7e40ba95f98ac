"""Defects: functions that turn a correct server into a broken or an unusual one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, TypeAlias

from servers.jobs import ABSENT, Job
from servers.loopback import Answer, Handler, Request
from servers.reference import PATH, Api, Page, Query, encode

Defect: TypeAlias = Callable[[Api], Handler]
Change: TypeAlias = Callable[[Api], Api]
"""A defect of one stage of a response; others can be added to it."""

When: TypeAlias = Callable[[Request], bool]
Filters: TypeAlias = dict[str, tuple[str, ...]]
"""The values of each filter that a query gives."""

Matches: TypeAlias = Callable[[Query, Job], bool]
Cut: TypeAlias = Callable[[Sequence[Job], int, Query], tuple[Sequence[Job], int | None]]
"""Takes every job that a query selects, where the page starts (the first one at 0) and the query;
returns the page's jobs and where the next one starts, None after the last."""


def setting(pointer: str, value: object, at: int | None = None) -> Change:
    """Set one field of the jobs to a value; `ABSENT` removes it.

    Args:
        pointer: of the field within a job, e.g. `/result/confidence`; `*` is the first of an array.
        value: the new value.
        at: which of the jobs that have the field's parent changes, from 0, or else the last of
            them; None for all of them.
    """
    *parents, name = pointer.removeprefix("/").split("/")

    def defect(api: Api) -> Api:
        jobs = deepcopy(api.jobs)
        holders = [holder for job in jobs if (holder := _holder(job, parents)) is not None]
        for holder in holders if at is None else holders[at : at + 1] or holders[-1:]:
            holder.pop(name, None)
            if value is not ABSENT:
                holder[name] = value
        return replace(api, jobs=jobs)

    return defect


def in_jobs(change: Callable[[int, Job], Job]) -> Change:
    """Change every job, given its place in the account from 0."""
    return lambda api: replace(
        api, jobs=tuple(change(number, job) for number, job in enumerate(api.jobs))
    )


def in_bodies(change: Callable[[Any], Any]) -> Change:
    """Change the JSON value of every page before it is encoded."""
    return lambda api: replace(api, render=lambda page, write: change(api.render(page, write)))


def in_answers(change: Callable[[Answer], Answer], *, status: int = 200) -> Defect:
    """Change every answer of one status."""

    def defect(api: Api) -> Handler:
        def handle(request: Request) -> Answer:
            answer = api(request)
            return change(answer) if answer.status == status else answer

        return handle

    return defect


def in_bytes(change: Callable[[bytes], bytes]) -> Defect:
    """Change the body of every page after it is encoded."""
    return in_answers(lambda answer: replace(answer, body=change(answer.body)))


def header(name: str, value: str | None, *, status: int = 200) -> Defect:
    """Set a header of every answer of one status, or remove it."""

    def change(answer: Answer) -> Answer:
        headers = answer.without(name)
        return replace(answer, headers=headers if value is None else (*headers, (name, value)))

    return in_answers(change, status=status)


def answering(answer: Answer | int, when: When) -> Defect:
    """Give one answer, or an error of that status, to some requests with valid credentials."""
    given = error(answer) if isinstance(answer, int) else answer

    def defect(api: Api) -> Handler:
        def handle(request: Request) -> Answer:
            served = api.refuse(request) is None and when(request)
            return given if served else api(request)

        return handle

    return defect


def to_method(name: str, answer: Answer) -> Defect:
    """Give one answer to every request of a method."""
    return lambda api: lambda request: answer if request.method == name else api(request)


def asking(change: Callable[[Request], Request]) -> Defect:
    """Handle a changed request."""
    return lambda api: lambda request: api(change(request))


def ignoring(name: str, test: Callable[[str], bool] = lambda _: True) -> Defect:
    """Ignore a query parameter if its value passes a test, or always."""

    def change(request: Request) -> Request:
        kept = tuple(pair for pair in request.query if pair[0] != name or not test(pair[1]))
        return replace(request, query=kept)

    return asking(change)


def admitting(refuse: Callable[[Request, Answer], Answer | None]) -> Defect:
    """Replace the decision about requests that the reference refuses for their credentials."""

    def defect(api: Api) -> Api:
        def decide(request: Request) -> Answer | None:
            refusal = api.refuse(request)
            return None if refusal is None else refuse(request, refusal)

        return replace(api, refuse=decide)

    return defect


def redirecting(path: str) -> Defect:
    """Answer at another path, and redirect the documented one to it."""

    def defect(api: Api) -> Handler:
        def handle(request: Request) -> Answer:
            if request.path == path:
                return api(replace(request, path=PATH))
            onward = path + request.target.removeprefix(request.path)
            return error(307, Location=onward) if request.path == PATH else api(request)

        return handle

    return defect


def error(status: int, **headers: str) -> Answer:
    """Return an error with a JSON body; underscores of header names become hyphens."""
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    body = encode({"detail": f"error {status}"})
    return Answer(status, (("Content-Type", "application/json"), *pairs), body)


def rewritten(dump: Callable[[Any], str]) -> Defect:
    """Write the same JSON value in another way."""
    return in_bytes(lambda body: dump(json.loads(body)).encode())


def chained(*changes: Change) -> Change:
    """Combine several changes."""

    def change(api: Api) -> Api:
        for each in changes:
            api = each(api)
        return api

    return change


def filtering(change: Callable[[Filters], Filters]) -> Change:
    """Select by other filters than the given ones."""

    def understood(query: Query) -> Query:
        return replace(query, filters=tuple(change(dict(query.filters)).items()))

    return lambda api: replace(api, selects=lambda q, job: api.selects(understood(q), job))


def selecting(decide: Callable[[Filters, Job, bool], bool]) -> Change:
    """Replace the decision whether a job matches the filters, given that of the reference."""
    return lambda api: replace(
        api, selects=lambda q, job: decide(dict(q.filters), job, api.selects(q, job))
    )


def indexing(change: Callable[[Job], Job]) -> Change:
    """Select jobs by other values than the ones they show."""
    return lambda api: replace(api, selects=lambda q, job: api.selects(q, change(job)))


def listing(change: Callable[[Filters, list[Job]], list[Job]]) -> Change:
    """Change the list of all the jobs that a query selects, before it is cut into pages."""

    def defect(api: Api) -> Api:
        def cut_page(jobs: Sequence[Job], query: Query, matches: Matches) -> Page:
            found = [job for job in jobs if matches(query, job)]
            return api.cut_page(change(dict(query.filters), found), query, lambda *_: True)

        return replace(api, cut_page=cut_page)

    return defect


def cutting(cut: Cut) -> Change:
    """Cut lists into pages by position."""

    def cut_page(jobs: Sequence[Job], query: Query, matches: Matches) -> Page:
        found = [job for job in jobs if matches(query, job)]
        items, onward = cut(found, int(query.after or 0), query)
        return Page(items, None if onward is None else replace(query, after=str(onward)))

    return lambda api: replace(api, cut_page=cut_page)


def by_position(found: Sequence[Job], start: int, query: Query) -> tuple[Sequence[Job], int | None]:
    """Cut a page correctly."""
    end = start + query.size
    return found[start:end], end if end < len(found) else None


def ordering(order: Callable[[Sequence[Job], Query], Sequence[Job]]) -> Change:
    """Put lists into another order."""
    return cutting(lambda found, start, query: by_position(order(found, query), start, query))


def sizing(change: Callable[[Query], int]) -> Change:
    """Cut pages of another size than requested."""

    def defect(api: Api) -> Api:
        def cut_page(jobs: Sequence[Job], query: Query, matches: Matches) -> Page:
            page = api.cut_page(jobs, replace(query, size=change(query)), matches)
            onward = None if page.onward is None else replace(page.onward, size=query.size)
            return replace(page, onward=onward)

        return replace(api, cut_page=cut_page)

    return defect


def moving(change: Callable[[Sequence[Job], int], Sequence[Job]]) -> Change:
    """Change the account's jobs with time, which is the number of requests before this one."""
    return lambda api: replace(
        api, account=lambda jobs, request: change(api.account(jobs, request), request.number)
    )


def filtered_by_request(api: Api) -> Handler:
    """Filter later pages by the filters that come with a token, not by those that it carries."""

    def handle(request: Request) -> Answer:
        def read_token(token: str) -> Query:
            return replace(api.read_token(token), filters=api.read_query(request).filters)

        return replace(api, read_token=read_token)(request)

    return handle


def _holder(job: Job, parents: list[str]) -> Any:
    value: Any = job
    for name in parents:
        value = value[0] if name == "*" else value.get(name)
        if value is None:
            return None
    return value
