"""The mock shows the findings of a run, and `docpact impact` says what they do to tests."""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from command import DOCPACT, OPERATION, Docpact
from history.entries import FIRST, finding, run_of

import docpact
from docpact.cli import impact as impact_command
from docpact.errors import UsageError
from docpact.history.codec import encode
from docpact.history.store import record
from docpact.model import Finding, Level, Promise, Roles
from docpact.options import DatabaseUrl
from docpact.rules import RULES
from docpact.targets.mock import MockApi, mock_client
from docpact.targets.playing import _PLAYS, _REASONS

LIST = docpact.load(OPERATION)
ITEMS = MockApi(LIST).items
Shows = Callable[[httpx.Client], object]
KEY = {"Authorization": "Bearer docpact-mock-key"}


def found(rule: str, location: str = "", observed: str = "", **fields: Any) -> Finding:
    """Return a finding that every observation showed."""
    promise = Promise(rule, location, "")
    stated = {"count": 3, "observations": 3} | fields
    return finding(promise=promise, location=location, observed=observed, **stated)


def ask(client: httpx.Client, **query: Any) -> httpx.Response:
    url = f"{LIST.server}{LIST.path}"
    return client.get(url, params=query, headers={**KEY, "Accept": "application/json"})


def items(client: httpx.Client, **query: Any) -> list[Any]:
    read: list[Any] = ask(client, **query).json()["items"]
    return read


def walk(client: httpx.Client, pages: int) -> list[int]:
    """Return the number of items on each page, with a limit of pages."""
    token, lengths = "", list[int]()
    while len(lengths) < pages:
        body = ask(client, page_size=100, **({"page_token": token} if token else {})).json()
        lengths.append(len(body["items"]))
        token = body.get("next_page_token") or ""
        if not token:
            break
    return lengths


def fails(client: httpx.Client) -> bool:
    try:
        ask(client)
    except httpx.RemoteProtocolError:
        return True
    return False


PLAYED: dict[str, tuple[Finding, Shows]] = {
    "enum": (
        found("response.enum", "/items/*/status", '"GONE"'),
        lambda client: {each["status"] for each in items(client)} == {"GONE"},
    ),
    "enum of one item": (
        found("response.enum", "/items/*/status", '"GONE"', count=1),
        lambda client: [each["status"] for each in items(client)].count("GONE") == 1,
    ),
    "required": (
        found("response.required", "/items/*/id", "absent"),
        lambda client: not any("id" in each for each in items(client)),
    ),
    "null": (
        found("response.required", "/items/*/id", "null"),
        lambda client: {each["id"] for each in items(client)} == {None},
    ),
    "type": (
        found("response.type", "/items/*/user_id", "number 3"),
        lambda client: {each["user_id"] for each in items(client)} == {3},
    ),
    "type of a shortened value": (
        found("response.type", "/items/*/user_id", "object {…"),
        lambda client: items(client)[0]["user_id"] == {},
    ),
    "field": (
        found("response.undocumented_field", "/items/*/more", "object {}"),
        lambda client: items(client)[0]["more"] == {},
    ),
    "status": (
        found("response.status", "status", "500 in place of 200"),
        lambda client: ask(client).status_code == 500,
    ),
    "media type": (
        found("response.content_type", "header/content-type", "text/html; charset=utf-8"),
        lambda client: ask(client).headers["content-type"] == "text/html",
    ),
    "no JSON": (
        found("response.json", "body", "the body ends early"),
        lambda client: ask(client).text.count("{") != ask(client).text.count("}"),
    ),
    "filter": (
        found("filter.selects", "query/status"),
        lambda client: len({each["status"] for each in items(client, status="FAILED")}) > 1,
    ),
    "incomplete filter": (
        found("filter.complete", "query/status"),
        lambda client: len(items(client, page_size=20, status="FAILED")) == 19,
    ),
    "page size": (
        found("paging.size", "query/page_size"),
        lambda client: len(items(client, page_size=7)) == 50,
    ),
    "duplicate": (
        found("paging.unique", "/items/*/id"),
        lambda client: items(client)[0] == items(client)[1],
    ),
    "loss": (found("paging.complete", "/items"), lambda client: walk(client, 9) == [99, 99, 36]),
    "order": (
        found("paging.order", "/items"),
        lambda client: items(client)[-1]["id"] == ITEMS[0]["id"],
    ),
    "endless": (found("paging.ends", "/"), lambda client: len(walk(client, 9)) == 9),
    "empty page": (found("paging.empty_page", "/"), lambda client: walk(client, 9) == [0, 0, 37]),
    "refused": (
        found("query.accepts", "query/status"),
        lambda client: ask(client, status="FAILED").status_code == 422,
    ),
    "accepted": (
        found("query.rejects", "query/page_size"),
        lambda client: ask(client, page_size="many").status_code == 200,
    ),
    "open": (
        found("auth.missing", "header/Authorization"),
        lambda client: client.get(f"{LIST.server}{LIST.path}").status_code == 200,
    ),
    "cut": (found("protocol.answer", "/"), fails),
    "sometimes": (
        found("protocol.intermittent", "/"),
        lambda client: [ask(client).status_code for _ in range(4)] == [503, 200, 503, 200],
    ),
    "a suspect filter": (
        found("filter.suspect", "query/status"),
        lambda client: len({each["status"] for each in items(client, status="FAILED")}) > 1,
    ),
    "a failure": (
        found("query.server_error", "query/page_size"),
        lambda client: (
            [ask(client, page_size=size).status_code for size in ("many", "7")] == [500, 200]
        ),
    ),
    "a failure of a value": (
        found("query.server_error", "query/user_id", reproduce="curl 'http://a/b?user_id=a%20b'"),
        lambda client: (
            [ask(client, user_id=name).status_code for name in ("a b", "a")] == [500, 200]
        ),
    ),
    "values": (
        found("stability.values", "/items/*/user_id"),
        lambda client: items(client)[0]["user_id"] != items(client)[0]["user_id"],
    ),
    "backward": (
        found("stability.forward", "/items/*/status", '"a" had "COMPLETED", then "PENDING"'),
        lambda client: "COMPLETED" in str(items(client)) and "COMPLETED" not in str(items(client)),
    ),
    "a finished item": (
        found("stability.final", "/items/*/user_id", '"a" had "x", then "y"'),
        lambda client: items(client) != items(client),
    ),
    "a contradiction": (
        found("stability.same", "status", "200, then 404, to page_size=7"),
        lambda client: [ask(client).status_code for _ in range(2)] == [200, 404],
    ),
    "deprecated": (
        found("protocol.deprecation", "/"),
        lambda client: "deprecation" in ask(client).headers,
    ),
}

