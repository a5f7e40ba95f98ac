"""A token of the client-credentials flow is fetched from a real server, used, and never shown."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import pytest
from command import in_process, served
from servers.loopback import Answer, Handler, Request, Server

__all__ = ["served"]

CLIENT = "toy client"
SECRET = "s3cret+/=of the toy"
TOKEN = "issued-t0ken-4711"
VARIABLES = {"TOYS_OAUTH_CLIENT_ID": CLIENT, "TOYS_OAUTH_CLIENT_SECRET": SECRET}


def answer(status: int, body: Any) -> Answer:
    headers = (("Content-Type", "application/json"), ("WWW-Authenticate", "Bearer"))
    return Answer(status, headers, json.dumps(body).encode())


@dataclass
class Toys:
    """An API, and the server that issues its tokens."""

    takes_basic: bool = True
    issued: Any = field(default_factory=lambda: {"access_token": TOKEN, "token_type": "Bearer"})
    asked: list[dict[str, list[str]]] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        if request.path != "/token":
            is_known = request.headers.get("authorization") == f"Bearer {TOKEN}"
            return answer(200, {"name": "bear"}) if is_known else answer(401, {})
        form = parse_qs(request.body.decode())
        self.asked.append(form)
        return answer(200, self.issued) if self.knows(request, form) else self.refuse()

    def knows(self, request: Request, form: dict[str, list[str]]) -> bool:
        basic = request.headers.get("authorization", "").removeprefix("Basic ")
        if self.takes_basic:
            login = b64decode(basic).decode().split(":")
            return [unquote_plus(each) for each in login] == [CLIENT, SECRET]
        return not basic and [form["client_id"], form["client_secret"]] == [[CLIENT], [SECRET]]

    def refuse(self) -> Answer:
        return answer(401, {"error": "invalid_client", "error_description": SECRET})


def write(folder: Path, url: str) -> None:
    flows = {"clientCredentials": {"tokenUrl": url, "scopes": {"read": "", "write": ""}}}
    media = {"schema": {"type": "object", "properties": {"name": {"type": "string"}}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Toys", "version": "1"},
        "servers": [{"url": "https://toys.example"}],
        "security": [{"oauth": ["read", "list"]}],
        "paths": {
            "/toy": {
                "get": {
                    "operationId": "toy",
                    "responses": {
                        "200": {"description": "", "content": {"application/json": media}}
                    },
                }
            }
        },
        "components": {"securitySchemes": {"oauth": {"type": "oauth2", "flows": flows}}},
    }
    (folder / "toys.json").write_text(json.dumps(document))


Check = Callable[..., CompletedProcess[str]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def run(
        server: Server, *options: str, url: str = "{}/token", **variables: str
    ) -> CompletedProcess[str]:
        write(tmp_path, url.format(server.url))
        args = ("check", "toys.json", "--json", "run.json", "--journal", "run.jsonl")
        done = in_process((*args, "--target", server.url, *options), tmp_path, variables)
        files = [each for each in tmp_path.iterdir() if each.name.startswith("run.")]
        for text in (done.stdout, done.stderr, *(each.read_text() for each in files)):
            assert not [each for each in (SECRET, "s3cret", TOKEN) if each in text]
        return CompletedProcess(args, done.returncode, " ".join(done.stdout.split()), done.stderr)

    return run


@pytest.mark.parametrize("takes_basic", [True, False])
def test_a_token_is_fetched_and_sent(
    check: Check, served: Callable[[Handler], Server], takes_basic: bool
) -> None:
    toys = Toys(takes_basic)
    done = check(served(toys), **VARIABLES)
    assert (done.returncode, done.stderr) == (0, "")
    assert {each["grant_type"][0] for each in toys.asked} == {"client_credentials"}
    assert toys.asked[-1]["scope"] == ["read list"]
    assert len(toys.asked) == 2 - takes_basic


def test_a_token_that_the_user_gives_is_used_instead(
    check: Check, served: Callable[[Handler], Server]
) -> None:
    toys = Toys()
    assert check(served(toys), **VARIABLES, TOYS_OAUTH=TOKEN).returncode == 0
    assert toys.asked == []


def test_nothing_is_fetched_for_the_mock(check: Check, served: Callable[[Handler], Server]) -> None:
    toys = Toys()
    assert check(served(toys), "--target", "mock", **VARIABLES).returncode == 0
    assert toys.asked == []


@pytest.mark.parametrize(
    ("issued", "problem"),
    [
        ({"access_token": TOKEN, "token_type": "mac"}, "a token of another type than bearer"),
        ({"access_token": ""}, "/token: 200"),
        ([TOKEN], "/token: 200"),
    ],
)
def test_a_server_that_issues_no_bearer_token_makes_the_run_inconclusive(
    check: Check, served: Callable[[Handler], Server], issued: Any, problem: str
) -> None:
    done = check(served(Toys(issued=issued)), **VARIABLES)
    assert done.returncode == 3
    assert problem in done.stdout


def test_a_refused_client_is_named_by_the_code_of_the_error(
    check: Check, served: Callable[[Handler], Server]
) -> None:
    variables = {**VARIABLES, "TOYS_OAUTH_CLIENT_ID": "another"}
    done = check(served(Toys()), **variables)
    assert done.returncode == 3
    told = " ".join(done.stdout.split())
    assert "no token for $TOYS_OAUTH from http://" in told
    assert "/token: 401, invalid_client; check TOYS_OAUTH_CLIENT_ID and " in told


def test_a_token_server_that_cannot_be_reached_makes_the_run_inconclusive(
    check: Check, served: Callable[[Handler], Server]
) -> None:
    done = check(served(Toys()), url="http://127.0.0.1:9/token", **VARIABLES)
    assert done.returncode == 3
    assert "no token for $TOYS_OAUTH from http://127.0.0.1:9/token: unreachable" in done.stdout


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://elsewhere.example/token", "give --key TOYS_OAUTH"),
        ("http://elsewhere.example/token", "only to an https URL"),
        ("https://user@elsewhere.example/token", "only to an https URL"),
        ("ftp://127.0.0.1/token", "only to an https URL"),
        ("/token", "https://toys.example/token"),
        ("https://[", "only to an https URL"),
    ],
)
def test_a_secret_goes_to_no_other_machine_without_consent(
    check: Check, served: Callable[[Handler], Server], url: str, problem: str
) -> None:
    done = check(served(Toys()), url=url, **VARIABLES)
    assert done.returncode == 2
    assert problem in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("missing", VARIABLES)
def test_both_variables_are_needed(
    check: Check, served: Callable[[Handler], Server], missing: str
) -> None:
    variables = {name: value for name, value in VARIABLES.items() if name != missing}
    done = check(served(Toys()), **variables)
    assert done.returncode == 2
    assert "TOYS_OAUTH_CLIENT_ID and $TOYS_OAUTH_CLIENT_SECRET: both must be set" in done.stderr


def test_a_refused_credential_names_the_variables(
    check: Check, served: Callable[[Handler], Server]
) -> None:
    done = check(served(Toys()), TOYS_OAUTH="wrong-token")
    assert done.returncode == 3
    assert "TOYS_OAUTH_CLIENT_ID and TOYS_OAUTH_CLIENT_SECRET" in done.stdout


@pytest.mark.parametrize("variables", [{"TOYS_KEY": "key-of-the-toys"}, {"MY_KEY": "key-of-mine"}])
def test_consent_to_one_variable_is_not_consent_to_another(
    tmp_path: Path, served: Callable[[Handler], Server], variables: dict[str, str]
) -> None:
    toys = Toys()
    write(tmp_path, served(toys).url + "/token")
    file = tmp_path / "toys.json"
    document = json.loads(file.read_text())
    schemes = document["components"]["securitySchemes"]
    flow = schemes["oauth"]["flows"]["clientCredentials"]
    flow["tokenUrl"] = "https://elsewhere.example/token"
    schemes["key"] = {"type": "apiKey", "in": "header", "name": "X-Key"}
    document["security"] = [{"key": []}, {"oauth": []}]
    file.write_text(json.dumps(document))
    words = ("check", "toys.json", "--target", served(toys).url, "--key", *variables)
    done = in_process(words, tmp_path, {**variables, **VARIABLES})
    assert (done.returncode, toys.asked) == (3, [])
    assert "elsewhere.example" not in done.stdout + done.stderr


def test_capture_names_the_variables_that_fetch_a_token(tmp_path: Path) -> None:
    write(tmp_path, "https://toys.example/token")
    done = in_process(("capture", "toys.json", "--out", "toys"), tmp_path, {})
    (line,) = (each for each in done.stdout.splitlines() if "fetch a token" in each)
    assert all(f"${name}" in line for name in VARIABLES)
