"""From sources to parts that workers read side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from docpact.traffic import parquet, stores
from docpact.traffic.kind import Kind, kind
from docpact.traffic.part import PART_BYTES, Part
from docpact.traffic.progress import Progress, nobody
from docpact.traffic.streams import Stored, buffered


def parts(names: Sequence[str], size: int = PART_BYTES) -> tuple[Part, ...]:
    """Return the parts of sources, in order.

    Files of lines are cut where a store gives ranges of them (a line belongs to the part in which
    it begins), Parquet files between row groups. Compressed files, HAR documents, cassettes and
    standard input are not cut.

    Args:
        names: as `sources` returned them.
        size: in bytes; what is no longer is one part.

    Raises:
        UsageError: a source cannot be read.
        MissingExtra: the library to read one is not installed.
    """
    return tuple(part for number, name in enumerate(names) for part in _cut(name, number, size))


def _cut(name: str, number: int, size: int) -> Iterator[Part]:
    whole = Part(name, number, size=stores.size(name))
    found = _kind(whole) if whole.size > size and stores.in_ranges(name) else None
    if found == "lines":
        yield from _ranges(whole, size)
    elif found == "parquet":
        yield from parquet.groups(whole, size)
    else:
        yield whole


def _kind(part: Part) -> Kind:
    with buffered(Stored.of(part, Progress(0, nobody)), part.source) as stream:
        return kind(stream.peek())


def _ranges(whole: Part, size: int) -> Iterator[Part]:
    """Yield ranges; the last takes in what is written to the file meanwhile."""
    bounds = [*range(0, whole.size, size), whole.size]
    for start, end in pairwise(bounds):
        last = end == whole.size
        yield Part(whole.source, whole.number, start, None if last else end, end - start, "lines")
