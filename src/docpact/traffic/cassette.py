"""VCR cassettes, as vcrpy and pytest-recording write them: entries read of one."""

from __future__ import annotations

import zlib
from base64 import b64decode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from docpact.bodies.decode import MAX_BYTES
from docpact.errors import UsageError
from docpact.model import Response
from docpact.traffic.recording import Entry


def entries(document: Any, file: Path | str) -> Iterator[Entry]:
    """Yield the entries of a decoded cassette.

    Raises:
        UsageError: an interaction is not what vcrpy writes; it is named by its JSON Pointer.
    """
    found = document.get("interactions") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise UsageError(f"{file}#/interactions: a list of interactions is missing")
    for at, each in enumerate(found):
        try:
            request, response = each["request"], each["response"]
            headers = tuple(_headers(response["headers"]))
            body = _body(response["body"], dict(headers).get("content-encoding", ""))
            outcome = Response(_status(response), headers, body)
            yield Entry(str(request["method"]).upper(), str(request["uri"]), outcome)
        except (KeyError, TypeError, ValueError, AttributeError, OSError, zlib.error) as error:
            raise UsageError(f"{file}#/interactions/{at}: no interaction: {error!r}") from None


def _status(response: Mapping[str, Any]) -> int:
    status = response.get("status_code", response.get("status"))
    return int(status["code"] if isinstance(status, dict) else status)


def _headers(headers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, values in headers.items():
        for value in values if isinstance(values, list) else [values]:
            yield str(name).lower(), str(value)


def _body(body: Any, encoding: str) -> bytes:
    """Return a body as it was before Content-Encoding; a recorder may have undone it or not."""
    content = body.get("string") if isinstance(body, dict) else body
    if isinstance(body, dict) and "base64_string" in body:
        content = b64decode(body["base64_string"])
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content or b""
    if encoding == "gzip" and raw[:2] == b"\x1f\x8b":
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(raw, MAX_BYTES + 1)
    return bytes(raw)
