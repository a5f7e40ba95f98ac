"""Scripted faults: bodies, delays, cuts, time-outs and drift, in process and over HTTP."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

import docpact
from docpact.errors import UsageError
from docpact.targets.asgi import served
from docpact.targets.faults import script
from docpact.targets.mock import MockApi, mock_client
from docpact.targets.mock_responses import REMOVED, check_place

OPERATION = docpact.load("llamacloud/list_classify_jobs")
URL = f"{OPERATION.server}{OPERATION.path}"
KEY = {"Authorization": "Bearer docpact-mock-key"}


@pytest.fixture
def api() -> MockApi:
    return MockApi(OPERATION)


def get(api: MockApi, **params: str) -> httpx.Response:
    with mock_client(api) as client:
        return client.get(URL, params=params, headers=KEY)


@pytest.mark.parametrize("body", [{}, [], 0, "", False, {"detail": "own"}])
def test_a_failure_has_the_body_that_is_given(api: MockApi, body: Any) -> None:
    api.fail_next(500, body=body)
    answer = get(api)
    assert (answer.status_code, answer.json()) == (500, body)
    assert get(api).status_code == 200


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("itmes", [], "no attribute 'itmes' to set; did you mean items?"),
        ("given", {"shop": "mine"}, "no attribute 'given' to set; set one value, as in given"),
        ("fail_next", 503, "no attribute 'fail_next' to set; you can set: items, key, requests"),
        ("key", 5, "the key of a mock is a text, or None to require none, not 5"),
        ("items", {"id": 1}, "expected a list of items, not {'id': 1}"),
        ("items", "FAILED", "expected a list of items, not 'FAILED'"),
        ("items", [{"id": {1}}], "the items cannot be JSON: Object of type set is not"),
        ("items", [{"id": float("nan")}], "the items cannot be JSON: Out of range float values"),
    ],
)
def test_what_a_mock_would_not_heed_cannot_be_set(
    api: MockApi, name: str, value: Any, problem: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(problem)):
        setattr(api, name, value)


def test_a_fault_is_for_the_requests_that_match(api: MockApi) -> None:
    api.fail_next(500, when={"page_size": 8})
    api.fail_next(503, when={"status": "FAILED"})
    api.fail_next(501, when=lambda request: request.url.params.get("page_size") == "7")
    assert [get(api).status_code, get(api, status="FAILED").status_code] == [200, 503]
    assert get(api, page_size="7", status="FAILED").status_code == 501
    assert len(api.requests) == 3


@pytest.mark.parametrize(
    ("method", "values", "says"),
    [
        ("fail_next", {"status": "503"}, '/status: integer; observed string "503"'),
        ("fail_next", {"headers": {"Retry-After": 1}}, "/headers/Retry-After: string"),
        ("fail_next", {"body": {1, 2}}, "the body cannot be JSON: "),
        ("fail_next", {"body": float("inf")}, "the body cannot be JSON: "),
        ("drift", {"change": "/items/*/status", "value": {1}}, "the value cannot be JSON: "),
        ("cut_next", {"times": 0}, "/times: at least 1; observed 0"),
        ("cut_next", {"when": {"staus": "FAILED"}}, "'staus'; did you mean status?"),
        ("cut_next", {"when": {"status": []}}, "give one value for each parameter"),
        ("cut_next", {"when": URL}, "no operation has the path https"),
        ("cut_next", {"when": 7}, "when=7: give a function, query parameters, or a path"),
        ("cut_next", {"when": "/api/v2/clasify"}, "did you mean /api/v2/classify?"),
        ("delay_next", {"seconds": "1"}, '/delay: number; observed string "1"'),
    ],
)
def test_a_fault_that_no_request_can_get_is_refused(
    api: MockApi, method: str, values: dict[str, Any], says: str
) -> None:
    with pytest.raises(UsageError) as raised:
        getattr(api, method)(**values)
    assert says in str(raised.value)
    assert not api.faults


def test_a_time_out_and_a_cut_are_errors_of_the_client(api: MockApi) -> None:
    api.time_out_next()
    api.cut_next()
    with pytest.raises(httpx.ReadTimeout):
        get(api)
    with pytest.raises(httpx.RemoteProtocolError):
        get(api)
    assert get(api).status_code == 200


def test_a_delay_comes_before_the_response(api: MockApi, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    api.delay_next(2.5)
    assert [get(api).status_code, get(api).status_code, waited] == [200, 200, [2.5]]


def test_a_client_does_not_wait_longer_than_its_timeout(
    api: MockApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    api.delay_next(60)
    with mock_client(api) as client, pytest.raises(httpx.ReadTimeout):
        client.get(URL, headers=KEY, timeout=3)
    assert waited == [3]


def test_a_day_is_stated_as_a_date(api: MockApi) -> None:
    api.find_past = lambda _, day: ()
    with pytest.raises(UsageError, match="'someday' is not a day such as 2026-11-27"):
        api.as_of("someday")


def test_drift_changes_every_response_while_it_lasts(api: MockApi) -> None:
    api.drift("/items/*/status", "LOST")
    api.drift("/items/0/id", times=1)
    first, second = (get(api, page_size="3").json()["items"] for _ in range(2))
    assert ["id" in item for item in first] == [False, True, True]
    assert ["id" in item for item in second] == [True, True, True]
    assert {item["status"] for item in (*first, *second)} == {"LOST"}


def test_drift_also_changes_a_scripted_failure(api: MockApi) -> None:
    api.drift("/detail", 7)
    api.fail_next(500)
    assert get(api).json() == {"detail": 7}


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ([], "a fault is a JSON object"),
        ({}, "expected status, cut, time_out, delay or drift"),
        ({"state": 503}, "a fault has no key state"),
        ({"status": "x"}, "this is not a fault"),
        ({"drift": "items"}, "is not a JSON Pointer"),
        ({"status": 99999}, "this is not a fault: /status: at most 599; observed 99999"),
        ({"status": 503, "headers": {"a b": "c"}}, "this is not a fault: /headers"),
        ({"status": 503, "headers": {"a": "b\nc"}}, "this is not a fault: /headers/a"),
        ({"delay": -1}, "this is not a fault: /delay: at least 0"),
        ({"delay": float("nan")}, "delay_next: the seconds cannot be JSON"),
        ({"cut": True, "times": 0}, "this is not a fault: /times: at least 1"),
        ({"cut": True, "query": {"limit": 3}}, "this is not a fault: /query/limit: string"),
    ],
)
def test_anything_else_is_refused(api: MockApi, stated: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        script(api, stated)


def test_faults_over_http_are_stated_by_a_header_or_posted(api: MockApi) -> None:
    with served(api) as base, httpx.Client(base_url=base, headers=KEY, timeout=60) as client:

        def ask(**fault: Any) -> httpx.Response:
            headers = {"Docpact-Fault": json.dumps(fault)} if fault else {}
            seconds = 0.5 if "time_out" in fault else 60
            return client.get(OPERATION.path, headers=headers, timeout=seconds)

        assert ask(status=503, headers={"Retry-After": "9"}).headers["Retry-After"] == "9"
        assert "id" not in ask(drift="/items/*/id", times=1).json()["items"][0]
        for fault, error in (("cut", httpx.RemoteProtocolError), ("time_out", httpx.ReadTimeout)):
            with pytest.raises(error):
                ask(**{fault: True})
        assert ask(state=1).status_code == 422
        posted = client.post("/_docpact/faults", json={"status": 500, "times": 2, "body": 0})
        assert [posted.status_code, ask().status_code, ask().json()] == [204, 500, 0]
        client.post("/_docpact/faults", json={"drift": "/items", "value": None})
        assert ask().json()["items"] is None
        client.delete("/_docpact/faults")
        assert ask().json()["items"]
        assert client.get("/_docpact/faults").headers["Allow"] == "POST, DELETE"
        assert "this is not JSON" in client.post("/_docpact/faults", content=b"{").text
        assert len(api.requests) == 8


def test_a_fault_of_a_header_is_for_its_own_request(api: MockApi) -> None:
    with served(api) as base, httpx.Client(base_url=base, headers=KEY, timeout=60) as client:

        def ask(fault: str | None = None) -> httpx.Response:
            headers = {"Docpact-Fault": fault} if fault else {}
            return client.get(OPERATION.path, headers=headers)

        assert ask('{"drift": "/items"}').json().keys() == {"next_page_token", "total_size"}
        assert "items" in ask().json()
        assert ask('{"status": 500, "times": 3}').status_code == 500
        assert ask().status_code == 200
        client.post("/_docpact/faults", json={"status": 503})
        assert [ask(fault).status_code for fault in ("{", '{"status": 500}', None)] == [
            422,
            500,
            503,
        ]


Check = Callable[[Any], None]


@pytest.mark.parametrize(
    "response",
    [
        SimpleNamespace(content=b'{"items": []}'),
        SimpleNamespace(data=b'{"items": []}'),
        SimpleNamespace(content=object(), _body=b'{"items": []}'),
        b'{"items": []}',
        {"items": []},
    ],
    ids=["httpx, requests, Django", "urllib3, Flask", "aiohttp", "bytes", "a value"],
)
def test_a_response_of_any_library_is_checked(response: Any, docpact_check_response: Check) -> None:
    docpact_check_response(response)
    broken = response
    for name in ("content", "data", "_body"):
        if isinstance(getattr(response, name, None), bytes):
            broken = SimpleNamespace(**{**vars(response), name: b'{"items": 1}'})
    if broken is response:
        broken = b'{"items": 1}' if isinstance(response, bytes) else {"items": 1}
    with pytest.raises(pytest.fail.Exception, match="/items"):
        docpact_check_response(broken)


def test_a_response_that_is_not_read_is_not_checked(docpact_check_response: Check) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"await response\.read"):
        docpact_check_response(SimpleNamespace(content=object(), _body=None))


@pytest.mark.parametrize(
    ("where", "value", "says"),
    [
        (
            "/items/*/statsu",
            REMOVED,
            "has /items/\\*/statsu; /items/\\* has",
        ),
        ("/item/*/status", "LOST", "the body has items, next_page_token, total_size"),
        ("/items/*/status/deep", "LOST", "has /items/\\*/status/deep"),
        ("/total_size/0", 1, "has /total_size/0"),
        ("/items/x", 1, "has /items/x"),
        ("/items/0", 1, ""),
        ("/items/*/new", 1, ""),
        ("/items/*/result", REMOVED, ""),
        ("/detail", 7, ""),
    ],
)
def test_drift_is_at_a_place_that_a_response_may_have(where: str, value: Any, says: str) -> None:
    api = MockApi(OPERATION)
    if says:
        with pytest.raises(UsageError, match=says):
            api.drift(where, value)
    else:
        api.drift(where, value)


def test_a_response_without_a_schema_allows_no_drift() -> None:
    empty = replace(
        OPERATION, id="toys/delete", method="DELETE", response_schema={"$schema": ""}, responses=()
    )
    with pytest.raises(UsageError, match="no documented response has /item"):
        check_place((OPERATION, empty), "/item/x", is_removed=False)


def test_a_response_that_is_a_text_allows_no_drift() -> None:
    text = replace(OPERATION, id="toys/table", response_schema={"type": "string"}, responses=())
    with pytest.raises(UsageError, match="no documented response has /item"):
        check_place((OPERATION, text), "/item/x", is_removed=False)


def test_drift_below_a_part_that_may_be_anything() -> None:
    schema = {"type": "object", "properties": {"more": {"additionalProperties": True}}}
    MockApi(replace(OPERATION, response_schema=schema)).drift("/more/a/b", 1)
