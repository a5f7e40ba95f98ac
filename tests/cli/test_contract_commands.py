"""The commands about contracts: capture, new, list, export; as a user runs them."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable
from errno import EACCES, ENOSPC
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from capture.pages import Contract, Field, Printer
from command import Docpact

from docpact import names
from docpact.cli.init import TEMPLATE

PAGE = TEMPLATE.format(title="List Orders", things="orders")
THINGS = Contract(
    "GET",
    {},
    None,
    {
        "type": "object",
        "properties": {
            "name": Field({"type": "string", "maxLength": 9}, True, False, False),
            "size": Field({"type": "number"}, False, False, False),
        },
    },
    listed=False,
)


@pytest.fixture
def folder(docpact: Docpact) -> Path:
    return docpact.folder


def test_new_starts_a_contract_that_is_found_by_its_name(docpact: Docpact, folder: Path) -> None:
    done = docpact("new", "acme/list_orders")
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "docpact.toml").read_text() == 'contracts = "contracts"\n'
    listed = docpact("list").stdout.splitlines()
    assert listed[0].split()[:3] == ["acme/list_orders", "GET", "/v1/list_orders"]
    assert {line.split()[0] for line in listed} == {"acme/list_orders", *names()}
    checked = docpact("check", "acme/list_orders")
    assert checked.returncode == 0, checked.stdout
    assert "filter rules: not applicable" in checked.stdout


def test_new_takes_a_page_and_says_what_to_configure(docpact: Docpact, folder: Path) -> None:
    (folder / "docpact.toml").write_text("strict = true\n")
    (folder / "orders.txt").write_text(PAGE)
    done = docpact("new", "acme/list_orders", "--page", "orders.txt")
    assert done.returncode == 0, done.stderr
    assert 'docpact.toml: contracts = "contracts"' in done.stdout
    assert (folder / "contracts/acme/list_orders/page.txt").read_text() == PAGE
    again = docpact("new", "acme/list_orders")
    assert (again.returncode, "already exists" in again.stderr) == (2, True)


@pytest.mark.parametrize("name", ["orders", "../acme/orders", "acme/", "Acme/Orders"])
def test_new_refuses_a_name(docpact: Docpact, folder: Path, name: str) -> None:
    done = docpact("new", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert "give provider/operation" in done.stderr
    assert not list(folder.iterdir())


def test_check_of_a_page_that_is_as_it_was(docpact: Docpact, folder: Path) -> None:
    (folder / "page.txt").write_text(PAGE)
    assert docpact("capture", "page.txt", "--out", "orders").returncode == 0
    (folder / "moved.txt").write_text(f"Skip to content\n\n{PAGE}")
    done = docpact("capture", "moved.txt", "--check", "orders")
    assert (done.returncode, done.stdout) == (0, "moved.txt: unchanged since orders was captured\n")


def content(folder: Path) -> dict[str, bytes | None]:
    """Return the content of each file in a folder and below, None for a folder."""
    return {str(each): None if each.is_dir() else each.read_bytes() for each in folder.rglob("*")}


def failing(call: Callable[..., Any], number: int, error: BaseException) -> Callable[..., Any]:
    """Return a function that raises an error instead of its call of some number."""
    numbers = count()

    def fail(*args: Any, **options: Any) -> Any:
        if next(numbers) == number:
            raise error
        return call(*args, **options)

    return fail


FULL = OSError(ENOSPC, "No space left on device")


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("step", "number", "error", "code"),
    [
        ("os.open", 0, PermissionError(EACCES, "Permission denied"), 2),
        ("os.open", 2, FULL, 2),
        ("os.open", 2, KeyboardInterrupt(), 3),
        ("os.fdopen", 1, FULL, 2),
        ("pathlib.Path.replace", 0, FULL, 2),
        ("pathlib.Path.replace", 1, FULL, 2),
        ("pathlib.Path.replace", 2, KeyboardInterrupt(), 3),
    ],
)
@pytest.mark.parametrize("command", ["first capture", "second capture", "new"])
def test_a_contract_is_written_whole_or_not_at_all(
    docpact: Docpact,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    step: str,
    number: int,
    error: BaseException,
    code: int,
) -> None:
    (folder / "page.txt").write_text(PAGE)
    arguments = ["capture", "page.txt", "--out", "mine/orders"]
    if command == "second capture":
        docpact(*arguments)
        (folder / "mine/orders/refinements.json").write_text("[]")
        changed = PAGE.replace("orders", "purchases").replace("maximum100", "maximum50")
        (folder / "page.txt").write_text(
            changed.replace("\nname: string", "\nname: optional string")
        )
    if command == "new":
        arguments = ["new", "acme/list_orders", "--page", "page.txt"]
    before = content(folder)
    with monkeypatch.context() as patch:
        patch.setattr(step, failing(pkgutil.resolve_name(step), number, error))
        done = docpact(*arguments)
    assert (done.returncode, done.stderr.count("\n")) == (code, 1)
    assert content(folder) == before
    done = docpact(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    names = ["operation.json", "query.schema.json", "response.schema.json"]
    written = content(folder)
    assert {Path(name).name for name in written if written[name] != before.get(name)} >= {*names}
    assert not [name for name in written if Path(name).name.startswith(".")]


def test_new_is_all_or_nothing_with_its_configuration(
    docpact: Docpact, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", failing(Path.replace, 5, FULL))
        done = docpact("new", "acme/list_orders")
    assert (done.returncode, done.stdout, content(folder)) == (2, "", {})


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("maximum100", "maximum50", "diff.query.bound_narrowed  query/page_size"),
        ("\nname: string", "\nname: optional string", "diff.response.optional  /items/*/name"),
        ("GET/v1/orders", "GET/v1/orders\n", ""),
        (": Bearer $API_KEY", ": Bearer $OTHER_KEY", "operation.json/security"),
    ],
)
def test_check_of_a_page_that_changed(
    docpact: Docpact, folder: Path, old: str, new: str, says: str
) -> None:
    (folder / "page.txt").write_text(PAGE)
    docpact("capture", "page.txt", "--out", "orders")
    before = sorted((folder / "orders").iterdir())
    (folder / "page.txt").write_text(PAGE.replace(old, new))
    done = docpact("capture", "page.txt", "--check", "orders")
    assert done.returncode == (1 if says else 0), done.stdout
    assert says in done.stdout
    assert sorted((folder / "orders").iterdir()) == before


def test_two_layouts_are_merged_and_where_they_disagree_is_said(
    docpact: Docpact, folder: Path
) -> None:
    text = Printer(markdown=False, prose="").page(THINGS)
    markdown = Printer(markdown=True, prose="").page(THINGS)
    (folder / "page.txt").write_text(text)
    (folder / "page.md").write_text(markdown)
    done = docpact("capture", "page.md", "page.txt", "--out", "both")
    assert (done.returncode, done.stdout) == (
        0,
        "both: operation.json, query.schema.json, response.schema.json\n",
    )
    schema = json.loads((folder / "both/response.schema.json").read_text())
    assert schema["properties"]["name"]["maxLength"] == 9
    (folder / "page.md").write_text(markdown.replace("`size: optional number`", "`size: number`"))
    done = docpact("capture", "page.md", "page.txt", "--out", "both")
    assert "the two layouts disagree; docpact uses the text" in done.stdout
    assert "/size" in done.stdout


def test_markdown_alone_leaves_gaps_and_says_so(docpact: Docpact, folder: Path) -> None:
    (folder / "page.md").write_text(Printer(markdown=True, prose="").page(THINGS))
    done = docpact("capture", "page.md", "--out", "things")
    assert "not documented or not tested: line 5: response: limits and formats" in done.stdout
    checked = docpact("check", "things")
    assert "not documented or not tested: response as a whole (line 5)" in checked.stdout


def test_contracts_go_to_openapi_and_back(docpact: Docpact, folder: Path) -> None:
    done = docpact("export", "openapi", *names(), "--out", "all.json")
    assert (done.returncode, done.stdout) == (0, f"{len(names())} operations in all.json\n")
    docpact("export", "openapi", "llamacloud/", "--out", "whole.json")
    assert (folder / "whole.json").read_text() == (folder / "all.json").read_text()
    for name in names():
        operation = name.partition("/")[2]
        back = docpact("capture", "all.json", "--operation", operation, "--out", operation)
        assert back.returncode == 0, back.stderr
        shipped = files("docpact.schemas") / name
        for file in (folder / operation).iterdir():
            assert json.loads(file.read_text()) == json.loads((shipped / file.name).read_text())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["capture", "all.json", "--operation", "no", "--out", "x"], "no operation 'no'"),
        (
            ["capture", "page.txt", "page.txt", "--out", "x"],
            "only for one page as text and as M",
        ),
        (["capture", "page.txt"], "one of the arguments --out --check is required"),
        (["check", "llamacloud/get_batch", "--param", "batch"], "expected NAME=VALUE"),
        (["check", "llamacloud/get_batch", "--param", "batsh_id=1"], "did you mean batch_id?"),
        (["check", "acme/no"], "`docpact list` shows them"),
        (["check", "empty.json"], "empty.json: the file is empty"),
        (
            ["check", "llamacloud/get_batch", "--target", "http://127.0.0.1:9"],
            "needs a value of its path parameter 'batch_id': --param batch_id=VALUE",
        ),
    ],
)
def test_wrong_use_is_one_clear_line(
    docpact: Docpact, folder: Path, arguments: list[str], says: str
) -> None:
    (folder / "page.txt").write_text(PAGE)
    (folder / "empty.json").write_text("\n")
    docpact("export", "openapi", "--out", "all.json")
    done = docpact(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "x").exists()


@pytest.mark.parametrize("name", names())
def test_the_plan_of_every_contract_is_printed(docpact: Docpact, name: str) -> None:
    done = docpact("check", name, "--plan")
    assert (done.returncode, done.stderr) == (0, "")
    assert "%7B" not in done.stdout


def test_what_the_path_needs_may_stand_in_the_configuration(docpact: Docpact, folder: Path) -> None:
    (folder / "docpact.toml").write_text(
        'operation = "llamacloud/get_project"\nparams = ["project_id=prj-1"]\n'
    )
    plan = docpact("check", "--plan").stdout
    assert "/api/v1/projects/" in plan
    done = docpact("check", "--target", "http://127.0.0.1:9")
    assert (done.returncode, "cannot reach" in done.stdout) == (3, True)


def test_the_secret_of_a_contract_is_named_and_sent_only_with_consent(
    docpact: Docpact, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PAGE.replace("$API_KEY", "$AWS_SECRET_ACCESS_KEY")
    (folder / "orders.txt").write_text(page)
    captured = docpact("capture", "orders.txt", "--out", "orders")
    line = "secret: checks send $AWS_SECRET_ACCESS_KEY in the header Authorization"
    assert line in captured.stdout
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-1234567")
    refused = docpact("check", "orders", "--target", "https://api.invalid")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "--key AWS_SECRET_ACCESS_KEY" in refused.stderr
    named = ("--key", "AWS_SECRET_ACCESS_KEY")
    allowed = docpact("check", "orders", "--target", "https://api.invalid", *named)
    local = docpact("check", "orders", "--target", "http://127.0.0.1:9")
    assert (allowed.returncode, local.returncode) == (3, 3)


BOATS = {
    "openapi": "3.1.0",
    "info": {"title": "Boats", "version": "1"},
    "paths": {
        "/boats": {
            "get": {
                "parameters": [{"name": "rig", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": {"description": "all"}},
            },
            "post": {"responses": {"201": {"description": "new"}}},
        }
    },
}


@pytest.mark.parametrize(
    ("matter", "settings", "document"),
    [
        pytest.param('"spec/boats.json GET /boats"', None, "spec/boats.json", id="named"),
        pytest.param("/boats.json get /boats", None, "boats.json", id="from the root"),
        pytest.param("GET /boats", {"openapi": "boats.json"}, "boats.json", id="settings"),
        pytest.param(
            "GET /boats", {"api": {"openapi": ["no.json", "b.json"]}}, "b.json", id="several"
        ),
    ],
)
def test_a_page_made_from_a_document_beside_it_gives_its_operation(
    docpact: Docpact, folder: Path, matter: str, settings: Any, document: str
) -> None:
    page = folder / "docs/api/list.mdx"
    (folder / "docs" / document).parent.mkdir(parents=True)
    (folder / "docs" / document).write_text(json.dumps(BOATS))
    page.parent.mkdir(exist_ok=True)
    page.write_text(f"---\ntitle: List boats\nopenapi: {matter}\n---\n")
    if settings is not None:
        (folder / "docs/docs.json").write_text(json.dumps(settings))
    done = docpact("capture", "docs/api/list.mdx", "--out", "boats")
    assert (done.returncode, done.stderr) == (0, "")
    assert "rig" in json.loads((folder / "boats/query.schema.json").read_text())["properties"]


@pytest.mark.parametrize(
    "matter", ["../b.json GET /boats", "b.json GET /ships", "b.txt GET /boats"]
)
def test_a_page_whose_document_is_not_there_is_refused(
    docpact: Docpact, folder: Path, matter: str
) -> None:
    for name in ("b.json", "b.txt"):
        (folder / name).write_text(json.dumps(BOATS))
    (folder / "docs").mkdir()
    (folder / "docs/list.mdx").write_text(f"---\nopenapi: {matter}\n---\n")
    done = docpact("capture", "docs/list.mdx", "--out", "boats")
    assert done.returncode == 2
    assert "give the OpenAPI document" in done.stderr
