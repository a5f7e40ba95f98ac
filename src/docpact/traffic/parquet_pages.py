"""Pages of Parquet: how long each one is after decompression, which only its header says.

A header is a struct in Thrift's compact protocol
(https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md), whose fields 2
and 3 are the lengths (`PageHeader` of Parquet's format).
"""

from __future__ import annotations

import io
from collections.abc import Container, Iterator
from typing import Any, Final, Protocol

from docpact.errors import UsageError
from docpact.limits import MAX_PAGE

_HEADER: Final = 64 * 1024
"""Maximum length of a header that is read, in bytes."""

_BINARY: Final = 8
_LISTS: Final = (9, 10)
_STRUCT: Final = 12
_PLAIN: Final = {1: 0, 2: 0, 3: 1, 7: 8}
"""Kind of a value → its length in bytes; a Boolean is in the byte before it."""


class _Stream(Protocol):
    """A file that is read in ranges."""

    def seek(self, position: int, /) -> object: ...
    def read(self, size: int, /) -> bytes: ...


def check_pages(stream: _Stream, group: Any, names: Container[str], file: str) -> None:
    """Raise unless every page of some columns fits into memory.

    Args:
        stream: the file.
        group: the metadata of a row group.
        names: of the columns.
        file: its name in errors.

    Raises:
        UsageError: a page is longer than `MAX_PAGE`, or has no readable header.
    """
    for column in map(group.column, range(group.num_columns)):
        if column.path_in_schema in names and column.total_uncompressed_size > MAX_PAGE:
            where = f"{file}: a page of column `{column.path_in_schema}`"
            if any(size > MAX_PAGE for size in _list_sizes(stream, column, where)):
                problem = f"longer than {MAX_PAGE:,} bytes after decompression"
                raise UsageError(f"{where} is {problem}; write fewer rows at once")


def _list_sizes(stream: _Stream, column: Any, where: str) -> Iterator[int]:
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
