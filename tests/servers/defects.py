"""Defects: functions that turn a correct server into a broken or an unusual one."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any, TypeAlias

from servers.jobs import ABSENT, Job
from servers.loopback import Answer, Handler, Request
from servers.reference import PATH, Api, encode

Defect: TypeAlias = Callable[[Api], Handler]
When: TypeAlias = Callable[[Request], bool]


def setting(pointer: str, value: object, at: int | None = None) -> Defect:
    """Set one field of the jobs to a value; `ABSENT` removes it.

    Args:
        pointer: of the field within a job, e.g. `/result/confidence`; `*` is the first of an array.
        value: what it becomes.
        at: which of the jobs that have the field's parent changes, from 0; None for all of them.
    """
    *parents, name = pointer.removeprefix("/").split("/")

    def defect(api: Api) -> Api:
        jobs = deepcopy(api.jobs)
        holders = [holder for job in jobs if (holder := _holder(job, parents)) is not None]
        for holder in holders if at is None else [holders[at]]:
            holder.pop(name, None)
            if value is not ABSENT:
                holder[name] = value
        return replace(api, jobs=jobs)

    return defect


def in_jobs(change: Callable[[int, Job], Job]) -> Defect:
    """Change every job, given its place in the account from 0."""
    return lambda api: replace(
        api, jobs=tuple(change(number, job) for number, job in enumerate(api.jobs))
    )


def in_bodies(change: Callable[[Any], Any]) -> Defect:
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


def asking(change: Callable[[Request], Request]) -> Defect:
    """Understand another request than the one that came."""
    return lambda api: lambda request: api(change(request))


def ignoring(name: str, test: Callable[[str], bool] = lambda _: True) -> Defect:
    """Take a query parameter for absent where its value passes a test, or always."""

    def change(request: Request) -> Request:
        kept = tuple(pair for pair in request.query if pair[0] != name or not test(pair[1]))
        return replace(request, query=kept)

    return asking(change)


def admitting(refuse: Callable[[Request, Answer], Answer | None]) -> Defect:
    """Decide anew on the requests that the reference refuses for their credentials."""

    def defect(api: Api) -> Api:
        def decide(request: Request) -> Answer | None:
            refusal = api.refuse(request)
            return None if refusal is None else refuse(request, refusal)

        return replace(api, refuse=decide)

    return defect


def redirecting(path: str) -> Defect:
    """Answer at another path, and send there whoever asks at the documented one."""

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


def _holder(job: Job, parents: list[str]) -> Any:
    value: Any = job
    for name in parents:
        value = value[0] if name == "*" else value.get(name)
        if value is None:
            return None
    return value
