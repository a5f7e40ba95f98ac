"""Contracts and documentation pages as sources: each is read as the document that it exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from docpact.capture import capture
from docpact.capture.openapi.document import list_operations
from docpact.capture.openapi.export import refine, write_document
from docpact.capture.openapi.responses import find_main_response
from docpact.catalogue import documents, load, load_files
from docpact.catalogue.contract import nesting
from docpact.diff.openapi import view_operation
from docpact.diff.view import SourceView
from docpact.errors import PageError, UsageError
from docpact.files import read_json, read_text
from docpact.model import Operation, Source
from docpact.model.pointer import pointer


def read_contract(name: str) -> SourceView:
    """Return the statements of a contract, shipped or in a folder, with its refinements.

    Raises:
        ContractError: there is no such contract, or it is broken.
    """
    return _view(load(name), documents(name), name)


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

    Raises:
        ContractError: the contract is broken.
    """
    operation = load_files(files, name)
    return _view(operation, {file: read_json(text) for file, text in files.items()}, name)


def _view(operation: Operation, files: Mapping[str, Any], name: str) -> SourceView:
    """Return the statements of a contract, given its decoded files."""

    def find_source(part: str, path: tuple[str, ...]) -> Source | None:
        found = (each for each in operation.schemas if each == part)
        return next((operation.place_source(each, pointer(path)) for each in found), None)

    local = {f"{part}.schema.json": each for part, each in operation.schemas.items()}
    stated = {"operation.json": refine(files)["operation.json"], **local}
    with nesting(name):
        (found,) = list_operations(write_document([("a/contract", stated)], version=""), name)
        main = find_main_response(found, {operation.content_type}, str(operation.status))
        view = view_operation(found, name, main=main)
    unstated = {"bodies"} if operation.responses else {"bodies", "responses"}
    return replace(
        view,
        facts={**view.facts, "status": str(operation.status)},
        parts={part: each for part, each in view.parts.items() if part not in unstated},
        credentials=view.credentials if operation.credential else None,  # a page may leave them out
        servers=view.servers if operation.server else None,
        is_deprecated=None,
        is_contract=True,
        find_source=find_source,
    )
