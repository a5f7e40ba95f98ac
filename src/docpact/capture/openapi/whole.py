"""A whole OpenAPI document, captured as one contract for each operation."""

from __future__ import annotations

from functools import partial
from typing import Any

from docpact.capture.captured import Captured, Found, capture_all
from docpact.capture.openapi.capture import capture_operation
from docpact.capture.openapi.document import list_operations
from docpact.model.pointer import resolve


def find_operations(content: Any, name: str) -> list[Found]:
    """Return the operations of a decoded document.

    Raises:
        ContractError: it is not an OpenAPI document.
    """
    title = str(resolve(content, "/info/title", ""))
    return [
        Found(each.name, each.method_and_path, partial(capture_operation, each), title)
        for each in list_operations(content, name)
    ]


def capture_document(content: Any, name: str, provider: str) -> Captured:
    """Capture and load every operation of a document.

    Args:
        content: the decoded document.
        name: of the document in errors.
        provider: the first part of the name of each contract.

    Raises:
        ContractError: it is not an OpenAPI document, or has no operation.
    """
    return capture_all(find_operations(content, name), name, provider)
