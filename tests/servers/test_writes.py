"""Servers of a resource: broken ones, of which each is caught, and unusual ones, which are not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from html import escape
from itertools import count
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from unicodedata import normalize
from urllib.parse import unquote

import pytest
from command import Docpact, docpact
from servers.loopback import Answer, Request, Server
from servers.pets import (
    BODY,
    DEFAULTS,
    DOCUMENT,
    FIELDS,
    JSON,
    KINDS,
    PATCH,
    Pets,
    Refusal,
    describe,
)
from sizes import sample

from docpact.apis import load_api
from docpact.conformance import prepare_api, run_api
from docpact.conformance.whole_api import Whole
from docpact.conformance.writes import readings
from docpact.conformance.writes.checks import check_allowed
from docpact.errors import UsageError
from docpact.model import Api, ApiRun, Finding, Level, Outcome, Verdict
from docpact.rules.comparison import is_same
from docpact.settings import Config, resolve
from docpact.settings import load as load_config
from docpact.targets.http import HttpTarget

__all__ = ["docpact"]

Method = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """A server that differs from the correct one in some methods.

    Attributes:
        name: its difference; the pytest id.
        methods: and other attributes, instead of those of `Pets`.
        rule: that finds it; empty for a server that is correct, if unusual.
        where: part of the location or of the text of the finding.
        change: changes the document.
        leaves: whether docpact cannot remove the things that it created there.
    """

    name: str
    methods: Mapping[str, Any]
    rule: str = ""
    where: str = ""
    change: Callable[[Any], None] = field(default=lambda document: None)
    leaves: bool = False

    def server(self) -> Pets:
        """Return the server."""
        server: Pets = type("Changed", (Pets,), dict(self.methods))()
        return server


def with_fields(**fields: Any) -> Method:
    """Return a `show` that shows other values of fields."""

    def show(self: Pets, number: int) -> Any:
        shown = dict(self.pets[number])
        for name, change in fields.items():
            shown[name] = change(shown) if callable(change) else change
        return {name: value for name, value in shown.items() if value is not ...}

    return show


def storing(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Method:
    """Return a `create` that stores something else than was sent."""

    def create(self: Pets, request: Request) -> Answer:
        body = self.read(request)
        number = self.insert({**DEFAULTS, **change(body)})
        return self.write(201, {**self.show(number), **body})

    return create


def failing_without(name: str) -> Method:
    """Return a `create` that fails if an optional field is missing."""

    def create(self: Pets, request: Request) -> Answer:
        if name not in self.read(request):
            return self.write(500, {})
        return Pets.create(self, request)

    return create


def accepting(is_valid: Callable[[dict[str, Any]], bool]) -> Mapping[str, Method]:
    """Return the methods of a server that accepts some invalid bodies."""

    def check(self: Pets, body: dict[str, Any], schema: Any) -> bool:
        return is_valid(body) or Pets.is_valid(self, body, schema)

    def show(self: Pets, number: int) -> Any:
        known = {"name": "?", "kind": "cat", **self.pets[number]}
        return known if Pets.is_valid(self, known, BODY) else {**known, **DEFAULTS, "name": "?"}

    return {"is_valid": check, "show": show}


def create_nothing(self: Pets, request: Request) -> Answer:
    body = self.read(request)
    return self.write(201, {"id": self.new_id(), **DEFAULTS, **body})


def create_unlisted(self: Pets, request: Request) -> Answer:
    answer = Pets.create(self, request)
    self.pets[json.loads(answer.body)["id"]]["hidden"] = True
    return answer


def list_visible(self: Pets, request: Request) -> Any:
    del request
    return {"pets": [pet for pet in self.pets.values() if "hidden" not in pet]}


def list_nothing(self: Pets, request: Request) -> Any:
    del request
    return {"pets": []}


def get_visible(self: Pets, number: int, request: Request) -> Answer:
    if "hidden" in self.pets[number]:
        raise Refusal(404)
    return Pets.get(self, number, request)


def hide(self: Pets, number: int, request: Request) -> Answer:
    del request
    self.pets[number]["hidden"] = True
    return Answer(204)


def delete_nothing(self: Pets, number: int, request: Request) -> Answer:
    del self, number, request
    return Answer(204)


def delete_all(self: Pets, number: int, request: Request) -> Answer:
    del number, request
    self.pets.clear()
    return Answer(204)


def delete_next(self: Pets, number: int, request: Request) -> Answer:
    Pets.delete(self, number, request)
    self.pets.pop(min((n for n in self.pets if n > number), default=0), None)
    return Answer(204)


def delete_fails(self: Pets, number: int, request: Request) -> Answer:
    Pets.delete(self, number, request)
    return self.write(500, {})


def delete_refuses(self: Pets, number: int, request: Request) -> Answer:
    del number, request
    return self.write(500, {})


def delete_from_list_only(self: Pets, number: int, request: Request) -> Answer:
    return hide(self, number, request)


def put_nothing(self: Pets, number: int, request: Request) -> Answer:
    return self.write(200, {**self.show(number), **self.read(request)})


def put_first(self: Pets, number: int, request: Request) -> Answer:
    del number
    return Pets.put(self, max(self.pets), request)


def put_all(self: Pets, number: int, request: Request) -> Answer:
    body = self.read(request)
    for pet in self.pets.values():
        pet.update(body)
    return self.write(200, self.show(number))


def put_some(self: Pets, number: int, request: Request) -> Answer:
    self.pets[number] |= self.read(request)
    return self.write(200, self.show(number))


ADDRESS: Final = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "street": {"type": "string"}},
    "required": ["city"],
}


def with_a_home(document: Any) -> None:
    """Add an object to the fields of each pet, which bodies must have."""
    for each in document.values() if isinstance(document, dict) else document:
        if isinstance(each, dict) and "tame" in each:
            each["home"] = ADDRESS
        if isinstance(each, dict | list):
            with_a_home(each)
    if isinstance(document, dict) and document.get("required") == ["name", "kind"]:
        document["required"] = ["name", "kind", "home"]


def is_valid_with_a_home(self: Pets, body: dict[str, Any], schema: Any) -> bool:
    home: Any = body.get("home", {"city": ""} if schema is PATCH else None)
    return Pets.is_valid(self, body, schema) and Pets.is_valid(self, home, ADDRESS)


def put_into_home(self: Pets, number: int, request: Request) -> Answer:
    home = self.pets[number].get("home", {})
    answer = Pets.put(self, number, request)
    self.pets[number]["home"] = {**home, **self.pets[number]["home"]}
    return answer if answer.status >= 400 else self.write(200, self.show(number))


def put_a_default_street(self: Pets, number: int, request: Request) -> Answer:
    Pets.put(self, number, request)
    self.pets[number]["home"] = {"street": "unknown", **self.pets[number]["home"]}
    return self.write(200, self.show(number))


def once(status: int) -> Mapping[str, Method]:
    """Return a `create` that refuses a second pet of a name."""

    def create(self: Pets, request: Request) -> Answer:
        names = {pet["name"] for pet in self.pets.values()}
        is_known = self.read(request)["name"] in names
        return self.write(status, {}) if is_known else Pets.create(self, request)

    return {"create": create}


def with_409(document: Any) -> None:
    document["paths"]["/pets"]["post"]["responses"]["409"] = {"description": "exists already"}


def say_update(description: str = "") -> Callable[[Any], None]:
    """Return a change of the document: the name of the PUT does not say that it replaces."""

    def change(document: Any) -> None:
        document["paths"]["/pets/{pet_id}"]["put"] |= {
            "operationId": "update_pet",
            "description": description,
        }

    return change


def say_that_others_stay(document: Any) -> None:
    put = document["paths"]["/pets/{pet_id}"]["put"]
    put["description"] = "Only the fields provided are replaced."


def put_new(self: Pets, number: int, request: Request) -> Answer:
    body = self.read(request)
    self.insert({**DEFAULTS, **body})
    return self.write(200, {**self.show(number), **body})


def put_without(name: str) -> Method:
    def put(self: Pets, number: int, request: Request) -> Answer:
        body = self.read(request)
        body.pop(name, None)
        self.pets[number] |= body
        return self.write(200, self.show(number))

    return put


def put_fails(self: Pets, number: int, request: Request) -> Answer:
    del number, request
    return self.write(500, {})


def patch_resets(self: Pets, number: int, request: Request) -> Answer:
    self.pets[number] |= {**DEFAULTS, **self.read(request, PATCH)}
    return self.write(200, self.show(number))


def with_few_fields(document: Any) -> None:
    """Leave only a note, a kind and a name; only the note can have any text."""
    for path, methods in (("/pets", ("post",)), ("/pets/{pet_id}", ("put", "patch"))):
        for method in methods:
            body = document["paths"][path][method]["requestBody"]["content"]["application/json"]
            for name in ("age", "tags", "tame"):
                body["schema"]["properties"].pop(name, None)
            body["schema"]["properties"]["name"]["pattern"] = "^[a-z]{3,9}$"


def put_in_part(document: Any) -> None:
    """Document that PUT changes only the fields that are sent, and no PATCH."""
    operations = document["paths"]["/pets/{pet_id}"]
    changed = operations.pop("patch")
    operations["put"]["requestBody"] = changed["requestBody"]
    operations["put"]["summary"] = "Update a pet. Fields that are not sent keep their value."


def patch_drops(name: str) -> Method:
    def patch(self: Pets, number: int, request: Request) -> Answer:
        self.pets[number] |= {name: DEFAULTS[name], **self.read(request, PATCH)}
        return self.write(200, self.show(number))

    return patch


def patch_nothing(self: Pets, number: int, request: Request) -> Answer:
    return self.write(200, {**self.show(number), **self.read(request, PATCH)})


def patch_others(self: Pets, number: int, request: Request) -> Answer:
    body = self.read(request, PATCH)
    for pet in self.pets.values():
        pet.update(body)
    return self.write(200, self.show(number))


def patch_fails(self: Pets, number: int, request: Request) -> Answer:
    del number, request
    return self.write(500, {})


def patch_appends(self: Pets, number: int, request: Request) -> Answer:
    for name, value in self.read(request, PATCH).items():
        old = self.pets[number].get(name)
        self.pets[number][name] = f"{old}{value}" if isinstance(old, str) else value
    return self.write(200, self.show(number))


def same_id(self: Pets) -> int:
    del self
    return 500


def lowest_free_id(self: Pets) -> int:
    return next(number for number in range(1, 10_000) if number not in self.pets)


def ignore_key(self: Pets, request: Request) -> Answer:
    number = self.insert({**DEFAULTS, **self.read(request)})
    return self.write(201, self.show(number))


def reject_and_store(self: Pets, request: Request) -> Answer:
    try:
        return Pets.create(self, request)
    except Refusal:
        body = json.loads(request.body)
        if isinstance(body.get("name"), str) and body.get("kind") not in KINDS:
            self.insert({**DEFAULTS, **body, "kind": "cat", "age": 0, "note": "", "tags": []})
        raise


def refuse_and_store(status: int) -> Method:
    """Return a `create` that stores every fourth thing and says that it did not."""
    turn = count()

    def create(self: Pets, request: Request) -> Answer:
        body = self.read(request)
        if next(turn) % 4 < 3:
            return Pets.create(self, request)
        self.insert({**DEFAULTS, **body})
        return replace(self.write(status, {}), headers=(*JSON, ("Retry-After", "0")))

    return create


def fail_on_invalid(self: Pets, request: Request) -> Answer:
    try:
        return Pets.create(self, request)
    except Refusal:
        return self.write(500, {})


def cut_off(self: Pets, request: Request) -> Answer:
    body = self.read(request)
    number = self.insert({**DEFAULTS, **body, "name": body["name"][:8]})
    return self.write(201, self.show(number))


def wrong_body(self: Pets, request: Request) -> Answer:
    number = json.loads(Pets.create(self, request).body)["id"]
    return self.write(201, {"id": number})


def wrong_status(self: Pets, request: Request) -> Answer:
    answer = Pets.create(self, request)
    return Answer(200, JSON, answer.body)


def another_id(self: Pets, request: Request) -> Answer:
    pet = json.loads(Pets.create(self, request).body)
    return self.write(201, {**pet, "id": pet["id"] + 1000})


def shown_stale(self: Pets, request: Request) -> Any:
    shown = Pets.list(self, request)
    return {"pets": shown["pets"][:2]}


def list_deleted(self: Pets, number: int, request: Request) -> Answer:
    self.pets[number]["gone"] = True
    return hide_from_get(self, number, request)


def hide_from_get(self: Pets, number: int, request: Request) -> Answer:
    del request
    self.pets[number]["gone"] = True
    return Answer(204)


def get_present(self: Pets, number: int, request: Request) -> Answer:
    if "gone" in self.pets[number]:
        raise Refusal(404)
    return Pets.get(self, number, request)


def route_versioned(self: Pets, request: Request) -> Answer:
    """Refuse changes without the only version that is documented."""
    if request.method in ("PUT", "PATCH", "DELETE") and request.last("version") != "2":
        raise Refusal(400)
    return Pets.route(self, request)


def require_version(document: Any) -> None:
    version = {"name": "version", "in": "query", "required": True, "schema": {"enum": ["2"]}}
    for method in ("put", "patch", "delete"):
        document["paths"]["/pets/{pet_id}"][method]["parameters"].append(version)


def route_empty(self: Pets, request: Request) -> Answer:
    try:
        return Pets.route(self, request)
    except Refusal:
        if request.method != "GET" or not self.deleted:
            raise
        return self.write(200, {})


def without_required_in_get(document: Any) -> None:
    content = document["paths"]["/pets/{pet_id}"]["get"]["responses"]["200"]["content"]
    media = content["application/json"]
    media["schema"] = {**media["schema"], "required": []}


def merged_tags(self: Pets, request: Request) -> Answer:
    body = self.read(request)
    number = self.insert({**DEFAULTS, **body, "tags": []})
    return self.write(201, {**self.show(number), **body})


def of_wrong_type(self: Pets, number: int, request: Request) -> Answer:
    answer = Pets.put(self, number, request)
    return self.write(200, {**json.loads(answer.body), "age": "old"})


def missing_everything(body: dict[str, Any]) -> bool:
    return not {"name", "kind"} <= set(body)


def in_field(name: str, change: Callable[[Any], Any]) -> Method:
    """Return a `create` that stores another value of one field."""
    return storing(lambda body: {**body, name: change(body[name])} if name in body else body)


def put_truthy(self: Pets, number: int, request: Request) -> Answer:
    self.pets[number] |= {name: value for name, value in self.read(request).items() if value}
    return self.write(200, self.show(number))


def patch_truthy(self: Pets, number: int, request: Request) -> Answer:
    self.pets[number] |= {n: value for n, value in self.read(request, PATCH).items() if value}
    return self.write(200, self.show(number))


CHANGED: Final[Mapping[str, Method]] = {
    "false that is taken for nothing": storing(lambda b: {**b, "tame": b.get("tame") or True}),
    "zero that is taken for nothing": storing(lambda b: {**b, "age": b.get("age") or 7}),
    "an age that is capped": in_field("age", lambda value: min(value, 90)),
    "a name of at most 50 characters": in_field("name", lambda value: value[:50]),
    "a note of at most 255 bytes": in_field("note", lambda v: v.encode()[:190].decode()),
    "a note without letters that are not ASCII": in_field(
        "note", lambda value: value.encode("ascii", "ignore").decode()
    ),
    "a note in the wrong encoding": in_field("note", lambda v: v.encode().decode("latin-1")),
    "a note that is escaped": in_field("note", escape),
    "a note without quotes": in_field("note", lambda value: value.replace("'", "")),
    "a note without emoji": in_field("note", lambda v: "".join(c for c in v if ord(c) < 2**16)),
    "only the first tag": in_field("tags", lambda value: value[:1]),
    "tags as one text": in_field("tags", lambda value: [", ".join(value)]),
    "always the first kind": in_field("kind", lambda value: KINDS[0]),
}
"""Fault → a `create` that stores something else than was sent."""


def with_sent(**fields: Any) -> Callable[[Any], None]:
    """Return a change that documents more fields of a pet, also in the bodies of requests."""

    def change(document: Any) -> None:
        for name, schema in fields.items():
            with_property(name, schema)(document)
        for path in ("/pets", "/pets/{pet_id}"):
            for operation in document["paths"][path].values():
                content = operation.get("requestBody", {}).get("content", {})
                for media in content.values():
                    media["schema"]["properties"] |= fields

    return change


with_owners_sent: Final = with_sent(owners={"type": "array", "items": {"type": "string"}})


def accepting_owners(self: Pets, body: dict[str, Any], schema: Any) -> bool:
    rest = {name: value for name, value in body.items() if name != "owners"}
    owners = body.get("owners", [])
    is_text = isinstance(owners, list) and all(isinstance(each, str) for each in owners)
    return is_text and Pets.is_valid(self, rest, schema)


def patch_replaces(self: Pets, number: int, request: Request) -> Answer:
    """Keep only what the request names, besides the required fields."""
    known = self.pets[number]
    kept = {name: known[name] for name in ("id", "name", "kind", "created_at")}
    self.pets[number] = {**kept, **self.read(request, PATCH)}
    return self.write(200, self.show(number))


def without_defaults(self: Pets, number: int) -> Any:
    shown = {name: value for name, value in self.pets[number].items() if value}
    return {name: value for name, value in shown.items() if (name, value) != ("age", 3)}


def with_months(self: Pets, number: int) -> Any:
    pet = Pets.show(self, number)
    return {**pet, "months": 12 * pet["age"]}


def by_kind(self: Pets, number: int) -> Any:
    pet = self.pets[number]
    hidden = "age" if pet["kind"] == "dog" else "note"
    return {name: value for name, value in pet.items() if name != hidden}


def with_default_age(document: Any) -> None:
    with_property("age", {"type": "integer", "default": 3})(document)


def of_two_forms(document: Any) -> None:
    content = document["paths"]["/pets/{pet_id}"]["get"]["responses"]["200"]["content"]
    media = content["application/json"]
    media["schema"] = {"anyOf": [media["schema"], {**media["schema"], "required": ["id", "age"]}]}


NAMES: Final = with_sent(first_name={"type": "string"}, last_name={"type": "string"})
DAYS: Final = with_sent(
    due_date={"type": "string", "format": "date"}, owner_id={"type": "integer", "maximum": 99}
)


def read_in_an_envelope(self: Pets, request: Request, schema: Any = BODY) -> dict[str, Any]:
    body = json.loads(request.body)
    pet = body.get("pet") if isinstance(body, dict) else None
    return Pets.read(self, replace(request, body=json.dumps(pet).encode()), schema)


def show_in_an_envelope(self: Pets, number: int) -> Any:
    return {"pet": Pets.show(self, number)}


def show_with_titles(name: str = "") -> Method:
    """Return a server that shows the titles of the fields before a thing, with another name."""

    def show(self: Pets, number: int) -> Any:
        pet = Pets.show(self, number)
        titles = {field: field.title() for field in pet}
        return {"titles": titles, "pet": {**pet, "name": name or pet["name"]}}

    return show


def list_plain(self: Pets, request: Request) -> Any:
    del request
    return {"pets": [*self.pets.values()]}


ENVELOPED: Final = {
    "read": read_in_an_envelope,
    "show": show_in_an_envelope,
    "list": list_plain,
}


def envelope_beside_titles(document: Any) -> None:
    """Document each response as `{"titles": {…}, "pet": {…}}`."""
    envelope_all(document)
    content = document["paths"]["/pets"]["post"]["responses"]["201"]["content"]
    content["application/json"]["schema"]["properties"]["titles"] = {"type": "object"}


def envelope_requests(document: Any) -> None:
    """Document the pet of each request and response as `{"pet": {…}}`."""
    envelope_all(document)
    for path in document["paths"].values():
        for operation in path.values():
            for media in operation.get("requestBody", {}).get("content", {}).values():
                schema = {"type": "object", "properties": {"pet": media["schema"]}}
                media["schema"] = {**schema, "required": ["pet"]}


def leave_in(status: str) -> Method:
    """Return a `delete` that keeps a pet, in another state."""

    def delete(self: Pets, number: int, request: Request) -> Answer:
        self.pets[number] |= {"status": status, "hidden": True}
        return Answer(204)

    return delete


def with_property(name: str, schema: Any) -> Callable[[Any], None]:
    """Return a change that documents one more field of a pet."""

    def change(document: Any) -> None:
        one = document["paths"]["/pets/{pet_id}"]
        for operation in (*one.values(), *document["paths"]["/pets"].values()):
            for response in operation["responses"].values():
                if "content" in response:
                    found = response["content"]["application/json"]["schema"]
                    pet = found["properties"].get("pets", {}).get("items", found)
                    pet["properties"][name] = schema

    return change


def with_deactivation(document: Any) -> None:
    """Document a DELETE that leaves a pet in another state."""
    with_property("status", {"type": "string"})(document)
    document["paths"]["/pets/{pet_id}"]["delete"]["summary"] = "Deactivate a pet"


BROKEN: Final = (
    Case(
        "another name beside titles",
        {"show": show_with_titles("Rex"), "list": list_plain},
        "write.as_sent",
        "/name",
        envelope_beside_titles,
    ),
    Case(
        "a PATCH in an envelope that resets other fields",
        {**ENVELOPED, "patch": patch_resets},
        "write.updated",
        "/pet",
        envelope_requests,
    ),
    Case(
        "another type inside an envelope",
        {
            **ENVELOPED,
            **accepting(lambda b: b.get("age") == "docpact"),
            "show": show_in_an_envelope,
        },
        "write.rejects",
        "age",
        envelope_requests,
    ),
    Case(
        "first and last name exchanged",
        {"show": with_fields(first_name=lambda p: p.get("last_name", ...))},
        "write.as_sent",
        "/first_name",
        NAMES,
    ),
    Case(
        "a PATCH that resets a date",
        {
            "patch": lambda self, number, request: Pets.patch(
                self, number, request, {"due_date": "1999-12-31"}
            )
        },
        "write.kept",
        "/due_date",
        DAYS,
    ),
    Case(
        "a PUT that resets the id of another thing",
        {"put": lambda self, number, request: Pets.put(self, number, request, {"owner_id": 5})},
        "write.updated",
        "/owner_id",
        DAYS,
    ),
    Case("a PATCH that drops other fields", {"patch": patch_replaces}, "write.kept", "absent"),
    *(Case(name, {"create": create}, "write.as_sent") for name, create in CHANGED.items()),
    Case("a PUT that ignores false and 0", {"put": put_truthy}, "write.updated"),
    Case("a PATCH that ignores false and 0", {"patch": patch_truthy}, "write.updated"),
    Case("201 without storing", {"create": create_nothing}, "write.readable"),
    Case("stored, not listed", {"create": create_unlisted, "list": list_visible}, "write.listed"),
    Case("stored, not readable", {"create": create_unlisted, "get": get_visible}, "write.readable"),
    Case("stored, in a list that is always empty", {"list": list_nothing}, "write.listed"),
    Case("a list that is never up to date", {"list": shown_stale}, "write.listed"),
    Case("another id than is stored", {"create": another_id}, "write.readable"),
    Case("a name that is cut off", {"create": cut_off}, "write.as_sent", "/name"),
    Case("a note that is lost", {"create": storing(lambda b: {**b, "note": ""})}, "write.as_sent"),
    Case("an age that is lost", {"create": storing(lambda b: {**b, "age": 0})}, "write.as_sent"),
    Case("tags that are lost", {"create": merged_tags}, "write.as_sent", "/tags"),
    Case("a Boolean that is lost", {"show": with_fields(tame=False)}, "write.as_sent", "/tame"),
    Case("another kind", {"show": with_fields(kind="dog")}, "write.as_sent", "/kind"),
    Case(
        "an age that is one too high",
        {"show": with_fields(age=lambda pet: pet["age"] + 1)},
        "write.as_sent",
        "/age",
    ),
    Case(
        "name and note exchanged",
        {"create": storing(lambda b: {**b, "name": b.get("note", b["name"])})},
        "write.as_sent",
        "/name",
    ),
    Case("the same id again", {"new_id": same_id}, "write.unique"),
    Case("reused ids", {"new_id": lowest_free_id}, "write.reused"),
    *(
        Case(f"500 without {name}", {"create": failing_without(name)}, "write.server_error", name)
        for name in DEFAULTS
    ),
    Case("a PUT that changes nothing", {"put": put_nothing}, "write.updated"),
    Case("a PUT that keeps what it leaves out", {"put": put_some}, "write.default", "/note"),
    Case(
        "an update that keeps what it leaves out",
        {"put": put_some},
        "write.default",
        "/note",
        say_update("Any attributes that are not provided will be reset to their defaults."),
    ),
    Case(
        "a PUT that keeps a part of an object",
        {"is_valid": is_valid_with_a_home, "put": put_into_home},
        "write.default",
        "/home/street",
        with_a_home,
    ),
    Case("a PUT of another thing", {"put": put_first}, "write.kept"),
    Case("a PUT of all things", {"put": put_all}, "write.kept"),
    Case("a PUT that creates a copy", {"put": put_new}, "write.updated"),
    Case("a PUT without the note", {"put": put_without("note")}, "write.updated", "/note"),
    Case("a PUT without the name", {"put": put_without("name")}, "write.updated", "/name"),
    Case("a second pet of a name fails", once(500), "write.server_error", "again", with_409),
    Case("a PUT that fails", {"put": put_fails}, "write.server_error", "put"),
    Case("a PUT with another type", {"put": of_wrong_type}, "response.type", "/age"),
    Case("a PATCH that resets other fields", {"patch": patch_resets}, "write.kept"),
    Case("a PATCH that resets the age", {"patch": patch_drops("age")}, "write.kept", "/age"),
    Case("a PATCH that resets the tags", {"patch": patch_drops("tags")}, "write.kept", "/tags"),
    Case(
        "owners that are lost",
        {"is_valid": accepting_owners, "show": with_fields(owners=["docpact"])},
        "write.as_sent",
        "/owners",
        with_owners_sent,
    ),
    Case("a PATCH that resets the note", {"patch": patch_drops("note")}, "write.kept", "/note"),
    Case(
        "a PATCH that resets the only free text",
        {"patch": patch_drops("note")},
        "write.kept",
        "/note",
        change=with_few_fields,
    ),
    Case(
        "a PUT of single fields that resets other fields",
        {"put": patch_resets},
        "write.kept",
        change=put_in_part,
    ),
    Case("a PATCH that changes nothing", {"patch": patch_nothing}, "write.updated"),
    Case("a PATCH of all things", {"patch": patch_others}, "write.kept"),
    Case("a PATCH that fails", {"patch": patch_fails}, "write.server_error", "patch"),
    Case("a PATCH that appends", {"patch": patch_appends}, "write.updated", "/name"),
    Case("a DELETE that does nothing", {"delete": delete_nothing}, "write.deleted", leaves=True),
    Case(
        "a DELETE that deactivates, which nothing documents",
        {"delete": leave_in("inactive")},
        "write.deleted",
        change=with_property("status", {"type": "string"}),
        leaves=True,
    ),
    Case(
        "a DELETE that should deactivate and does nothing",
        {"delete": delete_nothing},
        "write.deleted",
        change=with_deactivation,
        leaves=True,
    ),
    Case(
        "a DELETE that only hides from the list",
        {"delete": hide, "list": list_visible},
        "write.deleted",
        leaves=True,
    ),
    Case(
        "a DELETE that only hides from GET",
        {"delete": hide_from_get, "get": get_present},
        "write.deleted",
        "GET /pets",
        leaves=True,
    ),
    Case("a DELETE of all things", {"delete": delete_all}, "write.readable"),
    Case("a DELETE of the next thing, too", {"delete": delete_next}, "write.readable"),
    Case("a DELETE that works and fails", {"delete": delete_fails}, "write.server_error", "delete"),
    Case("a DELETE that fails", {"delete": delete_refuses}, "write.server_error", leaves=True),
    Case("a key that is ignored", {"create": ignore_key}, "write.idempotent"),
    Case("a rejected body is stored", {"create": reject_and_store}, "write.nothing_created"),
    Case("stored with 409", {"create": refuse_and_store(409)}, "write.nothing_created"),
    Case("stored with 429", {"create": refuse_and_store(429)}, "write.nothing_created"),
    Case("500 for an invalid body", {"create": fail_on_invalid}, "write.server_error", "invalid"),
    Case("a body without required fields", accepting(missing_everything), "write.rejects", "name"),
    Case(
        "a kind that is not listed",
        accepting(lambda b: b.get("kind") == "docpact-unknown"),
        "write.rejects",
        "kind",
        leaves=True,  # nothing that was sent is shown, so it may be another's
    ),
    Case(
        "an age that is too high",
        accepting(lambda b: isinstance(b.get("age"), int) and b["age"] > 99),
        "write.rejects",
        "age",
        leaves=True,  # nothing that was sent is shown, so it may be another's
    ),
    Case("a response without fields", {"create": wrong_body}, "response.required"),
    Case("200 instead of 201", {"create": wrong_status}, "response.status"),
)


def soft_delete(self: Pets, number: int, request: Request) -> Answer:
    del request
    self.pets[number] |= {"deleted": True, "hidden": True}
    return Answer(204)


def delete_again(self: Pets, number: int, request: Request) -> Answer:
    if self.pets[number].get("deleted"):
        raise Refusal(404)
    return soft_delete(self, number, request)


def delete_at(name: str) -> Method:
    """Return a `delete` that keeps a pet with the time of its deletion."""

    def delete(self: Pets, number: int, request: Request) -> Answer:
        if name in self.pets[number]:
            raise Refusal(404)
        self.pets[number] |= {name: "2026-01-01T00:00:00Z", "hidden": True}
        del request
        return Answer(204)

    return delete


def with_location(self: Pets, request: Request) -> Answer:
    number = json.loads(Pets.create(self, request).body)["id"]
    return Answer(201, (("Location", f"/pets/{number}"),))


def without_body(document: Any) -> None:
    document["paths"]["/pets"]["post"]["responses"] = {"201": {"description": "ok"}}


def in_a_list(self: Pets, request: Request) -> Answer:
    number = json.loads(Pets.create(self, request).body)["id"]
    return self.write(201, [{"id": number}])


def creating_alone(document: Any) -> None:
    del document["paths"]["/pets"]["get"]
    media: dict[str, Any] = {"application/json": {"schema": {}}}
    responses = {"201": {"description": "ok", "content": media}}
    document["paths"]["/pets"]["post"]["responses"] = responses


def late() -> Method:
    """Return a `list` that shows new things only from its third call on."""
    seen = Counter[int]()

    def show(self: Pets, request: Request) -> Any:
        del request
        seen.update([*self.pets])
        shown = [number for number in self.pets if number <= 102 or seen[number] > 2]
        return {"pets": [self.pets[number] for number in shown]}

    return show


def in_an_envelope(self: Pets, request: Request) -> Answer:
    pet = json.loads(Pets.create(self, request).body)
    return self.write(201, {"pet": pet})


def envelope(document: Any) -> None:
    content = document["paths"]["/pets"]["post"]["responses"]["201"]["content"]["application/json"]
    content["schema"] = {"type": "object", "properties": {"pet": content["schema"]}}


def envelope_all(document: Any) -> None:
    envelope(document)
    schema = document["paths"]["/pets"]["post"]["responses"]["201"]["content"]
    for method in ("get", "put", "patch"):
        operation = document["paths"]["/pets/{pet_id}"].get(method, {})
        for status, response in operation.get("responses", {}).items():
            if status.startswith("2"):
                response["content"] = schema


def around_the_list(self: Pets, request: Request) -> Answer:
    number = json.loads(Pets.create(self, request).body)["id"]
    shop = {"id": 7, "animals": [*self.pets.values()]}
    written = self.write(201, {"shop": shop})
    return replace(written, headers=(*written.headers, ("Location", f"/pets/{number}")))


def shop(document: Any) -> None:
    content = document["paths"]["/pets"]["post"]["responses"]["201"]["content"]["application/json"]
    listed = {"type": "array", "items": content["schema"]}
    fields = {"id": {"type": "integer"}, "animals": listed}
    content["schema"] = {
        "type": "object",
        "properties": {"shop": {"type": "object", "properties": fields}},
    }


def paged(self: Pets, request: Request, shown: list[int] | None = None) -> Any:
    numbers = sorted(self.pets if shown is None else shown)
    texts = (request.last("page_token") or "0", request.last("page_size") or "2")
    if not all(text.isdecimal() for text in texts) or not 0 < int(texts[1]) < 4:
        raise Refusal(422)
    start, size = map(int, texts)
    after = start + size
    onward = {"next_page_token": str(after)} if after < len(numbers) else {}
    return {"pets": [self.show(number) for number in numbers[start:after]], **onward}


def find_by_name(self: Pets, text: str) -> int:
    found = [number for number, pet in self.pets.items() if pet["name"] == unquote(text)]
    if not found:
        raise Refusal(404)
    return found[0]


def find_by_either(self: Pets, text: str) -> int:
    return Pets.find(self, text) if text.isdecimal() else find_by_name(self, text)


def with_names(parameter: str) -> Callable[[Any], None]:
    """Return a change that documents a text as the parameter of the path."""

    def change(document: Any) -> None:
        one = json.dumps(document["paths"].pop("/pets/{pet_id}")).replace("pet_id", parameter)
        document["paths"][f"/pets/{{{parameter}}}"] = json.loads(one)
        for operation in document["paths"][f"/pets/{{{parameter}}}"].values():
            operation["parameters"][0]["schema"] = {"type": "string"}

    return change


def patch_renames(self: Pets, number: int, request: Request) -> Answer:
    body = json.loads(request.body)
    self.pets[number]["name"] = body.pop("new_name", self.pets[number]["name"])
    return Pets.patch(self, number, replace(request, body=json.dumps(body).encode()))


def with_new_names(document: Any) -> None:
    with_names("name")(document)
    change = document["paths"]["/pets/{name}"]["patch"]
    fields = {**{n: s for n, s in FIELDS.items() if n != "name"}, "new_name": FIELDS["name"]}
    change["requestBody"]["content"]["application/json"]["schema"]["properties"] = fields


LOOKS: Final = count()
HOME: Final = {"id": 7, "street": ""}


def with_home(document: Any) -> None:
    """Let bodies contain an object with an id."""
    fields = {"id": {"type": "integer"}, "street": {"type": "string", "maxLength": 0}}
    home = {"type": "object", "properties": fields}
    with_property("home", home)(document)
    for path, method in (("/pets", "post"), ("/pets/{pet_id}", "put")):
        body = document["paths"][path][method]["requestBody"]["content"]["application/json"]
        body["schema"]["properties"]["home"] = home


def pages(document: Any) -> None:
    operation = document["paths"]["/pets"]["get"]
    operation["parameters"] = [
        {"name": "page_token", "in": "query", "schema": {"type": "string"}},
        {
            "name": "page_size",
            "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": 3},
        },
    ]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    schema["properties"]["next_page_token"] = {"type": "string"}


def dogs_by_default(self: Pets, request: Request) -> Any:
    kind = request.last("kind") or "dog"
    if kind not in KINDS:
        raise Refusal(422)
    shown = {number: self.show(number) for number in self.pets}
    return paged(self, request, [n for n, pet in shown.items() if pet["kind"] == kind])


def of_kind(self: Pets, kind: str) -> Any:
    if kind not in KINDS:
        raise Refusal(422)
    shown = map(self.show, self.pets)
    return {"pets": [pet for pet in shown if pet["kind"] == kind]}


def with_kind_filter(document: Any, **keywords: Any) -> None:
    """Document a filter of the list by the kind of a pet."""
    parameter = {"type": "string", "enum": KINDS, **keywords}
    described = {"name": "kind", "in": "query", "schema": parameter}
    document["paths"]["/pets"]["get"]["parameters"].append(described)


def pages_of_dogs(document: Any) -> None:
    pages(document)
    with_kind_filter(document, default="dog")


def create_ranked(self: Pets, request: Request) -> Answer:
    body = self.read(request)
    rank = body.get("age", 1 + max(pet["age"] for pet in self.pets.values()))
    key = request.headers.get("idempotency-key", "")
    if key in self.keys:
        return self.write(201, self.show(self.keys[key]))
    number = self.keys[key or "none"] = self.insert({**DEFAULTS, **body, "age": -1})
    return self.write(201, json.loads(rank_as(self, number, body, rank).body))


def rank_as(self: Pets, number: int, body: dict[str, Any], rank: int) -> Answer:
    """Give a pet an age that no other one has: those from this age on become older."""
    for other, pet in self.pets.items():
        if other != number and pet["age"] >= rank:
            pet["age"] += 1
    self.pets[number] |= {**body, "age": rank}
    return self.write(200, self.show(number))


def put_ranked(self: Pets, number: int, request: Request) -> Answer:
    body = {**DEFAULTS, **self.read(request)}
    return rank_as(self, number, body, body["age"])


def patch_ranked(self: Pets, number: int, request: Request) -> Answer:
    body = self.read(request, PATCH)
    return rank_as(self, number, body, body.get("age", self.pets[number]["age"]))


def delete_ranked(self: Pets, number: int, request: Request) -> Answer:
    rank = self.pets[number]["age"]
    for pet in self.pets.values():
        pet["age"] -= pet["age"] > rank
    return Pets.delete(self, number, request)


def compose(pet: Mapping[str, Any]) -> str:
    return normalize("NFC", pet["note"])


def refuse_long(self: Pets, request: Request) -> Answer:
    if len(self.read(request).get("note", "")) > 100:
        raise Refusal(422)
    return Pets.create(self, request)


RANKED: Final[Mapping[str, Method]] = {
    "create": create_ranked,
    "put": put_ranked,
    "patch": patch_ranked,
}


def refuse_all(self: Pets, request: Request) -> Answer:
    del request
    return self.write(409, {"error": "the owner does not exist"})


def accept_later(self: Pets, number: int, request: Request) -> Answer:
    Pets.delete(self, number, request)
    return Answer(202)


def conflict_on_key(self: Pets, request: Request) -> Answer:
    key = request.headers.get("idempotency-key")
    if key is not None and key in self.keys:
        raise Refusal(409)
    return Pets.create(self, request)


def gone(self: Pets, text: str) -> int:
    if text.isdecimal() and int(text) <= self.last and int(text) not in self.pets:
        raise Refusal(410 if int(text) > 102 else 404)
    return Pets.find(self, text)


def without_delete(document: Any) -> None:
    del document["paths"]["/pets/{pet_id}"]["delete"]


def tag(self: Pets, number: int) -> str:
    """Return the ETag of a pet."""
    return f'"{json.dumps(self.pets[number]).encode().hex()}"'


def get_tagged(self: Pets, number: int, request: Request) -> Answer:
    answer = Pets.get(self, number, request)
    return replace(answer, headers=(*answer.headers, ("ETag", tag(self, number))))


def if_matching(name: str) -> Method:
    """Return a method that needs the ETag of the pet."""

    def change(self: Pets, number: int, request: Request) -> Answer:
        given = request.headers.get("if-match")
        if given is None:
            raise Refusal(428)
        if given != tag(self, number):
            raise Refusal(412)
        answer: Answer = getattr(Pets, name)(self, number, request)
        return answer

    return change


def require_tags(document: Any) -> None:
    header = {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}}
    for name in ("put", "patch", "delete"):
        document["paths"]["/pets/{pet_id}"][name]["parameters"].append(header)


TAGGED: Final[Mapping[str, Method]] = {
    "get": get_tagged,
    **{name: if_matching(name) for name in ("put", "patch", "delete")},
}


def with_303(document: Any) -> None:
    responses = document["paths"]["/pets"]["post"]["responses"]
    responses["303"] = {"description": "see the new pet"}
    del responses["201"]


def see_other(self: Pets, request: Request) -> Answer:
    number = json.loads(Pets.create(self, request).body)["id"]
    return Answer(303, (("Location", f"/pets/{number}"),))


def see_first(self: Pets, request: Request) -> Answer:
    Pets.create(self, request)
    return Answer(303, (("Location", "/pets/101"),))


def return_existing(self: Pets, request: Request) -> Answer:
    """Return the pet with a name, with another status if it existed."""
    name = self.read(request)["name"]
    known = [number for number, pet in self.pets.items() if pet["name"] == name]
    return self.write(200, self.show(known[0])) if known else Pets.create(self, request)


def with_200(document: Any) -> None:
    responses = document["paths"]["/pets"]["post"]["responses"]
    responses["200"] = responses["201"]


def read_behind(change: Method) -> Method:
    """Return a change that the first two readings after it do not show."""

    def behind(self: Pets, number: int, request: Request) -> Answer:
        before = json.dumps(self.pets[number])
        answer: Answer = change(self, number, request)
        self.keys |= {f"{number} {turn} {before}": number for turn in range(2)}
        return answer

    return behind


def get_behind(self: Pets, number: int, request: Request) -> Answer:
    due = [key for key, about in self.keys.items() if about == number and key[-1:] == "}"]
    if not due:
        return Pets.get(self, number, request)
    del self.keys[due[0]]
    return self.write(200, json.loads(due[0].split(" ", 2)[2]))


def refuse_more(self: Pets, request: Request) -> Answer:
    self.read(request)
    return self.write(409, {}) if len(self.pets) > 4 else Pets.create(self, request)


def delete_repeatedly(self: Pets, request: Request) -> Answer:
    name = request.path.rpartition("/")[2]
    is_gone = name.isdecimal() and int(name) not in self.pets
    return Answer(204) if request.method == "DELETE" and is_gone else Pets.route(self, request)


UNUSUAL: Final = (
    Case("the correct server", {}),
    Case("a second pet of a name is refused", once(409), change=with_409),
    Case("a second pet of a name with a documented conflict", {}, change=with_409),
    Case("a PUT with a home", {"is_valid": is_valid_with_a_home}, change=with_a_home),
    Case(
        "a PUT with the usual street",
        {"is_valid": is_valid_with_a_home, "put": put_a_default_street},
        change=with_a_home,
    ),
    Case("a PUT that updates", {"put": put_some}, change=say_update()),
    Case("a PUT of some fields", {"put": put_some}, change=say_that_others_stay),
    Case("a full update", {}, change=say_update("This operation is a full update.")),
    Case("changes need the ETag", TAGGED, change=require_tags),
    Case("changes need the ETag, which is not documented", TAGGED),
    Case("303 to the new thing", {"create": see_other}, change=with_303),
    Case("303 to a thing that existed", {"create": see_first}, change=with_303),
    Case(
        "readings that are late",
        {"get": get_behind, "put": read_behind(Pets.put), "patch": read_behind(Pets.patch)},
    ),
    Case("200 for a name that exists", {"create": return_existing}, change=with_200),
    Case("notes in composed form", {"show": with_fields(note=compose)}),
    Case("long notes are refused", {"create": refuse_long}),
    Case("names in lower case", {"show": with_fields(name=lambda pet: pet["name"].lower())}),
    Case("names without blanks around", {"show": with_fields(name=lambda p: f" {p['name']} ")}),
    Case("no note if it is empty", {"show": with_fields(note=lambda p: p["note"] or ...)}),
    Case("null for no tags", {"show": with_fields(tags=lambda p: p["tags"] or [])}),
    Case("tags in another order", {"show": with_fields(tags=lambda p: [*reversed(p["tags"])])}),
    Case(
        "a time of change",
        {"show": with_fields(updated_at=lambda p: f"{len(str(p))}")},
        change=with_property("updated_at", {"type": "string"}),
    ),
    Case(
        "a version that grows",
        {"show": with_fields(version=lambda p: len(str(p)))},
        change=with_property("version", {"type": "integer"}),
    ),
    Case(
        "a waiting period that grows with each look",
        {"show": lambda self, number: {**self.pets[number], "waiting": next(LOOKS) / 8}},
        change=with_property("waiting", {"type": "number"}),
    ),
    Case(
        "a rank that new things shift",
        {"show": lambda self, number: {**self.pets[number], "rank": self.last - number}},
        change=with_property("rank", {"type": "integer"}),
    ),
    Case(
        "an id of a part that the server chooses",
        {"show": lambda self, number: {**self.pets[number], "home": HOME}},
        change=with_home,
    ),
    Case(
        "the creator among the owners",
        {
            "is_valid": accepting_owners,
            "show": with_fields(owners=lambda p: [*p.get("owners", []), "docpact"]),
        },
        change=with_owners_sent,
    ),
    Case(
        "an owner and a date that the server chooses",
        {"show": with_fields(owner_id=7, due_date="2030-01-01")},
        change=DAYS,
    ),
    Case("no field with its default", {"show": without_defaults}, change=with_default_age),
    Case("fields of a cat, and others of a dog", {"show": by_kind}, change=of_two_forms),
    Case(
        "a number that follows another",
        {"show": with_months},
        change=with_property("months", {"type": "integer"}),
    ),
    Case("names in paths", {"find": find_by_name}, change=with_names("name")),
    Case(
        "a field that renames",
        {"find": find_by_name, "patch": patch_renames},
        change=with_new_names,
    ),
    Case("ids or names in paths", {"find": find_by_either}, change=with_names("id_or_name")),
    Case(
        "deleted things are kept with a mark",
        {"delete": delete_again, "list": list_visible},
    ),
    Case("a deleteTime", {"delete": delete_at("deleteTime"), "list": list_visible}),
    Case("410 for deleted things", {"find": gone}),
    Case(
        "an empty object for deleted things",
        {"route": route_empty},
        change=without_required_in_get,
    ),
    Case("only a Location header", {"create": with_location}, change=without_body),
    Case("the id of the new thing in a list", {"create": in_a_list}, change=creating_alone),
    Case("the new thing in an envelope", {"create": in_an_envelope}, change=envelope),
    Case("ages that no two things share", RANKED),
    Case("ages that no two things share, without gaps", {**RANKED, "delete": delete_ranked}),
    Case(
        "each thing beside the titles of its fields",
        {"show": show_with_titles(), "list": list_plain},
        change=envelope_beside_titles,
    ),
    Case(
        "each thing in an envelope",
        {"show": show_in_an_envelope, "list": list_plain},
        change=envelope_all,
    ),
    Case("requests and responses in an envelope", ENVELOPED, change=envelope_requests),
    Case("all things in an envelope", {"create": around_the_list}, change=shop),
    Case("a list in pages", {"list": paged}, change=pages),
    Case("a list that is late", {"list": late()}),
    Case(
        "a list that shows only dogs unless asked",
        {
            "list": dogs_by_default,
            "show": with_fields(kind=lambda pet: "dog" if pet["name"] == "Rex" else pet["kind"]),
        },
        change=pages_of_dogs,
    ),
    Case(
        "deletions later",
        {"delete": accept_later},
        change=lambda d: d["paths"]["/pets/{pet_id}"]["delete"]["responses"].update(
            {"202": {"description": "later"}}
        ),
    ),
    Case("409 for a key that was used", {"create": conflict_on_key}),
    Case("a PUT of single fields", {"put": Pets.patch}, change=put_in_part),
    Case("every change names a version", {"route": route_versioned}, change=require_version),
    Case("at most five things", {"create": refuse_more}),
    Case("deletions repeated", {"route": delete_repeatedly}),
    Case(
        "deleted things are kept, and listed with a mark",
        {"delete": soft_delete, "list": Pets.list},
        change=with_property("deleted", {"type": "boolean"}),
    ),
    *(
        Case(
            f"deleted things have the status {status}",
            {"delete": leave_in(status)},
            change=with_property("status", {"type": "string"}),
        )
        for status in ("trash", "DEPROVISIONED", "pending_deletion")
    ),
    Case("a DELETE that deactivates", {"delete": leave_in("inactive")}, change=with_deactivation),
    Case("every body is refused for another reason", {"create": refuse_all}),
)


def load(tmp_path: Path, change: Callable[[Any], None]) -> Api:
    """Write a changed document into a folder, and return its operations."""
    document = json.loads(json.dumps(DOCUMENT))
    change(document)
    text = json.dumps(document)
    (tmp_path / "pets.json").write_text(text)
    return read_once(text)


@cache
def read_once(text: str) -> Api:
    """Return the operations of a document; those of equal documents are read once."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "pets.json")
        file.write_text(text)
        return load_api(str(file))


