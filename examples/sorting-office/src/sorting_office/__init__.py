"""Counts an account's documents by their LlamaCloud classification."""

from __future__ import annotations

from sorting_office.answers import Busy, ConnectionLost, KeyRefused, OfficeError, Unreadable
from sorting_office.office import connect, failed, tally

__all__ = [
    "Busy",
    "ConnectionLost",
    "KeyRefused",
    "OfficeError",
    "Unreadable",
    "connect",
    "failed",
    "tally",
]
