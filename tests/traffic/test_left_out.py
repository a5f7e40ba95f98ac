"""Recorded responses that cannot be judged are left out, counted and named; never findings."""

from __future__ import annotations

import base64
import gzip
import importlib
import importlib.util
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from traffic.records import (
    BODY,
    JSON,
    URL,
    about_traffic,
    audited,
    breaches,
    har_entry,
    replayed,
    write_har,
)

from docpact.model import Failure, Response
from docpact.traffic.records import NO_BODY, build_response

UNJUDGED: dict[str, tuple[dict[str, Any], str]] = {
    "no text": (har_entry(content={"size": 48213}), "the body was not recorded"),
    "no content": (har_entry(content={}), "the body was not recorded"),
    "empty text": (har_entry(content={"size": 9, "text": ""}), "the body was not recorded"),
    "no text and no size": (
        har_entry(content={"size": 0}, headers={**JSON, "content-length": "268"}),
        "the body was not recorded",
    ),
    "text omitted": (har_entry(content={"size": -1}), "the body was not recorded"),
    "attached": (har_entry(content={"size": 9, "_file": "a.json"}), "the body was not recorded"),
    "not modified": (har_entry(304, {"size": 0}), "status 304, which has no body"),
    "not modified, from a cache": (har_entry(304), "status 304, which has no body"),
    "status 0": (har_entry(0, {"size": 0}), "the request was aborted"),
    "status -1": (har_entry(-1, {"size": -1}), "the request was aborted"),
    "status 99": (har_entry(99), "99 is not a status of HTTP"),
    "status 1000": (har_entry(1000), "1000 is not a status of HTTP"),
    "an error": (
        har_entry(200, {"size": 0}, _error="net::ERR_ABORTED"),
        "the request was aborted",
    ),
    "an error in an object": (
        har_entry(200, {"size": 0}, _error={"code": 3}),
        "the request was aborted",
    ),
    "a failure": (har_entry(200, _failureText="canceled"), "the request was aborted"),
    "redirected": (har_entry(307, {"size": 0}), "redirected"),
    "moved, size unknown": (har_entry(301, {"size": -1}), "redirected"),
    "bad URL": (har_entry(url="http://[bad/"), "the URL is invalid"),
    "bad port": (har_entry(url="http://toys.example:99999/v1/lamps"), "the URL is invalid"),
    "a web socket": (
        har_entry(101, {"size": 0}, url="wss://toys.example/v1/lamps"),
        "the URL is not one of HTTP",
    ),
    "an extension": (
        har_entry(url="chrome-extension://abc/v1/lamps"),
        "the URL is not one of HTTP",
    ),
    "too many requests": (har_entry(429), "status 429, too many requests"),
    "no status": (har_entry(None, {}), "the request was aborted"),
    "an empty status": (har_entry("", {}), "the request was aborted"),
    "cut by Charles": (har_entry(200, _charlesStatus="EXCEPTION"), "the request was aborted"),
    "a preflight": (har_entry(204, method="OPTIONS"), "OPTIONS instead of GET"),
    "a HEAD": (har_entry(200, {"size": 0}, method="HEAD"), "HEAD instead of GET"),
    "switched": (har_entry(101, {"size": 0}), "another protocol than HTTP followed"),
    "cut by size": (
        har_entry(content={"size": len(BODY), "text": BODY[:-9]}),
        "the body was not recorded to its end",
    ),
    "cut by length": (
        har_entry(content={"text": BODY[:-9]}, headers={**JSON, "content-length": "400"}),
        "the body was not recorded to its end",
    ),
    "damaged base64": (
        har_entry(content={"size": 9, "text": "%%%", "encoding": "base64"}),
        "the body was not recorded",
    ),
    "unknown coding": (
        har_entry(
            content={"text": "gAAA", "encoding": "base64"}, headers={"content-encoding": "x-lz"}
        ),
        "the body is coded with x-lz, which docpact cannot decode",
    ),
    "damaged gzip": (
        har_entry(
            content={
                "text": base64.b64encode(gzip.compress(BODY.encode())[:-9]).decode(),
                "encoding": "base64",
            },
            headers={"content-encoding": "gzip"},
        ),
        "the body is not coded with gzip: the end is missing",
    ),
}


