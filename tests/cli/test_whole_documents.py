"""`docpact capture` of whole OpenAPI documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest
from command import Docpact, served
from servers.loopback import Answer, Handler, Server

from docpact import load, names

__all__ = ["served"]

PET: Final = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
    "required": ["id", "name"],
}


def responds(schema: Any) -> dict[str, Any]:
    """Return the responses of an operation whose body has a schema."""
    content = {"application/json": {"schema": schema}}
    return {"responses": {"200": {"description": "ok", "content": content}}}


PETS: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    "security": [{"key": []}],
    "paths": {
        "/pets": {
            "get": {"operationId": "listPets", **responds({"type": "array", "items": PET})},
            "put": {"operationId": "lists.pets", **responds(PET)},
        },
        "/pets/{petId}": {
            "parameters": [
                {"name": "petId", "in": "path", "required": True, "schema": {"type": "integer"}}
            ],
            "get": {"operationId": "LISTPETS", **responds({"$ref": "#/components/schemas/No"})},
            "head": responds({**PET, "format": "pet"}),
        },
        "/pets/search": {"get": responds({"type": "object", "format": "pet"})},
        "/Pets": {"get": {"operationId": "listpets", **responds(PET)}},
    },
}


@pytest.fixture
def folder(docpact: Docpact) -> Path:
    (docpact.folder / "pets.json").write_text(json.dumps(PETS))
    return docpact.folder


def test_capture_writes_every_operation_into_its_own_folder(docpact: Docpact, folder: Path) -> None:
    done = docpact("capture", "pets.json", "--out", "acme/pets")
    assert (done.returncode, done.stderr) == (0, "")
    written = {each.name for each in (folder / "acme/pets").iterdir()}
    assert written == {"listPets", "lists_pets", "HEAD_pets_petId", "GET_pets_search", "listpets_2"}
    assert load("pets/listPets", folder / "acme").path == "/pets"
    assert load("pets/listpets_2", folder / "acme").path == "/Pets"
    lines = done.stdout.splitlines()
    assert len([line for line in lines if line.startswith("refused: ")]) == 1
    assert "#/components/schemas/No" in lines[0]
    secret = "secret: checks send $PETS_KEY in the header Authorization"
    assert lines.count(secret) == 1
    assert len([line for line in lines if "format pet" in line]) == 1
    assert "not documented or not tested, in 2 operations: format pet" in done.stdout
    assert "5 operations written; 1 refused" in lines[-1]


def test_capture_shows_the_most_common_gaps(docpact: Docpact, folder: Path) -> None:
    fields = {f"f{n}": {"type": "string", "format": f"own{n}"} for n in range(14)}
    some = responds({"type": "object", "properties": {"f13": fields["f13"]}})
    every = responds({"type": "object", "properties": fields})
    document = {**PETS, "paths": {"/all": {"get": every}, "/some": {"get": some}}}
    (folder / "pets.json").write_text(json.dumps(document))
    shown = docpact("capture", "pets.json", "--out", "pets").stdout.splitlines()
    gaps = [line for line in shown if line.startswith("not documented or not tested, in")]
    formats = [int(line.partition("format own")[2].partition(":")[0]) for line in gaps]
    assert formats == [13, *range(9)]
    assert "4 further gaps: see `gaps` in each operation.json" in shown


def test_capture_compares_every_operation_with_its_contract(docpact: Docpact, folder: Path) -> None:
    docpact("capture", "pets.json", "--out", "pets")
    assert docpact("capture", "pets.json", "--check", "pets").returncode == 0
    changed = deepcopy(PETS)
    changed["paths"]["/pets"]["get"] |= responds(PET)
    del changed["paths"]["/pets/search"]
    changed["paths"]["/owners"] = {"get": responds(PET)}
    (folder / "pets.json").write_text(json.dumps(changed))
    done = docpact("capture", "pets.json", "--check", "pets")
    assert done.returncode == 1
    assert "no longer in the document: GET_pets_search\n" in done.stdout
    assert "new: GET_owners\n" in done.stdout
    assert "listPets" in done.stdout
    assert not (folder / "pets/GET_owners").exists()


def test_capture_of_a_document_that_docpact_exported(docpact: Docpact, folder: Path) -> None:
    docpact("export", "openapi", *names(), "--out", "all.json")
    done = docpact("capture", "all.json", "--out", "all")
    assert done.returncode == 0, done.stderr
    assert {each.name for each in (folder / "all").iterdir()} == {
        name.partition("/")[2] for name in names()
    }


@pytest.mark.parametrize(
    ("paths", "says"),
    [
        ({}, "the document has no operations"),
        ({"/a": {"get": responds({"$ref": "#/no"})}}, "can use none of its 1 operation"),
    ],
)
def test_a_document_without_a_usable_operation_is_one_line(
    docpact: Docpact, folder: Path, paths: Any, says: str
) -> None:
    (folder / "none.json").write_text(json.dumps({**PETS, "paths": paths}))
    done = docpact("capture", "none.json", "--out", "none")
    assert (done.returncode, says in done.stderr) == (2, True)
    assert not (folder / "none").exists()


def test_a_secret_of_another_operation_is_never_written(
    docpact: Docpact, served: Callable[[Handler], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {"PETS_ONE": "first-s3cret/0a1b", "PETS_OTHER": "other-s3cret/9f8e"}
    schemes = {name: {"type": "http", "scheme": "bearer"} for name in ("one", "other")}
    paths = {
        f"/{name}": {"get": {"security": [{name: []}], **responds({"type": "array"})}}
        for name in schemes
    }
    document = PETS | {"components": {"securitySchemes": schemes}, "paths": paths}
    (docpact.folder / "pets.json").write_text(json.dumps(document))
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    body = json.dumps(dict.fromkeys(secrets.values(), 1)).encode()
    url = served(lambda _: Answer(200, (("Content-Type", "application/json"),), body)).url
    files = ("--json", "a.json", "--html", "a.html", "--journal", "a.jsonl", "--history", "a.db")
    done = docpact("check", "pets.json", "--target", url, *files, "--connections", "1")
    assert (done.returncode, "$PETS_ONE" in done.stdout) == (1, True)
    written = [each.read_bytes().decode("utf-8", "replace") for each in docpact.folder.iterdir()]
    for form in (*secrets.values(), *(value.replace("/", "~1") for value in secrets.values())):
        assert not any(form in text for text in (done.stdout, done.stderr, *written))


@pytest.mark.sampled(3)
@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "123e99999999999"])
@pytest.mark.parametrize("keyword", ["enum", "default", "minimum", "examples"])
def test_a_number_beyond_every_float_is_a_gap(
    docpact: Docpact, folder: Path, keyword: str, number: str
) -> None:
    """JSON has no such number, and the mock could not send one."""
    value = ["HUGE", 1] if keyword in ("enum", "examples") else "HUGE"
    document = deepcopy(PETS)
    document["paths"] = {"/pet": {"get": responds({"type": "number", keyword: value})}}
    (folder / "pets.json").write_text(json.dumps(document).replace('"HUGE"', number))
    done = docpact("check", "pets.json")
    assert (done.returncode, done.stderr) == (0, "")
