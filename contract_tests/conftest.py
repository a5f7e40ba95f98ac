"""One run for the whole suite, and a test for each promise of each operation."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from docpact import __version__
from docpact.conformance import prepare_api, run_api
from docpact.conformance.start import list_untested
from docpact.errors import Inconclusive
from docpact.exit_codes import describe_failure
from docpact.model import Api, ApiRun, Outcome, Promise, is_failure
from docpact.options import options_of
from docpact.plugin import RUN, send_to_controller
from docpact.reports import terminal
from docpact.rules import WITHOUT, promises
from docpact.settings import Config, Settings, load, resolve

CONTRACT: pytest.StashKey[tuple[Settings, Api]] = pytest.StashKey()
"""The settings and the contracts, read once."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each promise of the function's family, for each operation."""
    if "promise" not in metafunc.fixturenames:
        return
    family = _family(metafunc.function.__name__)
    try:
        api = _read_contract(metafunc.config)[1]
    except Exception:  # noqa: BLE001 — the collection must finish; the session ends after it
        metafunc.parametrize("promise", [None], ids=["no contract"])
        return
    chosen = [
        (operation.id, promise)
        for operation in api.operations
        for promise in promises(operation)
        if promise.family == family
    ]
    if chosen:
        names = [f"{name} {promise}" if api.is_whole else str(promise) for name, promise in chosen]
        metafunc.parametrize("promise", chosen, ids=names)
    else:
        skip = pytest.mark.skip(f"not applicable: {WITHOUT[family]}")
        metafunc.parametrize("promise", [pytest.param(None, marks=skip)], ids=["not applicable"])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """End a session without a usable contract; a worker of pytest-xdist ends it in `run`."""
    if not hasattr(config, "workerinput"):
        try:
            _read_contract(config)
        except Exception as error:  # noqa: BLE001 — one line instead of a traceback
            _leave(config, error)


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> ApiRun:
    """The one run of this session, shared by all workers of pytest-xdist.

    Phases that test only other families cost no requests; every worker knows all chosen tests.
    """
    config = request.config
    families = {
        _family(item.originalname)
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and "promise" in item.fixturenames
        and item.path.resolve().parent == Path(__file__).parent.resolve()
    }
    try:
        settings, api = _read_contract(config)
        checked = (api, replace(settings, history=None), os.environ, None, families)
        try:
            run = _make_once(request, partial(run_api, *checked, version=__version__))
        except Inconclusive as error:
            run = list_untested(api, settings, str(error))
    except Exception as error:  # noqa: BLE001 — never a failed test: that would mean drift
        _leave(config, error)
    config.stash[RUN] = (run, settings.strict)
    send_to_controller(config, run=run, strict=settings.strict)
    return run


@pytest.fixture
def expect_kept(run: ApiRun, pytestconfig: pytest.Config) -> Callable[[tuple[str, Promise]], None]:
    """Fail for a broken promise that nobody accepted, and skip one that was not tested."""
    strict = _read_contract(pytestconfig)[0].strict
    runs = {each.operation: each for each in run.runs}
    results = {(each.operation, r.promise): r for each in run.runs for r in each.results}

    def expect(promise: tuple[str, Promise]) -> None:
        operation, stated = promise
        if operation in run.not_tested:
            pytest.skip(run.not_tested[operation])
        if results[promise].outcome is Outcome.NOT_TESTED:
            pytest.skip(runs[operation].not_tested)
        found = runs[operation].findings_of(stated)
        failures = [each for each in found if is_failure(each, strict=strict)]
        if failures:
            lines = [line for each in failures for line in terminal.describe(each)]
            pytest.fail("\n".join(lines), pytrace=False)

    return expect


def _family(test: str) -> str:
    return test.removeprefix("test_")


def _make_once(request: pytest.FixtureRequest, make: Callable[[], ApiRun]) -> ApiRun:
    """Return the run that this worker or another one makes."""
    worker = getattr(request.config, "workerinput", None)
    if worker is None:
        return make()
    from docpact.databases import share

    folder = request.getfixturevalue("tmp_path_factory").getbasetemp().parent
    return share(folder / f"docpact-{worker['testrunuid']}", make)


def _read_contract(config: pytest.Config) -> tuple[Settings, Api]:
    if CONTRACT not in config.stash:
        settings = _read_settings(config)
        config.stash[CONTRACT] = (settings, prepare_api(settings))
    return config.stash[CONTRACT]


def _read_settings(config: pytest.Config) -> Settings:
    stated = {
        option.name: config.getoption(f"--docpact-{option.flag}") for option in options_of("pytest")
    }
    stated["operation"] = stated["operation"] or config.getini("docpact_operation") or None
    file = config.getoption("--docpact-config")
    return resolve(load(file, Path()) if file else Config(), stated, "--docpact-")


def _leave(config: pytest.Config, error: Exception) -> NoReturn:
    """End the session with one line and the exit code of a failure."""
    command = ["pytest", *map(str, config.invocation_params.args)]
    code, line = describe_failure(error, command, __version__)
    send_to_controller(config, problem=line, code=int(code))
    pytest.exit(line, returncode=code)
