"""The official Python SDK under the gate: exactly the known findings of each release, over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from clients.sdk import broken_by, environment, install

GATE = [sys.executable, "-c", "import sys, docpact.cli; sys.exit(docpact.cli.main())", "gate"]
INSTALLED = version("llama-cloud")

pytestmark = pytest.mark.slow


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take the installed release, and an old one beside it with `--whole-zoo`."""
    if "gated" in metafunc.fixturenames:
        old = ["1.6.0"] if metafunc.config.getoption("--whole-zoo") else []
        releases = dict.fromkeys([INSTALLED, *old])
        metafunc.parametrize("gated", releases, indirect=True, scope="module")


@pytest.fixture(scope="module")
def gated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Gate a release in a process of its own: release, process, JSON and JUnit that it wrote."""
    release, folder = request.param, tmp_path_factory.mktemp("gate")
    packages = None if release == INSTALLED else install(release, folder)
    done = subprocess.run(
        [*GATE, "llama-cloud", "--json", "gate.json", "--junit", "gate.xml"],
        cwd=folder,
        env=environment(folder, packages),
        capture_output=True,
        text=True,
        check=False,
    )
    told = json.loads((folder / "gate.json").read_text())
    return release, done, told, (folder / "gate.xml").read_text()


def test_exactly_the_known_promises_are_broken(gated: Any) -> None:
    release, done, told, _ = gated
    broken = {
        " ".join(filter(None, (each["rule"], each["location"])))
        for each in told["promises"]
        if each["outcome"] == "broken"
    }
    assert (told["target"], done.returncode, done.stderr) == (f"llama-cloud {release}", 1, "")
    assert broken == broken_by(release)


def test_the_table_names_what_the_caller_gets(gated: Any) -> None:
    release, done, *_ = gated
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0].endswith(f"gate of llama-cloud {release} (sync, async)")
    empty = "an empty page in the middle: silent corruption, 6 items were sent, 3 read;"
    assert empty in " ".join(lines)
    assert any(line.startswith("kept status/429 typed error, RateLimitError") for line in lines)


def test_each_promise_is_a_case_of_junit(gated: Any) -> None:
    release, *_, written = gated
    cases = fromstring(written).findall(".//testcase")
    failed = {case.get("name") for case in cases if case.find("failure") is not None}
    assert failed == broken_by(release)
    assert len(cases) > 100


def test_both_builds_are_gated(gated: Any) -> None:
    _, _, told, _ = gated
    effects = {
        (each["build"], each["effect"])
        for each in told["answers"]
        if each["promise"] == "client.repeated_token query/page_token"
    }
    assert effects == {("sync", "hang"), ("async", "hang")}


def test_a_later_release_is_held_against_an_earlier_one(gated: Any, tmp_path: Path) -> None:
    release, _, told, _ = gated
    (tmp_path / "earlier.json").write_text(json.dumps(told))
    done = subprocess.run(
        [*GATE, "llama-cloud", "--against", "earlier.json", "--only", "fidelity"],
        cwd=tmp_path,
        env=environment(tmp_path, None),
        capture_output=True,
        text=True,
        check=False,
    )
    worse = broken_by(INSTALLED) - broken_by(release)
    assert done.returncode == (1 if worse else 0)
    assert [line.strip() for line in done.stdout.splitlines() if line.startswith("  client.")] == [
        *worse
    ]
