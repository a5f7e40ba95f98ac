"""Exchanges written as HAR 1.2."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from docpact.model import Exchange, Failure, Response


def render(exchanges: Iterable[tuple[Exchange, str]], *, version: str) -> str:
    """Return exchanges as HAR 1.2, which the network panels of browsers import.

    They are free of secrets, each with the date and time (ISO 8601) of its end.
    """
    log = {
        "version": "1.2",
        "creator": {"name": "docpact", "version": version},
        "entries": [_write_entry(exchange, finished) for exchange, finished in exchanges],
    }
    return json.dumps({"log": log}, indent=2, ensure_ascii=True) + "\n"


def _write_entry(exchange: Exchange, finished: str) -> dict[str, Any]:
    started = datetime.fromisoformat(finished) - timedelta(seconds=exchange.seconds)
    milliseconds = round(exchange.seconds * 1000, 3)
    query = parse_qsl(urlsplit(exchange.request.url).query, keep_blank_values=True)
    headers, body = exchange.request.shown_headers, exchange.request.body
    media_type = next((text for name, text in headers if name.lower() == "content-type"), "")
    return {
        "startedDateTime": started.isoformat(timespec="microseconds"),
        "time": milliseconds,
        "request": {
            "method": exchange.request.method,
            "url": exchange.request.url,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _write_pairs(headers),
            "queryString": _write_pairs(tuple(query)),
            **({"postData": {"mimeType": media_type, "text": body}} if body else {}),
            "headersSize": -1,
            "bodySize": len(body.encode("utf-8", "surrogatepass")),
        },
        "response": _write_outcome(exchange.outcome),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": f"{exchange.phase}: {exchange.case.title}",
    }


def _write_outcome(outcome: Response | Failure) -> dict[str, Any]:
    if isinstance(outcome, Failure):
        status, phrase = 0, ""
        headers: tuple[tuple[str, str], ...] = ()
        content: dict[str, Any] = {"size": 0, "mimeType": "x-unknown"}
    else:
        status, headers = outcome.status, outcome.headers
        phrase = next((each.phrase for each in HTTPStatus if each == status), "")
        content = {
            "size": len(outcome.body),
            "mimeType": outcome.header("content-type") or "x-unknown",
            **_write_text(outcome.body),
        }
    return {
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "redirectURL": "",
        "status": status,
        "statusText": phrase,
        "headers": _write_pairs(headers),
        **({"_error": outcome.message} if isinstance(outcome, Failure) else {}),
        "content": content,
        "headersSize": -1,
        "bodySize": -1,
    }


def _write_text(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": b64encode(body).decode(), "encoding": "base64"}


def _write_pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]
