"""Servers whose updates are JSON Patches, merge patches, or need the version that was read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import pytest
from servers.loopback import Answer, Request
from servers.pets import DEFAULTS, FIELDS, Pets, Refusal
from servers.test_write_semantics import document_default, document_tags
from servers.test_writes import Case, check, findings, load, with_property
from sizes import sample

from docpact.conformance import prepare_api, run_api
from docpact.conformance.writes import readings
from docpact.model import Verdict
from docpact.options import MOCK
from docpact.settings import Config, resolve

ITEM: Final = "/pets/{pet_id}"
OPERATION: Final = {
    "type": "object",
    "properties": {"op": {"enum": ["add", "remove"]}, "path": {"type": "string"}, "value": {}},
    "required": ["op", "path"],
}
NULLABLE: Final = {"type": ["string", "null"]}


def with_patch(media_type: str, schema: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        with_property("note", NULLABLE)(document)
        operation = document["paths"][ITEM]["patch"]
        operation["requestBody"] = {"content": {media_type: {"schema": schema}}}

    return change


JSON_PATCH: Final = with_patch("application/json-patch+json", {"type": "array", "items": OPERATION})
MERGE_PATCH: Final = with_patch(
    "application/merge-patch+json",
    {"type": "object", "properties": {**FIELDS, "note": NULLABLE}},
)


def read_operations(request: Request) -> dict[str, Any]:
    if request.headers["content-type"] != "application/json-patch+json":
        raise Refusal(415)
    return {each["path"][1:]: each.get("value") for each in json.loads(request.body)}


def read_merge(request: Request) -> dict[str, Any]:
    if request.headers["content-type"] != "application/merge-patch+json":
        raise Refusal(415)
    fields: dict[str, Any] = json.loads(request.body)
    return fields


def patching(
    read: Callable[[Request], dict[str, Any]],
    change: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]] = lambda _, sent: sent,
) -> Mapping[str, Any]:
    """Return the method of a server that changes the fields that `change` returns.

    It takes the known and the sent fields.
    """

    def patch(self: Pets, number: int, request: Request) -> Answer:
        self.pets[number] |= change(self.pets[number], read(request))
        return self.write(200, self.show(number))

    return {"patch": patch}


def without_null(known: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sent.items() if value is not None}


def with_usual_note(known: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    return {name: "as usual" if value is None else value for name, value in sent.items()}


def versioned(change: Callable[[dict[str, Any]], dict[str, Any]] = dict) -> Mapping[str, Any]:
    """Return the method of a server that replaces a pet only by its version."""

    def put(self: Pets, number: int, request: Request) -> Answer:
        fields = json.loads(request.body)
        if fields.pop("edition") != self.pets[number].get("edition", 1):
            raise Refusal(409)
        edition = self.pets[number].get("edition", 1) + 1
        self.pets[number] |= {**DEFAULTS, **change(fields), "edition": edition}
        return self.write(200, self.show(number))

    def show(self: Pets, number: int) -> Any:
        return {"edition": 1, **self.pets[number]}

    return {"put": put, "show": show}


def with_version(document: Any) -> None:
    with_property("edition", {"type": "integer"})(document)
    media = document["paths"][ITEM]["put"]["requestBody"]["content"]["application/json"]
    fields = {**media["schema"]["properties"], "edition": {"type": "integer"}}
    required = [*media["schema"]["required"], "edition"]
    media["schema"] = {**media["schema"], "properties": fields, "required": required}


WRAPPED: Final = with_patch(
    "application/json",
    {
        "type": "object",
        "properties": {"pet": {"type": "object", "properties": FIELDS}},
        "required": ["pet"],
    },
)


def read_wrapped(request: Request) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(request.body)["pet"]
    return fields


def create_two(self: Pets, request: Request) -> Answer:
    Pets.create(self, request)
    return Pets.create(self, request)


def accepted(document: Any) -> None:
    responses = document["paths"]["/pets"]["post"]["responses"]
    responses["202"] = responses.pop("201")


def accept(self: Pets, request: Request) -> Answer:
    return self.write(202, json.loads(Pets.create(self, request).body))


def keep(self: Pets, number: int, request: Request) -> Answer:
    return Answer(204)


BROKEN: Final = (
    Case(
        "a JSON Patch without effect",
        patching(read_operations, lambda _, sent: {}),
        "write.updated",
        "/name",
        JSON_PATCH,
    ),
    Case(
        "a JSON Patch that resets the age",
        patching(read_operations, lambda _, sent: {"age": 0, **sent}),
        "write.kept",
        "/age",
        JSON_PATCH,
    ),
    Case(
        "a removal without effect",
        patching(read_operations, without_null),
        "write.updated",
        "/note",
        JSON_PATCH,
    ),
    Case(
        "a null without effect",
        patching(read_merge, without_null),
        "write.updated",
        "/note",
        MERGE_PATCH,
    ),
    Case(
        "a PATCH in an object of its own without effect",
        patching(read_wrapped, lambda _, sent: {}),
        "write.updated",
        "/name",
        WRAPPED,
    ),
    Case("a POST that creates two", {"create": create_two}, "write.listed"),
    Case(
        "a PUT by version that loses the note",
        versioned(lambda sent: {**sent, "note": ""}),
        "write.updated",
        "/note",
        with_version,
    ),
    Case(
        "an accepted pet that a DELETE keeps",
        {"create": accept, "delete": keep},
        "write.deleted",
        change=accepted,
        leaves=True,
    ),
)
UNUSUAL: Final = (
    Case("JSON Patches", patching(read_operations), change=JSON_PATCH),
    Case("merge patches", patching(read_merge), change=MERGE_PATCH),
    Case(
        "a removal that leaves a usual value",
        patching(read_operations, with_usual_note),
        change=JSON_PATCH,
    ),
    Case("a null for a usual value", patching(read_merge, with_usual_note), change=MERGE_PATCH),
    Case("a PATCH in an object of its own", patching(read_wrapped), change=WRAPPED),
    Case("a PUT by version", versioned(), change=with_version),
    Case("accepted pets", {"create": accept}, change=accepted),
)


@pytest.mark.sampled(4)
@pytest.mark.parametrize("case", sample(BROKEN, 8, attrgetter("name")))
def test_a_broken_server_is_caught(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "WAITS", (0.0,))
    found = findings(check(case, tmp_path)[0])
    assert (case.rule, case.where or found[0].location) in {(e.rule, e.location) for e in found}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("case", sample(UNUSUAL, 7, attrgetter("name")))
def test_an_unusual_server_conforms(case: Case, tmp_path: Path) -> None:
    run, pets = check(case, tmp_path)
    assert [(each.rule, each.location, each.observed) for each in findings(run)] == []
    assert run.verdict() is Verdict.CONFORMS
    assert [pet["name"] for pet in pets.pets.values()] == ["Tom", "Rex"]


@pytest.mark.slow
@pytest.mark.sampled(9)
@pytest.mark.parametrize(
    "change", [JSON_PATCH, MERGE_PATCH, WRAPPED, with_version, document_default, document_tags]
)
def test_the_mock_conforms(change: Callable[[Any], None], tmp_path: Path) -> None:
    load(tmp_path, change)
    settings = resolve(Config(), {"target": MOCK, "operation": str(tmp_path / "pets.json")})
    run = run_api(prepare_api(settings), settings, {}, version="0", allow_writes=True)
    assert [(each.rule, each.location, each.observed) for each in findings(run)] == []
    assert run.verdict() is Verdict.CONFORMS
