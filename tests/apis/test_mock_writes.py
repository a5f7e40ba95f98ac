"""The mock of a whole API stores what requests create, change and delete."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
from command import Docpact, docpact
from counting import count_steps
from servers.pets import DOCUMENT
from sizes import sample

from docpact.apis import load_api
from docpact.cases.request_bodies import write_body
from docpact.conformance import run_api
from docpact.model import Verdict
from docpact.settings import Config, resolve
from docpact.targets.mock_directory import Names
from docpact.targets.mock_store import MockStore, open_mock

__all__ = ["docpact"]

FLUFFY: dict[str, Any] = {"name": "Fluffy", "kind": "cat"}


@pytest.fixture
def store(tmp_path: Path) -> MockStore:
    file = tmp_path / "pets.json"
    file.write_text(json.dumps(DOCUMENT))
    store = open_mock(load_api(str(file)), key=None, items=3)
    assert isinstance(store, MockStore)
    return store


def send(
    store: MockStore, method: str, path: str, body: Any = None, **headers: str
) -> httpx.Response:
    content = None if body is None else json.dumps(body)
    sent = {"Content-Type": "application/json"} if content else {}
    url = f"http://mock.invalid{path}"
    return store.answer(httpx.Request(method, url, content=content, headers={**sent, **headers}))


def names(store: MockStore) -> list[str]:
    body = send(store, "GET", "/pets").json()
    items = body if isinstance(body, list) else next(v for v in body.values() if type(v) is list)
    return [each["name"] for each in items]


def create(store: MockStore, **headers: str) -> str:
    created = send(store, "POST", "/pets", FLUFFY, **headers)
    assert created.is_success
    return created.headers["location"]


def test_what_is_created_is_read_and_listed(store: MockStore) -> None:
    path = create(store)
    assert send(store, "GET", path).json().items() >= FLUFFY.items()
    assert names(store).count("Fluffy") == 1


def test_what_is_changed_is_shown_and_the_rest_is_kept(store: MockStore) -> None:
    path = create(store)
    before = send(store, "GET", path).json()
    assert send(store, "PATCH", path, {"name": "Rex"}).is_success
    assert send(store, "GET", path).json() == {**before, "name": "Rex"}
    assert "Rex" in names(store)


def test_a_put_that_changes_some_fields_keeps_the_rest(tmp_path: Path) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    operation = document["paths"]["/pets/{pet_id}"]["put"]
    operation["summary"] = "Only the given fields are changed"
    operation["requestBody"] = document["paths"]["/pets/{pet_id}"].pop("patch")["requestBody"]
    (tmp_path / "pets.json").write_text(json.dumps(document))
    store = open_mock(load_api(str(tmp_path / "pets.json")), key=None, items=3)
    assert isinstance(store, MockStore)
    path = create(store)
    before = send(store, "GET", path).json()
    assert send(store, "PUT", path, {"name": "Rex"}).is_success
    assert send(store, "GET", path).json() == {**before, "name": "Rex"}


def test_what_is_deleted_is_gone(store: MockStore) -> None:
    path = create(store)
    assert send(store, "DELETE", path).is_success
    assert [send(store, method, path).status_code for method in ("GET", "DELETE")] == [404, 404]
    assert "Fluffy" not in names(store)
    assert create(store) != path


@pytest.mark.parametrize("body", [{}, {"name": 7, "kind": "cat"}, {"name": "a", "kind": "fish?"}])
def test_an_invalid_body_creates_nothing(store: MockStore, body: Any) -> None:
    before = names(store)
    assert 400 <= send(store, "POST", "/pets", body).status_code < 500
    assert names(store) == before


def test_the_same_idempotency_key_creates_once(store: MockStore) -> None:
    key = {"Idempotency-Key": "k1"}
    assert create(store, **key) == create(store, **key) != create(store)
    assert names(store).count("Fluffy") == 2


def test_the_life_cycle_of_the_mock_conforms(
    docpact: Docpact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pets.json").write_text(json.dumps(DOCUMENT))
    done = docpact("check", "pets.json", "--allow-writes", "--json", "run.json")
    assert done.returncode == 0, done.stdout
    runs = json.loads(Path("run.json").read_text())["operations"]
    tested = {name for name, run in runs.items()} if isinstance(runs, dict) else runs
    assert len(tested) >= 5


CUP: dict[str, Any] = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "color": {"type": "string"}},
    "required": ["color"],
}


def describe(body: Any = None) -> Any:
    content = {"content": {"application/json": {"schema": CUP}}}
    sent = {"requestBody": content} if body else {}
    return {**sent, "responses": {"200": {"description": "", **content}}}


@pytest.fixture
def cups(tmp_path: Path) -> Path:
    """A document of things that no operation lists."""
    name = {"name": "cupId", "in": "path", "required": True, "schema": {"type": "integer"}}
    one = {"get": describe(), "put": describe(CUP), "delete": describe(), "parameters": [name]}
    paths = {"/cups": {"post": describe(CUP)}, "/cups/{cupId}": one}
    info = {"title": "Cups", "version": "1"}
    servers = [{"url": "https://cups.example"}]
    file = tmp_path / "cups.json"
    file.write_text(
        json.dumps({"openapi": "3.1.0", "info": info, "servers": servers, "paths": paths})
    )
    return file


def test_things_that_no_operation_lists_are_stored_too(cups: Path) -> None:
    store = open_mock(load_api(str(cups)), key=None)
    assert isinstance(store, MockStore)
    paths = []
    for color in "abcdefgh":
        path = send(store, "POST", "/cups", {"color": color}).headers["location"]
        assert send(store, "GET", path).json()["color"] == color
        assert send(store, "PUT", path, {"color": "z"}).json()["color"] == "z"
        assert send(store, "DELETE", path).is_success
        assert send(store, "GET", path).status_code == 404
        paths.append(path)
    assert len({*paths}) == len(paths)


def test_things_that_only_a_search_lists_are_stored_too(cups: Path) -> None:
    document = json.loads(cups.read_text())
    document["paths"]["/cups/findByColor"] = {"get": respond({"type": "array", "items": CUP})}
    cups.write_text(json.dumps(document))
    store = open_mock(load_api(str(cups)), key=None)
    assert isinstance(store, MockStore)
    path = send(store, "POST", "/cups", {"color": "teal"}).headers["location"]
    assert send(store, "GET", path).json()["color"] == "teal"
    assert send(store, "DELETE", path).is_success
    assert send(store, "GET", path).status_code == 404


def test_an_id_that_was_sent_is_kept_and_not_given_twice(cups: Path) -> None:
    store = open_mock(load_api(str(cups)), key=None)
    assert isinstance(store, MockStore)
    cup = {"id": 77, "color": "red"}
    assert send(store, "POST", "/cups", cup).headers["location"] == "/cups/77"
    assert send(store, "POST", "/cups", cup).status_code == 409
    assert send(store, "DELETE", "/cups/77").is_success
    assert send(store, "POST", "/cups", cup).headers["location"] == "/cups/77"


def test_the_life_cycle_of_things_that_no_operation_lists_conforms(
    docpact: Docpact, cups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(cups.parent)
    done = docpact("check", "cups.json", "--allow-writes")
    assert done.returncode == 0, done.stdout
    assert "cups/POST_cups" in done.stdout


def test_an_optional_id_without_the_mark_is_not_sent() -> None:
    assert write_body(CUP, "mark").keys() == {"color"}
    assert write_body({**CUP, "required": ["id"]}, "mark").keys() == {"id", "color"}
    named = {**CUP, "properties": {"id": {"type": "string"}}}
    assert "mark" in write_body({**named, "required": []}, "mark")["id"]


def open_document(folder: Path, paths: Any) -> MockStore:
    file = folder / "document.json"
    info, servers = {"title": "Cups", "version": "1"}, [{"url": "https://cups.example"}]
    content = {"openapi": "3.1.0", "info": info, "servers": servers, "paths": paths}
    file.write_text(json.dumps(content))
    store = open_mock(load_api(str(file)), key=None, items=3)
    assert isinstance(store, MockStore)
    return store


def respond(schema: Any) -> Any:
    content = {"application/json": {"schema": schema}}
    return {"responses": {"200": {"description": "", "content": content}}}


def test_fields_that_a_list_lacks_stay_when_an_earlier_thing_is_deleted(tmp_path: Path) -> None:
    fields = {"name": {"type": "string"}, "note": {"type": "string", "maxLength": 60}}
    full = {"type": "object", "properties": fields, "required": ["name", "note"]}
    short = {"type": "object", "properties": {"name": fields["name"]}, "required": ["name"]}
    named = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    one = {"get": respond(full), "delete": respond(full), "parameters": [named]}
    listed = {"get": respond({"type": "array", "items": short})}
    store = open_document(tmp_path, {"/cups": listed, "/cups/{name}": one})
    first, second, _ = (each["name"] for each in send(store, "GET", "/cups").json())
    before = send(store, "GET", f"/cups/{second}").json()
    assert send(store, "DELETE", f"/cups/{first}").is_success
    assert send(store, "GET", f"/cups/{second}").json() == before


@pytest.mark.parametrize("union", ["anyOf", "oneOf"])
def test_a_thing_that_is_not_kept_is_returned_as_it_was_sent(tmp_path: Path, union: str) -> None:
    form = {**CUP, "required": ["id", "color"]}
    union_of_both = {union: [form, {"type": "array", "items": form}]}
    content = {"application/json": {"schema": CUP}}
    create = {**respond(union_of_both), "requestBody": {"content": content}}
    named = {"name": "cupId", "in": "path", "required": True, "schema": {"type": "integer"}}
    one = {"delete": respond(CUP), "parameters": [named]}
    store = open_document(tmp_path, {"/cups": {"post": create}, "/cups/{cupId}": one})
    assert send(store, "POST", "/cups", {"color": "teal"}).json()["color"] == "teal"


THING: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id", "text"],
    "properties": {"id": {"type": "integer", "readOnly": True}, "text": {"type": "string"}},
}
TEXT: Final[dict[str, Any]] = {"type": "object", "properties": {"text": {"type": "string"}}}
PART: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}
BOX: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id", "parts", "lid"],
    "properties": {
        "id": {"type": "integer"},
        "parts": {"type": "array", "items": PART},
        "lid": PART,
    },
}
TOKEN: Final[dict[str, Any]] = {"type": "object", "properties": {"id": {"type": "string"}}}
PAGED: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["paging", "messages"],
    "properties": {
        "paging": {"type": "object", "properties": {"next": {"type": ["string", "null"]}}},
        "messages": {"type": "array", "items": THING},
    },
}


def accept(sent: Any, shown: Any) -> Any:
    return {**respond(shown), "requestBody": {"content": {"application/json": {"schema": sent}}}}


def with_location(operation: Any, schema: Any) -> Any:
    """Return an operation whose responses have a documented Location header."""
    header = {"Location": {"schema": {"type": "string", **schema}}}
    found = {n: {**each, "headers": header} for n, each in operation["responses"].items()}
    return {**operation, "responses": found}


def name_by(schema: Any, name: str = "id", *, above: Any = (), **operations: Any) -> Any:
    named = {"name": name, "in": "path", "required": True, "schema": schema}
    return {
        **operations,
        "delete": {"responses": {"204": {"description": ""}}},
        "parameters": [*above, named],
    }


def take(*required: str, **fields: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*required], "properties": fields}


def wrap(schema: Any) -> Any:
    return take("tax", tax=schema)


def wrap_many(schema: Any) -> Any:
    return take("taxes", taxes={"type": "array", "items": schema})


NUMBER: Final = {"type": "integer"}
DIGIT: Final = {"type": "integer", "minimum": 1, "maximum": 9}
TEXT_SCHEMA: Final = {"type": "string"}
SOLD: Final = take("id", "text", "shop", id=NUMBER, text=TEXT_SCHEMA, shop=NUMBER)
NAMED: Final = take("id", id=TEXT_SCHEMA, text=TEXT_SCHEMA)
UUID_SCHEMA: Final = {"type": "string", "format": "uuid"}
LINK: Final = {"id": UUID_SCHEMA, "name": TEXT_SCHEMA}
SITE: Final = take(
    id=TEXT_SCHEMA,
    name=TEXT_SCHEMA,
    deploy=take(id=TEXT_SCHEMA, site_id=TEXT_SCHEMA, name=TEXT_SCHEMA),
    build=take(id=NUMBER),
)
TAX: Final = take("code", "rate", code=TEXT_SCHEMA, rate={"type": "number"}, name=TEXT_SCHEMA)
TAXED: Final = wrap(TAX)
RATED: Final = wrap(
    take("code", "rate", code=TEXT_SCHEMA, rate={"type": "string", "pattern": "^[0-9]+$"})
)
PAINT: Final = take(color=take(name=TEXT_SCHEMA), size=take(color=TEXT_SCHEMA, name=NUMBER))
COLORED: Final = take("id", id={**TEXT_SCHEMA, "readOnly": True}, **PAINT["properties"])
DYED: Final = wrap(COLORED)
EITHER: Final = {
    "anyOf": [
        take(gid=TEXT_SCHEMA, text=TEXT_SCHEMA, goal=take(gid=TEXT_SCHEMA)),
        take(gid=TEXT_SCHEMA, text=TEXT_SCHEMA, project=take(gid=TEXT_SCHEMA)),
    ]
}
MOUNT: Final = {
    "name": "mount",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "default": "kv"},
}
MAKER = take("name", name=TEXT_SCHEMA, city=TEXT_SCHEMA)
MADE = take("name", name=TEXT_SCHEMA, city={"type": ["string", "null"]})
CYCLES: dict[str, Any] = {
    "neither read nor listed": {
        "/message": {"post": accept(TEXT, THING)},
        "/message/{id}": name_by(NUMBER),
    },
    "messages with paging": {
        "/message": {"get": respond(PAGED), "post": accept(TEXT, THING)},
        "/message/{id}": name_by(NUMBER),
    },
    "parts with ids of the server": {
        "/boxes": {
            "post": accept(
                {"type": "object", "properties": {"parts": {"type": "array", "items": TEXT}}}, BOX
            )
        },
        "/boxes/{id}": name_by(NUMBER, get=respond(BOX)),
    },
    "an id that must be a UUID": {
        "/tokens": {"post": accept(TEXT, TOKEN)},
        "/tokens/{id}": name_by({"type": "string", "format": "uuid"}, get=respond(TOKEN)),
    },
    "PUT needs the id": {
        "/kinds": {"post": accept(TEXT, THING)},
        "/kinds/{id}": name_by(
            NUMBER,
            get=respond(THING),
            put=accept(
                {**TEXT, "properties": {**THING["properties"], "id": NUMBER}, "required": ["id"]},
                THING,
            ),
        ),
    },
}

ENVELOPE: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "data": {
            "type": "object",
            "required": ["type", "attributes"],
            "properties": {"type": {"const": "cup"}, "attributes": TEXT},
        }
    },
}
WITH_ID: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id", "type", "attributes"],
    "properties": {"id": {"type": "string"}, "type": {"const": "cup"}, "attributes": TEXT},
}
ONE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["data"],
    "properties": {"data": WITH_ID, "links": {"type": "object"}},
}
SHAPES: Final[list[dict[str, Any]]] = [
    {
        "type": "object",
        "required": ["id", "kind", size],
        "properties": {"id": NUMBER, "kind": {"const": kind}, size: NUMBER},
    }
    for kind, size in (("disc", "radius"), ("box", "width"), ("line", "length"))
]
DEEP: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["Data"],
    "properties": {
        "Data": {
            "type": "object",
            "required": ["CupId"],
            "properties": {"CupId": {"type": "string"}},
        }
    },
}
CYCLES |= {
    "an envelope": {
        "/cups": {
            "get": respond(
                {
                    "type": "object",
                    "required": ["data"],
                    "properties": {"data": {"type": "array", "items": WITH_ID}},
                }
            ),
            "post": accept(ENVELOPE, ONE),
        },
        "/cups/{id}": name_by({"type": "string"}, get=respond(ONE), patch=accept(ENVELOPE, ONE)),
    },
    "an envelope with something else": {
        "/cups": {
            "get": respond({"type": "array", "items": {**TEXT, "required": ["text"]}}),
            "post": accept(
                {
                    "type": "object",
                    "required": ["cup"],
                    "properties": {"cup": TEXT, "wash": {"type": "boolean"}},
                },
                {"type": "object", "required": ["cup"], "properties": {"cup": TEXT}},
            ),
        },
        "/cups/{text}": {
            "parameters": [{"name": "text", "in": "path", "required": True, "schema": {}}],
            "get": respond({**TEXT, "required": ["text"]}),
            "delete": {"responses": {"204": {"description": ""}}},
        },
    },
    "forms": {
        "/shapes": {"post": accept({"oneOf": SHAPES}, {"oneOf": SHAPES})},
        "/shapes/{id}": name_by(NUMBER, get=respond({"oneOf": SHAPES})),
    },
    "a name in an object": {
        "/cups": {"post": accept(TEXT, DEEP)},
        "/cups/{CupId}": {
            "parameters": [
                {"name": "CupId", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "get": respond(DEEP),
            "delete": {"responses": {"204": {"description": ""}}},
        },
    },
    "names of other things are shown as those things": {
        "/carts": {
            "post": accept(
                {
                    "type": "object",
                    "properties": {"cups": {"type": "array", "items": {"type": "string"}}},
                },
                {
                    "type": "object",
                    "required": ["id", "cups"],
                    "properties": {
                        "id": NUMBER,
                        "cups": {"type": "array", "minItems": 1, "maxItems": 1, "items": PART},
                    },
                },
            )
        },
        "/carts/{id}": name_by(NUMBER, get=respond(PART)),
    },
    "a query and a key in every POST": {
        "/cups": {
            "post": {
                **accept(TEXT, THING),
                "parameters": [
                    {"name": "how", "in": "query", "required": True, "schema": {"type": "string"}},
                    {
                        "name": "x-idempotency-key",
                        "in": "header",
                        "required": True,
                        "schema": {"type": "string"},
                    },
                ],
            }
        },
        "/cups/{id}": name_by(NUMBER, get=respond(THING)),
    },
    "a number that the client chooses": {
        "/films": {
            "post": accept(
                {**TEXT, "required": ["film_id"], "properties": {"film_id": {"type": "number"}}},
                {
                    "type": "object",
                    "required": ["film_id"],
                    "properties": {"film_id": {"type": "number"}},
                },
            )
        },
        "/films/{film_id}": {
            "parameters": [
                {"name": "film_id", "in": "path", "required": True, "schema": {"type": "number"}}
            ],
            "delete": {"responses": {"204": {"description": ""}}},
        },
    },
    "an object in it has the name of its parameter": {
        "/sites": {"get": respond({"type": "array", "items": SITE}), "post": accept(SITE, SITE)},
        "/sites/{site_id}": name_by(
            TEXT_SCHEMA, "site_id", get=respond(SITE), patch=accept(SITE, SITE)
        ),
    },
    "a name in an envelope": {
        "/taxes": {"get": respond({"type": "array", "items": TAX}), "post": accept(RATED, TAXED)},
        "/taxes/{code}": name_by(TEXT_SCHEMA, "code", get=respond(TAXED), put=accept(RATED, TAXED)),
    },
    "one or several": {
        "/alerts": {
            "post": accept(
                {"oneOf": [wrap(TAX), wrap_many(TAX)]}, {"oneOf": [wrap(TAX), wrap_many(TAX)]}
            )
        },
        "/alerts/{code}": name_by(TEXT_SCHEMA, "code", get=respond(wrap(TAX))),
    },
    "objects of which one has a field with the name of the other": {
        "/cups": {"get": respond({"type": "array", "items": COLORED}), "post": accept(PAINT, DYED)},
        "/cups/{id}": name_by(TEXT_SCHEMA, get=respond(DYED)),
    },
    "a union with optional names": {
        "/members": {
            "get": respond({"type": "array", "items": EITHER}),
            "post": accept(TEXT, EITHER),
        },
        "/members/{member_gid}": name_by(TEXT_SCHEMA, "member_gid", get=respond(EITHER)),
    },
    "a list that does not show the name": {
        "/talks": {
            "get": respond({"type": "array", "items": {**TEXT, "required": ["text"]}}),
            "post": accept(TEXT, THING),
        },
        "/talks/{talk_id}": name_by(NUMBER, "talk_id"),
    },
    "constants of the request that the response has not": {
        "/secrets": {
            "post": accept(
                take("kind", "of", kind={"const": "new"}, of=take("kind", kind=TEXT_SCHEMA)),
                take(
                    "id",
                    "kind",
                    "of",
                    id=NUMBER,
                    kind={"const": "kept"},
                    of=take("kind", kind={"const": "folder"}),
                ),
            )
        },
        "/secrets/{id}": name_by(NUMBER),
    },
    "a response about the thing": {
        "/indexes": {
            "get": respond({"type": "array", "items": take("uid", uid=TEXT_SCHEMA)}),
            "post": accept(
                take("uid", uid=TEXT_SCHEMA),
                take("task", "index_uid", task=NUMBER, index_uid=TEXT_SCHEMA),
            ),
        },
        "/indexes/{index_uid}": name_by(
            TEXT_SCHEMA, "index_uid", get=respond(take("uid", uid=TEXT_SCHEMA))
        ),
    },
    "operations on a thing by two names of its parameter": {
        "/hooks": {"post": accept(TEXT, THING)},
        "/hooks/{hook_id}": {
            "get": respond(THING),
            "parameters": [{"name": "hook_id", "in": "path", "required": True, "schema": NUMBER}],
        },
        "/hooks/{id}": name_by(NUMBER),
    },
    "PUT may have the id in an envelope": {
        "/ties": {"post": accept(wrap(TEXT), wrap(NAMED))},
        "/ties/{id}": name_by(
            TEXT_SCHEMA, get=respond(wrap(NAMED)), put=accept(wrap(NAMED), wrap(NAMED))
        ),
    },
    "UUIDs by any text": {
        "/keys": {"post": accept(take(uid=UUID_SCHEMA), take("uid", uid=UUID_SCHEMA))},
        "/keys/{uidOrKey}": name_by(TEXT_SCHEMA, "uidOrKey"),
    },
    "a thing is read by id or name": {
        "/links": {
            "get": respond({"type": "array", "items": take("id", "name", **LINK)}),
            "post": accept(take("name", name=TEXT_SCHEMA), take("id", "name", **LINK)),
        },
        "/links/{link_id_or_name}": {
            "get": respond(take("id", "name", **LINK)),
            "parameters": [{**MOUNT, "name": "link_id_or_name", "schema": TEXT_SCHEMA}],
        },
        "/links/{link_id}": name_by(UUID_SCHEMA, "link_id"),
    },
    "the documented address of a thing is absolute": {
        "/cups": {"post": with_location(accept(TEXT, THING), {"format": "uri"})},
        "/cups/{id}": name_by(NUMBER, get=respond(THING)),
    },
    "another envelope in requests than in responses": {
        "/cups": {
            "post": accept(take("cup", cup=TEXT), take("data", data=THING)),
            "get": respond(take("data", data={"type": "array", "items": THING})),
        },
        "/cups/{id}": name_by(
            NUMBER,
            get=respond(take("data", data=THING)),
            put=accept(take("cup", cup=TEXT), take("data", data=THING)),
            patch=accept(take("cup", cup=TEXT), THING),
        ),
    },
    "a code beside the thing": {
        "/cups": {"post": accept(TEXT, take("code", "data", code=NUMBER, data=THING))},
        "/cups/{id}": name_by(NUMBER, get=respond(take("code", code=NUMBER, data=THING))),
    },
    "a required parameter of the list": {
        "/cups": {
            "post": accept(TEXT, SOLD),
            "get": {
                **respond({"type": "array", "items": SOLD}),
                "parameters": [{"name": "shop", "in": "query", "required": True, "schema": NUMBER}],
            },
        },
        "/cups/{id}": name_by(NUMBER, get=respond(SOLD)),
    },
    "a name beside the object with the fields": {
        "/cups": {
            "post": accept(
                take("room", room=TEXT_SCHEMA, cup=take("text", text=TEXT_SCHEMA)),
                take("id", id=NUMBER, room=TEXT_SCHEMA, text=TEXT_SCHEMA),
            )
        },
        "/cups/{id}": name_by(
            NUMBER, get=respond(take("id", id=NUMBER, room=TEXT_SCHEMA, text=TEXT_SCHEMA))
        ),
    },
    "an id that is a number in one path only": {
        "/cups": {
            "post": accept(take("name", name=TEXT_SCHEMA), take("id", id=TEXT_SCHEMA)),
            "get": respond({"type": "array", "items": take("name", id=NUMBER, name=TEXT_SCHEMA)}),
        },
        "/cups/{cupId}": name_by(TEXT_SCHEMA, "cupId"),
        "/cups/{id}": {
            "get": respond(take("name", id=NUMBER, name=TEXT_SCHEMA)),
            "parameters": [{**MOUNT, "name": "id", "schema": NUMBER}],
        },
    },
    "a PUT replaces whole objects": {
        "/cups": {
            "post": accept(take("maker", maker=MAKER), take("id", "maker", id=NUMBER, maker=MADE)),
        },
        "/cups/{id}": name_by(
            NUMBER,
            get=respond(take("id", "maker", id=NUMBER, maker=MADE)),
            put={
                **accept(take("maker", maker=MAKER), take("id", "maker", id=NUMBER, maker=MADE)),
                "summary": "Replace a cup",
            },
        ),
    },
    "a path that ends with create": {
        "/cups/create": {"post": accept(TEXT, THING)},
        "/cups": {"get": respond({"type": "array", "items": THING})},
        "/cups/{id}": name_by(NUMBER, get=respond(THING)),
    },
    "an id that a deletion allows and a reading does not": {
        "/cups": {"post": accept(TEXT, THING)},
        "/cups/{id}": name_by(
            NUMBER,
            get={**respond(THING), "parameters": [{**MOUNT, "name": "id", "schema": DIGIT}]},
        ),
    },
    "two templates with the same shape": {
        "/{mount}/config": {"post": accept(TEXT, THING), "parameters": [MOUNT]},
        "/{other}/config": {
            "post": accept(TEXT, take("id", "size", id=NUMBER, size=NUMBER)),
            "parameters": [{**MOUNT, "name": "other"}],
        },
        "/{mount}/config/{id}": name_by(NUMBER, above=[MOUNT], get=respond(THING)),
    },
}


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", sample(CYCLES, 6))
def test_a_life_cycle_conforms_on_its_own_mock(tmp_path: Path, name: str) -> None:
    api = open_document(tmp_path, CYCLES[name]).api
    run = run_api(api, resolve(Config(), {"target": "mock"}), {}, version="0", allow_writes=True)
    assert [
        (each.rule, each.location, each.observed) for one in run.runs for each in one.findings
    ] == []
    assert (run.verdict(), run.not_tested, run.left_behind) == (Verdict.CONFORMS, {}, ())
    assert len(run.runs) == len(api.operations)


def test_every_thing_that_a_list_links_to_can_be_read(tmp_path: Path) -> None:
    links = {"owner": {"operationId": "owner", "parameters": {"name": "$response.body#/owner"}}}
    owner = {"type": "string", "minLength": 1}
    listed = respond({"type": "array", "items": take("owner", owner=owner)})
    listed["responses"]["200"]["links"] = links
    named = {"name": "name", "in": "path", "required": True, "schema": TEXT_SCHEMA}
    one = {"operationId": "owner", **respond(take("owner", owner=TEXT_SCHEMA))}
    paths = {"/cups": {"get": listed}, "/owners/{name}": {"get": one, "parameters": [named]}}
    store = open_mock(open_document(tmp_path, paths).api, key=None, items=25)
    assert isinstance(store, MockStore)
    owners = [each["owner"] for each in send(store, "GET", "/cups").json()]
    assert len(owners) > 20
    assert all(send(store, "GET", f"/owners/{quote(each)}").is_success for each in owners)


def test_a_post_that_returns_a_list_creates_nothing(tmp_path: Path) -> None:
    listed = {"type": "array", "items": THING}
    paths = {"/cups": {"post": accept(TEXT, listed)}, "/cups/{id}": name_by(NUMBER)}
    api = open_document(tmp_path, paths).api
    run = run_api(api, resolve(Config(), {"target": "mock"}), {}, version="0", allow_writes=True)
    assert run.runs == ()
    assert "it returns a list" in run.not_tested["document/POST_cups"]


def open_mock_of(folder: Path, paths: Any) -> MockStore:
    store = open_mock(open_document(folder, paths).api, key=None, items=25)
    assert isinstance(store, MockStore)
    return store


SLICED: Final = {
    "type": "object",
    "properties": {
        "limit": {"type": "integer", "minimum": 1},
        "offset": NUMBER,
        "page": {**NUMBER, "minimum": 0},
    },
}


@pytest.mark.parametrize(
    ("body", "chosen"),
    [
        ({}, slice(0, 25)),
        ({"limit": 1}, slice(0, 1)),
        ({"limit": 2, "offset": 3}, slice(3, 5)),
        ({"limit": 2, "page": 2}, slice(4, 6)),
    ],
)
def test_a_search_shows_the_items_that_its_body_asks_for(
    tmp_path: Path, body: Any, chosen: slice
) -> None:
    fields = {"pets": {"type": "array", "items": THING}, "text": TEXT_SCHEMA}
    shape = {"type": "object", "properties": fields, "required": [*fields]}
    store = open_mock_of(tmp_path, {"/pets/search": {"post": accept(SLICED, shape)}})
    every = send(store, "POST", "/pets/search", {}).json()["pets"]
    assert len(every) == 25
    assert send(store, "POST", "/pets/search", body).json()["pets"] == every[chosen]


def test_the_name_of_another_thing_is_shown_as_that_thing(tmp_path: Path) -> None:
    owner = {"type": "object", "required": ["gid"], "properties": {"gid": TEXT_SCHEMA}}
    shown = {"type": "object", "required": ["id"], "properties": {"id": NUMBER, "owner": owner}}
    sent = {"type": "object", "properties": {"owner": TEXT_SCHEMA, "note": TEXT_SCHEMA}}
    paths = {
        "/cups": {"post": accept(sent, shown)},
        "/cups/{id}": name_by(NUMBER, get=respond(shown)),
    }
    store = open_mock_of(tmp_path, paths)
    created = send(store, "POST", "/cups", {"owner": "me"})
    assert send(store, "GET", created.headers["location"]).json()["owner"] == {"gid": "me"}


def test_a_body_chooses_between_operations_with_one_address(tmp_path: Path) -> None:
    paths = {
        f"/pets#{name}": {"post": accept(sent, {"type": "object", "required": [name]})}
        for name, sent in (
            ("one", {"required": ["a"]}),
            ("two", {}),
            ("three", {"required": ["b"]}),
        )
    }
    store = open_mock_of(tmp_path, paths)
    bodies: tuple[Any, ...] = ({"a": 1}, {"a": 1, "b": 2}, {"b": 2}, {})
    found = [[*send(store, "POST", "/pets", body).json()] for body in bodies]
    assert found == [["one"], ["one"], ["two"], ["two"]]


@pytest.mark.parametrize(
    ("media_type", "reason"),
    [("text/plain", "neither JSON nor a form"), ("multipart/form-data", "a form without fields")],
)
def test_a_body_without_fields_has_no_life_cycle(
    media_type: str, reason: str, tmp_path: Path
) -> None:
    create = accept(TEXT, THING)
    create["requestBody"] = {"content": {media_type: {"schema": TEXT_SCHEMA}}}
    api = open_document(tmp_path, {"/cups": {"post": create}, "/cups/{id}": name_by(NUMBER)}).api
    run = run_api(api, resolve(Config(), {"target": "mock"}), {}, version="0", allow_writes=True)
    assert reason in run.not_tested["document/POST_cups"]


def test_things_whose_names_may_be_absent_are_listed_and_deleted(tmp_path: Path) -> None:
    cup = take(name=TEXT_SCHEMA, color=TEXT_SCHEMA)
    cups = {"get": respond({"type": "array", "items": cup}), "post": accept(cup, cup)}
    store = open_document(tmp_path, {"/cups": cups, "/cups/{cup}": name_by(TEXT_SCHEMA, "cup")})
    before = send(store, "GET", "/cups").json()
    for color in "abcdefgh":
        path = send(store, "POST", "/cups", {"color": color}).headers["location"]
        assert [each.get("color") for each in send(store, "GET", "/cups").json()][-1] == color
        assert send(store, "DELETE", path).is_success
        assert send(store, "GET", "/cups").json() == before


def test_a_created_thing_has_the_id_that_its_list_may_leave_out(tmp_path: Path) -> None:
    cup = take("name", id=TEXT_SCHEMA, name=TEXT_SCHEMA)
    cups = {
        "get": respond({"type": "array", "items": cup}),
        "post": accept(take("name", name=TEXT_SCHEMA), cup),
    }
    store = open_document(tmp_path, {"/cups": cups, "/cups/{id}": name_by(TEXT_SCHEMA)})
    made = [send(store, "POST", "/cups", {"name": name}).json()["id"] for name in "abcdefgh"]
    assert [each.get("id") for each in send(store, "GET", "/cups").json()][-8:] == made


def test_the_mock_of_more_operations_starts_in_proportion(tmp_path: Path) -> None:
    cup = take("id", id=NUMBER)
    cups = {"get": respond({"type": "array", "items": cup}), "post": accept(TEXT, cup)}
    steps = []
    for count in (10, 20, 40):
        paths = {f"/cups{each}": cups for each in range(count)}
        named = {f"/cups{each}/{{id}}": name_by(NUMBER) for each in range(count)}
        api = open_document(tmp_path, {**paths, **named}).api
        steps.append(count_steps(partial(open_mock, api, items=1)))
    small, middle, large = steps
    assert large - middle <= 2.2 * (middle - small)


def test_a_location_is_ascii(tmp_path: Path) -> None:
    paths = {
        "/rooms": {"get": respond({"type": "array", "items": PART})},
        "/rooms/{id}/cups": {"post": accept(TEXT, THING), "parameters": name_by({})["parameters"]},
        "/rooms/{id}/cups/{cup}": name_by(NUMBER),
    }
    paths["/rooms/{id}/cups/{cup}"]["parameters"] += [
        {"name": "cup", "in": "path", "required": True, "schema": NUMBER}
    ]
    paths["/rooms"]["get"] = respond(
        {
            "type": "array",
            "items": {**PART, "properties": {"id": {"enum": ["h\u00f6h\u00f6"]}}},
        }
    )
    store = open_document(tmp_path, paths)
    created = send(store, "POST", "/rooms/h%C3%B6h%C3%B6/cups", {"text": "a"})
    assert created.headers["location"].startswith("/rooms/h%C3%B6h%C3%B6/cups/")


def test_a_thing_is_shown_with_the_name_in_its_path(tmp_path: Path) -> None:
    shown = take("id", "name", id=TEXT_SCHEMA, name=TEXT_SCHEMA)
    one = name_by(TEXT_SCHEMA, "id_or_name", get=respond(wrap(shown)))
    store = open_document(tmp_path, {"/keys/{id_or_name}": one})
    operation = next(each for each in store.api.operations if each.method == "GET")
    names, parameter = Names(operation), operation.path_parameters[0]
    other: Any = {"tax": {"id": "1", "name": "b"}}
    assert names.give(other, parameter, "a") == {"tax": {"id": "a", "name": "b"}}
    assert names.give(other, parameter, "b") == other


def test_a_name_that_may_be_null_is_shown_as_it_is_in_the_path(tmp_path: Path) -> None:
    key = {"type": ["string", "null"], "pattern": "^[a-z]+$"}
    cup = {"type": "object", "properties": {"key": key, "color": {"type": "string"}}}
    inner = {"type": "object", "properties": {"cup": cup}, "required": ["cup"]}
    named = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}
    sent = {"requestBody": {"content": {"application/json": {"schema": inner}}}}
    one = {"get": respond(inner), "delete": respond(inner), "parameters": [named]}
    listed = {"get": respond({"type": "array", "items": cup}), "post": respond(inner) | sent}
    store = open_document(tmp_path, {"/cups": listed, "/cups/{key}": one})
    red = {"key": "mine", "color": "red"}
    assert send(store, "POST", "/cups", {"cup": red}).is_success
    assert send(store, "GET", "/cups/mine").json() == {"cup": red}
