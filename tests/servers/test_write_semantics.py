"""Servers that ignore entity tags, defaults or deletions, or name other things in Location."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from servers.loopback import Answer, Request
from servers.pets import DEFAULTS, PATCH, REQUIRED, Pets, Refusal
from servers.test_writes import Case, check, findings, with_property, with_sent
from sizes import sample

from docpact.model import Verdict

ITEM: Final = "/pets/{pet_id}"
TAG: Final = {"name": "If-Match", "in": "header", "schema": {"type": "string"}}


def document_tags(document: Any) -> None:
    for method in ("put", "patch"):
        document["paths"][ITEM][method]["parameters"].append(TAG)


def document_default(document: Any) -> None:
    body = document["paths"]["/pets"]["post"]["requestBody"]["content"]["application/json"]
    fields = body["schema"]["properties"]
    age = {**fields["age"], "default": 3}
    body["schema"] = {**body["schema"], "properties": {**fields, "age": age}}


def create_with_default(self: Pets, request: Request) -> Answer:
    body = json.dumps({"age": 3, **self.read(request)}).encode()
    return Pets.create(self, replace(request, body=body))


def make_tag(self: Pets, number: int) -> str:
    return f'"{abs(hash(json.dumps(self.show(number))))}"'


def show_tag(self: Pets, number: int, request: Request) -> Answer:
    answer = Pets.get(self, number, request)
    return replace(answer, headers=(*answer.headers, ("ETag", make_tag(self, number))))


def show_constant(tag: str) -> Any:
    def get(self: Pets, number: int, request: Request) -> Answer:
        answer = Pets.get(self, number, request)
        return replace(answer, headers=(*answer.headers, ("ETag", tag)))

    return get


def show_tag_of(method: str, *, is_old: bool) -> Any:
    """Return a change whose response has the entity tag of the pet before or after it."""

    def change(self: Pets, number: int, request: Request) -> Answer:
        before = make_tag(self, number)
        answer: Answer = getattr(Pets, method)(self, number, request)
        tag = before if is_old else make_tag(self, number)
        return replace(answer, headers=(*answer.headers, ("ETag", tag)))

    return change


def guarded(method: str) -> Any:
    def change(self: Pets, number: int, request: Request) -> Answer:
        tag = request.headers.get("if-match", "*")
        if tag not in ("*", make_tag(self, number)):
            raise Refusal(412)
        answer: Answer = getattr(Pets, method)(self, number, request)
        return answer

    return change


def write_first(method: str) -> Any:
    def change(self: Pets, number: int, request: Request) -> Answer:
        before = make_tag(self, number)
        answer: Answer = getattr(Pets, method)(self, number, request)
        if request.headers.get("if-match", "*") not in ("*", before):
            raise Refusal(412)
        return answer

    return change


def create_at(other: int, prefix: str = "") -> Any:
    def create(self: Pets, request: Request) -> Answer:
        answer = Pets.create(self, request)
        number = json.loads(answer.body)["id"]
        place = ("Location", f"{prefix}/pets/{number + other}")
        return replace(answer, headers=(*answer.headers, place))

    return create


def find_deleted(self: Pets, text: str) -> int:
    return int(text) if text.isdecimal() and int(text) <= self.last else Pets.find(self, text)


def patch_or_nothing(self: Pets, number: int, request: Request) -> Answer:
    return Pets.patch(self, number, request) if number in self.pets else self.write(200, {})


def get_if_there(self: Pets, number: int, request: Request) -> Answer:
    if number not in self.pets:
        raise Refusal(404)
    return Pets.get(self, number, request)


def delete_if_there(self: Pets, number: int, request: Request) -> Answer:
    if number not in self.pets:
        raise Refusal(404)
    return Pets.delete(self, number, request)


def restore(self: Pets, number: int, request: Request) -> Answer:
    if number in self.pets:
        return Pets.patch(self, number, request)
    known = {"id": number, **DEFAULTS, "name": "?", "kind": "cat"}
    self.pets[number] = {**known, **json.loads(request.body)}
    return self.write(201, self.show(number))


def patch_by_operations(**resets: Any) -> Any:
    """Return a PATCH whose body lists operations on fields (RFC 7644, section 3.5.2)."""

    def patch(self: Pets, number: int, request: Request) -> Answer:
        for each in json.loads(request.body)["operations"]:
            if each["path"] == "note" and not isinstance(each["value"], str):
                raise Refusal(422)
            self.pets[number] |= {each["path"]: each["value"], **resets}
        return self.write(200, self.show(number))

    return patch


def document_operations(document: Any) -> None:
    fields = {"path": {"type": "string", "enum": ["note"]}, "value": {"type": "string"}}
    one = {"type": "object", "properties": fields, "required": ["path", "value"]}
    listed = {"type": "array", "items": one, "minItems": 1}
    body = {"type": "object", "properties": {"operations": listed}, "required": ["operations"]}
    patch = document["paths"][ITEM]["patch"]
    patch["requestBody"]["content"]["application/json"]["schema"] = body


def show_title(self: Pets, number: int) -> Any:
    """Show a field that no request can send."""
    pet = self.pets[number]
    return {**pet, "title": f"{pet['name']}, {pet['age']}, {pet['note']}"}


def lose_title(self: Pets, number: int, request: Request) -> Answer:
    self.pets[number]["title"] = None
    return Pets.patch(self, number, request)


def show_lost_title(self: Pets, number: int) -> Any:
    return {**show_title(self, number), **self.pets[number]}


def document_owner(document: Any) -> None:
    with_sent(owner={"type": ["string", "null"]})(document)
    needed = {"name": "owner", "in": "query", "required": True, "schema": {"type": "string"}}
    paths = document["paths"]
    for each in (paths["/pets"]["get"], *paths["/pets/{pet_id}"].values()):
        each["parameters"].append(needed)


def route_by_owner(self: Pets, request: Request) -> Answer:
    """Answer a request about the pets of an owner alone."""
    if request.method == "POST":
        return Pets.route(self, request)
    if (owner := request.last("owner")) is None:
        raise Refusal(422)
    every = self.pets
    self.pets = {n: pet for n, pet in every.items() if pet.get("owner") == owner}
    known = {*self.pets}
    try:
        return Pets.route(self, request)
    finally:
        self.pets = {n: pet for n, pet in every.items() if n not in known} | self.pets


def lose_owner(self: Pets, request: Request) -> Answer:
    body = {**self.read(request), "owner": "nobody"}
    return Pets.create(self, replace(request, body=json.dumps(body).encode()))


def document_uuid(document: Any) -> None:
    uuid = {"type": "string", "format": "uuid"}
    for each in document["paths"]["/pets/{pet_id}"].values():
        each["parameters"][0]["schema"] = uuid
    with_property("id", uuid)(document)
    content = document["paths"]["/pets"]["post"]["responses"]["201"]["content"]
    content["application/json"]["schema"] = uuid


def create_with_uuid(self: Pets, request: Request) -> Answer:
    answer = Pets.create(self, request)
    return replace(answer, body=json.dumps(json.loads(answer.body)["id"]).encode())


def show_uuid(self: Pets, number: int) -> Any:
    return {**Pets.show(self, number), "id": str(UUID(int=number))}


def find_uuid(self: Pets, text: str) -> int:
    known = {str(UUID(int=number)): number for number in self.pets}
    if text not in known:
        raise Refusal(404)
    return known[text]


def lose_note(self: Pets, fields: dict[str, Any]) -> int:
    return Pets.insert(self, {**fields, "note": ""})


WITH_UUID: Final = {"create": create_with_uuid, "find": find_uuid, "show": show_uuid}
TITLED: Final = with_property("title", {"type": ["string", "null"]})


def document_201(document: Any) -> None:
    responses = document["paths"]["/pets/{pet_id}"]["patch"]["responses"]
    responses["201"] = responses["200"]


LEVEL: Final = {"type": "integer", "minimum": 1, "maximum": 3}


def accept_levels(self: Pets, body: dict[str, Any], schema: Any) -> bool:
    rest = {name: each for name, each in body.items() if name != "level"}
    return body.get("level", 1) in (1, 2, 3) and Pets.is_valid(self, rest, schema)


def with_level(request: Request) -> Request:
    return replace(request, body=json.dumps({"level": 1, **json.loads(request.body)}).encode())


WITH_LEVEL: Final[Mapping[str, Any]] = {
    "is_valid": accept_levels,
    "create": lambda self, request: Pets.create(self, with_level(request)),
    "put": lambda self, number, request: Pets.put(self, number, with_level(request)),
}
"""Pets have level 1 unless a body says otherwise, which is not documented."""

SIZE: Final = {"type": "string", "enum": ["small", "large"]}


def with_size(size: str, status: int = 200) -> Mapping[str, Any]:
    """Return a server whose pets are small; a change to another size has an effect or is refused.

    Args:
        size: that a pet has after a change to large.
        status: of the response to such a change.
    """

    def is_valid(self: Pets, body: dict[str, Any], schema: Any) -> bool:
        rest = {name: each for name, each in body.items() if name != "size"}
        return body.get("size", "small") in SIZE["enum"] and Pets.is_valid(self, rest, schema)

    def create(self: Pets, request: Request) -> Answer:
        body = {"size": "small", **self.read(request)}
        return Pets.create(self, replace(request, body=json.dumps(body).encode()))

    def patch(self: Pets, number: int, request: Request) -> Answer:
        is_large = json.loads(request.body).get("size") == "large"
        if is_large and status != 200:
            raise Refusal(status)
        return Pets.patch(self, number, request, {"size": size} if is_large else {})

    return {"is_valid": is_valid, "create": create, "patch": patch}


STAYS: Final = {
    "starts_at": {"type": "string", "format": "date-time"},
    "ends_at": {"type": "string", "format": "date-time"},
    "min_nights": {"type": "integer", "minimum": 1, "maximum": 9},
    "max_nights": {"type": "integer", "minimum": 1, "maximum": 9},
}


def document_stays(document: Any) -> None:
    with_sent(**STAYS)(document)
    for operation in (document["paths"]["/pets"]["post"], document["paths"][ITEM]["put"]):
        media = operation["requestBody"]["content"]["application/json"]
        media["schema"] = {**media["schema"], "required": [*REQUIRED, "starts_at", "ends_at"]}


def accept_stays(self: Pets, body: dict[str, Any], schema: Any) -> bool:
    """Take stays that end after they start; other times and numbers of nights are refused."""
    stay = {"min_nights": 1, "max_nights": 9} | body
    rest = {name: each for name, each in body.items() if name not in STAYS}
    try:
        is_ordered = stay["starts_at"] < stay["ends_at"]
        is_ordered = is_ordered and 1 <= stay["min_nights"] <= stay["max_nights"] <= 9
    except (TypeError, KeyError):
        return schema is PATCH
    return is_ordered and Pets.is_valid(self, rest, schema)


def put_stay(self: Pets, number: int, request: Request) -> Answer:
    self.read(request)
    for name in STAYS:
        self.pets[number].pop(name, None)
    return Pets.put(self, number, request)


GUARDED: Final[Mapping[str, Any]] = {
    "get": show_tag,
    "put": guarded("put"),
    "patch": guarded("patch"),
}
WRITES_FIRST: Final = {"get": show_tag, "put": write_first("put"), "patch": write_first("patch")}
FORGETFUL: Final = {"find": find_deleted, "get": get_if_there, "delete": delete_if_there}
BROKEN: Final = (
    Case("If-Match is ignored", {}, "write.precondition", change=document_tags),
    Case(
        "PATCH ignores If-Match",
        {**GUARDED, "patch": Pets.patch},
        "write.precondition",
        change=document_tags,
    ),
    Case("412 after the change", WRITES_FIRST, "write.as_sent", change=document_tags),
    Case("another default", {}, "write.default", "age", change=document_default),
    Case("Location of the next pet", {"create": create_at(1)}, "write.location"),
    Case("Location of an old pet", {"create": create_at(-2)}, "write.location"),
    Case(
        "operations that reset the tags",
        {"patch": patch_by_operations(tags=[])},
        "write.kept",
        "tags",
        change=document_operations,
    ),
    Case(
        "a PATCH that loses a computed title",
        {"show": show_lost_title, "patch": lose_title},
        "write.kept",
        "title",
        change=TITLED,
    ),
    Case("one tag for all pets", {"get": show_constant('"1"')}, "write.etag"),
    Case(
        "a change has the old tag",
        {"get": show_tag, "patch": show_tag_of("patch", is_old=True)},
        "write.etag",
    ),
    Case(
        "the owner does not count",
        {"route": route_by_owner, "create": lose_owner},
        "write.readable",
        change=document_owner,
    ),
    Case(
        "a UUID of a pet without its note",
        WITH_UUID | {"insert": lose_note},
        "write.as_sent",
        "note",
        change=document_uuid,
    ),
    Case(
        "a size never changes",
        with_size("small"),
        "write.updated",
        "size",
        change=with_sent(size=SIZE),
    ),
    Case("a size fails", with_size("", 500), "write.server_error", change=with_sent(size=SIZE)),
    Case("deleted pets change", {**FORGETFUL, "patch": patch_or_nothing}, "write.gone"),
)
UNUSUAL: Final = (
    Case("If-Match counts", GUARDED, change=document_tags),
    Case("the default", {"create": create_with_default}, change=document_default),
    Case("Location", {"create": create_at(0)}),
    Case("Location with a prefix", {"create": create_at(0, "/api")}),
    Case("a weak tag for all pets", {"get": show_constant('W/"1"')}),
    Case("tags that follow the pet", {"get": show_tag}),
    Case(
        "a change has the new tag",
        {"get": show_tag, "patch": show_tag_of("patch", is_old=False)},
    ),
    Case("operations", {"patch": patch_by_operations()}, change=document_operations),
    Case("a computed title", {"show": show_title}, change=TITLED),
    Case("pets of an owner", {"route": route_by_owner}, change=document_owner),
    Case("a UUID alone", WITH_UUID, change=document_uuid),
    Case("a default that PUT chose", WITH_LEVEL, change=with_sent(level=LEVEL)),
    Case("sizes change", with_size("large"), change=with_sent(size=SIZE)),
    Case("sizes may not change", with_size("", 409), change=with_sent(size=SIZE)),
    Case(
        "sizes stay",
        with_size("small"),
        change=with_sent(size={**SIZE, "description": "Cannot be changed later."}),
    ),
    Case("PATCH creates deleted pets again", {**FORGETFUL, "patch": restore}, change=document_201),
)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait before a thing is looked for again."""
    monkeypatch.setattr("docpact.conformance.writes.readings.WAITS", (0.0, 0.0, 0.0))


