"""Records: the values that readers of all formats yield, and the entries made from their fields."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import quote

import msgspec

from docpact.bodies.codings import CodingError, decode_recorded, split_codings
from docpact.errors import UsageError
from docpact.media_types import is_json, read_charset
from docpact.model import Exchange, Failure, Operation, Response, SentBody
from docpact.traffic.sources import Progress

FIELDS: Final = ("body", "status", "url", "method", "headers", "seconds")
"""The fields of a flat record; all but the body may be missing."""

NO_RESPONSE: Final = Failure("cut", "no response was recorded")
NO_STATUS: Final = Failure("cut", "the status was not recorded")
NO_BODY: Final = Failure("cut", "the body was not recorded")
CUT_BODY: Final = Failure("cut", "the body was not recorded to its end")
ABORTED: Final = Failure("cut", "the request was aborted")

_CODING: Final = "content-encoding"
_WITHOUT_BODY: Final = frozenset({204, 205})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One request that another client than docpact sent, and its outcome.

    Attributes:
        url: absolute, percent-encoded.
        outcome: the response, or why it cannot be judged.
        seconds: from sending to the last byte; 0 if not recorded.
        started: in UTC; None if not recorded.
        accept: the media types that the client asked for (RFC 9110, section 12.5.1); empty if not
            recorded.
        sent: body of the request, if there was one.
    """

    method: str
    url: str
    outcome: Response | Failure
    seconds: float = 0.0
    started: datetime | None = None
    accept: str = ""
    sent: SentBody | None = None


@dataclass(frozen=True, slots=True)
class RunStart:
    """The first line of a run in a journal.

    Attributes:
        contract: hash of the contract; see `docpact.traffic.journal.contract_hash`.
        run: id of the run; empty in journals of docpact 0.1.0, as for the next two classes.
        check: id that the runs of one check share; empty in older journals.
    """

    docpact: str
    operation: str
    contract: str
    target: str
    seed: int
    started: datetime
    run: str = ""
    check: str = ""


@dataclass(frozen=True, slots=True)
class RunExchange:
    """An exchange of a run in a journal.

    Attributes:
        finished: date and time (ISO 8601) of its end.
    """

    exchange: Exchange
    finished: str
    run: str = ""


