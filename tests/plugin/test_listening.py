"""Listening judges the traffic of a program, which gets every response unchanged."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import requests
from command import OPERATION

import docpact
from docpact.apis import load_api
from docpact.audit.auditing import Auditor
from docpact.errors import UsageError
from docpact.history.codec import encode
from docpact.listening import Listener
from docpact.model import Level
from docpact.targets.asgi import served
from docpact.targets.mock import MOCK_KEY, MockApi

LIST = docpact.load(OPERATION)
ITEMS = list(MockApi(LIST).items[:20])
KEY = {"Authorization": f"Bearer {MOCK_KEY}"}


def sync(url: str) -> tuple[bytes, Listener]:
    with httpx.Client(headers=KEY) as client, docpact.listen(client, OPERATION) as listener:
        return client.get(url).content, listener


def asynchronous(url: str) -> tuple[bytes, Listener]:
    async def ask() -> tuple[bytes, Listener]:
        async with httpx.AsyncClient(headers=KEY) as client:
            with docpact.listen(client, OPERATION) as listener:
                return (await client.get(url)).content, listener

    return asyncio.run(ask())


def with_requests(url: str) -> tuple[bytes, Listener]:
    with requests.Session() as client, docpact.listen(client, OPERATION) as listener:
        return client.get(url, headers=KEY).content, listener


def streamed(url: str) -> tuple[bytes, Listener]:
    with (
        httpx.Client(headers=KEY) as client,
        docpact.listen(client, OPERATION) as listener,
        client.stream("GET", url) as response,
    ):
        return b"".join(response.iter_bytes(1000)), listener


@pytest.fixture
def api() -> Iterator[tuple[str, MockApi]]:
    mock = MockApi(LIST, ITEMS)
    with served(mock) as base:
        yield f"{base}{LIST.path}", mock


@pytest.mark.sampled(6)
@pytest.mark.parametrize("ask", [sync, asynchronous, with_requests, streamed])
def test_a_client_is_heard(
    api: tuple[str, MockApi], ask: Callable[[str], tuple[bytes, Listener]]
) -> None:
    url, mock = api
    body, listener = ask(url)
    assert json.loads(body)["items"] == ITEMS
    assert listener.findings == ()
    assert listener.run.runs[0].outcomes
    mock.drift("/items/*/status", "GONE")
    body, listener = ask(url)
    assert {each["status"] for each in json.loads(body)["items"]} == {"GONE"}
    broken = [each for each in listener.findings if each.level is Level.BREAKING]
    assert [(each.rule, each.count) for each in broken] == [("response.enum", 20)]


def answering(body: bytes, **headers: str) -> httpx.Client:
    """Return a client that gets a body in pieces."""

    def respond(_: httpx.Request) -> httpx.Response:
        pieces = iter([body[:10], body[10:]])
        return httpx.Response(200, headers=headers, stream=Pieces(pieces))

    return httpx.Client(transport=httpx.MockTransport(respond), headers=KEY)


class Pieces(httpx.SyncByteStream):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return self.pieces


BODY = json.dumps({"items": [{**ITEMS[0], "status": "GONE"}]}).encode()
JSON = {"content-type": "application/json"}


def test_a_compressed_body_reaches_the_program_as_sent() -> None:
    packed = gzip.compress(BODY)
    client = answering(packed, **JSON, **{"content-encoding": "gzip"})
    with (
        docpact.listen(client, OPERATION) as listener,
        client.stream("GET", f"{LIST.server}{LIST.path}") as response,
    ):
        assert b"".join(response.iter_raw()) == packed
    assert [each.rule for each in listener.findings] == ["response.enum"]
    assert "Bearer $LLAMA_CLOUD_API_KEY" in listener.findings[0].reproduce


def test_a_body_that_is_not_read_whole_is_not_judged() -> None:
    client = answering(BODY, **JSON)
    with (
        docpact.listen(client, OPERATION) as listener,
        client.stream("GET", f"{LIST.server}{LIST.path}") as response,
    ):
        next(response.iter_bytes())
    (run,) = listener.run.runs
    assert run.reason == f"no successful response to GET {LIST.path} can be judged"


def test_no_secret_of_a_request_is_kept() -> None:
    secret = "k-3f9a5b1c7d2e"
    body = {"items": [{**ITEMS[0], "status": f"for {secret}"}]}
    client = answering(json.dumps(body).encode(), **JSON)
    headers = {"Authorization": f"Bearer {secret}"}
    with docpact.listen(client, OPERATION) as listener:
        client.get(f"{LIST.server}{LIST.path}?api_key={secret}", headers=headers)
    (run,) = listener.run.runs
    assert [each.rule for each in run.findings] == ["response.enum"]
    assert secret not in encode(run, version="1")
    assert secret not in repr(listener.__dict__)


def test_after_the_block_nothing_is_heard() -> None:
    client = answering(BODY, **JSON)
    with docpact.listen(client, OPERATION) as listener:
        pass
    client.get(f"{LIST.server}{LIST.path}")
    assert client.event_hooks["response"] == []
    assert listener.summary.records == 0


def test_many_responses_are_counted_as_one_by_one() -> None:
    client = httpx.Client(transport=httpx.MockTransport(MockApi(LIST, ITEMS).answer), headers=KEY)
    with docpact.listen(client, load_api(OPERATION)) as listener:
        for _ in range(120):
            client.get(f"{LIST.server}{LIST.path}")
    assert listener.summary.counts["exchanges"] == 120
    assert listener.findings == ()


def test_an_error_of_docpact_does_not_reach_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    client = answering(BODY, **JSON)
    monkeypatch.setattr(Auditor, "summary", fail)
    monkeypatch.setattr("docpact.listening.BATCH", 1)
    with docpact.listen(client, OPERATION) as listener:
        assert client.get(f"{LIST.server}{LIST.path}").content == BODY
    with pytest.raises(ZeroDivisionError):
        _ = listener.run


def test_a_client_of_another_library_is_refused() -> None:
    with (
        pytest.raises(UsageError, match="object is not a client of httpx or requests"),
        docpact.listen(object(), OPERATION),  # type: ignore[arg-type]
    ):
        pass


TESTS = """
import httpx, requests

