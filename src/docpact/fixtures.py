"""Fixtures for other projects: a contract's mock API, response checker, item and page factories.

Every pytest run of an environment with docpact in it imports this module, so expensive imports wait
until a fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import date
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

from docpact.errors import DocpactError, UsageError
from docpact.limits import MAX_SAMPLE
from docpact.text import list_some

if TYPE_CHECKING:
    from docpact.model import Api, Finding, Operation
    from docpact.targets.faults import Scripted
    from docpact.targets.mock import MockApi
    from docpact.targets.mock_store import MockStore
    from docpact.traffic.records import Entry

Mocking: TypeAlias = Callable[..., "AbstractContextManager[MockApi | MockStore]"]
"""Type of `docpact_mocking`."""

__all__ = ["ItemFactory", "MockApi", "MockStore", "Mocking", "PageFactory", "ResponseChecker"]

ItemFactory: TypeAlias = Callable[..., Any]
"""Type of `docpact_item`: takes values of fields, and returns an item."""

PageFactory: TypeAlias = Callable[..., Any]
"""Type of `docpact_page`: takes a number of items or the items, and returns a body."""

ResponseChecker: TypeAlias = Callable[..., None]
"""Type of `docpact_check_response`: fails the test if a response is not as documented."""

_MOCKS: Final = {"MockApi": "docpact.targets.mock", "MockStore": "docpact.targets.mock_store"}
"""Name of each public type that is imported when it is used → its module."""


def __getattr__(name: str) -> Any:
    if name in _MOCKS:
        return getattr(import_module(_MOCKS[name]), name)
    raise AttributeError(name)


@contextmanager
def _reporting_errors() -> Iterator[None]:
    """Report an error of docpact as one line, without a traceback."""
    try:
        yield
    except DocpactError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


@pytest.fixture(scope="session")
@_reporting_errors()
def docpact_api(pytestconfig: pytest.Config) -> Api:
    """The contracts for the other fixtures: one, or all of a provider, a folder or a document.

    The name comes from `--docpact-operation`, from the ini option `docpact_operation`, or from the
    configuration file in the root folder of the tests or above it, which may also name a folder of
    your own contracts. A path of the ini option begins at the root folder of the tests, or at the
    working directory. The cache of pytest keeps the operations of an OpenAPI document. Override
    this fixture to use others in a module or a class.
    """
    from docpact.apis import load_api
    from docpact.settings import load

    config = load(None, pytestconfig.rootpath)
    stated = pytestconfig.getini("docpact_operation")
    if stated and (below := pytestconfig.rootpath / stated).exists():
        stated = str(below)
    named = pytestconfig.getoption("--docpact-operation") or stated or None
    cache: pytest.Cache | None = getattr(pytestconfig, "cache", None)
    folder = None
    with suppress(OSError):
        folder = cache.mkdir("docpact") if cache else None
    return load_api(named or config.read("operation"), config.read("contracts"), folder)


@pytest.fixture(scope="module")
def docpact_operation(docpact_api: Api) -> Operation:
    """The contract for fixtures about one operation; see `docpact_api`.

    Override this fixture to use another contract in a module or a class.
    """
    if docpact_api.is_whole:
        pytest.fail(_list_choices(docpact_api), pytrace=False)
    return docpact_api.operations[0]


@pytest.fixture
def docpact_mock_api(request: pytest.FixtureRequest) -> Iterator[MockApi | MockStore]:
    """A mock API that answers every httpx client of the test at the documented server.

    It accepts one key, its attribute `key`. The mock of one operation has `items` that you may
    replace; that of a whole API has `apis`, the mock of each operation by its id. `given` of a mock
    has the values of path parameters that no list names. Script faults with `fail_next`,
    `cut_next`, `time_out_next`, `delay_next` and `drift`; `requests` has the requests so far. A
    request to another host is an error.
    """
    from docpact.targets.mock_clients import mounted

    with (
        _reporting_errors(),
        _open_mock(_choose(request), request.config) as api,
        mounted(api, _servers(request, api)),
    ):
        yield api


@pytest.fixture
def docpact_mock_requests(
    request: pytest.FixtureRequest, docpact_mock_api: MockApi | MockStore
) -> Iterator[MockApi | MockStore]:
    """The mock of `docpact_mock_api`, which also answers requests; needs the extra `requests`."""
    from docpact.targets.mock_clients import answering_requests

    with answering_requests(docpact_mock_api, _servers(request, docpact_mock_api)):
        yield docpact_mock_api


@pytest.fixture
def docpact_mock_aiohttp(
    request: pytest.FixtureRequest, docpact_mock_api: MockApi | MockStore
) -> Iterator[MockApi | MockStore]:
    """The mock of `docpact_mock_api`, which also answers aiohttp; needs the extra `aiohttp`."""
    from docpact.targets.mock_clients import answering_aiohttp

    with answering_aiohttp(docpact_mock_api, _servers(request, docpact_mock_api)):
        yield docpact_mock_api


@pytest.fixture(scope="module")
def docpact_mocking(request: pytest.FixtureRequest) -> Mocking:
    """A function that opens a mock API for a `with` block; for tests that Hypothesis repeats.

    `with docpact_mocking() as api` answers every httpx client at the documented servers and those
    of the ini option `docpact_servers`, and `docpact_mocking("https://eu.example.com")` only there.
    """
    from docpact.targets.mock_clients import mounted

    chosen = _choose(request)

    @contextmanager
    def mock(*servers: str) -> Iterator[MockApi | MockStore]:
        opened = _open_mock(chosen, request.config)
        with opened as api, mounted(api, servers or _servers(request, api)):
            yield api

    return mock


def _servers(request: pytest.FixtureRequest, api: Scripted) -> set[str]:
    """Return the servers of the documentation, of the ini option and of the test's markers.

    Without any, as in the documents of many frameworks, those of the configured targets.
    """
    from docpact.settings import load

    documented = {each for each in api.servers if each.startswith(("http://", "https://"))}
    markers = request.node.iter_markers("docpact_servers")
    with _reporting_errors():
        marked = {each for mark in markers for each in _read_marker(mark)}
        targets = load(None, request.config.rootpath).targets.values()
        found = {*documented, *request.config.getini("docpact_servers"), *marked}
        found = found or {each["url"].value for each in targets if "url" in each}
        if not found:
            hint = "name it with the ini option or the marker docpact_servers"
            raise UsageError(f"the documentation names no server: {hint}")
    return found


def _read_marker(mark: pytest.Mark) -> tuple[str, ...]:
    """Return the URLs of a marker, or raise UsageError."""
    if mark.kwargs or not mark.args or not all(isinstance(each, str) for each in mark.args):
        raise UsageError('docpact_servers takes URLs: docpact_servers("https://eu.example.com")')
    return mark.args


@pytest.fixture
def docpact_served_api(request: pytest.FixtureRequest) -> Iterator[tuple[str, MockApi | MockStore]]:
    """A base URL on loopback and the mock API behind it; needs the extra `serve`."""
    from docpact.targets.asgi import served

    with _open_mock(_choose(request), request.config) as api, served(api) as base:
        yield base, api


@contextmanager
def _open_mock(chosen: Operation | Api, config: pytest.Config) -> Iterator[MockApi | MockStore]:
    """Open the mock of the one operation that a test chose, or of the whole API."""
    from docpact.model import Api
    from docpact.targets.mock import MockApi
    from docpact.targets.mock_store import MockStore

    api = MockStore(chosen) if isinstance(chosen, Api) else MockApi(chosen)
    api.find_past = partial(_find_past, config)
    with _recorded(api):
        yield api


@contextmanager
def _recorded(api: MockApi | MockStore) -> Iterator[None]:
    """Play the finding of `docpact impact` on a mock, and record whether a test met it."""
    from docpact.played import count_drifted, list_mocks, play_named, write_event

    playing = play_named(api)
    try:
        yield
    finally:
        asked = len(playing.requests) if playing else 0
        write_event(mocks=[*list_mocks(api)], drifted=count_drifted(api), asked=asked)


def _find_past(config: pytest.Config, operation: str, day: date) -> Sequence[Finding]:
    """Return the findings of the last run until a day; raise UsageError without such a run."""
    from docpact.history.store import read_history
    from docpact.settings import load

    place = load(None, config.rootpath).read("history")
    if place is None:
        raise UsageError("as_of needs a history: name it in the configuration file")
    entries = [
        entry
        for series in read_history(place).series
        for entry in series
        if entry.run.operation == operation and entry.started.date() <= day
    ]
    if not entries:
        raise UsageError(f"{place}: no run of {operation} until {day}")
    return max(entries, key=lambda entry: entry.started).run.findings


def _choose(request: pytest.FixtureRequest) -> Operation | Api:
    """Return the one operation that a test chose, or the whole API."""
    try:
        operation: Operation = request.getfixturevalue("docpact_operation")
    except pytest.fail.Exception as error:
        api: Api = request.getfixturevalue("docpact_api")
        if error.msg != _list_choices(api):
            raise
        return api
    return operation


def _list_choices(api: Api) -> str:
    """Return why a fixture about one operation cannot be used with a whole API."""
    known = list_some([each.id for each in api.operations])
    return f"{api.name} is a whole API: choose one of its operations: {known}"


@pytest.fixture
def docpact_item(request: pytest.FixtureRequest) -> ItemFactory:
    """A factory of items as documented: `docpact_item(status="FAILED")`; each has its own id.

    Of a whole API, name the operation first: `docpact_item("list_jobs", status="FAILED")`. The item
    of an operation that is not a list is its body.
    """
    from itertools import count

    from docpact.cases.sampling import sample_item

    numbers, chosen = count(), _choose(request)

    def make(operation: str | None = None, /, **fields: Any) -> Any:
        return sample_item(_find_named(chosen, operation), index=next(numbers), **fields)

    return make


@pytest.fixture
def docpact_page(request: pytest.FixtureRequest, docpact_item: ItemFactory) -> PageFactory:
    """A factory of response bodies: `docpact_page(3)`, `docpact_page([item], next_token="t")`.

    Of a whole API, name the operation too: `docpact_page(3, operation="list_jobs")`.
    """
    from docpact.cases.page_facts import describe_first
    from docpact.cases.sampling import sample_page

    chosen = _choose(request)

    def make(items: Any = 1, *, operation: str | None = None, next_token: str | None = None) -> Any:
        is_known = isinstance(items, int | Sequence) and not isinstance(items, str | bytes)
        if not is_known or (isinstance(items, int) and not 0 <= items <= MAX_SAMPLE):
            what = f"a number of items up to {MAX_SAMPLE:,}, or the items"
            raise UsageError(f"docpact_page takes {what}, not {items!r}")
        if isinstance(items, int):
            items = [docpact_item(operation) for _ in range(items)]
        found = _find_named(chosen, operation)
        return describe_first(found, sample_page(found, items), len(items), next_token)

    return make


def _find_named(chosen: Operation | Api, name: str | None) -> Operation:
    """Return an operation by its name, with or without the provider, or raise UsageError."""
    from docpact.apis import find_operation
    from docpact.model import Api

    api = chosen if isinstance(chosen, Api) else Api(chosen.id, (chosen,))
    if name is None and api.is_whole:
        raise UsageError(_list_choices(api))
    return api.operations[0] if name is None else find_operation(api, str(name))


@pytest.fixture
def docpact_check_response(request: pytest.FixtureRequest) -> ResponseChecker:
    """A checker of responses: takes a response, or the bytes or the decoded value of a body.

    The response may be one of httpx, requests, urllib3, aiohttp (once it is read), or of the test
    client of Flask, Django or Starlette. It is compared with the documentation of its status; of a
    whole API, the request says which operation it belongs to, or name it, as in
    `docpact_check_response(page, operation="list_jobs")`. A body alone answers an accepted request.
    The test fails with every violation: its place, the documented and the observed value.
    """
    from docpact.listening import as_entry, describe_problems
    from docpact.targets.mock_responses import check_json
    from docpact.traffic.records import read_response

    chosen = _choose(request)

    def check(response: Any, *, operation: str | None = None) -> None:
        with _reporting_errors():
            entry = read_response(response)
            if entry is None and not isinstance(response, bytes):
                check_json("the body", response)
            named = None if operation is None else _find_named(chosen, operation)
        found = named or _find_operation(chosen, entry)
        problems = [*describe_problems(found, entry or as_entry(response))]
        if problems:
            first = f"differs from the documentation of {found.id}:"
            pytest.fail("\n  ".join((first, *problems)), pytrace=False)

    return check


def _find_operation(chosen: Operation | Api, entry: Entry | None) -> Operation:
    """Return the operation of a response, which fails the test if it belongs to none."""
    from docpact.model import Operation
    from docpact.traffic.recording import Sorter

    if isinstance(chosen, Operation):
        return chosen
    if entry is None or not entry.url:
        hint = "no request says which operation it belongs to: name it, as in operation=ID"
        pytest.fail(f"{chosen.name} is a whole API: {hint}", pytrace=False)
    found = Sorter(chosen.operations).find(entry)
    if found is None:
        problem = f"{entry.method} {entry.url} is not one of the operations of {chosen.name}"
        pytest.fail(problem, pytrace=False)
    return found