@dataclass(frozen=True, slots=True)
class RunEnd:
    """The last line of a run in a journal.

    Attributes:
        reason: why the run is inconclusive; empty if it is not.
        is_untested: whether the check left the run out, because it asked for an unknown thing.
    """

    reason: str
    run: str = ""
    is_untested: bool = False


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that cannot be read, or a line that is still being written or was cut short.

    Attributes:
        is_last: whether nothing after it can be read, as after an incomplete last line of a file;
            the next run of a journal may follow a line whose writer was killed.
        problem: with the record's place; empty for an incomplete line.
    """

    is_last: bool = True
    problem: str = ""


Record: TypeAlias = Entry | RunStart | RunExchange | RunEnd | BadRecord


@dataclass(frozen=True, slots=True)
class Options:
    """The settings for reading a part.

    Attributes:
        operation: whose traffic is looked for.
        fields: field → its name in the source, where that differs; see `FIELDS`.
        begin: position of the first record to read.
        progress: where to report the bytes read.
    """

    operation: Operation
    fields: Mapping[str, str] = field(default_factory=dict)
    begin: int = 0
    progress: Progress = field(default_factory=Progress)

    def names(self) -> dict[str, str]:
        """Return field → its name in the source, for every field."""
        return {each: self.fields.get(each, each) for each in FIELDS}


def build_entry(operation: Operation, fields: Iterable[Any]) -> Entry:
    """Return the entry of a flat record; missing fields are as the operation documents them.

    Args:
        operation: whose traffic it is.
        fields: in the order of `FIELDS`, each None if missing: the body in bytes (without a body
            and a status there was no response), the status as a number or its text (0 or
            less: no response), the URL absolute or a path, the method in any case, the headers as
            for `read_headers`, the seconds as a number.

    Raises:
        ValueError: a field has another form.
    """
    body, status, url, method, headers, seconds = fields
    code = _read_status(status)
    method = operation.method if method is None else _check_text("method", method).upper()
    outcome: Response | Failure
    if (code is None and body is None) or (code is not None and code <= 0):
        outcome = NO_RESPONSE
    else:
        outcome = build_response(
            method,
            operation.status if code is None else code,
            None if headers is None else read_headers(headers),
            b"" if body is None else body,
        )
    return Entry(
        method,
        _complete_url(operation, url),
        outcome,
        0.0 if seconds is None else max(0.0, float(seconds)),
    )


def build_response(  # noqa: PLR0913 — what a recording shows of a response
    method: str,
    status: int,
    headers: Sequence[tuple[str, str]] | None,
    body: bytes,
    *,
    is_lost: bool = False,
    size: float = 0,
) -> Response | Failure:
    """Return a recorded response without its content codings, or why its body cannot be judged.

    The codings that the client accepted are unknown, so the header cannot be judged. An error is
    judged by its status alone.

    Args:
        method: of the request, in upper case.
        status: the status code.
        headers: names in lower case, and values; None if not recorded.
        body: as recorded.
        is_lost: whether there may have been a body that was not recorded; an empty one with a
            Content-Length above 0 was not recorded either.
        size: of the decoded body, if it was recorded. JSON that is shorter and incomplete was cut.
    """
    if not 100 <= status <= 999:  # RFC 9110, section 15; some servers send 600 to 999
        return Failure("cut", f"{status} is not a status of HTTP")
    known = tuple(headers or ())
    lengths = [_read_length(each) for each in known]
    is_lost = is_lost or (not body and any(lengths))
    is_lost = is_lost and method != "HEAD" and status not in _WITHOUT_BODY
    if is_lost and 200 <= status < 300:
        return NO_BODY
    coding = ",".join(value for name, value in known if name == _CODING)
    try:
        body = decode_recorded(body, split_codings(coding)) if coding else body
    except CodingError as error:
        return Failure("encoding", f"the body is {error}")
    whole = size if coding else max(size, *lengths, 0)
    is_cut = 0 < len(body) < whole and _is_cut_json(known, body)
    if is_cut and 200 <= status < 300:
        return CUT_BODY
    kept = tuple(each for each in known if each[0] != _CODING)
    return Response(status, kept, body, headers is not None, body_known=not is_lost and not is_cut)


def _is_cut_json(headers: Iterable[tuple[str, str]], body: bytes) -> bool:
    """Return whether a body that is labeled as JSON, or not labeled, cannot be read."""
    label = next((value for name, value in headers if name == "content-type"), "")
    if label and not is_json(label):
        return False
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return True
    return False


def _read_length(header: tuple[str, str]) -> int:
    """Return the number in a Content-Length header; 0 for any other header."""
    name, value = header
    is_length = name == "content-length" and value.isascii() and value.isdecimal()
    return int(value[:18]) if is_length else 0


def build_sent(headers: Iterable[tuple[str, str]], body: bytes, size: float = 0) -> SentBody | None:
    """Return the recorded body of a request without its content codings, or None without one.

    It is incomplete if it is shorter than the size that was recorded, if any.
    """
    known = {name.lower(): value.strip() for name, value in headers}
    coding = known.get(_CODING, "")
    length = 0 if coding and body else max(map(_read_length, known.items()), default=0)
    is_whole = max(size, length) <= len(body)
    if not body and is_whole:
        return None
    try:
        body = decode_recorded(body, split_codings(coding)) if coding else body
    except CodingError:
        is_whole = False
    return SentBody(known.get("content-type", ""), body, is_whole)


def find_accept(headers: Iterable[tuple[str, str]]) -> str:
    """Return the media types that the headers of a request ask for; empty if any will do."""
    return ", ".join(value for name, value in headers if name.lower() == "accept")


def encode_body(body: Any) -> bytes | None:
    """Return the bytes of a decoded body: a text as sent, any other JSON value written anew."""
    if body is None:
        return None
    return encode_text(body if isinstance(body, str) else json.dumps(body))


def encode_text(text: str, charset: Any = None) -> bytes:
    """Return a text in a charset, or else in UTF-8, half a surrogate pair as three bytes."""
    try:
        return text.encode(charset if isinstance(charset, str) else "utf-8")
    except (LookupError, ValueError):
        return text.encode("utf-8", "surrogatepass")


def find_charset(label: Any) -> str:
    """Return the charset in which a server sent a text, given its media type; JSON is UTF-8."""
    return "utf-8" if is_json(str(label)) else read_charset(str(label))


def convert(document: Any, kind: type[T]) -> T:
    """Return a decoded JSON or YAML document as a typed value.

    Raises:
        ValueError: the document has another form; the message names the field.
    """
    return msgspec.convert(document, kind, strict=False)


def _read_status(value: Any) -> int | None:
    if value is None or type(value) is int:
        return value
    try:
        if not isinstance(value, bool) and (number := float(value)).is_integer():
            return int(number)
    except (TypeError, ValueError):
        pass
    raise ValueError(f"status {value!r}: expected a whole number")


def _complete_url(operation: Operation, url: Any) -> str:
    if url is None:
        return operation.server + operation.path
    text = _check_text("url", url)
    return operation.server + text if text.startswith("/") else text


def _check_text(field: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{field} {value!r}: expected text")  # noqa: TRY004 (a bad record)
    return value


def read_headers(headers: Any) -> list[tuple[str, str]]:
    """Return the names of recorded headers in lower case, and their values, or raise ValueError.

    They are recorded as name → value or values, as pairs, as objects of `name` and `value`, or as
    the JSON text of these.
    """
    return [
        (str(name).lower(), each.decode("latin-1") if isinstance(each, bytes) else str(each))
        for name, value in _read_pairs(headers)
        for each in (value if isinstance(value, list) else (value,))
        if each is not None
    ]


def _read_pairs(headers: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(headers, dict):
        return headers.items()
    try:
        if isinstance(headers, str):
            return _read_pairs(json.loads(headers) or ())
        return [_read_pair(each) for each in headers]
    except (TypeError, ValueError, KeyError, RecursionError):
        raise ValueError("headers: expected an object or a list of pairs") from None


def _read_pair(each: Any) -> tuple[Any, Any]:
    if isinstance(each, dict):
        return each["name"], each.get("value")
    if isinstance(each, str):
        raise TypeError
    name, value = each
    return name, value


BODIES: Final = ("content", "data", "_body")
"""Attributes with the body; `_body` comes from aiohttp, once it is read."""


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
