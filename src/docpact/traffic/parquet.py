"""Parquet: a row is a record.

A file is read page by page, so that only one page of each column is in memory: as many rows as its
writer wrote at once, 1,024 by default in pyarrow.
"""

from __future__ import annotations

import io
from collections.abc import Container, Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import IO, Any, Final

from docpact.errors import MissingExtra, UsageError
from docpact.limits import MAX_PAGE
from docpact.traffic.records import FIELDS, BadRecord, Options, Record, build_entry
from docpact.traffic.sources import (
    Part,
    display_name,
    has_ranges,
    is_remote,
    open_raw,
    usage_errors,
)

_ROWS: Final = 16  # of 16 MB each at worst
_BUFFER: Final = 1024 * 1024


def split(whole: Part, size: int) -> Iterator[Part]:
    """Split a Parquet file between row groups; a part ends with the one that reaches the size."""
    with _open(whole.source) as (_, file):
        groups = [file.metadata.row_group(at) for at in range(file.num_row_groups)]
    columns = (map(each.column, range(each.num_columns)) for each in groups)
    sizes = [sum(column.total_compressed_size for column in each) for each in columns]
    start = covered = 0
    for end, stored in enumerate(sizes, 1):
        covered += stored
        if covered >= size or end == len(sizes):
            yield Part(whole.source, whole.number, start, end, covered, "parquet")
            start, covered = end, 0


def read(_: io.BufferedReader, part: Part, options: Options) -> Iterator[tuple[int, Record]]:
    """Yield the records of a part, each with the index of its row in the file."""
    name = display_name(part.source)
    with _open(part.source, options.names()["body"]) as (stream, file):
        columns = _find_columns(file.schema_arrow, options, name)
        wanted = list(columns.values())
        for first, batch, consumed in _batches(stream, file, part, wanted, options.begin):
            values = [
                _read_values(field, batch.column(columns[field]))
                if field in columns
                else repeat(None)
                for field in FIELDS
            ]
            rows = range(first, first + batch.num_rows)
            for position, row in zip(rows, zip(*values, strict=False), strict=True):
                yield position, _read_row(options, row, f"{name}: row {position:,}")
            options.progress.move_to(consumed)


def _read_row(options: Options, row: tuple[Any, ...], where: str) -> Record:
    try:
        return build_entry(options.operation, row)
    except (TypeError, ValueError, OverflowError) as error:
        return BadRecord(is_last=False, problem=f"{where}: not a record: {error}")


def _batches(
    stream: Any, file: Any, part: Part, columns: list[str], begin: int
) -> Iterator[tuple[int, Any, int]]:
    """Yield batches of rows, each with the index of its first row and the bytes read with it."""
    rows = [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)]
    start, end = part.start, len(rows) if part.end is None else part.end
    at = first = sum(rows[:start])
    total = sum(rows[start:end])
    for group in range(start, end):
        if at + rows[group] <= begin:
            at += rows[group]
            continue
        _check_pages(stream, file.metadata.row_group(group), columns, display_name(part.source))
        batches = file.iter_batches(_ROWS, [group], columns, use_threads=False)
        while (batch := _next(batches, part.source)) is not None:
            skipped = min(max(0, begin - at), batch.num_rows)
            consumed = part.size * (at + batch.num_rows - first) // total
            yield at + skipped, batch.slice(skipped), consumed
            at += batch.num_rows


def _next(batches: Iterator[Any], name: str) -> Any:
    with usage_errors(name):
        return next(batches, None)


def _find_columns(schema: Any, options: Options, name: str) -> dict[str, str]:
    """Return field → column, for the columns that exist."""
    wanted = options.names()
    for field, column in wanted.items():
        if column not in schema.names and (field == "body" or field in options.fields):
            raise UsageError(
                f"{name}: no column `{column}` among {', '.join(schema.names)}; "
                f"name the right one with --field {field}=COLUMN"
            )
    body = schema.field(wanted["body"]).type
    if not _is_text(body):
        raise UsageError(f"{name}: column `{wanted['body']}` holds {body}, not text or bytes")
    return {field: column for field, column in wanted.items() if column in schema.names}


def _is_text(kind: Any) -> bool:
    from pyarrow import types  # type: ignore[import-untyped]

    if types.is_dictionary(kind):
        kind = kind.value_type
    kinds = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    return any(is_of(kind) for is_of in kinds)


