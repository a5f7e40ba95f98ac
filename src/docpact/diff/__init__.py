"""Diff: two sources of one operation compared, and several of them side by side."""

from __future__ import annotations

from docpact.diff.compare import diff, list_compared, not_compared
from docpact.diff.moves import Disagreement, Since, Version, disagree, find_moves, list_pages
from docpact.diff.openapi import SourceDiff, diff_documents, diff_sources, is_document
from docpact.diff.rules import RULES, Change, DiffRule
from docpact.diff.sources import read_both, read_source
from docpact.diff.view import SourceView

__all__ = [
    "RULES",
    "Change",
    "DiffRule",
    "Disagreement",
    "Since",
    "SourceDiff",
    "SourceView",
    "Version",
    "diff",
    "diff_documents",
    "diff_sources",
    "disagree",
    "find_moves",
    "is_document",
    "list_compared",
    "list_pages",
    "not_compared",
    "read_both",
    "read_source",
]
