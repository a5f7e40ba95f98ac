"""Secrets of recorded requests: in no report, in no encoding, and without another verdict."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from command import Docpact
from toy import LAMPS

from docpact.model import Response
from docpact.traffic.masking import mask
from docpact.traffic.records import Entry

SECRET = "s3cret-Abc/9d8e7f6a5b4c"
DOCUMENT = """
openapi: 3.0.3
info: {title: Things, version: "1"}
servers: [{url: "https://api.example.com"}]
security: [{key: []}]
paths:
  /things:
    get:
      operationId: things
      parameters: [{name: size, in: query, schema: {type: integer}}]
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema:
                type: object
                properties:
                  owner: {type: integer}
components: {securitySchemes: {key: {type: apiKey, in: query, name: k}}}
"""


def entry(url: str, body: str, *headers: tuple[str, str]) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-01-01T00:00:00Z",
        "request": {
            "method": "GET",
            "url": f"https://{url}",
            "headers": [{"name": name, "value": value} for name, value in headers],
        },
        "response": {
            "status": 200,
            "headers": [{"name": "Content-Type", "value": "application/json"}],
            "content": {"text": json.dumps({"owner": body})},
        },
    }


ENTRIES = {
    "userinfo": entry(f"me:{SECRET.replace('/', '%2F')}@api.example.com/things", SECRET),
    "documented key": entry(f"api.example.com/things?k={SECRET}&size=1", SECRET),
    "usual name": entry(f"api.example.com/things?access_token={SECRET}", SECRET),
    "hyphen": entry(f"api.example.com/things?api-key={SECRET}", SECRET),
    "key of Azure": entry(f"api.example.com/things?subscription-key={SECRET}", SECRET),
    "header": entry("api.example.com/things", SECRET, ("Authorization", f"Bearer {SECRET}")),
    "cookie": entry("api.example.com/things", SECRET, ("Cookie", f"a=b; sid={SECRET}")),
    "login": entry(
        "api.example.com/things",
        SECRET,
        ("Authorization", f"Basic {b64encode(f'me:{SECRET}'.encode()).decode()}"),
    ),
    "fragment": entry(f"api.example.com/things#{SECRET}", "a"),
    "set cookie": entry("api.example.com/things", SECRET)
    | {
        "response": {
            "status": 200,
            "headers": [
                {"name": "Content-Type", "value": "application/json"},
                {"name": "Set-Cookie", "value": f"a=b\nsid={SECRET}; HttpOnly"},
            ],
            "content": {"text": json.dumps({"owner": SECRET})},
        }
    },
    "own header": entry("api.example.com/things", b64encode(SECRET.encode()).decode())
    | {
        "request": {
            "method": "GET",
            "url": "https://api.example.com/things",
            "headers": [{"name": "X-Api-Key", "value": SECRET}],
        }
    },
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", ENTRIES)
@pytest.mark.parametrize("command", [("check", "--replay"), ("audit",)])
def test_no_secret_of_a_recorded_request_is_written(
    docpact: Docpact, tmp_path: Path, name: str, command: tuple[str, ...]
) -> None:
    (tmp_path / "things.yaml").write_text(DOCUMENT)
    har = json.dumps({"log": {"version": "1.2", "entries": [ENTRIES[name]]}})
    (tmp_path / "a.har").write_text(har)
    first, *rest = command
    done = docpact(
        first, "things.yaml", *rest, "a.har", "-v", "--json", "a.json", "--html", "a.html"
    )
    assert (done.returncode, "/owner" in done.stdout) == (1, True)
    written = [done.stdout, done.stderr]
    written += [(tmp_path / each).read_text(encoding="utf-8") for each in ("a.json", "a.html")]
    for form in (SECRET, SECRET[4:20], b64encode(SECRET.encode()).decode()[:20]):
        assert not any(form in text for text in written)


def test_the_curl_line_of_a_recorded_request_sends_the_documented_key(
    docpact: Docpact, tmp_path: Path
) -> None:
    (tmp_path / "things.yaml").write_text(DOCUMENT)
    har = json.dumps({"log": {"version": "1.2", "entries": [ENTRIES["documented key"]]}})
    (tmp_path / "a.har").write_text(har)
    shown = docpact("check", "things.yaml", "--replay", "a.har").stdout.replace("\\\n", "")
    assert "'https://api.example.com/things?size=1' -G --data-urlencode k=" in " ".join(
        shown.split()
    )


def test_a_mask_keeps_length_and_kinds_and_differs_for_other_secrets() -> None:
    urls = [f"https://a.example/x?sig={'0123-abcd-XYZ'[:12]}{n}&page_token={n}abc" for n in (1, 2)]
    masked = [mask(Entry("GET", url, Response(200)), LAMPS).url for url in urls]
    assert masked[0] != masked[1].replace("page_token=2", "page_token=1")
    for url, other in zip(urls, masked, strict=True):
        assert len(url) == len(other)
        assert url.partition("&")[2] == other.partition("&")[2]
        assert "0123-abcd" not in other


def test_other_traffic_stays_as_it_is() -> None:
    known = Entry(
        "GET", "https://a.example/x?token=abcdefgh1&key=b", Response(200, (), b"abcdefgh1")
    )
    masked = mask(known, LAMPS, [("accept", "text/abcdefgh1"), ("cookie", "lang=de-DE")])
    assert masked is known


@pytest.mark.parametrize("login", ["username:password", "superuser:username", "owner:superuser1"])
def test_words_of_a_login_that_a_body_needs_are_not_masked(login: str) -> None:
    """Tests and demonstrations often sign in with such words."""
    body = b'{"username": "ann", "password" : null, "role": "superuser"}'
    sent = [("authorization", f"Basic {b64encode(login.encode()).decode()}")]
    masked = mask(Entry("GET", "https://a.example/me", Response(200, (), body)), LAMPS, sent)
    assert isinstance(masked.outcome, Response)
    assert masked.outcome.body == body


def test_a_password_of_letters_is_masked_in_texts() -> None:
    sent = [("authorization", f"Basic {b64encode(b'ann:correcthorse').decode()}")]
    body = b'{"password": "correcthorse"}'
    masked = mask(Entry("GET", "https://a.example/me", Response(200, (), body)), LAMPS, sent)
    assert isinstance(masked.outcome, Response)
    assert b"correcthorse" not in masked.outcome.body


@pytest.mark.parametrize("command", [("check", "--replay"), ("audit",)])
def test_a_token_that_the_documentation_shows_is_not_masked_in_bodies(
    docpact: Docpact, tmp_path: Path, command: tuple[str, ...]
) -> None:
    shown = DOCUMENT.replace("{type: integer}\n", "{enum: [completed_late, failed]}\n")
    (tmp_path / "things.yaml").write_text(
        shown.replace("paths:", "paths:\n  /a: {get: {responses: {'204': {description: ok}}}}")
    )
    sent = ("Authorization", "Bearer completed")
    recorded = entry("api.example.com/things", "completed_late", sent)
    (tmp_path / "a.har").write_text(json.dumps({"log": {"version": "1.2", "entries": [recorded]}}))
    done = docpact(command[0], "things.yaml", *command[1:], "a.har")
    assert (done.returncode, "completed_late" in done.stdout) == (0, False)


@pytest.mark.parametrize("body", [rb'"\ud800abcdefg"', b'"\xed\xa0\x80abcdefg"'])
def test_a_secret_with_half_a_surrogate_pair_is_masked(body: bytes) -> None:
    masked = mask(
        Entry("GET", "https://a.example/x", Response(200, (("x-echo", "\ud800abcdefg"),), body)),
        LAMPS,
        [("x-api-key", "\ud800abcdefg")],
    )
    assert isinstance(masked.outcome, Response)
    assert b"abcdefg" not in masked.outcome.body
    assert "abcdefg" not in masked.outcome.headers[0][1]


@pytest.mark.parametrize("token", [f"{number}0000001" for number in range(1, 10)])
def test_a_masked_number_is_a_number(token: str) -> None:
    known = Entry("GET", "https://a.example/x", Response(200, (), b'{"id": %d}' % int(token)))
    masked = mask(known, LAMPS, [("authorization", f"Bearer {token}")])
    assert isinstance(masked.outcome, Response)
    assert len(str(json.loads(masked.outcome.body)["id"])) == len(token)
    assert token.encode() not in masked.outcome.body
