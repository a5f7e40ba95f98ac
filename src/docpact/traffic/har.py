"""HAR 1.2: the entries of any HAR document.

Playwright writes bodies to files beside the document, or a .zip with the document and these files.
"""

from __future__ import annotations

import io
import json
import re
import zlib
from base64 import b64decode
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlencode
from zipfile import BadZipFile, ZipFile

import msgspec

from docpact.errors import MissingExtra, UsageError
from docpact.limits import MAX_BYTES, MAX_DOCUMENT, MAX_RECORD
from docpact.media_types import FORM, is_json, parse_media_type
from docpact.model import Failure, Operation, Response, SentBody
from docpact.model.pointer import list_of, mapping_of
from docpact.text import pluralize
from docpact.traffic.masking import mask
from docpact.traffic.records import (
    ABORTED,
    NO_RESPONSE,
    BadRecord,
    Entry,
    Options,
    Record,
    build_response,
    build_sent,
    convert,
    encode_text,
    find_accept,
    find_charset,
    read_headers,
)
from docpact.traffic.sources import STDIN, Part, display_name, is_remote

_CHUNK: Final = 1024 * 1024  # half the time of the default: fewer texts lie across two chunks
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]|u[dD](?:([89abAB])|[c-fC-F])(..)|.)", re.DOTALL
)
_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_LOST: Final = "\ufdd0"
"""Stands for the second half of a pair without its first, where a recorder had no character."""
_EMPTY: Final = re.compile(rb'"entries"\s*:\s*\[\s*\]')
# With a first field of HAR 1.2, or a custom one, or in several lines: lines of other logs may begin
# with a `log` too.
START: Final = re.compile(
    rb'\s*\{\s*"log"\s*:\s*\{\s*(?:\}|"(?:version|creator|browser|pages|entries|comment|_\w+)")'
    rb'|\s*\{[ \t]*\r?\n\s*"log"\s*:\s*\{'
)

_ARCHIVES: Final = (
    (re.compile(r"raw/\d+_[cs]\.txt"), "an archive of Fiddler"),
    (re.compile(r"\d+-meta\.json"), "a session of Charles"),
)
"""A file in the archives of other recorders, and what they are."""

Attached: TypeAlias = Callable[[str], bytes | None]
"""Returns the content of a file with a body, given its name; None if it cannot be read."""

_DAMAGED: Final = (BadZipFile, NotImplementedError, RuntimeError, zlib.error)


class _PostData(msgspec.Struct):
    type: str | None = msgspec.field(name="mimeType", default=None)
    text: Any = None
    params: Any = None
    encoding: str | None = None
    file: str | None = msgspec.field(name="_file", default=None)


class _Request(msgspec.Struct):
    method: str
    url: str
    headers: Any = None
    data: _PostData | None = msgspec.field(name="postData", default=None)
    size: float | None = msgspec.field(name="bodySize", default=None)


class _Content(msgspec.Struct):
    size: float | None = None
    type: Any = msgspec.field(name="mimeType", default=None)
    text: str | None = None
    encoding: str | None = None
    file: str | None = msgspec.field(name="_file", default=None)
    is_binary: bool | None = msgspec.field(name="_isBinary", default=None)


class _Response(msgspec.Struct):
    status: int | Literal[""] | None = None
    headers: Any = None
    content: _Content | None = None
    error: Any = msgspec.field(name="_error", default=None)
    failure: Any = msgspec.field(name="_failureText", default=None)
    end: str | None = msgspec.field(name="_charlesStatus", default=None)


class _Entry(msgspec.Struct):
    request: _Request
    response: _Response | None = None
    started: Any = msgspec.field(name="startedDateTime", default=None)
    time: float | None = None


def read(stream: io.BufferedReader, part: Part, options: Options) -> Iterator[tuple[int, Record]]:
    """Yield the entries of a HAR document, each with its index; one at a time is in memory.

    The first half of a surrogate pair alone is read as a question mark. Where the document
    is no longer JSON, a last bad record follows the entries before.
    """
    folder = None if part.source == STDIN or is_remote(part.source) else Path(part.source).parent

    def attached(file: str) -> bytes | None:
        path = folder / file if folder and PurePath(file).name == file else None
        if path is None or path.is_symlink() or not path.is_file():
            return None
        return path.read_bytes() if path.stat().st_size <= MAX_BYTES else None

    yield from _read(stream, display_name(part.source), options, attached)


