"""The body of a response: read and decompressed piece by piece, within limits of size and time."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import httpx

from docpact.bodies.decode import MAX_BYTES
from docpact.model import Failure, Response
from docpact.rules.protocol import ACCEPTED_ENCODINGS
from docpact.text import shortened

ANSWER_SECONDS: Final = 60.0
"""Maximum seconds for a complete response."""

MAX_HEADERS: Final = 200
"""Maximum number of response headers that are kept."""

MAX_LAYERS: Final = 4
"""Maximum number of content codings of one body."""

PIECE: Final = 64 * 1024
"""Maximum number of bytes that are decompressed at once."""

_ANY: Final = zlib.MAX_WBITS | 32
"""Lets zlib accept its own wrapper and that of gzip."""

_MEMBER: Final = b"\x1f"
"""The first byte of a gzip member (RFC 1952, section 2.3.1)."""


class _Late(Exception):
    """The time for a response is over."""


def read(response: httpx.Response, seconds: float) -> Response | Failure:
    """Read a response and undo its content codings (RFC 9110, section 8.4).

    A coding that docpact does not accept is left as it is.

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
        codings = _codings(response.headers.get("content-encoding", ""))
        if len(codings) > MAX_LAYERS:
            return Failure("encoding", f"{len(codings)} content codings of one body")
        pieces = response.iter_raw(PIECE)
        for coding in reversed(codings):
            pieces = _unpacked(pieces, coding, check)
    body = bytearray()
    try:
        for piece in pieces:
            check()
            body += piece
            if len(body) > MAX_BYTES:
                return Failure("size", f"the body is longer than {MAX_BYTES:,} bytes")
    except zlib.error as error:
        problem = shortened(str(error))
        return Failure("encoding", f"the body does not have the encoding of its header: {problem}")
    except _Late:
        return too_late(seconds)
    headers = tuple((k.lower(), v) for k, v in response.headers.multi_items()[:MAX_HEADERS])
    return Response(response.status_code, headers, bytes(body))


def too_late(seconds: float) -> Failure:
    """Return the failure of a response that did not end in time."""
    return Failure("timeout", f"the response did not end within {seconds:g} seconds")


def _codings(header: str) -> list[str]:
    """Return the codings to undo, in the order of their use; none if one of them is unknown."""
    names = [name.strip().lower() for name in header.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    return names if set(names) <= set(ACCEPTED_ENCODINGS) else []


def _unpacked(pieces: Iterable[bytes], coding: str, check: Callable[[], None]) -> Iterator[bytes]:
    """Undo one coding, at most `PIECE` bytes at once.

    `deflate` may lack its zlib wrapper, as some servers send it; gzip may have several members
    (RFC 1952, section 2.2). Any other data after the end is ignored, as browsers do.
    """
    unpack, first, begun = zlib.decompressobj(_ANY), True, False
    for piece in pieces:
        rest = piece
        while begun or first or rest:
            if not (begun or first or rest.startswith(_MEMBER)):
                return
            check()
            try:
                out = unpack.decompress(rest, PIECE)
            except zlib.error:
                if not first or begun or coding != "deflate":
                    raise
                unpack = zlib.decompressobj(-zlib.MAX_WBITS)
                out = unpack.decompress(rest, PIECE)
            begun, first = True, False
            yield out
            rest = unpack.unconsumed_tail
            if unpack.eof:
                rest, unpack, begun = unpack.unused_data, zlib.decompressobj(_ANY), False
            elif not rest and len(out) < PIECE:
                break
    if begun:
        raise zlib.error("the end is missing")
