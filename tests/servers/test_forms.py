"""Servers whose requests are forms, and whose things are changed by POST."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

import pytest
from servers.loopback import Answer, Request
from servers.pets import BODY, PATCH, Pets, Refusal
from servers.test_writes import Case, check, findings, load
from sizes import sample

from docpact.conformance import prepare_api, run_api
from docpact.media_types import FORM, MULTIPART
from docpact.model import ApiRun, Verdict
from docpact.options import MOCK
from docpact.settings import Config, resolve

ITEM: Final = "/pets/{pet_id}"
Pairs = list[tuple[str, str]]


def with_forms(
    media_type: str = FORM, post: str = "", **fields: Any
) -> Callable[[dict[str, Any]], None]:
    """Return a change that documents forms; `post` is the title of a POST instead of PATCH."""

    def change(document: dict[str, Any]) -> None:
        one = document["paths"][ITEM]
        operations = (document["paths"]["/pets"]["post"], one["put"], one["patch"])
        for operation in operations:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            named = {**schema["properties"], **fields}
            content = {media_type: {"schema": {**schema, "properties": named}}}
            operation["requestBody"]["content"] = content
        if post:
            one["post"] = {**one.pop("patch"), "operationId": "post_pet", "summary": post}
            del one["put"]

    return change


def with_capitals(document: dict[str, Any]) -> None:
    """Document requests with `Name` and so on, and responses with `name`."""
    UPDATE(document)
    for operation in (document["paths"]["/pets"]["post"], document["paths"][ITEM]["post"]):
        media = operation["requestBody"]["content"][FORM]
        named = {n.capitalize(): each for n, each in media["schema"]["properties"].items()}
        required = [each.capitalize() for each in media["schema"].get("required", ())]
        media["schema"] = {"type": "object", "properties": named, "required": required}


def read_pairs(request: Request) -> Pairs:
    """Return name and text of each field of a form."""
    kind, _, boundary = request.headers["content-type"].partition("; boundary=")
    if kind == FORM:
        return parse_qsl(request.body.decode(), keep_blank_values=True)
    if kind != MULTIPART:
        raise Refusal(415)
    parts = request.body.decode().split(f"--{boundary}")
    found = (re.match(r'\r\n[^"]*name="(\w+)"\r\n\r\n(.*)\r\n$', p, re.DOTALL) for p in parts)
    return [(match[1], match[2]) for match in found if match is not None]


def read_fields(pairs: Pairs) -> dict[str, Any]:
    """Return the typed fields of a form, or refuse one that has other types."""
    fields: dict[str, Any] = {name: text for name, text in pairs if name != "tags"}
    tags = [text for name, text in pairs if name == "tags"]
    if "age" in fields:
        if not fields["age"].isdecimal():
            raise Refusal(422)
        fields["age"] = int(fields["age"])
    if "tame" in fields:
        fields["tame"] = fields["tame"] == "true"
    return {**fields, **({"tags": tags} if tags else {})}


def form_server(
    change: Callable[[Pairs], Pairs] = list,
    store: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> Mapping[str, Any]:
    """Return the methods of a server that reads forms, their pairs and fields changed."""

    def read(self: Pets, request: Request, schema: Any = BODY) -> dict[str, Any]:
        body = store(read_fields(change(read_pairs(request))))
        if not self.is_valid(body, schema):
            raise Refusal(422)
        return body

    def route(self: Pets, request: Request) -> Answer:
        if request.method == "POST" and request.path != "/pets":
            return self.patch(self.find(request.path.rpartition("/")[2]), request)
        return Pets.route(self, request)

    return {"read": read, "route": route}


def lower(pairs: Pairs) -> Pairs:
    return [(name.lower(), text) for name, text in pairs]


def keep_last(pairs: Pairs) -> Pairs:
    return [*dict(pairs).items()]


def reset(self: Pets, number: int, request: Request) -> Answer:
    self.pets[number] |= {"age": 0, "tags": [], **self.read(request, PATCH)}
    return self.write(200, self.show(number))


FORMS: Final = form_server()
UPDATE: Final = with_forms(post="Update a pet")
BROKEN: Final = [
    Case(
        "plus is a plus",
        form_server(lambda pairs: [(n, t.replace(" ", "+")) for n, t in pairs]),
        "write.as_sent",
        "/name",
        change=with_forms(),
    ),
    Case(
        "any text is true",
        form_server(lambda pairs: [(n, "true" if n == "tame" else t) for n, t in pairs]),
        "write.as_sent",
        "/tame",
        change=with_forms(),
    ),
    Case(
        "a note in capitals is lost",
        form_server(lambda pairs: [each for each in lower(pairs) if each[0] != "note"]),
        "write.as_sent",
        "/note",
        change=with_capitals,
    ),
    Case("the last tag", form_server(keep_last), "write.as_sent", "/tags", change=with_forms()),
    Case(
        "not Latin",
        form_server(lambda pairs: [(n, t.encode("ascii", "ignore").decode()) for n, t in pairs]),
        "write.as_sent",
        "/name",
        change=with_forms(MULTIPART),
    ),
    Case(
        "POST changes nothing",
        {**FORMS, "patch": lambda self, number, _: self.write(200, self.show(number))},
        "write.updated",
        change=UPDATE,
    ),
    Case("POST resets", {**FORMS, "patch": reset}, "write.kept", change=UPDATE),
    Case(
        "only JSON is read",
        form_server(lambda _: [("name", "?"), ("kind", "cat")]),
        "write.as_sent",
        "/name",
        change=UPDATE,
    ),
]
UNUSUAL: Final = [
    Case("a form", FORMS, change=with_forms()),
    Case("multipart", FORMS, change=with_forms(MULTIPART)),
    Case("POST updates", FORMS, change=UPDATE),
    Case("names in capitals", form_server(lower), change=with_capitals),
    Case(
        "an optional file",
        FORMS,
        change=with_forms(MULTIPART, photo={"type": "string", "format": "binary"}),
    ),
    Case(
        "an object whose encoding nothing documents",
        FORMS,
        change=with_forms(owner={"type": "object", "properties": {"name": {"type": "string"}}}),
    ),
]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("case", sample(BROKEN, 8, attrgetter("name")))
def test_a_broken_server_is_caught(case: Case, tmp_path: Path) -> None:
    found = findings(check(case, tmp_path)[0])
    assert [each for each in found if each.rule == case.rule and case.where in each.location], found


@pytest.mark.sampled(3)
@pytest.mark.parametrize("case", sample(UNUSUAL, 6, attrgetter("name")))
def test_an_unusual_server_conforms(case: Case, tmp_path: Path) -> None:
    run, pets = check(case, tmp_path)
    assert [(each.rule, each.location, each.observed) for each in findings(run)] == []
    assert run.verdict() is Verdict.CONFORMS
    assert [pet["name"] for pet in pets.pets.values()] == ["Tom", "Rex"]


def check_mock(change: Callable[[dict[str, Any]], None], tmp_path: Path) -> ApiRun:
    load(tmp_path, change)
    settings = resolve(Config(), {"target": MOCK, "operation": str(tmp_path / "pets.json")})
    return run_api(prepare_api(settings), settings, {}, version="0", allow_writes=True)


@pytest.mark.slow
@pytest.mark.sampled(3)
@pytest.mark.parametrize("change", [with_forms(), with_forms(MULTIPART), with_capitals])
def test_the_mock_conforms(change: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    run = check_mock(change, tmp_path)
    assert [(each.rule, each.location, each.observed) for each in findings(run)] == []
    assert (run.verdict(), run.not_tested) == (Verdict.CONFORMS, {})


def test_a_post_that_does_not_say_update_is_not_tested(tmp_path: Path) -> None:
    run = check_mock(with_forms(post="Feed a pet"), tmp_path)
    assert [*run.not_tested] == ["pets/post_pet"]


def test_a_required_file_is_a_reason(tmp_path: Path) -> None:
    photo = {"type": "string", "contentMediaType": "application/octet-stream"}  # as of FastAPI

    def change(document: dict[str, Any]) -> None:
        with_forms(MULTIPART, photo=photo)(document)
        body = document["paths"]["/pets"]["post"]["requestBody"]["content"][MULTIPART]["schema"]
        body["required"] = [*body["required"], "photo"]

    run = check_mock(change, tmp_path)
    assert "photo: docpact cannot send this field of a form" in run.not_tested["pets/create_pet"]
