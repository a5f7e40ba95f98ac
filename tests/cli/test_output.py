"""The output of a command: a report that fails loses nothing, and files keep their permissions."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from command import CANCELLED, DOCPACT, QUICK, Docpact, environment
from servers.loopback import Handler, Server
from servers.reference import KEY

from docpact.cli import output
from docpact.cli.output import write
from docpact.errors import UsageError

FULL = Path("/dev/full")
"""A file on a disk without space."""

on_linux = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")


@pytest.mark.slow
@on_linux
@pytest.mark.parametrize("name", ["json", "junit", "sarif", "markdown"])
def test_a_file_that_cannot_be_written_loses_no_other(
    docpact: Docpact, tmp_path: Path, name: str
) -> None:
    files = {each: f"run.{each}" for each in ("json", "junit", "sarif", "markdown")}
    files[name] = str(FULL)
    options = [word for each, file in files.items() for word in (f"--{each}", file)]
    done = docpact("check", QUICK, "--history", "h.sqlite", *options)
    assert "\nconforms: " in done.stdout
    assert (done.returncode, done.stderr) == (2, "docpact: /dev/full: No space left on device\n")
    written = {file.name for file in tmp_path.iterdir()} - {files[name]}
    assert written == {"h.sqlite", *files.values()} - {str(FULL)}


@on_linux
def test_drift_stays_drift_if_a_file_cannot_be_written(
    docpact: Docpact, served: Callable[..., Any]
) -> None:
    done = docpact("check", "--target", served(CANCELLED).url, "--json", str(FULL))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_a_damaged_history_is_named_before_the_first_request(
    docpact: Docpact, tmp_path: Path
) -> None:
    (tmp_path / "h.sqlite").write_text("no database" * 100)
    done = docpact("check", QUICK, "--history", "h.sqlite", "--json", "run.json")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert not (tmp_path / "run.json").exists()


def test_a_history_that_is_damaged_during_a_run_loses_no_report(
    docpact: Docpact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damage(place: Path) -> None:
        place.write_text("no database" * 100)

    monkeypatch.setattr("docpact.history.store.check_usable", damage)
    done = docpact("check", QUICK, "--history", "h.sqlite", "--json", "run.json")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "\nconforms: " in done.stdout
    assert (tmp_path / "run.json").exists()


def test_a_step_summary_that_cannot_be_written_loses_no_report(
    docpact: Docpact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "summary.md"))
    done = docpact("check", QUICK, "--github", "--json", "run.json")
    assert (done.returncode, "$GITHUB_STEP_SUMMARY" in done.stderr) == (2, True)
    assert (tmp_path / "run.json").exists()


def test_the_step_summary_has_states_curl_commands_and_a_link(
    docpact: Docpact,
    served: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    variables = {
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_RUN_ID": "17",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    kept = ("--github", "--history", "h.sqlite")
    check = ("check", "--target", served(CANCELLED).url, "--budget=60", *kept)
    summaries = []
    for _ in range(2):
        docpact(*check)
        summaries.append((tmp_path / "summary.md").read_text())
        (tmp_path / "summary.md").unlink()
    assert [" | new since " in each for each in summaries] == [True, False]
    assert " | standing since " in summaries[1]
    assert "curl -sS -g" in summaries[0]
    assert summaries[0].endswith("(https://github.com/acme/shop/actions/runs/17)\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "file"),
    [("html", "docpact.html"), ("json=run.json", "run.json"), ("junit", "docpact.xml")],
)
def test_a_report_is_named_by_its_format(
    docpact: Docpact, tmp_path: Path, option: str, file: str
) -> None:
    done = docpact("check", QUICK, "--report", option)
    assert (done.returncode, [each.name for each in tmp_path.iterdir()]) == (0, [file])


@pytest.mark.slow
def test_every_exchange_of_a_run_is_in_its_har(docpact: Docpact, tmp_path: Path) -> None:
    done = docpact("check", "--report", "har", "--json", "run.json")
    entries = json.loads((tmp_path / "docpact.har").read_text())["log"]["entries"]
    run = json.loads((tmp_path / "run.json").read_text())
    assert (done.returncode, len(entries)) == (0, run["requests"])


@pytest.mark.slow
@on_linux
def test_standard_output_that_is_full_loses_no_file(tmp_path: Path) -> None:
    with FULL.open("w") as full:
        done = run(tmp_path, full, "check", "--json", "run.json", "--history", "h.sqlite")
    shown = b"docpact: standard output: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, shown)
    assert {file.name for file in tmp_path.iterdir()} == {"run.json", "h.sqlite"}


def test_a_name_that_is_too_long_is_one_line(docpact: Docpact) -> None:
    done = docpact("check", "--json", "x" * 300)
    assert (done.returncode, done.stderr) == (2, f"docpact: {'x' * 300}: File name too long\n")


@pytest.mark.slow
def test_a_reader_that_leaves_loses_no_file(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = run(tmp_path, writing, "check", QUICK, "--json", "run.json")
    os.close(writing)
    assert (done.returncode, done.stderr) == (2, b"docpact: standard output: Broken pipe\n")
    assert (tmp_path / "run.json").exists()


@pytest.mark.slow
def test_a_reader_that_leaves_a_list_is_no_failure_to_speak_of(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = run(tmp_path, writing, "rules")
    os.close(writing)
    assert (done.returncode, done.stderr) == (2, b"")


@pytest.mark.slow
@on_linux
def test_a_list_that_does_not_fit_on_the_disk_is_one_line(tmp_path: Path) -> None:
    with FULL.open("w") as full:
        done = run(tmp_path, full, "rules")
    shown = b"docpact: standard output: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, shown)


def run(folder: Path, stdout: Any, *args: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*DOCPACT, *args],
        cwd=folder,
        env=environment(KEY),
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.mark.parametrize(("mask", "expected"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_follows_the_umask(tmp_path: Path, mask: int, expected: int) -> None:
    with umask(mask):
        write(tmp_path / "new.json", "{}")
    assert mode(tmp_path / "new.json") == expected


@pytest.mark.parametrize("permissions", [0o600, 0o640, 0o664])
def test_an_existing_file_keeps_its_permissions(tmp_path: Path, permissions: int) -> None:
    file = tmp_path / "run.json"
    file.write_text("old")
    file.chmod(permissions)
    write(file, "new")
    assert (file.read_text(), mode(file)) == ("new", permissions)
    assert list(tmp_path.iterdir()) == [file]


def test_a_symbolic_link_is_followed(tmp_path: Path) -> None:
    target, link, dangling = tmp_path / "kept.json", tmp_path / "a.json", tmp_path / "b.json"
    target.write_text("old")
    link.symlink_to(target)
    dangling.symlink_to(tmp_path / "later.json")
    for each in (link, dangling):
        write(each, "new")
    assert (link.is_symlink(), dangling.is_symlink()) == (True, True)
    assert (target.read_text(), (tmp_path / "later.json").read_text()) == ("new", "new")


def test_a_link_to_itself_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(UsageError, match="loop"):
        write(tmp_path / "loop", "text")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run.json"
    file.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(UsageError, match="No space left on device"):
        write(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_report_without_its_library_is_refused_before_the_first_request(
    docpact: Docpact, served: Callable[[Handler], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    server = served(CANCELLED)
    done = docpact("check", "--target", server.url, "--html", "run.html")
    assert (done.returncode, done.stdout, server.requests) == (2, "", [])
    assert "pip install 'docpact[report]'" in done.stderr


@pytest.mark.slow
def test_an_error_on_a_terminal_has_at_most_80_columns(tmp_path: Path) -> None:
    reader, writer = os.openpty()
    words = [
        *DOCPACT,
        "check",
        "--json",
        "a-folder-that-nobody-has-made-so-far/and-another/run.json",
    ]
    subprocess.run(words, cwd=tmp_path, stderr=writer, stdout=subprocess.DEVNULL, check=False)
    os.close(writer)
    lines = os.read(reader, 4096).decode().splitlines()
    os.close(reader)
    assert len(lines) > 1
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("is_terminal", [True, False])
@pytest.mark.parametrize("is_long", [True, False])
def test_a_terminal_shows_that_a_long_document_is_read(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    is_terminal: bool,
    is_long: bool,
) -> None:
    timers = list[Timer]()

    class Pending(Timer):
        def start(self) -> None:
            timers.append(self)

    monkeypatch.setattr(output, "Timer", Pending)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    with output.reading("big.json"):
        if is_long:
            for each in timers:
                each.function(*each.args)
    line = "docpact: reading big.json; a long document takes a while\n"
    assert capsys.readouterr().err == line * (is_terminal and is_long)
    assert all(each.finished.is_set() for each in timers)


def test_a_quiet_check_prints_only_the_verdict(docpact: Docpact) -> None:
    done = docpact("check", QUICK, "-q")
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    assert re.match(r"conforms: \d+ promises kept", done.stdout)


def test_an_unreachable_server_is_a_few_lines(docpact: Docpact) -> None:
    done = docpact("check", "--target", "http://127.0.0.1:9")
    assert (done.returncode, done.stdout.count("\n")) == (3, 3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colors_follow_the_environment(
    docpact: Docpact, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: bool
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in docpact("check", QUICK, "-q").stdout) is expected


def test_github_actions_gets_annotations_by_itself(
    docpact: Docpact, served: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    check = ("check", "--target", served(CANCELLED).url, "--budget=60")
    assert "::error" not in docpact(*check).stdout
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert "\n::error" in docpact(*check).stdout


def test_an_audit_names_one_extra_for_all_that_it_needs(
    docpact: Docpact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in ("numpy", "orjson", "ijson"):
        monkeypatch.setitem(sys.modules, library, None)
    (tmp_path / "a.har").write_text("{}")
    get = {"get": {"responses": {"200": {"description": "found by no other test"}}}}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": get}}
    (tmp_path / "a.json").write_text(json.dumps(document))
    done = docpact("audit", "a.json", "a.har")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "pip install 'docpact[audit]'" in done.stderr
