"""The command line as a user meets it, and servers for it: fixtures that several folders import."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pytest
from servers.defects import setting
from servers.jobs import make_jobs
from servers.loopback import Handler, Server
from servers.reference import KEY, Api

from docpact.cli import main

OPERATION: Final = "llamacloud/list_classify_jobs"
QUICK: Final = "llamacloud/get_project"
"""An operation that takes few requests to check, for tests of everything around a check."""

VARIABLE: Final = "LLAMA_CLOUD_API_KEY"
DOCPACT: Final = [sys.executable, "-c", "import sys, docpact.cli; sys.exit(docpact.cli.main())"]
HEARD: Final = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
"""Python code that lets Ctrl-C through, which a process in the background is started without."""

CANCELLED: Final = setting("/status", "CANCELLED", at=3)(Api(make_jobs(12)))
"""A server that shows a status that its page does not list."""


def is_running(process: subprocess.Popen[Any]) -> bool:
    """Return whether a process still runs, and wait a moment for its end."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(0.01)
    return process.returncode is None


def on_terminal(folder: Path, *args: str) -> str:
    """Run the command in a folder with its standard output on a terminal; return its output."""
    reader, writer = os.openpty()
    command = subprocess.Popen([*DOCPACT, *args], cwd=folder, stdout=writer)
    os.close(writer)
    parts = list[bytes]()
    with suppress(OSError), os.fdopen(reader, "rb", 0) as screen:  # an error at its end
        while part := screen.read(65_536):
            parts.append(part)
    command.wait()
    return b"".join(parts).decode()


def environment(key: str | None) -> dict[str, str]:
    """Return this process's environment with another key, or without one."""
    kept = {name: value for name, value in os.environ.items() if name != VARIABLE}
    return kept | ({} if key is None else {VARIABLE: key})


def in_process(
    args: tuple[str, ...], folder: Path, variables: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run the command in this process, which retries without waiting; return what became of it."""
    out, err = StringIO(), StringIO()
    with (
        chdir(folder),
        patch.dict(os.environ, dict(variables), clear=True),
        patch("docpact.targets.http.BACK_OFF", 0.01),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            code = main(args)
        except SystemExit as left:
            code = int(left.code or 0)
    return subprocess.CompletedProcess(args, code, out.getvalue(), err.getvalue())


@dataclass(frozen=True, slots=True)
class Docpact:
    """Runs the command in a folder, in this process."""

    folder: Path

    def __call__(self, *args: str, key: str | None = KEY) -> subprocess.CompletedProcess[str]:
        """Return what became of it."""
        return in_process(args, self.folder, environment(key))


@pytest.fixture
def docpact(tmp_path: Path) -> Docpact:
    """Run the command in an empty folder."""
    return Docpact(tmp_path)


@pytest.fixture
def served() -> Iterator[Callable[[Handler], Server]]:
    """Serve a handler until the test ends, and give the server."""
    with ExitStack() as stack:
        yield lambda handler: stack.enter_context(Server(handler))
