"""A small OpenAPI document, to be mutated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

DOCUMENT: Final[Mapping[str, Any]] = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "servers": [{"url": "https://things.example/v1"}],
    "security": [{"key": []}],
    "paths": {
        "/things/{owner}": {
            "parameters": [{"name": "owner", "in": "path", "required": True, "schema": {}}],
            "get": {
                "operationId": "op",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 50}},
                    {"name": "cursor", "in": "query", "schema": {"type": "string"}},
                    {"$ref": "#/components/parameters/Color"},
                ],
                "responses": {
                    "200": {
                        "description": "A page",
                        "content": {
                            "application/json": {
                                "schema": {"$ref": "#/components/schemas/Page"},
                                "example": {"items": [{"id": "a"}], "next": None},
                            }
                        },
                    },
                    "4XX": {"description": "Wrong"},
                },
            },
        }
    },
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        "parameters": {
            "Color": {"name": "color", "in": "query", "schema": {"enum": ["red", "blue"]}}
        },
        "schemas": {
            "Page": {
                "type": "object",
                "properties": {
                    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                    "next": {"type": ["string", "null"]},
                },
                "required": ["items"],
            },
            "Thing": {
                "type": "object",
                "properties": {
                    "id": {"type": "string", "minLength": 1},
                    "color": {"oneOf": [{"const": "red"}, {"const": "blue"}]},
                    "size": {"type": "number", "exclusiveMinimum": 0},
                    "inner": {"allOf": [{"$ref": "#/components/schemas/Thing"}, {"default": {}}]},
                    "at": {"type": "string", "format": "date-time"},
                },
                "required": ["id"],
            },
        },
    },
}
