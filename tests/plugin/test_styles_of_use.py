"""The fixtures in every style of test: async, on several workers, in classes, and not at all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

HELPER: Final = """
import httpx

PATH = "/api/v2/classify"

def headers(api):
    return {"Authorization": f"Bearer {api.key}"}

def states(api, base=None):
    answer = httpx.get(f"{base or api.operation.server}{PATH}", headers=headers(api))
    return [item["status"] for item in answer.raise_for_status().json()["items"]]

async def states_async(api, base=None):
    async with httpx.AsyncClient(headers=headers(api)) as client:
        answer = await client.get(f"{base or api.operation.server}{PATH}")
    return [item["status"] for item in answer.raise_for_status().json()["items"]]
"""

ASYNC: Final = """
import httpx, pytest
from helper import headers, states_async

pytestmark = pytest.mark.{mark}

async def test_operation(docpact_operation):
    assert docpact_operation.id == "llamacloud/list_classify_jobs"

async def test_mock_api(docpact_mock_api, docpact_item):
    docpact_mock_api.items = [docpact_item(status="FAILED")]
    assert await states_async(docpact_mock_api) == ["FAILED"]
    docpact_mock_api.cut_next()
    with pytest.raises(httpx.RemoteProtocolError):
        await states_async(docpact_mock_api)

async def test_served_api(docpact_served_api, docpact_item):
    base, api = docpact_served_api
    api.items = [docpact_item(status="RUNNING")]
    assert await states_async(api, base) == ["RUNNING"]

async def test_page_and_checker(docpact_page, docpact_check_response):
    docpact_check_response(docpact_page(2, next_token="t"))
    with pytest.raises(pytest.fail.Exception):
        docpact_check_response({{"items": [{{}}]}})
"""

SYNC: Final = """
import pytest
from helper import states

def test_operation(docpact_operation):
    assert docpact_operation.id == "llamacloud/list_classify_jobs"

@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "FAILED"])
def test_mock_api(docpact_mock_api, docpact_item, status):
    docpact_mock_api.items = [docpact_item(status=status)]
    assert states(docpact_mock_api) == [status]
    assert len(docpact_mock_api.requests) == 1

@pytest.mark.parametrize("status", ["PENDING", "RUNNING", "FAILED"])
def test_served_api(docpact_served_api, docpact_item, status):
    base, api = docpact_served_api
    api.items = [docpact_item(status=status)]
    assert states(api, base) == [status]

def test_page_and_checker(docpact_page, docpact_check_response):
    docpact_check_response(docpact_page(2, next_token="t"))
    with pytest.raises(pytest.fail.Exception):
        docpact_check_response({"items": [{}]})
"""

LAMPS: Final = """
import dataclasses, docpact

def lamps():
    jobs = docpact.load("llamacloud/list_classify_jobs")
    return dataclasses.replace(jobs, id="toys/lamps", server="https://toys.example", path="/lamps")
"""


NO_ASYNCIO: Final = ("-p", "no:asyncio")
"""Keeps pytest-asyncio, if it is installed, out of the tests of other styles."""


def run(pytester: pytest.Pytester, test: str, *args: str) -> pytest.RunResult:
    pytester.makepyfile(helper=HELPER, lamps=LAMPS, test_styles=test)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error", *args)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_anyio(pytester: pytest.Pytester, backend: str) -> None:
    pytest.importorskip(backend, reason=f"no {backend} to run on")
    pytester.makeconftest(f"import pytest\nanyio_backend = pytest.fixture(lambda: {backend!r})\n")
    result = run(pytester, ASYNC.format(mark="anyio"), *NO_ASYNCIO)
    result.assert_outcomes(passed=4)


def test_pytest_asyncio(pytester: pytest.Pytester) -> None:
    pytest.importorskip("pytest_asyncio", reason="pytest-asyncio is not installed")
    pytester.makeini(
        "[pytest]\nasyncio_mode = strict\nasyncio_default_fixture_loop_scope = function\n"
    )
    result = run(pytester, ASYNC.format(mark="asyncio"), "-p", "no:anyio")
    result.assert_outcomes(passed=4)


@pytest.mark.slow
def test_an_async_test_of_the_standard_library(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import unittest, pytest
        from helper import states_async

        class StyleTest(unittest.IsolatedAsyncioTestCase):
            @pytest.fixture(autouse=True)
            def _given(self, docpact_mock_api, docpact_item):
                docpact_mock_api.items = [docpact_item(status="FAILED")]
                self.api = docpact_mock_api

            async def test_mock_api(self):
                self.assertEqual(await states_async(self.api), ["FAILED"])
        """,
        *NO_ASYNCIO,
    )
    result.assert_outcomes(passed=1)


@pytest.mark.slow
@pytest.mark.parametrize("spread", ["load", "each"])
def test_several_workers(pytester: pytest.Pytester, spread: str) -> None:
    pytest.importorskip("xdist", reason="pytest-xdist is not installed")
    result = run(pytester, SYNC, "-n", "2", "--dist", spread, *NO_ASYNCIO)
    result.assert_outcomes(passed=8 if spread == "load" else 16)


