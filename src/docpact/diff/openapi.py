"""An operation of an OpenAPI 3 document as a side."""

from __future__ import annotations

from typing import Any

from docpact.capture.openapi.capture import read_parameters
from docpact.capture.openapi.document import find
from docpact.capture.openapi.schemas import Written
from docpact.diff.side import Side, Voice, fields, parameters


def operation_side(content: Any, operation_id: str, name: str) -> Side:
    """Return what an OpenAPI document says of one operation.

    Args:
        content: the decoded document.
        operation_id: of the operation.
        name: of the document, for errors and reports.

    Raises:
        ContractError: no OpenAPI 3 document, no such operation, a reference that leads nowhere, or
            no successful answer with a JSON body.
    """
    stated = find(content, operation_id, name)
    status, media, answer, where = stated.answer()
    body = Written(stated.document).whole(answer.get("schema", {}), f"{where}/schema")
    asked = Written(stated.document)
    _, query = read_parameters(stated, asked)
    facts = {
        "method": stated.method.upper(),
        "path": stated.path,
        "status": str(status),
        "content_type": media,
    }
    return Side(
        f"{name}#{operation_id}",
        Voice.WHOLE,
        facts,
        parameters({**query, "$defs": asked.definitions}),
        fields(body),
    )
