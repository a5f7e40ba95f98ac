"""Recorded traffic of any format, from any store, read record by record.

Patterns name sources; sources are split into parts; parts contain records. A source that cannot be
read raises UsageError, or MissingExtra if the library for it is not installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docpact.traffic.formats import Traffic, read_records, read_traffic, split_sources
    from docpact.traffic.records import FIELDS, BadRecord, Entry, Options
    from docpact.traffic.sources import STDIN, Part, describe_sources, display_name, find_sources

__all__ = [
    "FIELDS",
    "STDIN",
    "BadRecord",
    "Entry",
    "Options",
    "Part",
    "Traffic",
    "describe_sources",
    "display_name",
    "find_sources",
    "read_records",
    "read_traffic",
    "split_sources",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: a check needs the journal alone."""
    for module in ("sources", "records", "formats") if name in __all__ else ():
        found = import_module(f"docpact.traffic.{module}")
        if hasattr(found, name):
            return getattr(found, name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
