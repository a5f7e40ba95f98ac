"""Contracts and documentation pages as sources."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from docpact.capture import capture
from docpact.catalogue import load, load_files
from docpact.diff.facts import describe_credential, describe_parameters, describe_responses
from docpact.diff.view import Alternatives, Completeness, SourceView, ValueView, view_schema
from docpact.errors import PageError, UsageError
from docpact.files import read_text
from docpact.model import Operation, Source
from docpact.model.operation import Document
from docpact.model.pointer import pointer
from docpact.model.schema import Schema


def read_contract(name: str) -> SourceView:
    """Return the statements of a contract, shipped or in a folder, with its refinements.

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

    Raises:
        ContractError: the contract is broken.
    """
    return view_operation(load_files(files, name), name)


def view_operation(operation: Operation, name: str) -> SourceView:
    """Return the statements of the contract of an operation."""

    def find_source(part: str, path: tuple[str, ...]) -> Source | None:
        document = _DOCUMENTS.get(part)
        return operation.place_source(document, pointer(path)) if document is not None else None

    return SourceView(
        name,
        Completeness.WHOLE,
        facts=dict(_list_facts(operation)),
        parts=dict(_list_parts(operation)),
        credentials=_list_credentials(operation),
        servers=frozenset({operation.server}) if operation.server else None,
        is_contract=True,
        find_source=find_source,
    )


_DOCUMENTS: Final[Mapping[str, Document]] = {
    "query": "query",
    "response": "response",
    "body": "body",
    "responses": "responses",
}
"""Part of an operation → the document of a contract that states it."""


def _list_facts(operation: Operation) -> Iterator[tuple[str, str]]:
    yield "method", operation.method
    yield "path", operation.path
    yield "status", str(operation.status)
    yield "content_type", operation.content_type
    if operation.body_schema is not None:
        yield "body_type", operation.request_body.media_type


def _list_parts(operation: Operation) -> Iterator[tuple[str, ValueView | None]]:
    for part, schema in (
        ("query", operation.query_schema),
        ("response", operation.response_schema),
    ):
        yield part, view_schema(schema)
    for location in ("path", "header", "cookie"):
        listed = [p for p in operation.parameters if p.location == location]
        stated = ((p.name, p.required, p.schema) for p in listed)
        definitions = dict(ChainMap(*(p.schema.get("$defs", {}) for p in listed)))
        schema = describe_parameters(operation.path, location, stated)
        yield location, view_schema({**schema, "$defs": definitions})
    body = operation.body_schema
    if body is None:
        yield "body", None
    else:
        view = view_schema(body)
        yield "body", replace(view, is_present=operation.request_body.required)
    if operation.responses:
        schema = _describe_responses(operation)
        yield "responses", view_schema(schema)


def _describe_responses(operation: Operation) -> Schema:
    stated = describe_responses(
        (
            each.status,
            {
                content.media_type: content.schema or {}
                for content in each.content
                if not (
                    operation.is_main_response(each)
                    and content.media_type == operation.content_type
                )
            },
            {header.name: (header.required, header.schema) for header in each.headers},
        )
        for each in operation.responses
    )
    return {**stated, "$defs": (operation.responses_schema or {}).get("$defs", {})}


def _list_credentials(operation: Operation) -> Alternatives | None:
    """Return the documented credentials; None if there are none, which a page may leave out."""
    if operation.credential is None:
        return None
    stated = (operation.credentials, *operation.alternatives)
    found = {
        frozenset(describe_credential(c.scheme, c.place, c.name) for c in each) for each in stated
    }
    return frozenset(found | ({frozenset()} if operation.credential.is_optional else set()))
