"""A history in PostgreSQL through the command, on a real server."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from command import OPERATION, QUICK, Docpact
from history.entries import FIRST, finding, run_of
from postgresql import PASSWORD, Database

from docpact.errors import UsageError
from docpact.history.store import VERSION, read_history, record
from docpact.options import DatabaseUrl

CUT = """
    CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END';
    CREATE TRIGGER cut BEFORE INSERT ON latency FOR EACH ROW EXECUTE FUNCTION cut();
"""
"""Ends the connection that writes a run, after the run and before its latencies."""

NEWER = f"docpact history {VERSION + 1}"

WRONG = [
    f"postgresql://docpact:{PASSWORD}/@localhost/runs",
    f"postgresql://docpact:%zz{PASSWORD}@localhost/runs",
    f"postgresql://docpact:a@{PASSWORD}@localhost/runs",
    f"postgresql://localhost/runs?pass%zz={PASSWORD}",
    f"postgresql://localhost/runs?unknown={PASSWORD}",
    f"postgresql://docpact:{PASSWORD}",
    f"mysql://docpact:{PASSWORD}@localhost/runs",
]


@pytest.mark.parametrize("url", WRONG)
def test_a_wrong_url_is_one_line_without_its_password(docpact: Docpact, url: str) -> None:
    pytest.importorskip("psycopg", reason="the extra postgresql is not installed")
    for command in (["history"], ["check", QUICK, "--history"], ["letter"]):
        done = docpact(*command, url, *(["aaaa"] if command == ["letter"] else []))
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.count("\n") == 1
        assert "expected a file or a URL such as postgresql://user@host/name" in done.stderr
        assert "hunter2" not in done.stderr


def test_a_server_that_is_not_there_is_found_before_the_run(docpact: Docpact) -> None:
    pytest.importorskip("psycopg", reason="the extra postgresql is not installed")
    url = f"postgresql://docpact:{PASSWORD}@127.0.0.1:1/runs"
    done = docpact("check", QUICK, "--history", url)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "postgresql://127.0.0.1:1/runs: cannot be used as a history: " in done.stderr
    assert "hunter2" not in done.stderr


def test_the_missing_extra_is_named(docpact: Docpact, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    done = docpact("check", QUICK, "--history", f"postgresql://me:{PASSWORD}@localhost/runs")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "docpact: a history in PostgreSQL (postgresql://localhost/runs) needs an optional library: "
        "pip install 'docpact[postgresql]'\n"
    )


def test_the_settings_show_no_password(docpact: Docpact) -> None:
    url = f"postgresql://me:{PASSWORD}@localhost/runs?sslmode=require&password={PASSWORD}"
    (docpact.folder / "docpact.toml").write_text(f'history = "{url}"\n')
    done = docpact("config")
    assert "postgresql://localhost/runs " in done.stdout
    assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.slow
def test_the_password_may_come_from_the_environment(
    docpact: Docpact, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"postgresql://docpact@{database.address}"
    refused = docpact("check", QUICK, "--history", url)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    (docpact.folder / "docpact.toml").write_text(f'history = "{url}"\n')
    done = docpact("check", QUICK, "--history", url, "--json", "run.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "history: run 1; no findings" in done.stdout
    assert docpact("history").stdout.startswith(f"{QUICK} on mock")


@pytest.mark.slow
def test_a_connection_that_is_cut_leaves_the_verdict_and_what_was_there(
    docpact: Docpact, database: Database, tmp_path: Path
) -> None:
    assert docpact("check", QUICK, "--history", database.url).returncode == 0
    database.ask(CUT)
    done = docpact("check", QUICK, "--history", database.url, "--json", "run.json")
    assert "conforms" in done.stdout
    assert json.loads((tmp_path / "run.json").read_text())["verdict"] == "conforms"
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    shown = f"postgresql://{database.address}"
    assert f"docpact: the run is not in the history: {shown}: " in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    database.ask("DROP TRIGGER cut ON latency")
    assert database.ask("SELECT count(*) FROM runs") == [(1,)]
    assert docpact("check", QUICK, "--history", database.url).returncode == 0
    assert "2 runs" in docpact("history", database.url).stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statements", "says"),
    [
        ("CREATE SCHEMA docpact_history", ""),
        (
            "CREATE SCHEMA docpact_history; CREATE TABLE docpact_history.mine (x int)",
            "a database with other tables, but not a docpact history",
        ),
        (
            f"CREATE SCHEMA docpact_history; COMMENT ON SCHEMA docpact_history IS '{NEWER}'",
            "written by a newer docpact",
        ),
    ],
)
def test_the_version_of_the_tables_is_checked(
    database: Database, statements: str, says: str
) -> None:
    database.ask(statements)
    place = DatabaseUrl(database.url)
    if says:
        for use in (lambda: record(place, run_of(), version="1"), lambda: read_history(place)):
            with pytest.raises(UsageError, match=says):
                use()
    else:
        with pytest.raises(UsageError, match="the history has no runs yet"):
            read_history(place)
        record(place, run_of(), version="1")
        assert database.ask("SELECT operation, runs FROM seen") == []
        assert len(read_history(place).series) == 1


@pytest.mark.slow
def test_a_database_of_another_encoding_is_refused(database: Database) -> None:
    import psycopg

    with psycopg.connect(database.url, autocommit=True) as connection:
        name = f"{connection.info.dbname}_latin"
        connection.execute(
            f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0".encode()
        )
    with pytest.raises(UsageError, match="its encoding is LATIN1, and a history needs UTF8"):
        record(DatabaseUrl(f"{database.url}_latin"), run_of(), version="1")


@pytest.mark.slow
def test_every_command_reads_both_histories_alike(docpact: Docpact, database: Database) -> None:
    stores = (docpact.folder / "runs.sqlite", DatabaseUrl(database.url))
    for night, found in enumerate([(), (finding(),), (finding(), finding("b" * 12))]):
        run = run_of(*found, operation=OPERATION, started=FIRST + timedelta(night))
        for store in stores:
            record(store, run, version="1")
    for command in (
        ("history",),
        ("letter", "{}", "aaaa"),
        ("report", "--out", "page.html", "--history"),
        ("baseline", "update", "known.json", "--reason", "known"),
        ("impact", "{}", "--", "./none"),
    ):
        shown = []
        for name in ("runs.sqlite", database.url):
            args = (name if each == "{}" else each for each in command)
            done = docpact(*args, *([] if "{}" in command else [name]))
            files = {f.name: f.read_text() for f in docpact.folder.glob("*[ln]")}
            (docpact.folder / "known.json").unlink(missing_ok=True)
            shown.append((done.returncode, done.stdout, done.stderr, files))
        assert shown[0] == shown[1]
        assert shown[0][0] == (2 if "./none" in command else 0)
    done = docpact("replay", "cccc", "--history", database.url)
    assert done.stderr == f"docpact: cccc matches no finding in postgresql://{database.address}\n"
