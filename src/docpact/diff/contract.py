"""Contracts and documentation pages as sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from docpact.capture import capture
from docpact.catalogue import load, load_files
from docpact.diff.view import Completeness, SourceView, view_schema
from docpact.errors import PageError, UsageError
from docpact.files import read_text
from docpact.model import Operation, Source
from docpact.model.pointer import pointer
from docpact.model.references import resolver


def read_contract(name: str) -> SourceView:
    """Return the statements of a contract, with its refinements.

    Args:
        name: of a shipped contract, or the path of a folder.

    Raises:
        ContractError: there is no such contract, or it is broken.
    """
    return view_operation(load(name), name)


def read_page(name: str) -> SourceView:
    """Return the statements of a documentation page, without refinements.

    Raises:
        UsageError: the page cannot be read or understood; the error names the line.
    """
    try:
        files = capture(read_text(Path(name)))
    except PageError as error:
        raise UsageError(f"{name}:{error.line}: {error.problem}") from None
    return view_files(files, name)


def view_files(files: Mapping[str, str], name: str) -> SourceView:
    """Return the statements of the files of a contract.

    Args:
        files: name → text, as `docpact.capture.capture` returns them.
        name: of the contract in reports.

    Raises:
        ContractError: the contract is broken.
    """
    return view_operation(load_files(files, name), name)


def view_operation(operation: Operation, name: str) -> SourceView:
    """Return the statements of the contract of an operation.

    Args:
        operation: the contract.
        name: of the contract in reports.
    """

    def find_source(part: str, path: tuple[str, ...]) -> Source | None:
        return operation.place_source("query" if part == "query" else "response", pointer(path))

    query, response = operation.query_schema, operation.response_schema
    return SourceView(
        name,
        Completeness.WHOLE,
        facts={
            "method": operation.method,
            "path": operation.path,
            "status": str(operation.status),
            "content_type": operation.content_type,
        },
        query=view_schema(query, resolver(query, f"{name}/query.schema.json")),
        response=view_schema(response, resolver(response, f"{name}/response.schema.json")),
        find_source=find_source,
    )
