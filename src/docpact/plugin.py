"""The pytest plugin: options of the conformance suite, and fixtures for other projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from docpact.fixtures import (
    docpact_check_response,
    docpact_item,
    docpact_mock_api,
    docpact_operation,
    docpact_page,
    docpact_served_api,
)

if TYPE_CHECKING:
    from docpact.conformance import Progress
    from docpact.model import Run

__all__ = [
    "PROGRESS",
    "RUN",
    "bring",
    "docpact_check_response",
    "docpact_item",
    "docpact_mock_api",
    "docpact_operation",
    "docpact_page",
    "docpact_served_api",
]

RUN: pytest.StashKey[Run] = pytest.StashKey()
"""The run of the conformance suite, once it has one."""

INCONCLUSIVE = 3
"""The exit status of a run that gives no ground for a verdict."""

PROGRESS: pytest.StashKey[Progress] = pytest.StashKey()
"""Whom the conformance suite tells of its progress."""

pytest.register_assert_rewrite("docpact.contract_tests")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `pytest --pyargs docpact.contract_tests`."""
    parser.addini(
        "docpact_operation",
        "the contract that docpact's fixtures speak of: provider/operation, or a folder",
        default="",
    )
    group = parser.getgroup("docpact", "hold an HTTP API to its documentation")
    option = group.addoption
    option("--docpact-operation", metavar="NAME", help="provider/operation, or a contract's folder")
    option("--docpact-target", metavar="mock|URL", default="mock", help="what is held to it")
    option("--docpact-seed", metavar="N", type=int, default=0, help="makes a run repeatable")
    option("--docpact-budget", metavar="N", type=int, help="send at most N requests")
    option("--docpact-rate", metavar="N", type=float, help="at most N requests a second")
    option("--docpact-connections", metavar="N", type=int, help="at most N requests at once")
    option("--docpact-search", metavar="N", type=int, default=0, help="add N generated queries")
    option("--docpact-examples", metavar="DIR", help="where failing generated queries are kept")
    option("--docpact-config", metavar="FILE", help="levels and silenced rules are read there")
    option("--docpact-baseline", metavar="FILE", help="accepted findings, which fail no test")
    option("--docpact-journal", metavar="FILE", help="every exchange is written there")
    option("--docpact-contracts", metavar="DIR", help="folder of your own contracts")
    option(
        "--docpact-param",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="what every request carries",
    )
    option("--docpact-key", metavar="VARIABLE", help="holds the credential's secret")
    option(
        "--docpact-secret",
        metavar="VARIABLE",
        action="append",
        default=[],
        help="its value is written nowhere",
    )
    option("--docpact-strict", action="store_true", help="additive findings fail too")
    option("--docpact-require-live", action="store_true", help="judging nothing live is no pass")


def bring(config: pytest.Config, **what: Run | str) -> None:
    """Bring a `run`, or the `problem` that there is none for, to who started this worker, if any.

    Args:
        config: of a worker of pytest-xdist, or of a process that has none.
        what: it is.
    """
    output = getattr(config, "workeroutput", None)
    if output is not None:
        import pickle

        output["docpact"] = pickle.dumps(what)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker brings: each of them the same run."""
    packed = getattr(node, "workeroutput", {}).get("docpact")
    if packed is not None:
        import pickle

        brought = pickle.loads(packed)  # noqa: S301 — packed by a process that this one started
        if "problem" in brought:
            pytest.exit(brought["problem"], returncode=2)
        node.config.stash[RUN] = brought["run"]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep an inconclusive run from looking like a pass."""
    run = session.config.stash.get(RUN, None)
    if run is not None:
        from docpact.model import Verdict

        if run.verdict(strict=_strict(session.config)) is Verdict.INCONCLUSIVE:
            session.exitstatus = INCONCLUSIVE


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print what the run found, findings that fail no test included."""
    run = config.stash.get(RUN, None)
    if run is not None:
        from docpact import __version__
        from docpact.reports import terminal
        from docpact.reports.view import View

        terminalreporter.section(f"docpact {run.operation} on {run.target}")
        terminalreporter.write(terminal.render(View(run, __version__, _strict(config))))


def _strict(config: pytest.Config) -> bool:
    return bool(config.getoption("--docpact-strict"))
