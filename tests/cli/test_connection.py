"""The connection to a live target: certificates, proxies, time limits and further headers."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Final

import pytest
import trustme
from command import Docpact
from servers.jobs import make_jobs
from servers.loopback import Answer, Request, Server
from servers.reference import Api

from docpact.credentials import encode_login


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Server]:
    """Serve a correct API over TLS, with a certificate that only a test's authority signed."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with Server(Api(make_jobs(3)), tls) as server:
        yield server


@pytest.mark.slow
def test_certificates_are_verified_unless_the_user_says_otherwise(
    docpact: Docpact, secure: Server, authority: trustme.CA, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    refused = docpact("check", "--target", secure.url)
    assert (refused.returncode, "certificate verify failed" in refused.stdout) == (3, True)
    assert secure.requests == []
    for options in (["--cacert", "ca.pem"], ["--insecure"]):
        done = docpact("check", "--url", secure.url, *options)
        assert done.returncode == 0, done.stdout


def test_a_file_without_certificates_is_a_usage_error(docpact: Docpact, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for name in ("ca.pem", "nowhere.pem"):
        done = docpact("check", "--target", "https://127.0.0.1:9", "--cacert", name)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert re.search(
            rf"{name}: cannot load certificates: (no certificate|No such file)", done.stderr
        )


def test_requests_go_through_the_proxy(docpact: Docpact, served: Callable[..., Server]) -> None:
    api = Api(make_jobs(3))
    proxy = served(lambda request: api(_to_origin(request)))
    done = docpact("check", "--target", "http://api.example.com", "--proxy", proxy.url)
    assert done.returncode == 0, done.stdout
    assert {request.target.partition("/api/")[0] for request in proxy.requests} == {
        "http://api.example.com"
    }


def _to_origin(request: Request) -> Request:
    return replace(request, path=request.path.removeprefix("http://api.example.com"))


def test_a_proxy_that_cannot_be_used_is_a_usage_error(docpact: Docpact) -> None:
    done = docpact("check", "--target", "http://127.0.0.1:9", "--proxy", "me:pw@nonsense")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("docpact: --proxy nonsense: ")


def test_a_response_that_takes_longer_than_the_timeout_is_given_up(
    docpact: Docpact, served: Callable[..., Server]
) -> None:
    leave = Event()

    def silent(_: Request) -> Answer:
        leave.wait(30)
        return Answer(0)

    done = docpact("check", "--target", served(silent).url, "--timeout", "0.2")
    leave.set()
    assert done.returncode == 3
    assert "inconclusive: " in done.stdout


def test_every_request_carries_the_headers(docpact: Docpact, served: Callable[..., Server]) -> None:
    server = served(Api(make_jobs(3)))
    options = ["-H", "X-Tenant: blue", "--header", "Accept-Language:de", "-H", "X-Author: %C3%A9%"]
    done = docpact("check", "--target", server.url, *options)
    assert done.returncode == 0
    sent = {(r.headers.get("x-tenant"), r.headers.get("accept-language")) for r in server.requests}
    assert sent == {("blue", "de")}


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("Authorization: Bearer hunter2", "--header Authorization: a secret belongs in an env"),
        ("Cookie: session=hunter2", "--header Cookie: a secret belongs in an environment"),
        ("X-Api-Key: hunter2", "--header X-Api-Key: a secret belongs in an environment variable"),
        ("PRIVATE-TOKEN: hunter2", "--header PRIVATE-TOKEN: a secret belongs in an environment"),
        ("Host: api.example.com", "--header Host: docpact chooses the value of this header"),
        ("X-Key: $DOCPACT_UNSET", "--header X-Key: the environment variable DOCPACT_UNSET is not"),
        ("X-Tenant", "--header X-Tenant: expected NAME: VALUE"),
        ("X-Tenant: ${NAME", "--header X-Tenant: expected one variable, alone or behind a scheme"),
        ("X-Tenant: a-$NAME", "--header X-Tenant: expected one variable, alone or behind a"),
        ("X-Tenant: %NAME%", "--header X-Tenant: the shell did not replace %NAME%: set NAME"),
        ("X Tenant: hunter2", "--header NAME: expected NAME: VALUE"),
        ("X-Tenant: hunter2\x07", "--header X-Tenant: a character in its value cannot be sent"),
    ],
)
def test_a_header_that_cannot_be_sent_is_a_usage_error(
    docpact: Docpact, text: str, advice: str
) -> None:
    done = docpact("check", "-H", text, "--target", "http://127.0.0.1:9")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert advice in done.stderr
    assert "hunter2" not in done.stderr


def test_a_header_without_its_variable_is_a_usage_error_on_the_mock_too(docpact: Docpact) -> None:
    done = docpact("check", "-H", "X-Key: $DOCPACT_UNSET")
    assert done.returncode == 2
    assert "--header X-Key: the environment variable DOCPACT_UNSET is not set" in done.stderr


SECRET: Final = "a-secret-of-the-garden:4711"


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("Authorization: Bearer $GARDEN", "authorization", f"Bearer {SECRET}"),
        ("Authorization: Token ${GARDEN}", "authorization", f"Token {SECRET}"),
        ("authorization: Basic $GARDEN", "authorization", f"Basic {encode_login(SECRET)}"),
        ("X-Garden:$GARDEN", "x-garden", SECRET),
        ("Cookie: session=$GARDEN", "cookie", f"session={SECRET}"),
    ],
)
@pytest.mark.parametrize("documented", [None, "bearer", "key"])
def test_a_header_may_carry_the_secret_of_a_variable(
    text: str,
    name: str,
    value: str,
    documented: str | None,
    docpact: Docpact,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GARDEN", SECRET)
    received = []

    def answer(request: Request) -> Answer:
        received.append(request.headers.get(name))
        headers = (("content-type", "application/json"),)
        return Answer(200 if received[-1] == value else 401, headers, b'{"beds": 3}')

    schemes = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "query", "name": "key"},
    }
    body = {"type": "object", "properties": {"beds": {"type": "integer"}}, "required": ["beds"]}
    response = {"description": "", "content": {"application/json": {"schema": body}}}
    get = {"responses": {"200": response}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/garden": {"get": get}, "/garden/beds": {"get": get}},
        "components": {"securitySchemes": schemes},
        "security": [{documented: []}] if documented else [],
    }
    (docpact.folder / "garden.json").write_text(json.dumps(document))
    with Server(answer) as server:
        options = ["--target", server.url, "--json", "run.json", "--journal", "j.jsonl"]
        done = docpact("check", "garden.json", "-H", text, *options)
    assert done.stderr == ""
    assert done.returncode == 0
    assert value in received
    written = done.stdout + "".join(
        (docpact.folder / name).read_text() for name in ("run.json", "j.jsonl")
    )
    assert SECRET not in written
    assert encode_login(SECRET) not in written
