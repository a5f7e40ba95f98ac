"""The body of a response, read within limits of size and time, or the failure to get one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

import httpx

from docpact.bodies.codings import CodingError, is_supported, split_codings, undo_codings
from docpact.errors import MissingExtra
from docpact.limits import MAX_BYTES, MAX_CHUNKS, MAX_HEADERS
from docpact.model import Failure, Response


class _Late(Exception):
    """The time for a response is over."""


class _TooManyChunks(Exception):
    """A body comes in too many pieces."""


def read(response: httpx.Response, seconds: float) -> Response | Failure:
    """Read a response and undo its content codings.

    A body with an unknown coding is left as it is.

    Args:
        response: open, with its headers; that of a mock may already be read.
        seconds: maximum time for reading.
    """
    deadline = time.monotonic() + seconds

    def check() -> None:
        if time.monotonic() > deadline:
            raise _Late

    pieces: Iterable[bytes]
    if response.is_stream_consumed:
        pieces = [response.content]
    else:
        codings = split_codings(response.headers.get("content-encoding", ""))
        pieces = _limit_chunks(response.iter_raw())
        if is_supported(codings):
            pieces = undo_codings(pieces, codings, check)
    body = bytearray()
    try:
        for piece in pieces:
            check()
            body += piece
            if len(body) > MAX_BYTES:
                return Failure("size", f"the body is longer than {MAX_BYTES:,} bytes")
    except _TooManyChunks:
        return Failure("size", f"the body has more than {MAX_CHUNKS:,} chunks")
    except (CodingError, MissingExtra) as error:
        return Failure("encoding", f"the body is {error}")
    except _Late:
        return too_late(seconds)
    headers = tuple((k.lower(), v) for k, v in response.headers.multi_items()[:MAX_HEADERS])
    return Response(response.status_code, headers, bytes(body))


def _limit_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for number, piece in enumerate(pieces, 1):
        if number > MAX_CHUNKS:
            raise _TooManyChunks
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
