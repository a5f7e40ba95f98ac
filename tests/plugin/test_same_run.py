"""`docpact check` and the pytest suite are two faces of one run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import CANCELLED, Docpact, docpact, environment, served
from servers.defects import ignoring
from servers.jobs import make_jobs
from servers.loopback import Handler, Server
from servers.reference import KEY, Api

import docpact as package

__all__ = ["docpact", "served"]

KEEP = """
from pathlib import Path

from docpact.plugin import RUN
from docpact.reports import document
from docpact.reports.view import Report


def pytest_sessionfinish(session):
    run, strict = session.config.stash[RUN]
    Path("suite.json").write_text(document.render(Report(run, "0", strict)))
"""
"""A plugin that writes the run of the suite as `docpact check --json` does."""

VARYING = ("docpact", "started", "seconds", "latency")


def run_suite(folder: Path, *args: str) -> tuple[int, dict[str, Any]]:
    """Run the suite in a folder; return its exit status and its run."""
    (folder / "keep.py").write_text(KEEP)
    sources = Path(package.__file__).parents[1]
    python = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-p", "keep"]
    done = subprocess.run(
        [*python, "--pyargs", "docpact.contract_tests", *args],
        cwd=folder,
        env={**environment(KEY), "PYTHONPATH": f"{folder}:{sources}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, read_run(folder / "suite.json")


def read_run(file: Path) -> dict[str, Any]:
    run = json.loads(file.read_text())
    return {name: value for name, value in run.items() if name not in VARYING}


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        pytest.param(None, 0, id="mock", marks=pytest.mark.slow),
        pytest.param(CANCELLED, 1, id="drift", marks=pytest.mark.slow),
        pytest.param(
            ignoring("page_size", lambda value: value == "101")(Api(make_jobs(3))),
            1,
            id="additive",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_both_give_the_same_verdict_and_findings(
    docpact: Docpact,
    served: Callable[[Handler], Server],
    tmp_path: Path,
    handler: Handler | None,
    code: int,
) -> None:
    target = "mock" if handler is None else served(handler).url
    words = {"target": target, "seed": "7", "budget": "120", "journal": "j.jsonl"}
    (tmp_path / "docpact.toml").write_text("strict = true\n")
    checked = docpact("check", "--json", "run.json", *(f"--{n}={v}" for n, v in words.items()))
    status, run = run_suite(
        tmp_path, "--docpact-config=docpact.toml", *(f"--docpact-{n}={v}" for n, v in words.items())
    )
    assert (checked.returncode, status) == (code, code)
    assert run == read_run(tmp_path / "run.json")
    assert bool(run["findings"]) is bool(code)
    lines = (tmp_path / "j.jsonl").read_text().splitlines()
    assert len(lines) == 2 * (run["requests"] + 2)


@pytest.mark.slow
def test_both_are_inconclusive_for_the_same_reason(docpact: Docpact, tmp_path: Path) -> None:
    checked = docpact("check", "--require-live", "--json", "run.json")
    status, run = run_suite(tmp_path, "--docpact-require-live")
    assert (checked.returncode, status) == (3, 3)
    assert run == read_run(tmp_path / "run.json")
    assert run["reason"] == "--require-live: no promise was tested on a live target"
