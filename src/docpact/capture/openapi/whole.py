"""A whole OpenAPI document, captured as one contract for each operation."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any, Final

from docpact.capture.openapi.capture import capture_operation
from docpact.capture.openapi.document import list_operations
from docpact.catalogue import load_files
from docpact.errors import ContractError
from docpact.model import Operation

LONGEST: Final = 100
"""Maximum number of characters of a folder's name; file systems allow 255 bytes."""

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Captured:
    """The contracts of a document.

    Attributes:
        contracts: name of the folder → files of the contract, by name.
        operations: name of the folder → the contract, loaded.
        refused: name of an operation → why docpact cannot use it.
    """

    contracts: Mapping[str, Mapping[str, str]]
    operations: Mapping[str, Operation]
    refused: Mapping[str, str]


def capture_document(content: Any, name: str, provider: str) -> Captured:
    """Capture and load every operation of a document.

    Args:
        content: the decoded document.
        name: of the document in errors.
        provider: the first part of the name of each contract.

    Raises:
        ContractError: it is not an OpenAPI document, or has no operation.
    """
    contracts: dict[str, Mapping[str, str]] = {}
    operations: dict[str, Operation] = {}
    refused: dict[str, str] = {}
    for each in list_operations(content, name):
        folder = _name_folder(each.name, {known.lower() for known in contracts})
        try:
            files = capture_operation(each)
            operations[folder] = load_files(files, f"{provider}/{folder}")
        except ContractError as error:
            refused[each.name] = str(error)
        else:
            contracts[folder] = files
    if not contracts and not refused:
        raise ContractError(name, "the document has no operations")
    return Captured(contracts, operations, refused)


def _name_folder(operation: str, taken: Container[str]) -> str:
    """Return a folder name that every file system accepts, and that no other operation has."""
    plain = _UNSAFE.sub("_", operation).strip("_")[:LONGEST] or "operation"
    name, number = plain, 1
    while name.lower() in taken:
        number += 1
        name = f"{plain}_{number}"
    return name