@pytest.mark.sampled(5)
@pytest.mark.parametrize(("entry", "reason"), UNJUDGED.values(), ids=UNJUDGED)
def test_an_unjudged_response_is_named_alike_by_replay_and_audit(
    tmp_path: Path, entry: dict[str, Any], reason: str
) -> None:
    file = write_har(tmp_path / "calls", har_entry(), entry, entry)
    for run in (replayed(file), audited(file)):
        assert (run.findings, run.reason) == ((), "")
        assert about_traffic(run)[:2] == [
            "1 exchange of GET /v1/lamps",
            f"2 exchanges left out: {reason}",
        ]


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("entry", "reason"), UNJUDGED.values(), ids=UNJUDGED)
def test_a_recording_of_unjudged_responses_alone_is_inconclusive(
    tmp_path: Path, entry: dict[str, Any], reason: str
) -> None:
    file = write_har(tmp_path / "calls", entry)
    for run in (replayed(file), audited(file)):
        assert (run.findings, run.reason) == (
            (),
            "no successful response to GET /v1/lamps can be judged",
        )
        assert f"1 exchange left out: {reason}" in run.remarks


@pytest.mark.parametrize(
    "entry",
    [
        har_entry(content={"size": 4000, "text": BODY}),
        har_entry(content={"text": BODY}, headers={**JSON, "content-length": "4000"}),
        har_entry(
            content={"text": base64.encodebytes(BODY.encode()).decode(), "encoding": "BASE64"}
        ),
        har_entry() | {"startedDateTime": "yesterday"},
    ],
)
def test_a_whole_body_is_judged_whatever_surrounds_it(
    tmp_path: Path, entry: dict[str, Any]
) -> None:
    file = write_har(tmp_path / "calls", entry)
    for run in (replayed(file), audited(file)):
        assert (run.findings, run.reason) == ((), "")
        assert about_traffic(run)[0] == "1 exchange of GET /v1/lamps"


@pytest.mark.parametrize(
    ("bodies", "is_empty"),
    [
        (['{"other": 1}'], True),
        (['{"other": 1}', '{"next": null, "items": []}'], False),
        (['{"items": null}'], False),
    ],
)
def test_responses_without_a_documented_field_say_nothing(
    tmp_path: Path, bodies: list[str], is_empty: bool
) -> None:
    file = write_har(tmp_path / "calls", *(har_entry(content={"text": each}) for each in bodies))
    for run in (replayed(file), audited(file)):
        assert run.reason.startswith("no response has any documented field") == is_empty


def test_a_coded_body_that_is_nested_too_deeply_is_a_text(tmp_path: Path) -> None:
    entry = har_entry(content={"text": "[" * 100_000, "encoding": "base64"})
    file = write_har(tmp_path / "calls", entry)
    for run in (replayed(file), audited(file)):
        assert {each.rule for each in run.findings} == {"response.json"}


ELSEWHERE = "https://other.example/v1/lamps"


@pytest.mark.parametrize("status", [200, 401, 307])
def test_other_servers_are_left_out_beside_the_documented_one(tmp_path: Path, status: int) -> None:
    odd = har_entry(status, {"text": "[]"}, ELSEWHERE)
    file = write_har(tmp_path / "calls", odd, har_entry(), odd)
    for run in (replayed(file), audited(file)):
        assert (run.findings, run.reason) == ((), "")
        assert about_traffic(run)[:2] == [
            "1 exchange of GET /v1/lamps",
            "2 exchanges with other servers left out",
        ]


def test_a_recording_of_another_server_alone_is_judged(tmp_path: Path) -> None:
    entries = [har_entry(content={"text": "[]"}, url=ELSEWHERE), har_entry(401)]
    file = write_har(tmp_path / "calls", *entries)
    assert breaches(replayed(file)) == breaches(audited(file)) == [("response.type", "", 1)]
    for run in (replayed(file), audited(file)):
        assert about_traffic(run)[:2] == [
            "1 exchange of GET /v1/lamps",
            "1 response with 401, 403, 404 or 407 left out: a recording does not show who asked",
        ]


def test_exchanges_of_other_operations_alone_are_inconclusive(tmp_path: Path) -> None:
    file = write_har(tmp_path / "calls", har_entry(url="https://toys.example/v1/chairs"))
    for run in (replayed(file), audited(file)):
        assert run.reason == "no successful response to GET /v1/lamps can be judged"
        assert "1 exchange of other operations left out" in run.remarks


JUDGED: dict[str, tuple[dict[str, Any], list[tuple[str, str, int]]]] = {
    "a complete response": (har_entry(), []),
    "an empty body": (har_entry(content={"size": 0}), [("response.json", "body", 1)]),
    "an empty text": (har_entry(content={"text": ""}), [("response.json", "body", 1)]),
    "an error without its body": (
        har_entry(418, {"size": 9}, "https://toys.example/v1/lamps"),
        [("response.status", "status", 1)],
    ),
    "a coding that is already undone": (har_entry(headers={**JSON, "content-encoding": "BR"}), []),
    "another type": (
        har_entry(headers={"content-type": "text/html"}),
        [("response.content_type", "header/content-type", 1)],
    ),
    "a wrong body": (har_entry(content={"text": "[]"}), [("response.type", "", 1)]),
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("entry", "expected"), JUDGED.values(), ids=JUDGED)
def test_replay_and_audit_find_the_same(
    tmp_path: Path, entry: dict[str, Any], expected: list[tuple[str, str, int]]
) -> None:
    file = write_har(tmp_path / "calls", entry)
    assert breaches(replayed(file)) == breaches(audited(file)) == expected
    assert about_traffic(replayed(file))[0] == about_traffic(audited(file))[0]


