"""Sources of recorded traffic: what patterns name, cut into parts, each read record by record."""

from __future__ import annotations

from docpact.traffic.naming import STDIN, shown
from docpact.traffic.part import PART_BYTES, Part
from docpact.traffic.parts import parts
from docpact.traffic.patterns import sources
from docpact.traffic.reading import records
from docpact.traffic.record import FIELDS, Record, Torn

__all__ = [
    "FIELDS",
    "PART_BYTES",
    "STDIN",
    "Part",
    "Record",
    "Torn",
    "parts",
    "records",
    "shown",
    "sources",
]
