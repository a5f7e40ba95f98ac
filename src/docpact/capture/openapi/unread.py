"""Fields of an OpenAPI operation that no other part of docpact reads: each of them is a gap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from docpact.capture.openapi.document import OpenApiOperation
from docpact.capture.openapi.request_bodies import FORMS
from docpact.media_types import parse_media_type
from docpact.model.pointer import pointer

_SAID: Final[Mapping[str, str]] = {
    "callbacks": "the API sends these requests, and docpact receives none",
    "allowEmptyValue": "an empty value is not tested",
    "encoding": "only request bodies that are forms have encoded parts",
    "requestBody": "a link has values for paths and queries alone",
    "server": "a link is followed on the server of this operation",
}
"""Field → why docpact does not read it, where that is known."""

_OTHER: Final = ("description", "summary", "deprecated", "example", "x-", "$ref")
"""Beginnings of fields of any object that state nothing about messages themselves."""

_MEDIA: Final = {"schema": "", "itemSchema": ""}

_FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "operation": {
        **dict.fromkeys(("tags", "externalDocs", "operationId", "security", "servers"), ""),
        "parameters": "parameter",
        "requestBody": "body",
        "responses": "response",
    },
    "parameter": {
        **dict.fromkeys(("name", "in", "required", "style", "explode", "allowReserved"), ""),
        "schema": "",
        "content": "media",
    },
    "body": {"required": "", "content": "sent"},
    "sent": {**_MEDIA, "encoding": "encoding"},
    "media": _MEDIA,
    "encoding": dict.fromkeys(("contentType", "style", "explode"), ""),
    "response": {"headers": "header", "content": "media", "links": "link"},
    "header": dict.fromkeys(("required", "style", "explode", "schema", "content"), ""),
    "link": dict.fromkeys(("operationRef", "operationId", "parameters"), ""),
}
"""Kind of object → each field that is read, with the kind of the objects in it, if any."""


def list_unread_fields(operation: OpenApiOperation) -> Iterator[tuple[str, str]]:
    """Yield JSON Pointer and description of each field that docpact does not read."""
    shared = {"parameters": operation.path_item.get("parameters")}
    for value, where in (operation.content, operation.where), (shared, operation.item_where):
        yield from _visit(operation, "operation", value, where)


def _visit(
    operation: OpenApiOperation, kind: str, value: Any, where: str
) -> Iterator[tuple[str, str]]:
    value, where = operation.document.read_object(value, where)
    for name, each in value.items():
        at, inner = f"{where}{pointer([name])}", _FIELDS[kind].get(name)
        if inner is None and each and not name.startswith(_OTHER):
            yield at, f"{kind} {name}: {_SAID.get(name, 'docpact does not read it')}"
        elif inner == "body":
            yield from _visit(operation, inner, each, at)
        elif inner and isinstance(each, Mapping | list):
            for key, part in each.items() if isinstance(each, Mapping) else enumerate(each):
                is_form = inner == "sent" and parse_media_type(str(key)).name in FORMS
                found = "media" if inner == "sent" and not is_form else inner
                yield from _visit(operation, found, part, f"{at}{pointer([key])}")
