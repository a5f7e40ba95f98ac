"""Recordings as various recorders write them: whatever is missing is left out and named."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from toy import LAMPS
from traffic.records import BODY, URL, about_traffic, audited, har_entry, replayed, write_har

from docpact.errors import UsageError
from docpact.model import Response, SentBody
from docpact.traffic.formats import read_records
from docpact.traffic.har import decode_entry
from docpact.traffic.records import NO_BODY, NO_RESPONSE, BadRecord, Entry, Options
from docpact.traffic.sources import Part


def without(entry: dict[str, Any], *path: str) -> dict[str, Any]:
    """Return an entry without the part at a path."""
    first, *rest = path
    if rest:
        return {**entry, first: without(entry[first], *rest)}
    return {name: each for name, each in entry.items() if name != first}


def read_entries(file: Path) -> list[Entry]:
    return [each for _, each in read_records(Part(str(file), 0), Options(LAMPS))]  # type: ignore[misc]


@pytest.mark.parametrize(
    "entry", [without(har_entry(), "response"), har_entry() | {"response": None}]
)
def test_a_request_without_a_response_is_left_out(tmp_path: Path, entry: dict[str, Any]) -> None:
    file = write_har(tmp_path / "calls", entry, har_entry())
    for run in (replayed(file), audited(file)):
        assert (run.findings, run.reason) == ((), "")
        assert about_traffic(run)[:2] == [
            "1 exchange of GET /v1/lamps",
            "1 exchange left out: no response was recorded",
        ]


def test_an_entry_may_lack_its_time_and_its_headers(tmp_path: Path) -> None:
    bare = without(without(har_entry(), "startedDateTime"), "response", "headers")
    file = write_har(tmp_path / "calls", without(bare, "time"))
    for run in (replayed(file), audited(file)):
        assert (run.findings, run.reason) == ((), "")


@pytest.mark.parametrize("fill", [0, 1024 * 1024 - 318])
def test_bytes_that_are_not_utf_8_are_found_in_har_of_mitmproxy(tmp_path: Path, fill: int) -> None:
    """It writes such a byte as the second half of a surrogate pair."""
    body = f'{{"items": [{{"name": "{fill * "a"}\udce9\\udce9"}}]}}'
    file = write_har(tmp_path / "calls", har_entry(content={"text": body}), har_entry())
    for run in (replayed(file), audited(file)):
        assert ("response.json", 1) in [(each.rule, each.count) for each in run.findings]
        assert about_traffic(run)[0] == "2 exchanges of GET /v1/lamps"


def test_an_emoji_of_two_escapes_is_one_character(tmp_path: Path) -> None:
    content = {"text": json.dumps({"items": [], "next": "\U0001f600\\udce9"})}
    (entry,) = read_entries(write_har(tmp_path / "calls", har_entry(content=content)))
    assert isinstance(entry.outcome, Response)
    assert json.loads(entry.outcome.body)["next"] == "\U0001f600\\udce9"


def test_har_may_be_written_as_yaml(tmp_path: Path) -> None:
    file, wrong = tmp_path / "recording.har.yaml", {"size": 12, "text": '{"items": 5}'}
    log = {"creator": {"name": "Polly.JS"}, "entries": [har_entry(), har_entry(content=wrong)]}
    file.write_text(yaml.safe_dump({"log": log}, sort_keys=False), "utf-8")
    for run in (replayed(file), audited(file)):
        assert ("response.type", "/items") in [(each.rule, each.location) for each in run.findings]


def test_a_header_may_have_several_values(tmp_path: Path) -> None:
    headers = [{"name": "Set-Cookie", "value": ["a=1", "b=2"]}]
    entry = har_entry() | {"response": har_entry()["response"] | {"headers": headers}}
    (read,) = read_entries(write_har(tmp_path / "calls", entry))
    assert isinstance(read.outcome, Response)
    assert read.outcome.headers[:-1] == (("set-cookie", "a=1"), ("set-cookie", "b=2"))


def test_a_document_in_several_lines_may_begin_with_any_field(tmp_path: Path) -> None:
    file = tmp_path / "calls"
    file.write_text(json.dumps({"log": {"options": {}, "entries": [har_entry()]}}, indent=1))
    assert [each.url for each in read_entries(file)] == [URL]


ODD_HEADERS: dict[str, Any] = {
    "no value": [{"name": "X"}, {"name": "X", "value": None}, {"name": "X-N", "value": 3}],
    "an object": {"X-N": "3"},
}


@pytest.mark.parametrize("headers", ODD_HEADERS.values(), ids=ODD_HEADERS)
def test_headers_of_other_forms_are_read(tmp_path: Path, headers: Any) -> None:
    entry = har_entry() | {"response": har_entry()["response"] | {"headers": headers}}
    (read,) = read_entries(write_har(tmp_path / "calls", entry))
    assert isinstance(read.outcome, Response)
    assert read.outcome.headers == (("x-n", "3"), ("content-type", "application/json"))


@pytest.mark.parametrize(
    ("headers", "media_type", "is_found"),
    [
        ({}, "x-unknown", False),
        ({"date": "now"}, "application/json; charset=utf-8", False),
        ({"date": "now"}, "text/plain", True),  # as browsers guess it
        ({"date": "now"}, "x-unknown", True),
        ({"content-type": "text/html"}, "application/json", True),
    ],
)
def test_a_media_type_that_is_kept_without_its_header_counts(
    tmp_path: Path, headers: dict[str, str], media_type: str, is_found: bool
) -> None:
    content = {"size": len(BODY), "mimeType": media_type, "text": BODY}
    file = write_har(tmp_path / "calls", har_entry(content=content, headers=headers))
    for run in (replayed(file), audited(file)):
        found = [each.rule for each in run.findings]
        assert found == (["response.content_type"] if is_found else [])


@pytest.mark.parametrize("is_filed", [False, True])
@pytest.mark.parametrize(
    ("label", "charset"),
    [
        ("text/plain; charset=ISO-8859-1", "latin-1"),
        ("text/plain; charset=utf-16", "utf-16"),
        ("text/plain; charset=unknown", "utf-8"),
        ("text/plain", "utf-8"),
        ("application/json; charset=iso-8859-1", "utf-8"),
    ],
)
def test_a_recorded_text_has_the_bytes_of_its_charset(
    tmp_path: Path, label: str, charset: str, is_filed: bool
) -> None:
    text = '"Größe"'
    (tmp_path / "text.dat").write_text(text)
    content = {"size": 9, **({"_file": "text.dat"} if is_filed else {"text": text})}
    (read,) = read_entries(
        write_har(tmp_path / "calls", har_entry(content=content, headers={"content-type": label}))
    )
    assert isinstance(read.outcome, Response)
    assert read.outcome.body == text.encode(charset)


def test_what_a_verdict_does_not_need_may_have_any_form(tmp_path: Path) -> None:
    entry = har_entry() | {"startedDateTime": 17}
    entry["request"] |= {"postData": {"mimeType": None, "text": {"a": 1}}, "headers": None}
    (read,) = read_entries(write_har(tmp_path / "calls", entry))
    assert read.sent is not None
    assert (read.started, read.sent.is_whole, read.url) == (None, False, URL)


def write_pieces(body: bytes, form: str) -> dict[str, Any]:
    """Return a body as Polly.JS writes it."""
    packed = gzip.compress(body)
    pieces = [packed[:40], packed[40:]]
    if form == "hexadecimal":
        return {"text": json.dumps([each.hex() for each in pieces]), "_isBinary": True}
    if form == "one text in hexadecimal":
        return {"text": packed.hex(), "_isBinary": True}
    return {"text": json.dumps([*map(to_base64, pieces)]), "encoding": "base64"}


def to_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.parametrize("form", ["base64", "hexadecimal", "one text in hexadecimal"])
def test_a_body_in_encoded_pieces_is_read(tmp_path: Path, form: str) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    content = {"size": 9, **write_pieces(BODY.encode(), form)}
    (read,) = read_entries(write_har(tmp_path / "calls", har_entry(200, content, headers=headers)))
    assert isinstance(read.outcome, Response)
    assert read.outcome.body == BODY.encode()


@pytest.mark.parametrize("body", [BODY, '[{"id": "1"}]', "{}"])
def test_plain_json_with_the_name_of_another_encoding_is_read(tmp_path: Path, body: str) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    content = {"size": 9, "text": body, "encoding": "base64"}
    (read,) = read_entries(write_har(tmp_path / "calls", har_entry(200, content, headers=headers)))
    assert isinstance(read.outcome, Response)
    assert read.outcome.body == body.encode()


@given(body=st.binary(min_size=1, max_size=40))
def test_any_body_in_base64_is_read(body: bytes) -> None:
    content = {"size": len(body), "text": to_base64(body), "encoding": "base64"}
    read = decode_entry(
        har_entry(200, content, headers={"content-type": "image/png"}), "here", LAMPS
    )
    assert isinstance(read, Entry)
    assert isinstance(read.outcome, Response)
    assert read.outcome.body == body


STATUS = {"code": 200, "message": "OK"}
JSON = {"Content-Type": ["application/json"]}
REQUEST = {"method": "get", "uri": URL, "body": {"encoding": "utf-8", "string": ""}, "headers": {}}
BASE64 = base64.b64encode(BODY.encode()).decode()

CASSETTES: dict[str, str] = {
    "betamax": json.dumps(
        {
            "http_interactions": [
                {
                    "request": REQUEST,
                    "response": {
                        "body": {"encoding": "utf-8", "string": BODY},
                        "headers": JSON,
                        "status": STATUS,
                        "url": URL,
                    },
                    "recorded_at": "2026-01-01T00:00:00",
                }
            ],
            "recorded_with": "betamax/0.9.0",
        }
    ),
    "vcr for R": json.dumps(
        {
            "http_interactions": [
                {
                    "request": REQUEST,
                    "response": {
                        "body": {"raw_gzip": to_base64(zlib.compress(BODY.encode()))},
                        "headers": {"content-type": "application/json"},
                        "status": 200,
                    },
                }
            ],
            "recorded_with": "VCR-vcr/2.0.0",
        }
    ),
    "betamax, its version first": json.dumps(
        {
            "recorded_with": "betamax/0.4.1",
            "http_interactions": [
                {
                    "request": REQUEST,
                    "response": {
                        "body": {"encoding": None, "base64_string": BASE64},
                        "headers": JSON,
                        "status": STATUS,
                    },
                }
            ],
        }
    ),
    "go-vcr": f"""---
