"""OpenAPI: contracts written as a document of it, and operations of one read as contracts."""

from __future__ import annotations

from docpact.capture.openapi.capture import captured
from docpact.capture.openapi.document import OpenApiOperation, find_operation, read_document
from docpact.capture.openapi.export import document

__all__ = ["OpenApiOperation", "captured", "document", "find_operation", "read_document"]
