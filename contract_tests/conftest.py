"""One run for the whole suite, and a test for each promise of the contract."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docpact import __version__
from docpact.catalogue import load
from docpact.conformance import Session, open_target
from docpact.conformance.session import MAX_SECONDS, tell_nobody
from docpact.credentials import read_secret
from docpact.errors import DocpactError, Inconclusive
from docpact.history.policy import Policy, apply_policy, read_policy
from docpact.model import Operation, Outcome, Promise, Run, collect_results, is_failure
from docpact.plugin import PROGRESS, RUN, bring
from docpact.reports import terminal
from docpact.rules import WITHOUT, gather, judge, promises
from docpact.secrets import from_variables
from docpact.settings import Config
from docpact.settings import load as load_config
from docpact.targets.address import keyed, parsed_params
from docpact.targets.concurrency import CONNECTIONS
from docpact.targets.request_budget import BUDGET, RATE, RequestBudget
from docpact.traffic.journal import Journal

if TYPE_CHECKING:
    from docpact.conformance.search import Search

OPERATION: pytest.StashKey[Operation] = pytest.StashKey()
"""The contract, read once."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each promise of the module's family."""
    if "promise" in metafunc.fixturenames:
        family = metafunc.module.FAMILY
        chosen = [each for each in promises(_load(metafunc.config)) if each.family == family]
        if chosen:
            metafunc.parametrize("promise", chosen, ids=str)
        else:
            reason = f"nothing promised: {WITHOUT[family]}"
            skipped = pytest.param(None, marks=pytest.mark.skip(reason))
            metafunc.parametrize("promise", [skipped], ids=["nothing promised"])


@pytest.fixture(scope="session")
def operation(pytestconfig: pytest.Config) -> Operation:
    """The contract that the target is held to."""
    return _load(pytestconfig)


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest, operation: Operation) -> Run:
    """The one run of this session, of all its workers together where pytest-xdist has several.

    Only the families that are tested cost requests; every worker knows all the tests.
    """
    config = request.config
    here = Path(__file__).parent
    families = {
        item.module.FAMILY
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and "promise" in item.fixturenames
        and item.path.resolve().parent == here.resolve()
    }
    try:
        seen_by = _policy(config)
        run = _of_all_workers(request, partial(_checked, config, operation, families))
    except Inconclusive as error:
        run = _nothing_judged(config, operation, error.reason)
    except DocpactError as error:
        bring(config, problem=str(error))
        pytest.exit(str(error), returncode=2)
    if config.getoption("--docpact-require-live"):
        run = _required_live(run)
    config.stash[RUN] = apply_policy(run, seen_by)
    bring(config, run=config.stash[RUN])
    return config.stash[RUN]


@pytest.fixture
def expect_kept(run: Run, pytestconfig: pytest.Config) -> Callable[[Promise], None]:
    """Fail for a broken promise that nobody accepted, and skip one that was not tested."""
    strict = pytestconfig.getoption("--docpact-strict")
    results = {result.promise: result for result in run.results}

    def expect(promise: Promise) -> None:
        if results[promise].outcome is Outcome.NOT_TESTED:
            pytest.skip(run.not_tested)
        found = [each for each in run.findings_of(promise) if is_failure(each, strict=strict)]
        if found:
            pytest.fail(
                "\n".join(line for each in found for line in terminal.describe(each)), False
            )

    return expect


def _of_all_workers(request: pytest.FixtureRequest, make: Callable[[], Run]) -> Run:
    worker = getattr(request.config, "workerinput", None)
    if worker is None:
        return make()
    from docpact.conformance.shared import shared

    folder = request.getfixturevalue("tmp_path_factory").getbasetemp().parent
    return shared(folder / f"docpact-{worker['testrunuid']}", make)


def _nothing_judged(config: pytest.Config, operation: Operation, reason: str) -> Run:
    target, seed = config.getoption("--docpact-target"), config.getoption("--docpact-seed")
    results = collect_results(judge(gather(operation, ())))
    return Run(operation.id, target, seed, results, (), (), 0.0, reason=reason)


def _checked(config: pytest.Config, operation: Operation, families: Collection[str]) -> Run:
    target, seed = config.getoption("--docpact-target"), config.getoption("--docpact-seed")
    key = read_secret(operation, os.environ)
    secrets = from_variables(tuple(config.getoption("--docpact-secret")), os.environ)
    file, connections = (config.getoption(f"--docpact-{n}") for n in ("journal", "connections"))
    journal = Journal(Path(file), __version__, secrets) if file else None
    with open_target(
        operation,
        target,
        key=key,
        seed=seed,
        request_budget=_request_budget(config),
        connections=CONNECTIONS if connections is None else connections,
        secrets=secrets,
        journal=journal,
    ) as opened:
        progress = config.stash.get(PROGRESS, tell_nobody)
        run = Session(opened, seed, progress, _search(config)).run(families)
    if journal is not None:
        journal.end(run.reason)
    return run


def _policy(config: pytest.Config) -> Policy:
    chosen, accepted = config.getoption("--docpact-config"), config.getoption("--docpact-baseline")
    read = load_config(Path(chosen), Path()) if chosen else Config()
    return read_policy(read, Path(accepted) if accepted else None)


def _search(config: pytest.Config) -> Search | None:
    count, folder = config.getoption("--docpact-search"), config.getoption("--docpact-examples")
    if not count:
        return None
    from docpact.conformance.search import Search

    kept = None if folder is None else Path(folder)
    return Search(count, kept, config.getoption("--docpact-seed"))


def _request_budget(config: pytest.Config) -> RequestBudget:
    budget, rate = config.getoption("--docpact-budget"), config.getoption("--docpact-rate")
    most = BUDGET + 2 * config.getoption("--docpact-search") if budget is None else budget
    return RequestBudget(most, RATE if rate is None else rate, MAX_SECONDS)


def _load(config: pytest.Config) -> Operation:
    if OPERATION not in config.stash:
        name = config.getoption("--docpact-operation") or config.getini("docpact_operation")
        folder = config.getoption("--docpact-contracts")
        try:
            found = load(name or None, Path(folder) if folder else None)
            found = keyed(found, config.getoption("--docpact-key"))
            config.stash[OPERATION] = parsed_params(found, config.getoption("--docpact-param"))
        except DocpactError as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[OPERATION]


def _required_live(run: Run) -> Run:
    tested = any(result.observations for result in run.results)
    if run.reason or (tested and run.target != "mock"):
        return run
    return replace(run, reason="nothing was judged on a live target, as --require-live asks")