@pytest.mark.sampled(3)
@pytest.mark.parametrize("case", sample(BROKEN, 4, attrgetter("name")))
def test_a_broken_server_is_caught(case: Case, tmp_path: Path) -> None:
    run, _ = check(case, tmp_path)
    found = findings(run)
    about = [e for e in found if e.rule == case.rule and case.where in e.location]
    assert about, [(each.rule, each.location, each.observed) for each in found]


@pytest.mark.parametrize("case", sample(UNUSUAL, 5, attrgetter("name")))
def test_an_unusual_server_conforms(case: Case, tmp_path: Path) -> None:
    run, pets = check(case, tmp_path)
    assert [(each.rule, each.location, each.observed) for each in findings(run)] == []
    assert run.verdict() is Verdict.CONFORMS
    assert [pet["name"] for pet in pets.pets.values()] == ["Tom", "Rex"]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_documented_method_that_is_not_allowed_is_found(method: str, tmp_path: Path) -> None:
    def refuse(self: Pets, *_: Any) -> Answer:
        return Answer(405, (("Allow", "GET"),))

    name = {"post": "create"}.get(method, method)
    run, _ = check(Case("", {name: refuse}), tmp_path)
    path = "/pets" if method == "post" else ITEM
    found = [(each.rule, each.location) for each in findings(run)]
    assert found == [("write.allowed", f"{method.upper()} {path}")]
    assert len({*run.left_behind}) == len(run.left_behind)


