"""A small operation in the place of a shipped one, and exchanges made by hand."""

from __future__ import annotations

import json
from typing import Any, Final

from docpact.model import (
    Case,
    Credential,
    Exchange,
    Failure,
    Operation,
    Parameter,
    Request,
    Response,
    Roles,
    Source,
)

SIZE: Final = {"type": "integer", "minimum": 1, "maximum": 20}
STATE: Final = {"type": "string", "enum": ["on", "off"]}
ITEM: Final = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "state": STATE,
        "note": {"type": ["string", "null"], "maxLength": 5},
    },
    "required": ["id", "state"],
}
STATE_ENUM: Final = "/properties/items/items/properties/state/enum"

LAMPS: Final = Operation(
    id="toys/list_lamps",
    title="List Lamps",
    method="GET",
    path="/v1/lamps",
    server="https://toys.example",
    credential=Credential("bearer", "Authorization", "TOY_KEY"),
    parameters=(
        Parameter("size", "query", required=False, schema=SIZE),
        Parameter("after", "query", required=False, schema={"type": "string"}),
        Parameter("state", "query", required=False, schema=STATE),
        Parameter(
            "ids",
            "query",
            required=False,
            schema={"type": "array", "items": {"type": "string"}},
        ),
    ),
    query_schema={
        "type": "object",
        "properties": {
            "size": SIZE,
            "after": {"type": "string"},
            "state": STATE,
            "ids": {"type": "array", "items": {"type": "string"}},
        },
    },
    response_schema={
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": ITEM},
            "next": {"type": ["string", "null"]},
        },
        "required": ["items"],
    },
    status=200,
    content_type="application/json",
    examples=({"items": [{"id": "a", "state": "on"}]},),
    roles=Roles(
        items="/items",
        id="/id",
        next_token="/next",
        token_parameter="after",
        size_parameter="size",
        filters={"state": "/state", "ids": "/id"},
    ),
    sources={
        ("response", STATE_ENUM): Source('state: "on" or "off"', 12),
        ("query", "/properties/size/maximum"): Source("maximum20", 5),
        ("query", "/properties/size/type"): Source("whole numbers only, by its client"),
    },
)

JSON_TYPE: Final = ("content-type", "application/json; charset=utf-8")
PLAIN: Final = Case("no parameters")


def lamp(number: int = 0, **fields: Any) -> dict[str, Any]:
    return {"id": f"lamp-{number}", "state": "on", **fields}


def exchange(
    body: Any = None,
    case: Case = PLAIN,
    *,
    status: int = 200,
    phase: str = "survey",
    headers: tuple[tuple[str, str], ...] = (JSON_TYPE,),
    failure: Failure | None = None,
    **fields: Any,
) -> Exchange:
    """Return an exchange whose body is JSON, unless it is bytes already."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request("GET", f"https://toys.example/v1/lamps#{case.label}")
    outcome = failure or Response(status, headers, content)
    return Exchange(case, request, outcome, phase=phase, **fields)
