"""The results of translating schemas that several operations of a document need."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

MOST: Final = 16
"""Maximum number of translations that a document keeps: operations of one path are neighbors."""


class Translation(NamedTuple):
    """The result of a translation, and all that it added to its translator.

    Attributes:
        schemas: the result and the definitions, pickled because translators change theirs.
        origins: see `Record`; those of the translation alone.
        parts: how many numbers of parts it took.
    """

    schemas: bytes
    origins: dict[str, str]
    gaps: list[tuple[str, str, str]]
    names: dict[str, str]
    targets: dict[str, tuple[Any, str]]
    parts: int
