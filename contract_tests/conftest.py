"""One run for the whole suite, and a test for each promise of the contract."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from docpact import __version__
from docpact.conformance import prepare_operation, run_check
from docpact.conformance.session import tell_nobody
from docpact.conformance.start import untested_run
from docpact.errors import Inconclusive
from docpact.exit_codes import describe_failure
from docpact.history.policy import apply_policy, read_policy
from docpact.model import Operation, Outcome, Promise, Run, is_failure
from docpact.options import options_of
from docpact.plugin import RUN, send_to_controller
from docpact.reports import terminal
from docpact.rules import WITHOUT, promises
from docpact.settings import Config, Settings, load, resolve

CONTRACT: pytest.StashKey[tuple[Settings, Operation]] = pytest.StashKey()
"""The settings and the contract, read once."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each promise of the function's family."""
    if "promise" not in metafunc.fixturenames:
        return
    family = _family(metafunc.function.__name__)
    try:
        operation = _read_contract(metafunc.config)[1]
    except Exception:  # noqa: BLE001 — the collection must finish; the session ends after it
        metafunc.parametrize("promise", [None], ids=["no contract"])
        return
    chosen = [promise for promise in promises(operation) if promise.family == family]
    if chosen:
        metafunc.parametrize("promise", chosen, ids=str)
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
def run(request: pytest.FixtureRequest) -> Run:
    """The one run of this session, shared by all workers of pytest-xdist.

    Only the families of the chosen tests cost requests; every worker knows all chosen tests.
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
        settings, operation = _read_contract(config)
        policy = read_policy(settings)
        checked = (operation, settings, os.environ, tell_nobody, families)
        try:
            run = _make_once(request, partial(run_check, *checked, version=__version__))
        except Inconclusive as error:
            run = apply_policy(untested_run(operation, settings, error.reason), policy)
    except Exception as error:  # noqa: BLE001 — never a failed test: that would mean drift
        _leave(config, error)
    config.stash[RUN] = (run, settings.strict)
    send_to_controller(config, run=run, strict=settings.strict)
    return run


@pytest.fixture
def expect_kept(run: Run, pytestconfig: pytest.Config) -> Callable[[Promise], None]:
    """Fail for a broken promise that nobody accepted, and skip one that was not tested."""
    strict = _read_contract(pytestconfig)[0].strict
    results = {result.promise: result for result in run.results}

    def expect(promise: Promise) -> None:
        if results[promise].outcome is Outcome.NOT_TESTED:
            pytest.skip(run.not_tested)
        failures = [each for each in run.findings_of(promise) if is_failure(each, strict=strict)]
        if failures:
            lines = [line for each in failures for line in terminal.describe(each)]
            pytest.fail("\n".join(lines), pytrace=False)

    return expect


def _family(test: str) -> str:
    return test.removeprefix("test_")


def _make_once(request: pytest.FixtureRequest, make: Callable[[], Run]) -> Run:
    """Return the run that this worker or another one makes."""
    worker = getattr(request.config, "workerinput", None)
    if worker is None:
        return make()
    from docpact.conformance.shared import share_run

    folder = request.getfixturevalue("tmp_path_factory").getbasetemp().parent
    return share_run(folder / f"docpact-{worker['testrunuid']}", make)


def _read_contract(config: pytest.Config) -> tuple[Settings, Operation]:
    if CONTRACT not in config.stash:
        settings = _read_settings(config)
        config.stash[CONTRACT] = (settings, prepare_operation(settings))
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
