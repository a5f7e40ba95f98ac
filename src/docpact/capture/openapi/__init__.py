"""OpenAPI: operations captured as contracts, and contracts exported as a document."""

from __future__ import annotations

from docpact.capture.openapi.capture import capture_operation, find_operation, find_operations
from docpact.capture.openapi.document import OpenApiOperation
from docpact.capture.openapi.export import write_document
from docpact.capture.openapi.reading import read_document

__all__ = [
    "OpenApiOperation",
    "capture_operation",
    "find_operation",
    "find_operations",
    "read_document",
    "write_document",
]
