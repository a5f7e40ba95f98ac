"""Diff: two sources of one operation compared, and several of them side by side."""

from docpact.diff.compare import diff as diff
from docpact.diff.compare import not_compared as not_compared
from docpact.diff.moves import Disagreement as Disagreement
from docpact.diff.moves import Since as Since
from docpact.diff.moves import Version as Version
from docpact.diff.moves import disagree as disagree
from docpact.diff.moves import find_moves as find_moves
from docpact.diff.moves import list_pages as list_pages
from docpact.diff.openapi import SourceDiff as SourceDiff
from docpact.diff.openapi import diff_documents as diff_documents
from docpact.diff.openapi import diff_sources as diff_sources
from docpact.diff.openapi import is_document as is_document
from docpact.diff.rules import RULES as RULES
from docpact.diff.rules import Change as Change
from docpact.diff.rules import DiffRule as DiffRule
from docpact.diff.sources import read_both as read_both
from docpact.diff.sources import read_source as read_source
from docpact.diff.view import SourceView as SourceView