def check(case: Case, tmp_path: Path, **options: Any) -> tuple[ApiRun, Pets]:
    """Check the server of a case, with further options."""
    pets, api = case.server(), load(tmp_path, case.change)
    document = str(tmp_path / "pets.json")
    with Server(pets) as server:
        chosen = {"target": server.url, "operation": document, "rate": 100_000.0, **options}
        settings = resolve(Config(), chosen)
        api = prepare_api(settings) if options else api
        return run_api(api, settings, {}, version="0", allow_writes=True), pets


def findings(run: ApiRun) -> list[Finding]:
    return [each for one in run.runs for each in one.findings if each.level is not Level.NOTE]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait before a thing is looked for again."""
    monkeypatch.setattr("docpact.conformance.writes.readings.WAITS", (0.0, 0.0, 0.0))


@pytest.mark.sampled(8)
@pytest.mark.parametrize("case", sample(BROKEN, 24, attrgetter("name")))
def test_a_broken_server_is_caught(case: Case, tmp_path: Path) -> None:
    run, pets = check(case, tmp_path)
    found = [
        each
        for each in findings(run)
        if each.rule == case.rule and case.where in f"{each.location} {each.observed}"
    ]
    assert found, [(each.rule, each.location, each.observed) for each in findings(run)]
    assert all(each.shown <= each.asked for each in findings(run) if each.asked)
    names = {pet["name"] for pet in pets.pets.values()}
    assert case.leaves or not any("docpact" in name for name in names)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("case", sample(UNUSUAL, 24, attrgetter("name")))
def test_an_unusual_server_conforms(case: Case, tmp_path: Path) -> None:
    run, pets = check(case, tmp_path)
    assert [(each.rule, each.location, each.observed) for each in findings(run)] == []
    assert run.verdict() is Verdict.CONFORMS
    kept = [p for p in pets.pets.values() if not (p.get("deleted") or p.get("hidden"))]
    assert [each["name"] for each in kept] == ["Tom", "Rex"]


STORES_ALL: Final = {"is_valid": lambda self, body, schema: True}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("envelope", [False, True])
def test_a_server_that_stores_everything_only_accepts_more(envelope: bool, tmp_path: Path) -> None:
    enveloped = Case("", {**ENVELOPED, **STORES_ALL}, change=envelope_requests)
    case = enveloped if envelope else Case("", STORES_ALL)
    found = findings(check(case, tmp_path)[0])
    assert {each.rule for each in found if each.level is Level.BREAKING} == set()
    assert "write.rejects" in {each.rule for each in found}


def test_what_it_shows_otherwise_of_documented_bodies_is_found(tmp_path: Path) -> None:
    case = Case("", {**STORES_ALL, "show": with_fields(name=lambda shown: [shown.get("name")])})
    found = findings(check(case, tmp_path)[0])
    assert ("response.type", "/name") in {(each.rule, each.location) for each in found}


def test_deletions_that_are_never_carried_out_are_inconclusive(tmp_path: Path) -> None:
    later = next(each for each in UNUSUAL if each.name == "deletions later")
    never = {"delete": lambda self, number, request: Answer(202)}
    run, _ = check(replace(later, methods=never), tmp_path)
    assert run.verdict() is Verdict.INCONCLUSIVE
    assert "DELETE got 202, and /pets 103 still exists" in {each.reason for each in run.runs}


def test_creations_that_are_not_carried_out_yet_are_not_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def create(self: Pets, request: Request) -> Answer:
        return self.write(202, {**DEFAULTS, **self.read(request), "id": self.new_id()})

    def with_202(document: Any) -> None:
        responses = document["paths"]["/pets"]["post"]["responses"]
        responses["202"] = responses.pop("201")

    monkeypatch.setattr(readings, "WAITS", (0.0,))
    run, _ = check(Case("", {"create": create}, change=with_202), tmp_path)
    assert findings(run) == []
    assert "does not exist yet" in run.not_tested["pets/create_pet"]
    assert len(run.left_behind) == 1


def test_a_failure_of_all_bodies_but_the_shortest_is_not_one_finding_per_field(
    tmp_path: Path,
) -> None:
    def create(self: Pets, request: Request) -> Answer:
        fails = len(self.read(request)) > 2
        return self.write(500, {}) if fails else Pets.create(self, request)

    run, _ = check(Case("", {"create": create}), tmp_path)
    found = [each for each in findings(run) if each.rule == "write.server_error"]
    assert sorted(each.location for each in found) == ["create", "partial", "same key"]


def test_a_fault_of_ids_is_one_finding(tmp_path: Path) -> None:
    run, _ = check(Case("", {"new_id": same_id}), tmp_path)
    rules = Counter(each.rule for each in findings(run))
    assert (rules["write.unique"], rules["write.reused"]) == (1, 1)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("kind", KINDS)
def test_a_given_value_of_a_filter_is_that_of_the_created_things(kind: str, tmp_path: Path) -> None:
    methods: dict[str, Any] = {
        "list": lambda self, request: of_kind(self, request.last("kind") or "dog")
    }
    case = Case("", methods, change=with_kind_filter)
    run, _ = check(case, tmp_path, params=[f"kind={kind}"])
    assert findings(run) == []
    created = next(each for each in run.runs if each.operation == "pets/create_pet")
    listed = [each for each in created.results if each.promise.rule == "write.listed"]
    assert [each.outcome for each in listed] == [Outcome.KEPT]


@pytest.mark.slow
def test_a_list_need_not_show_what_a_given_value_excludes(tmp_path: Path) -> None:
    old = "2020-02-02T00:00:00Z"

    def list_old(self: Pets, request: Request) -> Any:
        if request.last("created_at") not in (None, old):
            raise Refusal(422)
        return paged(self, request, [101, 102])

    def change(document: Any) -> None:
        pages(document)
        _, size = document["paths"]["/pets"]["get"]["parameters"]
        size["schema"]["maximum"] = 1
        created = {"name": "created_at", "in": "query", "schema": {"type": "string"}}
        document["paths"]["/pets"]["get"]["parameters"].append(created)

    when = with_fields(
        created_at=lambda pet: old if pet["name"] in ("Tom", "Rex") else "2024-01-01T00:00:00Z"
    )
    methods = {"list": list_old, "show": when}
    run, _ = check(Case("", methods, change=change), tmp_path, params=[f"created_at={old}"])
    rules = {each.rule for each in findings(run)}
    assert "write.listed" not in rules
    run, _ = check(Case("", methods, change=change), tmp_path)
    assert "write.listed" in {each.rule for each in findings(run)}


OWNER: Final = "owner-0f3c"


def with_owners(name: str, schema: Any) -> Callable[[Any], None]:
    """Return a change of the document: pets have owners, which are listed."""

    def add(part: Any) -> None:
        for each in part.values() if isinstance(part, dict) else ():
            add(each)
        if isinstance(part, dict) and "kind" in part.get("properties", {}):
            part["properties"][name] = schema
            if "id" not in part["properties"] and "required" in part:
                part["required"].append(name)

    def change(document: Any) -> None:
        add(document["paths"])
        owner = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
        owners = {"type": "array", "items": owner}
        document["paths"]["/owners"] = {"get": describe("list_owners", owners)}

    return change


class Owned(Pets):
    """A store of pets whose bodies must name an owner that exists."""

    name = ""

    def route(self, request: Request) -> Answer:
        """Answer a request."""
        if request.path == "/owners":
            return self.write(200, [{"id": OWNER}])
        return Pets.route(self, request)

    def read(self, request: Request, schema: Any = BODY) -> dict[str, Any]:
        """Return a body that names the owner."""
        body = Pets.read(self, request, schema)
        is_left_out = schema is PATCH and self.name not in body
        if not is_left_out and body.get(self.name) not in (OWNER, [OWNER]):
            raise Refusal(422)
        return body


@pytest.mark.sampled(8)
@pytest.mark.parametrize(
    ("name", "schema", "is_tested"),
    [
        ("owner", {"type": "string"}, True),
        ("ownerId", {"type": ["string", "null"], "maxLength": 40}, True),
        ("owner_ids", {"type": "array", "items": {"type": "string"}}, True),
        ("keeper_id", {"type": "string"}, False),
        ("owner_id", {"type": "string", "enum": ["a", "b"]}, False),
    ],
)
def test_bodies_name_things_that_a_list_shows(
    name: str, schema: Any, is_tested: bool, tmp_path: Path
) -> None:
    case = Case("", {"route": Owned.route, "read": Owned.read, "name": name})
    run, _ = check(replace(case, change=with_owners(name, schema)), tmp_path)
    assert findings(run) == []
    tested = {each.operation for each in run.runs}
    assert ("pets/create_pet" in tested) is is_tested
    refused = run.not_tested.get("pets/create_pet", "")
    assert refused == ("" if is_tested else "docpact's bodies, which are as documented, got [422]")


def test_every_operation_of_a_life_cycle_sends_the_key_and_the_headers(tmp_path: Path) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    key = {"type": "apiKey", "in": "header", "name": "X-Key"}
    document |= {"components": {"securitySchemes": {"key": key}}, "security": [{"key": []}]}
    (tmp_path / "pets.json").write_text(json.dumps(document))
    sent = Counter[tuple[str, str | None, str | None]]()

    class Locked(Pets):
        """A store that needs a key."""

        def route(self, request: Request) -> Answer:
            given = (request.headers.get("x-key"), request.headers.get("x-tenant"))
            sent[request.method, *given] += 1
            if given[0] != "secret-of-the-pets":
                raise Refusal(401)
            return Pets.route(self, request)

    with Server(Locked()) as server:
        chosen = {"target": server.url, "operation": str(tmp_path / "pets.json"), "key": "MY_PETS"}
        settings = resolve(Config(), {**chosen, "headers": ["X-Tenant: blue"], "rate": 100_000.0})
        api, environment = prepare_api(settings), {"MY_PETS": "secret-of-the-pets"}
        run = run_api(api, settings, environment, version="0", allow_writes=True)
    assert (run.verdict(), run.left_behind) == (Verdict.CONFORMS, ())
    changing = {each for each in sent if each[0] not in ("GET", "HEAD", "OPTIONS")}
    assert changing == {
        (method, "secret-of-the-pets", "blue") for method in ("POST", "PUT", "PATCH", "DELETE")
    }


@pytest.mark.parametrize(
    ("sent", "shown", "is_found"),
    [
        ("1.5", "1.50", False),
        ("-.5", "-0.50", False),
        ("1.5", "1.51", True),
        ("1.50", "1.5", True),
        ("1.5", "1.5.0", True),
    ],
)
def test_a_decimal_text_may_get_zeros(sent: str, shown: str, is_found: bool) -> None:
    assert is_same(sent, shown) is not is_found


@pytest.mark.parametrize("status", [503, pytest.param(429, marks=pytest.mark.slow)])
def test_a_busy_server_is_inconclusive(status: int, tmp_path: Path) -> None:
    def put(self: Pets, number: int, request: Request) -> Answer:
        del number, request
        return self.write(status, {})

    run, _ = check(Case("", {"put": put}), tmp_path)
    assert {each.rule for each in findings(run)} <= {"response.status"}
    assert "the server was too busy" in run.reason + "".join(each.reason for each in run.runs)


def test_a_credential_that_expires_in_a_life_cycle_is_inconclusive(tmp_path: Path) -> None:
    expired = list[str]()

    def route(self: Pets, request: Request) -> Answer:
        expired.extend([request.method] if request.method == "PUT" else [])
        if expired:
            raise Refusal(401)
        return Pets.route(self, request)

    run, _ = check(Case("", {"route": route}), tmp_path)
    assert findings(run) == []
    assert "has the credential expired?" in run.reason + "".join(e.reason for e in run.runs)


def test_there_are_enough() -> None:
    assert len(BROKEN) >= 40
    assert len(UNUSUAL) >= 10


@pytest.mark.sampled(8)
@pytest.mark.parametrize("at", [1, 2, 5, 9, 11])
def test_everything_is_removed_after_ctrl_c(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = HttpTarget.send
    count = iter(range(1, 1000))

    def send(self: HttpTarget, case: Any, phase: str = "", *, together: bool = False) -> Any:
        found = sent(self, case, phase, together=together)
        if phase == "write" and next(count) == at:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(HttpTarget, "send", send)
    run, pets = check(Case("", {}), tmp_path)
    assert [pet["name"] for pet in pets.pets.values()] == ["Tom", "Rex"]
    assert run.reason == "interrupted"
    assert run.verdict() is Verdict.INCONCLUSIVE
    assert run.left_behind == ()


def test_what_ctrl_c_left_out_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Whole, "_start", interrupt)
    run, _ = check(Case("", {}), tmp_path)
    changing = ("create_pet", "replace_pet", "change_pet", "delete_pet")
    assert {run.not_tested[f"pets/{each}"] for each in changing} == {"interrupted"}


@pytest.mark.sampled(8)
@pytest.mark.parametrize("case", [each for each in BROKEN if each.leaves], ids=attrgetter("name"))
def test_what_cannot_be_removed_is_listed(case: Case, tmp_path: Path) -> None:
    run, pets = check(case, tmp_path)
    left = [n for n, pet in pets.pets.items() if "docpact" in pet["name"] and "hidden" not in pet]
    assert all(any(f"/pets {n}:" in line for line in run.left_behind) for n in left)


def test_no_write_without_permission(docpact: Docpact, tmp_path: Path) -> None:
    (tmp_path / "pets.json").write_text(json.dumps(DOCUMENT))
    elsewhere = ("--target", "https://pets.example", "--allow-writes")
    done = docpact("check", "pets.json", *elsewhere)
    assert (done.returncode, "set `writes = true`" in done.stderr) == (2, True)
    with Server(Pets()) as server:
        done = docpact("check", "pets.json", "--target", server.url)
        assert done.returncode == 0
        assert {each.method for each in server.requests} <= {"GET", "HEAD", "OPTIONS"}
        assert "POST may change data: --allow-writes" in done.stdout
    config = '[targets.live]\nurl = "https://pets.example"\nwrites = true\n'
    (tmp_path / "docpact.toml").write_text(config)
    settings = resolve(load_config(tmp_path / "docpact.toml", tmp_path), {"target": "live"})
    api = load(tmp_path, lambda document: None)
    check_allowed(settings, api)
    with pytest.raises(UsageError, match="is another machine"):
        check_allowed(replace(settings, writes=False), api)


def test_a_thing_that_existed_before_is_neither_changed_nor_removed(tmp_path: Path) -> None:
    """This server shows the oldest thing in response to every POST."""

    def create(self: Pets, request: Request) -> Answer:
        Pets.create(self, request)
        return self.write(201, self.show(101))

    run, pets = check(Case("", {"create": create}), tmp_path)
    assert {each.rule for each in findings(run)} == {"write.as_sent"}
    assert [pet["name"] for pet in pets.pets.values()] == ["Tom", "Rex"]
    problem = "it has nothing that was sent, so docpact may not have created it"
    assert run.left_behind == (f"/pets 101: {problem}",)


def test_a_thing_whose_creation_shows_nothing_is_found_in_the_list_and_removed(
    tmp_path: Path,
) -> None:
    """The server refuses every field together, and a second body with the same texts does not."""

    def create(self: Pets, request: Request) -> Answer:
        if "note" in self.read(request):
            return self.write(404, {})
        Pets.create(self, request)
        return Answer(201)

    run, pets = check(Case("", {"create": create}, change=without_body), tmp_path)
    assert {each.rule for each in findings(run)} <= {"write.accepts"}
    assert [pet["name"] for pet in pets.pets.values()] == ["Tom", "Rex"]
    assert run.left_behind == ()


def test_nothing_is_created_that_cannot_be_removed(tmp_path: Path) -> None:
    run, pets = check(Case("", {}, change=without_delete), tmp_path)
    assert "no DELETE is documented" in run.not_tested["pets/create_pet"]
    assert pets.last == 102


def aging(step: int, rest: int) -> Case:
    """Return a server on which every reading lowers an age, down to a rest."""

    def get(self: Pets, number: int, request: Request) -> Answer:
        pet = self.pets[number]
        pet["age"] = max(min(pet["age"], rest), pet["age"] - step)
        return Pets.get(self, number, request)

    return Case("", {"get": get})


@pytest.mark.sampled(6)
@pytest.mark.parametrize(("step", "rest", "found"), [(0, 0, False), (1, 0, False), (99, 3, True)])
def test_a_number_that_falls_by_itself_is_no_finding(
    step: int, rest: int, found: bool, tmp_path: Path
) -> None:
    run, _ = check(aging(step, rest), tmp_path)
    rules = {each.rule for each in findings(run) if each.location == "/age"}
    assert ("write.as_sent" in rules, bool(rules)) == (found, found)


def without_list(document: Any) -> None:
    """Leave out the list, and add what a pet wears."""
    del document["paths"]["/pets"]["get"]
    where = document["paths"]["/pets/{pet_id}"]["get"]["parameters"]
    wearing = {"type": "object", "properties": {"collar": {"type": "string"}}}
    parts = {"get": describe("get_outfit", wearing, "200", None, *where)}
    document["paths"]["/pets/{pet_id}/outfit"] = parts


@pytest.mark.sampled(8)
@pytest.mark.parametrize("collar", ["red", 7])
@pytest.mark.parametrize("number", [int, str])
def test_a_created_thing_gives_values_to_the_paths_below_it(
    number: type[int | str], collar: Any, tmp_path: Path
) -> None:
    def route(self: Pets, request: Request) -> Answer:
        path = request.path.removesuffix("/outfit")
        if path != request.path:
            self.find(path.rpartition("/")[2])
            return self.write(200, {"collar": collar})
        return Pets.route(self, request)

    def get(self: Pets, name: int, request: Request) -> Answer:
        return self.write(200, {**self.show(name), "id": number(name)})

    run, pets = check(Case("", {"route": route, "get": get}, change=without_list), tmp_path)
    wrong = {"pets/get_outfit": collar == 7, "pets/get_pet": number is str}
    broken = {
        one.operation for one in run.runs for each in one.findings if each.level is not Level.NOTE
    }
    assert broken == {name for name, is_wrong in wrong.items() if is_wrong}
    assert {*wrong} <= {one.operation for one in run.runs}
    assert run.not_tested == {}
    assert [pet["name"] for pet in pets.pets.values()] == ["Tom", "Rex"]


@pytest.mark.parametrize("is_documented", [False, True])
def test_a_refusal_of_every_body_is_one_note(is_documented: bool, tmp_path: Path) -> None:
    """A documented conflict with another thing needs none."""

    def create(self: Pets, request: Request) -> Answer:
        return (
            self.write(409, {}) if "age" in json.loads(request.body) else Pets.create(self, request)
        )

    change = with_409 if is_documented else say_update()
    run, _ = check(Case("", {"create": create}, change=change), tmp_path)
    (created,) = (one for one in run.runs if one.operation == "pets/create_pet")
    notes = [each for each in created.findings if each.rule == "write.accepts"]
    noted = [] if is_documented else ["status 409 (every field)"]
    assert [each.observed.partition(";")[0] for each in notes] == noted


@pytest.mark.slow
@pytest.mark.parametrize("method", ["patch", "put"])
def test_an_operation_that_refuses_every_body_is_not_tested(method: str, tmp_path: Path) -> None:
    def refuse(self: Pets, number: int, request: Request) -> Answer:
        return self.write(409, {})

    run, _ = check(Case("", {method: refuse}), tmp_path)
    name = {"patch": "pets/change_pet", "put": "pets/replace_pet"}[method]
    assert [*run.not_tested] == [name]
    assert run.not_tested[name].startswith("docpact's bodies, which are as documented, got [")
    assert all(any(result.observations for result in each.results) for each in run.runs)


@pytest.mark.parametrize("read", [404, 200])
def test_a_server_that_has_nothing_of_the_api_is_inconclusive(read: int, tmp_path: Path) -> None:
    def get_page(_: Pets, request: Request) -> Answer:
        page = (("Content-Type", "text/html"),), b"<!doctype html><p>Hello"
        return Answer(read, *page) if request.method in ("GET", "HEAD") else Answer(405, *page)

    run, _ = check(Case("elsewhere", {"route": get_page}), tmp_path)
    assert (run.verdict(), findings(run)) == (Verdict.INCONCLUSIVE, [])


def test_a_write_is_never_repeated(tmp_path: Path) -> None:
    bodies = []

    def create(self: Pets, request: Request) -> Answer:
        bodies.append(request.body)
        Pets.create(self, request)
        return Answer(0)

    run, pets = check(Case("", {"create": create}), tmp_path)
    assert len(bodies) == len({*bodies}) > 0
    assert [pet["name"] for pet in pets.pets.values()] == ["Tom", "Rex"]
    assert run.verdict() is not Verdict.CONFORMS


def test_the_command_reports_a_life_cycle(docpact: Docpact, tmp_path: Path) -> None:
    (tmp_path / "pets.json").write_text(json.dumps(DOCUMENT))
    case = next(each for each in BROKEN if each.name == "a DELETE that fails")
    changed = {**case.methods, "create": failing_without("age")}
    with Server(Case("", changed).server()) as server:
        files = ("--json", "run.json", "--junit", "run.xml", "--journal", "runs.jsonl")
        target = ("--target", server.url, "--allow-writes")
        done = docpact("check", "pets.json", *target, *files)
    assert done.returncode == 1
    assert "LEFT BEHIND (" in done.stdout
    assert "--data-raw" in done.stdout
    assert json.loads((tmp_path / "run.json").read_text())["left_behind"]
