"""Every format of recorded traffic, detected by its first bytes, and the readers of any of them."""

from __future__ import annotations

import io
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from docpact.apis import is_api
from docpact.errors import UsageError
from docpact.model import Exchange, Operation
from docpact.traffic import cassette, har, lines, parquet
from docpact.traffic.masking import mask
from docpact.traffic.records import BadRecord, Entry, Options, Record, RunExchange
from docpact.traffic.sources import (
    PART_BYTES,
    Part,
    Progress,
    display_name,
    has_ranges,
    measure_source,
)
from docpact.traffic.streams import decompress, find_compression, open_part

Traffic: TypeAlias = Entry | Exchange | BadRecord
"""The values that `read_traffic` yields."""

MAX_BAD: Final = 100
"""A source that begins with so many bad records is refused."""

MAX_NAMED: Final = 3
"""Maximum number of bad records of a part that are named."""

READ: Final = "docpact reads HAR, cassettes of VCR or nock, JSON lines, its journals and Parquet"
"""Added to the problem of a source without a good record, which may have another format."""

_OTHERS: Final = (
    (rb"\d+:\d+:\w+;", "flows of mitmproxy; `mitmdump -nr FILE --set hardump=FILE.har` writes HAR"),
    (rb"<\?xml.*<charles-session", "a session of Charles; export it as HAR or .chlsj"),
    (
        rb'\s*\{\s*"(?:info|item|collection)"\s*:\s*[\[{].*"https://schema\.getpostman\.com',
        "a collection of Postman; send its requests through a proxy that writes HAR",
    ),
    (
        rb'\s*\{\s*"mappings"\s*:\s*\[',
        "mappings of WireMock; record the traffic with a proxy that writes HAR",
    ),
    (
        rb'\s*\{\s*"requests"\s*:\s*\[.*"absoluteUrl"\s*:',
        "a journal of WireMock; record the traffic with a proxy that writes HAR",
    ),
    (
        rb'\s*\{[ \t]*\r?\n.*"request"\s*:.*"(?:bodyFileName|jsonBody|persistent|uuid)"\s*:',
        "a mapping of WireMock; record the traffic with a proxy that writes HAR",
    ),
)
"""The beginning of other formats, and what they are."""

MORE_BAD: Final = "bad records after those that are named"

_NO_FIELDS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Format:
    """A format of recorded traffic.

    Attributes:
        name: for messages, and for the parts of a source.
        start: the bytes with which a source begins, after a byte order mark.
        read: yields the records of a part, each with its position, given the part's bytes.
        split: yields the parts of a long source that are about so many bytes long; None if a
            source of this format is always one part.
        is_stream: whether `read` needs no more than the bytes in order, so that the source may be
            compressed.
    """

    name: str
    start: re.Pattern[bytes]
    read: Callable[[io.BufferedReader, Part, Options], Iterator[tuple[int, Record]]]
    split: Callable[[Part, int], Iterator[Part]] | None = None
    is_stream: bool = True


FORMATS: Final = (
    Format("parquet", re.compile(rb"PAR1"), parquet.read, parquet.split, is_stream=False),
    Format("har", har.START, har.read),
    Format("HAR in a .zip file", re.compile(rb"PK\x03\x04"), har.read_zip, is_stream=False),
    Format("cassette", cassette.START, cassette.read),
    Format("lines", re.compile(rb""), lines.read, lines.split),
)
"""Every format; the first that matches is read."""

_BY_NAME: Final = {format_.name: format_ for format_ in FORMATS}


def detect(head: bytes) -> Format:
    """Return the format of a source that begins with some bytes."""
    return next(format_ for format_ in FORMATS if format_.start.match(head.removeprefix(BOM_UTF8)))


def split_sources(names: Sequence[str], size: int = PART_BYTES) -> tuple[Part, ...]:
    """Return the parts of sources, in order, each of about a size; shorter sources are one part.

    Files of lines are split where a store allows reading ranges (a line belongs to the part in
    which it begins), Parquet files between row groups. Compressed files, HAR documents, cassettes
    and standard input are not split.
    """
    return tuple(part for number, name in enumerate(names) for part in _split(name, number, size))


def read_records(part: Part, options: Options) -> Iterator[tuple[int, Record]]:
    """Yield the records of a part, each with its position; memory does not grow with its length.

    A position is the byte in the decompressed source at which a line begins, or the index of an
    entry of a document or of a row of a Parquet file; it grows from record to record.
    """
    good, bad = options.begin or part.start, list[str]()
    for position, record in _read(part, options):
        if isinstance(record, BadRecord) and record.problem:
            bad += [record.problem] if len(bad) < MAX_BAD else []
            is_named = record.is_last or len(bad) <= MAX_NAMED
            yield position, record if is_named else BadRecord(is_last=False, problem=MORE_BAD)
        else:
            good += 1
            yield position, mask(record, options.operation) if isinstance(record, Entry) else record
        if not good and len(bad) == MAX_BAD:
            break
    if bad and not good:
        if is_api(part.source):
            name = display_name(part.source)
            raise UsageError(f"{name}: an OpenAPI document, not a recording; name it first")
        raise UsageError(f"{bad[0]}; {READ}")
    options.progress.finish()


def _read(part: Part, options: Options) -> Iterator[tuple[int, Record]]:
    with open_part(part, options.progress) as stream:
        if part.format is not None:
            yield from _BY_NAME[part.format].read(stream, part, options)
            return
        plain, compression = decompress(stream, part.source)
        format_ = detect(plain.peek())
        if compression is not None and not format_.is_stream:
            raise UsageError(
                f"{display_name(part.source)}: {format_.name} inside {compression.name}; "
                "decompress it first"
            )
        if format_.name == "lines":
            _refuse_others(plain.peek(), part.source)
        yield from format_.read(plain, part, options)


def _refuse_others(head: bytes, source: str) -> None:
    for start, says in _OTHERS:
        if re.match(start, head.removeprefix(BOM_UTF8), re.DOTALL):
            raise UsageError(f"{display_name(source)}: {says}")


def read_traffic(
    part: Part,
    operation: Operation,
    fields: Mapping[str, str] = _NO_FIELDS,
    *,
    begin: int = 0,
    report: Callable[[int], None] | None = None,
) -> Iterator[tuple[int, Traffic]]:
    """Yield the records that can be judged one by one; see `read_records` for positions and errors.

    The fields are as in `Options`. The function is called with the number of bytes read since the
    last call, as stored; all numbers add up to the part's size.
    """
    options = Options(operation, fields, begin, Progress(part.size, report))
    for position, record in read_records(part, options):
        if isinstance(record, Entry | BadRecord):
            yield position, record
        elif isinstance(record, RunExchange):
            yield position, record.exchange


def _split(name: str, number: int, size: int) -> Iterator[Part]:
    whole = Part(name, number, size=measure_source(name))
    if whole.size > size and has_ranges(name):
        with open_part(whole, Progress()) as stream:
            head = stream.peek()
        split = detect(head).split
        if split is not None and find_compression(head) is None:
            yield from split(whole, size)
            return
    yield whole