@pytest.mark.slow
def test_things_that_a_second_deletion_removes_are_not_left(tmp_path: Path) -> None:
    refused = set[int]()

    def refuse_once(self: Pets, number: int, request: Request) -> Answer:
        if number in refused:
            return Pets.delete(self, number, request)
        refused.add(number)
        return Answer(409)

    run, pets = check(Case("", {"delete": refuse_once}), tmp_path)
    assert [pet["name"] for pet in pets.pets.values()] == ["Tom", "Rex"]
    assert run.left_behind == ()


@pytest.mark.parametrize(("field", "is_left"), [("status", False), ("tame", True)])
def test_a_refusal_in_the_body_leaves_nothing(field: str, is_left: bool, tmp_path: Path) -> None:
    def refuse(self: Pets, _: Request) -> Answer:
        return self.write(201, {field: False, "message": "no", "data": None})

    run, _ = check(Case("", {"create": refuse}), tmp_path)
    assert bool(run.left_behind) is is_left


def test_a_put_replaces_what_the_creation_did_not_take(tmp_path: Path) -> None:
    def fail(self: Pets, request: Request) -> Answer:
        if json.loads(request.body).keys() - {"name", "kind"}:
            raise Refusal(500)
        return Pets.create(self, request)

    run, _ = check(Case("", {"create": fail}), tmp_path)
    assert {each.rule for each in findings(run)} == {"write.server_error"}


