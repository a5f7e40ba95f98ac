"""An operation of an OpenAPI document as a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from docpact.capture.openapi.capture import list_servers
from docpact.capture.openapi.document import OpenApiOperation, find_operation
from docpact.capture.openapi.reading import read_document
from docpact.capture.openapi.request_bodies import StatedBody, find_body
from docpact.capture.openapi.responses import (
    FRAMING,
    MainResponse,
    find_main_response,
    list_responses,
)
from docpact.capture.openapi.security import TOKEN_TYPES, find_scheme, list_requirements
from docpact.diff.facts import (
    SCOPE,
    describe_credential,
    describe_parameters,
    describe_responses,
    normalize_media_type,
)
from docpact.diff.view import (
    Alternatives,
    Completeness,
    SourceView,
    ValueView,
    object_of,
    view_schema,
)


def read_operation(name: str) -> OpenApiOperation:
    """Return the operation that `FILE.json#OPERATION_ID`, or a YAML file, names.

    Raises:
        UsageError: the file cannot be read.
        ContractError: it is not an OpenAPI 3 document, it has no such operation, or a reference
            leads nowhere.
    """
    file, _, operation_id = name.partition("#")
    return find_operation(read_document(Path(file)), operation_id, file)


def view_operation(
    operation: OpenApiOperation, name: str, other: OpenApiOperation | None = None
) -> SourceView:
    """Return the statements about an operation under a name.

    Args:
        operation: of a document.
        name: of the view.
        other: the operation that it is compared with; media types of both come first.

    Raises:
        ContractError: it documents no response, or a reference leads nowhere.
    """
    beside = operation if other is None else other
    sent, status = find_body(beside), find_main_response(beside).stated
    received = [each.content for each in list_responses(beside) if each.status == status]
    body = find_body(operation, {sent.media_type, *sent.others.values()} if sent else ())
    main = find_main_response(operation, set().union(*received))
    return SourceView(
        name,
        Completeness.WHOLE,
        facts={
            "method": operation.method.upper(),
            "path": operation.path,
            "status": str(main.status),
            "content_type": main.media_type,
            **({"body_type": body.media_type} if body is not None else {}),
        },
        parts=dict(_list_parts(operation, main, body)),
        credentials=_list_credentials(operation),
        servers=frozenset(list_servers(operation) or ["/"]),
        is_deprecated=operation.content.get("deprecated") is True,
    )


def _list_parts(
    operation: OpenApiOperation, main: MainResponse, body: StatedBody | None
) -> Iterator[tuple[str, ValueView | None]]:
    resolve = operation.document.lookup
    listed = {
        (str(each.get("in")), str(each.get("name"))): (each.get("required") is True, _schema(each))
        for each, _ in operation.parameters()
    }
    for place in ("query", "path", "header", "cookie"):
        found = [(name, *stated) for (where, name), stated in listed.items() if where == place]
        yield place, view_schema(describe_parameters(operation.path, place, found), resolve)
    if body is None:
        yield "body", None
    else:
        view = view_schema(body.schema, resolve, "readOnly")
        yield "body", replace(view, is_present=body.entry.get("required", True))
    bodies = {
        normalize_media_type(name): resolve(f"#{at}").get("schema", {})
        for at, name in (body.others if body else {}).items()
    }
    yield "bodies", view_schema(object_of(bodies), resolve, "readOnly")
    yield "response", view_schema(main.media.get("schema", {}), resolve, "writeOnly")
    others = view_schema(_describe_responses(operation, main), resolve, "writeOnly")
    yield "responses", others


def _schema(parameter: Mapping[str, Any]) -> Any:
    """Return the schema of a parameter or header, with the deprecation of the parameter itself."""
    content = parameter.get("content")
    media = next(iter(content.values()), None) if isinstance(content, dict) else None
    holder = media if isinstance(media, Mapping) else parameter
    schema = holder.get("schema", {})
    is_marked = parameter.get("deprecated") is True and isinstance(schema, Mapping)
    return {**schema, "deprecated": True} if is_marked else schema


def _describe_responses(operation: OpenApiOperation, main: MainResponse) -> dict[str, Any]:
    return describe_responses(
        (
            each.status,
            {
                name: media.get("schema", {})
                for name, (media, _) in each.content.items()
                if (each.status, name) != (main.stated, main.media_type)
            },
            {
                name: (header.get("required") is True, _schema(header))
                for name, (header, _) in each.headers.items()
                if name.lower() not in FRAMING
            },
        )
        for each in list_responses(operation)
    )


def _list_credentials(operation: OpenApiOperation) -> Alternatives:
    """Return the alternatives; tokens of OAuth 2 and OpenID Connect are bearer tokens."""
    requirements, _ = list_requirements(operation)
    return frozenset(
        frozenset(
            text
            for name, scopes in each.items()
            for text in _describe_scheme(find_scheme(operation, name), name, scopes)
        )
        for each in requirements or [{}]
    )


def _describe_scheme(scheme: Mapping[str, Any], name: str, scopes: Any) -> Iterator[str]:
    kind = str(scheme.get("type"))
    if not scheme:
        yield f"undefined scheme {name}"
    elif kind == "apiKey":
        yield describe_credential(kind, str(scheme.get("in")), str(scheme.get("name")))
    elif kind in TOKEN_TYPES:
        yield describe_credential("bearer")
        yield from (f"{SCOPE}{each}" for each in (scopes if isinstance(scopes, list) else ()))
    else:
        yield describe_credential(str(scheme.get("scheme")) if kind == "http" else kind)
