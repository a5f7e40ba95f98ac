"""Sources of recorded traffic: what patterns name, cut into parts, each read record by record."""

from __future__ import annotations

from docpact.audit.sources.naming import STDIN, shown
from docpact.audit.sources.part import PART_BYTES, Part
from docpact.audit.sources.parts import parts
from docpact.audit.sources.patterns import sources
from docpact.audit.sources.reading import records
from docpact.audit.sources.record import FIELDS, Record, Torn

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
