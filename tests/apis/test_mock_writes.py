"""The mock of a whole API stores what requests create, change and delete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from command import Docpact, docpact
from servers.pets import DOCUMENT

from docpact.apis import load_api
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
