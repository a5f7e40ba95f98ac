"""Diff: two sources of one operation compared, and several of them side by side."""

from __future__ import annotations

from docpact.diff.compare import diff, list_compared, not_compared
from docpact.diff.disagreement import Disagreement, disagree
from docpact.diff.rules import RULES, Change, DiffRule
from docpact.diff.sources import read_source
from docpact.diff.view import SourceView

__all__ = [
    "RULES",
    "Change",
    "DiffRule",
    "Disagreement",
    "SourceView",
    "diff",
    "disagree",
    "list_compared",
    "not_compared",
    "read_source",
]
