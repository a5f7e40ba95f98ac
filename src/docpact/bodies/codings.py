"""Content codings (RFC 9110, section 8.4): one decoder for live responses and recordings."""

from __future__ import annotations

import re
import sys
import zlib
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from itertools import chain
from typing import Any, Final, Protocol

from docpact.errors import MissingExtra
from docpact.limits import MAX_BYTES, MAX_CODINGS, MAX_MEMBERS
from docpact.text import shorten

PIECE: Final = 64 * 1024
"""Number of bytes that are decompressed at once."""

_CONTROL: Final = re.compile(r"[\0-\x08\x0e-\x1f]")
_HEAD: Final = 2
_TEXT_BYTES: Final = 256
_ANY_WRAPPER: Final = zlib.MAX_WBITS | 32  # that of zlib or of gzip
_HAS_ZSTD: Final = sys.version_info >= (3, 14)
_GZIP: Final = b"\x1f\x8b"  # RFC 1952, section 2.3.1
_ZSTD: Final = b"\x28\xb5\x2f\xfd"  # RFC 8878, section 3.1.1
_MAGIC: Final = {"gzip": _GZIP, "x-gzip": _GZIP, "zstd": _ZSTD}


class CodingError(Exception):
    """A body that cannot be decoded; the message completes "the body is ..."."""


class _Decoder(Protocol):
    """Decompresses one member, like `bz2.BZ2Decompressor`."""

    @property
    def needs_input(self) -> bool: ...
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Zlib:
    def __init__(self, window_bits: int) -> None:
        self._inner = zlib.decompressobj(window_bits)
        self._rest = b""
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        out = self._inner.decompress(self._rest + data, max_length)
        self._rest = self._inner.unconsumed_tail
        self.needs_input = not self._rest and len(out) < max_length
        return out


class _Brotli:
    unused_data = b""

    def __init__(self) -> None:
        try:
            brotli = import_module("brotli")  # without type stubs
        except ModuleNotFoundError:
            raise MissingExtra("coded with br, which", "audit") from None
        self._inner: Any = brotli.Decompressor()
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return bool(self._inner.is_finished())

    def decompress(self, data: bytes, max_length: int) -> bytes:
        out: bytes = self._inner.process(data, output_buffer_limit=max_length)
        self.needs_input = self._inner.can_accept_more_data()
        return out


def split_codings(header: str) -> list[str]:
    """Return the codings of a Content-Encoding header in lower case, in the order of their use."""
    names = (name.strip().lower() for name in header.split(","))
    return [name for name in names if name not in ("", "identity")]


def is_supported(codings: Iterable[str]) -> bool:
    """Return whether every one of these codings can be undone, if its library is installed."""
    return all(coding in _DECODERS for coding in codings)


def undo_codings(
    pieces: Iterable[bytes], codings: Sequence[str], check: Callable[[], None] = lambda: None
) -> Iterator[bytes]:
    """Yield the pieces of a body as they were before its codings.

    gzip and zstd may have several members (RFC 1952, section 2.2), and `deflate` may lack its zlib
    wrapper, as some servers send it. Data after the last member is ignored, as browsers do.

    Args:
        pieces: of the coded body.
        codings: supported ones, in the order of their use.
        check: called before each step; an exception that it raises ends the work.

    Raises:
        CodingError: the body does not have these codings, or too many of them or of their members.
        MissingExtra: the library for a coding is not installed.
    """
    if len(codings) > MAX_CODINGS:
        raise CodingError(f"coded {len(codings)} times, more than {MAX_CODINGS}")
    for coding in reversed(codings):
        pieces = _undo(pieces, coding, check)
    yield from pieces


def decode_recorded(body: bytes, codings: Sequence[str]) -> bytes:
    """Return a recorded body as it was before its codings, or raise CodingError.

    A recorder may have undone some or all of them and kept the header: neither text nor a body
    without the signature of its coding is coded.
    """
    for at in reversed(range(len(codings))):
        coding = codings[at]
        if _is_undone(body, coding, codings[:at]):
            continue
        if not body or _is_text(body):
            return body
        if coding not in _DECODERS:
            raise CodingError(f"coded with {shorten(coding, 24)}, which docpact cannot decode")
        body = _decode_whole(body, coding)
    return body


