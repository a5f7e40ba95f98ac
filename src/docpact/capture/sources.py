"""The operations of a text, whatever it is: a reference page, or an OpenAPI document in one."""

from __future__ import annotations

from functools import partial

from docpact.capture import capture, capture_part
from docpact.capture.captured import Found
from docpact.capture.embedded import decode_document, find_documents, is_document
from docpact.capture.openapi.whole import find_operations
from docpact.capture.operations import split_page
from docpact.errors import UsageError


def list_operations(text: str, name: str) -> list[Found]:
    """Return the operations of a page or of a document.

    Args:
        text: of the page or the document.
        name: of the text in errors.

    Raises:
        PageError: it documents no operation.
        UsageError: an OpenAPI document in it cannot be decoded.
        ContractError: it is a document, but not of OpenAPI 3.
        MissingExtra: a document is YAML, and the extra `yaml` is not installed.
    """
    if is_document(text):
        return find_operations(decode_document(text, name), name)
    documents = find_documents(text, name)
    if documents:
        return [
            each
            for line, content in documents
            for each in find_operations(content, f"{name}:{line}")
        ]
    parts = split_page(text)
    if not parts:
        capture(text)
        raise UsageError(f"{name}: documents no operation")
    return [
        Found(part.method_and_path, part.method_and_path, partial(capture_part, part.text))
        for part in parts
    ]
