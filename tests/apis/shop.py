"""A small API with lists, things below them and a link: its document, and a correct server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from servers.loopback import Answer, Handler, Request

from docpact.model.path import match_path

JSON: Final = (("Content-Type", "application/json"),)


def an_object(**fields: Any) -> dict[str, Any]:
    """Return the schema of an object in which every field is required."""
    return {"type": "object", "properties": fields, "required": [*fields]}


TEXT: Final = {"type": "string"}
NUMBER: Final = {"type": "integer"}
PET: Final = an_object(id=NUMBER, name=TEXT, owner=TEXT)
TOY: Final = an_object(id=NUMBER, sound=TEXT)
SCHEMAS: Final[Mapping[str, Any]] = {
    "/pets": {"type": "array", "items": PET},
    "/pets/{petId}": PET,
    "/pets/{petId}/toys": an_object(toys={"type": "array", "items": TOY}),
    "/pets/{petId}/toys/{toy_id}": TOY,
    "/owners/{name}": an_object(name=TEXT),
    "/shelves/{shelf}": an_object(shelf=TEXT),
    "/status": an_object(open={"type": "boolean"}),
}
IDS: Final = {"petId": NUMBER, "toy_id": NUMBER, "name": TEXT, "shelf": TEXT}


def describe(path: str, method: str = "get") -> dict[str, Any]:
    """Return an operation whose successful response has the schema of its path."""
    response: dict[str, Any] = {
        "description": "ok",
        "content": {"application/json": {"schema": SCHEMAS[path]}},
    }
    if path == "/pets/{petId}":
        link = {"operationId": "get_owners_name", "parameters": {"name": "$response.body#/owner"}}
        response["links"] = {"owner": link}
    plain = path.strip("/").replace("/", "_").replace("{", "").replace("}", "")
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in IDS.items()
        if f"{{{name}}}" in path
    ]
    return {
        "operationId": f"{method}_{plain}",
        "parameters": parameters,
        "responses": {"200": response},
    }


DOCUMENT: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "paths": {
        **{path: {"get": describe(path)} for path in SCHEMAS},
        "/pets": {"get": describe("/pets"), "post": describe("/pets/{petId}", "post")},
    },
}
DOCUMENT["paths"]["/pets"]["post"]["parameters"] = []

STORE: Final[Mapping[str, Any]] = {
    "/pets": [{"id": number, "name": f"pet {number}", "owner": "Ann"} for number in (7, 9)],
    "/pets/7": {"id": 7, "name": "pet 7", "owner": "Ann"},
    "/pets/9": {"id": 9, "name": "pet 9", "owner": "Ann"},
    "/pets/7/toys": {"toys": [{"id": 3, "sound": "quack"}]},
    "/pets/9/toys": {"toys": []},
    "/pets/7/toys/3": {"id": 3, "sound": "quack"},
    "/owners/Ann": {"name": "Ann"},
    "/shelves/low": {"shelf": "low"},
    "/status": {"open": True},
}


@dataclass(slots=True)
class Shop:
    """Serves the store, with the changes of a test.

    Attributes:
        changed: path → body instead of that of the store.
        before: answers a request first; None leaves it to the shop.
    """

    changed: Mapping[str, Any] = field(default_factory=dict)
    before: Callable[[Request], Answer | None] = lambda _: None

    def __call__(self, request: Request) -> Answer:
        early = self.before(request)
        if early is not None:
            return early
        if not any(match_path(path, request.path) for path in SCHEMAS):
            return answer(404, {"error": "no such path"})
        if request.method not in ("GET", "HEAD"):
            return Answer(405, (("Allow", "GET, HEAD"),))
        body = {**STORE, **self.changed}.get(request.path)
        return answer(404, {"error": "not found"}) if body is None else answer(200, body)


def answer(status: int, body: Any) -> Answer:
    """Return a JSON response."""
    return Answer(status, JSON, json.dumps(body).encode())


CORRECT: Final[Handler] = Shop()
