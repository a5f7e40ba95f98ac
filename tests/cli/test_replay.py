"""`docpact replay`: a finding that still holds, one that is gone, and one that was not tested."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any, Final

import pytest
from command import CANCELLED, OPERATION, Docpact
from servers.defects import ignoring
from servers.jobs import make_jobs
from servers.loopback import Answer, Handler, Request, Server
from servers.reference import Api

from docpact.reports.markdown import MAX_LINES

CORRECT: Final = Api(make_jobs(12))
IGNORING: Final = ignoring("status")(CANCELLED)
"""A server with two defects: an undocumented status, and a filter that it ignores."""


@dataclass(slots=True)
class Changing:
    """A server whose behavior a test changes."""

    handler: Handler

    def __call__(self, request: Request) -> Answer:
        return self.handler(request)


@dataclass(slots=True)
class Checked:
    """A server that was checked once, into run.json and runs.sqlite."""

    behavior: Changing
    url: str
    run: dict[str, Any]

    def find(self, rule: str) -> str:
        """Return the id of the finding of a rule."""
        return next(str(e["fingerprint"]) for e in self.run["findings"] if e["rule"] == rule)


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Checked]]:
    """Check a server once for all tests: the folder of the reports, and what they hold."""
    folder = tmp_path_factory.mktemp("checked")
    behavior = Changing(IGNORING)
    files = ("--json", "run.json", "--history", "runs.sqlite")
    with Server(behavior) as server:
        done = Docpact(folder)("check", OPERATION, "--target", server.url, *files)
        assert done.returncode == 1
        run = json.loads((folder / "run.json").read_text())
        assert {"response.enum", "filter.selects"} <= {each["rule"] for each in run["findings"]}
        yield folder, Checked(behavior, server.url, run)


@pytest.fixture
def checked(docpact: Docpact, first_run: tuple[Path, Checked]) -> Checked:
    """Begin with the reports of the check, and with the server as it was checked."""
    folder, checked = first_run
    copytree(folder, docpact.folder, dirs_exist_ok=True)
    checked.behavior.handler = IGNORING
    return checked


def test_a_finding_still_holds(docpact: Docpact, checked: Checked) -> None:
    name = checked.find("filter.selects")
    done = docpact("replay", name[:8], "--from", "run.json")
    assert (done.returncode, done.stderr) == (1, "")
    assert "still holds     filter.selects  query/status\n" in done.stdout
    assert f"    id        {name}\n" in done.stdout
    assert "    try       curl -sS -g " in done.stdout
    assert f"'{checked.url}" in done.stdout
    assert "1 finding: 1 still holds; " in done.stdout


def test_a_finding_that_requests_of_another_family_showed_still_holds(
    docpact: Docpact,
) -> None:
    texts = {"type": "array", "items": {"type": "string"}}
    thing = {"properties": {"id": {"type": "integer"}, "tags": texts}}
    tag = {"name": "tag", "in": "query", "schema": texts}
    stated = {**tag, "description": "only things with any of these tags"}
    schema = {"type": "array", "items": {"type": "object", **thing}}
    content = {"application/json": {"schema": schema}}
    get = {"parameters": [stated], "responses": {"200": {"description": "", "content": content}}}
    document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}}
    text = json.dumps({**document, "paths": {"/things": {"get": get}}})
    (docpact.folder / "things.json").write_text(text)
    things = [{"id": each} if each % 2 else {"id": each, "tags": ["a", "b"]} for each in range(9)]
    body = json.dumps(things).encode()
    kind = (("Content-Type", "application/json"),)
    with Server(lambda _: Answer(200, kind, body)) as server:
        done = docpact("check", "things.json", "--target", server.url, "--json", "things.run")
        assert "filter.range  query/tag\n" in done.stdout
        done = docpact("replay", "--failed", "--from", "things.run", "--operation", "things.json")
    assert "still holds     filter.range  query/tag\n" in done.stdout


@pytest.mark.slow
def test_a_mended_finding_is_no_longer_seen(docpact: Docpact, checked: Checked) -> None:
    checked.behavior.handler = ignoring("status")(CORRECT)
    done = docpact("replay", "--failed", "--history", "runs.sqlite")
    assert done.returncode == 1
    assert "still holds     filter.selects  query/status\n" in done.stdout
    assert "no longer seen  response.enum  /items/*/status\n" in done.stdout
    checked.behavior.handler = CORRECT
    done = docpact("replay", "--failed", "--history", "runs.sqlite")
    assert (done.returncode, done.stderr) == (0, "")
    assert "still holds" not in done.stdout


@pytest.mark.slow
def test_a_finding_that_was_not_tested_leaves_the_replay_inconclusive(
    docpact: Docpact, checked: Checked
) -> None:
    checked.behavior.handler = lambda _: Answer(503, (), b"{}")
    done = docpact("replay", checked.find("response.enum"), "--from", "run.json")
    assert done.returncode == 3
    assert "not tested      response.enum  /items/*/status\n" in done.stdout
    assert "    because   " in done.stdout


def test_another_target_is_tested_if_one_is_named(
    docpact: Docpact, checked: Checked, served: Callable[[Handler], Server]
) -> None:
    name = checked.find("response.enum")
    done = docpact("replay", name, "--from", "run.json", "--target", served(CORRECT).url)
    assert done.returncode == 0


OR_HISTORY = "or a history with --history, or set `history` in the configuration"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((), "name the ids of findings, or give --failed"),
        (("abc", "--failed"), "name the ids of findings, or give --failed"),
        (("xyz", "--from", "run.json"), "xyz matches no finding in run.json"),
        (("xyz", "--history", "runs.sqlite"), "xyz matches no finding in runs.sqlite"),
        (("", "--from", "run.json"), " matches several findings in run.json"),
        (("abc", "--from", "other.json"), "other.json: No such file or directory"),
        (("abc",), f"name a run with --from, {OR_HISTORY}"),
    ],
)
@pytest.mark.usefixtures("checked")
def test_a_usage_error_is_one_line(docpact: Docpact, words: tuple[str, ...], line: str) -> None:
    done = docpact("replay", *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"docpact: {line}\n")


def test_a_letter_tells_the_vendor_what_differs(docpact: Docpact, checked: Checked) -> None:
    name = checked.find("response.enum")
    done = docpact("letter", "runs.sqlite", name[:6])
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) <= MAX_LINES
    assert "Source: `page line 90: " in done.stdout
    assert '\n`"CANCELLED"`\n' in done.stdout
    assert f"`curl -sS -g '{checked.url}" in done.stdout
    assert ", in 1 of 1 runs\n" in done.stdout
    assert docpact("letter", "run.json", name, "--out", "letter.md").stdout == ""
    written = (docpact.folder / "letter.md").read_text().splitlines()
    assert {*lines} - {*written} == {line for line in lines if line.startswith("Since: ")}


def test_a_letter_needs_a_finding(docpact: Docpact, checked: Checked) -> None:
    assert checked.run["findings"]
    done = docpact("letter", "run.json", "xyz")
    assert (done.returncode, done.stderr) == (2, "docpact: xyz matches no finding in run.json\n")


THING: Final = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "size": {"enum": ["small", "large"]}},
    "required": ["id", "size"],
}


def describe(*parameters: Any, schema: Any) -> dict[str, Any]:
    """Return an operation of an OpenAPI document."""
    content = {"application/json": {"schema": schema}}
    responses = {"200": {"description": "ok", "content": content}}
    return {"get": {"parameters": [*parameters], "responses": responses}}


THINGS: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "paths": {
        "/things": describe(schema={"type": "array", "items": THING}),
        "/things/{id}": describe(
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
            schema=THING,
        ),
        "/health": describe(schema={"type": "object"}),
    },
}


def serve_things(request: Request) -> Answer:
    """Serve one thing, whose own page shows a size that is not documented."""
    bodies: dict[str, Any] = {
        "/things": [{"id": "t1", "size": "small"}],
        "/things/t1": {"id": "t1", "size": "huge"},
        "/health": {},
    }
    body = bodies.get(request.path)
    json_type = (("Content-Type", "application/json"),)
    return Answer(200 if body is not None else 404, json_type, json.dumps(body or {}).encode())


def test_a_whole_document_is_replayed_with_the_list_that_shows_the_ids(
    docpact: Docpact, served: Callable[[Handler], Server]
) -> None:
    (docpact.folder / "things.json").write_text(json.dumps(THINGS))
    server = served(serve_things)
    docpact("check", "things.json", "--target", server.url, "--json", "run.json")
    done = docpact("replay", "--failed", "--from", "run.json", "--operation", "things.json")
    assert (done.returncode, done.stderr) == (1, "")
    assert "still holds     response.enum  /size\n" in done.stdout
    assert "health" not in done.stdout
    refused = docpact("replay", "--failed", "--from", "run.json")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "no contract things/GET_things_id is known here; name its document" in refused.stderr
    (docpact.folder / "docpact.toml").write_text('operation = "things.json"\n')
    assert docpact("replay", "--failed", "--from", "run.json").returncode == 1


def test_the_findings_of_a_whole_api_are_accepted_and_pruned(
    docpact: Docpact, served: Callable[[Handler], Server]
) -> None:
    (docpact.folder / "things.json").write_text(json.dumps(THINGS))
    server = served(serve_things)
    check = ("check", "things.json", "--target", server.url)
    assert docpact(*check, "--json", "run.json").returncode == 1
    accept = ("baseline", "update", "baseline.json", "run.json", "--reason", "known")
    assert docpact(*accept).returncode == 0
    assert docpact(*check, "--baseline", "baseline.json").returncode == 0
    pruned = docpact("baseline", "prune", "baseline.json", "run.json")
    assert pruned.stdout == "1 accepted finding\n"


def test_a_run_alone_chooses_no_receiver_of_secrets(docpact: Docpact, checked: Checked) -> None:
    name, elsewhere = checked.find("response.enum"), "https://elsewhere.invalid"
    text = (docpact.folder / "run.json").read_text().replace(checked.url, elsewhere)
    (docpact.folder / "run.json").write_text(text)
    refused = docpact("replay", name, "--from", "run.json")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"give --target {elsewhere}\n" in refused.stderr
    assert docpact("replay", name, "--from", "run.json", "--target", elsewhere).returncode == 3


def test_the_table_of_a_configured_target_applies_to_its_runs(
    docpact: Docpact, checked: Checked
) -> None:
    settings = f"[targets.live]\nurl = '{checked.url}/'\nkey = 'NOT_SET'\n"
    (docpact.folder / "docpact.toml").write_text(settings)
    done = docpact("replay", checked.find("response.enum"), "--from", "run.json")
    assert (done.returncode, "--key NOT_SET" in done.stderr) == (2, True)


@pytest.mark.slow
def test_each_finding_is_tested_on_the_target_that_showed_it(
    docpact: Docpact, checked: Checked, served: Callable[[Handler], Server]
) -> None:
    other = served(CANCELLED)
    docpact("check", OPERATION, "--target", other.url, "--history", "runs.sqlite", "--budget=60")
    own, first = checked.find("filter.selects"), checked.find("response.enum")
    done = docpact("replay", first, own, "--history", "runs.sqlite")
    assert (done.returncode, done.stdout.count("still holds  ")) == (1, 2)
