"""Servers on which a PUT to a new path creates a thing: broken ones, and correct ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from servers.loopback import Answer, Request, Server
from servers.pets import DOCUMENT, Pets, Refusal

from docpact.conformance import prepare_api, run_api
from docpact.conformance.writes import readings
from docpact.model import ApiRun, Finding, Level
from docpact.settings import Config, resolve

Change = Callable[["Named", str, dict[str, Any]], dict[str, Any]]


def describe(pattern: str = "") -> Any:
    """Return a document whose things have texts as names, in paths of a pattern, and no POST."""
    document: Any = json.loads(json.dumps(DOCUMENT).replace('"integer"}', '"string"}'))
    document["paths"]["/pets"].pop("post")
    one = document["paths"]["/pets/{pet_id}"]
    one["put"]["responses"]["201"] = deepcopy(one["put"]["responses"]["200"])
    for each in one.values():
        each["parameters"][0]["schema"] |= {"pattern": pattern} if pattern else {}
    return document


class Named(Pets):
    """Pets whose names clients choose.

    Attributes:
        store: returns the fields to store, given the name and the fields that were sent.
        known: name → number.
        refuses: whether only things that exist can be replaced.
        keeps: whether a DELETE does nothing.
    """

    def __init__(
        self, store: Change | None = None, *, refuses: bool = False, keeps: bool = False
    ) -> None:
        self.store, self.refuses, self.keeps = store, refuses, keeps
        self.known: dict[str, int] = {}
        super().__init__()

    def insert(self, fields: dict[str, Any]) -> int:
        number = Pets.insert(self, fields)
        name = fields.get("id", f"pet-{number}")
        self.pets[number]["id"], self.known[name] = name, number
        return number

    def find(self, text: str) -> int:
        number = self.known.get(text)
        if number not in self.pets:
            raise Refusal(404)
        return self.known[text]

    def route(self, request: Request) -> Answer:
        name = request.path.removeprefix("/pets/")
        if request.method != "PUT" or self.known.get(name) in self.pets:
            return Pets.route(self, request)
        if self.refuses:
            raise Refusal(404)
        fields = {"age": 0, "note": "", "tags": [], "tame": False, **self.read(request)}
        stored = fields if self.store is None else self.store(self, name, fields)
        self.insert({**stored, "id": stored.get("id", name)})
        return self.write(201, {**fields, "id": name, "created_at": "2024-01-01T00:00:00Z"})

    def delete(self, number: int, request: Request) -> Answer:
        return Answer(204) if self.keeps else Pets.delete(self, number, request)


def check(server: Named, folder: Path, pattern: str = "") -> ApiRun:
    """Check the whole API with writes."""
    (folder / "api.json").write_text(json.dumps(describe(pattern)))
    with Server(server) as running:
        given = {"operation": str(folder / "api.json"), "target": running.url, "rate": 100_000.0}
        settings = resolve(Config(), given)
        api = prepare_api(settings)
        return run_api(api, settings, {}, version="0", allow_writes=True)


def breaking(run: ApiRun) -> list[Finding]:
    return [f for one in run.runs for f in one.findings if f.level is Level.BREAKING]


@pytest.fixture(autouse=True)
def _without_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "WAITS", (0.0,))


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("server", "rule"),
    [
        (Named(lambda _, name, fields: {**fields, "id": f"{name}-x"}), "write.readable"),
        (Named(lambda _, name, fields: {**fields, "note": ""}), "write.as_sent"),
        (Named(keeps=True), "write.deleted"),
    ],
    ids=["stored under another name", "a field is lost", "a DELETE that does nothing"],
)
def test_broken(server: Named, rule: str, tmp_path: Path) -> None:
    """Faults of things that a PUT creates are found."""
    assert rule in {each.rule for each in breaking(check(server, tmp_path))}


@pytest.mark.parametrize("pattern", ["", "^[a-z][a-z0-9]{0,30}$"])
def test_correct(pattern: str, tmp_path: Path) -> None:
    """A correct server conforms, its PUT is tested, and nothing is left behind."""
    server = Named()
    run = check(server, tmp_path, pattern)
    assert not breaking(run)
    tested = {each.operation for each in run.runs}
    assert {"api/replace_pet", "api/change_pet", "api/delete_pet"} <= tested
    assert len(server.pets) == 2
    assert not run.left_behind


class Lenient(Named):
    """Pets that only exist before; a PUT with nothing to change succeeds without looking."""

    def route(self, request: Request) -> Answer:
        is_empty = request.method == "PUT" and "note" not in json.loads(request.body)
        return self.write(200, self.pets[1]) if is_empty else Named.route(self, request)


@pytest.mark.parametrize("kind", [Named, Lenient])
def test_a_put_that_only_replaces(kind: type[Named], tmp_path: Path) -> None:
    """A server may refuse to create things by PUT; the operation is not tested then."""
    run = check(kind(refuses=True), tmp_path)
    assert not breaking(run)
    assert "404" in run.not_tested["api/replace_pet"]
