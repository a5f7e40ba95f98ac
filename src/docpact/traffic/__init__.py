"""Recorded traffic of any format, from any store, read record by record.

Patterns name sources; sources are split into parts; parts hold records.
"""

from __future__ import annotations

from docpact.traffic.formats import Traffic, read_records, read_traffic, split_sources
from docpact.traffic.parts import PART_BYTES, Part
from docpact.traffic.records import FIELDS, Entry, IncompleteLine, Options, Record
from docpact.traffic.sources import STDIN, describe_sources, display_name, find_sources

__all__ = [
    "FIELDS",
    "PART_BYTES",
    "STDIN",
    "Entry",
    "IncompleteLine",
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
