"""Columns of Parquet: a row is a record.

Parquet is read page by page, so that what is in memory is a page of each column: as many rows as
its writer wrote at once, 1,024 by the defaults of pyarrow.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from typing import Any, Final

from docpact.errors import MissingExtra, UsageError
from docpact.traffic import stores
from docpact.traffic.naming import is_remote, shown
from docpact.traffic.part import Part
from docpact.traffic.progress import Progress
from docpact.traffic.record import FIELDS, Asked, Entries
from docpact.traffic.recording import Entry

_ROWS: Final = 64  # of some 80 KB each: a few MB are in memory
_BUFFER: Final = 1024 * 1024


def groups(whole: Part, size: int) -> Iterator[Part]:
    """Cut a Parquet file between row groups.

    Args:
        whole: the file.
        size: in bytes; a part ends with the row group that reaches it.

    Raises:
        UsageError: it is no Parquet.
        MissingExtra: the library for it is not installed.
    """
    with _opened(whole.source) as file:
        sizes = [_stored(file.metadata.row_group(at)) for at in range(file.num_row_groups)]
    start = covered = 0
    for end, stored in enumerate(sizes, 1):
        covered += stored
        if covered >= size or end == len(sizes):
            yield Part(whole.source, whole.number, start, end, covered, "parquet")
            start, covered = end, 0


def records(part: Part, asked: Asked, progress: Progress) -> Iterator[tuple[int, Entry]]:
    """Yield the records of a part, each with the index of its row in the file.

    Raises:
        UsageError: it is no Parquet, a column is missing, or a row is no record; it is named.
        MissingExtra: the library for it is not installed.
    """
    name = shown(part.source)
    entry = Entries(asked.operation).entry
    with _opened(part.source) as file:
        columns = _columns(file.schema_arrow, asked, name)
        wanted = list(columns.values())
        for first, batch, consumed in _batches(file, part, wanted, asked.begin):
            values = [
                _values(field, batch.column(columns[field])) if field in columns else repeat(None)
                for field in FIELDS
            ]
            rows = range(first, first + batch.num_rows)
            for position, row in zip(rows, zip(*values, strict=False), strict=True):
                try:
                    record = entry(row)
                except (TypeError, ValueError, OverflowError) as error:
                    raise UsageError(f"{name}: row {position:,}: no record: {error}") from None
                yield position, record
            progress.reached(consumed)


def _batches(
    file: Any, part: Part, columns: list[str], begin: int
) -> Iterator[tuple[int, Any, int]]:
    """Yield the rows from `begin` on, some at a time.

    Each comes with the index of its first row, and the bytes of the part that are consumed with it.
    """
    rows = [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)]
    start, end = part.start, len(rows) if part.end is None else part.end
    at = first = sum(rows[:start])
    total = sum(rows[start:end])
    for group in range(start, end):
        if at + rows[group] <= begin:
            at += rows[group]
            continue
        found = file.iter_batches(_ROWS, [group], columns, use_threads=False)
        while (batch := _next(found, part.source)) is not None:
            passed = min(max(0, begin - at), batch.num_rows)
            consumed = part.size * (at + batch.num_rows - first) // total
            yield at + passed, batch.slice(passed), consumed
            at += batch.num_rows


def _next(batches: Iterator[Any], name: str) -> Any:
    with stores.refusing(name):
        return next(batches, None)


def _columns(schema: Any, asked: Asked, name: str) -> dict[str, str]:
    """Return field → column of those that are there."""
    wanted = asked.named()
    for field, column in wanted.items():
        if column not in schema.names and (field == "body" or field in asked.fields):
            raise UsageError(
                f"{name}: no column `{column}`, but {', '.join(schema.names)}; "
                f"say which holds the {field}: --field {field}=COLUMN"
            )
    body = schema.field(wanted["body"]).type
    if not _is_text(body):
        raise UsageError(f"{name}: column `{wanted['body']}` holds {body}, not text or bytes")
    return {field: column for field, column in wanted.items() if column in schema.names}


def _is_text(kind: Any) -> bool:
    from pyarrow import types  # type: ignore[import-untyped]

    if types.is_dictionary(kind):
        kind = kind.value_type
    return types.is_string(kind) or types.is_large_string(kind) or _is_bytes(kind)


def _is_bytes(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _values(field: str, column: Any) -> list[Any]:
    """Return the values of a column; a body stays bytes, whatever they are."""
    import pyarrow as pa

    if field == "body":
        column = column.cast(pa.large_binary())
    elif _is_bytes(column.type):
        column = column.cast(pa.large_string())
    return column.to_pylist()  # type: ignore[no-any-return]


@contextmanager
def _opened(name: str) -> Iterator[Any]:
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetFile  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise MissingExtra(f"reading {shown(name)}", "audit-parquet") from None
    if not stores.in_ranges(name):
        raise UsageError(f"{shown(name)}: Parquet is read from its end; name a file")
    with stores.refusing(name):
        source = stores.opened(name, in_ranges=True) if is_remote(name) else pa.OSFile(name)
        file = ParquetFile(source, buffer_size=_BUFFER, pre_buffer=False)
    with source:
        yield file


def _stored(group: Any) -> int:
    return sum(group.column(at).total_compressed_size for at in range(group.num_columns))
