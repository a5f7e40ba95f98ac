"""Diff: two sources of one operation held against each other, and more of them side by side."""

from __future__ import annotations

from docpact.diff.changes import Change, compared, diff
from docpact.diff.disagreement import Disagreement, disagree
from docpact.diff.rules import RULES, DiffRule
from docpact.diff.side import Side
from docpact.diff.sources import side

__all__ = [
    "RULES",
    "Change",
    "DiffRule",
    "Disagreement",
    "Side",
    "compared",
    "diff",
    "disagree",
    "side",
]
