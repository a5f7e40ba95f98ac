"""Responses of HTTP libraries and of test clients, read without importing any of them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import quote

from docpact.errors import UsageError
from docpact.model import Response
from docpact.traffic.records import Entry

BODIES: Final = ("content", "data", "_body")
"""Attributes with the body; `_body` is that of aiohttp, once it is read."""


def read_response(value: Any) -> Entry | None:
    """Return the record of a response, or None if the value is not a response of a library.

    Known are httpx, requests, urllib3, aiohttp, and the test clients of Flask, Django and
    Starlette. Method and URL are empty, and the status is 0, if the response does not have them.

    Raises:
        UsageError: the body of the response is not read yet.
    """
    contents = (getattr(value, name, None) for name in BODIES)
    body = next((each for each in contents if isinstance(each, bytes)), None)
    if body is None:
        if hasattr(value, "_body"):
            raise UsageError("the response is not read yet: await response.read()")
        return None
    statuses = (getattr(value, name, None) for name in ("status_code", "status"))
    status = next((each for each in statuses if isinstance(each, int)), 0)
    stated = getattr(value, "headers", {}).items()
    headers = tuple((str(name).lower(), str(text)) for name, text in stated)
    return Entry(*_read_request(value), Response(status, headers, body, bool(headers)))


def _read_request(value: Any) -> tuple[str, str]:
    """Return method and URL of the request of a response; empty if it does not have them."""
    request = getattr(value, "request_info", None)  # aiohttp
    with suppress(RuntimeError):  # httpx: the response has no request
        request = request or getattr(value, "request", None)
    if isinstance(request, Mapping):  # Django: the variables of CGI, or of ASGI for AsyncClient
        path = quote(str(request.get("PATH_INFO", request.get("path", ""))))
        return str(request.get("REQUEST_METHOD", request.get("method", ""))), path
    if request is not None:
        return str(getattr(request, "method", "")), str(getattr(request, "url", ""))
    method = getattr(getattr(value, "_original_response", None), "_method", None)  # urllib3
    return (str(method), str(value.geturl())) if method else ("", "")
