"""The reference server is correct: every response to any query is as documented."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.client import ask, bodies, items
from servers.jobs import CONFIGURATIONS, ORGANIZATION, PROJECTS, STATUSES, make_jobs
from servers.loopback import Answer, Request, Server
from servers.reference import FIELDS, KEY, PATH, Api

JOBS = make_jobs()
API = Api(JOBS)
FEW = Api(JOBS[:5])
TOKEN = json.loads(ask(API, ("status", "FAILED"), ("page_size", "3")).body)["next_page_token"]
VALUES = {
    "configuration_id": [*CONFIGURATIONS, "cfg-unknown", ""],
    "job_ids": [*(job["id"] for job in JOBS[::40]), "cls-unknown"],
    "project_id": [*PROJECTS, "prj-unknown"],
    "status": [*STATUSES],
}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {KEY}"}
    with Server(API) as server, httpx.Client(base_url=server.url, headers=headers) as client:
        yield client


@pytest.mark.parametrize("size", [1, 2, 50, 79, 99, 100])
def test_every_walk_shows_every_job_once_in_order(size: int) -> None:
    assert items(API, ("page_size", str(size))) == list(JOBS)


def test_every_page_is_what_the_page_documents(
    client: httpx.Client, errors_of: Callable[[Any], list[str]]
) -> None:
    pages = list(bodies(client, ("page_size", "100")))
    assert [len(page["items"]) for page in pages] == [100, 100, 37]
    assert [errors_of(page) for page in pages] == [[], [], []]


@pytest.mark.parametrize(
    "field", ["configuration_id", "created_at", "error_message", "result", "updated_at"]
)
def test_optional_fields_are_absent_null_and_present(field: str) -> None:
    states = {"absent" if field not in job else job[field] is None for job in JOBS}
    assert states == {"absent", True, False}


def test_jobs_reach_every_documented_bound() -> None:
    rules = [rule for job in JOBS for rule in job["configuration"]["rules"]]
    confidences = {job["result"]["confidence"] for job in JOBS if job.get("result")}
    assert {10, 500} <= {len(rule["description"]) for rule in rules}
    assert {1, 50} <= {len(rule["type"]) for rule in rules}
    assert {0, 1} <= confidences


def filters() -> st.SearchStrategy[list[tuple[str, str]]]:
    chosen = st.fixed_dictionaries(
        {}, optional={name: st.sampled_from(VALUES[name]) for name in FIELDS if name != "job_ids"}
    )
    ids = st.lists(st.sampled_from(VALUES["job_ids"]), max_size=3)
    return st.builds(
        lambda scalars, ids: [*scalars.items(), *(("job_ids", value) for value in ids)], chosen, ids
    )


@given(query=filters(), size=st.integers(1, 100))
def test_filters_give_exactly_the_jobs_that_match_all(
    query: list[tuple[str, str]], size: int
) -> None:
    asked = {name: [v for key, v in query if key == name] for name, _ in query}
    expected = [
        job
        for job in JOBS
        if all(job.get(FIELDS[name]) in values for name, values in asked.items())
    ]
    assert items(API, *query, ("page_size", str(size))) == expected


@pytest.mark.parametrize(("organization", "count"), [(ORGANIZATION, 237), ("org-unknown", 0)])
def test_every_job_belongs_to_the_one_organization(organization: str, count: int) -> None:
    assert len(items(API, ("organization_id", organization))) == count


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page_size", "0"),
        ("page_size", "101"),
        ("page_size", "-1"),
        ("page_size", "1.5"),
        ("page_size", "abc"),
        ("page_size", ""),
        pytest.param("page_size", "٣", id="page_size in Arabic digits"),
        pytest.param("page_size", "9" * 5000, id="page_size of 5,000 digits"),
        ("status", "CANCELLED"),
        ("status", "pending"),
        ("status", ""),
        ("page_token", ""),
        pytest.param("page_token", "é", id="page_token not ASCII"),
        ("page_token", "AAAA"),
        pytest.param("page_token", "A" * 5000, id="page_token of 5,000 characters"),
    ],
)
def test_values_outside_the_page_are_refused(client: httpx.Client, name: str, value: str) -> None:
    response = client.get(PATH, params={name: value})
    assert (response.status_code, response.json()["detail"][0]["loc"]) == (422, ["query", name])


@given(st.text(), st.sampled_from(["page_size", "page_token", "status", *FIELDS, "other"]))
def test_no_value_makes_it_fail(value: str, name: str) -> None:
    assert ask(FEW, (name, value)).status in (200, 422)


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("AZaz09-_=+/é"))
def test_a_damaged_token_is_refused(at: int, character: str) -> None:
    damaged = TOKEN[:at] + character + TOKEN[at + 1 :]
    assert ask(API, ("page_token", damaged)).status == (200 if damaged == TOKEN else 422)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(TOKEN[:1], id="one character"),
        pytest.param(TOKEN[:12], id="12 characters"),
        pytest.param(TOKEN[:-1], id="all but the last"),
        pytest.param(f"{TOKEN}!", id="a mark after it"),
        pytest.param(f"!{TOKEN}", id="a mark before it"),
        pytest.param(f"{TOKEN} ", id="a space after it"),
        pytest.param(TOKEN * 2, id="twice"),
    ],
)
def test_a_token_cut_or_lengthened_is_refused(token: str) -> None:
    assert ask(API, ("page_token", token)).status == 422


def test_a_token_of_another_query_is_refused() -> None:
    assert ask(API, ("status", "PENDING"), ("page_token", TOKEN)).status == 422


@pytest.mark.parametrize(
    ("credential", "status"),
    [
        (f"Bearer {KEY}", 200),
        (f"bearer {KEY}", 200),
        (f"Bearer {KEY}x", 401),
        (f"Bearer {KEY[:-1]}", 401),
        (f"Basic {KEY}", 401),
        (KEY, 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        ("", 401),
    ],
)
def test_only_the_key_is_let_in(credential: str, status: int) -> None:
    assert ask(API, authorization=credential).status == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", PATH, 200),
        ("OPTIONS", PATH, 204),
        ("POST", PATH, 405),
        ("DELETE", PATH, 405),
        ("GET", f"{PATH}/", 404),
        ("GET", "/", 404),
    ],
)
def test_other_methods_and_paths(client: httpx.Client, method: str, path: str, status: int) -> None:
    response = client.request(method, path)
    assert (response.status_code, bool(response.content)) == (status, status == 404)


def test_one_connection_carries_many_requests(client: httpx.Client) -> None:
    streams = {
        id(client.get(PATH, params={"page_size": "1"}).extensions["network_stream"])
        for _ in range(3)
    }
    assert len(streams) == 1


def test_an_error_in_a_handler_is_raised_at_the_end() -> None:
    def broken(request: Request) -> Answer:
        raise LookupError(request.path)

    with (
        pytest.raises(LookupError, match="/x"),
        Server(broken) as server,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        httpx.get(f"{server.url}/x")