version: 2
interactions:
    - id: 0
      request:
        body: ""
        headers:
            Accept:
                - application/json
        url: {URL}
        method: GET
      response:
        uncompressed: false
        body: '{BODY}'
        headers:
            Content-Type:
                - application/json
        status: 200 OK
        code: 200
        duration: 23.5ms
""",
    "PHP-VCR": f"""
-
    request:
        method: GET
        url: '{URL}'
        headers:
            Host: toys.example
    response:
        status:
            http_version: '1.1'
            code: '200'
            message: OK
        headers:
            Content-Type: application/json
        body: '{BODY}'
    index: 0
""",
    "a list in JSON": json.dumps(
        [
            {
                "request": {"method": "GET", "url": URL},
                "response": {
                    "status": 200,
                    "headers": {"Content-Type": "application/json"},
                    "body": BODY,
                },
            }
        ]
    ),
    "vcrpy with tornado": f"""interactions:
- request:
    body: null
    headers: {{}}
    method: GET
    uri: {URL}
  response:
    body: {{string: '{BODY}'}}
    headers:
    - !!python/tuple
      - Content-Type
      - [application/json]
    status: {{code: 200, message: OK}}
version: 1
""",
    "VCR of Ruby": f"""---
http_interactions:
- request:
    method: get
    uri: {URL}
    body: {{encoding: US-ASCII, string: ''}}
    headers: {{}}
  response:
    status: {{code: 200, message: OK}}
    headers:
      Content-Type: [application/json]
    body:
      encoding: ASCII-8BIT
      string: '{BODY}'
  recorded_at: Thu, 01 Jan 2026 00:00:00 GMT
