"""Servers that treat queries or credentials in another way than the page says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from servers.defects import When, admitting, answering, error, ignoring
from servers.jobs import CONFIGURATIONS, PROJECTS, STATUSES
from servers.loopback import Answer, Request
from servers.reference import Refused, read_token
from servers.zoo import Broken

from docpact.model import Level

FEW: Final = 12
"""Jobs of an account whose number of pages does not matter."""


def has(name: str, *values: str) -> When:
    """Return whether a parameter has one of some values."""
    return lambda request: request.last(name) in values


def given(name: str) -> When:
    """Return whether a parameter is given."""
    return lambda request: bool(request.values(name))


def like(name: str, test: Callable[[str], bool]) -> When:
    """Return whether a value of a parameter passes a test."""
    return lambda request: any(test(value) for value in request.values(name))


def unlike(name: str, beginning: str) -> When:
    """Return whether a value of a parameter has another beginning."""
    return like(name, lambda value: not value.startswith(beginning))


def repeated(name: str) -> When:
    """Return whether a parameter is given more than once."""
    return lambda request: len(request.values(name)) > 1


def is_foreign(token: str) -> bool:
    """Return whether the server did not issue a token."""
    try:
        read_token(token)
    except Refused:
        return True
    return False


def is_number(text: str) -> bool:
    """Return whether text is a decimal integer."""
    return re.fullmatch(r"-?[0-9]+", text) is not None


def fault(request: Request) -> str:
    """Name the problem of the credentials of a refused request."""
    credential = request.headers.get("authorization")
    if credential is None:
        return "missing"
    return "wrong" if credential.partition(" ")[2] else "malformed"


def admits(*faults: str) -> Callable[[Request, Answer], Answer | None]:
    """Take credentials with some faults for good ones."""
    return lambda request, refusal: None if fault(request) in faults else refusal


def fails_at(*faults: str) -> Callable[[Request, Answer], Answer | None]:
    """Fail at credentials with some faults."""
    return lambda request, refusal: error(500) if fault(request) in faults else refusal


ACCEPTS: Final = tuple(
    Broken(
        f"refused: {name}", "query.accepts", f"query/{parameter}", answering(status, when), jobs=FEW
    )
    for name, parameter, status, when in (
        ("page_size=100", "page_size", 422, has("page_size", "100")),
        ("page_size=1", "page_size", 422, has("page_size", "1")),
        (
            "page_size above 50",
            "page_size",
            400,
            like("page_size", lambda v: is_number(v) and int(v) > 50),
        ),
        ("status=FAILED", "status", 422, has("status", "FAILED")),
        ("status=PENDING, as not found", "status", 404, has("status", "PENDING")),
        ("every status", "status", 400, has("status", *STATUSES)),
        ("every project", "project_id", 403, has("project_id", *PROJECTS)),
        ("every configuration", "configuration_id", 404, has("configuration_id", *CONFIGURATIONS)),
        ("every job id", "job_ids", 422, like("job_ids", lambda v: v.startswith("cls-"))),
        ("five job ids", "job_ids", 414, lambda request: len(request.values("job_ids")) > 4),
        (
            "a project in short pages",
            "project_id",
            422,
            lambda r: "project_id" in dict(r.query) and r.last("page_size") in tuple("2345"),
        ),
    )
)

REJECTS: Final = tuple(
    Broken(
        f"accepted: {name}",
        "query.rejects",
        f"query/{parameter}",
        ignoring(parameter, test),
        Level.ADDITIVE,
        jobs=FEW,
    )
    for name, parameter, test in (
        ("page_size=101", "page_size", lambda value: value == "101"),
        ("page_size=0", "page_size", lambda value: value == "0"),
        ("page_size below 1", "page_size", lambda v: is_number(v) and int(v) < 1),
        ("page_size above 100", "page_size", lambda v: is_number(v) and int(v) > 100),
        ("page_size=abc", "page_size", lambda value: value.isalpha()),
        ("any status", "status", lambda value: value not in STATUSES),
        ("status in lower case", "status", lambda value: value.islower()),
    )
)

FAILS: Final = tuple(
    Broken(
        f"fails: {name}", "query.server_error", f"query/{parameter}", answering(500, when), jobs=FEW
    )
    for name, parameter, when in (
        ("page_size=0", "page_size", has("page_size", "0")),
        ("page_size=100", "page_size", has("page_size", "100")),
        ("page_size no number", "page_size", like("page_size", lambda v: not is_number(v))),
        ("page_size negative", "page_size", like("page_size", lambda v: v.startswith("-"))),
        ("page_size empty", "page_size", has("page_size", "")),
        ("status=RUNNING", "status", has("status", "RUNNING")),
        ("status unknown", "status", like("status", lambda v: v not in STATUSES)),
        ("status empty", "status", has("status", "")),
        ("status repeated", "status", repeated("status")),
        ("job_ids repeated", "job_ids", repeated("job_ids")),
        ("organization given", "organization_id", given("organization_id")),
        ("foreign token", "page_token", like("page_token", is_foreign)),
        *(
            (f"{kind} in {name}", name, like(name, test))
            for kind, test in (
                ("non-ASCII text", lambda v: not v.isascii()),
                ("NUL", lambda v: "\0" in v),
                ("a quote", lambda v: '"' in v),
                ("an empty text", lambda v: not v),
                ("very long text", lambda v: len(v) > 1000),
            )
            for name in ("configuration_id", "job_ids", "organization_id", "project_id")
        ),
    )
)

FAILS_AT_UNKNOWN: Final = tuple(
    Broken(
        f"fails: {name} unknown",
        "query.server_error",
        f"query/{name}",
        answering(500, unlike(name, known)),
        also=frozenset({"response.status"}),
        jobs=FEW,
    )
    for name, known in (("job_ids", "cls-"), ("project_id", "prj-"))
)

NEXT_PAGE: Final = (
    Broken(
        "refused: every page but the first",
        "query.accepts",
        "query/page_token",
        answering(422, given("page_token")),
    ),
    Broken(
        "fails: every page but the first",
        "query.server_error",
        "query/page_token",
        answering(500, given("page_token")),
    ),
)

ALIKE: Final = {
    "missing": frozenset({"auth.cookie"}),
    "wrong": frozenset({"auth.malformed"}),
    "malformed": frozenset[str](),
}
"""Fault of the credentials → rules about credentials that a server takes for the same ones."""

CREDENTIALS: Final = (
    *(
        Broken(
            f"auth: {name}",
            f"auth.{fault}",
            "header/Authorization",
            admitting(decide),
            also=ALIKE[fault],
            jobs=FEW,
        )
        for name, fault, decide in (
            ("none accepted", "missing", admits("missing")),
            ("wrong accepted", "wrong", admits("wrong")),
            ("malformed accepted", "malformed", admits("malformed")),
            ("500 to none", "missing", fails_at("missing")),
            ("500 to wrong", "wrong", fails_at("wrong")),
            ("500 to malformed", "malformed", fails_at("malformed")),
        )
    ),
    Broken(
        "auth: anyone accepted",
        "auth.missing",
        "header/Authorization",
        admitting(admits("missing", "wrong", "malformed")),
        also=frozenset({"auth.wrong", "auth.malformed", "auth.cookie"}),
        jobs=FEW,
    ),
)

QUERIES: Final = (*ACCEPTS, *REJECTS, *FAILS, *FAILS_AT_UNKNOWN, *NEXT_PAGE, *CREDENTIALS)