def read_zip(
    stream: io.BufferedReader, part: Part, options: Options
) -> Iterator[tuple[int, Record]]:
    """Yield the entries of the HAR document in a .zip file; see `read`. Nothing is unpacked."""
    name = display_name(part.source)
    try:
        with ZipFile(stream) as archive:
            documents = [each for each in archive.namelist() if each.lower().endswith(".har")]
            for file, says in _ARCHIVES:
                if not documents and any(map(file.fullmatch, archive.namelist())):
                    raise UsageError(f"{name}: {says}; export it as HAR")
            if len(documents) != 1:
                found = pluralize(len(documents), "HAR document")
                raise UsageError(f"{name}: expected one HAR document in the .zip file, not {found}")

            folder = PurePosixPath(documents[0]).parent

            def attached(file: str) -> bytes | None:
                try:
                    with archive.open(str(folder / file)) as opened:
                        content = opened.read(MAX_BYTES + 1)
                except (KeyError, EOFError, *_DAMAGED):
                    return None
                return content if len(content) <= MAX_BYTES else None

            with archive.open(documents[0]) as document:
                plain: Any = document  # readable, but not of the type that a buffer asks for
                yield from _read(io.BufferedReader(plain), name, options, attached)
    except (EOFError, *_DAMAGED) as error:
        raise UsageError(f"{name}: the .zip file cannot be read: {error}") from None


def _read(
    stream: io.BufferedReader, name: str, options: Options, attached: Attached
) -> Iterator[tuple[int, Record]]:
    head = stream.peek()
    if head.startswith(BOM_UTF8):
        stream.read(len(BOM_UTF8))
    where, at = f"{name}#/log/entries", -1
    try:
        for at, document in enumerate(_iterate(stream, name)):
            if at >= options.begin:
                yield at, decode_entry(document, f"{where}/{at}", options.operation, attached)
    except _Broken as error:
        at += 1
        yield at, BadRecord(is_last=True, problem=f"{where}/{at}: {error}")
    if at < 0 and not _EMPTY.search(head):
        raise UsageError(f"{where}: a list of entries is missing")


def decode_entry(
    document: Any, where: str, operation: Operation, attached: Attached = lambda _: None
) -> Entry | BadRecord:
    """Return a decoded entry without secrets, or the problem of one that is not one of HAR 1.2."""
    try:
        entry = convert(document, _Entry)
        method, sent = entry.request.method.upper(), read_headers(entry.request.headers or ())
        found = Entry(
            method,
            entry.request.url,
            _read_outcome(method, entry.response, attached),
            max(0.0, (entry.time or 0.0) / 1000),
            _read_moment(entry.started),
            find_accept(sent),
            _read_sent(entry.request, sent, attached),
        )
        return mask(found, operation, sent)
    except ValueError as error:
        return BadRecord(is_last=False, problem=f"{where}: not an entry of HAR 1.2: {error}")


def _read_moment(text: Any) -> datetime | None:
    """Return a date and time in UTC; None if it is missing or has another form."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _iterate(stream: io.BufferedReader, name: str) -> Iterator[Any]:
    try:
        import ijson  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        yield from _read_whole(stream, name)
        return
    try:
        limited = _Limited(stream)
        for each in ijson.items(limited, "log.entries.item", use_float=True, buf_size=_CHUNK):
            yield each
            limited.count = 0
    except ijson.JSONError as error:
        raise _Broken(f"not JSON: {_first_line(error)}") from None


class _Broken(Exception):
    """No further entry can be read."""


class _Limited:
    """A stream that is read no further than an entry may be long."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int) -> bytes:
        if self.count > MAX_RECORD:
            raise _Broken(f"longer than {MAX_RECORD:,} bytes")
        piece = self._stream.read(size)
        while b"\\" in piece[-12:] and len(piece) < MAX_RECORD:
            if not (more := self._stream.read(size)):
                break
            piece += more  # the last escape may be incomplete, or half of a pair
        self.count += len(piece)
        return _ESCAPE.sub(_replace_half, piece) if _HALF.search(piece) else piece


def _replace_half(escape: re.Match[bytes]) -> bytes:
    """Return an escape; YAJL cannot read a half of a surrogate pair without the other."""
    return escape[0] if escape[2] is None else rb"\u003f" if escape[1] else rb"\ufdd0"


