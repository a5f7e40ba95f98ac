"""Servers whose messages are broken: JSON, status, headers, encoding, connection."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from servers.defects import (
    Defect,
    answering,
    header,
    in_answers,
    in_bytes,
    redirecting,
    rewritten,
)
from servers.loopback import Answer
from servers.reference import JSON
from servers.zoo import Broken

from docpact.model import Level

FAILED: Final = b'"status":"FAILED"'
CUT_SHORT: Final = Answer(
    200,
    (*JSON, ("Content-Length", "99"), ("Connection", "close")),
    b'{"items":[',
)


def relabelled(status: int) -> Defect:
    """Send every page with another status."""
    return in_answers(lambda answer: replace(answer, status=status))


STRICT_JSON: Final = tuple(
    Broken(f"json: {name}", "response.json", "body", in_bytes(change), observed=problem)
    for name, problem, change in (
        ("invalid UTF-8", "utf8", lambda body: body.replace("請".encode(), b"\xe8\xff")),
        ("Latin-1", "utf8", lambda body: body.replace("ä".encode(), "ä".encode("latin-1"))),
        ("byte order mark", "bom", lambda body: b"\xef\xbb\xbf" + body),
        ("NaN", "nan", lambda body: body.replace(b':0.875,"', b':NaN,"')),
        ("duplicate key", "duplicate key", lambda b: b.replace(FAILED, FAILED + b"," + FAILED)),
        ("text after the value", "trailing", lambda body: body + b"\n-- 12 ms"),
        ("two values", "trailing", lambda body: body + b"\n" + body),
        ("truncated", "syntax", lambda body: body[:-1]),
        ("empty", "empty", lambda _: b""),
        ("100,000 nested arrays", "depth", lambda _: b"[" * 100_000 + b"]" * 100_000),
        ("a page of HTML", "syntax", lambda _: b"<!doctype html><title>Sign in</title>"),
        ("single quotes", "syntax", lambda body: body.replace(b'"', b"'")),
        ("a comma too many", "syntax", lambda body: body.replace(b"]", b",]")),
        ("a raw line break", "syntax", lambda b: b.replace(b"an invoice!", b"an\ninvoice!")),
        ("an anti-hijacking prefix", "syntax", lambda body: b")]}',\n" + body),
    )
)

OTHER_JSON: Final = (
    Broken(
        "json: Infinity",
        "response.json",
        "body",
        rewritten(lambda b: json.dumps(b).replace('"confidence": 1,', '"confidence": Infinity,')),
        observed="nan",
        also=frozenset({"response.maximum"}),
    ),
    Broken(
        "json: 17 MiB of white space",
        "response.json",
        "body",
        answering(Answer(200, JSON, b" " * 17 * 2**20), lambda r: r.last("page_size") == "1"),
        observed="size",
    ),
)

HEADERS: Final = (
    *(
        Broken(
            f"content type: {value or 'missing'}",
            "response.content_type",
            "header/content-type",
            header("Content-Type", value),
        )
        for value in (
            "text/html",
            "text/plain; charset=utf-8",
            "application/octet-stream",
            "application/vnd.api+json",
            "json",
            None,
        )
    ),
    *(
        Broken(
            f"encoding: {name}",
            "protocol.encoding",
            "header/content-encoding",
            header("Content-Encoding", value),
        )
        for name, value in (
            ("plain body called gzip", "gzip"),
            ("plain body called deflate", "deflate"),
            ("a coding not asked for", "x-rot13"),
        )
    ),
)

STATUS: Final = (
    *(
        Broken(
            f"status: {status}",
            "response.status",
            "status",
            relabelled(status),
            observed=str(status),
        )
        for status in (201, 202, 203, 206)
    ),
    Broken(
        "status: 204 without a body",
        "response.status",
        "status",
        in_answers(lambda _: Answer(204)),
        observed="204",
    ),
    Broken(
        "status: 404 to a plain list",
        "response.status",
        "status",
        answering(404, lambda request: not request.query),
        observed="404",
    ),
    Broken(
        "status: 500 to two filters together",
        "response.status",
        "status",
        answering(500, lambda request: {"project_id", "status"} <= dict(request.query).keys()),
        observed="500",
    ),
    Broken(
        "status: two filters together refused as an unknown value is",
        "response.status",
        "status",
        answering(422, lambda request: {"project_id", "status"} <= dict(request.query).keys()),
        observed="422",
    ),
    Broken(
        "status: 500 to a plain list",
        "response.status",
        "status",
        answering(500, lambda request: not request.query),
        observed="500",
        also=frozenset({"protocol.methods"}),
    ),
)

CONNECTION: Final = (
    Broken(
        "answer: none to one status",
        "protocol.answer",
        "query/status",
        answering(Answer(0), lambda request: request.last("status") == "FAILED"),
    ),
    Broken(
        "answer: cut short at page_size=1",
        "protocol.answer",
        "query/page_size",
        answering(CUT_SHORT, lambda request: request.last("page_size") == "1"),
    ),
    Broken(
        "answer: none to the second page",
        "protocol.answer",
        "query/page_token",
        answering(Answer(0), lambda request: request.last("page_token") is not None),
    ),
    Broken(
        "answer: none to a long value",
        "protocol.answer",
        "query/job_ids",
        answering(Answer(0), lambda request: len(request.last("job_ids") or "") > 1000),
    ),
    Broken(
        "intermittent: 500 once",
        "protocol.intermittent",
        "status",
        answering(500, lambda request: request.number == 7),
        Level.NOTE,
    ),
    Broken(
        "intermittent: no answer once",
        "protocol.intermittent",
        "status",
        answering(Answer(0), lambda request: request.number == 11),
        Level.NOTE,
    ),
    Broken(
        "redirect: to a trailing slash",
        "protocol.redirect",
        "status",
        redirecting("/api/v2/classify/"),
        Level.NOTE,
    ),
)

ANNOUNCEMENTS: Final = tuple(
    Broken(
        f"deprecation: {name}: {value}",
        "protocol.deprecation",
        f"header/{name.lower()}",
        header(name, value),
        Level.NOTE,
        observed=observed,
    )
    for name, value, observed in (
        ("Sunset", "Sat, 31 Jul 2027 23:59:59 GMT", "2027-07-31"),
        ("Deprecation", "@1767225600", "2026-01-01"),
        ("Deprecation", "true", "true"),
        ("Warning", '299 - "Use v3 from May on"', "Use v3 from May on"),
    )
)

MESSAGES: Final = (*ANNOUNCEMENTS, *STRICT_JSON, *OTHER_JSON, *HEADERS, *STATUS, *CONNECTION)