MEDIAN = "a median of about 10 to 18: 150 times on 3 days"

CHANGED: dict[str, tuple[Finding, Shows]] = {
    "presence": (
        found("habit.presence", "/items/*/user_id", "in none of 90 objects since 2026-11-27"),
        lambda client: not any("user_id" in each for each in items(client)),
    ),
    "type": (
        found("habit.type", "/items/*/user_id", "number since 2026-11-27"),
        lambda client: {each["user_id"] for each in items(client)} == {1},
    ),
    "shape": (
        found(
            "habit.shape", "/items/*/user_id", "e.g. 9 characters: lowercase letters, digits, '-'"
        ),
        lambda client: {len(each["user_id"]) for each in items(client)} == {9},
    ),
    "id": (
        found("habit.id", "/items/*/id", "e.g. letters, _ and a number since 2026-11-27"),
        lambda client: (
            len({each["id"] for each in items(client)}) == 50
            and all(each["id"].startswith("docpact_") for each in items(client))
        ),
    ),
    "new header": (
        found("habit.new_header", "header/x-api-version", "in 90 responses since 2026-11-27"),
        lambda client: ask(client).headers["x-api-version"] == "1",
    ),
    "header": (
        found("habit.header", "header/content-type", "in none of 90 responses since 2026-11-27"),
        lambda client: "content-type" not in ask(client).headers,
    ),
    "rejection": (
        found("habit.rejection", "status", "400 since 2026-11-27"),
        lambda client: ask(client, page_size="many").status_code == 400,
    ),
    "page size": (
        found("habit.page_size", "/items", "20 items since 2026-11-27"),
        lambda client: (len(items(client)), len(items(client, page_size=7))) == (20, 7),
    ),
    "items": (
        found("habit.items", "/items", "100 items since 2026-11-27"),
        lambda client: len(items(client)) == 25,
    ),
    "constancy": (
        found("habit.constancy", "/items/*/user_id", "other values in 40 finished items"),
        lambda client: items(client) != items(client),
    ),
    "final": (
        found("habit.final", "/items/*/status", "other values in 4 finished items"),
        lambda client: (
            [each["status"] for each in items(client)].count("PENDING")
            < [each["status"] for each in items(client)].count("PENDING")
        ),
    ),
}


def test_amounts_of_another_unit_are_played() -> None:
    promise = Promise("habit.scale", "/total", MEDIAN)
    scale = finding(
        promise=promise, location="/total", observed="a median of about 1,000 since 2026-11-27"
    )
    operation = replace(LIST, response_schema={"properties": {"total": {}}}, roles=Roles())
    api = MockApi(operation, [{"total": 12, "more": "1.50"}], key=None)
    api.drift(scale)
    with mock_client(api) as client:
        assert ask(client).json() == {"total": 1200, "more": "1.50"}


