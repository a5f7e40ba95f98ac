"""The request body of an OpenAPI operation, as a contract states it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from docpact.capture.openapi.document import OpenApiOperation
from docpact.media_types import is_json, is_text, parse_media_type
from docpact.model.pointer import pointer

FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
"""Media types with named parts, whose encoding a document may state."""


class StatedBody(NamedTuple):
    """A documented request body.

    Attributes:
        media_type: the one that docpact reads.
        schema: of the decoded value.
        where: JSON Pointer of the media object.
        entry: of operation.json; empty for a required body of `application/json`.
        others: JSON Pointer → media type that the contract does not contain.
    """

    media_type: str
    schema: Any
    where: str
    entry: dict[str, Any]
    others: dict[str, str]


def find_body(operation: OpenApiOperation) -> StatedBody | None:
    """Return the request body: JSON comes before forms, and these before text and bytes.

    Raises:
        ContractError: a reference leads nowhere.
    """
    if "requestBody" not in operation.content:
        return None
    body, at = operation.document.resolve(
        operation.content["requestBody"], f"{operation.where}/requestBody"
    )
    content = body.get("content") if isinstance(body, Mapping) else None
    found = (
        {str(n): e for n, e in content.items() if isinstance(e, Mapping)}
        if isinstance(content, Mapping)
        else {}
    )
    if not found:
        return None
    name = min(found, key=_rank)
    media, where = found[name], f"{at}{pointer(['content', name])}"
    entry: dict[str, Any] = {} if name == "application/json" else {"content_type": name}
    entry |= {} if body.get("required") is True else {"required": False}
    encodings = _read_encodings(media) if parse_media_type(name).name in FORMS else {}
    entry |= {"encoding": encodings} if encodings else {}
    others = {f"{at}{pointer(['content', each])}": each for each in found if each != name}
    return StatedBody(name, media.get("schema", {}), where, entry, others)


def _rank(name: str) -> tuple[int, bool, str]:
    kind = name.lower()
    plain = parse_media_type(kind).name
    order = [is_json(kind), plain == FORMS[0], plain == FORMS[1], is_text(kind), True]
    return order.index(True), not kind.startswith("application/json"), kind


def _read_encodings(media: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return how each property is written, where the document says so."""
    stated = media.get("encoding")
    found: dict[str, dict[str, Any]] = {}
    for name, each in stated.items() if isinstance(stated, Mapping) else ():
        held = each if isinstance(each, Mapping) else {}
        kept: dict[str, Any] = {}
        if isinstance(held.get("style"), str):
            kept["style"] = held["style"]
        if isinstance(held.get("explode"), bool):
            kept["explode"] = held["explode"]
        if isinstance(held.get("contentType"), str):
            kept["content_type"] = held["contentType"]
        if kept:
            found[str(name)] = kept
    return found
