"""The toy operation of the strategies' tests, and operations over generated schemas."""

from __future__ import annotations

from typing import Any

import pytest

from docpact.model import Operation, Parameter, Roles

STATUS = ["PENDING", "RUNNING", "COMPLETED", "FAILED"]

QUERY: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "configuration_id": {"type": "string"},
        "job_ids": {"type": "array", "items": {"type": "string"}},
        "organization_id": {"type": "string"},
        "page_size": {"type": "integer", "maximum": 100, "minimum": 1},
        "page_token": {"type": "string"},
        "project_id": {"type": "string"},
        "status": {"type": "string", "enum": STATUS},
    },
}

RULE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "description": {"type": "string", "maxLength": 500, "minLength": 10},
        "type": {"type": "string", "maxLength": 50, "minLength": 1},
    },
    "required": ["description", "type"],
}

OPTIONAL_TEXT = {"type": ["string", "null"]}

JOB: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "configuration": {
            "type": "object",
            "properties": {
                "rules": {"type": "array", "items": RULE, "minItems": 1},
                "mode": {"type": ["string", "null"], "enum": ["FAST", None]},
            },
            "required": ["rules"],
        },
        "document_input_type": {"type": "string", "enum": ["url", "file_id", "parse_job_id"]},
        "document_input_value": {"type": "string"},
        "project_id": {"type": "string"},
        "status": {"type": "string", "enum": STATUS},
        "user_id": {"type": "string"},
        "configuration_id": OPTIONAL_TEXT,
        "created_at": {"type": ["string", "null"], "format": "date-time"},
        "error_message": OPTIONAL_TEXT,
        "parse_job_id": OPTIONAL_TEXT,
        "result": {
            "type": ["object", "null"],
            "properties": {
                "confidence": {"type": "number", "maximum": 1, "minimum": 0},
                "reasoning": {"type": "string"},
                "type": {"type": ["string", "null"]},
            },
            "required": ["confidence", "reasoning", "type"],
        },
        "transaction_id": OPTIONAL_TEXT,
        "updated_at": {"type": ["string", "null"], "format": "date-time"},
    },
    "required": [
        "id",
        "configuration",
        "document_input_type",
        "document_input_value",
        "project_id",
        "status",
        "user_id",
    ],
}

RESPONSE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "items": {"type": "array", "items": JOB},
        "next_page_token": OPTIONAL_TEXT,
        "total_size": {"type": ["number", "null"]},
    },
    "required": ["items"],
}

ROLES = Roles(
    items="/items",
    id="/id",
    next_token="/next_page_token",
    token_parameter="page_token",
    size_parameter="page_size",
    total="/total_size",
    filters={
        "configuration_id": "/configuration_id",
        "job_ids": "/id",
        "project_id": "/project_id",
        "status": "/status",
    },
)


def operation(query: dict[str, Any], response: dict[str, Any], roles: Roles) -> Operation:
    required = query.get("required", [])
    return Operation(
        id="toy/list_things",
        title="List Things",
        method="GET",
        path="/things",
        server="https://api.example.com",
        credential=None,
        parameters=tuple(
            Parameter(name, "query", name in required, schema)
            for name, schema in query["properties"].items()
        ),
        query_schema=query,
        response_schema=response,
        status=200,
        content_type="application/json",
        examples=(),
        roles=roles,
        sources={},
    )


@pytest.fixture(scope="session")
def toy() -> Operation:
    return operation(QUERY, RESPONSE, ROLES)
