"""Accepted findings: they fail no run while their day lasts, and healed ones are named."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from command import CANCELLED, Docpact, environment
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers.jobs import make_jobs
from servers.loopback import Server
from servers.reference import KEY, Api

from docpact.errors import UsageError
from docpact.history import baseline
from docpact.model import AcceptedFinding

TODAY = date.today()
TEXT = st.text(min_size=1).filter(str.strip)
KNOWN = st.builds(
    AcceptedFinding,
    operation=TEXT,
    fingerprint=st.text("0123456789abcdef", min_size=12, max_size=12),
    rule=TEXT,
    location=st.text(),
    observed=st.text(),
    reason=TEXT,
    since=st.dates(),
    until=st.none() | st.dates(),
)
"""Entries of a baseline; its texts hold whatever a server may send."""


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(KNOWN, unique_by=lambda known: known.fingerprint))
def test_a_baseline_reads_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, known: list[AcceptedFinding]
) -> None:
    file = tmp_path_factory.getbasetemp() / "known.json"
    file.write_text(baseline.render(known), encoding="utf-8")
    assert sorted(baseline.read(file), key=lambda each: each.fingerprint) == sorted(
        known, key=lambda each: each.fingerprint
    )
    assert baseline.render(reversed(known)) == baseline.render(known)


@pytest.mark.slow
def test_an_accepted_finding_fails_no_run_until_its_day_is_over(
    docpact: Docpact, served: Callable[[Any], Server], tmp_path: Path
) -> None:
    url = served(CANCELLED).url
    check = ["check", "--target", url, "--json", "run.json"]
    assert docpact(*check).returncode == 1
    accept = ["baseline", "update", "known.json", "run.json", "--reason", "told to the vendor"]
    edited = docpact(*accept, "--until", str(TODAY + timedelta(days=9)))
    assert edited.stdout.splitlines()[0].startswith("accepted  response.enum  /items/*/status  ")
    done = docpact(*check, "--baseline", "known.json", "--junit", "run.xml")
    assert done.returncode == 0
    assert "ACCEPTED (1): known findings that do not fail the run" in done.stdout
    assert "told to the vendor" in done.stdout
    assert json.loads((tmp_path / "run.json").read_text())["findings"][0]["accepted"]
    assert "<failure" not in (tmp_path / "run.xml").read_text()
    over = json.loads((tmp_path / "known.json").read_text())
    over["accepted"][0]["until"] = str(TODAY - timedelta(days=1))
    (tmp_path / "known.json").write_text(json.dumps(over))
    done = docpact(*check, "--baseline", "known.json")
    assert done.returncode == 1
    assert "was accepted until" in done.stdout


def test_a_new_finding_fails_beside_accepted_ones(
    docpact: Docpact, served: Callable[[Any], Server]
) -> None:
    docpact("check", "--target", served(CANCELLED).url, "--json", "run.json", "--budget=60")
    docpact("baseline", "update", "known.json", "run.json", "--reason", "known")
    worse = replace(CANCELLED, refuse=lambda request: None)
    done = docpact(
        "check", "--target", served(worse).url, "--baseline", "known.json", "--budget=60"
    )
    assert done.returncode == 1
    assert "auth.missing" in done.stdout


@pytest.mark.slow
def test_a_healed_finding_is_named_and_pruned(
    docpact: Docpact, served: Callable[[Any], Server], tmp_path: Path
) -> None:
    docpact("check", "--target", served(CANCELLED).url, "--json", "run.json")
    docpact("baseline", "update", "known.json", "run.json", "--reason", "known")
    healthy, empty = served(Api(make_jobs(12))).url, served(Api(make_jobs(0))).url
    nothing = docpact(
        "check", "--target", empty, "--baseline", "known.json", "--json", "empty.json"
    )
    assert "HEALED" not in nothing.stdout
    docpact("baseline", "prune", "known.json", "empty.json")
    assert len(baseline.read(tmp_path / "known.json")) == 1
    done = docpact("check", "--target", healthy, "--baseline", "known.json", "--json", "run.json")
    assert done.returncode == 0
    assert "HEALED (1): accepted findings that this run no longer sees" in done.stdout
    pruned = docpact("baseline", "prune", "known.json", "run.json")
    assert "(healed)" in pruned.stdout
    assert baseline.read(tmp_path / "known.json") == ()


@pytest.mark.slow
def test_the_suite_itself_passes_over_what_is_accepted(
    docpact: Docpact, served: Callable[[Any], Server], tmp_path: Path
) -> None:
    url = served(CANCELLED).url
    docpact("check", "--target", url, "--json", "run.json")
    docpact("baseline", "update", "known.json", "run.json", "--reason", "known")
    suite = [sys.executable, "-m", "pytest", "-q", "--pyargs", "docpact.contract_tests"]
    options = [f"--docpact-target={url}", "-k", "enum", "-p", "no:cacheprovider"]
    for more, code in (([], 1), ([f"--docpact-baseline={tmp_path / 'known.json'}"], 0)):
        done = subprocess.run(
            [*suite, *options, *more],
            cwd=tmp_path,
            env=environment(KEY),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[1", "not JSON"),
        ("{}", "not a baseline"),
        ('{"docpact baseline": true, "accepted": []}', "not a baseline"),
        ("[" * 100_000, "not JSON: nested too deeply"),
        ('{"docpact baseline": 1, "accepted": [], "accepted": []}', "twice in one object"),
        ('{"docpact baseline": 1}', "#: Object missing required field `accepted`"),
        ('{"docpact baseline": 1, "accepted": [1]}', "#/accepted/0: Expected `object`, got `int`"),
        (
            '{"docpact baseline": 1, "accepted": [{"why": 1}]}',
            "#/accepted/0: Object contains unknown field `why`",
        ),
        (
            '{"docpact baseline": 1, "accepted": [{}]}',
            "#/accepted/0: Object missing required field `operation`",
        ),
    ],
)
def test_a_broken_baseline_is_one_clear_line(
    docpact: Docpact, tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "known.json").write_text(text)
    done = docpact("check", "--baseline", "known.json")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert says in done.stderr


@pytest.mark.parametrize("change", [{"reason": " "}, {"since": "soon"}, {"until": 5}])
def test_an_entry_says_why_and_since_when(tmp_path: Path, change: dict[str, Any]) -> None:
    known = AcceptedFinding("o", "a" * 12, "r", "l", "x", "because", TODAY)
    document = json.loads(baseline.render([known]))
    document["accepted"][0] |= change
    file = tmp_path / "known.json"
    file.write_text(json.dumps(document))
    (name,) = change
    with pytest.raises(UsageError, match=f"#/accepted/0/{name}: "):
        baseline.read(file)
    document["accepted"] = json.loads(baseline.render([known]))["accepted"] * 2
    file.write_text(json.dumps(document))
    with pytest.raises(UsageError, match=r"#/accepted/1: .* twice"):
        baseline.read(file)
