"""OpenAPI: contracts written as a document of it, and operations of one read as contracts."""

from __future__ import annotations

from docpact.capture.openapi.capture import captured
from docpact.capture.openapi.document import Stated, find
from docpact.capture.openapi.export import document

__all__ = ["Stated", "captured", "document", "find"]
