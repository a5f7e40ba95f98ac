"""The fixtures in somebody else's project: a pytest run in a folder of its own."""

from __future__ import annotations

import json
from textwrap import dedent
from typing import Any

import pytest

from docpact import fixtures

SERVICE = """
import httpx

def failed_jobs(base, key):
    headers = {"Authorization": f"Bearer {key}"}
    answer = httpx.get(f"{base}/api/v2/classify", params={"status": "FAILED"}, headers=headers)
    return [job["id"] for job in answer.raise_for_status().json()["items"]]
"""


def run(pytester: pytest.Pytester, test: str, *args: str) -> pytest.RunResult:
    pytester.makepyfile(service=SERVICE, test_service=test)
    runs = pytester.runpytest_subprocess if args else pytester.runpytest_inprocess
    return runs("-p", "no:cacheprovider", *args)


def test_the_mock_api(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        from service import failed_jobs

        def test_service(docpact_mock_api, docpact_item):
            docpact_mock_api.items = [docpact_item(status="FAILED"), docpact_item(status="RUNNING")]
            server = docpact_mock_api.operation.server
            assert failed_jobs(server, docpact_mock_api.key) == [docpact_mock_api.items[0]["id"]]
            assert docpact_mock_api.requests[0].url.params["status"] == "FAILED"
        """,
    )
    result.assert_outcomes(passed=1)


def test_the_mock_api_fails_on_demand_and_forgets_it(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import httpx, pytest
        from service import failed_jobs

        def test_failure(docpact_mock_api):
            docpact_mock_api.fail_next(503, times=2)
            with pytest.raises(httpx.HTTPStatusError):
                failed_jobs(docpact_mock_api.operation.server, docpact_mock_api.key)

        def test_next(docpact_mock_api):
            assert failed_jobs(docpact_mock_api.operation.server, docpact_mock_api.key)
        """,
    )
    result.assert_outcomes(passed=2)


@pytest.mark.slow
def test_the_served_api(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import urllib.request, json

        def test_any_client(docpact_served_api):
            base, api = docpact_served_api
            headers = {"Authorization": f"Bearer {api.key}"}
            request = urllib.request.Request(f"{base}/api/v2/classify?page_size=2", headers=headers)
            with urllib.request.urlopen(request) as answer:
                assert len(json.load(answer)["items"]) == 2
        """,
    )
    result.assert_outcomes(passed=1)


def test_the_factories(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import pytest
        from docpact.errors import UsageError

        def test_items(docpact_item):
            first, second = docpact_item(), docpact_item(status="FAILED")
            assert first["id"] != second["id"] and second["status"] == "FAILED"
            with pytest.raises(UsageError, match="did you mean status?"):
                docpact_item(statsu="FAILED")

        def test_pages(docpact_page, docpact_item, docpact_check_response):
            assert (len(docpact_page(3)["items"]), docpact_page(3)["total_size"]) == (3, 3)
            page = docpact_page([docpact_item(status="FAILED")], next_token="t")
            assert page["total_size"] == 2
            assert (page["items"][0]["status"], page["next_page_token"]) == ("FAILED", "t")
            docpact_check_response(page)
        """,
    )
    result.assert_outcomes(passed=2)


