"""The address of a case: where a target is, and the exact URL and headers of a request."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from docpact.cases.encoded_bodies import encode_body
from docpact.cases.samples import minimal
from docpact.cases.styles import match_operation, quote_text, write_path, write_query
from docpact.credentials import request_headers
from docpact.errors import UsageError
from docpact.media_types import is_json, make_concrete
from docpact.model import Case, Operation, ParameterLocation
from docpact.model.path import WHOLE_PATH, encode
from docpact.secrets import redact_urls
from docpact.text import suggest_url

_COOKIE: Final = "Cookie"

_IN_COOKIE: Final = "!#$&'()*+/:<=>?@[]^_`{|}~"
"""Characters that cookies contain unchanged, besides those that URLs do (RFC 6265, 4.1.1)."""

_IN_HEADER: Final = "".join(chr(code) for code in range(32, 127))
"""Characters that headers contain unchanged; others are percent-encoded as UTF-8."""


def base_url(text: str, operation: Operation) -> str:
    """Return a target's base URL: scheme, host and a prefix of the operation's path.

    The text may also contain the operation's path, since people paste whole endpoints.

    Raises:
        UsageError: the text is not an http(s) URL, or has a user name, a query or a fragment.
    """
    parts = split_target(text)
    name = parts.hostname or ""
    host = f"[{name}]" if ":" in name else name
    whole = match_operation(operation, parts.path)
    prefix = parts.path.rstrip("/") if whole is None else whole[0]
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{prefix}"


def split_target(text: str, option: str = "--target") -> SplitResult:
    """Return the parts of a target's URL, which an option names.

    Raises:
        UsageError: the text is not an http(s) URL, or has a user name, a query or a fragment.
    """
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        problem = str(error).partition(" as ")[0]  # what follows may be a part of a password
        raise UsageError(f"{option} {redact_urls(text)}: {problem}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        shown = redact_urls(text)
        raise UsageError(
            f"{option} {shown}: give a URL such as https://api.example.com{suggest_url(text)}"
        )
    if any(each.isspace() for each in text):
        raise UsageError(f"{option} {redact_urls(text)}: a URL has no blanks; write %20")
    if parts.username or parts.password:
        raise UsageError(f"{option} {parts.hostname}: no user name or password in the URL")
    if parts.query or parts.fragment:
        shown = redact_urls(text)
        raise UsageError(f"{option} {shown}: no query or fragment; docpact adds its own")
    return parts


def mock_url(operation: Operation) -> str:
    """Return the base URL of the mock: the documented server, or one on a reserved host (RFC 6761).

    OpenAPI documents may state no server, or one that is relative to the document.
    """
    if operation.server.startswith(("http://", "https://")):
        return operation.server
    return f"http://mock.invalid{operation.server.rstrip('/')}"


def is_loopback(text: str) -> bool:
    """Return whether a URL names this machine: `localhost` or a loopback address (RFC 6761)."""
    host = urlsplit(text).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def url(base: str, operation: Operation, case: Case) -> str:
    """Return the absolute URL of a case, with every reserved character of its values encoded.

    A lone surrogate, which a server's token may contain, is encoded as the three bytes of its code
    point, because UTF-8 has none for it.
    """
    varied = {*case.question.without, *(name for name, _ in case.query)}
    constant = [each for each in _constant(operation, "query") if each[0] not in varied]
    pairs = write_query(operation, (*constant, *case.query))
    values = {**operation.given, **dict((*case.question.path, *case.visit.path))}
    if chosen := values.get(WHOLE_PATH):
        origin = urlsplit(base)  # not joined: a path may begin with two slashes, as a host does
        address = f"{origin.scheme}://{origin.netloc}{encode(chosen)}"
    else:
        address = f"{base}{write_path(operation, values)}"
    return f"{address}{'?' + pairs if pairs else ''}"


def encode_pairs(query: Iterable[tuple[str, str]]) -> str:
    """Return names and values as the query of a URL."""
    return "&".join(f"{quote_text(name)}={quote_text(value)}" for name, value in query)


def list_accepted(operation: Operation) -> str:
    """Return the Accept header: the main media type, then the others of an accepted response.

    A server that gets `*/*` beside other types may answer with a page of HTML.
    """
    documented = operation.find_response(operation.status)
    types = [each.media_type for each in documented.content] if documented else []
    others = [each for each in types if each != operation.content_type and "*" not in each]
    main = operation.content_type or "*/*"
    return ", ".join([main, *(f"{each};q=0.5" for each in others)])


def case_headers(
    operation: Operation, case: Case, secret: str | None
) -> tuple[tuple[str, str], ...]:
    """Return names and values of the headers of a case: documented ones, then credentials."""
    credentials = request_headers(operation, case.question, secret)
    return join_cookies(
        (*list_documented_headers(operation, case), *case.question.headers, *credentials)
    )


def case_body(operation: Operation, case: Case) -> tuple[str, str]:
    """Return the media type and the text of a case's body; both are empty if it has none.

    A GET that requires one has the least one.
    """
    question, stated = case.question, operation.request_body
    is_needed = operation.method == "GET" and question.method is None and stated.required
    text = question.body
    if not text and is_needed and operation.takes_values:
        text = _least_body(operation)
    if not text:
        return "", ""
    if is_json(stated.media_type):
        return make_concrete(stated.media_type), text
    return _write_form(operation, text)


@lru_cache(maxsize=256)
def _least_body(operation: Operation) -> str:
    return json.dumps(minimal(operation.body_schema or {}))


@lru_cache(maxsize=64)
def _write_form(operation: Operation, text: str) -> tuple[str, str]:
    """Return the media type and the text of a form; each request needs them several times."""
    media_type, body = encode_body(operation, json.loads(text))
    return media_type, body.decode()


def join_cookies(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return headers with all cookies in one of them (RFC 6265, section 5.4)."""
    headers = tuple(headers)
    cookies = [value for name, value in headers if name == _COOKIE]
    others = tuple(each for each in headers if each[0] != _COOKIE)
    return (*others, *([(_COOKIE, "; ".join(cookies))] if cookies else []))


def list_documented_headers(operation: Operation, case: Case) -> Iterator[tuple[str, str]]:
    """Yield name and value of the documented headers of a case, percent-encoded where needed."""
    media_type, _ = case_body(operation, case)
    if media_type:
        yield "Content-Type", media_type
    for name, text in _constant(operation, "header"):
        if name not in case.question.without:
            yield name, quote(text, safe=_IN_HEADER)
    cookies = [
        f"{name}={quote(text, safe=_IN_COOKIE)}"
        for name, text in _constant(operation, "cookie")
        if name not in case.question.without
    ]
    if cookies and case.question.credentials != "cookie":
        yield _COOKIE, "; ".join(cookies)


def _constant(operation: Operation, location: ParameterLocation) -> Iterator[tuple[str, str]]:
    """Yield name and text of the constant parameters; of two, the required one counts."""
    required = {parameter.name for parameter in operation.parameters if parameter.required}
    for parameter in operation.parameters:
        name = parameter.name
        applies = parameter.required or name not in required
        if parameter.location == location and applies:
            for text in operation.list_given(parameter):
                yield name, text
