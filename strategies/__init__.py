"""Hypothesis strategies, and the deterministic cases at the edges, all made from an operation."""

from __future__ import annotations

from docpact.cases.path_edges import path_cases
from docpact.cases.payload_edges import boundary_payload_cases
from docpact.cases.payload_violations import invalid_payload_cases
from docpact.cases.query_edges import boundary_cases
from docpact.cases.query_violations import invalid_cases
from docpact.strategies.items import collections, items
from docpact.strategies.pages import pages
from docpact.strategies.payloads import boundary_payloads, invalid_payloads, payloads
from docpact.strategies.queries import boundary_queries, invalid_queries, queries

__all__ = [
    "boundary_cases",
    "boundary_payload_cases",
    "boundary_payloads",
    "boundary_queries",
    "collections",
    "invalid_cases",
    "invalid_payload_cases",
    "invalid_payloads",
    "invalid_queries",
    "items",
    "pages",
    "path_cases",
    "payloads",
    "queries",
]