def test_the_response_checker(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import httpx, pytest

        def test_what_is_documented(docpact_check_response, docpact_page):
            docpact_check_response(docpact_page(2))
            docpact_check_response(httpx.Response(200, json=docpact_page(2)))

        def test_drift(docpact_check_response, docpact_page, docpact_item):
            page = docpact_page([docpact_item(), docpact_item(status="CANCELLED", user_id=None)])
            docpact_check_response(page)

        def test_one_drift_of_many(docpact_check_response, docpact_page):
            page = docpact_page(3)
            for item in page["items"]:
                item["status"] = "LOST"
            docpact_check_response(page)

        def test_no_json(docpact_check_response):
            docpact_check_response(b"<html>")
        """,
    )
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines(
        [
            "*differs from the documentation of llamacloud/list_classify_jobs:",
            '*/items/1/status: one of "PENDING", *; observed "CANCELLED"',
            "*/items/1/user_id: string; observed null",
            '*/items/0/status: one of "PENDING", *; observed "LOST" (and 2 more places)',
            "*syntax: no JSON at character 0: <html>",
        ]
    )


def test_another_contract_is_chosen_by_ini(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\ndocpact_operation = no/such")
    result = run(pytester, "def test_contract(docpact_operation):\n    pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no/such: no file, folder or shipped contract of that name*"])
    result.stdout.no_fnmatch_line("*fixtures.py*")


def test_a_path_of_the_ini_option_begins_at_its_folder(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = {"type": "object", "properties": {"level": {"type": "integer"}}}
    answer = {"description": "", "content": {"application/json": {"schema": schema}}}
    paths = {"/lamp": {"get": {"operationId": "lamp", "responses": {"200": answer}}}}
    document: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "Lamps", "version": "1"}}
    document |= {"servers": [{"url": "https://lamps.example"}], "paths": paths}
    (pytester.mkdir("apis") / "lamps.json").write_text(json.dumps(document))
    pytester.makeini("[pytest]\ndocpact_operation = apis/lamps.json")
    file = pytester.mkdir("elsewhere") / "test_lamps.py"
    file.write_text("def test_lamps(docpact_api):\n    assert docpact_api.name == 'lamps'\n")
    monkeypatch.chdir(file.parent)
    pytester.runpytest_inprocess("-p", "no:cacheprovider", file).assert_outcomes(passed=1)


@pytest.mark.slow
def test_a_contract_of_one_module_does_not_reach_the_next(pytester: pytest.Pytester) -> None:
    source = """
        def test_server(docpact_mocking, docpact_operation):
            with docpact_mocking() as api:
                assert api.operation == docpact_operation
                assert docpact_operation.id == "{id}"
    """
    override = """
        import pytest
        from docpact.apis import load_api

        @pytest.fixture(scope="session")
        def docpact_api():
            return load_api("{id}")
    """
    other, default = "llamacloud/list_files", "llamacloud/list_classify_jobs"
    pytester.makepyfile(
        test_first=dedent(override).format(id=other) + dedent(source).format(id=other),
        test_second=dedent(source).format(id=default),
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "args", [(), ("-n", "2"), ("-p", "no:respx")], ids=["plain", "xdist", "no respx plugin"]
)
def test_fixtures_work_with_unittest_and_xdist(
    pytester: pytest.Pytester, args: tuple[str, ...]
) -> None:
    result = run(
        pytester,
        """
        import unittest, pytest
        from service import failed_jobs

        class ServiceTest(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _api(self, docpact_mock_api):
                self.api = docpact_mock_api

            def test_service(self):
                self.assertTrue(failed_jobs(self.api.operation.server, self.api.key))

        @pytest.mark.parametrize("n", range(3))
        def test_again(docpact_mock_api, n):
            assert failed_jobs(docpact_mock_api.operation.server, docpact_mock_api.key)
        """,
        *args,
    )
    result.assert_outcomes(passed=4)


@pytest.mark.slow
def test_strategies_in_somebody_elses_given(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import docpact
        from docpact import strategies
        from hypothesis import given, settings

        OPERATION = docpact.load("llamacloud/list_classify_jobs")

        @given(strategies.payloads(OPERATION))
        @settings(max_examples=10, deadline=None)
        def test_reader(page):
            assert isinstance(page["items"], list)
        """,
    )
    result.assert_outcomes(passed=1)


def test_a_marker_adds_a_server_and_each_example_has_its_own_mock(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
        import httpx, pytest
        from hypothesis import given, settings, strategies as st

        def get(base, key):
            headers = {"Authorization": f"Bearer {key}"}
            return httpx.get(f"{base}/api/v2/classify", headers=headers).status_code

        @pytest.mark.docpact_servers("https://eu.example.com")
        def test_marked(docpact_mock_api):
            assert get("https://eu.example.com", docpact_mock_api.key) == 200
            assert get("https://staging.example.com", docpact_mock_api.key) == 200

        @settings(deadline=None)
        @given(st.booleans())
        def test_given(docpact_mocking, _):
            with docpact_mocking("https://other.example.com") as api:
                assert get("https://other.example.com", api.key) == 200
                assert len(api.requests) == 1
        """
    )
    pytester.makeini("[pytest]\ndocpact_servers =\n    https://staging.example.com\n")
    done = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--strict-markers")
    done.assert_outcomes(passed=2)


@pytest.mark.slow
def test_each_example_has_its_own_mock_of_a_whole_api(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import httpx
        from hypothesis import given, settings, strategies as st

        URL = "https://api.cloud.llamaindex.ai/api/v2/classify"

        @settings(deadline=None, max_examples=5)
        @given(st.booleans())
        def test_given(docpact_mocking, _):
            with docpact_mocking() as api:
                key = {"Authorization": f"Bearer {api.key}"}
                assert httpx.get(URL, headers=key).status_code == 200
                assert "llamacloud/list_files" in api.apis and len(api.requests) == 1
        """
    )
    pytester.makeini("[pytest]\ndocpact_operation = llamacloud\n")
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


REQUESTS = """
import requests

SESSION = requests.Session()
LOST, SILENT = requests.ConnectionError, requests.ReadTimeout

def get(base, key, **query):
    headers = {"Authorization": f"Bearer {key}"}
    found = SESSION.get(f"{base}/api/v2/classify", params=query, headers=headers, timeout=0.1)
    return found.status_code, found.json()
"""

AIOHTTP = """
import aiohttp, asyncio

LOST, SILENT = aiohttp.ClientConnectionError, aiohttp.ServerTimeoutError

def get(base, key, **query):
    async def ask():
        headers = {"Authorization": f"Bearer {key}"}
        limit = aiohttp.ClientTimeout(total=0.1)
        async with aiohttp.ClientSession(base, headers=headers, timeout=limit) as session:
            async with session.get("/api/v2/classify", params=query) as found:
                return found.status, await found.json()
    return asyncio.run(ask())
"""


@pytest.mark.slow
@pytest.mark.parametrize("library", ["requests", "aiohttp"])
def test_the_mock_answers_other_libraries(pytester: pytest.Pytester, library: str) -> None:
    pytest.importorskip({"requests": "responses", "aiohttp": "aioresponses"}[library])
    pytester.makepyfile(
        service=REQUESTS if library == "requests" else AIOHTTP,
        test_service=f"""
        import pytest
        from service import LOST, SILENT, get

        BASE = "https://api.cloud.llamaindex.ai"

        @pytest.mark.docpact_servers("https://eu.example.com")
        def test_answers(docpact_mock_{library}, docpact_item):
            api = docpact_mock_{library}
            api.items = [docpact_item(status="FAILED"), docpact_item(status="RUNNING")]
            status, page = get(BASE, api.key, status="FAILED")
            assert (status, [job["id"] for job in page["items"]]) == (200, [api.items[0]["id"]])
            assert get("https://eu.example.com", "other")[0] == 401
            assert get(BASE, api.key, page_size=101)[0] == 422
            assert len(api.requests) == 3

        def test_faults(docpact_mock_{library}):
            api = docpact_mock_{library}
            api.fail_next(503, body={{}})
            assert get(BASE, api.key) == (503, {{}})
            api.cut_next()
            with pytest.raises(LOST):
                get(BASE, api.key)
            api.time_out_next()
            with pytest.raises(SILENT):
                get(BASE, api.key)
            api.delay_next(60)
            with pytest.raises(SILENT):
                get(BASE, api.key)
            api.drift("/items/*/status", "LOST")
            assert {{job["status"] for job in get(BASE, api.key)[1]["items"]}} == {{"LOST"}}
            with pytest.raises(LOST):
                get("https://elsewhere.example.com", api.key)
        """,
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)


def test_every_type_of_a_fixture_can_be_imported() -> None:
    names = ("ItemFactory", "MockApi", "MockStore", "Mocking", "PageFactory", "ResponseChecker")
    assert {name for name in names if getattr(fixtures, name, None)} == {*fixtures.__all__}


def test_items_and_pages_of_a_whole_api(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import asyncio, httpx, pytest, time
        from docpact.errors import UsageError

        URL = "https://staging.example.com/api/v2/classify"

        def test_items(docpact_mock_api, docpact_item, docpact_page):
            job = docpact_item("list_classify_jobs", status="FAILED")
            docpact_mock_api.apis["llamacloud/list_classify_jobs"].items = [job]
            key = {"Authorization": f"Bearer {docpact_mock_api.key}"}
            assert httpx.get(URL, headers=key).json()["items"] == [job]
            assert len(docpact_page(2, operation="llamacloud/list_files")["items"]) == 2
            with pytest.raises(UsageError, match="has no operation '5'"):
                docpact_item(5)
            with pytest.raises(UsageError, match="has no operation 'list_file'; did you mean"):
                docpact_item("list_file")
            with pytest.raises(UsageError, match="has no operation 'list_file'; did you mean"):
                docpact_mock_api.apis["list_file"]
            assert len(docpact_mock_api.apis["list_files"].items) > 0
            with pytest.raises(UsageError, match="a whole API: choose one of its operations"):
                docpact_item()

        def test_another_host(docpact_mock_api):
            with pytest.raises(AssertionError, match="GET https://x.example/a: the mock has only"):
                httpx.get("https://x.example/a?key=secret")

        def test_asynchronous_clients_wait_side_by_side(docpact_mock_api):
            begun, ended = [], []
            async def ask(client):
                begun.append(time.monotonic())
                await client.get(URL)
                ended.append(time.monotonic())
            async def main():
                async with httpx.AsyncClient() as client:
                    docpact_mock_api.delay_next(0.4, times=9)
                    await asyncio.gather(*(ask(client) for _ in range(9)))
            asyncio.run(main())
            assert len(ended) == 9 and max(begun) < min(ended)

        def test_the_ini_option_is_for_every_mock(docpact_mocking):
            with docpact_mocking() as api:
                assert httpx.get(URL).status_code == 401
        """
    )
    pytester.makeini(
        "[pytest]\ndocpact_operation = llamacloud\ndocpact_servers = https://staging.example.com\n"
    )
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=4)


@pytest.mark.slow
def test_without_a_documented_server_the_configured_targets_count(
    pytester: pytest.Pytester,
) -> None:
    page = {"200": {"description": "", "content": {"application/json": {"schema": {}}}}}
    document = {"openapi": "3.1.0", "paths": {"/p": {"get": {"responses": page}}}}
    (pytester.path / "api.json").write_text(json.dumps(document))
    pytester.makeini("[pytest]\ndocpact_operation = api.json\n")
    pytester.makepyfile(
        """
        import httpx

        def test_it(docpact_mock_api):
            assert httpx.get("http://127.0.0.1:9/p").status_code == 200
        """
    )
    done = pytester.runpytest_subprocess("-p", "no:xdist")
    done.stdout.fnmatch_lines(["the documentation names no server: *docpact_servers"])
    done.stdout.no_fnmatch_line("*another exception occurred*")
    done.stdout.no_fnmatch_line("*Error*")
    (pytester.path / "docpact.toml").write_text('[targets.live]\nurl = "http://127.0.0.1:9"\n')
    pytester.runpytest_subprocess("-p", "no:xdist").assert_outcomes(passed=1)


def test_a_page_of_a_text_or_of_a_wrong_number_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from docpact.errors import UsageError

        @pytest.mark.parametrize("items", [-1, 100_001, "text", 2.0, {"id": 7}])
        def test_it(docpact_page, items):
            with pytest.raises(UsageError, match="a number of items up to 100,000, or"):
                docpact_page(items)
        """
    )
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=5)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ('url="https://eu.example.com"', "docpact_servers takes URLs: *"),
        ('"eu.example.com"', "eu.example.com: not the URL*; did you mean https://eu.example.com?"),
        ('"not a URL"', "not a URL: not the URL of a server"),
    ],
)
def test_a_marker_without_urls_is_refused(given: str, says: str, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.docpact_servers({given})
        def test_it(docpact_mock_api):
            pass
        """
    )
    done = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines([says])
    done.stdout.no_fnmatch_line("*Error: *")
