"""The action and the workflows are valid, and the script of the action works."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from command import CANCELLED, environment
from servers.jobs import make_jobs
from servers.loopback import Handler, Server
from servers.reference import KEY, Api

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github" / "actions" / "docpact" / "action.yml"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize(
    ("schema", "files"),
    [("vendor.github-actions", [ACTION]), ("vendor.github-workflows", WORKFLOWS)],
)
def test_they_are_valid(schema: str, files: list[Path]) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_input_is_part_of_a_script() -> None:
    steps = yaml.safe_load(ACTION.read_text())["runs"]["steps"]
    scripts = [step["run"] for step in steps if "run" in step]
    assert len(scripts) == 3
    assert [script for script in scripts if "${{" in script] == []


def run_action(folder: Path, **inputs: str) -> tuple[int, dict[str, str], str, str]:
    """Run the script of the action; return its exit code, outputs, summary and printed text."""
    action = yaml.safe_load(ACTION.read_text())
    (step,) = [each for each in action["runs"]["steps"] if each.get("id") == "run"]
    defaults = {name: each.get("default", "") for name, each in action["inputs"].items()}
    given = {name.upper(): inputs.get(name, value) for name, value in defaults.items()}
    env = {
        **environment(KEY),
        **given,
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
    }
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    outputs = dict(line.split("=", 1) for line in (folder / "output").read_text().splitlines())
    return done.returncode, outputs, (folder / "summary").read_text(), done.stdout + done.stderr


Served = Callable[[Handler], Server]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("handler", "code", "verdict"),
    [(Api(make_jobs(12)), 0, "conforms"), (CANCELLED, 1, "drift")],
)
def test_the_action_on_a_server(
    tmp_path: Path, served: Served, handler: Any, code: int, verdict: str
) -> None:
    url = served(handler).url
    done, outputs, summary, output = run_action(
        tmp_path, target=url, history="h.sqlite", arguments="--require-live --seed 3"
    )
    assert (done, outputs) == (code, {"verdict": verdict, "exit-code": str(code)}), output
    assert f"docpact: {verdict}" in summary
    assert ("\n::error title=response.enum" in output) == bool(code)
    written = {each.name for each in (tmp_path / "docpact-reports").iterdir()}
    assert written == {"run.json", "junit.xml", "docpact.sarif", "journal.jsonl", "report.html"}
    assert json.loads((tmp_path / "docpact-reports" / "run.json").read_text())["seed"] == 3


@pytest.mark.slow
@pytest.mark.parametrize(("inconclusive", "code"), [("fail", 3), ("warn", 0)])
def test_the_action_if_nothing_listens(tmp_path: Path, inconclusive: str, code: int) -> None:
    done, outputs, summary, output = run_action(
        tmp_path, target="http://127.0.0.1:9", inconclusive=inconclusive
    )
    assert (done, outputs) == (code, {"verdict": "inconclusive", "exit-code": "3"})
    assert "docpact: inconclusive" in summary
    assert "::warning title=docpact%3A inconclusive::" in output


@pytest.mark.slow
def test_every_line_of_the_arguments_counts(tmp_path: Path) -> None:
    _, _, _, output = run_action(tmp_path, arguments="--seed 3\n--budget\n40\n--strict")
    assert json.loads((tmp_path / "docpact-reports" / "run.json").read_text())["seed"] == 3
    assert json.loads((tmp_path / "docpact-reports" / "run.json").read_text())["requests"] <= 40
    assert "LEFT OUT" in output


def test_a_mistyped_command_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "summary").touch()
    earlier = tmp_path / "docpact-reports" / "run.json"
    earlier.parent.mkdir()
    earlier.write_text("{}")
    code, outputs, _, output = run_action(tmp_path, command="chek")
    assert (code, outputs) == (2, {"verdict": "usage-error", "exit-code": "2"})
    assert "neither check nor gate" in output
    assert not earlier.exists()  # else the issue says it once more


@pytest.mark.slow
def test_the_outputs_are_set_even_if_the_history_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "h.sqlite").write_text("no database")
    (tmp_path / "summary").touch()
    _, outputs, _, output = run_action(tmp_path, history="h.sqlite")
    assert set(outputs) == {"verdict", "exit-code"}
    assert "report.html was not written" in output


def test_the_workflows_pass_the_security_linter() -> None:
    command = [
        str(Path(sys.executable).parent / "zizmor"),
        "--offline",
        "--config",
        ".github/zizmor.yml",
        ".github",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_inputs_are_never_executed(tmp_path: Path) -> None:
    (tmp_path / "summary").touch()
    _, outputs, *_ = run_action(tmp_path, target='"; touch pwned; "', arguments="$(touch pwned)")
    assert outputs["verdict"] == "usage-error"
    assert not (tmp_path / "pwned").exists()


@pytest.mark.slow
def test_the_cron_script_distinguishes_drift_and_inconclusive(
    tmp_path: Path, served: Served
) -> None:
    text = (ROOT / "docs" / "nightly.md").read_text()
    script = text.partition("```sh\n#!/bin/sh")[2].partition("```")[0]
    (tmp_path / "mail").write_text('#!/bin/sh\necho "$2" >> "$HOME/mailed"\ncat > "$HOME/body"\n')
    (tmp_path / "mail").chmod(0o755)
    subjects = []
    for target in (served(Api(make_jobs(12))).url, served(CANCELLED).url, "http://127.0.0.1:9"):
        path = f"{tmp_path}:{Path(sys.executable).parent}:/usr/bin:/bin"
        env = {**environment(KEY), "HOME": str(tmp_path), "PATH": path}
        here = script.replace("https://api.cloud.llamaindex.ai", target)
        subprocess.run(["sh", "-c", here], env=env, capture_output=True, check=False)
        mailed = tmp_path / "mailed"
        subjects.append(mailed.read_text().splitlines() if mailed.exists() else [])
        mailed.unlink(missing_ok=True)
    assert subjects == [[], ["docpact: drift"], ["docpact: inconclusive"]]
    assert (tmp_path / "docpact" / "report.html").exists()
