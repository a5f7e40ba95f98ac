"""What a source holds, told by its first bytes, whatever its name."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["gzip", "zstd", "parquet", "har", "cassette", "lines"]

LOOK: Final = 4096
"""How many bytes tell a kind."""

BOM: Final = b"\xef\xbb\xbf"

_MAGIC: Final[tuple[tuple[bytes, Kind], ...]] = (
    (b"\x1f\x8b", "gzip"),  # RFC 1952, 2.3.1
    (b"\x28\xb5\x2f\xfd", "zstd"),  # RFC 8878, 3.1.1
    (b"PAR1", "parquet"),
)
_SKIPPABLE: Final = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")  # RFC 8878, 3.1.2
# By a first field of HAR 1.2 too: lines of other logs may begin with a `log` of their own.
_HAR: Final = re.compile(
    rb'\s*\{\s*"log"\s*:\s*\{\s*(?:\}|"(?:version|creator|browser|pages|entries|comment)")'
)
_CASSETTE: Final = re.compile(
    rb'\s*\{\s*(?:"version"\s*:\s*\d+\s*,\s*)?"interactions"\s*:'
    rb"|(?:#[^\n]*\n|---[^\n]*\n|\s+)*(?:interactions|version)\s*:"
)


def kind(head: bytes) -> Kind:
    """Tell what begins with some bytes; whatever is nothing else is lines of JSON."""
    for magic, told in _MAGIC:
        if head.startswith(magic):
            return told
    if _SKIPPABLE.match(head):
        return "zstd"
    text = head.removeprefix(BOM)
    if _HAR.match(text):
        return "har"
    return "cassette" if _CASSETTE.match(text) else "lines"
