"""Cassettes in YAML or JSON, as VCR and its relatives in other languages write them."""

from __future__ import annotations

import io
import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import msgspec

from docpact.bodies.codings import CodingError, decode_recorded
from docpact.errors import UsageError
from docpact.files import read_yaml
from docpact.limits import MAX_DOCUMENT
from docpact.model import Operation
from docpact.model.pointer import to_list
from docpact.traffic.dialects import rename
from docpact.traffic.har import decode_entry
from docpact.traffic.masking import mask
from docpact.traffic.records import (
    NO_STATUS,
    BadRecord,
    Entry,
    Options,
    Record,
    build_response,
    build_sent,
    convert,
    encode_text,
    find_accept,
    read_headers,
)
from docpact.traffic.sources import Part, display_name

START: Final = re.compile(
    rb'\s*\{\s*(?:"\w+"\s*:\s*(?:\d+|"[^"]*")\s*,\s*)?"(?:(?:http_)?interactions|Entries)"\s*:'
    rb"|(?:#[^\n]*\n|---[^\n]*\n|!tape\s|name\s*:[^\n]*\n|\s)*+"
    rb"(?:(?:(?:http_)?interactions|responses|version|-\s+request)\s*:|log\s*:\s)"
    rb'|\s*\[\s*\{\s*"'
)
_BODY_FIELDS: Final = frozenset({"string", "base64_string", "raw_gzip", "state", "encoding"})
"""The fields of a recorded body, of which it has one or more."""

_TAG: Final = re.compile(
    r"!(?:tape|!python/(?:unicode|str|tuple|object/new:_io\.(?:BytesIO|StringIO)))(?=\s)"
)
"""A tag of a Java tape, of a text that Python 2 wrote, or of a file that was sent as a body."""
_LISTS: Final = ("interactions", "http_interactions", "Entries", "responses")


class _Request(msgspec.Struct):
    method: str
    uri: str | None = None
    url: str | None = None
    headers: Any = None
    body: Any = None


class _Status(msgspec.Struct):
    code: int | None = None
    status_code: int | None = None


class _Response(msgspec.Struct):
    headers: Any = None
    body: Any = None
    content: Any = None
    status: _Status | int | str | None = None
    status_code: int | list[Any] | None = None
    code: int | None = None


class _Interaction(msgspec.Struct):
    request: _Request
    response: _Response


def read(stream: io.BufferedReader, part: Part, options: Options) -> Iterator[tuple[int, Record]]:
    """Yield the interactions of a cassette, each with its index; the whole cassette is in memory.

    Polly.JS may write HAR as YAML.
    """
    name = display_name(part.source)
    content = stream.read(MAX_DOCUMENT + 1)
    if len(content) > MAX_DOCUMENT:
        raise UsageError(f"{name}: longer than {MAX_DOCUMENT:,} bytes")
    interactions, where = _load(content, name), f"{name}#"
    decode: Callable[[Any, str, Operation], Entry | BadRecord] = _decode_interaction
    if isinstance(interactions, dict) and isinstance(interactions.get("log"), dict):
        interactions, where = interactions["log"].get("entries"), f"{where}/log/entries"
        decode = decode_entry
    elif isinstance(interactions, dict):
        name = next((each for each in _LISTS if each in interactions), _LISTS[0])
        interactions, where = interactions.get(name), f"{where}/{name}"
    if not isinstance(interactions, list):
        raise UsageError(f"{where}: a list of interactions is missing")
    for at, each in enumerate(interactions):
        if at >= options.begin:
            yield at, decode(each, f"{where}/{at}", options.operation)


def _load(content: bytes, name: str) -> Any:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: not UTF-8 text (byte {error.start:,})") from None
    if not text.lstrip().startswith(("{", "[")):
        return read_yaml(_TAG.sub("", text), name)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: not JSON: {error}") from None


def _decode_interaction(document: Any, where: str, operation: Operation) -> Entry | BadRecord:
    try:
        renamed = rename(document)
        if renamed is not document and "startedDateTime" in renamed:
            return decode_entry(renamed, where, operation)
        interaction = convert(renamed, _Interaction)
        request, response = interaction.request, interaction.response
        headers = read_headers(response.headers or ())
        stated = response.content if response.body is None else response.body
        method, body = request.method.upper(), _read_body(stated)
        status = _read_status(response)
        outcome = build_response(method, status, headers, body) if status else NO_STATUS
        sent, content = read_headers(request.headers or ()), b""
        with suppress(TypeError, ValueError, AttributeError, CodingError):  # a recorder's own form
            content = _read_body(request.body)
        accept, whole = find_accept(sent), build_sent(sent, content)
        found = Entry(method, _read_url(request), outcome, accept=accept, sent=whole)
        return mask(found, operation, sent)
    except (TypeError, ValueError, AttributeError, KeyError, CodingError) as error:
        problem = f"{where}: not an interaction of a cassette: {error}"
        return BadRecord(is_last=False, problem=problem)


def _read_url(request: _Request) -> str:
    url = request.url if request.uri is None else request.uri
    if url is None:
        raise ValueError("the URL is missing - at `$.request`")
    return url


def _read_status(response: _Response) -> int:
    """Return the status; 0 if it was not recorded. ExVCR writes the whole status line of httpc."""
    status = response.status
    stated = [response.code, *to_list(response.status_code)]
    stated += [status.code, status.status_code] if isinstance(status, _Status) else [status]
    return next((each for each in stated if isinstance(each, int)), 0)


def _read_body(body: Any) -> bytes:
    content = body.get("string") if isinstance(body, dict) else body
    if isinstance(body, dict) and "base64_string" in body:
        content = b64decode(body["base64_string"])
    if isinstance(body, dict) and "raw_gzip" in body:  # of vcr for R: it has the wrapper of zlib
        content = decode_recorded(b64decode(body["raw_gzip"]), ["deflate"])
    if isinstance(body, dict) and body and not body.keys() & _BODY_FIELDS:
        raise ValueError("its form is unknown - at `$.response.body`")
    if isinstance(body, dict) and isinstance(body.get("state"), list):  # of a Python file
        content = body["state"][0]
    raw = content or b""
    if isinstance(content, str):
        raw = encode_text(content, body.get("encoding") if isinstance(body, dict) else None)
    if not isinstance(raw, bytes):
        raise ValueError("expected text or bytes - at `$.response.body`")  # noqa: TRY004 (a bad record)
    return raw
