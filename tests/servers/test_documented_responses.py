"""Errors, headers and other media types: broken servers are found, unusual ones are left alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias

import pytest
from servers.loopback import Answer, Handler, Request, Server

from docpact import check
from docpact.capture.openapi import capture_operation, find_operation
from docpact.catalogue import load_files
from docpact.model import Level, Operation, Outcome, Run, Verdict
from docpact.targets.given import with_values

PROBLEM: Final = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "status": {"type": "integer"}},
    "required": ["title"],
}
THING: Final = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "size": {"type": "integer"}},
    "required": ["id"],
}
HEADERS: Final = {
    "X-Version": {"required": True, "schema": {"type": "integer", "minimum": 1}},
    "X-Tags": {"schema": {"type": "array", "items": {"enum": ["new", "old"]}}},
    "Content-Type": {"required": True, "schema": {"type": "integer"}},
}
RESPONSES: Final = {
    "200": {
        "description": "",
        "headers": HEADERS,
        "content": {
            "application/vnd.things+json": {"schema": THING},
            "text/csv": {"schema": {"type": "string", "maxLength": 20}},
        },
    },
    "404": {"description": "", "content": {"application/problem+json": {"schema": PROBLEM}}},
    "4XX": {"description": "", "content": {"application/json": {"schema": PROBLEM}}},
    "503": {"description": "never seen", "content": {"application/json": {"schema": PROBLEM}}},
}
SIZE: Final = {"name": "size", "in": "query", "schema": {"type": "integer", "maximum": 9}}
BASE: Final = (("Content-Type", "application/vnd.things+json"), ("X-Version", "3"))

Change: TypeAlias = Callable[[Answer], Answer]


def serving_text(kind: str, body: bytes) -> tuple[Handler, Operation]:
    """Return a server of a text, and a contract of it."""
    content = {kind.partition(";")[0]: {"schema": {"type": "string"}}}
    responses = {"200": {"description": "", "content": content}}
    operation = make_operation(responses)
    return (lambda _: Answer(200, (("Content-Type", kind),), body)), operation


LATIN: Final = '<meta charset="latin-1"><p>caf\u00e9'.encode("latin-1")


@pytest.mark.parametrize(
    ("kind", "is_found"),
    [
        ("text/html", False),
        ("application/xml", False),
        ("image/svg+xml", False),
        ("text/html; charset=utf-8", True),
        ("text/csv", True),
    ],
)
def test_html_and_xml_may_state_their_charset_themselves(kind: str, is_found: bool) -> None:
    found = run(*serving_text(kind, LATIN)).findings
    assert any(each.rule == "response.body" for each in found) is is_found


ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def make_operation(
    responses: Any = RESPONSES,
    path: str = "/things/{id}",
    method: str = "get",
    parameters: Sequence[Any] = (),
) -> Operation:
    stated = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {
            path: {
                "parameters": [ID] if "{id}" in path else [],
                method: {
                    "operationId": "op",
                    "parameters": [SIZE, *parameters],
                    "responses": responses,
                },
            }
        },
    }
    found = capture_operation(find_operation(stated, "op", "a document"))
    return load_files(found, "toys/op")


def respond(request: Request) -> Answer:
    """Respond correctly."""
    if request.method == "OPTIONS":
        return Answer(204, (("Allow", "GET"),))
    if request.path != "/things/1":
        problem = json.dumps({"title": "no such thing", "status": 404}).encode()
        return Answer(404, (("Content-Type", "application/problem+json"),), problem)
    size = request.last("size") or "0"
    if not size.removeprefix("-").isdecimal() or int(size) > 9:
        body = json.dumps({"title": "a wrong size"}).encode()
        return Answer(400, (("Content-Type", "application/json"),), body)
    return Answer(200, BASE, json.dumps({"id": "1", "size": 3}).encode())


def changed(status: int, change: Change) -> Handler:
    """Return a server that changes its responses with a status."""

    def handler(request: Request) -> Answer:
        answer = respond(request)
        return change(answer) if answer.status == status else answer

    return handler


def with_header(name: str, value: str | None) -> Change:
    added = () if value is None else ((name, value),)
    return lambda answer: replace(answer, headers=(*answer.without(name), *added))


def with_body(body: bytes) -> Change:
    return lambda answer: replace(answer, body=body)


def run(handler: Handler, operation: Operation | None = None) -> Run:
    operation = operation or make_operation()
    with Server(handler) as server:
        return check(with_values(operation, {"id": "1"}), server.url)


BROKEN: Final[dict[str, tuple[Handler, str, str, str]]] = {
    "a 404 of the wrong shape": (
        changed(404, with_body(b'{"title": 404}')),
        "response.body",
        "404/title",
        "number 404, documented as string",
    ),
    "a 404 without a required field": (
        changed(404, with_body(b'{"status": 404}')),
        "response.body",
        "404/title",
        "absent, documented as always present",
    ),
    "a 404 that is not JSON": (
        changed(404, with_body(b"<h1>404</h1>")),
        "response.body",
        "404",
        "syntax: no JSON at character 0: <h1>404</h1>",
    ),
    "a 404 of another media type": (
        changed(404, with_header("Content-Type", "text/html; charset=utf-8")),
        "response.body",
        "404",
        "text/html; charset=utf-8",
    ),
    "a 404 with the media type of other errors": (
        changed(404, with_header("Content-Type", "application/json")),
        "response.body",
        "404",
        "application/json",
    ),
    "a 400 of the wrong shape": (
        changed(400, with_body(b"[]")),
        "response.body",
        "4XX",
        "array [], documented as object",
    ),
    "a required header is missing": (
        changed(200, with_header("X-Version", None)),
        "response.header",
        "header/x-version",
        "absent",
    ),
    "a header has an undocumented value": (
        changed(200, with_header("X-Tags", "new,odd")),
        "response.header",
        "header/x-tags",
        '"new,odd"',
    ),
    "a header has an undocumented value as JSON": (
        changed(200, with_header("X-Tags", '["new", "odd"]')),
        "response.header",
        "header/x-tags",
        r'"[\"new\", \"odd\"]"',
    ),
    "a media type with a conflicting parameter": (
        changed(200, lambda a: replace(a, headers=(("Content-Type", "text/xml"), BASE[1]))),
        "response.content_type",
        "header/content-type",
        "text/xml",
    ),
    "text that is too long": (
        changed(
            200,
            lambda a: replace(a, headers=(("Content-Type", "text/csv"), BASE[1]), body=b"x" * 21),
        ),
        "response.body",
        "200",
        f'21 characters: "{"x" * 21}", documented as at most 20 characters',
    ),
}


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("handler", "rule", "location", "observed"), BROKEN.values(), ids=BROKEN)
def test_a_broken_server_is_found(
    handler: Handler, rule: str, location: str, observed: str
) -> None:
    found = [each for each in run(handler).findings if each.level is Level.BREAKING]
    assert [(f.rule, f.location, f.observed) for f in found] == [(rule, location, observed)]


UNUSUAL: Final[dict[str, Handler]] = {
    "correct": respond,
    "a quoted charset": changed(
        404, with_header("Content-Type", 'Application/Problem+JSON; Charset="UTF-8"')
    ),
    "another documented media type": changed(
        200, lambda a: replace(a, headers=(("content-type", "text/csv"), BASE[1]), body=b"id,1\n")
    ),
    "a header in two lines": changed(
        200, lambda a: replace(a, headers=(*a.headers, ("x-tags", "new"), ("x-tags", "old")))
    ),
    "an array as JSON": changed(200, with_header("X-Tags", '["new", "old"]')),
    "a zero before a number": changed(200, with_header("X-Version", "007")),
    "503 of a proxy, then correct": lambda request: (
        respond(request)
        if request.number != 2
        else Answer(503, (("Content-Type", "text/html"), ("Retry-After", "0")), b"<h1>busy</h1>")
    ),
}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("handler", UNUSUAL.values(), ids=UNUSUAL)
def test_a_correct_server_is_left_alone(handler: Handler) -> None:
    found = run(handler)
    assert [each.observed for each in found.findings if each.level is Level.BREAKING] == []
    assert found.verdict() is Verdict.CONFORMS, found.reason


def test_html_of_a_proxy_is_left_alone_where_the_status_is_not_documented() -> None:
    documented = {"200": RESPONSES["200"], "default": RESPONSES["404"]}
    html = changed(
        404, lambda a: replace(a, headers=(("Content-Type", "text/html"),), body=b"<h1>404</h1>")
    )
    for responses in (documented, {"200": RESPONSES["200"]}):
        found = run(html, make_operation(responses))
        assert [each.observed for each in found.findings] == []


def test_a_body_of_the_default_response_is_validated() -> None:
    responses = {"200": RESPONSES["200"], "default": RESPONSES["404"]}
    found = run(changed(404, with_body(b'{"title": 1}')), make_operation(responses))
    assert [(each.rule, each.location) for each in found.findings] == [
        ("response.body", "default/title")
    ]


def test_an_error_is_not_judged_by_the_schema_of_a_default_that_documents_success() -> None:
    responses = {"default": RESPONSES["200"]}
    found = run(respond, make_operation(responses))
    assert (found.findings, found.verdict()) == ((), Verdict.CONFORMS)
    body = changed(200, with_body(b'{"id": 1}'))
    rules = [each.rule for each in run(body, make_operation(responses)).findings]
    assert rules == ["response.type"]


def test_a_head_operation_has_no_body_to_judge() -> None:
    def handler(request: Request) -> Answer:
        answer = respond(replace(request, method="GET"))
        return replace(answer, body=b"") if request.method == "HEAD" else answer

    found = run(handler, make_operation(method="head"))
    assert (found.findings, found.verdict()) == ((), Verdict.CONFORMS)


def test_an_undocumented_field_of_an_error_is_additive() -> None:
    found = run(changed(404, with_body(b'{"title": "x", "trace": "a1"}')))
    assert [(f.rule, f.level, f.location) for f in found.findings] == [
        ("response.undocumented_field", Level.ADDITIVE, "404/trace")
    ]


def test_a_response_that_was_never_seen_is_not_tested() -> None:
    results = {each.promise.location: each for each in run(respond).results}
    assert results["503"].outcome is Outcome.NOT_TESTED
    assert results["404"].outcome is Outcome.KEPT
    assert results["header/x-tags"].outcome is Outcome.NOT_TESTED


NOTHING: Final = {"204": {"description": "nothing"}, "404": RESPONSES["404"]}


def no_content(**headers: str) -> Handler:
    def handler(request: Request) -> Answer:
        answer = respond(request)
        if answer.status != 200:
            return answer
        return Answer(204, tuple((n.replace("_", "-"), v) for n, v in headers.items()), b"")

    return handler


def test_a_response_without_a_body_conforms() -> None:
    found = run(no_content(Content_Length="0"), make_operation(NOTHING))
    assert (found.findings, found.verdict()) == ((), Verdict.CONFORMS)


def test_a_204_that_announces_a_body_is_found() -> None:
    def handler(request: Request) -> Answer:
        answer = no_content(Content_Length="2", Connection="close")(request)
        return replace(answer, body=b"{}") if answer.status == 204 else answer

    found = run(handler, make_operation(NOTHING))
    assert [(f.rule, f.location, f.observed) for f in found.findings if f.level.rank == 0] == [
        ("response.body", "204", "Content-Length: 2")
    ]


def test_a_documented_redirect_is_not_followed() -> None:
    def handler(request: Request) -> Answer:
        answer = respond(request)
        return Answer(302, (("Location", "/elsewhere"),)) if answer.status == 200 else answer

    headers = {"Location": {"required": True, "schema": {"type": "string"}}}
    responses = {"302": {"description": "", "headers": headers}, "404": RESPONSES["404"]}
    found = run(handler, make_operation(responses))
    assert (found.findings, found.verdict()) == ((), Verdict.CONFORMS)