recorded_with: VCR 6.0.0
""",
    "vcrpy of Python 2": f"""interactions:
- request:
    body: !!python/unicode ''
    headers: {{}}
    method: !!python/unicode GET
    uri: {URL}
  response:
    body: {{string: !!python/unicode '{BODY}'}}
    headers: {{content-type: [application/json]}}
    status: {{code: 200, message: OK}}
version: 1
""",
    "vcrpy of botocore": f"""interactions:
- request:
    body: !!python/object/new:_io.BytesIO
      state: !!python/tuple
      - !!binary |
        YWJj
      - 0
      - null
    headers:
      Accept:
      - !!binary |
        YXBwbGljYXRpb24vanNvbg==
    method: GET
    uri: {URL}
  response:
    body: {{string: '{BODY}'}}
    headers:
      content-type:
      - !!binary |
        YXBwbGljYXRpb24vanNvbg==
    status: {{code: 200, message: OK}}
version: 1
""",
    "EasyVCR for .NET": json.dumps(
        [
            {
                "Duration": 604,
                "Request": {"Method": "GET", "RequestHeaders": {}, "Uri": URL},
                "Response": {
                    "Body": BODY,
                    "ContentHeaders": {"Content-Type": "application/json; charset=utf-8"},
                    "ResponseHeaders": {"X-Runtime": "0.1"},
                    "Status": {"Code": 200, "Message": "OK"},
                },
            }
        ]
    ),
    "nock": json.dumps(
        [
            {
                "scope": "https://toys.example:443",
                "method": "GET",
                "path": "/v1/lamps?size=2",
                "body": "",
                "status": 200,
                "response": json.loads(BODY),
                "rawHeaders": ["Content-Type", "application/json"],
                "reqheaders": {"accept": ["*/*"]},
                "responseIsBinary": False,
            }
        ]
    ),
    "nock with a coded body": json.dumps(
        [
            {
                "scope": "https://toys.example",
                "method": "GET",
                "path": "/v1/lamps?size=2",
                "status": 200,
                "response": [
                    zlib.compress(BODY.encode()).hex()[:40],
                    zlib.compress(BODY.encode()).hex()[40:],
                ],
                "headers": {"content-type": "application/json", "content-encoding": "deflate"},
            }
        ]
    ),
    "vcrpy of old httpx": f"""interactions:
- request: {{body: '', headers: {{}}, method: GET, uri: '{URL}'}}
  response:
    content: '{BODY}'
    headers: {{content-type: [application/json]}}
    http_version: HTTP/1.1
    status_code: 200
version: 1
""",
    "Charles": json.dumps(
        [
            {
                "status": "COMPLETE",
                "method": "GET",
                "scheme": "https",
                "host": "toys.example",
                "port": None,
                "actualPort": 443,
                "path": "/v1/lamps",
                "query": "size=2",
                "times": {"start": "2026-01-01T00:00:00.000Z"},
                "durations": {"total": 12},
                "request": {"header": {"headers": []}},
                "response": {
                    "status": 200,
                    "sizes": {"body": len(BODY)},
                    "header": {"headers": [{"name": "Content-Type", "value": "application/json"}]},
                    "body": {"text": BODY, "charset": "utf-8"},
                },
            }
        ]
    ),
    "the serializer of Pydantic AI": json.dumps(
        {
            "interactions": [
                {
                    "request": {"method": "GET", "uri": URL, "headers": {}},
                    "response": {
                        "headers": {**JSON, "Content-Length": ["9"], "Content-Encoding": ["br"]},
                        "parsed_body": json.loads(BODY),
                        "status": STATUS,
                    },
                }
            ]
        }
    ),
    "the test proxy of Azure": json.dumps(
        {
            "Entries": [
                {
                    "RequestUri": URL,
                    "RequestMethod": "GET",
                    "RequestHeaders": {"Accept": "application/json"},
                    "RequestBody": None,
                    "StatusCode": 200,
                    "ResponseHeaders": {"Content-Type": "application/json", "Content-Length": "9"},
                    "ResponseBody": json.loads(BODY),
                }
            ],
            "Variables": {},
        },
        indent=2,
    ),
    "Betamax of Java": f"""!tape
name: lamps
interactions:
- recorded: 2026-01-01T00:00:00.000Z
  request:
    method: GET
    uri: {URL}
    headers: {{Accept: application/json}}
  response:
    status: 200
    headers: {{Content-Type: application/json}}
    body: '{BODY}'
""",
    "ExVCR": json.dumps(
        [
            {
                "request": {"method": "get", "url": URL, "headers": [], "body": ""},
                "response": {
                    "status_code": ["HTTP/1.1", 200, "OK"],
                    "headers": {"Content-Type": "application/json"},
                    "body": BODY,
                    "type": "ok",
                },
            }
        ]
    ),
    "vcr of R": f"""http_interactions:
- request: {{method: get, uri: '{URL}', body: {{encoding: '', string: ''}}, headers: {{}}}}
  response:
    status: {{status_code: '200', message: OK, explanation: 'Request fulfilled'}}
    headers: {{content-type: application/json}}
    body: {{encoding: UTF-8, file: no, string: '{BODY}'}}
""",
    "responses of Python": f"""responses:
- response:
    auto_calculate_content_length: false
    body: '{BODY}'
    content_type: application/json
    method: GET
    status: 200
    url: {URL}