def test_the_end_of_a_habit_that_the_mock_lacks_changes_nothing() -> None:
    api = MockApi(LIST, ITEMS)
    api.drift(found("habit.presence", "/items/*/never", "in none of 90 objects since 2026-11-27"))
    api.drift(found("habit.type", "/items/*/never", "number since 2026-11-27"))
    with mock_client(api) as client:
        assert items(client) == [*ITEMS[:50]]
    assert api.drifted == 0


@pytest.mark.parametrize(
    ("shown", "shows"), [*PLAYED.values(), *CHANGED.values()], ids=[*PLAYED, *CHANGED]
)
def test_the_mock_shows_a_finding(shown: Finding, shows: Shows) -> None:
    api, plain = MockApi(LIST, ITEMS), MockApi(LIST, ITEMS)
    api.drift(shown)
    with mock_client(api) as client:
        assert shows(client)
    assert api.drifted
    with mock_client(plain) as client:
        ask(client)
    assert plain.drifted == 0


def test_every_row_belongs_to_a_rule() -> None:
    rules = {rule.id for rule in RULES}
    families = {name.partition(".")[0] for name in rules} | {"client"}
    assert set(_PLAYS) <= rules
    assert set(_REASONS) <= rules | families


@pytest.mark.parametrize(
    ("rule", "location", "why"),
    [
        ("stability.values", "/items", "no field of the items"),
        ("stability.same", "/items", "all items of a list at once"),
        ("path.identity", "/id", "the relation of a path"),
        ("write.readable", "", "build on each other"),
        ("response.consistency", "/items/*/result", "two fields"),
        ("response.type", "responses/404/code", "main response body"),
        ("response.status", "status", "names no status"),
        ("filter.selects", "header/X-Tenant", "parameters of the query"),
        ("paging.token", "query/page_token", "cannot behave like that"),
    ],
)
def test_what_cannot_be_played_has_a_reason(rule: str, location: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        MockApi(LIST, ITEMS).drift(found(rule, location))


CLIENT = """
import httpx

RANKS = {"PENDING": 1, "RUNNING": 2, "COMPLETED": 3, "FAILED": 4}

def ranks(key):
    headers = {"Authorization": f"Bearer {key}"}
    url = "https://api.cloud.llamaindex.ai/api/v2/classify"
    jobs = httpx.get(url, headers=headers).raise_for_status().json()["items"]
    return [RANKS[job["status"]] for job in jobs]
"""

TESTS = """
from client import ranks

def test_ranks(docpact_mock_api):
    found = ranks(docpact_mock_api.key)

    assert set(found) <= {1, 2, 3, 4}
"""

ENUM = found("response.enum", "/items/*/status", '"GONE"', fingerprint="a" * 12)
TYPE = found("response.type", "/items/*/user_id", "number 3", fingerprint="b" * 12)
MORE = found(
    "response.undocumented_field",
    "/items/*/more",
    "object {}",
    fingerprint="c" * 12,
    level=Level.ADDITIVE,
)
FILTER = found("filter.selects", "query/status", fingerprint="d" * 12)
FINAL = found("write.readable", "", fingerprint="e" * 12)


def impact(
    folder: Path,
    *findings: Finding,
    tests: str = TESTS,
    options: Any = (),
    mocked: str = OPERATION,
) -> Any:
    """Run the command on tests in a folder; return exit code, output and results."""
    (folder / "client.py").write_text(CLIENT)
    (folder / "test_jobs.py").write_text(tests)
    (folder / "pytest.ini").write_text(f"[pytest]\npythonpath = .\ndocpact_operation = {mocked}")
    (folder / "run.json").write_text(encode(run_of(*findings, operation=OPERATION), version="1"))
    command = ["impact", "run.json", "--json", "out.json", *options]
    tested = ["--", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_jobs.py"]
    done = subprocess.run(
        [*DOCPACT, *command, *tested], cwd=folder, capture_output=True, text=True, check=False
    )
    written = folder / "out.json"
    results = json.loads(written.read_text())["impacts"] if written.exists() else []
    return (
        done.returncode,
        done.stdout,
        {each["rule"]: (each["result"], each["details"]) for each in results},
    )


@pytest.mark.slow
def test_the_impact_of_each_finding(tmp_path: Path) -> None:
    code, output, results = impact(tmp_path, ENUM, TYPE, MORE, FILTER, FINAL)
    assert code == 1
    assert results == {
        "response.enum": ("breaks", ["test_jobs.py:5 KeyError"]),
        "response.type": ("nobody noticed", []),
        "response.undocumented_field": ("tolerated", []),
        "filter.selects": (
            "not exercised",
            ["1 request, but none gets a response of the mock in which it shows"],
        ),
        "write.readable": (
            "cannot be played",
            ["it concerns requests that build on each other"],
        ),
    }
    assert "test      test_jobs.py:5 KeyError" in output
    assert output.endswith(
        "5 differences: 1 breaks, 1 nobody noticed, 1 tolerated, 1 not exercised, "
        "1 cannot be played\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("findings", "tests", "code", "says"),
    [
        ([MORE], TESTS, 0, "1 difference: 1 tolerated"),
        ([FILTER], TESTS, 3, "1 difference: 1 not exercised"),
        ([ENUM], "def test_no(): assert False", 3, "the tests fail without any difference"),
        ([ENUM], "def test_yes(): pass", 3, "no test uses the mock of docpact's fixtures"),
    ],
)
def test_the_exit_codes(
    tmp_path: Path, findings: list[Finding], tests: str, code: int, says: str
) -> None:
    done = impact(tmp_path, *findings, tests=tests)
    assert done[0] == code
    assert says in done[1]


@pytest.mark.slow
def test_mocks_of_another_operation_are_named(tmp_path: Path) -> None:
    tests = "def test_it(docpact_mock_api): assert docpact_mock_api.items == 5"
    code, output, _ = impact(tmp_path, ENUM, tests=tests, mocked="llamacloud/list_files")
    assert code == 3
    known = f"the tests mock llamacloud/list_files, and the run is of {OPERATION}; "
    assert f"inconclusive: {known}" in output


@pytest.mark.slow
def test_tests_that_hang_are_ended_with_their_processes(tmp_path: Path) -> None:
    sleeper = "import subprocess, sys\ndef test_it(): subprocess.run([sys.executable, '-c', "
    sleeper += "'import os, time; print(os.getpid(), flush=True); time.sleep(600)'])"
    code, output, _ = impact(tmp_path, ENUM, tests=sleeper, options=["--timeout", "4"])
    assert code == 3
    assert "the tests do not end within 4 s" in output


def test_a_command_that_cannot_start_and_a_run_without_findings(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(encode(run_of(operation=OPERATION), version="1"))
    done = Docpact(tmp_path)("impact", "run.json", "--", "pytest")
    assert (done.returncode, done.stderr) == (2, "docpact: run.json: the run has no findings\n")
    (tmp_path / "run.json").write_text(encode(run_of(ENUM, operation=OPERATION), version="1"))
    done = Docpact(tmp_path)("impact", "run.json", "--", "./none")
    assert (done.returncode, done.stderr) == (2, "docpact: ./none: No such file or directory\n")


def test_the_mock_as_of_a_day(pytester: pytest.Pytester, place: Path | DatabaseUrl) -> None:
    for nights, findings in enumerate([(), (ENUM, FINAL)]):
        made = run_of(*findings, operation=OPERATION, started=FIRST + timedelta(nights))
        record(place, made, version="1")
    named = getattr(place, "url", str(place))
    (pytester.path / "docpact.toml").write_text(f'history = "{named}"\n')
    pytester.makepyfile(
        client=CLIENT,
        test_jobs=f"""
        import pytest
        from client import ranks
        from docpact.errors import UsageError

        def test_first(docpact_mock_api):
            assert docpact_mock_api.as_of("2026-11-01") == ()
            assert ranks(docpact_mock_api.key)

        def test_second(docpact_mock_api):
            (left,) = docpact_mock_api.as_of("2026-11-02")
            assert left.rule == "write.readable"
            with pytest.raises(KeyError, match="GONE"):
                ranks(docpact_mock_api.key)

        def test_before(docpact_mock_api):
            with pytest.raises(UsageError, match="no run of {OPERATION} until 2001-01-01"):
                docpact_mock_api.as_of("2001-01-01")
        """,
    )
    option = f"--docpact-operation={OPERATION}"
    pytester.runpytest_inprocess("-p", "no:cacheprovider", option).assert_outcomes(passed=3)


def test_tests_with_a_difference_may_not_take_forever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, limits = tmp_path / "run.json", list[float]()
    file.write_text(encode(run_of(ENUM, operation=OPERATION), version="1"))

    def run(args: Namespace, _: object) -> impact_command.Tested:
        limits.append(args.timeout)
        return impact_command.Tested(0, "", frozenset({OPERATION}), 0, 0, (), "")

    monkeypatch.setattr(impact_command, "_test", run)
    impact_command.run_impact(
        Namespace(run_file=file, json=None, timeout=600.0, command=["pytest"])
    )
    assert limits == [600.0, 30.0]