@pytest.mark.slow
def test_unittest_with_fixtures_injected(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import unittest, pytest
        from helper import states

        class StyleTest(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _given(
                self,
                docpact_operation,
                docpact_mock_api,
                docpact_item,
                docpact_page,
                docpact_check_response,
            ):
                self.operation, self.api = docpact_operation, docpact_mock_api
                self.item, self.page = docpact_item, docpact_page
                self.check = docpact_check_response

            def test_mock_api(self):
                self.api.items = [self.item(status="FAILED")]
                self.assertIs(self.api.operation, self.operation)
                self.assertEqual(states(self.api), ["FAILED"])

            def test_next_one_has_a_mock_of_its_own(self):
                self.assertEqual((len(self.api.items) > 1, self.api.requests), (True, []))

            def test_page_and_checker(self):
                self.check(self.page(2))
                with self.assertRaises(pytest.fail.Exception):
                    self.check({"items": [{}]})

        class ServedTest(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _given(self, docpact_served_api):
                self.base, self.api = docpact_served_api

            def test_served_api(self):
                self.assertTrue(states(self.api, self.base))
        """,
        *NO_ASYNCIO,
    )
    result.assert_outcomes(passed=4)


@pytest.mark.slow
def test_unittest_with_fixtures_used_unseen(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import unittest, httpx, pytest

        URL = "https://api.cloud.llamaindex.ai/api/v2/classify"

        @pytest.mark.usefixtures("docpact_mock_api")
        class StyleTest(unittest.TestCase):
            def test_no_key(self):
                self.assertEqual(httpx.get(URL).status_code, 401)

            def test_another_host_is_out_of_reach(self):
                with self.assertRaisesRegex(AssertionError, "the mock has only"):
                    httpx.get("https://elsewhere.example")
        """,
        *NO_ASYNCIO,
    )
    result.assert_outcomes(passed=2)


@pytest.mark.slow
@pytest.mark.parametrize("base", ["object", "unittest.TestCase"])
def test_a_class_with_a_contract_of_its_own(pytester: pytest.Pytester, base: str) -> None:
    result = run(
        pytester,
        f"""
        import unittest, httpx, pytest
        from helper import headers, states
        from lamps import lamps

        class TestLamps({base}):
            @pytest.fixture
            def docpact_operation(self):
                return lamps()

            @pytest.fixture(autouse=True)
            def _given(self, docpact_mock_api, docpact_item, docpact_page, docpact_check_response):
                self.api, self.page = docpact_mock_api, docpact_page([docpact_item()])
                self.check = docpact_check_response

            def test_mock_api(self):
                answer = httpx.get("https://toys.example/lamps", headers=headers(self.api))
                assert answer.status_code == 200
                self.check(answer)

            def test_checker(self):
                self.check(self.page)
                with pytest.raises(pytest.fail.Exception, match="differs from the documentation"):
                    self.check({{}})

        class TestJobs:
            def test_is_not_concerned(self, docpact_mock_api):
                assert docpact_mock_api.operation.id == "llamacloud/list_classify_jobs"
                assert states(docpact_mock_api)
        """,
        *NO_ASYNCIO,
    )
    result.assert_outcomes(passed=3)


@pytest.mark.slow
def test_a_class_inherits_and_overrides_a_contract(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import dataclasses, pytest
        from lamps import lamps

        class TestLamps:
            @pytest.fixture
            def docpact_operation(self):
                return lamps()

            def test_host(self, docpact_mock_api):
                assert docpact_mock_api.operation.server == self.host

            host = "https://toys.example"

        class TestOtherLamps(TestLamps):
            @pytest.fixture
            def docpact_operation(self, docpact_operation):
                return dataclasses.replace(docpact_operation, server=self.host)

            host = "https://other.example"
        """,
        *NO_ASYNCIO,
    )
    result.assert_outcomes(passed=2)


HEAVY: Final = frozenset({"hypothesis", "jsonschema", "httpx", "respx"})

LISTED: Final = """
import json, pathlib, sys

def pytest_unconfigure(config):
    pathlib.Path("modules.json").write_text(json.dumps(sorted(sys.modules)))
"""

ALONE: Final = ("-p", "docpact")
"""Loads the plugin by its entry point where no plugin loads itself."""


@dataclass(frozen=True, slots=True)
class Imports:
    """Runs pytest and lists its imports.

    Attributes:
        pytester: whose folder the tests are in.
    """

    pytester: pytest.Pytester

    def of(self, test: str, *args: str) -> set[str]:
        """Return the modules that were imported when a run of one passing test ended."""
        self.pytester.makeconftest(LISTED)
        self.pytester.makepyfile(test_foreign=test)
        result = self.pytester.runpytest_subprocess("-p", "no:cacheprovider", *args)
        result.assert_outcomes(passed=1)
        return set(json.loads((Path(self.pytester.path) / "modules.json").read_text("utf-8")))


@pytest.fixture
def imports(pytester: pytest.Pytester) -> Imports:
    return Imports(pytester)


def test_an_unused_plugin_imports_nothing_that_costs(
    imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    found = imports.of("def test_foreign(tmp_path):\n    pass\n", *ALONE)
    assert (found & HEAVY, "docpact.fixtures" in found) == (set(), True)


@pytest.mark.slow
def test_an_unused_plugin_imports_itself_alone(imports: Imports) -> None:
    test = "def test_foreign(tmp_path):\n    pass\n"
    added = imports.of(test) - imports.of(test, "-p", "no:docpact")
    assert {name for name in added if name.partition(".")[0] != "docpact"} == set()
    assert "docpact.plugin" in added


@pytest.mark.slow
def test_what_is_used_is_imported_then(imports: Imports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    found = imports.of("def test_own(docpact_mock_api):\n    pass\n", *ALONE)
    assert found & (HEAVY - {"jsonschema"}) == {"httpx", "respx"}
