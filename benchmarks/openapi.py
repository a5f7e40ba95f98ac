"""An operation as an OpenAPI 3.1 document: all that the format can say of a contract."""

from __future__ import annotations

from typing import Any

from docpact.model import Operation, Parameter


def document(operation: Operation) -> dict[str, Any]:
    """Return the document; refusals are described, so that a fitting 4xx is no surprise."""
    path = operation.path
    return {
        "openapi": "3.1.0",
        "info": {"title": operation.title, "version": "1"},
        "servers": [{"url": operation.server}],
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "paths": {
            path: {
                operation.method.lower(): {
                    "operationId": operation.id.rpartition("/")[2],
                    "security": [{"key": []}],
                    "parameters": [_parameter(each) for each in operation.parameters],
                    "responses": {
                        str(operation.status): {
                            "description": "documented",
                            "content": {
                                operation.content_type: {"schema": operation.response_schema}
                            },
                        },
                        "4XX": {"description": "refused"},
                    },
                }
            }
        },
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.location,
        "required": parameter.required,
        "schema": parameter.schema,
    }
