"""Pages whose lists give each field of an object a row, "- `owner.name` (string, required)"."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docpact import check
from docpact.capture import capture
from docpact.capture.sources import list_operations
from docpact.catalogue import load_files
from docpact.model.run import Verdict

HEAD = """\
# List boats

Every boat of a harbor.

Endpoint: GET /v1/harbors/{harbor}/boats
Version: 2.0
Security: HarborKey
"""

PAGE = f"""\
{HEAD}
## Path parameters:

  - `harbor` (string, required)
    Where they lie
    Example: "kiel"

## Query parameters:

  - `rig` (string)
    Only boats with it. Write
# as %23.
- sloop (the default)
    Enum: "sloop", "yawl"

  - `limit` (integer)
    How many
* GET /v1/harbors/kiel/boats?limit=2

## Response 200 fields (application/vnd.boats+json):

  - `results` (array, required)

  - `results.id` (string, required)
    Its name

  - `results.rig` (string,null, required)
    Enum: "sloop", "yawl"

  - `results.berth` (integer)
    Enum: 1, 2

  - `results.crew` (object,null,object,null)

  - `results.crew.first.mate` (string)

  - `results.crew.additionalProperties` (string)

  - `results.flags` (array)

  - `Home port (city)` (string)

  - `next.page` (any)

## Response 404 fields (application/json):

  - `reason` (string, required)

## Response default fields (application/json):

  - `debug` (string, required)
"""


def read(page: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the operation and the schema of the response, of a contract that loads."""
    files = capture(page)
    load_files(files, "page")
    return json.loads(files["operation.json"]), json.loads(files["response.schema.json"])


def read_gaps(operation: dict[str, Any]) -> list[str]:
    return [each["said"] for each in operation["gaps"]]


def test_fields_belong_to_the_object_whose_row_their_name_begins_with() -> None:
    _, schema = read(PAGE)
    assert [*schema["properties"]] == ["results", "Home port (city)", "next.page"]
    item = schema["properties"]["results"]["items"]
    assert [*item["properties"]] == ["id", "rig", "berth", "crew", "flags"]
    assert item["required"] == ["id", "rig"]
    assert item["properties"]["rig"] == {
        "type": ["string", "null"],
        "enum": ["sloop", "yawl", None],
    }
    assert [*item["properties"]["crew"]["properties"]] == ["first.mate"]


def test_the_heading_states_status_and_media_type() -> None:
    operation, _ = read(PAGE)
    assert operation["response"]["status"] == 200
    assert operation["response"]["content_type"] == "application/vnd.boats+json"
    assert "inferred" not in operation or "/response/status" not in operation["inferred"]


def test_descriptions_are_no_headings_and_no_operations() -> None:
    (found,) = list_operations(PAGE, "boats.md")
    assert found.method_and_path == "GET /v1/harbors/{harbor}/boats"
    query = json.loads(found.capture()["query.schema.json"])
    assert query["properties"] == {
        "rig": {"type": "string", "enum": ["sloop", "yawl"]},
        "limit": {"type": "integer"},
    }


def test_what_a_contract_lacks_is_a_gap() -> None:
    operation, _ = read(PAGE)
    gaps = read_gaps(operation)
    assert "berth: the text 'Enum: 1, 2'" in gaps
    assert "the values of the other fields of this object" in gaps
    assert "the fields below 'Response 404 fields (application/json):'" in gaps
    assert "the fields below 'Response default fields (application/json):'" in gaps
    assert "flags: the page does not state its elements" in gaps


def test_the_mock_conforms() -> None:
    assert check(load_files(capture(PAGE), "page/boats")).verdict() is Verdict.CONFORMS


@pytest.mark.parametrize(
    ("path", "fields", "is_open"),
    [
        pytest.param("/v1/boats", "  - `id` (string)\n", True, id="any field"),
        pytest.param("/v1/boats/{boat}", "  - `id` (string)\n", False, id="one boat"),
        pytest.param("/v1/boats", "  - `items` (array)\n", False, id="a list in it"),
        pytest.param("/v1/boats", "  - `hasNext` (boolean)\n", False, id="a page"),
    ],
)
def test_an_array_around_the_fields_is_not_shown(path: str, fields: str, is_open: bool) -> None:
    heading = "## Response 200 fields (application/json):"
    _, schema = read(f"# Boats\n\nEndpoint: GET {path}\n\n{heading}\n\n{fields}")
    assert ("anyOf" in schema) == is_open


@pytest.mark.parametrize(
    ("rest", "status", "responses"),
    [
        pytest.param("## Response 204 fields\n", 204, {"204": {}}, id="no body"),
        pytest.param("", 200, {"2XX": {}}, id="only the line of the operation"),
        pytest.param(
            "## Response 201 fields (application/json):\n\n  - `id` (string, required)\n\n"
            "## Response 202 fields (application/json):\n\n  - `job` (string, required)\n",
            201,
            {"201": {"content": ["application/json"]}, "202": {}},
            id="two responses",
        ),
    ],
)
def test_every_success_is_documented(rest: str, status: int, responses: dict[str, Any]) -> None:
    operation, schema = read(f"{HEAD}\n{rest}")
    assert (operation["response"]["status"], operation["responses"]) == (status, responses)
    assert "job" not in json.dumps(schema)


def test_a_body_that_is_not_json_is_a_gap() -> None:
    page = f"{HEAD}\n## Request fields (application/x-www-form-urlencoded):\n\n  - `rig` (string)\n"
    files = capture(page)
    assert "body.schema.json" not in files
    heading = "Request fields (application/x-www-form-urlencoded):"
    assert f"the fields below {heading!r}" in read_gaps(json.loads(files["operation.json"]))


def test_objects_in_the_query_are_a_gap() -> None:
    fields = "  - `page` (object)\n\n  - `page.size` (integer)\n"
    operation, _ = read(f"{HEAD}\n## Query parameters:\n\n{fields}")
    assert "how a query encodes page.size" in read_gaps(operation)


@pytest.mark.parametrize(
    "line",
    ["Endpoint: GET /v1/boats", "**Endpoint:** `GET /v1/boats`", "- **Endpoint**: GET /v1/boats"],
)
def test_other_pages_name_their_endpoint_too(line: str) -> None:
    operation, schema = read(
        f"# Get boats\n\n{line}\n\n### Query parameters\n\n- `rig` (string)\n\n"
        "### Response\n\n- `owner.name` (string)\n"
    )
    assert (operation["path"], operation["parameters"][0]["name"]) == ("/v1/boats", "rig")
    assert [*schema["properties"]["owner"]["properties"]] == ["name"]


def test_the_heading_of_the_request_states_its_media_type() -> None:
    merged = "## Request fields (application/merge-patch+json):\n\n  - `rig` (string)\n\n"
    other = "## Request fields (application/json):\n\n  - `sails` (string)\n"
    files = capture(f"{HEAD.replace('GET', 'PATCH')}\n{merged}{other}")
    operation = load_files(files, "page")
    assert operation.request_body.media_type == "application/merge-patch+json"
    assert [*json.loads(files["body.schema.json"])["properties"]] == ["rig"]
    heading = "Request fields (application/json):"
    assert f"the fields below {heading!r}" in read_gaps(json.loads(files["operation.json"]))