def _read_whole(stream: io.BufferedReader, name: str) -> list[Any]:
    content = stream.read(MAX_DOCUMENT + 1)
    if len(content) > MAX_DOCUMENT:
        raise MissingExtra(f"reading {name}, which is long,", "audit")
    try:
        log = json.loads(content).get("log")
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: not JSON: {error}") from None
    return list_of(mapping_of(log).get("entries"))


def _first_line(error: Exception) -> str:
    """Return the first line of a message of YAJL; the others draw an arrow."""
    message = error.args[0]
    text = message.decode(errors="replace") if isinstance(message, bytes) else str(message)
    return text.strip().partition("\n")[0].removeprefix("parse error: ")


def _read_outcome(
    method: str, response: _Response | None, attached: Attached
) -> Response | Failure:
    """Return the response, or why it cannot be judged: aborted, or its body was dropped."""
    if response is None:
        return NO_RESPONSE
    status, has_ended = response.status or 0, response.end in (None, "COMPLETE")
    if not has_ended or status <= 0 or response.error or response.failure:
        return ABORTED
    content = response.content or _Content()
    headers = read_headers(response.headers) if response.headers else None
    charset = find_charset(dict(headers or ()).get("content-type", content.type))
    filed = attached(content.file) if content.text is None and content.file else None
    is_binary = bool(content.is_binary)
    body = _decode_text(content.text or "", content.encoding, charset, is_binary=is_binary)
    body = body if filed is None else _recode(filed, charset)
    if headers and "content-type" not in dict(headers) and is_json(str(content.type)):
        # The value of the header (HAR 1.2), which is not among those that were kept.
        headers.append(("content-type", str(content.type)))
    is_known = content.text is not None or filed is not None
    is_lost = not body and bool(content.size) if is_known else content.size != 0
    size = content.size or 0
    return build_response(method, status, headers, body, is_lost=is_lost, size=size)


def _recode(content: bytes, charset: str) -> bytes:
    """Return the content of a file in a charset, if a recorder wrote it as text in UTF-8."""
    try:
        return encode_text(content.decode(), charset)
    except UnicodeDecodeError:
        return content


def _decode_text(
    text: str, encoding: str | None, charset: str, *, is_binary: bool = False
) -> bytes:
    """Return the bytes of a body; none if they are not in the encoding that the entry names.

    Polly.JS writes a coded body as a list of encoded pieces, in hexadecimal up to version 4. A user
    who edits bodies may leave the name of an encoding beside plain JSON.
    """
    is_base64 = (encoding or "").lower() == "base64"
    if not (is_base64 or is_binary):
        return encode_text(text.replace(_LOST, "\udc80"), charset)
    try:
        pieces = json.loads(text) if text.startswith("[") else [text]
        return b"".join(
            _decode_base64(each) if is_base64 else bytes.fromhex(each) for each in pieces
        )
    except (TypeError, ValueError, AttributeError, RecursionError):
        return encode_text(text) if text.startswith(("{", "[")) else b""


def _decode_base64(text: str) -> bytes:
    digits = "".join(text.split()).rstrip("=")
    return b64decode(digits + "=" * (-len(digits) % 4), validate=True)


def _write_form(label: str, fields: Any) -> str:
    """Return the text of a form that is recorded as parameters; empty for any other body."""
    if parse_media_type(label).name != FORM:
        return ""
    found = map(mapping_of, list_of(fields))
    return urlencode([(each.get("name") or "", each.get("value") or "") for each in found])


def _read_sent(
    request: _Request, headers: Iterable[tuple[str, str]], attached: Attached
) -> SentBody | None:
    """Return the body of a request; None without one.

    A body that is recorded in another form, as the parameters that chrome-har makes of JSON, is not
    whole.
    """
    data = request.data or _PostData()
    known = {"content-type": data.type or "", **dict(headers)}
    charset = find_charset(known["content-type"])
    filed = attached(data.file) if not data.text and data.file else None
    is_text = isinstance(data.text, str) and data.text != ""
    text = data.text if is_text else _write_form(known["content-type"], data.params)
    body = _decode_text(text, data.encoding, charset) if filed is None else filed
    is_left_out = not body and bool(data.text or data.params or data.file)
    return build_sent(known.items(), body, max(request.size or 0, is_left_out))
