"""The configuration: what is in force, where it came from, and what is no key of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import CANCELLED, Docpact
from servers.loopback import Server
from servers.reference import KEY

Served = Callable[[Any], Server]


def shown(docpact: Docpact, *args: str) -> dict[str, tuple[str, str]]:
    """Return the value and the source of each option that `docpact config` prints."""
    done = docpact("config", *args)
    assert done.returncode == 0, done.stderr
    rows = [
        [part.strip() for part in line.split("  ") if part] for line in done.stdout.splitlines()
    ]
    return {name: (value, source) for name, value, source in rows}


def test_the_default_is_in_force_where_nothing_is_said(docpact: Docpact) -> None:
    told = shown(docpact)
    assert told["target"] == ("mock", "default")
    assert {source for _, source in told.values()} == {"default"}


def test_the_target_goes_before_the_top_and_the_command_line_before_both(
    docpact: Docpact, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname = 'mine'\n[tool.docpact]\ntarget = 'live'\nbudget = 90\nrate = 5\n"
        "[tool.docpact.targets.live]\nurl = 'https://api.example.com'\nbudget = 60\n"
        "[tool.docpact.targets.staging]\nurl = 'https://staging.example.com'\nkey = 'STAGING_KEY'\n"
        "[tool.docpact.levels]\n'protocol.slow' = 'breaking'\n"
        "[tool.docpact.silenced]\n'response.undocumented_field' = 'told to the vendor'\n"
    )
    live, staging = shown(docpact), shown(docpact, "--target", "staging")
    table = "pyproject.toml [tool.docpact.targets"
    assert live["target"] == ("https://api.example.com", f"{table}.live]")
    assert live["budget"] == ("60", f"{table}.live]")
    assert live["rate"] == ("5", "pyproject.toml [tool.docpact]")
    assert staging["budget"] == ("90", "pyproject.toml [tool.docpact]")
    assert staging["key"] == ("STAGING_KEY", f"{table}.staging]")
    assert live["levels.protocol.slow"][0] == "breaking"
    assert live["silenced.response.undocumented_field"][0] == "told to the vendor"


def test_the_nearest_file_above_counts_and_paths_are_its_own(
    docpact: Docpact, tmp_path: Path
) -> None:
    (tmp_path / "docpact.toml").write_text("history = 'kept/h.sqlite'\n")
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.other]\n")
    told = shown(Docpact(tmp_path / "a" / "b"))
    assert told["history"] == (str(tmp_path / "kept" / "h.sqlite"), "docpact.toml")


def test_a_check_uses_what_is_configured(
    docpact: Docpact, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = served(CANCELLED)
    monkeypatch.setenv("OTHER_KEY", KEY)
    (tmp_path / "docpact.toml").write_text(
        f"target = 'it'\nhistory = 'h.sqlite'\n"
        f"[targets.it]\nurl = '{server.url}'\nkey = 'OTHER_KEY'\nbudget = 120\n"
        "[silenced]\n'response.enum' = 'the vendor knows'\n"
    )
    done = docpact("check", "--json", "run.json", key=None)
    assert done.returncode == 0, done.stdout
    assert "the vendor knows" in done.stdout
    assert (tmp_path / "h.sqlite").exists()
    assert len(server.requests) <= 120
    (finding,) = json.loads((tmp_path / "run.json").read_text())["findings"]
    assert "$OTHER_KEY" in finding["reproduce"]
    assert "1 run" in docpact("history").stdout


def test_a_configured_history_has_no_runs_of_the_mock(docpact: Docpact, tmp_path: Path) -> None:
    (tmp_path / "docpact.toml").write_text("history = 'h.sqlite'\nbudget = 9\n")
    docpact("check")
    assert not (tmp_path / "h.sqlite").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("level", "code"), [("note", 0), ("additive", 0), ("breaking", 1)])
def test_a_rule_has_the_level_that_it_is_given(
    docpact: Docpact, served: Served, tmp_path: Path, level: str, code: int
) -> None:
    (tmp_path / "docpact.toml").write_text(f"[levels]\n'response.enum' = '{level}'\n")
    done = docpact("check", "--target", served(CANCELLED).url, "--junit", "run.xml")
    assert done.returncode == code
    assert f"{level.upper()} (1): " in done.stdout
    assert ("<failure" in (tmp_path / "run.xml").read_text()) == bool(code)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tagret = 'mock'", "there is no option tagret; did you mean target?"),
        (
            "[targets.live]\nurl = 'https://x'\nbugdet = 3",
            "there is no option bugdet",
        ),
        ("[targets.live]\nbudget = 3", "[targets.live]: a url is missing"),
        ("[targets.a]\nurl = 'ftp://x'", "[targets.a]: url ftp://x: give one such as https://"),
        ("[targets.mock]\nurl = 'https://x'", "`mock` is built in"),
        ("targets = 3", "[targets]: must be a table, not 3"),
        ("budget = 'many'", "budget must be a whole number, not 'many'"),
        ("budget = true", "budget must be a whole number, not True"),
        ("secrets = [1]", "secrets must be a list of texts, not [1]"),
        ("[levels]\n'response.enmu' = 'note'", "there is no rule response.enmu; did you mean"),
        (
            "[levels]\n'response.enum' = 'loud'",
            "must be one of breaking, changed, additive, note",
        ),
        ("[silenced]\n'response.enum' = ''", "response.enum needs a text that gives the reason"),
        ("budget = ", "not valid TOML"),
        ("budget = " + "9" * 5_000, "not valid TOML: Exceeds the limit"),
        (".".join("a" * 20_000) + " = 1", "a key of more than 100 parts"),
        ("# " * 600_000, "more than 1,048,576 characters"),
        ("budget = " + "[" * 50_000, "not valid TOML: nested too deeply"),
        ('operation = "a\\u0000b"', "operation must be without a null character"),
        ('history = "a\\u0000b"', "history must be without a null character"),
        ('secrets = ["a\\u0000b"]', "secrets must be without a null character"),
        ("key = 'sk-123'", "docpact.toml: key must be the name of an environment variable"),
        ("budget = 0", "docpact.toml: budget must be at least 1, not 0"),
        ("connections = 0", "docpact.toml: connections must be at least 1, not 0"),
    ],
)
def test_what_is_no_configuration_is_one_clear_line(
    docpact: Docpact, tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "docpact.toml").write_text(text)
    done = docpact("check")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert says in done.stderr


def test_two_configurations_side_by_side_are_refused(docpact: Docpact, tmp_path: Path) -> None:
    (tmp_path / "docpact.toml").write_text("seed = 1\n")
    (tmp_path / "pyproject.toml").write_text("[tool.docpact]\nseed = 2\n")
    assert "keep one of the two" in docpact("config").stderr


def test_an_unknown_target_gets_a_suggestion(docpact: Docpact, tmp_path: Path) -> None:
    (tmp_path / "docpact.toml").write_text("[targets.staging]\nurl = 'https://x'\n")
    assert "did you mean staging?" in docpact("check", "--target", "stagin").stderr


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")
def test_a_file_that_belongs_to_somebody_else_is_used_only_if_it_is_named(
    docpact: Docpact,
) -> None:
    file = docpact.folder / "docpact.toml"
    file.write_text("seed = 7\n")
    os.chown(file, 12345, -1)
    check_refused(docpact)
    named = docpact("config", "--config", "docpact.toml")
    assert (named.returncode, "seed" in named.stdout) == (0, True)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")
def test_the_link_of_somebody_else_to_an_own_file_is_not_used(docpact: Docpact) -> None:
    (docpact.folder / "mine.toml").write_text("seed = 7\n")
    link = docpact.folder / "docpact.toml"
    link.symlink_to("mine.toml")
    assert docpact("config").returncode == 0
    os.lchown(link, 12345, -1)
    check_refused(docpact)


def check_refused(docpact: Docpact) -> None:
    found = docpact("config")
    assert (found.returncode, found.stderr.count("\n")) == (2, 1)
    assert "docpact.toml belongs to another user" in found.stderr


def test_no_secret_of_a_url_is_printed(docpact: Docpact) -> None:
    (docpact.folder / "docpact.toml").write_text(
        "[targets.a]\nurl = 'https://user:canary-pw@a.example/v1?token=canary-t'\n"
    )
    for arguments in (
        ("config",),
        ("config", "--target", "a"),
        ("check", "--target", "a"),
        ("check", "--target", "ftp://user:canary-pw@a.example"),
        ("check", "--target", "https://a.example/?token=canary-t"),
    ):
        done = docpact(*arguments)
        assert "canary" not in done.stdout + done.stderr, arguments


@pytest.mark.parametrize("text", ["tool = 3", "[tool]\ndocpact = 3"])
def test_a_project_whose_table_is_no_table_is_one_clear_line(
    docpact: Docpact, tmp_path: Path, text: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    done = docpact("config", "--config", "pyproject.toml")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "must be a table, not 3" in done.stderr
