"""Recorded traffic of a whole API: audited and replayed, sorted by operation."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from apis.shop import CORRECT, DOCUMENT, STORE
from command import Docpact, docpact, served
from servers.loopback import Answer, Handler, Request, Server
from servers.pets import DOCUMENT as PETS

from docpact.apis import is_api, load_api
from docpact.audit import Summary, auditing
from docpact.audit.auditing import Auditor
from docpact.audit.work import Task, summarize
from docpact.traffic import split_sources

__all__ = ["docpact", "served"]

JSON: Final = ("--json", "run.json")
BASE: Final = "https://elsewhere.example/v1"


@pytest.fixture
def folder(docpact: Docpact) -> Path:
    paths = {**DOCUMENT["paths"], "/toys": DOCUMENT["paths"]["/status"]}
    paths["/pets/best"] = DOCUMENT["paths"]["/status"]
    for path, name in (("/toys", "list_toys"), ("/pets/best", "best_pet")):
        paths[path] = {"get": {**paths[path]["get"], "operationId": name}}
    (docpact.folder / "shop.json").write_text(json.dumps({**DOCUMENT, "paths": paths}))
    lines = [record(path, body) for path, body in STORE.items()]
    lines += [record("/cats", {}), record("/cats", {}), record("/pets/best", {"open": True})]
    lines += [record("/toys", {"open": "yes"}), record("/pets", {}, "PATCH")]
    lines += [record("/pets/7", {}, "OPTIONS"), record("/pets", {}, "HEAD")]
    (docpact.folder / "traffic.jsonl").write_text("\n".join(lines) + "\n")
    return docpact.folder


@pytest.mark.parametrize(
    ("name", "text", "is_document"),
    [
        ("a.yaml", "components:\n  examples:\n    a: {pad}\nopenapi: 3.0.3\n", True),
        ("a.yaml", "interactions:\n- body: |\n    {pad}\n    openapi: 3.0.3\n", False),
        ("a.json", '{{\n  "components": {{"a": "{pad}"}},\n  "openapi": "3.0.3"\n}}', True),
        ("a.json", '{{"components":{{"a":"{pad}"}},"openapi":"3.0.3"}}', True),
        ("a.json", '{{"log": {{"text": "{pad}{{\\"openapi\\": \\"3.0.3\\"}}"}}}}', False),
        ("a.json", '{{\n  "url": "{pad}",\n  "body": {{\n    "openapi": "3.0.3"\n  }}\n}}', False),
    ],
)
def test_a_document_is_known_by_its_version_wherever_it_is(
    tmp_path: Path, name: str, text: str, is_document: bool
) -> None:
    (tmp_path / name).write_text(text.format(pad="x" * 5_000))
    assert is_api(str(tmp_path / name)) == is_document


def record(path: str, body: Any, method: str = "GET") -> str:
    line = {"url": BASE + path, "method": method, "status": 200, "body": json.dumps(body)}
    return json.dumps(line)


def outcome(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    run = json.loads((folder / "run.json").read_text())
    return (
        {each["operation"]: each["verdict"] for each in run["operations"]},
        {each["operation"]: each["reason"] for each in run["not_tested"]},
    )


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    "command",
    [
        ("audit", "shop.json", "traffic.jsonl"),
        ("audit", "--operation", "shop.json", "traffic.jsonl"),
        ("check", "shop.json", "--replay", "traffic.jsonl"),
    ],
)
def test_exchanges_are_sorted_by_operation(
    docpact: Docpact, folder: Path, command: tuple[str, ...]
) -> None:
    done = docpact(*command, "--json", "run.json")
    assert (done.returncode, done.stderr) == (1, "")
    verdicts, others = outcome(folder)
    assert verdicts.pop("shop/list_toys") == "drift"
    assert set(verdicts.values()) == {"conforms"}
    assert set(verdicts) == {
        *(f"shop/get_{name}" for name in ("pets", "pets_petId", "pets_petId_toys")),
        *(f"shop/get_{name}" for name in ("pets_petId_toys_toy_id", "owners_name", "status")),
        "shop/get_shelves_shelf",
        "shop/best_pet",
    }
    assert others == {
        "shop/post_pets_petId": "no exchange is recorded",
        "GET /v1/cats": "2 exchanges of no documented operation",
        "PATCH /v1/pets": "1 exchange of no documented operation",
    }


def test_a_journal_of_a_whole_api_is_replayed_and_audited(
    docpact: Docpact, folder: Path, served: Callable[[Handler], Server]
) -> None:
    target = ("--target", served(CORRECT).url)
    docpact("check", "shop.json", *target, "--json", "run.json", "--journal", "runs.jsonl")
    live = outcome(folder)[0]
    assert {verdict for name, verdict in live.items() if "list_toys" not in name} >= {"conforms"}
    done = docpact("check", "shop.json", "--replay", "runs.jsonl", "--json", "run.json")
    assert outcome(folder)[0] == live, done.stdout
    done = docpact("audit", "shop.json", "runs.jsonl", "--json", "run.json")
    assert done.stderr == ""
    audited = outcome(folder)[0]
    assert audited.keys() == live.keys()
    assert all(audited[name] == "conforms" for name in live if live[name] == "conforms")


def answer(request: Request) -> Answer:
    """Know none of the roles, but check the form of their ids."""
    name = request.path.rpartition("/")[2]
    status, body = (404 if name.isdecimal() else 422, {"detail": "none"})
    if request.path == "/status":
        status, body = 200, {"detail": "up"}
    headers = (("Content-Type", "application/json"),)
    return Answer(status, headers, b"" if request.method == "HEAD" else json.dumps(body).encode())


def test_what_a_check_left_out_is_left_out_of_its_journal_too(docpact: Docpact) -> None:
    schema = {"type": "object", "properties": {"detail": {"type": "string"}}}
    responses = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    number = {"type": "integer", "minimum": 0, "example": 7}
    named = {"name": "id", "in": "path", "required": True, "schema": number}
    missing = {"404": {"description": ""}, "422": {"description": ""}}
    paths = {
        "/status": {"get": {"operationId": "status", "responses": responses}},
        "/roles/{id}": {
            "parameters": [named],
            "get": {"operationId": "role", "responses": responses | missing},
        },
    }
    (docpact.folder / "roles.json").write_text(json.dumps({**DOCUMENT, "paths": paths}))
    with Server(answer) as server:
        docpact("check", "roles.json", "--target", server.url, "--journal", "j.jsonl", *JSON)
    verdicts, untested = outcome(docpact.folder)
    assert (verdicts, [*untested]) == ({"roles/status": "conforms"}, ["roles/role"])
    docpact("check", "roles.json", "--replay", "j.jsonl", *JSON)
    assert outcome(docpact.folder) == (verdicts, untested)
    docpact("audit", "roles.json", "j.jsonl", *JSON)
    assert outcome(docpact.folder)[0] == {**verdicts, "roles/role": "inconclusive"}


def test_a_journal_of_refusals_is_inconclusive(docpact: Docpact) -> None:
    (docpact.folder / "pets.json").write_text(json.dumps(PETS))
    refusal = Answer(401, (("Content-Type", "application/json"),), b"{}")
    with Server(lambda _: refusal) as server:
        docpact("check", "pets.json", "--target", server.url, "--journal", "j.jsonl")
    assert docpact("audit", "pets.json", "j.jsonl").returncode == 3


def test_traffic_of_nothing_known_is_inconclusive(docpact: Docpact, folder: Path) -> None:
    (folder / "other.jsonl").write_text(record("/cats", {}) + "\n")
    for command in (("audit", "shop.json"), ("check", "shop.json", "--replay")):
        done = docpact(*command, "other.jsonl")
        assert done.returncode == 3
        assert "GET /v1/cats: 1 exchange of no documented operation" in done.stdout
    (folder / "other.jsonl").write_text(record("/cats", {}) + "\n" + record("/dogs", {}) + "\n")
    done = docpact("audit", "shop.json", "other.jsonl")
    assert "GET /v1/cats and 1 more: 1 exchange of no documented operation" in done.stdout


def test_the_progress_of_an_audit_of_a_whole_api_is_kept(docpact: Docpact, folder: Path) -> None:
    first = docpact("audit", "shop.json", "traffic.jsonl", "--resume", "kept", "--json", "run.json")
    verdicts = outcome(folder)
    again = docpact("audit", "shop.json", "traffic.jsonl", "--resume", "kept", "--json", "run.json")
    assert (again.returncode, outcome(folder)) == (first.returncode, verdicts)


def test_records_of_a_whole_api_are_judged_some_at_a_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations = load_api(str(folder / "shop.json")).operations
    (part,) = split_sources([str(folder / "traffic.jsonl")])
    whole = summarize(Task.of(operations), [part], lambda *_: None)
    groups: list[int] = []

    def judge(auditor: Auditor, records: Sequence[Any]) -> Summary:
        groups.append(len(records))
        return summary(auditor, records)

    summary = Auditor.summary
    monkeypatch.setattr(auditing, "GROUP_BYTES", 1)
    monkeypatch.setattr(Auditor, "summary", judge)
    assert summarize(Task.of(operations), [part], lambda *_: None) == whole
    assert len(groups) > 5
    assert set(groups) == {1}


@pytest.mark.slow
def test_a_journal_of_an_api_is_exported_whole(docpact: Docpact) -> None:
    folder = docpact.folder
    (folder / "pets.json").write_text(json.dumps(PETS))
    docpact("check", "pets.json", "--journal", "j.jsonl")
    before = len((folder / "j.jsonl").read_text().splitlines())
    done = docpact("check", "pets.json", "--allow-writes", "--journal", "j.jsonl")
    assert done.returncode == 0, done.stdout
    assert docpact("export", "har", "j.jsonl", "--out", "j.har").returncode == 0
    lines = [json.loads(line) for line in (folder / "j.jsonl").read_text().splitlines()[before:]]
    sent = [each["request"] for each in lines if "request" in each]
    entries = json.loads((folder / "j.har").read_text())["log"]["entries"]
    kept = [each["request"] for each in entries]
    assert sorted((e["method"], e["url"]) for e in kept) == sorted(
        (e["method"], e["url"]) for e in sent
    )
    bodies = [each["postData"]["text"] for each in kept if "postData" in each]
    assert len(bodies) > 10
    assert sorted(bodies) == sorted(each["body"] for each in sent if each.get("body"))