""",
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("text", CASSETTES.values(), ids=CASSETTES)
def test_cassettes(tmp_path: Path, text: str) -> None:
    file = tmp_path / "cassette"
    file.write_text(text)
    (entry,) = read_entries(file)
    assert (entry.method, entry.url.replace(":443", "")) == ("GET", URL)
    assert isinstance(entry.outcome, Response)
    assert entry.outcome.status == 200
    assert json.loads(entry.outcome.body) == json.loads(BODY)
    for run in (replayed(file), audited(file)):
        assert (run.findings, run.reason) == ((), "")


def test_a_cassette_of_nock_shows_bodies_of_requests_and_names_patterns(tmp_path: Path) -> None:
    host = {"scope": "https://toys.example", "method": "GET", "status": 200}
    sent = {"body": {"on": True}, "reqheaders": {"content-type": "text/json", "Content-Length": 99}}
    file = tmp_path / "cassette"
    file.write_text(
        json.dumps(
            [
                {**host, "path": "/v1/lamps?size=2", "response": None, **sent},
                {**host, "path": {"regex": "/v1/.*"}, "response": {}},
                {**host, "path": "/v1/lamps", "response": "7a7", "responseIsBinary": True},
            ]
        )
    )
    records = read_records(Part(str(file), 0), Options(LAMPS))
    read, pattern, damaged = (found for _, found in records)
    assert isinstance(read, Entry)
    assert isinstance(read.outcome, Response)
    assert (read.outcome.body, read.sent) == (b"null", SentBody("text/json", b'{"on": true}'))
    assert isinstance(pattern, BadRecord)
    assert "Expected `str | null`, got `object` - at `$.request.url`" in pattern.problem
    assert isinstance(damaged, BadRecord)


def charles(**changes: Any) -> dict[str, Any]:
    """Return an exchange as Charles writes it in a JSON session."""
    request = {"header": {"headers": [{"name": "Content-Type", "value": "application/json"}]}}
    exchange = {"status": "COMPLETE", "method": "POST", "scheme": "http", "host": "a.example"}
    response = {"status": 200, "sizes": {"body": 3}, "header": {"headers": []}}
    return {**exchange, "path": "/v1", "request": request, "response": response, **changes}


def test_a_session_of_charles_has_bytes_ports_and_exchanges_that_did_not_end(
    tmp_path: Path,
) -> None:
    request = {**charles()["request"], "body": {"text": "{}"}}
    coded = {**charles()["response"], "body": {"encoding": "base64", "encoded": "AP8B"}}
    exchanges = [
        charles(request=request, response=coded, port=8080, actualPort=8080),
        charles(),
        charles(status="FAILED", response=None),
        charles(host=None),
    ]
    file = tmp_path / "calls.chlsj"
    file.write_text(json.dumps(exchanges))
    records = read_records(Part(str(file), 0), Options(LAMPS))
    read, empty, failed, bad = (found for _, found in records)
    assert isinstance(read, Entry)
    assert isinstance(read.outcome, Response)
    assert (read.url, read.outcome.body) == ("http://a.example:8080/v1", b"\x00\xff\x01")
    assert read.sent == SentBody("application/json", b"{}")
    assert isinstance(empty, Entry)
    assert empty.outcome == NO_BODY
    assert isinstance(failed, Entry)
    assert failed.outcome == NO_RESPONSE
    assert isinstance(bad, BadRecord)


def test_bodies_of_the_test_proxy_of_azure(tmp_path: Path) -> None:
    """It embeds JSON, splits texts into lines, and writes other bytes in base64."""

    def entry(label: str, body: Any) -> dict[str, Any]:
        headers = {"Content-Type": label}
        request = {"RequestUri": URL, "RequestMethod": "PUT", "RequestHeaders": headers}
        answer = {"StatusCode": 200, "ResponseHeaders": headers, "ResponseBody": body}
        return {**request, "RequestBody": body, **answer}

    bodies = [
        ("application/json", "a", b'"a"'),
        ("text/plain", ["a\n", "b"], b"a\nb"),
        ("text/plain", "a", b"a"),
        ("application/octet-stream", "AP8B", b"\x00\xff\x01"),
        ("application/json", None, b""),
    ]
    file = tmp_path / "calls"
    file.write_text(json.dumps({"Entries": [entry(label, body) for label, body, _ in bodies]}))
    for found, (label, _, expected) in zip(read_entries(file), bodies, strict=True):
        assert isinstance(found.outcome, Response)
        assert found.outcome.body == expected
        assert found.sent == (SentBody(label, expected) if expected else None)


def test_a_body_of_unknown_form_is_named_and_never_taken_for_an_empty_one(tmp_path: Path) -> None:
    response = {"body": {"packed": "QQ=="}, "headers": JSON, "status": STATUS}
    file = tmp_path / "calls.json"
    file.write_text(json.dumps({"interactions": [{"request": REQUEST, "response": response}]}))
    with pytest.raises(UsageError, match=r"0: not an interaction of a cassette: its form is unkno"):
        list(read_records(Part(str(file), 0), Options(LAMPS)))