def test_httpx(docpact_served_api):
    url, api = docpact_served_api
    {change}
    headers = {{"Authorization": f"Bearer {{api.key}}"}}
    assert httpx.get(f"{{url}}/api/v2/classify", headers=headers).json()["items"]

def test_requests(docpact_served_api):
    url, api = docpact_served_api
    headers = {{"Authorization": f"Bearer {{api.key}}"}}
    assert requests.get(f"{{url}}/api/v2/classify", headers=headers).json()["items"]
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "options", "code", "says"),
    [
        ("api.drift('/items/*/status', 'GONE')", [], 1, "*response.enum*/items/[*]/status*"),
        ("", [], 0, "conforms: *"),
        ("api.drift('/items/*/status', 'GONE'); assert False", [], 1, "*1 failed*"),
    ],
)
def test_pytest_listens(
    pytester: pytest.Pytester, change: str, options: list[str], code: int, says: str
) -> None:
    pytester.makepyfile(TESTS.format(change=change))
    fixed = ["-p", "no:cacheprovider", f"--docpact-operation={OPERATION}"]
    result = pytester.runpytest_inprocess(*fixed, f"--docpact-listen={OPERATION}", *options)
    assert result.ret == code
    result.stdout.fnmatch_lines([says])


@pytest.mark.slow
def test_workers_are_heard_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS.format(change="api.drift('/items/*/status', 'GONE')"))
    fixed = ["-p", "no:cacheprovider", f"--docpact-operation={OPERATION}", "-n", "2"]
    result = pytester.runpytest_subprocess(*fixed, f"--docpact-listen={OPERATION}")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*response.enum*/items/[*]/status*", "*2 requests*"])


def test_a_contract_that_does_not_exist_is_a_usage_error(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--docpact-listen=none/such")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --docpact-listen: *none/such*"])
