"""The documented responses that operation.json lists, with their schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from docpact.catalogue.contract import Contract
from docpact.model import DocumentedResponse, ResponseContent, ResponseHeader, Schema
from docpact.model.names import TOKEN
from docpact.model.pointer import pointer
from docpact.model.schema import child

HEADER: Final = "header "
"""The beginning of the name of a header's schema, beside those of media types."""


def read_responses(contract: Contract) -> tuple[DocumentedResponse, ...]:
    """Return every documented response; empty if operation.json lists none.

    Raises:
        ContractError: a part has another type.
    """
    return tuple(
        DocumentedResponse(
            status,
            tuple(_read_content(contract, status)),
            tuple(_read_headers(contract, status)),
        )
        for status in contract.get("/responses", dict, {})
    )


def _read_content(contract: Contract, status: str) -> Iterator[ResponseContent]:
    where = pointer(["responses", status, "content"])
    for number in range(len(contract.get(where, list, []))):
        media_type = contract.get(f"{where}/{number}", str)
        yield ResponseContent(media_type, _find_schema(contract, status, media_type))


def _read_headers(contract: Contract, status: str) -> Iterator[ResponseHeader]:
    where = pointer(["responses", status, "headers"])
    for name in contract.get(where, dict, {}):
        at = f"{where}{pointer([name])}"
        if not TOKEN.fullmatch(name):
            problem = f"a header's name is a token of HTTP (RFC 9110); found {name!r}"
            raise contract.error("operation", at, problem)
        required = contract.get(f"{at}/required", bool, False)
        explode = contract.get(f"{at}/explode", bool, False)
        schema = _find_schema(contract, status, f"{HEADER}{name}") or {}
        yield ResponseHeader(name.lower(), required, schema, explode)


def _find_schema(contract: Contract, status: str, name: str) -> Schema | None:
    """Return the schema of a media type or header of a response, or None."""
    whole: Any = contract.documents.get("responses", {})
    parts = whole.get("properties", {}).get(status, {}).get("properties", {})
    if name not in parts:
        return None
    return child(whole, "properties", status, "properties", name)
