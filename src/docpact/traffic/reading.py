"""From a part of a source to its records, one after another."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from docpact.errors import UsageError
from docpact.model import Operation
from docpact.traffic import documents, lines, parquet
from docpact.traffic.kind import Kind, kind
from docpact.traffic.naming import shown
from docpact.traffic.part import Part
from docpact.traffic.progress import Progress, nobody
from docpact.traffic.record import Asked, Record
from docpact.traffic.streams import Stored, buffered, unpacked

_NO_FIELDS: Final[Mapping[str, str]] = {}
_PACKED: Final[tuple[Kind, ...]] = ("gzip", "zstd")


def records(
    part: Part,
    operation: Operation,
    fields: Mapping[str, str] = _NO_FIELDS,
    *,
    begin: int = 0,
    told: Callable[[int], None] = nobody,
) -> Iterator[tuple[int, Record]]:
    """Yield what a part holds; memory does not grow with its length.

    A position is the byte in the unpacked source at which a line begins, or the index of an entry
    of a document or of a row of a Parquet file; it grows from record to record.

    Args:
        part: of a source.
        operation: whose traffic it is.
        fields: field → what it is called in a line or which column holds it; see `FIELDS`.
        begin: the first position of interest; what stands before it is passed over.
        told: called with how many more bytes as stored were consumed; they add up to the part's
            size.

    Raises:
        UsageError: the source cannot be read, or a record is none; it is named.
        MissingExtra: the library to read it is not installed.
    """
    progress = Progress(part.size, told)
    asked = Asked(operation, fields, begin)
    if part.kind == "parquet":
        yield from parquet.records(part, asked, progress)
    else:
        with buffered(Stored.of(part, progress), part.source) as stream:
            yield from _of_any_kind(stream, part, asked, progress)
    progress.end()


def _of_any_kind(
    stream: io.BufferedReader, part: Part, asked: Asked, progress: Progress
) -> Iterator[tuple[int, Record]]:
    found, name = part.kind or kind(stream.peek()), part.source
    if found == "parquet":
        yield from parquet.records(part, asked, progress)
        return
    if found in _PACKED:
        stream = unpacked(stream, found, name)
        outer, found = found, kind(stream.peek())
        if found in (*_PACKED, "parquet"):
            raise UsageError(f"{shown(name)}: {found} inside {outer}; unpack it first")
    if found == "har":
        yield from documents.har(stream, name, asked.begin)
    elif found == "cassette":
        yield from documents.cassettes(stream, name, asked.begin)
    else:
        yield from lines.records(stream, part, asked)