def test_values_of_ranges_are_in_order(tmp_path: Path) -> None:
    methods = {"is_valid": accept_stays, "put": put_stay}
    run, _ = check(Case("", methods, change=document_stays), tmp_path)
    assert findings(run) == []
    assert run.not_tested == {}


SHAPE: Final = {
    "type": "object",
    "properties": {"length": {"type": "integer"}, "colour": {"type": "string"}},
}


def accept_shapes(self: Pets, body: dict[str, Any], schema: Any) -> bool:
    return Pets.is_valid(
        self, {name: each for name, each in body.items() if name != "shape"}, schema
    )


def without_colour(pet: Any) -> Any:
    shape = {name: each for name, each in pet["shape"].items() if name != "colour"}
    return {**pet, "shape": shape}


def create_without_colour(self: Pets, request: Request) -> Answer:
    body = self.read(request)
    body = without_colour(body) if "colour" in body.get("shape", {}) else body
    return Pets.create(self, replace(request, body=json.dumps(body).encode()))


def show_without_colour(self: Pets, number: int) -> Any:
    shown = Pets.show(self, number)
    return without_colour(shown) if "shape" in shown else shown


@pytest.mark.slow
@pytest.mark.parametrize(
    ("methods", "rules"),
    [
        ({"create": create_without_colour}, {"write.as_sent"}),
        ({"show": show_without_colour}, set()),
    ],
    ids=["lost when it is created", "never shown"],
)
def test_a_value_in_an_object_is_not_lost(
    methods: Mapping[str, Any], rules: set[str], tmp_path: Path
) -> None:
    """A value inside an object is compared, too, if the server shows that field at all."""
    case = Case("", {"is_valid": accept_shapes, **methods}, change=with_sent(shape=SHAPE))
    assert {each.rule for each in findings(check(case, tmp_path)[0])} == rules


@pytest.mark.slow
@pytest.mark.parametrize("name", ["X-Pet-Version", "X-Trace"])
def test_a_change_without_the_version_may_be_a_documented_conflict(
    name: str, tmp_path: Path
) -> None:
    def put(self: Pets, number: int, request: Request) -> Answer:
        return self.write(409, {})

    def document_version(document: Any) -> None:
        operation = document["paths"][ITEM]["put"]
        operation["parameters"].append({**TAG, "name": name})
        operation["responses"]["409"] = {"description": "another version"}

    run, _ = check(Case("", {"put": put}, change=document_version), tmp_path)
    noted = {each.rule for one in run.runs for each in one.findings}
    assert noted == (set() if name == "X-Pet-Version" else {"write.accepts"})
