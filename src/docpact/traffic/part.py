"""A part of a source: what one worker reads of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from docpact.traffic.kind import Kind

PART_BYTES: Final = 8 * 1024 * 1024
"""How long a part is; a file that is no longer is not cut."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a source.

    Attributes:
        source: a path, a URL, or `-` for standard input.
        number: of the source among all, from 0.
        start: its first byte in a file of lines, its first row group in a Parquet file.
        end: where it ends, exclusive; None for the end of the source.
        size: how many bytes of the source it covers as stored; 0 where nobody knows.
        kind: what the source holds; None where nobody has looked yet.
    """

    source: str
    number: int
    start: int = 0
    end: int | None = None
    size: int = 0
    kind: Kind | None = None
