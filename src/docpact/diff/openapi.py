"""An operation of an OpenAPI 3 document as a source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docpact.capture.openapi.document import OpenApiOperation, find_operation
from docpact.capture.openapi.reading import read_document
from docpact.capture.openapi.responses import find_main_response
from docpact.diff.view import Completeness, SourceView, view_schema


def read_openapi(name: str) -> SourceView:
    """Return the statements of an OpenAPI document about one operation.

    Args:
        name: `FILE.json#OPERATION_ID`, or the same with a YAML file.

    Raises:
        UsageError: the file cannot be read.
        MissingExtra: it is YAML, and the extra `yaml` is not installed.
        ContractError: it is not an OpenAPI 3 document, it has no such operation, a reference leads
            nowhere, or only errors are documented.
    """
    file, _, operation_id = name.partition("#")
    operation = find_operation(read_document(Path(file)), operation_id, file)
    main = find_main_response(operation)
    resolve = operation.document.lookup
    return SourceView(
        name,
        Completeness.WHOLE,
        facts={
            "method": operation.method.upper(),
            "path": operation.path,
            "status": str(main.status),
            "content_type": main.media_type,
        },
        query=view_schema(_query_schema(operation), resolve),
        response=view_schema(main.media.get("schema", {}), resolve),
    )


def _query_schema(operation: OpenApiOperation) -> dict[str, Any]:
    """Return the query as a schema; a parameter of the operation replaces one of the path."""
    found = {
        str(parameter.get("name")): parameter
        for parameter, _ in operation.parameters()
        if parameter.get("in") == "query"
    }
    return {
        "type": "object",
        "properties": {name: _schema(parameter) for name, parameter in found.items()},
        "required": [name for name, each in found.items() if each.get("required") is True],
    }


def _schema(parameter: Any) -> Any:
    content = parameter.get("content")
    media = next(iter(content.values()), None) if isinstance(content, dict) else None
    return media.get("schema", {}) if isinstance(media, dict) else parameter.get("schema", {})
