"""JSON lines: flat records, HAR entries, and docpact's own journal."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Final

import msgspec

from docpact.limits import MAX_RECORD
from docpact.traffic import har, journal
from docpact.traffic.records import FIELDS, BadRecord, Options, Record, build_entry, encode_body
from docpact.traffic.sources import Part
from docpact.traffic.streams import read_lines

try:
    from orjson import loads as _loads  # faster with long texts
except ModuleNotFoundError:
    _loads = msgspec.json.decode

_QUOTE: Final = b'"'[0]


def read(stream: io.BufferedReader, part: Part, options: Options) -> Iterator[tuple[int, Record]]:
    """Yield the records of the lines that begin in a part, each with the byte where it begins.

    The problem of a bad line names its number, or its byte in a later part.
    """
    decoder = LineDecoder(options)
    for position, where, line in read_lines(stream, part, options.begin):
        yield position, decode_line(decoder.decode, line, where, stream)


def split(whole: Part, size: int) -> Iterator[Part]:
    """Yield ranges of a file; the last one includes an unfinished line."""
    bounds = [*range(0, whole.size, size), whole.size]
    for start, end in pairwise(bounds):
        last = end == whole.size
        yield Part(whole.source, whole.number, start, None if last else end, end - start, "lines")


class LineDecoder:
    """Decodes the lines of a file.

    Bodies embedded as JSON keep their own bytes: they are not decoded.
    """

    def __init__(self, options: Options) -> None:
        self._operation = options.operation
        self._names = tuple(options.names().values())
        unset: Any = msgspec.UNSET
        bodies = ((str | None | msgspec.UnsetType, unset), (msgspec.Raw, msgspec.Raw()))
        self._decoders = [_make_decoder(self._names, *each) for each in bodies]

    def decode(self, line: bytes, where: str) -> Record:
        """Return the record of a line; see `decode_line`."""
        if not line.startswith(journal.EXCHANGE_START) and (fields := self._decode_fields(line)):
            return build_entry(self._operation, fields)
        return self._decode_other(line, where)

    def _decode_fields(self, line: bytes) -> tuple[Any, ...] | None:
        """Return the fields of an ordinary flat record; None for any other line."""
        for decode in self._decoders:
            try:
                found = decode(line)
            except (ValueError, RecursionError):
                continue
            body = found.body
            if isinstance(body, str):
                body = body.encode()
            elif isinstance(body, msgspec.Raw):
                body = bytes(body)
                if not body or body[0] == _QUOTE:
                    return None
            elif body is not None:
                return None
            return body, found.status, found.url, found.method, found.headers, found.seconds
        return None

    def _decode_other(self, line: bytes, where: str) -> Record:
        document = _load(line)
        if self._names[0] in document:
            body, *rest = map(document.get, self._names)
            fields = self._decode_fields(line) or (encode_body(body), *rest)
            return build_entry(self._operation, fields)
        if journal.is_line(document):
            record = journal.decode_line(document, where)
            journal.check_operation(record, self._operation, where)
            return record
        if "request" in document and "response" in document:
            return har.decode_entry(document, where, self._operation)
        raise ValueError(f"neither a HAR entry nor an object with `{self._names[0]}`")


def decode_line(
    decode: Callable[[bytes, str], Record], line: bytes, where: str, stream: io.BufferedReader
) -> Record:
    """Return the record of a line.

    The last line of a file may be incomplete, because the file is still being written, and so may
    the last line of a run of a journal, because the run was killed. An empty line was too long.
    """
    if not line:
        problem = f"{where}: the line is longer than {MAX_RECORD:,} bytes"
        return BadRecord(is_last=False, problem=problem)
    try:
        return decode(line, where)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        is_last = not line.endswith(b"\n")
        if line.lstrip().startswith(b"{") and (is_last or _begins_run(stream)):
            return BadRecord(is_last)
        if line.strip() in (b"{", b"["):
            problem = f"{where}: a document in several lines, neither HAR nor a cassette"
            return BadRecord(is_last=False, problem=problem)
        return BadRecord(is_last=False, problem=f"{where}: not JSON: {_explain(error)}")
    except (TypeError, ValueError, OverflowError) as error:
        return BadRecord(is_last=False, problem=f"{where}: not a record: {error}")


def _begins_run(stream: io.BufferedReader) -> bool:
    """Return whether the next line is the first one of a run, as far as the buffer shows."""
    head = stream.peek(len(journal.RUN_START))[: len(journal.RUN_START)]
    return bool(head) and journal.RUN_START.startswith(head)


def decode_journal(line: bytes, where: str) -> Record:
    """Return the record of a journal's line; see `decode_line`."""
    return journal.decode_line(_load(line), where)


def _make_decoder(names: tuple[str, ...], body: Any, missing: Any) -> Callable[[bytes], Any]:
    """Return the decoder of flat records with a body of some type, or none."""
    headers = dict[str, Any] | list[Any] | str | None
    types = (body, int | None, str | None, str | None, headers, float | None)
    defaults = (missing, *(None for _ in FIELDS[1:]))
    line = msgspec.defstruct(
        "Line",
        list(zip(FIELDS, types, defaults, strict=True)),
        rename=dict(zip(FIELDS, names, strict=True)),
    )
    return msgspec.json.Decoder(line, strict=False).decode


def _load(line: bytes) -> dict[str, Any]:
    """Decode a line; Python's own decoder accepts more, such as half a surrogate pair."""
    try:
        document = _loads(line)
    except (ValueError, RecursionError):
        document = json.loads(line.decode("utf-8", "surrogatepass"))
    if not isinstance(document, dict):
        raise ValueError("expected an object")  # noqa: TRY004 (a bad record)
    return document


def _explain(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} (column {error.pos + 1:,})"
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 text (column {error.start + 1:,})"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
