"""`ClientContract`: what its owner may declare, and what fails the class."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONTRACT = """
from collections.abc import Mapping
from typing import Any

import docpact
from clients.broken import EndsWhenEmpty
from clients.plain import ApiError


class TestMine(docpact.ClientContract):
    errors = (ApiError,)
    {declared}

    def client(self, base_url: str, key: str) -> EndsWhenEmpty:
        return EndsWhenEmpty(base_url, key)

    def call(self, client: EndsWhenEmpty, query: Mapping[str, Any]) -> Any:
        {counted}return client.walk(query)
"""


@pytest.fixture
def outcomes(pytester: pytest.Pytester, pytestconfig: pytest.Config) -> object:
    pytester.makepyprojecttoml(
        f"[tool.pytest.ini_options]\npythonpath = ['{pytestconfig.rootpath / 'tests'}']\n"
    )

    def run(declared: str, *options: str, counted: str = "") -> pytest.RunResult:
        pytester.makepyfile(CONTRACT.format(declared=declared, counted=counted))
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-rA", *options)

    return run


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chosen", "says"),
    [("#lamps", "*client.fidelity /[*]/id*"), ("", "*lamps.json has 2 operations: name one of*")],
)
def test_an_operation_of_a_document_is_named(
    outcomes: object, pytester: pytest.Pytester, chosen: str, says: str
) -> None:
    lamp = {"type": "object", "properties": {"id": {"type": "string"}}}
    media = {"application/json": {"schema": {"type": "array", "items": lamp}}}
    answer = {"responses": {"200": {"description": "", "content": media}}}
    paths = {f"/{name}": {"get": {"operationId": name, **answer}} for name in ("lamps", "shades")}
    whole = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}
    (pytester.path / "lamps.json").write_text(json.dumps(whole))
    done = outcomes(  # type: ignore[operator]
        f"operation = 'lamps.json{chosen}'", "--collect-only", "-q"
    )
    done.stdout.fnmatch_lines([says])


@pytest.mark.slow
def test_a_broken_promise_fails_its_test_alone(outcomes: object) -> None:
    done = outcomes("")  # type: ignore[operator]
    counts = done.parseoutcomes()
    assert (counts["failed"], counts["passed"] > 100) == (1, True)
    done.stdout.fnmatch_lines(
        [
            "*test_client_keeps[[]client.empty_page /items[]]*",
            "promise: all items before and after an empty page",
            "observed: an empty page in the middle: silent corruption, 6 items were sent, 3 read;*",
        ]
    )


@pytest.mark.slow
def test_all_workers_share_one_gate(outcomes: object, tmp_path: Path) -> None:
    counted = f"open({str(tmp_path / 'calls')!r}, 'a').write('.'); "
    chosen = ("-k", "walk or onward")
    outcomes("", *chosen, "-n", "0", counted=counted)  # type: ignore[operator]
    alone = len((tmp_path / "calls").read_text())
    (tmp_path / "calls").unlink()
    done = outcomes("", *chosen, "-n", "2", counted=counted)  # type: ignore[operator]
    assert done.parseoutcomes()["passed"] == 2
    assert len((tmp_path / "calls").read_text()) == alone


@pytest.mark.slow
@pytest.mark.parametrize("promise", ["client.empty_page", "client.empty_page /items"])
def test_what_is_declared_is_expected_to_fail(outcomes: object, promise: str) -> None:
    done = outcomes(  # type: ignore[operator]
        f"expected_failures = {{'{promise}': 'mended in 3.0'}}", "-k", "page"
    )
    assert done.ret == 0
    assert done.parseoutcomes()["xfailed"] == 1
    done.stdout.fnmatch_lines(["*mended in 3.0: an empty page in the middle*"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("declared", "says"),
    [
        (
            "expected_failures = {'client.walk': 'cannot'}",
            "kept now: remove it from expected_failures (cannot)",
        ),
        (
            "expected_failures = {'client.nothing': 'cannot'}",
            "*expected_failures['client.nothing']: no promise of the gate*",
        ),
        (
            "expected_failures = {'client.walk': ' '}",
            "*['client.walk']: give a reason",
        ),
        (
            "test_client_keeps = None",
            "*TestMine overrides test_client_keeps, which silently drops promises*",
        ),
    ],
    ids=["kept", "unknown", "no reason", "dropped"],
)
def test_what_is_declared_must_be_true(outcomes: object, declared: str, says: str) -> None:
    done = outcomes(declared, "-k", "walk")  # type: ignore[operator]
    assert done.ret != 0
    text = says.replace("[", "[[]").replace("'[[]", "'[")
    done.stdout.fnmatch_lines([f"*{text.strip('*')}*"])
