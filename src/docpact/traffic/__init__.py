"""Recorded traffic of any format, from any store, read record by record.

Patterns name sources; sources are split into parts; parts contain records.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from docpact.traffic.formats import Traffic, read_records, read_traffic, split_sources
    from docpact.traffic.records import FIELDS, BadRecord, Entry, Options, Record
    from docpact.traffic.sources import (
        PART_BYTES,
        STDIN,
        Part,
        describe_sources,
        display_name,
        find_sources,
    )

__all__ = [
    "FIELDS",
    "PART_BYTES",
    "STDIN",
    "BadRecord",
    "Entry",
    "Options",
    "Part",
    "Record",
    "Traffic",
    "describe_sources",
    "display_name",
    "find_sources",
    "read_records",
    "read_traffic",
    "split_sources",
]

_HOMES: Final = {
    "formats": ("Traffic", "read_records", "read_traffic", "split_sources"),
    "records": ("FIELDS", "Entry", "BadRecord", "Options", "Record"),
    "sources": ("PART_BYTES", "STDIN", "Part", "describe_sources", "display_name", "find_sources"),
}
"""Module → its public names, imported when first used: a check needs the journal alone."""


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"docpact.traffic.{module}"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
