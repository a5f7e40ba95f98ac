"""Hypothesis strategies made from an operation, and the deterministic cases of `docpact.cases`."""

from __future__ import annotations

from docpact.cases.path_cases import path_cases
from docpact.cases.payloads import boundary_payload_cases, invalid_payload_cases
from docpact.cases.requests import boundary_cases, invalid_cases
from docpact.strategies.items import collections, items, pages
from docpact.strategies.payloads import (
    boundary_payloads,
    boundary_queries,
    from_schema,
    invalid_payloads,
    invalid_queries,
    payloads,
    queries,
)

__all__ = [
    "boundary_cases",
    "boundary_payload_cases",
    "boundary_payloads",
    "boundary_queries",
    "collections",
    "from_schema",
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