def _undo(pieces: Iterable[bytes], coding: str, check: Callable[[], None]) -> Iterator[bytes]:
    make, next_member = _DECODERS[coding]
    decoder: _Decoder | None = None
    members = 0
    for piece in _join_head(pieces):
        data = piece
        while data or (decoder is not None and not decoder.needs_input):
            if decoder is None:
                if members and not data.startswith(next_member):
                    return
                decoder, members = make(data), members + 1
                if members > MAX_MEMBERS:
                    raise CodingError(f"coded with {coding} in more than {MAX_MEMBERS:,} members")
            check()
            try:
                yield decoder.decompress(data, PIECE)
            except _errors() as error:
                raise CodingError(f"not coded with {coding}: {shorten(str(error))}") from None
            data = b""
            if decoder.eof:
                data, decoder = decoder.unused_data, None
    if decoder is not None:
        raise CodingError(f"not coded with {coding}: the end is missing")


def _join_head(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces, the first of them long enough to distinguish the wrappers of deflate."""
    rest, head = iter(pieces), b""
    for piece in rest:
        head += piece
        if len(head) >= _HEAD:
            break
    return chain([head], rest)


def _decode_whole(body: bytes, coding: str) -> bytes:
    decoded = bytearray()
    try:
        for piece in undo_codings([body], [coding]):
            decoded += piece
            if len(decoded) > MAX_BYTES:
                raise CodingError(f"longer than {MAX_BYTES:,} bytes")
    except MissingExtra as error:
        raise CodingError(str(error)) from None
    return bytes(decoded)


def _is_text(body: bytes) -> bool:
    """Return whether a body begins as text does; no coded body begins like that."""
    try:
        text = getincrementaldecoder("utf-8")().decode(body[:_TEXT_BYTES])
        return _CONTROL.search(text) is None
    except UnicodeDecodeError:
        return False


def _is_undone(body: bytes, coding: str, inner: Iterable[str]) -> bool:
    """Return whether a body was certainly recorded after the outermost coding was undone."""
    if magic := _MAGIC.get(coding):
        return not body.startswith(magic)
    return any(body.startswith(_MAGIC[each]) for each in inner if each in _MAGIC)


def _start_deflate(head: bytes) -> _Zlib:
    has_wrapper = head[0] & 15 == zlib.DEFLATED and int.from_bytes(head[:_HEAD], "big") % 31 == 0
    return _Zlib(_ANY_WRAPPER if has_wrapper or head.startswith(_GZIP) else -zlib.MAX_WBITS)


def import_zstd(purpose: str) -> Any:
    """Return the module for zstd, which Python has since 3.14, or raise MissingExtra."""
    try:
        return import_module("compression.zstd" if _HAS_ZSTD else "backports.zstd")
    except ModuleNotFoundError:
        raise MissingExtra(purpose, "audit") from None


def _errors() -> tuple[type[Exception], ...]:
    """Return the errors of the libraries in use; each of them is imported by now."""
    names = {"brotli": "error", "backports.zstd": "ZstdError", "compression.zstd": "ZstdError"}
    found = (getattr(sys.modules.get(module), name, None) for module, name in names.items())
    return (zlib.error, *(error for error in found if error is not None))


_START_GZIP: Final = (lambda _: _Zlib(_ANY_WRAPPER), b"\x1f")
_DECODERS: Final[dict[str, tuple[Callable[[bytes], _Decoder], bytes | tuple[bytes, ...]]]] = {
    "gzip": _START_GZIP,
    "x-gzip": _START_GZIP,
    "deflate": (_start_deflate, b"\x1f"),
    "br": (lambda _: _Brotli(), ()),
    "zstd": (lambda _: import_zstd("coded with zstd, which").ZstdDecompressor(), b"\x28"),
}
"""Coding → how to start a decoder given the first bytes, and how a further member begins."""
