"""The body of an answer: read and unpacked piece by piece, no longer and no later than allowed."""

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
"""Seconds that one whole answer may take."""

MAX_HEADERS: Final = 200
"""How many response headers are kept."""

MAX_LAYERS: Final = 4
"""How many content codings one above the other are undone."""

PIECE: Final = 64 * 1024
"""The most bytes that are unpacked at once."""

_ANY: Final = zlib.MAX_WBITS | 32
"""Tells zlib to take its own wrapper or that of gzip."""

_MEMBER: Final = b"\x1f"
"""How a gzip member begins (RFC 1952, section 2.3.1)."""


class _Late(Exception):
    """The time of an answer is over."""


def read(response: httpx.Response, seconds: float) -> Response | Failure:
    """Read an answer whose headers are there, its content codings undone (RFC 9110, section 8.4).

    A coding that docpact does not ask for is left as it is.

    Args:
        response: opened; one that a mock made may be read already.
        seconds: that reading may take.
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
            return Failure("encoding", f"{len(codings)} content codings, one above the other")
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
        return Failure("encoding", f"the body is not encoded as its header says: {problem}")
    except _Late:
        return too_late(seconds)
    headers = tuple((k.lower(), v) for k, v in response.headers.multi_items()[:MAX_HEADERS])
    return Response(response.status_code, headers, bytes(body))


def too_late(seconds: float) -> Failure:
    """Return what became of an answer that did not end in time."""
    return Failure("timeout", f"no end of the answer within {seconds:g} seconds")


def _codings(header: str) -> list[str]:
    """Return the codings to undo, in the order they were applied; none if one is not known."""
    names = [name.strip().lower() for name in header.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    return names if set(names) <= set(ACCEPTED_ENCODINGS) else []


def _unpacked(pieces: Iterable[bytes], coding: str, check: Callable[[], None]) -> Iterator[bytes]:
    """Undo one coding, no more than `PIECE` bytes at once.

    `deflate` may stand without its zlib wrapper, as some servers send it; gzip may have further
    members (RFC 1952, section 2.2); what else follows the end is left out, as browsers do.
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
