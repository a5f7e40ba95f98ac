"""Pages with several operations, and OpenAPI documents inside pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import Docpact

from docpact.capture import capture
from docpact.capture.layout import markdown
from docpact.capture.layout.lines import Line
from docpact.capture.sources import list_operations
from docpact.capture.statements import operations
from docpact.errors import ContractError, PageError, UsageError

MARKDOWN = """\
# Boats

## List Boats

**get** `/v1/boats`

### Returns

- `boats: array of object { id }`

  - `id: string`

### Example

```http
curl https://boats.example/v1/boats
```

#### Response

```json
{"boats": [{"id": "a"}]}
```

## Get Boat

**get** `/v1/boats/{id}`

### Path Parameters

- `id: string`

### Returns

- `Boat object { id }`

  - `id: string`

### Example

```http
curl https://boats.example/v1/boats/$ID
```

## Sink Boat

**delete** `/v1/boats/{id}`

Its section of parameters is missing.

## Domain Types

### Boat

- `Boat object { id }`

  - `id: string`
"""

TEXT = """\
API Reference
Boats
List Boats
GET/v1/boats
ReturnsExpand Collapse
boats: array of object { id }
id: string
List Boats
curl https://boats.example/v1/boats
{"boats": [{"id": "a"}]}
Returns Examples
{"boats": [{"id": "a"}]}
Sail Boat
Deprecated
POST/v1/boats/{id}
Path ParametersExpand Collapse
id: string
Sail Boat
curl https://boats.example/v1/boats/$ID -X POST
"""

NAMES = ["GET /v1/boats", "GET /v1/boats/{id}", "DELETE /v1/boats/{id}"]


@pytest.mark.parametrize("title", ["Boats", "Models", "Domain Types"])
def test_a_resource_may_have_the_name_of_a_part(title: str) -> None:
    page = MARKDOWN.replace("# Boats\n", f"# {title}\n")
    found = [
        json.loads(each.capture()["operation.json"]) for each in list_operations(page, "p")[:2]
    ]
    assert [each["path"] for each in found] == ["/v1/boats", "/v1/boats/{id}"]


@pytest.mark.parametrize("title", ["Returns", "Models", "Example"])
def test_an_operation_may_have_the_name_of_a_part(title: str) -> None:
    found = [*list_operations(MARKDOWN.replace("## Get Boat", f"## {title}"), "p")][:2]
    titles = [json.loads(each.capture()["operation.json"])["title"] for each in found]
    assert titles == ["List Boats", title]


def test_an_operation_without_a_title_is_not_the_one_above() -> None:
    first, second, _ = list_operations(MARKDOWN.replace("## Get Boat", ""), "p")
    assert json.loads(first.capture()["operation.json"])["path"] == "/v1/boats"
    with pytest.raises(PageError, match="expected a title"):
        second.capture()


def test_each_operation_of_a_page_keeps_the_lines_of_the_page() -> None:
    found = list_operations(MARKDOWN, "page")
    assert [each.name for each in found] == NAMES
    one = json.loads(found[1].capture()["operation.json"])
    assert one["title"] == "Get Boat"
    line = one["provenance"]["operation"]["/path"]
    assert MARKDOWN.split("\n")[line - 1] == "**get** `/v1/boats/{id}`" == one["lines"][str(line)]
    with pytest.raises(PageError, match="Path Parameters"):
        found[2].capture()


def test_the_text_layout_may_have_several_operations_too() -> None:
    first, second = list_operations(TEXT, "page")
    assert json.loads(first.capture()["operation.json"])["title"] == "List Boats"
    sail = json.loads(second.capture()["operation.json"])
    assert (sail["method"], sail["title"]) == ("POST", "Sail Boat")


def test_a_reason_of_deprecation_is_not_the_title_of_a_further_operation() -> None:
    _, second = list_operations(TEXT.replace("\nPOST", ": use rows\nPOST"), "page")
    assert json.loads(second.capture()["operation.json"])["title"] == "Sail Boat"


@pytest.mark.parametrize("page", [MARKDOWN, TEXT])
def test_the_first_of_several_is_never_captured_in_silence(page: str) -> None:
    with pytest.raises(PageError, match="operations, this is the second"):
        capture(page)


def test_the_command_captures_all_of_them_or_one(tmp_path: Path) -> None:
    run = Docpact(tmp_path)
    page, out = tmp_path / "page.md", tmp_path / "boats"
    page.write_text(MARKDOWN, "utf-8")
    written = run("capture", str(page), "--out", str(out))
    assert written.returncode == 0, written.stderr
    assert "2 operations written; 1 refused" in written.stdout
    assert f"refused: {page}:47: expected a section 'Path Parameters'" in written.stdout
    assert sorted(each.name for each in out.iterdir()) == ["GET_v1_boats", "GET_v1_boats_id"]
    one = tmp_path / "one"
    assert run("capture", str(page), "--operation", NAMES[1], "--out", str(one)).returncode == 0
    assert (one / "operation.json").read_bytes() == (
        out / "GET_v1_boats_id" / "operation.json"
    ).read_bytes()
    other = run("capture", str(page), "--operation", "GET /v1/ships", "--out", str(one))
    said = " ".join(other.stderr.split())
    assert (other.returncode, "did you mean GET /v1/boats?" in said) == (2, True)


YAML = """\
openapi: 3.1.0
info: {title: Boats, version: '1'}
servers: [{url: 'https://boats.example'}]
paths:
  /v1/boats:
    get:
      description: |
        Shows this:
        ```
        curl https://boats.example/v1/boats
        ```
      responses:
        '200':
          description: Boats
          content:
            application/json:
              schema: {type: object, properties: {boats: {type: array, items: {type: string}}}}
