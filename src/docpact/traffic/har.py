"""HAR 1.2: a journal written as one, and the entries read of any."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from docpact.errors import UsageError
from docpact.model import Exchange, Failure, Response
from docpact.traffic.recording import Entry


def render(exchanges: Iterable[tuple[Exchange, str]], *, version: str) -> str:
    """Write exchanges as HAR 1.2, as browsers' network panels import it.

    Args:
        exchanges: in order, free of secrets, each with the date and time (ISO 8601) it was over.
        version: of docpact.
    """
    log = {
        "version": "1.2",
        "creator": {"name": "docpact", "version": version},
        "entries": [_entry(exchange, over) for exchange, over in exchanges],
    }
    return json.dumps({"log": log}, indent=2, ensure_ascii=True) + "\n"


def entries(document: Any, file: Path) -> Iterator[Entry]:
    """Yield the entries of a decoded HAR document.

    Raises:
        UsageError: one is not what HAR 1.2 says; it is named by its JSON Pointer.
    """
    found = document.get("log", {}).get("entries") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise UsageError(f"{file}#/log/entries: a list of entries is missing")
    for at, each in enumerate(found):
        yield entry(each, f"{file}#/log/entries/{at}")


def entry(each: Any, where: str) -> Entry:
    """Read one entry.

    Raises:
        UsageError: it is not what HAR 1.2 says; where it stands is named.
    """
    try:
        return _read(each)
    except (KeyError, TypeError, ValueError, Error) as error:
        raise UsageError(f"{where}: no entry of HAR 1.2: {error!r}") from None


def _entry(exchange: Exchange, over: str) -> dict[str, Any]:
    started = datetime.fromisoformat(over) - timedelta(seconds=exchange.seconds)
    milliseconds = round(exchange.seconds * 1000, 3)
    query = parse_qsl(urlsplit(exchange.request.url).query, keep_blank_values=True)
    return {
        "startedDateTime": started.isoformat(timespec="milliseconds"),
        "time": milliseconds,
        "request": {
            "method": exchange.request.method,
            "url": exchange.request.url,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(exchange.request.shown_headers),
            "queryString": _pairs(tuple(query)),
            "headersSize": -1,
            "bodySize": 0,
        },
        "response": _response(exchange.outcome),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": f"{exchange.phase}: {exchange.case.title}",
    }


def _response(outcome: Response | Failure) -> dict[str, Any]:
    empty: dict[str, Any] = {"httpVersion": "HTTP/1.1", "cookies": [], "redirectURL": ""}
    sizes = {"headersSize": -1, "bodySize": -1}
    if isinstance(outcome, Failure):
        content: dict[str, Any] = {"size": 0, "mimeType": "x-unknown"}
        told = {"status": 0, "statusText": "", "headers": [], "_error": outcome.message}
        return {**empty, **told, "content": content, **sizes}
    content = {
        "size": len(outcome.body),
        "mimeType": outcome.header("content-type") or "x-unknown",
        **_text(outcome.body),
    }
    phrases = {status.value: status.phrase for status in HTTPStatus}
    told = {
        "status": outcome.status,
        "statusText": phrases.get(outcome.status, ""),
        "headers": _pairs(outcome.headers),
    }
    return {**empty, **told, "content": content, **sizes}


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": b64encode(body).decode(), "encoding": "base64"}


def _pairs(pairs: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _read(entry: Mapping[str, Any]) -> Entry:
    request, response = entry["request"], entry["response"]
    outcome: Response | Failure
    if int(response["status"]) == 0:
        outcome = Failure("cut", str(response.get("_error") or "no answer was recorded"))
    else:
        content = response.get("content") or {}
        text = content.get("text") or ""
        is_base64 = content.get("encoding") == "base64"
        headers = tuple((h["name"].lower(), h["value"]) for h in response["headers"])
        body = b64decode(text) if is_base64 else text.encode("utf-8", "surrogatepass")
        outcome = Response(int(response["status"]), headers, body)
    return Entry(
        str(request["method"]).upper(),
        str(request["url"]),
        outcome,
        max(0.0, float(entry.get("time") or 0) / 1000),
        datetime.fromisoformat(entry["startedDateTime"]).astimezone(UTC),
    )
