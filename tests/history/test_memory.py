"""Memory through the command: a real server changes, and every report shows the ended habit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from command import Docpact
from servers.jobs import make_jobs
from servers.loopback import Answer, Handler, Request, Server
from servers.reference import KEY, Api

from docpact.history.store import read_history, recall, record
from docpact.model import Level
from docpact.settings import load, resolve

JOBS = make_jobs(60)
REPORTS = ("json", "html", "junit", "sarif")


def showing(fields: Mapping[str, Any]) -> Handler:
    """Return a server whose jobs have further fields."""
    return Api(tuple({**job, **fields} for job in JOBS))


class Switch:
    """A server that another one can replace."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: Request) -> Answer:
        return self.handler(request)


def age(file: Path, days: int) -> None:
    """Make the runs of a history older."""
    runs = [entry.run for entries in read_history(file).series for entry in entries]
    file.unlink()
    for run in runs:
        record(file, replace(run, started=run.started - timedelta(days=days)), version="1")


def learn(check: Callable[..., Any], url: str, file: Path) -> None:
    """Check a server on three nights."""
    for _ in range(3):
        check(url)
        age(file, 1)


@pytest.fixture
def check(docpact: Docpact) -> Callable[..., Any]:
    def run(url: str, *args: str) -> Any:
        return docpact("check", "--target", url, "--history", "nights.sqlite", *args, key=KEY)

    return run


@pytest.mark.slow
def test_every_report_shows_the_end_of_a_habit(
    docpact: Docpact, check: Callable[..., Any], tmp_path: Path
) -> None:
    file, switch = tmp_path / "nights.sqlite", Switch(showing({"cost": 4}))
    with Server(switch) as server:
        learn(check, server.url, file)
        switch.handler = showing({})
        args = [text for name in REPORTS for text in (f"--{name}", f"run.{name}")]
        done = check(server.url, *args)
    assert done.returncode == 0
    assert "CHANGED (1)" in done.stdout
    assert "habit.presence  /items/*/cost" in done.stdout
    assert "gone      response.undocumented_field" in done.stdout
    found = json.loads((tmp_path / "run.json").read_text())
    [ended] = [each for each in found["findings"] if each["level"] == "changed"]
    today = found["started"][:10]
    assert ended["observed"] == f"in none of 60 objects since {today}"
    assert found["verdict"] == "conforms"
    sarif = json.loads((tmp_path / "run.sarif").read_text())["runs"][0]["results"]
    assert {"habit.presence": "warning"}.items() <= {e["ruleId"]: e["level"] for e in sarif}.items()
    assert 'name="habit.presence /items/*/cost"' in (tmp_path / "run.junit").read_text()
    assert 'class="badge changed"' in (tmp_path / "run.html").read_text()
    for text in (file.read_bytes(), (tmp_path / "run.json").read_bytes()):
        assert KEY.encode() not in text


@pytest.mark.slow
def test_the_level_of_a_habit_can_be_configured(check: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "docpact.toml").write_text('[levels]\n"habit.presence" = "breaking"\n')
    switch = Switch(showing({"cost": 4}))
    with Server(switch) as server:
        learn(check, server.url, tmp_path / "nights.sqlite")
        switch.handler = showing({})
        assert check(server.url).returncode == 1


def test_an_account_is_known_by_a_short_hash_of_its_key(tmp_path: Path) -> None:
    config = load(None, tmp_path)
    history = {"history": tmp_path / "nights.sqlite"}
    settings = resolve(config, {**history, "target": "https://api.example.com"})
    first, again, other = (recall(settings, [key]) for key in ("one", "one", "other"))
    assert first.account == again.account != other.account
    assert first.account is not None
    assert len(first.account) == 4
    for without in (resolve(config, {}), resolve(config, history)):  # no history, and the mock
        assert recall(without, ["one"]).find("o", "t") is None


@pytest.mark.slow
def test_an_accepted_end_is_not_healed(
    docpact: Docpact, check: Callable[..., Any], tmp_path: Path
) -> None:
    file, switch = tmp_path / "nights.sqlite", Switch(showing({"cost": 4}))
    with Server(switch) as server:
        learn(check, server.url, file)
        switch.handler = showing({})
        check(server.url, "--json", "run.json")
        reason = ("--reason", "the vendor said so")
        assert docpact("baseline", "update", "known.json", "run.json", *reason).returncode == 0
        for _ in range(4):
            age(file, 1)
            done = check(server.url, "--baseline", "known.json")
    assert "healed    habit" not in done.stdout
    assert "CHANGED" not in done.stdout
    (entries,) = read_history(file).series
    ends = [[f for f in e.run.findings if f.level is Level.CHANGED] for e in entries]
    assert [len(each) for each in ends] == [0, 0, 0, 1, 1, 0, 0, 0]
    [observed] = [f for f in ends[4] if f.accepted]
    assert observed.accepted == "the vendor said so"
