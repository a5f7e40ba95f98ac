"""The commands and examples of the README, the gate's page and the diff's page are real."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest
from servers.defects import setting
from servers.loopback import Server
from servers.reference import KEY, Api

import docpact
from docpact.reports.terminal import describe

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
DIFF = (Path(__file__).parents[2] / "docs" / "diff.md").read_text(encoding="utf-8")
GATE = (Path(__file__).parents[2] / "docs" / "gate.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_the_examples_run(pytester: pytest.Pytester) -> None:
    files = {f"test_example_{number}": code for number, code in enumerate(EXAMPLES)}
    pytester.makepyfile(**files)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=sum(code.count("def test_") for code in EXAMPLES))
    assert len(EXAMPLES) == 1


@pytest.mark.slow
def test_the_example_of_the_gate_runs(pytester: pytest.Pytester) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", GATE, flags=re.DOTALL)
    pytester.makepyfile(test_ours=code)
    counts = pytester.runpytest_subprocess("-p", "no:cacheprovider").parseoutcomes()
    assert set(counts) == {"passed", "xfailed", "skipped"}
    assert counts["passed"] > 50


@pytest.mark.slow
def test_the_command_prints_the_disagreement_shown() -> None:
    root = Path(__file__).parents[2]
    (line,) = re.findall(r"^    \$ (docpact disagree .*)$", DIFF, flags=re.MULTILINE)
    command = [sys.executable, "-c", "import sys, docpact.cli; sys.exit(docpact.cli.main())"]
    done = subprocess.run(
        [*command, *shlex.split(line)[1:]],
        cwd=root / "examples" / "disagree",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert indent(done.stdout, "    ") in DIFF


def test_such_a_server_gets_the_finding_shown() -> None:
    operation = docpact.load("llamacloud/list_classify_jobs")
    with Server(setting("/status", "CANCELLED", at=17)(Api())) as server:
        run = docpact.check(operation, server.url, key=KEY)
    (finding,) = run.findings
    lines = [
        f"    {line}".replace(server.url, "http://127.0.0.1:8000") for line in describe(finding)
    ]
    assert "\n".join(lines) in README
    for phase, requests in run.requests:
        assert re.search(rf"^      {phase} +{requests} requests? ", README, flags=re.MULTILINE), (
            phase
        )