"""

JSON = json.dumps(
    {"openapi": "3.0.3", "info": {}, "paths": {"/v1/boats": {"get": {"operationId": "list",
     "responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}}}}}}
)  # fmt: skip


@pytest.mark.parametrize(
    ("page", "name"),
    [
        pytest.param(f"# Boats\n\n````yaml get /v1/boats\n{YAML}````\n", NAMES[0], id="four ticks"),
        pytest.param(f"## OpenAPI\n\n~~~yaml\n{YAML}~~~\n", NAMES[0], id="tildes"),
        pytest.param(f"# OpenAPI definition\n```json\n{JSON}\n```\n", "list", id="JSON"),
        pytest.param(f"Text\n```\n{JSON}\n```\n```json\n{{}}\n```", "list", id="no language"),
        pytest.param(JSON, "list", id="alone"),
    ],
)
def test_an_openapi_document_in_a_page_is_read_as_one(page: str, name: str) -> None:
    (found,) = list_operations(page, "page")
    assert (found.name, found.method_and_path) == (name, "GET /v1/boats")
    assert json.loads(found.capture()["operation.json"])["path"] == "/v1/boats"


@pytest.mark.parametrize(
    ("page", "error", "says"),
    [
        ("```yaml\nopenapi: 3.1.0\npaths: [\n```\n", UsageError, "page:2: not YAML"),
        ('```json\n{"openapi": "1.0"}\n```\n', ContractError, "page:2.*not an OpenAPI 3"),
        ("# Boats\n\nAll about boats.\n", PageError, "without a line such as GET"),
    ],
)  # fmt: skip
def test_a_page_without_a_usable_operation_is_refused(
    page: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        list_operations(page, "page")


@pytest.mark.parametrize(
    "call",
    ["`client.boats.list(**kwargs) -> Boats`", "`$ boats boats:list`", "`$client->boats->list()`"],
)
def test_a_page_of_a_client_library_is_refused(call: str) -> None:
    page = MARKDOWN.replace("**get** `/v1/boats`\n", f"{call}\n\n**get** `/v1/boats`\n")
    with pytest.raises(PageError, match="HTTP, or cURL, chosen as its language"):
        list_operations(page, "page")[0].capture()


def test_so_is_its_text() -> None:
    page = TEXT.replace("List Boats\nGET", "List Boats\nclient.boats.list(): Boats\nGET")
    with pytest.raises(PageError, match="HTTP, or cURL, chosen as its language"):
        list_operations(page, "page")[0].capture()
    page = TEXT.replace("ReturnsExpand", "ParametersExpand Collapse\nid: string\nReturnsExpand")
    with pytest.raises(PageError, match="HTTP, or cURL, chosen as its language"):
        list_operations(page, "page")[0].capture()


def test_each_line_of_a_long_page_is_read_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = "".join(f"- `field_{number}: string`\n\n" for number in range(500))
    page = f"## Get Boat\n\n**get** `/v1/boat`\n\n### Returns\n\n{fields}"
    read: list[int] = []
    whole = markdown.read_lines

    def count(text: str) -> Iterator[Line]:
        for line in whole(text):
            read.append(line.number)
            yield line

    monkeypatch.setattr(markdown, "read_lines", count)
    assert len(json.loads(capture(page)["response.schema.json"])["properties"]) == 500
    assert len(read) < 10 * page.count("\n")


@pytest.mark.parametrize(
    ("target", "path", "server"),
    [
        ("http://[localhost]:80/v1/boats", "/v1/boats", ""),
        ("https://a.example/v1/boats?next=http://b.example", "/v1/boats", "https://a.example"),
        ("/v1/boats/<int:boat_id>", "/v1/boats/{boat_id}", ""),
        ("/v1/boats/(int:boat_id)/oars", "/v1/boats/{boat_id}/oars", ""),
    ],
)
def test_an_operation_is_named_by_a_url_or_a_path_in_any_form(
    target: str, path: str, server: str
) -> None:
    page = f"# Boats\n\n`GET {target}`\n\n## Response\n\n- `id` (string): Its id.\n"
    operation = json.loads(capture(page)["operation.json"])
    assert (operation["path"], operation["server"]) == (path, server)


def test_an_example_with_values_is_no_operation_of_its_own() -> None:
    """A section of another title may be about an operation below the same path."""
    command = "```\ncurl -X GET https://a.example/v1/boats/{}\n```\n\n- `id` (string): Its id.\n"
    titles = {"Get a boat": "<boat-id>", "Example: Get a boat": "b7", "Get my boat": "mine"}
    page = "\n".join(f"## {title}\n\n{command.format(at)}" for title, at in titles.items())
    names = [each.name for each in list_operations(page, "page")]
    assert names == ["GET /v1/boats/{boat-id}", "GET /v1/boats/mine"]


def test_an_operation_is_captured_without_the_lines_above_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So the time for all operations of a page grows with its length."""
    one = "## Get boat {0}\n\n`GET /v1/boats{0}`\n\n### Response\n\n- `id` (string): Its id.\n\n"
    found = list_operations("".join(one.format(n) for n in range(200)), "page")
    read: list[int] = []
    whole = operations.read_lines

    def count(text: str) -> Iterator[Line]:
        for line in whole(text):
            read.append(line.number)
            yield line

    monkeypatch.setattr("docpact.capture.statements.components.read_lines", count)
    operation = json.loads(found[-1].capture()["operation.json"])
    assert operation["provenance"]["operation"]["/method"] == 199 * one.count("\n") + 3
    assert 0 < len(read) < 10 * one.count("\n")
