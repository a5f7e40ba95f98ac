"""Hypothesis strategies, and the deterministic cases at the edges, all made from an operation."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from docpact.strategies.items import collections, items
    from docpact.strategies.pages import pages
    from docpact.strategies.payload_edges import boundary_payload_cases, boundary_payloads
    from docpact.strategies.payload_violations import invalid_payload_cases, invalid_payloads
    from docpact.strategies.payloads import payloads
    from docpact.strategies.queries import boundary_queries, invalid_queries, queries
    from docpact.strategies.query_edges import boundary_cases
    from docpact.strategies.query_violations import invalid_cases

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
    "payloads",
    "queries",
]

_HOMES: Final = {
    "boundary_cases": "docpact.strategies.query_edges",
    "boundary_payload_cases": "docpact.strategies.payload_edges",
    "boundary_payloads": "docpact.strategies.payload_edges",
    "boundary_queries": "docpact.strategies.queries",
    "collections": "docpact.strategies.items",
    "invalid_cases": "docpact.strategies.query_violations",
    "invalid_payload_cases": "docpact.strategies.payload_violations",
    "invalid_payloads": "docpact.strategies.payload_violations",
    "invalid_queries": "docpact.strategies.queries",
    "items": "docpact.strategies.items",
    "pages": "docpact.strategies.pages",
    "payloads": "docpact.strategies.payloads",
    "queries": "docpact.strategies.queries",
}
"""Where each public name lives; it is imported when it is first used, so that what only needs the
cases does not pay for Hypothesis."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
