"""The mock answers as its contract says: by itself, to the official SDK, and over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from llama_cloud import (
    APIConnectionError,
    AsyncLlamaCloud,
    AuthenticationError,
    InternalServerError,
    LlamaCloud,
    RateLimitError,
    UnprocessableEntityError,
)
from sizes import FEWER, examples

import docpact
from docpact.cases.sampling import sample_items
from docpact.errors import UsageError
from docpact.model import Case, Parameter, Roles
from docpact.strategies import boundary_cases, invalid_cases
from docpact.targets.asgi import served
from docpact.targets.mock import MOCK_KEY, MockApi, mock_client
from docpact.targets.mock_clients import mounted

OPERATION = docpact.load("llamacloud/list_classify_jobs")
ITEMS = sample_items(OPERATION, 45)
BASE = OPERATION.server + OPERATION.path
AUTH = {"Authorization": f"Bearer {MOCK_KEY}"}


def ask(api: MockApi, query: Any = (), method: str = "GET", **headers: str) -> httpx.Response:
    sent = headers or AUTH
    return api.answer(httpx.Request(method, BASE, params=list(query), headers=sent))


def walk(api: MockApi, *query: tuple[str, str]) -> list[Any]:
    """Walk every page by its token alone, after the first."""
    items, page = [], ask(api, query).json()
    for _ in range(200):
        items += page["items"]
        if not page.get("next_page_token"):
            return items
        page = ask(api, [("page_token", page["next_page_token"])]).json()
    raise AssertionError("the walk does not end")


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["PENDING", "RUNNING", "COMPLETED", "FAILED"]),
        "project_id": st.sampled_from(["project_id-1", "project_id-2", "nobody"]),
        "configuration_id": st.sampled_from(["configuration_id-1", "nobody"]),
    },
)


@given(
    FILTERS, st.lists(st.sampled_from([*ITEMS[:5], {"id": "?"}]), max_size=3), st.integers(1, 100)
)
@settings(max_examples=examples(60))
def test_a_walk_gives_what_the_filters_select_in_order(
    filters: dict[str, str], some: list[Any], size: int
) -> None:
    ids = [item["id"] for item in some]
    query = [*filters.items(), *(("job_ids", each) for each in ids)]
    expected = [
        item
        for item in ITEMS
        if all(item.get(name) == value for name, value in filters.items())
        and (not ids or item["id"] in ids)
    ]
    assert walk(MockApi(OPERATION, ITEMS), *query, ("page_size", str(size))) == expected


@pytest.mark.parametrize("case", boundary_cases(OPERATION), ids=lambda case: case.label)
def test_edges_are_answered_as_documented(case: Case) -> None:
    answer = ask(MockApi(OPERATION, ITEMS), case.query)
    assert answer.status_code in (
        (200,) if case.expectation.answer.value == "accepted" else (200, 422)
    )
    if answer.status_code == 200:
        Draft202012Validator(dict(OPERATION.response_schema)).validate(answer.json())


@pytest.mark.parametrize("case", invalid_cases(OPERATION), ids=lambda case: case.label)
def test_undocumented_values_are_refused(case: Case) -> None:
    answer = ask(MockApi(OPERATION, ITEMS), case.query)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", case.expectation.parameter]


@FEWER
@given(st.lists(st.tuples(st.sampled_from(["status", "page_size", "page_token", "?"]), st.text())))
def test_no_query_makes_it_fail(query: list[tuple[str, str]]) -> None:
    assert ask(MockApi(OPERATION, ITEMS), query).status_code in (200, 422)


@pytest.mark.parametrize("cut", ["", "x", -1, 4, "AAAA", "é"])
def test_tokens_of_others_are_refused(cut: str | int) -> None:
    api = MockApi(OPERATION, ITEMS)
    token = ask(api, [("page_size", "5")]).json()["next_page_token"]
    forged = token[:cut] if isinstance(cut, int) else (cut + token if cut else "garbage")
    assert ask(api, [("page_token", forged)]).status_code == 422


def test_a_token_belongs_to_its_filters() -> None:
    api = MockApi(OPERATION, ITEMS)
    token = ask(api, [("page_size", "1"), ("status", "FAILED")]).json()["next_page_token"]
    onward = [("page_token", token)]
    assert ask(api, [*onward, ("status", "FAILED")]).status_code == 200
    assert ask(api, [*onward, ("status", "PENDING")]).status_code == 422


@pytest.mark.parametrize(
    ("method", "status"), [("HEAD", 200), ("OPTIONS", 204), ("POST", 405), ("DELETE", 405)]
)
def test_other_methods(method: str, status: int) -> None:
    assert ask(MockApi(OPERATION, ITEMS), method=method).status_code == status


def test_a_response_to_head_has_the_headers_of_get_and_no_body() -> None:
    answers = [ask(MockApi(OPERATION, ITEMS), method=method) for method in ("GET", "HEAD")]
    assert answers[0].headers == answers[1].headers
    assert [len(answer.content) > 0 for answer in answers] == [True, False]


@pytest.mark.parametrize(
    "value", ["", "Bearer", f"Basic {MOCK_KEY}", "Bearer wrong", MOCK_KEY, f"Bearer {MOCK_KEY}x"]
)
def test_credentials_that_are_refused(value: str) -> None:
    answer = ask(MockApi(OPERATION, ITEMS), Authorization=value)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_the_schemes_case_does_not_matter_and_no_key_asks_for_none() -> None:
    assert ask(MockApi(OPERATION, ITEMS), Authorization=f"bearer {MOCK_KEY}").status_code == 200
    assert ask(MockApi(OPERATION, ITEMS, key=None), Accept="*/*").status_code == 200


def test_another_path_is_not_found() -> None:
    api = MockApi(OPERATION, ITEMS)
    assert api.answer(httpx.Request("GET", f"{OPERATION.server}/x")).status_code == 404


def test_scripted_failures_come_first_and_once() -> None:
    api = MockApi(OPERATION, ITEMS)
    api.fail_next(503, times=2, headers={"Retry-After": "0"})
    api.fail_next(200, body=b"<html>")
    answers = [ask(api) for _ in range(4)]
    assert [each.status_code for each in answers] == [503, 503, 200, 200]
    assert (answers[0].headers["retry-after"], answers[2].content) == ("0", b"<html>")
    assert len(api.requests) == 4


def test_a_cut_connection_breaks_the_client() -> None:
    api = MockApi(OPERATION, ITEMS)
    api.cut_next()
    with mock_client(api) as client, pytest.raises(httpx.RemoteProtocolError):
        client.get(BASE)


@contextmanager
def on_httpx(api: MockApi) -> Iterator[str]:
    with mounted(api):
        yield OPERATION.server


PLACES = [pytest.param(on_httpx, id="respx"), pytest.param(served, id="loopback")]


def sdk(base: str, key: str = MOCK_KEY) -> LlamaCloud:
    return LlamaCloud(base_url=base, api_key=key, max_retries=0)


@pytest.mark.parametrize("place", PLACES)
def test_the_official_sdk_walks_every_job(place: Any) -> None:
    with place(MockApi(OPERATION, ITEMS)) as base, sdk(base) as client:
        jobs = list(client.classify.list(page_size=7))
        failed = list(client.classify.list(status="FAILED", page_size=3))
        two = list(client.classify.list(job_ids=[ITEMS[0]["id"], ITEMS[9]["id"], "nobody"]))
    assert [job.id for job in jobs] == [item["id"] for item in ITEMS]
    assert [job.id for job in failed] == [e["id"] for e in ITEMS if e["status"] == "FAILED"]
    assert [job.id for job in two] == [ITEMS[0]["id"], ITEMS[9]["id"]]


@pytest.mark.parametrize("place", PLACES)
def test_the_official_async_sdk_walks_every_job(place: Any) -> None:
    async def ids(base: str) -> list[str]:
        async with AsyncLlamaCloud(base_url=base, api_key=MOCK_KEY, max_retries=0) as client:
            return [job.id async for job in client.classify.list(page_size=20)]

    with place(MockApi(OPERATION, ITEMS)) as base:
        assert asyncio.run(ids(base)) == [item["id"] for item in ITEMS]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("script", "query", "key", "error"),
    [
        ({}, {"page_size": 101}, MOCK_KEY, UnprocessableEntityError),
        ({}, {}, "wrong", AuthenticationError),
        ({"status": 503}, {}, MOCK_KEY, InternalServerError),
        ({"status": 429}, {}, MOCK_KEY, RateLimitError),
        (None, {}, MOCK_KEY, APIConnectionError),
    ],
    ids=["422", "401", "503", "429", "cut"],
)
def test_the_official_sdk_meets_failures(
    place: Any, script: dict[str, Any] | None, query: Any, key: str, error: type[Exception]
) -> None:
    api = MockApi(OPERATION, ITEMS)
    if script is None:
        api.cut_next()
    elif script:
        api.fail_next(**script)
    with place(api) as base, sdk(base, key) as client, pytest.raises(error):
        client.classify.list(**query)


def test_a_request_to_anywhere_else_is_an_error() -> None:
    with mounted(MockApi(OPERATION, ITEMS)), pytest.raises(Exception, match="the mock has only"):
        httpx.get("https://elsewhere.example/")


@pytest.mark.parametrize(
    ("base", "says"), [("eu.example.com", "did you mean https://eu"), ([5], "5: not the URL")]
)
def test_a_server_without_a_scheme_is_refused(base: Any, says: str) -> None:
    opened = mounted(MockApi(OPERATION, ITEMS), base)
    with pytest.raises(UsageError, match=says), opened:
        pass


COUNTED = replace(
    OPERATION,
    parameters=(
        Parameter("count", "query", required=False, schema={"type": "integer"}),
        Parameter("ratio", "query", required=False, schema={"type": "number"}),
        Parameter("done", "query", required=False, schema={"type": "boolean"}),
    ),
    query_schema={},
    roles=Roles(items="/items", filters={"count": "/count", "ratio": "/ratio", "done": "/done"}),
)
BIG = 2**53 + 1
MEASURED: list[dict[str, Any]] = [
    {"count": BIG, "ratio": 0.5, "done": True},
    {"count": BIG - 1, "ratio": 1e-7, "done": False},
    {"count": None, "ratio": 3.0, "done": None},
]


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("count", str(BIG), [0]),
        ("count", "-7", []),
        ("count", "1_0", None),
        ("count", "1e2", None),
        ("count", "1.0", None),
        ("count", " 1", None),
        ("count", "01", None),
        ("count", "\N{ARABIC-INDIC DIGIT ONE}", None),
        ("count", "9" * 5000, None),
        ("ratio", "0.5", [0]),
        ("ratio", "0.0000001", [1]),
        ("ratio", "1e2", []),
        ("ratio", "1e999", None),
        ("ratio", "0x1p3", None),
        ("ratio", "nan", None),
        ("ratio", "00.5", None),
        ("done", "true", [0]),
        ("done", "false", [1]),
        ("done", "no", None),
        ("done", "True", None),
    ],
)
def test_numbers_and_booleans_are_read_exactly_and_select(
    name: str, text: str, found: list[int] | None
) -> None:
    response = ask(MockApi(COUNTED, MEASURED), [(name, text)])
    if found is None:
        assert response.status_code == 422
    else:
        assert response.json()["items"] == [MEASURED[number] for number in found]
