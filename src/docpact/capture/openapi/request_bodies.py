"""The request body of an OpenAPI operation, as a contract states it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from docpact.capture.openapi.document import OpenApiOperation
from docpact.media_types import is_json, is_text, parse_media_type
from docpact.model.pointer import mapping_of, pointer

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


def find_body(operation: OpenApiOperation, preferred: Collection[str] = ()) -> StatedBody | None:
    """Return the request body: JSON comes before forms, and these before text and bytes.

    Preferred media types come before all others.

    Raises:
        ContractError: a reference leads nowhere.
    """
    if "requestBody" not in operation.content:
        return None
    body, at = operation.document.resolve(
        operation.content["requestBody"], f"{operation.where}/requestBody"
    )
    content = mapping_of(mapping_of(body).get("content"))
    found = {str(name): each for name, each in content.items() if isinstance(each, Mapping)}
    if not found:
        return None
    name = min(found, key=lambda each: (each not in preferred, _rank(each)))
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
    read = (
        ("style", "style", str),
        ("explode", "explode", bool),
        ("contentType", "content_type", str),
    )
    found: dict[str, dict[str, Any]] = {}
    for name, each in mapping_of(media.get("encoding")).items():
        held = mapping_of(each)
        if kept := {own: held[key] for key, own, kind in read if isinstance(held.get(key), kind)}:
            found[str(name)] = kept
    return found
