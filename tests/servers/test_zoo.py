"""The servers of the zoo have the properties that their names state, without docpact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations, count, pairwise, zip_longest
from operator import attrgetter
from typing import Any, Final

import pytest
from servers.broken_access import ACCESS
from servers.broken_filters import FILTERS
from servers.broken_paging import PAGING
from servers.broken_stability import HAPHAZARD, STABILITY
from servers.client import CREDENTIALS, Pair, ask
from servers.jobs import CONFIGURATIONS, PROJECTS, STATUSES, Job, make_jobs
from servers.loopback import Handler, Request
from servers.moving import MOVING, RELATIONS
from servers.reference import FIELDS, KEY, PATH, Api
from servers.zoo import Broken, Unusual
from sizes import sample

IDS: Final = tuple(("job_ids", job["id"]) for job in make_jobs())
VALUES: Final = tuple(
    (name, value)
    for name, values in (
        ("configuration_id", (*CONFIGURATIONS, "unknown")),
        ("project_id", (*PROJECTS, "unknown")),
        ("status", STATUSES),
        ("job_ids", ("unknown", IDS[119][1])),
    )
    for value in values
)
SURVEY: Final = (("page_size", "100"),)
QUERIES: Final[tuple[tuple[Pair, ...], ...]] = (
    (),
    *((("page_size", size),) for size in ("100", "1", "2", "50", "79", "99", "0")),
    *((pair, *SURVEY) for pair in VALUES),
    *((pair, ("page_size", "4")) for pair in VALUES),
    *((*IDS[at : at + 50], *SURVEY) for at in range(0, len(IDS), 50)),
    *((*IDS[:4], ("page_size", size)) for size in ("2", "4")),
    (IDS[0], IDS[0]),
    (IDS[0], ("job_ids", "unknown")),
    *((one, two, *SURVEY) for one, two in combinations(VALUES, 2) if one[0] != two[0]),
    *((*IDS[:9], value) for value in VALUES if value[0] != "job_ids"),
    (("page_token", "garbage"),),
    (),
    SURVEY,
)
STRANGERS: Final[tuple[dict[str, str], ...]] = (
    {"accept": "*/*"},
    {"cookie": "session=made-up"},
    *(
        {"authorization": credential}
        for credential in (
            *("Bearer wrong", "Bearer", "wrong", "Basic d3Jvbmc6d3Jvbmc="),
            *(f"Bearer {KEY}-and-more", f"Bearer {KEY[:8]}-and-more"),
        )
    ),
)
FINAL: Final = ("COMPLETED", "FAILED")
CONSTANT: Final = ("project_id", "document_input_type", "document_input_value", "user_id")


def counted(handler: Handler) -> Handler:
    """Number the requests."""
    numbers = count()
    return lambda request: handler(replace(request, number=next(numbers)))


def pages(handler: Handler, *query: Pair, most: int = 4) -> Iterator[Any]:
    """Walk a query as the official client does: each request repeats it with the token."""
    token: tuple[Pair, ...] = ()
    for _ in range(most):
        answer = ask(handler, *query, *token)
        body = json.loads(answer.body)
        yield answer.status, answer.headers, body
        onward = body.get("next_page_token")
        if onward is None:
            return
        token = (("page_token", onward),)


def items(handler: Handler, *query: Pair) -> list[Job]:
    """Return the jobs of every page of a query."""
    return [job for _, _, body in pages(handler, *query, most=100) for job in body["items"]]


def transcript(handler: Handler) -> Iterator[Any]:
    """Yield the responses of a server to many requests, independent of its tokens."""
    for headers in STRANGERS:
        yield ask(handler, **headers)
        yield ask(handler, ("status", "FAILED"), **headers)
        yield ask(handler, ("page_token", "x"), **headers)
    for method in ("HEAD", "OPTIONS"):
        yield handler(Request(method, PATH, (), CREDENTIALS)).status
        yield handler(Request(method, PATH, (), {})).status
    for query in QUERIES:
        token = None
        for status, headers, body in pages(handler, *query):
            token = body.get("next_page_token")
            yield status, headers, body | {"next_page_token": token is not None}
        if token is not None:
            yield json.loads(ask(handler, ("page_token", token)).body).get("items")


@cache
def reference_transcript(jobs: int) -> tuple[Any, ...]:
    return tuple(transcript(counted(Api(make_jobs(jobs)))))


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    "broken",
    sample([*FILTERS, *PAGING, *STABILITY, *HAPHAZARD, *ACCESS], 12, attrgetter("name")),
)
def test_a_broken_server_differs_from_the_reference(broken: Broken) -> None:
    answers = transcript(counted(broken.handler()))
    assert any(
        one != other for one, other in zip_longest(answers, reference_transcript(broken.jobs))
    )


@pytest.mark.parametrize("unusual", sample(RELATIONS, 3, attrgetter("name")))
def test_an_unusual_server_shows_each_job_once_at_every_size(unusual: Unusual) -> None:
    handler = counted(unusual.handler())
    every = sorted(job["id"] for job in items(handler, ("page_size", "100")))
    assert len(set(every)) == len(every) == unusual.jobs
    assert sorted(job["id"] for job in items(handler, ("page_size", "30"))) == every


@pytest.mark.sampled(3)
@pytest.mark.parametrize("unusual", sample(RELATIONS, 3, attrgetter("name")))
def test_an_unusual_server_filters_correctly(unusual: Unusual) -> None:
    handler = counted(unusual.handler())
    every = items(handler, *SURVEY)
    for name, field in FIELDS.items():
        value = next((job[field] for job in every if job.get(field)), None)
        expected = sorted(job["id"] for job in every if job.get(field) == value)
        if value is not None:
            found = items(handler, (name, value), ("page_size", "10"))
            assert sorted(job["id"] for job in found) == expected


@pytest.mark.sampled(6)
@pytest.mark.parametrize("unusual", sample(MOVING, 3, attrgetter("name")))
def test_a_changing_account_makes_only_allowed_changes(unusual: Unusual) -> None:
    handler = counted(unusual.handler())
    ids = tuple(("job_ids", job["id"]) for job in make_jobs(257)[::3])
    looks = [{job["id"]: job for job in items(handler, *ids, *SURVEY)} for _ in range(120)]
    assert looks[0] != looks[-1]
    for one in set().union(*looks):
        assert sum((one in before) != (one in now) for before, now in pairwise(looks)) <= 1
    for before, now in pairwise(looks):
        for old, new in ((before[one], now[one]) for one in before.keys() & now.keys()):
            assert [old[field] for field in CONSTANT] == [new[field] for field in CONSTANT]
            assert STATUSES.index(old["status"]) <= STATUSES.index(new["status"])
            assert old["status"] not in FINAL or old == new
