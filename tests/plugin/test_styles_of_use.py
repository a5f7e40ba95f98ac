"""The fixtures in every style of test that pytest runs, and what they cost one that uses none."""

from __future__ import annotations

import importlib.util

import pytest

pytest_plugins = ["pytester"]

ASK = """
    import httpx
    import pytest

    URL = "https://api.cloud.llamaindex.ai/api/v2/classify"


    def headers(api):
        return {"Authorization": f"Bearer {api.key}"}
"""


def test_anyio(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        ASK
        + """
    @pytest.fixture
    def anyio_backend():
        return "asyncio"


    @pytest.mark.anyio
    async def test_it(docpact_mock_api, docpact_item, docpact_check_response):
        docpact_mock_api.items = [docpact_item(), docpact_item()]
        async with httpx.AsyncClient() as client:
            answer = await client.get(URL, headers=headers(docpact_mock_api))
        docpact_check_response(answer)
        assert len(answer.json()["items"]) == 2
"""
    )
    pytester.runpytest_subprocess("-p", "anyio").assert_outcomes(passed=1)


@pytest.mark.skipif(
    importlib.util.find_spec("pytest_asyncio") is None, reason="pytest-asyncio is not installed"
)
def test_pytest_asyncio(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(
        ASK
        + """
    @pytest.mark.asyncio
    async def test_it(docpact_mock_api, docpact_check_response):
        async with httpx.AsyncClient() as client:
            answer = await client.get(URL, headers=headers(docpact_mock_api))
        docpact_check_response(answer)
        assert len(answer.json()["items"]) == 50
"""
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_xdist(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        ASK
        + """
    @pytest.mark.parametrize("number", range(4))
    def test_mounted(docpact_mock_api, docpact_page, number):
        assert httpx.get(URL, headers=headers(docpact_mock_api)).status_code == 200
        assert len(docpact_mock_api.requests) == 1
        assert len(docpact_page(number)["items"]) == number


    @pytest.mark.parametrize("number", range(2))
    def test_served(docpact_served_api, number):
        base, api = docpact_served_api
        url = f"{base}/api/v2/classify"
        assert httpx.get(url, headers=headers(api)).status_code == 200
"""
    )
    pytester.runpytest_subprocess("-n", "2").assert_outcomes(passed=6)


def test_unittest(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        ASK
        + """
    import unittest


    class TestIt(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def _api(self, docpact_mock_api, docpact_item):
            self.api, self.item = docpact_mock_api, docpact_item

        def test_it(self):
            self.api.items = [self.item(status="FAILED")]
            found = httpx.get(URL, headers=headers(self.api)).json()["items"]
            self.assertEqual([job["status"] for job in found], ["FAILED"])


    @pytest.mark.usefixtures("docpact_mock_api")
    class TestMounted(unittest.TestCase):
        def test_no_key(self):
            self.assertEqual(httpx.get(URL).status_code, 401)
"""
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2)


def test_a_class_may_speak_of_another_contract(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
    import docpact
    import httpx
    import pytest


    class TestProject:
        @pytest.fixture
        def docpact_operation(self):
            return docpact.load("llamacloud/get_project")

        def test_it(self, docpact_mock_api, docpact_item, docpact_check_response):
            api = docpact_mock_api
            api.items = [docpact_item(id="prj-1", name="Mine")]
            base = "https://api.cloud.llamaindex.ai/api/v1/projects"
            headers = {"Authorization": f"Bearer {api.key}"}
            answer = httpx.get(f"{base}/prj-1", headers=headers)
            docpact_check_response(answer)
            assert answer.json()["name"] == "Mine"
            assert httpx.get(f"{base}/prj-2", headers=headers).status_code == 404


    def test_the_default(docpact_operation):
        assert docpact_operation.id == docpact.load().id
"""
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2)


def test_the_configuration_names_the_contract(pytester: pytest.Pytester) -> None:
    pytester.makefile(".toml", docpact='operation = "llamacloud/list_files"\n')
    pytester.makepyfile(
        """
    def test_it(docpact_operation, docpact_page):
        assert docpact_operation.id == "llamacloud/list_files"
        assert docpact_page(2)["items"][0]["name"]
"""
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_a_run_that_uses_no_fixture_imports_nothing_for_them(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
    import sys

    COSTLY = ("hypothesis", "jsonschema", "httpx", "respx", "docpact.catalogue", "docpact.model")


    def test_it():
        assert "docpact.plugin" in sys.modules
        assert [name for name in COSTLY if name in sys.modules] == []
"""
    )
    others = ["-p", "no:hypothesispytest", "-p", "no:respx", "-p", "no:anyio", "-p", "no:xdist"]
    pytester.runpytest_subprocess(*others).assert_outcomes(passed=1)
