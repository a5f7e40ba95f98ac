"""The pytest plugin: options of the conformance suite, and fixtures for other projects."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from docpact.fixtures import (
    docpact_api,
    docpact_check_response,
    docpact_item,
    docpact_mock_aiohttp,
    docpact_mock_api,
    docpact_mock_requests,
    docpact_mocking,
    docpact_operation,
    docpact_page,
    docpact_served_api,
)
from docpact.options import add_options

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from docpact.listening import Listener
    from docpact.model import ApiRun

__all__ = [
    "RUN",
    "docpact_api",
    "docpact_check_response",
    "docpact_item",
    "docpact_mock_aiohttp",
    "docpact_mock_api",
    "docpact_mock_requests",
    "docpact_mocking",
    "docpact_operation",
    "docpact_page",
    "docpact_served_api",
    "send_to_controller",
]

RUN: pytest.StashKey[tuple[ApiRun, bool]] = pytest.StashKey()
"""The run of the conformance suite, once there is one, and whether additive findings fail."""

pytest.register_assert_rewrite("docpact.contract_tests")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker that chooses further servers of the mock, and begin to listen."""
    config.addinivalue_line(
        "markers", "docpact_servers(*urls): base URLs that the mock of this test answers too"
    )

    if name := config.getoption("--docpact-listen"):
        _begin_to_listen(config, name)


def _begin_to_listen(config: pytest.Config, name: str) -> None:
    from docpact.apis import load_api
    from docpact.errors import DocpactError
    from docpact.listening import Listener, listening_to_all
    from docpact.settings import load

    try:
        api = load_api(name, load(None, config.rootpath).read("contracts"))
    except DocpactError as error:
        raise pytest.UsageError(f"--docpact-listen: {error}") from None
    config.stash[LISTENER] = listener = Listener(api)
    config.stash[LISTENING] = listening = listening_to_all(listener)
    listening.__enter__()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End listening."""
    if LISTENING in config.stash:
        config.stash[LISTENING].__exit__(None, None, None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `pytest --pyargs docpact.contract_tests`."""
    parser.addini(
        "docpact_operation",
        "the contract for docpact's fixtures: provider/operation, or a folder",
        default="",
    )
    parser.addini(
        "docpact_servers",
        "base URLs that the mock answers beside the documented ones, such as those of staging",
        type="linelist",
        default=[],
    )
    group = parser.getgroup("docpact", "check an HTTP API against its documentation")
    add_options(group.addoption, "pytest", "--docpact-")
    group.addoption(
        "--docpact-listen",
        metavar="API",
        help="check the traffic of these tests: provider/operation, a provider, a folder, "
        "or an OpenAPI document",
    )
    group.addoption(
        "--docpact-config",
        metavar="FILE",
        type=Path,
        help="configuration file, e.g. docpact.toml; options go before its values",
    )


LISTENER: pytest.StashKey[Listener] = pytest.StashKey()
"""The listener of `--docpact-listen`."""

LISTENING: pytest.StashKey[AbstractContextManager[None]] = pytest.StashKey()
"""The context in which it listens; leaving it ends that."""


def send_to_controller(config: pytest.Config, **content: Any) -> None:
    """Send a result from a worker of pytest-xdist to its controller; elsewhere, do nothing.

    Args:
        config: of this process.
        content: `run` and `strict`; or the `problem` of a session without a run, and its exit
            `code`.
    """
    output = getattr(config, "workeroutput", None)
    if output is not None:
        import pickle

        output["docpact"] = pickle.dumps(content)


def pytest_exception_interact(
    node: Any, call: pytest.CallInfo[Any], report: pytest.TestReport
) -> None:
    """Record for `docpact impact` where a test failed: file, line and name of the exception."""
    from docpact.played import LOG, write_event

    if LOG in os.environ and call.excinfo is not None:
        path = str(getattr(node, "path", ""))
        lines = [each for each in call.excinfo.traceback if str(each.path) == path]
        line = lines[-1].lineno + 1 if lines else 0
        write_event(failed=report.nodeid, line=line, error=call.excinfo.typename)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the result of a worker of pytest-xdist; every worker sends the same run."""
    packed = getattr(node, "workeroutput", {}).get("docpact")
    if packed is None:
        return
    import pickle

    content = pickle.loads(packed)  # noqa: S301 — packed by a process that this one started
    if "listened" in content:
        node.config.stash[LISTENER].merge(content["listened"])
        return
    if "problem" in content:
        pytest.exit(content["problem"], returncode=content["code"])
    node.config.stash[RUN] = (content["run"], content["strict"])


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Give an inconclusive run its own exit code, so that it does not look like a pass."""
    if LISTENER in session.config.stash:
        _end_listening(session)
    elif RUN in session.config.stash:
        from docpact.exit_codes import ExitCode, exit_code

        run, strict = session.config.stash[RUN]
        if exit_code(run, strict=strict) is ExitCode.INCONCLUSIVE:
            session.exitstatus = ExitCode.INCONCLUSIVE


def _end_listening(session: pytest.Session) -> None:
    """Make a run of the traffic, whose verdict is the exit code of tests that passed."""
    from docpact.exit_codes import exit_code

    config = session.config
    if hasattr(config, "workeroutput"):
        send_to_controller(config, listened=config.stash[LISTENER].summary)
        return
    run, strict = config.stash[LISTENER].run, bool(config.getoption("--docpact-strict"))
    config.stash[RUN] = (run, strict)
    session.exitstatus = session.exitstatus or exit_code(run, strict=strict)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the report of the run, with the findings that fail no test."""
    if RUN in config.stash:
        from docpact import __version__
        from docpact.reports import terminal
        from docpact.reports.view import Report
        from docpact.text import printable

        run, strict = config.stash[RUN]
        terminalreporter.section(f"docpact {run.name} on {printable(run.target)}")
        terminalreporter.write(terminal.render(Report(run, __version__, strict)))
