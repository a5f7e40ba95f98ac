"""The body of a response, read within limits of size and time, or the failure to get one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

import httpx

from docpact.bodies.codings import CodingError, is_supported, split_codings, undo_codings
from docpact.errors import MissingExtra
from docpact.limits import MAX_BYTES, MAX_CHUNKS, MAX_HEADERS, STREAM_SECONDS
from docpact.media_types import parse_media_type
from docpact.model import Failure, Response


class _Late(Exception):
    """The time for a response is over."""


class _TooMuch(Exception):
    """A body is too long, or comes in too many pieces."""


def read(response: httpx.Response, seconds: float) -> Response | Failure:
    """Read a response and undo its content codings.

    A body with an unknown coding is left as it is. An event stream may never end: if it does not
    end soon, its response has status and headers, but no known body.

    Args:
        response: open, with its headers; that of a mock may already be read.
        seconds: maximum time for reading.
    """
    label = parse_media_type(response.headers.get("content-type", "")).name
    is_stream = label == "text/event-stream" and not response.is_stream_consumed
    if is_stream:
        seconds = min(seconds, STREAM_SECONDS)
        limits = response.request.extensions.get("timeout", {})
        response.request.extensions["timeout"] = {**limits, "read": seconds}
    try:
        body = b"".join(_limit_bytes(_list_pieces(response, seconds)))
    except _TooMuch as error:
        return Failure("size", str(error))
    except (CodingError, MissingExtra) as error:
        return Failure("encoding", f"the body is {error}")
    except (_Late, httpx.ReadTimeout) as error:
        if not is_stream and isinstance(error, httpx.ReadTimeout):
            raise
        if not is_stream:
            return too_late(seconds)
        body = None
    headers = tuple((k.lower(), v) for k, v in response.headers.multi_items()[:MAX_HEADERS])
    return Response(response.status_code, headers, body or b"", body_known=body is not None)


def _list_pieces(response: httpx.Response, seconds: float) -> Iterable[bytes]:
    """Yield the decoded pieces of a body, until some seconds are over."""
    deadline = time.monotonic() + seconds

    def check() -> None:
        if time.monotonic() > deadline:
            raise _Late

    pieces: Iterable[bytes] = [response.content] if response.is_stream_consumed else ()
    if not response.is_stream_consumed:
        codings = split_codings(response.headers.get("content-encoding", ""))
        pieces = _limit_chunks(response.iter_raw())
        if is_supported(codings):
            pieces = undo_codings(pieces, codings, check)
    for piece in pieces:
        check()
        yield piece


def _limit_bytes(pieces: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > MAX_BYTES:
            raise _TooMuch(f"the body is longer than {MAX_BYTES:,} bytes")
        yield piece


def _limit_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for number, piece in enumerate(pieces, 1):
        if number > MAX_CHUNKS:
            raise _TooMuch(f"the body has more than {MAX_CHUNKS:,} chunks")
        yield piece


def too_late(seconds: float) -> Failure:
    """Return the failure of a response that did not end in time."""
    return Failure("timeout", f"the response did not end within {seconds:g} seconds")


def describe_failure(error: httpx.TransportError) -> Failure:
    """Return the failure of a request without a complete response."""
    text = str(error)
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return Failure("unreachable", "no connection in time")
    if isinstance(error, httpx.TimeoutException):
        return Failure("timeout", "no answer in time")
    if isinstance(error, httpx.ConnectError):
        return Failure("unreachable", text or "no connection")
    return Failure("cut", f"the connection broke: {text or type(error).__name__}")


def limit_timeout(seconds: float, timeout: httpx.Timeout) -> httpx.Timeout:
    """Return a timeout with no part longer than some seconds."""
    parts = timeout.as_dict().items()
    return httpx.Timeout(
        **{part: seconds if known is None else min(known, seconds) for part, known in parts}
    )
