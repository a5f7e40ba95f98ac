"""A correct server of a resource: pets that can be created, read, listed, changed and deleted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, Final

from servers.loopback import Answer, Request

JSON: Final = (("Content-Type", "application/json"),)
KINDS: Final = ["cat", "dog"]
FIELDS: Final[dict[str, Any]] = {
    "name": {"type": "string", "minLength": 1, "maxLength": 60},
    "kind": {"type": "string", "enum": KINDS},
    "age": {"type": "integer", "minimum": 0, "maximum": 99},
    "note": {"type": "string", "maxLength": 200},
    "tags": {"type": "array", "items": {"type": "string"}},
    "tame": {"type": "boolean"},
}
REQUIRED: Final = ["name", "kind"]
BODY: Final = {"type": "object", "properties": FIELDS, "required": REQUIRED}
PATCH: Final = {"type": "object", "properties": FIELDS}
PET: Final = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, **FIELDS, "created_at": {"type": "string"}},
    "required": ["id", *REQUIRED],
}
LIST: Final = {
    "type": "object",
    "properties": {"pets": {"type": "array", "items": PET}},
    "required": ["pets"],
}
EMPTY: Final[Mapping[str, Any]] = {}
DEFAULTS: Final = {"age": 0, "note": "", "tags": [], "tame": False}


def describe(
    name: str, schema: Any, status: str = "200", body: Any = None, *parameters: Any
) -> dict[str, Any]:
    """Return an operation; without a schema, the successful response has no body."""
    response: dict[str, Any] = {"description": "ok"}
    if schema is not None:
        response["content"] = {"application/json": {"schema": schema}}
    found: dict[str, Any] = {"operationId": name, "responses": {status: response}}
    if body is not None:
        found["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return {**found, "parameters": [*parameters]}


ID: Final = {"name": "pet_id", "in": "path", "required": True, "schema": {"type": "integer"}}
KEY: Final = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
TOKEN: Final = {"name": "page_token", "in": "query", "schema": {"type": "string"}}
SIZE: Final = {
    "name": "page_size",
    "in": "query",
    "schema": {"type": "integer", "minimum": 1, "maximum": 50},
}
DOCUMENT: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/pets": {
            "get": describe("list_pets", LIST),
            "post": describe("create_pet", PET, "201", BODY, KEY),
        },
        "/pets/{pet_id}": {
            "get": describe("get_pet", PET, "200", None, ID),
            "put": describe("replace_pet", PET, "200", BODY, ID),
            "patch": describe("change_pet", PET, "200", PATCH, ID),
            "delete": describe("delete_pet", None, "204", None, ID),
        },
    },
}


class Refusal(Exception):
    """An error response."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(slots=True)
class Pets:
    """A store of pets. A broken server overrides one of the methods.

    Attributes:
        pets: by id.
        keys: idempotency key → id of the pet that it created.
    """

    pets: dict[int, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)
    last: int = 100
    deleted: int = 0
    lock: RLock = field(default_factory=RLock)

    def __post_init__(self) -> None:
        for name in ("Tom", "Rex"):
            self.insert({**DEFAULTS, "name": name, "kind": "cat"})

    def __call__(self, request: Request) -> Answer:
        with self.lock:
            try:
                return self.route(request)
            except Refusal as refusal:
                return self.write(refusal.status, {"error": refusal.status})

    def route(self, request: Request) -> Answer:
        """Answer a request."""
        parts = request.path.strip("/").split("/")
        if parts[0] != "pets" or len(parts) > 2:
            raise Refusal(404)
        method = "GET" if request.method == "HEAD" else request.method
        if len(parts) == 1:
            if method == "GET":
                return self.write(200, self.list(request))
            if method == "POST":
                return self.create(request)
        elif method in ("GET", "PUT", "PATCH", "DELETE"):
            number = self.find(parts[1])
            answer: Answer = getattr(self, method.lower())(number, request)
            return answer
        if method == "OPTIONS":
            return Answer(204, (("Allow", "GET"),))
        return Answer(405, (("Allow", "GET"),))

    def find(self, text: str) -> int:
        """Return the id of a pet that exists."""
        if not text.isdecimal() or int(text) not in self.pets:
            raise Refusal(404)
        return int(text)

    def read(self, request: Request, schema: Any = BODY) -> dict[str, Any]:
        """Return a body that is as documented."""
        try:
            body = json.loads(request.body)
        except ValueError:
            raise Refusal(400) from None
        if not isinstance(body, dict) or not self.is_valid(body, schema):
            raise Refusal(422)
        return body

    def is_valid(self, body: dict[str, Any], schema: Any) -> bool:
        """Return whether a body is as documented."""
        from docpact.bodies.engine import is_valid

        return is_valid(schema, body)

    def new_id(self) -> int:
        """Return an id that no pet ever had."""
        self.last += 1
        return self.last

    def insert(self, fields: dict[str, Any]) -> int:
        """Store a new pet, and return its id."""
        number = self.new_id()
        self.pets[number] = {"id": number, **fields, "created_at": "2024-01-01T00:00:00Z"}
        return number

    def create(self, request: Request) -> Answer:
        """Create a pet, once for each idempotency key."""
        key = request.headers.get("idempotency-key")
        if key is not None and key in self.keys:
            return self.write(201, self.show(self.keys[key]))
        number = self.insert({**deepcopy(DEFAULTS), **self.read(request)})
        if key is not None:
            self.keys[key] = number
        return self.write(201, self.show(number))

    def show(self, number: int) -> Any:
        """Return a pet as responses show it."""
        return self.pets[number]

    def list(self, request: Request) -> Any:
        """Return the list."""
        del request
        return {"pets": [self.show(number) for number in self.pets]}

    def get(self, number: int, request: Request) -> Answer:
        """Return a pet."""
        del request
        return self.write(200, self.show(number))

    def put(self, number: int, request: Request, more: Mapping[str, Any] = EMPTY) -> Answer:
        """Replace a pet, and change more of its fields."""
        self.pets[number] |= {**deepcopy(DEFAULTS), **self.read(request), **more}
        return self.write(200, self.show(number))

    def patch(self, number: int, request: Request, more: Mapping[str, Any] = EMPTY) -> Answer:
        """Change some fields of a pet, and more of its fields."""
        self.pets[number] |= {**self.read(request, PATCH), **more}
        return self.write(200, self.show(number))

    def delete(self, number: int, request: Request) -> Answer:
        """Delete a pet."""
        del request, self.pets[number]
        self.deleted += 1
        return Answer(204)

    def write(self, status: int, body: Any) -> Answer:
        """Write a response."""
        return Answer(status, JSON, json.dumps(body).encode())