def _read_values(field: str, column: Any) -> Iterator[Any]:
    """Yield the values of a column; a body as bytes."""
    is_text = field != "body"
    for scalar in column:
        value = scalar.as_py()
        if isinstance(value, bytes) and is_text:
            value = value.decode()
        yield value.encode() if isinstance(value, str) and not is_text else value


def _has_dictionary(metadata: Any, name: str) -> bool:
    """Return whether every part of a column is stored as a dictionary of its values."""
    groups = (metadata.row_group(at) for at in range(metadata.num_row_groups))
    chunks = [group.column(at) for group in groups for at in range(group.num_columns)]
    named = [chunk for chunk in chunks if chunk.path_in_schema == name]
    return bool(named) and all(
        any("DICTIONARY" in encoding for encoding in chunk.encodings) for chunk in named
    )


@contextmanager
def _open(name: str, body: str = "") -> Iterator[Any]:
    """Yield the bytes of a file and the file; of equal bodies, one is in memory."""
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetFile  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise MissingExtra(f"reading {display_name(name)}", "audit-parquet") from None
    if not has_ranges(name):
        raise UsageError(f"{display_name(name)}: Parquet is read from its end; pass a file")
    with usage_errors(name):
        source = open_raw(name, in_ranges=True) if is_remote(name) else pa.OSFile(name)
        settings = {"buffer_size": _BUFFER, "pre_buffer": False}
        file = ParquetFile(source, **settings)
        if _has_dictionary(file.metadata, body):
            known = file.metadata
            file = ParquetFile(source, metadata=known, read_dictionary=[body], **settings)
    with source:
        yield source, file


_HEADER: Final = 64 * 1024
"""Maximum length of a header that is read, in bytes."""

_BINARY: Final = 8
_LISTS: Final = (9, 10)
_STRUCT: Final = 12
_PLAIN: Final = {1: 0, 2: 0, 3: 1, 7: 8}
"""Kind of a value → its length in bytes; a Boolean is in the byte before it."""


def _check_pages(stream: IO[bytes], group: Any, names: Container[str], file: str) -> None:
    """Raise UsageError unless every page of some columns can be read and fits into memory."""
    for column in map(group.column, range(group.num_columns)):
        if column.path_in_schema in names and column.total_uncompressed_size > MAX_PAGE:
            where = f"{file}: a page of column `{column.path_in_schema}`"
            if any(size > MAX_PAGE for size in _list_sizes(stream, column, where)):
                problem = f"longer than {MAX_PAGE:,} bytes after decompression"
                raise UsageError(f"{where} is {problem}; write fewer rows at once")


def _list_sizes(stream: IO[bytes], column: Any, where: str) -> Iterator[int]:
    at = column.dictionary_page_offset or column.data_page_offset
    end = at + column.total_compressed_size
    while at < end:
        stream.seek(at)
        header = io.BytesIO(stream.read(_HEADER))
        try:
            fields = dict(_read_struct(header))
            size, stored = fields[2], fields[3]
        except (IndexError, KeyError, RecursionError):
            size = stored = -1
        if size < 0 or stored < 0:
            raise UsageError(f"{where} is damaged")
        yield size
        at += header.tell() + stored


def _read_struct(data: io.BytesIO) -> Iterator[tuple[int, int]]:
    """Yield number and value of each field of a struct; -1 for a field that has no integer."""
    number = 0
    while head := data.read(1)[0]:
        kind, step = head & 15, head >> 4
        number = number + step if step else _read_integer(data)
        yield number, _read_value(data, kind)


def _read_value(data: io.BytesIO, kind: int) -> int:
    if kind in (4, 5, 6):
        return _read_integer(data)
    if kind == _BINARY:
        data.seek(_read_varint(data), io.SEEK_CUR)
    elif kind in _LISTS:
        head = data.read(1)[0]
        count = _read_varint(data) if head >> 4 == 15 else head >> 4
        for _ in range(min(count, _HEADER)):
            _read_value(data, max(head & 15, 3))  # in a list, a Boolean has a byte of its own
    elif kind == _STRUCT:
        for _ in _read_struct(data):
            pass
    else:
        data.seek(_PLAIN[kind], io.SEEK_CUR)
    return -1


def _read_integer(data: io.BytesIO) -> int:
    number = _read_varint(data)
    return number >> 1 ^ -(number & 1)


def _read_varint(data: io.BytesIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = data.read(1)[0]
        value |= (byte & 127) << shift
        if byte < 128:
            return value
    raise IndexError
