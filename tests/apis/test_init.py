"""`docpact init`: from somebody's document to a first finding, in an empty folder."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from apis.shop import CORRECT, DOCUMENT
from command import Docpact, docpact, served
from servers.loopback import Answer, Handler, Request, Server

from docpact.cli import main

__all__ = ["docpact", "served"]

Serve = Callable[[Handler], Server]
BEARER = {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}}


def write_document(folder: Path, **parts: Any) -> None:
    (folder / "shop.json").write_text(json.dumps({**DOCUMENT, **parts}))


def with_key(server: str) -> dict[str, Any]:
    return {
        "components": BEARER,
        "security": [{"key": []}],
        "servers": [{"url": server}],
    }


def configured(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "docpact.toml").read_text())


def test_one_command_leads_from_a_document_to_a_check_of_the_server(
    docpact: Docpact, served: Serve
) -> None:
    write_document(docpact.folder)
    (docpact.folder / ".gitignore").write_text("build/\n")
    (docpact.folder / ".github/workflows").mkdir(parents=True)
    server = served(CORRECT)
    done = docpact("init", "shop.json", "--url", server.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(server.requests) > 10
    assert configured(docpact.folder) == {
        "contracts": "contracts",
        "operation": "shop",
        "history": "docpact-history.sqlite",
        "targets": {"live": {"url": server.url, "require-live": True}},
    }
    assert (docpact.folder / ".gitignore").read_text() == "build/\ndocpact-history.sqlite\n"
    workflow = yaml.safe_load((docpact.folder / ".github/workflows/docpact.yml").read_text())
    steps = workflow["jobs"]["nightly"]["steps"]
    run = next(number for number, step in enumerate(steps) if "docpact check" in str(step))
    (*_, restored), (_, saved, uploaded) = steps[:run], steps[run:]
    assert steps[run]["run"].startswith("docpact check --target live ")
    assert {each["with"]["path"] for each in (restored, saved)} == {"docpact-history.sqlite"}
    assert restored["with"]["key"] == saved["with"]["key"]
    assert all(each["if"] == "always()" for each in (saved, uploaded))
    assert uploaded["with"]["path"].split() == ["docpact.html", "docpact.xml"]
    again = docpact("check", "--target", "live")
    assert again.returncode == 0, again.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["openapi.json", "http://127.0.0.1"])
def test_a_source_without_a_name_is_named_after_the_title(
    docpact: Docpact, served: Serve, name: str
) -> None:
    text = json.dumps({**DOCUMENT, "info": {"title": "Corner Shop", "version": "1"}})
    (docpact.folder / "openapi.json").write_text(text)
    if name.startswith("http"):
        server = served(
            lambda _: Answer(200, (("Content-Type", "application/json"),), text.encode())
        )
        name = f"{server.url}/openapi.json"
    docpact("init", name)
    assert configured(docpact.folder)["operation"] == "corner-shop"


def test_the_document_alone_chooses_neither_the_server_nor_the_secret(
    docpact: Docpact, served: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = served(CORRECT)
    write_document(docpact.folder, **with_key(server.url))
    monkeypatch.setenv("SHOP_KEY", "a-secret-of-the-user")
    done = docpact("init", "shop.json")
    assert (done.returncode, server.requests) == (0, [])
    assert 'next: add `key = "SHOP_KEY"` to [targets.live] in docpact.toml' in done.stdout
    assert "key" not in configured(docpact.folder)["targets"]["live"]


@pytest.mark.slow
def test_a_key_that_the_user_names_is_sent_and_configured(
    docpact: Docpact, served: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = served(CORRECT)
    write_document(docpact.folder, **with_key(server.url))
    monkeypatch.setenv("SHOP_KEY", "a-secret-of-the-user")
    done = docpact("init", "shop.json", "--key", "SHOP_KEY", "--provider", "pet-shop")
    sent = {request.headers.get("authorization") for request in server.requests}
    assert "Bearer a-secret-of-the-user" in sent, done.stdout + done.stderr
    assert configured(docpact.folder)["targets"]["live"]["key"] == "SHOP_KEY"
    assert configured(docpact.folder)["operation"] == "pet-shop"
    assert "a-secret-of-the-user" not in done.stdout + done.stderr
    workflow = (docpact.folder / ".github/workflows/docpact.yml").read_text()
    assert "SHOP_KEY: ${{ secrets.SHOP_KEY }}" in workflow
    assert f"# Start the API on {server.url} here.\n      - run: docpact check" in workflow


@pytest.mark.slow
@pytest.mark.parametrize(
    ("server", "base"), [pytest.param(None, "", marks=pytest.mark.slow), ("/api/", "/api")]
)
def test_a_server_is_relative_to_the_address_of_its_document(
    docpact: Docpact, served: Serve, server: str | None, base: str
) -> None:
    servers = {} if server is None else {"servers": [{"url": server}]}
    document = json.dumps({**DOCUMENT, **servers}).encode()

    def handle(request: Request) -> Answer:
        if request.target.endswith("/openapi.json"):
            return Answer(200, (("Content-Type", "application/json"),), document)
        path, target = (each.removeprefix(base) for each in (request.path, request.target))
        return CORRECT(replace(request, path=path, target=target))

    shop = served(handle)
    done = docpact("init", f"{shop.url}/openapi.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert configured(docpact.folder)["targets"]["live"]["url"] == shop.url + base
    assert "checking the API" in done.stdout


@pytest.mark.slow
def test_a_server_on_this_machine_that_needs_no_key_is_checked_without_one(
    docpact: Docpact, served: Serve
) -> None:
    server = served(CORRECT)
    write_document(docpact.folder, **with_key(server.url))
    done = docpact("init", "shop.json", "--url", server.url)
    assert len(server.requests) > 10
    assert "next: commit " in done.stdout


def test_files_that_cannot_be_written_leave_no_folder(docpact: Docpact) -> None:
    write_document(docpact.folder)
    (docpact.folder / "contracts").touch()
    done = docpact("init", "shop.json", "--url", "http://127.0.0.1:9")
    assert (done.returncode, "contracts" in done.stderr) == (2, True)
    assert {file.name for file in docpact.folder.iterdir()} == {"shop.json", "contracts"}


def test_without_a_server_only_the_mock_is_checked(docpact: Docpact) -> None:
    write_document(docpact.folder)
    done = docpact("init", "shop.json")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("next: add [targets.live] ")
    assert not (docpact.folder / ".github").exists()


def test_many_contracts_are_not_checked_on_the_mock(docpact: Docpact) -> None:
    get = {"responses": {"200": {"description": "ok"}}}
    write_document(docpact.folder, paths={f"/n{each}": {"get": get} for each in range(101)})
    done = docpact("init", "shop.json")
    assert (done.returncode, done.stderr.count("\n")) == (0, 0)
    assert "101 contracts: `docpact check` checks them on the mock, in minutes\n" in done.stdout
    assert "requests in" not in done.stdout


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ([], "name a documentation page or an OpenAPI document"),
        (["nowhere.yaml"], "nowhere.yaml"),
        (["shop.json", "--provider", "Pet Shop"], "give a name in lower case, e.g. acme"),
        (["shop.json", "--key", "sk-hunter2"], "--key takes the name of an environment variable"),
        (["shop.json", "--key", "shhunter2"], "--key: there is no such environment variable"),
        (["shop.json", "--url", "https://me:hunter2@a.example"], "no user name or password in"),
        (["shop.json", "--url", "a.example"], "did you mean https://a.example?"),
    ],
)
def test_a_wrong_use_is_one_line_and_writes_nothing(
    docpact: Docpact, words: list[str], advice: str
) -> None:
    write_document(docpact.folder)
    done = docpact("init", *words)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert advice in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert [file.name for file in docpact.folder.iterdir()] == ["shop.json"]


def test_a_second_start_is_refused(docpact: Docpact) -> None:
    write_document(docpact.folder)
    assert docpact("init", "shop.json").returncode == 0
    done = docpact("init", "shop.json")
    assert (done.returncode, done.stderr) == (
        2,
        "docpact: docpact.toml: already exists; `docpact capture` adds further contracts\n",
    )


@pytest.mark.slow
def test_a_person_at_a_terminal_is_asked_for_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_document(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    answers = iter(["shop.json", "http://127.0.0.1:1"])
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    main(["init"])
    assert "operations written" in capsys.readouterr().out
    assert configured(tmp_path)["targets"]["live"]["url"] == "http://127.0.0.1:1"
