"""What a check shows while it runs: pytest's own output replaced by a line a phase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TextIO

import pytest

from docpact import __version__
from docpact.plugin import PROGRESS, RUN
from docpact.text import counted, printable

if TYPE_CHECKING:
    from docpact.model import Run


def titled(operation: str, target: str) -> str:
    """Return the line that says what is checked."""
    return f"docpact {__version__}  {operation} on {printable(target)}\n"


PROMISE_TEST: Final = "::test_promise["
"""What the id of a test holds that fails for a broken promise alone."""


class Reporter:
    """A pytest plugin that takes the place of the terminal reporter.

    Attributes:
        run: the run, once there is one.
        problem: why the suite itself failed; empty where it did not.
        interrupted: whether Ctrl-C ended the suite.
    """

    def __init__(self, stream: TextIO) -> None:
        self.run: Run | None = None
        self.problem = ""
        self.interrupted = False
        self._stream = stream
        self._told = False

    def title(self, operation: str, target: str) -> None:
        """Print what is checked."""
        self._stream.write(titled(operation, target))
        self._stream.flush()

    def progress(self, phase: str, requests: int, summary: str) -> None:
        """Print a line a phase; on a terminal, count its requests in place."""
        self._told = True
        line = f"  {phase:<12} {counted(requests, 'request'):<14} {summary}"
        if summary:
            self._stream.write(("\r" if self._stream.isatty() else "") + line.rstrip() + "\n")
        elif self._stream.isatty():
            self._stream.write("\r" + line.rstrip())
        self._stream.flush()

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Silence pytest's own reporter and listen to the suite."""
        config.pluginmanager.unregister(name="terminalreporter")
        config.stash[PROGRESS] = self.progress

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why the suite could not be collected."""
        if report.failed:
            self.problem = f"the suite could not be collected: {report.longreprtext}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep an error of the suite itself; broken promises are told by the run."""
        told = report.when == "call" and PROMISE_TEST in report.nodeid
        if report.failed and not told:
            self.problem = f"{report.nodeid}: {report.longreprtext}"

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Keep why the suite was left."""
        left = excinfo.value
        if isinstance(left, pytest.exit.Exception):
            self.problem = left.msg
        else:
            self.interrupted = True

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Keep the run; one that workers brought told of no phase before."""
        self.run = session.config.stash.get(RUN, None)
        if self.run is not None and not self._told:
            for phase, requests in self.run.requests:
                self.progress(phase, requests, "done")