BEYOND = "https://toys.example/v1/lamps?size=9999"


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("status", "url", "expected"),
    [
        (400, URL, [("query.accepts", "query/size", 1)]),
        (422, "https://toys.example/v1/lamps?state=on", [("query.accepts", "query/state", 1)]),
        (500, URL, [("query.server_error", "query/size", 1)]),
        (503, BEYOND, [("query.server_error", "query/size", 1)]),
        (400, BEYOND, []),
        (400, "https://toys.example/v1/lamps?after=x", []),
        (200, BEYOND, []),
    ],
)
def test_replay_and_audit_judge_the_answer_to_a_value_alike(
    tmp_path: Path, status: int, url: str, expected: list[tuple[str, str, int]]
) -> None:
    file = write_har(tmp_path / "calls", har_entry(status, url=url), har_entry())
    runs = replayed(file), audited(file)
    for run in runs:
        assert [(each.rule, each.location, each.count) for each in run.findings] == expected
    assert [each.fingerprint for each in runs[0].findings] == [
        each.fingerprint for each in runs[1].findings
    ]
    assert runs[0].verdict() is runs[1].verdict()


HTML = har_entry(content={"text": "<h1>Sign in</h1>"}, headers={"content-type": "text/html"})


def test_pages_for_people_alone_are_inconclusive(tmp_path: Path) -> None:
    file = write_har(tmp_path / "calls", HTML, HTML)
    for run in (replayed(file), audited(file)):
        assert run.findings == ()
        assert "answers every request with HTML" in run.reason
    file = write_har(tmp_path / "calls", HTML, har_entry())
    assert breaches(replayed(file)) == breaches(audited(file)) != []


def raw(body: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeeze.compress(body) + squeeze.flush()


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "GZIP": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": raw,
    "zstd": zstandard.compress,
    "deflate, gzip": lambda body: gzip.compress(zlib.compress(body)),
    "gzip,zstd": lambda body: zstandard.compress(gzip.compress(body)),
    "identity": bytes,
}
if importlib.util.find_spec("brotli"):
    brotli = importlib.import_module("brotli")  # without type stubs
    CODINGS |= {
        "br": brotli.compress,
        "gzip, br": lambda body: brotli.compress(gzip.compress(body)),
    }


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("is_undone", [False, True])
def test_a_recorded_body_is_decoded_unless_the_recorder_did_so(
    coding: str, is_undone: bool
) -> None:
    body = BODY.encode()
    recorded = body if is_undone else CODINGS[coding](body)
    headers = [("content-encoding", coding), ("content-type", "application/json")]
    assert build_response("GET", 200, headers, recorded) == Response(200, (*headers[1:],), body)


@pytest.mark.parametrize("coding", ["gzip, br", "gzip, deflate"])
def test_a_recorder_may_undo_the_outermost_coding_alone(coding: str) -> None:
    found = build_response("GET", 200, [("content-encoding", coding)], gzip.compress(BODY.encode()))
    assert found == Response(200, (), BODY.encode())


@pytest.mark.parametrize(
    ("method", "status", "length", "is_lost"),
    [
        ("GET", 200, "268", True),
        ("GET", 200, "0", False),
        ("GET", 204, "268", False),
        ("GET", 500, "268", False),
        ("HEAD", 200, "268", False),
    ],
)
def test_an_empty_body_with_a_length_was_not_recorded(
    method: str, status: int, length: str, is_lost: bool
) -> None:
    headers = [("content-length", length)]
    expected = NO_BODY if is_lost else Response(status, tuple(headers))
    assert build_response(method, status, headers, b"") == expected


def test_a_recorded_body_that_was_not_text_before_its_coding_is_judged() -> None:
    found = build_response("GET", 200, [("content-encoding", "gzip")], b'{"a": "\xff"}')
    assert found == Response(200, (), b'{"a": "\xff"}')


def test_a_coding_without_its_library_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brotli", None)
    assert build_response(
        "GET", 200, [("content-encoding", "br")], b"\x0b\x02\x80{}\x03"
    ) == Failure(
        "encoding",
        "the body is coded with br, which needs an optional library: pip install 'docpact[audit]'",
    )
